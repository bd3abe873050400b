/* lab/pem.h - certificates and CRLs as the text and numbers that vSphere shows of them.
 * Called by the faces and by what is written to disk. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "base/buf.h"
#include "base/err.h"

enum { LAB_PEM_MAX = 256 * 1024, LAB_DN_MAX = 1024 };

MUST_USE bool lab_pem_cert(struct buf *out, X509 *cert, struct err *e);
MUST_USE bool lab_pem_crl(struct buf *out, X509_CRL *crl, struct err *e);
/* "AA:BB:.." SHA-1 of the DER, as vSphere prints it; out holds 60 bytes. */
void lab_thumbprint(X509 *cert, char out[60]);
/* The same with SHA-256; out holds 100 bytes. */
void lab_thumbprint_sha256(X509 *cert, char out[100]);
/* The subjectKeyIdentifier in upper hex, the id of a trusted root chain; without one SHA-1 of the
 * SubjectPublicKeyInfo (vmca.md 1.4). */
void lab_key_id(X509 *cert, char out[64]);
/* RFC 4514 order with the separator vSphere uses. */
void lab_dn_text(const X509_NAME *name, const char *separator, char out[LAB_DN_MAX]);
int64_t lab_time_of(const ASN1_TIME *t);
