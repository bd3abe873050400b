#include "net/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/desk.h"

struct pool {
    pthread_mutex_t lock; /* guards all below but threads */
    pthread_cond_t more;
    struct ring jobs; /* struct pool_job.task.ring */
    size_t waiting, queue_max;
    unsigned idle; /* threads that sleep */
    bool waking;   /* one of them was woken and is not there yet */
    bool closing;
    unsigned threads_len;
    pthread_t threads[POOL_THREADS_MAX];
};

static struct pool_job *job_of(struct ring *r)
{
    return CONTAINER_OF(r, struct pool_job, task.ring);
}

/* On the asker's loop: the end of the job. */
static void deliver(struct loop_task *t)
{
    struct pool_job *j = CONTAINER_OF(t, struct pool_job, task);
    void *asker = desk_find(j->desk, j->asker);
    if (asker && j->answer)
        j->answer(j, asker);
    j->destroy(j);
}

static void end(struct pool_job *j)
{
    if (j->desk)
        loop_post(desk_loop(j->desk), &j->task);
    else
        j->destroy(j);
}

/* Should a thread be woken for what waits? One at a time: the one that comes wakes the next before it begins to work, if
 * there is still something then. So a burst of short jobs is done by a thread or two that are awake already instead of costing
 * a wake each, and long ones still get every thread there is. Lock held; the caller signals after it let go. */
static bool wake_one(struct pool *p)
{
    if (p->idle == 0 || p->waking || ring_empty(&p->jobs))
        return false;
    p->waking = true;
    return true;
}

/* The next job, or NULL when the pool closes. */
static struct pool_job *take_job(struct pool *p)
{
    struct pool_job *j = NULL;
    (void)pthread_mutex_lock(&p->lock);
    while (ring_empty(&p->jobs) && !p->closing) {
        p->idle++;
        (void)pthread_cond_wait(&p->more, &p->lock);
        p->idle--;
        p->waking = false;
    }
    if (!p->closing) {
        j = job_of(ring_pop(&p->jobs));
        p->waiting--;
    }
    bool wake = wake_one(p);
    (void)pthread_mutex_unlock(&p->lock);
    if (wake)
        (void)pthread_cond_signal(&p->more);
    return j;
}

static void *thread_main(void *arg)
{
    struct pool *p = arg;
    for (struct pool_job *j; (j = take_job(p));) {
        j->work(j);
        end(j);
    }
    return NULL;
}

static bool start_thread(struct pool *p, const char *name, struct err *e)
{
    /* Signals belong to the main thread. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&p->threads[p->threads_len], NULL, thread_main, p);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return err_sys(e, ERR_LIMIT, failed, "starting a pool thread");
    char text[16]; /* the kernel's limit */
    (void)snprintf(text, sizeof(text), "%.10s-%u", name, p->threads_len);
    (void)pthread_setname_np(p->threads[p->threads_len], text);
    p->threads_len++;
    return true;
}

struct pool *pool_create(const struct pool_config *c, struct err *e)
{
    if (c->threads < 1 || c->threads > POOL_THREADS_MAX || c->queue_max < 1 || c->queue_max > POOL_QUEUE_MAX) {
        err_set(e, ERR_INPUT, "a pool has 1 to %d threads and a queue of 1 to %d jobs", POOL_THREADS_MAX,
                POOL_QUEUE_MAX);
        return NULL;
    }
    struct pool *p = xcalloc(1, sizeof(*p));
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->more, NULL);
    ring_init(&p->jobs);
    p->queue_max = c->queue_max;
    while (p->threads_len < c->threads)
        if (!start_thread(p, c->name, e))
            return pool_destroy(p);
    return p;
}

struct pool *pool_destroy(struct pool *p)
{
    if (!p)
        return NULL;
    (void)pthread_mutex_lock(&p->lock);
    p->closing = true;
    (void)pthread_cond_broadcast(&p->more);
    (void)pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->threads_len; i++)
        (void)pthread_join(p->threads[i], NULL);
    for (struct ring *r; (r = ring_pop(&p->jobs));) {
        job_of(r)->dropped = true;
        end(job_of(r));
    }
    (void)pthread_cond_destroy(&p->more);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
    return NULL;
}

static bool put(struct pool *p, struct pool_job *j, struct err *e)
{
    j->dropped = false;
    j->task.run = deliver;
    (void)pthread_mutex_lock(&p->lock);
    bool closing = p->closing, full = p->waiting >= p->queue_max;
    if (!closing && !full) {
        ring_put(&p->jobs, &j->task.ring);
        p->waiting++;
    }
    bool wake = wake_one(p);
    (void)pthread_mutex_unlock(&p->lock);
    if (wake)
        (void)pthread_cond_signal(&p->more);
    if (closing)
        return err_set(e, ERR_CANCELLED, "the program is about to end");
    return !full || err_set(e, ERR_LIMIT, "too much is waiting already (%zu jobs)", p->queue_max);
}

bool pool_ask(struct pool *p, struct desk *d, uint64_t asker, struct pool_job *take, struct err *e)
{
    assert(take->work && take->destroy && d);
    take->desk = d;
    take->asker = asker;
    return put(p, take, e);
}

bool pool_run(struct pool *p, struct pool_job *take, struct err *e)
{
    assert(take->work && take->destroy && !take->answer);
    take->desk = NULL;
    return put(p, take, e);
}

size_t pool_waiting(struct pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    size_t waiting = p->waiting;
    (void)pthread_mutex_unlock(&p->lock);
    return waiting;
}
