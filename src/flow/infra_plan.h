/* flow/infra_plan.h - the policy of bulk trust: out of what every endpoint presents, what is stored, and why or why not.
 * Called by flow/infra*.c. Pure: no socket, no clock, no store; who looked and what was believed before is in the facts.
 *
 * By itself it takes: first contact with what was never believed; what was believed and is presented unchanged; a renewal with the
 * same key; a VMCA root that came over a verified connection and verifies a live host. A changed identity is for the inbox,
 * unless its SHA-256 was named. It chooses the fewest anchors: no leaf where a CA that is granted already, or one that an
 * endpoint sent and that verifies several, vouches. A certificate is tried by deciding with it, never by its subject. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "flow/believed.h"
#include "trust/scope.h"
#include "trust/verdict.h"

struct arena;
struct trust_cert;

enum infra_kind { INFRA_VCENTER, INFRA_NSXV, INFRA_NSXT, INFRA_VMCA, INFRA_KINDS };

enum infra_verdict {
    INFRA_VERIFIED,    /* a granted anchor vouches for it: nothing to store */
    INFRA_STORE,       /* the anchor is stored */
    INFRA_INBOX,       /* its identity changed: for a person */
    INFRA_REJECTED,    /* the same, and a person said no */
    INFRA_REFUSED,     /* no anchor would help: expired, another name, a VMCA that verifies no live host */
    INFRA_UNREACHABLE, /* it could not be seen */
    INFRA_LATER,       /* a VMCA whose vCenter Server is not verified yet */
    INFRA_NOTHING,     /* there is nothing to trust: no certificate management, no hosts. Doesn't count */
    INFRA_VERDICTS,
};

enum infra_why { INFRA_COVERED, INFRA_FIRST, INFRA_SAME, INFRA_SAME_KEY, INFRA_LIVE_HOSTS, INFRA_NAMED, INFRA_CHANGED, INFRA_OTHER,
                 INFRA_WHYS };

/* What was found of one endpoint or VMCA. Everything is borrowed. */
struct infra_fact {
    enum infra_kind kind;
    const char *key;
    struct trust_scope scope;              /* of a grant for exactly it */
    bool seen;                             /* false: problem says why not */
    struct trust_question question;        /* endpoints: with chain and now; decided anew with each candidate */
    const uint8_t *shown;                  /* indexes into the chain: leaf first, each issued by the next (probe/chain.h) */
    size_t shown_len;
    bool verified;                         /* by the live trust */
    const struct trust_cert *root;         /* a VMCA; NULL = none to show */
    size_t hosts, hosts_of;                /* live hosts that it verifies, of so many that answered */
    bool listed;                           /* a VMCA: its vCenter lists hosts at all */
    enum infra_verdict without_root;       /* a VMCA: what it means that there is no root */
    enum believed_change change;           /* beside what was believed before */
    bool rejected;                         /* by a person, for this key */
};

struct infra_choice {
    enum infra_verdict verdict;
    enum infra_why why;
    const struct trust_cert *anchor; /* INFRA_STORE; borrowed from the facts or the granted */
    enum trust_rule rule;            /* INFRA_REFUSED: what would still refuse an endpoint */
};

struct infra_known {
    const struct trust_cert *const *granted; /* CAs that System grants somewhere already */
    size_t granted_len;
    const uint8_t (*accept)[DIGEST_SHA256];  /* named exceptions: a certificate of the chain shown, or a VMCA */
    size_t accept_len;
};

/* ret: len choices, in the order of the facts. */
void infra_decide(const struct infra_fact *facts, size_t len, const struct infra_known *known, struct arena *a,
                  struct infra_choice *ret);

/* Over what would be stored, in whatever order it was found: 64 hex digits. keys, anchors and scopes of len lines. */
struct infra_store {
    const char *key, *anchor, *scope;
};
void infra_digest(const struct infra_store *list, size_t len, struct arena *a, char ret[2 * DIGEST_SHA256 + 1]);

/* Does this line count, when all are asked whether they are verified? */
bool infra_counts(enum infra_verdict v);

/* Stable words; "same-key". -1 when there is none of the name. */
const char *infra_kind_name(enum infra_kind k);
const char *infra_verdict_name(enum infra_verdict v);
const char *infra_why_name(enum infra_why w);
int infra_kind_of(const char *name);
int infra_verdict_of(const char *name);
int infra_why_of(const char *name);
