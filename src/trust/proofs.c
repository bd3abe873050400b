#include "trust/proofs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trust/cert.h"

enum { WAYS = 4, SETS = TRUST_PROOFS_MAX / WAYS, LOCKS = 64 };

/* All zero: free. No SHA-256 of anything is known to be. */
struct proof {
    uint8_t cert[DIGEST_SHA256], key[DIGEST_SHA256];
};

struct trust_proofs {
    pthread_mutex_t locks[LOCKS]; /* one for every LOCKS-th set */
    uint8_t next[SETS];           /* the way that is written over next */
    struct proof (*sets)[WAYS];   /* SETS of them; pages that nothing was written to take no memory */
};

struct trust_proofs *trust_proofs_create(void)
{
    struct trust_proofs *p = xcalloc(1, sizeof(*p));
    p->sets = xcalloc(SETS, sizeof(*p->sets));
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_init(&p->locks[i], NULL);
    return p;
}

struct trust_proofs *trust_proofs_destroy(struct trust_proofs *p)
{
    if (!p)
        return NULL;
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_destroy(&p->locks[i]);
    free(p->sets);
    free(p);
    return NULL;
}

static size_t set_of(const uint8_t *cert)
{
    uint32_t n;
    memcpy(&n, cert, sizeof(n));
    return n % SETS;
}

static bool is(const struct proof *p, const uint8_t *cert, const uint8_t *key)
{
    return memcmp(p->cert, cert, DIGEST_SHA256) == 0 && memcmp(p->key, key, DIGEST_SHA256) == 0;
}

static bool stands_in(const struct proof *set, const uint8_t *cert, const uint8_t *key)
{
    for (size_t i = 0; i < WAYS; i++)
        if (is(&set[i], cert, key))
            return true;
    return false;
}

bool trust_proofs_has(struct trust_proofs *p, const uint8_t cert[DIGEST_SHA256], const uint8_t key[DIGEST_SHA256])
{
    if (!p)
        return false;
    size_t set = set_of(cert);
    (void)pthread_mutex_lock(&p->locks[set % LOCKS]);
    bool known = stands_in(p->sets[set], cert, key);
    (void)pthread_mutex_unlock(&p->locks[set % LOCKS]);
    return known;
}

void trust_proofs_add(struct trust_proofs *p, const uint8_t cert[DIGEST_SHA256], const uint8_t key[DIGEST_SHA256])
{
    if (!p)
        return;
    size_t set = set_of(cert);
    (void)pthread_mutex_lock(&p->locks[set % LOCKS]);
    if (!stands_in(p->sets[set], cert, key)) {
        struct proof *to = &p->sets[set][p->next[set]++ % WAYS];
        memcpy(to->cert, cert, DIGEST_SHA256);
        memcpy(to->key, key, DIGEST_SHA256);
    }
    (void)pthread_mutex_unlock(&p->locks[set % LOCKS]);
}

bool trust_proofs_issued_by(struct trust_proofs *p, const struct trust_cert *c, const struct trust_cert *issuer)
{
    const uint8_t *cert = trust_cert_sha256(c), *key = trust_cert_key_sha256(issuer);
    if (trust_cert_may_be_issued_by(c, issuer) && trust_proofs_has(p, cert, key))
        return true;
    if (!trust_cert_issued_by(c, issuer))
        return false;
    trust_proofs_add(p, cert, key);
    return true;
}
