/* vApps (vcd-api.md 4.1), XML and JSON. /api/vApp/{id} is a vApp or a virtual machine, by the beginning of its id. */
#include "api/download.h"
#include "api/inventory.h"
#include "api/tables.h"
#include "api/task.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"

#define DEPLOY_TYPE "application/vnd.vmware.vcloud.deployVAppParams+xml"
#define UNDEPLOY_TYPE "application/vnd.vmware.vcloud.undeployVAppParams+xml"

struct here {
    struct vapp vapp;
    struct vdc vdc;
    struct inventory_vm *vms;
    size_t len;
    struct task *tasks;
    size_t tasks_len;
    int status;
    bool deployed;
};

static bool read_vms(struct api_call *c, struct store *s, struct here *h, struct err *e)
{
    struct vm *vms;
    if (!vm_list(s, &(struct vm_query){ .vapp = h->vapp.urn }, c->arena, &vms, &h->len, e))
        return false;
    h->status = inventory_status_of(vms, h->len);
    h->vms = arena_array(c->arena, h->len + 1, sizeof(*h->vms));
    for (size_t i = 0; i < h->len; i++) {
        h->vms[i].vm = vms[i];
        h->deployed |= inventory_deployed(&vms[i]);
        if (!inventory_vm_complete(c, s, &h->vms[i], e))
            return false;
    }
    return true;
}

static bool read_vapp(struct api_call *c, struct here *h, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    *h = (struct here){ 0 };
    return inventory_param(c, "vapp", "vapp", &urn, e) && loan_begin(c->site->shelf, &l, e) &&
           vapp_get(l.store, &c->caller, urn, c->arena, &h->vapp, e) && vdc_find(l.store, h->vapp.vdc, c->arena, &h->vdc, e) &&
           read_vms(c, l.store, h, e) && task_under_way(l.store, urn, c->arena, &h->tasks, &h->tasks_len, e);
}

static void links(struct legacy *l, const struct here *h, const char *href)
{
    struct arena *a = l->c->arena;
    legacy_array(l, "Link");
    legacy_link(l, "up", INVENTORY_VDC_TYPE "+xml", api_entity_href(l->c, h->vapp.vdc));
    legacy_link(l, "down", "application/vnd.vmware.vcloud.owner+xml", arena_printf(a, "%s/owner", href));
    api_download_links(l, h->vapp.urn, h->status == INVENTORY_OFF && h->len == 1 && caller_may(&l->c->caller, RIGHT_VAPP_DOWNLOAD));
    if (!caller_may(&l->c->caller, RIGHT_VAPP_POWER))
        return;
    if (h->status != INVENTORY_ON && h->len) {
        legacy_link(l, "power:powerOn", NULL, arena_printf(a, "%s/power/action/powerOn", href));
        legacy_link(l, "deploy", DEPLOY_TYPE, arena_printf(a, "%s/action/deploy", href));
    }
    if (h->status == INVENTORY_ON || h->status == INVENTORY_MIXED) {
        static const char *const ops[] = { "powerOff", "reboot", "reset", "shutdown", "suspend" };
        for (size_t i = 0; i < ARRAY_LEN(ops); i++)
            legacy_link(l, arena_printf(a, "power:%s", ops[i]), NULL, arena_printf(a, "%s/power/action/%s", href, ops[i]));
    }
    if (h->deployed)
        legacy_link(l, "undeploy", UNDEPLOY_TYPE, arena_printf(a, "%s/action/undeploy", href));
}

static void network_config(struct legacy *l, const struct here *h)
{
    const char *network = vdc_network_urn(&h->vdc, l->c->arena);
    legacy_leaf(l, "ovf:Info", "The configuration parameters for logical networks");
    legacy_item(l, "NetworkConfig");
    legacy_attr(l, "networkName", h->vdc.network_name);
    legacy_leaf(l, "Description", "");
    legacy_open(l, "Configuration");
    legacy_ref(l, "ParentNetwork", api_entity_href(l->c, network), network, INVENTORY_NETWORK_TYPE "+xml", h->vdc.network_name);
    legacy_leaf(l, "FenceMode", "bridged");
    legacy_leaf_bool(l, "RetainNetInfoAcrossDeployments", false);
    legacy_close(l);
    legacy_leaf_bool(l, "IsDeployed", h->deployed);
    legacy_close(l);
}

static void sections(struct legacy *l, const struct here *h, const char *href)
{
    struct arena *a = l->c->arena;
    legacy_open(l, "LeaseSettingsSection");
    legacy_attr(l, "href", arena_printf(a, "%s/leaseSettingsSection/", href));
    legacy_attr(l, "type", INVENTORY_LEASE_TYPE "+xml");
    inventory_lease(l);
    legacy_close(l);
    legacy_open(l, "NetworkConfigSection");
    legacy_attr(l, "href", arena_printf(a, "%s/networkConfigSection/", href));
    legacy_attr(l, "type", "application/vnd.vmware.vcloud.networkConfigSection+xml");
    network_config(l, h);
    legacy_close(l);
}

static bool answer_vapp(struct api_call *c, struct err *e)
{
    struct here h;
    struct legacy l;
    if (!read_vapp(c, &h, e))
        return false;
    const char *href = api_entity_href(c, h.vapp.urn);
    legacy_begin(&l, c, "VApp", href, INVENTORY_VAPP_TYPE);
    legacy_prefixes(&l);
    legacy_attr(&l, "id", h.vapp.urn);
    legacy_attr(&l, "name", h.vapp.name);
    legacy_attr_number(&l, "status", h.status);
    legacy_attr_bool(&l, "deployed", h.deployed);
    legacy_attr_bool(&l, "ovfDescriptorUploaded", true);
    links(&l, &h, href);
    legacy_leaf(&l, "Description", "");
    inventory_tasks(&l, h.tasks, h.tasks_len);
    sections(&l, &h, href);
    legacy_leaf_time(&l, "DateCreated", h.vapp.made_ms);
    inventory_owner(&l);
    legacy_leaf_bool(&l, "autoNature", h.vapp.alone);
    legacy_leaf_bool(&l, "InMaintenanceMode", false);
    if (h.len) {
        legacy_open(&l, "Children");
        for (size_t i = 0; i < h.len; i++) {
            legacy_item(&l, "Vm");
            inventory_vm_body(&l, &h.vms[i]);
            legacy_close(&l);
        }
        legacy_close(&l);
    }
    return legacy_end(&l, 200, INVENTORY_VAPP_TYPE, e);
}

static bool one(struct api_call *c, struct err *e)
{
    return inventory_is(c, "vm") ? inventory_vm_answer(c, e) : answer_vapp(c, e);
}

static bool owner(struct api_call *c, struct err *e)
{
    static const char type[] = "application/vnd.vmware.vcloud.owner";
    struct here h;
    struct legacy l;
    if (!read_vapp(c, &h, e))
        return false;
    legacy_begin(&l, c, "Owner", arena_printf(c->arena, "%s/owner", api_entity_href(c, h.vapp.urn)), type);
    legacy_open(&l, "User");
    legacy_attr(&l, "name", "system");
    legacy_close(&l);
    return legacy_end(&l, 200, type, e);
}

static bool lease_section(struct api_call *c, struct err *e)
{
    struct here h;
    struct legacy l;
    if (!read_vapp(c, &h, e))
        return false;
    legacy_begin(&l, c, "LeaseSettingsSection", arena_printf(c->arena, "%s/leaseSettingsSection/", api_entity_href(c, h.vapp.urn)), INVENTORY_LEASE_TYPE);
    legacy_prefixes(&l);
    inventory_lease(&l);
    return legacy_end(&l, 200, INVENTORY_LEASE_TYPE, e);
}

static bool network_section(struct api_call *c, struct err *e)
{
    static const char type[] = "application/vnd.vmware.vcloud.networkConfigSection";
    struct here h;
    struct legacy l;
    if (!read_vapp(c, &h, e))
        return false;
    legacy_begin(&l, c, "NetworkConfigSection", arena_printf(c->arena, "%s/networkConfigSection/", api_entity_href(c, h.vapp.urn)), type);
    legacy_prefixes(&l);
    network_config(&l, &h);
    return legacy_end(&l, 200, type, e);
}

#define VAPP "/api/vApp/{id}"

const struct api_op api_legacy_vapp_ops[] = {
    { "GET", VAPP, API_LEGACY, RIGHT_NONE, 0, one, 0 },
    { "GET", VAPP "/leaseSettingsSection", API_LEGACY, RIGHT_NONE, 0, lease_section, 0 },
    { "GET", VAPP "/networkConfigSection", API_LEGACY, RIGHT_NONE, 0, network_section, 0 },
    { "GET", VAPP "/owner", API_LEGACY, RIGHT_NONE, 0, owner, 0 },
    { 0 },
};
