/* store/endpoint.h - what each endpoint presented when it was last seen, and for whom it was asked.
 * Called after a connection or a probe. With it every decision can be made again without the endpoint: the audit's
 * replay, what-if, and the watch for changed identities (product.md section 5). Decides nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/limits.h"
#include "trust/scope.h"

struct arena;
struct store;

struct store_chain_cert {
    const uint8_t *der;
    size_t len;
};

struct store_endpoint {
    const char *key;      /* what names it for good: the URN of a vCenter or NSX Manager, "<vcenter urn>/<host id>" for
                             a host that a vCenter lists, "<host>:<port>" for a mere address */
    const char *urn;      /* of the vCenter or NSX Manager; NULL for a mere address */
    const char *host;
    enum trust_behalf_kind kind;
    uint16_t port;
    const char *const *names; /* accepted names at that time */
    size_t names_len;
    const char *rule;     /* the verdict's rule code: "ok", "unknown-issuer" .. */
    int64_t seen_ms;      /* when it presented this chain last */
    int64_t since_ms;     /* since when it has presented this leaf (set by the store) */
    int64_t verified_ms;  /* when a chain of it was believed last; 0 = never */
    const uint8_t *anchor; /* .. by this anchor (DIGEST_SHA256 bytes); NULL = never */
    const struct store_chain_cert *chain; /* leaf first */
    size_t chain_len;     /* 1 to STORE_CHAIN_MAX, STORE_CHAIN_BYTES in all */
};

/* Keeps it in the place of what was known under the key. since_ms is not read: it stays while the leaf stays. With
 * verified_ms 0 and anchor NULL the last belief stays known. ERR_LIMIT past the caps. */
MUST_USE bool store_endpoint_put(struct store *s, const struct store_endpoint *ep, struct err *e);
/* Forgets it, its chain and the evidence of it; ERR_NOT_FOUND. */
MUST_USE bool store_endpoint_remove(struct store *s, const char *key, struct err *e);
/* Copied into the arena. ERR_NOT_FOUND. */
MUST_USE bool store_endpoint_get(struct store *s, const char *key, struct arena *a, struct store_endpoint *ret,
                                 struct err *e);

struct store_endpoint_query {
    const char *urn;   /* only those of this vCenter or NSX Manager; NULL = all */
    const char *after; /* the key of the last row of the page before */
    uint32_t limit;    /* 0 = STORE_PAGE_MAX, which is the most */
};

/* In the order of keys. Borrowed for the call; must not call the store. Return false (with e set) to stop. */
typedef bool store_endpoint_sink(void *self, const struct store_endpoint *ep, struct err *e);
MUST_USE bool store_endpoint_list(struct store *s, const struct store_endpoint_query *q, store_endpoint_sink *sink,
                                  void *self, struct err *e);
