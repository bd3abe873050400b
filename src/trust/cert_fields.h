/* trust/cert_fields.h - the decoded certificate as trust's own files read it. Not for other folders: they use
 * trust/cert.h. Every struct der points into the certificate's own bytes. */
#pragma once
#include <openssl/evp.h>
#include <stdatomic.h>

#include "trust/algorithm.h"
#include "trust/cert.h"
#include "trust/der.h"
#include "trust/rule.h"

/* RFC 5280 4.2.1.3, as der_flags numbers them. */
enum {
    KU_DIGITAL_SIGNATURE = 1u << 0,
    KU_KEY_ENCIPHERMENT = 1u << 2,
    KU_KEY_AGREEMENT = 1u << 4,
    KU_KEY_CERT_SIGN = 1u << 5,
    KU_CRL_SIGN = 1u << 6,
};

/* A name in its canonical form (trust/dn.h), with a hash for indexes. */
struct dn {
    const uint8_t *canonical; /* owned by the object that holds the struct */
    uint32_t len;
    uint64_t hash;
    struct der der; /* content of the Name SEQUENCE */
};

bool dn_same(const struct dn *a, const struct dn *b);
uint64_t trust_hash_bytes(const void *p, size_t len);
/* Upper-case hex without separators, cut at size. */
void der_hex(struct der v, char *out, size_t size);

struct trust_cert {
    _Atomic(unsigned) refs;
    _Atomic(EVP_PKEY *) key; /* decoded at first use, by whoever needs it first */
    uint8_t sha256[DIGEST_SHA256], key_sha256[DIGEST_SHA256];
    struct der der, tbs, serial, spki, signature;
    struct signature_algorithm algorithm;
    struct key_info key_info;
    struct dn subject, issuer;
    int64_t not_before, not_after;

    enum trust_rule defect;    /* what in this certificate no path may contain; TRUST_OK = nothing */
    const char *defect_text;   /* static; says what exactly */
    uint8_t version;           /* 1, 2, 3 */
    bool has_basic, basic_critical, is_ca, has_path_length;
    bool has_key_usage, has_extended, server_auth, any_extended;
    bool lab;                  /* carries the lab's OID */
    bool san_critical;
    uint32_t path_length, key_usage;
    struct der key_id;         /* subjectKeyIdentifier; p == NULL: absent */
    struct der authority;      /* authorityKeyIdentifier's keyIdentifier; p == NULL: absent */
    struct der alt_names;      /* content of GeneralNames; p == NULL: absent */
    struct der constraints;    /* content of NameConstraints */
    struct der policies, mappings, crl_points, freshest;
    struct der access;         /* value of authorityInfoAccess, not looked into; p == NULL: absent */
    bool has_require_explicit, has_inhibit_mapping, has_inhibit_any;
    uint32_t require_explicit, inhibit_mapping, inhibit_any;
    uint8_t bytes[]; /* the DER, then the canonical names */
};

/* Reads the extensions of a certificate whose other fields are set; sets defect when one is not acceptable. */
void cert_extensions_read(struct trust_cert *c, struct der extensions);

/* Remembers the first defect only. */
void cert_defect(struct trust_cert *c, enum trust_rule rule, const char *text);

/* The public key, decoded once; NULL when libcrypto can't. Borrowed. Thread-safe. */
EVP_PKEY *cert_key(const struct trust_cert *c);

/* Subject == issuer: "self-issued" (RFC 5280 6.1). */
static inline bool cert_self_issued(const struct trust_cert *c)
{
    return dn_same(&c->subject, &c->issuer);
}

/* Can this be the one meant by name and key identifier? A differing pair of key identifiers says no; an absent one
 * says nothing (RFC 5280 4.2.1.1). */
bool cert_may_be(const struct trust_cert *c, const struct dn *subject, struct der key_id);
