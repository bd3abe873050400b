#include <stdlib.h>

#include "store/sqlite/db.h"

static struct store *close_handle(struct store *s)
{
    struct sqlite *h = sqlite_of(s);
    for (size_t i = 0; i < SQLITE_STATEMENTS; i++)
        (void)sqlite3_finalize(h->cache[i].stmt);
    /* The last connection to close checkpoints: in its turn. Without one the file is left to the next start. */
    bool turn = sqlite_take_turn(h->source, NULL);
    (void)sqlite3_close(h->db);
    if (turn)
        sqlite_give_turn(h->source);
    free(h);
    return NULL;
}

static bool simple(struct store *s, const char *sql, const char *doing, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, sql, doing, e) && sqlite_run(&q, NULL, e);
}

static void leave(struct sqlite *h)
{
    if (!sqlite3_get_autocommit(h->db))
        (void)simple(&h->base, "ROLLBACK", "ending a transaction", NULL);
    if (h->my_turn)
        sqlite_give_turn(h->source);
    h->my_turn = false;
}

static bool generation(struct store *s, uint64_t *ret, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, "SELECT generation FROM state", "reading the generation", e) &&
           sqlite_count(&q, ret, e);
}

static bool begin(struct store *s, enum store_txn mode, struct err *e)
{
    struct sqlite *h = sqlite_of(s);
    uint64_t pinned;
    if (mode == STORE_WRITE) {
        if (!sqlite_take_turn(h->source, e))
            return false;
        h->my_turn = true;
    }
    /* A reading transaction begins with its first read: here, not whenever the caller gets to it. */
    bool ok = mode == STORE_WRITE
                  ? simple(s, "BEGIN IMMEDIATE", "beginning a change", e)
                  : simple(s, "BEGIN", "beginning a read", e) && generation(s, &pinned, e);
    if (!ok)
        leave(h);
    return ok;
}

static bool commit(struct store *s, struct err *e)
{
    bool ok = simple(s, "COMMIT", "committing a change", e);
    leave(sqlite_of(s));
    return ok;
}

static void abort_it(struct store *s)
{
    leave(sqlite_of(s));
}

static bool raise_it(struct store *s, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    uint64_t changed;
    return sqlite_query_start(&q, s, "UPDATE state SET generation = generation + 1", "raising the generation", e) &&
           sqlite_run(&q, &changed, e) &&
           (changed == 1 || err_set(e, ERR_STORE, "raising the generation: the store is damaged"));
}

static bool note_finding(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct buf *findings = self;
    const char *text = len > 0 && cells[0].kind == STORE_CELL_TEXT ? cells[0].bytes : "an unreadable finding";
    if (len == 1 && cells[0].len == 2 && text[0] == 'o' && text[1] == 'k')
        return true;
    return len == 1 ? buf_printf(findings, e, "database: %s\n", text)
                    : buf_printf(findings, e, "database: table %s has a reference to a row that is not there\n", text);
}

/* A pragma whose rows are findings. Damage may also stop it; that is a finding as well. */
static bool check_with(struct store *s, const char *sql, struct buf *findings, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    struct err found;
    if (sqlite_query_start(&q, s, sql, "checking the database", &found) &&
        sqlite_walk(&q, note_finding, findings, &found))
        return true;
    if (found.kind == ERR_STORE)
        return buf_printf(findings, e, "database: %s\n", found.msg);
    if (e)
        *e = found;
    return false;
}

static bool check(struct store *s, struct buf *findings, struct err *e)
{
    return check_with(s, "PRAGMA quick_check(100)", findings, e) &&
           check_with(s, "PRAGMA foreign_key_check", findings, e);
}

static bool backup(struct store *s, const char *path, struct err *e)
{
    return sqlite_copy(sqlite_of(s)->db, path, false, e) || err_in(e, "backing up the store");
}

const struct store_core_ops sqlite_core = {
    .close = close_handle,
    .begin = begin,
    .commit = commit,
    .abort = abort_it,
    .generation = generation,
    .raise = raise_it,
    .check = check,
    .backup = backup,
};
