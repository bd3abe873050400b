/* flow/user.h - users of organizations, and the hashes of their passwords. Kept as records of the kind "user" that belong
 * to their organization; the hash is sealed apart. Called by logins, the API's handlers and the set-up; deeds with their
 * rules are in flow/people.h. No password is ever kept, and no hash leaves this file but for a comparison. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "base/secret.h"

struct arena;
struct store;
struct store_by;

enum {
    USER_NAME_MAX = 128,    /* no ':', which ends it in a login (RFC 7617 section 2) */
    USER_TEXT_MAX = 1024,   /* full name, mail address, description, telephone */
    USER_PASSWORD_MIN = 8,  /* bytes; the most is SECRET_PASSWORD_MAX */
};

struct user {
    const char *urn, *name;
    const char *org, *role; /* URNs */
    const char *full_name, *email, *description, *telephone;
    bool enabled;
    int64_t made_ms;
};

MUST_USE bool user_get(struct store *s, const char *urn, struct arena *a, struct user *ret, struct err *e);
/* Without regard to case. */
MUST_USE bool user_find(struct store *s, const char *org, const char *name, struct arena *a, struct user *ret,
                        struct err *e);
/* org NULL: everybody. */
MUST_USE bool user_list(struct store *s, const char *org, struct arena *a, struct user **ret, size_t *ret_len,
                        struct err *e);

/* These three in a write transaction, with an audit line. u->urn NULL: a new one. */
MUST_USE bool user_save(struct store *s, struct user *u, const struct store_by *by, struct arena *a, struct err *e);
MUST_USE bool user_save_hash(struct store *s, const char *urn, const char *hash, const struct store_by *by,
                             struct err *e);
/* The hash goes as well. */
MUST_USE bool user_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e);

/* ERR_INPUT: too short or too long. Asked before it is hashed (flow/session.h: session_password_hash). */
MUST_USE bool user_check_password(const struct secret *password, struct err *e);
/* ERR_NOT_FOUND: he has none. */
MUST_USE bool user_hash(struct store *s, const char *urn, char ret[SECRET_HASH], struct err *e);
