/* net/loop.h - one thread's reactor: edge-triggered epoll, a timer wheel, and a mailbox for other threads.
 * A loop is owned by the thread that runs it; only loop_post and loop_stop may be called from elsewhere.
 * Nothing blocks on a loop: no store, no resolver, no password hash (docs/architecture.md).
 *
 * A callback never destroys the object that called it: it marks the object dead and hands it to loop_bury;
 * the loop frees after the round. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ring.h"

struct loop;

/* Something happened on a descriptor. Edge-triggered: go on until the operation says WANT_READ/WANT_WRITE. */
enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    LOOP_HANGUP = 4,
    LOOP_END = 8, /* the peer will send no more, or the descriptor failed: with LOOP_READ */
};

struct loop_watch {
    void (*ready)(struct loop_watch *w, unsigned events);
    int fd; /* borrowed; set by loop_watch */
    bool on;
};

/* Deadlines. Resolution: LOOP_TICK_MS; a timer never fires early. Timers of different ticks fire in order of
 * their time, those of one tick in no particular order. */
enum { LOOP_TICK_MS = 8 };

/* Events taken from the kernel in one round; the rest waits for the next. */
enum { LOOP_BATCH = 256 };

struct loop_timer {
    void (*fired)(struct loop_timer *t);
    struct ring ring; /* the wheel's while armed */
    int64_t at_ms;
    struct loop *loop; /* NULL while stopped */
};

struct loop_task {
    void (*run)(struct loop_task *t);
    struct ring ring; /* the loop's until run */
};

struct loop *loop_create(struct err *e);
/* Runs what is in the mailbox, deferred and buried, then frees. Every thread that may still post has ended. */
struct loop *loop_destroy(struct loop *l);
DEFINE_AUTO(loop_destroyp, struct loop *, loop_destroy)

/* Runs until loop_stop. */
MUST_USE bool loop_run(struct loop *l, struct err *e);
void loop_stop(struct loop *l); /* any thread, and a signal handler */

/* For tests: a loop whose clock stands still but for loop_turn, which runs one round at now_ms without waiting. */
struct loop *loop_create_at(int64_t now_ms, struct err *e);
MUST_USE bool loop_turn(struct loop *l, int64_t now_ms, struct err *e);

/* Monotonic milliseconds as of this round: cheaper than the clock, and the same for a whole round. */
int64_t loop_now(const struct loop *l);

/* w->ready is set by the caller; w stays where it is until unwatched. Fires for reading and writing, the first
 * time at once if the descriptor is ready. Unwatch before the descriptor is closed. */
MUST_USE bool loop_watch(struct loop *l, struct loop_watch *w, int fd, struct err *e);
void loop_unwatch(struct loop *l, struct loop_watch *w); /* harmless when not watched */

/* Arms or re-arms. delay_ms >= 0. t->fired is set by the caller. */
void loop_timer_start(struct loop *l, struct loop_timer *t, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *t); /* harmless when stopped; a zeroed timer is stopped */

/* On the loop's thread, without a system call: t->run runs later in this round, or in the next when called outside
 * of one or from such a task; the loop does not wait before that. */
void loop_defer(struct loop *l, struct loop_task *t);
/* Takes a deferred or buried task back before it runs; harmless when it is neither (a zeroed one is not). */
void loop_recall(struct loop_task *t);

/* From any thread: t->run runs on the loop's thread, in order of posting. t is the caller's until then. */
void loop_post(struct loop *l, struct loop_task *t);

/* On the loop's thread, as the last thing of the round: t->run runs after this round's callbacks, when nothing refers to the dead any more. */
void loop_bury(struct loop *l, struct loop_task *t);
