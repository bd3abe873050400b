#include "flow/vcenter.h"

#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/kept.h"
#include "flow/task.h"
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

/* ---- what was said ---- */

bool vcenter_read(const json_t *j, struct arena *a, struct vcenter *ret, struct err *e)
{
    const json_t *n = json_object_get(j, "nsxv");
    *ret = (struct vcenter){
        .urn = kept_text(j, "urn", a), .name = kept_text(j, "name", a), .description = kept_text(j, "description", a),
        .url = kept_text(j, "url", a), .host = kept_text(j, "host", a), .port = (uint16_t)kept_number(j, "port"),
        .username = kept_text(j, "username", a), .enabled = json_is_true(json_object_get(j, "enabled")),
        .web_client_url = kept_text(j, "webClientUrl", a), .root_folder = kept_text(j, "rootFolder", a),
        .none_network = kept_text(j, "noneNetwork", a), .tenant_visible_name = kept_text(j, "tenantVisibleName", a),
        .has_proxy = json_is_true(json_object_get(j, "hasProxy")), .mode = kept_text(j, "mode", a),
        .unpinned_acknowledged = json_is_true(json_object_get(j, "unpinnedAcknowledged")),
        .revision = (uint64_t)kept_number(j, "revision"),
        .made_ms = kept_number(j, "made"),
        .nsxv = { .urn = kept_text(n, "urn", a), .name = kept_text(n, "name", a), .url = kept_text(n, "url", a), .host = kept_text(n, "host", a),
                  .port = (uint16_t)kept_number(n, "port"), .username = kept_text(n, "username", a),
                  .version = kept_text(n, "version", a) },
        .why = "", .version = "", .build = "", .api_version = "", .uuid = "", .trust = "",
    };
    return vcenter_names_read(kept_text(j, "verifyNames", a), &ret->names, e);
}

json_t *vcenter_write(const struct vcenter *v)
{
    const struct vcenter_nsxv *n = &v->nsxv;
    json_t *nsxv = n->urn && n->urn[0] ? json_pack("{s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "urn", json(n->urn), "name",
                                                   json(n->name), "url", json(n->url), "host", json(n->host), "port",
                                                   (int)n->port, "username", json(n->username), "version", json(n->version))
                                       : json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:b, s:o, s:o, s:o, s:o, s:b, s:o, s:b, s:I, s:I, s:s, s:o}", "urn",
                     json(v->urn), "name", json(v->name), "description", json(v->description), "url", json(v->url), "host",
                     json(v->host), "port", (int)v->port, "username", json(v->username), "enabled", v->enabled,
                     "webClientUrl", json(v->web_client_url), "rootFolder", json(v->root_folder), "noneNetwork",
                     json(v->none_network), "tenantVisibleName", json(v->tenant_visible_name), "hasProxy", v->has_proxy,
                     "mode", json(v->mode), "unpinnedAcknowledged", v->unpinned_acknowledged, "revision",
                     (json_int_t)v->revision, "made", (json_int_t)v->made_ms, "verifyNames", vcenter_names_name(v->names),
                     "nsxv", nsxv);
}

static bool read_said(const struct store_record *r, struct arena *a, struct vcenter *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e) || !vcenter_read(j, a, ret, e))
        return false;
    ret->made_ms = r->made_ms;
    return true;
}

bool vcenter_put(struct store *s, const struct vcenter *v, struct err *e)
{
    return kept_put(s, (struct store_record){ .kind = KIND, .id = v->urn, .owner = "", .name = v->name,
                                              .state = v->enabled ? "enabled" : "disabled",
                                              .made_ms = v->made_ms ? v->made_ms : clock_wall_ms() }, vcenter_write(v), e);
}

/* ---- what was found ---- */

bool vcenter_state_put(struct store *s, const struct vcenter *v, struct err *e)
{
    json_t *j = json_pack("{s:s, s:b, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "listener", vcenter_listener_name(v->listener),
                          "connected", v->connected, "why", json(v->why), "since", (json_int_t)v->since_ms, "denied",
                          (json_int_t)v->denied, "version", json(v->version), "build", json(v->build), "apiVersion",
                          json(v->api_version), "uuid", json(v->uuid));
    return kept_put(s, (struct store_record){ .kind = STATE_KIND, .id = v->urn, .owner = v->urn, .name = "", .state = "",
                                              .made_ms = clock_wall_ms() }, j, e);
}

/* Adds state and trust; a record that is not there leaves its members empty. */
static bool add_found(struct store *s, struct arena *a, struct vcenter *v, struct err *e)
{
    struct store_record r;
    struct err none = { 0 };
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (store_record_get(s, STATE_KIND, v->urn, a, &r, &none)) {
        if (!kept_json(&r, &j, e))
            return false;
        v->listener = listener_of(json_string_value(json_object_get(j, "listener")));
        v->connected = json_is_true(json_object_get(j, "connected"));
        v->why = kept_text(j, "why", a);
        v->since_ms = kept_number(j, "since");
        v->denied = (uint64_t)kept_number(j, "denied");
        v->version = kept_text(j, "version", a);
        v->build = kept_text(j, "build", a);
        v->api_version = kept_text(j, "apiVersion", a);
        v->uuid = kept_text(j, "uuid", a);
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

bool vcenter_list(struct store *s, struct arena *a, struct vcenter **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, KIND, NULL, a, &rows, &len, e))
        return false;
    struct vcenter *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++)
        if (!read_said(&rows[i], a, &list[i], e) || !add_found(s, a, &list[i], e))
            return false;
    *ret = list;
    *ret_len = len;
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
