#include "base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

/* Fetched once for the process: an implicit fetch costs more than hashing a certificate does. */
static EVP_MD *sha256, *sha1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    if (!sha256 || !sha1)
        abort(); /* a libcrypto without SHA-256 can't run this program at all */
}

static void hash(const EVP_MD *md, const void *p, size_t len, uint8_t *out)
{
    if (EVP_Digest(p, len, out, NULL, md, NULL) != 1)
        abort();
}

void digest_sha256(const void *p, size_t len, uint8_t out[DIGEST_SHA256])
{
    (void)pthread_once(&once, fetch);
    hash(sha256, p, len, out);
}

void digest_sha1(const void *p, size_t len, uint8_t out[DIGEST_SHA1])
{
    (void)pthread_once(&once, fetch);
    hash(sha1, p, len, out);
}

void digest_hmac(const void *key, size_t key_len, const void *p, size_t len, uint8_t out[DIGEST_SHA256])
{
    size_t size = 0;
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, p, len, out, DIGEST_SHA256, &size) ||
        size != DIGEST_SHA256)
        abort();
}

struct digest {
    EVP_MD_CTX *ctx;
};

static const EVP_MD *method(enum digest_kind kind)
{
    switch (kind) {
    case DIGEST_OF_SHA1: return EVP_sha1();
    case DIGEST_OF_SHA256: return EVP_sha256();
    case DIGEST_OF_SHA512: return EVP_sha512();
    }
    abort();
}

struct digest *digest_create(enum digest_kind kind)
{
    struct digest *d = xcalloc(1, sizeof(*d));
    d->ctx = EVP_MD_CTX_new();
    if (!d->ctx || !EVP_DigestInit_ex(d->ctx, method(kind), NULL))
        abort(); /* as little memory as xmalloc can do without */
    return d;
}

struct digest *digest_destroy(struct digest *d)
{
    if (!d)
        return NULL;
    EVP_MD_CTX_free(d->ctx);
    free(d);
    return NULL;
}

void digest_add(struct digest *d, const void *p, size_t len)
{
    if (!EVP_DigestUpdate(d->ctx, p, len))
        abort();
}

void digest_end(struct digest *d, uint8_t out[DIGEST_MAX])
{
    if (!EVP_DigestFinal_ex(d->ctx, out, NULL))
        abort();
}

size_t digest_size(enum digest_kind kind)
{
    return (size_t)EVP_MD_get_size(method(kind));
}
