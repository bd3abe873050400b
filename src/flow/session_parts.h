/* flow/session_parts.h - what the files behind flow/session.h share: the record of a session, the table, the gate that
 * password hashes pass. Nobody else includes it. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "flow/session.h"
#include "flow/throttle.h"

struct org;
struct store_record;
struct user;

enum { SESSION_BUCKETS = 4096 };

/* As it is kept. */
struct session_row {
    char urn[STORE_ID_MAX + 1], user[STORE_ID_MAX + 1];
    char from[STORE_NAME_MAX + 1];
    int64_t made_ms, last_ms, expires_ms;
    uint8_t access[DIGEST_SHA256], legacy[DIGEST_SHA256]; /* of the tokens */
};

/* As it is remembered. */
struct session_entry {
    struct session_entry *next;
    struct session_row row;
    struct caller caller;
    int64_t looked_ms; /* when it was read; 0 = to be read again */
    int64_t noted_ms;  /* the last use that is kept */
};

struct session_table {
    const struct site *site;
    int64_t (*now)(void *self);
    void *now_self;

    pthread_mutex_t lock; /* over everything below */
    struct secret key;    /* signs access tokens; once key_known is set it never changes, and is read without the lock */
    bool key_known;
    struct session_entry *buckets[SESSION_BUCKETS];
    size_t len, most;     /* entries; SESSION_REMEMBERED, less in a test */
    int64_t idle_ms;      /* as the settings said when last read, 0 = nothing; atomic */
    uint64_t ends;        /* counts what was ended here, so that a reading begun before is not believed for long */
    struct throttle throttle;

    pthread_mutex_t gate; /* over the two below */
    pthread_cond_t turn;
    unsigned hashing, waiting;
};

/* session_row.c: the record, and who somebody is. */
MUST_USE bool session_row_put(struct store *s, const struct session_row *row, int64_t idle_ms, struct err *e);
MUST_USE bool session_row_get(struct store *s, const char *urn, struct session_row *ret, struct err *e);
MUST_USE bool session_row_read(const struct store_record *r, struct session_row *ret, struct err *e);
/* Who a user is and may do now. ERR_DENIED: he, or his organization, is disabled or gone. */
MUST_USE bool session_caller(struct store *s, const char *user_urn, struct caller *ret, struct err *e);
/* The URN of the session with this legacy id: made of its hash, so that the id leads to the record and not back. */
void session_urn_of(const uint8_t legacy[DIGEST_SHA256], char ret[STORE_ID_MAX + 1]);
bool session_row_ended(const struct session_row *row, int64_t idle_ms, int64_t now_ms);
/* Reads what administrators set: idle_ms becomes the table's, the life of new sessions is given. */
MUST_USE bool session_limits_read(struct session_table *t, struct store *s, int64_t *ret_life_ms, struct err *e);

/* session_open.c: makes one for a user who proved to be him. */
MUST_USE bool session_open(struct session_table *t, const char *user_urn, const char *from, const char *how,
                           struct session_new *ret, struct err *e);
/* The signing key, read or made at its first use; NULL: that failed. The table's. */
const struct secret *session_key(struct session_table *t, struct err *e);
