#include "store/store.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "store/backend.h"
#include "store/sqlite/source.h"

bool store_source_open(const char *url, enum store_open_mode mode, const struct seal_keys *keys,
                       struct store_source **ret, struct store_opened *ret_opened, struct err *e)
{
    static const char sqlite[] = "sqlite:";
    struct store_opened opened = { 0 };
    if (strncmp(url, sqlite, sizeof(sqlite) - 1) != 0) {
        char shown[64];
        size_t len = strcspn(url, ":");
        text_escape(shown, sizeof(shown), url, len);
        /* Nothing behind the colon is shown: another kind of url may hold a password. */
        return err_set(e, ERR_INPUT, "store url: \"%s:\" is not a kind of store; it is \"sqlite:<path>\"", shown);
    }
    struct store_source *src = sqlite_source_open(url + sizeof(sqlite) - 1, mode, &opened, e);
    if (!src)
        return false;
    src->keys = keys;
    *ret = src;
    if (ret_opened)
        *ret_opened = opened;
    return true;
}

struct store_source *store_source_close(struct store_source *src)
{
    return src ? src->close(src) : NULL;
}

bool store_open(struct store_source *src, struct store **ret, struct err *e)
{
    struct store *s = src->open(src, e);
    if (!s)
        return false;
    s->keys = src->keys;
    s->source = src;
    *ret = s;
    return true;
}

struct store *store_close(struct store *s)
{
    if (!s)
        return NULL;
    store_abort(s);
    return s->ops->core->close(s);
}

const char *store_identity(const struct store *s)
{
    return s->identity;
}

bool store_reading(struct store *s, struct err *e)
{
    if (s->listing)
        return err_set(e, ERR_INTERNAL, "the store was called from within one of its lists");
    if (s->poisoned)
        return err_set(e, ERR_INTERNAL, "the transaction failed before and can only be aborted");
    return true;
}

/* Noted once, by its word. */
static void note(struct store_touched *t, const char *kind)
{
    for (size_t i = 0; i < t->len; i++)
        if (strcmp(t->kinds[i], kind) == 0)
            return;
    if (t->len == STORE_TOUCHED_MAX || !text_copy(t->kinds[t->len], sizeof(t->kinds[0]), kind))
        t->others = true;
    else
        t->len++;
}

bool store_writing(struct store *s, const char *kind, struct err *e)
{
    if (!store_reading(s, e))
        return false;
    if (s->txn != STORE_WRITE)
        return err_set(e, ERR_INTERNAL, "a change outside of a transaction");
    if (kind)
        note(&s->touched, kind);
    return true;
}

void store_source_watch(struct store_source *src, void (*changed)(void *self, const char *kind), void *self)
{
    src->changed = changed;
    src->changed_self = self;
}

/* What was committed is told to whoever watches. */
static void tell(struct store *s)
{
    const struct store_source *src = s->source;
    if (!src || !src->changed) /* a store of the tests' own has no source */
        return;
    for (size_t i = 0; i < s->touched.len; i++)
        src->changed(src->changed_self, s->touched.kinds[i]);
    if (s->touched.others)
        src->changed(src->changed_self, NULL);
}

bool store_ran(struct store *s, bool ok, const struct err *e)
{
    bool harmless = e && (e->kind == ERR_INPUT || e->kind == ERR_NOT_FOUND || e->kind == ERR_CONFLICT ||
                          e->kind == ERR_LIMIT);
    if (!ok && !harmless && s->txn == STORE_WRITE)
        s->poisoned = true;
    return ok;
}

bool store_limit(uint32_t limit, uint32_t *ret, struct err *e)
{
    if (limit > STORE_PAGE_MAX)
        return err_set(e, ERR_INPUT, "a page of %u rows, more than %d", limit, STORE_PAGE_MAX);
    *ret = limit ? limit : STORE_PAGE_MAX;
    return true;
}

bool store_list_begin(struct store *s, uint32_t limit, uint32_t *ret_limit, struct err *e)
{
    if (!store_reading(s, e) || (ret_limit && !store_limit(limit, ret_limit, e)))
        return false;
    s->listing = true;
    return true;
}

bool store_list_end(struct store *s, bool ok, const struct err *e)
{
    s->listing = false;
    return store_ran(s, ok, e);
}

bool store_one_moment(struct store *s, struct store **mine, struct err *e)
{
    if (!store_reading(s, e))
        return false;
    if (s->txn != STORE_NONE)
        return true;
    if (!store_begin(s, STORE_READ, e))
        return false;
    *mine = s;
    return true;
}

bool store_begin(struct store *s, enum store_txn mode, struct err *e)
{
    if (!store_reading(s, e))
        return false;
    if (s->txn != STORE_NONE || mode == STORE_NONE)
        return err_set(e, ERR_INTERNAL, "a transaction within a transaction");
    if (!s->ops->core->begin(s, mode, e))
        return false;
    s->txn = mode;
    s->poisoned = false;
    s->room_kind[0] = '\0';
    s->touched = (struct store_touched){ 0 };
    return true;
}

bool store_commit(struct store *s, struct err *e)
{
    if (s->listing || s->txn == STORE_NONE)
        return err_set(e, ERR_INTERNAL, "a commit without a transaction");
    if (s->poisoned) {
        store_abort(s);
        return err_set(e, ERR_STORE, "nothing was kept: a change of this transaction failed before");
    }
    s->txn = STORE_NONE;
    if (!s->ops->core->commit(s, e))
        return false;
    tell(s);
    return true;
}

void store_abort(struct store *s)
{
    if (s->txn == STORE_NONE || s->listing)
        return;
    s->txn = STORE_NONE;
    s->poisoned = false;
    s->ops->core->abort(s);
}

bool store_generation(struct store *s, uint64_t *ret, struct err *e)
{
    return store_reading(s, e) && store_ran(s, s->ops->core->generation(s, ret, e), e);
}

bool store_generation_raise(struct store *s, struct err *e)
{
    return store_writing(s, NULL, e) && store_ran(s, s->ops->core->raise(s, e), e);
}

bool store_backup(struct store *s, const char *path, struct err *e)
{
    if (!store_reading(s, e))
        return false;
    if (s->txn != STORE_NONE)
        return err_set(e, ERR_INTERNAL, "a backup within a transaction");
    return s->ops->core->backup(s, path, e);
}
