/* flow/endpoint.h - is this host and port a registered vCenter Server or NSX Manager? A look at one is decided on its behalf, as
 * its real connections are. Called by testConnection, inspect and confirm. Compares names; resolves nothing. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "trust/scope.h"

struct arena;
struct store;

/* ret: on whose behalf, in the arena; host NULL when nobody registered has this host and port. */
MUST_USE bool endpoint_find(struct store *s, const char *host, uint16_t port, struct arena *a, struct trust_behalf *ret,
                            struct err *e);
/* The tightest scope of a grant for it: vcenter:<urn>/endpoint, nsx:<urn>, or host:<host>:<port>. ERR_INPUT: no such name. */
MUST_USE bool endpoint_scope(const struct trust_behalf *b, const char *host, uint16_t port, struct trust_scope *ret,
                             struct err *e);
