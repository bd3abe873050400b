/* flow/session.h - who is logged in: logins with a password or an API token, the tokens that requests carry, idle and absolute
 * ends, throttling of guesses. Called by api and by cell's wiring; passwords are compared on pool threads only (Argon2id).
 *
 * The journey. A login that succeeds keeps a record with hashes of the tokens that it gives out, never the tokens. A request's
 * access token is a JWT that we signed: one that we did not is refused without a look at anything. The session that it
 * names is remembered in a table with what its user may do, and read again from the store once it is SESSION_LOOK_MS
 * old: so a request costs no read, and what was ended, disabled or changed anywhere is noticed within that time (here at
 * once). The time of last use is kept once every SESSION_NOTE_MS. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "base/secret.h"
#include "flow/caller.h"

struct arena;
struct session_table;
struct site;
struct store;

enum {
    SESSION_LOOK_MS = 1000,
    SESSION_NOTE_MS = 60 * 1000,
    SESSION_IDLE_MS = 30 * 60 * 1000,          /* without a request; site.session_idle_ms instead where that is set, and */
    SESSION_LIFE_MS = 24 * 60 * 60 * 1000,     /* however busy; site_settings.h instead of both where those are kept */
    SESSION_PER_USER = 200,                    /* at once; the one idle for longest makes room */
    SESSION_REMEMBERED = 20000,                /* in the table; others cost a read each time */
    SESSION_LEGACY = 32,                       /* hex digits of an X-VCLOUD-AUTHORIZATION */
    LOGIN_FAILURES = 5,                        /* of one account from one address within .. */
    LOGIN_WINDOW_MS = 60 * 1000,               /* .. this; then logins of it are refused for as long */
    LOGIN_ADDRESS_FAILURES = 50,               /* the same of one address (IPv6: one /64), whatever the accounts */
    LOGIN_AT_ONCE = 2,                         /* password hashes computed at the same time: 256 MiB each */
    LOGIN_WAITING = 4,                         /* that wait for their turn; one more is told to come again */
    LOGIN_NAME_MAX = 300,                      /* bytes of user@org */
};

/* site is borrowed; its sessions are this table, once it is there. */
struct session_table *session_table_create(const struct site *site);
struct session_table *session_table_destroy(struct session_table *t);
DEFINE_AUTO(session_table_destroyp, struct session_table *, session_table_destroy)
/* Another clock than the wall's, in ms since 1970: for tests. */
void session_table_clock(struct session_table *t, int64_t (*now)(void *self), void *self);

/* What counts now. */
int64_t session_idle_ms(const struct session_table *t);

/* What a login gives. Wiped by session_new_done. */
struct session_new {
    struct secret access; /* the JWT: longer than 32 characters (trap 20) */
    struct secret legacy; /* 32 hex digits, for X-VCLOUD-AUTHORIZATION */
    struct caller caller;
    int64_t expires_ms, lives_ms;
};
void session_new_done(struct session_new *n);

/* name: "user@org", split at the last '@'. ERR_DENIED with one and the same text whatever was wrong, and after the same
 * work; only a client that guessed too often is refused at once, which it knows by itself. ERR_LIMIT: too many logins
 * at this moment. provider: users of System only, else those of organizations only.
 * from: the client's address as text. */
enum session_door { SESSION_PROVIDER, SESSION_TENANT, SESSION_EITHER /* /api/sessions has one door for both */ };
MUST_USE bool session_login(struct session_table *t, const char *name, const struct secret *password,
                            enum session_door door, const char *from, struct session_new *ret, struct err *e);
/* With an API token (vcd-api.md 1.7). org NULL: provider. */
MUST_USE bool session_login_token(struct session_table *t, const struct secret *refresh, const char *org, const char *from,
                                  struct session_new *ret, struct err *e);

/* The session of a request. token: a JWT, or the 32 hex digits. ERR_DENIED: none, ended, expired. Counts as use. */
MUST_USE bool session_find(struct session_table *t, const char *token, const char *from, struct caller *ret, struct err *e);

/* What people see of a session. */
struct session_info {
    const char *urn, *from;
    struct caller caller; /* with the rights of now */
    int64_t made_ms, last_ms, expires_ms;
};
/* Those that have not ended. */
struct session_query {
    const char *user, *org; /* URNs; NULL: everybody's */
};
MUST_USE bool session_list(struct session_table *t, const struct session_query *q, struct arena *a,
                           struct session_info **ret, size_t *ret_len, struct err *e);
/* ERR_NOT_FOUND. */
MUST_USE bool session_get(struct session_table *t, const char *urn, struct arena *a, struct session_info *ret,
                          struct err *e);

/* Ends one session; those who were refused learn it by their next request. ERR_NOT_FOUND. */
MUST_USE bool session_end(struct session_table *t, const char *session_urn, struct err *e);
/* All of a user: when he is disabled, deleted, or his password changes. */
MUST_USE bool session_end_user(struct session_table *t, const char *user_urn, struct err *e);
/* The same in two parts, for a change that has its own transaction: in it, and after its commit. but_session: one that stays; "" = none. */
MUST_USE bool session_remove_user(struct store *s, const char *user_urn, const char *but_session, struct err *e);
void session_forget_user(struct session_table *t, const char *user_urn);

/* Hashes a new password in its turn among the logins. ERR_INPUT, ERR_LIMIT. */
MUST_USE bool session_password_hash(struct session_table *t, const struct secret *password, char ret[SECRET_HASH],
                                    struct err *e);
/* True when it is the user's password now; for one who changes his own. Throttled like a login. */
MUST_USE bool session_password_check(struct session_table *t, const struct caller *who, const struct secret *password,
                                     struct err *e);
