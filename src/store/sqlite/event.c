#include "store/sqlite/db.h"

#define EVENT_SELECT "SELECT seq, id, at_ms, kind, severity, entity, text, data FROM events"

struct out {
    store_event_sink *sink;
    void *self;
};

static bool event_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_event ev;
    return store_event_read(cells, len, &ev, e) && o->sink(o->self, &ev, e);
}

static bool insert(struct store *s, const struct store_event *ev, uint64_t *ret_seq, struct err *e)
{
    static const char sql[] = "INSERT INTO events (id, at_ms, kind, severity, entity, text, data)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?)";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "keeping an event", e))
        return false;
    sqlite_bind_text(&q, ev->id);
    sqlite_bind_number(&q, ev->at_ms);
    sqlite_bind_text(&q, ev->kind);
    sqlite_bind_number(&q, ev->severity);
    sqlite_bind_text(&q, ev->entity);
    sqlite_bind_text(&q, ev->text);
    sqlite_bind_text(&q, ev->data);
    if (!sqlite_run(&q, NULL, e))
        return false;
    *ret_seq = (uint64_t)sqlite3_last_insert_rowid(sqlite_of(s)->db);
    return true;
}

static bool get(struct store *s, const char *id, store_event_sink *sink, void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, EVENT_SELECT " WHERE id = ?", "reading an event", e))
        return false;
    sqlite_bind_text(&q, id);
    return sqlite_walk(&q, event_row, &o, e);
}

#define EVENT_FILTER                                                                                         \
    " (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR entity = ?2) AND severity >= ?3 AND at_ms >= ?4 AND"     \
    " at_ms < ?5 AND seq < ?6 ORDER BY seq DESC LIMIT ?7"

static bool list(struct store *s, const struct store_event_query *by, store_event_sink *sink, void *self,
                 struct err *e)
{
    static const char of_entity[] = EVENT_SELECT " WHERE entity = ?2 AND" EVENT_FILTER;
    static const char of_all[] = EVENT_SELECT " WHERE" EVENT_FILTER;
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, by->entity ? of_entity : of_all, "listing events", e))
        return false;
    sqlite_bind_text(&q, by->kind);
    sqlite_bind_text(&q, by->entity);
    sqlite_bind_number(&q, by->at_least);
    sqlite_bind_number(&q, by->since_ms);
    sqlite_bind_number(&q, by->before_ms ? by->before_ms : INT64_MAX);
    sqlite_bind_number(&q, by->after && by->after < INT64_MAX ? (int64_t)by->after : INT64_MAX);
    sqlite_bind_number(&q, by->limit);
    return sqlite_walk(&q, event_row, &o, e);
}

static bool trim(struct store *s, enum store_severity severity, uint32_t keep, struct err *e)
{
    static const char sql[] = "DELETE FROM events WHERE severity = ?1 AND seq <="
                              " (SELECT seq FROM events WHERE severity = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "trimming events", e))
        return false;
    sqlite_bind_number(&q, severity);
    sqlite_bind_number(&q, keep);
    return sqlite_run(&q, NULL, e);
}

const struct store_event_ops sqlite_events = { .insert = insert, .get = get, .list = list, .trim = trim };
