/* flow/inventory.h - the watch over the inventories of vCenter Servers that organization VDCs use: what stands in a VDC's resource pool
 * appears in it as vApps and virtual machines, and their names, hosts and power stay true. One thread for each such vCenter waits for
 * news (vim/updates.h); another one knows which vCenters those are. Made by cell's wiring; poked by who makes and removes VDCs.
 *
 * The journey. A thread borrows the session of its vCenter, is told everything that is there, and then compares: what is kept and is
 * not there goes, what differs is written, INVENTORY_WRITES rows in a transaction. From then on it writes what changes, a few
 * rows at a time. When the session is lost, the vCenter was edited, or it has forgotten what it told, that begins again. While
 * a vCenter is not connected (flow/watch.h tries that) the last that was known stays. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct arena;
struct inventory;
struct site;
struct vim_session;
struct vm;

enum {
    INVENTORY_VCENTERS_MAX = 256,      /* followed at once: one thread each */
    INVENTORY_WAIT_S = 5,              /* one long question; in between, the session and the VDCs are looked at */
    INVENTORY_GUESTS_S = 1,            /* the same while guests are being customized: they are asked in between */
    INVENTORY_OPEN_MS = 60 * 1000,     /* to begin */
    INVENTORY_IDLE_MS = 1000,          /* between two looks at a vCenter that is not connected */
    INVENTORY_LIST_MS = 5 * 1000,      /* how often the store is asked which VDCs there are; a poke asks at once */
    INVENTORY_WRITES = 250,            /* rows changed in one transaction: others want to write as well */
    INVENTORY_READ_MS = 20 * 1000,     /* one machine, asked for by itself */
};

/* site outlives it. Nothing happens before inventory_start. */
struct inventory *inventory_create(const struct site *site);
MUST_USE bool inventory_start(struct inventory *w, struct err *e);
struct inventory *inventory_destroy(struct inventory *w); /* ends the threads and waits for them */
DEFINE_AUTO(inventory_destroyp, struct inventory *, inventory_destroy)

/* VDCs of this vCenter were made or removed. w may be NULL: nobody watches. */
void inventory_poke(struct inventory *w, const char *vcenter);

/* Asks the vCenter for one machine now and keeps what it says of power, host and guest: after something was done to it, so that
 * whoever asked for that sees it done. ret (may be NULL) is as it was kept. ERR_NOT_FOUND: it is gone, here or there. */
MUST_USE bool inventory_refresh(const struct site *site, struct vim_session *s, const char *vm_urn, struct arena *a,
                                struct vm *ret, struct err *e);
