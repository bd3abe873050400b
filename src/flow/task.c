#include "flow/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/task_record.h"
#include "store/record.h"
#include "store/store.h"
#include "wire/json.h"

static const char *const status_names[] = {
    [TASK_QUEUED] = "queued", [TASK_RUNNING] = "running",   [TASK_SUCCESS] = "success",
    [TASK_ERROR] = "error",   [TASK_CANCELED] = "canceled", [TASK_ABORTED] = "aborted",
};

const char *task_status_name(enum task_status s)
{
    return status_names[s];
}

json_t *task_json(const char *text)
{
    if (text_utf8(text, strlen(text)))
        return json_string(text);
    char safe[4 * ERR_MSG_MAX];
    text_escape(safe, sizeof(safe), text, strlen(text));
    return json_string(safe);
}

bool task_json_text(json_t *take, struct arena *a, const char **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = take;
    AUTO(buf_done) struct buf b;
    buf_init(&b, STORE_RECORD_MAX);
    if (!j || !wire_json_write(&b, j, e))
        return j ? false : err_set(e, ERR_INTERNAL, "a record that JSON can't hold");
    *ret = arena_strdup(a, buf_str(&b));
    return true;
}

bool task_json_read(const struct store_record *r, json_t **ret, struct err *e)
{
    struct err why = { 0 };
    if (wire_json_read(r->data, strlen(r->data), NULL, ret, &why) && json_is_object(*ret))
        return true;
    return err_set(e, ERR_STORE, "the record %s %s is damaged: %s", r->kind, r->id, why.kind ? why.msg : "not an object");
}

json_t *task_err_json(const struct err *e)
{
    return json_pack("{s:s, s:o}", "kind", err_kind_name(e->kind), "message", task_json(e->msg));
}

void task_err_read(const json_t *j, struct err *ret)
{
    const char *kind = json_string_value(json_object_get(j, "kind"));
    const char *message = json_string_value(json_object_get(j, "message"));
    *ret = (struct err){ .kind = ERR_NONE };
    for (int k = ERR_NONE; kind && k <= ERR_INTERNAL; k++)
        if (strcmp(err_kind_name((enum err_kind)k), kind) == 0)
            ret->kind = (enum err_kind)k;
    (void)text_copy(ret->msg, sizeof(ret->msg), message ? message : "");
}

static json_t *ref_json(const char *urn, const char *name, const char *type)
{
    return json_pack("{s:o, s:o, s:o}", "id", task_json(urn), "name", task_json(name), "type", task_json(type));
}

bool task_put(struct store *s, const struct task *t, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *data;
    json_t *j = json_pack("{s:o, s:s, s:o, s:o, s:o, s:i, s:I, s:I, s:o, s:o}", "operation", task_json(t->operation),
                          "operationName", t->operation_name, "owner", ref_json(t->owner_urn, t->owner_name, t->owner_type),
                          "user", ref_json(t->user_urn, t->user_name, ""), "org", ref_json(t->org_urn, t->org_name, ""),
                          "progress", t->progress, "start", (json_int_t)t->start_ms, "end", (json_int_t)t->end_ms, "error",
                          task_err_json(&t->error), "details", task_json(t->details));
    if (!task_json_text(j, &a, &data, e))
        return false;
    const struct store_record r = { .kind = TASK_KIND, .id = t->urn, .owner = t->org_urn, .name = "",
                                    .state = task_status_name(t->status), .made_ms = t->start_ms, .until_ms = t->until_ms,
                                    .data = data };
    return store_record_put(s, &r, e);
}

static const char *text(struct arena *a, const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? arena_strdup(a, v) : "";
}

static bool read_task(const struct store_record *r, struct arena *a, struct task *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!task_json_read(r, &j, e))
        return false;
    const json_t *owner = json_object_get(j, "owner"), *user = json_object_get(j, "user"), *org = json_object_get(j, "org");
    struct task t = {
        .urn = arena_strdup(a, r->id), .operation = text(a, j, "operation"), .operation_name = text(a, j, "operationName"),
        .owner_urn = text(a, owner, "id"), .owner_name = text(a, owner, "name"), .owner_type = text(a, owner, "type"),
        .user_urn = text(a, user, "id"), .user_name = text(a, user, "name"), .org_urn = text(a, org, "id"),
        .org_name = text(a, org, "name"), .status = TASK_ABORTED,
        .progress = (int)json_integer_value(json_object_get(j, "progress")),
        .start_ms = json_integer_value(json_object_get(j, "start")), .end_ms = json_integer_value(json_object_get(j, "end")),
        .until_ms = r->until_ms, .details = text(a, j, "details"),
    };
    task_err_read(json_object_get(j, "error"), &t.error);
    for (size_t i = 0; i < ARRAY_LEN(status_names); i++)
        if (strcmp(status_names[i], r->state) == 0)
            t.status = (enum task_status)i;
    *ret = t;
    return true;
}

bool task_get(struct store *s, const char *urn, struct arena *a, struct task *ret, struct err *e)
{
    struct store_record r, cancel;
    struct err none;
    if (!store_record_get(s, TASK_KIND, urn, a, &r, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "there is no task of this id") : false;
    if (!read_task(&r, a, ret, e))
        return false;
    ret->cancel_requested = store_record_get(s, TASK_CANCEL_KIND, urn, a, &cancel, &none);
    return true;
}

/* Tasks as they come in, in an array that doubles. */
struct tasks {
    struct arena *arena;
    struct task *list;
    size_t len, cap;
    const char *last;
};

static bool add(void *self, const struct store_record *r, struct err *e)
{
    struct tasks *l = self;
    if (l->len == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct task *next = arena_array(l->arena, cap, sizeof(*next));
        if (l->len)
            memcpy(next, l->list, l->len * sizeof(*next));
        l->list = next;
        l->cap = cap;
    }
    if (!read_task(r, l->arena, &l->list[l->len], e))
        return false;
    l->last = l->list[l->len++].urn;
    return true;
}

static int newest_first(const void *a, const void *b)
{
    const struct task *x = a, *y = b;
    return x->start_ms != y->start_ms ? (x->start_ms < y->start_ms) - (x->start_ms > y->start_ms) : strcmp(x->urn, y->urn);
}

bool task_list(struct store *s, const char *org_urn, struct arena *a, struct task **ret, size_t *ret_len, struct err *e)
{
    struct tasks l = { .arena = a };
    for (size_t before;;) {
        const struct store_record_query q = { .kind = TASK_KIND, .owner = org_urn, .after = l.last };
        before = l.len;
        if (!store_record_list(s, &q, add, &l, e))
            return false;
        if (l.len - before < STORE_PAGE_MAX)
            break;
    }
    if (l.len)
        qsort(l.list, l.len, sizeof(*l.list), newest_first);
    *ret = l.list;
    *ret_len = l.len;
    return true;
}

bool task_cancel(struct store *s, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct task t;
    const struct store_record r = { .kind = TASK_CANCEL_KIND, .id = urn, .owner = "", .name = "", .state = "",
                                    .made_ms = clock_wall_ms(), .data = "" };
    if (!store_begin(s, STORE_WRITE, e))
        return false;
    AUTO(store_abortp) struct store *open = s;
    if (!task_get(s, urn, &a, &t, e))
        return false;
    if (t.end_ms)
        return true;
    return store_record_put(s, &r, e) && store_commit(STEAL(open), e);
}
