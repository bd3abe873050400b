/* trust/scope.h - what a grant vouches for, and on whose behalf a connection is made (docs/trust.md).
 * Texts: `any`, `host:<name>:<port>`, `vcenter:<urn>`, `vcenter:<urn>/endpoint`, `vcenter:<urn>/hosts`, `nsx:<urn>`.
 * Scope is compared with on whose behalf we connect, never with a name that a peer chose. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { TRUST_NAME_MAX = 256, TRUST_SCOPE_TEXT = TRUST_NAME_MAX + 32 };

enum trust_scope_kind {
    TRUST_SCOPE_ANY,
    TRUST_SCOPE_HOST,             /* host:<name>:<port> */
    TRUST_SCOPE_VCENTER,          /* both of the next two */
    TRUST_SCOPE_VCENTER_ENDPOINT, /* the vCenter Server itself */
    TRUST_SCOPE_VCENTER_HOSTS,    /* the ESXi hosts that it lists */
    TRUST_SCOPE_NSX,
};

struct trust_scope {
    enum trust_scope_kind kind;
    uint16_t port;             /* TRUST_SCOPE_HOST only */
    char name[TRUST_NAME_MAX]; /* host name or address (lower case, no brackets), or URN; "" for any */
};

/* On whose behalf a connection is made. */
enum trust_behalf_kind {
    TRUST_FOR_ADDRESS,  /* nobody registered: a look at host:port, testConnection */
    TRUST_FOR_VCENTER,  /* the endpoint of a registered vCenter Server */
    TRUST_FOR_ESXI,     /* a host that a registered vCenter lists */
    TRUST_FOR_NSX,      /* a registered NSX Manager */
};

struct trust_behalf {
    enum trust_behalf_kind kind;
    uint16_t port;
    const char *urn;  /* of the vCenter or NSX Manager; NULL for TRUST_FOR_ADDRESS. Borrowed */
    const char *host; /* as the administrator named it (for ESXi: as dialled). Borrowed */
};

/* Reads one of the texts above; names are lower-cased, an IPv6 address stands in brackets. ERR_INPUT. */
MUST_USE bool trust_scope_parse(const char *text, struct trust_scope *ret, struct err *e);
void trust_scope_write(const struct trust_scope *s, char out[TRUST_SCOPE_TEXT]);

bool trust_scope_same(const struct trust_scope *a, const struct trust_scope *b);
/* Equal, or a grant of `wide` already says everything that `narrow` would. */
bool trust_scope_covers(const struct trust_scope *wide, const struct trust_scope *narrow);

/* Does a grant of this scope count for this connection? A host: grant counts for an endpoint that the
 * administrator named, never for an ESXi host, whose name the vCenter chose. */
bool trust_scope_serves(const struct trust_scope *s, const struct trust_behalf *b);

/* Granted for this endpoint alone, so that it may stand in for a name check (names off, product rule 2.5). */
bool trust_scope_is_exact(const struct trust_scope *s, const struct trust_behalf *b);
