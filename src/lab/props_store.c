#include "lab/inventory.h"

/* Every host mounts every datastore. */
static const int64_t capacity = 10995116277760, free_space = 8796093022208, max_file = 68169720922112;

static const char *volume_of(const struct lab_asking *k, struct lab_object o)
{
    return o.n ? arena_printf(k->arena, "%s-%u", k->vc->uuid, o.n + 1) : k->vc->uuid;
}

static const char *url_of(const struct lab_asking *k, struct lab_object o)
{
    return arena_printf(k->arena, "ds:///vmfs/volumes/%s/", volume_of(k, o));
}

struct lab_value *lab_datastore_summary(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *s = lab_struct(a, NULL, NULL, "DatastoreSummary");
    (void)lab_ref(a, s, "datastore", "Datastore", lab_object_moid(k, o));
    (void)lab_string(a, s, "name", lab_object_name(k, o));
    (void)lab_string(a, s, "url", url_of(k, o));
    (void)lab_long(a, s, "capacity", capacity);
    (void)lab_long(a, s, "freeSpace", free_space);
    (void)lab_bool(a, s, "accessible", true);
    (void)lab_bool(a, s, "multipleHostAccess", true);
    (void)lab_string(a, s, "type", "VMFS");
    (void)lab_string(a, s, "maintenanceMode", "normal");
    return s;
}

struct lab_value *lab_datastore_info(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_poly(a, NULL, NULL, "VmfsDatastoreInfo");
    (void)lab_string(a, v, "name", lab_object_name(k, o));
    (void)lab_string(a, v, "url", url_of(k, o));
    (void)lab_long(a, v, "freeSpace", free_space);
    (void)lab_long(a, v, "maxFileSize", max_file);
    (void)lab_long(a, v, "maxVirtualDiskCapacity", max_file);
    (void)lab_long(a, v, "maxMemoryFileSize", max_file);
    (void)lab_time(a, v, "timestamp", k->now);
    (void)lab_string(a, v, "containerId", volume_of(k, o));
    (void)lab_long(a, v, "maxPhysicalRDMFileSize", max_file);
    (void)lab_long(a, v, "maxVirtualRDMFileSize", max_file);
    return v;
}

struct lab_value *lab_datastore_capability(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "DatastoreCapability");
    (void)lab_bool(a, v, "directoryHierarchySupported", true);
    (void)lab_bool(a, v, "rawDiskMappingsSupported", true);
    (void)lab_bool(a, v, "perFileThinProvisioningSupported", true);
    (void)lab_bool(a, v, "storageIORMSupported", false);
    (void)lab_bool(a, v, "nativeSnapshotSupported", false);
    return v;
}

struct lab_value *lab_datastore_mounts(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *list = lab_array(a, NULL, NULL, "DatastoreHostMount");
    for (unsigned i = 0; i < k->vc->hosts_len; i++) {
        struct lab_value *m = lab_struct(a, list, NULL, "DatastoreHostMount");
        (void)lab_ref(a, m, "key", "HostSystem", lab_object_moid(k, (struct lab_object){ .mo = MO_HOST, .n = i }));
        struct lab_value *info = lab_struct(a, m, "mountInfo", "HostMountInfo");
        (void)lab_string(a, info, "path", arena_printf(a, "/vmfs/volumes/%s", volume_of(k, o)));
        (void)lab_string(a, info, "accessMode", "readWrite");
        (void)lab_bool(a, info, "mounted", true);
        (void)lab_bool(a, info, "accessible", !(k->vc->hosts[i].at.faults & LAB_FAULT_DISCONNECTED));
    }
    return list;
}

struct lab_value *lab_network_summary(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *s = lab_struct(k->arena, NULL, NULL, "NetworkSummary");
    (void)lab_ref(k->arena, s, "network", "Network", lab_object_moid(k, o));
    (void)lab_string(k->arena, s, "name", lab_object_name(k, o));
    (void)lab_bool(k->arena, s, "accessible", true);
    return s;
}
