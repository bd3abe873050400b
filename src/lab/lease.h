/* lab/lease.h - NFC leases: an import or an export of a machine's disks between ImportVApp or ExportVm and Complete or Abort.
 * The vCenter's side makes one and watches it as an HttpNfcLease; its bytes go over the host's own address (lab/nfc.h). It ends
 * by itself when nobody says HttpNfcLeaseProgress for lease_s. Under lab_lock. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "lab/vm.h"

struct lab_leases;

enum {
    LAB_LEASES_MAX = 200,     /* of one vCenter that are not over */
    LAB_LEASES_OVER = 200,    /* remembered */
    LAB_LEASE_ITEMS = LAB_DISKS_MAX + 2,
    LAB_LEASE_ID = 40,
};

enum lab_lease_state { LAB_LEASE_INITIALIZING, LAB_LEASE_READY, LAB_LEASE_DONE, LAB_LEASE_ERROR };

/* One file of it. */
struct lab_lease_item {
    char key[LAB_FILE_NAME];        /* "/web/VirtualSCSIController0:0" */
    char name[LAB_VM_NAME];         /* "disk-0.vmdk": the last part of its URL */
    char file[LAB_FILE_NAME];       /* where it lies: "[shared1] web/web.vmdk" */
    bool disk;                      /* a stream-optimised disk, sent with POST; else a file, sent with PUT */
    int64_t kb;                     /* of the disk */
    bool arrived;
    uint64_t size, populated;
    uint8_t sha1[20], sha256[32];
};

struct lab_lease {
    struct lab_vcenter *vc;
    unsigned n;
    char id[LAB_LEASE_ID];          /* in its URLs: the capability */
    enum lab_lease_state state;
    bool import;
    unsigned vm, host;
    struct lab_lease_item items[LAB_LEASE_ITEMS];
    size_t items_len;
    int progress;
    int64_t touched_ms;             /* monotonic */
    const char *fault, *fault_text; /* constants; of an error */
    uint64_t changed;
    struct lab_lease *next;         /* older */
};

/* Of that machine, at its host; ready a moment later. NULL: too many. */
struct lab_lease *lab_lease_make(struct lab_vm *vm, bool import);
/* Adds a file; false: too many. */
MUST_USE bool lab_lease_add(struct lab_lease *l, const struct lab_lease_item *item);
/* NULL. */
struct lab_lease *lab_lease_find(const struct lab_vcenter *vc, unsigned n);
/* A ready one whose URLs have that id at that host, and its file. false: there is none (any more). */
bool lab_lease_open(struct lab_endpoint *host, const char *id, const char *name, struct lab_lease **ret, struct lab_lease_item **ret_item);
void lab_lease_touch(struct lab_lease *l);
/* Ends it; an import that is not done leaves nothing behind. fault NULL: it was finished. */
MUST_USE bool lab_lease_end(struct lab_lease *l, const char *fault, const char *text, struct err *e);
/* Numbers given so far. */
unsigned lab_leases_end(const struct lab_vcenter *vc);
struct lab_leases *lab_leases_destroy(struct lab_leases *all);

/* Properties. */
lab_build lab_lease_state, lab_lease_info, lab_lease_error, lab_lease_progress, lab_lease_transfer, lab_lease_mode, lab_lease_capabilities;
