/* flow/audit.h - living with trust: which trusted certificates are needed, spare, unproven or unneeded (product.md section 5), the
 * evidence, and the removal of what is unneeded. Called by api and the command line.
 *
 * The journey. audit_start begins a task: it looks at every vCenter Server, its hosts, every NSX Manager and every address that a
 * grant names, AUDIT_AT_ONCE at a time; then everything kept is decided again with and without each grant (trust/audit.h),
 * and the report is kept. audit_remove makes the same decision once more within its own transaction, and goes on only
 * when what is unneeded is still what the person was shown. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "flow/replay.h"
#include "store/grant.h"
#include "store/limits.h"
#include "trust/audit.h"

struct caller;
struct flow_kind;
struct site;
struct store;

enum {
    AUDIT_AT_ONCE = 8,              /* vCenter Servers, managers and addresses looked at at the same time */
    AUDIT_GOOD_MS = 60 * 60 * 1000, /* how long after its looks an audit is good for a removal */
    AUDIT_SHOWN = 20,               /* endpoints and lines of evidence that a row of the report names; it counts all */
    AUDIT_DIGEST = 2 * DIGEST_SHA256 + 1,
};

/* look: else from what is kept alone, and then nothing is unneeded. */
MUST_USE bool audit_start(const struct site *site, const struct caller *c, bool look, char ret_task[STORE_ID_MAX + 1],
                          struct err *e);
extern const struct flow_kind audit_kind;

/* What the last audit found, as it is kept. Texts live in the arena of the call. */
struct audit_head {
    int64_t started_ms, ended_ms; /* started 0: there was none */
    bool looked;
    char shown[AUDIT_DIGEST];     /* names what is unneeded, for audit_remove */
    size_t states[TRUST_AUDIT_UNNEEDED + 1]; /* grants, by enum trust_audit_state */
    size_t endpoints, unknown, refused;
};
struct audit_row {
    const char *id, *alias;       /* of the grant */
    const char *state;
    const char *json;             /* an object: the row as clients read it (docs/audit.md) */
};
MUST_USE bool audit_last(struct store *s, struct arena *a, struct audit_head *ret_head, struct audit_row **ret, size_t *ret_len,
                         struct err *e);
/* What it found of one grant. True with ret->id NULL: nothing, it is newer or there was no audit. */
MUST_USE bool audit_row_get(struct store *s, const char *id, struct arena *a, struct audit_row *ret, struct err *e);

/* Takes away what is unneeded, in one transaction with its lines in the audit trail, and in force when it returns. shown: of the
 * report that the person saw. ERR_CONFLICT: something else is unneeded now, or the looks are too old. now_ms: 0 = now. */
struct audit_removed {
    const char *const *ids; /* of the grants that went; in the arena */
    size_t len;
};
MUST_USE bool audit_remove(const struct site *site, const struct caller *c, const char *shown, int64_t now_ms, struct arena *a,
                           struct audit_removed *ret, struct err *e);

/* ---- the parts ---- */

/* One audit in memory. audit_made_done. */
struct audit_made {
    struct replay replay;
    struct trust_audit found;   /* in the replay's arena */
    struct store_grant *grants; /* System's, without DER, in the order of ids */
    uint32_t *at;               /* of each its place in found.grants; TRUST_AUDIT_NONE: it can't be read, so it counts for nothing */
    size_t grants_len;
    char shown[AUDIT_DIGEST];
};
void audit_made_done(struct audit_made *m);
/* Decides, within the caller's transaction. ret is zeroed by the caller. */
MUST_USE bool audit_make(const struct site *site, struct store *s, const struct replay_ask *ask, struct audit_made *ret, struct err *e);
/* Keeps the report of it. Within a write transaction. */
MUST_USE bool audit_keep(struct store *s, const struct audit_made *m, int64_t started_ms, bool looked, struct err *e);

/* Looks at everything that is registered and at the addresses that grants name, and keeps what they present. said (may be NULL)
 * hears how many are done; it returns false to stop early. Whoever can't be reached is no error. */
typedef bool audit_progress(void *self, size_t done, size_t of);
MUST_USE bool audit_look(const struct site *site, audit_progress *said, void *self, struct err *e);
