/* base/seal.h - secrets at rest: sealed under a master key, bound to the row that they belong to.
 * XChaCha20-Poly1305-IETF with a random 192-bit nonce; the associated data is "<table>|<row>|<key id>", so that a
 * sealed value moved to another row, or claimed for another key, does not open. Several master keys may be held
 * while a store moves from one to the next; the first one seals, each opens what it sealed.
 * A key's id is derived from the key (keyed BLAKE2b of a fixed text): it names the key and tells nothing about it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/def.h"
#include "base/err.h"
#include "base/secret.h"

enum {
    SEAL_KEY = 32,           /* bytes of a master key, and of its file: raw, nothing else */
    SEAL_ID = 17,            /* a key id as 16 lower-case hex digits and the NUL */
    SEAL_KEYS_MAX = 8,       /* keys held at once */
    SEAL_TABLE_MAX = 80,     /* bytes of the table's name */
    SEAL_ROW_MAX = 512,      /* bytes of a row's id */
    SEAL_OVERHEAD = 49,      /* sealed = 1 format + 8 key id + 24 nonce + plain + 16 tag */
    SEAL_MAX = SECRET_MAX + SEAL_OVERHEAD,
};

/* Reads a master key from a file that holds exactly SEAL_KEY raw bytes, is a regular file, ours, and of mode 0400 or
 * 0600. ERR_NOT_FOUND, ERR_DENIED (owner or mode), ERR_INPUT (size). Blocks. */
MUST_USE bool seal_key_read(const char *path, struct secret *ret, struct err *e);
/* Makes a new random key in a new file of mode 0400, on disk before it returns. ERR_CONFLICT when it exists. */
MUST_USE bool seal_key_create(const char *path, struct err *e);

/* The keys that are held. Filled by one thread at start-up, then read by any. */
struct seal_keys;
struct seal_keys *seal_keys_create(void);
struct seal_keys *seal_keys_destroy(struct seal_keys *k); /* wipes; NULL in, NULL out */
DEFINE_AUTO(seal_keys_destroyp, struct seal_keys *, seal_keys_destroy)

/* Adds a copy of a key; the first one added seals. ERR_INPUT unless SEAL_KEY bytes, ERR_CONFLICT when it is held
 * already, ERR_LIMIT past SEAL_KEYS_MAX. */
MUST_USE bool seal_keys_add(struct seal_keys *k, const struct secret *key, struct err *e);
/* The id of the key that seals; "" when none is held. Borrowed. */
const char *seal_keys_current(const struct seal_keys *k);
bool seal_keys_hold(const struct seal_keys *k, const char *id);

/* Appends the sealed form of `plain` to out. `table` has no '|'; both names are within their caps (else ERR_INPUT).
 * ERR_DENIED when no key is held. */
MUST_USE bool seal_close(const struct seal_keys *k, const char *table, const char *row, const struct secret *plain,
                         struct buf *out, struct err *e);
/* Opens what seal_close made for the same table and row. ERR_DENIED when its key is not held, ERR_STORE when it was
 * damaged, cut, or belongs to another row; ret is untouched then. */
MUST_USE bool seal_open(const struct seal_keys *k, const char *table, const char *row, const uint8_t *sealed,
                        size_t len, struct secret *ret, struct err *e);
/* Which key a sealed value names (unverified). False when it can't be one. */
MUST_USE bool seal_key_id(const uint8_t *sealed, size_t len, char ret[SEAL_ID]);
