/* store/rows.h - the rows of which the live trust set is built: every grant, every CRL, and their generation.
 * Called by the one publisher thread and by the CLI. Never builds the set itself (trust/set.h does). */
#pragma once
#include <stdbool.h>

#include "base/def.h"
#include "base/err.h"

struct arena;
struct store;
struct trust_rows;

/* All as of one moment, copied into the arena; grants of one certificate share its bytes. Opens its own read
 * transaction, or uses the one that is open. One damaged row is ERR_STORE: the set that is live then stays. */
MUST_USE bool store_trust_rows(struct store *s, struct arena *a, struct trust_rows *ret, struct err *e);
