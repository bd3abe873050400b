#include "base/process.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

void process_raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur == files.rlim_max)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files); /* fewer at a time is all that it costs */
}

bool process_no_dumps(struct err *e)
{
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none))
        return err_sys(e, ERR_INTERNAL, errno, "switching core dumps off");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return err_sys(e, ERR_INTERNAL, errno, "making the process undumpable");
    return true;
}
