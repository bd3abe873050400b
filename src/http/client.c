#include "http/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/secret.h"
#include "net/conn.h"
#include "wire/http1.h"

enum sending {
    SEND_NOTHING,   /* no request, or it is out */
    SEND_HEAD,
    SEND_WAIT,      /* for a 100 */
    SEND_BODY,
    SEND_FLUSH,     /* the last bytes */
    SEND_STOPPED,   /* given up: the rest does not matter any more */
};

enum receiving {
    RECEIVE_NOTHING, /* between two requests */
    RECEIVE_HEAD,
    RECEIVE_BODY,
    RECEIVE_END,     /* the answer is complete */
    RECEIVE_OVER,    /* the connection carries HTTP no more */
};

struct http_client {
    struct conn *conn; /* owned */
    bool shaken;       /* the handshake is done */
    bool touched;      /* a byte of the present request was written */
    enum sending sending;
    enum receiving receiving;
    struct buf out;    /* head, chunk framing */
    size_t out_at;
    const uint8_t *body; /* rest of a body in memory */
    size_t body_len;
    const struct http_source *source;
    uint64_t source_left;
    bool chunked, wants_upgrade, keep;
    unsigned interim;
    struct err send_error; /* the server may have answered before it broke off */
    bool send_failed;
    struct http1_reader reader;
    uint8_t *in;       /* owned */
    size_t in_at, in_len;
    struct url_span piece;
};

struct http_client *http_client_create(struct conn *take, const struct http1_limits *limits)
{
    struct http_client *c = xcalloc(1, sizeof(*c));
    c->conn = take;
    c->keep = true;
    http1_reader_init(&c->reader, HTTP1_RESPONSE, limits);
    buf_init(&c->out, HTTP1_HEAD_MAX + HTTP1_TARGET_MAX);
    return c;
}

/* What was sent or came may have held a password or a session. */
static void forget(void *p, size_t len)
{
    if (p)
        secret_wipe(p, len);
}

struct http_client *http_client_destroy(struct http_client *c)
{
    if (!c)
        return NULL;
    c->conn = conn_destroy(c->conn);
    forget(c->reader.bytes.data, c->reader.bytes.cap);
    forget(c->out.data, c->out.cap);
    forget(c->in, c->in ? HTTP_STREAM_SIZE : 0);
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

static bool has_body(const struct http_send *s)
{
    return s->body_len || (s->source && s->source_len);
}

static bool write_framing(struct http_client *c, const struct http_send *s, struct err *e)
{
    if (c->chunked)
        return http1_write_field(&c->out, "Transfer-Encoding", "chunked", e);
    uint64_t len = s->source ? s->source_len : s->body_len;
    /* RFC 9110 section 8.6: a method that has a body says so even when it is empty. */
    bool meant = !strcmp(s->method, "POST") || !strcmp(s->method, "PUT") || !strcmp(s->method, "PATCH");
    return (!len && !meant) || http1_write_field_number(&c->out, "Content-Length", len, e);
}

/* Room for the head and a body that goes out with it, at once: a buffer that grows leaves copies of a password behind. */
static bool make_room(struct http_client *c, const struct http_send *s, struct err *e)
{
    uint8_t *room;
    size_t len = strlen(s->target) + URL_HOST_TEXT + 256;
    for (size_t i = 0; i < s->fields_len; i++)
        len += strlen(s->fields[i].name) + strlen(s->fields[i].value) + 4;
    if (!s->source && s->body_len <= HTTP_COALESCE)
        len += s->body_len;
    return buf_reserve(&c->out, len < c->out.max ? len : c->out.max, &room, e);
}

static bool write_head(struct http_client *c, const struct http_send *s, struct err *e)
{
    char host[URL_HOST_TEXT];
    bool connect = !strcmp(s->method, "CONNECT");
    url_host_write(s->host, connect ? 0 : s->tls ? 443 : 80, host);
    if (!http1_write_request(&c->out, s->method, s->target, e) || !http1_write_field(&c->out, "Host", host, e))
        return false;
    for (size_t i = 0; i < s->fields_len; i++)
        if (!http1_write_field(&c->out, s->fields[i].name, s->fields[i].value, e))
            return false;
    if (!connect && !write_framing(c, s, e))
        return false;
    if (s->expect_continue && has_body(s) && !http1_write_field(&c->out, "Expect", "100-continue", e))
        return false;
    if (s->close && !http1_write_field(&c->out, "Connection", "close", e))
        return false;
    return http1_write_end(&c->out, e);
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
    if (!make_room(c, s, e) || !write_head(c, s, e)) {
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
    c->sending = s->expect_continue && has_body(s) ? SEND_WAIT : SEND_HEAD;
    c->receiving = RECEIVE_HEAD;
    /* A head and a small body are one write. */
    if (c->sending == SEND_HEAD && c->body_len && c->out.len + c->body_len <= HTTP_COALESCE &&
        buf_append(&c->out, c->body, c->body_len, NULL))
        c->body_len = 0;
    return true;
}

/* Writes what is in out. */
static enum io flush(struct http_client *c, struct err *e)
{
    size_t len;
    while (c->out_at < c->out.len) {
        enum io io = conn_write(c->conn, c->out.data + c->out_at, c->out.len - c->out_at, &len, e);
        if (io != IO_DONE)
            return io;
        c->touched = true;
        c->out_at += len;
    }
    forget(c->out.data, c->out.len);
    buf_clear(&c->out);
    c->out_at = 0;
    return IO_DONE;
}

static enum io send_memory(struct http_client *c, struct err *e)
{
    size_t len;
    while (c->body_len) {
        enum io io = conn_write(c->conn, c->body, c->body_len, &len, e);
        if (io != IO_DONE)
            return io;
        c->body += len;
        c->body_len -= len;
    }
    c->sending = SEND_FLUSH;
    return IO_DONE;
}

/* The source has ended: at the length that was announced, or the server could never tell. */
static enum io end_source(struct http_client *c, struct err *e)
{
    if (c->chunked && !http1_write_last_chunk(&c->out, e))
        return IO_FAILED;
    if (!c->chunked && c->source_left) {
        err_set(e, ERR_INTERNAL, "a body that ended %llu bytes too early", (unsigned long long)c->source_left);
        return IO_FAILED;
    }
    c->source = NULL;
    c->sending = SEND_FLUSH;
    return IO_DONE;
}

static enum io send_source(struct http_client *c, struct err *e)
{
    for (;;) {
        const uint8_t *p;
        size_t len, done = 0;
        enum io io = flush(c, e);
        if (io != IO_DONE)
            return io;
        if (!c->chunked && !c->source_left)
            return end_source(c, e);
        io = c->source->peek(c->source->self, &p, &len, e);
        if (io != IO_DONE)
            return io == IO_FAILED ? io : IO_WANT_READ;
        if (!len)
            return end_source(c, e);
        if (c->chunked) {
            len = len < HTTP_COALESCE ? len : HTTP_COALESCE;
            if (!http1_write_chunk(&c->out, p, len, e))
                return IO_FAILED;
            c->source->consume(c->source->self, len);
            continue;
        }
        if (len > c->source_left)
            len = (size_t)c->source_left;
        io = conn_write(c->conn, p, len, &done, e);
        if (io != IO_DONE)
            return io;
        c->source_left -= done;
        c->source->consume(c->source->self, done);
    }
}

static enum io send_some(struct http_client *c, struct err *e)
{
    enum io io = IO_DONE;
    while (io == IO_DONE) {
        switch (c->sending) {
        case SEND_NOTHING:
        case SEND_STOPPED:
            return IO_DONE;
        case SEND_HEAD:
            c->sending = SEND_BODY;
            break;
        case SEND_WAIT:
            io = flush(c, e);
            return io == IO_DONE ? IO_WANT_READ : io;
        case SEND_BODY:
            if (c->source) {
                io = send_source(c, e);
            } else {
                io = flush(c, e);
                if (io == IO_DONE)
                    io = send_memory(c, e);
            }
            break;
        case SEND_FLUSH:
            io = flush(c, e);
            if (io == IO_DONE)
                c->sending = SEND_NOTHING;
            break;
        }
    }
    return io;
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
    enum io io = send_some(c, &c->send_error);
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
