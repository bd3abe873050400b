/* flow/vdc_make.h - the provider's deeds on organization VDCs: making one of a resource pool, a datastore and a network of a vCenter
 * Server, and removing it. Called by our own face of the API, which the command line uses. A vCenter that VDCs use is of the
 * mode IAAS (product 3.2). Changes nothing in the vCenter. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "flow/vdc.h"

struct arena;
struct caller;
struct site;

enum { VDC_ASK_MS = 60 * 1000 /* reading the vCenter's places */ };

struct vdc_new {
    const char *org;           /* URN */
    const char *name, *description;
    const char *vcenter;       /* URN */
    /* By id, or by a name that is there once. A pool also by its cluster's name, which means all of the cluster, or as
     * "cluster/pool". */
    const char *pool, *datastore, *network;
};

/* The resource pools of a vCenter, asked now; texts live in the arena. */
struct vdc_pool {
    const char *moref, *name;
    const char *parent, *cluster; /* ids: of what it is in, and of its cluster or host */
};
MUST_USE bool vdc_pools(const struct site *site, const char *vcenter, struct arena *a, struct vdc_pool **ret, size_t *ret_len,
                        struct err *e);

/* ERR_INPUT: what is named isn't there, or is there several times; ERR_CONFLICT: the name is taken, or a VDC has the pool already;
 * ERR_PEER and the like when the vCenter can't be asked. */
MUST_USE bool vdc_make(const struct site *site, const struct caller *c, const struct vdc_new *n, struct arena *a, struct vdc *ret,
                       struct err *e);
/* Its virtual machines and vApps are not seen any more; in the vCenter they stay as they are. ERR_INPUT: templates or media lie in
 * it. ERR_DENIED: not there. */
MUST_USE bool vdc_remove(const struct site *site, const struct caller *c, const char *urn, struct err *e);
