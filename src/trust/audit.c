#include "trust/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "trust/set_fields.h"

const char *trust_audit_state_name(enum trust_audit_state s)
{
    static const char *const names[] = { "needed", "spare", "unproven", "unneeded" };
    return names[s];
}

/* One audit while it is made. */
struct auditing {
    const struct trust_set *set;
    const struct trust_replay_case *cases;
    size_t len;
    int64_t now;
    struct trust_audit *ret;
    uint32_t *index;                /* of a grant of the set: its place in ret->grants .. */
    uint32_t *grant;                /* .. and back */
    bool *without;                  /* as struct trust_set has it; all false between two questions */
    struct trust_audit_link *links; /* grows */
    size_t links_len, links_cap;
};

/* ---- who carries what ---- */

/* A tighter grant is the one that was meant for the endpoint. */
static int width(const struct trust_scope *s)
{
    switch (s->kind) {
    case TRUST_SCOPE_ANY: return 2;
    case TRUST_SCOPE_VCENTER: return 1;
    case TRUST_SCOPE_HOST:
    case TRUST_SCOPE_VCENTER_ENDPOINT:
    case TRUST_SCOPE_VCENTER_HOSTS:
    case TRUST_SCOPE_NSX: return 0;
    }
    return 2;
}

/* The tightest grant of the anchor that counts for the question. */
static uint32_t carrier(const struct trust_set *s, const uint8_t *sha256, const struct trust_question *q)
{
    const struct anchor *a = set_anchor(s, sha256);
    uint32_t best = TRUST_AUDIT_NONE;
    for (uint32_t i = a->grants_from; i < a->grants_from + a->grants_len; i++)
        if (set_grant_serves(s, i, q) && (best == TRUST_AUDIT_NONE || width(&s->grants[i].scope) < width(&s->grants[best].scope)))
            best = i;
    return best;
}

static void add_link(struct auditing *g, const struct trust_audit_link *l)
{
    GROW(g->links, g->links_len, g->links_cap);
    g->links[g->links_len++] = *l;
}

/* Sets one carrier after the other aside. */
static void peel(struct auditing *g, size_t at)
{
    const struct trust_replay_case *c = &g->cases[at];
    struct trust_set view = *g->set;
    size_t from = g->links_len;
    struct trust_replay_result r = g->ret->results[at];
    view.without = g->without;
    while (r.has_chain && r.rule == TRUST_OK && g->links_len - from < TRUST_AUDIT_COVERS) {
        uint32_t grant = carrier(&view, r.anchor, &c->q), mine = g->index[grant];
        if (mine == TRUST_AUDIT_NONE) /* a public CA: no grant of ours, and nothing below it is needed */
            break;
        if (g->links_len > from)
            g->links[g->links_len - 1].cover = mine;
        add_link(g, &(struct trust_audit_link){ mine, (uint32_t)at, TRUST_AUDIT_NONE, g->links_len == from, c->known });
        g->without[grant] = true;
        trust_replay(&view, c, 1, &r);
    }
    for (size_t i = from; i < g->links_len; i++)
        g->without[g->grant[g->links[i].grant]] = false;
}

static int by_grant(const void *left, const void *right)
{
    const struct trust_audit_link *a = left, *b = right;
    if (a->grant != b->grant)
        return a->grant > b->grant ? 1 : -1;
    return (a->at > b->at) - (a->at < b->at);
}

/* ---- what follows for each grant ---- */

static void list_grants(struct auditing *g, struct arena *a)
{
    const struct trust_set *s = g->set;
    struct trust_audit *ret = g->ret;
    ret->grants = arena_array(a, s->grants_len + 1, sizeof(*ret->grants));
    for (size_t i = 0; i < s->anchors_len; i++)
        for (uint32_t k = 0; k < s->anchors[i].grants_len; k++) {
            uint32_t at = s->anchors[i].grants_from + k;
            bool ours = s->grants[at].system && !s->grants[at].public_ca;
            g->index[at] = ours ? (uint32_t)ret->grants_len : TRUST_AUDIT_NONE;
            if (!ours)
                continue;
            g->grant[ret->grants_len] = at;
            ret->grants[ret->grants_len++] = (struct trust_audit_grant){ .cert = s->anchors[i].cert, .scope = &s->grants[at].scope,
                                                                         .related = TRUST_AUDIT_NONE };
        }
}

/* What the audit knows of a grant beside what it says. */
struct standing {
    bool linked; /* it carries, or would carry, an endpoint that is known */
    bool broken; /* an endpoint that is known leads to it and fails for another reason */
};

static void count_links(struct auditing *g, struct standing *of)
{
    for (size_t i = 0; i < g->links_len; i++) {
        const struct trust_audit_link *l = &g->links[i];
        struct trust_audit_grant *t = &g->ret->grants[l->grant];
        if (!l->known)
            continue;
        of[l->grant].linked = true;
        t->carries += l->first;
        t->needs += l->first && l->cover == TRUST_AUDIT_NONE;
    }
}

static void mark_broken(struct auditing *g, const struct trust_replay_case *c, const struct anchor *a, struct standing *of)
{
    for (uint32_t i = a->grants_from; i < a->grants_from + a->grants_len; i++)
        if (g->index[i] != TRUST_AUDIT_NONE && set_grant_serves(g->set, i, &c->q))
            of[g->index[i]].broken = true;
}

/* An expired or misnamed endpoint comes back with another certificate of the same CA. */
static void find_broken(struct auditing *g, struct standing *of)
{
    for (size_t i = 0; i < g->len; i++) {
        const struct trust_replay_case *c = &g->cases[i];
        const struct trust_replay_result *r = &g->ret->results[i];
        if (!c->known || !r->has_chain || r->rule == TRUST_OK)
            continue;
        for (size_t k = 0; k < c->q.chain_len && k < TRUST_PATH_MAX; k++) {
            const struct trust_cert *cert = c->q.chain[k];
            struct anchor_range range = set_range(g->set, &cert->issuer, cert->authority);
            const struct anchor *a = set_anchor(g->set, cert->sha256);
            if (a)
                mark_broken(g, c, a, of);
            while ((a = set_next(&range)))
                if (trust_cert_issued_by(cert, a->cert))
                    mark_broken(g, c, a, of);
        }
    }
}

/* What the grant vouches for. */
struct scope_view {
    size_t seen, unknown, not_looked;
};

/* Scopes of one kind and name see the same: an estate has few of them, and thousands of grants. */
struct scope_seen {
    const struct trust_scope *scope;
    struct scope_view view;
};

static struct scope_view look_through(const struct auditing *g, const struct trust_scope *scope)
{
    struct scope_view v = { 0 };
    for (size_t i = 0; i < g->len; i++) {
        const struct trust_replay_case *c = &g->cases[i];
        if (c->q.org || !trust_scope_serves(scope, &c->q.behalf))
            continue;
        v.seen += c->q.chain_len > 0;
        v.unknown += !c->known || c->q.chain_len == 0;
        v.not_looked += !c->looked;
    }
    return v;
}

static struct scope_view view_of(const struct auditing *g, const struct trust_scope *scope, struct scope_seen *seen, size_t *len)
{
    for (size_t i = *len; i-- > 0;)
        if (trust_scope_same(seen[i].scope, scope))
            return seen[i].view;
    seen[*len] = (struct scope_seen){ scope, look_through(g, scope) };
    return seen[(*len)++].view;
}

/* A carrier that has the same name, an older key, and endpoints that this grant vouches for as well. */
static uint32_t succeeds(const struct auditing *g, const struct trust_audit_grant *t)
{
    for (size_t i = 0; i < g->links_len && t->cert->is_ca; i++) {
        const struct trust_audit_link *l = &g->links[i];
        const struct trust_cert *other = g->ret->grants[l->grant].cert;
        if (dn_same(&other->subject, &t->cert->subject) && other->not_before < t->cert->not_before &&
            memcmp(other->key_sha256, t->cert->key_sha256, DIGEST_SHA256) != 0 &&
            trust_scope_serves(t->scope, &g->cases[l->at].q.behalf))
            return l->grant;
    }
    return TRUST_AUDIT_NONE;
}

static enum trust_audit_reason reason_of(const struct auditing *g, struct trust_audit_grant *t, const struct standing *of,
                                         const struct scope_view *v)
{
    if (t->needs)
        return TRUST_AUDIT_CARRIES;
    if (t->cert->not_after < g->now)
        return TRUST_AUDIT_EXPIRED;
    if (v->unknown)
        return TRUST_AUDIT_UNSEEN;
    if (of->linked)
        return TRUST_AUDIT_COVERED;
    if (!v->seen)
        return TRUST_AUDIT_NOBODY;
    if (of->broken)
        return TRUST_AUDIT_BROKEN;
    t->related = succeeds(g, t);
    if (t->related != TRUST_AUDIT_NONE)
        return TRUST_AUDIT_SUCCESSOR;
    return v->not_looked ? TRUST_AUDIT_NOT_LOOKED : TRUST_AUDIT_UNUSED;
}

static enum trust_audit_state state_of(enum trust_audit_reason r)
{
    switch (r) {
    case TRUST_AUDIT_CARRIES: return TRUST_AUDIT_NEEDED;
    case TRUST_AUDIT_COVERED: return TRUST_AUDIT_SPARE;
    case TRUST_AUDIT_UNSEEN:
    case TRUST_AUDIT_BROKEN:
    case TRUST_AUDIT_NOT_LOOKED:
    case TRUST_AUDIT_NOBODY:
    case TRUST_AUDIT_SUCCESSOR: return TRUST_AUDIT_UNPROVEN;
    case TRUST_AUDIT_UNUSED:
    case TRUST_AUDIT_EXPIRED: return TRUST_AUDIT_UNNEEDED;
    }
    return TRUST_AUDIT_UNPROVEN;
}

static void classify(struct auditing *g)
{
    struct trust_audit *ret = g->ret;
    AUTO(freep) struct standing *of = xcalloc(ret->grants_len, sizeof(*of));
    AUTO(freep) struct scope_seen *seen = xcalloc(ret->grants_len, sizeof(*seen));
    size_t seen_len = 0;
    count_links(g, of);
    find_broken(g, of);
    for (size_t i = 0; i < ret->grants_len; i++) {
        struct trust_audit_grant *t = &ret->grants[i];
        const struct scope_view v = view_of(g, t->scope, seen, &seen_len);
        t->unknown = (uint32_t)v.unknown;
        t->reason = reason_of(g, t, &of[i], &v);
        t->state = state_of(t->reason);
        ret->unneeded += t->state == TRUST_AUDIT_UNNEEDED;
    }
}

/* ---- all of it at once ---- */

/* Each unneeded grant may go; may all? Whoever is believed now must be believed then. */
static bool may_go_together(const struct auditing *g)
{
    const struct trust_audit *ret = g->ret;
    struct trust_set less = *g->set;
    bool ok = true;
    less.without = g->without;
    for (size_t i = 0; i < ret->grants_len; i++)
        g->without[g->grant[i]] = ret->grants[i].state == TRUST_AUDIT_UNNEEDED;
    for (size_t i = 0; i < g->len && ok; i++) {
        struct trust_replay_result r;
        if (!ret->results[i].has_chain || ret->results[i].rule != TRUST_OK)
            continue;
        trust_replay(&less, &g->cases[i], 1, &r);
        ok = r.rule == TRUST_OK;
    }
    return ok;
}

static void keep_all(struct trust_audit *ret)
{
    for (size_t i = 0; i < ret->grants_len; i++)
        if (ret->grants[i].state == TRUST_AUDIT_UNNEEDED) {
            ret->grants[i].state = TRUST_AUDIT_UNPROVEN;
            ret->grants[i].reason = TRUST_AUDIT_UNSEEN;
        }
    ret->unneeded = 0;
}

void trust_audit(const struct trust_set *set, const struct trust_replay_case *cases, size_t len, int64_t now, struct arena *a,
                 struct trust_audit *ret)
{
    AUTO(freep) uint32_t *index = xcalloc(set->grants_len, sizeof(*index));
    AUTO(freep) uint32_t *grant = xcalloc(set->grants_len, sizeof(*grant));
    AUTO(freep) bool *without = xcalloc(set->grants_len, sizeof(*without));
    struct auditing g = { .set = set, .cases = cases, .len = len, .now = now, .ret = ret, .index = index, .grant = grant,
                          .without = without };
    *ret = (struct trust_audit){ .results = arena_array(a, len + 1, sizeof(*ret->results)) };
    list_grants(&g, a);
    trust_replay(set, cases, len, ret->results);
    for (size_t i = 0; i < len; i++)
        peel(&g, i);
    classify(&g);
    if (ret->unneeded && !may_go_together(&g))
        keep_all(ret);
    if (g.links_len)
        qsort(g.links, g.links_len, sizeof(*g.links), by_grant);
    ret->links = arena_array(a, g.links_len + 1, sizeof(*ret->links));
    if (g.links_len)
        memcpy(ret->links, g.links, g.links_len * sizeof(*ret->links));
    ret->links_len = g.links_len;
    free(g.links);
}
