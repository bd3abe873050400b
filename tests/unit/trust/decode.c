/* Bytes: certificates, lists, names, times and bundles, whole, cut and changed. */
#include <stdlib.h>

#include "trust/cert.h"
#include "trust/crl.h"
#include "trust/der.h"
#include "trust/pem.h"
#include "trust/rule.h"
#include "unit/trust/ask.h"

static void a_certificate_says_what_it_is(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *made = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=CA/DC=vsphere/DC=local/C=US/O=vc1\\, \"x\"\n", .key = MINT_RSA_2048, .serial = "00D4BE42579354935B",
        .exts = MINT_EXTS(MINT_SKI, mint_san(m, false, "email:email@acme.com,IP:127.0.0.1,DNS:a.example"),
                          mint_bc(m, true, true, 0)) });
    struct trust_cert *c;
    struct err e;
    char text[300];
    CHECK_OK(trust_cert_parse(made->der, made->len, &c, &e), &e);
    trust_cert_subject(c, text, sizeof(text));
    CHECK_STR(text, "O=vc1\\, \\\"x\\\"\\x0a,C=US,DC=local,DC=vsphere,CN=CA");
    trust_cert_serial(c, text, sizeof(text));
    CHECK_STR(text, "D4BE42579354935B");
    trust_cert_key_text(c, text, sizeof(text));
    CHECK_STR(text, "RSA 2048");
    trust_cert_names(c, text, sizeof(text));
    CHECK_STR(text, "email:email@acme.com, IP:127.0.0.1, DNS:a.example");
    trust_cert_names(c, text, 12);
    CHECK_STR(text, "email:email");
    CHECK(trust_cert_is_ca(c) && trust_cert_self_issued(c));
    CHECK_EQ(trust_cert_not_after(c) - trust_cert_not_before(c), 360 * MINT_DAY);
    CHECK(trust_cert_issued_by(c, c));
    size_t len;
    CHECK_EQ(memcmp(trust_cert_der(c, &len), made->der, made->len), 0);
    CHECK_EQ(len, made->len);
    (void)trust_cert_unref(c);
}

/* Cut at every byte it is no certificate; with any byte changed it is none, or a path can't hold it. */
static void broken_bytes_are_never_believed(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *leaf = mint_leaf(m, root, "/CN=leaf", 2, "DNS:a.example");
    struct trust_row row = { .der = root->der, .len = root->len, .system = true };
    struct trust_rows rows = { .anchors = &row, .anchors_len = 1 };
    AUTO(trust_set_unrefp) struct trust_set *set = trust_set_create(&rows, NULL);
    struct trust_cert *c;
    struct err e;
    for (size_t len = 0; len < leaf->len; len++) {
        uint8_t *cut = malloc(len ? len : 1); /* exactly as long, so that a read past it is seen */
        memcpy(cut, leaf->der, len);
        CHECK_FAILS(trust_cert_parse(cut, len, &c, &e), &e, ERR_INPUT);
        free(cut);
    }
    for (size_t at = 0; at < leaf->len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t *changed = malloc(leaf->len);
            struct trust_verdict v = { .ok = false };
            memcpy(changed, leaf->der, leaf->len);
            changed[at] ^= (uint8_t)(1u << bit);
            if (trust_cert_parse(changed, leaf->len, &c, &e)) {
                const struct trust_cert *chain[] = { c };
                trust_decide(set, &(struct trust_question){ .chain = chain, .chain_len = 1, .now = MINT_NOW,
                                                            .names_mode = TRUST_NAMES_NONE }, &v);
                (void)trust_cert_unref(c);
            }
            if (v.ok)
                fail_msg("believed with bit %u of byte %zu changed", bit, at);
            free(changed);
        }
}

static void odd_encodings_are_refused(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    static const unsigned spoils[] = { MINT_TRAILING, MINT_TRUNCATED };
    struct trust_cert *c;
    struct trust_crl *l;
    struct err e;
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    for (size_t i = 0; i < ARRAY_LEN(spoils); i++) {
        const struct mint_made *made = mint_cert(m, &(struct mint_cert){ .subject = "/CN=x", .spoil = spoils[i] });
        const struct mint_made *list = mint_crl(m, &(struct mint_crl){ .by = root, .spoil = spoils[i] });
        CHECK_FAILS(trust_cert_parse(made->der, made->len, &c, &e), &e, ERR_INPUT);
        CHECK_FAILS(trust_crl_parse(list->der, list->len, &l, &e), &e, ERR_INPUT);
    }
    static uint8_t large[TRUST_CERT_MAX + 1];
    CHECK_FAILS(trust_cert_parse(large, sizeof(large), &c, &e), &e, ERR_LIMIT);
}

static void lists_cut_or_changed_never_crash(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *list = mint_crl(m, &(struct mint_crl){ .by = root, .number = 17,
        .idp = &(struct mint_idp){ .dp = { .full = "URI:http://a/" }, .indirect = true },
        MINT_REVOKED({ .serial = "01", .reason = MINT_REASON_KEY, .certificate_issuer = "dir:/CN=a" }, { .serial = "02" }) });
    struct trust_crl *l;
    struct err e;
    char text[64];
    CHECK_OK(trust_crl_parse(list->der, list->len, &l, &e), &e);
    CHECK_EQ(trust_crl_count(l), 2);
    trust_crl_number(l, text, sizeof(text));
    CHECK_STR(text, "11");
    CHECK(!trust_crl_is_delta(l));
    (void)trust_crl_unref(l);
    for (size_t len = 0; len < list->len; len++) {
        uint8_t *cut = malloc(len ? len : 1);
        memcpy(cut, list->der, len);
        CHECK_FAILS(trust_crl_parse(cut, len, &l, &e), &e, ERR_INPUT);
        free(cut);
    }
    for (size_t at = 0; at < list->len; at++) {
        uint8_t *changed = malloc(list->len);
        memcpy(changed, list->der, list->len);
        changed[at] ^= 0x41;
        if (trust_crl_parse(changed, list->len, &l, &e))
            (void)trust_crl_unref(l);
        free(changed);
    }
}

static void der_is_strict(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[8];
        size_t len;
        bool ok;
    } cases[] = {
        { { 0x04, 0x01, 0xff }, 3, true },
        { { 0x04, 0x00 }, 2, true },
        { { 0x04, 0x02, 0xff }, 3, false },
        { { 0x04, 0x81, 0x01, 0xff }, 4, false },
        { { 0x04, 0x82, 0x00, 0x01, 0xff }, 5, false },
        { { 0x04, 0x80, 0x00, 0x00 }, 4, false },
        { { 0x1f, 0x01, 0xff }, 3, false },
        { { 0x04, 0x84, 0xff, 0xff, 0xff, 0xff }, 6, false },
        { { 0x04, 0x85, 1, 0, 0, 0, 0 }, 7, false },
        { { 0x04 }, 1, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct der in = { cases[i].bytes, cases[i].len }, value;
        CHECK_EQ(der_take(&in, DER_OCTET_STRING, &value), cases[i].ok);
        CHECK_EQ(in.len, cases[i].ok ? 0 : cases[i].len);
    }
    static const struct {
        const char *text;
        int64_t unix_seconds; /* -1: refused */
    } times[] = {
        { "700101000000Z", 0 },
        { "491231235959Z", 2524607999 },
        { "500101000000Z", -631152000 },
        { "20500101000000Z", 2524608000 },
        { "20240229000000Z", 1709164800 },
        { "20230229000000Z", -1 },
        { "20231301000000Z", -1 },
        { "20230100000000Z", -1 },
        { "20230101240000Z", -1 },
        { "20230101006000Z", -1 },
        { "20230101000060Z", -1 },
        { "202301010000Z", -1 },
        { "20230101000000", -1 },
        { "20230101000000.5Z", -1 },
        { "20230101000000+0000", -1 },
        { "2023010100000 Z", -1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        int64_t t = -1;
        struct der v = { (const uint8_t *)times[i].text, strlen(times[i].text) };
        bool ok = der_time(v.len == 13 ? DER_UTC_TIME : DER_GENERALIZED_TIME, v, &t);
        CHECK_EQ(ok, times[i].unix_seconds != -1);
        CHECK_EQ(t, times[i].unix_seconds);
    }
}

struct counted {
    int certificates, lists, others;
};

static bool count(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    struct counted *n = self;
    (void)e;
    CHECK(kind == TRUST_PEM_OTHER ? !der && !len : der && len);
    *(kind == TRUST_PEM_CERTIFICATE ? &n->certificates : kind == TRUST_PEM_CRL ? &n->lists : &n->others) += 1;
    return true;
}

static void bundles_are_read_as_people_hand_them_over(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *list = mint_crl(m, &(struct mint_crl){ .by = root });
    struct buf text;
    struct err e;
    struct counted n = { 0 };
    buf_init(&text, 1 << 16);
    /* Words around the blocks, CRLF, a key among them, the mixed answer of vCenter, no newline at the end. */
    CHECK_OK(buf_printf(&text, &e, "subject=x\r\n%s\n%s-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                        root->pem, list->pem), &e);
    for (const char *p = root->pem; *p; p++)
        CHECK_OK(buf_printf(&text, &e, *p == '\n' ? "\r\n" : "%c", *p), &e);
    while (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r')
        text.len--;
    CHECK_OK(trust_pem_read(text.data, text.len, count, &n, &e), &e);
    CHECK_EQ(n.certificates, 2);
    CHECK_EQ(n.lists, 1);
    CHECK_EQ(n.others, 1);
    /* Cut anywhere it reads or refuses, and never more than there was. */
    for (size_t len = 0; len < text.len; len++) {
        char *cut = malloc(len ? len : 1);
        memcpy(cut, text.data, len);
        n = (struct counted){ 0 };
        bool ok = trust_pem_read((uint8_t *)cut, len, count, &n, &e);
        CHECK(ok || e.kind == ERR_INPUT);
        CHECK(n.certificates <= 2 && n.lists <= 1);
        free(cut);
    }
    n = (struct counted){ 0 };
    CHECK_OK(trust_pem_read(root->der, root->len, count, &n, &e), &e);
    CHECK_OK(trust_pem_read(list->der, list->len, count, &n, &e), &e);
    CHECK_EQ(n.certificates, 1);
    CHECK_EQ(n.lists, 1);
    static const char *const bad[] = {
        "", "nothing here", "-----BEGIN CERTIFICATE-----\nAAAA\n", "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CRL-----\n", "x-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE", "-----BEGIN CERTIFICATE-----",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(trust_pem_read((const uint8_t *)bad[i], strlen(bad[i]), count, &n, &e), &e, ERR_INPUT);
    buf_clear(&text);
    CHECK_OK(trust_pem_write(&text, TRUST_PEM_CERTIFICATE, root->der, root->len, &e), &e);
    CHECK_STR(buf_str(&text), root->pem);
    buf_done(&text);
}

static void rules_explain_themselves(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TRUST_RULE_COUNT; i++) {
        const struct trust_rule_text *t = trust_rule_text((enum trust_rule)i);
        CHECK(t->code && t->clause && t->what && t->why && t->next);
        CHECK_EQ(trust_rule_find(t->code), i);
        for (const char *p = t->code; *p; p++)
            CHECK((*p >= 'a' && *p <= 'z') || *p == '-');
    }
    CHECK_EQ(trust_rule_find("no-such-rule"), TRUST_RULE_COUNT);
}

GROUP(trust_decode, cmocka_unit_test(a_certificate_says_what_it_is), cmocka_unit_test(broken_bytes_are_never_believed),
      cmocka_unit_test(odd_encodings_are_refused), cmocka_unit_test(lists_cut_or_changed_never_crash),
      cmocka_unit_test(der_is_strict), cmocka_unit_test(bundles_are_read_as_people_hand_them_over),
      cmocka_unit_test(rules_explain_themselves))
