/* flow/infra.h - bulk trust: the certificates of every registered vCenter Server, NSX Manager and VMCA looked at together, and the
 * fewest anchors stored with which all of them verify (product section 5, trust-infra-certs). Called by api.
 *
 * The journey. A plan looks at everything, in parallel and each with its own end, and writes a line for each; it grants
 * nothing. A person confirms it by its digest, and a run looks again, compares, and stores what the plan said; or the run is
 * unattended, and stores what the policy of flow/infra_plan.h takes by itself. What was stored opens more: a vCenter that is
 * verified now shows its VMCA. So a run looks at those once more, stores again, and ends with a last look. Plans and runs
 * are tasks; their lines are records that outlive a kill and are forgotten after INFRA_KEPT_MS.
 *
 * No credential leaves before the endpoint's verdict, no anchor comes without a signature that was checked, and what was believed
 * before and presents another key goes to the inbox (flow/inbox.h), unless its SHA-256 was named. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "flow/infra_plan.h"
#include "store/limits.h"

struct arena;
struct caller;
struct flow_kind;
struct site;
struct store;

#define INFRA_URN "urn:vouchsafe:infrastructure:certificates" /* whose tasks these are: one run at a time */

enum {
    INFRA_PARALLEL = 8,              /* endpoints looked at at once */
    INFRA_EACH_MS = 60 * 1000,       /* for one endpoint, or for the VMCA of one vCenter Server with its hosts */
    INFRA_ROUNDS = 3,                /* looks of one run: endpoints, what they opened, the last one */
    INFRA_KEPT_MS = 24 * 60 * 60 * 1000,
    INFRA_ACCEPT_MAX = 1000,         /* exceptions that one call may name */
    INFRA_TEXT_MAX = 600,            /* why, for people */
    INFRA_DIGEST = 2 * DIGEST_SHA256 + 1,
};

extern const struct flow_kind infra_plan_kind, infra_run_kind;

/* Which endpoints, and which exceptions. */
struct infra_ask {
    bool vcenters;           /* vCenter Servers with their VMCAs; NSX Managers always belong to it */
    bool unattended;         /* a run without a digest: what the policy takes by itself */
    const char *digest;      /* a run: of the plan that a person confirmed; NULL only when unattended */
    const uint8_t (*accept)[DIGEST_SHA256]; /* changed identities that are accepted by name */
    size_t accept_len;
};
/* Kept and queued when it returns. A run: ERR_CONFLICT "is currently busy" while another one is under way. */
MUST_USE bool infra_plan_start(const struct site *site, const struct caller *c, const struct infra_ask *ask,
                               char ret_task[STORE_ID_MAX + 1], struct err *e);
MUST_USE bool infra_run_start(const struct site *site, const struct caller *c, const struct infra_ask *ask,
                              char ret_task[STORE_ID_MAX + 1], struct err *e);

/* A line as it is kept. Texts live in the arena of the call. */
struct infra_line {
    enum infra_kind kind;
    enum infra_verdict verdict;
    enum infra_why why;
    const char *key, *urn, *name, *where; /* where: "vc1.example:443"; of a VMCA its vCenter's */
    bool enabled, stored;                 /* stored: by this run */
    const char *leaf;                     /* "AA:BB:..": what it presents, of a VMCA the root; "" = not seen */
    const char *subject;                  /* of that */
    const char *anchor;                   /* "AA:BB:..": what would be stored; "" = nothing */
    const char *anchor_subject, *anchor_pem, *scope;
    size_t hosts, hosts_of;               /* a VMCA: live hosts that it verifies, of so many that answered */
    const char *text;
};

/* What a plan or a run came to. */
struct infra_result {
    bool ended;
    const char *digest;                /* of what would be stored; INFRA_DIGEST */
    size_t endpoints, verified;        /* lines that count, and those that are verified */
    size_t to_store, stored, inbox;
    struct infra_line *lines;
    size_t len;
};
/* task: its URN. ERR_NOT_FOUND: there is none, or it is older than INFRA_KEPT_MS. */
MUST_USE bool infra_get(struct store *s, const char *task, struct arena *a, struct infra_result *ret, struct err *e);
/* Forgets what was kept longer than INFRA_KEPT_MS ago. Called now and then. */
MUST_USE bool infra_expire(const struct site *site, struct err *e);
