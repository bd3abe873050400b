/* Queries of the inventory (vcd-api.md 4.1): each type twice, as tenants ask and as providers do. */
#include <string.h>

#include "api/inventory.h"
#include "api/query_rows.h"
#include "api/task.h"
#include "base/arena.h"
#include "flow/catalog.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"
#include "flow/vcenter.h"
#include "store/store.h"

static struct fiql_value value(const void *at, size_t i)
{
    return ((const struct query_row *)at)->values[i];
}

static const char *show(struct api_call *c, const void *at, size_t i)
{
    const char *ref = ((const struct query_row *)at)->refs[i];
    return ref ? api_entity_href(c, ref) : NULL;
}

static const char *urn(const void *at)
{
    return ((const struct query_row *)at)->urn;
}

static const char *href(struct api_call *c, const void *at)
{
    return api_entity_href(c, urn(at));
}

static const char *vm_href(struct api_call *c, const void *at)
{
    return ((const struct query_row *)at)->in_template ? api_href(c, "/api/vAppTemplate/vm-%s", api_uuid(urn(at))) : href(c, at);
}

static const char *admin_href(struct api_call *c, const void *at)
{
    const char *of = urn(at);
    const char *kind = strncmp(of, CATALOG_URN, strlen(CATALOG_URN)) == 0 ? "catalog" : "vdc";
    return api_href(c, "/api/admin/%s/%s", kind, api_uuid(of));
}

void query_text(struct query_filling *f, const char *s)
{
    f->row->values[f->at++].text = s && s[0] ? s : NULL;
}

void query_number(struct query_filling *f, int64_t n)
{
    f->row->values[f->at++].number = n;
}

void query_ref(struct query_filling *f, const char *of)
{
    f->row->refs[f->at] = of && of[0] ? of : NULL;
    query_text(f, of && of[0] ? api_uuid(of) : NULL);
}

void query_own(struct query_filling *f)
{
    query_text(f, api_uuid(f->row->urn));
    query_text(f, api_uuid(f->row->urn));
}
#define OWN { "href", FIQL_TEXT, false, true }, { "id", FIQL_TEXT, false, true }

/* ---- the names around ---- */

static bool read_around(struct store *s, struct arena *a, struct query_around *r, struct err *e)
{
    return org_list(s, a, &r->orgs, &r->orgs_len, e) && vdc_list(s, NULL, a, &r->vdcs, &r->vdcs_len, e) &&
           vcenter_list(s, a, &r->vcenters, &r->vcenters_len, e) && catalog_list(s, NULL, a, &r->catalogs, &r->catalogs_len, e);
}

int query_by_urn(const void *key, const void *at)
{
    return strcmp(key, *(const char *const *)at);
}

const char *query_org_name(const struct query_around *r, const char *of)
{
    const struct org *o = QUERY_FIND(r->orgs, of);
    return o ? o->name : NULL;
}

const struct vdc *query_vdc_of(const struct query_around *r, const char *of)
{
    static const struct vdc none = { .urn = "", .name = "", .datastore_name = "", .network_name = "", .vcenter = "" };
    const struct vdc *v = QUERY_FIND(r->vdcs, of);
    return v ? v : &none;
}

const char *query_vcenter_name(const struct query_around *r, const char *of)
{
    const struct vcenter *v = QUERY_FIND(r->vcenters, of);
    return v ? v->name : NULL;
}

const char *query_catalog_name(const struct query_around *r, const char *of)
{
    const struct catalog *k = QUERY_FIND(r->catalogs, of);
    return k ? k->name : NULL;
}

/* ---- reading ---- */

struct query_filling query_begin(struct query_asking *q, const char *of)
{
    struct query_row *r = &q->rows[q->len++];
    r->urn = of;
    return (struct query_filling){ r, 0 };
}

void query_room(struct query_asking *q, size_t len)
{
    q->rows = arena_array(q->c->arena, len + 1, sizeof(*q->rows));
}

static bool ask(struct api_call *c, query_fill *fill, const void ***ret, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct query_asking q = { .c = c, .org = c->caller.system ? NULL : c->caller.org };
    if (!loan_begin(c->site->shelf, &l, e) || !store_begin(l.store, STORE_READ, e))
        return false;
    q.s = l.store;
    if (!read_around(l.store, c->arena, &q.around, e) || !fill(&q, e))
        return false;
    const void **rows = arena_array(c->arena, q.len + 1, sizeof(*rows));
    for (size_t i = 0; i < q.len; i++)
        rows[i] = &q.rows[i];
    *ret = rows;
    *ret_len = q.len;
    return true;
}

#define ROWS(name)                                                                                           \
    static bool rows_of_##name(struct api_call *c, const void ***ret, size_t *ret_len, struct err *e)        \
    {                                                                                                        \
        return ask(c, query_fill_##name, ret, ret_len, e);                                                         \
    }
ROWS(catalogs)
ROWS(items)
ROWS(media)
ROWS(networks)
ROWS(pools)
ROWS(profiles)
ROWS(templates)
ROWS(vapps)
ROWS(vdcs)
ROWS(vms)

#define TYPE(name, record, right, provider, fields, href_fn, entity, rows) \
    { name, record "Record", record "Reference", right, provider, query_##fields##_fields, ARRAY_LEN(query_##fields##_fields), value, urn, href_fn, entity, rows, show }

const struct query_type query_inventory_types[] = {
    TYPE("adminCatalog", "AdminCatalog", RIGHT_CATALOG_VIEW, true, catalog, admin_href,
         "application/vnd.vmware.admin.catalog+xml", rows_of_catalogs),
    TYPE("adminCatalogItem", "AdminCatalogItem", RIGHT_CATALOG_VIEW, true, item, href, CATALOG_ITEM_TYPE, rows_of_items),
    TYPE("adminMedia", "AdminMedia", RIGHT_TEMPLATE_VIEW, true, media, href, MEDIA_TYPE, rows_of_media),
    TYPE("adminOrgVdc", "AdminVdc", RIGHT_NONE, true, vdc, admin_href, INVENTORY_ADMIN_VDC_TYPE "+xml", rows_of_vdcs),
    TYPE("adminOrgVdcStorageProfile", "AdminOrgVdcStorageProfile", RIGHT_NONE, true, profile, href,
         INVENTORY_PROFILE_TYPE "+xml", rows_of_profiles),
    TYPE("adminVApp", "AdminVApp", RIGHT_NONE, true, vapp, href, VAPP_TYPE, rows_of_vapps),
    TYPE("adminVAppTemplate", "AdminVAppTemplate", RIGHT_TEMPLATE_VIEW, true, template, href, TEMPLATE_TYPE, rows_of_templates),
    TYPE("adminVM", "AdminVM", RIGHT_NONE, true, vm, vm_href, VM_TYPE, rows_of_vms),
    TYPE("catalog", "Catalog", RIGHT_CATALOG_VIEW, false, catalog, href, CATALOG_TYPE, rows_of_catalogs),
    TYPE("catalogItem", "CatalogItem", RIGHT_CATALOG_VIEW, false, item, href, CATALOG_ITEM_TYPE, rows_of_items),
    TYPE("media", "Media", RIGHT_TEMPLATE_VIEW, false, media, href, MEDIA_TYPE, rows_of_media),
    TYPE("orgVdc", "OrgVdc", RIGHT_NONE, false, vdc, href, INVENTORY_VDC_TYPE "+xml", rows_of_vdcs),
    TYPE("orgVdcNetwork", "OrgVdcNetwork", RIGHT_NONE, false, network, href, INVENTORY_NETWORK_TYPE "+xml", rows_of_networks),
    TYPE("orgVdcStorageProfile", "OrgVdcStorageProfile", RIGHT_NONE, false, profile, href, INVENTORY_PROFILE_TYPE "+xml",
         rows_of_profiles),
    TYPE("resourcePool", "ResourcePool", RIGHT_VCENTER_VIEW, true, pool, href, INVENTORY_VDC_TYPE "+xml", rows_of_pools),
    TYPE("vApp", "VApp", RIGHT_NONE, false, vapp, href, VAPP_TYPE, rows_of_vapps),
    TYPE("vAppTemplate", "VAppTemplate", RIGHT_TEMPLATE_VIEW, false, template, href, TEMPLATE_TYPE, rows_of_templates),
    TYPE("vm", "VM", RIGHT_NONE, false, vm, vm_href, VM_TYPE, rows_of_vms),
    { 0 },
};
