/* NSX-T Managers (vcd-api.md 3.7): legacy only, XML and JSON. The SDK reads one by id in JSON after a query. */
#include <string.h>

#include "api/legacy.h"
#include "api/tables.h"
#include "api/virtual_centers.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/nsx.h"
#include "flow/site.h"

#define BASE "/api/admin/extension/nsxtManagers"
#define LIST_TYPE "application/vnd.vmware.admin.networkManagers"
#define NSXT_TYPE "application/vnd.vmware.admin.nsxTmanager"

/* Attributes and children of the element that is open, in the schema's order. */
static void manager_body(struct legacy *l, const struct nsx *n)
{
    const char *href = api_href(l->c, BASE "/%s", api_uuid(n->urn));
    legacy_attr(l, "href", href);
    legacy_attr(l, "id", n->urn);
    legacy_attr(l, "type", NSXT_TYPE "+xml");
    legacy_attr(l, "name", n->name);
    if (l->json) { /* clients decode these as an object and arrays */
        legacy_open(l, "otherAttributes");
        legacy_close(l);
        legacy_array(l, "vCloudExtension");
    }
    legacy_array(l, "Link");
    legacy_link(l, "edit", NSXT_TYPE "+xml", href);
    legacy_link(l, "remove", NSXT_TYPE "+xml", href);
    legacy_leaf(l, "Description", n->description);
    legacy_leaf(l, "vmext:Username", n->username);
    legacy_leaf(l, "vmext:Url", n->url);
    legacy_leaf(l, "vmext:DeploymentType", "ON_PREM");
    if (n->provider_scope[0])
        legacy_leaf(l, "vmext:NetworkProviderScope", n->provider_scope);
    legacy_leaf(l, "vmext:Version", n->version);
    legacy_leaf_bool(l, "vmext:GlobalManager", false);
    legacy_array(l, "vmext:LocalNsxTManagerRef");
}

static bool answer(struct api_call *c, int status, const struct nsx *n, struct err *e)
{
    struct legacy l;
    legacy_start(&l, c, "vmext:NsxTManager");
    manager_body(&l, n);
    return legacy_end(&l, status, NSXT_TYPE, e);
}

static bool list(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan loan = { 0 };
    struct nsx *found;
    size_t len;
    struct legacy l;
    if (!loan_begin(c->site->shelf, &loan, e) || !nsx_list(loan.store, c->arena, &found, &len, e))
        return false;
    legacy_start(&l, c, "vmext:NsxTManagers");
    legacy_attr(&l, "href", api_href(c, BASE));
    legacy_attr(&l, "type", LIST_TYPE "+xml");
    legacy_link(&l, "add", NSXT_TYPE "+xml", api_href(c, BASE));
    legacy_array(&l, "vmext:NsxTManager");
    for (size_t i = 0; i < len; i++) {
        legacy_item(&l, "vmext:NsxTManager");
        manager_body(&l, &found[i]);
        legacy_close(&l);
    }
    return legacy_end(&l, 200, LIST_TYPE, e);
}

static bool find(struct api_call *c, struct nsx *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    return api_param_urn(c, "id", "nsxtmanager", &urn, e) && loan_begin(c->site->shelf, &l, e) &&
           nsx_get(l.store, urn, c->arena, ret, e);
}

static bool get(struct api_call *c, struct err *e)
{
    struct nsx n;
    return find(c, &n, e) && answer(c, 200, &n, e);
}

static bool take(const struct api_call *c, const struct legacy_in *in, const char *name, const char **text, struct err *e)
{
    const char *v;
    if (!legacy_in_text(in, name, &v, e))
        return false;
    if (v)
        *text = arena_strdup(c->arena, v);
    return true;
}

static bool read_body(struct api_call *c, struct nsx *n, struct secret *password, struct err *e)
{
    AUTO(legacy_body_done) struct legacy_in in = { 0 };
    const char *name, *given = NULL;
    if (!legacy_body(c, &in, e) || (legacy_in_empty(&in) && !err_set(e, ERR_INPUT, "the body is missing")) ||
        !legacy_in_attr(&in, "name", &name, e) || !take(c, &in, "Description", &n->description, e) ||
        !take(c, &in, "Username", &n->username, e) || !take(c, &in, "Url", &n->url, e) ||
        !take(c, &in, "NetworkProviderScope", &n->provider_scope, e) || !legacy_in_text(&in, "Password", &given, e))
        return false;
    if (name)
        n->name = arena_strdup(c->arena, name);
    return virtual_center_password(given, password, e);
}

static bool create(struct api_call *c, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    struct nsx n = { .urn = "" };
    return read_body(c, &n, &password, e) && nsx_save(c->site, &c->caller, &n, &password, c->arena, e) && answer(c, 201, &n, e);
}

static bool change(struct api_call *c, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    struct nsx n;
    return find(c, &n, e) && read_body(c, &n, &password, e) &&
           nsx_save(c->site, &c->caller, &n, virtual_center_given(&password), c->arena, e) && answer(c, 200, &n, e);
}

static bool remove_it(struct api_call *c, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "nsxtmanager", &urn, e) || !nsx_remove(c->site, &c->caller, urn, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

#define VIEW API_LEGACY, RIGHT_VCENTER_VIEW, API_PROVIDER
#define MANAGE API_LEGACY, RIGHT_VCENTER_MANAGE, API_PROVIDER

const struct api_op api_nsxt_ops[] = {
    { "GET", BASE, VIEW, list, 0 },
    { "POST", BASE, MANAGE, create, 0 },
    { "GET", BASE "/{id}", VIEW, get, 0 },
    { "PUT", BASE "/{id}", MANAGE, change, 0 },
    { "DELETE", BASE "/{id}", MANAGE, remove_it, 0 },
    { 0 },
};
