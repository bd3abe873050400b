/* flow/vdc.h - organization VDCs: an organization's share of one vCenter Server, which is a resource pool, a datastore and a
 * network there (product 8). Made by the provider (flow/vdc_make.h). Records of the kind "vdc". */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct arena;
struct caller;
struct store;
struct store_by;

#define VDC_URN "urn:vcloud:vdc:"
enum { VDC_NAME_MAX = 128, VDC_TEXT_MAX = 256 };

/* Texts live in the arena of the call. */
struct vdc {
    const char *urn, *name, *description;
    const char *org;                           /* URN */
    bool enabled;
    const char *vcenter;                       /* URN */
    const char *pool, *pool_name;              /* "resgroup-8", the inventory's name when it was made */
    const char *datastore, *datastore_name;
    const char *network, *network_name;
    int64_t capacity_bytes;                    /* of the datastore, when it was made */
    int64_t made_ms;
};

/* One that the caller may see: ERR_DENIED for another's and for one that is not there. */
MUST_USE bool vdc_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct vdc *ret, struct err *e);
/* Whoever asks. ERR_NOT_FOUND. */
MUST_USE bool vdc_find(struct store *s, const char *urn, struct arena *a, struct vdc *ret, struct err *e);
/* Of an organization; NULL: all. In the order of URNs. */
MUST_USE bool vdc_list(struct store *s, const char *org, struct arena *a, struct vdc **ret, size_t *ret_len, struct err *e);
/* Within a write transaction. ERR_CONFLICT: the organization has one of this name. */
MUST_USE bool vdc_put(struct store *s, const struct vdc *v, struct err *e);
MUST_USE bool vdc_drop(struct store *s, const char *urn, struct err *e);

/* The URNs of what a VDC has one of: made of its own UUID, so that they need no record. */
const char *vdc_profile_urn(const struct vdc *v, struct arena *a); /* its storage profile */
const char *vdc_network_urn(const struct vdc *v, struct arena *a); /* its network */
