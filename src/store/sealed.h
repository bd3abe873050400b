/* store/sealed.h - passwords, keys and tokens that must be had back in clear, each sealed for its own row
 * (base/seal.h). Called by flow and api. No other record holds one in clear. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "base/seal.h"
#include "base/secret.h"
#include "store/limits.h"

struct store;

/* kind: a word of ours ("vcenter-password"), at most STORE_WORD_MAX of [a-z0-9.-]; id: whose it is, a URN.
 * ERR_DENIED when the source was opened without a master key. */
MUST_USE bool store_sealed_put(struct store *s, const char *kind, const char *id, const struct secret *plain,
                               int64_t now_ms, struct err *e);
/* ERR_NOT_FOUND; ERR_DENIED when its master key is not held; ERR_STORE when it was damaged or moved. */
MUST_USE bool store_sealed_get(struct store *s, const char *kind, const char *id, struct secret *ret, struct err *e);
MUST_USE bool store_sealed_remove(struct store *s, const char *kind, const char *id, struct err *e);

/* Seals up to `most` (1 to STORE_PAGE_MAX) values again that are not under the first key of the ring; says how many are
 * left. Call it, a transaction each time, until none is; then the old key may go. */
MUST_USE bool store_sealed_rekey(struct store *s, uint32_t most, uint64_t *ret_left, struct err *e);

/* Every value that the keys at hand open, one after the other; the others are passed over. For whoever must know them all to keep
 * them out of something (flow/scrub.h); the secret is the call's. Must not call the store. */
typedef bool store_sealed_plain_sink(void *self, const char *kind, const char *id, const struct secret *plain, struct err *e);
MUST_USE bool store_sealed_each(struct store *s, store_sealed_plain_sink *sink, void *self, struct err *e);

/* How many values each master key seals: before a key goes, and at start-up to say which key is missing. */
typedef bool store_sealed_sink(void *self, const char *key_id, uint64_t count, struct err *e);
MUST_USE bool store_sealed_usage(struct store *s, store_sealed_sink *sink, void *self, struct err *e);
