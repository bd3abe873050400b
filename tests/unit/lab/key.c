#include "lab/key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/text.h"
#include "unit/check.h"

/* The SHA-256 of the public key's DER. */
static void spki_of(EVP_PKEY *key, char out[65])
{
    uint8_t *der = NULL, hash[DIGEST_SHA256];
    int len = i2d_PUBKEY(key, &der);
    CHECK(len > 0);
    digest_sha256(der, (size_t)len, hash);
    text_hex(hash, sizeof(hash), out);
    OPENSSL_free(der);
}

/* What a secret makes never changes: published keys are known by their digests. */
static void a_secret_and_a_label_make_a_key(void **state)
{
    (void)state;
    static const uint8_t secret[LAB_SECRET] = { 1 }, other[LAB_SECRET] = { 2 };
    struct err e;
    char first[65], again[65], labelled[65], others[65];
    struct lab_keys *a = lab_keys_create(secret, NULL), *b = lab_keys_create(secret, NULL), *c = lab_keys_create(other, NULL);
    EVP_PKEY *key = lab_keys_get(a, "x", 2048, &e);
    CHECK(key && EVP_PKEY_get_bits(key) == 2048 && key == lab_keys_get(a, "x", 2048, &e));
    spki_of(key, first);
    spki_of(lab_keys_get(b, "x", 2048, &e), again);
    spki_of(lab_keys_get(a, "y", 2048, &e), labelled);
    spki_of(lab_keys_get(c, "x", 2048, &e), others);
    CHECK_STR(first, again);
    CHECK_STR(first, "e6617749975eb85af6037e660c1b604d7a651eb0d7d87d2163fe03568816716c");
    CHECK(strcmp(first, labelled) != 0 && strcmp(first, others) != 0);
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new(key, NULL);
    CHECK(check && EVP_PKEY_check(check) == 1); /* primes, exponents and coefficient belong together */
    EVP_PKEY_CTX_free(check);
    (void)lab_keys_destroy(a);
    (void)lab_keys_destroy(b);
    (void)lab_keys_destroy(c);
}

static void derived_bytes_follow_from_the_label(void **state)
{
    (void)state;
    static const uint8_t secret[LAB_SECRET] = { 1 };
    uint8_t a[16], b[16], c[16];
    struct lab_keys *k = lab_keys_create(secret, NULL);
    lab_keys_derive(k, "one", a, 16);
    lab_keys_derive(k, "one", b, 16);
    lab_keys_derive(k, "two", c, 16);
    assert_memory_equal(a, b, 16);
    assert_memory_not_equal(a, c, 16);
    (void)lab_keys_destroy(k);
}

static void odd_sizes_are_refused(void **state)
{
    (void)state;
    static const uint8_t secret[LAB_SECRET] = { 1 };
    struct err e = { 0 };
    struct lab_keys *k = lab_keys_create(secret, NULL);
    CHECK(!lab_keys_get(k, "x", 2047, &e) && e.kind == ERR_INTERNAL);
    CHECK(!lab_keys_get(k, "x", 8192, &e) && e.kind == ERR_INTERNAL);
    (void)lab_keys_destroy(k);
}

GROUP(lab_key, cmocka_unit_test(a_secret_and_a_label_make_a_key), cmocka_unit_test(derived_bytes_follow_from_the_label),
      cmocka_unit_test(odd_sizes_are_refused))
