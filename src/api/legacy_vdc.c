/* Organization VDCs with their storage profile and their network (vcd-api.md 4.1), XML and JSON. How they are made is in
 * vouchsafe_vdcs.c. */
#include "api/inventory.h"
#include "api/tables.h"
#include "api/task.h"
#include "base/arena.h"
#include "flow/catalog.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/vcenter.h"

#define ORG_TYPE "application/vnd.vmware.vcloud.org+xml"
enum { MIB = 1024 * 1024 };

struct here {
    struct vdc vdc;
    const char *vcenter; /* its name */
    struct vapp *vapps;
    struct template *templates;
    struct media *media;
    size_t vapps_len, templates_len, media_len;
};

static bool get(struct api_call *c, const char *type, struct store *s, struct vdc *ret, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", type, &urn, e))
        return err_set(e, ERR_DENIED, "No access to entity \"%s\".", api_param(c, "id"));
    return vdc_get(s, &c->caller, arena_printf(c->arena, VDC_URN "%s", api_uuid(urn)), c->arena, ret, e);
}

static bool read_vdc(struct api_call *c, struct here *h, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct vcenter v = { .name = "" };
    *h = (struct here){ 0 };
    if (!loan_begin(c->site->shelf, &l, e) || !get(c, "vdc", l.store, &h->vdc, e) ||
        (!vcenter_get(l.store, h->vdc.vcenter, c->arena, &v, e) && e->kind != ERR_NOT_FOUND))
        return false;
    h->vcenter = v.name;
    return vapp_list(l.store, &(struct vapp_query){ .vdc = h->vdc.urn }, c->arena, &h->vapps, &h->vapps_len, e) &&
           template_list(l.store, h->vdc.org, c->arena, &h->templates, &h->templates_len, e) &&
           media_list(l.store, h->vdc.org, c->arena, &h->media, &h->media_len, e);
}

static void capacity(struct legacy *l, const char *name, const char *units)
{
    legacy_open(l, name);
    legacy_leaf(l, "Units", units);
    legacy_leaf_number(l, "Allocated", 0);
    legacy_leaf_number(l, "Limit", 0);
    legacy_leaf_number(l, "Reserved", 0);
    legacy_leaf_number(l, "Used", 0);
    legacy_close(l);
}

static void entity(struct legacy *l, const char *urn, const char *type, const char *name)
{
    legacy_item(l, "ResourceEntity");
    legacy_attr(l, "href", api_entity_href(l->c, urn));
    legacy_attr(l, "id", urn);
    legacy_attr(l, "name", name);
    legacy_attr(l, "type", type);
    legacy_close(l);
}

static void entities(struct legacy *l, const struct here *h)
{
    legacy_open(l, "ResourceEntities");
    legacy_array(l, "ResourceEntity");
    for (size_t i = 0; i < h->vapps_len; i++)
        entity(l, h->vapps[i].urn, VAPP_TYPE, h->vapps[i].name);
    for (size_t i = 0; i < h->templates_len; i++)
        if (template_is_in(&h->templates[i], h->vdc.urn))
            entity(l, h->templates[i].urn, TEMPLATE_TYPE, h->templates[i].name);
    for (size_t i = 0; i < h->media_len; i++)
        if (media_is_in(&h->media[i], h->vdc.urn))
            entity(l, h->media[i].urn, MEDIA_TYPE, h->media[i].name);
    legacy_close(l);
}

/* Nothing is counted here: product 8. */
static void quotas(struct legacy *l)
{
    legacy_leaf_number(l, "NicQuota", 0);
    legacy_leaf_number(l, "NetworkQuota", 0);
    legacy_leaf_number(l, "UsedNetworkCount", 0);
    legacy_leaf_number(l, "VmQuota", 0);
}

static void body(struct legacy *l, const struct here *h, bool admin)
{
    static const char *const versions[] = { "vmx-13", "vmx-14", "vmx-15", "vmx-17", "vmx-18", "vmx-19", "vmx-20", "vmx-21" };
    const struct vdc *v = &h->vdc;
    const char *network = vdc_network_urn(v, l->c->arena), *profile = vdc_profile_urn(v, l->c->arena);
    legacy_leaf(l, "Description", v->description);
    legacy_leaf(l, "AllocationModel", "Flex");
    legacy_open(l, "ComputeCapacity");
    capacity(l, "Cpu", "MHz");
    capacity(l, "Memory", "MB");
    legacy_close(l);
    entities(l, h);
    legacy_open(l, "AvailableNetworks");
    legacy_item(l, "Network");
    legacy_attr(l, "href", api_entity_href(l->c, network));
    legacy_attr(l, "id", network);
    legacy_attr(l, "name", v->network_name);
    legacy_attr(l, "type", INVENTORY_NETWORK_TYPE "+xml");
    legacy_close(l);
    legacy_close(l);
    legacy_open(l, "Capabilities");
    legacy_open(l, "SupportedHardwareVersions");
    for (size_t i = 0; !l->json && i < ARRAY_LEN(versions); i++)
        legacy_leaf(l, "SupportedHardwareVersion", versions[i]);
    legacy_close(l);
    legacy_close(l);
    quotas(l);
    legacy_leaf_bool(l, "IsEnabled", v->enabled);
    legacy_open(l, "VdcStorageProfiles");
    legacy_item(l, "VdcStorageProfile");
    legacy_attr(l, "href", api_entity_href(l->c, profile));
    legacy_attr(l, "id", profile);
    legacy_attr(l, "name", v->datastore_name);
    legacy_attr(l, "type", INVENTORY_PROFILE_TYPE "+xml");
    legacy_close(l);
    legacy_close(l);
    if (!admin || !l->c->caller.system)
        return; /* where it is in which vCenter is the provider's to know */
    legacy_leaf_bool(l, "IsThinProvision", true);
    legacy_open(l, "ResourcePoolRefs");
    legacy_item(l, "vmext:VimObjectRef");
    legacy_ref(l, "vmext:VimServerRef", api_entity_href(l->c, v->vcenter), v->vcenter,
               "application/vnd.vmware.admin.vmwvirtualcenter+xml", h->vcenter);
    legacy_leaf(l, "vmext:MoRef", v->pool);
    legacy_leaf(l, "vmext:VimObjectType", "RESOURCE_POOL");
    legacy_close(l);
    legacy_close(l);
    legacy_leaf_bool(l, "VmDiscoveryEnabled", true);
}

static bool answer(struct api_call *c, bool admin, struct err *e)
{
    struct here h;
    struct legacy l;
    if (!read_vdc(c, &h, e))
        return false;
    const char *type = admin ? INVENTORY_ADMIN_VDC_TYPE : INVENTORY_VDC_TYPE, *uuid = api_uuid(h.vdc.urn);
    const char *own = api_href(c, "/api/vdc/%s", uuid), *other = api_href(c, "/api/admin/vdc/%s", uuid);
    legacy_begin(&l, c, admin ? "AdminVdc" : "Vdc", admin ? other : own, type);
    legacy_prefixes(&l);
    legacy_attr(&l, "id", h.vdc.urn);
    legacy_attr(&l, "name", h.vdc.name);
    legacy_attr_number(&l, "status", 1);
    legacy_array(&l, "Link");
    legacy_link(&l, "up", ORG_TYPE, api_entity_href(c, h.vdc.org));
    if (admin || c->caller.system)
        legacy_link(&l, "alternate", admin ? INVENTORY_VDC_TYPE "+xml" : INVENTORY_ADMIN_VDC_TYPE "+xml", admin ? own : other);
    body(&l, &h, admin);
    return legacy_end(&l, 200, type, e);
}

static bool one(struct api_call *c, struct err *e)
{
    return answer(c, false, e);
}

static bool one_admin(struct api_call *c, struct err *e)
{
    return answer(c, true, e);
}

/* What a VDC has one of: its own UUID names it. */
static bool twin(struct api_call *c, const char *type, struct vdc *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(c->site->shelf, &l, e) && get(c, type, l.store, ret, e);
}

static bool profile(struct api_call *c, struct err *e)
{
    struct vdc v;
    struct legacy l;
    if (!twin(c, "vdcstorageProfile", &v, e))
        return false;
    const char *urn = vdc_profile_urn(&v, c->arena);
    legacy_begin(&l, c, "VdcStorageProfile", api_entity_href(c, urn), INVENTORY_PROFILE_TYPE);
    legacy_attr(&l, "id", urn);
    legacy_attr(&l, "name", v.datastore_name);
    legacy_link(&l, "up", INVENTORY_VDC_TYPE "+xml", api_entity_href(c, v.urn));
    legacy_leaf_bool(&l, "Enabled", true);
    legacy_leaf(&l, "Units", "MB");
    legacy_leaf_number(&l, "Limit", v.capacity_bytes / MIB);
    legacy_leaf_bool(&l, "Default", true);
    legacy_leaf_number(&l, "StorageUsedMB", 0);
    return legacy_end(&l, 200, INVENTORY_PROFILE_TYPE, e);
}

static bool network(struct api_call *c, struct err *e)
{
    struct vdc v;
    struct legacy l;
    if (!twin(c, "network", &v, e))
        return false;
    const char *urn = vdc_network_urn(&v, c->arena);
    legacy_begin(&l, c, "OrgVdcNetwork", api_entity_href(c, urn), INVENTORY_NETWORK_TYPE);
    legacy_attr(&l, "id", urn);
    legacy_attr(&l, "name", v.network_name);
    legacy_attr_number(&l, "status", 1);
    legacy_link(&l, "up", INVENTORY_VDC_TYPE "+xml", api_entity_href(c, v.urn));
    legacy_leaf(&l, "Description", "");
    legacy_open(&l, "Configuration");
    legacy_leaf(&l, "FenceMode", "bridged");
    legacy_leaf_bool(&l, "RetainNetInfoAcrossDeployments", false);
    legacy_close(&l);
    legacy_leaf_bool(&l, "IsShared", false);
    return legacy_end(&l, 200, INVENTORY_NETWORK_TYPE, e);
}

const struct api_op api_legacy_vdc_ops[] = {
    { "GET", "/api/admin/vdc/{id}", API_LEGACY, RIGHT_ADMIN_VIEW, 0, one_admin, 0 },
    { "GET", "/api/network/{id}", API_LEGACY, RIGHT_NONE, 0, network, 0 },
    { "GET", "/api/vdc/{id}", API_LEGACY, RIGHT_NONE, 0, one, 0 },
    { "GET", "/api/vdcStorageProfile/{id}", API_LEGACY, RIGHT_NONE, 0, profile, 0 },
    { 0 },
};
