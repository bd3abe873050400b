#include "net/chain.h"

#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/ring.h"
#include "base/text.h"
#include "net/chain_cache.h"
#include "trust/cert.h"
#include "trust/verdict.h"

struct chain {
    atomic_uint refs;
    uint8_t sha256[DIGEST_SHA256], leaf[DIGEST_SHA256];
    size_t len, left_out;
    char defect[TRUST_TEXT_MAX];
    const struct trust_cert *certs[]; /* references */
};

struct chain *chain_ref(const struct chain *c)
{
    struct chain *mutable = (struct chain *)(uintptr_t)c; /* the count is not part of the value */
    (void)atomic_fetch_add_explicit(&mutable->refs, 1, memory_order_relaxed);
    return mutable;
}

struct chain *chain_unref(const struct chain *c)
{
    struct chain *mutable = (struct chain *)(uintptr_t)c;
    if (mutable && atomic_fetch_sub_explicit(&mutable->refs, 1, memory_order_acq_rel) == 1) {
        for (size_t i = 0; i < mutable->len; i++)
            (void)trust_cert_unref(mutable->certs[i]);
        free(mutable);
    }
    return NULL;
}

const struct trust_cert *const *chain_certs(const struct chain *c)
{
    return c->certs;
}

size_t chain_len(const struct chain *c)
{
    return c->len;
}

size_t chain_left_out(const struct chain *c)
{
    return c->left_out;
}

const char *chain_defect(const struct chain *c)
{
    return c->defect;
}

const uint8_t *chain_leaf_sha256(const struct chain *c)
{
    return c->leaf;
}

const uint8_t *chain_sha256(const struct chain *c)
{
    return c->sha256;
}

/* ---- the cache ---- */

enum { BUCKETS = CHAIN_CACHE_MAX }; /* a power of two */

/* One distinct certificate. */
struct entry {
    struct ring bucket;
    uint8_t sha256[DIGEST_SHA256];
    X509 *x509;               /* a reference: what connections hold instead of their own */
    struct trust_cert *cert;  /* a reference; NULL = can't be decoded */
    size_t len, users;        /* bytes of DER; chains in the cache that contain it */
    char defect[TRUST_TEXT_MAX];
};

/* One chain that is kept. */
struct kept {
    struct ring bucket, age;
    struct chain *chain; /* a reference */
    size_t len;
    struct entry *entries[]; /* in the order presented */
};

struct chain_cache {
    struct ring certs[BUCKETS], chains[BUCKETS];
    struct ring ages; /* of struct kept: the least recently used first */
    size_t chains_max, bytes_max;
    size_t count, bytes, decoded;
    size_t der_cap;
    uint8_t *der; /* the certificate that is being looked at */
};

static struct ring *bucket_of(struct ring *buckets, const uint8_t *sha256)
{
    return &buckets[(sha256[0] | (size_t)sha256[1] << 8) % BUCKETS];
}

struct chain_cache *chain_cache_create(size_t chains_max, size_t bytes_max)
{
    struct chain_cache *cc = xcalloc(1, sizeof(*cc));
    cc->chains_max = chains_max;
    cc->bytes_max = bytes_max;
    for (size_t i = 0; i < BUCKETS; i++) {
        ring_init(&cc->certs[i]);
        ring_init(&cc->chains[i]);
    }
    ring_init(&cc->ages);
    return cc;
}

static void entry_release(struct chain_cache *cc, struct entry *t)
{
    if (--t->users)
        return;
    cc->bytes -= t->len;
    ring_take(&t->bucket);
    (void)trust_cert_unref(t->cert);
    X509_free(t->x509);
    free(t);
}

static void forget(struct chain_cache *cc, struct kept *k)
{
    ring_take(&k->bucket);
    ring_take(&k->age);
    for (size_t i = 0; i < k->len; i++)
        entry_release(cc, k->entries[i]);
    (void)chain_unref(k->chain);
    free(k);
    cc->count--;
}

struct chain_cache *chain_cache_destroy(struct chain_cache *cc)
{
    if (!cc)
        return NULL;
    while (!ring_empty(&cc->ages))
        forget(cc, CONTAINER_OF(cc->ages.next, struct kept, age));
    free(cc->der);
    free(cc);
    return NULL;
}

/* The certificate's bytes into cc->der. i2d gives back the signed part as it came in (X509 keeps it). Returns 0 when
 * libcrypto can't say, which is never the case for one that it decoded. */
static size_t write_der(struct chain_cache *cc, X509 *x)
{
    int len = i2d_X509(x, NULL);
    if (len <= 0)
        return 0;
    if ((size_t)len > cc->der_cap) {
        cc->der_cap = (size_t)len;
        cc->der = xrealloc(cc->der, cc->der_cap);
    }
    unsigned char *at = cc->der;
    return i2d_X509(x, &at) == len ? (size_t)len : 0;
}

static struct entry *entry_find(struct chain_cache *cc, const uint8_t *sha256)
{
    struct ring *head = bucket_of(cc->certs, sha256);
    for (struct ring *r = head->next; r != head; r = r->next) {
        struct entry *t = CONTAINER_OF(r, struct entry, bucket);
        if (!memcmp(t->sha256, sha256, DIGEST_SHA256))
            return t;
    }
    return NULL;
}

/* The certificate whose DER is x's; decoded now if it is a new one. */
static struct entry *entry_get(struct chain_cache *cc, X509 *x, const uint8_t *sha256)
{
    struct entry *t = entry_find(cc, sha256);
    if (t)
        return t;
    t = xcalloc(1, sizeof(*t));
    t->len = write_der(cc, x);
    struct err e;
    if (!trust_cert_parse(cc->der, t->len, &t->cert, &e))
        (void)text_copy(t->defect, sizeof(t->defect), e.msg);
    memcpy(t->sha256, sha256, DIGEST_SHA256);
    (void)X509_up_ref(x);
    t->x509 = x;
    cc->decoded++;
    cc->bytes += t->len;
    ring_put(bucket_of(cc->certs, sha256), &t->bucket);
    return t;
}

static struct kept *kept_find(struct chain_cache *cc, const uint8_t *sha256)
{
    struct ring *head = bucket_of(cc->chains, sha256);
    for (struct ring *r = head->next; r != head; r = r->next) {
        struct kept *k = CONTAINER_OF(r, struct kept, bucket);
        if (!memcmp(k->chain->sha256, sha256, DIGEST_SHA256))
            return k;
    }
    return NULL;
}

static struct chain *chain_create(const struct kept *k, size_t presented, const uint8_t *sha256)
{
    struct chain *c = xcalloc(1, sizeof(*c) + k->len * sizeof(c->certs[0]));
    atomic_init(&c->refs, 1);
    memcpy(c->sha256, sha256, DIGEST_SHA256);
    memcpy(c->leaf, k->entries[0]->sha256, DIGEST_SHA256);
    (void)text_copy(c->defect, sizeof(c->defect), k->entries[0]->defect);
    for (size_t i = 0; i < k->len && k->entries[0]->cert; i++)
        if (k->entries[i]->cert)
            c->certs[c->len++] = trust_cert_ref(k->entries[i]->cert);
    c->left_out = presented - c->len;
    return c;
}

static void make_room(struct chain_cache *cc, const struct kept *newest)
{
    while (cc->count > cc->chains_max || cc->bytes > cc->bytes_max) {
        struct kept *oldest = CONTAINER_OF(cc->ages.next, struct kept, age);
        if (oldest == newest)
            return; /* one chain alone is bounded by what libssl reads from a peer */
        forget(cc, oldest);
    }
}

/* A new chain of the presented certificates, whose digests stand one after the other. */
static struct kept *keep(struct chain_cache *cc, STACK_OF(X509) *peer, const uint8_t *digests, size_t len,
                         const uint8_t *sha256)
{
    struct kept *k = xcalloc(1, sizeof(*k) + len * sizeof(k->entries[0]));
    k->len = len;
    for (size_t i = 0; i < len; i++) {
        k->entries[i] = entry_get(cc, sk_X509_value(peer, (int)i), digests + i * DIGEST_SHA256);
        k->entries[i]->users++;
    }
    k->chain = chain_create(k, (size_t)sk_X509_num(peer), sha256);
    ring_put(bucket_of(cc->chains, sha256), &k->bucket);
    ring_put(&cc->ages, &k->age);
    cc->count++;
    make_room(cc, k);
    return k;
}

struct chain *chain_cache_share(struct chain_cache *cc, STACK_OF(X509) *peer)
{
    uint8_t digests[TRUST_CHAIN_MAX * DIGEST_SHA256], sha256[DIGEST_SHA256];
    size_t len = (size_t)sk_X509_num(peer);
    if (len > TRUST_CHAIN_MAX)
        len = TRUST_CHAIN_MAX;
    for (size_t i = 0; i < len; i++)
        digest_sha256(cc->der, write_der(cc, sk_X509_value(peer, (int)i)), digests + i * DIGEST_SHA256);
    digest_sha256(digests, len * DIGEST_SHA256, sha256);
    struct kept *k = kept_find(cc, sha256);
    if (k) {
        ring_take(&k->age);
        ring_put(&cc->ages, &k->age);
    } else {
        k = keep(cc, peer, digests, len, sha256);
    }
    for (size_t i = 0; i < len; i++) {
        X509 *shared = k->entries[i]->x509, *own = sk_X509_value(peer, (int)i);
        if (shared == own || !X509_up_ref(shared))
            continue;
        (void)sk_X509_set(peer, (int)i, shared);
        X509_free(own);
    }
    return chain_ref(k->chain);
}

size_t chain_cache_count(const struct chain_cache *cc)
{
    return cc->count;
}

size_t chain_cache_decoded(const struct chain_cache *cc)
{
    return cc->decoded;
}
