/* trust/audit.h - which grants are needed: a replay of every endpoint's last chain with and without each (product.md section 5).
 * Called by flow with what is kept and what a fresh look at each endpoint saw. It decides with the engine, changes nothing, and
 * says `unneeded` only of what a look at every endpoint of the grant passes without. Pure.
 *
 * For each endpoint the grant that carries its chain is set aside and the chain decided again, until nothing carries it any more
 * (or TRUST_AUDIT_COVERS did): so two that cover each other are both found, and neither is unneeded. All that is
 * unneeded may go at once: that is decided in the end, by a replay without all of it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/replay.h"

struct arena;

enum {
    TRUST_AUDIT_COVERS = 8, /* grants found that carry one endpoint; further ones are not looked for */
    TRUST_AUDIT_NONE = UINT32_MAX,
};

enum trust_audit_state {
    TRUST_AUDIT_NEEDED,   /* without it an endpoint that is known fails */
    TRUST_AUDIT_SPARE,    /* it carries, or would carry, what another covers */
    TRUST_AUDIT_UNPROVEN, /* who knows */
    TRUST_AUDIT_UNNEEDED,
};

enum trust_audit_reason {
    TRUST_AUDIT_CARRIES,    /* needed */
    TRUST_AUDIT_COVERED,    /* spare */
    TRUST_AUDIT_UNSEEN,     /* unproven: an endpoint that it vouches for is not known */
    TRUST_AUDIT_BROKEN,     /* unproven: an endpoint that leads to it fails for another reason, such as its own expiry */
    TRUST_AUDIT_NOT_LOOKED, /* unproven: nothing stands on it in what is kept, and not all was looked at now */
    TRUST_AUDIT_NOBODY,     /* unproven: nothing that it vouches for was ever seen */
    TRUST_AUDIT_SUCCESSOR,  /* unproven: a younger key of a CA that is in use; endpoints come to it when they are renewed */
    TRUST_AUDIT_UNUSED,     /* unneeded */
    TRUST_AUDIT_EXPIRED,    /* unneeded: it is past its last day and carries nothing ever again */
};

/* One grant of System. */
struct trust_audit_grant {
    const struct trust_cert *cert;   /* borrowed from the set */
    const struct trust_scope *scope; /* borrowed from the set */
    enum trust_audit_state state;
    enum trust_audit_reason reason;
    uint32_t needs;    /* endpoints that are known and fail without it */
    uint32_t carries;  /* endpoints that are known and stand on it now */
    uint32_t unknown;  /* endpoints that it vouches for and that are not known */
    uint32_t related;  /* SUCCESSOR: the grant whose key it succeeds; else TRUST_AUDIT_NONE */
};

/* One endpoint that stands on a grant, or would when those before it were gone. */
struct trust_audit_link {
    uint32_t grant, at; /* indexes: of the grant, of the case */
    uint32_t cover;     /* the grant that carries it without this one; TRUST_AUDIT_NONE = none does */
    bool first;         /* it stands on it now */
    bool known;         /* the endpoint is */
};

/* Arrays live in the arena of the call. */
struct trust_audit {
    struct trust_audit_grant *grants;
    size_t grants_len;
    struct trust_audit_link *links; /* by grant, then case */
    size_t links_len;
    struct trust_replay_result *results; /* of each case under the set as it is */
    size_t unneeded;
};

/* now: seconds since 1970. Never fails. */
void trust_audit(const struct trust_set *set, const struct trust_replay_case *cases, size_t len, int64_t now, struct arena *a,
                 struct trust_audit *ret);

/* "needed", "spare", "unproven", "unneeded": stable. */
const char *trust_audit_state_name(enum trust_audit_state s);
