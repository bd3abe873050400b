#include "store/sqlite/db.h"

#define RECORD_SELECT "SELECT kind, id, owner, name, state, made_ms, until_ms, data FROM records"

struct out {
    store_record_sink *sink;
    void *self;
};

static bool record_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_record row;
    return store_record_read(cells, len, &row, e) && o->sink(o->self, &row, e);
}

static bool put(struct store *s, const struct store_record *r, const char *name_key, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s,
                            "INSERT INTO records (kind, id, owner, name, state, made_ms, until_ms, data, name_key)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET"
                            " owner = excluded.owner, name = excluded.name, state = excluded.state,"
                            " until_ms = excluded.until_ms, data = excluded.data, name_key = excluded.name_key",
                            "keeping a record", e))
        return false;
    sqlite_bind_text(&q, r->kind);
    sqlite_bind_text(&q, r->id);
    sqlite_bind_text(&q, r->owner);
    sqlite_bind_text(&q, r->name);
    sqlite_bind_text(&q, r->state);
    sqlite_bind_number(&q, r->made_ms);
    sqlite_bind_number(&q, r->until_ms);
    sqlite_bind_text(&q, r->data);
    sqlite_bind_text(&q, name_key);
    return sqlite_run(&q, NULL, e);
}

static bool remove_it(struct store *s, const char *kind, const char *id, uint64_t *ret_removed, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM records WHERE kind = ? AND id = ?", "removing a record", e))
        return false;
    sqlite_bind_text(&q, kind);
    sqlite_bind_text(&q, id);
    return sqlite_run(&q, ret_removed, e);
}

static bool expire(struct store *s, const char *kind, int64_t now_ms, uint64_t *ret_removed, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM records WHERE kind = ? AND until_ms > 0 AND until_ms <= ?",
                            "removing old records", e))
        return false;
    sqlite_bind_text(&q, kind);
    sqlite_bind_number(&q, now_ms);
    return sqlite_run(&q, ret_removed, e);
}

static bool get(struct store *s, const char *kind, const char *id, store_record_sink *sink, void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, RECORD_SELECT " WHERE kind = ? AND id = ?", "reading a record", e))
        return false;
    sqlite_bind_text(&q, kind);
    sqlite_bind_text(&q, id);
    return sqlite_walk(&q, record_row, &o, e);
}

static bool find(struct store *s, const char *kind, const char *owner, const char *name_key, store_record_sink *sink,
                 void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, RECORD_SELECT " WHERE kind = ? AND owner = ? AND name_key = ? AND name_key <> ''",
                            "finding a record", e))
        return false;
    sqlite_bind_text(&q, kind);
    sqlite_bind_text(&q, owner);
    sqlite_bind_text(&q, name_key);
    return sqlite_walk(&q, record_row, &o, e);
}

/* What is not asked for is null, and null fits everything; but for the owner, which has an index that only a plain comparison uses. */
#define RECORD_FITS " WHERE kind = ?1 AND ?2 IS NULL AND (?3 IS NULL OR state = ?3)"
#define RECORD_OWNED " WHERE kind = ?1 AND owner = ?2 AND (?3 IS NULL OR state = ?3)"
#define RECORD_REST " AND id > ?4 ORDER BY id LIMIT ?5"
#define RECORD_COUNT "SELECT count(*) FROM records"

static bool list(struct store *s, const struct store_record_query *want, store_record_sink *sink, void *self,
                 struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    const char *sql = want->owner ? RECORD_SELECT RECORD_OWNED RECORD_REST : RECORD_SELECT RECORD_FITS RECORD_REST;
    if (!sqlite_query_start(&q, s, sql, "listing records", e))
        return false;
    sqlite_bind_text(&q, want->kind);
    sqlite_bind_text(&q, want->owner);
    sqlite_bind_text(&q, want->state);
    sqlite_bind_text(&q, want->after ? want->after : "");
    sqlite_bind_number(&q, want->limit);
    return sqlite_walk(&q, record_row, &o, e);
}

static bool count(struct store *s, const struct store_record_query *want, uint64_t *ret, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    const char *sql = want->owner ? RECORD_COUNT RECORD_OWNED : RECORD_COUNT RECORD_FITS;
    if (!sqlite_query_start(&q, s, sql, "counting records", e))
        return false;
    sqlite_bind_text(&q, want->kind);
    sqlite_bind_text(&q, want->owner);
    sqlite_bind_text(&q, want->state);
    return sqlite_count(&q, ret, e);
}

static bool all(struct store *s, store_record_sink *sink, void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, RECORD_SELECT, "reading all records", e) && sqlite_walk(&q, record_row, &o, e);
}

const struct store_record_ops sqlite_records = {
    .put = put, .remove = remove_it, .expire = expire, .get = get, .find = find, .list = list, .count = count, .all = all,
};
