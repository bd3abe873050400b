#include "http/call.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"

struct call {
    struct http_client *client;
    struct buf body;
};

static enum io step(void *self, struct err *e)
{
    struct call *call = self;
    enum io io = http_client_head(call->client, e);
    while (io == IO_DONE) {
        const uint8_t *p;
        size_t len;
        io = http_client_body(call->client, &p, &len, e);
        if (io != IO_DONE || !len)
            break;
        if (!buf_append(&call->body, p, len, e)) {
            err_in(e, "the answer's body");
            return IO_FAILED;
        }
        http_client_consume(call->client, len);
    }
    return io;
}

static int fd(const void *self)
{
    const struct call *call = self;
    return http_client_fd(call->client);
}

bool http_call(struct http_client *c, const struct http_send *s, size_t body_max, int64_t deadline_ms, struct arena *a,
               struct http_reply *ret, struct err *e)
{
    static const struct io_op op = { step, fd };
    struct call call = { .client = c };
    buf_init(&call.body, body_max ? body_max : HTTP_CALL_BODY_MAX);
    bool ok = http_client_start(c, s, e) && io_run(&op, &call, deadline_ms, e);
    if (ok)
        *ret = (struct http_reply){
            .head = http_client_answer_copy(c, a),
            .body = (const uint8_t *)arena_strndup(a, buf_str(&call.body), call.body.len),
            .body_len = call.body.len,
        };
    if (call.body.data)
        secret_wipe(call.body.data, call.body.cap); /* it may have been a session's id */
    buf_done(&call.body);
    return ok;
}
