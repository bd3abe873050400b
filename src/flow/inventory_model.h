/* flow/inventory_model.h - what the watch over one vCenter's inventory knows in memory: its pools, hosts and virtual machines, and
 * which of them belong to which organization VDC. Called by flow/inventory.c. No I/O, no store, no clock, one thread.
 *
 * A virtual machine belongs to the nearest VDC above it: its resource pool is the VDC's, or lies in it. The outermost vApp of
 * vSphere on that way is its vApp; without one it has a vApp of its own. URNs are made of the vCenter's URN and the machine's
 * instance UUID, which stays when it moves or is registered anew (of its id where there is no UUID, or another one has it): so
 * they are the same after a restart, and in every cell. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/vapp.h"
#include "flow/vdc.h"
#include "flow/vm.h"
#include "store/limits.h"

struct arena;
struct vim_vm;

struct inventory_model;
struct inventory_model *inventory_model_create(const char *vcenter);
struct inventory_model *inventory_model_destroy(struct inventory_model *m);
DEFINE_AUTO(inventory_model_destroyp, struct inventory_model *, inventory_model_destroy)
/* Forgets everything. */
void inventory_model_clear(struct inventory_model *m);

/* The VDCs of this vCenter; copied. */
void inventory_model_vdcs(struct inventory_model *m, const struct vdc *list, size_t len);

enum { INVENTORY_POOLS_DEEP = 64 /* resource pools inside each other; deeper ones belong nowhere */ };

/* A resource pool, vApp or host, new or changed; a text that is NULL stays as it was. True: what lies in it may belong elsewhere
 * now, or is called otherwise. */
enum inventory_sort { INVENTORY_POOL, INVENTORY_VAPP, INVENTORY_HOST, INVENTORY_VM };
bool inventory_model_place(struct inventory_model *m, enum inventory_sort sort, const char *id, const char *name,
                           const char *parent);
/* What it knows of a virtual machine; NULL: nothing. */
const struct vim_vm *inventory_model_find(const struct inventory_model *m, const char *id);
/* v is copied. at_ms: when the vCenter said so. */
void inventory_model_vm(struct inventory_model *m, const char *id, const struct vim_vm *v, int64_t at_ms);
/* It is gone. *ret_sort: what it was; false: it was not known. */
bool inventory_model_leave(struct inventory_model *m, const char *id, enum inventory_sort *ret_sort);

/* A virtual machine as it shall be kept. Texts are the model's, or in the arena. */
struct inventory_row {
    struct vm vm;
    struct vapp vapp;      /* that it is in */
    const char *own_vapp;  /* the URN of the vApp that it has when it stands alone */
};
/* False: it belongs to no VDC (only vm.urn and own_vapp are there), or is not known (not even these: NULL). */
bool inventory_model_row(struct inventory_model *m, const char *id, struct arena *a, struct inventory_row *ret);

/* Everything as it shall be kept: rows of machines that belong somewhere, and vApps of vSphere whether or not anything is in
 * them; those that stand alone have theirs in their row. */
struct inventory_rows {
    struct inventory_row *vms;
    size_t vms_len;
    struct vapp *vapps;
    size_t vapps_len;
};
void inventory_model_rows(struct inventory_model *m, struct arena *a, struct inventory_rows *ret);
