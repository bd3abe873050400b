#include "flow/rotation.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/believed.h"
#include "flow/change.h"
#include "flow/hosts.h"
#include "flow/inbox.h"
#include "flow/look.h"
#include "flow/publisher.h"
#include "flow/site.h"
#include "flow/subject.h"
#include "flow/vcenter_table.h"
#include "flow/vmca.h"
#include "net/chain.h"
#include "trust/cert.h"
#include "trust/set.h"

struct store_by rotation_by(void)
{
    return (struct store_by){ "the cell", "local", "watch.rotation", clock_wall_ms() };
}

bool rotation_publish(const struct site *site, struct err *e)
{
    return (!site->publisher || publisher_sync(site->publisher, e)) && vmca_refresh(site, NULL, e);
}

/* ---- the policy ---- */

/* The certificate of a key that was believed: granted for exactly what the old one was. */
static bool accept(struct store *s, const struct inbox_sighting *n, const struct store_by *by, bool *ret_granted, struct err *e)
{
    struct err why = { 0 };
    char id[STORE_ID_MAX + 1], alias[STORE_NAME_MAX], print[9];
    text_hex(trust_cert_sha256(n->now), 4, print);
    (void)snprintf(alias, sizeof(alias), "%.180s renewed %s %s", n->name, print, inbox_kind_name(n->kind));
    const struct anchor_new g = { STORE_SYSTEM, alias, &n->scope, n->now };
    if (!anchor_add_in(s, &g, by, id, &why) && why.kind != ERR_CONFLICT)
        return err_set(e, why.kind, "%s", why.msg);
    *ret_granted |= why.kind == ERR_NONE;
    return (n->kind != INBOX_VMCA || believed_put(s, n->key, n->urn, n->now, n->at_ms, e)) && inbox_accepted(s, n, by, e);
}

/* What is not believed now, beside what was. */
static bool judge(struct store *s, struct inbox_sighting *n, bool renewable, const struct store_by *by, bool *ret_granted, struct err *e)
{
    AUTO(believed_done) struct believed before = { 0 };
    bool rejected;
    if (!believed_get(s, n->key, &before, e) || !inbox_seen(s, n->key, n->now, false, n->at_ms, e) ||
        !inbox_is_rejected(s, n->key, n->now, &rejected, e))
        return false;
    n->old = before.cert;
    n->old_until_ms = before.until_ms;
    switch (believed_compare(&before, n->now)) {
    case BELIEVED_FIRST:
    case BELIEVED_SAME:
        return true;
    case BELIEVED_SAME_KEY:
        return renewable && !rejected ? accept(s, n, by, ret_granted, e) : inbox_put(s, n, by, NULL, e);
    case BELIEVED_CHANGED:
        return inbox_put(s, n, by, NULL, e);
    }
    return true;
}

/* ---- endpoints ---- */

bool rotation_endpoint(const struct site *site, struct store *s, const struct subject *x, const struct look *l,
                       const struct store_by *by, bool *ret_granted, struct err *e)
{
    struct trust_verdict would;
    *ret_granted = false;
    if (!l->seen || !l->chain || chain_len(l->chain) == 0)
        return true;
    struct inbox_sighting n = { .kind = INBOX_ENDPOINT, .key = x->urn, .urn = x->urn, .name = x->name, .now = chain_certs(l->chain)[0],
                                .at_ms = by->at_ms };
    if (l->verdict.ok)
        return inbox_seen(s, x->urn, n.now, true, by->at_ms, e);
    subject_scope(x, &n.scope);
    subject_would(site, x, l, n.now, &would);
    return judge(s, &n, would.ok, by, ret_granted, e);
}

struct keeping {
    const struct site *site;
    const struct subject *subject;
    const struct look *look;
    const struct look_seen *seen;
    const struct store_by *by;
    bool granted;
};

static bool keep(void *self, struct store *s, struct err *e)
{
    struct keeping *k = self;
    return rotation_endpoint(k->site, s, k->subject, k->look, k->by, &k->granted, e) && look_keep(s, k->seen, e);
}

bool rotation_look(const struct site *site, const struct subject *x, const struct store_by *by, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    AUTO(look_done) struct look l = { 0 };
    struct look_request rq;
    subject_request(x, &rq);
    if (!reach->look(reach->self, site, &rq, &l, e))
        return false;
    if (!l.seen || !l.chain || chain_len(l.chain) == 0)
        return err_set(e, l.err.kind ? l.err.kind : ERR_PEER, "%s", l.err.kind ? l.err.msg : "no certificate was seen");
    const struct look_seen seen = look_seen_of(x->urn, &rq, &l, by->at_ms);
    struct keeping k = { site, x, &l, &seen, by, false };
    return change_keep(site, keep, &k, e) && (!k.granted || rotation_publish(site, e));
}

/* ---- the VMCA and the hosts ---- */

struct hosts {
    const struct site *site;
    const char *urn, *name;
    const struct vmca_answer *answer;
    const struct store_by *by;
    struct arena arena;
    size_t seen; /* hosts that answered */
    bool granted;
};

static struct inbox_sighting sighting(const struct hosts *h, enum inbox_kind kind, const char *key, const char *name,
                                      const struct trust_cert *now)
{
    struct inbox_sighting n = { .kind = kind, .key = key, .urn = h->urn, .name = name, .now = now, .hosts_of = h->seen,
                                .at_ms = h->by->at_ms };
    subject_hosts_scope(h->urn, &n.scope);
    return n;
}

/* A root that came over the verified connection and is in use. */
static bool root(struct hosts *h, struct store *s, const struct trust_cert *ca, bool main, struct err *e)
{
    const char *key = believed_vmca_key(h->urn, &h->arena);
    AUTO(believed_done) struct believed before = { 0 };
    struct inbox_sighting n = sighting(h, INBOX_VMCA, key, arena_printf(&h->arena, "VMCA of %s", h->name), ca);
    n.announced = true;
    n.hosts = hosts_led_by(&h->answer->hosts, ca);
    if (main)
        return judge(s, &n, n.hosts > 0, h->by, &h->granted, e);
    /* A second one in use while the first still signs the most: a rotation under way. */
    if (!believed_get(s, key, &before, e))
        return false;
    if (believed_compare(&before, ca) < BELIEVED_SAME_KEY)
        return true;
    n.old = before.cert;
    n.old_until_ms = before.until_ms;
    return inbox_put(s, &n, h->by, NULL, e);
}

static bool granted_for_hosts(const struct hosts *h, const struct trust_cert *c)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(h->site->live);
    const struct trust_behalf b = { TRUST_FOR_ESXI, 443, h->urn, "" };
    return trust_set_grants(set, trust_cert_sha256(c), &b);
}

static bool vmca(struct hosts *h, struct store *s, struct err *e)
{
    const struct vmca_answer *a = h->answer;
    if (!a->cert)
        return true;
    if (!(a->granted ? inbox_seen(s, believed_vmca_key(h->urn, &h->arena), a->cert, true, h->by->at_ms, e)
                     : root(h, s, a->cert, true, e)))
        return false;
    for (size_t i = 0; i < a->others_len; i++)
        if (!granted_for_hosts(h, a->others[i]) && !root(h, s, a->others[i], false, e))
            return false;
    return true;
}

static bool by_a_root(const struct vmca_answer *a, const struct host_row *r)
{
    if (a->cert && hosts_leads_to(r, a->cert))
        return true;
    for (size_t i = 0; i < a->others_len; i++)
        if (hosts_leads_to(r, a->others[i]))
            return true;
    return false;
}

/* A host that was believed and is not, and no root of its vCenter explains it. When it sent the CA that signed it, that one is asked
 * about, once for all its hosts. */
static bool one_host(struct hosts *h, struct store *s, const struct host_row *r, struct err *e)
{
    AUTO(believed_done) struct believed before = { 0 };
    char print[2 * DIGEST_SHA256 + 1];
    if (!believed_get(s, r->key, &before, e))
        return false;
    if (believed_compare(&before, r->certs[0]) < BELIEVED_SAME_KEY)
        return true;
    const char *name = arena_printf(&h->arena, "host %s of %s", r->name, h->name);
    struct inbox_sighting n = sighting(h, INBOX_HOST, r->key, name, r->certs[0]);
    n.hosts = 1;
    bool same_key = believed_compare(&before, r->certs[0]) == BELIEVED_SAME_KEY;
    bool has_ca = r->certs_len > 1 && trust_cert_is_ca(r->certs[1]) && trust_cert_issued_by(r->certs[0], r->certs[1]);
    if (same_key || !has_ca)
        return judge(s, &n, r->class != HOST_EXPIRED && r->class != HOST_MISNAMED, h->by, &h->granted, e);
    text_hex(trust_cert_sha256(r->certs[1]), DIGEST_SHA256, print);
    n.key = arena_printf(&h->arena, "%s/hosts/%s", h->urn, print);
    n.name = arena_printf(&h->arena, "CA of hosts of %s", h->name);
    n.now = r->certs[1];
    n.hosts = hosts_led_by(&h->answer->hosts, n.now);
    n.old = before.cert;
    n.old_until_ms = before.until_ms;
    return inbox_put(s, &n, h->by, NULL, e);
}

/* Items about hosts whose reason may be gone. */
static bool settle(struct hosts *h, struct store *s, struct err *e)
{
    const struct hosts_report *r = &h->answer->hosts;
    struct inbox_item *items;
    size_t len;
    if (!inbox_of(s, h->urn, &h->arena, &items, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (items[i].kind != INBOX_HOST || !items[i].present)
            continue;
        const struct host_row *row = NULL;
        for (size_t k = 0; k < r->len && !row; k++)
            if (r->rows[k].seen && (strcmp(r->rows[k].key, items[i].key) == 0 ||
                                    (r->rows[k].certs_len > 1 &&
                                     memcmp(trust_cert_sha256(r->rows[k].certs[1]), items[i].sha256, DIGEST_SHA256) == 0)))
                row = &r->rows[k];
        bool leaf = row && strcmp(row->key, items[i].key) == 0;
        if (!inbox_seen(s, items[i].key, row ? row->certs[leaf ? 0 : 1] : NULL, row && row->verdict.ok, h->by->at_ms, e))
            return false;
    }
    return true;
}

static bool all(void *self, struct store *s, struct err *e)
{
    struct hosts *h = self;
    const struct hosts_report *r = &h->answer->hosts;
    if (!vmca(h, s, e) || !settle(h, s, e))
        return false;
    for (size_t i = 0; i < r->len; i++) {
        const struct host_row *row = &r->rows[i];
        if (row->seen && row->certs_len && !row->verdict.ok && !by_a_root(h->answer, row) && !one_host(h, s, row, e))
            return false;
    }
    return true;
}

bool rotation_hosts(const struct site *site, const char *urn, const char *name, const struct vmca_answer *a, const struct store_by *by,
                    struct err *e)
{
    const struct store_by own = rotation_by();
    struct hosts h = { .site = site, .urn = urn, .name = name, .answer = a, .by = by ? by : &own };
    for (size_t i = 0; i < a->hosts.len; i++)
        h.seen += a->hosts.rows[i].seen;
    bool ok = change_keep(site, all, &h, e) && (!h.granted || rotation_publish(site, e));
    arena_done(&h.arena);
    return ok;
}
