#include "net/io.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"

/* Waits for what the step asked for; false when the deadline passed or there is nothing to wait on. */
static bool wait_for(int fd, short events, int64_t deadline_ms, struct err *e)
{
    if (fd < 0)
        return err_set(e, ERR_INTERNAL, "an operation waits for nothing");
    for (;;) {
        int64_t left = deadline_ms - clock_mono_ms();
        if (left <= 0)
            return err_set(e, ERR_TIMEOUT, "no answer before the deadline");
        struct pollfd p = { .fd = fd, .events = events };
        int n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0 && p.revents & POLLNVAL)
            return err_set(e, ERR_INTERNAL, "an operation waits on a closed descriptor");
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return err_sys(e, ERR_INTERNAL, errno, "poll");
    }
}

bool io_run(const struct io_op *op, void *self, int64_t deadline_ms, struct err *e)
{
    for (;;) {
        switch (op->step(self, e)) {
        case IO_DONE:
            return true;
        case IO_FAILED:
            return false;
        case IO_WANT_READ:
            if (!wait_for(op->fd(self), POLLIN, deadline_ms, e))
                return false;
            break;
        case IO_WANT_WRITE:
            if (!wait_for(op->fd(self), POLLOUT, deadline_ms, e))
                return false;
            break;
        }
    }
}
