/* lab/mint.h - makes certificates and CRLs byte by byte as the products of the field make them.
 * Called by the estate. A certificate is a pure function of what is asked for: the same request, the same bytes, so
 * nothing but keys has to be kept. Shapes and their sources: docs/lab.md; order and string types matter to it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "base/err.h"

/* The private, non-critical OID in every CA and self-signed certificate of the lab: a real cell refuses a path with
 * it (docs/lab.md). Its value is the UTF8String "vsphere-lab". Under the number for documentation (RFC 5612): Go's
 * crypto/x509, so govc, can't read an arc of more than 31 bits, as a UUID's would be. */
#define LAB_OID "1.3.6.1.4.1.32473.1818321441"

enum { LAB_SERIAL_MAX = 20, LAB_DAY = 86400 };

struct lab_rdn {
    const char *type; /* "CN" */
    const char *value;
};

struct lab_ext {
    int nid;
    const char *value; /* as in an OpenSSL configuration: "critical,CA:TRUE" */
};

struct lab_mint {
    const struct lab_rdn *subject; /* up to a NULL type, in DER order */
    EVP_PKEY *key;
    /* NULL: self-signed. With issuer_name only, another name stands as issuer over signer's signature. */
    X509 *issuer;
    const struct lab_rdn *issuer_name;
    EVP_PKEY *signer;              /* the issuer's key; its own when self-signed */
    const struct lab_ext *exts;    /* up to nid 0, in their order */
    bool mark;                     /* put the lab's OID in */
    uint8_t serial[LAB_SERIAL_MAX];
    size_t serial_len;
    int64_t not_before, not_after; /* seconds since 1970 */
};

/* Owned by the caller. ERR_INTERNAL. */
X509 *lab_mint(const struct lab_mint *m, struct err *e);
struct lab_revoked {
    uint8_t serial[LAB_SERIAL_MAX];
    size_t serial_len;
    int64_t at;
};

/* A CRL as VMCA makes it: CRLNumber, then AKI; 30 days; without the list when nothing is revoked. */
X509_CRL *lab_mint_crl(X509 *issuer, EVP_PKEY *key, int64_t now, unsigned number, const struct lab_revoked *revoked,
                       size_t revoked_len, struct err *e);
/* Owned by the caller; NULL when a value can't be encoded. */
X509_NAME *lab_name(const struct lab_rdn *rdns);

DEFINE_AUTO(lab_x509_freep, X509 *, X509_free)
DEFINE_AUTO(lab_crl_freep, X509_CRL *, X509_CRL_free)
