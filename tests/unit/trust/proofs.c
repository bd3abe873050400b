/* Signatures that are remembered: they spare work and change no verdict. */
#include "trust/proofs.h"

#include "trust/cert.h"
#include "unit/trust/ask.h"

static void only_what_was_added_is_known(void **state)
{
    (void)state;
    AUTO(trust_proofs_destroyp) struct trust_proofs *p = trust_proofs_create();
    uint8_t a[DIGEST_SHA256] = { 1 }, b[DIGEST_SHA256] = { 2 };
    CHECK(!trust_proofs_has(p, a, b));
    trust_proofs_add(p, a, b);
    trust_proofs_add(p, a, b);
    CHECK(trust_proofs_has(p, a, b));
    CHECK(!trust_proofs_has(p, b, a));
    CHECK(!trust_proofs_has(p, a, a));
    CHECK(!trust_proofs_has(NULL, a, b));
    trust_proofs_add(NULL, a, b);
    /* One place of the table is written over by what comes later, and holds nothing then that was never added. */
    for (uint8_t i = 10; i < 30; i++) {
        memset(b, i, sizeof(b));
        trust_proofs_add(p, a, b);
        CHECK(trust_proofs_has(p, a, b));
    }
    memset(b, 10, sizeof(b));
    CHECK(!trust_proofs_has(p, a, b));
}

static void no_verdict_changes(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    AUTO(trust_proofs_destroyp) struct trust_proofs *p = trust_proofs_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *twin = mint_root(m, "/CN=root", 2);
    const struct mint_made *ca = mint_ca(m, root, "/CN=ca", 3, -1);
    const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 4, "DNS:vc1.example");
    const struct mint_ext *const *exts = MINT_EXTS(mint_san(m, false, "DNS:vc1.example"), MINT_SKI, MINT_AKI);
    const struct mint_made *bad = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 4, .by = ca, .exts = exts,
                                                                    .spoil = MINT_BAD_SIGNATURE });
    const struct mint_made *old = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 4, .by = ca, .exts = exts,
                                                                    .not_before = MINT_NOW - 9 * MINT_DAY, .not_after = MINT_NOW - MINT_DAY });
    const struct ask asks[] = {
        { .chain = { leaf, ca }, .anchors = { root }, .host = "vc1.example" },
        { .chain = { leaf, ca }, .anchors = { root }, .host = "vc2.example" },
        { .chain = { leaf, ca }, .anchors = { twin }, .host = "vc1.example" },
        { .chain = { leaf, ca }, .anchors = { root }, .scopes = { "host:other:443" }, .host = "vc1.example" },
        { .chain = { bad, ca }, .anchors = { root }, .host = "vc1.example" },
        { .chain = { old, ca }, .anchors = { root }, .host = "vc1.example" },
        { .chain = { leaf, ca }, .anchors = { root }, .host = "vc1.example", .q = { .policy = { .budget = 1 } } },
    };
    static const enum trust_rule want[] = { TRUST_OK, TRUST_NAME_MISMATCH, TRUST_UNKNOWN_ISSUER, TRUST_OUT_OF_SCOPE,
                                            TRUST_BAD_SIGNATURE, TRUST_EXPIRED, TRUST_SEARCH_BUDGET };
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
            struct ask with = asks[i];
            with.q.proofs = p;
            struct trust_verdict a = ask(&asks[i]), b = ask(&with);
            CHECK_STR(trust_rule_code(a.rule), trust_rule_code(want[i]));
            CHECK_STR(trust_rule_code(b.rule), trust_rule_code(want[i]));
            CHECK(a.ok == b.ok && a.at == b.at && a.signatures == b.signatures && a.path_len == b.path_len);
            CHECK_EQ(memcmp(a.path, b.path, sizeof(a.path)), 0);
            CHECK_STR(a.expected, b.expected);
            CHECK_STR(a.seen, b.seen);
        }
}

static void who_issued_whom(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    AUTO(trust_proofs_destroyp) struct trust_proofs *p = trust_proofs_create();
    const struct mint_made *made[] = { mint_root(m, "/CN=root", 1), mint_root(m, "/CN=root", 2), NULL };
    made[2] = mint_leaf(m, made[0], "/CN=leaf", 3, "DNS:x");
    struct trust_cert *certs[3];
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(certs); i++)
        CHECK_OK(trust_cert_parse(made[i]->der, made[i]->len, &certs[i], &e), &e);
    for (int round = 0; round < 2; round++) {
        CHECK(trust_proofs_issued_by(p, certs[2], certs[0]));
        CHECK(!trust_proofs_issued_by(p, certs[2], certs[1]));
        CHECK(!trust_proofs_issued_by(p, certs[0], certs[2]));
        CHECK(trust_proofs_issued_by(NULL, certs[2], certs[0]));
    }
    CHECK(trust_proofs_has(p, trust_cert_sha256(certs[2]), trust_cert_key_sha256(certs[0])));
    for (size_t i = 0; i < ARRAY_LEN(certs); i++)
        trust_cert_unref(certs[i]);
}

GROUP(trust_proofs, cmocka_unit_test(only_what_was_added_is_known), cmocka_unit_test(no_verdict_changes), cmocka_unit_test(who_issued_whom))
