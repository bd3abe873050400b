/* store/audit.h - the audit trail: who changed what, from where, by which flow. Append-only and hash-chained.
 * Grants and settings write their lines themselves; flow writes the others. Nothing here changes or removes a line.
 *
 * Each line's hash is SHA-256 over the hash before it and the line's fields in a fixed encoding (docs/store.md), the
 * first one starting from the store's identity; count and last hash are kept apart. So a changed, swapped, inserted or
 * missing line breaks the chain, and a missing tail is noticed too. Who can rewrite the whole store can rewrite the
 * chain: publish the head (store_audit_head) where that hand does not reach. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/by.h"
#include "store/limits.h"

struct store;

struct store_audit {
    uint64_t seq;          /* 1, 2, 3 .. without gaps. Not read by store_audit_append */
    const char *id;        /* a UUID. Not read by store_audit_append */
    struct store_by by;
    const char *action;    /* a word of ours: "grant.add" */
    const char *entity;    /* URN of what was changed; "" = the cell */
    const uint8_t *sha256; /* the certificate that it is about; NULL = none */
    const char *text;      /* a sentence for people */
    const char *data;      /* a JSON object made by the caller; "" = none */
    uint8_t hash[DIGEST_SHA256]; /* Not read by store_audit_append */
};

MUST_USE bool store_audit_append(struct store *s, const struct store_audit *line, struct err *e);

struct store_audit_query {
    bool newest_first;
    const char *entity;    /* NULL = all */
    const uint8_t *sha256; /* NULL = all */
    uint64_t after;        /* seq of the last row of the page before; 0 = from the start */
    uint32_t limit;        /* 0 = STORE_PAGE_MAX, which is the most */
};

/* Borrowed for the call; must not call the store. Return false (with e set) to stop. */
typedef bool store_audit_sink(void *self, const struct store_audit *line, struct err *e);
MUST_USE bool store_audit_list(struct store *s, const struct store_audit_query *q, store_audit_sink *sink, void *self,
                               struct err *e);

/* Number of lines and the hash of the last one (of the empty chain when there is none). */
MUST_USE bool store_audit_head(struct store *s, uint64_t *ret_count, uint8_t ret_hash[DIGEST_SHA256], struct err *e);

struct store_audit_report {
    bool sound;
    uint64_t checked;   /* lines that are as they were written, from the first one on */
    uint64_t broken_at; /* the first line that is not; 0 when sound */
    char why[160];      /* "" when sound */
};

/* Recomputes the whole chain. False only when the store could not be read. */
MUST_USE bool store_audit_verify(struct store *s, struct store_audit_report *ret, struct err *e);

/* The encoding that is hashed and the hash itself, for exports and for whoever checks one without us. Pure. */
void store_audit_start(const char *identity, uint8_t ret[DIGEST_SHA256]);
void store_audit_hash(const uint8_t before[DIGEST_SHA256], const struct store_audit *line, uint8_t ret[DIGEST_SHA256]);
