/* trust/policy.h - certificate policies along one path (RFC 5280 6.1.2 to 6.1.5, with RFC 9618's bound).
 * The inputs are fixed: any policy will do, none is required from outside, mapping and anyPolicy are allowed.
 * So only certificates that ask for explicit policies can refuse. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct trust_cert;

enum { POLICY_SET_MAX = 256 }; /* policies kept at one step; a path that needs more is refused */

/* path: the certificates below the anchor, leaf LAST (the order of RFC 5280 6.1). Returns the index of the
 * certificate at which the path stops being acceptable, or -1. */
int policies_check(const struct trust_cert *const *path, size_t len);
