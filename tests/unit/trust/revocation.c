/* CRLs: complete, delta, indirect, with points and reasons; who may sign them; what is stale. */
#include "trust/crl.h"

#include "unit/trust/ask.h"

#define REQUIRE .q = { .crl_mode = TRUST_CRL_REQUIRE }
#define SOFT .q = { .crl_mode = TRUST_CRL_SOFT }

static void complete_lists_revoke(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *other = mint_root(m, "/CN=other", 2);
    const struct mint_made *leaf = mint_leaf(m, root, "/CN=leaf", 3, NULL);
    const struct mint_made *ca = mint_ca(m, root, "/CN=ca", 4, -1), *below = mint_leaf(m, ca, "/CN=below", 5, NULL);
    const struct mint_made *clean = mint_crl(m, &(struct mint_crl){ .by = root, .number = 1 });
    const struct mint_made *ca_clean = mint_crl(m, &(struct mint_crl){ .by = ca, .number = 1 });
    const struct mint_made *revokes = mint_crl(m, &(struct mint_crl){ .by = root, .number = 2,
        MINT_REVOKED({ .cert = leaf, .reason = MINT_REASON_KEY }, { .serial = "77" }) });
    const struct mint_made *revokes_ca = mint_crl(m, &(struct mint_crl){ .by = root, .number = 2,
        MINT_REVOKED({ .cert = ca }) });
    const struct mint_made *foreign = mint_crl(m, &(struct mint_crl){ .by = other, .number = 1,
        MINT_REVOKED({ .cert = leaf }) });
    ASK(TRUST_CRL_MISSING, .chain = LIST(leaf), .anchors = LIST(root), REQUIRE);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root));
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(clean), REQUIRE);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(foreign, clean), REQUIRE);
    ASK(TRUST_REVOKED, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(revokes), REQUIRE);
    ASK(TRUST_REVOKED, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(revokes), SOFT);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(revokes));
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(leaf), REQUIRE); /* nothing is below the anchor */
    ASK(TRUST_CRL_MISSING, .chain = LIST(below, ca), .anchors = LIST(root), .crls = LIST(clean), REQUIRE);
    ASK(TRUST_OK, .chain = LIST(below, ca), .anchors = LIST(root), .crls = LIST(clean, ca_clean), REQUIRE);
    ASK(TRUST_REVOKED, .chain = LIST(below, ca), .anchors = LIST(root), .crls = LIST(revokes_ca, ca_clean), REQUIRE);
    ASK(TRUST_REVOKED, .chain = LIST(below, ca), .anchors = LIST(root), .crls = LIST(revokes_ca), SOFT);
    struct trust_verdict v = ask(&(struct ask){ .chain = { leaf }, .anchors = { root }, .crls = { revokes }, REQUIRE });
    CHECK_STR(v.seen, "keyCompromise");
}

static void only_usable_lists_count(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *leaf = mint_leaf(m, root, "/CN=leaf", 3, NULL);
    const struct mint_ext *critical = mint_raw(m, "1.2.3.4", true, "0500"), *plain = mint_raw(m, "1.2.3.4", false, "0500");
    const struct {
        enum trust_rule want, soft;
        struct mint_crl crl;
    } cases[] = {
        { TRUST_OK, TRUST_OK, { .by = root } },
        { TRUST_OK, TRUST_OK, { .by = root, .v1 = true, .no_aki = true } },
        { TRUST_OK, TRUST_OK, { .by = root, .exts = MINT_EXTS(plain) } },
        { TRUST_CRL_BAD, TRUST_OK, { .by = root, .exts = MINT_EXTS(critical) } },
        { TRUST_CRL_BAD, TRUST_OK, { .by = root, .exts = MINT_EXTS(mint_raw(m, "2.5.29.20", true, "020101")) } },
        { TRUST_CRL_BAD, TRUST_OK, { .by = root, .spoil = MINT_BAD_SIGNATURE } },
        { TRUST_CRL_BAD, TRUST_OK, { .by = root, .spoil = MINT_BAD_ALGORITHM } },
        { TRUST_CRL_BAD, TRUST_OK, { .by = root, .digest = MINT_SHA1 } },
        { TRUST_CRL_BAD, TRUST_OK, { .by = root, .signed_with = 9 + 1, .no_aki = true } },
        { TRUST_CRL_STALE, TRUST_OK, { .by = root, .this_update = MINT_NOW - 9, .next_update = MINT_NOW - 1 } },
        { TRUST_OK, TRUST_OK, { .by = root, .this_update = MINT_NOW - 9, .next_update = MINT_NOW } },
        { TRUST_CRL_STALE, TRUST_OK, { .by = root, .this_update = MINT_NOW + 1 } },
        { TRUST_CRL_STALE, TRUST_OK, { .by = root, .next_update = MINT_NEVER } },
        { TRUST_CRL_STALE, TRUST_REVOKED, { .by = root, .this_update = MINT_NOW - 9, .next_update = MINT_NOW - 1,
                                            MINT_REVOKED({ .cert = leaf }) } },
        /* 5.3: one critical entry extension that is not understood, and the whole list is out */
        { TRUST_CRL_BAD, TRUST_OK, { .by = root, MINT_REVOKED({ .serial = "55", .exts = MINT_EXTS(critical) }) } },
        { TRUST_CRL_BAD, TRUST_OK, { .by = root, MINT_REVOKED({ .serial = "55", .certificate_issuer = "dir:/CN=x" }) } },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *crl = mint_crl(m, &cases[i].crl);
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(crl), REQUIRE);
        ASK(cases[i].soft, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(crl), SOFT);
        struct trust_verdict v = ask(&(struct ask){ .chain = { leaf }, .anchors = { root }, .crls = { crl }, SOFT });
        CHECK(cases[i].want == TRUST_OK || cases[i].soft != TRUST_OK || v.crl_stale);
    }
}

static void a_signer_needs_crl_sign_and_a_path(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_ext *bc = mint_bc(m, true, true, -1);
    const struct mint_made *certs_only = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 1,
        .exts = MINT_EXTS(bc, mint_ku(m, true, MINT_KU_CERT_SIGN), MINT_SKI) });
    const struct mint_made *no_usage = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 1,
        .exts = MINT_EXTS(bc, MINT_SKI) });
    const struct mint_made *leaf = mint_leaf(m, certs_only, "/CN=leaf", 2, NULL);
    const struct mint_made *own = mint_crl(m, &(struct mint_crl){ .by = certs_only, .number = 1 });
    ASK(TRUST_CRL_BAD, .chain = LIST(leaf), .anchors = LIST(certs_only), .crls = LIST(own), REQUIRE);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(no_usage), .crls = LIST(own), REQUIRE);
    /* A separate key of the CA signs its lists; its certificate is covered by a list of its own kind. */
    const struct mint_made *signer = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 3, .by = no_usage,
        .exts = MINT_EXTS(mint_ku(m, true, MINT_KU_CRL_SIGN), MINT_SKI, MINT_AKI) });
    const struct mint_made *stranger = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 4,
        .exts = MINT_EXTS(mint_ku(m, true, MINT_KU_CRL_SIGN), MINT_SKI) });
    const struct mint_made *server = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 5, .by = no_usage,
        .exts = MINT_EXTS(mint_ku(m, true, MINT_KU_SIGN), MINT_SKI, MINT_AKI) });
    const struct mint_made *by_signer = mint_crl(m, &(struct mint_crl){ .by = signer, .number = 2 });
    const struct mint_made *by_stranger = mint_crl(m, &(struct mint_crl){ .by = stranger, .number = 2 });
    const struct mint_made *by_server = mint_crl(m, &(struct mint_crl){ .by = server, .number = 2 });
    ASK(TRUST_OK, .chain = LIST(leaf, signer), .anchors = LIST(certs_only), .crls = LIST(by_signer), REQUIRE);
    ASK(TRUST_CRL_BAD, .chain = LIST(leaf), .anchors = LIST(certs_only), .crls = LIST(by_signer), REQUIRE);
    ASK(TRUST_CRL_BAD, .chain = LIST(leaf, stranger), .anchors = LIST(certs_only), .crls = LIST(by_stranger), REQUIRE);
    ASK(TRUST_CRL_BAD, .chain = LIST(leaf, server), .anchors = LIST(certs_only), .crls = LIST(by_server), REQUIRE);
    /* The same anchor must be at the end of both paths (6.3.3 (f)). */
    ASK(TRUST_CRL_BAD, .chain = LIST(leaf), .anchors = LIST(certs_only, stranger), .crls = LIST(by_stranger), REQUIRE);
    /* A revoked signer's list is not used. */
    const struct mint_made *revokes = mint_crl(m, &(struct mint_crl){ .by = no_usage, .number = 3, .this_update =
        MINT_NOW - 20 * MINT_DAY, MINT_REVOKED({ .cert = signer }) });
    ASK(TRUST_OK, .chain = LIST(leaf, signer), .anchors = LIST(no_usage), .crls = LIST(by_signer, revokes), REQUIRE);
    const struct mint_made *only_cas = mint_crl(m, &(struct mint_crl){ .by = no_usage, .number = 3,
        .idp = &(struct mint_idp){ .only_ca = true }, MINT_REVOKED({ .cert = signer }) });
    ASK(TRUST_OK, .chain = LIST(leaf, signer), .anchors = LIST(no_usage), .crls = LIST(by_signer, only_cas), REQUIRE);
}

static void lists_are_for_whom_they_say(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *leaf = mint_leaf(m, root, "/CN=leaf", 2, NULL);
    const struct mint_dp at = { .full = "URI:http://crl.example/1" }, elsewhere = { .full = "URI:http://crl.example/2" },
                         relative = { .relative = "CN=one" }, full_of_relative = { .full = "dir:/CN=root/CN=one" };
    const struct mint_made *point = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 2, .by = root,
        .exts = MINT_EXTS(MINT_AKI, mint_crldp(m, false, &at, 1)) });
    const struct mint_made *rel = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 2, .by = root,
        .exts = MINT_EXTS(MINT_AKI, mint_crldp(m, false, &relative, 1)) });
    const struct {
        const struct mint_made *leaf;
        enum trust_rule want;
        struct mint_idp idp;
    } cases[] = {
        { leaf, TRUST_OK, { .only_user = true } },
        { leaf, TRUST_CRL_MISSING, { .only_ca = true } },
        { leaf, TRUST_CRL_MISSING, { .only_attribute = true } },
        { leaf, TRUST_CRL_MISSING, { .dp = { .reasons = MINT_RF_KEY } } },
        { leaf, TRUST_CRL_MISSING, { .dp = at } },
        { leaf, TRUST_OK, { .dp = { .full = "dir:/CN=root" } } }, /* the implied point is the issuer's name */
        { point, TRUST_OK, { .dp = at } },
        { point, TRUST_CRL_MISSING, { .dp = elsewhere } },
        { point, TRUST_OK, { .only_user = true } },
        { point, TRUST_CRL_MISSING, { .dp = { .full = "dir:/CN=root" } } }, /* a part that its points don't name */
        { rel, TRUST_OK, { .dp = relative } },
        { rel, TRUST_OK, { .dp = full_of_relative } },
        { rel, TRUST_CRL_MISSING, { .dp = { .relative = "CN=two" } } },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *crl = mint_crl(m, &(struct mint_crl){ .by = root, .number = 1, .idp = &cases[i].idp });
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(cases[i].leaf), .anchors = LIST(root), .crls = LIST(crl), REQUIRE);
    }
    /* Reasons add up over several lists. */
    const uint32_t all = 0x1fe;
    const struct mint_made *some = mint_crl(m, &(struct mint_crl){ .by = root, .number = 1,
        .idp = &(struct mint_idp){ .dp = { .reasons = MINT_RF_KEY | MINT_RF_CA } } });
    const struct mint_made *rest = mint_crl(m, &(struct mint_crl){ .by = root, .number = 2,
        .idp = &(struct mint_idp){ .dp = { .reasons = all & ~(uint32_t)(MINT_RF_KEY | MINT_RF_CA) } } });
    ASK(TRUST_CRL_MISSING, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(some), REQUIRE);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(some, rest), REQUIRE);
}

static void indirect_lists_name_their_certificates_issuer(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *ca = mint_ca(m, root, "/CN=ca", 2, -1);
    const struct mint_made *issuer = mint_cert(m, &(struct mint_cert){ .subject = "/CN=crls", .key = 3, .by = root,
        .exts = MINT_EXTS(mint_ku(m, true, MINT_KU_CRL_SIGN), MINT_SKI, MINT_AKI) });
    const struct mint_dp dp = { .full = "dir:/CN=point", .issuer = "dir:/CN=crls" };
    const struct mint_made *leaf = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 4, .by = ca,
        .serial = "11", .exts = MINT_EXTS(MINT_AKI, mint_crldp(m, false, &dp, 1)) });
    const struct mint_made *of_root = mint_crl(m, &(struct mint_crl){ .by = root, .number = 1 });
    const struct mint_idp indirect = { .dp = { .full = "dir:/CN=point" }, .indirect = true }, direct = { .dp = indirect.dp };
    const struct {
        enum trust_rule want;
        struct mint_crl crl;
    } cases[] = {
        { TRUST_OK, { .by = issuer, .idp = &indirect } },
        { TRUST_CRL_MISSING, { .by = issuer, .idp = &direct } },
        { TRUST_CRL_MISSING, { .by = issuer } },
        { TRUST_REVOKED, { .by = issuer, .idp = &indirect,
                           MINT_REVOKED({ .serial = "11", .certificate_issuer = "dir:/CN=ca" }) } },
        { TRUST_REVOKED, { .by = issuer, .idp = &indirect,
                           MINT_REVOKED({ .serial = "10", .certificate_issuer = "dir:/CN=ca" }, { .serial = "11" }) } },
        { TRUST_OK, { .by = issuer, .idp = &indirect, MINT_REVOKED({ .serial = "11" }) } }, /* the list's issuer's own 11 */
        { TRUST_OK, { .by = issuer, .idp = &indirect,
                      MINT_REVOKED({ .serial = "11", .certificate_issuer = "dir:/CN=root" }) } },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *crl = mint_crl(m, &cases[i].crl);
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf, ca, issuer), .anchors = LIST(root), .crls = LIST(crl, of_root), REQUIRE);
    }
    /* Without the list that speaks of the signer itself, it is nobody. */
    const struct mint_made *crl = mint_crl(m, &(struct mint_crl){ .by = issuer, .idp = &indirect });
    const struct mint_made *users = mint_crl(m, &(struct mint_crl){ .by = root, .idp = &(struct mint_idp){ .only_ca = true } });
    ASK(TRUST_CRL_BAD, .chain = LIST(leaf, ca, issuer), .anchors = LIST(root), .crls = LIST(crl, users), REQUIRE);
}

static void deltas_amend_their_base(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *leaf = mint_leaf(m, root, "/CN=leaf", 2, NULL);
    const struct mint_made *base = mint_crl(m, &(struct mint_crl){ .by = root, .number = 5 });
    const struct mint_made *held = mint_crl(m, &(struct mint_crl){ .by = root, .number = 5,
        MINT_REVOKED({ .cert = leaf, .reason = MINT_REASON_HOLD }) });
    const struct mint_made *old = mint_crl(m, &(struct mint_crl){ .by = root, .number = 5,
        .this_update = MINT_NOW - 20, .next_update = MINT_NOW - 10 });
    const struct {
        const struct mint_made *base;
        enum trust_rule want;
        struct mint_crl delta;
    } cases[] = {
        { NULL, TRUST_CRL_MISSING, { .by = root, .number = 6, .base = 5 } },
        { base, TRUST_OK, { .by = root, .number = 6, .base = 5 } },
        { base, TRUST_REVOKED, { .by = root, .number = 6, .base = 5, MINT_REVOKED({ .cert = leaf }) } },
        { base, TRUST_REVOKED, { .by = root, .number = 6, .base = 3, MINT_REVOKED({ .cert = leaf }) } },
        { base, TRUST_OK, { .by = root, .number = 7, .base = 6, MINT_REVOKED({ .cert = leaf }) } }, /* base too new */
        { base, TRUST_OK, { .by = root, .number = 4, .base = 3, MINT_REVOKED({ .cert = leaf }) } }, /* older than base */
        { held, TRUST_REVOKED, { .by = root, .number = 6, .base = 5 } },
        { held, TRUST_OK, { .by = root, .number = 6, .base = 5,
                            MINT_REVOKED({ .cert = leaf, .reason = MINT_REASON_REMOVE }) } },
        { held, TRUST_REVOKED, { .by = root, .number = 6, .base = 5, .spoil = MINT_BAD_SIGNATURE,
                                 MINT_REVOKED({ .cert = leaf, .reason = MINT_REASON_REMOVE }) } },
        { held, TRUST_REVOKED, { .by = root, .number = 6, .base = 5, .idp = &(struct mint_idp){ .only_user = true },
                                 MINT_REVOKED({ .cert = leaf, .reason = MINT_REASON_REMOVE }) } },
        { old, TRUST_OK, { .by = root, .number = 6, .base = 5 } }, /* 5.2.4: together they are as new as the delta */
        { old, TRUST_CRL_STALE, { .by = root, .number = 6, .base = 5, .this_update = MINT_NOW - 20,
                                  .next_update = MINT_NOW - 5 } },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *delta = mint_crl(m, &cases[i].delta);
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(delta, cases[i].base), REQUIRE);
    }
}

/* The newest list of a scope is the one that counts, in whatever order they were given. */
static void newer_lists_replace_older_ones(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *leaf = mint_leaf(m, root, "/CN=leaf", 2, NULL);
    const struct mint_made *hold = mint_crl(m, &(struct mint_crl){ .by = root, .number = 1, .this_update = MINT_NOW - 9,
        MINT_REVOKED({ .cert = leaf, .reason = MINT_REASON_HOLD }) });
    const struct mint_made *lifted = mint_crl(m, &(struct mint_crl){ .by = root, .number = 2, .this_update = MINT_NOW - 1 });
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(hold, lifted), REQUIRE);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(lifted, hold), REQUIRE);
}

/* CRLs are keyed by the issuer's key: an old VMCA's list of the same name says nothing about the new one's. */
static void lists_belong_to_a_key_and_a_vcenter(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *was = mint_root(m, "/CN=CA", 1), *is = mint_root(m, "/CN=CA", 2);
    const struct mint_made *leaf = mint_leaf(m, is, "/CN=esx", 3, NULL);
    const struct mint_made *old_list = mint_crl(m, &(struct mint_crl){ .by = was, .number = 9, MINT_REVOKED({ .cert = leaf }) });
    const struct mint_made *new_list = mint_crl(m, &(struct mint_crl){ .by = is, .number = 1, MINT_REVOKED({ .cert = leaf }) });
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(was, is), .crls = LIST(old_list), SOFT);
    ASK(TRUST_REVOKED, .chain = LIST(leaf), .anchors = LIST(was, is), .crls = LIST(old_list, new_list), SOFT);
    const struct trust_behalf mine = { TRUST_FOR_ESXI, 443, "urn:vc:1", "esx" }, theirs = { TRUST_FOR_ESXI, 443, "urn:vc:2", "esx" };
    ASK(TRUST_REVOKED, .chain = LIST(leaf), .anchors = LIST(is), .crls = LIST(new_list), .crl_urns = LIST("urn:vc:1"),
        .q = { .crl_mode = TRUST_CRL_SOFT, .behalf = mine });
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(is), .crls = LIST(new_list), .crl_urns = LIST("urn:vc:1"),
        .q = { .crl_mode = TRUST_CRL_SOFT, .behalf = theirs });
}

GROUP(trust_revocation, cmocka_unit_test(complete_lists_revoke), cmocka_unit_test(only_usable_lists_count),
      cmocka_unit_test(a_signer_needs_crl_sign_and_a_path), cmocka_unit_test(lists_are_for_whom_they_say),
      cmocka_unit_test(indirect_lists_name_their_certificates_issuer), cmocka_unit_test(deltas_amend_their_base),
      cmocka_unit_test(newer_lists_replace_older_ones), cmocka_unit_test(lists_belong_to_a_key_and_a_vcenter))
