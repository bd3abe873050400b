/* net/io.h - what a step function answers: finished, or what to wait for (house style 3.7).
 * An operation that waits is a struct with an enum state and one `enum io x_step(struct x *)`. Two drivers run
 * every step function: the loop (net/drive.h) and io_run, which polls in place on a pool thread or in the CLI.
 * "Would block" is never an error. */
#pragma once
#include <stdint.h>

#include "base/err.h"

enum io {
    IO_DONE,
    IO_WANT_READ,
    IO_WANT_WRITE,
    IO_FAILED,
};

/* One operation as a driver sees it. */
struct io_op {
    enum io (*step)(void *self, struct err *e);
    /* The descriptor to wait on after WANT_READ/WANT_WRITE; asked anew after each step, -1 = none yet (the
     * operation is then woken by somebody else: a resolver's answer). */
    int (*fd)(const void *self);
};

/* Runs op on this thread until done, failed or past the deadline (clock_mono_ms; ERR_TIMEOUT).
 * Never called on a loop thread. */
MUST_USE bool io_run(const struct io_op *op, void *self, int64_t deadline_ms, struct err *e);
