/* flow/watch.h - the watch over registered vCenter Servers: one thread that knows when each is to be asked again, and work on the
 * pool that asks. It keeps sessions alive with a cheap call, notices loss and return, and backs off from one that does
 * not answer; the state that clients read follows from it. Made by cell's wiring; poked by the workflows.
 *
 * A vCenter that answers is asked each WATCH_ALIVE_MS. One that does not is tried again after WATCH_FIRST_MS, doubled each
 * time up to WATCH_LAST_MS, each time more or less by WATCH_JITTER_PERCENT, so that many that went together don't come
 * back together. While a task of a vCenter is under way the watch leaves it to that. One whose password was rejected is left alone until somebody edits or refreshes it. When one comes back, its
 * certificate, VMCA and hosts are read again (a task of the cell's own). It decides nothing about trust.
 *
 * Its rounds notice what changed (flow/rotation.h): the hosts of a connected vCenter are looked at each
 * host_check_delay_seconds, and everything is read again each sync_hours, NSX Managers as well. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct site;
struct watch;

enum {
    WATCH_ALIVE_MS = 30 * 1000,     /* between two cheap calls; a vCenter ends a session that is idle for 30 minutes */
    WATCH_FIRST_MS = 1000,          /* after the first failure .. */
    WATCH_LAST_MS = 5 * 60 * 1000,  /* .. and at most */
    WATCH_JITTER_PERCENT = 20,
    WATCH_CALL_MS = 20 * 1000,      /* one cheap call */
    WATCH_LIST_MS = 5 * 1000,       /* how often the store is asked who is registered; a poke asks at once */
    WATCH_AT_ONCE = 4,              /* vCenters asked at the same time: slow ones leave the pool to others */
    WATCH_MAX = 1000,               /* vCenter Servers; as VCENTER_SESSIONS_MAX */
    WATCH_CHECKS_AT_ONCE = 2,       /* rounds that look at hosts at the same time */
    WATCH_TASK_MS = 10 * 60 * 1000, /* how long a task of a vCenter keeps the watch away from it */
    WATCH_EXPIRE_MS = 60 * 60 * 1000, /* how often tasks that ended long ago are forgotten */
};

/* site outlives it; its pool still runs when watch_destroy is called. Nothing is watched before watch_start, when the store can
 * be read: what the last process left as connected is not connected then. */
struct watch *watch_create(const struct site *site);
MUST_USE bool watch_start(struct watch *w, struct err *e);
/* Nobody is connected to any vCenter Server, and why: said of each that the last process left as connected. Part of watch_start. */
void watch_nobody(const struct site *site, const char *why);
struct watch *watch_destroy(struct watch *w); /* waits for what is being asked */
DEFINE_AUTO(watch_destroyp, struct watch *, watch_destroy)

/* Something changed about this vCenter: ask it now. urn NULL: about all of them (the live trust was swapped). w may be NULL:
 * nobody watches. */
void watch_poke(struct watch *w, const char *urn);

/* How long to wait after so many failures in a row, with `dice` (any number) for the jitter. Pure. */
int64_t watch_pause(unsigned failures, uint32_t dice);

/* What one asking found. */
enum watch_found {
    WATCH_WELL,     /* it was connected, and is */
    WATCH_BACK,     /* it is connected now, and was not */
    WATCH_LOST,     /* it does not answer, or is not believed */
    WATCH_PARKED,   /* disabled, gone, or its password was rejected: nothing to do until it changes */
};
/* Asks one vCenter, and keeps its state. up: it answered the last time. Blocks. For the watch and its tests. */
enum watch_found watch_ask(const struct site *site, const char *urn, bool up);
