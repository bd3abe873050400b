/* base/tally.h - a short proof that two streams of bytes were the same, kept instead of the bytes: Poly1305 under a random key that
 * never leaves the process. For comparing what somebody sends again with what he sent before; it is no signature, and its
 * tag is shown to nobody. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALLY_KEY = 32, TALLY_TAG = 16, TALLY_STATE = 256 };

struct tally {
    _Alignas(16) uint8_t state[TALLY_STATE];
    uint8_t key[TALLY_KEY];
};

/* A new stream under a new key. */
void tally_start(struct tally *t);
/* Another stream under the same key, to be compared with t. */
void tally_start_like(struct tally *ret, const struct tally *t);
void tally_add(struct tally *t, const void *p, size_t len);
/* Both have seen the same bytes; both go on. */
bool tally_equal(const struct tally *a, const struct tally *b);
