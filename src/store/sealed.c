#include "store/sealed.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "store/backend.h"
#include "store/words.h"

/* What the associated data names as the table: "sealed.<kind>", so that nothing sealed elsewhere fits. */
enum { TABLE_MAX = sizeof("sealed.") + STORE_WORD_MAX };
_Static_assert((int)TABLE_MAX <= (int)SEAL_TABLE_MAX, "any kind can be sealed");

static void table_of(const char *kind, char ret[TABLE_MAX])
{
    (void)snprintf(ret, TABLE_MAX, "sealed.%s", kind);
}

static bool check(struct store *s, const char *kind, const char *id, struct err *e)
{
    if (!store_take_text("the kind", STORE_WORD, kind, STORE_WORD_MAX, e) ||
        !store_take_text("the id", STORE_LINE, id, STORE_ID_MAX, e))
        return false;
    return s->keys || err_set(e, ERR_DENIED, "the store was opened without its master key");
}

static bool put(struct store *s, const char *kind, const char *id, const struct secret *plain, int64_t kept_ms,
                struct err *e)
{
    AUTO(buf_done) struct buf sealed;
    char table[TABLE_MAX];
    buf_init(&sealed, SEAL_MAX);
    table_of(kind, table);
    if (!seal_close(s->keys, table, id, plain, &sealed, e))
        return false;
    const struct store_sealed_row row = {
        .kind = kind, .id = id, .key_id = seal_keys_current(s->keys), .kept_ms = kept_ms,
        .sealed = sealed.data, .len = sealed.len,
    };
    return s->ops->sealed->put(s, &row, e);
}

bool store_sealed_put(struct store *s, const char *kind, const char *id, const struct secret *plain, int64_t now_ms,
                      struct err *e)
{
    return store_writing(s, "sealed", e) && check(s, kind, id, e) && store_take_time("the time", now_ms, e) &&
           store_ran(s, put(s, kind, id, plain, now_ms, e), e);
}

struct opened {
    struct store *store;
    struct secret plain; /* owned */
    bool found;
};

static bool open_row(void *self, const struct store_sealed_row *row, struct err *e)
{
    struct opened *o = self;
    char table[TABLE_MAX];
    o->found = true;
    table_of(row->kind, table);
    return seal_open(o->store->keys, table, row->id, row->sealed, row->len, &o->plain, e);
}

bool store_sealed_get(struct store *s, const char *kind, const char *id, struct secret *ret, struct err *e)
{
    struct opened o = { .store = s };
    if (!store_reading(s, e) || !check(s, kind, id, e) ||
        !store_ran(s, s->ops->sealed->get(s, kind, id, open_row, &o, e), e))
        return false;
    if (!o.found)
        return err_set(e, ERR_NOT_FOUND, "no %s is kept for %s", kind, id);
    secret_done(ret);
    *ret = o.plain;
    return true;
}

static bool take_away(struct store *s, const char *kind, const char *id, struct err *e)
{
    uint64_t removed;
    if (!s->ops->sealed->remove(s, kind, id, &removed, e))
        return false;
    return removed > 0 || err_set(e, ERR_NOT_FOUND, "no %s is kept for %s", kind, id);
}

bool store_sealed_remove(struct store *s, const char *kind, const char *id, struct err *e)
{
    return store_writing(s, "sealed", e) && store_take_text("the kind", STORE_WORD, kind, STORE_WORD_MAX, e) &&
           store_take_text("the id", STORE_LINE, id, STORE_ID_MAX, e) && store_ran(s, take_away(s, kind, id, e), e);
}

/* Names of rows that wait for the new key; their values are read one by one afterwards. */
struct names {
    struct arena *arena;
    struct name {
        const char *kind, *id;
        int64_t kept_ms;
    } *at;
    size_t len;
};

static bool note_name(void *self, const struct store_sealed_row *row, struct err *e)
{
    struct names *n = self;
    (void)e;
    n->at[n->len++] = (struct name){ arena_strdup(n->arena, row->kind), arena_strdup(n->arena, row->id), row->kept_ms };
    return true;
}

struct left {
    const char *current;
    uint64_t count;
};

static bool add_left(void *self, const char *key_id, uint64_t count, struct err *e)
{
    struct left *l = self;
    (void)e;
    l->count += strcmp(key_id, l->current) == 0 ? 0 : count;
    return true;
}

static bool rekey(struct store *s, uint32_t most, uint64_t *ret_left, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct names names = { .arena = &a, .at = arena_array(&a, most, sizeof(struct name)) };
    if (!s->ops->sealed->others(s, seal_keys_current(s->keys), most, note_name, &names, e))
        return false;
    for (size_t i = 0; i < names.len; i++) {
        struct opened o = { .store = s };
        bool ok = s->ops->sealed->get(s, names.at[i].kind, names.at[i].id, open_row, &o, e) &&
                  put(s, names.at[i].kind, names.at[i].id, &o.plain, names.at[i].kept_ms, e);
        secret_done(&o.plain);
        if (!ok)
            return false;
    }
    struct left left = { .current = seal_keys_current(s->keys) };
    if (!s->ops->sealed->usage(s, add_left, &left, e))
        return false;
    *ret_left = left.count;
    return true;
}

bool store_sealed_rekey(struct store *s, uint32_t most, uint64_t *ret_left, struct err *e)
{
    uint32_t limit;
    if (!store_writing(s, "sealed", e) || !store_limit(most, &limit, e))
        return false;
    if (!s->keys || !seal_keys_current(s->keys)[0])
        return err_set(e, ERR_DENIED, "the store was opened without its master key");
    return store_ran(s, rekey(s, limit, ret_left, e), e);
}

struct each {
    struct store *store;
    store_sealed_plain_sink *sink;
    void *self;
};

static bool each_row(void *self, const struct store_sealed_row *row, struct err *e)
{
    const struct each *each = self;
    AUTO(secret_done) struct secret plain = { 0 };
    char table[TABLE_MAX];
    struct err none;
    table_of(row->kind, table);
    return !seal_open(each->store->keys, table, row->id, row->sealed, row->len, &plain, &none) ||
           each->sink(each->self, row->kind, row->id, &plain, e);
}

bool store_sealed_each(struct store *s, store_sealed_plain_sink *sink, void *self, struct err *e)
{
    struct each each = { s, sink, self };
    if (!s->keys)
        return err_set(e, ERR_DENIED, "the store was opened without its master key");
    return store_list_begin(s, 0, NULL, e) && store_list_end(s, s->ops->sealed->others(s, "", UINT32_MAX, each_row, &each, e), e);
}

bool store_sealed_usage(struct store *s, store_sealed_sink *sink, void *self, struct err *e)
{
    return store_list_begin(s, 0, NULL, e) && store_list_end(s, s->ops->sealed->usage(s, sink, self, e), e);
}
