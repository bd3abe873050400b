/* Chains as vCenter's own CA makes them (fixture/vmca.h): every good one is believed, every bad one is not. */
#include "fixture/vmca.h"

#include "trust/cert.h"
#include "unit/trust/ask.h"

/* The root of this kind, below an enterprise CA where it is a subordinate. */
static const struct mint_made *authority(struct mint *m, int kind, int key)
{
    const struct mint_made *enterprise = kind == VMCA_SUB ? mint_root(m, "/CN=Enterprise Root", MINT_RSA_2048 + 3) : NULL;
    return vmca_root(m, &(struct vmca_root){ .kind = (enum vmca_root_kind)kind, .key = key, .by = enterprise });
}

/* The name that a client connects to; NULL: such a certificate is no server's. */
static const char *host_of(int kind)
{
    static const char *const hosts[VMCA_LEAF_KINDS] = {
        [VMCA_MACHINE_SSL_API] = "vc1.example", [VMCA_MACHINE_SSL_CERTOOL] = "vc1.example",
        [VMCA_ESX_BY_IP] = "10.20.30.40",       [VMCA_ESX_BY_NAME] = "esx1.example",
        [VMCA_ESX_INSTALLER] = "vc1.example",   [VMCA_STS] = "vc1.example",
    };
    return hosts[kind];
}

static void every_leaf_of_every_root_is_believed(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    for (int r = 0; r < VMCA_ROOT_KINDS; r++) {
        const struct mint_made *root = authority(m, r, 0), *foreign = authority(m, r, 1);
        for (int k = 0; k < VMCA_LEAF_KINDS; k++) {
            const struct mint_made *leaf = vmca_leaf(m, &(struct vmca_leaf){ .kind = (enum vmca_leaf_kind)k, .by = root,
                                                                             .key = 2 });
            enum trust_rule want = k == VMCA_ESX_INSTALLER ? TRUST_UNKNOWN_ISSUER : TRUST_OK;
            print_message("root %d leaf %d\n", r, k);
            ASK(want, .chain = LIST(leaf), .anchors = LIST(root), .host = host_of(k));
            ASK(want, .chain = LIST(leaf, root), .anchors = LIST(root), .host = host_of(k));
            if (k != VMCA_ESX_INSTALLER) {
                struct trust_verdict v = ask(&(struct ask){ .chain = { leaf }, .anchors = { foreign } });
                CHECK(!v.ok); /* the same name and another key */
            }
            if (k != VMCA_ESX_BY_NAME)
                ASK(want == TRUST_OK ? (host_of(k) ? TRUST_NAME_MISMATCH : TRUST_NO_NAME) : want, .chain = LIST(leaf),
                    .anchors = LIST(root), .host = "esx1.example");
        }
    }
}

static void a_subordinate_is_reached_from_the_enterprise_root(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *enterprise = mint_root(m, "/CN=Enterprise Root", MINT_RSA_2048 + 3);
    const struct mint_made *sub = vmca_root(m, &(struct vmca_root){ .kind = VMCA_SUB, .by = enterprise });
    const struct mint_made *leaf = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_NAME, .by = sub });
    ASK(TRUST_OK, .chain = LIST(leaf, sub), .anchors = LIST(enterprise), .host = "esx1.example");
    ASK(TRUST_UNKNOWN_ISSUER, .chain = LIST(leaf), .anchors = LIST(enterprise), .host = "esx1.example");
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(sub), .host = "esx1.example");
}

/* A regenerated root keeps its name: the old one, the new one, or both may be granted, in any order. */
static void two_roots_of_one_name_both_work(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct vmca_root first = { .kind = VMCA_ROOT_70, .host = "localhost" };
    const struct vmca_root second = { .kind = VMCA_ROOT_70, .host = "localhost", .key = 1 };
    const struct mint_made *before = vmca_root(m, &first), *after = vmca_root(m, &second);
    CHECK_STR(before->subject, after->subject);
    const struct mint_made *old_host = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_NAME, .by = before, .key = 2 });
    const struct mint_made *new_host = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_NAME, .by = after, .key = 3 });
    const struct mint_made *const leaves[] = { old_host, new_host };
    for (size_t i = 0; i < ARRAY_LEN(leaves); i++) {
        ASK(TRUST_OK, .chain = LIST(leaves[i]), .anchors = LIST(before, after), .host = "esx1.example");
        ASK(TRUST_OK, .chain = LIST(leaves[i]), .anchors = LIST(after, before), .host = "esx1.example");
        struct trust_verdict v = ask(&(struct ask){ .chain = { leaves[i] }, .anchors = { i ? before : after } });
        CHECK(!v.ok);
    }
}

/* The root's own SAN (email@acme.com, 127.0.0.1) never makes it match a host. */
static void a_root_is_no_server(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70 });
    struct trust_verdict v = ask(&(struct ask){ .chain = { root }, .anchors = { root }, .host = "127.0.0.1" });
    CHECK(!v.ok);
    const struct mint_made *leaf = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_NAME, .by = root });
    ASK(TRUST_NAME_MISMATCH, .chain = LIST(leaf, root), .anchors = LIST(root), .host = "127.0.0.1");
}

static void validity_is_to_the_second(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct vmca_root described = { .kind = VMCA_ROOT_6X };
    const struct mint_made *root = vmca_root(m, &described);
    int64_t end = vmca_root_end(&described);
    const struct mint_made *clipped = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_STS, .by = root, .clip_at = end });
    ASK(TRUST_OK, .chain = LIST(clipped), .anchors = LIST(root), .q = { .now = end });
    ASK(TRUST_EXPIRED, .chain = LIST(clipped), .anchors = LIST(root), .q = { .now = end + 1 });

    const struct mint_made *leaf = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_MACHINE_SSL_API, .by = root,
        .made_at = MINT_NOW, .not_after = MINT_NOW + 60 });
    ASK(TRUST_NOT_YET_VALID, .chain = LIST(leaf), .anchors = LIST(root), .q = { .now = MINT_NOW - 1 });
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .q = { .now = MINT_NOW });
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .q = { .now = MINT_NOW + 60 });
    ASK(TRUST_EXPIRED, .chain = LIST(leaf), .anchors = LIST(root), .q = { .now = MINT_NOW + 61 });

    const struct mint_made *ended = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .key = 1, .days = 30 });
    const struct mint_made *outlives = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_NAME, .by = ended });
    ASK(TRUST_EXPIRED, .chain = LIST(outlives), .anchors = LIST(ended));
}

static void algorithms_that_are_not_allowed_refuse(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70 });
    const struct mint_made *curve = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .other_key = 1 + MINT_P256 });
    const struct {
        enum trust_rule want;
        const struct mint_made *by;
        struct vmca_leaf leaf;
    } cases[] = {
        { TRUST_OK, root, { .digest = MINT_SHA256 } },
        { TRUST_OK, root, { .digest = MINT_SHA512 } },
        { TRUST_OK, root, { .digest = MINT_PSS_SHA256 } },
        { TRUST_OK, curve, { .digest = MINT_SHA256 } },
        { TRUST_OK, root, { .other_key = 1 + MINT_P384 } },
        { TRUST_WEAK_SIGNATURE, root, { .digest = MINT_SHA1 } },
        { TRUST_WEAK_SIGNATURE, root, { .digest = MINT_MD5 } },
        { TRUST_WEAK_SIGNATURE, root, { .digest = MINT_PSS_SHA1 } },
        { TRUST_WEAK_SIGNATURE, curve, { .digest = MINT_SHA1 } },
        { TRUST_WEAK_KEY, root, { .other_key = 1 + MINT_RSA_1024 } },
        { TRUST_BAD_SIGNATURE, root, { .spoil = MINT_BAD_SIGNATURE } },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vmca_leaf leaf = cases[i].leaf;
        leaf.kind = VMCA_ESX_BY_NAME;
        leaf.by = cases[i].by;
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(vmca_leaf(m, &leaf)), .anchors = LIST(cases[i].by), .host = "esx1.example");
    }
    /* The anchor's own signature proves nothing and is not asked about. */
    const struct mint_made *old = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .digest = MINT_SHA1 });
    ASK(TRUST_OK, .chain = LIST(vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_NAME, .by = old })),
        .anchors = LIST(old));
}

/* A VMCA publishes a CRL without a distribution point in any certificate: it counts by issuer and key. */
static void its_crl_counts(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    for (int r = 0; r < VMCA_ROOT_KINDS; r++) {
        const struct mint_made *root = authority(m, r, 0);
        const struct mint_made *leaf = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_IP, .by = root });
        const struct mint_revoked gone = { .cert = leaf };
        const struct mint_made *clean = vmca_crl(m, root, 11, NULL, 0), *revoking = vmca_crl(m, root, 12, &gone, 1);
        ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(clean),
            .q = { .crl_mode = TRUST_CRL_REQUIRE });
        ASK(TRUST_REVOKED, .chain = LIST(leaf), .anchors = LIST(root), .crls = LIST(clean, revoking),
            .q = { .crl_mode = TRUST_CRL_REQUIRE });
    }
}

/* What vSphere prints: serial numbers whose top bit is set, without the sign byte; a key id where there is none. */
static void texts_are_as_vsphere_shows_them(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *made = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70 });
    const struct mint_made *bare = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_IP, .by = made });
    AUTO(trust_cert_unrefp) struct trust_cert *root = NULL;
    AUTO(trust_cert_unrefp) struct trust_cert *leaf = NULL;
    struct err e = { 0 };
    char text[TRUST_TEXT_MAX];
    CHECK_OK(trust_cert_parse(made->der, made->len, &root, &e), &e);
    CHECK_OK(trust_cert_parse(bare->der, bare->len, &leaf, &e), &e);
    trust_cert_serial(root, text, sizeof(text));
    CHECK_STR(text, made->serial + 2); /* the description has the leading 00 */
    trust_cert_subject(root, text, sizeof(text));
    CHECK_STR(text, "OU=VMware Engineering,O=vc1.example,ST=California,C=US,DC=local,DC=vsphere,CN=CA");
    trust_cert_names(leaf, text, sizeof(text));
    CHECK_STR(text, "IP:10.20.30.40");
    trust_cert_key_id(leaf, text, sizeof(text));
    CHECK_EQ(strlen(text), 40);
}

GROUP(trust_chains, cmocka_unit_test(every_leaf_of_every_root_is_believed),
      cmocka_unit_test(a_subordinate_is_reached_from_the_enterprise_root),
      cmocka_unit_test(two_roots_of_one_name_both_work), cmocka_unit_test(a_root_is_no_server),
      cmocka_unit_test(validity_is_to_the_second), cmocka_unit_test(algorithms_that_are_not_allowed_refuse),
      cmocka_unit_test(its_crl_counts), cmocka_unit_test(texts_are_as_vsphere_shows_them))
