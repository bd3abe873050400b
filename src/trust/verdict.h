/* trust/verdict.h - decide whether a presented chain may be believed: the only place where that is decided.
 * Called by net (handshake), probe (report) and the CLI. Pure: no socket, no clock, no disk, no logging.
 *
 * A chain is believed when a path leads from its first certificate to an anchor that is granted for this
 * connection, every signature on it verifies, everything on it is valid now, no constraint is broken, no CRL
 * revokes, the algorithms are allowed, and the leaf carries a name that was asked for (docs/trust.md). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "trust/rule.h"
#include "trust/scope.h"

struct trust_set;
struct trust_cert;
struct trust_proofs;

enum {
    TRUST_CHAIN_MAX = 256,   /* certificates read from one peer or file; the rest is not looked at */
    TRUST_PATH_MAX = 16,     /* certificates on one path, leaf and anchor included */
    TRUST_NAMES_MAX = 16,    /* accepted names of one question */
    TRUST_BUDGET = 100,      /* signature checks of one decision */
    TRUST_RSA_BITS = 2048,   /* the shortest RSA key on a path, unless the policy says more */
    TRUST_TEXT_MAX = 160,    /* capped texts of a verdict */
};

enum trust_purpose { TRUST_PURPOSE_SERVER };

enum trust_names_mode {
    TRUST_NAMES_CHECK,  /* the leaf must carry one of names[] */
    TRUST_NAMES_NONE,   /* nobody asked for a name (files; never with credentials) */
    TRUST_NAMES_OFF,    /* switched off for this endpoint: the guard of product rule 2.5 applies */
};

enum trust_crl_mode {
    TRUST_CRL_OFF,     /* CRLs are not looked at */
    TRUST_CRL_SOFT,    /* a revoked certificate refuses; a missing or stale CRL is only reported */
    TRUST_CRL_REQUIRE, /* every certificate below the anchor needs a usable CRL */
};

struct trust_policy {
    uint16_t rsa_bits_min;    /* 0 = TRUST_RSA_BITS */
    uint16_t max_depth;       /* intermediate certificates that are not self-issued; used when max_depth_set */
    bool max_depth_set;
    uint16_t budget;          /* 0 = TRUST_BUDGET */
    bool allow_lab;           /* certificates with the lab's OID count (the cell runs with --lab) */
    /* Refuse as well what binds the CA that issued, not the one who verifies (RFC 5280 4.1 and 4.2, "conforming CAs
     * MUST"): no authority key identifier, a CA without subject key identifier, a root whose basicConstraints are
     * not critical, keyCertSign without cA, an empty subject whose subjectAltName is not critical. For conformance
     * suites; private PKIs break these rules every day and nothing follows from it. */
    bool issuer_duties;
};

struct trust_question {
    const struct trust_cert *const *chain; /* leaf first, the rest in any order; borrowed */
    size_t chain_len;
    const char *const *names; /* accepted names: DNS names or addresses without brackets; borrowed */
    size_t names_len;
    enum trust_names_mode names_mode;
    /* For TRUST_NAMES_OFF: the key that a person confirmed (SHA-256 of the SubjectPublicKeyInfo; NULL = none), and
     * whether a person acknowledged who could impersonate the endpoint. */
    const uint8_t *pinned_key;
    bool unpinned_acknowledged;
    struct trust_behalf behalf;
    const char *org; /* an organization's own testConnection: its grants count and System's do not. NULL = System */
    enum trust_purpose purpose;
    enum trust_crl_mode crl_mode;
    int64_t now; /* seconds since 1970, wall clock */
    struct trust_policy policy;
    struct trust_proofs *proofs; /* trust/proofs.h: for kept chains that are decided again; changes no verdict. NULL = none */
};

/* A value: nothing in it is borrowed or owned, so that it can travel with an error. */
struct trust_verdict {
    bool ok;
    enum trust_rule rule;      /* TRUST_OK, or the rule that refused the best path found */
    int at;                    /* the certificate it fell on: index in the chain given, -1 = an anchor or none */
    uint8_t leaf[DIGEST_SHA256];
    uint8_t at_sha256[DIGEST_SHA256]; /* of the certificate it fell on; the leaf's when there is none */
    uint8_t at_sha1[DIGEST_SHA1];
    uint8_t anchor[DIGEST_SHA256]; /* ok: the anchor used, the one nearest the leaf on the accepted path */
    uint8_t path_len;              /* ok: certificates on the path, leaf first, anchor last */
    uint8_t path[TRUST_PATH_MAX][DIGEST_SHA256];
    uint16_t signatures;           /* signature checks spent */
    bool crl_stale;                /* TRUST_CRL_SOFT: a CRL for this path was missing or past its nextUpdate */
    char subject[TRUST_TEXT_MAX];  /* of the certificate it fell on */
    char issuer[TRUST_TEXT_MAX];
    char expected[TRUST_TEXT_MAX]; /* "vc1.example" for a name, "not after 2026-01-03T00:00:00Z" for a time, .. */
    char seen[TRUST_TEXT_MAX];
};

/* Never fails: what can't be decided is refused with a rule. */
void trust_decide(const struct trust_set *set, const struct trust_question *q, struct trust_verdict *ret);
