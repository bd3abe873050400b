/* http/server.h - HTTP/1.1 connections of one loop: accepts, reads requests, finds their handlers, answers.
 * Called by cell's wiring and the lab; one server a loop, all with the same router, pool and application. It knows
 * nothing of TLS (a callback wraps each connection), users, faces or formats (a callback shapes the errors).
 *
 * Each connection is one state machine (http/peer.h) behind one driver and one timer. Requests of one connection are
 * answered strictly one after the other. Every wait has a limit (http/limits.h). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "http/limits.h"

struct address;
struct conn;
struct http1_head;
struct http_response;
struct http_router;
struct http_server;
struct listen_config;
struct listener;
struct local_peer;
struct loop;
struct pool;

/* Why a request is answered by the server itself. */
struct http_failure {
    int status;                    /* 400, 404, 405, 408, 413, 414, 417, 431, 500, 501, 503, 505 */
    const struct http1_head *head; /* NULL when the head was not understood */
    const char *reason;            /* one line for a person; may quote the client: escape it */
};

struct http_server_config {
    struct http_limits limits;           /* 0 = the constants */
    const struct http_router *router;    /* borrowed */
    struct pool *pool;                   /* borrowed; may be NULL when no route is straight-line */
    void *app;                           /* http_app() and http_request.app; given to failed */
    /* Makes a connection of an accepted socket, e.g. TLS; NULL leaves it plain. *client is the other end of the socket; the
     * connection's handshake may change it (net/proxy_conn.h), afterwards it is what requests are told. It lives until the
     * handshake is over. */
    struct conn *(*wrap)(void *self, struct conn *take_tcp, struct address *client);
    /* A handshake failed; NULL: nobody wants to hear of it. */
    void (*unshaken)(void *self, const struct address *client, const struct err *e);
    /* Fills in the answer (status is set already); NULL leaves a line of plain text. On the loop: no waiting. */
    void (*failed)(void *app, const struct http_failure *f, struct http_response *r);
    /* After http_server_drain, when the last request was answered; upgraded connections do not count. */
    void (*drained)(void *self);
    /* The last connection of http_server_listen_local has ended, none is open, and its port is closed before this is called; NULL:
     * nobody wants to hear of it, and the port stays open. */
    void (*deserted)(void *self);
    void *self;                          /* of whoever runs the server: given to wrap, unshaken, drained, deserted and admit */
};

struct http_server *http_server_create(struct loop *l, const struct http_server_config *c);
/* Breaks off every request that is still there. Handlers on pool threads may run on, their answers are dropped: the
 * loop outlives the pool. Afterwards nobody calls http_server_release any more. */
struct http_server *http_server_destroy(struct http_server *s);
DEFINE_AUTO(http_server_destroyp, struct http_server *, http_server_destroy)

/* Opens a port; accepted, self and conns_max of c are the server's (http_limits.conns). Several ports are several calls. */
MUST_USE bool http_server_listen(struct http_server *s, const struct listen_config *c, struct err *e);
/* take_fd listens on a path (net/local.h) and is taken over, also on failure. Its connections are not wrapped. Only those whom
 * admit lets in are heard, the others are closed at once; only their requests are `local` (http/request.h), and nothing that a
 * client can send makes another request so. */
MUST_USE bool http_server_listen_local(struct http_server *s, int take_fd,
                                       bool (*admit)(void *self, const struct local_peer *who), struct err *e);
/* Where the n-th port listens; NULL past the last. */
const struct address *http_server_address(const struct http_server *s, size_t n);

/* Other limits from now on, on the loop's thread: 0 = the constants. What is open stays; waits that have begun keep theirs. */
void http_server_limits(struct http_server *s, const struct http_limits *l);

/* A connection from elsewhere (tests: one in memory). */
void http_server_adopt(struct http_server *s, struct conn *take, const struct address *client);

/* Closes the ports and the idle connections, answers what has begun with Connection: close, then calls drained. */
void http_server_drain(struct http_server *s);

/* An upgraded connection has ended. */
void http_server_release(struct http_server *s);
size_t http_server_conns(const struct http_server *s); /* upgraded ones included */
