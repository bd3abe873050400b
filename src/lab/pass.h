/* lab/pass.h - capabilities that are good for one request: service tickets of a datastore, and URLs of a guest's file.
 * Made by methods of the vCenter, taken by its hosts. In memory only, for ticket_s. Under lab_lock. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "lab/keep.h"
#include "lab/vm.h"

struct lab_passes;

enum { LAB_PASSES_MAX = 2000 /* unused ones of one vCenter; the oldest goes */, LAB_PASS = 33, LAB_PASS_TARGET = 2048 };

struct lab_pass {
    char id[LAB_PASS];
    unsigned host;
    char method[16];               /* "PUT" */
    char target[LAB_PASS_TARGET];  /* of a service ticket: path and query of the one request */
    bool guest;
    unsigned vm, runs;             /* of a guest's file */
    char file[LAB_PATH_MAX];       /* where it lies */
    uint64_t size;                 /* what an upload announced */
    int64_t until_ms;              /* monotonic; set by lab_pass_make */
    struct lab_pass *next;
};

/* Keeps a copy; its id is made. */
const struct lab_pass *lab_pass_make(struct lab_vcenter *vc, const struct lab_pass *plan);
/* Takes the one of that id away, whatever it is for; false: there is none, or it has expired. */
MUST_USE bool lab_pass_take(struct lab_vcenter *vc, const char *id, struct lab_pass *ret);
struct lab_passes *lab_passes_destroy(struct lab_passes *all);
