#include "lab/work.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "lab/estate.h"

struct later {
    int64_t at_ms;
    lab_step *run;
    struct lab_vcenter *vc;
    uint64_t id;
    struct later *next;
};

struct lab_work {
    struct lab_estate *estate;
    struct later *first; /* owned; in order of time */
    pthread_cond_t sooner;
    pthread_t thread;
    bool runs, ends;
};

struct lab_work *lab_work_create(struct lab_estate *s)
{
    struct lab_work *w = xcalloc(1, sizeof(*w));
    pthread_condattr_t monotonic;
    w->estate = s;
    if (pthread_condattr_init(&monotonic) != 0 || pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&w->sooner, &monotonic) != 0)
        abort();
    (void)pthread_condattr_destroy(&monotonic);
    return w;
}

struct lab_work *lab_work_destroy(struct lab_work *w)
{
    if (!w)
        return NULL;
    if (w->runs) {
        lab_lock(w->estate);
        w->ends = true;
        (void)pthread_cond_signal(&w->sooner);
        lab_unlock(w->estate);
        (void)pthread_join(w->thread, NULL);
    }
    while (w->first) {
        struct later *gone = w->first;
        w->first = gone->next;
        free(gone);
    }
    (void)pthread_cond_destroy(&w->sooner);
    free(w);
    return NULL;
}

void lab_later(struct lab_vcenter *vc, int64_t delay_ms, lab_step *run, uint64_t id)
{
    struct lab_work *w = vc->at.estate->work;
    struct later *l = xcalloc(1, sizeof(*l)), **at = &w->first;
    *l = (struct later){ .at_ms = clock_mono_ms() + delay_ms, .run = run, .vc = vc, .id = id };
    while (*at && (*at)->at_ms <= l->at_ms)
        at = &(*at)->next;
    l->next = *at;
    *at = l;
    (void)pthread_cond_signal(&w->sooner);
}

int64_t lab_work_turn(struct lab_work *w, int64_t now_ms)
{
    while (w->first && w->first->at_ms <= now_ms) {
        struct later due = *w->first;
        free(w->first);
        w->first = due.next;
        due.run(due.vc, due.id);
    }
    return w->first ? w->first->at_ms : -1;
}

static void *work(void *self)
{
    struct lab_work *w = self;
    LAB_LOCKED(w->estate);
    while (!w->ends) {
        int64_t next = lab_work_turn(w, clock_mono_ms());
        if (next < 0) {
            (void)pthread_cond_wait(&w->sooner, &w->estate->mutex);
            continue;
        }
        struct timespec at = { .tv_sec = (time_t)(next / 1000), .tv_nsec = next % 1000 * 1000000 };
        (void)pthread_cond_timedwait(&w->sooner, &w->estate->mutex, &at);
    }
    return NULL;
}

bool lab_work_start(struct lab_work *w, struct err *e)
{
    int failed = pthread_create(&w->thread, NULL, work, w);
    w->runs = !failed;
    return !failed || err_sys(e, ERR_INTERNAL, failed, "starting the estate's own thread");
}
