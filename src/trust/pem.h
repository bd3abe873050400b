/* trust/pem.h - bundles as people and vCenters hand them over: certificates and CRLs one after the other, as PEM
 * (RFC 7468, any order, any text between the blocks, CRLF or LF, last newline missing) or a single DER object. A PKCS#7 bundle
 * (trust/pkcs7.h), in PEM or DER, counts as what is in it; a PKCS#12 file (trust/keystore.h) is refused by that name.
 * Reads into the caller's callback; decides nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    TRUST_PEM_MAX = 16 * 1024 * 1024, /* bytes in one bundle */
    TRUST_PEM_BLOCKS = 20000,         /* blocks in one bundle */
};

enum trust_pem_kind {
    TRUST_PEM_CERTIFICATE,
    TRUST_PEM_CRL,
    TRUST_PEM_OTHER, /* a key or anything else: its bytes are not handed over */
};

/* Called for each block, in order; der is borrowed for the call. Return false (with e set) to stop. */
typedef bool trust_pem_sink(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e);

/* ERR_INPUT on a block that is not base64, or when nothing was found; ERR_LIMIT past the caps. */
MUST_USE bool trust_pem_read(const uint8_t *text, size_t len, trust_pem_sink *sink, void *self, struct err *e);

/* Appends one PEM block of this certificate or CRL (64 columns). */
struct buf;
MUST_USE bool trust_pem_write(struct buf *b, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e);
