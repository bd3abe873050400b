#include "lab/inventory.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/task.h"

enum { HOST_FROM = 1000, VM_FROM = 100000, OF_EACH = 10 };

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
    [MO_TASK_MANAGER] = { "TaskManager", "TaskManager", NULL },
    [MO_HOST_CERT_MANAGER] = { "certificateManager-", "HostCertificateManager", NULL },
};

static const char *const entity_bases[] = { "ManagedEntity", "ExtensibleManagedObject", "ManagedObject" };

static bool numbered(const char *moid, const char *prefix, uint64_t from, uint64_t count, unsigned *ret)
{
    uint64_t n;
    size_t len = strlen(prefix);
    if (!count || strncmp(moid, prefix, len) != 0 || !text_number(moid + len, from, from + count - 1, &n))
        return false;
    *ret = (unsigned)(n - from);
    return true;
}

bool lab_object_find(const struct lab_asking *k, const char *moid, struct lab_object *ret)
{
    struct lab_object o = { .mo = MO_KINDS, .moid = moid };
    if (numbered(moid, "host-", HOST_FROM, k->vc->hosts_len, &o.n))
        o.mo = MO_HOST;
    else if (numbered(moid, "vm-", VM_FROM, k->vc->vms_len, &o.n))
        o.mo = MO_VM;
    else if (numbered(moid, "certificateManager-", HOST_FROM, k->vc->hosts_len, &o.n))
        o.mo = MO_HOST_CERT_MANAGER;
    else if (numbered(moid, "task-", 0, lab_tasks_end(k->vc), &o.n) && lab_task_find(k->vc, o.n))
        o.mo = MO_TASK;
    else if (!strncmp(moid, "session[", 8) && !lab_session_object(k, moid, &o.mo))
        return false;
    for (int i = 0; o.mo == MO_KINDS && i < MO_KINDS; i++)
        if (!strcmp(objects[i].moid, moid))
            o.mo = (enum lab_mo)i;
    if (o.mo == MO_KINDS)
        return false;
    *ret = o;
    return true;
}

const char *lab_object_moid(const struct lab_asking *k, struct lab_object o)
{
    if (o.mo == MO_HOST || o.mo == MO_HOST_CERT_MANAGER)
        return arena_printf(k->arena, "%s%u", objects[o.mo].moid, o.n + HOST_FROM);
    if (o.mo == MO_VM)
        return arena_printf(k->arena, "vm-%u", o.n + VM_FROM);
    if (o.mo == MO_TASK)
        return arena_printf(k->arena, "task-%u", o.n);
    return o.mo == MO_VIEW || (o.mo == MO_COLLECTOR && o.moid) ? o.moid : objects[o.mo].moid;
}

const char *lab_object_type(struct lab_object o)
{
    return objects[o.mo].type;
}

const char *lab_object_name(struct lab_object o)
{
    return objects[o.mo].name;
}

bool lab_type_is_a(const char *type, const char *base)
{
    static const char *const entities[] = { "Folder", "Datacenter", "ClusterComputeResource", "ResourcePool", "Datastore",
                                            "Network", "HostSystem", "VirtualMachine" };
    if (!strcmp(type, base) || (!strcmp(type, "ClusterComputeResource") && !strcmp(base, "ComputeResource")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(entities); i++)
        for (size_t j = 0; !strcmp(entities[i], type) && j < ARRAY_LEN(entity_bases); j++)
            if (!strcmp(entity_bases[j], base))
                return true;
    return !strcmp(base, "ManagedObject");
}

bool lab_object_same(struct lab_object a, struct lab_object b)
{
    return a.mo == b.mo && a.n == b.n && (a.mo != MO_VIEW || !strcmp(a.moid, b.moid));
}

uint64_t lab_object_changed(const struct lab_asking *k, struct lab_object o)
{
    if (o.mo == MO_HOST || o.mo == MO_HOST_CERT_MANAGER)
        return k->vc->hosts[o.n].at.changed;
    if (o.mo == MO_TASK)
        return lab_task_find(k->vc, o.n)->changed;
    return o.mo == MO_VM ? k->vc->hosts[o.n / k->vc->plan->vms].at.changed : 0;
}

size_t lab_inventory_len(const struct lab_vcenter *vc)
{
    return OF_EACH + vc->hosts_len + vc->vms_len;
}

struct lab_object lab_inventory_at(const struct lab_vcenter *vc, size_t i)
{
    if (i < OF_EACH)
        return (struct lab_object){ .mo = (enum lab_mo)(MO_ROOT + i) };
    i -= OF_EACH;
    if (i < vc->hosts_len)
        return (struct lab_object){ .mo = MO_HOST, .n = (unsigned)i };
    return (struct lab_object){ .mo = MO_VM, .n = (unsigned)(i - vc->hosts_len) };
}
