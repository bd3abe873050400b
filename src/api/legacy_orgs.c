#include <string.h>

#include "api/legacy.h"
#include "api/tables.h"
#include "api/task.h"
#include "base/arena.h"
#include "flow/catalog.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"
#include "flow/vdc.h"

#define ORG_TYPE "application/vnd.vmware.vcloud.org"
#define ORG_LIST_TYPE "application/vnd.vmware.vcloud.orgList"
#define VDC_TYPE "application/vnd.vmware.vcloud.vdc"
#define RECORDS_TYPE "application/vnd.vmware.vcloud.query.records+xml"
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

/* GET /api/org. go-vcloud-director cuts the id out of the href behind "/api/org/" (trap 12). */
static bool list(struct api_call *c, struct err *e)
{
    struct org *orgs;
    struct legacy l;
    size_t len;
    if (!read_orgs(c, &orgs, &len, e))
        return false;
    legacy_begin(&l, c, "OrgList", api_href(c, "/api/org/"), ORG_LIST_TYPE);
    legacy_array(&l, "Org");
    for (size_t i = 0; i < len; i++)
        legacy_named(&l, "Org", api_href(c, "/api/org/%s", api_uuid(orgs[i].urn)), ORG_TYPE "+xml", orgs[i].name);
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

/* What an organization has, as links of one form and lists of the other. */
struct content {
    struct vdc *vdcs;
    struct catalog *catalogs;
    size_t vdcs_len, catalogs_len;
};

static bool read_content(struct api_call *c, const char *org, struct content *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(c->site->shelf, &l, e) && vdc_list(l.store, org, c->arena, &ret->vdcs, &ret->vdcs_len, e) &&
           catalog_list(l.store, org, c->arena, &ret->catalogs, &ret->catalogs_len, e);
}

/* pyvcloud finds VDCs and catalogs by the query that a link names; its hrefs carry a query, as VCD's do. */
static void content_links(struct legacy *l, const struct org *o, const struct content *k, bool admin)
{
    struct api_call *c = l->c;
    const char *uuid = api_uuid(o->urn);
    for (size_t i = 0; !admin && i < k->vdcs_len; i++) {
        legacy_item(l, "Link");
        legacy_attr(l, "rel", "down");
        legacy_attr(l, "type", VDC_TYPE "+xml");
        legacy_attr(l, "name", k->vdcs[i].name);
        legacy_attr(l, "href", api_entity_href(c, k->vdcs[i].urn));
        legacy_close(l);
    }
    for (size_t i = 0; !admin && i < k->catalogs_len; i++) {
        legacy_item(l, "Link");
        legacy_attr(l, "rel", "down");
        legacy_attr(l, "type", CATALOG_TYPE);
        legacy_attr(l, "name", k->catalogs[i].name);
        legacy_attr(l, "href", api_entity_href(c, k->catalogs[i].urn));
        legacy_close(l);
    }
    legacy_link(l, "down", RECORDS_TYPE, api_href(c, "/api/query?type=%s&format=records&filter=org==%s",
                                                  c->caller.system ? "adminOrgVdc" : "orgVdc", uuid));
    legacy_link(l, "down", RECORDS_TYPE, api_href(c, "/api/query?type=%s&format=records&filter=org==%s",
                                                  c->caller.system ? "adminCatalog" : "catalog", uuid));
    legacy_link(l, "down", "application/vnd.vmware.vcloud.tasksList+xml", api_href(c, "/api/tasksList/%s", uuid));
    if (caller_may(&c->caller, RIGHT_CATALOG_MANAGE))
        legacy_link(l, "add", "application/vnd.vmware.admin.catalog+xml", api_href(c, "/api/admin/org/%s/catalogs", uuid));
}

static void content_lists(struct legacy *l, const struct content *k)
{
    struct api_call *c = l->c;
    legacy_open(l, "Catalogs");
    legacy_array(l, "CatalogReference");
    for (size_t i = 0; i < k->catalogs_len; i++)
        legacy_named(l, "CatalogReference", api_href(c, "/api/admin/catalog/%s", api_uuid(k->catalogs[i].urn)),
                     "application/vnd.vmware.admin.catalog+xml", k->catalogs[i].name);
    legacy_close(l);
    legacy_open(l, "Vdcs");
    legacy_array(l, "Vdc");
    for (size_t i = 0; i < k->vdcs_len; i++)
        legacy_named(l, "Vdc", api_href(c, "/api/admin/vdc/%s", api_uuid(k->vdcs[i].urn)),
                     "application/vnd.vmware.admin.vdc+xml", k->vdcs[i].name);
    legacy_close(l);
}

/* Org and AdminOrg share their beginning; the second says whether it is enabled, and names the first. */
static bool answer_org(struct api_call *c, const struct org *o, bool admin, struct err *e)
{
    struct legacy l;
    struct content content;
    if (!read_content(c, o->urn, &content, e))
        return false;
    const char *type = admin ? ADMIN_ORG_TYPE : ORG_TYPE, *org = api_href(c, "/api/org/%s", api_uuid(o->urn));
    legacy_begin(&l, c, admin ? "AdminOrg" : "Org", admin ? api_href(c, "/api/admin/org/%s", api_uuid(o->urn)) : org, type);
    legacy_attr(&l, "id", o->urn);
    legacy_attr(&l, "name", o->name);
    if (admin)
        legacy_link(&l, "alternate", ORG_TYPE "+xml", org);
    else
        legacy_link(&l, "up", ORG_LIST_TYPE "+xml", api_href(c, "/api/org/"));
    content_links(&l, o, &content, admin);
    legacy_leaf(&l, "Description", o->description);
    legacy_leaf(&l, "FullName", o->display_name);
    legacy_leaf_bool(&l, "IsEnabled", o->enabled);
    if (admin)
        content_lists(&l, &content);
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
    legacy_begin(&l, c, "VCloud", api_href(c, "/api/admin/"), VCLOUD_TYPE);
    legacy_attr(&l, "name", SITE_PRODUCT);
    legacy_leaf(&l, "Description", SITE_VERSION " " SITE_BUILT);
    legacy_open(&l, "OrganizationReferences");
    legacy_array(&l, "OrganizationReference");
    for (size_t i = 0; i < len; i++)
        legacy_named(&l, "OrganizationReference", api_href(c, "/api/admin/org/%s", api_uuid(orgs[i].urn)), ADMIN_ORG_TYPE "+xml",
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
