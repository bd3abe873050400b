/* net/drive.h - runs a step function on a loop: the counterpart of io_run (net/io.h).
 * It watches the operation's descriptor, keeps its one deadline, and calls `ended` exactly once: done, failed or
 * cancelled. It never frees anything: whoever owns the operation buries it (loop_bury) from `ended`.
 *
 * The descriptor is edge-triggered. A step that stops although it could go on (its buffer is full, it gave way to
 * others, conn_pending is true) gets no event for what is there already: whoever lets it go on calls drive_wake. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/io.h"
#include "net/loop.h"

enum drive_end { DRIVE_DONE, DRIVE_FAILED, DRIVE_CANCELLED };

/* Zeroed at first; the fields are the driver's. Can be started again once it has ended. */
struct drive {
    void (*ended)(struct drive *d, enum drive_end how, const struct err *e);
    struct loop *loop; /* NULL while nothing runs */
    const struct io_op *op;
    void *self;
    struct loop_watch watch;
    struct loop_timer deadline;
    struct loop_task step;
    unsigned runs; /* how often it was started */
    bool hung_up;  /* the descriptor failed or is closed both ways; for a step that neither reads nor writes now */
};

/* Starts op on the loop's thread, with deadline_ms from now (0 = none: then the owner cancels). The first step runs
 * later in this round, so `ended` is never called from within. e of ended is NULL unless it failed. */
void drive_start(struct drive *d, struct loop *l, const struct io_op *op, void *self, int64_t deadline_ms,
                 void (*ended)(struct drive *d, enum drive_end how, const struct err *e));

/* Steps once more, later in this round: for an operation without a descriptor whose answer came, and for one that
 * stopped of itself. Harmless when nothing runs. */
void drive_wake(struct drive *d);

/* Moves the deadline: so many ms from now, 0 = none. */
void drive_extend(struct drive *d, int64_t deadline_ms);

/* Ends it as cancelled, now; harmless when it has ended. Allowed anywhere on the loop's thread, also from the step
 * itself. The owner calls it before it closes the operation's descriptor. */
void drive_cancel(struct drive *d);
