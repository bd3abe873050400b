#include "store/sqlite/db.h"

#define SEALED_SELECT "SELECT kind, id, key_id, kept_ms, sealed FROM sealed"

struct out {
    store_sealed_row_sink *sink;
    void *self;
};

static bool sealed_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_sealed_row row;
    return store_sealed_read(cells, len, &row, e) && o->sink(o->self, &row, e);
}

static bool put(struct store *s, const struct store_sealed_row *row, struct err *e)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO sealed (kind, id, key_id, kept_ms, sealed) VALUES (?, ?, ?, ?, ?)";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "keeping a sealed value", e))
        return false;
    sqlite_bind_text(&q, row->kind);
    sqlite_bind_text(&q, row->id);
    sqlite_bind_text(&q, row->key_id);
    sqlite_bind_number(&q, row->kept_ms);
    sqlite_bind_bytes(&q, row->sealed, row->len);
    return sqlite_run(&q, NULL, e);
}

static bool get(struct store *s, const char *kind, const char *id, store_sealed_row_sink *sink, void *self,
                struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, SEALED_SELECT " WHERE kind = ? AND id = ?", "reading a sealed value", e))
        return false;
    sqlite_bind_text(&q, kind);
    sqlite_bind_text(&q, id);
    return sqlite_walk(&q, sealed_row, &o, e);
}

static bool remove_it(struct store *s, const char *kind, const char *id, uint64_t *ret_removed, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM sealed WHERE kind = ? AND id = ?", "removing a sealed value", e))
        return false;
    sqlite_bind_text(&q, kind);
    sqlite_bind_text(&q, id);
    return sqlite_run(&q, ret_removed, e);
}

static bool others(struct store *s, const char *key_id, uint32_t most, store_sealed_row_sink *sink, void *self,
                   struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, SEALED_SELECT " WHERE key_id <> ? ORDER BY kind, id LIMIT ?",
                            "listing sealed values", e))
        return false;
    sqlite_bind_text(&q, key_id);
    sqlite_bind_number(&q, most);
    return sqlite_walk(&q, sealed_row, &o, e);
}

struct usage_out {
    store_sealed_sink *sink;
    void *self;
};

static bool usage_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct usage_out *o = self;
    uint64_t count;
    if (len != 2 || cells[0].kind != STORE_CELL_TEXT)
        return err_set(e, ERR_STORE, "damaged sealed value: its key id is not what was ever written");
    return store_count_read(cells + 1, 1, &count, e) && o->sink(o->self, cells[0].bytes, count, e);
}

static bool usage(struct store *s, store_sealed_sink *sink, void *self, struct err *e)
{
    struct usage_out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, "SELECT key_id, count(*) FROM sealed GROUP BY key_id ORDER BY key_id",
                              "counting sealed values", e) &&
           sqlite_walk(&q, usage_row, &o, e);
}

const struct store_sealed_ops sqlite_sealed = {
    .put = put, .get = get, .remove = remove_it, .others = others, .usage = usage,
};
