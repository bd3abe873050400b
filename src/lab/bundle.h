/* lab/bundle.h - certificates, CRLs and a key out of one PEM text, as an administrator pastes them.
 * Called by whatever takes such a text. What is neither is skipped. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "base/err.h"

enum { LAB_BUNDLE_CERTS = 10 };

struct lab_bundle {
    X509 *certs[LAB_BUNDLE_CERTS]; /* owned, in the order of the text */
    size_t len;
    X509_CRL *crl;                 /* owned: the first */
    EVP_PKEY *key;                 /* owned: the first */
};

/* ERR_INPUT when a block can't be read, ERR_LIMIT past LAB_BUNDLE_CERTS. An empty bundle is none. */
MUST_USE bool lab_bundle_read(struct lab_bundle *b, const char *pem, size_t len, struct err *e);
void lab_bundle_done(struct lab_bundle *b);
/* Each certificate is signed by the next one. */
bool lab_bundle_is_chain(const struct lab_bundle *b);
/* An RSA key under an RSA signature that is not PSS: what VMCA and certificate-manager take (vmca.md 2.1, 3.4). */
bool lab_is_rsa(X509 *x);
/* From end to end. */
bool lab_bundle_is_rsa(const struct lab_bundle *b);
