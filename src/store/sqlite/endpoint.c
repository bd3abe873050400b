#include "store/sqlite/db.h"

#define ENDPOINT_SELECT \
    "SELECT key, kind, urn, host, port, names, rule, seen_ms, since_ms, verified_ms, anchor FROM endpoints"

struct out {
    store_endpoint_sink *sink;
    void *self;
    struct store_endpoint_names names;
};

static bool endpoint_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_endpoint ep;
    return store_endpoint_read(cells, len, &o->names, &ep, e) && o->sink(o->self, &ep, e);
}

static bool put_row(struct store *s, const struct store_endpoint *ep, const char *names, struct err *e)
{
    static const char sql[] =
        "INSERT INTO endpoints (key, kind, urn, host, port, names, rule, seen_ms, since_ms, verified_ms, anchor)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET kind = excluded.kind,"
        " urn = excluded.urn, host = excluded.host, port = excluded.port, names = excluded.names,"
        " rule = excluded.rule, seen_ms = excluded.seen_ms, since_ms = excluded.since_ms,"
        " verified_ms = excluded.verified_ms, anchor = excluded.anchor";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "keeping an endpoint", e))
        return false;
    sqlite_bind_text(&q, ep->key);
    sqlite_bind_number(&q, ep->kind);
    sqlite_bind_text(&q, ep->urn);
    sqlite_bind_text(&q, ep->host);
    sqlite_bind_number(&q, ep->port);
    sqlite_bind_text(&q, names);
    sqlite_bind_text(&q, ep->rule);
    sqlite_bind_number(&q, ep->seen_ms);
    sqlite_bind_number(&q, ep->since_ms);
    if (ep->anchor)
        sqlite_bind_number(&q, ep->verified_ms);
    else
        sqlite_bind_null(&q);
    sqlite_bind_bytes(&q, ep->anchor, DIGEST_SHA256);
    return sqlite_run(&q, NULL, e);
}

static bool put(struct store *s, const struct store_endpoint *ep, struct err *e)
{
    AUTO(buf_done) struct buf names;
    buf_init(&names, (size_t)STORE_ENDPOINT_NAMES * (STORE_NAME_MAX + 1));
    for (size_t i = 0; i < ep->names_len; i++)
        if (!buf_printf(&names, e, "%s%s", i ? "\n" : "", ep->names[i]))
            return false;
    return put_row(s, ep, buf_str(&names), e);
}

static bool drop_chain(struct store *s, const char *key, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM endpoint_chains WHERE key = ?", "replacing an endpoint's chain", e))
        return false;
    sqlite_bind_text(&q, key);
    return sqlite_run(&q, NULL, e);
}

static bool put_link(struct store *s, const char *key, size_t position, const uint8_t *sha256, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "INSERT INTO endpoint_chains (key, position, sha256) VALUES (?, ?, ?)",
                            "keeping an endpoint's chain", e))
        return false;
    sqlite_bind_text(&q, key);
    sqlite_bind_number(&q, (int64_t)position);
    sqlite_bind_bytes(&q, sha256, DIGEST_SHA256);
    return sqlite_run(&q, NULL, e);
}

static bool put_chain(struct store *s, const char *key, const uint8_t (*sha256)[DIGEST_SHA256], size_t len,
                      struct err *e)
{
    if (!drop_chain(s, key, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!put_link(s, key, i, sha256[i], e))
            return false;
    return true;
}

static bool get(struct store *s, const char *key, store_endpoint_sink *sink, void *self, struct err *e)
{
    struct out o = { .sink = sink, .self = self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, ENDPOINT_SELECT " WHERE key = ?", "reading an endpoint", e))
        return false;
    sqlite_bind_text(&q, key);
    return sqlite_walk(&q, endpoint_row, &o, e);
}

struct chain_out {
    store_bytes_sink *sink;
    void *self;
};

static bool chain_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct chain_out *o = self;
    const uint8_t *der;
    size_t der_len;
    return store_cert_read(cells, len, &der, &der_len, e) && o->sink(o->self, der, der_len, e);
}

static bool chain(struct store *s, const char *key, store_bytes_sink *sink, void *self, struct err *e)
{
    static const char sql[] = "SELECT c.sha256, c.der FROM endpoint_chains AS l"
                              " JOIN certificates AS c ON c.sha256 = l.sha256 WHERE l.key = ? ORDER BY l.position";
    struct chain_out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "reading an endpoint's chain", e))
        return false;
    sqlite_bind_text(&q, key);
    return sqlite_walk(&q, chain_row, &o, e);
}

static bool list(struct store *s, const struct store_endpoint_query *by, store_endpoint_sink *sink, void *self,
                 struct err *e)
{
    static const char of_urn[] =
        ENDPOINT_SELECT " WHERE urn = ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3";
    static const char of_all[] =
        ENDPOINT_SELECT " WHERE (?1 IS NULL OR urn = ?1) AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3";
    struct out o = { .sink = sink, .self = self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, by->urn ? of_urn : of_all, "listing endpoints", e))
        return false;
    sqlite_bind_text(&q, by->urn);
    sqlite_bind_text(&q, by->after);
    sqlite_bind_number(&q, by->limit);
    return sqlite_walk(&q, endpoint_row, &o, e);
}

static bool remove_it(struct store *s, const char *key, struct err *e)
{
    if (!drop_chain(s, key, e))
        return false;
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM endpoints WHERE key = ?", "removing an endpoint", e))
        return false;
    sqlite_bind_text(&q, key);
    return sqlite_run(&q, NULL, e);
}

static bool count(struct store *s, uint64_t *ret, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, "SELECT count(*) FROM endpoints", "counting endpoints", e) &&
           sqlite_count(&q, ret, e);
}

const struct store_endpoint_ops sqlite_endpoints = {
    .put = put, .put_chain = put_chain, .get = get, .chain = chain, .list = list, .remove = remove_it, .count = count,
};
