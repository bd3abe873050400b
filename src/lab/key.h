/* lab/key.h - the lab's RSA keys. Each follows from the estate's secret and a label, so that the same secret is the
 * same estate; what was made once is kept in DIR/keys, because looking for primes takes its time.
 * Called by the estate. A secret made from a published seed makes published keys: a real cell refuses them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/err.h"

enum { LAB_SECRET = 32, LAB_LABEL_MAX = 128 };

struct lab_keys;

/* dir may be NULL: nothing is kept. Both are copied. */
struct lab_keys *lab_keys_create(const uint8_t secret[LAB_SECRET], const char *dir);
struct lab_keys *lab_keys_destroy(struct lab_keys *k);

/* Borrowed, for the ring's life. The label is a file's name: letters, digits, '-' and '.'. One thread at a time. */
EVP_PKEY *lab_keys_get(struct lab_keys *k, const char *label, unsigned bits, struct err *e);

/* One that was put there before; NULL with ERR_NOT_FOUND. */
EVP_PKEY *lab_keys_find(struct lab_keys *k, const char *label, struct err *e);
/* Keeps a key that came from outside under a label that no other has; durable when it returns. */
MUST_USE bool lab_keys_put(struct lab_keys *k, const char *label, EVP_PKEY *key, struct err *e);

/* len bytes (at most 32) that follow from the secret and the label: serial numbers, passwords. */
void lab_keys_derive(const struct lab_keys *k, const char *label, uint8_t *out, size_t len);
