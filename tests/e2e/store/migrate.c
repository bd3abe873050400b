#include "e2e/store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e/store/work.h"
#include "store/sqlite/db.h"
#include "store/sqlite/schema.h"

enum { ADDED = 2, ROWS = 3 };

/* The program's schema and two changes more: a new table, and one rebuilt with what is in it. */
static size_t list_of(struct sqlite_migration *list)
{
    size_t len = sqlite_migrations_len;
    memcpy(list, sqlite_migrations, len * sizeof(*list));
    list[len++] = (struct sqlite_migration){ "a table more", "CREATE TABLE added (x INTEGER) STRICT;"
                                             "INSERT INTO added VALUES (7)", NULL };
    list[len++] = (struct sqlite_migration){ "settings rebuilt",
        "CREATE TABLE rebuilt (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, changed_ms INTEGER NOT NULL) STRICT;"
        "INSERT INTO rebuilt SELECT * FROM settings; DROP TABLE settings; ALTER TABLE rebuilt RENAME TO settings;",
        NULL };
    return len;
}

static void path_of(const char *dir, char ret[128])
{
    (void)snprintf(ret, 128, "%s/store.db", dir);
}

static bool migrate(const char *dir, struct store_opened *ret, struct err *e)
{
    struct sqlite_migration list[16];
    char path[128];
    path_of(dir, path);
    size_t len = list_of(list);
    sqlite3 *db = sqlite_connect(path, e);
    bool ok = db && sqlite_migrate(db, path, list, len, ret, e);
    (void)sqlite3_close(db);
    return ok;
}

static void prepare(const char *dir)
{
    int nowhere[2];
    if (pipe(nowhere))
        work_fail(dir, "no pipe");
    pid_t child = fork();
    if (child == 0)
        work_child(dir, ROWS, nowhere[1]);
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0)
        work_fail(dir, "the store to migrate could not be made");
    (void)close(nowhere[0]);
    (void)close(nowhere[1]);
}

static int64_t number(const char *path, const char *sql, const char *when)
{
    struct err e;
    int64_t n = -1;
    sqlite3 *db = sqlite_connect(path, &e);
    if (!db || !sqlite_number(db, sql, "looking", &n, &e))
        work_fail(when, "%s: %s", sql, e.msg);
    (void)sqlite3_close(db);
    return n;
}

static void is(const char *path, const char *sql, int64_t want, const char *when)
{
    int64_t n = number(path, sql, when);
    if (n != want)
        work_fail(when, "%s: %lld, not %lld", sql, (long long)n, (long long)want);
}

static void check(const char *dir, const char *when)
{
    struct err e;
    struct store_opened opened;
    char path[128], copy[160];
    path_of(dir, path);
    (void)snprintf(copy, sizeof(copy), "%s.before-%zu", path, sqlite_migrations_len + 1);
    int64_t old = (int64_t)sqlite_migrations_len, version = number(path, "SELECT max(version) FROM schema_version", when);
    if (version < old || version > old + ADDED)
        work_fail(when, "schema version %lld", (long long)version);
    if (version > old) /* nothing is touched before the copy is whole */
        is(copy, "SELECT max(version) FROM schema_version", old, when);
    is(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'added'", version > old, when);
    is(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'rebuilt'", 0, when);
    is(path, "SELECT count(*) FROM settings", 1, when);
    is(path, "SELECT count(*) FROM grants", ROWS, when);
    is(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", 0, when);
    if (!migrate(dir, &opened, &e))
        work_fail(when, "the next attempt: %s", e.msg);
    is(path, "SELECT max(version) FROM schema_version", old + ADDED, when);
    is(path, "SELECT x FROM added", 7, when);
    is(path, "SELECT count(*) FROM grants", ROWS, when);
    is(copy, "SELECT count(*) FROM grants", ROWS, when);
}

/* In a process of its own, as in work.c. */
static void verify(const char *dir, const char *when)
{
    pid_t child = fork();
    if (child == 0) {
        check(dir, when);
        _exit(0);
    }
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(1);
}

unsigned migrate_every_point(enum crash_how how)
{
    for (unsigned at = 1;; at++) {
        char dir[64], when[64];
        (void)snprintf(when, sizeof(when), "migration ended at point %u", at);
        work_make_dir(dir, true);
        prepare(dir);
        pid_t child = fork();
        if (child == 0) {
            struct err e;
            struct store_opened opened;
            crash_vfs_install(at, how);
            if (!migrate(dir, &opened, &e))
                work_fail(when, "%s", e.msg);
            _exit(0);
        }
        int status = -1;
        if (waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
            (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != CRASH_STATUS))
            work_fail(when, "it ended otherwise");
        verify(dir, when);
        work_remove_dir(dir);
        if (WEXITSTATUS(status) == 0)
            return at - 1;
    }
}
