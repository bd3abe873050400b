/* trust/pkcs7.h - the certificates and CRLs in a PKCS#7 bundle (.p7b, .p7c): SignedData, RFC 2315 section 9.1 and RFC 5652
 * section 5.1. Called by trust/pem.h, which knows such a bundle when it sees one. Signers, signatures and content are passed over:
 * nobody vouches for a bundle by signing it. Strict DER, as all of trust reads. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trust/pem.h"

/* True when these bytes begin as a ContentInfo of any type; which one it is says trust_pkcs7_read. */
bool trust_pkcs7_is(const uint8_t *der, size_t len);

/* Called for each certificate, then each CRL, in the bundle's order; at most TRUST_PEM_BLOCKS in all (ERR_LIMIT). ERR_INPUT: not
 * strict DER, or another content than SignedData. An empty one is fine. */
MUST_USE bool trust_pkcs7_read(const uint8_t *der, size_t len, trust_pem_sink *sink, void *self, struct err *e);
