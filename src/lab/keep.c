#include "lab/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { BLOCK = 64 * 1024 };

bool lab_keep_path(const char *dir, const char *name, char out[LAB_PATH_MAX], struct err *e)
{
    int len = snprintf(out, LAB_PATH_MAX, "%s/%s", dir, name);
    if (len < 0 || len >= LAB_PATH_MAX)
        return err_set(e, ERR_INPUT, "the directory's name is too long");
    return true;
}

static bool make_folder(const char *path, unsigned mode, struct err *e)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return err_sys(e, ERR_STORE, errno, "making %s", path);
    return true;
}

bool lab_keep_folder(const char *dir, const char *name, unsigned mode, struct err *e)
{
    char path[LAB_PATH_MAX];
    if (!lab_keep_path(dir, name, path, e))
        return false;
    for (char *at = path + strlen(dir) + 1;; at++) {
        char kept = *at;
        if (kept != '/' && kept)
            continue;
        *at = '\0';
        if (!make_folder(path, mode, e))
            return false;
        *at = kept;
        if (!kept)
            return true;
    }
}

bool lab_keep_prepare(const char *dir, struct err *e)
{
    static const struct {
        const char *name;
        unsigned mode;
    } folders[] = { { "keys", 0700 }, { "roots", 0755 } };
    if (!make_folder(dir, 0755, e))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        char path[LAB_PATH_MAX];
        if (!lab_keep_path(dir, folders[i].name, path, e) || !make_folder(path, folders[i].mode, e))
            return false;
    }
    return true;
}

static bool write_new(const char *path, const void *p, size_t len, unsigned mode, struct err *e)
{
    AUTO(file_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_sys(e, ERR_STORE, errno, "opening %s", path);
    if (fchmod(fd, mode) != 0)
        return err_sys(e, ERR_STORE, errno, "setting the mode of %s", path);
    return file_write_all(fd, p, len, e) && file_sync(fd, e);
}

bool lab_keep_write(const char *dir, const char *name, const void *p, size_t len, unsigned mode, struct err *e)
{
    char path[LAB_PATH_MAX], fresh[LAB_PATH_MAX];
    if (!lab_keep_path(dir, name, path, e))
        return false;
    int fresh_len = snprintf(fresh, sizeof(fresh), "%s.new", path);
    if (fresh_len < 0 || (size_t)fresh_len >= sizeof(fresh))
        return err_set(e, ERR_INPUT, "the directory's name is too long");
    if (!write_new(fresh, p, len, mode, e))
        return false;
    if (rename(fresh, path) != 0)
        return err_sys(e, ERR_STORE, errno, "renaming %s", fresh);
    return file_sync_parent(path, e);
}

bool lab_keep_append(const char *dir, const char *name, const void *p, size_t len, struct err *e)
{
    char path[LAB_PATH_MAX];
    if (!lab_keep_path(dir, name, path, e))
        return false;
    AUTO(file_closep) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_sys(e, ERR_STORE, errno, "opening %s", path);
    return file_write_all(fd, p, len, e) && file_sync(fd, e);
}

bool lab_keep_load(const char *path, struct buf *out, struct err *e)
{
    AUTO(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE, errno, "opening %s", path);
    for (;;) {
        uint8_t *at, over;
        size_t room = out->max - out->len < BLOCK ? out->max - out->len : BLOCK;
        if (!buf_reserve(out, room, &at, e))
            return false;
        ssize_t got = read(fd, room ? at : &over, room ? room : 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(e, ERR_STORE, errno, "reading %s", path);
        if (got == 0)
            return true;
        if (!room)
            return err_set(e, ERR_LIMIT, "%s is longer than %zu bytes", path, out->max);
        buf_commit(out, (size_t)got);
    }
}

bool lab_keep_read(const char *dir, const char *name, struct buf *out, struct err *e)
{
    char path[LAB_PATH_MAX];
    return lab_keep_path(dir, name, path, e) && lab_keep_load(path, out, e);
}
