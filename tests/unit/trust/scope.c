/* Grants: what a scope says, and for whom an anchor counts. */
#include "trust/cert.h"
#include "trust/scope.h"

#include "unit/trust/ask.h"

#define VC "urn:vcloud:vimserver:1111"
#define VC2 "urn:vcloud:vimserver:2222"

static void texts_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; /* out NULL: refused */
    } cases[] = {
        { "any", "any" },
        { "host:VC1.Example:443", "host:vc1.example:443" },
        { "host:vc1.example.:443", "host:vc1.example:443" },
        { "host:10.0.0.7:8443", "host:10.0.0.7:8443" },
        { "host:[FD00::0:1]:443", "host:[fd00::1]:443" },
        { "vcenter:" VC, "vcenter:" VC },
        { "vcenter:URN:vcloud:VIMSERVER:1111/hosts", "vcenter:" VC "/hosts" },
        { "vcenter:" VC "/endpoint", "vcenter:" VC "/endpoint" },
        { "nsx:urn:vcloud:nsxtmanager:1", "nsx:urn:vcloud:nsxtmanager:1" },
        { "", NULL },
        { "Any", NULL },
        { "any ", NULL },
        { "host:vc1.example", NULL },
        { "host:vc1.example:0", NULL },
        { "host:vc1.example:65536", NULL },
        { "host:vc1.example:443x", NULL },
        { "host::443", NULL },
        { "host:fd00::1:443", NULL },
        { "host:[vc1.example]:443", NULL },
        { "host:*.example:443", NULL },
        { "host:010.0.0.7:443", NULL },
        { "host:a b:443", NULL },
        { "vcenter:", NULL },
        { "vcenter:1111", NULL },
        { "vcenter:" VC "/", NULL },
        { "vcenter:" VC "/host", NULL },
        { "vcenter:urn:a b", NULL },
        { "nsx:" VC "/hosts", NULL },
        { "host:[::1:443", NULL },
        { "org:urn:x", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct trust_scope s;
        struct err e;
        char out[TRUST_SCOPE_TEXT] = "";
        bool ok = trust_scope_parse(cases[i].in, &s, &e);
        if (ok)
            trust_scope_write(&s, out);
        if (ok != (cases[i].out != NULL) || (ok && strcmp(out, cases[i].out) != 0))
            fail_msg("\"%s\" gives %d \"%s\"", cases[i].in, ok, out);
        CHECK(ok || e.kind == ERR_INPUT);
    }
}

static struct trust_scope scope(const char *text)
{
    struct trust_scope s;
    struct err e;
    CHECK_OK(trust_scope_parse(text, &s, &e), &e);
    return s;
}

static void a_wider_scope_covers_a_narrower_one(void **state)
{
    (void)state;
    static const struct {
        const char *wide, *narrow;
        bool covers;
    } cases[] = {
        { "any", "host:a:1", true },
        { "any", "any", true },
        { "host:a:1", "any", false },
        { "host:a:1", "host:a:1", true },
        { "host:a:1", "host:a:2", false },
        { "host:a:1", "host:b:1", false },
        { "vcenter:" VC, "vcenter:" VC "/hosts", true },
        { "vcenter:" VC, "vcenter:" VC "/endpoint", true },
        { "vcenter:" VC "/hosts", "vcenter:" VC, false },
        { "vcenter:" VC "/hosts", "vcenter:" VC "/endpoint", false },
        { "vcenter:" VC, "vcenter:" VC2 "/hosts", false },
        { "nsx:" VC, "vcenter:" VC, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct trust_scope wide = scope(cases[i].wide), narrow = scope(cases[i].narrow);
        CHECK_EQ(trust_scope_covers(&wide, &narrow), cases[i].covers);
    }
}

static void scope_is_compared_with_on_whose_behalf(void **state)
{
    (void)state;
    static const struct trust_behalf look = { TRUST_FOR_ADDRESS, 443, NULL, "VC1.example" },
                                     vc = { TRUST_FOR_VCENTER, 443, VC, "vc1.example" },
                                     esx = { TRUST_FOR_ESXI, 443, VC, "vc1.example" },
                                     nsx = { TRUST_FOR_NSX, 443, VC, "nsx.example" };
    static const struct {
        const char *scope;
        bool look, vc, esx, nsx;
    } cases[] = {
        { "any", true, true, true, true },
        { "host:vc1.example:443", true, true, false, false }, /* a host's name is the vCenter's choice */
        { "host:vc1.example:8443", false, false, false, false },
        { "vcenter:" VC, false, true, true, false },
        { "vcenter:" VC "/endpoint", false, true, false, false },
        { "vcenter:" VC "/hosts", false, false, true, false },
        { "vcenter:" VC2, false, false, false, false },
        { "nsx:" VC, false, false, false, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct trust_scope s = scope(cases[i].scope);
        CHECK_EQ(trust_scope_serves(&s, &look), cases[i].look);
        CHECK_EQ(trust_scope_serves(&s, &vc), cases[i].vc);
        CHECK_EQ(trust_scope_serves(&s, &esx), cases[i].esx);
        CHECK_EQ(trust_scope_serves(&s, &nsx), cases[i].nsx);
    }
}

/* E1: an endpoint's enterprise CA never vouches for hosts, nor one vCenter's VMCA for another's. */
static void E1_anchors_count_only_where_granted(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *ca = mint_root(m, "/CN=enterprise", 1);
    const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 2, "DNS:a.example");
    const struct trust_behalf vc = { TRUST_FOR_VCENTER, 443, VC, "a.example" },
                              esx = { TRUST_FOR_ESXI, 443, VC, "a.example" },
                              esx2 = { TRUST_FOR_ESXI, 443, VC2, "a.example" };
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .scopes = LIST("vcenter:" VC "/endpoint"), .q.behalf = vc);
    ASK(TRUST_OUT_OF_SCOPE, .chain = LIST(leaf), .anchors = LIST(ca), .scopes = LIST("vcenter:" VC "/endpoint"),
        .q.behalf = esx);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .scopes = LIST("vcenter:" VC "/hosts"), .q.behalf = esx);
    ASK(TRUST_OUT_OF_SCOPE, .chain = LIST(leaf), .anchors = LIST(ca), .scopes = LIST("vcenter:" VC "/hosts"),
        .q.behalf = esx2);
    ASK(TRUST_OUT_OF_SCOPE, .chain = LIST(leaf), .anchors = LIST(leaf), .scopes = LIST("vcenter:" VC "/hosts"),
        .q.behalf = esx2);
    /* Two grants of one certificate add up. */
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca, ca),
        .scopes = LIST("vcenter:" VC "/hosts", "vcenter:" VC2 "/hosts"), .q.behalf = esx2);
    /* An anchor out of scope may still stand in the middle, as the untrusted certificate that the peer sent. */
    const struct mint_made *root = mint_root(m, "/CN=root", 3), *sub = mint_ca(m, root, "/CN=sub", 4, -1);
    ASK(TRUST_OK, .chain = LIST(mint_leaf(m, sub, "/CN=x", 5, NULL), sub), .anchors = LIST(sub, root),
        .scopes = LIST("vcenter:" VC2, "vcenter:" VC), .q.behalf = esx);
}

/* A tenant can never vouch for a vCenter or a host; its own question sees its own anchors only. */
static void a_tenants_grant_serves_the_tenant_only(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *made[2] = { mint_root(m, "/CN=tenant", 1), mint_root(m, "/CN=system", 2) };
    struct trust_row rows[2] = {
        { .der = made[0]->der, .len = made[0]->len, .org = "urn:vcloud:org:1" },
        { .der = made[1]->der, .len = made[1]->len, .system = true },
    };
    struct trust_rows all = { .anchors = rows, .anchors_len = 2 };
    AUTO(trust_set_unrefp) struct trust_set *set = trust_set_create(&all, NULL);
    static const struct {
        const char *org;
        bool ok[2];
    } cases[] = {
        { NULL, { false, true } }, { "urn:vcloud:org:1", { true, false } }, { "urn:vcloud:org:2", { false, false } },
    };
    for (size_t who = 0; who < ARRAY_LEN(cases); who++)
        for (size_t i = 0; i < 2; i++) {
            const struct mint_made *leaf = mint_leaf(m, made[i], "/CN=leaf", 3, NULL);
            struct trust_cert *c;
            struct err e;
            struct trust_verdict v;
            CHECK_OK(trust_cert_parse(leaf->der, leaf->len, &c, &e), &e);
            const struct trust_cert *chain[] = { c };
            trust_decide(set, &(struct trust_question){ .chain = chain, .chain_len = 1, .now = MINT_NOW,
                                                        .names_mode = TRUST_NAMES_NONE, .org = cases[who].org }, &v);
            (void)trust_cert_unref(c);
            CHECK_EQ(v.ok, cases[who].ok[i]);
            CHECK_EQ(v.rule, cases[who].ok[i] ? TRUST_OK : TRUST_OUT_OF_SCOPE);
        }
}

/* S13: with names off only the confirmed key, or an anchor for this endpoint alone, receives credentials. */
static void S13_names_off_needs_something_that_ties(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *ca = mint_root(m, "/CN=enterprise", 1);
    const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 2, "DNS:other.example");
    const struct mint_made *same_key = mint_leaf(m, ca, "/CN=renewed", 2, "DNS:other.example");
    struct trust_cert *parsed;
    struct err e;
    CHECK_OK(trust_cert_parse(leaf->der, leaf->len, &parsed, &e), &e);
    const uint8_t *key = trust_cert_key_sha256(parsed), wrong[DIGEST_SHA256] = { 0 };
    struct trust_question off = { .names_mode = TRUST_NAMES_OFF,
                                  .behalf = { TRUST_FOR_VCENTER, 443, VC, "a.example" } };
    struct trust_question with_key = off, with_wrong = off, with_word = off, nsx = off, host = off;
    with_key.pinned_key = key;
    with_wrong.pinned_key = wrong;
    with_word.unpinned_acknowledged = true;
    nsx.behalf.kind = TRUST_FOR_NSX;
    host.behalf.kind = TRUST_FOR_ESXI;
    ASK(TRUST_NAME_OFF_UNPINNED, .chain = LIST(leaf), .anchors = LIST(ca), .q = off);
    ASK(TRUST_NAME_OFF_UNPINNED, .chain = LIST(leaf), .anchors = LIST(ca), .scopes = LIST("vcenter:" VC), .q = off);
    ASK(TRUST_NAME_OFF_UNPINNED, .chain = LIST(leaf), .anchors = LIST(ca), .q = with_wrong);
    ASK(TRUST_NAME_OFF_UNPINNED, .chain = LIST(leaf), .anchors = LIST(ca), .q = nsx);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .scopes = LIST("vcenter:" VC "/endpoint"), .q = off);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .scopes = LIST("host:a.example:443"), .q = off);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .q = with_key);
    ASK(TRUST_OK, .chain = LIST(same_key), .anchors = LIST(ca), .q = with_key);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .q = with_word);
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .q = host);
    ASK(TRUST_UNKNOWN_ISSUER, .chain = LIST(leaf), .q = with_key); /* a pin is no anchor */
    (void)trust_cert_unref(parsed);
}

/* The operating system's public CAs never count with names off. */
static void public_cas_need_names(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *ca = mint_root(m, "/CN=public", 1), *leaf = mint_leaf(m, ca, "/CN=l", 2, "DNS:a.example");
    struct trust_row row = { .der = ca->der, .len = ca->len, .system = true, .public_ca = true };
    struct trust_rows rows = { .anchors = &row, .anchors_len = 1 };
    AUTO(trust_set_unrefp) struct trust_set *set = trust_set_create(&rows, NULL);
    struct trust_cert *c;
    struct err e;
    struct trust_verdict v;
    const char *name = "a.example";
    CHECK_OK(trust_cert_parse(leaf->der, leaf->len, &c, &e), &e);
    const struct trust_cert *chain[] = { c };
    struct trust_question q = { .chain = chain, .chain_len = 1, .now = MINT_NOW, .names = &name, .names_len = 1 };
    trust_decide(set, &q, &v);
    CHECK_EQ(v.rule, TRUST_OK);
    q.names_mode = TRUST_NAMES_OFF;
    q.unpinned_acknowledged = true;
    trust_decide(set, &q, &v);
    CHECK_EQ(v.rule, TRUST_NAME_OFF_PUBLIC);
    (void)trust_cert_unref(c);
}

/* The lab's certificates count with --lab only. */
static void lab_certificates_need_the_lab(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *ca = mint_cert(m, &(struct mint_cert){ .subject = "/CN=lab", .key = 1,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), MINT_SKI,
                          mint_raw(m, "1.3.6.1.4.1.32473.1818321441", false, "0500")) });
    const struct mint_made *leaf = mint_leaf(m, ca, "/CN=leaf", 2, NULL);
    ASK(TRUST_LAB, .chain = LIST(leaf), .anchors = LIST(ca));
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(ca), .q.policy.allow_lab = true);
}

GROUP(trust_scope, cmocka_unit_test(texts_are_read_strictly), cmocka_unit_test(a_wider_scope_covers_a_narrower_one),
      cmocka_unit_test(scope_is_compared_with_on_whose_behalf), cmocka_unit_test(E1_anchors_count_only_where_granted),
      cmocka_unit_test(a_tenants_grant_serves_the_tenant_only),
      cmocka_unit_test(S13_names_off_needs_something_that_ties), cmocka_unit_test(public_cas_need_names),
      cmocka_unit_test(lab_certificates_need_the_lab))
