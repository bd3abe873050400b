/* The search: which paths are found, which are refused, and with what reason. */
#include "unit/trust/ask.h"

static void a_chain_ends_at_its_anchor(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *other = mint_root(m, "/CN=other", 2);
    const struct mint_made *ca = mint_ca(m, root, "/CN=ca", 3, -1);
    const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 4, "DNS:vc1.example");
    const struct mint_made *self = mint_leaf(m, NULL, "/CN=self", 5, "DNS:self.example");
    ASK(TRUST_OK, .chain = LIST(leaf, ca), .anchors = LIST(root), .host = "vc1.example");
    ASK(TRUST_OK, .chain = LIST(leaf, root, other, ca), .anchors = LIST(root), .host = "vc1.example");
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .host = "vc1.example");
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(leaf), .host = "vc1.example");
    ASK(TRUST_OK, .chain = LIST(self), .anchors = LIST(self), .host = "self.example");
    ASK(TRUST_UNKNOWN_ISSUER, .chain = LIST(leaf), .anchors = LIST(root), .host = "vc1.example");
    ASK(TRUST_UNKNOWN_ISSUER, .chain = LIST(leaf, ca), .anchors = LIST(other), .host = "vc1.example");
    ASK(TRUST_UNKNOWN_ISSUER, .chain = LIST(leaf, ca, root), .host = "vc1.example");
    ASK(TRUST_SELF_SIGNED, .chain = LIST(self), .anchors = LIST(root), .host = "self.example");
    ASK(TRUST_BAD_CERTIFICATE, .anchors = LIST(root), .host = "vc1.example");
}

static void the_anchor_nearest_the_leaf_is_recorded(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *ca = mint_ca(m, root, "/CN=ca", 3, -1);
    const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 4, "DNS:vc1.example");
    uint8_t want[DIGEST_SHA256];
    struct trust_verdict v = ask(&(struct ask){ .chain = { leaf, ca }, .anchors = { root, ca } });
    digest_sha256(ca->der, ca->len, want);
    CHECK(v.ok);
    CHECK_EQ(v.path_len, 2);
    assert_memory_equal(v.anchor, want, sizeof(want));
    digest_sha256(leaf->der, leaf->len, want);
    assert_memory_equal(v.leaf, want, sizeof(want));
    assert_memory_equal(v.path[0], want, sizeof(want));
}

static void an_anchor_that_is_no_ca_vouches_for_itself_only(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *pinned = mint_leaf(m, root, "/CN=pinned", 2, "DNS:a.example");
    const struct mint_made *below = mint_leaf(m, pinned, "/CN=below", 3, "DNS:b.example");
    ASK(TRUST_OK, .chain = LIST(pinned), .anchors = LIST(pinned), .host = "a.example");
    ASK(TRUST_NOT_A_CA, .chain = LIST(below), .anchors = LIST(pinned), .host = "b.example");
    ASK(TRUST_NOT_A_CA, .chain = LIST(below, pinned), .anchors = LIST(root), .host = "b.example");
    ASK(TRUST_NAME_MISMATCH, .chain = LIST(pinned), .anchors = LIST(pinned), .host = "b.example");
}

static void the_search_comes_back_from_dead_ends(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *old_root = mint_root(m, "/CN=old", 1), *new_root = mint_root(m, "/CN=new", 2);
    const struct mint_made *expired = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=ca", .key = 3, .by = new_root, .not_before = MINT_NOW - 9 * MINT_DAY,
        .not_after = MINT_NOW - MINT_DAY,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN), MINT_SKI, MINT_AKI) });
    const struct mint_made *by_old = mint_ca(m, old_root, "/CN=ca", 3, -1);
    const struct mint_made *by_new = mint_ca(m, new_root, "/CN=ca", 3, -1);
    const struct mint_made *leaf = mint_leaf(m, by_new, "/CN=leaf", 4, "DNS:vc1.example");
    ASK(TRUST_OK, .chain = LIST(leaf, by_old, by_new), .anchors = LIST(new_root), .host = "vc1.example");
    ASK(TRUST_OK, .chain = LIST(leaf, expired, by_old, by_new), .anchors = LIST(new_root), .host = "vc1.example");
    ASK(TRUST_OK, .chain = LIST(leaf, expired, by_new, by_old), .anchors = LIST(old_root), .host = "vc1.example");
    ASK(TRUST_EXPIRED, .chain = LIST(leaf, expired), .anchors = LIST(new_root), .host = "vc1.example");
}

/* A regenerated VMCA keeps its name and changes its key: both anchors work, in any order, with key ids or without. */
static void two_anchors_of_one_name_both_work(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *was = mint_root(m, "/CN=CA", 1), *is = mint_root(m, "/CN=CA", 2);
    const struct mint_made *old_leaf = mint_leaf(m, was, "/CN=esx1", 3, "DNS:esx1.example");
    const struct mint_made *new_leaf = mint_leaf(m, is, "/CN=esx2", 4, "DNS:esx2.example");
    const struct mint_made *no_aki = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=esx3", .key = 5, .by = is, .exts = MINT_EXTS(mint_san(m, false, "DNS:esx3.example")) });
    ASK(TRUST_OK, .chain = LIST(old_leaf), .anchors = LIST(was, is), .host = "esx1.example");
    ASK(TRUST_OK, .chain = LIST(new_leaf), .anchors = LIST(was, is), .host = "esx2.example");
    ASK(TRUST_OK, .chain = LIST(no_aki), .anchors = LIST(was, is), .host = "esx3.example");
    ASK(TRUST_OK, .chain = LIST(no_aki), .anchors = LIST(is, was), .host = "esx3.example");
    ASK(TRUST_UNKNOWN_ISSUER, .chain = LIST(new_leaf), .anchors = LIST(was), .host = "esx2.example");
    ASK(TRUST_BAD_SIGNATURE, .chain = LIST(no_aki), .anchors = LIST(was), .host = "esx3.example");
    struct trust_verdict v = ask(&(struct ask){ .chain = { new_leaf }, .anchors = { was } });
    CHECK_STR(v.seen, "an anchor of that name with another key");
    CHECK_STR(v.expected, "CN=CA");
}

static void everything_is_valid_now(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_ext *const *ca_exts =
        MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN), MINT_SKI);
    const struct mint_made *root = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=root", .key = 1, .exts = ca_exts, .not_before = MINT_NOW, .not_after = MINT_NOW + 10 });
    const struct mint_made *leaf = mint_leaf(m, root, "/CN=leaf", 2, "DNS:a.example");
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .q = { .now = MINT_NOW });
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .q = { .now = MINT_NOW + 10 });
    ASK(TRUST_EXPIRED, .chain = LIST(leaf), .anchors = LIST(root), .q = { .now = MINT_NOW + 11 });
    ASK(TRUST_NOT_YET_VALID, .chain = LIST(leaf), .anchors = LIST(root), .q = { .now = MINT_NOW - 1 });
    struct trust_verdict v = ask(&(struct ask){ .chain = { leaf }, .anchors = { root }, .q = { .now = MINT_NOW + 11 } });
    CHECK_STR(v.expected, "not after 2023-11-14T22:13:30Z");
    CHECK_EQ(v.at, -1);
    CHECK_STR(v.subject, "CN=root");
}

static void weak_algorithms_are_refused_below_the_anchor(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    static const struct {
        int key;
        enum mint_digest digest;
        enum trust_rule as_leaf, as_signer; /* of a leaf with this key; of a leaf signed so */
    } cases[] = {
        { MINT_RSA_2048, MINT_SHA256, TRUST_OK, TRUST_OK },
        { MINT_RSA_2048, MINT_SHA1, TRUST_OK, TRUST_WEAK_SIGNATURE },
        { MINT_RSA_2048, MINT_MD5, TRUST_OK, TRUST_WEAK_SIGNATURE },
        { MINT_RSA_2048, MINT_PSS_SHA256, TRUST_OK, TRUST_OK },
        { MINT_RSA_2048, MINT_PSS_SHA1, TRUST_OK, TRUST_WEAK_SIGNATURE },
        { MINT_RSA_1024, MINT_SHA256, TRUST_WEAK_KEY, TRUST_WEAK_KEY },
        { MINT_RSA_PSS, MINT_PSS_SHA256, TRUST_OK, TRUST_OK },
        { MINT_P256, MINT_SHA1, TRUST_OK, TRUST_WEAK_SIGNATURE },
        { MINT_P384, MINT_SHA384, TRUST_OK, TRUST_OK },
        { MINT_P521, MINT_SHA512, TRUST_OK, TRUST_OK },
        { MINT_K256, MINT_SHA256, TRUST_WEAK_KEY, TRUST_WEAK_KEY },
        { MINT_ED25519, MINT_SHA256, TRUST_OK, TRUST_OK },
        { MINT_ED448, MINT_SHA256, TRUST_OK, TRUST_OK },
    };
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *leaf = mint_leaf(m, root, "/CN=leaf", cases[i].key, "DNS:a.example");
        const struct mint_made *ca = mint_ca(m, root, "/CN=ca", cases[i].key, -1);
        const struct mint_made *below = mint_cert(m, &(struct mint_cert){
            .subject = "/CN=below", .key = 2, .by = ca, .digest = cases[i].digest,
            .exts = MINT_EXTS(mint_san(m, false, "DNS:a.example"), MINT_AKI) });
        print_message("case %zu\n", i);
        ASK(cases[i].as_leaf, .chain = LIST(leaf), .anchors = LIST(root));
        ASK(cases[i].as_signer, .chain = LIST(below, ca), .anchors = LIST(root));
    }
    /* The anchor's own signature is nobody's business: it is trusted as it stands. */
    const struct mint_made *sha1_root = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=sha1", .key = MINT_RSA_2048, .digest = MINT_SHA1,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN), MINT_SKI) });
    ASK(TRUST_OK, .chain = LIST(mint_leaf(m, sha1_root, "/CN=leaf", 2, NULL)), .anchors = LIST(sha1_root));
}

static void a_ca_signs_only_what_it_may(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_ext *bc = mint_bc(m, true, true, -1), *ku = mint_ku(m, true, MINT_KU_CERT_SIGN);
    const struct {
        enum trust_rule want;
        const struct mint_ext *const *exts;
        int version;
    } cases[] = {
        { TRUST_OK, MINT_EXTS(bc, ku, MINT_SKI, MINT_AKI), 3 },
        { TRUST_OK, MINT_EXTS(bc, MINT_SKI, MINT_AKI), 3 },
        { TRUST_OK, MINT_EXTS(bc, ku, MINT_SKI, MINT_AKI, mint_eku(m, false, "1.3.6.1.5.5.7.3.1")), 3 },
        { TRUST_OK, MINT_EXTS(bc, ku, MINT_SKI, MINT_AKI, mint_eku(m, false, "2.5.29.37.0")), 3 },
        { TRUST_OK, MINT_EXTS(mint_bc(m, false, true, -1), ku, MINT_SKI, MINT_AKI), 3 },
        { TRUST_NOT_A_CA, MINT_EXTS(mint_bc(m, true, false, -1), MINT_SKI, MINT_AKI), 3 },
        { TRUST_NOT_A_CA, MINT_EXTS(ku, MINT_SKI, MINT_AKI), 3 },
        { TRUST_KEY_USAGE, MINT_EXTS(bc, mint_ku(m, true, MINT_KU_CRL_SIGN), MINT_SKI, MINT_AKI), 3 },
        { TRUST_EXTENDED_KEY_USAGE, MINT_EXTS(bc, ku, MINT_SKI, MINT_AKI, mint_eku(m, false, "1.3.6.1.5.5.7.3.2")), 3 },
        { TRUST_CRITICAL_EXTENSION, MINT_EXTS(bc, ku, MINT_SKI, MINT_AKI, mint_raw(m, "1.2.3.4", true, "0500")), 3 },
        { TRUST_OK, MINT_EXTS(bc, ku, MINT_SKI, MINT_AKI, mint_raw(m, "1.2.3.4", false, "0500")), 3 },
        { TRUST_BAD_EXTENSION, MINT_EXTS(bc, bc, ku, MINT_SKI, MINT_AKI), 3 },
        { TRUST_NOT_A_CA, NULL, 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *ca = mint_cert(m, &(struct mint_cert){
            .subject = "/CN=ca", .key = 2, .by = root, .exts = cases[i].exts, .version = cases[i].version });
        const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 3, "DNS:a.example");
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf, ca), .anchors = LIST(root));
        ASK(cases[i].want, .chain = LIST(leaf), .anchors = LIST(ca));
    }
}

static void path_length_counts_what_is_not_self_issued(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *zero = mint_ca(m, root, "/CN=zero", 2, 0), *one = mint_ca(m, root, "/CN=one", 3, 1);
    const struct mint_made *ca = mint_ca(m, zero, "/CN=ca", 4, -1), *ca1 = mint_ca(m, one, "/CN=ca", 4, -1);
    const struct mint_made *again = mint_ca(m, zero, "/CN=zero", 5, -1); /* self-issued: a new key */
    const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 6, NULL);
    const struct mint_made *ca_leaf = mint_cert(m, &(struct mint_cert){ .subject = "/CN=last", .key = 7, .by = zero,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_SIGN | MINT_KU_CERT_SIGN), MINT_SKI,
                          MINT_AKI) });
    ASK(TRUST_PATH_LENGTH, .chain = LIST(leaf, ca, zero), .anchors = LIST(root));
    ASK(TRUST_OK, .chain = LIST(leaf, ca1, one), .anchors = LIST(root));
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca));
    ASK(TRUST_OK, .chain = LIST(mint_leaf(m, again, "/CN=leaf", 6, NULL), again, zero), .anchors = LIST(root));
    ASK(TRUST_OK, .chain = LIST(ca_leaf, zero), .anchors = LIST(root)); /* the last one is not counted */
    ASK(TRUST_PATH_LENGTH, .chain = LIST(mint_leaf(m, ca_leaf, "/CN=x", 8, NULL), ca_leaf, zero), .anchors = LIST(root));
}

static void a_leaf_is_for_servers(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct {
        enum trust_rule want;
        const struct mint_ext *ext;
    } cases[] = {
        { TRUST_OK, mint_ku(m, false, MINT_KU_SIGN) },
        { TRUST_OK, mint_ku(m, false, MINT_KU_ENCIPHER) },
        { TRUST_OK, mint_ku(m, false, MINT_KU_AGREE) },
        { TRUST_KEY_USAGE, mint_ku(m, false, MINT_KU_NON_REPUDIATION) },
        { TRUST_KEY_USAGE, mint_ku(m, true, MINT_KU_CERT_SIGN | MINT_KU_CRL_SIGN) },
        { TRUST_OK, mint_eku(m, true, "1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2") },
        { TRUST_OK, mint_eku(m, false, "2.5.29.37.0") },
        { TRUST_EXTENDED_KEY_USAGE, mint_eku(m, false, "1.3.6.1.5.5.7.3.2") },
        { TRUST_BAD_EXTENSION, mint_raw(m, "2.5.29.37", false, "3000") },
        { TRUST_BAD_EXTENSION, mint_raw(m, "2.5.29.15", false, "030100") },
        { TRUST_BAD_EXTENSION, mint_raw(m, "2.5.29.17", false, "3000") },
        { TRUST_BAD_EXTENSION, mint_raw(m, "2.5.29.17", false, "3005870301020304") },
        { TRUST_BAD_EXTENSION, mint_nc(m, true, "DNS:example", NULL) },
        { TRUST_CRITICAL_EXTENSION, mint_raw(m, "2.5.29.14", true, "0404DEADBEEF") },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *leaf = mint_cert(m, &(struct mint_cert){
            .subject = "/CN=leaf", .key = 2, .by = root, .exts = MINT_EXTS(cases[i].ext, MINT_AKI) });
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf), .anchors = LIST(root));
    }
}

static void spoiled_certificates_are_refused(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *bad = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 2, .by = root,
        .exts = MINT_EXTS(MINT_AKI), .spoil = MINT_BAD_SIGNATURE });
    const struct mint_made *two = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 2, .by = root,
        .exts = MINT_EXTS(MINT_AKI), .spoil = MINT_BAD_ALGORITHM });
    const struct mint_made *nobody = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 2, .by = root,
        .issuer = "", .exts = MINT_EXTS(MINT_AKI) });
    ASK(TRUST_BAD_SIGNATURE, .chain = LIST(bad), .anchors = LIST(root));
    ASK(TRUST_BAD_CERTIFICATE, .chain = LIST(two), .anchors = LIST(root));
    ASK(TRUST_BAD_CERTIFICATE, .chain = LIST(nobody), .anchors = LIST(root));
}

/* A mesh in which every CA issued every other one: the budget ends it, and says so. */
static void hostile_meshes_end_at_the_budget(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_ext *const *exts = MINT_EXTS(mint_bc(m, true, true, -1));
    struct ask a = { .anchors = { root } };
    size_t n = 0;
    const struct mint_made *first[6];
    for (int i = 0; i < 6; i++)
        first[i] = mint_cert(m, &(struct mint_cert){ .subject = "/CN=mesh", .key = 10 + i, .exts = exts });
    a.chain[n++] = mint_leaf(m, first[0], "/CN=leaf", 2, NULL);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 5; k++)
            a.chain[n++] = mint_cert(m, &(struct mint_cert){ .subject = "/CN=mesh", .key = 10 + i, .by = first[k + 1],
                                                             .exts = exts });
    struct trust_verdict v = ask(&a);
    CHECK(!v.ok);
    CHECK(v.signatures <= TRUST_BUDGET);
    a.q.policy.budget = 3;
    v = ask(&a);
    CHECK_EQ(v.rule, TRUST_SEARCH_BUDGET);
    CHECK_EQ(v.signatures, 3);
}

static void depth_is_counted_without_leaf_and_anchor(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *ca = mint_ca(m, root, "/CN=ca", 2, -1);
    const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 3, NULL);
    ASK(TRUST_OK, .chain = LIST(leaf, ca), .anchors = LIST(root), .q.policy = { .max_depth = 1, .max_depth_set = true });
    ASK(TRUST_PATH_TOO_LONG, .chain = LIST(leaf, ca), .anchors = LIST(root), .q.policy = { .max_depth_set = true });
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .q.policy = { .max_depth_set = true });
    struct ask a = { .anchors = { root } };
    const struct mint_made *by = root;
    size_t n = TRUST_PATH_MAX;
    for (size_t i = 0; i < TRUST_PATH_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "/CN=ca%zu", i);
        a.chain[--n] = by = i + 1 < TRUST_PATH_MAX ? mint_ca(m, by, name, 20 + (int)i, -1)
                                                   : mint_leaf(m, by, "/CN=end", 60, NULL);
    }
    CHECK_EQ(ask(&a).rule, TRUST_PATH_TOO_LONG);
    a.anchors[0] = a.chain[TRUST_PATH_MAX - 1];
    struct trust_verdict v = ask(&a);
    CHECK(v.ok);
    CHECK_EQ(v.path_len, TRUST_PATH_MAX);
}

static void issuer_duties_bind_on_request_only(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_ext *ku = mint_ku(m, true, MINT_KU_CERT_SIGN);
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *no_ski = mint_cert(m, &(struct mint_cert){ .subject = "/CN=custom", .key = 2,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), ku) });
    const struct mint_made *soft = mint_cert(m, &(struct mint_cert){ .subject = "/CN=soft", .key = 3,
        .exts = MINT_EXTS(mint_bc(m, false, true, -1), ku, MINT_SKI) });
    const struct mint_made *no_aki = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 4, .by = root,
        .exts = MINT_EXTS(mint_san(m, false, "DNS:a.example")) });
    const struct mint_made *cases[][2] = {
        { no_aki, root }, { mint_leaf(m, no_ski, "/CN=x", 5, NULL), no_ski }, { mint_leaf(m, soft, "/CN=x", 5, NULL), soft },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ASK(TRUST_OK, .chain = LIST(cases[i][0]), .anchors = LIST(cases[i][1]));
        ASK(TRUST_BAD_EXTENSION, .chain = LIST(cases[i][0]), .anchors = LIST(cases[i][1]),
            .q.policy.issuer_duties = true);
    }
}

GROUP(trust_path, cmocka_unit_test(a_chain_ends_at_its_anchor), cmocka_unit_test(the_anchor_nearest_the_leaf_is_recorded),
      cmocka_unit_test(an_anchor_that_is_no_ca_vouches_for_itself_only),
      cmocka_unit_test(the_search_comes_back_from_dead_ends), cmocka_unit_test(two_anchors_of_one_name_both_work),
      cmocka_unit_test(everything_is_valid_now), cmocka_unit_test(weak_algorithms_are_refused_below_the_anchor),
      cmocka_unit_test(a_ca_signs_only_what_it_may), cmocka_unit_test(path_length_counts_what_is_not_self_issued),
      cmocka_unit_test(a_leaf_is_for_servers), cmocka_unit_test(spoiled_certificates_are_refused),
      cmocka_unit_test(hostile_meshes_end_at_the_budget), cmocka_unit_test(depth_is_counted_without_leaf_and_anchor),
      cmocka_unit_test(issuer_duties_bind_on_request_only))
