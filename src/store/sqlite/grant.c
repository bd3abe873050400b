#include "store/sqlite/db.h"

#define GRANT_FIELDS "g.id, g.owner, g.alias, g.scope, g.made_ms, g.made_by, g.flow, g.sha256, c.der"
#define GRANT_TABLES " FROM grants AS g JOIN certificates AS c ON c.sha256 = g.sha256"
/* Parameters 1 to 3 filter where they are not null. The first term names the index that the query goes by. */
#define GRANT_FILTER \
    " (?1 IS NULL OR g.owner = ?1) AND (?2 IS NULL OR g.alias_key = ?2) AND (?3 IS NULL OR g.sha256 = ?3)"
#define GRANT_PAGE " AND (?4 IS NULL OR g.id > ?4) ORDER BY g.id LIMIT ?5"

struct out {
    store_grant_sink *sink;
    void *self;
};

static bool grant_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct out *o = self;
    struct store_grant g;
    return store_grant_read(cells, len, &g, e) && o->sink(o->self, &g, e);
}

static bool insert(struct store *s, const struct store_grant_row *row, struct err *e)
{
    static const char sql[] = "INSERT INTO grants (id, owner, alias, alias_key, scope, made_ms, made_by, flow, sha256)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "adding a grant", e))
        return false;
    sqlite_bind_text(&q, row->grant.id);
    sqlite_bind_text(&q, row->grant.owner);
    sqlite_bind_text(&q, row->grant.alias);
    sqlite_bind_text(&q, row->alias_key);
    sqlite_bind_text(&q, row->scope_text);
    sqlite_bind_number(&q, row->grant.made_ms);
    sqlite_bind_text(&q, row->grant.made_by);
    sqlite_bind_text(&q, row->grant.flow);
    sqlite_bind_bytes(&q, row->grant.sha256, DIGEST_SHA256);
    return sqlite_run(&q, NULL, e);
}

static bool update(struct store *s, const struct store_grant_row *row, struct err *e)
{
    static const char sql[] = "UPDATE grants SET alias = ?, alias_key = ?, scope = ?, sha256 = ? WHERE id = ?";
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "changing a grant", e))
        return false;
    sqlite_bind_text(&q, row->grant.alias);
    sqlite_bind_text(&q, row->alias_key);
    sqlite_bind_text(&q, row->scope_text);
    sqlite_bind_bytes(&q, row->grant.sha256, DIGEST_SHA256);
    sqlite_bind_text(&q, row->grant.id);
    return sqlite_run(&q, NULL, e);
}

static bool remove_it(struct store *s, const char *id, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "DELETE FROM grants WHERE id = ?", "removing a grant", e))
        return false;
    sqlite_bind_text(&q, id);
    return sqlite_run(&q, NULL, e);
}

static bool get(struct store *s, const char *id, store_grant_sink *sink, void *self, struct err *e)
{
    static const char sql[] = "SELECT " GRANT_FIELDS GRANT_TABLES " WHERE g.id = ?";
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, sql, "reading a grant", e))
        return false;
    sqlite_bind_text(&q, id);
    return sqlite_walk(&q, grant_row, &o, e);
}

static void bind_filter(struct sqlite_query *q, const struct store_grant_query *by)
{
    sqlite_bind_text(q, by->owner);
    sqlite_bind_text(q, by->alias);
    sqlite_bind_bytes(q, by->sha256, DIGEST_SHA256);
}

static bool list(struct store *s, const struct store_grant_query *by, store_grant_sink *sink, void *self,
                 struct err *e)
{
    static const char by_certificate[] =
        "SELECT " GRANT_FIELDS GRANT_TABLES " WHERE g.sha256 = ?3 AND" GRANT_FILTER GRANT_PAGE;
    static const char by_alias[] =
        "SELECT " GRANT_FIELDS GRANT_TABLES " WHERE g.owner = ?1 AND g.alias_key = ?2 AND" GRANT_FILTER GRANT_PAGE;
    static const char by_id[] = "SELECT " GRANT_FIELDS GRANT_TABLES " WHERE" GRANT_FILTER GRANT_PAGE;
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    const char *sql = by->sha256 ? by_certificate : by->owner && by->alias ? by_alias : by_id;
    if (!sqlite_query_start(&q, s, sql, "listing grants", e))
        return false;
    bind_filter(&q, by);
    sqlite_bind_text(&q, by->after);
    sqlite_bind_number(&q, by->limit);
    return sqlite_walk(&q, grant_row, &o, e);
}

static bool count(struct store *s, const struct store_grant_query *by, uint64_t *ret, struct err *e)
{
    /* The cap asks this of an owner before each new grant: from the index alone. */
    static const char of_owner[] = "SELECT count(*) FROM grants WHERE owner = ?1";
    static const char of_filter[] = "SELECT count(*) FROM grants AS g WHERE" GRANT_FILTER;
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    bool owner_only = by->owner && !by->alias && !by->sha256;
    if (!sqlite_query_start(&q, s, owner_only ? of_owner : of_filter, "counting grants", e))
        return false;
    if (owner_only)
        sqlite_bind_text(&q, by->owner);
    else
        bind_filter(&q, by);
    return sqlite_count(&q, ret, e);
}

static bool all(struct store *s, store_grant_sink *sink, void *self, struct err *e)
{
    static const char sql[] = "SELECT " GRANT_FIELDS GRANT_TABLES " ORDER BY g.sha256, g.id";
    struct out o = { sink, self };
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    return sqlite_query_start(&q, s, sql, "reading all grants", e) && sqlite_walk(&q, grant_row, &o, e);
}

const struct store_grant_ops sqlite_grants = {
    .insert = insert,
    .update = update,
    .remove = remove_it,
    .get = get,
    .list = list,
    .count = count,
    .all = all,
};
