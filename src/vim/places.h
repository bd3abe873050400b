/* vim/places.h - where virtual machines can live in a vCenter Server: resource pools, datastores and networks. Called by
 * flow/vdc_make.h and by the API's lists of them. */
#pragma once
#include "vim/session.h"

struct arena;

enum { VIM_PLACES_MAX = 5000 /* of each sort; more is ERR_LIMIT */ };

/* Texts live in the call's arena; "" = not said. */
struct vim_place {
    struct vim_object object;
    const char *name;
    const char *parent;             /* id of what it is in: of a pool the pool or cluster above it */
    const char *owner;              /* of a pool: its cluster's or host's id */
    int64_t capacity, free;         /* of a datastore: bytes */
};

enum vim_place_sort { VIM_PLACE_POOL, VIM_PLACE_DATASTORE, VIM_PLACE_NETWORK, VIM_PLACE_CLUSTER, VIM_PLACE_SORTS };

struct vim_place_list {
    struct vim_place *list; /* in the arena, in the vCenter's order */
    size_t len;
};
/* All of one sort. A cluster may be a host that stands alone. */
MUST_USE bool vim_places_read(struct vim_session *s, enum vim_place_sort sort, int64_t deadline_ms, struct arena *a,
                              struct vim_place_list *ret, struct err *e);
