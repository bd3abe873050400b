/* lab/odd.h - peers that misbehave: silent, slow, hanging, dripping, resetting, garbage-speaking, without an end.
 * Called by the listener with each connection to an endpoint that has such a fault. Belongs to one loop. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct address;
struct conn;
struct lab_odd;
struct loop;
struct tls_server;

enum {
    LAB_ODD_MAX = 1000,      /* connections that are kept at a time; more are reset */
    LAB_ODD_SLOW_MS = 3000,  /* before the handshake begins */
    LAB_ODD_DRIP_MS = 1000,  /* between two bytes of an answer */
};

/* serve goes on with a connection that has waited. */
struct lab_odd *lab_odd_create(struct loop *l, struct tls_server *tls,
                               void (*serve)(void *self, struct conn *take, const struct address *peer), void *self);
struct lab_odd *lab_odd_destroy(struct lab_odd *o);
/* Takes the connection when the faults (enum lab_fault) say so. */
bool lab_odd_take(struct lab_odd *o, unsigned faults, struct conn *take, const struct address *peer);
