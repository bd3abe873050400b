/* trust/dn.h - distinguished names: one canonical form to compare by, one text to show.
 * Canonical: every RDN as SET of (OID, kind, value) where text types become UTF-8 with ASCII folded to lower case
 * and white space collapsed (RFC 5280 7.1, RFC 4518 2.6.1); other types keep tag and bytes. RDNs are
 * self-delimiting, so that "is a prefix of" is a comparison of bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/der.h"

enum { TRUST_DN_MAX = 4096 }; /* bytes of canonical form; a longer name is refused */

/* name: the content of the Name SEQUENCE. Appends at most max bytes; false when malformed or too long. */
MUST_USE bool dn_canonical(struct der name, uint8_t *out, size_t max, size_t *ret_len);

/* The same for one RDN: the content of its SET. */
MUST_USE bool dn_canonical_rdn(struct der set, uint8_t *out, size_t max, size_t *ret_len);

/* RFC 4514 text, last RDN first, outside bytes escaped, cut at size. */
void dn_text(struct der name, char *out, size_t size);

/* Calls each for every value of the attribute with this OID (content bytes of the OID); stops when it returns
 * false, and returns false then. */
typedef bool dn_value_fn(void *self, uint8_t tag, struct der value);
bool dn_each(struct der name, struct der oid, dn_value_fn *each, void *self);
