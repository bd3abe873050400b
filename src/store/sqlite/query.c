#include <string.h>

#include "store/sqlite/db.h"

bool sqlite_failed(sqlite3 *db, int rc, const char *doing, struct err *e)
{
    const char *why = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(e, ERR_TIMEOUT, "%s: another process holds the store", doing);
    case SQLITE_FULL:
        return err_set(e, ERR_STORE, "%s: the disk is full", doing);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(e, ERR_STORE, "%s: the store is damaged (%s)", doing, why);
    default:
        return err_set(e, ERR_STORE, "%s: %s", doing, why);
    }
}

bool sqlite_exec(sqlite3 *db, const char *sql, const char *doing, struct err *e)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK || sqlite_failed(db, rc, doing, e);
}

bool sqlite_number(sqlite3 *db, const char *sql, const char *doing, int64_t *ret, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    bool number = rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER;
    if (number)
        *ret = sqlite3_column_int64(stmt, 0);
    bool ok = number || (rc == SQLITE_ROW || rc == SQLITE_DONE
                             ? err_set(e, ERR_STORE, "%s: the store is damaged (no number)", doing)
                             : sqlite_failed(db, rc, doing, e));
    (void)sqlite3_finalize(stmt);
    return ok;
}

/* The statement for this text, prepared at its first use and kept for the handle's life. */
static int cached(struct sqlite *h, const char *sql, sqlite3_stmt **ret)
{
    size_t at = ((uintptr_t)sql >> 3) % SQLITE_STATEMENTS;
    for (size_t tried = 0; tried < SQLITE_STATEMENTS; tried++, at = (at + 1) % SQLITE_STATEMENTS) {
        if (h->cache[at].sql == sql) {
            *ret = h->cache[at].stmt;
            return SQLITE_OK;
        }
        if (!h->cache[at].sql) {
            int rc = sqlite3_prepare_v3(h->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &h->cache[at].stmt, NULL);
            if (rc == SQLITE_OK)
                h->cache[at].sql = sql;
            *ret = h->cache[at].stmt;
            return rc;
        }
    }
    return SQLITE_FULL; /* SQLITE_STATEMENTS is too small: the first test that uses them all says so */
}

bool sqlite_query_start(struct sqlite_query *q, struct store *s, const char *sql, const char *doing, struct err *e)
{
    struct sqlite *h = sqlite_of(s);
    *q = (struct sqlite_query){ .handle = h, .doing = doing };
    int rc = cached(h, sql, &q->stmt);
    return rc == SQLITE_OK || sqlite_failed(h->db, rc, doing, e);
}

static void bound(struct sqlite_query *q, int rc)
{
    if (q->rc == SQLITE_OK)
        q->rc = rc;
}

void sqlite_bind_text(struct sqlite_query *q, const char *text)
{
    bound(q, text ? sqlite3_bind_text(q->stmt, ++q->bound, text, -1, SQLITE_STATIC)
                  : sqlite3_bind_null(q->stmt, ++q->bound));
}

void sqlite_bind_bytes(struct sqlite_query *q, const void *p, size_t len)
{
    bound(q, p ? sqlite3_bind_blob64(q->stmt, ++q->bound, p, len, SQLITE_STATIC)
               : sqlite3_bind_null(q->stmt, ++q->bound));
}

void sqlite_bind_number(struct sqlite_query *q, int64_t n)
{
    bound(q, sqlite3_bind_int64(q->stmt, ++q->bound, n));
}

void sqlite_bind_null(struct sqlite_query *q)
{
    bound(q, sqlite3_bind_null(q->stmt, ++q->bound));
}

bool sqlite_run(struct sqlite_query *q, uint64_t *ret_changed, struct err *e)
{
    int rc = q->rc == SQLITE_OK ? sqlite3_step(q->stmt) : q->rc;
    if (rc != SQLITE_DONE)
        return sqlite_failed(q->handle->db, rc, q->doing, e);
    if (ret_changed)
        *ret_changed = (uint64_t)sqlite3_changes64(q->handle->db);
    return true;
}

static struct store_cell cell(sqlite3_stmt *stmt, int at)
{
    struct store_cell c = { 0 };
    switch (sqlite3_column_type(stmt, at)) {
    case SQLITE_NULL:
        c.kind = STORE_CELL_NULL;
        break;
    case SQLITE_INTEGER:
        c.kind = STORE_CELL_NUMBER;
        c.number = sqlite3_column_int64(stmt, at);
        break;
    case SQLITE_TEXT:
        c.bytes = sqlite3_column_text(stmt, at);
        c.len = (size_t)sqlite3_column_bytes(stmt, at);
        c.kind = c.bytes ? STORE_CELL_TEXT : STORE_CELL_OTHER;
        break;
    case SQLITE_BLOB:
        c.bytes = sqlite3_column_blob(stmt, at);
        c.len = (size_t)sqlite3_column_bytes(stmt, at);
        c.kind = STORE_CELL_BYTES;
        break;
    default:
        c.kind = STORE_CELL_OTHER;
    }
    return c;
}

bool sqlite_walk(struct sqlite_query *q, sqlite_row *fn, void *self, struct err *e)
{
    struct store_cell cells[STORE_CELLS_MAX];
    int rc = q->rc;
    if (rc != SQLITE_OK)
        return sqlite_failed(q->handle->db, rc, q->doing, e);
    while ((rc = sqlite3_step(q->stmt)) == SQLITE_ROW) {
        int columns = sqlite3_column_count(q->stmt);
        size_t len = 0;
        for (; len < (size_t)columns && len < STORE_CELLS_MAX; len++)
            cells[len] = cell(q->stmt, (int)len);
        if (!fn(self, cells, len, e))
            return false;
    }
    return rc == SQLITE_DONE || sqlite_failed(q->handle->db, rc, q->doing, e);
}

struct counted {
    uint64_t value;
    bool found;
};

static bool count_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct counted *c = self;
    c->found = true;
    return store_count_read(cells, len, &c->value, e);
}

bool sqlite_count(struct sqlite_query *q, uint64_t *ret, struct err *e)
{
    struct counted c = { 0 };
    if (!sqlite_walk(q, count_row, &c, e))
        return false;
    if (!c.found)
        return err_set(e, ERR_STORE, "%s: the store is damaged (a row is missing)", q->doing);
    *ret = c.value;
    return true;
}

void sqlite_query_end(struct sqlite_query *q)
{
    if (!q->stmt)
        return;
    (void)sqlite3_reset(q->stmt);
    (void)sqlite3_clear_bindings(q->stmt);
    q->stmt = NULL;
}
