/* net/pool.h - threads for everything that blocks: the store, the resolver, password hashes, whole request handlers.
 * A loop asks with a job, a plain struct that holds everything that is needed, and gets the same struct back on its
 * own thread; a pool thread touches nothing of the asker. Any thread may also hand in work that nobody waits for.
 *
 * The life of a job: work on a pool thread, then answer on the asker's loop if the asker is still there (net/desk.h),
 * then destroy. Each job ends exactly once; nothing is shared between the two threads but the job, one after the
 * other. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

enum {
    POOL_THREADS_MAX = 64,
    POOL_QUEUE_MAX = 65536, /* jobs that wait for a thread */
};

struct desk;
struct pool;

struct pool_config {
    const char *name; /* shown as the threads' name with a number; at most 10 bytes count */
    unsigned threads; /* 1 to POOL_THREADS_MAX */
    size_t queue_max; /* 1 to POOL_QUEUE_MAX; more than that is refused with ERR_LIMIT */
};

/* First member of a heap struct; the three functions are set by the caller, the rest is the pool's. */
struct pool_job {
    /* On a pool thread; may block. */
    void (*work)(struct pool_job *j);
    /* On the asker's loop; not called when the asker has left. NULL if it wants to hear nothing. */
    void (*answer)(struct pool_job *j, void *asker);
    /* Last: on the asker's loop, or on the pool thread when nobody asked. */
    void (*destroy)(struct pool_job *j);
    bool dropped; /* the pool was closed before a thread took it: work was not called */

    struct desk *desk;
    uint64_t asker;
    struct loop_task task; /* its ring is the pool's queue first, the loop's mailbox later */
};

struct pool *pool_create(const struct pool_config *c, struct err *e);
/* Lets running jobs end, drops the others (each is answered as dropped and destroyed), then joins the threads. The
 * loops of all desks still exist; what is on its way to them is answered when they run or are destroyed. */
struct pool *pool_destroy(struct pool *p);
DEFINE_AUTO(pool_destroyp, struct pool *, pool_destroy)

/* From the desk's loop. On failure (ERR_LIMIT: the queue is full; ERR_CANCELLED: the pool closes) the job is still
 * the caller's. */
MUST_USE bool pool_ask(struct pool *p, struct desk *d, uint64_t asker, struct pool_job *take, struct err *e);
/* From any thread: nobody waits for it. Fails as pool_ask does. */
MUST_USE bool pool_run(struct pool *p, struct pool_job *take, struct err *e);

/* Jobs that wait for a thread, for metrics. */
size_t pool_waiting(struct pool *p);
