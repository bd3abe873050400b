/* Metadata of what the inventory has: none, and there is no way to give it some (docs/inventory.md). Terraform's provider asks for it with whatever
 * else it reads, and goes no further without an answer. */
#include <string.h>

#include "api/inventory.h"
#include "api/tables.h"
#include "api/task.h"
#include "base/arena.h"
#include "flow/catalog.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"

static bool answer(struct api_call *c, const char *urn, struct err *e)
{
    static const char type[] = "application/vnd.vmware.vcloud.metadata";
    struct legacy l;
    const char *href = api_entity_href(c, urn);
    legacy_begin(&l, c, "Metadata", arena_printf(c->arena, "%s/metadata", href), type);
    legacy_array(&l, "Link");
    legacy_link(&l, "up", NULL, href);
    legacy_array(&l, "MetadataEntry");
    return legacy_end(&l, 200, type, e);
}

static bool param(const struct api_call *c, const char *type, const char **ret, struct err *e)
{
    return api_param_urn(c, "id", type, ret, e) || err_set(e, ERR_DENIED, "No access to entity \"%s\".", api_param(c, "id"));
}

/* Whatever it is, it has to be there for whoever asks. */
#define ABOUT(name, take, what, get)                                                                                     \
    static bool name(struct api_call *c, struct err *e)                                                                  \
    {                                                                                                                    \
        AUTO(loan_end) struct loan l = { 0 };                                                                            \
        struct what x;                                                                                                   \
        const char *urn;                                                                                                 \
        return take && loan_begin(c->site->shelf, &l, e) && get(l.store, &c->caller, urn, c->arena, &x, e) && answer(c, urn, e); \
    }
ABOUT(catalog, param(c, "catalog", &urn, e), catalog, catalog_get)
ABOUT(item, param(c, "catalogitem", &urn, e), catalog_item, catalog_item_get)
ABOUT(media, param(c, "media", &urn, e), media, media_get)
ABOUT(template, inventory_param(c, "vappTemplate", "vapptemplate", &urn, e), template, template_get)
ABOUT(vapp, inventory_param(c, "vapp", "vapp", &urn, e), vapp, vapp_get)
ABOUT(vdc, param(c, "vdc", &urn, e), vdc, vdc_get)
ABOUT(vm, inventory_param(c, "vm", "vm", &urn, e), vm, vm_get)

static bool vapp_or_vm(struct api_call *c, struct err *e)
{
    return inventory_is(c, "vm") ? vm(c, e) : vapp(c, e);
}

static bool org(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct org o;
    const char *urn;
    if (!param(c, "org", &urn, e) || (!c->caller.system && strcmp(urn, c->caller.org) != 0 && !err_set(e, ERR_DENIED, "this organization is not yours")))
        return false;
    return loan_begin(c->site->shelf, &l, e) && org_get(l.store, urn, c->arena, &o, e) && answer(c, urn, e);
}

const struct api_op api_legacy_metadata_ops[] = {
    { "GET", "/api/admin/catalog/{id}/metadata", API_LEGACY, RIGHT_CATALOG_VIEW, 0, catalog, 0 },
    { "GET", "/api/admin/org/{id}/metadata", API_LEGACY, RIGHT_ADMIN_VIEW, 0, org, 0 },
    { "GET", "/api/admin/vdc/{id}/metadata", API_LEGACY, RIGHT_ADMIN_VIEW, 0, vdc, 0 },
    { "GET", "/api/catalog/{id}/metadata", API_LEGACY, RIGHT_CATALOG_VIEW, 0, catalog, 0 },
    { "GET", "/api/catalogItem/{id}/metadata", API_LEGACY, RIGHT_CATALOG_VIEW, 0, item, 0 },
    { "GET", "/api/media/{id}/metadata", API_LEGACY, RIGHT_TEMPLATE_VIEW, 0, media, 0 },
    { "GET", "/api/org/{id}/metadata", API_LEGACY, RIGHT_NONE, 0, org, 0 },
    { "GET", "/api/vApp/{id}/metadata", API_LEGACY, RIGHT_NONE, 0, vapp_or_vm, 0 },
    { "GET", "/api/vAppTemplate/{id}/metadata", API_LEGACY, RIGHT_TEMPLATE_VIEW, 0, template, 0 },
    { "GET", "/api/vdc/{id}/metadata", API_LEGACY, RIGHT_NONE, 0, vdc, 0 },
    { 0 },
};
