#include "lab/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "lab/keep.h"

enum { PRIME_BYTES_MAX = 256, EXPONENT = 65537 };

struct kept {
    char label[LAB_LABEL_MAX];
    EVP_PKEY *key;
    struct kept *next;
};

struct lab_keys {
    uint8_t secret[LAB_SECRET];
    char *dir; /* owned; NULL: nothing is kept */
    struct kept *first;
};

DEFINE_AUTO(bn_freep, BIGNUM *, BN_clear_free)
DEFINE_AUTO(bn_ctx_freep, BN_CTX *, BN_CTX_free)
DEFINE_AUTO(pkey_freep, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(pkey_ctx_freep, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_AUTO(param_bld_freep, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
DEFINE_AUTO(param_freep, OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_AUTO(bio_freep, BIO *, BIO_free)

struct lab_keys *lab_keys_create(const uint8_t secret[LAB_SECRET], const char *dir)
{
    struct lab_keys *k = xcalloc(1, sizeof(*k));
    memcpy(k->secret, secret, LAB_SECRET);
    k->dir = dir ? xstrdup(dir) : NULL;
    return k;
}

struct lab_keys *lab_keys_destroy(struct lab_keys *k)
{
    if (!k)
        return NULL;
    while (k->first) {
        struct kept *gone = k->first;
        k->first = gone->next;
        EVP_PKEY_free(gone->key);
        free(gone);
    }
    OPENSSL_cleanse(k->secret, sizeof(k->secret));
    free(k->dir);
    free(k);
    return NULL;
}

void lab_keys_derive(const struct lab_keys *k, const char *label, uint8_t *out, size_t len)
{
    uint8_t text[LAB_SECRET + LAB_LABEL_MAX + 32], hash[DIGEST_SHA256];
    memcpy(text, k->secret, LAB_SECRET);
    int more = snprintf((char *)text + LAB_SECRET, sizeof(text) - LAB_SECRET, "%s", label);
    if (more < 0 || (size_t)more >= sizeof(text) - LAB_SECRET || len > sizeof(hash))
        abort();
    digest_sha256(text, LAB_SECRET + (size_t)more, hash);
    memcpy(out, hash, len);
}

/* A prime of so many bits, its two top bits set: the first one from a start that the label gives. */
static BIGNUM *prime(const struct lab_keys *k, const char *label, const char *which, unsigned bits, BN_CTX *ctx)
{
    uint8_t bytes[PRIME_BYTES_MAX] = { 0 };
    size_t len = bits / 8;
    for (size_t at = 0; at < len; at += DIGEST_SHA256) {
        char part[LAB_LABEL_MAX + 24];
        (void)snprintf(part, sizeof(part), "%s %s %zu", label, which, at);
        lab_keys_derive(k, part, bytes + at, len - at < DIGEST_SHA256 ? len - at : DIGEST_SHA256);
    }
    bytes[0] |= 0xc0;
    bytes[len - 1] |= 1;
    AUTO(bn_freep) BIGNUM *p = BN_bin2bn(bytes, (int)len, NULL);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    while (p) {
        /* p - 1 must have no factor in common with the exponent, which is prime itself. */
        int found = BN_mod_word(p, EXPONENT) == 1 ? 0 : BN_check_prime(p, ctx, NULL);
        if (found == 1)
            return STEAL(p);
        if (found < 0 || !BN_add_word(p, 2))
            return NULL;
    }
    return NULL;
}

struct rsa_parts {
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qi, *p1, *q1, *lambda;
};

static void parts_freep(struct rsa_parts *r)
{
    BIGNUM *all[] = { r->n, r->e, r->d, r->p, r->q, r->dp, r->dq, r->qi, r->p1, r->q1, r->lambda };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        BN_clear_free(all[i]);
}

/* RFC 8017 section 3.2, second form: everything else follows from p and q. */
static bool compute(struct rsa_parts *r, BN_CTX *ctx)
{
    BIGNUM **all[] = { &r->n, &r->e, &r->dp, &r->dq, &r->p1, &r->q1, &r->lambda };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (!(*all[i] = BN_new()))
            return false;
    return BN_set_word(r->e, EXPONENT) && BN_mul(r->n, r->p, r->q, ctx) && BN_copy(r->p1, r->p) &&
           BN_sub_word(r->p1, 1) && BN_copy(r->q1, r->q) && BN_sub_word(r->q1, 1) &&
           BN_mul(r->lambda, r->p1, r->q1, ctx) && (r->d = BN_mod_inverse(NULL, r->e, r->lambda, ctx)) &&
           BN_mod(r->dp, r->d, r->p1, ctx) && BN_mod(r->dq, r->d, r->q1, ctx) &&
           (r->qi = BN_mod_inverse(NULL, r->q, r->p, ctx));
}

static EVP_PKEY *assemble(const struct rsa_parts *r)
{
    AUTO(param_bld_freep) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    if (!b || !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, r->n) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, r->e) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_D, r->d) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR1, r->p) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR2, r->q) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, r->dp) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, r->dq) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, r->qi))
        return NULL;
    AUTO(param_freep) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    AUTO(pkey_ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
        return NULL;
    return key;
}

static EVP_PKEY *make(const struct lab_keys *k, const char *label, unsigned bits)
{
    AUTO(bn_ctx_freep) BN_CTX *ctx = BN_CTX_new();
    AUTO(parts_freep) struct rsa_parts r = { 0 };
    if (!ctx || !(r.p = prime(k, label, "p", bits / 2, ctx)) || !(r.q = prime(k, label, "q", bits / 2, ctx)) ||
        !BN_cmp(r.p, r.q) || !compute(&r, ctx))
        return NULL;
    return assemble(&r);
}

static EVP_PKEY *load(const struct lab_keys *k, const char *file)
{
    struct buf pem;
    EVP_PKEY *key = NULL;
    buf_init(&pem, LAB_FILE_MAX);
    if (k->dir && lab_keep_read(k->dir, file, &pem, NULL)) {
        AUTO(bio_freep) BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
        key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
    }
    if (pem.data)
        OPENSSL_cleanse(pem.data, pem.len);
    buf_done(&pem);
    return key;
}

static bool save(const struct lab_keys *k, const char *file, EVP_PKEY *key, struct err *e)
{
    char *pem;
    AUTO(bio_freep) BIO *out = BIO_new(BIO_s_secmem());
    if (!out || !PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL))
        return err_set(e, ERR_INTERNAL, "libcrypto can't write a key");
    long len = BIO_get_mem_data(out, &pem);
    return lab_keep_write(k->dir, file, pem, (size_t)len, 0600, e);
}

/* Into memory, for the ring's life. */
static EVP_PKEY *hold(struct lab_keys *k, const char *label, EVP_PKEY *take)
{
    struct kept *fresh = xcalloc(1, sizeof(*fresh));
    (void)text_copy(fresh->label, sizeof(fresh->label), label);
    fresh->key = take;
    fresh->next = k->first;
    k->first = fresh;
    return take;
}

static EVP_PKEY *held(const struct lab_keys *k, const char *label)
{
    for (struct kept *it = k->first; it; it = it->next)
        if (!strcmp(it->label, label))
            return it->key;
    return NULL;
}

EVP_PKEY *lab_keys_find(struct lab_keys *k, const char *label, struct err *e)
{
    char file[LAB_LABEL_MAX + 16];
    EVP_PKEY *key = held(k, label);
    (void)snprintf(file, sizeof(file), "keys/%s.pem", label);
    if (!key && (key = load(k, file)))
        key = hold(k, label, key);
    if (!key)
        (void)err_set(e, ERR_NOT_FOUND, "there is no key %s", label);
    return key;
}

bool lab_keys_put(struct lab_keys *k, const char *label, EVP_PKEY *key, struct err *e)
{
    char file[LAB_LABEL_MAX + 16];
    (void)snprintf(file, sizeof(file), "keys/%s.pem", label);
    if (strlen(label) >= LAB_LABEL_MAX || held(k, label))
        return err_set(e, ERR_INTERNAL, "a key called %s can't be kept", label);
    if (k->dir && !save(k, file, key, e))
        return false;
    (void)EVP_PKEY_up_ref(key);
    (void)hold(k, label, key);
    return true;
}

EVP_PKEY *lab_keys_get(struct lab_keys *k, const char *label, unsigned bits, struct err *e)
{
    char full[LAB_LABEL_MAX], file[LAB_LABEL_MAX + 16];
    int len = snprintf(full, sizeof(full), "%s-%u", label, bits);
    if (len < 0 || (size_t)len >= sizeof(full) || bits % 512 || bits / 16 > PRIME_BYTES_MAX) {
        (void)err_set(e, ERR_INTERNAL, "no such key: %s", label);
        return NULL;
    }
    EVP_PKEY *known = held(k, full);
    if (known)
        return known;
    (void)snprintf(file, sizeof(file), "keys/%s.pem", full);
    AUTO(pkey_freep) EVP_PKEY *key = load(k, file);
    if (!key) {
        key = make(k, full, bits);
        if (!key) {
            (void)err_set(e, ERR_INTERNAL, "libcrypto can't make the key %s", full);
            return NULL;
        }
        if (k->dir && !save(k, file, key, e))
            return NULL;
    }
    return hold(k, full, STEAL(key));
}
