#include "flow/infra_look.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/inbox.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/vcenter_table.h"
#include "net/chain.h"
#include "net/pool.h"
#include "store/sealed.h"
#include "store/store.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "vim/session.h"

enum { TELL_MS = 250 };

/* All looks of one view while they are made. */
struct looking {
    const struct site *site;
    const struct infra_looking *how;
    struct infra_view *view;
    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t ended;
    size_t started, done;
    bool stop;
};

struct job {
    struct pool_job job;
    struct looking *looking;
    struct infra_seen *seen; /* this job's alone until it ended */
};

void infra_view_done(struct infra_view *v)
{
    for (size_t i = 0; i < v->len; i++) {
        look_done(&v->list[i].look);
        believed_done(&v->list[i].before);
        vmca_answer_done(&v->list[i].vmca);
        believed_done(&v->list[i].vmca_before);
    }
    for (size_t i = 0; i < v->granted_len; i++)
        (void)trust_cert_unref(v->granted[i]);
    arena_done(&v->arena);
    *v = (struct infra_view){ 0 };
}

/* ---- one endpoint ---- */

static const struct trust_cert *leaf_of(const struct look *l)
{
    return l->seen && l->chain && chain_len(l->chain) > 0 ? chain_certs(l->chain)[0] : NULL;
}

static bool keep_look(void *self, struct store *s, struct err *e)
{
    struct infra_seen *x = self;
    const struct trust_cert *leaf = leaf_of(&x->look);
    struct look_request rq;
    subject_request(&x->subject, &rq);
    int64_t now = clock_wall_ms();
    const struct look_seen seen = look_seen_of(x->subject.urn, &rq, &x->look, now);
    return believed_get(s, x->subject.urn, &x->before, e) && inbox_is_rejected(s, x->subject.urn, leaf, &x->rejected, e) &&
           inbox_seen(s, x->subject.urn, leaf, x->look.verdict.ok, now, e) && look_keep(s, &seen, e);
}

static bool look_one(const struct site *site, struct infra_seen *x, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    struct look_request rq;
    subject_request(&x->subject, &rq);
    if (!reach->look(reach->self, site, &rq, &x->look, e))
        return false;
    if (!leaf_of(&x->look))
        return err_set(e, x->look.err.kind ? x->look.err.kind : ERR_PEER, "%s",
                       x->look.err.kind ? x->look.err.msg : "no certificate was seen");
    return change_keep(site, keep_look, x, e);
}

/* ---- the VMCA behind it ---- */

/* A vCenter Server that is disabled has no session of the table's; it is asked all the same, once, because that is what bulk
 * trust is asked for. A password that was rejected before is not sent again. */
static bool borrow(const struct site *site, const struct subject *x, struct vcenter_hold *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    if (x->enabled)
        return vcenter_borrow(site, x->urn, ret, e);
    if (x->vcenter.denied == x->vcenter.revision)
        return err_set(e, ERR_DENIED, "it rejected the password of %s", x->vcenter.username);
    return loan_begin(site->shelf, &l, e) && store_sealed_get(l.store, VCENTER_PASSWORD, x->urn, &password, e) &&
           vcenter_open(site, &x->vcenter, &password, ret, e);
}

static bool keep_vmca(void *self, struct store *s, struct err *e)
{
    struct infra_seen *x = self;
    struct vmca_answer *a = &x->vmca;
    const char *key = believed_vmca_key(x->subject.urn, &a->arena), *record;
    struct vcenter v;
    if (!believed_get(s, key, &x->vmca_before, e) || (a->cert && !inbox_is_rejected(s, key, a->cert, &x->vmca_rejected, e)))
        return false;
    return vcenter_get(s, x->subject.urn, &a->arena, &v, e) && vmca_record(a, v.trust, false, &record, e) &&
           vmca_keep(s, x->subject.urn, record, e);
}

/* From the bundle, where there is no certificate management: the record stays what certificate management said. */
static bool find_vmca(const struct site *site, struct vmca_look *how, struct infra_seen *x, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    AUTO(loan_end) struct loan l = { 0 };
    struct vmca_answer found = { 0 };
    how->bundle = true;
    if (!reach->vmca(reach->self, site, how, &found, e))
        return false;
    vmca_answer_done(&x->vmca);
    x->vmca = found;
    const char *key = believed_vmca_key(x->subject.urn, &x->vmca.arena);
    return !found.cert || (loan_begin(site->shelf, &l, e) && inbox_is_rejected(l.store, key, found.cert, &x->vmca_rejected, e));
}

static bool look_vmca(const struct site *site, struct infra_seen *x, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    if (!borrow(site, &x->subject, &h, e))
        return false;
    struct vmca_look how = { .vcenter = x->subject.urn, .session = h.session, .names_off = !x->subject.checks_names,
                             .timeout_ms = INFRA_EACH_MS };
    bool ok = reach->vmca(reach->self, site, &how, &x->vmca, e) && change_keep(site, keep_vmca, x, e);
    if (ok && !x->vmca.cert && (x->vmca.state == VMCA_NEEDS_70 || x->vmca.state == VMCA_NO_API))
        ok = find_vmca(site, &how, x, e);
    if (!x->subject.enabled)
        vim_session_logout(h.session, vim_deadline(INFRA_EACH_MS));
    return ok;
}

/* ---- in parallel ---- */

static void work(struct pool_job *p)
{
    struct job *j = CONTAINER_OF(p, struct job, job);
    struct looking *g = j->looking;
    struct infra_seen *x = j->seen;
    struct err e = { 0 };
    (void)pthread_mutex_lock(&g->lock);
    bool stop = g->stop;
    (void)pthread_mutex_unlock(&g->lock);
    if (stop) {
        (void)err_set(&x->problem, ERR_CANCELLED, "it was not looked at");
        return;
    }
    if (!look_one(g->site, x, &e)) {
        x->problem = e;
        return;
    }
    if (x->subject.kind != SUBJECT_VCENTER || !x->look.verdict.ok)
        return;
    x->asked = true;
    if (!look_vmca(g->site, x, &e))
        x->vmca_problem = e;
}

static void destroy(struct pool_job *p)
{
    struct job *j = CONTAINER_OF(p, struct job, job);
    struct looking *g = j->looking;
    if (p->dropped)
        (void)err_set(&j->seen->problem, ERR_CANCELLED, "it was not looked at");
    free(j);
    (void)pthread_mutex_lock(&g->lock);
    g->done++;
    (void)pthread_cond_signal(&g->ended);
    (void)pthread_mutex_unlock(&g->lock);
}

static bool hand_out(struct looking *g, struct pool *pool, struct err *e)
{
    for (size_t i = 0; i < g->view->len; i++) {
        struct job *j = xcalloc(1, sizeof(*j));
        *j = (struct job){ .job = { .work = work, .destroy = destroy }, .looking = g, .seen = &g->view->list[i] };
        if (!pool_run(pool, &j->job, e)) {
            free(j);
            return false;
        }
        (void)pthread_mutex_lock(&g->lock);
        g->started++;
        (void)pthread_mutex_unlock(&g->lock);
    }
    return true;
}

/* Until all that were handed out have ended; each has an end of its own. */
static void wait_for_all(struct looking *g)
{
    (void)pthread_mutex_lock(&g->lock);
    while (g->done < g->started) {
        (void)cond_wait_until(&g->ended, &g->lock, clock_mono_ms() + TELL_MS);
        size_t done = g->done;
        (void)pthread_mutex_unlock(&g->lock);
        bool go_on = !g->how->progress || g->how->progress(g->how->self, done, g->view->len);
        (void)pthread_mutex_lock(&g->lock);
        g->stop |= !go_on;
    }
    (void)pthread_mutex_unlock(&g->lock);
}

static bool look_at_all(struct looking *g, struct err *e)
{
    unsigned threads = g->view->len < INFRA_PARALLEL ? (unsigned)g->view->len : INFRA_PARALLEL;
    const struct pool_config config = { .name = "infra", .threads = threads, .queue_max = POOL_QUEUE_MAX };
    if (threads == 0)
        return true;
    AUTO(pool_destroyp) struct pool *pool = pool_create(&config, e);
    bool ok = pool && hand_out(g, pool, e);
    if (!ok)
        g->stop = true;
    wait_for_all(g);
    return ok && (!g->stop || err_set(e, ERR_CANCELLED, "it was stopped"));
}

/* ---- who is looked at, and what is granted already ---- */

static bool wanted(const struct infra_looking *how, const struct subject *x)
{
    if (x->kind == SUBJECT_VCENTER && !how->vcenters)
        return false;
    for (size_t i = 0; how->only && i < how->only_len; i++)
        if (strcmp(how->only[i], x->urn) == 0)
            return true;
    return !how->only;
}

static void add_granted(struct infra_view *v, const struct trust_set *set, const uint8_t *sha256)
{
    const struct trust_cert *c = trust_set_find(set, sha256);
    for (size_t i = 0; c && i < v->granted_len; i++)
        if (memcmp(trust_cert_sha256(v->granted[i]), sha256, DIGEST_SHA256) == 0)
            return;
    if (c && trust_cert_is_ca(c))
        v->granted[v->granted_len++] = trust_cert_ref(c);
}

static bool read_all(void *self, struct store *s, struct err *e)
{
    struct looking *g = self;
    struct infra_view *v = g->view;
    struct subject *all;
    struct store_grant *grants;
    size_t len, grants_len;
    if (!subject_list(s, &v->arena, &all, &len, e) || !anchor_list(s, STORE_SYSTEM, NULL, &v->arena, &grants, &grants_len, e))
        return false;
    v->list = arena_array(&v->arena, len + 1, sizeof(*v->list));
    for (size_t i = 0; i < len; i++)
        if (wanted(g->how, &all[i]))
            v->list[v->len++].subject = all[i];
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(g->site->live);
    v->granted = arena_array(&v->arena, grants_len + 1, sizeof(*v->granted));
    for (size_t i = 0; i < grants_len; i++)
        add_granted(v, set, grants[i].sha256);
    return true;
}

bool infra_look(const struct site *site, const struct infra_looking *how, struct infra_view *ret, struct err *e)
{
    struct looking g = { .site = site, .how = how, .view = ret };
    (void)pthread_mutex_init(&g.lock, NULL);
    cond_init(&g.ended);
    bool ok = change_read(site, read_all, &g, e) && look_at_all(&g, e);
    (void)pthread_cond_destroy(&g.ended);
    (void)pthread_mutex_destroy(&g.lock);
    if (!ok)
        infra_view_done(ret);
    return ok;
}

/* ---- facts ---- */

static struct infra_fact endpoint_fact(const struct site *site, struct infra_view *v, const struct infra_seen *x)
{
    static const enum infra_kind kinds[] = { [SUBJECT_VCENTER] = INFRA_VCENTER, [SUBJECT_NSXV] = INFRA_NSXV, [SUBJECT_NSXT] = INFRA_NSXT };
    struct infra_fact f = { .kind = kinds[x->subject.kind], .key = x->subject.urn, .rejected = x->rejected };
    struct look_request *rq = arena_alloc(&v->arena, sizeof(*rq));
    subject_scope(&x->subject, &f.scope);
    const struct trust_cert *leaf = leaf_of(&x->look);
    if (!leaf || x->problem.kind != ERR_NONE)
        return f;
    subject_request(&x->subject, rq);
    look_question(site, rq, &f.question);
    /* The question points at the request's host: it has to live as long. */
    const char **name = arena_array(&v->arena, 1, sizeof(*name));
    *name = x->subject.host;
    f.question.names = name;
    f.question.names_len = 1;
    f.question.chain = chain_certs(x->look.chain);
    f.question.chain_len = chain_len(x->look.chain);
    f.question.now = clock_wall_ms() / 1000;
    if (f.question.crl_mode == TRUST_CRL_REQUIRE)
        f.question.crl_mode = TRUST_CRL_SOFT; /* the CRLs are in the live set */
    f.seen = true;
    f.shown = x->look.sorted.shown;
    f.shown_len = x->look.sorted.shown_len;
    f.verified = x->look.verdict.ok;
    f.change = believed_compare(&x->before, leaf);
    return f;
}

static struct infra_fact vmca_fact(struct infra_view *v, const struct infra_seen *x)
{
    struct infra_fact f = { .kind = INFRA_VMCA, .key = believed_vmca_key(x->subject.urn, &v->arena), .rejected = x->vmca_rejected };
    const struct vmca_answer *a = &x->vmca;
    subject_hosts_scope(x->subject.urn, &f.scope);
    f.seen = x->asked && x->vmca_problem.kind == ERR_NONE;
    f.without_root = x->asked ? INFRA_UNREACHABLE : INFRA_LATER;
    if (!f.seen)
        return f;
    for (size_t i = 0; i < a->hosts.len; i++)
        f.hosts_of += a->hosts.rows[i].seen;
    f.listed = a->hosts.len > 0;
    f.root = a->cert;
    f.verified = a->granted;
    f.hosts = a->cert ? hosts_led_by(&a->hosts, a->cert) : 0;
    bool expected = a->state != VMCA_NO_API && f.listed && a->hosts.verified < a->hosts.len;
    f.without_root = expected ? INFRA_REFUSED : INFRA_NOTHING;
    if (a->cert)
        f.change = believed_compare(&x->vmca_before, a->cert);
    return f;
}

size_t infra_facts(const struct site *site, struct infra_view *v, struct infra_fact *ret, const struct infra_seen **ret_of)
{
    size_t len = 0;
    for (size_t i = 0; i < v->len; i++) {
        const struct infra_seen *x = &v->list[i];
        ret_of[len] = x;
        ret[len++] = endpoint_fact(site, v, x);
        if (x->subject.kind != SUBJECT_VCENTER)
            continue;
        ret_of[len] = x;
        ret[len++] = vmca_fact(v, x);
    }
    return len;
}
