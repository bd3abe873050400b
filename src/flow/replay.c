#include "flow/replay.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/look.h"
#include "flow/site.h"
#include "flow/subject.h"
#include "store/endpoint.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "wire/json.h"

#define LATELY_MS (REPLAY_DAYS * INT64_C(86400000))

/* A host that did not answer at its vCenter's last look. */
struct unseen {
    const char *key, *name, *why;
    bool placed;
};

/* Somebody registered, with what decides about his endpoint and his hosts. */
struct owner {
    const char *urn, *name, *host;
    uint16_t port;
    enum trust_behalf_kind kind;
    enum trust_names_mode names;
    bool unpinned, placed;
    const char *lost;      /* why nobody is connected to it, since .. */
    int64_t lost_ms;
    int64_t listed_ms;     /* when its hosts were listed last; hosts only if it has any */
    bool lists_hosts;
    struct unseen *unseen;
    size_t unseen_len;
};

/* host:<name>:<port> of a grant. */
struct address_wanted {
    const char *key, *host;
    uint16_t port;
    bool placed;
};

struct loading {
    const struct site *site;
    const struct replay_ask *ask;
    struct replay *r;
    size_t cap;
    struct owner *owners;
    size_t owners_len, last; /* last: the owner of the row before */
    struct address_wanted *addresses;
    size_t addresses_len;
    const char *after;
    size_t rows;
};

void replay_done(struct replay *r)
{
    for (size_t i = 0; i < r->certs_cap; i++)
        (void)trust_cert_unref(r->certs[i]);
    free(r->certs);
    (void)trust_set_unref(r->set);
    arena_done(&r->arena);
    *r = (struct replay){ 0 };
}

const char *replay_kind_name(enum trust_behalf_kind k)
{
    static const char *const names[] = { "address", "vcenter", "host", "nsx" };
    return names[k];
}

const char *replay_stands_still(enum trust_behalf_kind k)
{
    static const char *const texts[] = {
        [TRUST_FOR_ADDRESS] = "connections to this address",
        [TRUST_FOR_VCENTER] = "everything that the vCenter Server is asked for",
        [TRUST_FOR_ESXI] = "console proxy, power-on with guest customization, OVF import and export, media upload and download",
        [TRUST_FOR_NSX] = "everything that the NSX Manager is asked for",
    };
    return texts[k];
}

const char *replay_address_key(const char *host, uint16_t port, struct arena *a)
{
    return arena_printf(a, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

/* ---- certificates, each once ---- */

static size_t slot_of(const struct replay *r, const uint8_t sha256[DIGEST_SHA256])
{
    size_t at;
    memcpy(&at, sha256, sizeof(at));
    at &= r->certs_cap - 1;
    while (r->certs[at] && memcmp(trust_cert_sha256(r->certs[at]), sha256, DIGEST_SHA256) != 0)
        at = (at + 1) & (r->certs_cap - 1);
    return at;
}

static void grow(struct replay *r)
{
    struct trust_cert **old = r->certs;
    size_t old_cap = r->certs_cap;
    r->certs_cap = old_cap ? 2 * old_cap : 256;
    r->certs = xcalloc(r->certs_cap, sizeof(struct trust_cert *));
    for (size_t i = 0; i < old_cap; i++)
        if (old[i])
            r->certs[slot_of(r, trust_cert_sha256(old[i]))] = old[i];
    free(old);
}

/* Borrowed. */
static bool cert_of(struct replay *r, const struct store_chain_cert *c, const struct trust_cert **ret, struct err *e)
{
    uint8_t sha256[DIGEST_SHA256];
    if (2 * r->certs_len >= r->certs_cap)
        grow(r);
    digest_sha256(c->der, c->len, sha256);
    size_t at = slot_of(r, sha256);
    if (!r->certs[at]) {
        if (!trust_cert_parse(c->der, c->len, &r->certs[at], e))
            return false;
        r->certs_len++;
    }
    *ret = r->certs[at];
    return true;
}

/* ---- who is registered ---- */

static void read_unseen(struct owner *o, const char *record, struct arena *a)
{
    json_t *root = NULL, *one;
    struct err none;
    size_t i;
    if (!record || !*record || !wire_json_read(record, strlen(record), NULL, &root, &none))
        return;
    const json_t *list = json_object_get(root, "unseen");
    o->listed_ms = (int64_t)json_integer_value(json_object_get(root, "at"));
    o->unseen = arena_array(a, json_array_size(list) + 1, sizeof(*o->unseen));
    json_array_foreach(list, i, one) {
        const char *key = json_string_value(json_object_get(one, "key")), *name = json_string_value(json_object_get(one, "name"));
        const char *why = json_string_value(json_object_get(one, "why"));
        if (key && name && why)
            o->unseen[o->unseen_len++] = (struct unseen){ arena_strdup(a, key), arena_strdup(a, name), arena_strdup(a, why), false };
    }
    json_decref(root);
}

static struct owner owner_from(const struct subject *x, struct arena *a)
{
    const struct vcenter *v = &x->vcenter;
    struct owner o = { .urn = x->urn, .name = x->name, .host = x->host, .port = x->port,
                       .kind = x->kind == SUBJECT_VCENTER ? TRUST_FOR_VCENTER : TRUST_FOR_NSX,
                       .names = x->checks_names ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF, .unpinned = x->unpinned_acknowledged };
    if (x->kind != SUBJECT_VCENTER)
        return o;
    if (!v->connected && v->listener == VCENTER_DISCONNECTED && v->why && *v->why) {
        o.lost = v->why;
        o.lost_ms = v->since_ms;
    }
    o.lists_hosts = true;
    read_unseen(&o, v->trust, a);
    return o;
}

static bool read_owners(struct loading *g, struct store *s, struct err *e)
{
    struct arena *a = &g->r->arena;
    struct subject *subjects;
    size_t len;
    if (!subject_list(s, a, &subjects, &len, e))
        return false;
    g->owners = arena_array(a, len + 1, sizeof(*g->owners));
    for (; g->owners_len < len; g->owners_len++)
        g->owners[g->owners_len] = owner_from(&subjects[g->owners_len], a);
    return true;
}

static bool is_registered(const struct loading *g, const char *host, uint16_t port)
{
    for (size_t i = 0; i < g->owners_len; i++)
        if (g->owners[i].port == port && text_caseeq(g->owners[i].host, host))
            return true;
    return false;
}

/* A grant that names an address makes it an endpoint, until somebody registered has that name. */
static bool read_addresses(struct loading *g, struct store *s, struct err *e)
{
    struct arena *a = &g->r->arena;
    struct store_grant *grants;
    size_t len;
    if (!anchor_list(s, STORE_SYSTEM, NULL, a, &grants, &len, e))
        return false;
    g->addresses = arena_array(a, len + 1, sizeof(*g->addresses));
    for (size_t i = 0; i < len; i++) {
        const struct trust_scope *scope = &grants[i].scope;
        bool there = scope->kind != TRUST_SCOPE_HOST || is_registered(g, scope->name, scope->port);
        for (size_t k = 0; k < g->addresses_len && !there; k++)
            there = g->addresses[k].port == scope->port && strcmp(g->addresses[k].host, scope->name) == 0;
        if (!there)
            g->addresses[g->addresses_len++] = (struct address_wanted){ replay_address_key(scope->name, scope->port, a), scope->name,
                                                                        scope->port, false };
    }
    return true;
}

static struct owner *owner_of(struct loading *g, const char *urn)
{
    if (g->last < g->owners_len && strcmp(g->owners[g->last].urn, urn) == 0)
        return &g->owners[g->last];
    for (g->last = 0; g->last < g->owners_len; g->last++)
        if (strcmp(g->owners[g->last].urn, urn) == 0)
            return &g->owners[g->last];
    return NULL;
}

/* ---- cases ---- */

static void add(struct loading *g, const struct replay_endpoint *ep, const struct trust_question *q)
{
    struct replay *r = g->r;
    if (r->len == g->cap) {
        g->cap = g->cap ? 2 * g->cap : 256;
        struct replay_endpoint *endpoints = arena_array(&r->arena, g->cap, sizeof(*endpoints));
        struct trust_replay_case *cases = arena_array(&r->arena, g->cap, sizeof(*cases));
        if (r->len) {
            memcpy(endpoints, r->endpoints, r->len * sizeof(*endpoints));
            memcpy(cases, r->cases, r->len * sizeof(*cases));
        }
        r->endpoints = endpoints;
        r->cases = cases;
    }
    r->endpoints[r->len] = *ep;
    r->cases[r->len] = (struct trust_replay_case){ .q = *q, .known = !ep->unknown, .looked = !ep->unknown && g->ask->looked_since_ms > 0 };
    r->len++;
}

static struct trust_question question_of(const struct loading *g, const struct replay_endpoint *ep, const struct owner *o)
{
    return (struct trust_question){
        .names_mode = o ? o->names : TRUST_NAMES_CHECK,
        .unpinned_acknowledged = o && ep->kind == TRUST_FOR_VCENTER && o->unpinned,
        .behalf = { ep->kind, ep->port, ep->urn, ep->host },
        .purpose = TRUST_PURPOSE_SERVER, .crl_mode = look_crl_mode(g->site), .policy = look_policy(g->site),
        .now = g->r->now_ms / 1000, .proofs = g->site->proofs,
    };
}

static const char *why_unknown(struct loading *g, const struct replay_endpoint *ep, struct owner *o)
{
    char when[TEXT_TIME];
    for (size_t i = 0; o && ep->kind == TRUST_FOR_ESXI && i < o->unseen_len; i++)
        if (!o->unseen[i].placed && strcmp(o->unseen[i].key, ep->key) == 0) {
            o->unseen[i].placed = true;
            if (o->listed_ms >= ep->seen_ms)
                return o->unseen[i].why;
        }
    if (o && ep->kind == TRUST_FOR_VCENTER && o->lost && o->lost_ms > ep->seen_ms)
        return o->lost;
    text_time(ep->seen_ms / 1000, when);
    if (g->ask->looked_since_ms && ep->seen_ms < g->ask->looked_since_ms)
        return arena_printf(&g->r->arena, "it did not answer; it was seen last %s", when);
    if (g->r->now_ms - ep->seen_ms > LATELY_MS)
        return arena_printf(&g->r->arena, "it was not seen for more than %d days; last %s", REPLAY_DAYS, when);
    return NULL;
}

/* Is this row of somebody who is there? Its owner, or the address that a grant names. */
static bool place(struct loading *g, const struct store_endpoint *row, struct owner **ret_owner)
{
    *ret_owner = row->urn ? owner_of(g, row->urn) : NULL;
    if (*ret_owner && row->kind != TRUST_FOR_ESXI)
        (*ret_owner)->placed = true;
    if (row->urn)
        return *ret_owner;
    for (size_t i = 0; i < g->addresses_len; i++)
        if (strcmp(g->addresses[i].key, row->key) == 0)
            return g->addresses[i].placed = true;
    return false;
}

static bool on_row(void *self, const struct store_endpoint *row, struct err *e)
{
    struct loading *g = self;
    struct arena *a = &g->r->arena;
    struct owner *o;
    g->rows++;
    g->after = arena_strdup(a, row->key);
    if (!place(g, row, &o)) {
        if (!row->urn && g->r->strays_len < REPLAY_STRAYS)
            g->r->strays[g->r->strays_len++] = g->after;
        return true;
    }
    const char **names = arena_array(a, row->names_len + 1, sizeof(*names));
    const struct trust_cert **chain = arena_array(a, row->chain_len + 1, sizeof(*chain));
    for (size_t i = 0; i < row->names_len; i++)
        names[i] = arena_strdup(a, row->names[i]);
    for (size_t i = 0; i < row->chain_len; i++)
        if (!cert_of(g->r, &row->chain[i], &chain[i], e))
            return err_in(e, "what %s presented", row->key);
    struct replay_endpoint ep = { .key = g->after, .kind = row->kind, .urn = o ? o->urn : NULL, .of = o ? o->name : NULL,
                                  .host = arena_strdup(a, row->host), .port = row->port, .seen_ms = row->seen_ms };
    ep.name = !o ? ep.key : row->kind != TRUST_FOR_ESXI ? o->name : row->names_len ? names[0] : ep.host;
    ep.unknown = why_unknown(g, &ep, o);
    struct trust_question q = question_of(g, &ep, o);
    q.chain = chain;
    q.chain_len = row->chain_len;
    q.names = names;
    q.names_len = row->names_len;
    add(g, &ep, &q);
    return true;
}

/* ---- whom no row speaks of ---- */

static void add_unknown(struct loading *g, struct replay_endpoint ep, const struct owner *o)
{
    const struct trust_question q = question_of(g, &ep, o);
    add(g, &ep, &q);
}

static void add_unseen_hosts(struct loading *g, const struct owner *o)
{
    struct replay_endpoint ep = { .kind = TRUST_FOR_ESXI, .urn = o->urn, .of = o->name, .port = 443 };
    for (size_t i = 0; i < o->unseen_len; i++) {
        if (o->unseen[i].placed)
            continue;
        ep.key = o->unseen[i].key;
        ep.name = ep.host = o->unseen[i].name;
        ep.unknown = o->unseen[i].why;
        add_unknown(g, ep, o);
    }
    if (!o->lists_hosts || (o->listed_ms > 0 && o->listed_ms >= g->ask->looked_since_ms))
        return;
    ep.key = arena_printf(&g->r->arena, "%s/", o->urn);
    ep.host = "";
    ep.name = arena_printf(&g->r->arena, "the hosts of %s", o->name);
    ep.unknown = "the vCenter Server could not be asked which hosts it has";
    add_unknown(g, ep, o);
}

static void add_silent(struct loading *g)
{
    static const char never[] = "it was never seen";
    for (size_t i = 0; i < g->owners_len; i++) {
        const struct owner *o = &g->owners[i];
        if (!o->placed)
            add_unknown(g, (struct replay_endpoint){ .key = o->urn, .kind = o->kind, .name = o->name, .urn = o->urn, .of = o->name,
                                                     .host = o->host, .port = o->port, .unknown = never }, o);
        add_unseen_hosts(g, o);
    }
    for (size_t i = 0; i < g->addresses_len; i++) {
        const struct address_wanted *w = &g->addresses[i];
        if (!w->placed)
            add_unknown(g, (struct replay_endpoint){ .key = w->key, .kind = TRUST_FOR_ADDRESS, .name = w->key, .host = w->host,
                                                     .port = w->port, .unknown = never }, NULL);
    }
}

static bool load(struct loading *g, struct store *s, struct err *e)
{
    struct store_endpoint_query q = { 0 };
    g->r->strays = arena_array(&g->r->arena, REPLAY_STRAYS, sizeof(*g->r->strays));
    if (!read_owners(g, s, e) || !read_addresses(g, s, e))
        return false;
    do {
        g->rows = 0;
        q.after = g->after;
        if (!store_endpoint_list(s, &q, on_row, g, e))
            return false;
    } while (g->rows == STORE_PAGE_MAX);
    add_silent(g);
    return true;
}

bool replay_load_in(const struct site *site, struct store *s, const struct replay_ask *ask, struct replay *ret, struct err *e)
{
    struct loading g = { .site = site, .ask = ask, .r = ret };
    ret->now_ms = ask->now_ms ? ask->now_ms : clock_wall_ms();
    ret->set = trust_live_get(site->live);
    if (load(&g, s, e))
        return true;
    replay_done(ret);
    return false;
}

struct reading {
    const struct site *site;
    const struct replay_ask *ask;
    struct replay *ret;
};

static bool read_all(void *self, struct store *s, struct err *e)
{
    const struct reading *g = self;
    return replay_load_in(g->site, s, g->ask, g->ret, e);
}

bool replay_load(const struct site *site, const struct replay_ask *ask, struct replay *ret, struct err *e)
{
    return change_read(site, read_all, &(struct reading){ site, ask, ret }, e);
}

const struct trust_cert *replay_cert(const struct replay *r, const uint8_t sha256[DIGEST_SHA256])
{
    const struct trust_cert *anchor = trust_set_find(r->set, sha256);
    return anchor || !r->certs_cap ? anchor : r->certs[slot_of(r, sha256)];
}
