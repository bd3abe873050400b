/* flow/download.h - what a tenant downloads: media, vApp templates and vApps, read from the ESXi hosts into the spool by a task
 * (enableDownload), and then served from there. Sizes must be exact before the first byte goes out, and a lease doesn't know them
 * (product 4): that is what the spool is for. Called by api.
 *
 * The journey of the task: it waits for its turn (a few at a time, holding no thread meanwhile), asks the vCenter for a service ticket or
 * an export's lease, reads each file from the host through the gate (gate/fetch.h) into a new entry of the spool, has the vCenter
 * write the descriptor for exactly these files, and publishes the entry. Whatever fails, nothing of it stays. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "store/limits.h"

struct caller;
struct flow_kind;
struct site;
struct spool_entry;

enum {
    DOWNLOAD_DISKS = 256, /* files of one machine; of all together: SPOOL_FILES_MAX */
    DOWNLOAD_MS = 24 * 60 * 60 * 1000, /* of one file */
};

/* Names of what is served beside the disks. */
#define DOWNLOAD_MEDIUM "file"
#define DOWNLOAD_OVF "descriptor.ovf"
#define DOWNLOAD_OVF_ID "descriptor-with-id.ovf"
#define DOWNLOAD_OVA "descriptor.ova"
#define DOWNLOAD_OVA_ID "descriptor-with-id.ova"

/* urn: of a medium, a template or a vApp. ERR_DENIED: not the caller's; ERR_INPUT: it is in no state for that, or has no machine, or more than OVF_MACHINES_MAX;
 * ERR_CONFLICT: something is under way with it, or it is being uploaded. */
MUST_USE bool download_start(const struct site *site, const struct caller *c, const char *urn, char ret_task[STORE_ID_MAX + 1],
                             struct err *e);
/* What is there to be downloaded of it; NULL: nothing. With a reference (flow/spool.h). */
struct spool_entry *download_of(const struct site *site, const char *urn);
/* It can't be downloaded any more; who reads it reads on. */
MUST_USE bool download_stop(const struct site *site, const struct caller *c, const char *urn, struct err *e);

extern const struct flow_kind download_kind;
