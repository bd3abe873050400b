#include "lab/inventory.h"

#include <stdio.h>

static const char *uuid_of(const struct lab_asking *k, struct lab_object o, const char *what)
{
    uint8_t b[16];
    char label[LAB_NAME];
    (void)snprintf(label, sizeof(label), "%s %s %u", what, k->vc->plan->name, o.n);
    lab_keys_derive(k->vc->at.estate->keys, label, b, sizeof(b));
    return arena_printf(k->arena, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
                        b[3], b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static const char *path_of(const struct lab_asking *k, struct lab_object o)
{
    return arena_printf(k->arena, "[shared1] vm-%u/vm-%u.vmx", o.n + 1, o.n + 1);
}

static const char *name_of(const struct lab_asking *k, struct lab_object o)
{
    return arena_printf(k->arena, "vm-%u", o.n + 1);
}

static struct lab_value *runtime(const struct lab_asking *k, struct lab_object o, struct lab_value *in, const char *name)
{
    struct arena *a = k->arena;
    struct lab_object host = { .mo = MO_HOST, .n = (unsigned)(o.n / k->vc->plan->vms) };
    bool lost = k->vc->hosts[host.n].at.faults & LAB_FAULT_DISCONNECTED;
    struct lab_value *v = lab_struct(a, in, name, "VirtualMachineRuntimeInfo");
    (void)lab_ref(a, v, "host", "HostSystem", lab_object_moid(k, host));
    (void)lab_text(a, v, "connectionState", "VirtualMachineConnectionState", lost ? "disconnected" : "connected");
    (void)lab_text(a, v, "powerState", "VirtualMachinePowerState", "poweredOn");
    (void)lab_bool(a, v, "toolsInstallerMounted", false);
    (void)lab_time(a, v, "bootTime", k->vc->at.estate->born);
    (void)lab_int(a, v, "numMksConnections", 0);
    (void)lab_text(a, v, "recordReplayState", "VirtualMachineRecordReplayState", "inactive");
    (void)lab_text(a, v, "faultToleranceState", "VirtualMachineFaultToleranceState", "notConfigured");
    return v;
}

struct lab_value *lab_vm_runtime(const struct lab_asking *k, struct lab_object o)
{
    return runtime(k, o, NULL, NULL);
}

struct lab_value *lab_vm_summary(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *s = lab_struct(a, NULL, NULL, "VirtualMachineSummary");
    (void)lab_ref(a, s, "vm", "VirtualMachine", lab_object_moid(k, o));
    (void)runtime(k, o, s, "runtime");
    struct lab_value *g = lab_struct(a, s, "guest", "VirtualMachineGuestSummary");
    (void)lab_string(a, g, "guestId", "debian12_64Guest");
    (void)lab_text(a, g, "toolsStatus", "VirtualMachineToolsStatus", "toolsOk");
    (void)lab_string(a, g, "toolsRunningStatus", "guestToolsRunning");
    (void)lab_string(a, g, "hostName", name_of(k, o));
    struct lab_value *c = lab_struct(a, s, "config", "VirtualMachineConfigSummary");
    (void)lab_string(a, c, "name", name_of(k, o));
    (void)lab_bool(a, c, "template", false);
    (void)lab_string(a, c, "vmPathName", path_of(k, o));
    (void)lab_int(a, c, "memorySizeMB", 2048);
    (void)lab_int(a, c, "numCpu", 2);
    (void)lab_int(a, c, "numEthernetCards", 1);
    (void)lab_int(a, c, "numVirtualDisks", 1);
    (void)lab_string(a, c, "uuid", uuid_of(k, o, "bios"));
    (void)lab_string(a, c, "instanceUuid", uuid_of(k, o, "instance"));
    (void)lab_string(a, c, "guestId", "debian12_64Guest");
    (void)lab_string(a, c, "guestFullName", "Debian GNU/Linux 12 (64-bit)");
    struct lab_value *q = lab_struct(a, s, "quickStats", "VirtualMachineQuickStats");
    (void)lab_int(a, q, "overallCpuUsage", 40);
    (void)lab_int(a, q, "guestMemoryUsage", 512);
    (void)lab_text(a, q, "guestHeartbeatStatus", "ManagedEntityStatus", "green");
    (void)lab_text(a, s, "overallStatus", "ManagedEntityStatus", "green");
    return s;
}

struct lab_value *lab_vm_config(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "VirtualMachineConfigInfo");
    (void)lab_string(a, v, "changeVersion", "1");
    (void)lab_time(a, v, "modified", k->vc->at.estate->born);
    (void)lab_string(a, v, "name", name_of(k, o));
    (void)lab_string(a, v, "guestFullName", "Debian GNU/Linux 12 (64-bit)");
    (void)lab_string(a, v, "version", "vmx-13");
    (void)lab_string(a, v, "uuid", uuid_of(k, o, "bios"));
    (void)lab_string(a, v, "instanceUuid", uuid_of(k, o, "instance"));
    (void)lab_bool(a, v, "template", false);
    (void)lab_string(a, v, "guestId", "debian12_64Guest");
    (void)lab_string(a, v, "alternateGuestName", "");
    struct lab_value *f = lab_struct(a, v, "files", "VirtualMachineFileInfo");
    (void)lab_string(a, f, "vmPathName", path_of(k, o));
    (void)lab_struct(a, v, "flags", "VirtualMachineFlagInfo");
    (void)lab_struct(a, v, "defaultPowerOps", "VirtualMachineDefaultPowerOpInfo");
    struct lab_value *h = lab_struct(a, v, "hardware", "VirtualHardware");
    (void)lab_int(a, h, "numCPU", 2);
    (void)lab_int(a, h, "memoryMB", 2048);
    return v;
}

struct lab_value *lab_vm_guest(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "GuestInfo");
    (void)lab_text(a, v, "toolsStatus", "VirtualMachineToolsStatus", "toolsOk");
    (void)lab_string(a, v, "toolsRunningStatus", "guestToolsRunning");
    (void)lab_string(a, v, "guestId", "debian12_64Guest");
    (void)lab_string(a, v, "guestFamily", "linuxGuest");
    (void)lab_string(a, v, "hostName", name_of(k, o));
    (void)lab_string(a, v, "guestState", "running");
    (void)lab_bool(a, v, "guestOperationsReady", true);
    return v;
}

struct lab_value *lab_vm_pool(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_ref(k->arena, NULL, NULL, "ResourcePool", lab_object_moid(k, (struct lab_object){ .mo = MO_POOL }));
}

struct lab_value *lab_vm_datastore(const struct lab_asking *k, struct lab_object o)
{
    return lab_host_datastore(k, o);
}

struct lab_value *lab_vm_network(const struct lab_asking *k, struct lab_object o)
{
    return lab_host_network(k, o);
}

/* Nothing of all that: these are machines to be looked at. */
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
