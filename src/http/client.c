#include "http/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/client_parts.h"
#include "net/conn.h"

struct http_client *http_client_create(struct conn *take, const struct http1_limits *limits)
{
    struct http_client *c = xcalloc(1, sizeof(*c));
    c->conn = take;
    c->keep = true;
    http1_reader_init(&c->reader, HTTP1_RESPONSE, limits);
    buf_init(&c->out, HTTP1_HEAD_MAX + HTTP1_TARGET_MAX);
    return c;
}

struct http_client *http_client_destroy(struct http_client *c)
{
    if (!c)
        return NULL;
    c->conn = conn_destroy(c->conn);
    client_forget(c->reader.bytes.data, c->reader.bytes.cap);
    client_forget(c->out.data, c->out.cap);
    client_forget(c->in, c->in ? HTTP_STREAM_SIZE : 0);
    http1_reader_done(&c->reader);
    buf_done(&c->out);
    free(c->in);
    free(c);
    return NULL;
}

const struct http1_head *http_client_answer(const struct http_client *c)
{
    return &c->reader.head;
}

struct http1_head *http_client_answer_copy(const struct http_client *c, struct arena *a)
{
    return http1_head_copy(&c->reader, a);
}

int http_client_fd(const struct http_client *c)
{
    return conn_fd(c->conn);
}

struct conn *http_client_conn(struct http_client *c)
{
    return c->conn;
}

bool http_client_ready(const struct http_client *c)
{
    return c->keep && c->sending == SEND_NOTHING && (c->receiving == RECEIVE_NOTHING || c->receiving == RECEIVE_END);
}

bool http_client_unsent(const struct http_client *c)
{
    return !c->touched;
}

static enum io read_some(struct http_client *c, struct err *e)
{
    if (!c->in)
        c->in = xmalloc(HTTP_STREAM_SIZE);
    assert(c->in_at == c->in_len);
    c->in_at = c->in_len = 0;
    return conn_read(c->conn, c->in, HTTP_STREAM_SIZE, &c->in_len, e);
}

bool http_client_stale(struct http_client *c)
{
    assert(http_client_ready(c));
    uint8_t byte;
    size_t len;
    struct err why;
    if (!c->shaken)
        return false;
    /* Bytes, an end, or a failure: all the same. */
    if (c->in_at < c->in_len || conn_read(c->conn, &byte, 1, &len, &why) != IO_WANT_READ)
        c->keep = false;
    return !c->keep;
}

bool http_client_start(struct http_client *c, const struct http_send *s, struct err *e)
{
    assert(http_client_ready(c));
    struct http1_head asks = { .fields = (struct http1_field *)s->fields, .fields_len = s->fields_len };
    c->touched = false;
    if (http_client_stale(c))
        return err_set(e, ERR_PEER, "the server has ended the connection, or spoke without being asked");
    buf_clear(&c->out);
    c->out_at = 0;
    c->chunked = s->source && s->source_len == HTTP_CLIENT_CHUNKED;
    if (!client_write_head(c, s, e)) {
        buf_clear(&c->out);
        return false;
    }
    if (c->receiving == RECEIVE_END)
        http1_next(&c->reader);
    c->reader.to_head = !strcmp(s->method, "HEAD");
    c->reader.to_connect = !strcmp(s->method, "CONNECT");
    c->wants_upgrade = http1_find(&asks, "upgrade") != NULL;
    c->keep = !s->close;
    c->body = s->body;
    c->body_len = s->source ? 0 : s->body_len;
    c->source = s->source;
    c->source_left = s->source ? s->source_len : 0;
    c->interim = 0;
    c->send_failed = false;
    c->sending = s->expect_continue && client_has_body(s) ? SEND_WAIT : SEND_HEAD;
    c->receiving = RECEIVE_HEAD;
    /* A head and a small body are one write. */
    if (c->sending == SEND_HEAD && c->body_len && c->out.len + c->body_len <= HTTP_COALESCE &&
        buf_append(&c->out, c->body, c->body_len, NULL))
        c->body_len = 0;
    return true;
}

/* Sends what can be sent. A failure counts only if the server has not answered: it may refuse and break off. */
static enum io push(struct http_client *c, struct err *e)
{
    if (!c->shaken) {
        enum io io = conn_handshake(c->conn, e);
        if (io != IO_DONE)
            return io;
        c->shaken = true;
    }
    enum io io = client_send(c, &c->send_error);
    if (io != IO_FAILED)
        return io;
    c->send_failed = true;
    c->sending = SEND_STOPPED;
    c->keep = false;
    return IO_DONE;
}

/* The answer will not come. */
static enum io broken(struct http_client *c, struct err *e)
{
    c->keep = false;
    c->receiving = RECEIVE_OVER;
    if (c->send_failed && e)
        *e = c->send_error;
    return IO_FAILED;
}

/* One event of the reader, reading as needed; HTTP1_MORE: see *ret_io. */
static enum http1_event next_event(struct http_client *c, enum io *ret_io, struct err *e)
{
    for (;;) {
        size_t used;
        enum http1_event event = http1_feed(&c->reader, c->in ? c->in + c->in_at : (const uint8_t *)"",
                                            c->in_len - c->in_at, &used, &c->piece, e);
        c->in_at += used;
        if (event != HTTP1_MORE)
            return event;
        *ret_io = read_some(c, e);
        if (*ret_io != IO_DONE)
            return HTTP1_MORE;
        if (c->in_len)
            continue;
        event = http1_eof(&c->reader, e);
        if (event == HTTP1_MORE)
            err_set(e, ERR_PEER, "the server ended the connection without an answer");
        if (event != HTTP1_END)
            return HTTP1_BAD;
        c->keep = false;
        return HTTP1_END;
    }
}

/* A head has come: true when it is the one of the final answer. */
static bool take_head(struct http_client *c, bool *ret_final, struct err *e)
{
    const struct http1_head *h = &c->reader.head;
    *ret_final = h->status >= 200 || h->status == 101;
    if (h->status == 101 && !c->wants_upgrade)
        return err_set(e, ERR_PEER, "the server switches protocols without being asked");
    if (*ret_final) {
        c->keep = c->keep && h->keep_alive && !h->upgrade;
        /* Refused: the rest of the body is not wanted. */
        if (c->sending != SEND_NOTHING && (h->status >= 300 || c->sending == SEND_WAIT))
            c->sending = SEND_STOPPED;
        c->receiving = h->upgrade ? RECEIVE_OVER : RECEIVE_BODY;
        return true;
    }
    if (++c->interim > HTTP_INTERIM_MAX)
        return err_set(e, ERR_PEER, "more than %d interim answers", HTTP_INTERIM_MAX);
    if (h->status == 100 && c->sending == SEND_WAIT)
        c->sending = SEND_BODY;
    return true;
}

/* After an interim answer: the reader waits for the next head, for the same request. */
static void next_head(struct http_client *c)
{
    bool to_head = c->reader.to_head, to_connect = c->reader.to_connect;
    http1_next(&c->reader);
    c->reader.to_head = to_head;
    c->reader.to_connect = to_connect;
}

enum io http_client_head(struct http_client *c, struct err *e)
{
    assert(c->receiving != RECEIVE_NOTHING);
    while (c->receiving == RECEIVE_HEAD) {
        enum io in = IO_WANT_READ, out = push(c, e);
        bool final;
        if (out == IO_FAILED || !c->shaken)
            return out;
        switch (next_event(c, &in, e)) {
        case HTTP1_MORE:
            if (in == IO_FAILED)
                return broken(c, e);
            return out == IO_WANT_WRITE ? out : in;
        case HTTP1_HEAD:
            if (!take_head(c, &final, e))
                return broken(c, e);
            break;
        case HTTP1_END:
            next_head(c); /* of an interim answer */
            break;
        case HTTP1_BODY:
        case HTTP1_BAD:
            return broken(c, e);
        }
    }
    return IO_DONE;
}

static void end_answer(struct http_client *c)
{
    c->receiving = RECEIVE_END;
    if (c->sending != SEND_NOTHING) {
        c->sending = SEND_STOPPED; /* answered in full before all was read */
        c->keep = false;
    }
    if (c->in_at == c->in_len) { /* pools keep many of these */
        free(c->in);
        c->in = NULL;
        c->in_at = c->in_len = 0;
    }
}

enum io http_client_body(struct http_client *c, const uint8_t **ret_p, size_t *ret_len, struct err *e)
{
    enum io in = IO_WANT_READ, out = push(c, e);
    *ret_len = 0;
    if (out == IO_FAILED)
        return out;
    while (c->receiving == RECEIVE_BODY && !c->piece.len) {
        switch (next_event(c, &in, e)) {
        case HTTP1_MORE:
            if (in == IO_FAILED)
                return broken(c, e);
            return out == IO_WANT_WRITE ? out : in;
        case HTTP1_BODY:
            break;
        case HTTP1_END:
            end_answer(c);
            break;
        case HTTP1_HEAD:
        case HTTP1_BAD:
            return broken(c, e);
        }
    }
    *ret_p = (const uint8_t *)c->piece.at;
    *ret_len = c->receiving == RECEIVE_BODY ? c->piece.len : 0;
    return IO_DONE;
}

void http_client_consume(struct http_client *c, size_t len)
{
    assert(len <= c->piece.len);
    c->piece.at += len;
    c->piece.len -= len;
}

struct conn *http_client_release(struct http_client *c, const uint8_t **ret_leftover, size_t *ret_len)
{
    assert(c->receiving == RECEIVE_OVER && c->reader.head.upgrade);
    *ret_leftover = c->in ? c->in + c->in_at : (const uint8_t *)"";
    *ret_len = c->in_len - c->in_at;
    return STEAL(c->conn);
}
