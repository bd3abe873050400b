#include "lab/inventory.h"

#include <string.h>

/* ---- properties that are references ---- */

static struct lab_value *ref_to(const struct lab_asking *k, struct lab_value *parent, enum lab_mo mo, unsigned n)
{
    struct lab_object o = { .mo = mo, .n = n };
    return lab_ref(k->arena, parent, NULL, lab_object_type(o), lab_object_moid(k, o));
}

static struct lab_value *refs(const struct lab_asking *k)
{
    return lab_array(k->arena, NULL, NULL, "ManagedObjectReference");
}

static struct lab_value *all_of(const struct lab_asking *k, enum lab_mo mo, size_t from, size_t len)
{
    struct lab_value *list = refs(k);
    for (size_t i = 0; i < len; i++)
        (void)ref_to(k, list, mo, (unsigned)(from + i));
    return list;
}

static struct lab_value *name(const struct lab_asking *k, struct lab_object o)
{
    if (o.mo == MO_HOST)
        return lab_string(k->arena, NULL, NULL, k->vc->hosts[o.n].at.name);
    if (o.mo == MO_VM)
        return lab_string(k->arena, NULL, NULL, arena_printf(k->arena, "vm-%u", o.n + 1));
    return lab_string(k->arena, NULL, NULL, lab_object_name(o));
}

static struct lab_value *parent(const struct lab_asking *k, struct lab_object o)
{
    static const enum lab_mo parents[MO_KINDS] = {
        [MO_DATACENTER] = MO_ROOT, [MO_VM_FOLDER] = MO_DATACENTER, [MO_HOST_FOLDER] = MO_DATACENTER,
        [MO_DATASTORE_FOLDER] = MO_DATACENTER, [MO_NETWORK_FOLDER] = MO_DATACENTER, [MO_CLUSTER] = MO_HOST_FOLDER,
        [MO_POOL] = MO_CLUSTER, [MO_DATASTORE] = MO_DATASTORE_FOLDER, [MO_NETWORK] = MO_NETWORK_FOLDER,
        [MO_HOST] = MO_CLUSTER, [MO_VM] = MO_VM_FOLDER,
    };
    return o.mo == MO_ROOT ? NULL : ref_to(k, NULL, parents[o.mo], 0);
}

static struct lab_value *child_entity(const struct lab_asking *k, struct lab_object o)
{
    switch ((int)o.mo) {
    case MO_ROOT: return all_of(k, MO_DATACENTER, 0, 1);
    case MO_VM_FOLDER: return all_of(k, MO_VM, 0, k->vc->vms_len);
    case MO_HOST_FOLDER: return all_of(k, MO_CLUSTER, 0, 1);
    case MO_DATASTORE_FOLDER: return all_of(k, MO_DATASTORE, 0, 1);
    default: return all_of(k, MO_NETWORK, 0, 1);
    }
}

static struct lab_value *child_type(const struct lab_asking *k, struct lab_object o)
{
    static const char *const types[MO_KINDS][3] = {
        [MO_ROOT] = { "Folder", "Datacenter" },
        [MO_VM_FOLDER] = { "Folder", "VirtualMachine", "VirtualApp" },
        [MO_HOST_FOLDER] = { "Folder", "ComputeResource" },
        [MO_DATASTORE_FOLDER] = { "Folder", "StoragePod", "Datastore" },
        [MO_NETWORK_FOLDER] = { "Folder", "Network", "DistributedVirtualSwitch" },
    };
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "String");
    for (size_t i = 0; i < 3 && types[o.mo][i]; i++)
        (void)lab_string(k->arena, list, NULL, types[o.mo][i]);
    return list;
}

static struct lab_value *green(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_text(k->arena, NULL, NULL, "ManagedEntityStatus", "green");
}

#define TO_ONE(fn, mo_)                                                                       \
    static struct lab_value *fn(const struct lab_asking *k, struct lab_object o UNUSED)       \
    {                                                                                         \
        return ref_to(k, NULL, mo_, 0);                                                       \
    }
#define TO_LIST(fn, mo_, len)                                                                 \
    static struct lab_value *fn(const struct lab_asking *k, struct lab_object o UNUSED)       \
    {                                                                                         \
        return all_of(k, mo_, 0, len);                                                        \
    }
TO_ONE(vm_folder, MO_VM_FOLDER)
TO_ONE(host_folder, MO_HOST_FOLDER)
TO_ONE(datastore_folder, MO_DATASTORE_FOLDER)
TO_ONE(network_folder, MO_NETWORK_FOLDER)
TO_ONE(root_pool, MO_POOL)
TO_ONE(cluster, MO_CLUSTER)
TO_LIST(hosts, MO_HOST, k->vc->hosts_len)
TO_LIST(vms, MO_VM, k->vc->vms_len)
TO_LIST(datastores, MO_DATASTORE, 1)
TO_LIST(networks, MO_NETWORK, 1)
TO_LIST(nobody, MO_HOST, 0)

static struct lab_value *cluster_summary(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *s = lab_poly(a, NULL, NULL, "ClusterComputeResourceSummary");
    int64_t n = (int64_t)k->vc->hosts_len;
    (void)lab_int(a, s, "totalCpu", n * 16 * 2400);
    (void)lab_long(a, s, "totalMemory", n * 137438953472);
    (void)lab_text(a, s, "numCpuCores", "xsd:short", arena_printf(a, "%d", (int)(n * 16 % 32768)));
    (void)lab_text(a, s, "numCpuThreads", "xsd:short", arena_printf(a, "%d", (int)(n * 32 % 32768)));
    (void)lab_int(a, s, "effectiveCpu", n * 16 * 2300);
    (void)lab_long(a, s, "effectiveMemory", n * 130000);
    (void)lab_int(a, s, "numHosts", n);
    (void)lab_int(a, s, "numEffectiveHosts", n);
    (void)lab_text(a, s, "overallStatus", "ManagedEntityStatus", "green");
    (void)lab_int(a, s, "currentFailoverLevel", 0);
    (void)lab_int(a, s, "numVmotions", 0);
    return s;
}

static struct lab_value *datastore_summary(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *s = lab_struct(a, NULL, NULL, "DatastoreSummary");
    (void)lab_ref(a, s, "datastore", "Datastore", lab_object_moid(k, o));
    (void)lab_string(a, s, "name", "shared1");
    (void)lab_string(a, s, "url", arena_printf(a, "ds:///vmfs/volumes/%s/", k->vc->uuid));
    (void)lab_long(a, s, "capacity", 10995116277760);
    (void)lab_long(a, s, "freeSpace", 8796093022208);
    (void)lab_bool(a, s, "accessible", true);
    (void)lab_bool(a, s, "multipleHostAccess", true);
    (void)lab_string(a, s, "type", "VMFS");
    (void)lab_string(a, s, "maintenanceMode", "normal");
    return s;
}

static struct lab_value *datastore_mounts(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *list = lab_array(a, NULL, NULL, "DatastoreHostMount");
    for (unsigned i = 0; i < k->vc->hosts_len; i++) {
        struct lab_value *m = lab_struct(a, list, NULL, "DatastoreHostMount");
        (void)lab_ref(a, m, "key", "HostSystem", lab_object_moid(k, (struct lab_object){ .mo = MO_HOST, .n = i }));
        struct lab_value *info = lab_struct(a, m, "mountInfo", "HostMountInfo");
        (void)lab_string(a, info, "path", arena_printf(a, "/vmfs/volumes/%s", k->vc->uuid));
        (void)lab_string(a, info, "accessMode", "readWrite");
        (void)lab_bool(a, info, "mounted", true);
        (void)lab_bool(a, info, "accessible", !(k->vc->hosts[i].at.faults & LAB_FAULT_DISCONNECTED));
    }
    return list;
}

static struct lab_value *network_summary(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *s = lab_struct(k->arena, NULL, NULL, "NetworkSummary");
    (void)lab_ref(k->arena, s, "network", "Network", lab_object_moid(k, o));
    (void)lab_string(k->arena, s, "name", "VM Network");
    (void)lab_bool(k->arena, s, "accessible", true);
    return s;
}

static struct lab_value *content(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_service_content(k, NULL);
}

static struct lab_value *server_clock(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_time(k->arena, NULL, NULL, k->now);
}

static struct lab_value *current_session(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return k->session ? lab_user_session(k, NULL, NULL, k->session) : NULL;
}

static struct lab_value *certificate_info(const struct lab_asking *k, struct lab_object o)
{
    return lab_host_certificate_info(k, o);
}

static struct lab_value *default_locale(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_string(k->arena, NULL, NULL, "en");
}

#define IS(mo) (1u << (mo))
enum {
    FOLDERS = IS(MO_ROOT) | IS(MO_VM_FOLDER) | IS(MO_HOST_FOLDER) | IS(MO_DATASTORE_FOLDER) | IS(MO_NETWORK_FOLDER),
    ENTITIES = FOLDERS | IS(MO_DATACENTER) | IS(MO_CLUSTER) | IS(MO_POOL) | IS(MO_DATASTORE) | IS(MO_NETWORK) |
               IS(MO_HOST) | IS(MO_VM),
};

/* A NULL builder is a property that the type has and nobody has set here. */
static const struct {
    unsigned of;
    const char *name;
    lab_build *build;
} properties[] = {
    { ENTITIES, "name", name },
    { ENTITIES, "parent", parent },
    { ENTITIES, "overallStatus", green },
    { ENTITIES, "configStatus", green },
    { ENTITIES, "customValue", NULL },
    { ENTITIES, "recentTask", NULL },
    { ENTITIES, "permission", NULL },
    { ENTITIES, "effectiveRole", NULL },
    { ENTITIES, "disabledMethod", NULL },
    { ENTITIES, "declaredAlarmState", NULL },
    { ENTITIES, "triggeredAlarmState", NULL },
    { ENTITIES, "alarmActionsEnabled", NULL },
    { ENTITIES, "configIssue", NULL },
    { ENTITIES, "tag", NULL },
    { ENTITIES, "value", NULL },
    { ENTITIES, "availableField", NULL },
    { FOLDERS, "childEntity", child_entity },
    { FOLDERS, "childType", child_type },
    { IS(MO_DATACENTER), "vmFolder", vm_folder },
    { IS(MO_DATACENTER), "hostFolder", host_folder },
    { IS(MO_DATACENTER), "datastoreFolder", datastore_folder },
    { IS(MO_DATACENTER), "networkFolder", network_folder },
    { IS(MO_DATACENTER) | IS(MO_CLUSTER), "datastore", datastores },
    { IS(MO_DATACENTER) | IS(MO_CLUSTER), "network", networks },
    { IS(MO_DATACENTER), "configuration", NULL },
    { IS(MO_CLUSTER), "host", hosts },
    { IS(MO_CLUSTER), "resourcePool", root_pool },
    { IS(MO_CLUSTER), "summary", cluster_summary },
    { IS(MO_CLUSTER), "configuration", NULL },
    { IS(MO_CLUSTER), "configurationEx", NULL },
    { IS(MO_CLUSTER), "environmentBrowser", NULL },
    { IS(MO_POOL), "owner", cluster },
    { IS(MO_POOL), "resourcePool", nobody },
    { IS(MO_POOL), "vm", vms },
    { IS(MO_POOL), "summary", NULL },
    { IS(MO_POOL), "runtime", NULL },
    { IS(MO_POOL), "config", NULL },
    { IS(MO_DATASTORE), "summary", datastore_summary },
    { IS(MO_DATASTORE), "host", datastore_mounts },
    { IS(MO_DATASTORE) | IS(MO_NETWORK), "vm", vms },
    { IS(MO_DATASTORE), "info", NULL },
    { IS(MO_DATASTORE), "browser", NULL },
    { IS(MO_DATASTORE), "capability", NULL },
    { IS(MO_NETWORK), "summary", network_summary },
    { IS(MO_NETWORK), "host", hosts },
    { IS(MO_HOST), "summary", lab_host_summary },
    { IS(MO_HOST), "runtime", lab_host_runtime },
    { IS(MO_HOST), "config", lab_host_config },
    { IS(MO_HOST), "configManager", lab_host_config_manager },
    { IS(MO_HOST), "hardware", lab_host_hardware },
    { IS(MO_HOST), "datastore", lab_host_datastore },
    { IS(MO_HOST), "network", lab_host_network },
    { IS(MO_HOST), "vm", lab_host_vm },
    { IS(MO_HOST), "capability", NULL },
    { IS(MO_HOST), "datastoreBrowser", NULL },
    { IS(MO_HOST), "systemResources", NULL },
    { IS(MO_HOST), "licensableResource", NULL },
    { IS(MO_HOST_CERT_MANAGER), "certificateInfo", certificate_info },
    { IS(MO_VM), "summary", lab_vm_summary },
    { IS(MO_VM), "runtime", lab_vm_runtime },
    { IS(MO_VM), "config", lab_vm_config },
    { IS(MO_VM), "guest", lab_vm_guest },
    { IS(MO_VM), "resourcePool", lab_vm_pool },
    { IS(MO_VM), "datastore", lab_vm_datastore },
    { IS(MO_VM), "network", lab_vm_network },
    { IS(MO_VM), "capability", NULL },
    { IS(MO_VM), "snapshot", NULL },
    { IS(MO_VM), "parentVApp", NULL },
    { IS(MO_VM), "layout", NULL },
    { IS(MO_VM), "layoutEx", NULL },
    { IS(MO_VM), "storage", NULL },
    { IS(MO_VM), "resourceConfig", NULL },
    { IS(MO_VM), "environmentBrowser", NULL },
    { IS(MO_VM), "guestHeartbeatStatus", green },
    { IS(MO_VIEW), "view", lab_view_objects },
    { IS(MO_SERVICE_INSTANCE), "content", content },
    { IS(MO_SERVICE_INSTANCE), "serverClock", server_clock },
    { IS(MO_SERVICE_INSTANCE), "capability", NULL },
    { IS(MO_SESSION_MANAGER), "currentSession", current_session },
    { IS(MO_SESSION_MANAGER), "defaultLocale", default_locale },
    { IS(MO_SESSION_MANAGER), "sessionList", NULL },
    { IS(MO_SESSION_MANAGER), "message", NULL },
    { IS(MO_COLLECTOR), "filter", NULL },
    { IS(MO_VIEW_MANAGER), "viewList", NULL },
};

struct lab_value *lab_property(const struct lab_asking *k, struct lab_object o, const char *wanted, bool *ret_known)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        if (!(properties[i].of & IS(o.mo)) || strcmp(properties[i].name, wanted) != 0)
            continue;
        *ret_known = true;
        return properties[i].build ? properties[i].build(k, o) : NULL;
    }
    *ret_known = false;
    return NULL;
}

const char *lab_property_name(struct lab_object o, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if ((properties[i].of & IS(o.mo)) && n-- == 0)
            return properties[i].name;
    return NULL;
}
