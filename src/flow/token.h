/* flow/token.h - API tokens: what programs log in with in place of a password (vcd-api.md 1.7). A user registers a client,
 * gets its refresh token once, and exchanges that for access tokens until somebody deletes it. Kept as records of the
 * kind "token" that belong to the user; of the refresh token only a hash. Called by flow/session.h and api. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "base/secret.h"
#include "store/limits.h"

struct arena;
struct caller;
struct store;
struct store_by;

enum {
    TOKEN_NAME_MAX = 128,    /* the client's name */
    TOKEN_SECRET = 64,       /* hex digits of a refresh token: .. */
    TOKEN_PUBLIC = 32,       /* .. these name the record, the rest nobody can guess */
    TOKEN_PER_USER = 200,
};

struct token {
    const char *urn, *name;
    const char *user, *org; /* URNs */
    bool issued;            /* its refresh token was given out */
    int64_t made_ms, used_ms; /* used: 0 = never */
};

/* In a write transaction, with an audit line. ERR_CONFLICT: the user has one of that name; ERR_LIMIT. */
MUST_USE bool token_register(struct store *s, const struct caller *who, const char *name, const struct store_by *by,
                             struct arena *a, struct token *ret, struct err *e);
/* The refresh token, once: ERR_CONFLICT later. Only to its user (ERR_NOT_FOUND). In a write transaction. */
MUST_USE bool token_issue(struct store *s, const struct caller *who, const char *urn, const struct store_by *by,
                          struct secret *ret, struct err *e);
/* Whose refresh token it is. org: the name of his organization, NULL = System. ERR_DENIED. Keeps when it was used; not
 * in a transaction. */
MUST_USE bool token_redeem(struct store *s, const struct secret *refresh, const char *org, int64_t now_ms,
                           char ret_urn[STORE_ID_MAX + 1], char ret_user[STORE_ID_MAX + 1], struct err *e);

MUST_USE bool token_get(struct store *s, const char *urn, struct arena *a, struct token *ret, struct err *e);
/* user NULL: everybody's. */
MUST_USE bool token_list(struct store *s, const char *user, struct arena *a, struct token **ret, size_t *ret_len,
                         struct err *e);
/* In a write transaction, with an audit line. */
MUST_USE bool token_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e);
MUST_USE bool token_remove_user(struct store *s, const char *user, const struct store_by *by, struct err *e);
