/* flow/vapp.h - vApps: what holds virtual machines in an organization VDC. A vApp of vSphere is one; a virtual machine that
 * stands alone is in one of its own, of its name. Kept by the watch over inventories (flow/inventory.h). Records of the kind
 * "vapp". */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct arena;
struct caller;
struct store;

#define VAPP_URN "urn:vcloud:vapp:"
#define VAPP_TYPE "application/vnd.vmware.vcloud.vApp+xml"

struct vapp {
    const char *urn, *name;
    const char *vdc, *org;       /* URNs */
    const char *vcenter, *moref; /* of the VirtualApp; of the virtual machine when it stands alone */
    bool alone;
    int64_t made_ms;
};

/* One that the caller may see: ERR_DENIED for another's and for one that is not there. */
MUST_USE bool vapp_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct vapp *ret,
                       struct err *e);
/* Whoever asks. ERR_NOT_FOUND. */
MUST_USE bool vapp_find(struct store *s, const char *urn, struct arena *a, struct vapp *ret, struct err *e);
/* Of a VDC, of an organization; NULL: of all. In the order of URNs. */
struct vapp_query {
    const char *vdc, *org;
};
MUST_USE bool vapp_list(struct store *s, const struct vapp_query *q, struct arena *a, struct vapp **ret, size_t *ret_len,
                        struct err *e);
/* Within a write transaction; what is not there is fine to drop. */
MUST_USE bool vapp_put(struct store *s, const struct vapp *v, struct err *e);
MUST_USE bool vapp_drop(struct store *s, const char *urn, struct err *e);
