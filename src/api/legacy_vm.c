/* A virtual machine and its sections (vcd-api.md 4.1, 4.5), XML and JSON. */
#include <stdio.h>
#include <string.h>

#include "api/error.h"
#include "api/inventory.h"
#include "api/tables.h"
#include "api/task.h"
#include "base/arena.h"
#include "base/secret.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"
#include "store/sealed.h"

#define DEPLOY_TYPE "application/vnd.vmware.vcloud.deployVAppParams+xml"
#define UNDEPLOY_TYPE "application/vnd.vmware.vcloud.undeployVAppParams+xml"
#define TICKET_TYPE "application/vnd.vmware.vcloud.mksTicket+xml"
#define GC_TYPE "application/vnd.vmware.vcloud.guestCustomizationSection"

static const char *vm_href(const struct api_call *c, const struct inventory_vm *v)
{
    return api_entity_href(c, v->vm.urn);
}

const char *inventory_section_href(const struct api_call *c, const struct inventory_vm *v, const struct inventory_section *s)
{
    return arena_printf(c->arena, "%s/%s/", vm_href(c, v), s->path);
}

/* ---- sections ---- */

static void hardware(struct legacy *l, const struct inventory_vm *v)
{
    legacy_leaf(l, "ovf:Info", "Virtual hardware requirements");
    legacy_open(l, "ovf:System");
    legacy_leaf(l, "VirtualSystemType", v->vm.hardware);
    legacy_close(l);
}

static void operating_system(struct legacy *l, const struct inventory_vm *v)
{
    legacy_attr(l, "ovf:id", gc_is_windows(&v->vm) ? "1" : "101"); /* CIM: Other, LINUX; what it is says the description */
    legacy_leaf(l, "ovf:Info", "Specifies the operating system installed");
    legacy_leaf(l, "ovf:Description", v->vm.guest_os);
}

/* A card of which the inventory says no more than that it is there hangs at the VDC's network when that is the machine's. */
static void network_connection(struct legacy *l, const struct inventory_vm *v)
{
    bool known = v->vm.network[0] && strcmp(v->vm.network, v->vdc.network) == 0;
    legacy_leaf(l, "ovf:Info", "Specifies the available VM network connections");
    legacy_leaf_number(l, "PrimaryNetworkConnectionIndex", 0);
    for (int64_t i = 0; i < v->vm.nics && i < INVENTORY_NICS_MAX; i++) {
        legacy_item(l, "NetworkConnection");
        legacy_attr(l, "network", known && i == 0 ? v->vdc.network_name : "none");
        legacy_attr_bool(l, "needsCustomization", false);
        legacy_leaf_number(l, "NetworkConnectionIndex", i);
        if (i == 0 && v->vm.address[0])
            legacy_leaf(l, "IpAddress", v->vm.address);
        legacy_leaf_bool(l, "IsConnected", known && i == 0);
        legacy_leaf(l, "IpAddressAllocationMode", known && i == 0 ? "DHCP" : "NONE");
        legacy_close(l);
    }
}

static void guest_customization(struct legacy *l, const struct inventory_vm *v)
{
    const struct gc *g = &v->gc;
    const char *self = arena_printf(l->c->arena, "%s/guestCustomizationSection/", vm_href(l->c, v));
    legacy_leaf(l, "ovf:Info", "Specifies Guest OS Customization Settings");
    legacy_leaf_bool(l, "Enabled", g->enabled);
    legacy_leaf_bool(l, "ChangeSid", g->change_sid);
    legacy_leaf(l, "VirtualMachineId", api_uuid(v->vm.urn));
    legacy_leaf_bool(l, "JoinDomainEnabled", g->join_domain);
    legacy_leaf_bool(l, "UseOrgSettings", g->use_org_settings);
    legacy_leaf(l, "DomainName", g->domain[0] ? g->domain : NULL);
    legacy_leaf(l, "DomainUserName", g->domain_user[0] ? g->domain_user : NULL);
    legacy_leaf(l, "MachineObjectOU", g->ou[0] ? g->ou : NULL);
    legacy_leaf_bool(l, "AdminPasswordEnabled", g->admin_password_enabled);
    legacy_leaf_bool(l, "AdminPasswordAuto", g->admin_password_auto);
    legacy_leaf(l, "AdminPassword", v->made_password);
    legacy_leaf_bool(l, "AdminAutoLogonEnabled", g->auto_logon);
    legacy_leaf_number(l, "AdminAutoLogonCount", g->logons);
    legacy_leaf_bool(l, "ResetPasswordRequired", g->reset_password);
    legacy_leaf(l, "CustomizationScript", g->script[0] ? g->script : NULL);
    legacy_leaf(l, "ComputerName", g->computer);
    legacy_link(l, "edit", GC_TYPE "+xml", self);
}

static void runtime_info(struct legacy *l, const struct inventory_vm *v)
{
    legacy_leaf(l, "ovf:Info", "Specifies Runtime info");
    if (v->vm.tools == VM_TOOLS_NONE)
        return;
    legacy_open(l, "VMWareTools");
    legacy_attr(l, "version", v->vm.tools == VM_TOOLS_RUNNING ? "running" : "installed");
    legacy_close(l);
}

static void configured(struct legacy *l, const char *name, int64_t value)
{
    legacy_open(l, name);
    legacy_leaf_number(l, "Configured", value);
    legacy_close(l);
}

static void spec(struct legacy *l, const struct inventory_vm *v)
{
    legacy_attr_bool(l, "Modified", false);
    legacy_leaf(l, "ovf:Info", "Virtual Machine specification");
    legacy_leaf(l, "OsType", v->vm.guest_id);
    legacy_leaf_number(l, "NumCpus", v->vm.cpus);
    legacy_leaf_number(l, "NumCoresPerSocket", v->vm.cores ? v->vm.cores : 1);
    configured(l, "CpuResourceMhz", 0);
    configured(l, "MemoryResourceMb", v->vm.memory_mb);
    legacy_open(l, "MediaSection");
    legacy_close(l);
    legacy_open(l, "DiskSection");
    legacy_close(l);
    legacy_leaf(l, "HardwareVersion", v->vm.hardware);
    legacy_leaf(l, "VmToolsVersion", v->vm.tools == VM_TOOLS_NONE ? "0" : "installed");
    legacy_leaf(l, "VirtualCpuType", "VM64");
}

const struct inventory_section inventory_sections[] = {
    { "ovf:VirtualHardwareSection", "virtualHardwareSection", "application/vnd.vmware.vcloud.virtualHardwareSection", hardware },
    { "ovf:OperatingSystemSection", "operatingSystemSection", "application/vnd.vmware.vcloud.operatingSystemSection",
      operating_system },
    { "NetworkConnectionSection", "networkConnectionSection", "application/vnd.vmware.vcloud.networkConnectionSection",
      network_connection },
    { "GuestCustomizationSection", "guestCustomizationSection", GC_TYPE, guest_customization },
    { "RuntimeInfoSection", "runtimeInfoSection", "application/vnd.vmware.vcloud.virtualHardwareSection", runtime_info },
    { "VmSpecSection", "vmSpecSection", "application/vnd.vmware.vcloud.vmSpecSection", spec },
    { 0 },
};

/* ---- the machine ---- */

static void power_links(struct legacy *l, const struct inventory_vm *v, const char *href)
{
    struct arena *a = l->c->arena;
    bool on = v->vm.power == VM_ON;
    if (!caller_may(&l->c->caller, RIGHT_VAPP_POWER))
        return;
    if (on) {
        static const char *const ops[] = { "powerOff", "reboot", "reset", "shutdown", "suspend" };
        for (size_t i = 0; i < ARRAY_LEN(ops); i++)
            legacy_link(l, arena_printf(a, "power:%s", ops[i]), NULL, arena_printf(a, "%s/power/action/%s", href, ops[i]));
    } else {
        legacy_link(l, "power:powerOn", NULL, arena_printf(a, "%s/power/action/powerOn", href));
        legacy_link(l, "deploy", DEPLOY_TYPE, arena_printf(a, "%s/action/deploy", href));
    }
    if (inventory_deployed(&v->vm))
        legacy_link(l, "undeploy", UNDEPLOY_TYPE, arena_printf(a, "%s/action/undeploy", href));
}

static void links(struct legacy *l, const struct inventory_vm *v, const char *href)
{
    struct api_call *c = l->c;
    legacy_array(l, "Link");
    legacy_link(l, "up", INVENTORY_VAPP_TYPE "+xml", api_entity_href(c, v->vm.vapp));
    power_links(l, v, href);
    if (v->vm.power == VM_ON && caller_may(&c->caller, RIGHT_CONSOLE))
        legacy_link(l, "screen:acquireMksTicket", TICKET_TYPE, arena_printf(c->arena, "%s/screen/action/acquireMksTicket", href));
    if (caller_may(&c->caller, RIGHT_VM_EDIT))
        legacy_link(l, "customizeAtNextPowerOn", NULL, arena_printf(c->arena, "%s/action/customizeAtNextPowerOn", href));
    for (const struct inventory_section *s = inventory_sections; s->name; s++)
        legacy_link(l, "down", arena_printf(c->arena, "%s+xml", s->type), inventory_section_href(c, v, s));
}

static void vim_ref(struct legacy *l, const struct inventory_vm *v, const char *name, const char *moref, const char *type)
{
    if (!moref[0])
        return;
    legacy_open(l, name);
    legacy_ref(l, "vmext:VimServerRef", api_entity_href(l->c, v->vm.vcenter), v->vm.vcenter,
               "application/vnd.vmware.admin.vmwvirtualcenter+xml", v->vcenter_name);
    legacy_leaf(l, "vmext:MoRef", moref);
    legacy_leaf(l, "vmext:VimObjectType", type);
    legacy_close(l);
}

/* Where it is in the vCenter: the provider's to know. */
static void extension(struct legacy *l, const struct inventory_vm *v)
{
    if (!l->c->caller.system)
        return;
    legacy_item(l, "VCloudExtension");
    legacy_attr_bool(l, "required", false);
    legacy_open(l, "vmext:VmVimInfo");
    vim_ref(l, v, "vmext:VmVimObjectRef", v->vm.moref, "VIRTUAL_MACHINE");
    vim_ref(l, v, "vmext:DatastoreVimObjectRef", v->vdc.datastore, "DATASTORE");
    vim_ref(l, v, "vmext:HostVimObjectRef", v->vm.host, "HOST");
    legacy_leaf_number(l, "vmext:VirtualDisksMaxChainLength", 1);
    legacy_close(l);
    legacy_close(l);
}

static void write_section(struct legacy *l, const struct inventory_vm *v, const struct inventory_section *s)
{
    legacy_open(l, s->name);
    legacy_attr(l, "href", inventory_section_href(l->c, v, s));
    legacy_attr(l, "type", arena_printf(l->c->arena, "%s+xml", s->type));
    s->write(l, v);
    legacy_close(l);
}

void inventory_vm_body(struct legacy *l, const struct inventory_vm *v)
{
    const struct vm *m = &v->vm;
    const char *href = vm_href(l->c, v);
    legacy_attr(l, "href", href);
    legacy_attr(l, "type", INVENTORY_VM_TYPE "+xml");
    legacy_attr(l, "id", m->urn);
    legacy_attr(l, "name", m->name);
    legacy_attr_number(l, "status", inventory_status(m->power));
    legacy_attr_bool(l, "deployed", inventory_deployed(m));
    legacy_attr_bool(l, "needsCustomization", v->gc.enabled && v->gc.pending);
    legacy_attr_bool(l, "nestedHypervisorEnabled", false);
    extension(l, v);
    links(l, v, href);
    legacy_leaf(l, "Description", "");
    inventory_tasks(l, v->tasks, v->tasks_len);
    for (const struct inventory_section *s = inventory_sections; s->name; s++)
        write_section(l, v, s);
    legacy_leaf_time(l, "DateCreated", m->made_ms);
    legacy_leaf(l, "VAppScopedLocalId", api_uuid(m->urn));
    legacy_open(l, "VmCapabilities");
    legacy_leaf_bool(l, "MemoryHotAddEnabled", false);
    legacy_leaf_bool(l, "CpuHotAddEnabled", false);
    legacy_close(l);
    legacy_ref(l, "StorageProfile", api_entity_href(l->c, vdc_profile_urn(&v->vdc, l->c->arena)), vdc_profile_urn(&v->vdc, l->c->arena),
               INVENTORY_PROFILE_TYPE "+xml", v->vdc.datastore_name);
}

/* ---- requests ---- */

static bool get_vm(struct api_call *c, struct inventory_vm *v, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(c->site->shelf, &l, e) && inventory_vm_get(c, l.store, v, e);
}

bool inventory_vm_answer(struct api_call *c, struct err *e)
{
    struct inventory_vm v = { 0 };
    struct legacy l;
    if (!get_vm(c, &v, e))
        return false;
    legacy_start(&l, c, "Vm");
    legacy_prefixes(&l);
    inventory_vm_body(&l, &v);
    return legacy_end(&l, 200, INVENTORY_VM_TYPE, e);
}

/* A password that the cell made is known to nobody else: who may change it may read it. */
static bool read_made(struct api_call *c, struct inventory_vm *v, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(secret_done) struct secret made = { 0 };
    if (!v->gc.admin_password_auto || !v->gc.has_admin_password || !caller_may(&c->caller, RIGHT_VM_EDIT))
        return true;
    if (!loan_begin(c->site->shelf, &l, e) || !store_sealed_get(l.store, GC_ADMIN_PASSWORD, v->vm.urn, &made, e))
        return e->kind == ERR_NOT_FOUND;
    v->made_password = arena_strndup(c->arena, (const char *)made.bytes, made.len);
    return true;
}

static bool section(struct api_call *c, const char *path, struct err *e)
{
    struct inventory_vm v = { 0 };
    struct legacy l;
    const struct inventory_section *s = inventory_sections;
    while (strcmp(s->path, path) != 0)
        s++;
    if (!get_vm(c, &v, e) || !read_made(c, &v, e))
        return false;
    legacy_begin(&l, c, s->name, inventory_section_href(c, &v, s), s->type);
    legacy_prefixes(&l);
    s->write(&l, &v);
    return legacy_end(&l, 200, s->type, e);
}

static bool get_hardware(struct api_call *c, struct err *e)
{
    return section(c, "virtualHardwareSection", e);
}

static bool get_os(struct api_call *c, struct err *e)
{
    return section(c, "operatingSystemSection", e);
}

static bool get_network(struct api_call *c, struct err *e)
{
    return section(c, "networkConnectionSection", e);
}

static bool get_gc(struct api_call *c, struct err *e)
{
    return section(c, "guestCustomizationSection", e);
}

static bool get_runtime(struct api_call *c, struct err *e)
{
    return section(c, "runtimeInfoSection", e);
}

static bool get_spec(struct api_call *c, struct err *e)
{
    return section(c, "vmSpecSection", e);
}

/* The root's name is VCD's (vcd-api.md 4.5); the path is all lower case. */
static bool gc_status(struct api_call *c, struct err *e)
{
    struct inventory_vm v = { 0 };
    struct legacy l;
    if (!get_vm(c, &v, e))
        return false;
    legacy_begin(&l, c, "GuestCustomizationStatusSection", arena_printf(c->arena, "%s/guestcustomizationstatus", vm_href(c, &v)),
                 "application/vnd.vmware.vcloud.guestcustomizationstatussection");
    legacy_prefixes(&l);
    char why[ERR_MSG_MAX + 64] = "Guest customization";
    if (v.gc.why[0]) {
        (void)snprintf(why, sizeof(why), "Guest customization failed: ");
        api_task_text(v.gc.why, why + strlen(why), sizeof(why) - strlen(why));
    }
    legacy_leaf(&l, "ovf:Info", why);
    legacy_leaf(&l, "GuestCustStatus", gc_status_name(v.gc.status));
    return legacy_end(&l, 200, "application/vnd.vmware.vcloud.guestcustomizationstatussection", e);
}

static bool capabilities(struct api_call *c, struct err *e)
{
    static const char type[] = "application/vnd.vmware.vcloud.vmCapabilitiesSection";
    struct inventory_vm v = { 0 };
    struct legacy l;
    if (!get_vm(c, &v, e))
        return false;
    legacy_begin(&l, c, "VmCapabilities", arena_printf(c->arena, "%s/vmCapabilities", vm_href(c, &v)), type);
    legacy_leaf_bool(&l, "MemoryHotAddEnabled", false);
    legacy_leaf_bool(&l, "CpuHotAddEnabled", false);
    return legacy_end(&l, 200, type, e);
}

#define VM "/api/vApp/{id}"

const struct api_op api_legacy_vm_ops[] = {
    { "GET", VM "/guestCustomizationSection", API_LEGACY, RIGHT_NONE, 0, get_gc, 0 },
    { "GET", VM "/guestcustomizationstatus", API_LEGACY, RIGHT_NONE, 0, gc_status, 0 },
    { "GET", VM "/networkConnectionSection", API_LEGACY, RIGHT_NONE, 0, get_network, 0 },
    { "GET", VM "/operatingSystemSection", API_LEGACY, RIGHT_NONE, 0, get_os, 0 },
    { "GET", VM "/runtimeInfoSection", API_LEGACY, RIGHT_NONE, 0, get_runtime, 0 },
    { "GET", VM "/virtualHardwareSection", API_LEGACY, RIGHT_NONE, 0, get_hardware, 0 },
    { "GET", VM "/vmCapabilities", API_LEGACY, RIGHT_NONE, 0, capabilities, 0 },
    { "GET", VM "/vmSpecSection", API_LEGACY, RIGHT_NONE, 0, get_spec, 0 },
    { 0 },
};
