#include "flow/vcenter.h"

#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/task_record.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/store.h"
#include "wire/json.h"
#include "wire/url.h"

#define KIND "vcenter"
#define STATE_KIND "vcenter-state"
#define TRUST_KIND "vcenter-trust"

static const char *const listener_names[] = {
    [VCENTER_INITIAL] = "INITIAL",           [VCENTER_INVALID_SETTINGS] = "INVALID_SETTINGS",
    [VCENTER_UNSUPPORTED] = "UNSUPPORTED",   [VCENTER_DISCONNECTED] = "DISCONNECTED",
    [VCENTER_CONNECTING] = "CONNECTING",     [VCENTER_CONNECTED] = "CONNECTED",
};
static const char *const names_names[] = {
    [VCENTER_NAMES_INHERIT] = "inherit", [VCENTER_NAMES_ON] = "on", [VCENTER_NAMES_OFF] = "off",
};

const char *vcenter_listener_name(enum vcenter_listener l)
{
    return listener_names[l];
}

const char *vcenter_names_name(enum vcenter_names n)
{
    return names_names[n];
}

bool vcenter_names_read(const char *name, enum vcenter_names *ret, struct err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(names_names); i++)
        if (strcmp(names_names[i], name) == 0) {
            *ret = (enum vcenter_names)i;
            return true;
        }
    return err_set(e, ERR_INPUT, "verifyNames is one of inherit, on, off");
}

static enum vcenter_listener listener_of(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(listener_names); i++)
        if (strcmp(listener_names[i], name) == 0)
            return (enum vcenter_listener)i;
    return VCENTER_INITIAL;
}

static json_t *json(const char *s)
{
    return task_json(s ? s : "");
}

static const char *text(struct arena *a, const json_t *o, const char *key)
{
    const char *v = json_string_value(json_object_get(o, key));
    return v ? arena_strdup(a, v) : "";
}

/* ---- what was said ---- */

static bool read_said(const struct store_record *r, struct arena *a, struct vcenter *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!task_json_read(r, &j, e))
        return false;
    const json_t *n = json_object_get(j, "nsxv");
    *ret = (struct vcenter){
        .urn = arena_strdup(a, r->id), .name = arena_strdup(a, r->name), .description = text(a, j, "description"),
        .url = text(a, j, "url"), .host = text(a, j, "host"), .port = (uint16_t)json_integer_value(json_object_get(j, "port")),
        .username = text(a, j, "username"), .enabled = json_is_true(json_object_get(j, "enabled")),
        .web_client_url = text(a, j, "webClientUrl"), .root_folder = text(a, j, "rootFolder"),
        .none_network = text(a, j, "noneNetwork"), .tenant_visible_name = text(a, j, "tenantVisibleName"),
        .has_proxy = json_is_true(json_object_get(j, "hasProxy")), .mode = text(a, j, "mode"),
        .unpinned_acknowledged = json_is_true(json_object_get(j, "unpinnedAcknowledged")),
        .revision = (uint64_t)json_integer_value(json_object_get(j, "revision")), .made_ms = r->made_ms,
        .nsxv = { .urn = text(a, n, "urn"), .name = text(a, n, "name"), .url = text(a, n, "url"), .host = text(a, n, "host"),
                  .port = (uint16_t)json_integer_value(json_object_get(n, "port")), .username = text(a, n, "username"),
                  .version = text(a, n, "version") },
        .why = "", .version = "", .build = "", .api_version = "", .uuid = "", .trust = "",
    };
    return vcenter_names_read(text(a, j, "verifyNames"), &ret->names, e);
}

bool vcenter_put(struct store *s, const struct vcenter *v, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct vcenter_nsxv *n = &v->nsxv;
    const char *data;
    json_t *nsxv = n->urn && n->urn[0] ? json_pack("{s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "urn", json(n->urn), "name",
                                                   json(n->name), "url", json(n->url), "host", json(n->host), "port",
                                                   (int)n->port, "username", json(n->username), "version", json(n->version))
                                       : json_null();
    json_t *j = json_pack("{s:o, s:o, s:o, s:i, s:o, s:b, s:o, s:o, s:o, s:o, s:b, s:o, s:b, s:I, s:s, s:o}", "description",
                          json(v->description), "url", json(v->url), "host", json(v->host), "port", (int)v->port, "username",
                          json(v->username), "enabled", v->enabled, "webClientUrl", json(v->web_client_url), "rootFolder",
                          json(v->root_folder), "noneNetwork", json(v->none_network), "tenantVisibleName",
                          json(v->tenant_visible_name), "hasProxy", v->has_proxy, "mode", json(v->mode),
                          "unpinnedAcknowledged", v->unpinned_acknowledged, "revision", (json_int_t)v->revision,
                          "verifyNames", vcenter_names_name(v->names), "nsxv", nsxv);
    if (!task_json_text(j, &a, &data, e))
        return false;
    const struct store_record r = { .kind = KIND, .id = v->urn, .owner = "", .name = v->name,
                                    .state = v->enabled ? "enabled" : "disabled",
                                    .made_ms = v->made_ms ? v->made_ms : clock_wall_ms(), .data = data };
    return store_record_put(s, &r, e);
}

/* ---- what was found ---- */

bool vcenter_state_put(struct store *s, const struct vcenter *v, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *data;
    json_t *j = json_pack("{s:s, s:b, s:o, s:I, s:o, s:o, s:o, s:o}", "listener", vcenter_listener_name(v->listener),
                          "connected", v->connected, "why", json(v->why), "since", (json_int_t)v->since_ms, "version",
                          json(v->version), "build", json(v->build), "apiVersion", json(v->api_version), "uuid",
                          json(v->uuid));
    if (!task_json_text(j, &a, &data, e))
        return false;
    const struct store_record r = { .kind = STATE_KIND, .id = v->urn, .owner = v->urn, .name = "", .state = "",
                                    .made_ms = clock_wall_ms(), .data = data };
    return store_record_put(s, &r, e);
}

/* Adds state and trust; a record that is not there leaves its members empty. */
static bool add_found(struct store *s, struct arena *a, struct vcenter *v, struct err *e)
{
    struct store_record r;
    struct err none = { 0 };
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (store_record_get(s, STATE_KIND, v->urn, a, &r, &none)) {
        if (!task_json_read(&r, &j, e))
            return false;
        v->listener = listener_of(json_string_value(json_object_get(j, "listener")));
        v->connected = json_is_true(json_object_get(j, "connected"));
        v->why = text(a, j, "why");
        v->since_ms = json_integer_value(json_object_get(j, "since"));
        v->version = text(a, j, "version");
        v->build = text(a, j, "build");
        v->api_version = text(a, j, "apiVersion");
        v->uuid = text(a, j, "uuid");
    } else if (none.kind != ERR_NOT_FOUND) {
        return err_set(e, none.kind, "%s", none.msg);
    }
    if (store_record_get(s, TRUST_KIND, v->urn, a, &r, &none))
        v->trust = r.data;
    else if (none.kind != ERR_NOT_FOUND)
        return err_set(e, none.kind, "%s", none.msg);
    return true;
}

bool vcenter_trust_put(struct store *s, const char *urn, const char *data, struct err *e)
{
    const struct store_record r = { .kind = TRUST_KIND, .id = urn, .owner = urn, .name = "", .state = "",
                                    .made_ms = clock_wall_ms(), .data = data };
    if (strlen(data) > VCENTER_TRUST_MAX)
        return err_set(e, ERR_LIMIT, "what was found of a vCenter Server's trust takes more than %d bytes", VCENTER_TRUST_MAX);
    return store_record_put(s, &r, e);
}

/* ---- looking up ---- */

static bool absent(struct err *e)
{
    return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "there is no vCenter Server of this id") : false;
}

bool vcenter_get(struct store *s, const char *urn, struct arena *a, struct vcenter *ret, struct err *e)
{
    struct store_record r;
    if (!store_record_get(s, KIND, urn, a, &r, e))
        return absent(e);
    return read_said(&r, a, ret, e) && add_found(s, a, ret, e);
}

bool vcenter_find(struct store *s, const char *name, struct arena *a, struct vcenter *ret, struct err *e)
{
    struct store_record r;
    if (!store_record_find(s, KIND, "", name, a, &r, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "there is no vCenter Server of this name") : false;
    return read_said(&r, a, ret, e) && add_found(s, a, ret, e);
}

struct rows {
    struct arena *arena;
    struct vcenter *list;
    size_t len, cap;
};

static bool add(void *self, const struct store_record *r, struct err *e)
{
    struct rows *l = self;
    if (l->len == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 16;
        struct vcenter *next = arena_array(l->arena, cap, sizeof(*next));
        if (l->len)
            memcpy(next, l->list, l->len * sizeof(*next));
        l->list = next;
        l->cap = cap;
    }
    if (!read_said(r, l->arena, &l->list[l->len], e))
        return false;
    l->len++;
    return true;
}

bool vcenter_list(struct store *s, struct arena *a, struct vcenter **ret, size_t *ret_len, struct err *e)
{
    struct rows l = { .arena = a };
    for (size_t before = 1; l.len != before && (l.len % STORE_PAGE_MAX == 0);) {
        const struct store_record_query q = { .kind = KIND, .after = l.len ? l.list[l.len - 1].urn : NULL };
        before = l.len;
        if (!store_record_list(s, &q, add, &l, e))
            return false;
    }
    for (size_t i = 0; i < l.len; i++)
        if (!add_found(s, a, &l.list[i], e))
            return false;
    *ret = l.list;
    *ret_len = l.len;
    return true;
}

bool vcenter_uuid_free(struct store *s, const char *uuid, const char *but_urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter *list;
    size_t len;
    if (!vcenter_list(s, &a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (uuid[0] && text_caseeq(list[i].uuid, uuid) && strcmp(list[i].urn, but_urn) != 0)
            return err_set(e, ERR_CONFLICT, "this vCenter Server is registered already, as %s", list[i].name);
    return true;
}

static bool gone(bool removed, struct err *e)
{
    return removed || e->kind == ERR_NOT_FOUND;
}

bool vcenter_drop(struct store *s, const struct vcenter *v, struct err *e)
{
    return gone(store_sealed_remove(s, VCENTER_PASSWORD, v->urn, e), e) &&
           (!v->nsxv.urn || !v->nsxv.urn[0] || gone(store_sealed_remove(s, VCENTER_NSXV_PASSWORD, v->nsxv.urn, e), e)) &&
           gone(store_record_remove(s, TRUST_KIND, v->urn, e), e) && gone(store_record_remove(s, STATE_KIND, v->urn, e), e) &&
           gone(store_record_remove(s, KIND, v->urn, e), e);
}

bool vcenter_url_read(const char *given, struct arena *a, const char **ret_url, const char **ret_host, uint16_t *ret_port,
                      struct err *e)
{
    struct url u;
    size_t len = strlen(given);
    if (len > VCENTER_URL_MAX)
        return err_set(e, ERR_INPUT, "the URL is longer than %d bytes", VCENTER_URL_MAX);
    const char *url = strstr(given, "://") ? given : arena_printf(a, "https://%s", given);
    if (!url_parse(url, strlen(url), &u, e))
        return err_in(e, "the URL");
    if (!u.tls)
        return err_set(e, ERR_INPUT, "the URL must begin with https://");
    if (u.target.has_query || u.target.path.len > 1)
        return err_set(e, ERR_INPUT, "the URL must end behind host and port");
    *ret_url = arena_strndup(a, url, strlen(url) - u.target.path.len);
    *ret_host = arena_strdup(a, u.host.name);
    *ret_port = u.host.port;
    return true;
}
