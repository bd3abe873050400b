/* http/request.h - what a straight-line handler is given: the whole request, on a pool thread.
 * Handlers are plain functions `void vcenter_get(struct http_request *rq, struct http_response *rs)`: they may block,
 * use the store and call out. They share nothing with the connection, which may have gone meanwhile; then their answer is dropped. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

struct arena;
struct http1_head;
struct http_match;

struct http_request {
    const struct http1_head *head;
    const struct http_match *match;
    struct address client;   /* the other end of the connection */
    bool local;              /* over http_server_listen_local: admitted by the kernel's word, */
    unsigned uid;            /* .. which names this user of the machine */
    bool early;              /* of a route that is: the head alone has come, and the body waits */
    const uint8_t *body;     /* whole; a NUL follows that is not counted */
    size_t body_len;
    struct arena *arena;     /* dies with the request */
    void *app;               /* of the server's config; other threads use it as well */
};

/* The parameter of that name in the route's pattern; it must be there. */
const char *http_request_param(const struct http_request *rq, const char *name);
/* The client's address as text, without the port: "10.0.0.7". Cut at size. */
void http_request_client(const struct http_request *rq, char *out, size_t size);
