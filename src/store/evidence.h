/* store/evidence.h - which anchor carried which endpoint for which purpose: since when, last when, how often.
 * One row for each such triple, however many connections it stands for; the writer coalesces before it calls.
 * Evidence survives the anchor that it speaks of, so that a removal can be explained afterwards. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/limits.h"

struct store;

struct store_evidence {
    uint8_t anchor[DIGEST_SHA256];
    const char *endpoint; /* as in endpoint.h */
    const char *purpose;  /* a word of ours: "api", "console" (flow/evidence.h) */
    int64_t first_ms, last_ms;
    uint64_t count;       /* connections, at least 1 */
};

/* Adds to what is known: counts add up, first and last widen. New triples past STORE_EVIDENCE_MAX are dropped and
 * counted in ret_dropped; known ones are always updated. */
MUST_USE bool store_evidence_add(struct store *s, const struct store_evidence *rows, size_t len, size_t *ret_dropped,
                                 struct err *e);
/* Forgets what was last seen before that moment; says how many rows went. */
MUST_USE bool store_evidence_prune(struct store *s, int64_t before_ms, uint64_t *ret_removed, struct err *e);

/* Those that fit everything that is not NULL, in the order of (anchor, endpoint, purpose). */
struct store_evidence_query {
    const uint8_t *anchor; /* DIGEST_SHA256 bytes */
    const char *endpoint;
    const struct store_evidence *after; /* the last row of the page before */
    uint32_t limit;                     /* 0 = STORE_PAGE_MAX, which is the most */
};

/* Borrowed for the call; must not call the store. Return false (with e set) to stop. */
typedef bool store_evidence_sink(void *self, const struct store_evidence *row, struct err *e);
MUST_USE bool store_evidence_list(struct store *s, const struct store_evidence_query *q, store_evidence_sink *sink,
                                  void *self, struct err *e);
