/* trust/proofs.h - signatures on certificates that were checked once and found good: so that deciding 50,000 kept chains again after
 * a change of grants costs no public-key operation for each. Lent to trust_decide by whoever decides kept chains again
 * (trust_question); connections don't need it. Pure: no clock, no disk.
 *
 * What is remembered is a fact that nothing changes: the key with this SHA-256 (of the SubjectPublicKeyInfo) signed the certificate
 * with this SHA-256 (of the whole DER, signature and algorithm included). Never that one was bad, and never a verdict: names, times,
 * grants and lists are asked anew each time. A verdict with proofs is the verdict without, its count of signatures too. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"

struct trust_cert;
struct trust_proofs;

enum { TRUST_PROOFS_MAX = 1 << 17 /* 64 bytes each; newer ones take the place of older ones */ };

/* Any number of threads may use one. Memory is taken as it fills. */
struct trust_proofs *trust_proofs_create(void);
struct trust_proofs *trust_proofs_destroy(struct trust_proofs *p); /* NULL in, NULL out */
DEFINE_AUTO(trust_proofs_destroyp, struct trust_proofs *, trust_proofs_destroy)

/* p NULL: nothing is known, and nothing is kept. */
bool trust_proofs_has(struct trust_proofs *p, const uint8_t cert[DIGEST_SHA256], const uint8_t key[DIGEST_SHA256]);
void trust_proofs_add(struct trust_proofs *p, const uint8_t cert[DIGEST_SHA256], const uint8_t key[DIGEST_SHA256]);

/* trust_cert_issued_by, asked of p first. */
bool trust_proofs_issued_by(struct trust_proofs *p, const struct trust_cert *c, const struct trust_cert *issuer);
