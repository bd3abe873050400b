#include "store/sqlite/db.h"

struct out {
    store_bytes_sink *sink;
    void *self;
};

static bool cert_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    const uint8_t *der;
    size_t der_len;
    return store_cert_read(cells, len, &der, &der_len, e) && o->sink(o->self, der, der_len, e);
}

static bool put(struct store *s, const uint8_t *sha256, const uint8_t *der, size_t len, struct err *e)
{
    static const char sql[] = "INSERT INTO certificates (sha256, der) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "keeping a certificate", e))
        return false;
    sqlite_bind_bytes(&q, sha256, DIGEST_SHA256);
    sqlite_bind_bytes(&q, der, len);
    return sqlite_run(&q, NULL, e);
}

static bool get(struct store *s, const uint8_t *sha256, store_bytes_sink *sink, void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "SELECT sha256, der FROM certificates WHERE sha256 = ?", "reading a certificate", e))
        return false;
    sqlite_bind_bytes(&q, sha256, DIGEST_SHA256);
    return sqlite_walk(&q, cert_row, &o, e);
}

static bool sweep(struct store *s, const uint8_t *sha256, struct err *e)
{
    static const char sql[] = "DELETE FROM certificates WHERE sha256 = ?1"
                              " AND NOT EXISTS (SELECT 1 FROM grants WHERE sha256 = ?1)"
                              " AND NOT EXISTS (SELECT 1 FROM endpoint_chains WHERE sha256 = ?1)";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "forgetting a certificate", e))
        return false;
    sqlite_bind_bytes(&q, sha256, DIGEST_SHA256);
    return sqlite_run(&q, NULL, e);
}

static bool all(struct store *s, store_bytes_sink *sink, void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, "SELECT sha256, der FROM certificates", "reading all certificates", e) &&
           sqlite_walk(&q, cert_row, &o, e);
}

const struct store_cert_ops sqlite_certs = { .put = put, .get = get, .sweep = sweep, .all = all };
