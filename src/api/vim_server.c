/* The legacy face of vCenter Servers (vcd-api.md 3.3): pyvcloud's flows, and the actions that the SDK knows no other way for. */
#include <stdio.h>
#include <string.h>

#include "api/legacy.h"
#include "api/tables.h"
#include "api/task.h"
#include "api/virtual_centers.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/text.h"
#include "flow/edit.h"
#include "flow/loan.h"
#include "flow/register.h"
#include "flow/site.h"
#include "flow/task.h"
#include "store/endpoint.h"
#include "store/store.h"

#define VIM_SERVER_TYPE "application/vnd.vmware.admin.vmwvirtualcenter"
#define REFERENCES_TYPE "application/vnd.vmware.admin.vmwVimServerReferences"
#define REGISTER_TYPE "application/vnd.vmware.admin.registerVimServerParams"
#define NSXT_TYPE "application/vnd.vmware.admin.networkManagers"
#define HOSTS_TYPE "application/vnd.vmware.admin.vmwHostReferences"
#define HOST_TYPE "application/vnd.vmware.admin.host"
#define EXTENSION "/api/admin/extension"

static const char *server_href(const struct api_call *c, const char *urn, const char *behind)
{
    return api_href(c, EXTENSION "/vimServer/%s%s", api_uuid(urn), behind);
}

static bool extension(struct api_call *c, struct err *e)
{
    struct legacy l;
    legacy_start(&l, c, "vmext:VMWExtension");
    legacy_attr(&l, "href", api_href(c, EXTENSION));
    legacy_attr(&l, "type", "application/vnd.vmware.admin.vmwExtension+xml");
    legacy_link(&l, "down", REFERENCES_TYPE "+xml", api_href(c, EXTENSION "/vimServerReferences"));
    legacy_link(&l, "add", REGISTER_TYPE "+xml", api_href(c, EXTENSION "/action/registervimserver"));
    legacy_link(&l, "down", NSXT_TYPE "+xml", api_href(c, EXTENSION "/nsxtManagers"));
    legacy_link(&l, "down", "application/vnd.vmware.admin.generalSettings+xml", api_href(c, EXTENSION "/settings/general"));
    return legacy_end(&l, 200, "application/vnd.vmware.admin.vmwExtension", e);
}

static bool references(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan loan = { 0 };
    struct vcenter *list;
    size_t len;
    struct legacy l;
    if (!loan_begin(c->site->shelf, &loan, e) || !vcenter_list(loan.store, c->arena, &list, &len, e))
        return false;
    legacy_start(&l, c, "vmext:VMWVimServerReferences");
    legacy_attr(&l, "href", api_href(c, EXTENSION "/vimServerReferences"));
    legacy_attr(&l, "type", REFERENCES_TYPE "+xml");
    legacy_array(&l, "vmext:VimServerReference");
    for (size_t i = 0; i < len; i++) {
        legacy_item(&l, "vmext:VimServerReference");
        legacy_attr(&l, "href", server_href(c, list[i].urn, ""));
        legacy_attr(&l, "id", list[i].urn);
        legacy_attr(&l, "type", VIM_SERVER_TYPE "+xml");
        legacy_attr(&l, "name", list[i].name);
        legacy_close(&l);
    }
    return legacy_end(&l, 200, REFERENCES_TYPE, e);
}

/* Attributes and children of a VimServer element that is open, in the schema's order. task may be NULL. */
static void server_body(struct legacy *l, const struct vcenter *v, const struct task *task)
{
    struct api_call *c = l->c;
    legacy_attr(l, "href", server_href(c, v->urn, ""));
    legacy_attr(l, "id", v->urn);
    legacy_attr(l, "type", VIM_SERVER_TYPE "+xml");
    legacy_attr(l, "name", v->name);
    legacy_array(l, "Link");
    legacy_link(l, "edit", VIM_SERVER_TYPE "+xml", server_href(c, v->urn, ""));
    legacy_link(l, "unregister", NULL, server_href(c, v->urn, "/action/unregister"));
    legacy_link(l, "refresh", NULL, server_href(c, v->urn, "/action/refresh"));
    legacy_link(l, "refreshStorageProfiles", NULL, server_href(c, v->urn, "/action/refreshStorageProfiles"));
    legacy_link(l, "forceReconnect", NULL, server_href(c, v->urn, "/action/forcevimserverreconnect"));
    legacy_link(l, "down", HOSTS_TYPE "+xml", server_href(c, v->urn, "/hostReferences"));
    legacy_leaf(l, "Description", v->description);
    if (task) {
        legacy_open(l, "Tasks");
        legacy_item(l, "Task");
        api_task_body(l, task);
        legacy_close(l);
        legacy_close(l);
    }
    legacy_leaf(l, "vmext:Username", v->username);
    legacy_leaf(l, "vmext:Url", v->url);
    legacy_leaf_bool(l, "vmext:IsEnabled", v->enabled);
    legacy_leaf_bool(l, "vmext:IsConnected", v->connected);
    if (v->nsxv.urn[0]) {
        legacy_leaf(l, "vmext:ShieldManagerHost", v->nsxv.host);
        legacy_leaf(l, "vmext:ShieldManagerUserName", v->nsxv.username);
    }
    if (v->uuid[0])
        legacy_leaf(l, "vmext:Uuid", v->uuid);
    if (v->version[0])
        legacy_leaf(l, "vmext:VcVersion", v->version);
    if (v->root_folder[0])
        legacy_leaf(l, "vmext:RootFolder", v->root_folder);
}

static bool get(struct api_call *c, struct err *e)
{
    struct vcenter v;
    struct legacy l;
    if (!virtual_center_of(c, &v, e))
        return false;
    legacy_start(&l, c, "vmext:VimServer");
    server_body(&l, &v, NULL);
    return legacy_end(&l, 200, VIM_SERVER_TYPE, e);
}

/* ---- bodies ---- */

static bool take(const struct legacy_in *in, const char *name, const char **text, struct err *e)
{
    const char *v;
    if (!legacy_in_text(in, name, &v, e))
        return false;
    *text = v ? v : *text;
    return true;
}

static bool read_server(const struct legacy_in *in, struct virtual_center *v, struct err *e)
{
    const char *name = NULL, *password = NULL;
    if (!legacy_in_attr(in, "name", &name, e) || !take(in, "Description", &v->said.description, e) ||
        !take(in, "Username", &v->said.username, e) || !take(in, "Url", &v->said.url, e) ||
        !take(in, "RootFolder", &v->said.root_folder, e) || !take(in, "Password", &password, e) ||
        !legacy_in_bool(in, "IsEnabled", v->said.enabled, &v->said.enabled, e) ||
        !virtual_center_password(password, &v->password, e))
        return false;
    v->said.name = name ? name : v->said.name;
    return true;
}

/* vCloud Networking and Security's manager of old: an NSX-V Manager today. */
static bool read_shield(const struct legacy_in *in, struct virtual_center *v, struct err *e)
{
    const char *password = NULL;
    return legacy_in_attr(in, "name", &v->said.nsxv.name, e) && take(in, "Username", &v->said.nsxv.username, e) &&
           take(in, "Url", &v->said.nsxv.url, e) && take(in, "Password", &password, e) &&
           virtual_center_password(password, &v->nsxv_password, e);
}

static bool answer_registered(struct api_call *c, struct virtual_center *v, const char *task_urn, const char *urn, struct err *e)
{
    AUTO(loan_end) struct loan loan = { 0 };
    struct task task;
    struct legacy l;
    const char *host;
    struct vcenter *s = &v->said;
    if (!loan_begin(c->site->shelf, &loan, e) || !task_get(loan.store, task_urn, c->arena, &task, e) ||
        !vcenter_url_read(s->url, c->arena, &s->url, &host, &s->port, e))
        return false;
    s->urn = urn;
    s->description = s->description ? s->description : "";
    s->uuid = s->version = "";
    s->root_folder = s->root_folder ? s->root_folder : "";
    s->nsxv.urn = ""; /* it is told of when it is attached */
    legacy_start(&l, c, "vmext:RegisterVimServerParams");
    legacy_open(&l, "vmext:VimServer");
    server_body(&l, s, &task);
    legacy_close(&l);
    return legacy_end(&l, 200, REGISTER_TYPE, e);
}

static bool register_server(struct api_call *c, struct err *e)
{
    AUTO(legacy_body_done) struct legacy_in body = { 0 };
    AUTO(virtual_center_done) struct virtual_center v = { .said = { .enabled = true } };
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    if (!legacy_body(c, &body, e))
        return false;
    const struct legacy_in server = legacy_in_child(&body, "VimServer"), shield = legacy_in_child(&body, "ShieldManager");
    if (legacy_in_empty(&server))
        return err_set(e, ERR_INPUT, "VimServer is missing");
    if (!read_server(&server, &v, e) || (!legacy_in_empty(&shield) && !read_shield(&shield, &v, e)))
        return false;
    const struct register_new n = { .said = v.said, .password = &v.password, .nsxv_password = &v.nsxv_password };
    return register_start(c->site, &c->caller, &n, task, urn, e) && answer_registered(c, &v, task, urn, e);
}

static bool put(struct api_call *c, struct err *e)
{
    AUTO(legacy_body_done) struct legacy_in body = { 0 };
    AUTO(virtual_center_done) struct virtual_center v = { 0 };
    char task[STORE_ID_MAX + 1];
    if (!legacy_body(c, &body, e) || (legacy_in_empty(&body) && !err_set(e, ERR_INPUT, "the body is missing")) ||
        !virtual_center_of(c, &v.said, e) || !read_server(&body, &v, e))
        return false;
    const struct edit_new n = { .said = v.said, .password = virtual_center_given(&v.password) };
    return edit_start(c->site, &c->caller, &n, task, e) && api_answer_legacy_task(c, 202, task, e);
}

/* ---- actions ---- */

static bool unregister(struct api_call *c, struct err *e)
{
    const char *urn;
    char task[STORE_ID_MAX + 1];
    return api_param_urn(c, "id", "vimserver", &urn, e) && remove_start(c->site, &c->caller, urn, task, e) &&
           api_answer_legacy_task(c, 202, task, e);
}

static bool ask_anew(struct api_call *c, enum refresh_what what, struct err *e)
{
    const char *urn;
    char task[STORE_ID_MAX + 1];
    return api_param_urn(c, "id", "vimserver", &urn, e) && refresh_start(c->site, &c->caller, urn, what, task, e) &&
           api_answer_legacy_task(c, 202, task, e);
}

static bool refresh(struct api_call *c, struct err *e)
{
    return ask_anew(c, REFRESH_ALL, e);
}

static bool reconnect(struct api_call *c, struct err *e)
{
    return ask_anew(c, REFRESH_RECONNECT, e);
}

static bool refresh_profiles(struct api_call *c, struct err *e)
{
    return ask_anew(c, REFRESH_PROFILES, e);
}

/* ---- hosts: what the last look saw of them ---- */

struct hosts {
    struct legacy *l;
    const char *want; /* UUID of one; NULL = all */
    bool found;
};

/* The legacy face names a host by a UUID; ours is made of what names it for good. */
static const char *host_uuid(const struct api_call *c, const char *key)
{
    uint8_t digest[DIGEST_SHA256];
    char hex[2 * DIGEST_SHA256 + 1];
    digest_sha256(key, strlen(key), digest);
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x80); /* version 8: made by a rule of one's own (RFC 9562 section 5.8) */
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80);
    text_hex(digest, 16, hex);
    return arena_printf(c->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void host_attrs(struct legacy *l, const char *uuid, const struct store_endpoint *ep)
{
    legacy_attr(l, "href", api_href(l->c, EXTENSION "/host/%s", uuid));
    legacy_attr(l, "id", arena_printf(l->c->arena, "urn:vcloud:host:%s", uuid));
    legacy_attr(l, "type", HOST_TYPE "+xml");
    legacy_attr(l, "name", ep->names_len ? ep->names[0] : ep->host);
}

static bool put_host(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct hosts *h = self;
    (void)e;
    if (ep->kind != TRUST_FOR_ESXI)
        return true;
    legacy_item(h->l, "vmext:HostReference");
    host_attrs(h->l, host_uuid(h->l->c, ep->key), ep);
    legacy_close(h->l);
    return true;
}

/* Every row of one vCenter (NULL: of all), page by page. */
static bool each_host(struct store *s, const char *urn, store_endpoint_sink *sink, struct hosts *h, struct err *e);

struct paged {
    store_endpoint_sink *sink;
    void *self;
    size_t seen;
    char after[STORE_ENDPOINT_MAX + 1];
};

static bool one_row(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct paged *p = self;
    p->seen++;
    (void)text_copy(p->after, sizeof(p->after), ep->key);
    return p->sink(p->self, ep, e);
}

static bool each_host(struct store *s, const char *urn, store_endpoint_sink *sink, struct hosts *h, struct err *e)
{
    struct paged p = { .sink = sink, .self = h };
    do {
        const struct store_endpoint_query q = { .urn = urn, .after = p.after[0] ? p.after : NULL };
        p.seen = 0;
        if (!store_endpoint_list(s, &q, one_row, &p, e))
            return false;
    } while (p.seen == STORE_PAGE_MAX);
    return true;
}

static bool host_references(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan loan = { 0 };
    struct vcenter v;
    struct legacy l;
    struct hosts h = { .l = &l };
    if (!virtual_center_of(c, &v, e) || !loan_begin(c->site->shelf, &loan, e))
        return false;
    legacy_start(&l, c, "vmext:VMWHostReferences");
    legacy_attr(&l, "href", server_href(c, v.urn, "/hostReferences"));
    legacy_attr(&l, "type", HOSTS_TYPE "+xml");
    legacy_array(&l, "vmext:HostReference");
    bool ok = each_host(loan.store, v.urn, put_host, &h, e);
    if (ok)
        return legacy_end(&l, 200, HOSTS_TYPE, e);
    if (l.json)
        json_decref(l.at[0]);
    return false;
}

static bool find_host(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct hosts *h = self;
    struct api_call *c = h->l->c;
    (void)e;
    if (h->found || ep->kind != TRUST_FOR_ESXI)
        return true;
    const char *uuid = host_uuid(c, ep->key);
    h->found = strcmp(uuid, h->want) == 0;
    if (!h->found)
        return true;
    legacy_start(h->l, c, "vmext:Host");
    host_attrs(h->l, uuid, ep);
    legacy_ref(h->l, "vmext:VimServer", server_href(c, ep->urn, ""), ep->urn, VIM_SERVER_TYPE "+xml", NULL);
    legacy_leaf(h->l, "vmext:HostName", ep->host);
    legacy_leaf(h->l, "vmext:CertificateRule", ep->rule);
    return true;
}

static bool host(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan loan = { 0 };
    const char *urn;
    struct legacy l = { .c = c };
    if (!api_param_urn(c, "id", "host", &urn, e) || !loan_begin(c->site->shelf, &loan, e))
        return false;
    struct hosts h = { .l = &l, .want = api_uuid(urn) };
    if (!each_host(loan.store, NULL, find_host, &h, e))
        return false;
    return h.found ? legacy_end(&l, 200, HOST_TYPE, e) : err_set(e, ERR_NOT_FOUND, "there is no host of this id");
}

#define VIEW API_LEGACY, RIGHT_VCENTER_VIEW, API_PROVIDER
#define MANAGE API_LEGACY, RIGHT_VCENTER_MANAGE, API_PROVIDER

const struct api_op api_vim_server_ops[] = {
    { "GET", EXTENSION, VIEW, extension, 0 },
    { "GET", EXTENSION "/vimServerReferences", VIEW, references, 0 },
    { "POST", EXTENSION "/action/registervimserver", MANAGE, register_server, 0 },
    { "GET", EXTENSION "/vimServer/{id}", VIEW, get, 0 },
    { "PUT", EXTENSION "/vimServer/{id}", MANAGE, put, 0 },
    { "POST", EXTENSION "/vimServer/{id}/action/unregister", MANAGE, unregister, 0 },
    { "POST", EXTENSION "/vimServer/{id}/action/refresh", MANAGE, refresh, 0 },
    { "POST", EXTENSION "/vimServer/{id}/action/refreshStorageProfiles", MANAGE, refresh_profiles, 0 },
    { "POST", EXTENSION "/vimServer/{id}/action/forcevimserverreconnect", MANAGE, reconnect, 0 },
    { "GET", EXTENSION "/vimServer/{id}/hostReferences", VIEW, host_references, 0 },
    { "GET", EXTENSION "/host/{id}", VIEW, host, 0 },
    { 0 },
};
