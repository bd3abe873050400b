/* A new master key. What is kept is never without the key that opens it:
 *   the new key is put beside the old one (whoever opens the store holds both, flow/master_key.h); every secret is sealed anew in one
 *   transaction; the old key gets a second name; the new one takes the old one's place.
 * A kill before the commit leaves all under the old key, one after it all under the new; both are held until the last step. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "flow/init.h"
#include "flow/kept.h"
#include "flow/master_key.h"
#include "flow/upkeep_parts.h"
#include "store/sealed.h"

struct rekey {
    struct upkeep_open open;
    char next[STORE_PATH_MAX], old_id[SEAL_ID];
    upkeep_rekey_hook *hook;
    void *self;
};

static void reached(const struct rekey *r, enum upkeep_rekey_step step)
{
    if (r->hook)
        r->hook(r->self, step);
}

static bool add(const char *path, struct seal_keys *keys, char ret_id[SEAL_ID], struct err *e)
{
    AUTO(secret_done) struct secret key = { 0 };
    AUTO(seal_keys_destroyp) struct seal_keys *alone = seal_keys_create();
    if (!seal_key_read(path, &key, e) || !seal_keys_add(alone, &key, e))
        return false;
    memcpy(ret_id, seal_keys_current(alone), SEAL_ID);
    return seal_keys_add(keys, &key, e);
}

/* The new key seals, the old one opens. The one of an attempt that was killed is used again: secrets may be under it already. */
static bool hold_keys(struct rekey *r, struct upkeep_rekeyed *ret, struct err *e)
{
    if (!master_key_next(r->open.key, r->next, e))
        return false;
    if (access(r->next, F_OK) != 0 && !seal_key_create(r->next, e))
        return false;
    r->open.keys = seal_keys_create();
    if (!add(r->next, r->open.keys, ret->id, e) || !add(r->open.key, r->open.keys, r->old_id, e))
        return err_in(e, "the master key");
    reached(r, UPKEEP_KEY_MADE);
    return true;
}

static bool count(void *self, const char *key_id, uint64_t secrets, struct err *e)
{
    struct upkeep_rekeyed *ret = self;
    (void)key_id, (void)e;
    ret->secrets += secrets;
    return true;
}

static bool seal_all(struct rekey *r, const struct store_by *by, struct upkeep_rekeyed *ret, struct err *e)
{
    AUTO(store_abortp) struct store *open = NULL;
    struct store *s = r->open.store;
    uint64_t left = 1;
    if (!store_begin(s, STORE_WRITE, e))
        return false;
    open = s;
    while (left > 0)
        if (!store_sealed_rekey(s, STORE_PAGE_MAX, &left, e))
            return false;
    ret->secrets = 0;
    if (!store_sealed_usage(s, count, ret, e) ||
        !kept_audit(s, by, "store.rekey", "", e, "%llu stored secrets were sealed anew, under the master key %s", (unsigned long long)ret->secrets, ret->id))
        return false;
    reached(r, UPKEEP_SEALED);
    return store_commit(STEAL(open), e);
}

static bool replace_key(struct rekey *r, struct upkeep_rekeyed *ret, struct err *e)
{
    if (snprintf(ret->old_key, sizeof(ret->old_key), "%s.%s", r->open.key, r->old_id) >= (int)sizeof(ret->old_key))
        return err_set(e, ERR_INPUT, "the path %s is too long", r->open.key);
    if (link(r->open.key, ret->old_key) && errno != EEXIST)
        return err_sys(e, ERR_STORE, errno, "keeping the old master key as %s", ret->old_key);
    if (!file_sync_parent(ret->old_key, e))
        return false;
    reached(r, UPKEEP_OLD_KEPT);
    if (rename(r->next, r->open.key))
        return err_sys(e, ERR_STORE, errno, "putting the new master key in the place of %s", r->open.key);
    if (!file_sync_parent(r->open.key, e))
        return false;
    reached(r, UPKEEP_IN_PLACE);
    return true;
}

bool upkeep_rekey(const struct init_place *p, const struct store_by *by, upkeep_rekey_hook *hook, void *self, struct upkeep_rekeyed *ret,
                  struct err *e)
{
    struct rekey r = { .hook = hook, .self = self };
    struct upkeep_rekeyed done = { 0 };
    bool ok = upkeep_paths(p, &r.open, e) && upkeep_lock(p, &r.open, e) && hold_keys(&r, &done, e) &&
              upkeep_open(r.open.url, STORE_OPEN_EXISTING, &r.open, NULL, e) && seal_all(&r, by, &done, e);
    if (ok)
        reached(&r, UPKEEP_COMMITTED);
    ok = ok && replace_key(&r, &done, e);
    upkeep_done(&r.open);
    if (ok)
        *ret = done;
    return ok;
}
