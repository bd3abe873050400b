#include "flow/timers.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "flow/expiry.h"
#include "flow/site.h"
#include "flow/spool.h"
#include "flow/transfer.h"

struct timers {
    const struct site *site;
    const struct timer_job *jobs; /* borrowed */
    int64_t due_ms[TIMERS_MAX];   /* the thread's */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of stop */
    pthread_cond_t changed;
    bool stop;
};

static bool check_expiry(const struct site *site, struct err *e)
{
    return expiry_check(site, 0, e);
}

static bool sweep_spool(const struct site *site, struct err *e)
{
    (void)e;
    spool_sweep(site->spool, clock_mono_ms());
    return true;
}

const struct timer_job timers_of_cell[] = {
    { "expiry", EXPIRY_PERIOD_MS, check_expiry },
    { "spool", SPOOL_SWEEP_MS, sweep_spool },
    { "transfers", TRANSFER_TICK_MS, transfer_tick },
    { 0 },
};

int64_t timers_step(struct timers *t, int64_t now_ms)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; t->jobs[i].name; i++) {
        struct err e;
        if (t->due_ms[i] <= now_ms) {
            t->due_ms[i] = now_ms + t->jobs[i].period_ms;
            if (!site_closing(t->site) && !t->jobs[i].run(t->site, &e))
                LOG(WARN, "timer.failed", "name=%s error=\"%s\"", t->jobs[i].name, e.msg);
        }
        next = t->due_ms[i] < next ? t->due_ms[i] : next;
    }
    return next;
}

static void *run(void *arg)
{
    struct timers *t = arg;
    (void)pthread_mutex_lock(&t->lock);
    while (!t->stop) {
        (void)pthread_mutex_unlock(&t->lock);
        int64_t next = timers_step(t, clock_mono_ms());
        (void)pthread_mutex_lock(&t->lock);
        while (!t->stop && cond_wait_until(&t->changed, &t->lock, next)) {
        }
    }
    (void)pthread_mutex_unlock(&t->lock);
    return NULL;
}

struct timers *timers_create(const struct site *site, const struct timer_job *jobs)
{
    struct timers *t = xcalloc(1, sizeof(*t));
    size_t len = 0;
    while (jobs[len].name)
        len++;
    assert(len > 0 && len <= TIMERS_MAX);
    t->site = site;
    t->jobs = jobs;
    (void)pthread_mutex_init(&t->lock, NULL);
    cond_init(&t->changed);
    return t;
}

bool timers_start(struct timers *t, struct err *e)
{
    int sys = pthread_create(&t->thread, NULL, run, t);
    t->started = sys == 0;
    return t->started || err_sys(e, ERR_INTERNAL, sys, "starting the timers' thread");
}

struct timers *timers_destroy(struct timers *t)
{
    if (!t)
        return NULL;
    (void)pthread_mutex_lock(&t->lock);
    t->stop = true;
    (void)pthread_cond_broadcast(&t->changed);
    (void)pthread_mutex_unlock(&t->lock);
    if (t->started)
        (void)pthread_join(t->thread, NULL);
    (void)pthread_cond_destroy(&t->changed);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}
