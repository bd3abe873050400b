/* tests/e2e/http/client.c - the HTTP client over real sockets, waited for in place as a pool thread does it.
 * client PORT METHOD TARGET [times N] [body N] [chunked N] [proxy PORT]: sends the request N times over one connection
 * and prints a line for each answer, "STATUS BYTES reused|closed", or "error KIND TEXT". */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/call.h"
#include "http/connect.h"
#include "net/conn.h"
#include "net/tcp.h"
#include "wire/http1.h"

enum { DEADLINE_MS = 30000 };

/* A body of zeros. */
struct zeros {
    uint64_t left;
};

static enum io zeros_peek(void *self, const uint8_t **ret_p, size_t *ret_len, struct err *e)
{
    static const uint8_t piece[100000];
    struct zeros *z = self;
    (void)e;
    *ret_p = piece;
    *ret_len = z->left < sizeof(piece) ? (size_t)z->left : sizeof(piece);
    return IO_DONE;
}

static void zeros_consume(void *self, size_t len)
{
    struct zeros *z = self;
    z->left -= len;
}

static struct conn *dial(const char *port_text)
{
    struct address address;
    struct err e;
    uint64_t port;
    if (!text_number(port_text, 1, 65535, &port) || !address_parse("127.0.0.1", (uint16_t)port, &address, &e))
        exit(2);
    return tcp_connect(&address, 1, NULL);
}

static int say_error(const struct err *e)
{
    (void)printf("error %s %s\n", err_kind_name(e->kind), e->msg);
    return 1;
}

static uint64_t number(const char *text)
{
    uint64_t n;
    if (!text_number(text, 0, UINT64_MAX - 1, &n))
        exit(2);
    return n;
}

int main(int argc, char **argv)
{
    struct url_host host = { .kind = URL_HOST_NAME, .name = "localhost" };
    struct zeros zeros = { 0 };
    struct http_source source = { zeros_peek, zeros_consume, &zeros };
    uint64_t times = 1, body = 0;
    bool chunked = false, streams = false;
    const char *proxy = NULL;
    struct err e;
    if (argc < 4)
        return 2;
    for (int i = 4; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "times"))
            times = number(argv[i + 1]);
        else if (!strcmp(argv[i], "proxy"))
            proxy = argv[i + 1];
        else
            body = number(argv[i + 1]);
        chunked = chunked || !strcmp(argv[i], "chunked");
        streams = streams || chunked || !strcmp(argv[i], "body");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    host.port = (uint16_t)number(argv[1]);
    struct conn *conn = dial(proxy ? proxy : argv[1]);
    if (proxy) {
        struct http_connect *tunnel = http_connect_create(conn, &host, "Basic YTpi");
        if (!io_run(&http_connect_op, tunnel, clock_mono_ms() + DEADLINE_MS, &e)) {
            (void)http_connect_destroy(tunnel);
            return say_error(&e);
        }
        conn = http_connect_take(tunnel);
        (void)http_connect_destroy(tunnel);
    }
    AUTO(http_client_destroyp) struct http_client *c = http_client_create(conn, NULL);
    for (uint64_t i = 0; i < times; i++) {
        struct arena arena = { 0 };
        struct http_reply reply;
        struct http_send send = { .method = argv[2], .target = argv[3], .host = &host, .source = streams ? &source : NULL,
                                  .source_len = chunked ? HTTP_CLIENT_CHUNKED : body };
        zeros.left = body;
        bool ok = (http_client_ready(c) || err_set(&e, ERR_PEER, "the connection was closed after %" PRIu64 " answers", i)) &&
                  http_call(c, &send, 0, clock_mono_ms() + DEADLINE_MS, &arena, &reply, &e);
        if (ok)
            (void)printf("%d %zu %s\n", reply.head->status, reply.body_len, http_client_ready(c) ? "reused" : "closed");
        arena_done(&arena);
        if (!ok)
            return say_error(&e);
    }
    return 0;
}
