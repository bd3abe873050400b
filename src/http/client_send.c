#include <string.h>

#include "base/secret.h"
#include "http/client_parts.h"
#include "net/conn.h"

/* What was sent or came may have held a password or a session. */
void client_forget(void *p, size_t len)
{
    if (p)
        secret_wipe(p, len);
}

bool client_has_body(const struct http_send *s)
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

bool client_write_head(struct http_client *c, const struct http_send *s, struct err *e)
{
    char host[URL_HOST_TEXT];
    bool connect = !strcmp(s->method, "CONNECT");
    if (!make_room(c, s, e))
        return false;
    url_host_write(s->host, connect ? 0 : s->tls ? 443 : 80, host);
    if (!http1_write_request(&c->out, s->method, s->target, e) || !http1_write_field(&c->out, "Host", host, e))
        return false;
    for (size_t i = 0; i < s->fields_len; i++)
        if (!http1_write_field(&c->out, s->fields[i].name, s->fields[i].value, e))
            return false;
    if (!connect && !write_framing(c, s, e))
        return false;
    if (s->expect_continue && client_has_body(s) && !http1_write_field(&c->out, "Expect", "100-continue", e))
        return false;
    if (s->close && !http1_write_field(&c->out, "Connection", "close", e))
        return false;
    return http1_write_end(&c->out, e);
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
    client_forget(c->out.data, c->out.len);
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

enum io client_send(struct http_client *c, struct err *e)
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
