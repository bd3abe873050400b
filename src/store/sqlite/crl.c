#include "store/sqlite/db.h"

#define CRL_SELECT "SELECT vcenter, issuer_key, part, number, this_ms, next_ms, kept_ms, der FROM crls"

struct out {
    store_crl_sink *sink;
    void *self;
};

static bool crl_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_crl crl;
    return store_crl_read(cells, len, &crl, e) && o->sink(o->self, &crl, e);
}

/* "Every CA" is the empty text: a null would be unique each time. */
static const char *whose(const char *vcenter)
{
    return vcenter ? vcenter : "";
}

static bool put(struct store *s, const struct store_crl *crl, struct err *e)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO crls (vcenter, issuer_key, part, number, this_ms, next_ms, kept_ms, der)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "keeping a CRL", e))
        return false;
    sqlite_bind_text(&q, whose(crl->vcenter));
    sqlite_bind_text(&q, crl->issuer_key);
    sqlite_bind_text(&q, crl->part);
    sqlite_bind_bytes(&q, crl->number, crl->number_len);
    sqlite_bind_number(&q, crl->this_ms);
    if (crl->next_ms)
        sqlite_bind_number(&q, crl->next_ms);
    else
        sqlite_bind_null(&q);
    sqlite_bind_number(&q, crl->kept_ms);
    sqlite_bind_bytes(&q, crl->der, crl->der_len);
    return sqlite_run(&q, NULL, e);
}

static bool get(struct store *s, const char *vcenter, const char *issuer_key, const char *part, store_crl_sink *sink,
                void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, CRL_SELECT " WHERE vcenter = ? AND issuer_key = ? AND part = ?", "reading a CRL", e))
        return false;
    sqlite_bind_text(&q, whose(vcenter));
    sqlite_bind_text(&q, issuer_key);
    sqlite_bind_text(&q, part);
    return sqlite_walk(&q, crl_row, &o, e);
}

static bool remove_all(struct store *s, const char *vcenter, uint64_t *ret_removed, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM crls WHERE vcenter = ?", "removing CRLs", e))
        return false;
    sqlite_bind_text(&q, whose(vcenter));
    return sqlite_run(&q, ret_removed, e);
}

static bool list(struct store *s, store_crl_sink *sink, void *self, struct err *e)
{
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, CRL_SELECT " ORDER BY vcenter, issuer_key, part", "listing CRLs", e) &&
           sqlite_walk(&q, crl_row, &o, e);
}

static bool count(struct store *s, uint64_t *ret, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, "SELECT count(*) FROM crls", "counting CRLs", e) && sqlite_count(&q, ret, e);
}

const struct store_crl_ops sqlite_crls = {
    .put = put, .get = get, .remove = remove_all, .list = list, .count = count,
};
