#include "lab/inventory.h"

/* What the hosts of the one cluster add up to. */
enum { MHZ_OF_HOST = 16 * 2400, CORES_OF_HOST = 16, THREADS_OF_HOST = 32, MB_OF_HOST = 128 * 1024, SHORT_MAX = 32767 };

static int64_t hosts_of(const struct lab_asking *k)
{
    return (int64_t)k->vc->hosts_len;
}

static void short_number(struct arena *a, struct lab_value *in, const char *name, int64_t n)
{
    (void)lab_text(a, in, name, "xsd:short", arena_printf(a, "%d", (int)(n > SHORT_MAX ? SHORT_MAX : n)));
}

struct lab_value *lab_datacenter_configuration(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "DatacenterConfigInfo");
    (void)lab_string(k->arena, v, "defaultHardwareVersionKey", "vmx-13");
    return v;
}

struct lab_value *lab_cluster_summary(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *s = lab_poly(a, NULL, NULL, "ClusterComputeResourceSummary");
    int64_t n = hosts_of(k);
    (void)lab_int(a, s, "totalCpu", n * MHZ_OF_HOST);
    (void)lab_long(a, s, "totalMemory", n * MB_OF_HOST * 1024 * 1024);
    short_number(a, s, "numCpuCores", n * CORES_OF_HOST);
    short_number(a, s, "numCpuThreads", n * THREADS_OF_HOST);
    (void)lab_int(a, s, "effectiveCpu", n * MHZ_OF_HOST);
    (void)lab_long(a, s, "effectiveMemory", n * MB_OF_HOST);
    (void)lab_int(a, s, "numHosts", n);
    (void)lab_int(a, s, "numEffectiveHosts", n);
    (void)lab_text(a, s, "overallStatus", "ManagedEntityStatus", "green");
    (void)lab_int(a, s, "currentFailoverLevel", 0);
    (void)lab_int(a, s, "numVmotions", 0);
    return s;
}

/* The fields that the old form and the new one have in common. */
static void availability(struct arena *a, struct lab_value *in)
{
    struct lab_value *das = lab_struct(a, in, "dasConfig", "ClusterDasConfigInfo");
    (void)lab_bool(a, das, "enabled", false);
    struct lab_value *drs = lab_struct(a, in, "drsConfig", "ClusterDrsConfigInfo");
    (void)lab_bool(a, drs, "enabled", true);
    (void)lab_text(a, drs, "defaultVmBehavior", "DrsBehavior", "manual");
}

struct lab_value *lab_cluster_configuration(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "ClusterConfigInfo");
    availability(k->arena, v);
    return v;
}

struct lab_value *lab_cluster_configuration_ex(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *v = lab_poly(k->arena, NULL, NULL, "ClusterConfigInfoEx");
    (void)lab_string(k->arena, v, "vmSwapPlacement", "vmDirectory");
    availability(k->arena, v);
    return v;
}

/* ---- its root resource pool ---- */

static void allocation(struct arena *a, struct lab_value *in, const char *name, int64_t reservation)
{
    struct lab_value *v = lab_struct(a, in, name, "ResourceAllocationInfo");
    (void)lab_long(a, v, "reservation", reservation);
    (void)lab_bool(a, v, "expandableReservation", true);
    (void)lab_long(a, v, "limit", reservation);
    struct lab_value *shares = lab_struct(a, v, "shares", "SharesInfo");
    (void)lab_int(a, shares, "shares", 4000);
    (void)lab_text(a, shares, "level", "SharesLevel", "normal");
}

static struct lab_value *pool_config(const struct lab_asking *k, struct lab_object o, struct lab_value *in, const char *name)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, in, name, "ResourceConfigSpec");
    (void)lab_ref(a, v, "entity", "ResourcePool", lab_object_moid(k, o));
    allocation(a, v, "cpuAllocation", hosts_of(k) * MHZ_OF_HOST);
    allocation(a, v, "memoryAllocation", hosts_of(k) * MB_OF_HOST);
    return v;
}

static void usage(struct arena *a, struct lab_value *in, const char *name, int64_t all)
{
    struct lab_value *v = lab_struct(a, in, name, "ResourcePoolResourceUsage");
    (void)lab_long(a, v, "reservationUsed", 0);
    (void)lab_long(a, v, "reservationUsedForVm", 0);
    (void)lab_long(a, v, "unreservedForPool", all);
    (void)lab_long(a, v, "unreservedForVm", all);
    (void)lab_long(a, v, "overallUsage", all / 100);
    (void)lab_long(a, v, "maxUsage", all);
}

static struct lab_value *pool_runtime(const struct lab_asking *k, struct lab_value *in, const char *name)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, in, name, "ResourcePoolRuntimeInfo");
    usage(a, v, "memory", hosts_of(k) * MB_OF_HOST * 1024 * 1024);
    usage(a, v, "cpu", hosts_of(k) * MHZ_OF_HOST);
    (void)lab_text(a, v, "overallStatus", "ManagedEntityStatus", "green");
    return v;
}

struct lab_value *lab_pool_config(const struct lab_asking *k, struct lab_object o)
{
    return pool_config(k, o, NULL, NULL);
}

struct lab_value *lab_pool_runtime(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return pool_runtime(k, NULL, NULL);
}

struct lab_value *lab_pool_summary(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "ResourcePoolSummary");
    (void)lab_string(k->arena, v, "name", lab_object_name(k, o));
    (void)pool_config(k, o, v, "config");
    (void)pool_runtime(k, v, "runtime");
    return v;
}
