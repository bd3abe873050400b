#include "lab/inventory.h"

#include <string.h>

#include "base/text.h"
#include "lab/lease.h"
#include "lab/task.h"
#include "lab/vm.h"

enum { HOST_FROM = 1000, VM_FROM = 100000, POOL_FROM = 200, DATASTORE_FROM = 300, NETWORK_FROM = 400, OF_EACH = 10 };

/* moid is whole, or the part before the number. */
static const struct {
    const char *moid, *type, *name;
} objects[MO_KINDS] = {
    [MO_SERVICE_INSTANCE] = { "ServiceInstance", "ServiceInstance", NULL },
    [MO_SESSION_MANAGER] = { "SessionManager", "SessionManager", NULL },
    [MO_COLLECTOR] = { "propertyCollector", "PropertyCollector", NULL },
    [MO_VIEW_MANAGER] = { "ViewManager", "ViewManager", NULL },
    [MO_VIEW] = { "session[", "ContainerView", NULL },
    [MO_SEARCH_INDEX] = { "SearchIndex", "SearchIndex", NULL },
    [MO_SETTINGS] = { "VpxSettings", "OptionManager", NULL },
    [MO_CERT_MANAGER] = { "certificateManager", "CertificateManager", NULL },
    [MO_ROOT] = { "group-d1", "Folder", "Datacenters" },
    [MO_DATACENTER] = { "datacenter-2", "Datacenter", "DC1" },
    [MO_VM_FOLDER] = { "group-v3", "Folder", "vm" },
    [MO_HOST_FOLDER] = { "group-h4", "Folder", "host" },
    [MO_DATASTORE_FOLDER] = { "group-s5", "Folder", "datastore" },
    [MO_NETWORK_FOLDER] = { "group-n6", "Folder", "network" },
    [MO_CLUSTER] = { "domain-c7", "ClusterComputeResource", "Cluster1" },
    [MO_POOL] = { "resgroup-8", "ResourcePool", "Resources" },
    [MO_DATASTORE] = { "datastore-9", "Datastore", "shared1" },
    [MO_NETWORK] = { "network-10", "Network", "VM Network" },
    [MO_DATASTORE_BROWSER] = { "datastoreBrowser-datastore-9", "HostDatastoreBrowser", NULL },
    [MO_ENVIRONMENT] = { "envbrowser-7", "EnvironmentBrowser", NULL },
    [MO_HOST] = { "host-", "HostSystem", NULL },
    [MO_VM] = { "vm-", "VirtualMachine", NULL },
    [MO_TASK] = { "task-", "Task", NULL },
    [MO_ALARM] = { "alarm-300", "Alarm", "ESXi Host Certificate Status" },
    [MO_CERT_ALARM] = { "alarm-301", "Alarm", "Certificate Status" },
    [MO_STS_ALARM] = { "alarm-302", "Alarm", "STS signing certificates are about to expire" },
    [MO_TASK_MANAGER] = { "TaskManager", "TaskManager", NULL },
    [MO_LEASE] = { "nfclease-", "HttpNfcLease", NULL },
    [MO_OVF_MANAGER] = { "OvfManager", "OvfManager", NULL },
    [MO_FILE_MANAGER] = { "FileManager", "FileManager", NULL },
    [MO_GUEST_OPERATIONS] = { "guestOperationsManager", "GuestOperationsManager", NULL },
    [MO_GUEST_FILES] = { "guestOperationsFileManager", "GuestFileManager", NULL },
    [MO_GUEST_PROCESSES] = { "guestOperationsProcessManager", "GuestProcessManager", NULL },
    [MO_GUEST_ACCOUNTS] = { "guestOperationsAuthManager", "GuestAuthManager", NULL },
    [MO_DISK_MANAGER] = { "virtualDiskManager", "VirtualDiskManager", NULL },
    [MO_SPEC_MANAGER] = { "CustomizationSpecManager", "CustomizationSpecManager", NULL },
    [MO_AUTHORIZATION] = { "AuthorizationManager", "AuthorizationManager", NULL },
    [MO_LICENSES] = { "LicenseManager", "LicenseManager", NULL },
    [MO_LICENSE_USES] = { "LicenseAssignmentManager", "LicenseAssignmentManager", NULL },
    [MO_PERF] = { "PerfMgr", "PerformanceManager", NULL },
    [MO_DIAGNOSTICS] = { "DiagMgr", "DiagnosticManager", NULL },
    [MO_STORED_DISKS] = { "VStorageObjectManager", "VcenterVStorageObjectManager", NULL },
    [MO_AUTOSTART] = { "autoStartManager-", "HostAutoStartManager", NULL },
    [MO_HOST_SERVICES] = { "serviceSystem-", "HostServiceSystem", NULL },
    [MO_HOST_DATE] = { "dateTimeSystem-", "HostDateTimeSystem", NULL },
    [MO_HOST_OPTIONS] = { "EsxHostAdvSettings-", "OptionManager", NULL },
    [MO_HOST_NETWORK] = { "networkSystem-", "HostNetworkSystem", NULL },
    [MO_LIST_VIEW] = { "session[", "ListView", NULL },
    [MO_EVENT_HISTORY] = { "session[", "EventHistoryCollector", NULL },
    [MO_TASK_HISTORY] = { "session[", "TaskHistoryCollector", NULL },
    [MO_EVENT_MANAGER] = { "EventManager", "EventManager", NULL },
    [MO_HOST_CERT_MANAGER] = { "certificateManager-", "HostCertificateManager", NULL },
};

static const char *const entity_bases[] = { "ManagedEntity", "ExtensibleManagedObject", "ManagedObject" };

/* Of these there are several: where their numbers begin. */
static const struct {
    enum lab_mo mo;
    unsigned from;
} series[] = { { MO_HOST, HOST_FROM }, { MO_VM, VM_FROM }, { MO_HOST_CERT_MANAGER, HOST_FROM }, { MO_AUTOSTART, HOST_FROM },
               { MO_HOST_SERVICES, HOST_FROM }, { MO_HOST_DATE, HOST_FROM }, { MO_HOST_OPTIONS, HOST_FROM }, { MO_HOST_NETWORK, HOST_FROM },
               { MO_TASK, 0 },
               { MO_POOL, POOL_FROM }, { MO_DATASTORE, DATASTORE_FROM }, { MO_NETWORK, NETWORK_FROM },
               { MO_DATASTORE_BROWSER, DATASTORE_FROM }, { MO_LEASE, 0 } };

size_t lab_count(const struct lab_vcenter *vc, enum lab_mo mo)
{
    switch ((int)mo) {
    case MO_HOST:
    case MO_AUTOSTART:
    case MO_HOST_SERVICES:
    case MO_HOST_DATE:
    case MO_HOST_OPTIONS:
    case MO_HOST_NETWORK:
    case MO_HOST_CERT_MANAGER: return vc->hosts_len;
    case MO_VM: return lab_vms_end(vc);
    case MO_TASK: return lab_tasks_end(vc);
    case MO_LEASE: return lab_leases_end(vc);
    case MO_POOL: return 1 + (size_t)vc->plan->pools;
    case MO_DATASTORE:
    case MO_DATASTORE_BROWSER: return 1 + (size_t)vc->plan->datastores;
    case MO_NETWORK: return 1 + (size_t)vc->plan->networks;
    default: return 1;
    }
}

/* "domain-c" of "domain-c7": what stands before the number. */
static size_t prefix_len(const char *moid)
{
    size_t len = strlen(moid);
    while (len && moid[len - 1] >= '0' && moid[len - 1] <= '9')
        len--;
    return len;
}

static bool find_numbered(const struct lab_asking *k, const char *moid, struct lab_object *o)
{
    size_t len = prefix_len(moid);
    for (size_t i = 0; i < ARRAY_LEN(series); i++) {
        const char *of = objects[series[i].mo].moid;
        size_t count = lab_count(k->vc, series[i].mo);
        uint64_t n;
        if (prefix_len(of) != len || strncmp(of, moid, len) != 0 || !count ||
            !text_number(moid + len, series[i].from, series[i].from + count - 1, &n))
            continue;
        o->n = (unsigned)(n - series[i].from);
        o->mo = series[i].mo;
        /* The first pool, datastore and network have numbers of their own. */
        return (o->n || of[len] == '\0') && (o->mo != MO_VM || lab_vm_exists(k->vc, o->n)) &&
               (o->mo != MO_TASK || lab_task_find(k->vc, o->n)) && (o->mo != MO_LEASE || lab_lease_find(k->vc, o->n));
    }
    return false;
}

bool lab_object_find(const struct lab_asking *k, const char *moid, struct lab_object *ret)
{
    struct lab_object o = { .mo = MO_KINDS, .moid = moid };
    for (int i = 0; i < MO_KINDS; i++)
        if (!strcmp(objects[i].moid, moid) && objects[i].moid[strlen(objects[i].moid) - 1] != '-') {
            o.mo = (enum lab_mo)i;
            *ret = o;
            return true;
        }
    if (!strncmp(moid, "session[", 8) ? !lab_session_object(k, moid, &o.mo) : !find_numbered(k, moid, &o))
        return false;
    *ret = o;
    return true;
}

const char *lab_object_moid(const struct lab_asking *k, struct lab_object o)
{
    const char *of = objects[o.mo].moid;
    size_t len = prefix_len(of);
    for (size_t i = 0; i < ARRAY_LEN(series); i++)
        if (series[i].mo == o.mo && (o.n || of[len] == '\0'))
            return arena_printf(k->arena, "%.*s%u", (int)len, of, o.n + series[i].from);
    return lab_object_is_session(o) || (o.mo == MO_COLLECTOR && o.moid) ? o.moid : of;
}

const char *lab_object_type(struct lab_object o)
{
    return objects[o.mo].type;
}

const char *lab_object_name(const struct lab_asking *k, struct lab_object o)
{
    switch ((int)(o.n ? o.mo : MO_KINDS)) {
    case MO_POOL: return arena_printf(k->arena, "pool%u", o.n);
    case MO_DATASTORE: return arena_printf(k->arena, "shared%u", o.n + 1);
    case MO_NETWORK: return arena_printf(k->arena, "VM Network %u", o.n + 1);
    default: return objects[o.mo].name;
    }
}

bool lab_type_is_a(const char *type, const char *base)
{
    static const char *const entities[] = { "Folder", "Datacenter", "ClusterComputeResource", "ResourcePool", "Datastore",
                                            "Network", "HostSystem", "VirtualMachine" };
    if (!strcmp(base, "ManagedObjectView") || !strcmp(base, "View"))
        return !strcmp(type, "ContainerView") || !strcmp(type, "ListView");
    if (!strcmp(base, "HistoryCollector"))
        return !strcmp(type, "EventHistoryCollector") || !strcmp(type, "TaskHistoryCollector");
    if (!strcmp(type, base) || (!strcmp(type, "ClusterComputeResource") && !strcmp(base, "ComputeResource")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(entities); i++)
        for (size_t j = 0; !strcmp(entities[i], type) && j < ARRAY_LEN(entity_bases); j++)
            if (!strcmp(entity_bases[j], base))
                return true;
    return !strcmp(base, "ManagedObject");
}

bool lab_object_is_session(struct lab_object o)
{
    return o.mo == MO_VIEW || o.mo == MO_LIST_VIEW || o.mo == MO_EVENT_HISTORY || o.mo == MO_TASK_HISTORY;
}

bool lab_object_same(struct lab_object a, struct lab_object b)
{
    return a.mo == b.mo && a.n == b.n && (!lab_object_is_session(a) || !strcmp(a.moid, b.moid));
}

uint64_t lab_object_changed(const struct lab_asking *k, struct lab_object o)
{
    if (o.mo == MO_HOST || o.mo == MO_HOST_CERT_MANAGER || (o.mo >= MO_AUTOSTART && o.mo <= MO_HOST_NETWORK))
        return k->vc->hosts[o.n].at.changed;
    if (o.mo == MO_TASK)
        return lab_task_find(k->vc, o.n)->changed;
    if (o.mo == MO_LEASE)
        return lab_lease_find(k->vc, o.n)->changed;
    if (o.mo != MO_VM)
        return k->vc->changed; /* lists of machines and tasks stand in most of the others */
    uint64_t own = lab_vm_changed(k->vc, o.n), host = k->vc->hosts[lab_vm_host(k->vc, o.n)].at.changed;
    return own > host ? own : host;
}

/* Folders and the like, of which there is one each; then those of which there are several. */
static const enum lab_mo several[] = { MO_POOL, MO_DATASTORE, MO_NETWORK };

size_t lab_inventory_len(const struct lab_vcenter *vc)
{
    return OF_EACH + (size_t)(vc->plan->pools + vc->plan->datastores + vc->plan->networks) + vc->hosts_len + lab_vms_end(vc);
}

bool lab_inventory_at(const struct lab_vcenter *vc, size_t i, struct lab_object *ret)
{
    *ret = (struct lab_object){ .mo = (enum lab_mo)(MO_ROOT + i) };
    if (i < OF_EACH)
        return true;
    i -= OF_EACH;
    for (size_t j = 0; j < ARRAY_LEN(several); j++) {
        size_t more = lab_count(vc, several[j]) - 1;
        *ret = (struct lab_object){ .mo = several[j], .n = (unsigned)i + 1 };
        if (i < more)
            return true;
        i -= more;
    }
    *ret = (struct lab_object){ .mo = i < vc->hosts_len ? MO_HOST : MO_VM,
                                .n = (unsigned)(i < vc->hosts_len ? i : i - vc->hosts_len) };
    return ret->mo == MO_HOST || lab_vm_exists(vc, ret->n);
}
