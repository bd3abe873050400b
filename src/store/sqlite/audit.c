#include <string.h>

#include "store/sqlite/db.h"

#define AUDIT_SELECT \
    "SELECT seq, id, at_ms, who, origin, flow, action, entity, sha256, text, data, hash FROM audit WHERE"

struct out {
    store_audit_sink *sink;
    void *self;
};

static bool audit_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_audit line;
    return store_audit_read(cells, len, &line, e) && o->sink(o->self, &line, e);
}

static bool insert(struct store *s, const struct store_audit *line, struct err *e)
{
    static const char sql[] =
        "INSERT INTO audit (seq, id, at_ms, who, origin, flow, action, entity, sha256, text, data, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "writing the audit trail", e))
        return false;
    sqlite_bind_number(&q, (int64_t)line->seq);
    sqlite_bind_text(&q, line->id);
    sqlite_bind_number(&q, line->by.at_ms);
    sqlite_bind_text(&q, line->by.who);
    sqlite_bind_text(&q, line->by.from);
    sqlite_bind_text(&q, line->by.flow);
    sqlite_bind_text(&q, line->action);
    sqlite_bind_text(&q, line->entity);
    sqlite_bind_bytes(&q, line->sha256, DIGEST_SHA256);
    sqlite_bind_text(&q, line->text);
    sqlite_bind_text(&q, line->data);
    sqlite_bind_bytes(&q, line->hash, DIGEST_SHA256);
    return sqlite_run(&q, NULL, e);
}

static bool append(struct store *s, const struct store_audit *line, struct err *e)
{
    static const char sql[] = "UPDATE state SET audit_count = ?1, audit_head = ?2 WHERE audit_count = ?1 - 1";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    uint64_t changed;
    if (!insert(s, line, e) || !sqlite_query_start(&q, s, sql, "moving the audit trail's head", e))
        return false;
    sqlite_bind_number(&q, (int64_t)line->seq);
    sqlite_bind_bytes(&q, line->hash, DIGEST_SHA256);
    return sqlite_run(&q, &changed, e) &&
           (changed == 1 || err_set(e, ERR_STORE, "moving the audit trail's head: it is not where it was"));
}

struct head {
    uint64_t count;
    uint8_t hash[DIGEST_SHA256];
    bool found;
};

static bool head_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct head *h = self;
    h->found = true;
    if (len != 2 || cells[1].kind != STORE_CELL_BYTES || cells[1].len != DIGEST_SHA256)
        return err_set(e, ERR_STORE, "the head of the audit trail is damaged");
    memcpy(h->hash, cells[1].bytes, DIGEST_SHA256);
    return store_count_read(cells, 1, &h->count, e);
}

static bool head(struct store *s, uint64_t *ret_count, uint8_t ret_hash[DIGEST_SHA256], struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    struct head h = { 0 };
    if (!sqlite_query_start(&q, s, "SELECT audit_count, audit_head FROM state", "reading the audit trail's head", e) ||
        !sqlite_walk(&q, head_row, &h, e))
        return false;
    if (!h.found)
        return err_set(e, ERR_STORE, "the head of the audit trail is missing");
    *ret_count = h.count;
    memcpy(ret_hash, h.hash, DIGEST_SHA256);
    return true;
}

#define AUDIT_FILTER " (?1 IS NULL OR entity = ?1) AND (?2 IS NULL OR sha256 = ?2) AND"
#define AUDIT_OLDEST " seq > ?3 ORDER BY seq LIMIT ?4"
#define AUDIT_NEWEST " seq < ?3 ORDER BY seq DESC LIMIT ?4"

static bool list(struct store *s, const struct store_audit_query *by, store_audit_sink *sink, void *self,
                 struct err *e)
{
    static const char oldest[] = AUDIT_SELECT AUDIT_FILTER AUDIT_OLDEST;
    static const char newest[] = AUDIT_SELECT AUDIT_FILTER AUDIT_NEWEST;
    static const char of_entity_oldest[] = AUDIT_SELECT " entity = ?1 AND" AUDIT_FILTER AUDIT_OLDEST;
    static const char of_entity_newest[] = AUDIT_SELECT " entity = ?1 AND" AUDIT_FILTER AUDIT_NEWEST;
    const char *sql = by->newest_first ? by->entity ? of_entity_newest : newest
                                       : by->entity ? of_entity_oldest : oldest;
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "listing the audit trail", e))
        return false;
    sqlite_bind_text(&q, by->entity);
    sqlite_bind_bytes(&q, by->sha256, DIGEST_SHA256);
    bool from_end = by->newest_first && by->after == 0;
    sqlite_bind_number(&q, from_end || by->after > INT64_MAX ? INT64_MAX : (int64_t)by->after);
    sqlite_bind_number(&q, by->limit);
    return sqlite_walk(&q, audit_row, &o, e);
}

const struct store_audit_ops sqlite_audit = { .append = append, .head = head, .list = list };
