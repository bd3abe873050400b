#include <assert.h>
#include <string.h>

#include "http/peer.h"
#include "net/conn.h"

static struct peer *peer_of(struct http_exchange *x)
{
    return CONTAINER_OF(x, struct peer, x);
}

/* How the client finds the end of the body. */
static bool write_framing(struct peer *p, int status, uint64_t length, struct err *e)
{
    struct http_exchange *x = &p->x;
    x->chunked = false;
    x->answer_left = length;
    if (status / 100 == 1 || status == 204 || status == 304) {
        x->head_only = true;
        return true;
    }
    if (length != HTTP_LENGTH_UNKNOWN)
        return http1_write_field_number(&p->out, "Content-Length", length, e);
    if (p->reader.head.minor) {
        x->chunked = true;
        return http1_write_field(&p->out, "Transfer-Encoding", "chunked", e);
    }
    p->keep = false; /* HTTP/1.0 reads until the end */
    return true;
}

static bool write_head(struct peer *p, int status, const struct http1_field *fields, size_t fields_len,
                       uint64_t length, struct err *e)
{
    struct buf *b = &p->out;
    if (!http1_write_status(b, status, NULL, e) || !http1_write_field(b, "Date", server_date(p->server), e))
        return false;
    for (size_t i = 0; i < fields_len; i++)
        if (!http1_write_field(b, fields[i].name, fields[i].value, e))
            return false;
    if (!write_framing(p, status, length, e))
        return false;
    p->keep = p->keep && !server_draining(p->server);
    if (status != 101 && !p->keep && !http1_write_field(b, "Connection", "close", e))
        return false;
    if (p->keep && !p->reader.head.minor && !http1_write_field(b, "Connection", "keep-alive", e))
        return false;
    return http1_write_end(b, e);
}

/* False: the fields can't be written, and an empty 500 was. */
static bool put_head(struct peer *p, int status, const struct http1_field *fields, size_t fields_len, uint64_t length)
{
    size_t before = p->out.len;
    p->x.answer = ANSWER_STARTED;
    if (write_head(p, status, fields, fields_len, length, NULL))
        return true;
    p->out.len = before;
    p->keep = false;
    bool ok = write_head(p, 500, NULL, 0, 0, NULL);
    assert(ok);
    (void)ok;
    p->x.answer_left = 0;
    p->x.answer = ANSWER_ENDED;
    return false;
}

/* A head and a small body are one write; what is longer goes out from where it lies. */
static void put_body(struct peer *p, const uint8_t *body, size_t len)
{
    size_t first = p->out.len < HTTP_COALESCE ? HTTP_COALESCE - p->out.len : 0;
    if (first > len)
        first = len;
    bool ok = buf_append(&p->out, body, first, NULL);
    assert(ok);
    (void)ok;
    p->x.tail = body + first;
    p->x.tail_len = len - first;
}

static void answer_whole(struct peer *p, int status, const struct http1_field *fields, size_t fields_len,
                         const void *body, size_t len)
{
    exchange_discard(p);
    if (put_head(p, status, fields, fields_len, len) && !p->x.head_only && len)
        put_body(p, body, len);
    p->x.answer = ANSWER_ENDED;
    peer_wake(p);
}

void answer_response(struct peer *p, struct http_response *r)
{
    if (r->bad) {
        http_response_reset(r);
        http_response_text(r, 500, "text/plain; charset=utf-8", "an answer that could not be written");
    }
    if (r->close)
        p->keep = false;
    answer_whole(p, r->status, r->fields, r->fields_len, r->body.data, r->body.len);
}

void http_answer(struct http_exchange *x, int status, const struct http1_field *fields, size_t fields_len,
                 const void *body, size_t len)
{
    assert(x->begun && x->answer == ANSWER_NONE && !x->upgrading);
    answer_whole(peer_of(x), status, fields, fields_len, body, len);
}

void http_answer_start(struct http_exchange *x, int status, const struct http1_field *fields, size_t fields_len,
                       uint64_t length)
{
    assert(x->begun && x->answer == ANSWER_NONE && !x->upgrading);
    (void)put_head(peer_of(x), status, fields, fields_len, length);
    peer_wake(peer_of(x));
}

/* Output that waits: then there is no point in trying the connection. */
static size_t unsent(const struct peer *p)
{
    return p->out.len - p->out_at;
}

/* Sends what waits; false when something still does. */
static bool try_flush(struct peer *p)
{
    struct err e;
    enum io io = peer_flush(p, &e);
    if (io == IO_FAILED)
        peer_fail(p, &e);
    return io == IO_DONE;
}

static size_t write_chunk(struct peer *p, const uint8_t *data, size_t len)
{
    enum { FRAMING = HTTP1_CHUNK_HEAD_MAX + 2 };
    (void)try_flush(p);
    size_t room = unsent(p) + FRAMING < HTTP_OUT_MAX ? HTTP_OUT_MAX - unsent(p) - FRAMING : 0;
    if (len > room)
        len = room;
    if (len) {
        bool ok = http1_write_chunk(&p->out, data, len, NULL);
        assert(ok);
        (void)ok;
        (void)try_flush(p);
    }
    return len;
}

/* Takes a piece into our own buffer. */
static size_t keep_some(struct peer *p, const uint8_t *data, size_t len)
{
    if (len > HTTP_COALESCE)
        len = HTTP_COALESCE;
    bool ok = buf_append(&p->out, data, len, NULL);
    assert(ok);
    (void)ok;
    return len;
}

/* Behind what waits (the head), else straight to the connection. What that does not take is kept and offered again
 * as it was: TLS insists on that. */
static size_t write_counted(struct peer *p, const uint8_t *data, size_t len)
{
    size_t done = 0, taken = 0;
    struct err e;
    if (unsent(p) >= HTTP_COALESCE && !try_flush(p))
        return 0;
    if (unsent(p)) {
        done = keep_some(p, data, len);
        if (!try_flush(p))
            return done;
    }
    while (done < len) {
        enum io io = conn_write(p->conn, data + done, len - done, &taken, &e);
        if (io == IO_FAILED) {
            peer_fail(p, &e);
            return len;
        }
        if (io != IO_DONE)
            return done + keep_some(p, data + done, len - done);
        p->moved += taken;
        done += taken;
    }
    return done;
}

size_t http_answer_write(struct http_exchange *x, const void *data, size_t len)
{
    struct peer *p = peer_of(x);
    size_t given = len;
    if (x->answer != ANSWER_STARTED || p->failed)
        return len; /* the 500 that was written instead, or nobody to write to */
    if (x->answer_left < len)
        len = (size_t)x->answer_left; /* more than was announced goes nowhere */
    size_t done = x->head_only ? len : x->chunked ? write_chunk(p, data, len) : write_counted(p, data, len);
    if (x->answer_left != HTTP_LENGTH_UNKNOWN)
        x->answer_left -= done;
    x->starved = done < len;
    if (x->starved || unsent(p))
        peer_wake(p);
    return done < len ? done : given;
}

void http_answer_end(struct http_exchange *x)
{
    struct peer *p = peer_of(x);
    if (x->answer != ANSWER_STARTED)
        return;
    if (x->chunked && !x->head_only) {
        bool ok = http1_write_last_chunk(&p->out, NULL);
        assert(ok);
        (void)ok;
    } else if (!x->chunked && !x->head_only && x->answer_left && x->answer_left != HTTP_LENGTH_UNKNOWN) {
        p->keep = false;
    }
    exchange_discard(p);
    x->starved = false;
    x->answer = ANSWER_ENDED;
    peer_wake(p);
}

void http_upgrade(struct http_exchange *x, const struct http1_field *fields, size_t fields_len)
{
    struct peer *p = peer_of(x);
    assert(x->begun && x->answer == ANSWER_NONE && x->handler->upgraded && p->reader.head.upgrade);
    if (!x->body_ended) {
        static const struct http1_field text = { "Content-Type", "text/plain; charset=utf-8" };
        static const char why[] = "an upgrade with a body";
        answer_whole(p, 400, &text, 1, why, sizeof(why) - 1);
        return;
    }
    x->upgrading = put_head(p, 101, fields, fields_len, 0);
    peer_wake(p);
}
