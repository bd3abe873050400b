#include "base/process.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

bool process_no_dumps(struct err *e)
{
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none))
        return err_sys(e, ERR_INTERNAL, errno, "switching core dumps off");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return err_sys(e, ERR_INTERNAL, errno, "making the process undumpable");
    return true;
}
