/* tests/unit/flow/world.h - a site for tests of flow and api: a fresh SQLite store, its shelf, an empty live trust with its
 * publisher, a resolver with a hosts file, a pool. No session table and no vCenters: tests add what they need. */
#pragma once
#include "flow/caller.h"
#include "flow/loan.h"
#include "flow/publisher.h"
#include "flow/site.h"
#include "unit/store/kept.h"

struct world {
    struct kept *kept;
    struct site site;
    struct loan_shelf *shelf;
    struct trust_live *live;
    struct publisher *publisher;
    struct resolver *resolver;
    struct pool *pool;
    struct caller admin; /* administrator@System with every right */
};

int world_set_up(void **state); /* *state becomes the struct world */
int world_tear_down(void **state);

#define WITH_WORLD(name) { #name, name, world_set_up, world_tear_down, NULL }
