/* base/secret.h - passwords, keys and tokens while they are in memory, and password hashes (Argon2id).
 * A secret lives in locked memory between guard pages, left out of core dumps, and is wiped when it goes.
 * There is no function that turns one into text for people, so that none can be logged by accident.
 * This folder is the only one that sees libsodium (docs/store.md says what is sealed and how). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

enum {
    SECRET_MAX = 64 * 1024,      /* bytes in one secret: a private key with its chain fits */
    SECRET_PASSWORD_MAX = 1024,  /* bytes in a password that is hashed or checked */
    SECRET_HASH = 128,           /* room for a password hash with its NUL (crypto_pwhash_STRBYTES) */
};

/* Read the fields, never write them. A zeroed struct is a valid empty secret. */
struct secret {
    uint8_t *bytes; /* owned; NULL while empty. Always followed by a NUL that is not counted */
    size_t len;
};

/* Copies len bytes, replacing what was held. ERR_LIMIT past SECRET_MAX; then nothing changed. */
MUST_USE bool secret_set(struct secret *s, const void *p, size_t len, struct err *e);
/* len (at most SECRET_MAX, else it aborts) random bytes. */
void secret_random(struct secret *s, size_t len);
/* len zero bytes to be filled in place through s->bytes (a file read, a decryption). The same cap. */
MUST_USE bool secret_room(struct secret *s, size_t len, struct err *e);
/* Wipes and frees; leaves it empty and usable. */
void secret_done(struct secret *s);

/* Same bytes? Takes as long as the length says, wherever they differ. Lengths are not secret. */
bool secret_equal(const struct secret *a, const struct secret *b);
bool secret_bytes_equal(const void *a, const void *b, size_t len);
/* For buffers that held a secret on their way; the compiler can't leave it out. */
void secret_wipe(void *p, size_t len);

/* What one password hash costs. Only tests use the second. */
enum secret_cost {
    SECRET_COST_MODERATE, /* 256 MiB, 3 passes (libsodium's MODERATE): about half a second */
    SECRET_COST_TEST,     /* 8 KiB, 1 pass: worthless against a guesser */
};

/* Hashes a password with a random salt into the PHC text "$argon2id$v=19$m=..". Blocks and takes the memory said
 * above: pool threads only, and not many at once. ERR_INPUT for an empty or overlong password, ERR_LIMIT when the
 * memory is not to be had. */
MUST_USE bool secret_password_hash(const struct secret *password, enum secret_cost cost, char ret[SECRET_HASH],
                                   struct err *e);
/* Costs what `hash` says, but refuses unread what is not an Argon2id text with sane costs. */
bool secret_password_matches(const struct secret *password, const char *hash);
/* True when a hash was made at another cost than today's (or can't be read): hash again at the next login. */
bool secret_password_outdated(const char *hash, enum secret_cost cost);
