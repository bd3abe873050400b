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

/* Lines gather in `waiting`, as one batch. Whoever finds nobody writing takes it, writes and syncs, while the next one gathers.
 * Callers wait for the end of their own batch: an end wakes those whom it serves, and one more, who writes the next. */
struct lab_ledger {
    pthread_mutex_t mutex;
    pthread_cond_t ended[2]; /* of batches with an even number, of those with an odd one */
    int fd;
    struct buf waiting;
    uint64_t gathering, done; /* batches: the one that gathers, the last one on the disk */
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
    if (pthread_mutex_init(&g->mutex, NULL) != 0 || pthread_cond_init(&g->ended[0], NULL) != 0 ||
        pthread_cond_init(&g->ended[1], NULL) != 0)
        abort();
    g->gathering = 1;
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
    (void)pthread_cond_destroy(&g->ended[0]);
    (void)pthread_cond_destroy(&g->ended[1]);
    (void)pthread_mutex_destroy(&g->mutex);
    free(g);
    return NULL;
}

/* Called and returns with the mutex held, without it while the disk works. */
static void write_batch(struct lab_ledger *g)
{
    struct buf mine = g->waiting;
    uint64_t batch = g->gathering++;
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
        g->done = batch;
    else
        g->failed = why;
    if (pthread_cond_broadcast(&g->ended[batch % 2]) != 0 ||
        (ok ? pthread_cond_signal : pthread_cond_broadcast)(&g->ended[g->gathering % 2]) != 0)
        abort();
}

static bool append_locked(struct lab_ledger *g, const void *p, size_t len, struct err *e)
{
    if (g->failed.kind == ERR_NONE && !buf_append(&g->waiting, p, len, e))
        return false;
    const uint64_t mine = g->gathering;
    while (g->failed.kind == ERR_NONE && g->done < mine) {
        if (!g->writing)
            write_batch(g);
        else if (pthread_cond_wait(&g->ended[mine % 2], &g->mutex) != 0)
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
