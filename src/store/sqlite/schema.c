#include "store/sqlite/schema.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/random.h"
#include "store/audit.h"
#include "store/sqlite/db.h"

/* STRICT tables hold the types that they say; lengths and ranges are checked by cells.c on the way out. */
static const char first_sql[] =
    "CREATE TABLE schema_version ("
    "  version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE state ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1), identity TEXT NOT NULL, generation INTEGER NOT NULL,"
    "  audit_count INTEGER NOT NULL, audit_head BLOB NOT NULL) STRICT;"
    "CREATE TABLE certificates ("
    "  sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32), der BLOB NOT NULL) STRICT;"
    "CREATE TABLE grants ("
    "  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, alias TEXT NOT NULL, alias_key TEXT NOT NULL,"
    "  scope TEXT NOT NULL, made_ms INTEGER NOT NULL, made_by TEXT NOT NULL, flow TEXT NOT NULL,"
    "  sha256 BLOB NOT NULL REFERENCES certificates (sha256),"
    "  UNIQUE (owner, alias_key)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX grants_certificate ON grants (sha256, owner);"
    "CREATE TABLE crls ("
    "  vcenter TEXT NOT NULL, issuer_key TEXT NOT NULL, part TEXT NOT NULL, number BLOB, this_ms INTEGER NOT NULL,"
    "  next_ms INTEGER, kept_ms INTEGER NOT NULL, der BLOB NOT NULL,"
    "  PRIMARY KEY (vcenter, issuer_key, part)) STRICT;"
    "CREATE TABLE sealed ("
    "  kind TEXT NOT NULL, id TEXT NOT NULL, key_id TEXT NOT NULL, kept_ms INTEGER NOT NULL, sealed BLOB NOT NULL,"
    "  PRIMARY KEY (kind, id)) STRICT;"
    "CREATE INDEX sealed_key ON sealed (key_id);"
    "CREATE TABLE evidence ("
    "  anchor BLOB NOT NULL, endpoint TEXT NOT NULL, purpose TEXT NOT NULL, first_ms INTEGER NOT NULL,"
    "  last_ms INTEGER NOT NULL, count INTEGER NOT NULL,"
    "  PRIMARY KEY (anchor, endpoint, purpose)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX evidence_endpoint ON evidence (endpoint);"
    "CREATE TABLE endpoints ("
    "  key TEXT NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, urn TEXT, host TEXT NOT NULL, port INTEGER NOT NULL,"
    "  names TEXT NOT NULL, rule TEXT NOT NULL, seen_ms INTEGER NOT NULL, since_ms INTEGER NOT NULL,"
    "  verified_ms INTEGER, anchor BLOB) STRICT, WITHOUT ROWID;"
    "CREATE INDEX endpoints_urn ON endpoints (urn);"
    "CREATE TABLE endpoint_chains ("
    "  key TEXT NOT NULL REFERENCES endpoints (key), position INTEGER NOT NULL,"
    "  sha256 BLOB NOT NULL REFERENCES certificates (sha256),"
    "  PRIMARY KEY (key, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX endpoint_chains_certificate ON endpoint_chains (sha256);"
    "CREATE TABLE events ("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,"
    "  severity INTEGER NOT NULL, entity TEXT NOT NULL, text TEXT NOT NULL, data TEXT NOT NULL) STRICT;"
    "CREATE INDEX events_severity ON events (severity, seq);"
    "CREATE INDEX events_entity ON events (entity, seq);"
    "CREATE TABLE audit ("
    "  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, who TEXT NOT NULL,"
    "  origin TEXT NOT NULL, flow TEXT NOT NULL, action TEXT NOT NULL, entity TEXT NOT NULL, sha256 BLOB,"
    "  text TEXT NOT NULL, data TEXT NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE INDEX audit_entity ON audit (entity, seq);"
    "CREATE INDEX audit_certificate ON audit (sha256, seq);"
    /* Against a slip of ours; who can change the file can drop them, and the chain then tells. */
    "CREATE TRIGGER audit_stays_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE (ABORT, 'append-only'); END;"
    "CREATE TRIGGER audit_stays_complete BEFORE DELETE ON audit BEGIN SELECT RAISE (ABORT, 'append-only'); END;"
    "CREATE TABLE settings ("
    "  key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, changed_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

static const char records_sql[] =
    "CREATE TABLE records ("
    "  kind TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL,"
    "  state TEXT NOT NULL, made_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, data TEXT NOT NULL,"
    "  PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX records_name ON records (kind, owner, name_key) WHERE name_key <> '';"
    "CREATE INDEX records_owner ON records (kind, owner, id);"
    "CREATE INDEX records_until ON records (kind, until_ms) WHERE until_ms > 0;";

static bool fill_state(sqlite3 *db, struct err *e)
{
    static const char sql[] = "INSERT INTO state VALUES (1, ?, 0, 0, ?)";
    char identity[RANDOM_UUID];
    uint8_t head[DIGEST_SHA256];
    random_uuid(identity);
    store_audit_start(identity, head);
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, identity, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(stmt, 2, head, sizeof(head), SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    bool ok = rc == SQLITE_DONE || sqlite_failed(db, rc, "giving the store its identity", e);
    (void)sqlite3_finalize(stmt);
    return ok;
}

const struct sqlite_migration sqlite_migrations[] = {
    { "the first tables", first_sql, fill_state },
    { "records of every kind", records_sql, NULL },
};
const size_t sqlite_migrations_len = ARRAY_LEN(sqlite_migrations);

bool sqlite_schema_version(sqlite3 *db, unsigned *ret, struct err *e)
{
    int64_t ours, objects, version;
    if (!sqlite_number(db, "PRAGMA application_id", "reading the store's header", &ours, e) ||
        !sqlite_number(db, "SELECT count(*) FROM sqlite_schema", "reading the store's schema", &objects, e))
        return false;
    if (ours == 0 && objects == 0) {
        *ret = 0;
        return true;
    }
    if (ours != SQLITE_OUR_ID)
        return err_set(e, ERR_STORE, "the file is a database, but not a store of this program");
    if (!sqlite_number(db, "SELECT max(version) FROM schema_version", "reading the schema's version", &version, e))
        return false;
    if (version < 1 || version > UINT16_MAX)
        return err_set(e, ERR_STORE, "the store is damaged (schema version %lld)", (long long)version);
    *ret = (unsigned)version;
    return true;
}

static bool note_version(sqlite3 *db, unsigned version, const char *name, struct err *e)
{
    char *sql = sqlite3_mprintf("INSERT INTO schema_version VALUES (%u, %Q, %lld)", version, name,
                                (long long)clock_wall_ms());
    bool ok = sql ? sqlite_exec(db, sql, "noting the schema's version", e)
                  : err_set(e, ERR_INTERNAL, "no memory for a statement");
    sqlite3_free(sql);
    return ok;
}

static bool apply(sqlite3 *db, unsigned version, const struct sqlite_migration *m, struct err *e)
{
    int64_t broken = 0;
    if (version == 1) {
        char sql[64];
        (void)snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", SQLITE_OUR_ID);
        if (!sqlite_exec(db, sql, "marking the file", e))
            return false;
    }
    if (!sqlite_exec(db, m->sql, m->name, e) || (m->fill && !m->fill(db, e)) ||
        !note_version(db, version, m->name, e) ||
        !sqlite_number(db, "SELECT count(*) FROM pragma_foreign_key_check", "checking references", &broken, e))
        return false;
    return broken == 0 || err_set(e, ERR_STORE, "%lld references would break", (long long)broken);
}

/* The changes from version `from` up to `to` in one transaction; another process may have been faster. */
static bool step(sqlite3 *db, unsigned from, unsigned to, const struct sqlite_migration *list, struct err *e)
{
    unsigned now;
    if (!sqlite_exec(db, "BEGIN IMMEDIATE", "beginning a migration", e))
        return false;
    bool ok = sqlite_schema_version(db, &now, e) &&
              (now == from || err_set(e, ERR_CONFLICT, "another process changed the schema meanwhile"));
    for (unsigned at = from; ok && at < to; at++)
        ok = apply(db, at + 1, &list[at], e);
    ok = ok && sqlite_exec(db, "COMMIT", "committing a migration", e);
    if (!ok && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return ok || err_in(e, "migration %u (%s), nothing of it was kept", from + 1, list[from].name);
}

bool sqlite_migrate(sqlite3 *db, const char *path, const struct sqlite_migration *list, size_t len,
                    struct store_opened *ret, struct err *e)
{
    unsigned version;
    struct store_opened opened = { 0 };
    if (!sqlite_schema_version(db, &version, e))
        return false;
    opened.from = version;
    opened.to = (unsigned)len;
    if (version > len)
        return err_set(e, ERR_CONFLICT,
                       "its schema is version %u, newer than the %zu that this program knows: use the newer program",
                       version, len);
    if (version > 0 && version < len) {
        int n = snprintf(opened.copy, sizeof(opened.copy), "%s.before-%u", path, version + 1);
        if (n < 0 || (size_t)n >= sizeof(opened.copy))
            return err_set(e, ERR_INPUT, "the path %s is too long", path);
        if (!sqlite_copy(db, opened.copy, true, e))
            return err_in(e, "copying the store before a migration");
    }
    /* A migration may rebuild tables that others refer to; references are checked before each commit instead. */
    bool ok = sqlite_exec(db, "PRAGMA foreign_keys = OFF", "preparing a migration", e);
    /* A new store gets all of them at once: half a store is none. */
    while (ok && version < len) {
        unsigned to = version == 0 ? (unsigned)len : version + 1;
        ok = step(db, version, to, list, e);
        version = to;
    }
    if (!sqlite_exec(db, "PRAGMA foreign_keys = ON", "finishing a migration", ok ? e : NULL) || !ok)
        return false;
    *ret = opened;
    return true;
}
