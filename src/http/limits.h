/* http/limits.h - everything that bounds a peer of an HTTP connection, in one place (docs/http.md).
 * Sizes are bytes, times milliseconds. A struct takes 0 for "the constant"; what bounds one message's head is in
 * wire/http1.h, what bounds accepting in net/listen.h. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "wire/http1.h"

/* Server. */
enum {
    HTTP_CONNS_MAX = 10000,       /* connections of one server; the next ones are answered with 503 */
    HTTP_CONNS_OVER = 64,         /* .. so many at a time; any more are closed unanswered */
    HTTP_LOCAL_CONNS = 32,        /* connections of http_server_listen_local; the next ones wait in the kernel. They do not
                                   * count above: the administrator gets in when nobody else does */
    HTTP_REQUESTS_MAX = 10000,    /* requests on one connection; the last answer says Connection: close */
    HTTP_HANDSHAKE_MS = 10000,    /* TLS handshake of a client */
    HTTP_HEAD_MS = 10000,         /* from the first byte of a request to the end of its head: then 408 */
    HTTP_IDLE_MS = 75000,         /* between two requests: then the connection is closed without a word */
    HTTP_PROGRESS_MS = 30000,     /* while we wait for a body, or for an answer to be taken .. */
    HTTP_PROGRESS_MIN = 4096,     /* .. at least so many bytes move in each such time: else 408, or the end */
    HTTP_LINGER_MS = 5000,        /* after a refusal the peer may still read it so long .. */
    HTTP_LINGER_MAX = 4 * 1024 * 1024, /* .. while we throw away what it is still sending, up to this */
    HTTP_DRAIN_MAX = 1024 * 1024, /* of a body that is refused on its head: so much is read first, so that the connection goes on;
                                   * a client with more is answered at once and the connection ends */
    HTTP_BODY_MAX = 1024 * 1024,  /* body for a straight-line handler whose route says nothing else: then 413 */
    HTTP_BODIES_MAX = 64 * 1024 * 1024, /* all such bodies of one server at a time: then 503 */
    HTTP_ANSWER_MAX = 64 * 1024 * 1024, /* body of an answer that is built in memory */
    HTTP_RETRY_AFTER_S = 5,       /* what a 503 of ours says in Retry-After */
};

/* Both directions. */
enum {
    HTTP_READ_SIZE = 16 * 1024,   /* input buffer: one TLS record */
    HTTP_STREAM_SIZE = 64 * 1024, /* the same while a large body streams */
    HTTP_OUT_MAX = 64 * 1024,     /* output that a slow peer leaves with us, besides bodies that lie in memory anyway */
    HTTP_COALESCE = 16 * 1024,    /* a head and so much of its body go out in one write: one TLS record */
    HTTP_TURNS = 16,              /* reads and writes in a row before other connections have their turn */
};

/* Client. */
enum {
    HTTP_CALL_BODY_MAX = 16 * 1024 * 1024, /* body of an answer that is read into memory */
    HTTP_INTERIM_MAX = 8,         /* 1xx answers before the real one */
    HTTP_CONNECT_ANSWER_MAX = 8 * 1024, /* head of a proxy's answer to CONNECT */
    HTTP_CONNECT_FIELDS_MAX = 50,
};

/* What one server allows; 0 = the constant of the same name. */
struct http_limits {
    struct http1_limits head;
    size_t conns, requests;
    int64_t handshake_ms, head_ms, idle_ms, progress_ms, linger_ms;
    size_t progress_min, linger_max, body, bodies;
};

/* The same with every 0 replaced. */
struct http_limits http_limits_fill(const struct http_limits *l);
