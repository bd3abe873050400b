#include "store/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

struct store_datadir {
    int lock; /* owned; the lock goes with its last descriptor */
};

static bool check_directory(int fd, const char *path, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_sys(e, ERR_STORE, errno, "looking at the data directory %s", path);
    if (st.st_uid != geteuid())
        return err_set(e, ERR_DENIED, "the data directory %s belongs to user %u, not to us (%u)", path,
                       (unsigned)st.st_uid, (unsigned)geteuid());
    unsigned mode = st.st_mode & 07777;
    return mode == 0700 ||
           err_set(e, ERR_DENIED, "the data directory %s has mode %04o; it must be 0700", path, mode);
}

/* Whose lock it is, as the owner wrote it; 0 when that can't be read. The lock itself is the kernel's. */
static pid_t holder(int fd)
{
    char text[24] = "";
    uint64_t pid;
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return text_number(text, 1, INT32_MAX, &pid) ? (pid_t)pid : 0;
}

static bool held(int fd, const char *path, struct err *e)
{
    pid_t pid = holder(fd);
    if (!pid)
        return err_set(e, ERR_CONFLICT, "the data directory %s is in use by another process", path);
    return err_set(e, ERR_CONFLICT, "the data directory %s is in use by process %ld", path, (long)pid);
}

bool store_datadir_held(const char *path, pid_t *ret)
{
    AUTO(file_closep) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(file_closep) int fd = dir < 0 ? -1 : openat(dir, STORE_LOCK_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fd < 0 || fcntl(fd, F_OFD_GETLK, &whole) || whole.l_type == F_UNLCK)
        return false;
    *ret = holder(fd);
    return true;
}

static bool sign(int fd, const char *path, struct err *e)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len)
        return err_sys(e, ERR_STORE, errno, "writing %s/" STORE_LOCK_NAME, path);
    return true;
}

bool store_datadir_take(const char *path, struct store_datadir **ret, struct err *e)
{
    AUTO(file_closep) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, errno, "opening the data directory %s", path);
    if (!check_directory(dir, path, e))
        return false;
    AUTO(file_closep) int fd = openat(dir, STORE_LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_sys(e, ERR_STORE, errno, "opening %s/" STORE_LOCK_NAME, path);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(fd, F_OFD_SETLK, &whole)) {
        if (errno == EAGAIN || errno == EACCES)
            return held(fd, path, e);
        return err_sys(e, ERR_STORE, errno, "locking %s/" STORE_LOCK_NAME, path);
    }
    if (!sign(fd, path, e))
        return false;
    struct store_datadir *d = xcalloc(1, sizeof(*d));
    d->lock = fd;
    fd = -1;
    *ret = d;
    return true;
}

struct store_datadir *store_datadir_release(struct store_datadir *d)
{
    if (!d)
        return NULL;
    file_closep(&d->lock);
    free(d);
    return NULL;
}
