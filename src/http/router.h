/* http/router.h - route = method + pattern + handler: which handler answers a request.
 * The application writes tables of routes; server.h takes the router that is made of them. Built once, then only
 * read: all loops share one. It never looks at a body, a user or a right.
 *
 * A pattern is "/literal/{name}": a {name} stands for one segment that is not empty. Segments are compared after
 * percent-decoding, so "%2F" is a byte of a segment and never a separator. A trailing '/' counts for nothing.
 * "/ui/{*rest}" takes everything behind "/ui/", which is not nothing, still encoded; "/{port};{*ticket}" takes a segment with a matrix
 * parameter and everything behind its ';'. Any other segment with a raw ';' matches nothing. A literal goes before
 * a {name}, and that before a {*rest}. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct arena;
struct http1_head;
struct http_request;
struct http_response;
struct http_stream;

enum {
    HTTP_ROUTE_DEPTH_MAX = 16, /* segments of a pattern */
    HTTP_PARAMS_MAX = 8,       /* {names} of a pattern */
};

struct http_route {
    const char *method;  /* a GET route answers HEAD as well */
    const char *pattern;
    /* One of the two: straight-line code on a pool thread, with the whole body in memory .. */
    void (*call)(struct http_request *rq, struct http_response *rs);
    size_t body_max;     /* .. of at most so many bytes; 0 = HTTP_BODY_MAX. HTTP_EARLY: asked with the head alone, while the body
                          * waits at the client's (http/response.h, onward and gather) */
    /* .. or steps on the loop (http/exchange.h). */
    const struct http_stream *stream;
    const void *tag;     /* the application's */
};

#define HTTP_EARLY SIZE_MAX

struct http_param {
    const char *name, *value; /* decoded; of a {*rest} still encoded */
};

struct http_match {
    const struct http_route *route; /* NULL: see status */
    int status;                     /* 404, or 405 */
    const char *allow;              /* of a 405: "GET, HEAD, POST". In the arena */
    struct http_param params[HTTP_PARAMS_MAX];
    size_t params_len;
};

struct http_router;

/* routes and their strings are borrowed for the router's life. ERR_INPUT: a pattern that is none, or two routes for
 * one thing. */
struct http_router *http_router_create(const struct http_route *routes, size_t len, struct err *e);
struct http_router *http_router_destroy(struct http_router *r);
DEFINE_AUTO(http_router_destroyp, struct http_router *, http_router_destroy)

/* Decoded parameters live in the arena. */
void http_router_find(const struct http_router *r, const struct http1_head *h, struct arena *a, struct http_match *ret);
