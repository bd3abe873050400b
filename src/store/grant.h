/* store/grant.h - trusted certificates: anchors (by the SHA-256 of their DER) and the grants through which they count.
 * A grant is VCD's trusted-certificate record: an alias, an owner, a scope, and who made it when by which flow.
 * Called by flow and api. Each change raises the generation and writes its line into the audit trail within the same
 * transaction. The store does not decide what to believe and does not look into a certificate. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/by.h"
#include "store/limits.h"
#include "trust/scope.h"

struct arena;
struct store;

/* The owner whose grants count for infrastructure; any other is the URN of an organization. */
#define STORE_SYSTEM "System"
#define STORE_GRANT_URN "urn:vcloud:trustedCertificate:"

struct store_grant {
    const char *id;        /* STORE_GRANT_URN and a UUID */
    const char *owner;
    const char *alias;     /* unique per owner without regard to case */
    struct trust_scope scope;
    int64_t made_ms;
    const char *made_by, *flow;
    const uint8_t *sha256; /* DIGEST_SHA256 bytes */
    const uint8_t *der;
    size_t der_len;
};

/* What a caller says of a grant. When changing one, NULL means: as it was. */
struct store_grant_data {
    const char *alias;
    const struct trust_scope *scope;
    const uint8_t *der; /* at most TRUST_CERT_MAX; the caller has decoded it already */
    size_t der_len;
};

/* ERR_CONFLICT: "Duplicate certificate .." when the owner has granted this certificate with an equal or wider scope
 * (the text names alias, owner and scope), "Duplicate alias .." when the alias is taken. ERR_LIMIT past the owner's
 * cap. */
MUST_USE bool store_grant_add(struct store *s, const char *owner, const struct store_grant_data *data,
                              const struct store_by *by, char ret_id[STORE_ID_MAX + 1], struct err *e);
/* The same conflicts, measured against the owner's other grants. ERR_NOT_FOUND. */
MUST_USE bool store_grant_change(struct store *s, const char *id, const struct store_grant_data *data,
                                 const struct store_by *by, struct err *e);
MUST_USE bool store_grant_remove(struct store *s, const char *id, const struct store_by *by, struct err *e);

/* Copied into the arena. ERR_NOT_FOUND. */
MUST_USE bool store_grant_get(struct store *s, const char *id, struct arena *a, struct store_grant *ret, struct err *e);

/* Which grants: those that fit everything that is not NULL. */
struct store_grant_query {
    const char *owner;
    const char *alias;     /* without regard to case */
    const uint8_t *sha256; /* DIGEST_SHA256 bytes */
    const char *after;     /* the id of the last row of the page before */
    uint32_t limit;        /* 0 = STORE_PAGE_MAX, which is the most (else ERR_INPUT) */
};

/* Called for each row in the order of ids. Everything in it is borrowed for the call. Return false (with e set) to
 * stop the list, which then fails with that error. It must not call the store. */
typedef bool store_grant_sink(void *self, const struct store_grant *g, struct err *e);

MUST_USE bool store_grant_list(struct store *s, const struct store_grant_query *q, store_grant_sink *sink, void *self,
                               struct err *e);
/* How many fit, without regard to after and limit. */
MUST_USE bool store_grant_count(struct store *s, const struct store_grant_query *q, uint64_t *ret, struct err *e);

/* The DER of a certificate that a grant or an endpoint's chain refers to, copied into the arena. ERR_NOT_FOUND. */
MUST_USE bool store_cert_get(struct store *s, const uint8_t sha256[DIGEST_SHA256], struct arena *a,
                             const uint8_t **ret_der, size_t *ret_len, struct err *e);
