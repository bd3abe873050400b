/* tests/unit/flow/ground.h - a world (world.h) with people: a System organization, its administrator, sessions whose clock
 * stands still until it is told. */
#pragma once
#include "flow/caller.h"
#include "flow/session.h"
#include "unit/flow/world.h"

#define GROUND_PASSWORD "correct:horse battery"
#define GROUND_ADDRESS "10.0.0.9"

struct ground {
    struct world *world;
    struct kept *kept; /* the world's */
    struct site *site; /* the world's */
    int64_t now;
    struct caller admin;           /* administrator@System */
};

/* Over a world that is there, and off it again. */
struct ground *ground_begin(struct world *w);
void ground_end(struct ground *g);
int ground_set_up(void **state);
int ground_tear_down(void **state);
/* Another table over the same store, as in another cell. Owned by the caller. */
struct session_table *ground_other_table(struct ground *g);

struct store_by ground_by(const struct ground *g);
/* An organization with one user of a role; returns his URN in the ground's arena. */
const char *ground_org(struct ground *g, const char *name);
const char *ground_user(struct ground *g, const char *org_urn, const char *name, const char *role, const char *password);
/* Logs in as "user@org"; the caller wipes it. */
void ground_login(struct ground *g, const char *name, const char *password, struct session_new *ret);
/* A session's caller, as a request would have it. */
struct caller ground_caller(struct ground *g, const char *name, const char *password);

#define GROUND(name) cmocka_unit_test_setup_teardown(name, ground_set_up, ground_tear_down)
