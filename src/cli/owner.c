#include "cli/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool owner_become(const char *data_dir, struct owner *ret, struct err *e)
{
    struct stat st;
    if (geteuid() != 0 || stat(data_dir, &st) || st.st_uid == 0)
        return true;
    if (setegid(st.st_gid) || seteuid(st.st_uid))
        return err_sys(e, ERR_DENIED, errno, "becoming the owner of %s", data_dir);
    ret->became = true;
    return true;
}

void owner_leave(struct owner *o)
{
    if (!o->became)
        return;
    if (seteuid(0) || setegid(0))
        abort(); /* the saved user is root's: it can't be */
    o->became = false;
}
