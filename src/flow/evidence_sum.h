/* flow/evidence_sum.h - what an anchor was good for until now: its evidence added up by purpose, so that whoever takes it away reads
 * which features it carried, for how many endpoints, and when last. Called by the audit's report, by what-if
 * and by whoever shows an anchor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/limits.h"

struct store;

enum { EVIDENCE_PURPOSES = 32 /* purposes are words of ours (flow/evidence.h): fewer than this */ };

struct evidence_purpose {
    char purpose[STORE_WORD_MAX + 1];
    size_t endpoints;     /* different ones of one anchor; added up over several */
    uint64_t connections;
    int64_t first_ms, last_ms;
};

struct evidence_sum {
    struct evidence_purpose of[EVIDENCE_PURPOSES]; /* what was used last comes first, after evidence_sum_sort */
    size_t len;
};

/* Adds this anchor's; sum begins zeroed. */
MUST_USE bool evidence_sum_add(struct store *s, const uint8_t anchor[DIGEST_SHA256], struct evidence_sum *sum, struct err *e);
void evidence_sum_sort(struct evidence_sum *sum);
/* When this anchor was last used, whatever for; 0 = never. */
MUST_USE bool evidence_last(struct store *s, const uint8_t anchor[DIGEST_SHA256], int64_t *ret_ms, struct err *e);
