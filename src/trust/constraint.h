/* trust/constraint.h - name constraints (RFC 5280 4.2.1.10): is every name of a certificate, and the name that was
 * asked for, inside what the CAs above permit? Pure. Unknown name forms are refused where they meet a constraint. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "trust/der.h"

struct trust_cert;

/* Comparisons of one decision; past it the path is refused (a hostile chain multiplies names by constraints). */
enum { CONSTRAINT_WORK_MAX = 250000 };

/* Well-formed: not empty, minimum 0, no maximum, DNS names without leading dot or wildcard, address ranges of
 * 8 or 32 octets with contiguous masks. constraints: the content of the NameConstraints SEQUENCE. */
bool constraints_ok(struct der constraints);

enum constraint_result { CONSTRAINT_OK, CONSTRAINT_BROKEN, CONSTRAINT_TOO_MUCH };

/* Every name of c (subject, subjectAltName, mail addresses in the subject when there is no subjectAltName) against
 * one CA's constraints. work counts down from CONSTRAINT_WORK_MAX. broken (may be NULL) gets a text for people. */
enum constraint_result constraints_check(struct der constraints, const struct trust_cert *c, unsigned *work,
                                         char *broken, size_t broken_size);

/* The requested name itself: a DNS name or an address in text. */
enum constraint_result constraints_check_host(struct der constraints, const char *host, unsigned *work);
