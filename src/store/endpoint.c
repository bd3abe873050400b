#include "store/endpoint.h"

#include <string.h>

#include "base/arena.h"
#include "store/backend.h"
#include "store/words.h"
#include "trust/cert.h"

static bool check_chain(const struct store_endpoint *ep, struct err *e)
{
    size_t total = 0;
    if (ep->chain_len < 1 || ep->chain_len > STORE_CHAIN_MAX)
        return err_set(e, ERR_LIMIT, "a chain of %zu certificates; 1 to %d are kept", ep->chain_len, STORE_CHAIN_MAX);
    for (size_t i = 0; i < ep->chain_len; i++) {
        if (ep->chain[i].len < 1 || ep->chain[i].len > TRUST_CERT_MAX)
            return err_set(e, ERR_LIMIT, "a certificate of %zu bytes; 1 to %d are taken", ep->chain[i].len,
                           TRUST_CERT_MAX);
        total += ep->chain[i].len;
    }
    return total <= STORE_CHAIN_BYTES ||
           err_set(e, ERR_LIMIT, "a chain of %zu bytes; %d are kept", total, STORE_CHAIN_BYTES);
}

static bool check_names(const struct store_endpoint *ep, struct err *e)
{
    if (ep->names_len > STORE_ENDPOINT_NAMES)
        return err_set(e, ERR_LIMIT, "an endpoint with %zu names, more than %d", ep->names_len, STORE_ENDPOINT_NAMES);
    for (size_t i = 0; i < ep->names_len; i++)
        if (!store_take_text("an accepted name", STORE_LINE, ep->names[i], STORE_NAME_MAX, e))
            return false;
    return true;
}

static bool check(const struct store_endpoint *ep, struct err *e)
{
    if (!store_take_text("the endpoint", STORE_LINE, ep->key, STORE_ENDPOINT_MAX, e) ||
        !store_take_text("the host", STORE_LINE, ep->host, STORE_NAME_MAX, e) ||
        !store_take_text("the rule", STORE_WORD, ep->rule, STORE_WORD_MAX, e) ||
        !store_take_time("the time", ep->seen_ms, e) || !store_take_time("the time of belief", ep->verified_ms, e) ||
        !check_names(ep, e) || !check_chain(ep, e))
        return false;
    if (ep->kind != TRUST_FOR_ADDRESS && !store_take_text("the URN", STORE_LINE, ep->urn, STORE_ID_MAX, e))
        return false;
    if (ep->kind == TRUST_FOR_ADDRESS && ep->urn)
        return err_set(e, ERR_INPUT, "a mere address has no URN");
    if (!ep->port)
        return err_set(e, ERR_INPUT, "an endpoint has a port");
    return (ep->verified_ms == 0) == (ep->anchor == NULL) ||
           err_set(e, ERR_INPUT, "a time of belief goes with an anchor");
}

/* What is known of an endpoint already, as far as the new row keeps it. */
struct known {
    bool found;
    int64_t since_ms, verified_ms;
    uint8_t anchor[DIGEST_SHA256];
    /* the links that the new chain replaces */
    uint8_t chain[STORE_CHAIN_MAX][DIGEST_SHA256];
    size_t chain_len;
};

static bool know(void *self, const struct store_endpoint *old, struct err *e)
{
    struct known *k = self;
    (void)e;
    k->found = true;
    k->since_ms = old->since_ms;
    k->verified_ms = old->verified_ms;
    if (old->anchor)
        memcpy(k->anchor, old->anchor, DIGEST_SHA256);
    return true;
}

static bool know_link(void *self, const uint8_t *der, size_t len, struct err *e)
{
    struct known *k = self;
    if (k->chain_len == STORE_CHAIN_MAX)
        return err_set(e, ERR_STORE, "damaged endpoint: its chain is longer than was ever written");
    digest_sha256(der, len, k->chain[k->chain_len++]);
    return true;
}

static bool learn(struct store *s, const char *key, struct known *k, struct err *e)
{
    return s->ops->endpoints->get(s, key, know, k, e) && s->ops->endpoints->chain(s, key, know_link, k, e);
}

static bool below_cap(struct store *s, struct err *e)
{
    uint64_t count;
    if (!s->ops->endpoints->count(s, &count, e))
        return false;
    return count < STORE_ENDPOINTS_MAX ||
           err_set(e, ERR_LIMIT, "%d endpoints are kept, the most there may be", STORE_ENDPOINTS_MAX);
}

static bool sweep(struct store *s, const struct known *k, struct err *e)
{
    for (size_t i = 0; i < k->chain_len; i++)
        if (!s->ops->certs->sweep(s, k->chain[i], e))
            return false;
    return true;
}

static bool put(struct store *s, const struct store_endpoint *ep, struct err *e)
{
    struct known known = { 0 };
    uint8_t chain[STORE_CHAIN_MAX][DIGEST_SHA256];
    for (size_t i = 0; i < ep->chain_len; i++)
        digest_sha256(ep->chain[i].der, ep->chain[i].len, chain[i]);
    if (!learn(s, ep->key, &known, e) || (!known.found && !below_cap(s, e)))
        return false;
    struct store_endpoint row = *ep;
    bool same_leaf = known.chain_len && memcmp(known.chain[0], chain[0], DIGEST_SHA256) == 0;
    row.since_ms = same_leaf && known.since_ms < ep->seen_ms ? known.since_ms : ep->seen_ms;
    if (!ep->anchor && known.verified_ms) {
        row.verified_ms = known.verified_ms;
        row.anchor = known.anchor;
    }
    if (!s->ops->endpoints->put(s, &row, e))
        return false;
    if (known.chain_len == ep->chain_len && memcmp(known.chain, chain, ep->chain_len * DIGEST_SHA256) == 0)
        return true; /* most looks see what was there before */
    for (size_t i = 0; i < ep->chain_len; i++)
        if (!s->ops->certs->put(s, chain[i], ep->chain[i].der, ep->chain[i].len, e))
            return false;
    return s->ops->endpoints->put_chain(s, ep->key, (const uint8_t(*)[DIGEST_SHA256])chain, ep->chain_len, e) &&
           sweep(s, &known, e);
}

bool store_endpoint_put(struct store *s, const struct store_endpoint *ep, struct err *e)
{
    return store_writing(s, "endpoint", e) && check(ep, e) && store_ran(s, put(s, ep, e), e);
}

static bool not_found(const char *key, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "nothing is known of the endpoint %s", key);
}

static bool take_away(struct store *s, const char *key, struct err *e)
{
    struct known known = { 0 };
    if (!learn(s, key, &known, e))
        return false;
    if (!known.found)
        return not_found(key, e);
    return s->ops->endpoints->remove(s, key, e) && s->ops->evidence->forget(s, key, e) && sweep(s, &known, e);
}

bool store_endpoint_remove(struct store *s, const char *key, struct err *e)
{
    return store_writing(s, "endpoint", e) && store_take_text("the endpoint", STORE_LINE, key, STORE_ENDPOINT_MAX, e) &&
           store_ran(s, take_away(s, key, e), e);
}

/* Endpoints copied into an arena, without their chains, in the order in which they came. */
struct copies {
    struct arena *arena;
    struct copied {
        struct copied *next;
        struct store_endpoint ep;
    } *first, **end;
};

static bool copy_endpoint(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct copies *c = self;
    (void)e;
    struct copied *node = arena_alloc(c->arena, sizeof(*node));
    const char **names = arena_array(c->arena, ep->names_len, sizeof(*names));
    for (size_t i = 0; i < ep->names_len; i++)
        names[i] = arena_strdup(c->arena, ep->names[i]);
    node->ep = *ep;
    node->ep.key = arena_strdup(c->arena, ep->key);
    node->ep.urn = ep->urn ? arena_strdup(c->arena, ep->urn) : NULL;
    node->ep.host = arena_strdup(c->arena, ep->host);
    node->ep.rule = arena_strdup(c->arena, ep->rule);
    node->ep.anchor = ep->anchor ? arena_memdup(c->arena, ep->anchor, DIGEST_SHA256) : NULL;
    node->ep.names = names;
    *c->end = node;
    c->end = &node->next;
    return true;
}

struct links {
    struct arena *arena;
    struct store_chain_cert at[STORE_CHAIN_MAX];
    size_t len;
};

static bool copy_link(void *self, const uint8_t *der, size_t len, struct err *e)
{
    struct links *l = self;
    if (l->len == STORE_CHAIN_MAX)
        return err_set(e, ERR_STORE, "damaged endpoint: its chain is longer than was ever written");
    l->at[l->len++] = (struct store_chain_cert){ arena_memdup(l->arena, der, len), len };
    return true;
}

static bool add_chain(struct store *s, struct arena *a, struct store_endpoint *ep, struct err *e)
{
    struct links links = { .arena = a };
    if (!s->ops->endpoints->chain(s, ep->key, copy_link, &links, e))
        return false;
    if (!links.len)
        return err_set(e, ERR_STORE, "damaged endpoint %s: its chain is missing", ep->key);
    ep->chain = arena_memdup(a, links.at, links.len * sizeof(links.at[0]));
    ep->chain_len = links.len;
    return true;
}

static bool get(struct store *s, const char *key, struct arena *a, struct store_endpoint *ret, struct err *e)
{
    struct copies c = { .arena = a };
    c.end = &c.first;
    if (!s->ops->endpoints->get(s, key, copy_endpoint, &c, e))
        return false;
    if (!c.first)
        return not_found(key, e);
    if (!add_chain(s, a, &c.first->ep, e))
        return false;
    *ret = c.first->ep;
    return true;
}

bool store_endpoint_get(struct store *s, const char *key, struct arena *a, struct store_endpoint *ret, struct err *e)
{
    return store_reading(s, e) && store_take_text("the endpoint", STORE_LINE, key, STORE_ENDPOINT_MAX, e) &&
           store_ran(s, get(s, key, a, ret, e), e);
}

/* The rows first, then chain after chain: one query at a time, as every backend can. */
static bool list(struct store *s, const struct store_endpoint_query *q, store_endpoint_sink *sink, void *self,
                 struct err *e)
{
    AUTO(arena_done) struct arena rows = { 0 };
    struct copies c = { .arena = &rows };
    c.end = &c.first;
    if (!s->ops->endpoints->list(s, q, copy_endpoint, &c, e))
        return false;
    for (struct copied *node = c.first; node; node = node->next) {
        AUTO(arena_done) struct arena chain = { 0 };
        if (!add_chain(s, &chain, &node->ep, e))
            return false;
        s->listing = true;
        bool ok = sink(self, &node->ep, e);
        s->listing = false;
        if (!ok)
            return false;
    }
    return true;
}

bool store_endpoint_list(struct store *s, const struct store_endpoint_query *q, store_endpoint_sink *sink, void *self,
                         struct err *e)
{
    struct store_endpoint_query as = *q;
    AUTO(store_abortp) struct store *mine = NULL; /* rows and chains must be of one moment */
    if (!store_limit(q->limit, &as.limit, e) || !store_one_moment(s, &mine, e))
        return false;
    return store_ran(s, list(s, &as, sink, self, e), e);
}
