/* http/client.h - HTTP/1.1 requests over one connection, as step functions: sent, answered, and the next one.
 * Called by vim, gate, flow and the CLI (http/call.h is simpler for those that block), by the probe through
 * http/connect.h. Works over any struct conn and with both drivers. It resolves nothing, connects nowhere, follows no
 * redirect, keeps no cookies and never repeats a request: whether that is safe only the caller knows.
 *
 * http_client_start puts a request in; http_client_head is stepped until the head of its answer is there;
 * http_client_body is stepped for the pieces of its body, which stay until they are consumed: not consuming is the
 * back-pressure. Sending goes on beside reading, so a server may answer before it has read everything. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/limits.h"
#include "net/io.h"

struct arena;
struct conn;
struct http1_field;
struct http1_head;
struct http_client;
struct url_host;

/* A request body that does not lie in memory. Pieces are looked at, sent from where they lie, then consumed. */
struct http_source {
    /* IO_DONE with *ret_len 0: that was all. IO_WANT_*: nothing now; whoever has more steps the client again. */
    enum io (*peek)(void *self, const uint8_t **ret_p, size_t *ret_len, struct err *e);
    void (*consume)(void *self, size_t len);
    void *self;
};

#define HTTP_CLIENT_CHUNKED UINT64_MAX

struct http_send {
    const char *method;
    const char *target;              /* origin form; "host:port" for CONNECT */
    const struct url_host *host;     /* for the Host field */
    bool tls;                        /* whose default port needs not be named */
    const struct http1_field *fields; /* not Host, Content-Length, Transfer-Encoding, Expect */
    size_t fields_len;
    const void *body;                /* in memory, borrowed until the answer is complete .. */
    size_t body_len;
    const struct http_source *source; /* .. or from here; borrowed likewise */
    uint64_t source_len;             /* of the source; HTTP_CLIENT_CHUNKED when unknown */
    bool expect_continue;            /* wait for a 100 before the body: only for servers known to send one */
    bool close;                      /* Connection: close; no request follows */
};

/* limits may be NULL. */
struct http_client *http_client_create(struct conn *take, const struct http1_limits *limits);
struct http_client *http_client_destroy(struct http_client *c); /* and its connection */
DEFINE_AUTO(http_client_destroyp, struct http_client *, http_client_destroy)

/* Shakes hands (TLS) if that was not done before, sends, and reads up to the head of the final answer. */
enum io http_client_head(struct http_client *c, struct err *e);
/* IO_DONE with *ret_len 0: the answer is complete. The piece is borrowed until consumed or the next step. */
enum io http_client_body(struct http_client *c, const uint8_t **ret_p, size_t *ret_len, struct err *e);
void http_client_consume(struct http_client *c, size_t len);

/* The next request. Only when http_client_ready. ERR_INPUT: it can't be written, and the connection is as it was;
 * ERR_PEER: the server sent something nobody asked for, or has ended. */
MUST_USE bool http_client_start(struct http_client *c, const struct http_send *s, struct err *e);
/* A request may be started: nothing was sent yet, or the last answer is complete and the connection goes on. */
bool http_client_ready(const struct http_client *c);
/* While ready: the server has ended, or said something unasked. Reads nothing else and waits for nothing. */
bool http_client_stale(struct http_client *c);
/* No byte of the present request can have reached the server: it may be sent again over another connection. */
bool http_client_unsent(const struct http_client *c);

const struct http1_head *http_client_answer(const struct http_client *c); /* after IO_DONE of http_client_head */
struct http1_head *http_client_answer_copy(const struct http_client *c, struct arena *a);
int http_client_fd(const struct http_client *c);
struct conn *http_client_conn(struct http_client *c); /* borrowed */

/* After a 101 or the 2xx of a CONNECT: gives the connection away; what the server sent behind the head is borrowed
 * until the client is destroyed. */
struct conn *http_client_release(struct http_client *c, const uint8_t **ret_leftover, size_t *ret_len);
