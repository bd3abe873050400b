/* http/exchange.h - one request and its answer, as a handler on the loop sees them: bodies in pieces, with pause.
 * Used by relays, downloads and upgrades; the straight-line handlers of http/router.h are built on it. Everything
 * here belongs to the loop's thread, and none of it blocks.
 *
 * The journey: begin is called with the head. The handler may answer at once, ask for the body (http_body_want), or
 * do neither and come back later: what other callbacks of its own do between begin and ended is all the same to the
 * exchange. Body bytes are looked at where they lie (http_body_peek) and taken (http_body_consume); bytes that are
 * not taken stay, and nothing more is read from the client: that is the back-pressure. An answer is written as fast as
 * the client takes it; writable says when there is room again. After ended the exchange is gone. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct address;
struct arena;
struct conn;
struct http1_field;
struct http1_head;
struct http_exchange;
struct http_server;
struct http_match;
struct loop;

enum http_end {
    HTTP_ANSWERED, /* the answer is out, or waits in our buffer for a connection that is being closed in order */
    HTTP_GONE,     /* the client broke off, was too slow, or the handler gave up; e says what */
    HTTP_UPGRADED, /* the connection was handed over */
};

/* What is handed over after an upgrade. */
struct http_takeover {
    struct conn *take_conn;
    const uint8_t *leftover; /* what the client had sent behind its request; borrowed for the call */
    size_t leftover_len;
};

struct http_stream {
    void (*begin)(struct http_exchange *x);
    /* Body bytes are there, or its end; called again only after some were consumed, or more came. */
    void (*body)(struct http_exchange *x);
    /* After http_answer_write took less than it was given: there is room again. NULL if it is never used. */
    void (*writable)(struct http_exchange *x);
    /* After http_upgrade, when the 101 is out. Its connection counts as one of the server's until
     * http_server_release. NULL if it is never used. */
    void (*upgraded)(struct http_exchange *x, struct http_takeover *t);
    /* Exactly once, the last call: give back what is yours. e is NULL unless HTTP_GONE. */
    void (*ended)(struct http_exchange *x, enum http_end how, const struct err *e);
};

/* What the request was; all borrowed until ended. */
const struct http1_head *http_head(const struct http_exchange *x);
const struct http_match *http_match(const struct http_exchange *x);
const struct address *http_client(const struct http_exchange *x); /* the other end of the connection */
struct arena *http_arena(struct http_exchange *x);               /* lives until ended */
struct loop *http_loop(const struct http_exchange *x);           /* that everything of this request runs on */
struct http_server *http_server_of(const struct http_exchange *x); /* for http_server_release; outlives the exchange */
void *http_app(const struct http_exchange *x);                   /* of the server's config */
/* The handler's own. */
void *http_state(const struct http_exchange *x);
void http_state_set(struct http_exchange *x, void *state);

/* From now on the body is read; sends "100 Continue" first if the client waits for it. */
void http_body_want(struct http_exchange *x);
/* What is there now: *ret_len 0 means wait for body(), or with *ret_end that there is no more. */
void http_body_peek(const struct http_exchange *x, const uint8_t **ret_p, size_t *ret_len, bool *ret_end);
void http_body_consume(struct http_exchange *x, size_t len); /* at most what peek showed */

/* The whole answer; body is borrowed until ended. Content-Length, Date and Connection are added. A body that was not
 * read to its end costs the connection. Fields that can't be written turn it into a 500. */
void http_answer(struct http_exchange *x, int status, const struct http1_field *fields, size_t fields_len,
                 const void *body, size_t len);

/* An answer in pieces: the head, with the length or HTTP_LENGTH_UNKNOWN (chunked; until the end for HTTP/1.0). */
#define HTTP_LENGTH_UNKNOWN UINT64_MAX
void http_answer_start(struct http_exchange *x, int status, const struct http1_field *fields, size_t fields_len,
                       uint64_t length);
/* Returns how many bytes were taken (copied or sent): less than len = wait for writable. Never more than the length
 * announced. */
size_t http_answer_write(struct http_exchange *x, const void *p, size_t len);
/* All was written. Fewer bytes than announced end the connection, so that the client can tell. */
void http_answer_end(struct http_exchange *x);

/* 101 with Connection and Upgrade fields of the handler's; then upgraded is called. Only for a request whose head
 * says upgrade; one with a body that has not been read gets a 400 instead. */
void http_upgrade(struct http_exchange *x, const struct http1_field *fields, size_t fields_len);

/* Breaks the connection off: for an answer that can't be finished. ended(HTTP_GONE) follows; harmless after the end of
 * the answer. */
void http_abort(struct http_exchange *x, const struct err *why);
