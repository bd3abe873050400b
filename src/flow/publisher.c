#include "flow/publisher.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "flow/loan.h"
#include "store/rows.h"
#include "store/store.h"
#include "trust/set.h"

struct publisher {
    struct publisher_config c;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t asked, answered;
    bool started, stop;
    uint64_t turn_wanted; /* raised by each caller .. */
    uint64_t turn_done;   /* .. and followed by each round that began after it */
    struct err last;      /* of the last round; ERR_NONE */
    uint64_t generation;
    int64_t confirmed_ms; /* monotonic: when the generation was read last */
    bool empty;           /* nobody is believed: the store is silent */
};

static void swap_in(struct publisher *p, struct trust_set *take, uint64_t generation)
{
    (void)trust_set_unref(trust_live_swap(p->c.live, take)); /* who still uses the old one has a reference */
    (void)pthread_mutex_lock(&p->lock);
    p->generation = generation;
    (void)pthread_mutex_unlock(&p->lock);
    if (p->c.swapped)
        p->c.swapped(p->c.self, generation);
}

static bool build(struct publisher *p, struct store *s, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct trust_rows rows;
    struct trust_set_report report = { 0 };
    if (!store_trust_rows(s, &a, &rows, e))
        return err_in(e, "reading what is trusted");
    struct trust_set *set = trust_set_create(&rows, &report);
    if (report.bad_anchors + report.bad_crls > 0)
        LOG(ERROR, "trust.unreadable", "anchors=%zu crls=%zu first=\"%s\"", report.bad_anchors, report.bad_crls,
            report.first.msg);
    swap_in(p, set, rows.generation);
    p->empty = false;
    LOG(DEBUG, "trust.published", "generation=%llu anchors=%zu", (unsigned long long)rows.generation,
        rows.anchors_len);
    return true;
}

/* One reading; builds when something changed. */
static bool round_once(struct publisher *p, bool first, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    uint64_t generation;
    if (!loan_begin(p->c.shelf, &l, e) || !store_generation(l.store, &generation, e))
        return false;
    bool ok = (!first && !p->empty && generation == p->generation) || build(p, l.store, e);
    p->confirmed_ms = clock_mono_ms();
    return ok;
}

/* The store has been silent for too long: what was withdrawn elsewhere would still be believed here. */
static void believe_nobody(struct publisher *p, const struct err *why)
{
    if (p->empty || clock_mono_ms() - p->confirmed_ms < PUBLISH_STALE_MS)
        return;
    LOG(ERROR, "trust.unconfirmed", "error=\"%s\" effect=\"new verified connections are refused\"", why->msg);
    p->empty = true;
    swap_in(p, trust_set_create(&(struct trust_rows){ 0 }, NULL), 0);
}

static void wait_for_work(struct publisher *p)
{
    const int64_t until = clock_mono_ms() + PUBLISH_LOOK_MS;
    while (!p->stop && p->turn_wanted == p->turn_done && cond_wait_until(&p->asked, &p->lock, until)) {
    }
}

static void *publish(void *arg)
{
    struct publisher *p = arg;
    (void)pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        wait_for_work(p);
        if (p->stop)
            break;
        uint64_t turn = p->turn_wanted;
        struct err e = { 0 };
        (void)pthread_mutex_unlock(&p->lock);
        if (!round_once(p, false, &e))
            believe_nobody(p, &e);
        (void)pthread_mutex_lock(&p->lock);
        p->last = e;
        p->turn_done = turn;
        (void)pthread_cond_broadcast(&p->answered);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

bool publisher_create(const struct publisher_config *c, struct publisher **ret, struct err *e)
{
    AUTO(publisher_destroyp) struct publisher *p = xcalloc(1, sizeof(*p));
    p->c = *c;
    (void)pthread_mutex_init(&p->lock, NULL);
    cond_init(&p->asked);
    cond_init(&p->answered);
    if (!round_once(p, true, e))
        return false;
    int sys = pthread_create(&p->thread, NULL, publish, p);
    if (sys)
        return err_sys(e, ERR_INTERNAL, sys, "starting the publisher's thread");
    p->started = true;
    *ret = STEAL(p);
    return true;
}

struct publisher *publisher_destroy(struct publisher *p)
{
    if (!p)
        return NULL;
    if (p->started) {
        (void)pthread_mutex_lock(&p->lock);
        p->stop = true;
        (void)pthread_cond_broadcast(&p->asked);
        (void)pthread_cond_broadcast(&p->answered);
        (void)pthread_mutex_unlock(&p->lock);
        (void)pthread_join(p->thread, NULL);
    }
    (void)pthread_cond_destroy(&p->asked);
    (void)pthread_cond_destroy(&p->answered);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
    return NULL;
}

bool publisher_sync(struct publisher *p, struct err *e)
{
    const int64_t until = clock_mono_ms() + PUBLISH_WAIT_MS;
    (void)pthread_mutex_lock(&p->lock);
    uint64_t mine = ++p->turn_wanted;
    (void)pthread_cond_signal(&p->asked);
    while (p->turn_done < mine && !p->stop && cond_wait_until(&p->answered, &p->lock, until)) {
    }
    bool done = p->turn_done >= mine;
    struct err last = p->last;
    (void)pthread_mutex_unlock(&p->lock);
    if (!done)
        return err_set(e, ERR_TIMEOUT, "the change is kept, but it is not in force yet");
    if (last.kind == ERR_NONE)
        return true;
    return err_set(e, last.kind, "the change is kept, but it is not in force: %s", last.msg);
}

uint64_t publisher_generation(struct publisher *p)
{
    (void)pthread_mutex_lock(&p->lock);
    uint64_t generation = p->generation;
    (void)pthread_mutex_unlock(&p->lock);
    return generation;
}
