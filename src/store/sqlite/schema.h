/* store/sqlite/schema.h - the tables, as a list of numbered changes that is only ever added to.
 * Called when a source is opened; tests bring lists of their own. */
#pragma once
#include <sqlite3.h>
#include <stddef.h>

#include "store/store.h"

/* "VCHS" in the file's header (PRAGMA application_id): that it is ours. */
#define SQLITE_OUR_ID 0x56434853

struct sqlite_migration {
    const char *name;                              /* a few words for people */
    const char *sql;
    bool (*fill)(sqlite3 *db, struct err *e);      /* runs after sql in the same transaction; NULL = nothing */
};

/* The program's own list; entry i brings the schema to version i + 1. */
extern const struct sqlite_migration sqlite_migrations[];
extern const size_t sqlite_migrations_len;

/* The version that is there; 0 for an empty file. ERR_STORE when it is not ours. */
MUST_USE bool sqlite_schema_version(sqlite3 *db, unsigned *ret, struct err *e);

/* Brings the database to the end of the list, each change in a transaction of its own, a copy named
 * "<path>.before-<first new version>" before the first (not for an empty file). ERR_CONFLICT when the schema is newer
 * than the list. ret says from where to where, and the copy. */
MUST_USE bool sqlite_migrate(sqlite3 *db, const char *path, const struct sqlite_migration *list, size_t len,
                             struct store_opened *ret, struct err *e);
