/* lab/vmca.h - a VMCA's roots and CRLs, and what a vCenter's TRUSTED_ROOTS holds of them and of others.
 * Called by the faces and by changes, under lab_lock. Signs no leaf: lab/issue.h does. */
#pragma once
#include "lab/estate.h"

struct lab_change;

enum { LAB_TRUSTED_MAX = 1024 };

/* The one that signs now, and which one that is. */
struct lab_ca *lab_vmca_signer(const struct lab_vmca *v);
/* 70034 when a certificate that begins then would begin before the CA (lab/sign.h); else 0. */
int lab_vmca_start_error(const struct lab_vmca *v, int64_t not_before);

/* What TRUSTED_ROOTS holds: every published root of its VMCA, newest first; linked vCenters' roots, LAB_PUBLISH later;
 * the CAs above its own certificate; what was posted. Without what was deleted. Returns how many. */
size_t lab_trusted_roots(const struct lab_vcenter *vc, struct lab_ca *out[LAB_TRUSTED_MAX]);
/* By the id of a chain; NULL. */
struct lab_ca *lab_trusted_find(const struct lab_vcenter *vc, const char *id);
/* A path of verified signatures leads from leaf over `above` to one of these (times are not looked at: vSphere's own
 * look is at another place). */
bool lab_trusts(const struct lab_vcenter *vc, X509 *leaf, X509 *const *above, size_t above_len);
/* Which one that is, with what was published above it; NULL. */
const struct lab_ca *lab_trusted_above(const struct lab_vcenter *vc, X509 *leaf, X509 *const *above, size_t above_len);
/* Is x among a's signers: its issuer's name and a signature that verifies. */
bool lab_issued_by(X509 *x, X509 *ca);

/* The current one, made when it is too old or something was revoked since; borrowed. NULL when the CA's key is not here. */
X509_CRL *lab_crl(const struct lab_vcenter *vc, struct lab_ca *ca);
bool lab_is_revoked(const struct lab_ca *ca, X509 *x);

/* Changes. A root from outside with its chain up to the self-signed one: 70008, 70011, 70037, 70062 in *ret_code. */
MUST_USE bool lab_vmca_import(struct lab_vcenter *vc, const char *chain, const char *key, int64_t now, int *ret_code, struct err *e);
/* The VMCA becomes subordinate to the enterprise: a new key, signed by its policy CA. */
MUST_USE bool lab_vmca_subordinate(struct lab_vcenter *vc, int64_t now, struct err *e);
/* A new root whose names a person chose; spec is a JSON object: {"bits":3072,"names":["CN","x",..],"san":"DNS:x"}. */
MUST_USE bool lab_vmca_regenerate(struct lab_vcenter *vc, const char *spec, int64_t now, struct err *e);
/* Revoked by its VMCA. ERR_NOT_FOUND when no root of it signed that one, ERR_CONFLICT when it is revoked already. */
MUST_USE bool lab_revoke(struct lab_vcenter *vc, X509 *x, int64_t now, struct err *e);
/* One chain of CAs as PEM, with its CRLs perhaps. ERR_CONFLICT when it is there. */
MUST_USE bool lab_trust_post(struct lab_vcenter *vc, const char *pem, size_t len, int64_t now, char ret_id[64], struct err *e);
/* ERR_NOT_FOUND. */
MUST_USE bool lab_trust_delete(struct lab_vcenter *vc, const char *id, int64_t now, struct err *e);

/* The same as lines of the journal; lab/change.c. */
typedef bool lab_apply(struct lab_endpoint *ep, const struct lab_change *c, struct err *e);
lab_apply lab_do_rotate, lab_do_import, lab_do_subordinate, lab_do_revoke, lab_do_post, lab_do_delete;
/* The newest root is shown expired, or sound again. */
MUST_USE bool lab_root_fault(struct lab_vcenter *vc, bool expired, int64_t now, struct err *e);
bool lab_root_can_expire(const struct lab_vcenter *vc); /* false: it was imported */
/* The first root of a new estate. */
MUST_USE bool lab_root_first(struct lab_estate *s, struct lab_vmca *v, struct err *e);
void lab_ca_done(struct lab_ca *ca);
