#include <string.h>

#include "api/legacy.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"

#define ORG_TYPE "application/vnd.vmware.vcloud.org"
#define ORG_LIST_TYPE "application/vnd.vmware.vcloud.orgList"
#define ADMIN_ORG_TYPE "application/vnd.vmware.admin.organization"
#define VCLOUD_TYPE "application/vnd.vmware.admin.vcloud"

static bool is_seen(const struct api_call *c, const char *urn)
{
    return c->caller.system || strcmp(urn, c->caller.org) == 0;
}

/* A provider sees all organizations, System itself included; others their own. */
static bool read_orgs(struct api_call *c, struct org **ret, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    size_t len, n = 0;
    if (!loan_begin(c->site->shelf, &l, e) || !org_list(l.store, c->arena, ret, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (is_seen(c, (*ret)[i].urn))
            (*ret)[n++] = (*ret)[i];
    *ret_len = n;
    return true;
}

static void begin(struct legacy *l, struct api_call *c, const char *name, const char *href, const char *type)
{
    legacy_start(l, c, name);
    legacy_attr(l, "href", href);
    legacy_attr(l, "type", arena_printf(c->arena, "%s+%s", type, l->json ? "json" : "xml"));
}

static void item(struct legacy *l, const char *name, const char *href, const char *type, const char *text)
{
    legacy_item(l, name);
    legacy_attr(l, "href", href);
    legacy_attr(l, "name", text);
    legacy_attr(l, "type", type);
    legacy_close(l);
}

/* GET /api/org. go-vcloud-director cuts the id out of the href behind "/api/org/" (trap 12). */
static bool list(struct api_call *c, struct err *e)
{
    struct org *orgs;
    struct legacy l;
    size_t len;
    if (!read_orgs(c, &orgs, &len, e))
        return false;
    begin(&l, c, "OrgList", api_href(c, "/api/org/"), ORG_LIST_TYPE);
    legacy_array(&l, "Org");
    for (size_t i = 0; i < len; i++)
        item(&l, "Org", api_href(c, "/api/org/%s", api_uuid(orgs[i].urn)), ORG_TYPE "+xml", orgs[i].name);
    return legacy_end(&l, 200, ORG_LIST_TYPE, e);
}

static bool get(struct api_call *c, struct org *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    if (!api_param_urn(c, "id", "org", &urn, e))
        return false;
    if (!is_seen(c, urn))
        return err_set(e, ERR_DENIED, "this organization is not yours");
    return loan_begin(c->site->shelf, &l, e) && org_get(l.store, urn, c->arena, ret, e);
}

/* Org and AdminOrg share their beginning; the second says whether it is enabled, and names the first. */
static bool answer_org(struct api_call *c, const struct org *o, bool admin, struct err *e)
{
    struct legacy l;
    const char *type = admin ? ADMIN_ORG_TYPE : ORG_TYPE, *org = api_href(c, "/api/org/%s", api_uuid(o->urn));
    begin(&l, c, admin ? "AdminOrg" : "Org", admin ? api_href(c, "/api/admin/org/%s", api_uuid(o->urn)) : org, type);
    legacy_attr(&l, "id", o->urn);
    legacy_attr(&l, "name", o->name);
    if (admin)
        legacy_link(&l, "alternate", ORG_TYPE "+xml", org);
    else
        legacy_link(&l, "up", ORG_LIST_TYPE "+xml", api_href(c, "/api/org/"));
    legacy_leaf(&l, "Description", o->description);
    legacy_leaf(&l, "FullName", o->display_name);
    if (admin)
        legacy_leaf_bool(&l, "IsEnabled", o->enabled);
    return legacy_end(&l, 200, type, e);
}

static bool one(struct api_call *c, struct err *e)
{
    struct org o;
    return get(c, &o, e) && answer_org(c, &o, false, e);
}

static bool one_admin(struct api_call *c, struct err *e)
{
    struct org o;
    return get(c, &o, e) && answer_org(c, &o, true, e);
}

/* GET /api/admin: clients read the version out of its description, "<version> <date>" (vcd-api.md 1.6). */
static bool vcloud(struct api_call *c, struct err *e)
{
    struct org *orgs;
    struct legacy l;
    size_t len;
    if (!read_orgs(c, &orgs, &len, e))
        return false;
    begin(&l, c, "VCloud", api_href(c, "/api/admin/"), VCLOUD_TYPE);
    legacy_attr(&l, "name", SITE_PRODUCT);
    legacy_leaf(&l, "Description", SITE_VERSION " " SITE_BUILT);
    legacy_open(&l, "OrganizationReferences");
    legacy_array(&l, "OrganizationReference");
    for (size_t i = 0; i < len; i++)
        item(&l, "OrganizationReference", api_href(c, "/api/admin/org/%s", api_uuid(orgs[i].urn)), ADMIN_ORG_TYPE "+xml",
             orgs[i].name);
    legacy_close(&l);
    return legacy_end(&l, 200, VCLOUD_TYPE, e);
}

const struct api_op api_legacy_orgs_ops[] = {
    { "GET", "/api/org", API_LEGACY, RIGHT_NONE, 0, list, 0 },
    { "GET", "/api/org/{id}", API_LEGACY, RIGHT_NONE, 0, one, 0 },
    { "GET", "/api/admin", API_LEGACY, RIGHT_NONE, 0, vcloud, 0 },
    { "GET", "/api/admin/org/{id}", API_LEGACY, RIGHT_ADMIN_VIEW, 0, one_admin, 0 },
    { 0 },
};
