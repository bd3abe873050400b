/* net/chain_cache.h - finds the shared chain for what libssl received. Inside net only; belongs to one TLS client
 * and its thread. A certificate seen before is not decoded again, and the connection that presented it gives up its
 * own copy: thousands of connections to one host hold one chain.
 *
 * Least recently used chains go when a limit is reached; who holds one keeps it. */
#pragma once
#include <openssl/x509.h>
#include <stddef.h>

#include "base/def.h"
#include "net/chain.h"

enum {
    CHAIN_CACHE_MAX = 1024,                /* chains that are kept for the next connection */
    CHAIN_CACHE_BYTES = 8 * 1024 * 1024,   /* of DER in them */
};

struct chain_cache;
struct chain_cache *chain_cache_create(size_t chains_max, size_t bytes_max); /* the two limits above, but in tests */
struct chain_cache *chain_cache_destroy(struct chain_cache *cc);

/* A reference to the chain that these certificates, the peer's own first, make. Each of them that the cache knows is
 * replaced by the cache's own X509 of the same bytes. peer holds at least one. */
struct chain *chain_cache_share(struct chain_cache *cc, STACK_OF(X509) *peer);

/* For tests and metrics. */
size_t chain_cache_count(const struct chain_cache *cc);   /* chains kept */
size_t chain_cache_decoded(const struct chain_cache *cc); /* certificates decoded since it was created */
