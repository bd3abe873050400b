/* trust/revocation.h - the status of every certificate of a path by CRLs (RFC 5280 6.3): complete, delta and
 * indirect lists, distribution points, reasons, separate CRL signers. Not for other folders. */
#pragma once
#include <stdbool.h>

struct search;

/* The path of s is complete and s->anchor set. False: refused, with the reason in s->refusal. */
bool revocation_allows(struct search *s);
