#include "flow/kept.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/task.h"
#include "store/audit.h"
#include "store/record.h"
#include "wire/json.h"

/* Rows of one page, copied while the store lends them. */
struct page {
    struct arena *arena;
    struct store_record *rows; /* in the arena */
    size_t len, room, fresh;
};

static bool copy_row(void *self, const struct store_record *r, struct err *e)
{
    struct page *p = self;
    struct arena *a = p->arena;
    (void)e;
    p->rows = arena_room(a, p->rows, p->len, &p->room, sizeof(*p->rows));
    p->rows[p->len++] = (struct store_record){
        arena_strdup(a, r->kind), arena_strdup(a, r->id), arena_strdup(a, r->owner), arena_strdup(a, r->name),
        arena_strdup(a, r->state), r->made_ms, r->until_ms, arena_strdup(a, r->data),
    };
    p->fresh++;
    return true;
}

bool kept_some(struct store *s, const struct store_record_query *q, struct arena *a, struct store_record **ret, size_t *ret_len,
               struct err *e)
{
    struct page p = { .arena = a };
    do {
        struct store_record_query here = { .kind = q->kind, .owner = q->owner, .state = q->state };
        here.after = p.len > 0 ? p.rows[p.len - 1].id : NULL;
        p.fresh = 0;
        if (!store_record_list(s, &here, copy_row, &p, e))
            return false;
    } while (p.fresh == STORE_PAGE_MAX);
    *ret = p.rows;
    *ret_len = p.len;
    return true;
}

bool kept_all(struct store *s, const char *kind, const char *owner, struct arena *a, struct store_record **ret,
              size_t *ret_len, struct err *e)
{
    return kept_some(s, &(struct store_record_query){ .kind = kind, .owner = owner }, a, ret, ret_len, e);
}

bool kept_json(const struct store_record *r, json_t **ret, struct err *e)
{
    struct err why;
    json_t *j;
    if (!wire_json_read(r->data, strlen(r->data), NULL, &j, &why))
        return err_set(e, ERR_STORE, "the record of %s %s is damaged: %s", r->kind, r->id, why.msg);
    if (json_is_object(j)) {
        *ret = j;
        return true;
    }
    json_decref(j);
    return err_set(e, ERR_STORE, "the record of %s %s is damaged: no JSON object", r->kind, r->id);
}

const char *kept_text(const json_t *o, const char *key, struct arena *a)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? arena_strdup(a, text) : "";
}

int64_t kept_number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

void kept_read(const json_t *o, const struct kept_member *members, size_t len, struct arena *a, void *ret)
{
    for (const struct kept_member *m = members; m < members + len; m++) {
        void *at = (char *)ret + m->at;
        switch (m->type) {
        case KEPT_TEXT: *(const char **)at = kept_text(o, m->key, a); break;
        case KEPT_NUMBER: *(int64_t *)at = kept_number(o, m->key); break;
        case KEPT_BOOL: *(bool *)at = json_is_true(json_object_get(o, m->key)); break;
        }
    }
}

json_t *kept_write(const struct kept_member *members, size_t len, const void *from)
{
    json_t *o = json_object();
    for (const struct kept_member *m = members; m < members + len; m++) {
        const void *at = (const char *)from + m->at;
        const char *text = m->type == KEPT_TEXT ? *(const char *const *)at : NULL;
        switch (m->type) {
        case KEPT_TEXT: (void)json_object_set_new(o, m->key, task_json(text ? text : "")); break;
        case KEPT_NUMBER: (void)json_object_set_new(o, m->key, json_integer(*(const int64_t *)at)); break;
        case KEPT_BOOL: (void)json_object_set_new(o, m->key, json_boolean(*(const bool *)at)); break;
        }
    }
    return o;
}

bool kept_put(struct store *s, struct store_record r, json_t *take, struct err *e)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, STORE_RECORD_MAX);
    bool ok = take ? wire_json_write(&text, take, e) : err_set(e, ERR_INPUT, "the record of %s is not UTF-8", r.id);
    json_decref(take);
    r.data = buf_str(&text);
    return ok && store_record_put(s, &r, e);
}

bool kept_audit(struct store *s, const struct store_by *by, const char *action, const char *entity, struct err *e,
                const char *fmt, ...)
{
    char text[STORE_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    const struct store_audit line = { .by = *by, .action = action, .entity = entity, .text = text, .data = "" };
    return store_audit_append(s, &line, e);
}

const char *kept_urn(const char *type, struct arena *a)
{
    char uuid[RANDOM_UUID];
    random_uuid(uuid);
    return arena_printf(a, "urn:vcloud:%s:%s", type, uuid);
}

void kept_urn_of(const char *type, const uint8_t hash[16], char ret[STORE_ID_MAX + 1])
{
    char hex[33];
    uint8_t id[16];
    memcpy(id, hash, sizeof(id));
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x80);
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
    text_hex(id, sizeof(id), hex);
    (void)snprintf(ret, STORE_ID_MAX + 1, "urn:vcloud:%s:%.8s-%.4s-%.4s-%.4s-%.12s", type, hex, hex + 8, hex + 12, hex + 16,
                   hex + 20);
}
