#include "trust/hostname.h"

#include "unit/trust/ask.h"

static void patterns_match_whole_labels(void **state)
{
    (void)state;
    static const struct {
        const char *host, *pattern;
        bool ok;
    } cases[] = {
        { "vc1.example", "vc1.example", true },
        { "VC1.Example", "vc1.EXAMPLE", true },
        { "vc1.example.", "vc1.example", true },
        { "a.example", "*.example", true },
        { "esx_1.example", "esx_1.example", true },
        { "vc1.example", "vc1.example.", false },
        { "vc1.example", "vc1", false },
        { "vc1", "vc1.example", false },
        { "a.b.example", "*.example", false },
        { "example", "*.example", false },
        { "a.example", "*a.example", false },
        { "ab.example", "a*.example", false },
        { "a.b.example", "a.*.example", false },
        { "a.b", "*.*", false },
        { "a", "*", false },
        { ".example", "*.example", false },
        { "10.0.0.7", "10.0.0.7", false },
        { "10.0.0.7", "*.0.0.7", false },
        { "fd00::1", "fd00::1", false },
        { "", "", false },
        { "a..example", "a..example", false },
        { "a.example\xff", "a.example\xff", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (hostname_matches(cases[i].host, cases[i].pattern, strlen(cases[i].pattern)) != cases[i].ok)
            fail_msg("%s against %s", cases[i].host, cases[i].pattern);
    CHECK(!hostname_matches("a.example", "a.example\0.evil", 14));
}

static void names_have_bounds(void **state)
{
    (void)state;
    char label[65], name[260] = "";
    memset(label, 'a', 64);
    label[64] = '\0';
    CHECK(!hostname_ok(label, 64));
    CHECK(hostname_ok(label, 63));
    for (int i = 0; i < 126; i++)
        memcpy(name + 2 * (size_t)i, "a.", 3);
    CHECK(!hostname_ok(name, 252));
    CHECK(hostname_ok(name, 251));
    memcpy(name + 252, "aaa", 4);
    CHECK(!hostname_ok(name, 255));
}

static void only_alternative_names_count(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct {
        const char *subject, *san, *host;
        enum trust_rule want;
    } cases[] = {
        { "/CN=x", "DNS:vc1.example,IP:10.0.0.7", "vc1.example", TRUST_OK },
        { "/CN=x", "DNS:vc1.example,IP:10.0.0.7", "10.0.0.7", TRUST_OK },
        { "/CN=x", "IP:fd00::7", "fd00:0:0::7", TRUST_OK },
        { "/CN=x", "DNS:a.example,DNS:b.example", "b.example", TRUST_OK },
        { "/CN=vc1.example", NULL, "vc1.example", TRUST_NO_NAME }, /* RFC 9525: the CN never counts */
        { "/CN=vc1.example", "email:a@b.example", "vc1.example", TRUST_NO_NAME },
        { "/CN=vc1.example", "DNS:other.example", "vc1.example", TRUST_NAME_MISMATCH },
        { "/CN=x", "DNS:10.0.0.7", "10.0.0.7", TRUST_NAME_MISMATCH },
        { "/CN=x", "IP:10.0.0.8", "10.0.0.7", TRUST_NAME_MISMATCH },
        { "/CN=x", "URI:https://vc1.example/", "vc1.example", TRUST_NO_NAME },
        { "/CN=x", "IP:10.0.0.7", "0x0a.0.0.7", TRUST_NAME_MISMATCH },
        { "/CN=x", "IP:10.0.0.7", "10.0.0.07", TRUST_NAME_MISMATCH },
        { "/CN=x", "IP:127.0.0.1,email:email@acme.com", "vc1.example", TRUST_NAME_MISMATCH },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mint_made *leaf = mint_leaf(m, root, cases[i].subject, 2, cases[i].san);
        print_message("case %zu\n", i);
        ASK(cases[i].want, .chain = LIST(leaf), .anchors = LIST(root), .host = cases[i].host);
    }
}

static void any_accepted_name_will_do(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *leaf = mint_leaf(m, root, "/CN=x", 2, "IP:10.0.0.7");
    const char *names[] = { "esx1", "esx1.example", "10.0.0.7" };
    ASK(TRUST_OK, .chain = LIST(leaf), .anchors = LIST(root), .q = { .names = names, .names_len = 3 });
    ASK(TRUST_NAME_MISMATCH, .chain = LIST(leaf), .anchors = LIST(root), .q = { .names = names, .names_len = 2 });
    struct trust_verdict v = ask(&(struct ask){ .chain = { leaf }, .anchors = { root },
                                                .q = { .names = names, .names_len = 2 } });
    CHECK_STR(v.expected, "esx1 or esx1.example");
    CHECK_STR(v.seen, "IP:10.0.0.7");
    /* Asked to check names and given none: nothing fits. */
    ASK(TRUST_NO_NAME, .chain = LIST(leaf), .anchors = LIST(root), .q = { .names = names });
}

GROUP(trust_hostname, cmocka_unit_test(patterns_match_whole_labels), cmocka_unit_test(names_have_bounds),
      cmocka_unit_test(only_alternative_names_count), cmocka_unit_test(any_accepted_name_will_do))
