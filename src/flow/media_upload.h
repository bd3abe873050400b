/* flow/media_upload.h - a medium comes from a client: its one file streams through the cell straight to a datastore of the VDC, at the ESXi host
 * that reaches it, nothing of it is kept here (docs/transfers.md). Called by api (the catalog's upload link).
 *
 * The journey. media_upload_start makes catalog item, medium (status 0), transfer and a task. The task looks at the host (an untrusted one
 * ends it here, with the verdict: nothing was sent) and then rests until the file has come. The first PUT has the vCenter give a service
 * ticket, as late as possible, and makes the one gate_upload that all pieces go through. All through: the medium is resolved. A host
 * that breaks off costs the bytes: the next PUT begins with a new ticket. Whatever else ends it leaves no file on the datastore; a
 * medium that failed stays to say why (status -1) until it is removed, or its name is used again. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/limits.h"

struct caller;
struct flow_kind;
struct site;

enum {
    MEDIA_UPLOAD_TRIES = 5,            /* hosts that broke off so often are given up */
    MEDIA_UPLOAD_TYPE_MAX = 16,        /* bytes of an image type, which becomes the file's suffix */
    MEDIA_UPLOAD_STOP_MS = 10 * 1000,  /* what an upload that is stopped may take to let go of its file */
    MEDIA_UPLOAD_FILE = 128,           /* bytes of a file's path on its datastore */
};

struct media_upload_new {
    const char *catalog;       /* URN */
    const char *name, *description;
    const char *image_type;    /* "iso" */
    int64_t size;              /* bytes; exactly so many have to come */
    const char *profile;       /* as ovf_upload_new's */
};
/* ERR_DENIED: not the caller's catalog; ERR_INPUT: no VDC for it, no size; ERR_CONFLICT: the name is taken. The item's URN. */
MUST_USE bool media_upload_start(const struct site *site, const struct caller *c, const struct media_upload_new *n,
                                 char ret_item[STORE_ID_MAX + 1], struct err *e);
/* Deletes a medium's file; one whose vCenter is not registered any more keeps it. */
MUST_USE bool media_upload_remove(const struct site *site, const char *urn, struct err *e);
extern const struct flow_kind media_upload_kind;
