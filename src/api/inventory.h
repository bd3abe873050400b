/* api/inventory.h - what the resources of the inventory share: ids in paths, the machine with everything around it, its sections and
 * links. Called by the legacy_v*.c files, each of which is one resource. */
#pragma once
#include "api/legacy.h"
#include "flow/gc.h"
#include "flow/vapp.h"
#include "flow/vdc.h"
#include "flow/vm.h"

struct store;
struct task;

#define INVENTORY_VDC_TYPE "application/vnd.vmware.vcloud.vdc"
#define INVENTORY_ADMIN_VDC_TYPE "application/vnd.vmware.admin.vdc"
#define INVENTORY_VAPP_TYPE "application/vnd.vmware.vcloud.vApp"
#define INVENTORY_VM_TYPE "application/vnd.vmware.vcloud.vm"
#define INVENTORY_LEASE_TYPE "application/vnd.vmware.vcloud.leaseSettingsSection"
#define INVENTORY_PROFILE_TYPE "application/vnd.vmware.vcloud.vdcStorageProfile"
#define INVENTORY_NETWORK_TYPE "application/vnd.vmware.vcloud.orgVdcNetwork"

/* {id} as "<prefix>-<uuid>": a URN of the type. ERR_DENIED for anything else, as for one that is not there. */
MUST_USE bool inventory_param(const struct api_call *c, const char *prefix, const char *type, const char **ret, struct err *e);
/* Does {id} begin so? */
bool inventory_is(const struct api_call *c, const char *prefix);

/* VCD's words: 8 and "POWERED_OFF". */
enum { INVENTORY_RESOLVED = 1, INVENTORY_SUSPENDED = 3, INVENTORY_ON = 4, INVENTORY_UNKNOWN = 6, INVENTORY_OFF = 8, INVENTORY_MIXED = 10 };
int inventory_status(enum vm_power p);
int inventory_status_of(const struct vm *vms, size_t len); /* of a vApp */
const char *inventory_status_name(int status);
/* Deployed, as VCD calls what has a place in memory: on, or suspended. */
bool inventory_deployed(const struct vm *v);

enum { INVENTORY_NICS_MAX = 10 }; /* of one machine, as vSphere has it */

/* A machine and what is known around it. */
struct inventory_vm {
    struct vm vm;
    struct gc gc;
    const char *made_password; /* that the cell made for its guest's administrator; NULL = not shown */
    struct vdc vdc;
    const char *vapp_name, *vcenter_name;
    struct task *tasks;
    size_t tasks_len;
};
MUST_USE bool inventory_vm_get(struct api_call *c, struct store *s, struct inventory_vm *ret, struct err *e); /* {id}: vm-.. */
MUST_USE bool inventory_vm_complete(struct api_call *c, struct store *s, struct inventory_vm *v, struct err *e); /* v->vm is there */

/* The machine's element, which is open: attributes and children. */
void inventory_vm_body(struct legacy *l, const struct inventory_vm *v);
/* GET of {id}: vm-.. */
MUST_USE bool inventory_vm_answer(struct api_call *c, struct err *e);
/* The tasks under way, as an element. */
void inventory_tasks(struct legacy *l, const struct task *tasks, size_t len);
void inventory_owner(struct legacy *l);
void inventory_lease(struct legacy *l); /* of a vApp or template: none */

/* A section: what is inside its element, which is open. */
struct inventory_section {
    const char *name;   /* "GuestCustomizationSection" */
    const char *path;   /* "guestCustomizationSection" */
    const char *type;   /* vendor type without suffix */
    void (*write)(struct legacy *l, const struct inventory_vm *v);
};
extern const struct inventory_section inventory_sections[]; /* ends in one without name */
const char *inventory_section_href(const struct api_call *c, const struct inventory_vm *v, const struct inventory_section *s);
