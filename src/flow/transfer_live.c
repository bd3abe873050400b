/* Transfers of this process: see transfer.h. One lock for the table; owners are called outside of it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/ring.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/transfer.h"

struct transfer_live {
    struct ring ring;            /* of the table, until it is closed */
    char id[RANDOM_UUID];
    const struct transfer_ops *ops;
    void *own;
    int64_t touched_ms;          /* monotonic */
    bool idle;                   /* its owner was told */
    unsigned refs;
};

struct transfer_table {
    pthread_mutex_t lock;
    struct ring all;
    size_t len;
};

struct transfer_table *transfer_table_create(void)
{
    struct transfer_table *t = xcalloc(1, sizeof(*t));
    (void)pthread_mutex_init(&t->lock, NULL);
    ring_init(&t->all);
    return t;
}

static void lock(struct transfer_table *t)
{
    (void)pthread_mutex_lock(&t->lock);
}

static void unlock(struct transfer_table *t)
{
    (void)pthread_mutex_unlock(&t->lock);
}

static void release(struct transfer_table *t, struct transfer_live *l)
{
    lock(t);
    bool last = --l->refs == 0;
    unlock(t);
    if (!last)
        return;
    l->ops->destroy(l->own);
    free(l);
}

struct transfer_table *transfer_table_destroy(struct transfer_table *t)
{
    if (!t)
        return NULL;
    for (struct ring *r = ring_pop(&t->all); r; r = ring_pop(&t->all))
        release(t, CONTAINER_OF(r, struct transfer_live, ring));
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

bool transfer_open(const struct site *site, const char *id, const struct transfer_ops *ops, void *take_own, struct err *e)
{
    struct transfer_table *t = site->transfers;
    if (!t)
        return err_set(e, ERR_INTERNAL, "nothing is transferred here");
    struct transfer_live *l = xcalloc(1, sizeof(*l));
    *l = (struct transfer_live){ .ops = ops, .own = take_own, .touched_ms = clock_mono_ms(), .refs = 1 };
    (void)text_copy(l->id, sizeof(l->id), id);
    lock(t);
    bool room = t->len < TRANSFER_TABLE_MAX;
    if (room) {
        ring_put(&t->all, &l->ring);
        t->len++;
    }
    unlock(t);
    if (room)
        return true;
    free(l);
    return err_set(e, ERR_LIMIT, "%d transfers are open: try again later", TRANSFER_TABLE_MAX);
}

/* Under the lock. */
static struct transfer_live *find(struct transfer_table *t, const char *id)
{
    for (struct ring *r = t->all.next; r != &t->all; r = r->next) {
        struct transfer_live *l = CONTAINER_OF(r, struct transfer_live, ring);
        if (strcmp(l->id, id) == 0)
            return l;
    }
    return NULL;
}

void transfer_close(const struct site *site, const char *id)
{
    struct transfer_table *t = site->transfers;
    if (!t)
        return;
    lock(t);
    struct transfer_live *l = find(t, id);
    if (l) {
        ring_take(&l->ring);
        t->len--;
    }
    unlock(t);
    if (l)
        release(t, l);
}

bool transfer_borrow(const struct site *site, const char *id, const struct transfer_ops *ops, struct transfer_hold *ret)
{
    struct transfer_table *t = site->transfers;
    if (!t)
        return false;
    lock(t);
    struct transfer_live *l = find(t, id);
    bool ok = l && (!ops || l->ops == ops);
    if (ok) {
        l->refs++;
        *ret = (struct transfer_hold){ t, l, l->own };
    }
    unlock(t);
    return ok;
}

void transfer_return(struct transfer_hold *h)
{
    if (h->live)
        release(h->table, h->live);
    *h = (struct transfer_hold){ 0 };
}

void transfer_progress(const struct site *site, struct transfer *t)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    bool live = transfer_borrow(site, t->id, NULL, &h);
    for (size_t i = 0; i < t->files_len; i++)
        t->files[i].done = live ? h.live->ops->done(h.own, t->files[i].name) : 0;
}

void transfer_touch(const struct site *site, const char *id)
{
    struct transfer_table *t = site->transfers;
    if (!t)
        return;
    lock(t);
    struct transfer_live *l = find(t, id);
    if (l)
        l->touched_ms = clock_mono_ms();
    unlock(t);
}

/* ---- requests ---- */

static bool look_up(const struct site *site, const struct caller *c, const char *id, struct arena *a, struct transfer *ret,
                    struct transfer_hold *h, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(site->shelf, &l, e) || !transfer_get(l.store, c, id, a, ret, e))
        return false;
    transfer_touch(site, id);
    return transfer_borrow(site, id, NULL, h) || err_set(e, ERR_NOT_FOUND, "this transfer is over");
}

bool transfer_admit(const struct site *site, const struct caller *c, const char *id, const struct transfer_request *rq,
                    struct transfer_way *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct transfer t;
    return look_up(site, c, id, &a, &t, &h, e) && h.live->ops->admit(h.own, site, c, &t, rq, ret, e);
}

bool transfer_gathered(const struct site *site, const struct caller *c, const char *id, const char *name, const void *data,
                       size_t len, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct transfer t;
    return look_up(site, c, id, &a, &t, &h, e) && h.live->ops->gathered(h.own, site, &t, name, data, len, e);
}

/* ---- time ---- */

/* The next one behind `after` in the order of the table, held; closed ones in between don't matter. */
static bool next(struct transfer_table *t, struct transfer_hold *at)
{
    struct transfer_live *was = at->live, *l = NULL;
    lock(t);
    struct ring *r = !was ? t->all.next : ring_member(&was->ring) ? was->ring.next : &t->all;
    if (r != &t->all) {
        l = CONTAINER_OF(r, struct transfer_live, ring);
        l->refs++;
    }
    unlock(t);
    transfer_return(at);
    if (l)
        *at = (struct transfer_hold){ t, l, l->own };
    return l;
}

static bool became_idle(struct transfer_table *t, struct transfer_live *l, int64_t now_ms, int64_t idle_ms)
{
    lock(t);
    bool now = !l->idle && now_ms - l->touched_ms > idle_ms;
    l->idle |= now;
    unlock(t);
    return now;
}

bool transfer_tick(const struct site *site, struct err *e)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    int64_t now_ms = clock_mono_ms(), idle_ms = site->transfer_idle_ms ? site->transfer_idle_ms : TRANSFER_IDLE_MS;
    (void)e;
    task_rests_retry(site);
    while (site->transfers && next(site->transfers, &h)) {
        if (became_idle(site->transfers, h.live, now_ms, idle_ms))
            h.live->ops->idle(h.own, site);
        if (h.live->ops->tick)
            h.live->ops->tick(h.own, site, now_ms);
    }
    return true;
}
