#include "api/virtual_centers.h"

#include <string.h>

#include "api/error.h"
#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/edit.h"
#include "flow/loan.h"
#include "flow/register.h"
#include "flow/site.h"
#include "wire/json.h"

/* ---- what both faces share ---- */

void virtual_center_done(struct virtual_center *v)
{
    secret_done(&v->password);
    secret_done(&v->nsxv_password);
}

bool virtual_center_password(const char *text, struct secret *ret, struct err *e)
{
    if (!text || !text[0] || text[strspn(text, "*")] == '\0')
        return true;
    return strlen(text) <= VCENTER_PASSWORD_MAX ? secret_set(ret, text, strlen(text), e)
                                                : err_set(e, ERR_INPUT, "the password is longer than %d bytes", VCENTER_PASSWORD_MAX);
}

const struct secret *virtual_center_given(const struct secret *s)
{
    return s->len ? s : NULL;
}

bool virtual_center_of(const struct api_call *c, struct vcenter *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    return api_param_urn(c, "id", "vimserver", &urn, e) && loan_begin(c->site->shelf, &l, e) &&
           vcenter_get(l.store, urn, c->arena, ret, e);
}

/* ---- VCenterServer (vcd-api.md 3.1) ---- */

static json_t *write_nsxv(const struct vcenter_nsxv *n)
{
    return n->urn[0] ? json_pack("{s:s, s:n, s:s, s:s?}", "username", n->username, "password", "url", n->url, "softwareVersion",
                                 n->version[0] ? n->version : NULL)
                     : json_null();
}

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

json_t *virtual_center_json(const struct vcenter *v)
{
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:n, s:s, s:b, s:s?, s:b, s:s?, s:s?, s:s?}", "vcId", v->urn, "name", v->name,
                          "description", v->description, "username", v->username, "password", "url", v->url, "isEnabled",
                          v->enabled, "vsphereWebClientServerUrl", or_null(v->web_client_url), "hasProxy", v->has_proxy,
                          "rootFolder", or_null(v->root_folder), "vcNoneNetwork", or_null(v->none_network),
                          "tenantVisibleName", or_null(v->tenant_visible_name));
    json_t *more = json_pack("{s:b, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:o, s:n, s:s, s:b, s:s?}", "isConnected", v->connected,
                             "mode", v->mode, "listenerState", vcenter_listener_name(v->listener), "clusterHealthStatus",
                             "GRAY", "vcVersion", or_null(v->version), "buildNumber", or_null(v->build), "uuid",
                             or_null(v->uuid), "nsxVManager", write_nsxv(&v->nsxv), "proxyConfigurationUrn", "verifyNames",
                             vcenter_names_name(v->names), "unpinnedAcknowledged", v->unpinned_acknowledged,
                             "connectionProblem", or_null(v->why));
    if (j && more)
        (void)json_object_update(j, more);
    json_decref(more);
    return j;
}

static const struct fiql_field fields[] = {
    { "name", FIQL_TEXT, false, false },        { "username", FIQL_TEXT, false, false },
    { "isEnabled", FIQL_BOOL, false, false },   { "isConnected", FIQL_BOOL, false, false },
    { "mode", FIQL_TEXT, false, false },        { "listenerState", FIQL_TEXT, false, false },
    { "clusterHealthStatus", FIQL_TEXT, false, false }, { "vcVersion", FIQL_TEXT, false, false },
    { "buildNumber", FIQL_TEXT, false, false }, { "url", FIQL_TEXT, true, false },
    { "vcId", FIQL_TEXT, false, true },         { "hasProxy", FIQL_BOOL, false, false },
};

static struct fiql_value field(const void *row, size_t i)
{
    const struct vcenter *v = row;
    const struct fiql_value values[] = {
        { .text = v->name }, { .text = v->username }, { .number = v->enabled }, { .number = v->connected }, { .text = v->mode },
        { .text = vcenter_listener_name(v->listener) }, { .text = "GRAY" }, { .text = v->version }, { .text = v->build },
        { .text = v->url }, { .text = v->urn }, { .number = v->has_proxy },
    };
    return values[i];
}

bool virtual_centers_answer(struct api_call *c, json_t *(*write)(struct api_call *c, const void *row), struct err *e)
{
    const struct api_list as = { fields, ARRAY_LEN(fields), field, "name", false, "VCenterServers", write };
    AUTO(loan_end) struct loan l = { 0 };
    struct vcenter *found;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !vcenter_list(l.store, c->arena, &found, &len, e))
        return false;
    return api_answer_array(c, &as, found, len, sizeof(*found), e);
}

static json_t *write_row(struct api_call *c, const void *row)
{
    (void)c;
    return virtual_center_json(row);
}

static bool list(struct api_call *c, struct err *e)
{
    return virtual_centers_answer(c, write_row, e);
}

static bool get(struct api_call *c, struct err *e)
{
    struct vcenter v;
    return virtual_center_of(c, &v, e) && api_answer_json(c, 200, virtual_center_json(&v), e);
}

/* Texts of the body replace those that are there; a key that is absent leaves them. */
static bool take(const struct api_call *c, const json_t *body, const char *key, size_t max, const char **text, struct err *e)
{
    const char *v;
    if (!api_get_text(body, key, max, &v, e))
        return false;
    if (v)
        *text = arena_strdup(c->arena, v);
    return true;
}

static bool read_nsxv(const struct api_call *c, const json_t *body, struct virtual_center *v, struct err *e)
{
    const json_t *n = json_object_get(body, "nsxVManager");
    struct vcenter_nsxv *to = &v->said.nsxv;
    const char *password = NULL;
    if (!n)
        return true;
    if (json_is_null(n)) { /* a PUT with null removes an attached manager */
        *to = (struct vcenter_nsxv){ .url = "" };
        return true;
    }
    if (!json_is_object(n))
        return err_set(e, ERR_INPUT, "nsxVManager is not an object");
    return (take(c, n, "username", VCENTER_USER_MAX, &to->username, e) && take(c, n, "url", VCENTER_URL_MAX, &to->url, e) &&
            api_get_text(n, "password", VCENTER_PASSWORD_MAX, &password, e) &&
            virtual_center_password(password, &v->nsxv_password, e) &&
            ((to->url && to->url[0]) || err_set(e, ERR_INPUT, "url is missing"))) ||
           err_in(e, "nsxVManager");
}

static bool read_body(const struct api_call *c, const json_t *body, struct virtual_center *v, struct err *e)
{
    struct vcenter *s = &v->said;
    const char *password = NULL, *names = NULL;
    if (!take(c, body, "name", VCENTER_NAME_MAX, &s->name, e) || !take(c, body, "description", VCENTER_TEXT_MAX, &s->description, e) ||
        !take(c, body, "username", VCENTER_USER_MAX, &s->username, e) || !take(c, body, "url", VCENTER_URL_MAX, &s->url, e) ||
        !take(c, body, "vsphereWebClientServerUrl", VCENTER_URL_MAX, &s->web_client_url, e) ||
        !take(c, body, "rootFolder", STORE_NAME_MAX, &s->root_folder, e) ||
        !take(c, body, "vcNoneNetwork", STORE_NAME_MAX, &s->none_network, e) ||
        !take(c, body, "tenantVisibleName", STORE_NAME_MAX, &s->tenant_visible_name, e) ||
        !api_get_bool(body, "isEnabled", s->enabled, &s->enabled, e) ||
        !api_get_bool(body, "hasProxy", s->has_proxy, &s->has_proxy, e) ||
        !api_get_bool(body, "unpinnedAcknowledged", s->unpinned_acknowledged, &s->unpinned_acknowledged, e) ||
        !api_get_text(body, "verifyNames", 16, &names, e) || (names && !vcenter_names_read(names, &s->names, e)) ||
        !api_get_text(body, "password", VCENTER_PASSWORD_MAX, &password, e) ||
        !virtual_center_password(password, &v->password, e))
        return false;
    return read_nsxv(c, body, v, e);
}

static bool need_body(const struct api_call *c, json_t **ret, struct err *e)
{
    return api_body_json(c, ret, e) && (*ret || err_set(e, ERR_INPUT, "the body is missing"));
}

/* The SDK reads the refusal of a registration as it reads a task's error (trap 17): a port or a name in it may hold "400". */
static bool calm(struct err *e)
{
    char text[ERR_MSG_MAX];
    api_task_text(e->msg, text, sizeof(text));
    return err_set(e, e->kind, "%s", text);
}

static bool create(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    AUTO(virtual_center_done) struct virtual_center v = { 0 };
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    if (!need_body(c, &body, e) || !read_body(c, body, &v, e))
        return false;
    if (v.said.has_proxy)
        return err_set(e, ERR_INPUT, "hasProxy: this cell reaches vCenter Servers directly");
    const struct register_new n = { .said = v.said, .password = &v.password, .nsxv_password = &v.nsxv_password };
    if (!register_start(c->site, &c->caller, &n, task, urn, e))
        return calm(e);
    api_answer_task(c, task);
    return true;
}

static bool change(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    AUTO(virtual_center_done) struct virtual_center v = { 0 };
    char task[STORE_ID_MAX + 1];
    if (!need_body(c, &body, e) || !virtual_center_of(c, &v.said, e))
        return false;
    const bool proxy = v.said.has_proxy;
    if (!read_body(c, body, &v, e))
        return false;
    if (v.said.has_proxy != proxy)
        return err_set(e, ERR_INPUT, "hasProxy can't be changed");
    const struct edit_new n = { .said = v.said, .password = virtual_center_given(&v.password),
                                .nsxv_password = virtual_center_given(&v.nsxv_password) };
    if (!edit_start(c->site, &c->caller, &n, task, e))
        return false;
    api_answer_task(c, task);
    return true;
}

static bool remove_it(struct api_call *c, struct err *e)
{
    const char *urn;
    char task[STORE_ID_MAX + 1];
    if (!api_param_urn(c, "id", "vimserver", &urn, e) || !remove_start(c->site, &c->caller, urn, task, e))
        return false;
    api_answer_task(c, task);
    return true;
}

/* ---- what this cell doesn't do (docs/vcenters.md) ---- */

static bool refuse(struct api_call *c, const char *why, struct err *e)
{
    struct vcenter v;
    return virtual_center_of(c, &v, e) && err_set(e, ERR_INPUT, "%s", why);
}

static bool metrics(struct api_call *c, struct err *e)
{
    return refuse(c, "this cell doesn't measure vCenter Servers", e);
}

static bool nsxv_settings(struct api_call *c, struct err *e)
{
    return refuse(c, "this cell configures no NSX-V networking; nsxVManager of the vCenter Server names its manager", e);
}

static bool inventory(struct api_call *c, struct err *e)
{
    return refuse(c, "this cell doesn't list storage profiles and resource pools of vCenter Servers", e);
}

#define BASE "/cloudapi/1.0.0/virtualCenters"
#define VIEW API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER
#define MANAGE API_CLOUDAPI, RIGHT_VCENTER_MANAGE, API_PROVIDER

const struct api_op api_virtual_centers_ops[] = {
    { "GET", BASE, VIEW, list, 0 },
    { "POST", BASE, MANAGE, create, 0 },
    { "GET", BASE "/{id}", VIEW, get, 0 },
    { "PUT", BASE "/{id}", MANAGE, change, 0 },
    { "DELETE", BASE "/{id}", MANAGE, remove_it, 0 },
    { "GET", BASE "/{id}/metrics", VIEW, metrics, 0 },
    { "GET", BASE "/{id}/nsxVSettings", VIEW, nsxv_settings, 0 },
    { "PUT", BASE "/{id}/nsxVSettings", MANAGE, nsxv_settings, 0 },
    { "GET", BASE "/{id}/storageProfiles", VIEW, inventory, 0 },
    { "GET", BASE "/{id}/resourcePools/{moref}/hwv", VIEW, inventory, 0 },
    { 0 },
};
