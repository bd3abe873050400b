/* Whatever a server answers, the client comes to an end, and to the same one however the bytes are cut. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "http/client.h"
#include "net/conn.h"
#include "net/memory.h"
#include "wire/http1.h"

struct seen {
    enum io io;
    enum err_kind kind;
    int status;
    bool ready;
    struct buf body;
};

static enum io go(struct http_client *c, struct seen *s, struct err *e)
{
    enum io io = http_client_head(c, e);
    while (io == IO_DONE) {
        const uint8_t *p;
        size_t len;
        s->status = http_client_answer(c)->status;
        if (s->status == 101)
            return io;
        io = http_client_body(c, &p, &len, e);
        if (io != IO_DONE || !len)
            return io;
        MUST(buf_append(&s->body, p, len, NULL));
        http_client_consume(c, len);
    }
    return io;
}

static void run(const char *method, const uint8_t *data, size_t len, size_t step, struct seen *s)
{
    static const struct url_host host = { .name = "a", .port = 443 };
    static const struct http1_field fields[] = { { "Connection", "upgrade" }, { "Upgrade", "x" } };
    struct http_send send = { .method = method, .target = "/", .host = &host, .fields = fields,
                              .fields_len = strcmp(method, "POST") ? 0 : 2, .body = "abc",
                              .body_len = strcmp(method, "POST") ? 0 : 3 };
    struct conn *near, *server;
    struct err e = { 0 };
    size_t at = 0, done;
    *s = (struct seen){ .io = IO_WANT_READ };
    buf_init(&s->body, 1 << 24);
    memory_pair(4096, &near, &server);
    struct http_client *c = http_client_create(near, NULL);
    MUST(http_client_start(c, &send, &e));
    while (s->io == IO_WANT_READ && at < len) {
        size_t some = len - at < step ? len - at : step;
        MUST(conn_write(server, data + at, some, &done, &e) == IO_DONE);
        at += done;
        s->io = go(c, s, &e);
    }
    if (s->io == IO_WANT_READ) {
        (void)conn_finish(server, &e);
        s->io = go(c, s, &e);
    }
    MUST(s->io == IO_DONE || s->io == IO_FAILED);
    s->kind = s->io == IO_FAILED ? e.kind : ERR_NONE;
    MUST(s->io == IO_DONE || (s->kind != ERR_NONE && e.msg[0]));
    s->ready = http_client_ready(c);
    MUST(s->io == IO_DONE || !s->ready);
    (void)http_client_destroy(c);
    (void)conn_destroy(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const methods[] = { "GET", "HEAD", "POST" };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct seen whole, cut;
        run(methods[i], data, len, 4096, &whole);
        run(methods[i], data, len, 3, &cut);
        MUST(whole.io == cut.io && whole.kind == cut.kind);
        MUST(whole.io == IO_FAILED || (whole.status == cut.status && whole.ready == cut.ready));
        MUST(whole.io == IO_FAILED ||
             (whole.body.len == cut.body.len && !memcmp(buf_str(&whole.body), buf_str(&cut.body), whole.body.len)));
        buf_done(&whole.body);
        buf_done(&cut.body);
    }
    return 0;
}
