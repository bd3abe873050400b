/* lab/store.h - the files of the estate's datastores and guests, as real files under DIR.
 * Called by leases, datastore access, guest files and machines that are removed. A path that a client wrote never leads out of its
 * folder: every part is looked at, and none is followed as a link. What is written here is not synced one by one: a datastore
 * is as durable as the lab's own disk. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "lab/keep.h"
#include "lab/vm.h"

enum { LAB_STORE_PARTS = 32 /* folders inside each other */, LAB_STORE_PART = 255 /* bytes of a name */ };

/* DIR/store/vc1/shared1/web/web.vmdk. ERR_INPUT: a path that is none. file "" is the datastore itself. */
MUST_USE bool lab_store_path(const struct lab_asking *k, unsigned datastore, const char *file, char out[LAB_PATH_MAX], struct err *e);
/* The same of "[shared1] web/web.vmdk". */
MUST_USE bool lab_store_file(const struct lab_asking *k, const char *path, char out[LAB_PATH_MAX], struct err *e);
/* DIR/guests/vc1/100000/files/etc/motd; windows paths lose their drive's colon. */
MUST_USE bool lab_guest_path(const struct lab_vm *vm, const char *file, char out[LAB_PATH_MAX], struct err *e);
/* Makes the folders above it. */
MUST_USE bool lab_store_parents(const struct lab_estate *s, const char *path, struct err *e);
/* Removes a file, or a folder with all that is in it. ERR_NOT_FOUND. */
MUST_USE bool lab_store_remove(const char *path, struct err *e);
MUST_USE bool lab_store_copy(const char *from, const char *to, struct err *e);

/* The machine with its folder and its guest's files. */
MUST_USE bool lab_vm_erase(struct lab_vm *vm, struct err *e);
