/* unit/flow/place.h - the surroundings of a deed, for tests: a fresh store, a shelf of handles, a pool of one thread, and a kill: from
 * the N-th access on, the store refuses everything, until place_restart puts a new process in the place of the old. */
#pragma once
#include "base/arena.h"
#include "base/seal.h"
#include "fake/store_fail.h"
#include "flow/caller.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/transfer.h"
#include "flow/vcenter_table.h"
#include "store/backend.h"
#include "unit/check.h"

struct place {
    struct store_source source; /* hands out handles that fail as planned */
    struct store_source *inner;
    struct seal_keys *keys;
    struct store_fail_plan plan;
    char dir[64], url[128];
    struct pool *pool;
    struct loan_shelf *shelf;
    struct vcenter_table *table;
    struct task_rests *rests;
    struct transfer_table *transfers;
    const struct vcenter_reach *reach;
    struct site site;
    struct caller admin;
    struct arena arena;
};

void place_start(struct place *p, const struct vcenter_reach *reach);
void place_stop(struct place *p);
/* Everything that was handed to the pool has run; then a new process, whose store works. */
void place_restart(struct place *p);
/* Waits until the pool has nothing left to do. */
void place_settle(struct place *p);
/* The N-th access from now on and all after it are refused; 0 = none. */
void place_kill_at(struct place *p, unsigned at);
/* A handle that works, whatever the plan says. store_close. */
struct store *place_store(struct place *p);
