/* api/trust_json.h - certificates and verdicts as our own API writes them. Called by the vouchsafe_* resources. Fingerprints are
 * AA:BB:.., SHA-256 first; SHA-1 because vSphere prints it. Pure. */
#pragma once
#include <jansson.h>

#include "trust/verdict.h"

struct trust_cert;

/* Subject, issuer, fingerprints, serial, validity, key, names, isCa, certificate (PEM). A new reference. */
json_t *trust_json_cert(const struct trust_cert *c);
/* ok, rule, clause, what, why, next, expected, seen, and the certificate that it fell on. A new reference. */
json_t *trust_json_verdict(const struct trust_verdict *v);
/* "AA:BB:.." of 32 bytes. A new reference. */
json_t *trust_json_sha256(const uint8_t *sha256);
