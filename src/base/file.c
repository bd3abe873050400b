#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { FILE_PIECE = 1 << 20 }; /* copied at once */

void file_closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

bool file_write_all(int fd, const void *bytes, size_t len, struct err *e)
{
    const uint8_t *p = bytes;
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, ERR_STORE, errno, "writing");
        p += n;
        len -= (size_t)n;
    }
    return true;
}

bool file_read_exactly(int fd, void *bytes, size_t len, struct err *e)
{
    uint8_t *p = bytes, extra;
    for (;;) {
        ssize_t n = read(fd, len ? p : &extra, len ? len : 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, ERR_STORE, errno, "reading");
        if (!len || n == 0)
            return (!len && n == 0) || err_set(e, ERR_STORE, "the file is %s than said", len ? "shorter" : "longer");
        p += n;
        len -= (size_t)n;
    }
}

bool file_sync(int fd, struct err *e)
{
    return fsync(fd) == 0 || err_sys(e, ERR_STORE, errno, "syncing to disk");
}

bool file_sync_parent(const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    AUTO(freep) char *dir = !slash ? xstrdup(".") : xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
    AUTO(file_closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, ERR_STORE, errno, "opening the directory %s", dir);
    return file_sync(fd, e);
}

bool file_read(const char *path, struct buf *out, struct err *e)
{
    struct stat st;
    uint8_t *at;
    AUTO(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE, errno, "opening %s", path);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return err_set(e, ERR_STORE, "%s is not a file", path);
    size_t size = (size_t)st.st_size;
    if (!buf_reserve(out, size, &at, e) || !file_read_exactly(fd, at, size, e))
        return err_in(e, "%s", path);
    buf_commit(out, size);
    return true;
}

bool file_copy(const char *path, int to, struct err *e)
{
    struct stat st;
    AUTO(file_closep) int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_INPUT, errno, "%s", path);
    if (fstat(from, &st) || !S_ISREG(st.st_mode))
        return err_set(e, ERR_INPUT, "%s is not a file", path);
    for (;;) {
        ssize_t n = sendfile(to, from, NULL, FILE_PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, ERR_STORE, errno, "copying %s", path);
        if (n == 0)
            return file_sync(to, e);
    }
}

bool file_replace(const char *path, const void *p, size_t len, struct err *e)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
        return err_set(e, ERR_INPUT, "the path %s is too long", path);
    (void)unlink(fresh); /* of an attempt that was killed */
    AUTO(file_closep) int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_sys(e, ERR_STORE, errno, "creating %s", fresh);
    if (!file_write_all(fd, p, len, e) || !file_sync(fd, e))
        return err_in(e, "%s", fresh);
    if (rename(fresh, path))
        return err_sys(e, ERR_STORE, errno, "renaming %s", fresh);
    return file_sync_parent(path, e);
}

bool file_draft_begin(struct file_draft *d, const char *path, unsigned mode, bool replace, struct err *e)
{
    *d = (struct file_draft){ .fd = -1, .path = path };
    if (snprintf(d->fresh, sizeof(d->fresh), "%s.XXXXXX", path) >= (int)sizeof(d->fresh))
        return err_set(e, ERR_INPUT, "the path %s is too long", path);
    if (!replace && access(path, F_OK) == 0)
        return err_set(e, ERR_CONFLICT, "%s exists", path);
    d->fd = mkostemp(d->fresh, O_CLOEXEC);
    if (d->fd < 0)
        return err_sys(e, ERR_STORE, errno, "creating %s", path);
    if (fchmod(d->fd, mode) == 0)
        return true;
    (void)err_sys(e, ERR_STORE, errno, "the mode of %s", path);
    file_draft_drop(d);
    return false;
}

bool file_draft_keep(struct file_draft *d, bool replace, struct err *e)
{
    if (!file_sync(d->fd, e))
        return err_in(e, "%s", d->path);
    if (replace ? rename(d->fresh, d->path) : link(d->fresh, d->path)) /* unlike rename it never replaces */
        return err_sys(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, errno, "%s", d->path);
    if (!replace)
        (void)unlink(d->fresh);
    file_closep(&d->fd);
    return file_sync_parent(d->path, e);
}

void file_draft_drop(struct file_draft *d)
{
    if (d->fd >= 0)
        (void)unlink(d->fresh);
    file_closep(&d->fd);
}

bool file_put(const char *path, const void *p, size_t len, unsigned mode, bool replace, struct err *e)
{
    AUTO(file_draft_drop) struct file_draft d = { .fd = -1 };
    return file_draft_begin(&d, path, mode, replace, e) && (file_write_all(d.fd, p, len, e) || err_in(e, "%s", path)) &&
           file_draft_keep(&d, replace, e);
}
