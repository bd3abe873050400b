/* The audit's look at everything: a few threads take one vCenter Server, manager or address after the other, so that one that is slow
 * holds up nobody but its thread, and each look has its own limits (flow/look.h, flow/hosts.h). */
#include <pthread.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/audit.h"
#include "flow/change.h"
#include "flow/connect.h"
#include "flow/look.h"
#include "flow/rotation.h"
#include "flow/site.h"
#include "flow/subject.h"
#include "flow/vcenter_table.h"

enum { TICK_MS = 200 };

/* Somebody registered, or the address that a grant names. */
struct target {
    const struct subject *subject; /* NULL: the address */
    const char *host;
    uint16_t port;
};

struct looking {
    const struct site *site;
    struct arena arena;
    struct target *targets;
    size_t len;
    pthread_mutex_t lock; /* of the next four */
    pthread_cond_t ended;
    size_t next, done, running;
    bool stop;
};

/* ---- whom ---- */

static bool is_there(const struct looking *g, const char *host, uint16_t port)
{
    for (size_t i = 0; i < g->len; i++)
        if (g->targets[i].port == port && text_caseeq(g->targets[i].host, host))
            return true;
    return false;
}

static bool list_targets(void *self, struct store *s, struct err *e)
{
    struct looking *g = self;
    struct subject *subjects;
    struct store_grant *grants;
    size_t subjects_len, grants_len;
    if (!subject_list(s, &g->arena, &subjects, &subjects_len, e) ||
        !anchor_list(s, STORE_SYSTEM, NULL, &g->arena, &grants, &grants_len, e))
        return false;
    g->targets = arena_array(&g->arena, subjects_len + grants_len + 1, sizeof(*g->targets));
    for (size_t i = 0; i < subjects_len; i++)
        g->targets[g->len++] = (struct target){ &subjects[i], subjects[i].host, subjects[i].port };
    for (size_t i = 0; i < grants_len; i++) {
        const struct trust_scope *scope = &grants[i].scope;
        if (scope->kind == TRUST_SCOPE_HOST && !is_there(g, scope->name, scope->port))
            g->targets[g->len++] = (struct target){ NULL, scope->name, scope->port };
    }
    return true;
}

/* ---- looking ---- */

static bool keep(void *self, struct store *s, struct err *e)
{
    return look_keep(s, self, e);
}

static bool look_at_address(const struct site *site, const struct target *t, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(look_done) struct look l = { 0 };
    const struct look_request rq = { .host = t->host, .port = t->port };
    if (!reach->look(reach->self, site, &rq, &l, e))
        return false;
    if (!l.seen || !l.chain)
        return err_set(e, ERR_PEER, "%s", l.err.kind ? l.err.msg : "no certificate was seen");
    struct look_seen seen = look_seen_of(replay_address_key(t->host, t->port, &a), &rq, &l, clock_wall_ms());
    return change_keep(site, keep, &seen, e);
}

static void look_at_target(const struct site *site, const struct target *t)
{
    const struct store_by by = rotation_by();
    struct err e;
    if (t->subject && t->subject->kind == SUBJECT_VCENTER) {
        connect_notice(site, t->subject->urn);
        if (t->subject->enabled)
            connect_trust(site, t->subject->urn, NULL);
    } else if (!(t->subject ? rotation_look(site, t->subject, &by, &e) : look_at_address(site, t, &e))) {
        LOG(INFO, "audit.not-seen", "host=%s port=%u error=\"%s\"", t->host, t->port, e.msg);
    }
}

static void *work(void *arg)
{
    struct looking *g = arg;
    (void)pthread_mutex_lock(&g->lock);
    while (!g->stop && g->next < g->len) {
        const struct target *t = &g->targets[g->next++];
        (void)pthread_mutex_unlock(&g->lock);
        look_at_target(g->site, t);
        (void)pthread_mutex_lock(&g->lock);
        g->done++;
        (void)pthread_cond_signal(&g->ended);
    }
    g->running--;
    (void)pthread_cond_signal(&g->ended);
    (void)pthread_mutex_unlock(&g->lock);
    return NULL;
}

/* Says how far it is until the last thread has ended. */
static void attend(struct looking *g, audit_progress *said, void *self)
{
    (void)pthread_mutex_lock(&g->lock);
    while (g->running > 0) {
        const int64_t until = clock_mono_ms() + TICK_MS;
        while (g->running > 0 && cond_wait_until(&g->ended, &g->lock, until)) {
        }
        size_t done = g->done;
        (void)pthread_mutex_unlock(&g->lock);
        bool go_on = !said || said(self, done, g->len);
        (void)pthread_mutex_lock(&g->lock);
        g->stop |= !go_on;
    }
    (void)pthread_mutex_unlock(&g->lock);
}

static bool run(struct looking *g, audit_progress *said, void *self, struct err *e)
{
    pthread_t threads[AUDIT_AT_ONCE];
    size_t started = 0, want = g->len < AUDIT_AT_ONCE ? g->len : AUDIT_AT_ONCE;
    int sys = 0;
    for (; started < want && !sys; started += !sys) {
        (void)pthread_mutex_lock(&g->lock);
        g->running++;
        (void)pthread_mutex_unlock(&g->lock);
        sys = pthread_create(&threads[started], NULL, work, g);
    }
    if (sys) {
        (void)pthread_mutex_lock(&g->lock);
        g->running--;
        (void)pthread_mutex_unlock(&g->lock);
    }
    attend(g, said, self);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    return started > 0 || want == 0 || err_sys(e, ERR_INTERNAL, sys, "starting a thread");
}

bool audit_look(const struct site *site, audit_progress *said, void *self, struct err *e)
{
    struct looking g = { .site = site };
    (void)pthread_mutex_init(&g.lock, NULL);
    cond_init(&g.ended);
    bool ok = change_read(site, list_targets, &g, e) && run(&g, said, self, e);
    (void)pthread_cond_destroy(&g.ended);
    (void)pthread_mutex_destroy(&g.lock);
    arena_done(&g.arena);
    return ok;
}
