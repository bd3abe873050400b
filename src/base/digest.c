#include "base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

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
