#include "store/record.h"

#include <string.h>

#include "base/arena.h"
#include "base/fold.h"
#include "base/text.h"
#include "store/backend.h"
#include "store/words.h"

/* A character's folded form can be longer than it was. */
enum { KEY_MAX = 4 * STORE_NAME_MAX };

static bool check_id(const char *kind, const char *id, struct err *e)
{
    return store_take_text("the kind", STORE_WORD, kind, STORE_WORD_MAX, e) &&
           store_take_text("the id", STORE_LINE, id, STORE_ID_MAX, e);
}

static bool check(const struct store_record *r, struct err *e)
{
    return check_id(r->kind, r->id, e) &&
           store_take_text("the owner", STORE_LINE_OR_NONE, r->owner, STORE_ID_MAX, e) &&
           store_take_text("the name", STORE_LINE_OR_NONE, r->name, STORE_NAME_MAX, e) &&
           (r->state && !r->state[0] ? true : store_take_text("the state", STORE_WORD, r->state, STORE_WORD_MAX, e)) &&
           store_take_time("the time", r->made_ms, e) && store_take_time("its end", r->until_ms, e) &&
           store_take_text("the data", STORE_PROSE, r->data, STORE_RECORD_MAX, e);
}

/* What a backend found, copied. */
struct found {
    struct arena *arena;
    struct store_record *ret;
    bool any;
};

static bool copy(void *self, const struct store_record *r, struct err *e)
{
    struct found *f = self;
    struct arena *a = f->arena;
    (void)e;
    *f->ret = (struct store_record){
        .kind = arena_strdup(a, r->kind), .id = arena_strdup(a, r->id), .owner = arena_strdup(a, r->owner),
        .name = arena_strdup(a, r->name), .state = arena_strdup(a, r->state), .made_ms = r->made_ms,
        .until_ms = r->until_ms, .data = arena_strdup(a, r->data),
    };
    f->any = true;
    return true;
}

static bool fold_name(const char *name, struct buf *key, struct err *e)
{
    buf_init(key, KEY_MAX);
    return fold_case(name, key, e);
}

/* Nobody else of the owner may have the name. */
static bool name_is_free(struct store *s, const struct store_record *r, const char *key, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record other;
    struct found f = { &a, &other, false };
    if (!s->ops->records->find(s, r->kind, r->owner, key, copy, &f, e))
        return false;
    if (!f.any || strcmp(other.id, r->id) == 0)
        return true;
    char shown[STORE_NAME_MAX + 1];
    text_escape(shown, sizeof(shown), r->name, strlen(r->name));
    return err_set(e, ERR_CONFLICT, "Duplicate name: there is a %s \"%s\" already (%s)", r->kind, shown, other.id);
}

static bool there_is_room(struct store *s, const struct store_record *r, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record old;
    struct found f = { &a, &old, false };
    const struct store_record_query all = { .kind = r->kind };
    uint64_t count;
    if (!s->ops->records->get(s, r->kind, r->id, copy, &f, e))
        return false;
    if (f.any)
        return true;
    /* Changes take turns: nobody else adds to what was counted in this transaction. Thousands of rows are counted once. */
    if (strcmp(s->room_kind, r->kind) != 0) {
        if (!s->ops->records->count(s, &all, &count, e))
            return false;
        (void)text_copy(s->room_kind, sizeof(s->room_kind), r->kind);
        s->room = count < STORE_RECORDS_MAX ? STORE_RECORDS_MAX - count : 0;
    }
    if (s->room > 0) {
        s->room--;
        return true;
    }
    return err_set(e, ERR_LIMIT, "%d records of the kind %s are kept, the most there may be", STORE_RECORDS_MAX, r->kind);
}

static bool put(struct store *s, const struct store_record *r, struct err *e)
{
    AUTO(buf_done) struct buf key;
    return fold_name(r->name, &key, e) && (!r->name[0] || name_is_free(s, r, buf_str(&key), e)) &&
           there_is_room(s, r, e) && s->ops->records->put(s, r, buf_str(&key), e);
}

bool store_record_put(struct store *s, const struct store_record *r, struct err *e)
{
    return store_writing(s, r->kind, e) && check(r, e) && store_ran(s, put(s, r, e), e);
}

static bool take_away(struct store *s, const char *kind, const char *id, struct err *e)
{
    uint64_t removed;
    if (!s->ops->records->remove(s, kind, id, &removed, e))
        return false;
    return removed > 0 || err_set(e, ERR_NOT_FOUND, "there is no %s %s", kind, id);
}

bool store_record_remove(struct store *s, const char *kind, const char *id, struct err *e)
{
    return store_writing(s, kind, e) && check_id(kind, id, e) && store_ran(s, take_away(s, kind, id, e), e);
}

bool store_record_expire(struct store *s, const char *kind, int64_t now_ms, uint64_t *ret_removed, struct err *e)
{
    return store_writing(s, kind, e) && store_take_text("the kind", STORE_WORD, kind, STORE_WORD_MAX, e) &&
           store_take_time("the time", now_ms, e) &&
           store_ran(s, s->ops->records->expire(s, kind, now_ms, ret_removed, e), e);
}

bool store_record_get(struct store *s, const char *kind, const char *id, struct arena *a, struct store_record *ret,
                      struct err *e)
{
    struct store_record r;
    struct found f = { a, &r, false };
    if (!store_reading(s, e) || !check_id(kind, id, e) ||
        !store_ran(s, s->ops->records->get(s, kind, id, copy, &f, e), e))
        return false;
    if (!f.any)
        return err_set(e, ERR_NOT_FOUND, "there is no %s %s", kind, id);
    *ret = r;
    return true;
}

bool store_record_find(struct store *s, const char *kind, const char *owner, const char *name, struct arena *a,
                       struct store_record *ret, struct err *e)
{
    AUTO(buf_done) struct buf key = { 0 };
    struct store_record r;
    struct found f = { a, &r, false };
    if (!store_reading(s, e) || !store_take_text("the kind", STORE_WORD, kind, STORE_WORD_MAX, e) ||
        !store_take_text("the owner", STORE_LINE_OR_NONE, owner, STORE_ID_MAX, e) ||
        !store_take_text("the name", STORE_LINE, name, STORE_NAME_MAX, e) || !fold_name(name, &key, e) ||
        !store_ran(s, s->ops->records->find(s, kind, owner, buf_str(&key), copy, &f, e), e))
        return false;
    if (!f.any) {
        char shown[STORE_NAME_MAX + 1];
        text_escape(shown, sizeof(shown), name, strlen(name));
        return err_set(e, ERR_NOT_FOUND, "there is no %s named \"%s\"", kind, shown);
    }
    *ret = r;
    return true;
}

bool store_record_list(struct store *s, const struct store_record_query *q, store_record_sink *sink, void *self,
                       struct err *e)
{
    struct store_record_query want = *q;
    return store_take_text("the kind", STORE_WORD, q->kind, STORE_WORD_MAX, e) &&
           store_list_begin(s, q->limit, &want.limit, e) &&
           store_list_end(s, s->ops->records->list(s, &want, sink, self, e), e);
}

bool store_record_count(struct store *s, const struct store_record_query *q, uint64_t *ret, struct err *e)
{
    return store_reading(s, e) && store_take_text("the kind", STORE_WORD, q->kind, STORE_WORD_MAX, e) &&
           store_ran(s, s->ops->records->count(s, q, ret, e), e);
}
