#include "net/drive.h"

#include <assert.h>

static void end(struct drive *d, enum drive_end how, const struct err *e)
{
    loop_unwatch(d->loop, &d->watch);
    loop_timer_stop(&d->deadline);
    loop_recall(&d->step);
    d->loop = NULL;
    d->ended(d, how, e);
}

/* Watches the descriptor that the operation has now. */
static bool follow(struct drive *d, struct err *e)
{
    int fd = d->op->fd(d->self);
    if (d->watch.on && d->watch.fd == fd)
        return true;
    loop_unwatch(d->loop, &d->watch);
    return fd < 0 || loop_watch(d->loop, &d->watch, fd, e);
}

static void step(struct drive *d)
{
    struct err e = { 0 };
    unsigned run = d->runs;
    enum io io = d->op->step(d->self, &e);
    if (!d->loop || d->runs != run)
        return; /* cancelled from within the step, and perhaps started anew */
    switch (io) {
    case IO_DONE:
        end(d, DRIVE_DONE, NULL);
        return;
    case IO_FAILED:
        end(d, DRIVE_FAILED, &e);
        return;
    case IO_WANT_READ:
    case IO_WANT_WRITE:
        if (!follow(d, &e))
            end(d, DRIVE_FAILED, &e);
        return;
    }
}

static void on_ready(struct loop_watch *w, unsigned events)
{
    struct drive *d = CONTAINER_OF(w, struct drive, watch);
    d->hung_up = d->hung_up || events & LOOP_HANGUP;
    step(d);
}

static void on_deadline(struct loop_timer *t)
{
    struct err e;
    err_set(&e, ERR_TIMEOUT, "no answer before the deadline");
    end(CONTAINER_OF(t, struct drive, deadline), DRIVE_FAILED, &e);
}

static void on_step(struct loop_task *t)
{
    step(CONTAINER_OF(t, struct drive, step));
}

void drive_start(struct drive *d, struct loop *l, const struct io_op *op, void *self, int64_t deadline_ms,
                 void (*ended)(struct drive *d, enum drive_end how, const struct err *e))
{
    assert(!d->loop);
    d->ended = ended;
    d->runs++;
    d->hung_up = false;
    d->loop = l;
    d->op = op;
    d->self = self;
    d->watch.ready = on_ready;
    d->deadline.fired = on_deadline;
    d->step.run = on_step;
    drive_extend(d, deadline_ms);
    drive_wake(d);
}

void drive_wake(struct drive *d)
{
    if (d->loop && !ring_member(&d->step.ring))
        loop_defer(d->loop, &d->step);
}

void drive_extend(struct drive *d, int64_t deadline_ms)
{
    if (!d->loop)
        return;
    if (deadline_ms)
        loop_timer_start(d->loop, &d->deadline, deadline_ms);
    else
        loop_timer_stop(&d->deadline);
}

void drive_cancel(struct drive *d)
{
    if (d->loop)
        end(d, DRIVE_CANCELLED, NULL);
}
