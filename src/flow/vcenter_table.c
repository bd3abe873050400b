#include "flow/evidence.h"
#include "flow/vcenter_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/look.h"
#include "flow/site_settings.h"
#include "flow/site.h"
#include "flow/vcenter.h"
#include "flow/vmca.h"
#include "flow/watch.h"
#include "net/chain.h"
#include "store/sealed.h"
#include "store/store.h"
#include "vim/endpoint.h"
#include "vim/session.h"

struct vcenter_entry {
    struct vcenter_table *table; /* borrowed; its lock guards refs */
    char urn[STORE_ID_MAX + 1];
    char host[URL_HOST_MAX + 1];   /* with the next three: what its connections are decided by */
    uint16_t port;
    bool unpinned_acknowledged;
    enum trust_names_mode names_mode;
    uint64_t revision;
    struct vim_endpoint *endpoint; /* owned */
    struct vim_session *session;   /* owned */
    size_t refs;
};

struct vcenter_table {
    pthread_mutex_t lock;
    struct vcenter_entry *list[VCENTER_SESSIONS_MAX]; /* one reference each */
    size_t len;
    struct vcenter_reach reach;
};

static bool open_tls(void *self, const struct vim_peer *p, struct vim_endpoint **ret, struct err *e)
{
    (void)self;
    return vim_endpoint_create(p, ret, e);
}

static bool look_really(void *self, const struct site *site, const struct look_request *rq, struct look *ret, struct err *e)
{
    (void)self;
    return look_at(site, rq, ret, e);
}

static bool vmca_really(void *self, const struct site *site, const struct vmca_look *how, struct vmca_answer *ret,
                        struct err *e)
{
    (void)self;
    return vmca_look(site, how, ret, e);
}

struct vcenter_table *vcenter_table_create(const struct vcenter_reach *reach)
{
    struct vcenter_table *t = xcalloc(1, sizeof(*t));
    (void)pthread_mutex_init(&t->lock, NULL);
    if (reach)
        t->reach = *reach;
    t->reach.open = t->reach.open ? t->reach.open : open_tls;
    t->reach.look = t->reach.look ? t->reach.look : look_really;
    t->reach.vmca = t->reach.vmca ? t->reach.vmca : vmca_really;
    return t;
}

const struct vcenter_reach *vcenter_table_reach(const struct site *site)
{
    return &site->vcenters->reach;
}

static void entry_free(struct vcenter_entry *x)
{
    (void)vim_session_destroy(x->session);
    (void)vim_endpoint_destroy(x->endpoint);
    free(x);
}

static void entry_unref(struct vcenter_entry *x)
{
    (void)pthread_mutex_lock(&x->table->lock);
    bool last = --x->refs == 0;
    (void)pthread_mutex_unlock(&x->table->lock);
    if (last)
        entry_free(x);
}

struct vcenter_table *vcenter_table_destroy(struct vcenter_table *t)
{
    if (!t)
        return NULL;
    for (size_t i = 0; i < t->len; i++)
        entry_unref(t->list[i]);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

/* ---- making one ---- */

bool vcenter_checks_names(struct store *s, const struct vcenter *v, bool *ret, struct err *e)
{
    struct site_settings all;
    if (!site_settings_read(s, &all, e))
        return false;
    *ret = v->names == VCENTER_NAMES_INHERIT ? all.verify_vc : v->names == VCENTER_NAMES_ON;
    return true;
}

static bool names_mode_of(struct store *s, const struct vcenter *v, enum trust_names_mode *ret, struct err *e)
{
    bool checks;
    if (!vcenter_checks_names(s, v, &checks, e))
        return false;
    *ret = checks ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF;
    return true;
}

static struct vim_peer peer_of(const struct site *site, const char *host, uint16_t port)
{
    return (struct vim_peer){
        .host = host, .port = port, .crl_mode = look_crl_mode(site), .policy = look_policy(site),
        .live = site->live, .resolver = site->resolver,
        .connect_ms = &site->connect_ms, .handshake_ms = &site->handshake_ms,
    };
}

static bool entry_create(const struct site *site, const struct vcenter *v, enum trust_names_mode mode,
                         const struct secret *password, struct vcenter_entry **ret, struct err *e)
{
    struct vcenter_table *t = site->vcenters;
    struct vim_peer p = peer_of(site, v->host, v->port);
    p.names_mode = mode;
    p.unpinned_acknowledged = v->unpinned_acknowledged;
    p.behalf = (struct trust_behalf){ TRUST_FOR_VCENTER, v->port, v->urn, v->host };
    struct vcenter_entry *x = xcalloc(1, sizeof(*x));
    x->table = t;
    (void)text_copy(x->urn, sizeof(x->urn), v->urn);
    (void)text_copy(x->host, sizeof(x->host), v->host);
    x->port = v->port;
    x->unpinned_acknowledged = v->unpinned_acknowledged;
    x->revision = v->revision;
    x->names_mode = mode;
    x->refs = 1;
    if (!t->reach.open(t->reach.self, &p, &x->endpoint, e) ||
        !vim_session_create(x->endpoint, v->username, password, &x->session, e)) {
        entry_free(x);
        return false;
    }
    *ret = x;
    return true;
}

static struct vcenter_hold hold_of(struct vcenter_entry *x)
{
    return (struct vcenter_hold){ x->session, x->endpoint, x };
}

bool vcenter_open(const struct site *site, const struct vcenter *v, const struct secret *password,
                  struct vcenter_hold *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    enum trust_names_mode mode;
    struct vcenter_entry *x;
    if (!loan_begin(site->shelf, &l, e) || !names_mode_of(l.store, v, &mode, e) ||
        !entry_create(site, v, mode, password, &x, e))
        return false;
    *ret = hold_of(x);
    return true;
}

bool vcenter_open_nsx(const struct site *site, const char *urn, const char *host, uint16_t port,
                      struct vim_endpoint **ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct vim_peer p = peer_of(site, host, port);
    struct site_settings all;
    if (!loan_begin(site->shelf, &l, e) || !site_settings_read(l.store, &all, e))
        return false;
    p.names_mode = all.verify_nsx ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF;
    p.behalf = (struct trust_behalf){ TRUST_FOR_NSX, port, urn, host };
    return site->vcenters->reach.open(site->vcenters->reach.self, &p, ret, e);
}

/* ---- lending ---- */

/* Under the lock. */
static size_t find(const struct vcenter_table *t, const char *urn)
{
    size_t i = 0;
    while (i < t->len && strcmp(t->list[i]->urn, urn) != 0)
        i++;
    return i;
}

/* Under the lock: out of the table; the caller drops the reference. */
static struct vcenter_entry *take_out(struct vcenter_table *t, size_t i)
{
    struct vcenter_entry *x = i < t->len ? t->list[i] : NULL;
    if (x)
        t->list[i] = t->list[--t->len];
    return x;
}

void vcenter_forget(const struct site *site, const char *urn)
{
    struct vcenter_table *t = site->vcenters;
    (void)pthread_mutex_lock(&t->lock);
    struct vcenter_entry *x = take_out(t, find(t, urn));
    (void)pthread_mutex_unlock(&t->lock);
    if (x)
        entry_unref(x);
}

/* The entry when it is still right, with a reference. */
static struct vcenter_entry *lend(struct vcenter_table *t, const struct vcenter *v, enum trust_names_mode mode)
{
    (void)pthread_mutex_lock(&t->lock);
    size_t i = find(t, v->urn);
    struct vcenter_entry *x = i < t->len ? t->list[i] : NULL;
    if (x && x->revision == v->revision && x->names_mode == mode)
        x->refs++;
    else
        x = NULL;
    (void)pthread_mutex_unlock(&t->lock);
    return x;
}

/* Puts x in the place of what is there; of two threads that made one at the same time the first one's stays, and x
 * becomes it. */
static bool put_in(struct vcenter_table *t, struct vcenter_entry **x, struct err *e)
{
    struct vcenter_entry *old = NULL, *mine = *x;
    (void)pthread_mutex_lock(&t->lock);
    size_t i = find(t, mine->urn);
    bool there = i < t->len, same = there && t->list[i]->revision == mine->revision && t->list[i]->names_mode == mine->names_mode;
    bool ok = there || t->len < VCENTER_SESSIONS_MAX;
    if (same) {
        old = mine;
        *x = t->list[i];
    } else if (ok) {
        old = there ? t->list[i] : NULL;
        t->list[i] = mine;
        t->len += !there;
    }
    if (ok)
        (*x)->refs++; /* the borrower's */
    (void)pthread_mutex_unlock(&t->lock);
    if (!ok)
        old = mine;
    if (old)
        entry_unref(old);
    return ok || err_set(e, ERR_LIMIT, "more than %d vCenter Servers", VCENTER_SESSIONS_MAX);
}

bool vcenter_borrow(const struct site *site, const char *urn, struct vcenter_hold *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    struct vcenter v;
    if (!loan_begin(site->shelf, &l, e) || !vcenter_get(l.store, urn, &a, &v, e))
        return false;
    if (!v.enabled)
        return err_set(e, ERR_CONFLICT, "the vCenter Server %s is disabled", v.name);
    if (v.denied == v.revision)
        return err_set(e, ERR_DENIED, "%s rejected the password of %s; it is not sent again until somebody edits or refreshes it",
                       v.name, v.username);
    enum trust_names_mode mode;
    if (!names_mode_of(l.store, &v, &mode, e))
        return false;
    struct vcenter_entry *x = lend(site->vcenters, &v, mode);
    if (!x) {
        if (!store_sealed_get(l.store, VCENTER_PASSWORD, urn, &password, e))
            return err_in(e, "the password of the vCenter Server %s", v.name);
        if (!entry_create(site, &v, mode, &password, &x, e) || !put_in(site->vcenters, &x, e))
            return false;
    }
    struct trust_verdict verdict;
    if (vim_endpoint_verdict(x->endpoint, &verdict) && verdict.ok)
        evidence_note(site->evidence, verdict.anchor, urn, EVIDENCE_API);
    *ret = hold_of(x);
    return true;
}

void vcenter_return(struct vcenter_hold *h)
{
    struct vcenter_entry *x = STEAL(h->entry);
    *h = (struct vcenter_hold){ 0 };
    if (x)
        entry_unref(x);
}

/* A reference to each, in an array that the caller frees. */
static struct vcenter_entry **hold_all(struct vcenter_table *t, size_t *ret_len)
{
    struct vcenter_entry **held = xcalloc(VCENTER_SESSIONS_MAX, sizeof(struct vcenter_entry *));
    (void)pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < t->len; i++) {
        held[i] = t->list[i];
        held[i]->refs++;
    }
    *ret_len = t->len;
    (void)pthread_mutex_unlock(&t->lock);
    return held;
}

size_t vcenter_table_review(const struct site *site)
{
    size_t closed = 0, len;
    AUTO(freep) struct vcenter_entry **held = hold_all(site->vcenters, &len);
    for (size_t i = 0; i < len; i++) {
        closed += vim_endpoint_review(held[i]->endpoint);
        entry_unref(held[i]);
    }
    watch_poke(site->watch, NULL);
    return closed;
}

static void tell_live(const struct site *site, struct vcenter_entry *x, live_sink *sink, void *sink_self)
{
    AUTO(chain_unrefp) struct chain *chain = vim_endpoint_chain(x->endpoint);
    const char *host = x->host;
    if (!chain)
        return;
    sink(sink_self, &(struct live_session){
        .kind = "vcenter", .endpoint = x->urn, .what = vim_endpoint_name(x->endpoint), .count = vim_endpoint_open(x->endpoint),
        .question = { .chain = chain_certs(chain), .chain_len = chain_len(chain), .names = &host, .names_len = 1,
                      .names_mode = x->names_mode, .unpinned_acknowledged = x->unpinned_acknowledged,
                      .behalf = { TRUST_FOR_VCENTER, x->port, x->urn, x->host }, .purpose = TRUST_PURPOSE_SERVER,
                      .crl_mode = look_crl_mode(site), .policy = look_policy(site) } });
}

void vcenter_table_live(void *self, live_sink *sink, void *sink_self)
{
    const struct site *site = self;
    size_t len;
    AUTO(freep) struct vcenter_entry **held = hold_all(site->vcenters, &len);
    for (size_t i = 0; i < len; i++) {
        tell_live(site, held[i], sink, sink_self);
        entry_unref(held[i]);
    }
}
