/* lab/inventory.h - the managed objects of one vCenter: which there are, which type they have, and their properties.
 * Called by the property collector and the methods. Objects are values: nothing is kept per object, everything
 * follows from the estate, so that a vCenter of 10,000 hosts costs nothing until it is asked. Under lab_lock. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "lab/estate.h"
#include "lab/value.h"

enum lab_mo {
    MO_SERVICE_INSTANCE, MO_SESSION_MANAGER, MO_COLLECTOR, MO_VIEW_MANAGER, MO_VIEW, MO_SEARCH_INDEX, MO_SETTINGS,
    MO_CERT_MANAGER, MO_ROOT, MO_DATACENTER, MO_VM_FOLDER, MO_HOST_FOLDER, MO_DATASTORE_FOLDER, MO_NETWORK_FOLDER,
    MO_CLUSTER, MO_POOL, MO_DATASTORE, MO_NETWORK, MO_DATASTORE_BROWSER, MO_ENVIRONMENT, MO_HOST, MO_VM, MO_HOST_CERT_MANAGER,
    MO_TASK, MO_TASK_MANAGER, MO_EVENT_MANAGER, MO_LEASE, MO_OVF_MANAGER,
    MO_FILE_MANAGER, MO_GUEST_OPERATIONS, MO_GUEST_FILES, MO_GUEST_PROCESSES, MO_GUEST_ACCOUNTS, MO_ALARM,
    MO_CERT_ALARM, MO_STS_ALARM, /* as enum lab_own_alarm */
    MO_DISK_MANAGER, MO_LIST_VIEW, MO_EVENT_HISTORY, MO_TASK_HISTORY, MO_SPEC_MANAGER,
    MO_AUTHORIZATION, MO_LICENSES, MO_LICENSE_USES, MO_PERF, MO_DIAGNOSTICS, MO_STORED_DISKS, MO_AUTOSTART,
    MO_HOST_SERVICES, MO_HOST_DATE, MO_HOST_OPTIONS, MO_HOST_NETWORK,
    MO_KINDS,
};

enum { LAB_MOID_MAX = 96 };

struct lab_object {
    enum lab_mo mo;
    unsigned n;              /* of a host, a VM, a task; of pools, datastores and networks 0 is the first one */
    const char *moid;        /* of a view or a collector: as the client wrote it */
};

/* Who asks, and what answers are made for. */
struct lab_asking {
    struct lab_vcenter *vc;
    struct lab_session *session; /* NULL: not logged in */
    struct arena *arena;
    int64_t now;                 /* seconds since 1970 */
    unsigned api;                /* the version that the client speaks: 607 for 6.7, 700, 800 */
    unsigned update;             /* its third number: 2 of 8.0.2.0 */
};

/* False when there is no such object (now). */
bool lab_object_find(const struct lab_asking *k, const char *moid, struct lab_object *ret);
const char *lab_object_moid(const struct lab_asking *k, struct lab_object o);
const char *lab_object_type(struct lab_object o);
/* The name of a folder, a pool, a datastore and the like; NULL of the others. */
const char *lab_object_name(const struct lab_asking *k, struct lab_object o);
/* Its "name" property; "" when it has none. */
const char *lab_object_label(const struct lab_asking *k, struct lab_object o);
bool lab_type_is_a(const char *type, const char *base);
/* A view or a collector: known by its moid alone. */
bool lab_object_is_session(struct lab_object o);
bool lab_object_same(struct lab_object a, struct lab_object b);
/* The estate's version at the object's last change. */
uint64_t lab_object_changed(const struct lab_asking *k, struct lab_object o);
/* 0 until count - 1 of those in the inventory; views walk it. false: that one was removed. */
size_t lab_inventory_len(const struct lab_vcenter *vc);
MUST_USE bool lab_inventory_at(const struct lab_vcenter *vc, size_t i, struct lab_object *ret);
/* How many there are of a kind. */
size_t lab_count(const struct lab_vcenter *vc, enum lab_mo mo);

/* The first-level property of that name. *ret_known is false when the type has none of that name. NULL: it is unset. */
struct lab_value *lab_property(const struct lab_asking *k, struct lab_object o, const char *name, bool *ret_known);
/* The n-th property's name of that type, NULL past the last. */
const char *lab_property_name(const struct lab_asking *k, struct lab_object o, size_t n);
/* Whether every object of that type, a base type as well, has the property that a path begins with, in the version that is
 * spoken. Of a type that is not simulated nothing is known: true. */
bool lab_type_has(const struct lab_asking *k, const char *type, const char *path);

/* In session.c: a view or collector of this session. */
bool lab_session_object(const struct lab_asking *k, const char *moid, enum lab_mo *ret);

/* In props_*.c. */
typedef struct lab_value *lab_build(const struct lab_asking *k, struct lab_object o);
lab_build lab_host_summary, lab_host_runtime, lab_host_config, lab_host_config_manager, lab_host_hardware,
    lab_host_datastore, lab_host_network, lab_host_vm, lab_host_certificate_info, lab_host_certificate_list, lab_host_licensable,
    lab_host_autostart, lab_host_network_info;
/* In host_system.c. */
lab_build lab_host_services, lab_host_date, lab_host_options;
/* What the host's virtual switch is, into a HostNetworkInfo. */
void lab_host_switches(const struct lab_asking *k, struct lab_object o, struct lab_value *network);
lab_build lab_datacenter_configuration, lab_cluster_summary, lab_cluster_configuration, lab_cluster_configuration_ex,
    lab_pool_config, lab_pool_runtime, lab_pool_summary;
lab_build lab_datastore_summary, lab_datastore_info, lab_datastore_capability, lab_datastore_mounts, lab_network_summary;
lab_build lab_vm_summary, lab_vm_runtime, lab_vm_config, lab_vm_guest, lab_vm_pool, lab_vm_datastore, lab_vm_network,
    lab_vm_capability, lab_vm_heartbeat;
/* A container view's; in session.c as well everybody who is logged in over SOAP. */
lab_build lab_view_objects, lab_view_container, lab_view_types, lab_view_recursive, lab_session_list;
/* In authorization.c, license.c, perf.c. */
lab_build lab_role_list, lab_privilege_list, lab_authorization_description, lab_effective_role, lab_root_permission;
lab_build lab_license_list, lab_license_evaluation, lab_license_source, lab_license_edition, lab_license_available;
lab_build lab_perf_counters, lab_perf_description, lab_perf_intervals;
/* In custom_spec.c. */
lab_build lab_custom_specs;
/* In history.c. */
lab_build lab_latest_events, lab_latest_tasks;
/* In option.c: every setting. */
lab_build lab_option_settings;
/* Also in RetrieveServiceContent. */
struct lab_value *lab_service_content(const struct lab_asking *k, const char *name);
struct lab_value *lab_user_session(const struct lab_asking *k, struct lab_value *parent, const char *name,
                                   const struct lab_session *s);
