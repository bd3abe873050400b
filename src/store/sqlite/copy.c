#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/sqlite/db.h"

/* Pages from one database to the other in one go: it is one moment, and writers of the source go on (WAL). */
static bool transfer(sqlite3 *from, sqlite3 *to, struct err *e)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    if (!b)
        return sqlite_failed(to, sqlite3_errcode(to), "beginning a copy", e);
    int rc = sqlite3_backup_step(b, -1);
    int end = sqlite3_backup_finish(b);
    if (rc != SQLITE_DONE)
        return sqlite_failed(to, rc, "copying", e);
    return end == SQLITE_OK || sqlite_failed(to, end, "ending a copy", e);
}

static bool fill(sqlite3 *from, const char *path, struct err *e)
{
    sqlite3 *to = NULL;
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok = rc == SQLITE_OK || sqlite_failed(to, rc, "opening the copy", e);
    /* It has another name until it is whole, so SQLite's own journal and syncs would protect nothing. */
    ok = ok && sqlite_exec(to, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF", "opening the copy", e) &&
         transfer(from, to, e);
    (void)sqlite3_close(to);
    return ok;
}

static bool put_in_place(const char *part, const char *path, bool replace, struct err *e)
{
    if (replace) {
        if (rename(part, path))
            return err_sys(e, ERR_STORE, errno, "naming the copy %s", path);
        return true;
    }
    if (link(part, path)) /* unlike rename it never replaces */
        return err_sys(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, errno, "naming the copy %s", path);
    return unlink(part) == 0 || err_sys(e, ERR_STORE, errno, "removing %s", part);
}

bool sqlite_copy(sqlite3 *from, const char *path, bool replace, struct err *e)
{
    char part[STORE_PATH_MAX];
    int n = snprintf(part, sizeof(part), "%s.part", path);
    if (n < 0 || (size_t)n >= sizeof(part) || path[0] != '/')
        return err_set(e, ERR_INPUT, "the copy needs an absolute path of at most %d bytes", STORE_PATH_MAX - 6);
    if (!replace && access(path, F_OK) == 0)
        return err_set(e, ERR_CONFLICT, "%s exists", path);
    (void)unlink(part); /* of an attempt that was killed */
    AUTO(file_closep) int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_sys(e, ERR_STORE, errno, "creating %s", part);
    if (!fill(from, part, e) || !file_sync(fd, e) || !put_in_place(part, path, replace, e)) {
        (void)unlink(part);
        return false;
    }
    return file_sync_parent(path, e);
}
