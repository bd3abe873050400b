#include "flow/upkeep.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "flow/init.h"
#include "flow/master_key.h"
#include "store/store.h"
#include "flow/upkeep_parts.h"

void upkeep_done(struct upkeep_open *o)
{
    o->store = store_close(o->store);
    o->source = store_source_close(o->source);
    o->keys = seal_keys_destroy(o->keys);
    o->lock = store_datadir_release(o->lock);
}

bool upkeep_paths(const struct init_place *p, struct upkeep_open *o, struct err *e)
{
    static const char sqlite[] = "sqlite:";
    if (!init_paths(p, o->url, o->key, e))
        return false;
    if (strncmp(o->url, sqlite, sizeof(sqlite) - 1) != 0)
        return err_set(e, ERR_INPUT, "the store is no file of this machine: use what its database has for this");
    o->file = o->url + sizeof(sqlite) - 1;
    return true;
}

bool upkeep_lock(const struct init_place *p, struct upkeep_open *o, struct err *e)
{
    if (store_datadir_take(p->data_dir, &o->lock, e))
        return true;
    return e->kind == ERR_CONFLICT ? err_in(e, "stop the cell first") : false;
}

bool upkeep_open(const char *url, enum store_open_mode mode, struct upkeep_open *o, struct store_opened *ret, struct err *e)
{
    return store_source_open(url, mode, o->keys, &o->source, ret, e) && store_open(o->source, &o->store, e);
}

bool upkeep_sound(struct store *s, struct err *e)
{
    AUTO(buf_done) struct buf findings;
    buf_init(&findings, UPKEEP_FINDINGS_MAX);
    if (!store_check(s, &findings, e))
        return false;
    return !findings.len || err_set(e, ERR_STORE, "it is damaged: %.*s", (int)strcspn(buf_str(&findings), "\n"), buf_str(&findings));
}

static bool url_of(const char *path, char ret[STORE_PATH_MAX], struct err *e)
{
    return snprintf(ret, STORE_PATH_MAX, "sqlite:%s", path) < STORE_PATH_MAX || err_set(e, ERR_INPUT, "the path %s is too long", path);
}

/* A copy is opened as a store is: that proves more than looking at its bytes. */
static bool check_copy(const char *path, struct err *e)
{
    AUTO(upkeep_done) struct upkeep_open o = { 0 };
    return url_of(path, o.url, e) && upkeep_open(o.url, STORE_OPEN_EXISTING, &o, NULL, e) && upkeep_sound(o.store, e);
}

bool upkeep_backup(const struct init_place *p, const char *path, struct err *e)
{
    AUTO(upkeep_done) struct upkeep_open o = { 0 };
    if (!upkeep_paths(p, &o, e) || !upkeep_open(o.url, STORE_OPEN_EXISTING, &o, NULL, e) || !store_backup(o.store, path, e))
        return false;
    if (check_copy(path, e))
        return true;
    (void)unlink(path);
    return err_in(e, "the copy was removed again");
}

bool upkeep_check(const struct init_place *p, const char *path, struct buf *findings, struct err *e)
{
    AUTO(upkeep_done) struct upkeep_open o = { 0 };
    return (path ? url_of(path, o.url, e) : upkeep_paths(p, &o, e)) && upkeep_open(o.url, STORE_OPEN_EXISTING, &o, NULL, e) &&
           store_check(o.store, findings, e);
}
