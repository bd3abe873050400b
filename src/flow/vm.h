/* flow/vm.h - virtual machines as tenants see them: what the watch over a vCenter's inventory (flow/inventory.h) found in the
 * resource pool of an organization VDC. Called by api, the deeds on virtual machines and the gate's wiring.
 * Records of the kind "vm". Who may not see one hears the same as of one that is not there: ERR_DENIED. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct arena;
struct caller;
struct store;

#define VM_URN "urn:vcloud:vm:"
#define VM_TYPE "application/vnd.vmware.vcloud.vm+xml" /* owner_type of its tasks */

enum vm_power { VM_OFF, VM_ON, VM_SUSPENDED, VM_POWER_UNKNOWN /* its host is not connected */ };
/* VMware Tools, as the vCenter says. */
enum vm_tools { VM_TOOLS_NONE, VM_TOOLS_STOPPED, VM_TOOLS_RUNNING };

/* Texts live in the arena of the call; "" = not known. */
struct vm {
    const char *urn, *name;
    const char *vapp, *vdc, *org;          /* URNs */
    const char *vcenter, *moref;           /* its vCenter's URN, and its id there: "vm-12" */
    const char *instance_uuid;
    const char *host, *host_name;          /* that runs it now, or ran it last: "host-9", the inventory's name */
    enum vm_power power;
    enum vm_tools tools;
    const char *vmx;                       /* "[datastore1] web/web.vmx" */
    const char *guest_id, *guest_os;       /* "debian11_64Guest", "Debian GNU/Linux 11 (64-bit)" */
    const char *hardware;                  /* "vmx-19" */
    const char *network;                   /* the first that it is connected to: "network-7" */
    const char *guest_host, *address;      /* what the tools say of the guest */
    int64_t cpus, cores, memory_mb, nics, storage_bytes;
    int64_t made_ms;                       /* when this cell saw it first */
    int64_t read_ms;                       /* when the vCenter said all this */
};

/* One that the caller may see. ERR_DENIED: it is another organization's, or not there. */
MUST_USE bool vm_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct vm *ret, struct err *e);
/* Whoever asks. ERR_NOT_FOUND. */
MUST_USE bool vm_find(struct store *s, const char *urn, struct arena *a, struct vm *ret, struct err *e);

/* Those of a vApp, of an organization; NULL: of all. In the order of URNs. */
struct vm_query {
    const char *vapp, *org;
};
MUST_USE bool vm_list(struct store *s, const struct vm_query *q, struct arena *a, struct vm **ret, size_t *ret_len,
                      struct err *e);

/* Within a write transaction; for the watch and what has just changed it. */
MUST_USE bool vm_put(struct store *s, const struct vm *v, struct err *e);
MUST_USE bool vm_drop(struct store *s, const char *urn, struct err *e);

/* Do they say the same? Not of when that was read. */
bool vm_same(const struct vm *x, const struct vm *y);

/* "off", "on", "suspended", "unknown": stable. */
const char *vm_power_name(enum vm_power p);
