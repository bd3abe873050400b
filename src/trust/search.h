/* trust/search.h - the path search behind trust_decide: depth first from one certificate over untrusted ones and
 * anchors, with backtracking and a budget (docs/trust.md). Used by verdict.c, and by revocation.c for the
 * certificates of CRL signers. Not for other folders. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "trust/set_fields.h"
#include "trust/verdict.h"

enum {
    SEARCH_STEPS = 4000, /* certificates tried on one decision: bounds what costs no signature */
    SEARCH_NESTING = 4,  /* CRL signers of CRL signers of .. */
    SEARCH_LINKS = 256,  /* signatures remembered in one decision; budget is below it */
};

/* One signature that was checked: who signed what. */
struct search_link {
    const uint8_t *signed_bytes;
    const struct trust_cert *signer;
    bool ok;
};

/* What one decision may spend, shared by all its searches. */
struct search_effort {
    unsigned signatures_max, signatures, steps, constraint_work;
    bool exhausted;
    size_t links_len;
    struct search_link links[SEARCH_LINKS];
};

/* The best refusal so far: the path that got furthest explains (trust/rule.h orders the rules). */
struct search_refusal {
    enum trust_rule rule;
    const struct trust_cert *at;
    char expected[TRUST_TEXT_MAX], seen[TRUST_TEXT_MAX];
};

enum search_for { SEARCH_SERVER, SEARCH_CRL_SIGNER };

struct search {
    const struct trust_set *set;
    const struct trust_question *q;
    struct search_effort *effort;
    enum search_for purpose;
    const struct anchor *only;    /* CRL signers: the path must end at this anchor (RFC 5280 6.3.3 (f)) */
    const struct search *parent;  /* CRL signers: the search whose certificate's status is asked for */
    unsigned nesting;
    const struct trust_cert *path[TRUST_PATH_MAX]; /* target first */
    size_t len;
    const struct anchor *anchor;  /* the end of the path, when it has one */
    const struct anchor *outside; /* the first anchor that fits but is not granted for this connection */
    const struct trust_cert *outside_child;
    enum trust_rule outside_rule;
    struct search_refusal refusal;
    bool crl_stale;
};

/* Looks for a path from target to an anchor. True: path, len and anchor hold it. */
bool search_run(struct search *s, const struct trust_cert *target);

/* Checks a signature within the budget, remembering the answer. False also when the budget is spent. */
bool search_verify(struct search_effort *f, const struct trust_cert *signer, const struct signature_algorithm *a,
                   struct der signed_bytes, struct der signature);
/* The same for the signature on a certificate; proofs are asked first, which spends as much. */
bool search_verify_cert(const struct search *s, const struct trust_cert *signer, const struct trust_cert *child);

/* Remembers a refusal when it explains more than the one before. Texts may be "". Returns false. */
bool search_refuse(struct search *s, enum trust_rule rule, const struct trust_cert *at, const char *expected,
                   const char *seen);
