/* trust/crl.h - one certificate revocation list, decoded once and strictly (RFC 5280 section 5).
 * Full, delta and extended (issuing distribution point, indirect) lists. A list that holds something critical that
 * can't be applied still parses and is never used. Shared by reference; pure but for libcrypto. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

enum {
    TRUST_CRL_MAX = 32 * 1024 * 1024, /* bytes of one list */
    TRUST_CRL_ENTRIES = 1000000,      /* revoked certificates in one list */
};

struct trust_crl;

MUST_USE bool trust_crl_parse(const uint8_t *der, size_t len, struct trust_crl **ret, struct err *e);
struct trust_crl *trust_crl_ref(const struct trust_crl *c);
struct trust_crl *trust_crl_unref(const struct trust_crl *c); /* NULL in, NULL out */
DEFINE_AUTO(trust_crl_unrefp, struct trust_crl *, trust_crl_unref)

/* For keeping lists (never rolled back): who issued it, its number, its times. */
const uint8_t *trust_crl_sha256(const struct trust_crl *c);
void trust_crl_issuer(const struct trust_crl *c, char *out, size_t size);
/* Upper-case hex of the issuer's key identifier, "" when the list does not say. */
void trust_crl_key_id(const struct trust_crl *c, char *out, size_t size);
/* Upper-case hex of cRLNumber without leading zeros, "" when absent. */
void trust_crl_number(const struct trust_crl *c, char *out, size_t size);
/* -1, 0, 1: a's cRLNumber against b's; an absent number is the lowest. */
int trust_crl_compare(const struct trust_crl *a, const struct trust_crl *b);
int64_t trust_crl_this_update(const struct trust_crl *c);
int64_t trust_crl_next_update(const struct trust_crl *c); /* INT64_MIN when absent */
bool trust_crl_is_delta(const struct trust_crl *c);
size_t trust_crl_count(const struct trust_crl *c);
