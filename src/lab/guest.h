/* lab/guest.h - what goes on inside a guest: its files, as real ones under DIR, and programs that are only remembered.
 * GuestOperationsManager's methods are served by the vCenter; the bytes go over /guestFile?id=N&token=T at the machine's host,
 * once. Guests know one account (scenario: guest_user, guest_password). */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lab/vm.h"

struct http_stream;
struct lab_programs;

enum { LAB_PROGRAMS_MAX = 1000 /* remembered of one vCenter */, LAB_GUEST_LISTED = 1000 };
#define LAB_GUEST_FILE_MAX (UINT64_C(4) << 30)

extern const struct http_stream lab_guest_get, lab_guest_put;

/* A program that was started in a guest; it ended at once, with 0 unless extraConfig says otherwise. Under lab_lock. */
struct lab_program {
    unsigned vm, runs, pid;
    int64_t at;
    char path[LAB_FILE_NAME], arguments[LAB_VM_NOTE];
    struct lab_program *next; /* older */
};

/* What was started in that machine, the newest first: an array. */
json_t *lab_programs_report(const struct lab_vcenter *vc, unsigned vm);
struct lab_programs *lab_programs_destroy(struct lab_programs *all);
