#include "flow/voucher.h"

#include "base/mem.h"
#include "fixture/mint.h"
#include "gate/target.h"
#include "net/chain.h"
#include "net/chain_cache.h"
#include "trust/set.h"
#include "unit/check.h"

#define VCENTER "urn:vcloud:vimserver:1"

static struct chain *chain_of(struct chain_cache *cc, const struct mint_made *leaf, const struct mint_made *root)
{
    const struct mint_made *const made[] = { leaf, root };
    STACK_OF(X509) *peer = sk_X509_new_null();
    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        const unsigned char *der = made[i]->der;
        CHECK(sk_X509_push(peer, d2i_X509(NULL, &der, (long)made[i]->len)));
    }
    struct chain *c = chain_cache_share(cc, peer);
    sk_X509_pop_free(peer, X509_free);
    return c;
}

static struct trust_set *trusting(const struct mint_made *const *anchors, size_t len, const char *scope)
{
    struct trust_row rows[2];
    CHECK(len <= ARRAY_LEN(rows));
    for (size_t i = 0; i < len; i++) {
        struct err e;
        rows[i] = (struct trust_row){ .der = anchors[i]->der, .len = anchors[i]->len, .system = true };
        CHECK_OK(trust_scope_parse(scope, &rows[i].scope, &e), &e);
    }
    return trust_set_create(&(struct trust_rows){ .anchors = rows, .anchors_len = len, .generation = 1 }, NULL);
}

static struct gate_target *host(const char *name)
{
    struct gate_target *t = gate_target_create();
    t->vcenter = xstrdup(VCENTER);
    t->endpoint = xstrdup(name);
    t->host = xstrdup(name);
    t->port = 443;
    t->names[t->names_len++] = xstrdup(name);
    return t;
}

/* Two hosts, each under a root of its own. */
struct scene {
    struct mint *mint;
    const struct mint_made *roots[2];
    struct chain_cache *cache;
    struct chain *chains[2];
    struct gate_target *targets[2];
    struct vouchers vouchers;
};

static void begin(struct scene *s)
{
    *s = (struct scene){ .mint = mint_create(), .cache = chain_cache_create(CHAIN_CACHE_MAX, CHAIN_CACHE_BYTES) };
    s->roots[0] = mint_root(s->mint, "/CN=one", 1);
    s->roots[1] = mint_root(s->mint, "/CN=two", 2);
    s->chains[0] = chain_of(s->cache, mint_leaf(s->mint, s->roots[0], "/CN=a", 3, "DNS:esx1"), s->roots[0]);
    s->chains[1] = chain_of(s->cache, mint_leaf(s->mint, s->roots[1], "/CN=b", 4, "DNS:esx2"), s->roots[1]);
    s->targets[0] = host("esx1");
    s->targets[1] = host("esx2");
    for (size_t i = 0; i < 2; i++)
        vouchers_add(&s->vouchers, s->targets[i], s->chains[i], MINT_NOW * INT64_C(1000));
}

static void end(struct scene *s)
{
    vouchers_done(&s->vouchers);
    CHECK(!s->vouchers.len && !s->vouchers.list);
    for (size_t i = 0; i < 2; i++) {
        (void)gate_target_unref(s->targets[i]);
        (void)chain_unref(s->chains[i]);
    }
    (void)chain_cache_destroy(s->cache);
    (void)mint_destroy(s->mint);
}

static bool hold(const struct scene *s, size_t from, size_t len, const char *scope, struct trust_verdict *v)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trusting(s->roots + from, len, scope);
    return vouchers_hold(&s->vouchers, set, v);
}

static void each_has_to_be_believed_S8_E7(void **state)
{
    (void)state;
    struct trust_verdict v;
    struct scene s;
    begin(&s);
    CHECK(!hold(&s, 0, 0, "any", &v) && v.rule == TRUST_UNKNOWN_ISSUER);
    CHECK(!hold(&s, 0, 1, "any", &v) && v.rule == TRUST_UNKNOWN_ISSUER && strstr(v.issuer, "two"));
    CHECK(!hold(&s, 1, 1, "any", &v) && strstr(v.issuer, "one"));
    CHECK(!hold(&s, 0, 2, "vcenter:urn:vcloud:vimserver:2/hosts", &v) && v.rule == TRUST_OUT_OF_SCOPE);
    CHECK(hold(&s, 0, 2, "vcenter:" VCENTER "/hosts", &v));
    CHECK(hold(&s, 0, 2, "any", &v));
    end(&s);
}

static void names_are_asked_for_and_time_is_the_handshakes(void **state)
{
    (void)state;
    struct trust_verdict v;
    struct scene s;
    begin(&s);
    AUTO(gate_target_unrefp) struct gate_target *other = host("esx3");
    vouchers_add(&s.vouchers, other, s.chains[0], MINT_NOW * INT64_C(1000));
    CHECK(!hold(&s, 0, 2, "any", &v) && v.rule == TRUST_NAME_MISMATCH);
    vouchers_done(&s.vouchers);
    vouchers_add(&s.vouchers, s.targets[0], s.chains[0], 1000); /* in 1970 it was none yet */
    CHECK(!hold(&s, 0, 2, "any", &v) && v.rule == TRUST_NOT_YET_VALID);
    end(&s);
}

static void one_host_with_one_chain_counts_once(void **state)
{
    (void)state;
    struct trust_verdict v;
    struct scene s;
    begin(&s);
    for (int i = 0; i < 100; i++)
        vouchers_add(&s.vouchers, s.targets[i % 2], s.chains[i % 2], MINT_NOW * INT64_C(1000) + i);
    CHECK_EQ(s.vouchers.len, 2);
    vouchers_add(&s.vouchers, s.targets[0], s.chains[1], MINT_NOW * INT64_C(1000)); /* its new certificate */
    CHECK_EQ(s.vouchers.len, 3);
    vouchers_done(&s.vouchers);
    CHECK(hold(&s, 0, 0, "any", &v)); /* nothing came over a connection */
    end(&s);
}

GROUP(flow_voucher, cmocka_unit_test(each_has_to_be_believed_S8_E7), cmocka_unit_test(names_are_asked_for_and_time_is_the_handshakes),
      cmocka_unit_test(one_host_with_one_chain_counts_once))
