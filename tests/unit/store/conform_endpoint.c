#include "trust/cert.h"
#include "unit/store/kept.h"

#define VC "urn:vcloud:vimserver:1"

/* An ESXi host of VC that presents the certificates first, first + 1, .. */
struct sample {
    struct store_endpoint ep;
    struct store_chain_cert chain[STORE_CHAIN_MAX];
    uint8_t anchor[DIGEST_SHA256];
    const char *names[2];
};

static struct store_endpoint *sample(struct kept *k, const char *key, unsigned first, size_t chain_len, int64_t seen)
{
    struct sample *s = arena_alloc(&k->arena, sizeof(*s));
    for (size_t i = 0; i < chain_len; i++) {
        const uint8_t *der = kept_der(first + (unsigned)i, &s->chain[i].len);
        s->chain[i].der = arena_memdup(&k->arena, der, s->chain[i].len);
    }
    s->names[0] = "esx1.example";
    s->names[1] = "10.0.0.9";
    s->ep = (struct store_endpoint){ .key = key, .kind = TRUST_FOR_ESXI, .urn = VC, .host = "esx1.example", .port = 443,
                                     .names = s->names, .names_len = 2, .rule = "unknown-issuer", .seen_ms = seen,
                                     .chain = s->chain, .chain_len = chain_len };
    return &s->ep;
}

static void put(struct kept *k, const struct store_endpoint *ep)
{
    struct err e;
    CHANGE_OK(k, store_endpoint_put(k->s, ep, &e), &e);
}

static struct store_endpoint got(struct kept *k, const char *key)
{
    struct err e;
    struct store_endpoint ep;
    CHECK_OK(store_endpoint_get(k->other, key, &k->arena, &ep, &e), &e);
    return ep;
}

static void reads_back_what_was_put(void **state)
{
    struct kept *k = *state;
    put(k, sample(k, VC "/host-9", 10, 3, 5000));
    struct store_endpoint ep = got(k, VC "/host-9");
    CHECK_STR(ep.key, VC "/host-9");
    CHECK_EQ(ep.kind, TRUST_FOR_ESXI);
    CHECK_STR(ep.urn, VC);
    CHECK_STR(ep.host, "esx1.example");
    CHECK_EQ(ep.port, 443);
    CHECK_EQ(ep.names_len, 2);
    CHECK_STR(ep.names[0], "esx1.example");
    CHECK_STR(ep.names[1], "10.0.0.9");
    CHECK_STR(ep.rule, "unknown-issuer");
    CHECK_EQ(ep.seen_ms, 5000);
    CHECK_EQ(ep.since_ms, 5000);
    CHECK_EQ(ep.verified_ms, 0);
    CHECK(!ep.anchor);
    CHECK_EQ(ep.chain_len, 3);
    for (unsigned i = 0; i < 3; i++) {
        size_t len;
        const uint8_t *der = kept_der(10 + i, &len);
        CHECK(ep.chain[i].len == len && !memcmp(ep.chain[i].der, der, len));
    }
    struct store_endpoint address = *sample(k, "vc.example:443", 20, 1, 5000);
    address.kind = TRUST_FOR_ADDRESS;
    address.urn = NULL;
    address.names_len = 0;
    put(k, &address);
    ep = got(k, "vc.example:443");
    CHECK(!ep.urn && ep.names_len == 0);
    kept_is_sound(k);
}

static void remembers_since_when_and_what_was_believed(void **state)
{
    struct kept *k = *state;
    uint8_t anchor[DIGEST_SHA256];
    kept_sha256(77, anchor);
    struct store_endpoint *ep = sample(k, "urn:vc", 10, 2, 1000);
    ep->rule = "ok";
    ep->verified_ms = 1000;
    ep->anchor = anchor;
    put(k, ep);
    put(k, sample(k, "urn:vc", 10, 3, 2000)); /* the same leaf, another chain, not believed */
    struct store_endpoint now = got(k, "urn:vc");
    CHECK_EQ(now.since_ms, 1000);
    CHECK_EQ(now.seen_ms, 2000);
    CHECK_EQ(now.chain_len, 3);
    CHECK_STR(now.rule, "unknown-issuer");
    CHECK_EQ(now.verified_ms, 1000);
    CHECK(!memcmp(now.anchor, anchor, sizeof(anchor)));
    put(k, sample(k, "urn:vc", 11, 1, 3000)); /* another leaf: what was the first link's issuer */
    CHECK_EQ(got(k, "urn:vc").since_ms, 3000);
    CHECK_EQ(got(k, "urn:vc").verified_ms, 1000);
}

static void certificates_go_with_their_last_user(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    const uint8_t *der;
    size_t len;
    uint8_t leaf[DIGEST_SHA256], ca[DIGEST_SHA256];
    kept_sha256(10, leaf);
    kept_sha256(11, ca);
    put(k, sample(k, "urn:a", 10, 2, 1000));
    put(k, sample(k, "urn:b", 10, 2, 1000));
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 11, id, &e), &e);
    put(k, sample(k, "urn:a", 50, 1, 2000));
    CHECK_OK(store_cert_get(k->s, leaf, &k->arena, &der, &len, &e), &e);
    CHANGE_OK(k, store_endpoint_remove(k->s, "urn:b", &e), &e);
    CHECK_FAILS(store_cert_get(k->s, leaf, &k->arena, &der, &len, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(store_cert_get(k->s, ca, &k->arena, &der, &len, &e), &e);
    CHANGE_OK(k, store_grant_remove(k->s, id, &kept_by, &e), &e);
    CHECK_FAILS(store_cert_get(k->s, ca, &k->arena, &der, &len, &e), &e, ERR_NOT_FOUND);
    kept_is_sound(k);
}

static bool count_evidence(void *self, const struct store_evidence *row, struct err *e)
{
    (void)row;
    (void)e;
    ++*(unsigned *)self;
    return true;
}

static void a_removal_forgets_its_evidence(void **state)
{
    struct kept *k = *state;
    struct err e;
    size_t dropped;
    unsigned count = 0;
    struct store_endpoint gone;
    const struct store_evidence rows[] = {
        { .endpoint = "urn:a", .purpose = "api", .first_ms = 1, .last_ms = 1, .count = 1 },
        { .endpoint = "urn:b", .purpose = "api", .first_ms = 1, .last_ms = 1, .count = 1 },
    };
    CHANGE_OK(k, store_evidence_add(k->s, rows, 2, &dropped, &e), &e);
    put(k, sample(k, "urn:a", 10, 2, 1000));
    CHANGE_OK(k, store_endpoint_remove(k->s, "urn:a", &e), &e);
    CHANGE_FAILS(k, store_endpoint_remove(k->s, "urn:a", &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(store_endpoint_get(k->s, "urn:a", &k->arena, &gone, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(store_evidence_list(k->s, &(struct store_evidence_query){ 0 }, count_evidence, &count, &e), &e);
    CHECK_EQ(count, 1);
}

struct seen {
    char last[STORE_ENDPOINT_MAX + 1];
    unsigned rows, stop_after;
    size_t chains;
};

static bool see(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct seen *seen = self;
    CHECK(strcmp(seen->last, ep->key) < 0);
    (void)snprintf(seen->last, sizeof(seen->last), "%s", ep->key);
    seen->chains += ep->chain_len;
    return ++seen->rows != seen->stop_after || err_set(e, ERR_CANCELLED, "enough");
}

static void lists_come_in_pages(void **state)
{
    struct kept *k = *state;
    struct err e;
    char key[16];
    for (unsigned i = 0; i < 10; i++) {
        (void)snprintf(key, sizeof(key), "urn:%02u", i);
        struct store_endpoint *ep = sample(k, key, i * 3, 1 + i % 3, 1000);
        ep->urn = i % 2 ? VC : "urn:other";
        put(k, ep);
    }
    struct seen seen = { .rows = 0 };
    CHECK_OK(store_endpoint_list(k->s, &(struct store_endpoint_query){ 0 }, see, &seen, &e), &e);
    CHECK_EQ(seen.rows, 10);
    CHECK_EQ(seen.chains, 19);
    seen = (struct seen){ .rows = 0 };
    CHECK_OK(store_endpoint_list(k->s, &(struct store_endpoint_query){ .urn = VC }, see, &seen, &e), &e);
    CHECK_EQ(seen.rows, 5);
    seen = (struct seen){ .rows = 0 };
    for (unsigned before = 1; before != seen.rows;) {
        before = seen.rows;
        const struct store_endpoint_query q = { .after = seen.rows ? seen.last : NULL, .limit = 4 };
        CHECK_OK(store_endpoint_list(k->s, &q, see, &seen, &e), &e);
        CHECK(seen.rows - before <= 4);
    }
    CHECK_EQ(seen.rows, 10);
    seen = (struct seen){ .stop_after = 2 };
    CHECK_FAILS(store_endpoint_list(k->s, &(struct store_endpoint_query){ 0 }, see, &seen, &e), &e, ERR_CANCELLED);
    CHECK_EQ(seen.rows, 2);
    uint64_t generation;
    CHECK_OK(store_generation(k->s, &generation, &e), &e); /* the failed list left nothing open */
}

static void senseless_endpoints_are_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    static uint8_t big[TRUST_CERT_MAX + 1];
    const char *many[STORE_ENDPOINT_NAMES + 1], *newline[] = { "a\nb" };
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = "name";
    struct store_chain_cert chain[STORE_CHAIN_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(chain); i++)
        chain[i] = (struct store_chain_cert){ big, 100 };
    struct store_chain_cert heavy[5] = { { big, TRUST_CERT_MAX }, { big, TRUST_CERT_MAX }, { big, TRUST_CERT_MAX },
                                         { big, TRUST_CERT_MAX }, { big, 1 } };
    struct store_chain_cert wide = { big, sizeof(big) };
    const struct store_endpoint good = *sample(k, "urn:a", 10, 1, 1000);
    struct store_endpoint bad[14];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        bad[i] = good;
    bad[0].key = "";
    bad[1].host = "";
    bad[2].port = 0;
    bad[3].urn = NULL;
    bad[4].kind = TRUST_FOR_ADDRESS;
    bad[5].rule = "Not a code";
    bad[6].names = newline, bad[6].names_len = 1;
    bad[7].verified_ms = 5;
    bad[8].anchor = big;
    bad[9].names = many, bad[9].names_len = ARRAY_LEN(many); /* from here on: limits */
    bad[10].chain_len = 0;
    bad[11].chain = chain, bad[11].chain_len = ARRAY_LEN(chain);
    bad[12].chain = heavy, bad[12].chain_len = 5;
    bad[13].chain = &wide;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHANGE_FAILS(k, store_endpoint_put(k->s, &bad[i], &e), &e, i < 9 ? ERR_INPUT : ERR_LIMIT);
    struct store_endpoint most = good;
    most.names = many;
    most.names_len = STORE_ENDPOINT_NAMES;
    most.chain = chain;
    most.chain_len = STORE_CHAIN_MAX;
    put(k, &most);
    CHECK_EQ(got(k, "urn:a").chain_len, STORE_CHAIN_MAX);
    CHECK_EQ(got(k, "urn:a").names_len, STORE_ENDPOINT_NAMES);
    kept_is_sound(k);
}

CONFORM_GROUP(endpoint, CONFORM(reads_back_what_was_put, f), CONFORM(remembers_since_when_and_what_was_believed, f),
              CONFORM(certificates_go_with_their_last_user, f), CONFORM(a_removal_forgets_its_evidence, f),
              CONFORM(lists_come_in_pages, f), CONFORM(senseless_endpoints_are_refused, f))
