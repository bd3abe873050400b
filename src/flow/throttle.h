/* flow/throttle.h - how often somebody may be wrong: failures counted per key within a window, and a pause once there were too
 * many. Called by logins, which make keys of accounts and addresses. A fixed table, however many keys are tried: a full
 * set of it forgets the key that is the least far. Not thread-safe; the clock is a parameter. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"

enum { THROTTLE_SETS = 512, THROTTLE_WAYS = 8 }; /* keys remembered: their product */

struct throttle_slot {
    uint8_t key[DIGEST_SHA256];
    int64_t since_ms, until_ms; /* first failure of the window; end of the pause, 0 = none */
    unsigned failures;          /* 0 = the slot is free */
};

struct throttle {
    struct throttle_slot slots[THROTTLE_SETS][THROTTLE_WAYS];
};

/* What a key may do. */
struct throttle_rule {
    unsigned failures;          /* in .. */
    int64_t window_ms;          /* .. so long; then nothing for as long again */
};

bool throttle_pauses(const struct throttle *t, const uint8_t key[DIGEST_SHA256], int64_t now_ms);
/* Counts a failure in advance, so that attempts at the same moment count as well. True when it began a pause, which is for
 * the attempts after this one. */
bool throttle_charge(struct throttle *t, const uint8_t key[DIGEST_SHA256], const struct throttle_rule *rule, int64_t now_ms);
/* It was no failure: takes one back. */
void throttle_refund(struct throttle *t, const uint8_t key[DIGEST_SHA256]);
/* Forgets the key. */
void throttle_clear(struct throttle *t, const uint8_t key[DIGEST_SHA256]);
