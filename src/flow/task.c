#include "flow/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/kept.h"
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
    json_t *j = json_pack("{s:o, s:s, s:o, s:o, s:o, s:i, s:I, s:I, s:o, s:o}", "operation", task_json(t->operation),
                          "operationName", t->operation_name, "owner", ref_json(t->owner_urn, t->owner_name, t->owner_type),
                          "user", ref_json(t->user_urn, t->user_name, ""), "org", ref_json(t->org_urn, t->org_name, ""),
                          "progress", t->progress, "start", (json_int_t)t->start_ms, "end", (json_int_t)t->end_ms, "error",
                          task_err_json(&t->error), "details", task_json(t->details));
    return kept_put(s, (struct store_record){ .kind = TASK_KIND, .id = t->urn, .owner = t->org_urn, .name = "",
                                              .state = task_status_name(t->status), .made_ms = t->start_ms,
                                              .until_ms = t->until_ms }, j, e);
}

static bool read_task(const struct store_record *r, struct arena *a, struct task *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    const json_t *owner = json_object_get(j, "owner"), *user = json_object_get(j, "user"), *org = json_object_get(j, "org");
    struct task t = {
        .urn = arena_strdup(a, r->id), .operation = kept_text(j, "operation", a), .operation_name = kept_text(j, "operationName", a),
        .owner_urn = kept_text(owner, "id", a), .owner_name = kept_text(owner, "name", a), .owner_type = kept_text(owner, "type", a),
        .user_urn = kept_text(user, "id", a), .user_name = kept_text(user, "name", a), .org_urn = kept_text(org, "id", a),
        .org_name = kept_text(org, "name", a), .status = TASK_ABORTED,
        .progress = (int)kept_number(j, "progress"),
        .start_ms = kept_number(j, "start"), .end_ms = kept_number(j, "end"),
        .until_ms = r->until_ms, .details = kept_text(j, "details", a),
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

static int newest_first(const void *a, const void *b)
{
    const struct task *x = a, *y = b;
    return x->start_ms != y->start_ms ? (x->start_ms < y->start_ms) - (x->start_ms > y->start_ms) : strcmp(x->urn, y->urn);
}

bool task_list(struct store *s, const char *org_urn, struct arena *a, struct task **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, TASK_KIND, org_urn, a, &rows, &len, e))
        return false;
    struct task *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++)
        if (!read_task(&rows[i], a, &list[i], e))
            return false;
    if (len)
        qsort(list, len, sizeof(*list), newest_first);
    *ret = list;
    *ret_len = len;
    return true;
}

bool task_under_way(struct store *s, const char *owner_urn, struct arena *a, struct task **ret, size_t *ret_len, struct err *e)
{
    struct store_record *flows;
    size_t len, n = 0;
    if (!kept_all(s, TASK_FLOW_KIND, owner_urn, a, &flows, &len, e))
        return false;
    struct task *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++) {
        if (task_get(s, flows[i].id, a, &list[n], e))
            n++;
        else if (e->kind != ERR_NOT_FOUND)
            return false;
    }
    *ret = list;
    *ret_len = n;
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
