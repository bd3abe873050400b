/* Catalogs, their items, vApp templates and media (vcd-api.md 4.1 to 4.3), XML and JSON. */
#include <string.h>

#include "api/download.h"
#include "api/inventory.h"
#include "api/tables.h"
#include "api/task.h"
#include "api/upload.h"
#include "base/arena.h"
#include "flow/catalog.h"
#include "flow/loan.h"
#include "flow/site.h"

#define ORG_TYPE "application/vnd.vmware.vcloud.org+xml"
#define TYPE "application/vnd.vmware.vcloud.catalog"
#define ADMIN_TYPE "application/vnd.vmware.admin.catalog"
#define ITEM_TYPE "application/vnd.vmware.vcloud.catalogItem"

static void user(struct legacy *l, const char *urn, const char *name)
{
    legacy_open(l, "Owner");
    legacy_attr(l, "type", "application/vnd.vmware.vcloud.owner+xml");
    legacy_ref(l, "User", urn[0] ? api_entity_href(l->c, urn) : NULL, urn, "application/vnd.vmware.admin.user+xml", name);
    legacy_close(l);
}

/* A URN in the path; whatever is none is nobody's. */
static bool param(const struct api_call *c, const char *type, const char **ret, struct err *e)
{
    return api_param_urn(c, "id", type, ret, e) || err_set(e, ERR_DENIED, "No access to entity \"%s\".", api_param(c, "id"));
}

/* ---- catalogs ---- */

struct shelf {
    struct catalog catalog;
    struct catalog_item *items;
    size_t len;
};

static bool read_catalog(struct api_call *c, struct shelf *h, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    return param(c, "catalog", &urn, e) && loan_begin(c->site->shelf, &l, e) &&
           catalog_get(l.store, &c->caller, urn, c->arena, &h->catalog, e) &&
           catalog_item_list(l.store, urn, NULL, c->arena, &h->items, &h->len, e);
}

static void catalog_links(struct legacy *l, const struct catalog *k, bool admin)
{
    struct api_call *c = l->c;
    const char *uuid = api_uuid(k->urn);
    const char *own = api_href(c, "/api/catalog/%s", uuid), *other = api_href(c, "/api/admin/catalog/%s", uuid);
    legacy_array(l, "Link");
    legacy_link(l, "up", ORG_TYPE, api_entity_href(c, k->org));
    legacy_link(l, "alternate", admin ? TYPE "+xml" : ADMIN_TYPE "+xml", admin ? own : other);
    api_upload_links(l, k->urn);
    if (!caller_may(&c->caller, RIGHT_CATALOG_MANAGE))
        return;
    legacy_link(l, "edit", ADMIN_TYPE "+xml", other);
    legacy_link(l, "remove", NULL, other);
}

static bool answer_catalog(struct api_call *c, int status, const struct shelf *h, bool admin, struct err *e)
{
    const struct catalog *k = &h->catalog;
    const char *type = admin ? ADMIN_TYPE : TYPE;
    struct legacy l;
    legacy_begin(&l, c, admin ? "AdminCatalog" : "Catalog",
                 api_href(c, admin ? "/api/admin/catalog/%s" : "/api/catalog/%s", api_uuid(k->urn)), type);
    legacy_attr(&l, "id", k->urn);
    legacy_attr(&l, "name", k->name);
    catalog_links(&l, k, admin);
    legacy_leaf(&l, "Description", k->description);
    user(&l, k->user, k->user_name);
    legacy_open(&l, "CatalogItems");
    legacy_array(&l, "CatalogItem");
    for (size_t i = 0; i < h->len; i++) {
        if (h->items[i].failed)
            continue;
        legacy_item(&l, "CatalogItem");
        legacy_attr(&l, "href", api_entity_href(c, h->items[i].urn));
        legacy_attr(&l, "id", h->items[i].urn);
        legacy_attr(&l, "name", h->items[i].name);
        legacy_attr(&l, "type", CATALOG_ITEM_TYPE);
        legacy_close(&l);
    }
    legacy_close(&l);
    legacy_leaf_bool(&l, "IsPublished", false);
    legacy_leaf_time(&l, "DateCreated", k->made_ms);
    legacy_leaf_number(&l, "VersionNumber", k->version);
    return legacy_end(&l, status, type, e);
}

static bool one(struct api_call *c, struct err *e)
{
    struct shelf h;
    return read_catalog(c, &h, e) && answer_catalog(c, 200, &h, false, e);
}

static bool one_admin(struct api_call *c, struct err *e)
{
    struct shelf h;
    return read_catalog(c, &h, e) && answer_catalog(c, 200, &h, true, e);
}

/* The name is an attribute, the description an element; what is not said stays. */
static bool read_body(struct api_call *c, struct catalog *k, struct err *e)
{
    struct legacy_in in;
    const char *name = NULL, *description = NULL;
    if (!legacy_body(c, &in, e))
        return false;
    bool ok = !legacy_in_empty(&in) || err_set(e, ERR_INPUT, "the body is missing");
    ok = ok && legacy_in_attr(&in, "name", &name, e) && legacy_in_text(&in, "Description", &description, e);
    if (ok && name)
        k->name = arena_strdup(c->arena, name);
    if (ok && description)
        k->description = arena_strdup(c->arena, description);
    legacy_body_done(&in);
    return ok && (k->name[0] || err_set(e, ERR_INPUT, "the catalog needs a name"));
}

static bool add(struct api_call *c, struct err *e)
{
    const char *org;
    struct shelf h = { .catalog = { .name = "", .description = "" } };
    if (!param(c, "org", &org, e))
        return false;
    if (!c->caller.system && strcmp(org, c->caller.org) != 0)
        return err_set(e, ERR_DENIED, "No access to entity \"%s\".", org);
    h.catalog.org = org;
    return read_body(c, &h.catalog, e) && catalog_save(c->site, &c->caller, &h.catalog, c->arena, e) &&
           answer_catalog(c, 201, &h, true, e);
}

static bool change(struct api_call *c, struct err *e)
{
    struct shelf h;
    return read_catalog(c, &h, e) && read_body(c, &h.catalog, e) &&
           catalog_save(c->site, &c->caller, &h.catalog, c->arena, e) && answer_catalog(c, 200, &h, true, e);
}

static bool drop(struct api_call *c, const char *urn, bool recursive, struct err *e)
{
    char task[STORE_ID_MAX + 1];
    return catalog_remove_start(c->site, &c->caller, urn, recursive, task, e) && api_answer_legacy_task(c, 202, task, e);
}

static bool take_away(struct api_call *c, struct err *e)
{
    const char *urn, *recursive;
    return param(c, "catalog", &urn, e) && api_query_value(c, "recursive", &recursive, e) &&
           drop(c, urn, recursive && strcmp(recursive, "true") == 0, e);
}

/* ---- items ---- */

bool api_answer_catalog_item(struct api_call *c, int status, const char *urn, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct catalog_item i;
    struct legacy w;
    if (!loan_begin(c->site->shelf, &l, e) ||
        !catalog_item_get(l.store, &c->caller, urn, c->arena, &i, e))
        return false;
    bool media = strncmp(i.entity, MEDIA_URN, strlen(MEDIA_URN)) == 0;
    const char *href = api_entity_href(c, i.urn);
    legacy_begin(&w, c, "CatalogItem", href, ITEM_TYPE);
    legacy_attr(&w, "id", i.urn);
    legacy_attr(&w, "name", i.name);
    legacy_attr_number(&w, "size", i.size);
    legacy_array(&w, "Link");
    legacy_link(&w, "up", CATALOG_TYPE, api_entity_href(c, i.catalog));
    if (caller_may(&c->caller, RIGHT_TEMPLATE_EDIT))
        legacy_link(&w, "remove", NULL, href);
    legacy_leaf(&w, "Description", i.description);
    legacy_ref(&w, "Entity", api_entity_href(c, i.entity), i.entity, media ? MEDIA_TYPE : TEMPLATE_TYPE, i.name);
    legacy_leaf_time(&w, "DateCreated", i.made_ms);
    legacy_leaf_number(&w, "VersionNumber", 1);
    return legacy_end(&w, status, ITEM_TYPE, e);
}

static bool item(struct api_call *c, struct err *e)
{
    const char *urn;
    return param(c, "catalogitem", &urn, e) && api_answer_catalog_item(c, 200, urn, e);
}

static bool item_away(struct api_call *c, struct err *e)
{
    const char *urn;
    return param(c, "catalogitem", &urn, e) && drop(c, urn, true, e);
}

/* ---- templates ---- */

static void template_vm(struct legacy *l, const struct template *t, const struct template_vm *v)
{
    struct api_call *c = l->c;
    legacy_attr(l, "href", api_href(c, "/api/vAppTemplate/vm-%s", api_uuid(v->urn)));
    legacy_attr(l, "id", v->urn);
    legacy_attr(l, "name", v->name);
    legacy_attr(l, "type", INVENTORY_VM_TYPE "+xml");
    legacy_attr_number(l, "status", t->status);
    legacy_link(l, "up", TEMPLATE_TYPE, api_entity_href(c, t->urn));
    legacy_leaf(l, "Description", "");
    legacy_leaf_time(l, "DateCreated", t->made_ms);
    legacy_leaf(l, "VAppScopedLocalId", api_uuid(v->urn));
}

static void template_body(struct legacy *l, const struct template *t)
{
    struct api_call *c = l->c;
    const char *href = api_entity_href(c, t->urn);
    legacy_array(l, "Link");
    legacy_link(l, "up", INVENTORY_VDC_TYPE "+xml", api_entity_href(c, t->vdc));
    legacy_link(l, "catalogItem", CATALOG_ITEM_TYPE, api_entity_href(c, t->item));
    if (caller_may(&c->caller, RIGHT_TEMPLATE_EDIT))
        legacy_link(l, "remove", NULL, href);
    api_download_links(l, t->urn, t->status == TEMPLATE_READY && caller_may(&c->caller, RIGHT_TEMPLATE_DOWNLOAD));
    legacy_leaf(l, "Description", t->description);
    if (t->status != TEMPLATE_READY)
        api_upload_tasks(l, t->task);
    api_upload_files(l, t->urn);
    user(l, t->user, t->user_name);
    legacy_open(l, "LeaseSettingsSection");
    legacy_attr(l, "href", arena_printf(c->arena, "%s/leaseSettingsSection/", href));
    legacy_attr(l, "type", INVENTORY_LEASE_TYPE "+xml");
    inventory_lease(l);
    legacy_close(l);
    if (t->vms_len) {
        legacy_open(l, "Children");
        for (size_t i = 0; i < t->vms_len; i++) {
            legacy_item(l, "Vm");
            template_vm(l, t, &t->vms[i]);
            legacy_close(l);
        }
        legacy_close(l);
    }
    legacy_leaf_time(l, "DateCreated", t->made_ms);
}

static bool find_template(struct api_call *c, struct template *t, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    return inventory_param(c, "vappTemplate", "vapptemplate", &urn, e) && loan_begin(c->site->shelf, &l, e) &&
           template_get(l.store, &c->caller, urn, c->arena, t, e);
}

/* A machine of one of the templates that the caller sees: there are few. */
static bool answer_template_vm(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    struct template *list;
    struct legacy w;
    size_t len;
    if (!inventory_param(c, "vm", "vm", &urn, e) || !loan_begin(c->site->shelf, &l, e) ||
        !template_list(l.store, c->caller.system ? NULL : c->caller.org, c->arena, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        for (size_t n = 0; n < list[i].vms_len; n++)
            if (strcmp(list[i].vms[n].urn, urn) == 0) {
                legacy_start(&w, c, "Vm");
                template_vm(&w, &list[i], &list[i].vms[n]);
                return legacy_end(&w, 200, INVENTORY_VM_TYPE, e);
            }
    return err_set(e, ERR_DENIED, "No access to entity \"%s\".", urn);
}

static bool template_one(struct api_call *c, struct err *e)
{
    struct template t;
    struct legacy l;
    if (inventory_is(c, "vm"))
        return answer_template_vm(c, e);
    if (!find_template(c, &t, e))
        return false;
    legacy_begin(&l, c, "VAppTemplate", api_entity_href(c, t.urn), "application/vnd.vmware.vcloud.vAppTemplate");
    legacy_attr(&l, "id", t.urn);
    legacy_attr(&l, "name", t.name);
    legacy_attr_number(&l, "status", t.status);
    legacy_attr_bool(&l, "ovfDescriptorUploaded", t.descriptor_there);
    legacy_attr_bool(&l, "goldMaster", false);
    legacy_prefixes(&l);
    template_body(&l, &t);
    return legacy_end(&l, 200, "application/vnd.vmware.vcloud.vAppTemplate", e);
}

static bool template_lease(struct api_call *c, struct err *e)
{
    struct template t;
    struct legacy l;
    if (!find_template(c, &t, e))
        return false;
    legacy_begin(&l, c, "LeaseSettingsSection", arena_printf(c->arena, "%s/leaseSettingsSection/", api_entity_href(c, t.urn)), INVENTORY_LEASE_TYPE);
    legacy_prefixes(&l);
    inventory_lease(&l);
    return legacy_end(&l, 200, INVENTORY_LEASE_TYPE, e);
}

static bool template_away(struct api_call *c, struct err *e)
{
    struct template t;
    return find_template(c, &t, e) && drop(c, t.urn, true, e);
}

/* ---- media ---- */

static bool find_media(struct api_call *c, struct media *m, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    return param(c, "media", &urn, e) && loan_begin(c->site->shelf, &l, e) &&
           media_get(l.store, &c->caller, urn, c->arena, m, e);
}

static bool media_one(struct api_call *c, struct err *e)
{
    struct media m;
    struct legacy l;
    if (!find_media(c, &m, e))
        return false;
    const char *href = api_entity_href(c, m.urn);
    legacy_begin(&l, c, "Media", href, "application/vnd.vmware.vcloud.media");
    legacy_attr(&l, "id", m.urn);
    legacy_attr(&l, "name", m.name);
    legacy_attr_number(&l, "status", m.status);
    legacy_attr(&l, "imageType", m.image_type);
    legacy_attr_number(&l, "size", m.size);
    legacy_array(&l, "Link");
    legacy_link(&l, "up", INVENTORY_VDC_TYPE "+xml", api_entity_href(c, m.vdc));
    legacy_link(&l, "catalogItem", CATALOG_ITEM_TYPE, api_entity_href(c, m.item));
    if (caller_may(&c->caller, RIGHT_TEMPLATE_EDIT))
        legacy_link(&l, "remove", NULL, href);
    api_download_links(&l, m.urn, m.status == CATALOG_RESOLVED && caller_may(&c->caller, RIGHT_TEMPLATE_DOWNLOAD));
    legacy_leaf(&l, "Description", m.description);
    if (m.status != CATALOG_RESOLVED)
        api_upload_tasks(&l, m.task);
    api_upload_files(&l, m.urn);
    api_download_files(&l, m.urn);
    user(&l, m.user, m.user_name);
    return legacy_end(&l, 200, "application/vnd.vmware.vcloud.media", e);
}

static bool media_away(struct api_call *c, struct err *e)
{
    struct media m;
    return find_media(c, &m, e) && drop(c, m.urn, true, e);
}

const struct api_op api_legacy_catalogs_ops[] = {
    { "DELETE", "/api/admin/catalog/{id}", API_LEGACY, RIGHT_CATALOG_MANAGE, 0, take_away, 0 },
    { "GET", "/api/admin/catalog/{id}", API_LEGACY, RIGHT_CATALOG_VIEW, 0, one_admin, 0 },
    { "PUT", "/api/admin/catalog/{id}", API_LEGACY, RIGHT_CATALOG_MANAGE, 0, change, 0 },
    { "POST", "/api/admin/org/{id}/catalogs", API_LEGACY, RIGHT_CATALOG_MANAGE, 0, add, 0 },
    { "GET", "/api/catalog/{id}", API_LEGACY, RIGHT_CATALOG_VIEW, 0, one, 0 },
    { "DELETE", "/api/catalogItem/{id}", API_LEGACY, RIGHT_TEMPLATE_EDIT, 0, item_away, 0 },
    { "GET", "/api/catalogItem/{id}", API_LEGACY, RIGHT_CATALOG_VIEW, 0, item, 0 },
    { "DELETE", "/api/media/{id}", API_LEGACY, RIGHT_TEMPLATE_EDIT, 0, media_away, 0 },
    { "GET", "/api/media/{id}", API_LEGACY, RIGHT_TEMPLATE_VIEW, 0, media_one, 0 },
    { "DELETE", "/api/vAppTemplate/{id}", API_LEGACY, RIGHT_TEMPLATE_EDIT, 0, template_away, 0 },
    { "GET", "/api/vAppTemplate/{id}", API_LEGACY, RIGHT_TEMPLATE_VIEW, 0, template_one, 0 },
    { "GET", "/api/vAppTemplate/{id}/leaseSettingsSection", API_LEGACY, RIGHT_TEMPLATE_VIEW, 0, template_lease, 0 },
    { 0 },
};
