#include "trust/algorithm.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>

/* ---- public keys ---- */

#define RSADSI 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1
static const uint8_t OID_RSA[] = { RSADSI, 1 };
static const uint8_t OID_RSA_PSS[] = { RSADSI, 10 };
static const uint8_t OID_MGF1[] = { RSADSI, 8 };
static const uint8_t OID_EC[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 };
static const uint8_t OID_ED25519[] = { 0x2b, 0x65, 0x70 };
static const uint8_t OID_ED448[] = { 0x2b, 0x65, 0x71 };
static const uint8_t OID_DSA[] = { 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1 };

static const struct {
    const char *name;
    uint16_t bits;
    uint8_t len, oid[9];
} curves[] = {
    { "P-224", 224, 5, { 0x2b, 0x81, 0x04, 0, 33 } },
    { "P-256", 256, 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 } },
    { "P-384", 384, 5, { 0x2b, 0x81, 0x04, 0, 34 } },
    { "P-521", 521, 5, { 0x2b, 0x81, 0x04, 0, 35 } },
    { "brainpoolP256r1", 256, 9, { 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7 } },
    { "brainpoolP384r1", 384, 9, { 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 11 } },
    { "brainpoolP512r1", 512, 9, { 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 13 } },
};

static uint16_t bit_length(struct der modulus)
{
    modulus = der_magnitude(modulus);
    if (modulus.len == 0 || modulus.len > 8000)
        return 0;
    unsigned top = 8;
    while (!(modulus.p[0] >> (top - 1)))
        top--;
    return (uint16_t)((modulus.len - 1) * 8 + top);
}

static bool read_rsa(struct der bits, struct key_info *ret)
{
    struct der key, modulus;
    if (!der_take(&bits, DER_SEQUENCE, &key) || !der_take(&key, DER_INTEGER, &modulus))
        return false;
    ret->bits = bit_length(modulus);
    return true;
}

/* Named curves only: explicit parameters let anyone choose the generator (CVE-2020-0601). */
static void read_curve(struct der parameters, struct key_info *ret)
{
    struct der oid;
    if (!der_take(&parameters, DER_OID, &oid))
        return;
    for (size_t i = 0; i < ARRAY_LEN(curves); i++)
        if (der_equal(oid, (struct der){ curves[i].oid, curves[i].len })) {
            ret->allowed_curve = true;
            ret->curve = curves[i].name;
            ret->bits = curves[i].bits;
        }
}

bool key_read(struct der spki, struct key_info *ret)
{
    struct key_info k = { .kind = KEY_OTHER };
    struct der whole, algorithm, oid, bits;
    if (!der_take(&spki, DER_SEQUENCE, &whole) || !der_take(&whole, DER_SEQUENCE, &algorithm) ||
        !der_take(&algorithm, DER_OID, &oid) || !der_take(&whole, DER_BIT_STRING, &bits) || whole.len ||
        !der_bits(bits, &k.bytes))
        return false;
    if (der_equal(oid, DER_OF(OID_RSA)) || der_equal(oid, DER_OF(OID_RSA_PSS))) {
        k.kind = der_equal(oid, DER_OF(OID_RSA)) ? KEY_RSA : KEY_RSA_PSS;
        if (!read_rsa(k.bytes, &k))
            return false;
    } else if (der_equal(oid, DER_OF(OID_EC))) {
        k.kind = KEY_EC;
        read_curve(algorithm, &k);
    } else if (der_equal(oid, DER_OF(OID_ED25519))) {
        k.kind = KEY_ED25519;
    } else if (der_equal(oid, DER_OF(OID_ED448))) {
        k.kind = KEY_ED448;
    } else if (der_equal(oid, DER_OF(OID_DSA))) {
        k.kind = KEY_DSA;
    }
    *ret = k;
    return true;
}

EVP_PKEY *key_decode(struct der spki)
{
    const unsigned char *p = spki.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.len);
    ERR_clear_error();
    return key;
}

/* ---- signature algorithms ---- */

static const struct {
    uint8_t len, oid[9];
    enum key_kind key;
    enum hash_kind hash;
} algorithms[] = {
    { 9, { RSADSI, 4 }, KEY_RSA, HASH_MD5 },
    { 9, { RSADSI, 5 }, KEY_RSA, HASH_SHA1 },
    { 9, { RSADSI, 14 }, KEY_RSA, HASH_SHA224 },
    { 9, { RSADSI, 11 }, KEY_RSA, HASH_SHA256 },
    { 9, { RSADSI, 12 }, KEY_RSA, HASH_SHA384 },
    { 9, { RSADSI, 13 }, KEY_RSA, HASH_SHA512 },
    { 7, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 }, KEY_EC, HASH_SHA1 },
    { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 1 }, KEY_EC, HASH_SHA224 },
    { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 }, KEY_EC, HASH_SHA256 },
    { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3 }, KEY_EC, HASH_SHA384 },
    { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4 }, KEY_EC, HASH_SHA512 },
    { 7, { 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3 }, KEY_DSA, HASH_SHA1 },
    { 9, { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1 }, KEY_DSA, HASH_SHA224 },
    { 9, { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2 }, KEY_DSA, HASH_SHA256 },
};

static const struct {
    uint8_t len, oid[9];
    enum hash_kind hash;
} hashes[] = {
    { 5, { 0x2b, 0x0e, 3, 2, 26 }, HASH_SHA1 },
    { 9, { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4 }, HASH_SHA224 },
    { 9, { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1 }, HASH_SHA256 },
    { 9, { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2 }, HASH_SHA384 },
    { 9, { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3 }, HASH_SHA512 },
};

static bool read_hash(struct der *explicit_value, enum hash_kind *ret)
{
    struct der algorithm, oid;
    if (!der_take(explicit_value, DER_SEQUENCE, &algorithm) || explicit_value->len ||
        !der_take(&algorithm, DER_OID, &oid))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
        if (der_equal(oid, (struct der){ hashes[i].oid, hashes[i].len })) {
            *ret = hashes[i].hash;
            return true;
        }
    return false;
}

static bool read_mgf(struct der *explicit_value, enum hash_kind *ret)
{
    struct der algorithm, oid;
    return der_take(explicit_value, DER_SEQUENCE, &algorithm) && explicit_value->len == 0 &&
           der_take(&algorithm, DER_OID, &oid) && der_equal(oid, DER_OF(OID_MGF1)) && read_hash(&algorithm, ret);
}

/* RSASSA-PSS-params, RFC 4055 section 3.1; what is absent has the defaults given there. */
static bool read_pss(struct der rest, struct signature_algorithm *ret)
{
    struct der parameters, field, number;
    uint32_t salt = 20, trailer = 1;
    ret->hash = ret->mgf = HASH_SHA1;
    if (!der_take(&rest, DER_SEQUENCE, &parameters) || rest.len)
        return false;
    if (der_at(&parameters, DER_CONTEXT_CONSTRUCTED(0)) &&
        (!der_take(&parameters, DER_CONTEXT_CONSTRUCTED(0), &field) || !read_hash(&field, &ret->hash)))
        return false;
    if (der_at(&parameters, DER_CONTEXT_CONSTRUCTED(1)) &&
        (!der_take(&parameters, DER_CONTEXT_CONSTRUCTED(1), &field) || !read_mgf(&field, &ret->mgf)))
        return false;
    if (der_at(&parameters, DER_CONTEXT_CONSTRUCTED(2)) &&
        (!der_take(&parameters, DER_CONTEXT_CONSTRUCTED(2), &field) || !der_take(&field, DER_INTEGER, &number) ||
         field.len || !der_small(number, &salt)))
        return false;
    if (der_at(&parameters, DER_CONTEXT_CONSTRUCTED(3)) &&
        (!der_take(&parameters, DER_CONTEXT_CONSTRUCTED(3), &field) || !der_take(&field, DER_INTEGER, &number) ||
         field.len || !der_small(number, &trailer)))
        return false;
    if (parameters.len || trailer != 1 || salt > 1024)
        return false;
    ret->salt = (uint16_t)salt;
    return true;
}

bool signature_algorithm_read(struct der algorithm, struct signature_algorithm *ret)
{
    struct signature_algorithm a = { .key = KEY_OTHER };
    struct der oid;
    if (!der_take(&algorithm, DER_OID, &oid) || !der_oid(oid))
        return false;
    if (der_equal(oid, DER_OF(OID_RSA_PSS))) {
        a.key = KEY_RSA_PSS;
        if (!read_pss(algorithm, &a))
            a.key = KEY_OTHER; /* parameters that we can't honour: an algorithm that we don't know */
    } else if (der_equal(oid, DER_OF(OID_ED25519)) || der_equal(oid, DER_OF(OID_ED448))) {
        a.key = der_equal(oid, DER_OF(OID_ED25519)) ? KEY_ED25519 : KEY_ED448;
        if (algorithm.len) /* RFC 8410 section 3: parameters MUST be absent */
            return false;
    } else {
        for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
            if (der_equal(oid, (struct der){ algorithms[i].oid, algorithms[i].len })) {
                a.key = algorithms[i].key;
                a.hash = algorithms[i].hash;
            }
    }
    *ret = a;
    return true;
}

bool signature_is_weak(const struct signature_algorithm *a)
{
    return a->hash == HASH_MD5 || a->hash == HASH_SHA1 || a->mgf == HASH_MD5 || a->mgf == HASH_SHA1;
}

/* ---- verification ---- */

/* Fetched once: an implicit fetch at every check costs more than an ECDSA set-up. */
static EVP_MD *digests[HASH_SHA512 + 1];
static pthread_once_t digests_once = PTHREAD_ONCE_INIT;

static void fetch_digests(void)
{
    static const char *const names[] = { NULL, NULL, "SHA1", "SHA224", "SHA256", "SHA384", "SHA512" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i])
            digests[i] = EVP_MD_fetch(NULL, names[i], NULL);
    ERR_clear_error();
}

static const EVP_MD *digest_of(enum hash_kind hash)
{
    (void)pthread_once(&digests_once, fetch_digests);
    return digests[hash];
}

static bool set_pss(EVP_PKEY_CTX *ctx, const struct signature_algorithm *a)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest_of(a->mgf)) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, a->salt) > 0;
}

static bool fits(EVP_PKEY *key, enum key_kind kind)
{
    int base = EVP_PKEY_get_base_id(key);
    switch (kind) {
    case KEY_RSA: return base == EVP_PKEY_RSA;
    case KEY_RSA_PSS: return base == EVP_PKEY_RSA || base == EVP_PKEY_RSA_PSS;
    case KEY_EC: return base == EVP_PKEY_EC;
    case KEY_ED25519: return base == EVP_PKEY_ED25519;
    case KEY_ED448: return base == EVP_PKEY_ED448;
    case KEY_DSA:
    case KEY_OTHER: return false;
    }
    return false;
}

bool signature_verify(EVP_PKEY *key, const struct signature_algorithm *a, struct der signed_bytes, struct der signature)
{
    bool edwards = a->key == KEY_ED25519 || a->key == KEY_ED448;
    const EVP_MD *md = edwards ? NULL : digest_of(a->hash);
    if (!fits(key, a->key) || (!edwards && !md))
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL; /* belongs to ctx */
    bool ok = ctx && EVP_DigestVerifyInit(ctx, &parameters, md, NULL, key) == 1 &&
              (a->key != KEY_RSA_PSS || set_pss(parameters, a)) &&
              EVP_DigestVerify(ctx, signature.p, signature.len, signed_bytes.p, signed_bytes.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}
