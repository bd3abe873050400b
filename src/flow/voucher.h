/* flow/voucher.h - by what bytes that lie in the spool were believed: for each connection that they came over the chain which the host presented, and
 * the question that was asked of it. The one engine decides it again when the live trust has changed (flow/spool.h). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/verdict.h"

struct chain;
struct gate_target;
struct trust_set;
struct voucher;

/* Zeroed is empty. One thread adds; then many may ask. */
struct vouchers {
    struct voucher *list; /* owned */
    size_t len, cap;
};

/* since_ms: wall clock, of the handshake, which is what it is decided by: expiry takes nothing away. The same chain of the same host counts once. */
void vouchers_add(struct vouchers *v, const struct gate_target *t, const struct chain *c, int64_t since_ms);
/* Would each of them be believed with this set? False: *ret is the verdict on the first that would not. True for none. */
bool vouchers_hold(const struct vouchers *v, const struct trust_set *set, struct trust_verdict *ret);
void vouchers_done(struct vouchers *v); /* .. and it is empty again */
