#include "base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check.h"

static void leaves_no_core(void **state)
{
    (void)state;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct err e;
        struct rlimit r;
        bool ok = process_no_dumps(&e) && getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_cur == 0 && r.rlim_max == 0 &&
                  prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

GROUP(base_process, cmocka_unit_test(leaves_no_core))
