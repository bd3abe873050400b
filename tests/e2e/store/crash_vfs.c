#include "e2e/store/crash_vfs.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/def.h"
#include "base/mem.h"

enum { SECTOR = 512 };

struct file {
    sqlite3_file base;  /* first */
    sqlite3_file *real; /* in the memory behind this struct */
};

/* A change that is not on disk yet. A write has both contents, a truncation only the old one. */
struct change {
    struct change *before; /* the one made before it */
    sqlite3_file *real;
    sqlite3_int64 at, old_size;
    uint8_t *old_bytes, *new_bytes; /* owned; what lies behind the old end has no old bytes */
    int old_len, new_len;
};

/* One process, one crash. */
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
    struct change *last;
    unsigned count, at;
    enum crash_how how;
    uint32_t seed;
} crash;

static struct file *file_of(sqlite3_file *f)
{
    return CONTAINER_OF(f, struct file, base);
}

static uint32_t dice(uint32_t sides)
{
    crash.seed = crash.seed * 1664525 + 1013904223;
    return (crash.seed >> 8) % sides;
}

static void must(int rc)
{
    if (rc == SQLITE_OK)
        return;
    (void)fprintf(stderr, "the crash itself failed: %s\n", sqlite3_errstr(rc));
    _exit(1);
}

static void take_back(struct change *c)
{
    if (c->old_len)
        must(c->real->pMethods->xWrite(c->real, c->old_bytes, c->old_len, c->at));
    must(c->real->pMethods->xTruncate(c->real, c->old_size));
}

/* Some of what was not synced reaches the disk after all: whole, or its first sectors. */
static void do_again(struct change *c)
{
    if (!c)
        return;
    do_again(c->before);
    uint32_t fate = dice(3);
    int len = fate == 0 ? 0 : fate == 1 ? c->new_len : c->new_len / SECTOR / 2 * SECTOR;
    if (len)
        must(c->real->pMethods->xWrite(c->real, c->new_bytes, len, c->at));
}

static void end_here(void)
{
    if (crash.how != CRASH_KILL) {
        for (struct change *c = crash.last; c; c = c->before)
            take_back(c);
        if (crash.how == CRASH_POWER_TORN)
            do_again(crash.last);
    }
    _exit(CRASH_STATUS);
}

/* Before each change: is this the one? */
static void point(void)
{
    if (++crash.count == crash.at)
        end_here();
}

static struct change *remember(sqlite3_file *real, sqlite3_int64 at, int new_len)
{
    struct change *c = xcalloc(1, sizeof(*c));
    *c = (struct change){ .before = crash.last, .real = real, .at = at };
    must(real->pMethods->xFileSize(real, &c->old_size));
    if (at < c->old_size) {
        c->old_len = (int)(c->old_size - at < new_len || new_len == 0 ? c->old_size - at : new_len);
        c->old_bytes = xmalloc((size_t)c->old_len);
        must(real->pMethods->xRead(real, c->old_bytes, c->old_len, at));
    }
    crash.last = c;
    return c;
}

/* What is on disk, or in a file that is gone, can't be lost any more. */
static void forget(const sqlite3_file *real)
{
    for (struct change **link = &crash.last; *link;) {
        struct change *c = *link;
        if (c->real != real) {
            link = &c->before;
            continue;
        }
        *link = c->before;
        free(c->old_bytes);
        free(c->new_bytes);
        free(c);
    }
}

static int on_write(sqlite3_file *f, const void *p, int len, sqlite3_int64 at)
{
    sqlite3_file *real = file_of(f)->real;
    point();
    if (crash.how != CRASH_KILL) {
        struct change *c = remember(real, at, len);
        c->new_len = len;
        c->new_bytes = xmemdup(p, (size_t)len);
    }
    return real->pMethods->xWrite(real, p, len, at);
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    sqlite3_file *real = file_of(f)->real;
    point();
    if (crash.how != CRASH_KILL)
        (void)remember(real, size, 0);
    return real->pMethods->xTruncate(real, size);
}

static int on_sync(sqlite3_file *f, int flags)
{
    sqlite3_file *real = file_of(f)->real;
    point();
    int rc = real->pMethods->xSync(real, flags);
    forget(real);
    return rc;
}

static int on_close(sqlite3_file *f)
{
    forget(file_of(f)->real); /* its writes can't be followed any further */
    return file_of(f)->real->pMethods->xClose(file_of(f)->real);
}

static int on_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    if (crash.how == CRASH_KILL) /* the shared index does not outlive a power loss, so its steps are all alike */
        point();
    return file_of(f)->real->pMethods->xShmLock(file_of(f)->real, at, n, flags);
}

static int on_read(sqlite3_file *f, void *p, int len, sqlite3_int64 at)
{
    return file_of(f)->real->pMethods->xRead(file_of(f)->real, p, len, at);
}

static int on_size(sqlite3_file *f, sqlite3_int64 *ret)
{
    return file_of(f)->real->pMethods->xFileSize(file_of(f)->real, ret);
}

static int on_lock(sqlite3_file *f, int level)
{
    return file_of(f)->real->pMethods->xLock(file_of(f)->real, level);
}

static int on_unlock(sqlite3_file *f, int level)
{
    return file_of(f)->real->pMethods->xUnlock(file_of(f)->real, level);
}

static int on_reserved(sqlite3_file *f, int *ret)
{
    return file_of(f)->real->pMethods->xCheckReservedLock(file_of(f)->real, ret);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
    return file_of(f)->real->pMethods->xFileControl(file_of(f)->real, op, arg);
}

static int on_sector_size(sqlite3_file *f)
{
    return file_of(f)->real->pMethods->xSectorSize(file_of(f)->real);
}

static int on_device(sqlite3_file *f)
{
    return file_of(f)->real->pMethods->xDeviceCharacteristics(file_of(f)->real);
}

static int on_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
    return file_of(f)->real->pMethods->xShmMap(file_of(f)->real, page, size, extend, ret);
}

static void on_shm_barrier(sqlite3_file *f)
{
    file_of(f)->real->pMethods->xShmBarrier(file_of(f)->real);
}

static int on_shm_unmap(sqlite3_file *f, int remove)
{
    if (crash.how == CRASH_KILL)
        point();
    return file_of(f)->real->pMethods->xShmUnmap(file_of(f)->real, remove);
}

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    (void)vfs;
    struct file *file = file_of(f);
    if (flags & SQLITE_OPEN_CREATE)
        point();
    file->real = (sqlite3_file *)(void *)(file + 1);
    int rc = crash.real->xOpen(crash.real, name, file->real, flags, ret_flags);
    file->base.pMethods = file->real->pMethods ? &crash.methods : NULL;
    return rc;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    point();
    return crash.real->xDelete(crash.real, name, sync);
}

void crash_vfs_install(unsigned at, enum crash_how how)
{
    crash.real = sqlite3_vfs_find(NULL);
    crash.vfs = *crash.real;
    crash.vfs.zName = "crash";
    crash.vfs.szOsFile = (int)sizeof(struct file) + crash.real->szOsFile;
    crash.vfs.xOpen = on_open;
    crash.vfs.xDelete = on_delete;
    crash.methods = (sqlite3_io_methods){
        .iVersion = 2, .xClose = on_close, .xRead = on_read, .xWrite = on_write, .xTruncate = on_truncate,
        .xSync = on_sync, .xFileSize = on_size, .xLock = on_lock, .xUnlock = on_unlock,
        .xCheckReservedLock = on_reserved, .xFileControl = on_control, .xSectorSize = on_sector_size,
        .xDeviceCharacteristics = on_device, .xShmMap = on_shm_map, .xShmLock = on_shm_lock,
        .xShmBarrier = on_shm_barrier, .xShmUnmap = on_shm_unmap,
    };
    crash.at = at;
    crash.how = how;
    crash.seed = at * 2654435761u + 1;
    must(sqlite3_vfs_register(&crash.vfs, 1));
}

unsigned crash_vfs_count(void)
{
    return crash.count;
}
