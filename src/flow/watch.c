#include "flow/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/connect.h"
#include "flow/edit.h"
#include "flow/infra.h"
#include "flow/loan.h"
#include "flow/nsx.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/task.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "net/pool.h"
#include "store/store.h"
#include "vim/session.h"

struct item {
    char urn[STORE_ID_MAX + 1];
    uint64_t revision;
    bool enabled, listed; /* listed: the store has it */
    bool up, asking, parked, poked;
    bool busy, checking; /* a task of it is under way; a round looks at its hosts */
    unsigned failures;
    int64_t due_ms, busy_ms, hosts_ms, sync_ms; /* monotonic; busy since, the others when it is its turn */
};

struct watch {
    const struct site *site;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    struct item *items[WATCH_MAX]; /* owned */
    size_t len, asking, checking;
    int64_t hosts_every_ms, sync_every_ms, nsx_ms; /* as the settings say; when the NSX Managers are looked at next */
    bool stop, look; /* look: somebody was poked, or came back */
};

struct ask_job {
    struct pool_job job;
    struct watch *watch;
    struct item *item; /* not freed while asking */
    char urn[STORE_ID_MAX + 1];
    bool up, done;
    enum watch_found found;
};

int64_t watch_pause(unsigned failures, uint32_t dice)
{
    int64_t ms = WATCH_FIRST_MS;
    for (unsigned i = 1; i < failures && ms < WATCH_LAST_MS; i++)
        ms *= 2;
    ms = ms < WATCH_LAST_MS ? ms : WATCH_LAST_MS;
    int64_t span = ms * WATCH_JITTER_PERCENT / 100;
    return ms - span + (int64_t)(dice % (uint32_t)(2 * span + 1));
}

/* ---- asking one ---- */

static void no_args(struct xml_writer *w, const void *ctx)
{
    (void)w;
    (void)ctx;
}

static bool cheap_call(const struct site *site, const char *urn, struct err *e)
{
    static const struct vim_object instance = { "ServiceInstance", "ServiceInstance" };
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    const struct vim_method m = { .name = "CurrentTime", .on = &instance, .args = no_args };
    return vcenter_borrow(site, urn, &h, e) && vim_session_call(h.session, &m, vim_deadline(WATCH_CALL_MS), &a, &answer, NULL, e);
}

static bool leave_alone(const struct err *e)
{
    return e->kind == ERR_DENIED || e->kind == ERR_NOT_FOUND || e->kind == ERR_CONFLICT;
}

enum watch_found watch_ask(const struct site *site, const char *urn, bool up)
{
    struct err e;
    if (up && cheap_call(site, urn, &e))
        return WATCH_WELL;
    if (up) {
        LOG(WARN, "vcenter.no-answer", "urn=%s error=\"%s\"", urn, e.msg);
        connect_lost(site, urn, &e);
        return leave_alone(&e) ? WATCH_PARKED : WATCH_LOST;
    }
    if (connect_registered(site, urn, false, NULL, &e))
        return WATCH_BACK;
    if (e.kind == ERR_UNTRUSTED)
        connect_notice(site, urn); /* another identity than before is for the inbox, never silence */
    return leave_alone(&e) ? WATCH_PARKED : WATCH_LOST;
}

static void ask(struct pool_job *p)
{
    struct ask_job *j = CONTAINER_OF(p, struct ask_job, job);
    struct err e;
    j->found = watch_ask(j->watch->site, j->urn, j->up);
    j->done = true;
    if (j->found == WATCH_BACK && !refresh_reread(j->watch->site, j->urn, &e))
        LOG(WARN, "vcenter.not-read-again", "urn=%s error=\"%s\"", j->urn, e.msg);
}

static void asked(struct pool_job *p)
{
    struct ask_job *j = CONTAINER_OF(p, struct ask_job, job);
    struct watch *w = j->watch;
    struct item *x = j->item;
    uint32_t dice;
    random_bytes(&dice, sizeof(dice));
    (void)pthread_mutex_lock(&w->lock);
    x->asking = false;
    w->asking--;
    x->up = j->done && (j->found == WATCH_WELL || j->found == WATCH_BACK);
    x->parked = j->done && j->found == WATCH_PARKED;
    x->failures = x->up ? 0 : x->failures + 1;
    x->due_ms = clock_mono_ms() + (x->up ? WATCH_ALIVE_MS : watch_pause(x->failures, dice));
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    free(j);
}

/* Under the lock, which is let go meanwhile. */
static void start_asking(struct watch *w, struct item *x)
{
    struct ask_job *j = xcalloc(1, sizeof(*j));
    struct err e;
    *j = (struct ask_job){ .job = { .work = ask, .destroy = asked }, .watch = w, .item = x, .up = x->up };
    (void)text_copy(j->urn, sizeof(j->urn), x->urn);
    x->asking = true;
    x->poked = false;
    w->asking++;
    (void)pthread_mutex_unlock(&w->lock);
    bool ok = pool_run(w->site->pool, &j->job, &e);
    if (!ok)
        asked(&j->job);
    (void)pthread_mutex_lock(&w->lock);
}

/* ---- rounds ---- */

struct round_job {
    struct pool_job job;
    struct watch *watch;
    struct item *item; /* not freed while checking; NULL: the NSX Managers */
    char urn[STORE_ID_MAX + 1];
    bool whole;
};

static void go_round(struct pool_job *p)
{
    struct round_job *j = CONTAINER_OF(p, struct round_job, job);
    const struct site *site = j->watch->site;
    struct err e;
    if (!j->item && !nsx_look(site, NULL, &e))
        LOG(WARN, "nsx.not-looked-at", "error=\"%s\"", e.msg);
    if (j->item && j->whole)
        connect_sync(site, j->urn);
    else if (j->item)
        connect_check_hosts(site, j->urn);
}

static void went_round(struct pool_job *p)
{
    struct round_job *j = CONTAINER_OF(p, struct round_job, job);
    struct watch *w = j->watch;
    (void)pthread_mutex_lock(&w->lock);
    const int64_t now = clock_mono_ms();
    if (j->item) {
        j->item->checking = false;
        j->item->hosts_ms = now + w->hosts_every_ms;
        if (j->whole)
            j->item->sync_ms = now + w->sync_every_ms;
    }
    w->checking--;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    free(j);
}

/* Under the lock, which is let go meanwhile. x NULL: the NSX Managers. */
static void start_round(struct watch *w, struct item *x, bool whole)
{
    struct round_job *j = xcalloc(1, sizeof(*j));
    struct err e;
    *j = (struct round_job){ .job = { .work = go_round, .destroy = went_round }, .watch = w, .item = x, .whole = whole };
    if (x) {
        (void)text_copy(j->urn, sizeof(j->urn), x->urn);
        x->checking = true;
    } else {
        w->nsx_ms = clock_mono_ms() + w->sync_every_ms;
    }
    w->checking++;
    (void)pthread_mutex_unlock(&w->lock);
    bool ok = pool_run(w->site->pool, &j->job, &e);
    if (!ok)
        went_round(&j->job);
    (void)pthread_mutex_lock(&w->lock);
}

/* ---- who is registered ---- */

static struct item *find(const struct watch *w, const char *urn)
{
    for (size_t i = 0; i < w->len; i++)
        if (strcmp(w->items[i]->urn, urn) == 0)
            return w->items[i];
    return NULL;
}

/* Under the lock: what the settings say now counts for what is waited for already. */
static void take_settings(struct watch *w, const struct site_settings *s)
{
    const int64_t now = clock_mono_ms();
    w->hosts_every_ms = s->host_check_delay_seconds * 1000;
    w->sync_every_ms = s->sync_hours * 60 * 60 * 1000;
    for (size_t i = 0; i < w->len; i++) {
        struct item *x = w->items[i];
        x->hosts_ms = x->hosts_ms > now + w->hosts_every_ms ? now + w->hosts_every_ms : x->hosts_ms;
        x->sync_ms = x->sync_ms > now + w->sync_every_ms ? now + w->sync_every_ms : x->sync_ms;
    }
    if (!w->nsx_ms || w->nsx_ms > now + w->sync_every_ms)
        w->nsx_ms = now + w->sync_every_ms;
}

/* Under the lock. */
static void take_in(struct watch *w, const struct vcenter *v, bool busy)
{
    struct item *x = find(w, v->urn);
    if (!x) {
        if (w->len == WATCH_MAX)
            return;
        x = w->items[w->len++] = xcalloc(1, sizeof(*x));
        (void)text_copy(x->urn, sizeof(x->urn), v->urn);
        x->due_ms = clock_mono_ms();
        x->hosts_ms = x->due_ms + w->hosts_every_ms;
        x->sync_ms = x->due_ms + w->sync_every_ms;
    }
    if (busy && !x->busy)
        x->busy_ms = clock_mono_ms();
    if (!busy && x->busy && !x->asking) {
        x->up = v->connected; /* the task logged in, or found that it can't */
        x->due_ms = clock_mono_ms();
    }
    x->busy = busy;
    bool changed = x->revision != v->revision || x->enabled != v->enabled;
    if (changed)
        x->due_ms = clock_mono_ms();
    /* What a workflow has just connected needs no login of the watch's. */
    if (!x->asking && (changed || v->connected)) {
        x->up = v->connected;
        x->parked = false;
        x->failures = 0;
    }
    x->revision = v->revision;
    x->enabled = v->enabled;
    x->listed = true;
}

static void take_list(struct watch *w, const struct vcenter *list, const bool *busy, size_t len, const struct site_settings *settings)
{
    (void)pthread_mutex_lock(&w->lock);
    take_settings(w, settings);
    for (size_t i = 0; i < w->len; i++)
        w->items[i]->listed = false;
    for (size_t i = 0; i < len; i++)
        take_in(w, &list[i], busy[i]);
    for (size_t i = w->len; i-- > 0;)
        if (!w->items[i]->listed && !w->items[i]->asking && !w->items[i]->checking) {
            free(w->items[i]);
            w->items[i] = w->items[--w->len];
        }
    (void)pthread_mutex_unlock(&w->lock);
}

static void read_list(struct watch *w)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter *list;
    size_t len;
    struct err e;
    struct site_settings settings;
    if (!loan_begin(w->site->shelf, &l, &e) || !vcenter_list(l.store, &a, &list, &len, &e) || !site_settings_read(l.store, &settings, &e)) {
        LOG(WARN, "watch.blind", "error=\"%s\"", e.msg);
        return;
    }
    bool *busy = arena_array(&a, len + 1, sizeof(*busy));
    for (size_t i = 0; i < len; i++)
        busy[i] = !task_none_of(l.store, list[i].urn, list[i].name, &e) && e.kind == ERR_CONFLICT;
    take_list(w, list, busy, len, &settings);
}

/* ---- the thread ---- */

static bool left_to_a_task(const struct item *x, int64_t now)
{
    return x->busy && now < x->busy_ms + WATCH_TASK_MS;
}

/* Under the lock: rounds of who is connected. */
static void go_rounds(struct watch *w, int64_t now)
{
    for (size_t i = 0; i < w->len && w->checking < WATCH_CHECKS_AT_ONCE; i++) {
        struct item *x = w->items[i];
        if (!x->listed || !x->enabled || !x->up || x->asking || x->checking || left_to_a_task(x, now))
            continue;
        if (now >= x->sync_ms || now >= x->hosts_ms)
            start_round(w, x, now >= x->sync_ms);
    }
    if (w->checking < WATCH_CHECKS_AT_ONCE && w->nsx_ms && now >= w->nsx_ms)
        start_round(w, NULL, true);
}

/* Under the lock: asks who is due; when the next one is. */
static int64_t ask_due(struct watch *w, int64_t now)
{
    int64_t next = now + WATCH_LIST_MS;
    for (size_t i = 0; i < w->len && w->asking < WATCH_AT_ONCE; i++) {
        struct item *x = w->items[i];
        if (!x->listed || !x->enabled || x->asking || x->parked || left_to_a_task(x, now))
            continue;
        if (x->poked || x->due_ms <= now)
            start_asking(w, x);
        else if (x->due_ms < next)
            next = x->due_ms;
    }
    return next;
}

static void wait_until(struct watch *w, int64_t until_ms)
{
    if (!w->stop && !w->look)
        (void)cond_wait_until(&w->changed, &w->lock, until_ms);
}

static void *watch_main(void *arg)
{
    struct watch *w = arg;
    int64_t list_ms = 0, expire_ms = 0;
    struct err e;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        int64_t now = clock_mono_ms();
        bool list = w->look || now >= list_ms, expire = now >= expire_ms;
        w->look = false;
        (void)pthread_mutex_unlock(&w->lock);
        if (list) {
            read_list(w);
            list_ms = now + WATCH_LIST_MS;
        }
        if (expire) {
            expire_ms = now + WATCH_EXPIRE_MS;
            if (!tasks_expire(w->site, &e) || !infra_expire(w->site, &e))
                LOG(WARN, "watch.not-tidied", "error=\"%s\"", e.msg);
        }
        (void)pthread_mutex_lock(&w->lock);
        int64_t next = ask_due(w, clock_mono_ms());
        go_rounds(w, clock_mono_ms());
        wait_until(w, next < list_ms ? next : list_ms);
    }
    while (w->asking > 0 || w->checking > 0)
        (void)pthread_cond_wait(&w->changed, &w->lock);
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

void watch_nobody(const struct site *site, const char *why)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter *list;
    size_t len;
    struct err e;
    bool ok = loan_begin(site->shelf, &l, &e) && store_begin(l.store, STORE_WRITE, &e) && vcenter_list(l.store, &a, &list, &len, &e);
    for (size_t i = 0; ok && i < len; i++) {
        if (!list[i].connected)
            continue;
        list[i].connected = false;
        list[i].listener = VCENTER_CONNECTING;
        list[i].why = why;
        list[i].since_ms = clock_wall_ms();
        ok = vcenter_state_put(l.store, &list[i], &e);
    }
    if (!ok || !store_commit(l.store, &e))
        LOG(ERROR, "watch.states-left", "error=\"%s\"", e.msg);
}

struct watch *watch_create(const struct site *site)
{
    struct watch *w = xcalloc(1, sizeof(*w));
    w->site = site;
    (void)pthread_mutex_init(&w->lock, NULL);
    cond_init(&w->changed);
    return w;
}

bool watch_start(struct watch *w, struct err *e)
{
    watch_nobody(w->site, "the cell was started again"); /* until somebody logs in */
    int sys = pthread_create(&w->thread, NULL, watch_main, w);
    w->started = sys == 0;
    return w->started || err_sys(e, ERR_INTERNAL, sys, "starting the watch's thread");
}

struct watch *watch_destroy(struct watch *w)
{
    if (!w)
        return NULL;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    if (w->started)
        (void)pthread_join(w->thread, NULL);
    for (size_t i = 0; i < w->len; i++)
        free(w->items[i]);
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

void watch_poke(struct watch *w, const char *urn)
{
    if (!w)
        return;
    (void)pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->len; i++) {
        struct item *x = w->items[i];
        if (!urn)
            x->due_ms = 0;
        if (!urn || strcmp(x->urn, urn) != 0)
            continue;
        x->poked = true;
        x->parked = false;
        x->failures = 0;
    }
    w->look = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}
