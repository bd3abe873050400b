/* trust/set_fields.h - the live trust as trust's own files read it; others use trust/set.h. */
#pragma once
#include "trust/cert_fields.h"
#include "trust/crl_fields.h"
#include "trust/set.h"

struct trust_question;

struct grant {
    struct trust_scope scope;
    bool system, public_ca;
    char *org; /* owned; NULL for System */
};

struct anchor {
    const struct trust_cert *cert; /* a reference */
    uint32_t grants_from, grants_len;
};

/* One entry of the index by subject and key identifier. */
struct anchor_key {
    uint64_t subject, key; /* hashes; key is 0 for an anchor without key identifier */
    uint32_t anchor;
};

struct scoped_crl {
    const struct trust_crl *crl; /* a reference */
    char *urn;                   /* owned; NULL: speaks of every CA of the set */
};

struct trust_set {
    _Atomic(unsigned) refs;
    uint64_t generation;
    struct anchor *anchors;  /* sorted by SHA-256 */
    struct anchor_key *keys; /* sorted by subject, then key */
    struct grant *grants;
    struct scoped_crl *crls; /* newest first */
    size_t anchors_len, grants_len, crls_len;
    /* By grant: it doesn't count, as if it were gone. Only in a copy of the struct that trust/audit.c makes on its stack and
     * that borrows everything; NULL elsewhere. */
    const bool *without;
};

/* One grant on the way into a set. */
struct set_row {
    const struct trust_cert *cert; /* a reference, which the set takes over with the grant */
    struct grant grant;
    size_t row;                    /* grants of one anchor stay in this order */
};
struct trust_set *set_create(uint64_t generation); /* empty, one reference */
/* Once for a set: sorts the rows, makes anchors of them and the index. */
void set_fill(struct trust_set *s, struct set_row *rows, size_t len);

/* The anchors of one subject, narrowed by a key identifier where one is known: those with it first, then those
 * that have none. key_id.p == NULL: all of the subject. */
struct anchor_range {
    const struct trust_set *set;
    const struct dn *subject;
    struct der key_id;
    size_t at, end;
    size_t next_at, next_end;
};
struct anchor_range set_range(const struct trust_set *s, const struct dn *subject, struct der key_id);
const struct anchor *set_next(struct anchor_range *r);

const struct anchor *set_anchor(const struct trust_set *s, const uint8_t sha256[DIGEST_SHA256]);

enum anchor_grant { GRANTED, NOT_GRANTED, GRANTED_PUBLIC_ONLY /* only as a public CA, and names are off */ };
enum anchor_grant set_granted(const struct trust_set *s, const struct anchor *a, const struct trust_question *q);
/* This grant by itself, an index, counts for this question. */
bool set_grant_serves(const struct trust_set *s, uint32_t grant, const struct trust_question *q);
/* Granted for this endpoint alone. */
bool set_granted_exactly(const struct trust_set *s, const struct anchor *a, const struct trust_question *q);
