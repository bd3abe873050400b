#include "store/sqlite/source.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/sqlite/db.h"
#include "store/sqlite/schema.h"

static const struct store_backend backend = {
    .name = "sqlite",
    .core = &sqlite_core,
    .certs = &sqlite_certs,
    .grants = &sqlite_grants,
    .crls = &sqlite_crls,
    .sealed = &sqlite_sealed,
    .evidence = &sqlite_evidence,
    .endpoints = &sqlite_endpoints,
    .events = &sqlite_events,
    .audit = &sqlite_audit,
    .settings = &sqlite_settings, .records = &sqlite_records,
};

/* Per connection. synchronous = FULL: a commit is on disk before it returns, also over a power loss. */
static const char settings_sql[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -8000;"
    "PRAGMA journal_size_limit = 67108864;";

sqlite3 *sqlite_connect(const char *path, struct err *e)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK) {
        (void)sqlite_failed(db, rc, "opening the store", e);
        (void)sqlite3_close(db);
        return NULL;
    }
    (void)sqlite3_busy_timeout(db, STORE_TURN_MS);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 2 * STORE_CRL_MAX);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    int64_t wal = 0;
    bool ok = sqlite_exec(db, settings_sql, "opening the store", e) &&
              sqlite_number(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", "opening the store", &wal, e);
    if (ok && wal)
        return db;
    if (ok) /* a file system without shared memory, such as NFS */
        (void)err_set(e, ERR_STORE, "opening the store: the file system can't hold a write-ahead log");
    (void)sqlite3_close(db);
    return NULL;
}

/* Never opened by us: closing any descriptor of the file would drop SQLite's locks on it. */
static bool check_file(const char *path, bool *ret_there, struct err *e)
{
    struct stat st;
    if (stat(path, &st)) {
        *ret_there = false;
        return errno == ENOENT || err_sys(e, ERR_STORE, errno, "looking at the store %s", path);
    }
    *ret_there = true;
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_INPUT, "the store %s is not a regular file", path);
    if (st.st_uid != geteuid())
        return err_set(e, ERR_DENIED, "the store %s belongs to user %u, not to us (%u)", path, (unsigned)st.st_uid,
                       (unsigned)geteuid());
    return (st.st_mode & 077) == 0 || err_set(e, ERR_DENIED, "the store %s has mode %04o; others must have no access",
                                              path, (unsigned)st.st_mode & 07777);
}

static bool create_file(const char *path, struct err *e)
{
    AUTO(file_closep) int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, errno, "creating the store %s", path);
    return file_sync(fd, e) && file_sync_parent(path, e);
}

static bool bring_to_schema(sqlite3 *db, const char *path, enum store_open_mode mode, struct store_opened *ret,
                            struct err *e)
{
    unsigned version;
    if (!sqlite_schema_version(db, &version, e))
        return false;
    if (mode == STORE_OPEN_CREATE && version != 0)
        return err_set(e, ERR_CONFLICT, "it exists already");
    if (mode != STORE_OPEN_CREATE && version == 0)
        return err_set(e, ERR_NOT_FOUND, "its creation was never finished: create it again");
    if (mode == STORE_OPEN_EXISTING && version < sqlite_migrations_len)
        return err_set(e, ERR_CONFLICT, "its schema is version %u and must be brought to version %zu first", version,
                       sqlite_migrations_len);
    return sqlite_migrate(db, path, sqlite_migrations, sqlite_migrations_len, ret, e);
}

static bool prepare(const char *path, enum store_open_mode mode, struct store_opened *ret, struct err *e)
{
    bool there;
    if (!check_file(path, &there, e))
        return false;
    if (!there && mode != STORE_OPEN_CREATE)
        return err_set(e, ERR_NOT_FOUND, "the store %s does not exist", path);
    if (!there && !create_file(path, e))
        return false;
    sqlite3 *db = sqlite_connect(path, e);
    bool ok = db && bring_to_schema(db, path, mode, ret, e);
    (void)sqlite3_close(db);
    return ok || err_in(e, "store %s", path);
}

bool sqlite_take_turn(struct sqlite_source *src, struct err *e)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STORE_TURN_MS / 1000;
    int rc = pthread_mutex_clocklock(&src->turn, CLOCK_MONOTONIC, &until);
#ifdef __SANITIZE_THREAD__ /* gcc 12's TSan does not know this call and would take every unlock for a wrong one */
    if (rc == 0) {
        __tsan_mutex_pre_lock(&src->turn, 0);
        __tsan_mutex_post_lock(&src->turn, 0, 0);
    }
#endif
    return rc == 0 || err_sys(e, ERR_TIMEOUT, rc, "waiting for other changes of the store");
}

void sqlite_give_turn(struct sqlite_source *src)
{
    (void)pthread_mutex_unlock(&src->turn);
}

static bool identity_row(void *self, const struct store_cell *cells, size_t len, struct err *e)
{
    struct store *s = self;
    if (len != 1 || cells[0].kind != STORE_CELL_TEXT || cells[0].len != RANDOM_UUID - 1 ||
        !text_utf8(cells[0].bytes, cells[0].len))
        return err_set(e, ERR_STORE, "the store is damaged (its identity)");
    memcpy(s->identity, cells[0].bytes, RANDOM_UUID);
    return true;
}

static bool read_identity(struct store *s, struct err *e)
{
    AUTO(sqlite_query_end) struct sqlite_query q = { 0 };
    if (!sqlite_query_start(&q, s, "SELECT identity FROM state", "reading the store's identity", e) ||
        !sqlite_walk(&q, identity_row, s, e))
        return false;
    return s->identity[0] || err_set(e, ERR_STORE, "the store is damaged (no identity)");
}

static struct store *open_handle(struct store_source *base, struct err *e)
{
    struct sqlite_source *src = CONTAINER_OF(base, struct sqlite_source, base);
    if (!sqlite_take_turn(src, e))
        return NULL;
    struct sqlite *h = xcalloc(1, sizeof(*h));
    h->base.ops = &backend;
    h->source = src;
    h->db = sqlite_connect(src->path, e);
    bool ok = h->db && read_identity(&h->base, e);
    sqlite_give_turn(src);
    return ok ? &h->base : sqlite_core.close(&h->base);
}

static struct store_source *close_source(struct store_source *base)
{
    struct sqlite_source *src = CONTAINER_OF(base, struct sqlite_source, base);
    (void)pthread_mutex_destroy(&src->turn);
    free(src->path);
    free(src);
    return NULL;
}

struct store_source *sqlite_source_open(const char *path, enum store_open_mode mode, struct store_opened *ret,
                                        struct err *e)
{
    /* Absolute, so that a change of directory does no harm and SQLite never takes it for a "file:" URI. */
    if (path[0] != '/' || strlen(path) >= STORE_PATH_MAX) {
        (void)err_set(e, ERR_INPUT, "store url: sqlite: needs an absolute path of less than %d bytes", STORE_PATH_MAX);
        return NULL;
    }
    if (!prepare(path, mode, ret, e))
        return NULL;
    struct sqlite_source *src = xcalloc(1, sizeof(*src));
    src->base.open = open_handle;
    src->base.close = close_source;
    src->path = xstrdup(path);
    (void)pthread_mutex_init(&src->turn, NULL);
    return &src->base;
}
