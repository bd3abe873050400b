/* flow/ovf_upload.h - a vApp template comes from a client: its OVF package streams through the cell to the ESXi host that a lease of the
 * vCenter names, nothing of it is kept here (docs/transfers.md). Called by api (the catalog's upload link).
 *
 * The journey. ovf_upload_start makes catalog item, template (status 0), transfer and a task that rests until the descriptor has come. Then the
 * task asks the vCenter for an import and its lease, looks at the lease's host (an untrusted one ends it here, with the verdict: nothing
 * was sent), and lists the files; each is one gate_upload, which the client feeds. The task rests meanwhile, woken by the end of each; the
 * lease is kept alive by ticks. All through: digests of a manifest agree, the lease is completed, the machine becomes a template.
 * A host that breaks off costs the bytes: a new lease, and the files start over. Whatever else ends it leaves nothing in the vCenter;
 * a template that failed stays to say why (status -1) until it is removed, or its name is used again. Nouns: ovf. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/limits.h"

struct caller;
struct flow_kind;
struct site;
struct store;

enum {
    OVF_UPLOAD_LEASES_MAX = 5,             /* of one upload: hosts that broke off so often are given up */
    OVF_UPLOAD_RENEW_MS = 30 * 1000,       /* a lease is kept alive so often, or three times in its own time when that is short */
    OVF_UPLOAD_CALL_MS = 60 * 1000,        /* deadline of a call at the vCenter */
    OVF_UPLOAD_TASK_MS = 5 * 60 * 1000,    /* and of its task */
};

struct ovf_upload_new {
    const char *catalog;       /* URN */
    const char *name, *description;
    const char *profile;       /* URN of a storage profile: the VDC that it belongs to; NULL = the organization's first enabled VDC */
    bool manifest;             /* its digests have to come along */
};
/* ERR_DENIED: not the caller's catalog; ERR_INPUT: no VDC for it; ERR_CONFLICT: the name is taken. The item's URN. */
MUST_USE bool ovf_upload_start(const struct site *site, const struct caller *c, const struct ovf_upload_new *n, char ret_item[STORE_ID_MAX + 1],
                           struct err *e);
extern const struct flow_kind ovf_upload_kind;
