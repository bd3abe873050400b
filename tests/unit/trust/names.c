/* What CAs may vouch for: name constraints and policies. */
#include "unit/trust/ask.h"

static void name_constraints_bind_every_name_below(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct {
        const char *permitted, *excluded, *subject, *san;
        enum trust_rule want;
    } cases[] = {
        { "DNS:example", NULL, "/CN=x", "DNS:a.example", TRUST_OK },
        { "DNS:example", NULL, "/CN=x", "DNS:example", TRUST_OK },
        { "DNS:example", NULL, "/CN=x", "DNS:a.EXAMPLE,IP:10.0.0.1", TRUST_OK },
        { "DNS:example", NULL, "/CN=x", "DNS:aexample", TRUST_NAME_CONSTRAINT },
        { "DNS:example", NULL, "/CN=x", "DNS:a.example,DNS:b.other", TRUST_NAME_CONSTRAINT },
        { "DNS:example", NULL, "/CN=x", "DNS:*.example", TRUST_OK },
        { "DNS:a.example", NULL, "/CN=x", "DNS:*.example", TRUST_NAME_CONSTRAINT },
        { NULL, "DNS:a.example", "/CN=x", "DNS:*.example", TRUST_NAME_CONSTRAINT },
        { NULL, "DNS:b.a.example", "/CN=x", "DNS:*.example", TRUST_OK },
        { NULL, "DNS:example", "/CN=x", "DNS:a.example", TRUST_NAME_CONSTRAINT },
        { NULL, "DNS:example", "/CN=x", "DNS:a.other", TRUST_OK },
        { "DNS:example", NULL, "/CN=x", "DNS:a b.example", TRUST_BAD_EXTENSION },
        { "DNS:example", NULL, "/CN=x", "DNS:a..example", TRUST_NAME_CONSTRAINT },
        { "DNS:", "DNS:bad", "/CN=x", "DNS:a.example", TRUST_OK },
        { "IP:10.0.0.0/255.0.0.0", NULL, "/CN=x", "IP:10.9.9.9", TRUST_OK },
        { "IP:10.0.0.0/255.0.0.0", NULL, "/CN=x", "IP:11.0.0.1", TRUST_NAME_CONSTRAINT },
        { "IP:10.0.0.0/255.0.0.0", NULL, "/CN=x", "IP:fd00::1", TRUST_NAME_CONSTRAINT },
        { NULL, "IP:fd00::/ffff::", "/CN=x", "IP:fd00::1", TRUST_NAME_CONSTRAINT },
        { "email:example", NULL, "/CN=x", "email:a@example", TRUST_OK },
        { "email:example", NULL, "/CN=x", "email:a@b.example", TRUST_NAME_CONSTRAINT },
        { "email:.example", NULL, "/CN=x", "email:a@b.example", TRUST_OK },
        { "email:a@example", NULL, "/CN=x", "email:A@example", TRUST_NAME_CONSTRAINT },
        { "email:a@example", NULL, "/CN=x", "email:a@EXAMPLE", TRUST_OK },
        { "email:example", NULL, "/CN=x/emailAddress=a@other", NULL, TRUST_NAME_CONSTRAINT },
        { "email:example", NULL, "/CN=x/emailAddress=a@other", "DNS:a.example", TRUST_OK },
        { "URI:.example", NULL, "/CN=x", "URI:https://u@a.example:8/x", TRUST_OK },
        { "URI:a.example", NULL, "/CN=x", "URI:https://b.a.example/", TRUST_NAME_CONSTRAINT },
        { "URI:a.example", NULL, "/CN=x", "URI:https://10.0.0.1/", TRUST_NAME_CONSTRAINT },
        { "dir:/O=Acme", NULL, "/O=acme/CN=x", "DNS:a", TRUST_OK },
        { "dir:/O=Acme", NULL, "/O=Other/CN=x", "DNS:a", TRUST_NAME_CONSTRAINT },
        { "dir:/O=Acme", NULL, "/CN=x/O=Acme", "DNS:a", TRUST_NAME_CONSTRAINT },
        { NULL, "dir:/O=Acme", "/O:P=ACME/CN=x", "DNS:a", TRUST_NAME_CONSTRAINT },
        { "other:1.2.3=a", NULL, "/CN=x", "DNS:a", TRUST_OK },
        { NULL, "other:1.2.3=a", "/CN=x", "other:1.2.3=b", TRUST_NAME_CONSTRAINT },
        /* constraints that are malformed themselves */
        { "", "", "/CN=x", "DNS:a", TRUST_BAD_EXTENSION },
        { NULL, NULL, "/CN=x", "DNS:a", TRUST_BAD_EXTENSION },
        { "DNS:.example", NULL, "/CN=x", "DNS:a.example", TRUST_BAD_EXTENSION },
        { "DNS:*.example", NULL, "/CN=x", "DNS:a.example", TRUST_BAD_EXTENSION },
        { "IP:10.0.0.0/255.0.255.0", NULL, "/CN=x", "IP:10.0.0.1", TRUST_BAD_EXTENSION },
        { "raw:870400000000", NULL, "/CN=x", "IP:10.0.0.1", TRUST_BAD_EXTENSION },
        { "email:@example", NULL, "/CN=x", "DNS:a", TRUST_BAD_EXTENSION },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *root = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 1,
            .exts = MINT_EXTS(mint_bc(m, true, true, -1), MINT_SKI,
                              mint_nc(m, true, cases[i].permitted, cases[i].excluded)) });
        const struct mint_made *leaf = mint_leaf(m, root, cases[i].subject, 2, cases[i].san);
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf), .anchors = LIST(root));
    }
}

static void the_requested_name_is_held_against_constraints(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 1,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), MINT_SKI, mint_nc(m, true, "DNS:example", "DNS:x.a.example")) });
    const struct mint_made *leaf = mint_leaf(m, root, "/CN=x", 2, "DNS:*.example");
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .host = "b.example");
    /* Another accepted name that is permitted does not help the one that the leaf carries. */
    const struct mint_made *open_root = mint_cert(m, &(struct mint_cert){ .subject = "/CN=open", .key = 3,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), MINT_SKI, mint_nc(m, true, "IP:10.0.0.0/255.0.0.0", NULL)) });
    const struct mint_made *host = mint_leaf(m, open_root, "/CN=x", 2, "DNS:esx1.example,IP:10.0.0.7");
    const char *names[] = { "esx1.example", "10.0.0.7", "11.0.0.7" };
    ASK(TRUST_OK, .chain = LIST(host), .anchors = LIST(open_root), .q = { .names = names, .names_len = 3 });
    ASK(TRUST_NAME_MISMATCH, .chain = LIST(host), .anchors = LIST(open_root), .q = { .names = names + 2, .names_len = 1 });
    const struct mint_made *wild = mint_leaf(m, root, "/CN=x", 2, "DNS:*.a.example");
    ASK(TRUST_NAME_CONSTRAINT, .chain = LIST(wild), .anchors = LIST(root), .host = "x.a.example");
}

/* Self-issued certificates are exempt, unless they are the last one (RFC 5280 6.1.3 (b)). */
static void self_issued_cas_are_exempt(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 1,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), MINT_SKI, mint_nc(m, true, "dir:/O=Acme", NULL)) });
    const struct mint_made *again = mint_ca(m, root, "/CN=root", 2, -1);
    const struct mint_made *good = mint_leaf(m, again, "/O=Acme/CN=x", 3, NULL);
    const struct mint_made *bad = mint_leaf(m, again, "/CN=root", 3, NULL);
    ASK(TRUST_OK, .chain = LIST(good, again), .anchors = LIST(root));
    ASK(TRUST_NAME_CONSTRAINT, .chain = LIST(bad, again), .anchors = LIST(root));
}

/* Another path may permit what the first one does not. */
static void constraints_make_the_search_go_on(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *narrow = mint_cert(m, &(struct mint_cert){ .subject = "/CN=narrow", .key = 1,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), MINT_SKI, mint_nc(m, true, "DNS:other", NULL)) });
    const struct mint_made *wide = mint_root(m, "/CN=wide", 2);
    const struct mint_made *a = mint_ca(m, narrow, "/CN=ca", 3, -1), *b = mint_ca(m, wide, "/CN=ca", 3, -1);
    const struct mint_made *leaf = mint_leaf(m, a, "/CN=x", 4, "DNS:a.example");
    ASK(TRUST_OK, .chain = LIST(leaf, a, b), .anchors = LIST(narrow, wide));
    ASK(TRUST_OK, .chain = LIST(leaf, b, a), .anchors = LIST(wide, narrow));
    ASK(TRUST_NAME_CONSTRAINT, .chain = LIST(leaf, a), .anchors = LIST(narrow, wide));
}

static void too_many_comparisons_are_refused(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    enum { COUNT = 600 };
    static char permitted[COUNT * 20], names[COUNT * 20];
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(permitted + strlen(permitted), 20, "%sDNS:p%d.x", i ? "," : "", i);
        (void)snprintf(names + strlen(names), 20, "%sDNS:p%d.x", i ? "," : "", COUNT - 1);
    }
    const struct mint_made *root = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 1,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), MINT_SKI, mint_nc(m, true, permitted, NULL)) });
    const struct mint_made *leaf = mint_leaf(m, root, "/CN=x", 2, names);
    ASK(TRUST_NAME_CONSTRAINT, .chain = LIST(leaf), .anchors = LIST(root));
    const struct mint_made *few = mint_leaf(m, root, "/CN=x", 2, "DNS:a.p9.x");
    ASK(TRUST_OK, .chain = LIST(few), .anchors = LIST(root));
}

static void policies_count_where_somebody_asks(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_ext *bc = mint_bc(m, true, true, -1), *p1 = mint_policies(m, false, "1.2.3"),
                          *p2 = mint_policies(m, false, "1.2.4"), *any = mint_policies(m, false, "2.5.29.32.0"),
                          *both = mint_policies(m, false, "1.2.3 1.2.4"),
                          *require = mint_policy_constraints(m, true, 0, -1),
                          *map = mint_mappings(m, true, "1.2.3=1.2.4"),
                          *no_map = mint_policy_constraints(m, true, 0, 0), *no_any = mint_inhibit_any(m, true, 0),
                          *map_any = mint_mappings(m, true, "1.2.3=2.5.29.32.0");
    const struct {
        const struct mint_ext *top[4], *sub[4], *leaf;
        enum trust_rule want;
    } cases[] = {
        { { NULL }, { NULL }, NULL, TRUST_OK },
        { { p1 }, { p2 }, NULL, TRUST_OK },
        { { p1, require }, { p1 }, p1, TRUST_OK },
        { { p1, require }, { p1 }, NULL, TRUST_CERTIFICATE_POLICY },
        { { p1, require }, { NULL }, p1, TRUST_CERTIFICATE_POLICY },
        { { p1, require }, { p1 }, p2, TRUST_CERTIFICATE_POLICY },
        { { p1, require }, { both }, p1, TRUST_OK },
        { { p1, require }, { p2 }, both, TRUST_CERTIFICATE_POLICY },
        { { any, require }, { p2 }, p2, TRUST_OK },
        { { any, require, no_any }, { any }, p1, TRUST_CERTIFICATE_POLICY },
        { { any, require, no_any }, { p1 }, p1, TRUST_OK },
        { { p1, require, map }, { p2 }, p2, TRUST_OK },
        { { p1, require, map }, { p1 }, p1, TRUST_CERTIFICATE_POLICY },
        { { any, require, map }, { p2 }, p2, TRUST_OK },
        { { p1, no_map }, { p1, map }, p2, TRUST_CERTIFICATE_POLICY },
        { { p1, map_any }, { p1 }, p1, TRUST_CERTIFICATE_POLICY },
        { { p1 }, { p1 }, mint_policies(m, true, "1.2.3 1.2.3"), TRUST_CERTIFICATE_POLICY },
    };
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_ext *top[8] = { bc, MINT_SKI, MINT_AKI }, *sub[8] = { bc, MINT_SKI, MINT_AKI };
        for (size_t k = 0; k < 4; k++) {
            top[3 + k] = cases[i].top[k];
            sub[3 + k] = cases[i].sub[k];
        }
        const struct mint_made *a = mint_cert(m, &(struct mint_cert){ .subject = "/CN=a", .key = 2, .by = root,
                                                                      .exts = top });
        const struct mint_made *b = mint_cert(m, &(struct mint_cert){ .subject = "/CN=b", .key = 3, .by = a,
                                                                      .exts = sub });
        const struct mint_made *leaf = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 4, .by = b,
            .exts = MINT_EXTS(MINT_AKI, cases[i].leaf) });
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf, b, a), .anchors = LIST(root));
    }
}

/* RFC 5280 4.2.1.4: who can't interpret a qualifier of a critical policy refuses. */
static void critical_policies_have_known_qualifiers(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    static const struct {
        bool critical;
        const char *policies; /* hex: policy 1.2.3 with one qualifier "a" */
        enum trust_rule want;
    } cases[] = {
        { true, "30173015" "06022a03" "300f300d" "06082b06010505070201" "160161", TRUST_OK }, /* CPS */
        { true, "30173015" "06022a03" "300f300d" "06082b06010505070202" "160161", TRUST_OK }, /* user notice */
        { true, "30123010" "06022a03" "300a3008" "06032a0304" "160161", TRUST_CRITICAL_EXTENSION },
        { false, "30123010" "06022a03" "300a3008" "06032a0304" "160161", TRUST_OK },
        { true, "30083006" "06022a03" "0500", TRUST_CRITICAL_EXTENSION }, /* NULL where qualifiers belong */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *leaf = mint_cert(m, &(struct mint_cert){ .subject = "/CN=leaf", .key = 2, .by = root,
            .exts = MINT_EXTS(MINT_AKI, mint_raw(m, "2.5.29.32", cases[i].critical, cases[i].policies)) });
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf), .anchors = LIST(root));
    }
}

/* RFC 9598 section 6: rfc822Name constraints speak of SmtpUTF8Mailbox names too. */
static void mail_constraints_bind_international_addresses(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    static const struct {
        const char *permitted, *excluded, *name;
        enum trust_rule want;
    } cases[] = {
        { "email:a.example", NULL, "other:1.3.6.1.5.5.7.8.9=\u00e4@a.example", TRUST_OK },
        { "email:a.example", NULL, "other:1.3.6.1.5.5.7.8.9=\u00e4@b.example", TRUST_NAME_CONSTRAINT },
        { NULL, "email:.a.example", "other:1.3.6.1.5.5.7.8.9=\u00e4@x.a.example", TRUST_NAME_CONSTRAINT },
        { NULL, "email:.a.example", "other:1.3.6.1.5.5.7.8.9=\u00e4@b.example", TRUST_OK },
        { NULL, "email:a.example", "other:1.3.6.1.5.5.7.8.9=\u00e4", TRUST_NAME_CONSTRAINT }, /* no address */
        { NULL, "DNS:a.example", "other:1.3.6.1.5.5.7.8.9=\u00e4@a.example", TRUST_OK },
        { "email:a.example", NULL, "other:1.2.3=\u00e4@b.example", TRUST_OK }, /* another form of name */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *root = mint_cert(m, &(struct mint_cert){ .subject = "/CN=root", .key = 1,
            .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_nc(m, true, cases[i].permitted, cases[i].excluded)) });
        const struct mint_made *leaf = mint_leaf(m, root, "/CN=x", 2, cases[i].name);
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf), .anchors = LIST(root));
    }
}

GROUP(trust_names, cmocka_unit_test(name_constraints_bind_every_name_below),
      cmocka_unit_test(the_requested_name_is_held_against_constraints), cmocka_unit_test(self_issued_cas_are_exempt),
      cmocka_unit_test(constraints_make_the_search_go_on), cmocka_unit_test(too_many_comparisons_are_refused),
      cmocka_unit_test(policies_count_where_somebody_asks),
      cmocka_unit_test(critical_policies_have_known_qualifiers),
      cmocka_unit_test(mail_constraints_bind_international_addresses))
