#include "vim/exchange.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "net/conn.h"
#include "vim/body.h"
#include "wire/http1.h"

enum { READ_SIZE = 16 * 1024 };

struct exchange {
    struct conn *conn;
    struct buf out, body;
    size_t out_at, interim;
    struct http1_reader reader;
    struct http1_head *head;  /* in the arena, once read */
    struct arena *arena;
    bool heard, ended, clean; /* a byte came; the answer is complete; nothing came behind it */
};


static void exchange_done(struct exchange *x)
{
    vim_body_wipe(&x->out);
    vim_body_wipe(&x->body);
    vim_body_wipe(&x->reader.bytes);
    http1_reader_done(&x->reader);
}

static bool write_request(struct buf *b, const char *host, const struct vim_request *rq, struct err *e)
{
    uint8_t *room;
    size_t fields = 0;
    for (size_t i = 0; i < rq->fields_len; i++)
        fields += strlen(rq->fields[i].name) + strlen(rq->fields[i].value) + 4;
    /* All at once: a buffer that grows leaves copies of what it held behind. */
    if (!buf_reserve(b, strlen(rq->path) + strlen(host) + fields + rq->body_len + 256, &room, e) ||
        !http1_write_request(b, rq->method, rq->path, e) || !http1_write_field(b, "Host", host, e) ||
        !http1_write_field(b, "User-Agent", "vouchsafe", e))
        return false;
    for (size_t i = 0; i < rq->fields_len; i++)
        if (!http1_write_field(b, rq->fields[i].name, rq->fields[i].value, e))
            return false;
    if ((rq->body || strcmp(rq->method, "POST") == 0) && !http1_write_field_number(b, "Content-Length", rq->body_len, e))
        return false;
    return http1_write_end(b, e) && (!rq->body_len || buf_append(b, rq->body, rq->body_len, e));
}

/* One event of the reader. IO_DONE: go on; the answer is complete when x->ended. */
static enum io take_event(struct exchange *x, enum http1_event event, const struct url_span *piece, struct err *e)
{
    switch (event) {
    case HTTP1_MORE:
        return IO_DONE;
    case HTTP1_HEAD:
        x->head = x->reader.head.status >= 200 ? http1_head_copy(&x->reader, x->arena) : NULL;
        if (x->reader.head.status == 101)
            return err_set(e, ERR_PEER, "the answer changes the protocol unasked"), IO_FAILED;
        return IO_DONE;
    case HTTP1_BODY:
        if (buf_append(&x->body, piece->at, piece->len, NULL))
            return IO_DONE;
        return err_set(e, ERR_LIMIT, "the answer is larger than %zu bytes", x->body.max), IO_FAILED;
    case HTTP1_END:
        x->ended = x->head != NULL;
        if (!x->ended && ++x->interim > VIM_INTERIM_MAX)
            return err_set(e, ERR_PEER, "more than %d interim answers", VIM_INTERIM_MAX), IO_FAILED;
        if (!x->ended)
            http1_next(&x->reader);
        return IO_DONE;
    case HTTP1_BAD:
        return IO_FAILED;
    }
    return IO_FAILED;
}

static enum io feed(struct exchange *x, const uint8_t *data, size_t len, struct err *e)
{
    size_t at = 0;
    enum http1_event event;
    do {
        size_t used = 0;
        struct url_span piece = { 0 };
        event = http1_feed(&x->reader, data + at, len - at, &used, &piece, e);
        at += used;
        if (take_event(x, event, &piece, e) == IO_FAILED)
            return IO_FAILED;
    } while (!x->ended && event != HTTP1_MORE);
    x->clean = at == len;
    return IO_DONE;
}

static enum io at_end(struct exchange *x, struct err *e)
{
    if (!x->heard)
        return err_set(e, ERR_PEER, "it closed the connection without an answer"), IO_FAILED;
    enum http1_event event = http1_eof(&x->reader, e);
    if (event == HTTP1_END && x->head) {
        x->ended = true;
        return IO_DONE;
    }
    return event == HTTP1_BAD ? IO_FAILED : (err_set(e, ERR_PEER, "the answer was cut off"), IO_FAILED);
}

static enum io step(void *self, struct err *e)
{
    struct exchange *x = self;
    enum io io;
    size_t len;
    while (x->out_at < x->out.len) {
        if ((io = conn_write(x->conn, x->out.data + x->out_at, x->out.len - x->out_at, &len, e)) != IO_DONE)
            return io;
        x->out_at += len;
    }
    while (!x->ended) {
        uint8_t data[READ_SIZE];
        if ((io = conn_read(x->conn, data, sizeof(data), &len, e)) != IO_DONE)
            return io;
        io = len ? feed(x, data, len, e) : at_end(x, e);
        x->heard |= len > 0;
        secret_wipe(data, len);
        if (io != IO_DONE)
            return io;
        if (!len && x->ended)
            x->clean = false; /* the end of the stream ended it */
    }
    return IO_DONE;
}

static int fd(const void *self)
{
    return conn_fd(((const struct exchange *)self)->conn);
}

bool vim_exchange(struct conn *c, const struct vim_exchange_ask *ask, struct vim_answer *ret,
                  struct vim_exchange_end *ret_end, struct err *e)
{
    const struct vim_request *rq = ask->rq;
    static const struct io_op op = { step, fd };
    AUTO(exchange_done) struct exchange x = { .conn = c, .arena = ask->arena };
    buf_init(&x.out, VIM_REQUEST_MAX);
    buf_init(&x.body, rq->answer_max ? rq->answer_max : VIM_ANSWER_MAX);
    http1_reader_init(&x.reader, HTTP1_RESPONSE, NULL);
    x.reader.to_head = strcmp(rq->method, "HEAD") == 0;
    if (!write_request(&x.out, ask->host_field, rq, e)) {
        ret_end->keep = true;
        return false;
    }
    struct err why = { 0 };
    if (!io_run(&op, &x, ask->deadline_ms, &why)) {
        ret_end->unanswered = !x.heard && why.kind == ERR_PEER;
        return err_set(e, why.kind, "%s", why.msg);
    }
    ret_end->keep = x.clean && x.head->keep_alive;
    *ret = (struct vim_answer){ x.head->status, x.head, arena_strndup(ask->arena, buf_str(&x.body), x.body.len), x.body.len };
    return true;
}
