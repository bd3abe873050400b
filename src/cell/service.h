/* cell/service.h - the cell's one port: loop threads that share it, each with its HTTP server over TLS; and the control socket,
 * which may be all that there is.
 * Called by main.c. It knows nothing of what is served. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct address;
struct gate;
struct http_server_config;
struct range;
struct service;
struct tls_identity;

enum {
    SERVICE_LOOPS_MAX = 64,
    SERVICE_PROXIES_MAX = 64,
    SERVICE_DRAIN_MS = 30 * 1000, /* requests in flight may take so long after SIGTERM */
};

/* What may change while it runs. */
struct service_limits {
    size_t connections;                   /* of all loops together: each has its share */
    size_t request_body;
    int64_t handshake_ms;
    int64_t idle_ms;                      /* 0 = HTTP_IDLE_MS */
};

struct service_config {
    struct address *listen;               /* port 0: the kernel chooses, and it is filled in; NULL: no port */
    unsigned loops;
    struct service_limits limits;
    struct tls_identity *identity;        /* a reference is taken; NULL without a port */
    const struct range *proxies;          /* copied: who has to send a PROXY protocol v2 header, and is believed */
    size_t proxies_len;                   /* at most SERVICE_PROXIES_MAX */
    const char *control;                  /* path of a socket for this machine's root and the cell's own user; NULL: none */
    void (*deserted)(void *self);         /* on a loop: nobody is connected to the control socket any more, and it is closed; NULL: it stays open */
    void *self;
    struct gate *gate;                    /* borrowed: gets a lane on each loop; NULL: none */
    const struct http_server_config *http; /* wrap, unshaken, drained and deserted are the service's */
};

/* Opens the port; nothing is answered yet. */
MUST_USE bool service_create(const struct service_config *c, struct service **ret, struct err *e);
/* After service_drain, or before service_start. */
struct service *service_destroy(struct service *s);
DEFINE_AUTO(service_destroyp, struct service *, service_destroy)

/* For what begins from now on; the thread that started it. */
void service_limits(struct service *s, const struct service_limits *l);
MUST_USE bool service_start(struct service *s, struct err *e);
/* For the handshakes from now on. */
MUST_USE bool service_identity(struct service *s, struct tls_identity *identity, struct err *e);
/* The cipher suites of the port; see tls_server_ciphers. */
size_t service_ciphers(struct service *s, const char **ret, size_t max);
/* Has anybody come in by the control socket? Any thread. */
bool service_visited(const struct service *s);
/* Closes the port, lets what is being answered end (SERVICE_DRAIN_MS at most), then stops the loops. Blocks. */
void service_drain(struct service *s);
