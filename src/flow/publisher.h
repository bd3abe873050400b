/* flow/publisher.h - the one thread that makes what is kept the live trust: it builds a set from the rows of the store and
 * swaps it in. Whoever changed a grant, a CRL or a setting commits and then waits here, so that the change is in
 * force before it is acknowledged (product rule 2.8). Another process's changes are noticed within PUBLISH_LOOK_MS.
 *
 * A cell that can't read its generation for PUBLISH_STALE_MS trusts nobody any more: an empty set goes live, until the
 * store answers again. A damaged row leaves the set that is live as it is, and that is said in the log. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct loan_shelf;
struct publisher;
struct trust_live;

enum {
    PUBLISH_LOOK_MS = 250,    /* how often the store's generation is read when nobody calls */
    PUBLISH_STALE_MS = 5000,  /* without a reading for so long nobody is believed */
    PUBLISH_WAIT_MS = 10000,  /* how long a change waits to become live before it is told so */
};

struct publisher_config {
    struct loan_shelf *shelf; /* borrowed */
    struct trust_live *live;  /* borrowed */
    /* On the publisher's thread, after each swap and before those that wait are answered: decide again what is open.
     * May be NULL. */
    void (*swapped)(void *self, uint64_t generation);
    void *self;
};

/* Reads and publishes once before it returns, so that the first connection is decided by what is kept. */
MUST_USE bool publisher_create(const struct publisher_config *c, struct publisher **ret, struct err *e);
struct publisher *publisher_destroy(struct publisher *p);
DEFINE_AUTO(publisher_destroyp, struct publisher *, publisher_destroy)

/* Waits until everything that was committed before this call is live. ERR_TIMEOUT: it is kept, and not live yet;
 * ERR_STORE: the store can't be read. Not from `swapped`. */
MUST_USE bool publisher_sync(struct publisher *p, struct err *e);
/* The generation that is live. */
uint64_t publisher_generation(struct publisher *p);
