#include "lab/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

enum { WAITING_MAX = 64 * 1024 * 1024, TAIL = 4096 };

/* Lines gather in `waiting`. Whoever finds nobody writing takes all of them, writes and syncs; the others wait until
 * the number of bytes that is durable has passed their own. */
struct lab_ledger {
    pthread_mutex_t mutex;
    pthread_cond_t durable;
    int fd;
    struct buf waiting;
    uint64_t taken, done; /* bytes ever put into waiting, and of these on the disk */
    bool writing;
    struct err failed; /* kind ERR_NONE while all is well */
};

/* Where the last whole line ends. */
static bool whole_end(int fd, off_t *ret, struct err *e)
{
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return err_sys(e, ERR_STORE, errno, "seeking in a ledger");
    while (end > 0) {
        char tail[TAIL];
        off_t from = end > TAIL ? end - TAIL : 0;
        ssize_t got = pread(fd, tail, (size_t)(end - from), from);
        if (got != end - from)
            return err_sys(e, ERR_STORE, errno, "reading a ledger");
        for (; got > 0 && tail[got - 1] != '\n'; got--)
            end--;
        if (got)
            break;
    }
    *ret = end;
    return true;
}

struct lab_ledger *lab_ledger_open(const char *path, struct err *e)
{
    AUTO(file_closep) int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    off_t end;
    if (fd < 0) {
        (void)err_sys(e, ERR_STORE, errno, "opening %s", path);
        return NULL;
    }
    if (!whole_end(fd, &end, e) || !file_sync_parent(path, e))
        return NULL;
    if (ftruncate(fd, end) != 0) {
        (void)err_sys(e, ERR_STORE, errno, "cutting %s", path);
        return NULL;
    }
    struct lab_ledger *g = xcalloc(1, sizeof(*g));
    if (pthread_mutex_init(&g->mutex, NULL) != 0 || pthread_cond_init(&g->durable, NULL) != 0)
        abort();
    g->fd = fd;
    fd = -1;
    buf_init(&g->waiting, WAITING_MAX);
    return g;
}

struct lab_ledger *lab_ledger_close(struct lab_ledger *g)
{
    if (!g)
        return NULL;
    (void)close(g->fd);
    buf_done(&g->waiting);
    (void)pthread_cond_destroy(&g->durable);
    (void)pthread_mutex_destroy(&g->mutex);
    free(g);
    return NULL;
}

/* Called and returns with the mutex held, without it while the disk works. */
static void write_all(struct lab_ledger *g)
{
    struct buf mine = g->waiting;
    uint64_t upto = g->taken;
    struct err why = { .kind = ERR_NONE };
    buf_init(&g->waiting, WAITING_MAX);
    g->writing = true;
    if (pthread_mutex_unlock(&g->mutex) != 0)
        abort();
    bool ok = file_write_all(g->fd, mine.data, mine.len, &why);
    if (ok && fdatasync(g->fd) != 0)
        ok = err_sys(&why, ERR_STORE, errno, "syncing a ledger");
    buf_done(&mine);
    if (pthread_mutex_lock(&g->mutex) != 0)
        abort();
    g->writing = false;
    if (ok)
        g->done = upto;
    else
        g->failed = why;
    if (pthread_cond_broadcast(&g->durable) != 0)
        abort();
}

static bool append_locked(struct lab_ledger *g, const void *p, size_t len, struct err *e)
{
    if (g->failed.kind == ERR_NONE && !buf_append(&g->waiting, p, len, e))
        return false;
    uint64_t mine = g->taken += len;
    while (g->failed.kind == ERR_NONE && g->done < mine) {
        if (!g->writing)
            write_all(g);
        else if (pthread_cond_wait(&g->durable, &g->mutex) != 0)
            abort();
    }
    if (g->done >= mine)
        return true;
    if (e)
        *e = g->failed;
    return false;
}

bool lab_ledger_append(struct lab_ledger *g, const void *p, size_t len, struct err *e)
{
    if (pthread_mutex_lock(&g->mutex) != 0)
        abort();
    bool ok = append_locked(g, p, len, e);
    if (pthread_mutex_unlock(&g->mutex) != 0)
        abort();
    return ok;
}
