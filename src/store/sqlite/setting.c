#include "store/sqlite/db.h"

#define SETTING_SELECT "SELECT key, value, changed_ms FROM settings"

struct out {
    store_setting_sink *sink;
    void *self;
};

static bool setting_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_setting row;
    return store_setting_read(cells, len, &row, e) && o->sink(o->self, &row, e);
}

static bool put(struct store *s, const struct store_setting *row, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "INSERT OR REPLACE INTO settings (key, value, changed_ms) VALUES (?, ?, ?)",
                            "keeping a setting", e))
        return false;
    sqlite_bind_text(&q, row->key);
    sqlite_bind_text(&q, row->value);
    sqlite_bind_number(&q, row->changed_ms);
    return sqlite_run(&q, NULL, e);
}

static bool remove_it(struct store *s, const char *key, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM settings WHERE key = ?", "removing a setting", e))
        return false;
    sqlite_bind_text(&q, key);
    return sqlite_run(&q, NULL, e);
}

static bool get(struct store *s, const char *key, store_setting_sink *sink, void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, SETTING_SELECT " WHERE key = ?", "reading a setting", e))
        return false;
    sqlite_bind_text(&q, key);
    return sqlite_walk(&q, setting_row, &o, e);
}

static bool list(struct store *s, store_setting_sink *sink, void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, SETTING_SELECT " ORDER BY key", "listing settings", e) &&
           sqlite_walk(&q, setting_row, &o, e);
}

static bool count(struct store *s, uint64_t *ret, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, "SELECT count(*) FROM settings", "counting settings", e) &&
           sqlite_count(&q, ret, e);
}

const struct store_setting_ops sqlite_settings = {
    .put = put, .remove = remove_it, .get = get, .list = list, .count = count,
};
