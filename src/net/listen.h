/* net/listen.h - a listening socket on one loop, which hands over the connections that it accepts.
 * Called by the HTTP server and the lab. It never reads a byte of a connection and never waits: what it may not take
 * now stays in the kernel's queue.
 *
 * Several loops share one port by a listener each with reuse_port (SO_REUSEPORT); the kernel spreads the connections.
 * Out of descriptors or memory it rests for LISTEN_PAUSE_MS; at conns_max it rests until one is released. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/address.h"
#include "net/tcp.h"

enum {
    LISTEN_BACKLOG = 1024,  /* connections that the kernel keeps for us; it may keep fewer (somaxconn) */
    LISTEN_BATCH = 64,      /* accepted in a row before others have their turn */
    LISTEN_PAUSE_MS = 100,  /* rest when the process is out of descriptors or memory */
    LISTEN_CONNS = 10000,   /* default of conns_max */
};

struct conn;
struct listener;
struct loop;

struct listen_config {
    struct address address;    /* port 0: the kernel chooses; "::" takes IPv4 as well */
    bool reuse_port;
    unsigned backlog;          /* 0 = LISTEN_BACKLOG */
    size_t conns_max;          /* accepted and not yet released; 0 = LISTEN_CONNS */
    struct tcp_options tcp;
    /* Neither closes nor destroys the listener. The connection is the callee's, who calls listener_release when it has ended. */
    void (*accepted)(void *self, struct conn *take, const struct address *peer);
    void *self;
};

/* ERR_CONFLICT: the address is in use; ERR_DENIED: not for this user; ERR_INPUT: not an address of this machine. */
struct listener *listener_create(struct loop *l, const struct listen_config *c, struct err *e);
/* The same on a socket that listens already (net/local.h, or handed over by a service manager) and is taken over, also
 * on failure; c->address and what belongs to opening a port are not used. */
struct listener *listener_adopt(struct loop *l, const struct listen_config *c, int take_fd, struct err *e);
/* Closes the port and accepts no more; accepted connections live on and are released as before. */
void listener_close(struct listener *l);
/* Nobody calls listener_release any more. */
struct listener *listener_destroy(struct listener *l);
DEFINE_AUTO(listener_destroyp, struct listener *, listener_destroy)

/* Where it listens, with the port that the kernel chose; no family when it is not an IP address. */
const struct address *listener_address(const struct listener *l);

void listener_release(struct listener *l);
size_t listener_conns(const struct listener *l); /* accepted and not yet released */
