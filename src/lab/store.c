#include "lab/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum { FTW_FDS = 16, COPY = 1 << 20 };

/* Appends the parts of a client's path to root, each of them checked. */
static bool add_parts(const char *root, const char *file, char out[LAB_PATH_MAX], struct err *e)
{
    size_t used = strlen(root), parts = 0;
    if (!text_utf8(file, strlen(file)))
        return err_set(e, ERR_INPUT, "a path that is not UTF-8");
    memcpy(out, root, used + 1);
    for (const char *at = file; *at;) {
        size_t len = strcspn(at, "/\\");
        if (len && (len > LAB_STORE_PART || ++parts > LAB_STORE_PARTS || used + len + 2 > LAB_PATH_MAX))
            return err_set(e, ERR_INPUT, "a path that is too long");
        if (len == 2 && !strncmp(at, "..", 2))
            return err_set(e, ERR_INPUT, "a path with ..");
        if (len && !(len == 1 && *at == '.')) { /* "[shared1] ." is the datastore itself */
            out[used++] = '/';
            memcpy(out + used, at, len);
            used += len;
            out[used] = '\0';
        }
        at += len + (at[len] != '\0');
    }
    return true;
}

bool lab_store_path(const struct lab_asking *k, unsigned datastore, const char *file, char out[LAB_PATH_MAX], struct err *e)
{
    char root[LAB_PATH_MAX];
    int len = snprintf(root, sizeof(root), "%s/store/%s/shared%u", k->vc->at.estate->dir, k->vc->plan->name, datastore + 1);
    return (len > 0 && len < LAB_PATH_MAX - LAB_STORE_PART) ? add_parts(root, file, out, e)
                                                            : err_set(e, ERR_INPUT, "the directory's name is too long");
}

bool lab_store_file(const struct lab_asking *k, const char *path, char out[LAB_PATH_MAX], struct err *e)
{
    unsigned datastore;
    const char *file;
    if (!lab_datastore_path(k, path, &datastore, &file))
        return err_set(e, ERR_INPUT, "%.200s names no datastore", path);
    return lab_store_path(k, datastore, file, out, e);
}

bool lab_guest_path(const struct lab_vm *vm, const char *file, char out[LAB_PATH_MAX], struct err *e)
{
    char root[LAB_PATH_MAX], plain[LAB_PATH_MAX];
    int len = snprintf(root, sizeof(root), "%s/guests/%s/%u/files", vm->vc->at.estate->dir, vm->vc->plan->name, vm->n);
    bool drive = file[0] && file[1] == ':';
    if (len < 0 || len >= LAB_PATH_MAX - LAB_STORE_PART || (file[0] != '/' && !drive))
        return err_set(e, ERR_INPUT, "a guest's path is absolute");
    (void)snprintf(plain, sizeof(plain), "%c%s", drive ? file[0] : '/', file + (drive ? 2 : 1));
    return strlen(file) < sizeof(plain) ? add_parts(root, plain, out, e) : err_set(e, ERR_INPUT, "a path that is too long");
}

bool lab_store_parents(const struct lab_estate *s, const char *path, struct err *e)
{
    size_t dir = strlen(s->dir);
    char above[LAB_PATH_MAX];
    const char *slash = strrchr(path, '/');
    (void)snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
    return strlen(above) <= dir || lab_keep_folder(s->dir, above + dir + 1, 0700, e);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED, struct FTW *at UNUSED)
{
    return remove(path);
}

bool lab_store_remove(const char *path, struct err *e)
{
    if (nftw(path, remove_one, FTW_FDS, FTW_DEPTH | FTW_PHYS) == 0)
        return true;
    return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE, errno, "removing %s", path);
}

bool lab_store_copy(const char *from, const char *to, struct err *e)
{
    AUTO(file_closep) int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    AUTO(file_closep) int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (in < 0 || out < 0)
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE, errno, "opening %s", in < 0 ? from : to);
    for (ssize_t got; (got = sendfile(out, in, NULL, COPY)) != 0;)
        if (got < 0)
            return err_sys(e, ERR_STORE, errno, "copying %s", from);
    return true;
}

bool lab_vm_erase(struct lab_vm *vm, struct err *e)
{
    struct arena a = { 0 };
    const struct lab_asking k = { .vc = vm->vc, .arena = &a };
    char path[LAB_PATH_MAX];
    struct err why = { 0 };
    bool ok = true;
    for (size_t i = 0; i < vm->disks_len; i++)
        if (lab_store_file(&k, vm->disks[i].file, path, &why))
            (void)unlink(path);
    char *slash = lab_store_file(&k, vm->path, path, &why) ? strrchr(path, '/') : NULL;
    if (slash) { /* a folder that something else still uses stays */
        (void)unlink(path);
        *slash = '\0';
        (void)rmdir(path);
    }
    (void)snprintf(path, sizeof(path), "%s/guests/%s/%u", vm->vc->at.estate->dir, vm->vc->plan->name, vm->n);
    if (!lab_store_remove(path, &why) && why.kind != ERR_NOT_FOUND)
        ok = err_set(e, ERR_STORE, "%s", why.msg);
    arena_done(&a);
    return lab_vm_remove(vm, e) && ok;
}
