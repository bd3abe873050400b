#include "lab/alarm.h"

#include <string.h>

#include "lab/event.h"
#include "lab/lease.h"
#include "lab/task.h"
#include "lab/vm.h"

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
        return lab_string(k->arena, NULL, NULL, lab_vm_name(k, o.n));
    return lab_string(k->arena, NULL, NULL, lab_object_name(k, o));
}

static struct lab_value *parent(const struct lab_asking *k, struct lab_object o)
{
    static const enum lab_mo parents[MO_KINDS] = {
        [MO_DATACENTER] = MO_ROOT, [MO_VM_FOLDER] = MO_DATACENTER, [MO_HOST_FOLDER] = MO_DATACENTER,
        [MO_DATASTORE_FOLDER] = MO_DATACENTER, [MO_NETWORK_FOLDER] = MO_DATACENTER, [MO_CLUSTER] = MO_HOST_FOLDER,
        [MO_POOL] = MO_CLUSTER, [MO_DATASTORE] = MO_DATASTORE_FOLDER, [MO_NETWORK] = MO_NETWORK_FOLDER,
        [MO_HOST] = MO_CLUSTER, [MO_VM] = MO_VM_FOLDER,
    };
    if (o.mo == MO_POOL && o.n)
        return ref_to(k, NULL, MO_POOL, 0);
    return o.mo == MO_ROOT ? NULL : ref_to(k, NULL, parents[o.mo], 0);
}

/* Of a pool, datastore or network its own; of the folder all. */
static struct lab_value *vms(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *list = refs(k);
    bool all = o.mo == MO_VM_FOLDER || (o.mo == MO_NETWORK && !k->vc->plan->networks) ||
               (o.mo == MO_DATASTORE && !k->vc->plan->datastores);
    for (unsigned i = 0; i < lab_vms_end(k->vc); i++) {
        if (!lab_vm_exists(k->vc, i) || (!all && !lab_vm_uses(k, i, o)))
            continue;
        (void)ref_to(k, list, MO_VM, i);
    }
    return list;
}

static struct lab_value *child_entity(const struct lab_asking *k, struct lab_object o)
{
    switch ((int)o.mo) {
    case MO_ROOT: return all_of(k, MO_DATACENTER, 0, 1);
    case MO_VM_FOLDER: return vms(k, o);
    case MO_HOST_FOLDER: return all_of(k, MO_CLUSTER, 0, 1);
    case MO_DATASTORE_FOLDER: return all_of(k, MO_DATASTORE, 0, lab_count(k->vc, MO_DATASTORE));
    default: return all_of(k, MO_NETWORK, 0, lab_count(k->vc, MO_NETWORK));
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
TO_ONE(environment, MO_ENVIRONMENT)
TO_ONE(guest_accounts, MO_GUEST_ACCOUNTS)
TO_ONE(guest_files, MO_GUEST_FILES)
TO_ONE(guest_processes, MO_GUEST_PROCESSES)
TO_ONE(license_uses, MO_LICENSE_USES)
TO_LIST(hosts, MO_HOST, k->vc->hosts_len)
TO_LIST(datastores, MO_DATASTORE, lab_count(k->vc, MO_DATASTORE))
TO_LIST(networks, MO_NETWORK, lab_count(k->vc, MO_NETWORK))

static struct lab_value *pools(const struct lab_asking *k, struct lab_object o)
{
    return all_of(k, MO_POOL, 1, o.n ? 0 : lab_count(k->vc, MO_POOL) - 1);
}

static struct lab_value *browser(const struct lab_asking *k, struct lab_object o)
{
    return ref_to(k, NULL, MO_DATASTORE_BROWSER, o.mo == MO_DATASTORE ? o.n : 0);
}

static struct lab_value *browsed(const struct lab_asking *k, struct lab_object o)
{
    return all_of(k, MO_DATASTORE, o.n, 1);
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

static struct lab_value *locales(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "String");
    (void)lab_string(k->arena, list, NULL, "en");
    return list;
}

static struct lab_value *task_collectors(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_int(k->arena, NULL, NULL, 32);
}

static struct lab_value *capability(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "Capability");
    (void)lab_bool(k->arena, v, "provisioningSupported", true);
    (void)lab_bool(k->arena, v, "multiHostSupported", true);
    (void)lab_bool(k->arena, v, "userShellAccessSupported", false);
    return v;
}

#define IS(mo) (UINT64_C(1) << (mo))
#define FOLDERS \
    (IS(MO_ROOT) | IS(MO_VM_FOLDER) | IS(MO_HOST_FOLDER) | IS(MO_DATASTORE_FOLDER) | IS(MO_NETWORK_FOLDER))
#define ABOVE_HOSTS (IS(MO_ROOT) | IS(MO_DATACENTER) | IS(MO_HOST_FOLDER) | IS(MO_CLUSTER))
#define ENTITIES \
    (FOLDERS | IS(MO_DATACENTER) | IS(MO_CLUSTER) | IS(MO_POOL) | IS(MO_DATASTORE) | IS(MO_NETWORK) | \
     IS(MO_HOST) | IS(MO_VM))

/* A NULL builder is a property that the type has and nobody has set here. */
static const struct {
    uint64_t of;
    const char *name;
    lab_build *build;
} properties[] = {
    { ENTITIES, "name", name },
    { ENTITIES, "parent", parent },
    { ENTITIES & ~(IS(MO_HOST) | IS(MO_ROOT)), "overallStatus", green },
    { IS(MO_ROOT), "overallStatus", lab_root_status },
    { IS(MO_HOST), "overallStatus", lab_host_status },
    { ENTITIES, "configStatus", green },
    { ENTITIES, "customValue", NULL },
    { ENTITIES, "recentTask", lab_task_recent_of },
    { ENTITIES & ~IS(MO_ROOT), "permission", NULL },
    { IS(MO_ROOT), "permission", lab_root_permission },
    { ENTITIES, "effectiveRole", lab_effective_role },
    { ENTITIES, "disabledMethod", NULL },
    { ENTITIES, "declaredAlarmState", NULL },
    { ENTITIES & ~(ABOVE_HOSTS | IS(MO_HOST)), "triggeredAlarmState", NULL },
    { ABOVE_HOSTS, "triggeredAlarmState", lab_tree_alarms },
    { IS(MO_HOST), "triggeredAlarmState", lab_host_alarms },
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
    { IS(MO_DATACENTER), "configuration", lab_datacenter_configuration },
    { IS(MO_CLUSTER), "host", hosts },
    { IS(MO_CLUSTER), "resourcePool", root_pool },
    { IS(MO_CLUSTER), "summary", lab_cluster_summary },
    { IS(MO_CLUSTER), "summaryEx", lab_cluster_summary },
    { IS(MO_CLUSTER), "configuration", lab_cluster_configuration },
    { IS(MO_CLUSTER), "configurationEx", lab_cluster_configuration_ex },
    { IS(MO_CLUSTER) | IS(MO_VM), "environmentBrowser", environment },
    { IS(MO_CLUSTER), "actionHistory", NULL },
    { IS(MO_CLUSTER), "configManagerEnabled", NULL },
    { IS(MO_CLUSTER), "drsFault", NULL },
    { IS(MO_CLUSTER), "drsRecommendation", NULL },
    { IS(MO_CLUSTER), "hciConfig", NULL },
    { IS(MO_CLUSTER), "lifecycleManaged", NULL },
    { IS(MO_CLUSTER), "migrationHistory", NULL },
    { IS(MO_CLUSTER), "recommendation", NULL },
    { IS(MO_ENVIRONMENT), "datastoreBrowser", browser },
    { IS(MO_POOL), "owner", cluster },
    { IS(MO_POOL), "resourcePool", pools },
    { IS(MO_POOL), "vm", vms },
    { IS(MO_POOL), "summary", lab_pool_summary },
    { IS(MO_POOL), "runtime", lab_pool_runtime },
    { IS(MO_POOL), "config", lab_pool_config },
    { IS(MO_POOL), "childConfiguration", NULL },
    { FOLDERS | IS(MO_POOL), "namespace", NULL },
    { IS(MO_DATASTORE), "summary", lab_datastore_summary },
    { IS(MO_DATASTORE), "host", lab_datastore_mounts },
    { IS(MO_DATASTORE) | IS(MO_NETWORK), "vm", vms },
    { IS(MO_DATASTORE), "info", lab_datastore_info },
    { IS(MO_DATASTORE), "browser", browser },
    { IS(MO_DATASTORE), "capability", lab_datastore_capability },
    { IS(MO_DATASTORE), "iormConfiguration", NULL },
    { IS(MO_DATASTORE_BROWSER), "datastore", browsed },
    { IS(MO_DATASTORE_BROWSER), "supportedType", NULL },
    { IS(MO_NETWORK), "summary", lab_network_summary },
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
    { IS(MO_HOST), "datastoreBrowser", browser },
    { IS(MO_HOST), "systemResources", NULL },
    { IS(MO_HOST), "licensableResource", lab_host_licensable },
    { IS(MO_HOST), "answerFileValidationResult", NULL },
    { IS(MO_HOST), "answerFileValidationState", NULL },
    { IS(MO_HOST), "complianceCheckResult", NULL },
    { IS(MO_HOST), "complianceCheckState", NULL },
    { IS(MO_HOST), "precheckRemediationResult", NULL },
    { IS(MO_HOST), "remediationResult", NULL },
    { IS(MO_HOST), "remediationState", NULL },
    { IS(MO_ALARM) | IS(MO_CERT_ALARM) | IS(MO_STS_ALARM), "info", lab_alarm_info },
    { IS(MO_HOST_CERT_MANAGER), "certificateInfo", certificate_info },
    { IS(MO_HOST_CERT_MANAGER), "certificateInfoList", lab_host_certificate_list },
    { IS(MO_VM), "summary", lab_vm_summary },
    { IS(MO_VM), "runtime", lab_vm_runtime },
    { IS(MO_VM), "config", lab_vm_config },
    { IS(MO_VM), "guest", lab_vm_guest },
    { IS(MO_VM), "resourcePool", lab_vm_pool },
    { IS(MO_VM), "datastore", lab_vm_datastore },
    { IS(MO_VM), "network", lab_vm_network },
    { IS(MO_VM), "capability", lab_vm_capability },
    { IS(MO_VM), "rootSnapshot", NULL },
    { IS(MO_VM), "snapshot", NULL },
    { IS(MO_VM), "parentVApp", NULL },
    { IS(MO_VM), "layout", NULL },
    { IS(MO_VM), "layoutEx", NULL },
    { IS(MO_VM), "storage", NULL },
    { IS(MO_VM), "resourceConfig", NULL },
    { IS(MO_VM), "guestHeartbeatStatus", lab_vm_heartbeat },
    { IS(MO_VIEW) | IS(MO_LIST_VIEW), "view", lab_view_objects },
    { IS(MO_EVENT_HISTORY), "latestPage", lab_latest_events },
    { IS(MO_TASK_HISTORY), "latestPage", lab_latest_tasks },
    { IS(MO_EVENT_HISTORY) | IS(MO_TASK_HISTORY), "filter", NULL },
    { IS(MO_EVENT_HISTORY) | IS(MO_TASK_HISTORY), "initialized", NULL },
    { IS(MO_VIEW), "container", lab_view_container },
    { IS(MO_VIEW), "type", lab_view_types },
    { IS(MO_VIEW), "recursive", lab_view_recursive },
    { IS(MO_SERVICE_INSTANCE), "content", content },
    { IS(MO_SERVICE_INSTANCE), "serverClock", server_clock },
    { IS(MO_SERVICE_INSTANCE), "capability", capability },
    { IS(MO_SESSION_MANAGER), "currentSession", current_session },
    { IS(MO_SESSION_MANAGER), "defaultLocale", default_locale },
    { IS(MO_SESSION_MANAGER), "sessionList", lab_session_list },
    { IS(MO_SESSION_MANAGER), "messageLocaleList", locales },
    { IS(MO_SESSION_MANAGER), "supportedLocaleList", locales },
    { IS(MO_SESSION_MANAGER), "message", NULL },
    { IS(MO_SETTINGS), "setting", lab_option_settings },
    { IS(MO_SETTINGS), "supportedOption", NULL },
    { IS(MO_COLLECTOR), "filter", NULL },
    { IS(MO_VIEW_MANAGER), "viewList", NULL },
    { IS(MO_TASK), "info", lab_task_info },
    { IS(MO_TASK), "value", NULL },
    { IS(MO_TASK), "availableField", NULL },
    { IS(MO_TASK_MANAGER), "recentTask", lab_task_recent },
    { IS(MO_TASK_MANAGER), "description", lab_task_description },
    { IS(MO_TASK_MANAGER) | IS(MO_EVENT_MANAGER), "maxCollector", task_collectors },
    { IS(MO_GUEST_OPERATIONS), "authManager", guest_accounts },
    { IS(MO_GUEST_OPERATIONS), "fileManager", guest_files },
    { IS(MO_GUEST_OPERATIONS), "processManager", guest_processes },
    { IS(MO_GUEST_OPERATIONS), "guestWindowsRegistryManager", NULL },
    { IS(MO_GUEST_OPERATIONS), "aliasManager", NULL },
    { IS(MO_LEASE), "state", lab_lease_state },
    { IS(MO_LEASE), "info", lab_lease_info },
    { IS(MO_LEASE), "error", lab_lease_error },
    { IS(MO_LEASE), "initializeProgress", lab_lease_progress },
    { IS(MO_LEASE), "transferProgress", lab_lease_transfer },
    { IS(MO_LEASE), "mode", lab_lease_mode },
    { IS(MO_LEASE), "capabilities", lab_lease_capabilities },
    { IS(MO_SPEC_MANAGER), "info", lab_custom_specs },
    { IS(MO_SPEC_MANAGER), "encryptionKey", NULL },
    { IS(MO_OVF_MANAGER), "ovfImportOption", NULL },
    { IS(MO_OVF_MANAGER), "ovfExportOption", NULL },
    { IS(MO_EVENT_MANAGER), "description", lab_event_description },
    { IS(MO_EVENT_MANAGER), "latestEvent", lab_event_latest },
    { IS(MO_AUTHORIZATION), "roleList", lab_role_list },
    { IS(MO_AUTHORIZATION), "privilegeList", lab_privilege_list },
    { IS(MO_AUTHORIZATION), "description", lab_authorization_description },
    { IS(MO_LICENSES), "source", lab_license_source },
    { IS(MO_LICENSES), "sourceAvailable", lab_license_available },
    { IS(MO_LICENSES), "diagnostics", NULL },
    { IS(MO_LICENSES), "featureInfo", NULL },
    { IS(MO_LICENSES), "licensedEdition", lab_license_edition },
    { IS(MO_LICENSES), "licenses", lab_license_list },
    { IS(MO_LICENSES), "licenseAssignmentManager", license_uses },
    { IS(MO_LICENSES), "evaluation", lab_license_evaluation },
    { IS(MO_PERF), "description", lab_perf_description },
    { IS(MO_PERF), "historicalInterval", lab_perf_intervals },
    { IS(MO_PERF), "perfCounter", lab_perf_counters },
    { IS(MO_AUTOSTART), "config", lab_host_autostart },
    { IS(MO_HOST_SERVICES), "serviceInfo", lab_host_services },
    { IS(MO_HOST_DATE), "dateTimeInfo", lab_host_date },
    { IS(MO_HOST_OPTIONS), "setting", lab_host_options },
    { IS(MO_HOST_OPTIONS), "supportedOption", NULL },
    { IS(MO_HOST_NETWORK), "capabilities", NULL },
    { IS(MO_HOST_NETWORK), "networkInfo", lab_host_network_info },
    { IS(MO_HOST_NETWORK), "offloadCapabilities", NULL },
    { IS(MO_HOST_NETWORK), "networkConfig", NULL },
    { IS(MO_HOST_NETWORK), "dnsConfig", NULL },
    { IS(MO_HOST_NETWORK), "ipRouteConfig", NULL },
    { IS(MO_HOST_NETWORK), "consoleIpRouteConfig", NULL },
    { IS(MO_HOST_NETWORK) | IS(MO_HOST_SERVICES), "value", NULL },
    { IS(MO_HOST_NETWORK) | IS(MO_HOST_SERVICES), "availableField", NULL },
};

/* Does the version that is spoken have it? 60701 is 6.7.1. */
static bool is_spoken(const struct lab_asking *k, const char *name)
{
    static const struct {
        const char *name;
        unsigned since;
    } newer[] = { { "hciConfig", 60701 }, { "lifecycleManaged", 60900 }, { "namespace", 70000 }, { "summaryEx", 70001 },
                  { "configManagerEnabled", 80000 }, { "certificateInfoList", 80001 }, { "initialized", 80003 } };
    for (size_t i = 0; i < ARRAY_LEN(newer); i++)
        if (!strcmp(newer[i].name, name))
            return k->api * 100 + k->update >= newer[i].since;
    return true;
}

struct lab_value *lab_property(const struct lab_asking *k, struct lab_object o, const char *wanted, bool *ret_known)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        if (!(properties[i].of & IS(o.mo)) || strcmp(properties[i].name, wanted) != 0 || !is_spoken(k, wanted))
            continue;
        *ret_known = true;
        return properties[i].build ? properties[i].build(k, o) : NULL;
    }
    *ret_known = false;
    return NULL;
}

bool lab_type_has(const struct lab_asking *k, const char *type, const char *path)
{
    size_t len = strcspn(path, ".[");
    uint64_t kinds = 0, have = 0;
    for (int mo = 0; mo < MO_KINDS; mo++)
        if (lab_type_is_a(lab_object_type((struct lab_object){ .mo = (enum lab_mo)mo }), type))
            kinds |= IS(mo);
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if (!strncmp(properties[i].name, path, len) && properties[i].name[len] == '\0' && is_spoken(k, properties[i].name))
            have |= properties[i].of;
    return !(kinds & ~have);
}

const char *lab_object_label(const struct lab_asking *k, struct lab_object o)
{
    bool known;
    const struct lab_value *v = lab_property(k, o, "name", &known);
    return v ? v->text : "";
}

const char *lab_property_name(const struct lab_asking *k, struct lab_object o, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if ((properties[i].of & IS(o.mo)) && is_spoken(k, properties[i].name) && n-- == 0)
            return properties[i].name;
    return NULL;
}
