/* store/sqlite/db.h - what the files of this backend share: the handle, its cached statements, one query at a time.
 * SQL lives in these files and nowhere else; all of it is constant text with bound values. */
#pragma once
#include <pthread.h>
#include <sqlite3.h>

#include "store/backend.h"
#include "store/cells.h"

enum { SQLITE_STATEMENTS = 128 }; /* slots of the cache: at least twice the statements that there are */

struct sqlite_source {
    struct store_source base; /* first */
    char *path;               /* owned */
    /* Who writes, checkpoints, opens or closes holds it. It gives writers their turn without polling, and it keeps us
     * clear of SQLite's WAL-reset bug (fixed in 3.51.3, Debian 12 has 3.40.1), which needs two connections that write
     * or checkpoint at the same instant. One process owns the file (datadir.h), so a mutex is enough. */
    pthread_mutex_t turn;
};

struct sqlite {
    struct store base; /* first */
    struct sqlite_source *source; /* borrowed */
    sqlite3 *db;                  /* owned */
    bool my_turn;
    struct {
        const char *sql;    /* constant; its address is the key */
        sqlite3_stmt *stmt; /* owned */
    } cache[SQLITE_STATEMENTS];
};

static inline struct sqlite *sqlite_of(struct store *s)
{
    return CONTAINER_OF(s, struct sqlite, base);
}

extern const struct store_core_ops sqlite_core;
extern const struct store_cert_ops sqlite_certs;
extern const struct store_grant_ops sqlite_grants;
extern const struct store_crl_ops sqlite_crls;
extern const struct store_sealed_ops sqlite_sealed;
extern const struct store_evidence_ops sqlite_evidence;
extern const struct store_endpoint_ops sqlite_endpoints;
extern const struct store_event_ops sqlite_events;
extern const struct store_audit_ops sqlite_audit;
extern const struct store_setting_ops sqlite_settings;
extern const struct store_record_ops sqlite_records;

/* Sets e from a result code: what was being done, and why it failed. Returns false. */
bool sqlite_failed(sqlite3 *db, int rc, const char *doing, struct err *e);

/* A connection with everything switched on that we rely on (WAL, FULL, foreign keys ..). NULL: failed. */
sqlite3 *sqlite_connect(const char *path, struct err *e);
/* Runs text without parameters or rows. */
MUST_USE bool sqlite_exec(sqlite3 *db, const char *sql, const char *doing, struct err *e);
/* A single number; `doing` names it. */
MUST_USE bool sqlite_number(sqlite3 *db, const char *sql, const char *doing, int64_t *ret, struct err *e);

/* Waits for the turn, up to STORE_TURN_MS. */
MUST_USE bool sqlite_take_turn(struct sqlite_source *src, struct err *e);
void sqlite_give_turn(struct sqlite_source *src);

/* Copies the database as it is now into a new file (mode 0600, on disk), under another name first, so that half a copy
 * never has the right one. An existing file is replaced, or ERR_CONFLICT. */
MUST_USE bool sqlite_copy(sqlite3 *from, const char *path, bool replace, struct err *e);

/* One run of one cached statement. Bind in the order of its parameters, then run or walk; AUTO(sqlite_query_end). */
struct sqlite_query {
    struct sqlite *handle; /* borrowed */
    sqlite3_stmt *stmt;           /* borrowed from the cache */
    const char *doing;            /* for errors: "adding a grant" */
    int bound;
    int rc; /* the first binding that failed */
};

MUST_USE bool sqlite_query_start(struct sqlite_query *q, struct store *s, const char *sql, const char *doing,
                                 struct err *e);
void sqlite_bind_text(struct sqlite_query *q, const char *text); /* NULL binds null; borrowed until the end */
void sqlite_bind_bytes(struct sqlite_query *q, const void *p, size_t len); /* the same */
void sqlite_bind_number(struct sqlite_query *q, int64_t n);
void sqlite_bind_null(struct sqlite_query *q);
/* Runs a change; says how many rows it touched (ret may be NULL). */
MUST_USE bool sqlite_run(struct sqlite_query *q, uint64_t *ret_changed, struct err *e);
/* Calls fn for each row until it returns false (with e set). */
typedef bool sqlite_row(void *self, const struct store_cell *cells, size_t len, struct err *e);
MUST_USE bool sqlite_walk(struct sqlite_query *q, sqlite_row *fn, void *self, struct err *e);
/* The one number of the one row. */
MUST_USE bool sqlite_count(struct sqlite_query *q, uint64_t *ret, struct err *e);
void sqlite_query_end(struct sqlite_query *q);
