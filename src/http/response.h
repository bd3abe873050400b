/* http/response.h - an answer that is built in memory, by a straight-line handler or for an error.
 * Called by handlers on pool threads and by the application's error callback on the loop. Nothing here fails in the
 * caller's face: a field that can't be written, or a body past its cap, turns the whole answer into a 500. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct http1_field;
struct http_stream;

enum { HTTP_RESPONSE_FIELDS_MAX = 64 };

/* An answer whose head a straight-line handler has decided about, and whose body goes on from there on the loop. */
struct http_onward {
    const struct http_stream *stream; /* its begin comes when the head is out, with state as http_state; NULL: none */
    void *state;
    void (*drop)(void *state);        /* instead, when the client went meanwhile or the answer is another; on any thread */
    bool sized;                       /* its length is known: */
    uint64_t length;
    bool answers;                     /* the stream answers by itself, and the body that has not been read is its own */
};

struct http_response {
    int status;          /* 200 to begin with */
    struct buf body;     /* filled with buf_* by the handler; its cap is HTTP_ANSWER_MAX */
    bool close;          /* the connection ends after this answer */
    bool bad;            /* it can't be sent: a 500 goes instead */
    struct arena *arena; /* borrowed: names and values live there */
    struct http1_field *fields;
    size_t fields_len;
    struct http_onward onward; /* set last, with status and fields; then body counts for nothing */
    size_t gather;       /* of an early call: read a body of at most so many bytes and call once more. An early call that says
                          * neither has answered: a body of at most HTTP_DRAIN_MAX is read and thrown away first */
};

void http_response_init(struct http_response *r, struct arena *a);
void http_response_done(struct http_response *r);
/* Back to an empty 200. */
void http_response_reset(struct http_response *r);

/* Adds a field; name and value are copied. Content-Length, Transfer-Encoding, Connection and Date are the server's. */
void http_response_field(struct http_response *r, const char *name, const char *value);
/* Puts a body and its Content-Type. */
void http_response_text(struct http_response *r, int status, const char *type, const char *text);
