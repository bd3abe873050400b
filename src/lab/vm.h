/* lab/vm.h - virtual machines: what each one is right now, whether planned by the scenario or made by a client.
 * A machine that nobody has touched is a value that follows from the plan (so 40,000 of them cost nothing); from its first change
 * on it is a record, kept in DIR/vms/VCENTER/N.json and the same after a restart. Numbers are never used again. Called by
 * properties, methods, consoles, transfers and the control socket, under lab_lock. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lab/inventory.h"

struct lab_vms;

enum {
    LAB_VMS_MADE_MAX = 20000, /* records of one vCenter, removed ones included */
    LAB_DISKS_MAX = 16,       /* of one machine */
    LAB_NICS_MAX = 10,
    LAB_EXTRAS_MAX = 256,     /* extraConfig values of one machine */
    LAB_VM_NAME = 81,         /* bytes of a name, as vCenter allows */
    LAB_FILE_NAME = 256,      /* "[shared1] web/web.vmdk" */
    LAB_VM_NOTE = 2048,
    LAB_VM_WORD = 64,
    LAB_NIC_KEY = 4000, LAB_DISK_KEY = 2000, LAB_CDROM_KEY = 3000, LAB_SCSI_KEY = 1000, LAB_IDE_KEY = 200,
};

enum lab_power { LAB_OFF, LAB_ON, LAB_SUSPENDED };
enum lab_custom { LAB_CUSTOM_NONE, LAB_CUSTOM_PENDING, LAB_CUSTOM_RUNNING, LAB_CUSTOM_DONE, LAB_CUSTOM_FAILED };

struct lab_disk {
    int key;
    int unit;
    int64_t kb;
    char file[LAB_FILE_NAME]; /* "[shared1] web/web.vmdk" */
};

struct lab_nic {
    int key;
    char type[32]; /* "VirtualVmxnet3" */
    char mac[18];
    unsigned network;
    bool connected;
};

struct lab_vm {
    struct lab_vcenter *vc;
    unsigned n;
    bool gone;
    bool making;              /* an import that is not complete: nobody may power it on */
    bool template;
    char name[LAB_VM_NAME];
    unsigned host, pool;
    char path[LAB_FILE_NAME]; /* "[shared1] web/web.vmx" */
    enum lab_power power;
    int64_t powered_at;       /* when it was last powered on; 0 */
    int cpus;
    int64_t memory_mb;
    char guest_id[LAB_VM_WORD], version[LAB_VM_WORD], firmware[LAB_VM_WORD];
    char uuid[40], instance_uuid[40];
    char note[LAB_VM_NOTE];
    char iso[LAB_FILE_NAME];  /* in its CD drive; "" */
    struct lab_disk disks[LAB_DISKS_MAX];
    size_t disks_len;
    struct lab_nic nics[LAB_NICS_MAX];
    size_t nics_len;
    json_t *extra;            /* extraConfig: {"guestinfo.x": ".."}; NULL = empty. Owned by a record */
    /* What its guest says. */
    char guest_name[LAB_NAME], guest_ip[48];
    char guest_password[LAB_NAME]; /* that a customization gave its account; "" = the plan's */
    enum lab_custom custom;
    int64_t custom_from, custom_until;
    char custom_error[LAB_NAME];
    /* Forgotten at a restart. */
    bool booted;              /* tools run */
    unsigned runs;            /* how often it was powered on or reset: what was meant for an earlier run is dropped */
    uint64_t changed;
};

/* As it is; NULL when there is none. The arena's, or the record itself: for reading, until the next change. */
const struct lab_vm *lab_vm_look(const struct lab_asking *k, unsigned n);
/* Its record, for changing; NULL when there is none. lab_vm_keep follows. */
struct lab_vm *lab_vm_take(struct lab_vcenter *vc, unsigned n);
/* Writes it down and lets watchers know. ERR_STORE: it is changed in memory only. */
MUST_USE bool lab_vm_keep(struct lab_vm *vm, struct err *e);
/* Watchers look at it again; nothing that a restart should know has changed. */
void lab_vm_touch(struct lab_vm *vm);
/* A new one, powered off, with uuids of its own; kept by lab_vm_keep. ERR_LIMIT. */
struct lab_vm *lab_vm_make(struct lab_vcenter *vc, const char *name, struct err *e);
/* It is there no more; its files stay where they are. */
MUST_USE bool lab_vm_remove(struct lab_vm *vm, struct err *e);

bool lab_vm_exists(const struct lab_vcenter *vc, unsigned n);
/* 0 until this - 1 were ever given to one. */
unsigned lab_vms_end(const struct lab_vcenter *vc);
/* The first one from n on that is on that host; lab_vms_end when there is none. */
unsigned lab_vm_next(const struct lab_vcenter *vc, unsigned host, unsigned n);
unsigned lab_vm_host(const struct lab_vcenter *vc, unsigned n);
/* Of one, 0 when it was never touched. */
uint64_t lab_vm_changed(const struct lab_vcenter *vc, unsigned n);
const char *lab_vm_name(const struct lab_asking *k, unsigned n);
/* Whether it lives in that pool, or has something on that datastore or network. */
bool lab_vm_uses(const struct lab_asking *k, unsigned n, struct lab_object o);
/* By name, or "vc1/vm-3" with the number of its name in the plan, or its moid. NULL. */
struct lab_vm *lab_vm_named(struct lab_vcenter *vc, const char *name);
/* A name among the siblings of one. */
bool lab_vm_is_taken(const struct lab_vcenter *vc, const char *name, unsigned but);

/* Powers it on or off in the record: boots its guest a moment later, ends its consoles. Not kept yet. */
void lab_vm_set_power(struct lab_vm *vm, enum lab_power power);
/* The same run again, as after a reset: the guest boots anew. */
void lab_vm_boot(struct lab_vm *vm);
/* The guest says of itself whatever customization made of it. */
const char *lab_vm_guest_full_name(const char *guest_id);

/* extraConfig; NULL when unset. lab_vm_set_extra: an empty value removes it; false: too many. */
const char *lab_vm_extra(const struct lab_vm *vm, const char *key);
MUST_USE bool lab_vm_set_extra(struct lab_vm *vm, const char *key, const char *value);
/* "web/web.vmx" of "[shared1] web/web.vmx", and which datastore that is. false: it names none of the vCenter's. */
bool lab_datastore_path(const struct lab_asking *k, const char *path, unsigned *ret_datastore, const char **ret_file);

/* In vm_keep.c: what stands in the file. */
MUST_USE bool lab_vm_write(const struct lab_vm *vm, struct err *e);
MUST_USE bool lab_vms_load(struct lab_vcenter *vc, struct err *e);
MUST_USE bool lab_vm_read(struct lab_vm *vm, const json_t *j, struct err *e);
/* A record of that number, made when there is none. */
struct lab_vm *lab_vm_record(struct lab_vcenter *vc, unsigned n);
struct lab_vms *lab_vms_destroy(struct lab_vms *all);

/* In vm_device.c: config.hardware.device. */
void lab_vm_devices(const struct lab_asking *k, struct lab_value *hardware, const struct lab_vm *vm);
