/* lab/ovf.h - OvfManager: what a vCenter makes of an OVF descriptor (DSP0243), and the descriptor that it writes of a machine.
 * Called by the dispatcher. One virtual system in an envelope; what stands in it is copied into an import spec, whose disks and
 * files then come over a lease. Under lab_lock. */
#pragma once
#include "lab/vm.h"

enum { LAB_OVF_ITEMS = 64 /* files, disks, hardware items */, LAB_OVF_MAX = 4 * 1024 * 1024 };

/* How a lease calls a disk, and the image in the CD drive: also deviceId of a file item. */
void lab_disk_key(const char *vm, int unit, char out[LAB_FILE_NAME]);
void lab_cdrom_key(const char *vm, char out[LAB_FILE_NAME]);
