/* trust/replay.h - what endpoints presented when they were last seen, decided again under any trust set.
 * Called by flow for audit, what-if and the fewest anchors that are enough: the set is the live one, or what trust/change.h
 * made of it. The decision is trust_decide's. What is not known is never called safe. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/verdict.h"

/* One endpoint's last chain, and everything else that decides about it. */
struct trust_replay_case {
    struct trust_question q; /* chain_len 0: no chain of it is kept. Borrowed */
    bool known;              /* it was seen lately enough, and nobody knows that it can't be reached now */
    bool looked;             /* it was looked at for this very question, and the chain is what was seen */
};

enum trust_replay_state {
    TRUST_REPLAY_VERIFIED,
    TRUST_REPLAY_FAILS,
    TRUST_REPLAY_UNKNOWN, /* whatever its last chain says */
};

struct trust_replay_result {
    enum trust_replay_state state;
    enum trust_rule rule; /* TRUST_OK, or what refuses the chain; the last one's also when the state is unknown */
    bool has_chain;       /* the rule and what follows speak of something */
    uint8_t at[DIGEST_SHA256];     /* refused: the certificate it fell on */
    uint8_t anchor[DIGEST_SHA256]; /* believed: the anchor used */
};

/* ret[i] is of cases[i]. */
void trust_replay(const struct trust_set *set, const struct trust_replay_case *cases, size_t len, struct trust_replay_result *ret);

/* "verified", "fails", "unknown": stable. */
const char *trust_replay_state_name(enum trust_replay_state s);
