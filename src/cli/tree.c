#include "cli/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { DIRECTORY_MODE = 0755 };

static bool path_in(const char *directory, const char *name, char out[PATH_MAX], struct err *e)
{
    return snprintf(out, PATH_MAX, "%s/%s", directory, name) < PATH_MAX || err_set(e, ERR_INPUT, "the path %s is too long", directory);
}

bool tree_begin(struct tree *t, const char *place, struct arena *a, struct err *e)
{
    size_t len = strlen(place);
    while (len > 1 && place[len - 1] == '/')
        len--;
    t->place = arena_strndup(a, place, len);
    char *work = arena_printf(a, "%s.XXXXXX", t->place);
    if (!mkdtemp(work))
        return err_sys(e, ERR_STORE, errno, "making a directory beside %s", t->place);
    t->work = work;
    return chmod(work, DIRECTORY_MODE) == 0 || err_sys(e, ERR_STORE, errno, "the mode of %s", work);
}

bool tree_file(struct tree *t, const char *name, const void *p, size_t len, unsigned mode, struct err *e)
{
    char path[PATH_MAX];
    return path_in(t->work, name, path, e) && file_put(path, p, len, mode, false, e);
}

bool tree_link(struct tree *t, const char *name, const char *to, struct err *e)
{
    char path[PATH_MAX];
    return path_in(t->work, name, path, e) && (symlink(to, path) == 0 || err_sys(e, ERR_STORE, errno, "linking %s", path));
}

bool tree_has(const struct tree *t, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    struct err none;
    return path_in(t->work, name, path, &none) && lstat(path, &st) == 0;
}

/* ---- what is there already ---- */

static bool is_ours(const char *directory, const struct dirent *entry)
{
    char path[PATH_MAX];
    struct stat st;
    struct err none;
    const char *dot = strrchr(entry->d_name, '.');
    if (!dot || !path_in(directory, entry->d_name, path, &none) || lstat(path, &st))
        return false;
    if (S_ISREG(st.st_mode))
        return !strcmp(dot, ".pem");
    return S_ISLNK(st.st_mode) && dot[1] && strspn(dot + 1, "0123456789") == strlen(dot + 1);
}

typedef bool entry_fn(const char *directory, const struct dirent *entry);

/* True when every entry says so. */
static bool each(const char *directory, entry_fn *fn)
{
    DIR *d = opendir(directory);
    const struct dirent *entry;
    bool ok = d;
    while (ok && (entry = readdir(d))) /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        ok = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || fn(directory, entry);
    if (d)
        (void)closedir(d);
    return ok;
}

static bool take_away(const char *directory, const struct dirent *entry)
{
    char path[PATH_MAX];
    struct err none;
    return path_in(directory, entry->d_name, path, &none) && unlink(path) == 0;
}

static void drop(const char *directory)
{
    (void)each(directory, take_away);
    (void)rmdir(directory);
}

bool tree_publish(struct tree *t, bool replace, struct err *e)
{
    struct stat st;
    bool there = lstat(t->place, &st) == 0;
    if (there && !replace)
        return err_set(e, ERR_CONFLICT, "%s exists", t->place);
    if (there && (!S_ISDIR(st.st_mode) || !each(t->place, is_ours)))
        return err_set(e, ERR_CONFLICT, "%s holds something else than such certificates: it is left alone", t->place);
    if (renameat2(AT_FDCWD, t->work, AT_FDCWD, t->place, there ? RENAME_EXCHANGE : RENAME_NOREPLACE))
        return err_sys(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, errno, "%s", t->place);
    if (there)
        drop(t->work);
    t->work = NULL;
    return file_sync_parent(t->place, e);
}

void tree_drop(struct tree *t)
{
    if (t->work)
        drop(t->work);
    t->work = NULL;
}
