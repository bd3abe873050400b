/* lab/own.h - keys that an endpoint makes for a request, and certificates that are put there: an enterprise's, or what its
 * VMCA signed on request. Called by the faces and by changes, under lab_lock. */
#pragma once
#include "lab/vmca.h"

void lab_own_done(struct lab_own *o);
struct lab_own *lab_own_destroy(struct lab_own *o);

/* From now on the endpoint's certificate is another one of its kind; what was put there is gone. */
void lab_made_anew(struct lab_endpoint *ep, int64_t at);

/* A key for a request: kept, borrowed; it waits for its certificate. ERR_INPUT for a length that the lab doesn't make. */
EVP_PKEY *lab_key_make(struct lab_endpoint *ep, unsigned bits, int64_t now, struct err *e);
/* The one that waits; NULL with ERR_NOT_FOUND. */
EVP_PKEY *lab_key_waiting(struct lab_endpoint *ep, struct err *e);
enum { LAB_MADE_BITS_MIN = 2048, LAB_MADE_BITS_MAX = 4096 };

/* Puts a certificate and what shall follow it in the handshake there. key NULL: the one that waits. ERR_INPUT when the
 * key is another. */
MUST_USE bool lab_own_install(struct lab_endpoint *ep, X509 *const *certs, size_t len, EVP_PKEY *key, int64_t now, struct err *e);

struct lab_bundle;
/* One's own as the vCenter's machine certificate, with every check that certificate-manager makes: ERR_INPUT. key NULL: the one
 * that waits; root NULL: the store can follow the chain. What is not RSA up to the root is rolled back: nothing of it stays,
 * but that it was refused (an event, lab_vcenter.refused). */
MUST_USE bool lab_machine_put(struct lab_vcenter *vc, struct lab_bundle *b, EVP_PKEY *key, const char *root, int64_t now, struct err *e);
/* The same, signed by an enterprise whose CA has an ECDSA key. */
MUST_USE bool lab_machine_put_ecdsa(struct lab_vcenter *vc, int64_t now, struct err *e);

/* STS's signing certificate, the active one; made by the VMCA when it is first looked at. NULL with ERR_INTERNAL. */
const struct lab_sts *lab_sts(struct lab_vcenter *vc, struct err *e);
/* A new one by the VMCA, for so many days (0: as long as the VMCA); or one's own with its key. */
MUST_USE bool lab_sts_refresh(struct lab_vcenter *vc, uint64_t days, int64_t now, struct err *e);
MUST_USE bool lab_sts_install(struct lab_vcenter *vc, X509 *const *certs, size_t len, EVP_PKEY *key, int64_t now, struct err *e);
/* When the active one ends; without making it. */
int64_t lab_sts_end(const struct lab_vcenter *vc);
enum { LAB_STS_MAX = 100, LAB_STS_DAYS_MAX = 3650 };

lab_apply lab_do_key, lab_do_own, lab_do_refused, lab_do_sts;
