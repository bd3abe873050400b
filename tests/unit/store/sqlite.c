/* What only the embedded backend has: its file, its migrations, and damage done behind its back. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/db.h"
#include "store/sqlite/schema.h"
#include "trust/set.h"
#include "unit/store/kept.h"

static const char *path_of(const struct kept *k)
{
    return k->url + strlen("sqlite:");
}

static void close_all(struct kept *k)
{
    k->s = store_close(k->s);
    k->other = store_close(k->other);
    k->src = store_source_close(k->src);
}

/* Somebody with the file in his hands. */
static void meddle(struct kept *k, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    close_all(k);
    CHECK_EQ(sqlite3_open_v2(path_of(k), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    (void)sqlite3_exec(db, sql, NULL, NULL, &why);
    if (why)
        fail_msg("%s: %s", sql, why);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
}

static void open_fails(struct kept *k, enum store_open_mode mode, enum err_kind kind, const char *says)
{
    struct err e;
    struct store_source *src = NULL;
    CHECK_FAILS(store_source_open(k->url, mode, NULL, &src, NULL, &e), &e, kind);
    if (says && !strstr(e.msg, says))
        fail_msg("%s", e.msg);
}

static void replace_file(struct kept *k, const void *bytes, size_t len)
{
    close_all(k);
    (void)unlink(path_of(k));
    int fd = open(path_of(k), O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, bytes, len), (ssize_t)len);
    CHECK_EQ(close(fd), 0);
}

static void the_file_is_ours_alone(void **state)
{
    struct kept *k = *state;
    struct stat st;
    char path[160];
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", path_of(k), suffixes[i]);
        CHECK_EQ(stat(path, &st), 0);
        CHECK_EQ(st.st_mode & 07777, 0600);
    }
    close_all(k);
    static const mode_t modes[] = { 0644, 0640, 0604, 0660, 0666 };
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        CHECK_EQ(chmod(path_of(k), modes[i]), 0);
        open_fails(k, STORE_OPEN_EXISTING, ERR_DENIED, "mode");
    }
    if (geteuid() == 0) {
        CHECK_EQ(chmod(path_of(k), 0600), 0);
        CHECK_EQ(chown(path_of(k), 65534, 65534), 0);
        open_fails(k, STORE_OPEN_EXISTING, ERR_DENIED, "belongs to");
    }
}

static void what_is_not_a_store_is_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    static const char text[] = "This is not a database, but it is long enough to be taken for one: "
                               "a header has a hundred bytes, so here are some more of them ..........";
    replace_file(k, text, sizeof(text));
    open_fails(k, STORE_OPEN_EXISTING, ERR_STORE, "damaged");
    open_fails(k, STORE_OPEN_CREATE, ERR_STORE, NULL);
    replace_file(k, "", 0);
    open_fails(k, STORE_OPEN_EXISTING, ERR_NOT_FOUND, "never finished");
    open_fails(k, STORE_OPEN_MIGRATE, ERR_NOT_FOUND, "never finished");
    /* A creation that was killed half way is finished by the next one. */
    CHECK_OK(store_source_open(k->url, STORE_OPEN_CREATE, NULL, &k->src, NULL, &e), &e);
    replace_file(k, "", 0);
    meddle(k, "CREATE TABLE somebody_elses (x)");
    open_fails(k, STORE_OPEN_EXISTING, ERR_STORE, "not a store of this program");
    open_fails(k, STORE_OPEN_CREATE, ERR_STORE, "not a store of this program");
    replace_file(k, "", 0);
    meddle(k, "PRAGMA application_id = 42");
    open_fails(k, STORE_OPEN_CREATE, ERR_STORE, "not a store of this program");
    CHECK_EQ(unlink(path_of(k)), 0);
    open_fails(k, STORE_OPEN_EXISTING, ERR_NOT_FOUND, "does not exist");
    open_fails(k, STORE_OPEN_MIGRATE, ERR_NOT_FOUND, "does not exist");
    CHECK_EQ(mkdir(path_of(k), 0700), 0);
    open_fails(k, STORE_OPEN_EXISTING, ERR_INPUT, "not a regular file");
    CHECK_EQ(rmdir(path_of(k)), 0);
}

static void a_newer_schema_is_refused(void **state)
{
    struct kept *k = *state;
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "INSERT INTO schema_version VALUES (%zu, 'of tomorrow', 0)",
                   sqlite_migrations_len + 1);
    meddle(k, sql);
    open_fails(k, STORE_OPEN_EXISTING, ERR_CONFLICT, "newer");
    open_fails(k, STORE_OPEN_MIGRATE, ERR_CONFLICT, "newer");
    meddle(k, "DELETE FROM schema_version");
    open_fails(k, STORE_OPEN_MIGRATE, ERR_STORE, "damaged");
    meddle(k, "DROP TABLE schema_version");
    open_fails(k, STORE_OPEN_MIGRATE, ERR_STORE, "version");
}

/* The program's own schema, followed by the test's changes. */
static void list_of(struct sqlite_migration *list, const char *const *sql, size_t len)
{
    for (size_t i = 0; i < sqlite_migrations_len; i++)
        list[i] = sqlite_migrations[i];
    for (size_t i = 0; i < len; i++)
        list[sqlite_migrations_len + i] = (struct sqlite_migration){ "a change of the test", sql[i], NULL };
}

static bool migrate(struct kept *k, const char *const *sql, size_t len, struct store_opened *ret, struct err *e)
{
    struct sqlite_migration list[16];
    list_of(list, sql, len);
    close_all(k);
    sqlite3 *db = sqlite_connect(path_of(k), e);
    CHECK(db);
    bool ok = sqlite_migrate(db, path_of(k), list, sqlite_migrations_len + len, ret, e);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
    return ok;
}

static int64_t number_in(const char *path, const char *sql)
{
    struct err e;
    int64_t n = -1;
    sqlite3 *db = sqlite_connect(path, &e);
    CHECK(db);
    if (!sqlite_number(db, sql, "test", &n, &e))
        n = -1;
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
    return n;
}

static void migrations_go_forward_after_a_copy(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct store_opened opened = { 0 };
    char id[STORE_ID_MAX + 1], copy[160], part[170];
    static const char *const changes[] = { "CREATE TABLE fresh (x INTEGER) STRICT", "INSERT INTO fresh VALUES (7)" };
    unsigned now = (unsigned)sqlite_migrations_len;
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    (void)snprintf(copy, sizeof(copy), "%s.before-%u", path_of(k), now + 1);
    (void)snprintf(part, sizeof(part), "%s.part", copy);
    int fd = open(part, O_WRONLY | O_CREAT, 0600); /* of an attempt that was killed */
    CHECK_EQ(write(fd, "half", 4), 4);
    CHECK_EQ(close(fd), 0);
    CHECK_OK(migrate(k, changes, 2, &opened, &e), &e);
    CHECK_EQ(opened.from, now);
    CHECK_EQ(opened.to, now + 2);
    CHECK_STR(opened.copy, copy);
    CHECK_EQ(number_in(path_of(k), "SELECT x FROM fresh"), 7);
    CHECK_EQ(number_in(path_of(k), "SELECT max(version) FROM schema_version"), now + 2);
    CHECK_EQ(number_in(path_of(k), "SELECT count(*) FROM grants"), 1);
    CHECK_EQ(number_in(copy, "SELECT max(version) FROM schema_version"), now);
    CHECK_EQ(number_in(copy, "SELECT count(*) FROM grants"), 1);
    CHECK_EQ(number_in(copy, "SELECT x FROM fresh"), -1);
    CHECK_EQ(access(part, F_OK), -1);
    struct stat st;
    CHECK_EQ(stat(copy, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0600);
    /* Again: nothing to do, no copy. */
    opened = (struct store_opened){ 0 };
    CHECK_OK(migrate(k, changes, 2, &opened, &e), &e);
    CHECK_EQ(opened.from, now + 2);
    CHECK_STR(opened.copy, "");
    /* This program does not know the test's changes: it leaves the store alone. */
    open_fails(k, STORE_OPEN_MIGRATE, ERR_CONFLICT, "newer");
}

static void a_failed_migration_changes_nothing(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct store_opened opened = { 0 };
    char id[STORE_ID_MAX + 1];
    unsigned now = (unsigned)sqlite_migrations_len;
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    static const char *const broken[][2] = {
        { "CREATE TABLE good (x INTEGER) STRICT", "CREATE TABLE half (x INTEGER) STRICT; SELECT nonsense" },
        /* references that would dangle are found before the commit, though a migration may break them on its way */
        { "CREATE TABLE good (x INTEGER) STRICT", "CREATE TABLE half (x INTEGER) STRICT; DELETE FROM certificates" },
    };
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        CHECK_FAILS(migrate(k, broken[i], 2, &opened, &e), &e, ERR_STORE);
        CHECK(strstr(e.msg, "nothing of it was kept"));
        CHECK_EQ(opened.to, 0);
        CHECK_EQ(number_in(path_of(k), "SELECT max(version) FROM schema_version"), now + 1);
        CHECK_EQ(number_in(path_of(k), "SELECT count(*) FROM half"), -1);
        CHECK_EQ(number_in(path_of(k), "SELECT count(*) FROM certificates"), 1);
        meddle(k, "DROP TABLE good; DELETE FROM schema_version WHERE name = 'a change of the test'");
    }
    kept_reopen(k);
    kept_is_sound(k);
}

/* Runs the check and wants a line that says so. */
static void check_finds(struct kept *k, const char *says)
{
    struct err e;
    struct buf findings;
    kept_reopen(k);
    buf_init(&findings, 10000);
    CHECK_OK(store_check(k->s, &findings, &e), &e);
    if (!strstr(buf_str(&findings), says))
        fail_msg("wanted \"%s\", found \"%s\"", says, buf_str(&findings));
    buf_done(&findings);
}

static bool ignore(void *self, const struct store_grant *g, struct err *e)
{
    (void)self;
    (void)g;
    (void)e;
    return true;
}

static void damaged_rows_are_found_and_not_believed(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    struct trust_rows rows;
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    static const struct {
        const char *harm, *heal, *says;
    } cases[] = {
        { "UPDATE grants SET scope = 'all'", "UPDATE grants SET scope = 'any'", "scope" },
        { "UPDATE grants SET alias = ''", "UPDATE grants SET alias = 'cert 1'", "alias" },
        { "UPDATE grants SET made_ms = -5", "UPDATE grants SET made_ms = 5", "time" },
        { "UPDATE grants SET flow = 'A B'", "UPDATE grants SET flow = 'a'", "flow" },
        { "UPDATE certificates SET der = CAST(der || x'00' AS BLOB)",
          "UPDATE certificates SET der = substr(der, 1, length(der) - 1)", "digest differs" },
        { "INSERT INTO sealed VALUES ('password', 'urn', 'ab', 1, x'01')", "DELETE FROM sealed", "sealed value" },
        { "INSERT INTO settings VALUES ('Bad Key', '', 1)", "DELETE FROM settings", "setting" },
        { "UPDATE state SET generation = -1", "UPDATE state SET generation = 1", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        meddle(k, cases[i].harm);
        if (cases[i].says)
            check_finds(k, cases[i].says);
        kept_reopen(k);
        if (i < 5) {
            CHECK_FAILS(store_grant_list(k->s, &(struct store_grant_query){ 0 }, ignore, NULL, &e), &e, ERR_STORE);
            CHECK_FAILS(store_trust_rows(k->s, &k->arena, &rows, &e), &e, ERR_STORE);
        }
        if (!cases[i].says) {
            uint64_t generation;
            CHECK_FAILS(store_generation(k->s, &generation, &e), &e, ERR_STORE);
        }
        meddle(k, cases[i].heal);
        kept_reopen(k);
        kept_is_sound(k);
    }
    meddle(k, "PRAGMA foreign_keys = OFF; DELETE FROM certificates");
    check_finds(k, "reference");
}

static void a_sealed_value_does_not_move(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct secret plain = { 0 }, got = { 0 };
    CHECK_OK(secret_set(&plain, "hunter2", 7, &e), &e);
    CHANGE_OK(k, store_sealed_put(k->s, "password", "urn:1", &plain, 1, &e), &e);
    CHANGE_OK(k, store_sealed_put(k->s, "password", "urn:2", &plain, 1, &e), &e);
    CHANGE_OK(k, store_sealed_put(k->s, "token", "urn:1", &plain, 1, &e), &e);
    meddle(k, "UPDATE sealed SET sealed = (SELECT sealed FROM sealed WHERE kind = 'password' AND id = 'urn:1')");
    kept_reopen(k);
    CHECK_OK(store_sealed_get(k->s, "password", "urn:1", &got, &e), &e);
    CHECK_FAILS(store_sealed_get(k->s, "password", "urn:2", &got, &e), &e, ERR_STORE);
    CHECK_FAILS(store_sealed_get(k->s, "token", "urn:1", &got, &e), &e, ERR_STORE);
    secret_done(&plain);
    secret_done(&got);
}

/* Nothing in the file, its log or a copy shows a secret. */
static void a_secret_is_nowhere_in_clear(void **state)
{
    struct kept *k = *state;
    struct err e;
    static const char marker[] = "correct-horse-battery-staple";
    struct secret plain = { 0 };
    CHECK_OK(secret_set(&plain, marker, sizeof(marker) - 1, &e), &e);
    CHANGE_OK(k, store_sealed_put(k->s, "password", "urn:1", &plain, 1, &e), &e);
    secret_done(&plain);
    char copy[160];
    (void)snprintf(copy, sizeof(copy), "%s/copy.db", k->dir);
    CHECK_OK(store_backup(k->s, copy, &e), &e);
    close_all(k);
    const char *const files[] = { path_of(k), copy };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        static char bytes[1 << 20];
        FILE *f = fopen(files[i], "rb");
        CHECK(f);
        size_t len = fread(bytes, 1, sizeof(bytes), f);
        CHECK(len > 4096 && len < sizeof(bytes));
        (void)fclose(f);
        CHECK(!memmem(bytes, len, marker, sizeof(marker) - 1));
        CHECK(memmem(bytes, len, "password", 8)); /* the row itself is there */
    }
}

static void a_damaged_file_never_crashes_us(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    for (unsigned i = 0; i < 20; i++)
        CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", i, id, &e), &e);
    close_all(k);
    static uint8_t whole[1 << 20], harmed[1 << 20];
    FILE *f = fopen(path_of(k), "rb");
    size_t len = fread(whole, 1, sizeof(whole), f);
    (void)fclose(f);
    uint32_t seed = 12345;
    for (int round = 0; round < 60; round++) {
        memcpy(harmed, whole, len);
        size_t harm = round % 4 == 3 ? len : 1 + (size_t)(round % 60);
        for (size_t i = 0; i < harm && round % 4 != 3; i++) {
            seed = seed * 1664525 + 1013904223;
            /* half of the harm goes where the structure is: the beginning of a page */
            size_t at = (seed >> 8) % len;
            harmed[i % 2 ? at : at / 4096 * 4096 + at % 128] ^= (uint8_t)(1 + (seed >> 24));
        }
        size_t kept = round % 4 == 3 ? len * (size_t)round / 60 : len;
        replace_file(k, harmed, kept);
        if (!store_source_open(k->url, STORE_OPEN_EXISTING, k->keys, &k->src, NULL, &e))
            continue;
        struct buf findings;
        buf_init(&findings, 100000);
        if (store_open(k->src, &k->s, &e)) {
            (void)!store_check(k->s, &findings, &e);
            (void)!store_grant_list(k->s, &(struct store_grant_query){ 0 }, ignore, NULL, &e);
            if (store_begin(k->s, STORE_WRITE, &e)) {
                (void)!kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1000, id, &e);
                (void)!store_commit(k->s, &e);
            }
        }
        buf_done(&findings);
    }
}

#define ON_SQLITE(t) CONFORM(t, &kept_sqlite)
GROUP(store_sqlite, ON_SQLITE(the_file_is_ours_alone), ON_SQLITE(what_is_not_a_store_is_refused),
      ON_SQLITE(a_newer_schema_is_refused), ON_SQLITE(migrations_go_forward_after_a_copy),
      ON_SQLITE(a_failed_migration_changes_nothing), ON_SQLITE(damaged_rows_are_found_and_not_believed),
      ON_SQLITE(a_sealed_value_does_not_move), ON_SQLITE(a_secret_is_nowhere_in_clear),
      ON_SQLITE(a_damaged_file_never_crashes_us))
