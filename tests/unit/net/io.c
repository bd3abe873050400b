#include "net/io.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit/check.h"

/* Reads or writes a pipe until `wanted` bytes went through. */
struct job {
    int fd, steps;
    bool writes;
    size_t done, wanted;
};

static enum io job_step(void *self, struct err *e)
{
    struct job *j = self;
    char bytes[4096] = { 0 };
    j->steps++;
    while (j->done < j->wanted) {
        ssize_t n = j->writes ? write(j->fd, bytes, sizeof(bytes)) : read(j->fd, bytes, sizeof(bytes));
        if (n < 0)
            return j->writes ? IO_WANT_WRITE : IO_WANT_READ;
        if (n == 0) {
            err_set(e, ERR_PEER, "ended after %zu bytes", j->done);
            return IO_FAILED;
        }
        j->done += (size_t)n;
    }
    return IO_DONE;
}

static int job_fd(const void *self)
{
    return ((const struct job *)self)->fd;
}

static const struct io_op job_op = { job_step, job_fd };

static int64_t in_a_minute(void)
{
    return clock_mono_ms() + 60000;
}

static void a_run_waits_for_what_the_step_asks(void **state)
{
    (void)state;
    struct err e;
    int fd[2];
    CHECK_EQ(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
    struct job out = { .fd = fd[1], .writes = true, .wanted = 4096 };
    struct job in = { .fd = fd[0], .wanted = 4096 };
    CHECK_OK(io_run(&job_op, &out, in_a_minute(), &e), &e);
    CHECK_OK(io_run(&job_op, &in, in_a_minute(), &e), &e);
    CHECK_EQ(in.steps, 1);

    in.wanted = 5000;
    CHECK_FAILS(io_run(&job_op, &in, clock_mono_ms(), &e), &e, ERR_TIMEOUT);
    CHECK_EQ(in.steps, 2);
    out.wanted = 1 << 24; /* more than any pipe holds */
    CHECK_FAILS(io_run(&job_op, &out, clock_mono_ms() + 1, &e), &e, ERR_TIMEOUT);

    CHECK_EQ(close(fd[1]), 0);
    in.wanted = SIZE_MAX;
    CHECK_FAILS(io_run(&job_op, &in, in_a_minute(), &e), &e, ERR_PEER);
    CHECK_EQ(close(fd[0]), 0);
}

static void nothing_to_wait_on_is_said(void **state)
{
    (void)state;
    struct err e;
    struct job in = { .fd = -1, .wanted = 1 };
    CHECK_FAILS(io_run(&job_op, &in, in_a_minute(), &e), &e, ERR_INTERNAL);
    in.fd = 100000;
    CHECK_FAILS(io_run(&job_op, &in, in_a_minute(), &e), &e, ERR_INTERNAL);
}

GROUP(net_io, cmocka_unit_test(a_run_waits_for_what_the_step_asks), cmocka_unit_test(nothing_to_wait_on_is_said))
