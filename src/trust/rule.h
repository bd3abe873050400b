/* trust/rule.h - the stable codes of everything that can refuse a chain, each with its clause and next step.
 * Codes are part of the API: they are never renamed or reused. `vouchsafe explain RULE` prints a row. */
#pragma once
#include <stddef.h>

/* Ordered by how much a path had going for it: when every path fails, the one that got furthest explains. */
#define TRUST_RULES(X)                        \
    X(TRUST_OK, "ok")                         \
    X(TRUST_BAD_CERTIFICATE, "bad-certificate") \
    X(TRUST_UNKNOWN_ISSUER, "unknown-issuer") \
    X(TRUST_SELF_SIGNED, "self-signed")       \
    X(TRUST_OUT_OF_SCOPE, "out-of-scope")     \
    X(TRUST_BAD_SIGNATURE, "bad-signature")   \
    X(TRUST_SEARCH_BUDGET, "search-budget")   \
    X(TRUST_PATH_TOO_LONG, "path-too-long")   \
    X(TRUST_WEAK_SIGNATURE, "weak-signature") \
    X(TRUST_WEAK_KEY, "weak-key")             \
    X(TRUST_BAD_ALGORITHM, "bad-algorithm")   \
    X(TRUST_BAD_VERSION, "bad-version")       \
    X(TRUST_BAD_EXTENSION, "bad-extension")   \
    X(TRUST_CRITICAL_EXTENSION, "critical-extension") \
    X(TRUST_NOT_A_CA, "not-a-ca")             \
    X(TRUST_PATH_LENGTH, "path-length")       \
    X(TRUST_KEY_USAGE, "key-usage")           \
    X(TRUST_EXTENDED_KEY_USAGE, "extended-key-usage") \
    X(TRUST_NOT_YET_VALID, "not-yet-valid")   \
    X(TRUST_EXPIRED, "expired")               \
    X(TRUST_NAME_CONSTRAINT, "name-constraint") \
    X(TRUST_CERTIFICATE_POLICY, "certificate-policy") \
    X(TRUST_LAB, "lab-certificate")           \
    X(TRUST_CRL_MISSING, "crl-missing")       \
    X(TRUST_CRL_STALE, "crl-stale")           \
    X(TRUST_CRL_BAD, "crl-bad")               \
    X(TRUST_REVOKED, "revoked")               \
    X(TRUST_NO_NAME, "no-name")               \
    X(TRUST_NAME_MISMATCH, "name-mismatch")   \
    X(TRUST_NAME_OFF_UNPINNED, "name-off-unpinned") \
    X(TRUST_NAME_OFF_PUBLIC, "name-off-public") \
    X(TRUST_THUMBPRINT_MISMATCH, "thumbprint-mismatch")

#define TRUST_RULE_ENUM(id, code) id,
enum trust_rule { TRUST_RULES(TRUST_RULE_ENUM) TRUST_RULE_COUNT };
#undef TRUST_RULE_ENUM

struct trust_rule_text {
    const char *code;    /* "name-mismatch" */
    const char *clause;  /* "RFC 9525 section 6.3" */
    const char *what;    /* one sentence: what was found */
    const char *why;     /* why that refuses */
    const char *next;    /* the next step that the reader can take */
};

const struct trust_rule_text *trust_rule_text(enum trust_rule rule);
const char *trust_rule_code(enum trust_rule rule);
/* The rule with this code, or TRUST_RULE_COUNT. */
enum trust_rule trust_rule_find(const char *code);
