#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/def.h"
#include "base/text.h"
#include "flow/kept.h"
#include "flow/org.h"
#include "flow/role.h"
#include "flow/session_parts.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/user.h"
#include "store/record.h"
#include "store/setting.h"
#include "wire/json.h"

#define KIND "session"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool session_row_put(struct store *s, const struct session_row *row, int64_t idle_ms, struct err *e)
{
    char access[2 * DIGEST_SHA256 + 1], legacy[2 * DIGEST_SHA256 + 1];
    text_hex(row->access, DIGEST_SHA256, access);
    text_hex(row->legacy, DIGEST_SHA256, legacy);
    const struct store_record r = { .kind = KIND, .id = row->urn, .owner = row->user, .name = "", .state = "",
                                    .made_ms = row->made_ms,
                                    .until_ms = least(row->expires_ms, row->last_ms + idle_ms + SESSION_NOTE_MS) };
    return kept_put(s, r, json_pack("{s:s, s:s, s:s, s:I, s:I}", "access", access, "legacy", legacy, "from", row->from,
                                    "last", (json_int_t)row->last_ms, "expires", (json_int_t)row->expires_ms), e);
}

static bool read_hash(const json_t *j, const char *key, uint8_t *ret)
{
    const char *hex = json_string_value(json_object_get(j, key));
    return hex && strlen(hex) == 2 * DIGEST_SHA256 && text_unhex(hex, ret, DIGEST_SHA256);
}

bool session_row_read(const struct store_record *r, struct session_row *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    struct session_row row = { .made_ms = r->made_ms, .last_ms = kept_number(j, "last"),
                               .expires_ms = kept_number(j, "expires") };
    const char *from = json_string_value(json_object_get(j, "from"));
    if (!text_copy(row.urn, sizeof(row.urn), r->id) || !text_copy(row.user, sizeof(row.user), r->owner) ||
        !text_copy(row.from, sizeof(row.from), from ? from : "") || !read_hash(j, "access", row.access) ||
        !read_hash(j, "legacy", row.legacy))
        return err_set(e, ERR_STORE, "the record of a session is damaged");
    *ret = row;
    return true;
}

bool session_row_get(struct store *s, const char *urn, struct session_row *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record r;
    return store_record_get(s, KIND, urn, &a, &r, e) && session_row_read(&r, ret, e);
}

void session_urn_of(const uint8_t legacy[DIGEST_SHA256], char ret[STORE_ID_MAX + 1])
{
    uint8_t text[sizeof("session:") - 1 + DIGEST_SHA256], id[DIGEST_SHA256];
    memcpy(text, "session:", sizeof("session:") - 1);
    memcpy(text + sizeof("session:") - 1, legacy, DIGEST_SHA256);
    digest_sha256(text, sizeof(text), id);
    kept_urn_of("session", id, ret);
}

bool session_row_ended(const struct session_row *row, int64_t idle_ms, int64_t now_ms)
{
    return now_ms >= row->expires_ms || now_ms - row->last_ms >= idle_ms;
}

int64_t session_idle_ms(const struct session_table *t)
{
    int64_t kept = __atomic_load_n(&t->idle_ms, __ATOMIC_RELAXED);
    return kept ? kept : site_idle_ms(t->site);
}

/* A setting that somebody turned, in ms; else otherwise. */
static bool read_minutes(struct store *s, const char *name, int64_t otherwise, int64_t *ret_ms, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct site_settings_field *f = site_settings_find(name);
    const char *text;
    uint64_t minutes;
    *ret_ms = otherwise;
    if (!store_setting_get(s, f->key, &a, &text, e))
        return e->kind == ERR_NOT_FOUND;
    if (text_number(text, (uint64_t)f->min, (uint64_t)f->max, &minutes))
        *ret_ms = (int64_t)minutes * 60 * 1000;
    return true;
}

bool session_limits_read(struct session_table *t, struct store *s, int64_t *ret_life_ms, struct err *e)
{
    int64_t idle;
    if (!read_minutes(s, "sessionTimeoutMinutes", 0, &idle, e) ||
        !read_minutes(s, "absoluteSessionTimeoutMinutes", SESSION_LIFE_MS, ret_life_ms, e))
        return false;
    __atomic_store_n(&t->idle_ms, idle, __ATOMIC_RELAXED);
    return true;
}

bool session_caller(struct store *s, const char *user_urn, struct caller *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct user u;
    struct org o;
    struct role r;
    if (!user_get(s, user_urn, &a, &u, e) || !org_get(s, u.org, &a, &o, e) || !role_get(s, u.role, &a, &r, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_DENIED, "the user, his organization or his role is gone") : false;
    if (!u.enabled || !o.enabled)
        return err_set(e, ERR_DENIED, "the user or his organization is disabled");
    struct caller c = { .system = org_is_system(o.urn), .rights = r.rights };
    if (!c.system)
        c.rights &= role_tenant_rights();
    (void)text_copy(c.user, sizeof(c.user), u.urn);
    (void)text_copy(c.user_name, sizeof(c.user_name), u.name);
    (void)text_copy(c.org, sizeof(c.org), o.urn);
    (void)text_copy(c.org_name, sizeof(c.org_name), o.name);
    (void)text_copy(c.role, sizeof(c.role), r.urn);
    (void)text_copy(c.role_name, sizeof(c.role_name), r.name);
    (void)snprintf(c.who, sizeof(c.who), "%s@%s", u.name, o.name);
    *ret = c;
    return true;
}
