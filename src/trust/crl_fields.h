/* trust/crl_fields.h - the decoded list as trust's own files read it; others use trust/crl.h. */
#pragma once
#include <stdatomic.h>

#include "trust/cert_fields.h"
#include "trust/crl.h"

/* ReasonFlags and CRLReason (RFC 5280 4.2.1.13, 5.3.1): bit n of a mask is reason n of ReasonFlags. */
enum { REASONS_ALL = 0x1fe /* bits 1 to 8 */, REASON_REMOVE = 8 /* removeFromCRL */ };

struct crl_entry {
    struct der serial;
    int32_t issuer; /* index into issuers[]; -1: the list's own issuer */
    uint8_t reason; /* CRLReason; 0 when absent */
};

/* DistributionPointName: full names, or a fragment relative to an issuer's name. */
struct point_name {
    struct der full;     /* content of GeneralNames; p == NULL when not given */
    struct der relative; /* content of the RelativeDistinguishedName SET; p == NULL when not given */
};

struct trust_crl {
    _Atomic(unsigned) refs;
    uint8_t sha256[DIGEST_SHA256];
    struct der der, tbs, signature;
    struct signature_algorithm algorithm;
    struct dn issuer;
    int64_t this_update, next_update; /* INT64_MIN: no nextUpdate */
    const char *defect;               /* static; why it can't be used. NULL = usable */
    struct der number, base_number;   /* p == NULL: absent; base_number: a delta */
    struct der authority;             /* issuer's key identifier; p == NULL: absent */
    bool has_point;                   /* issuingDistributionPoint is there */
    struct point_name point;
    bool only_users, only_cas, only_attributes, indirect;
    uint32_t only_reasons;            /* 0: every reason */
    struct der point_der;             /* the whole extension value, to compare scopes of base and delta */
    struct crl_entry *entries;        /* owned; sorted by serial number */
    size_t entries_len;
    struct dn *issuers;               /* owned; certificate issuers named in an indirect list */
    size_t issuers_len;
    uint8_t bytes[];                  /* the DER, then the canonical issuer */
};

/* DistributionPointName (the content of the [0]). */
MUST_USE bool point_name_read(struct der in, struct point_name *ret);

/* The entry for this certificate, or NULL. issuer: the certificate's issuer. */
const struct crl_entry *crl_find(const struct trust_crl *c, struct der serial, const struct dn *issuer);
