#include "cli/context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/output.h"
#include "wire/json.h"

enum { DIRECTORY_MODE = 0700, FILE_MODE = 0600, OTHERS = 077, PATH_BYTES = 4096 };

#define FILE_NAME "contexts.json"
#define LOCK_NAME "contexts.lock"

bool context_directory(const char *(*env)(const char *), struct arena *a, const char **ret, struct err *e)
{
    const char *config = env ? env("XDG_CONFIG_HOME") : NULL, *home = env ? env("HOME") : NULL;
    if (config && config[0] == '/') /* a relative one does not count (XDG Base Directory Specification) */
        *ret = arena_printf(a, "%s/vouchsafe", config);
    else if (home && home[0] == '/')
        *ret = arena_printf(a, "%s/.config/vouchsafe", home);
    else
        return err_set(e, ERR_INPUT, "neither XDG_CONFIG_HOME nor HOME says where logins are kept");
    return strlen(*ret) + sizeof(FILE_NAME) + 1 < PATH_BYTES || err_set(e, ERR_INPUT, "the path of the configuration is too long");
}

void context_done(struct context *c)
{
    secret_done(&c->token);
    *c = (struct context){ 0 };
}

/* ---- the file ---- */

/* Ours alone? Somebody who may write it chooses which cell is believed; who may read it has the sessions. */
static bool check_owner(int fd, const char *path, mode_t type, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_sys(e, ERR_STORE, errno, "%s", path);
    if ((st.st_mode & S_IFMT) != type)
        return err_set(e, ERR_DENIED, "%s is not what it should be", path);
    if (st.st_uid != geteuid())
        return err_set(e, ERR_DENIED, "%s belongs to another user", path);
    return !(st.st_mode & OTHERS) ||
           err_set(e, ERR_DENIED, "others may read or write %s (mode %04o): chmod go= it, and log in again", path,
                   (unsigned)(st.st_mode & 07777));
}

static bool open_checked(const char *path, int flags, mode_t type, int *ret, struct err *e)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE, errno, "%s", path);
    if (check_owner(fd, path, type, e)) {
        *ret = fd;
        return true;
    }
    (void)close(fd);
    return false;
}

static bool check_directory(const char *directory, struct err *e)
{
    AUTO(file_closep) int fd = -1;
    return open_checked(directory, O_RDONLY | O_DIRECTORY, S_IFDIR, &fd, e);
}

static bool make_directory(const char *directory, struct err *e)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s", directory);
    for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(path, DIRECTORY_MODE) && errno != EEXIST)
            return err_sys(e, ERR_STORE, errno, "making %s", path);
        *p = '/';
    }
    if (mkdir(path, DIRECTORY_MODE) && errno != EEXIST)
        return err_sys(e, ERR_STORE, errno, "making %s", path);
    return check_directory(directory, e);
}

static void wipe(struct buf *b)
{
    if (b->data)
        secret_wipe(b->data, b->cap);
    buf_done(b);
}

/* An object of the right form; no file gives one without contexts. */
static bool read_all(const char *directory, json_t **ret, struct err *e)
{
    char path[PATH_BYTES];
    AUTO(wipe) struct buf text;
    AUTO(wire_json_decrefp) json_t *whole = NULL;
    AUTO(file_closep) int fd = -1;
    struct err why;
    buf_init(&text, CONTEXT_FILE_MAX);
    (void)snprintf(path, sizeof(path), "%s/" FILE_NAME, directory);
    if (!check_directory(directory, &why) || !open_checked(path, O_RDONLY, S_IFREG, &fd, &why)) {
        *e = why;
        if (why.kind == ERR_NOT_FOUND)
            *ret = json_pack("{s:i, s:{}}", "schema", OUT_SCHEMA, "contexts");
        return why.kind == ERR_NOT_FOUND;
    }
    if (!file_read(path, &text, e) || !wire_json_read(buf_str(&text), text.len, NULL, &whole, e)) {
        e->kind = ERR_INPUT;
        return err_in(e, "%s", path);
    }
    const json_t *all = json_object_get(whole, "contexts");
    if (json_integer_value(json_object_get(whole, "schema")) != OUT_SCHEMA || !json_is_object(all))
        return err_set(e, ERR_INPUT, "%s: not a file of this program's version", path);
    *ret = STEAL(whole);
    return true;
}

static bool write_all(const char *directory, const json_t *whole, struct err *e)
{
    char path[PATH_BYTES];
    AUTO(wipe) struct buf text;
    buf_init(&text, CONTEXT_FILE_MAX);
    (void)snprintf(path, sizeof(path), "%s/" FILE_NAME, directory);
    return wire_json_write(&text, whole, e) && file_replace(path, text.data, text.len, e);
}

/* Two commands that log in at the same time don't lose each other's entry; the lock goes with the descriptor. */
static bool lock(const char *directory, int *ret, struct err *e)
{
    char path[PATH_BYTES];
    AUTO(file_closep) int fd = -1;
    (void)snprintf(path, sizeof(path), "%s/" LOCK_NAME, directory);
    if (!make_directory(directory, e) || !open_checked(path, O_RDWR | O_CREAT, S_IFREG, &fd, e))
        return false;
    while (flock(fd, LOCK_EX))
        if (errno != EINTR)
            return err_sys(e, ERR_STORE, errno, "locking %s", path);
    *ret = fd;
    fd = -1;
    return true;
}

/* ---- one context ---- */

static const char *text_of(const json_t *o, const char *key, struct arena *a)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? arena_strdup(a, s) : NULL;
}

bool context_load(const char *directory, const char *url, struct arena *a, struct context *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *whole = NULL;
    if (!read_all(directory, &whole, e))
        return false;
    if (!url)
        url = json_string_value(json_object_get(whole, "current"));
    if (!url)
        return err_set(e, ERR_NOT_FOUND, "no cell is known: 'vouchsafe login URL' makes one known");
    const json_t *one = json_object_get(json_object_get(whole, "contexts"), url);
    if (!json_is_object(one))
        return err_set(e, ERR_NOT_FOUND, "nobody has logged in at %.200s: 'vouchsafe login %.200s'", url, url);
    const char *token = json_string_value(json_object_get(one, "token"));
    struct context c = { .url = arena_strdup(a, url), .user = text_of(one, "user", a), .anchors = text_of(one, "anchors", a),
                         .pinned = json_is_true(json_object_get(one, "pinned")) };
    if (token && !secret_set(&c.token, token, strlen(token), e))
        return false;
    *ret = c;
    return true;
}

bool context_save(const char *directory, const struct context *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *whole = NULL;
    AUTO(file_closep) int held = -1;
    if (!lock(directory, &held, e) || !read_all(directory, &whole, e))
        return false;
    json_t *all = json_object_get(whole, "contexts");
    if (!json_object_get(all, c->url) && json_object_size(all) >= CONTEXT_COUNT_MAX)
        return err_set(e, ERR_LIMIT, "more than %d cells: 'vouchsafe logout --forget' takes one out", CONTEXT_COUNT_MAX);
    json_t *one = json_object();
    if (c->user)
        json_object_set_new(one, "user", out_text(c->user));
    if (c->anchors)
        json_object_set_new(one, "anchors", out_text(c->anchors));
    json_object_set_new(one, "pinned", json_boolean(c->pinned));
    if (c->token.len)
        json_object_set_new(one, "token", json_stringn((const char *)c->token.bytes, c->token.len));
    json_object_set_new(all, c->url, one);
    json_object_set_new(whole, "current", json_string(c->url));
    return write_all(directory, whole, e);
}

bool context_forget(const char *directory, const char *url, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *whole = NULL;
    AUTO(file_closep) int held = -1;
    if (!lock(directory, &held, e) || !read_all(directory, &whole, e))
        return false;
    const char *current = json_string_value(json_object_get(whole, "current"));
    bool was = current && !strcmp(current, url);
    (void)json_object_del(json_object_get(whole, "contexts"), url);
    if (was)
        (void)json_object_del(whole, "current");
    return write_all(directory, whole, e);
}
