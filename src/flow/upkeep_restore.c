/* A copy takes the store's place: it is made ready under another name in the same directory, where it is opened, brought to this
 * program's schema and checked; only then does it get the store's name, in one step. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "flow/init.h"
#include "flow/kept.h"
#include "flow/master_key.h"
#include "flow/upkeep_parts.h"
#include "store/sealed.h"

enum { STAMP = 24 };

struct restore {
    struct upkeep_open open; /* of the copy */
    char work[STORE_PATH_MAX]; /* the copy's name until it is the store */
};

static bool named(const char *path, const char *ending, char ret[STORE_PATH_MAX], struct err *e)
{
    return snprintf(ret, STORE_PATH_MAX, "%s%s", path, ending) < STORE_PATH_MAX || err_set(e, ERR_INPUT, "the path %s is too long", path);
}

/* A file and what SQLite keeps beside it. */
static void remove_all(const char *path)
{
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
    char name[STORE_PATH_MAX];
    struct err none;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (named(path, endings[i], name, &none))
            (void)unlink(name);
}

static bool copy_in(struct restore *r, const char *path, struct err *e)
{
    char beside[STORE_PATH_MAX];
    if (!named(path, "-wal", beside, e))
        return false;
    if (access(beside, F_OK) == 0)
        return err_set(e, ERR_INPUT, "%s is a store in use, not a copy of one: what it says last is in %s", path, beside);
    remove_all(r->work); /* of an attempt that was killed */
    AUTO(file_closep) int to = open(r->work, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return err_sys(e, ERR_STORE, errno, "creating %s", r->work);
    return file_copy(path, to, e);
}

struct counting {
    const struct seal_keys *keys;
    uint64_t locked;
};

static bool count_locked(void *self, const char *key_id, uint64_t secrets, struct err *e)
{
    struct counting *c = self;
    (void)e;
    if (!seal_keys_hold(c->keys, key_id))
        c->locked += secrets;
    return true;
}

static bool note_it(struct restore *r, const char *path, const struct store_by *by, struct err *e)
{
    AUTO(store_abortp) struct store *open = NULL;
    const char *name = strrchr(path, '/');
    if (!store_begin(r->open.store, STORE_WRITE, e))
        return false;
    open = r->open.store;
    return kept_audit(open, by, "store.restore", "", e, "the store was restored from the copy %.200s", name ? name + 1 : path) &&
           store_commit(STEAL(open), e);
}

/* Opened, brought to this schema, sound, its secrets known; and closed again, with nothing left beside it. */
static bool make_ready(struct restore *r, const char *path, bool locked, const struct store_by *by, struct upkeep_restored *ret, struct err *e)
{
    struct store_opened opened;
    char url[STORE_PATH_MAX];
    r->open.keys = seal_keys_create();
    struct counting counting = { .keys = r->open.keys };
    if (!named("sqlite:", r->work, url, e) || !master_key_hold(r->open.key, r->open.keys, e))
        return false;
    if (!upkeep_open(url, STORE_OPEN_MIGRATE, &r->open, &opened, e) || !upkeep_sound(r->open.store, e))
        return err_in(e, "%s", path);
    if (opened.copy[0])
        remove_all(opened.copy); /* the copy that was given is still there */
    ret->from = opened.from;
    ret->to = opened.to;
    if (!store_sealed_usage(r->open.store, count_locked, &counting, e))
        return false;
    ret->locked = counting.locked;
    if (ret->locked && !locked)
        return err_set(e, ERR_DENIED, "%llu secrets in %s are sealed under a master key that is not in %s: put that key there first, or accept that they are lost (--locked)",
                       (unsigned long long)ret->locked, path, r->open.key);
    if (!note_it(r, path, by, e))
        return false;
    r->open.store = store_close(r->open.store);
    r->open.source = store_source_close(r->open.source);
    return true;
}

/* Opening and closing puts what is in the log of the old store into its file; one too damaged for that keeps its log beside it. */
static void settle(const char *url)
{
    AUTO(upkeep_done) struct upkeep_open o = { 0 };
    struct err none;
    bool opened = upkeep_open(url, STORE_OPEN_EXISTING, &o, NULL, &none);
    (void)opened;
}

static bool keep_old(struct restore *r, struct upkeep_restored *ret, const struct store_by *by, struct err *e)
{
    char day[STAMP], stamp[STAMP + 8], from[STORE_PATH_MAX], to[STORE_PATH_MAX];
    time_t now = (time_t)(by->at_ms / 1000);
    struct tm tm;
    if (access(r->open.file, F_OK) != 0)
        return true;
    settle(r->open.url);
    (void)strftime(day, sizeof(day), ".old-%Y%m%dT%H%M%S", gmtime_r(&now, &tm));
    (void)snprintf(stamp, sizeof(stamp), "%s.%03dZ", day, (int)(by->at_ms % 1000));
    if (!named(r->open.file, stamp, ret->kept, e))
        return false;
    if (link(r->open.file, ret->kept))
        return err_sys(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, errno, "keeping the old store as %s", ret->kept);
    if (!named(r->open.file, "-wal", from, e) || !named(ret->kept, "-wal", to, e))
        return false;
    if (rename(from, to) && errno != ENOENT)
        return err_sys(e, ERR_STORE, errno, "keeping the old store's log");
    if (named(r->open.file, "-shm", from, e))
        (void)unlink(from);
    return file_sync_parent(ret->kept, e);
}

bool upkeep_restore(const struct init_place *p, const char *path, bool locked, const struct store_by *by, struct upkeep_restored *ret,
                    struct err *e)
{
    AUTO(upkeep_done) struct upkeep_open lock = { 0 };
    struct restore r = { 0 };
    struct upkeep_restored done = { 0 };
    bool ok = upkeep_paths(p, &lock, e) && upkeep_paths(p, &r.open, e) && named(r.open.file, ".restore", r.work, e) && upkeep_lock(p, &lock, e) &&
              copy_in(&r, path, e) && make_ready(&r, path, locked, by, &done, e) && keep_old(&r, &done, by, e);
    if (ok && rename(r.work, r.open.file))
        ok = err_sys(e, ERR_STORE, errno, "putting %s in its place", r.open.file);
    ok = ok && file_sync_parent(r.open.file, e);
    upkeep_done(&r.open);
    if (r.work[0] && lock.lock)
        remove_all(r.work);
    if (ok)
        *ret = done;
    return ok;
}
