/* trust/cert.h - one certificate, decoded once and strictly, never changed afterwards (RFC 5280 section 4).
 * Shared by reference between trust sets, chains and threads. Decoding does not decide: a certificate with a
 * defect that a path may not contain still parses, and carries the rule that it breaks (cert_defect).
 * Pure but for libcrypto: no clock, no disk, no logging. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

/* A certificate larger than this is refused unread. */
enum { TRUST_CERT_MAX = 64 * 1024, TRUST_CA_ISSUERS = 8 };

struct trust_cert;

/* Decodes one DER certificate; the bytes are copied. Trailing bytes, broken DER: ERR_INPUT. */
MUST_USE bool trust_cert_parse(const uint8_t *der, size_t len, struct trust_cert **ret, struct err *e);

struct trust_cert *trust_cert_ref(const struct trust_cert *c);
struct trust_cert *trust_cert_unref(const struct trust_cert *c); /* NULL in, NULL out */
DEFINE_AUTO(trust_cert_unrefp, struct trust_cert *, trust_cert_unref)

/* Borrowed from the certificate. */
const uint8_t *trust_cert_der(const struct trust_cert *c, size_t *ret_len);
const uint8_t *trust_cert_sha256(const struct trust_cert *c);      /* DIGEST_SHA256 bytes, of the DER */
void trust_cert_sha1(const struct trust_cert *c, uint8_t out[DIGEST_SHA1]);
const uint8_t *trust_cert_key_sha256(const struct trust_cert *c);  /* of the SubjectPublicKeyInfo */
int64_t trust_cert_not_before(const struct trust_cert *c);         /* seconds since 1970 */
int64_t trust_cert_not_after(const struct trust_cert *c);          /* inclusive */
bool trust_cert_is_ca(const struct trust_cert *c);                 /* basicConstraints cA */
bool trust_cert_self_issued(const struct trust_cert *c);           /* subject == issuer */

/* Text for people: "CN=vc1.example,C=US" in RFC 4514 order, outside bytes escaped, cut at size. */
void trust_cert_subject(const struct trust_cert *c, char *out, size_t size);
void trust_cert_issuer(const struct trust_cert *c, char *out, size_t size);
/* Serial number as upper-case hex without leading zeros. */
void trust_cert_serial(const struct trust_cert *c, char *out, size_t size);
/* "RSA 2048", "EC P-256", "Ed25519", or the OID. */
void trust_cert_key_text(const struct trust_cert *c, char *out, size_t size);
/* How its issuer signed it: "RSA with SHA-256", "Ed25519", "unknown". */
void trust_cert_signature(const struct trust_cert *c, char *out, size_t size);
/* Names in the subjectAltName, comma separated: "DNS:a.example, IP:10.0.0.1". */
void trust_cert_names(const struct trust_cert *c, char *out, size_t size);
/* The http and https URLs at which the issuer's certificate is said to lie (authorityInfoAccess caIssuers, RFC 5280 4.2.2.1), one a
 * line, at most TRUST_CA_ISSUERS of them, cut between two. Shown and followed only when a person names them. */
void trust_cert_ca_issuers(const struct trust_cert *c, char *out, size_t size);
/* Subject key identifier as upper-case hex; without the extension SHA-1 over the SubjectPublicKeyInfo, as vSphere
 * names such a chain. */
void trust_cert_key_id(const struct trust_cert *c, char *out, size_t size);

/* The hash of the subject by which OpenSSL finds a CA in a directory (-CApath): "%08x.0" names the file. ERR_INTERNAL. */
MUST_USE bool trust_cert_subject_hash(const struct trust_cert *c, uint32_t *ret, struct err *e);

/* True when issuer's name and, as far as both say, key identifier fit, and its key verifies c's signature. */
bool trust_cert_issued_by(const struct trust_cert *c, const struct trust_cert *issuer);
/* The same without the signature: names and key identifiers fit. Costs nothing, proves nothing. */
bool trust_cert_may_be_issued_by(const struct trust_cert *c, const struct trust_cert *issuer);
