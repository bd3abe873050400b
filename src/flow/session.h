/* flow/session.h - who is logged in: logins with a password or an API token, the tokens that requests carry, idle and absolute
 * ends, throttling of guesses. A session is kept in the store (hashes of its tokens only) and remembered in a table, so
 * that a request costs no read of the store; a session that was ended elsewhere is noticed within SESSION_LOOK_MS.
 * Called by api and by cell's wiring; passwords are compared on pool threads only (Argon2id). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "flow/caller.h"

struct address;
struct session_table;
struct site;

enum {
    SESSION_LOOK_MS = 1000,
    SESSION_IDLE_MS = 30 * 60 * 1000,          /* without a request; site.session_idle_ms where that is set */
    SESSION_LIFE_MS = 24 * 60 * 60 * 1000,     /* however busy */
    SESSION_PER_USER = 200,                    /* at once; the one idle for longest makes room */
    SESSION_TOKEN_MAX = 4096,                  /* bytes of a token in a request */
    LOGIN_FAILURES = 5,                        /* of one account from one address within .. */
    LOGIN_WINDOW_MS = 60 * 1000,               /* .. this; then logins of it are refused for as long */
    LOGIN_AT_ONCE = 2,                         /* password hashes computed at the same time: 256 MiB each */
};

struct session_table *session_table_create(const struct site *site);
struct session_table *session_table_destroy(struct session_table *t);
DEFINE_AUTO(session_table_destroyp, struct session_table *, session_table_destroy)

/* What a login gives. Wiped by session_new_done. */
struct session_new {
    struct secret access; /* the JWT: longer than 32 characters (trap 20) */
    struct secret legacy; /* 32 hex digits, for X-VCLOUD-AUTHORIZATION */
    struct caller caller;
    int64_t expires_ms;
};
void session_new_done(struct session_new *n);

/* name: "user@org". ERR_DENIED with one and the same text whatever was wrong, and in about the same time; also while throttled.
 * provider: users of System only, else those of organizations only. from: the client's address as text. */
MUST_USE bool session_login(struct session_table *t, const char *name, const struct secret *password, bool provider,
                            const char *from, struct session_new *ret, struct err *e);
/* With an API token (vcd-api.md 1.7). org NULL: provider. */
MUST_USE bool session_login_token(struct session_table *t, const struct secret *refresh, const char *org, const char *from,
                                  struct session_new *ret, struct err *e);

/* The session of a request. token: a JWT, or the 32 hex digits. ERR_DENIED: none, ended, expired. Counts as use. */
MUST_USE bool session_find(struct session_table *t, const char *token, const char *from, struct caller *ret, struct err *e);

/* Ends one session; those who were refused learn it by their next request. ERR_NOT_FOUND. */
MUST_USE bool session_end(struct session_table *t, const char *session_urn, struct err *e);
/* All of a user: when he is disabled, deleted, or his password changes. */
MUST_USE bool session_end_user(struct session_table *t, const char *user_urn, struct err *e);
