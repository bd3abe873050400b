/* flow/kept.h - what the files of flow/ share that keep records: all rows of a kind, the members of their JSON, lines of
 * the audit trail. Called by flow's files of one kind each. Knows no kind. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "store/by.h"
#include "store/limits.h"

struct arena;
struct store;
struct store_record;
struct store_record_query;

/* Every record of a kind, of one owner unless NULL, copied into the arena, in the order of ids. */
MUST_USE bool kept_all(struct store *s, const char *kind, const char *owner, struct arena *a, struct store_record **ret,
                       size_t *ret_len, struct err *e);
/* The same of whatever fits what is asked; after and limit count for nothing. */
MUST_USE bool kept_some(struct store *s, const struct store_record_query *q, struct arena *a, struct store_record **ret,
                        size_t *ret_len, struct err *e);
/* A record's JSON object; owned by the caller (json_decref). ERR_STORE: damaged. */
MUST_USE bool kept_json(const struct store_record *r, json_t **ret, struct err *e);
/* Members of it: "", 0 and false when they are missing. Texts are copied into the arena. */
const char *kept_text(const json_t *o, const char *key, struct arena *a);
int64_t kept_number(const json_t *o, const char *key);
/* The members of a struct that are kept: their keys in the JSON, where they stand. */
enum kept_type {
    KEPT_TEXT,   /* const char * */
    KEPT_NUMBER, /* int64_t */
    KEPT_BOOL,   /* bool */
};
struct kept_member {
    const char *key;
    enum kept_type type;
    size_t at; /* offsetof */
};
/* Missing ones are "", 0 and false. */
void kept_read(const json_t *o, const struct kept_member *members, size_t len, struct arena *a, void *ret);
/* A text that is no UTF-8 is escaped; NULL counts as "". */
json_t *kept_write(const struct kept_member *members, size_t len, const void *from);
/* Puts r with `take` written as its data. */
MUST_USE bool kept_put(struct store *s, struct store_record r, json_t *take, struct err *e);

/* A line of the audit trail, in the transaction that is open. */
MUST_USE bool kept_audit(struct store *s, const struct store_by *by, const char *action, const char *entity,
                         struct err *e, const char *fmt, ...) PRINTF(6, 7);
/* A new "urn:vcloud:<type>:<uuid>" in the arena. */
const char *kept_urn(const char *type, struct arena *a);
/* The same made of 16 bytes of a hash instead of by chance: a UUID of version 8 (RFC 9562 section 5.8). */
void kept_urn_of(const char *type, const uint8_t hash[16], char ret[STORE_ID_MAX + 1]);
