#include "lab/vm.h"

#include <string.h>

#include "lab/console.h"

static struct lab_value *runtime(const struct lab_asking *k, const struct lab_vm *vm, struct lab_value *in, const char *name)
{
    static const char *const powers[] = { "poweredOff", "poweredOn", "suspended" };
    struct arena *a = k->arena;
    const struct lab_object host = { .mo = MO_HOST, .n = vm->host };
    bool lost = k->vc->hosts[vm->host].at.faults & LAB_FAULT_DISCONNECTED;
    struct lab_value *v = lab_struct(a, in, name, "VirtualMachineRuntimeInfo");
    (void)lab_ref(a, v, "host", "HostSystem", lab_object_moid(k, host));
    (void)lab_text(a, v, "connectionState", "VirtualMachineConnectionState", lost ? "disconnected" : "connected");
    (void)lab_text(a, v, "powerState", "VirtualMachinePowerState", powers[vm->power]);
    (void)lab_bool(a, v, "toolsInstallerMounted", false);
    if (vm->powered_at)
        (void)lab_time(a, v, "bootTime", vm->powered_at);
    (void)lab_int(a, v, "numMksConnections", lab_console_count(k->vc, vm->n));
    (void)lab_text(a, v, "recordReplayState", "VirtualMachineRecordReplayState", "inactive");
    (void)lab_text(a, v, "faultToleranceState", "VirtualMachineFaultToleranceState", "notConfigured");
    return v;
}

/* A machine that went between two steps of one call has nothing to say. */
#define LOOK(k, o, vm)                                    \
    const struct lab_vm *vm = lab_vm_look((k), (o).n);    \
    if (!vm)                                              \
        return NULL

struct lab_value *lab_vm_runtime(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, vm);
    return runtime(k, vm, NULL, NULL);
}

static void tools(struct arena *a, struct lab_value *in, const struct lab_vm *vm)
{
    (void)lab_text(a, in, "toolsStatus", "VirtualMachineToolsStatus", vm->booted ? "toolsOk" : "toolsNotRunning");
}

static void guest_summary(const struct lab_asking *k, struct lab_value *s, const struct lab_vm *vm)
{
    struct arena *a = k->arena;
    struct lab_value *g = lab_struct(a, s, "guest", "VirtualMachineGuestSummary");
    (void)lab_string(a, g, "guestId", vm->guest_id);
    (void)lab_string(a, g, "guestFullName", lab_vm_guest_full_name(vm->guest_id));
    tools(a, g, vm);
    (void)lab_string(a, g, "toolsVersionStatus", "guestToolsCurrent");
    (void)lab_string(a, g, "toolsVersionStatus2", "guestToolsCurrent");
    (void)lab_string(a, g, "toolsRunningStatus", vm->booted ? "guestToolsRunning" : "guestToolsNotRunning");
    if (vm->booted) {
        (void)lab_string(a, g, "hostName", vm->guest_name);
        (void)lab_string(a, g, "ipAddress", vm->guest_ip);
    }
}

static int64_t storage_of(const struct lab_vm *vm)
{
    int64_t kb = 0;
    for (size_t i = 0; i < vm->disks_len; i++)
        kb += vm->disks[i].kb;
    return kb * 1024;
}

struct lab_value *lab_vm_summary(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, vm);
    struct arena *a = k->arena;
    struct lab_value *s = lab_struct(a, NULL, NULL, "VirtualMachineSummary");
    (void)lab_ref(a, s, "vm", "VirtualMachine", lab_object_moid(k, o));
    (void)runtime(k, vm, s, "runtime");
    guest_summary(k, s, vm);
    struct lab_value *c = lab_struct(a, s, "config", "VirtualMachineConfigSummary");
    (void)lab_string(a, c, "name", vm->name);
    (void)lab_bool(a, c, "template", vm->template);
    (void)lab_string(a, c, "vmPathName", vm->path);
    (void)lab_int(a, c, "memorySizeMB", vm->memory_mb);
    (void)lab_int(a, c, "numCpu", vm->cpus);
    (void)lab_int(a, c, "numEthernetCards", (int64_t)vm->nics_len);
    (void)lab_int(a, c, "numVirtualDisks", (int64_t)vm->disks_len);
    (void)lab_string(a, c, "uuid", vm->uuid);
    (void)lab_string(a, c, "instanceUuid", vm->instance_uuid);
    (void)lab_string(a, c, "guestId", vm->guest_id);
    (void)lab_string(a, c, "guestFullName", lab_vm_guest_full_name(vm->guest_id));
    (void)lab_string(a, c, "annotation", vm->note);
    struct lab_value *st = lab_struct(a, s, "storage", "VirtualMachineStorageSummary");
    (void)lab_long(a, st, "committed", storage_of(vm) / 10);
    (void)lab_long(a, st, "uncommitted", storage_of(vm) / 10 * 9);
    (void)lab_long(a, st, "unshared", storage_of(vm) / 10);
    (void)lab_time(a, st, "timestamp", k->now);
    struct lab_value *q = lab_struct(a, s, "quickStats", "VirtualMachineQuickStats");
    (void)lab_int(a, q, "overallCpuUsage", vm->power == LAB_ON ? 40 : 0);
    (void)lab_int(a, q, "guestMemoryUsage", vm->power == LAB_ON ? 512 : 0);
    (void)lab_text(a, q, "guestHeartbeatStatus", "ManagedEntityStatus", vm->booted ? "green" : "gray");
    if (vm->powered_at)
        (void)lab_int(a, q, "uptimeSeconds", k->now - vm->powered_at);
    (void)lab_text(a, s, "overallStatus", "ManagedEntityStatus", "green");
    return s;
}

static void extra_config(struct arena *a, struct lab_value *v, const struct lab_vm *vm)
{
    struct lab_value *list = lab_array(a, v, "extraConfig", "OptionValue");
    const char *key;
    json_t *value;
    json_object_foreach(vm->extra, key, value) {
        struct lab_value *pair = lab_poly(a, list, NULL, "OptionValue");
        (void)lab_string(a, pair, "key", key);
        lab_string(a, pair, "value", json_string_value(value))->poly = true;
    }
}

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(a, path, (size_t)(slash - path) + 1) : path;
}

struct lab_value *lab_vm_config(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, vm);
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "VirtualMachineConfigInfo");
    (void)lab_string(a, v, "changeVersion", arena_printf(a, "%llu", (unsigned long long)vm->changed));
    (void)lab_time(a, v, "modified", k->vc->at.estate->born);
    (void)lab_string(a, v, "name", vm->name);
    (void)lab_string(a, v, "guestFullName", lab_vm_guest_full_name(vm->guest_id));
    (void)lab_string(a, v, "version", vm->version);
    (void)lab_string(a, v, "uuid", vm->uuid);
    (void)lab_string(a, v, "instanceUuid", vm->instance_uuid);
    (void)lab_bool(a, v, "template", vm->template);
    (void)lab_string(a, v, "guestId", vm->guest_id);
    (void)lab_string(a, v, "alternateGuestName", "");
    (void)lab_string(a, v, "annotation", vm->note);
    struct lab_value *f = lab_struct(a, v, "files", "VirtualMachineFileInfo");
    (void)lab_string(a, f, "vmPathName", vm->path);
    (void)lab_string(a, f, "snapshotDirectory", folder_of(a, vm->path));
    (void)lab_string(a, f, "suspendDirectory", folder_of(a, vm->path));
    (void)lab_string(a, f, "logDirectory", folder_of(a, vm->path));
    (void)lab_struct(a, v, "flags", "VirtualMachineFlagInfo");
    (void)lab_struct(a, v, "defaultPowerOps", "VirtualMachineDefaultPowerOpInfo");
    struct lab_value *h = lab_struct(a, v, "hardware", "VirtualHardware");
    (void)lab_int(a, h, "numCPU", vm->cpus);
    (void)lab_int(a, h, "numCoresPerSocket", 1);
    (void)lab_int(a, h, "memoryMB", vm->memory_mb);
    lab_vm_devices(k, h, vm);
    extra_config(a, v, vm);
    (void)lab_string(a, v, "firmware", vm->firmware);
    return v;
}

static void guest_nics(const struct lab_asking *k, struct lab_value *v, const struct lab_vm *vm)
{
    struct arena *a = k->arena;
    struct lab_value *list = lab_array(a, v, "net", "GuestNicInfo");
    for (size_t i = 0; i < vm->nics_len; i++) {
        struct lab_value *n = lab_struct(a, list, NULL, "GuestNicInfo");
        (void)lab_string(a, n, "network", lab_object_name(k, (struct lab_object){ .mo = MO_NETWORK, .n = vm->nics[i].network }));
        if (i == 0)
            (void)lab_string(a, lab_array(a, n, "ipAddress", "string"), NULL, vm->guest_ip);
        (void)lab_string(a, n, "macAddress", vm->nics[i].mac);
        (void)lab_bool(a, n, "connected", vm->nics[i].connected);
        (void)lab_int(a, n, "deviceConfigId", vm->nics[i].key);
    }
}

/* From 7.0 Update 2 on. */
static void customization(const struct lab_asking *k, struct lab_value *v, const struct lab_vm *vm)
{
    static const char *const states[] = { "TOOLSDEPLOYPKG_IDLE", "TOOLSDEPLOYPKG_PENDING", "TOOLSDEPLOYPKG_RUNNING",
                                          "TOOLSDEPLOYPKG_SUCCEEDED", "TOOLSDEPLOYPKG_FAILED" };
    struct arena *a = k->arena;
    if (k->api < 700)
        return;
    struct lab_value *c = lab_struct(a, v, "customizationInfo", "GuestInfoCustomizationInfo");
    (void)lab_string(a, c, "customizationStatus", states[vm->custom]);
    if (vm->custom_from)
        (void)lab_time(a, c, "startTime", vm->custom_from);
    if (vm->custom_until)
        (void)lab_time(a, c, "endTime", vm->custom_until);
    if (vm->custom_error[0])
        (void)lab_string(a, c, "errorMsg", vm->custom_error);
}

static bool is_windows(const struct lab_vm *vm)
{
    return !strncmp(vm->guest_id, "win", 3);
}

struct lab_value *lab_vm_guest(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, vm);
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "GuestInfo");
    tools(a, v, vm);
    (void)lab_string(a, v, "toolsVersionStatus", "guestToolsCurrent");
    (void)lab_string(a, v, "toolsVersionStatus2", "guestToolsCurrent");
    (void)lab_string(a, v, "toolsRunningStatus", vm->booted ? "guestToolsRunning" : "guestToolsNotRunning");
    (void)lab_string(a, v, "toolsVersion", "12352");
    (void)lab_string(a, v, "toolsInstallType", is_windows(vm) ? "guestToolsTypeMSI" : "guestToolsTypeOpenVMTools");
    (void)lab_string(a, v, "guestId", vm->guest_id);
    (void)lab_string(a, v, "guestFamily", is_windows(vm) ? "windowsGuest" : "linuxGuest");
    (void)lab_string(a, v, "guestFullName", lab_vm_guest_full_name(vm->guest_id));
    if (vm->booted) {
        (void)lab_string(a, v, "hostName", vm->guest_name);
        (void)lab_string(a, v, "ipAddress", vm->guest_ip);
        guest_nics(k, v, vm);
    }
    (void)lab_string(a, v, "guestState", vm->booted ? "running" : "notRunning");
    (void)lab_bool(a, v, "guestOperationsReady", vm->booted);
    (void)lab_bool(a, v, "interactiveGuestOperationsReady", false);
    (void)lab_bool(a, v, "guestStateChangeSupported", vm->booted);
    customization(k, v, vm);
    return v;
}

/* A template has none. */
struct lab_value *lab_vm_pool(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, vm);
    const struct lab_object pool = { .mo = MO_POOL, .n = vm->pool };
    return vm->template ? NULL : lab_ref(k->arena, NULL, NULL, "ResourcePool", lab_object_moid(k, pool));
}

static void add_once(const struct lab_asking *k, struct lab_value *list, struct lab_object o)
{
    const char *moid = lab_object_moid(k, o);
    for (const struct lab_value *it = list->first; it; it = it->next)
        if (!strcmp(it->text, moid))
            return;
    (void)lab_ref(k->arena, list, NULL, lab_object_type(o), moid);
}

struct lab_value *lab_vm_datastore(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, vm);
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "ManagedObjectReference");
    unsigned n;
    const char *file;
    if (lab_datastore_path(k, vm->path, &n, &file))
        add_once(k, list, (struct lab_object){ .mo = MO_DATASTORE, .n = n });
    for (size_t i = 0; i < vm->disks_len; i++)
        if (lab_datastore_path(k, vm->disks[i].file, &n, &file))
            add_once(k, list, (struct lab_object){ .mo = MO_DATASTORE, .n = n });
    return list;
}

struct lab_value *lab_vm_network(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, vm);
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "ManagedObjectReference");
    for (size_t i = 0; i < vm->nics_len; i++)
        add_once(k, list, (struct lab_object){ .mo = MO_NETWORK, .n = vm->nics[i].network });
    return list;
}

struct lab_value *lab_vm_heartbeat(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, vm);
    return lab_text(k->arena, NULL, NULL, "ManagedEntityStatus", vm->booted ? "green" : "gray");
}

/* Snapshots and the like: nothing of all that. */
struct lab_value *lab_vm_capability(const struct lab_asking *k, struct lab_object o UNUSED)
{
    static const char *const names[] = {
        "snapshotOperationsSupported", "multipleSnapshotsSupported", "snapshotConfigSupported",
        "poweredOffSnapshotsSupported", "memorySnapshotsSupported", "revertToSnapshotSupported",
        "quiescedSnapshotsSupported", "disableSnapshotsSupported", "lockSnapshotsSupported",
        "consolePreferencesSupported", "cpuFeatureMaskSupported", "s1AcpiManagementSupported",
        "settingScreenResolutionSupported", "toolsAutoUpdateSupported", "vmNpivWwnSupported",
        "npivWwnOnNonRdmVmSupported", "vmNpivWwnDisableSupported", "vmNpivWwnUpdateSupported",
        "swapPlacementSupported", "toolsSyncTimeSupported", "virtualMmuUsageSupported", "diskSharesSupported",
        "bootOptionsSupported", "bootRetryOptionsSupported", "settingVideoRamSizeSupported",
        "settingDisplayTopologySupported", "recordReplaySupported", "changeTrackingSupported",
        "multipleCoresPerSocketSupported", "hostBasedReplicationSupported", "guestAutoLockSupported",
        "memoryReservationLockSupported", "featureRequirementSupported", "poweredOnMonitorTypeChangeSupported",
        "seSparseDiskSupported", "nestedHVSupported", "vPMCSupported",
    };
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "VirtualMachineCapability");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)lab_bool(k->arena, v, names[i], false);
    return v;
}
