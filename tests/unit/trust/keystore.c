/* PKCS#7, PKCS#12 and JKS: what others wrote is read, what we write has the bytes that Java wants, and nothing damaged passes. */
#include "trust/keystore.h"

#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/secret.h"
#include "trust/pkcs7.h"
#include "unit/trust/ask.h"

struct seen {
    size_t certs, crls, other;
    uint8_t last[DIGEST_SHA256];
};

static bool count(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    struct seen *s = self;
    (void)e;
    switch (kind) {
    case TRUST_PEM_CERTIFICATE:
        s->certs++;
        digest_sha256(der, len, s->last);
        break;
    case TRUST_PEM_CRL: s->crls++; break;
    case TRUST_PEM_OTHER: s->other++; break;
    }
    return true;
}

static bool stop(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    (void)self, (void)kind, (void)der, (void)len;
    return err_set(e, ERR_LIMIT, "enough");
}

static X509 *x509(const struct mint_made *made)
{
    const uint8_t *p = made->der;
    return d2i_X509(NULL, &p, (long)made->len);
}

/* As `openssl crl2pkcs7` makes it. */
static size_t pkcs7_of(const struct mint_made *const *certs, size_t len, const struct mint_made *crl, uint8_t **ret)
{
    PKCS7 *p7 = PKCS7_new();
    CHECK(PKCS7_set_type(p7, NID_pkcs7_signed) && PKCS7_content_new(p7, NID_pkcs7_data));
    for (size_t i = 0; i < len; i++) {
        X509 *x = x509(certs[i]);
        CHECK(PKCS7_add_certificate(p7, x));
        X509_free(x);
    }
    if (crl) {
        const uint8_t *p = crl->der;
        X509_CRL *list = d2i_X509_CRL(NULL, &p, (long)crl->len);
        CHECK(PKCS7_add_crl(p7, list));
        X509_CRL_free(list);
    }
    int n = i2d_PKCS7(p7, ret);
    PKCS7_free(p7);
    CHECK(n > 0);
    return (size_t)n;
}

static void a_pkcs7_bundle_counts_as_what_is_in_it(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *certs[] = { root, mint_leaf(m, root, "/CN=leaf", 2, "DNS:a.example") };
    const struct mint_made *crl = mint_crl(m, &(struct mint_crl){ .by = root, .number = 1 });
    struct seen s = { 0 }, none = { 0 };
    struct err e = { 0 };
    uint8_t *der = NULL, *empty = NULL;
    size_t len = pkcs7_of(certs, 2, crl, &der), empty_len = pkcs7_of(NULL, 0, NULL, &empty);
    CHECK(trust_pkcs7_is(der, len) && !trust_pkcs7_is(root->der, root->len) && !trust_keystore_is(der, len));
    CHECK_OK(trust_pkcs7_read(der, len, count, &s, &e), &e);
    CHECK_EQ(s.certs, 2);
    CHECK_EQ(s.crls, 1);
    s = (struct seen){ 0 };
    CHECK_OK(trust_pem_read(der, len, count, &s, &e), &e); /* and so does a file of it */
    CHECK_EQ(s.certs, 2);
    CHECK_OK(trust_pkcs7_read(empty, empty_len, count, &none, &e), &e);
    CHECK_EQ(none.certs + none.crls, 0);
    CHECK_FAILS(trust_pkcs7_read(der, len, stop, NULL, &e), &e, ERR_LIMIT);
    CHECK_FAILS(trust_pkcs7_read(root->der, root->len, count, &s, &e), &e, ERR_INPUT);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *part = malloc(cut ? cut : 1);
        memcpy(part, der, cut);
        CHECK_FAILS(trust_pkcs7_read(part, cut, count, &s, &e), &e, ERR_INPUT);
        free(part);
    }
    for (size_t at = 0; at < len; at++) {
        der[at] ^= 0x20;
        CHECK(trust_pkcs7_read(der, len, count, &s, &e) || e.kind == ERR_INPUT);
        der[at] ^= 0x20;
    }
    OPENSSL_free(der);
    OPENSSL_free(empty);
}

static struct secret secret_of(const char *text)
{
    struct secret s = { 0 };
    struct err e;
    CHECK_OK(secret_set(&s, text, strlen(text), &e), &e);
    return s;
}

/* As `openssl pkcs12 -export` makes it, with a key beside the certificates. */
static size_t pkcs12_of(const struct mint_made *cert, EVP_PKEY *key, const char *password, int scheme, int rounds, uint8_t **ret)
{
    X509 *x = x509(cert);
    PKCS12 *p12 = PKCS12_create(password, "name", key, x, NULL, scheme, scheme, rounds, rounds, 0);
    CHECK(p12);
    int n = i2d_PKCS12(p12, ret);
    PKCS12_free(p12);
    X509_free(x);
    CHECK(n > 0);
    return (size_t)n;
}

static void a_private_key_stays_where_it_is(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *cert = mint_leaf(m, NULL, "/CN=leaf", 2, "DNS:a.example");
    AUTO(secret_done) struct secret right = secret_of("right"), wrong = secret_of("wrong"), empty = { 0 };
    struct trust_keystore_found found = { 0 };
    struct seen s = { 0 };
    struct err e = { 0 };
    uint8_t *der = NULL, *open = NULL;
    size_t len = pkcs12_of(cert, mint_key(m, 2), "right", NID_aes_256_cbc, 2048, &der);
    size_t open_len = pkcs12_of(cert, mint_key(m, 2), "", NID_aes_256_cbc, 2048, &open);
    CHECK(trust_keystore_is(der, len) && !trust_keystore_is(cert->der, cert->len) && !trust_pkcs7_is(der, len));
    CHECK_OK(trust_keystore_read(der, len, &right, count, &s, &found, &e), &e);
    CHECK_EQ(s.certs, 1);
    CHECK_EQ(found.keys, 1);
    CHECK_FAILS(trust_keystore_read(der, len, &wrong, count, &s, &found, &e), &e, ERR_DENIED);
    CHECK_FAILS(trust_keystore_read(der, len, NULL, count, &s, &found, &e), &e, ERR_DENIED);
    CHECK_FAILS(trust_keystore_read(der, len, &empty, count, &s, &found, &e), &e, ERR_DENIED);
    CHECK_FAILS(trust_keystore_read(der, len, &right, stop, NULL, &found, &e), &e, ERR_LIMIT);
    CHECK_FAILS(trust_pem_read(der, len, count, &s, &e), &e, ERR_INPUT); /* nobody takes one for a bundle by accident */
    CHECK_OK(trust_keystore_read(open, open_len, NULL, count, &s, &found, &e), &e);
    for (size_t cut = 0; cut < len; cut += 7)
        CHECK_FAILS(trust_keystore_read(der, cut, &right, count, &s, &found, &e), &e, ERR_INPUT);
    OPENSSL_free(der);
    OPENSSL_free(open);
}

static void what_it_costs_to_open_one_is_capped(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *cert = mint_leaf(m, NULL, "/CN=leaf", 2, "DNS:a.example");
    AUTO(secret_done) struct secret password = secret_of("x");
    struct trust_keystore_found found;
    struct seen s = { 0 };
    struct err e = { 0 };
    uint8_t *der = NULL;
    size_t len = pkcs12_of(cert, NULL, "x", NID_aes_256_cbc, 0x1234, &der);
    static const uint8_t rounds[] = { 0x02, 0x02, 0x12, 0x34 };
    uint8_t *slow = malloc(len);
    size_t places = 0;
    for (size_t at = 0; at + sizeof(rounds) <= len; at++) {
        if (memcmp(der + at, rounds, sizeof(rounds)) != 0)
            continue;
        memcpy(slow, der, len);
        slow[at + 2] |= 0x80; /* negative: no number of rounds at all */
        /* that of the encryption is under the MAC, which is at the end */
        CHECK_FAILS(trust_keystore_read(slow, len, &password, count, &s, &found, &e), &e, places ? ERR_LIMIT : ERR_DENIED);
        places++;
    }
    CHECK_EQ(places, 2);
    free(slow);
    OPENSSL_free(der);
    der = NULL;
    X509 *x = x509(cert);
    PKCS12 *p12 = PKCS12_create("x", NULL, NULL, x, NULL, 0, NID_aes_256_cbc, TRUST_KEYSTORE_ROUNDS + 1, -1, 0);
    CHECK(p12 && !PKCS12_mac_present(p12));
    len = (size_t)i2d_PKCS12(p12, &der);
    CHECK_FAILS(trust_keystore_read(der, len, &password, count, &s, &found, &e), &e, ERR_LIMIT);
    PKCS12_free(p12);
    X509_free(x);
    CHECK_FAILS(trust_keystore_read(der, TRUST_KEYSTORE_MAX + 1, &password, count, &s, &found, &e), &e, ERR_LIMIT);
    OPENSSL_free(der);
}

static void what_we_write_as_pkcs12_is_read_again(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=CA", 1), *b = mint_root(m, "/CN=CA", 2);
    const struct trust_keystore_entry entries[] = { { "one", a->der, a->len }, { "zwei \xc3\xa9 \xf0\x9f\x94\x91", b->der, b->len } };
    AUTO(secret_done) struct secret password = secret_of("changeit"), wrong = secret_of("changeme");
    AUTO(buf_done) struct buf out;
    struct trust_keystore_found found;
    struct seen s = { 0 };
    struct err e = { 0 };
    static const uint8_t usage[] = { 0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01 };
    buf_init(&out, 1 << 20);
    CHECK_OK(trust_keystore_write_pkcs12(entries, 2, &password, &out, &e), &e);
    CHECK_OK(trust_keystore_read(out.data, out.len, &password, count, &s, &found, &e), &e);
    CHECK_EQ(s.certs, 2);
    CHECK_EQ(found.keys + found.other, 0);
    CHECK_FAILS(trust_keystore_read(out.data, out.len, &wrong, count, &s, &found, &e), &e, ERR_DENIED);
    CHECK(!memmem(out.data, out.len, usage, sizeof(usage))); /* it is encrypted with the rest */
    buf_clear(&out);
    CHECK_OK(trust_keystore_write_pkcs12(NULL, 0, &password, &out, &e), &e);
    s.certs = 0;
    CHECK_OK(trust_keystore_read(out.data, out.len, &password, count, &s, &found, &e), &e);
    CHECK_EQ(s.certs, 0);
}

static void a_jks_has_the_bytes_that_java_wants(void **state)
{
    (void)state;
    static const uint8_t der[] = { 0x30, 0x00 };
    /* é stays as it is, a character beyond the first plane becomes two halves of three bytes */
    const struct trust_keystore_entry entry = { "\xc3\xa9\xf0\x9f\x94\x91", der, sizeof(der) };
    static const uint8_t want[] = {
        0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2,
        0, 8, 0xc3, 0xa9, 0xed, 0xa0, 0xbd, 0xed, 0xb4, 0x91, 0, 0, 0, 0, 0, 0, 0x10, 0x01,
        0, 5, 'X', '.', '5', '0', '9', 0, 0, 0, 2, 0x30, 0x00,
    };
    static const uint8_t key[] = { 0, 'p', 0, 0xe9, 'M', 'i', 'g', 'h', 't', 'y', ' ', 'A', 'p', 'h', 'r', 'o', 'd', 'i', 't', 'e' };
    AUTO(secret_done) struct secret password = secret_of("p\xc3\xa9");
    AUTO(buf_done) struct buf out;
    uint8_t keyed[sizeof(key) + sizeof(want)], digest[DIGEST_SHA1];
    struct err e = { 0 };
    buf_init(&out, 4096);
    CHECK_OK(trust_keystore_write_jks(&entry, 1, &password, 0x1001, &out, &e), &e);
    CHECK_EQ(out.len, sizeof(want) + DIGEST_SHA1);
    CHECK_EQ(memcmp(out.data, want, sizeof(want)), 0);
    memcpy(keyed, key, sizeof(key));
    memcpy(keyed + sizeof(key), want, sizeof(want));
    digest_sha1(keyed, sizeof(keyed), digest);
    CHECK_EQ(memcmp(out.data + sizeof(want), digest, sizeof(digest)), 0);
}

GROUP(trust_keystore, cmocka_unit_test(a_pkcs7_bundle_counts_as_what_is_in_it), cmocka_unit_test(a_private_key_stays_where_it_is),
      cmocka_unit_test(what_it_costs_to_open_one_is_capped), cmocka_unit_test(what_we_write_as_pkcs12_is_read_again),
      cmocka_unit_test(a_jks_has_the_bytes_that_java_wants))
