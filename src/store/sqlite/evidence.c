#include "store/sqlite/db.h"

struct out {
    store_evidence_sink *sink;
    void *self;
};

static bool evidence_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_evidence row;
    return store_evidence_read(cells, len, &row, e) && o->sink(o->self, &row, e);
}

static void bind_row(struct sqlite_query *q, const struct store_evidence *row)
{
    sqlite_bind_bytes(q, row->anchor, DIGEST_SHA256);
    sqlite_bind_text(q, row->endpoint);
    sqlite_bind_text(q, row->purpose);
    sqlite_bind_number(q, row->first_ms);
    sqlite_bind_number(q, row->last_ms);
    sqlite_bind_number(q, (int64_t)row->count);
}

static bool widen(struct store *s, const struct store_evidence *row, bool *ret_known, struct err *e)
{
    /* The count stops at the largest number instead of becoming a fraction. */
    static const char sql[] =
        "UPDATE evidence SET first_ms = min(first_ms, ?4), last_ms = max(last_ms, ?5),"
        " count = CASE WHEN count > 9223372036854775807 - ?6 THEN 9223372036854775807 ELSE count + ?6 END"
        " WHERE anchor = ?1 AND endpoint = ?2 AND purpose = ?3";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    uint64_t changed;
    if (!sqlite_query_start(&q, s, sql, "adding to evidence", e))
        return false;
    bind_row(&q, row);
    if (!sqlite_run(&q, &changed, e))
        return false;
    *ret_known = changed > 0;
    return true;
}

static bool insert(struct store *s, const struct store_evidence *row, struct err *e)
{
    static const char sql[] = "INSERT INTO evidence (anchor, endpoint, purpose, first_ms, last_ms, count)"
                              " VALUES (?, ?, ?, ?, ?, ?)";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "keeping evidence", e))
        return false;
    bind_row(&q, row);
    return sqlite_run(&q, NULL, e);
}

static bool count(struct store *s, uint64_t *ret, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, "SELECT count(*) FROM evidence", "counting evidence", e) &&
           sqlite_count(&q, ret, e);
}

#define EVIDENCE_SELECT "SELECT anchor, endpoint, purpose, first_ms, last_ms, count FROM evidence WHERE"
#define EVIDENCE_PAGE                                                                             \
    " (?3 IS NULL OR (anchor, endpoint, purpose) > (?3, ?4, ?5)) ORDER BY anchor, endpoint, purpose LIMIT ?6"

static bool list(struct store *s, const struct store_evidence_query *by, store_evidence_sink *sink, void *self,
                 struct err *e)
{
    static const char of_anchor[] =
        EVIDENCE_SELECT " anchor = ?1 AND (?2 IS NULL OR endpoint = ?2) AND" EVIDENCE_PAGE;
    static const char of_endpoint[] =
        EVIDENCE_SELECT " (?1 IS NULL OR anchor = ?1) AND endpoint = ?2 AND" EVIDENCE_PAGE;
    static const char of_all[] =
        EVIDENCE_SELECT " (?1 IS NULL OR anchor = ?1) AND (?2 IS NULL OR endpoint = ?2) AND" EVIDENCE_PAGE;
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, by->anchor ? of_anchor : by->endpoint ? of_endpoint : of_all, "listing evidence", e))
        return false;
    sqlite_bind_bytes(&q, by->anchor, DIGEST_SHA256);
    sqlite_bind_text(&q, by->endpoint);
    sqlite_bind_bytes(&q, by->after ? by->after->anchor : NULL, DIGEST_SHA256);
    sqlite_bind_text(&q, by->after ? by->after->endpoint : NULL);
    sqlite_bind_text(&q, by->after ? by->after->purpose : NULL);
    sqlite_bind_number(&q, by->limit);
    return sqlite_walk(&q, evidence_row, &o, e);
}

static bool prune(struct store *s, int64_t before_ms, uint64_t *ret_removed, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM evidence WHERE last_ms < ?", "forgetting evidence", e))
        return false;
    sqlite_bind_number(&q, before_ms);
    return sqlite_run(&q, ret_removed, e);
}

static bool forget(struct store *s, const char *endpoint, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM evidence WHERE endpoint = ?", "forgetting evidence", e))
        return false;
    sqlite_bind_text(&q, endpoint);
    return sqlite_run(&q, NULL, e);
}

const struct store_evidence_ops sqlite_evidence = {
    .widen = widen, .insert = insert, .count = count, .list = list, .prune = prune, .forget = forget,
};
