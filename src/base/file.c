#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

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
