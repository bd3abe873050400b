#include "http/connect.h"

#include "http/limits.h"
#include "net/conn.h"
#include "net/memory.h"
#include "unit/check.h"
#include "wire/url.h"

static const struct url_host vc1 = { .kind = URL_HOST_NAME, .name = "vc1.example", .port = 443 };

static void tell(struct conn *c, const char *text, size_t len)
{
    struct err e;
    size_t done;
    for (size_t at = 0; at < len; at += done)
        CHECK_EQ(conn_write(c, text + at, len - at, &done, &e), IO_DONE);
}

static void say(struct conn *c, const char *text)
{
    tell(c, text, strlen(text));
}

static void tunnels_are_opened_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        bool ok;
    } cases[] = {
        { "HTTP/1.1 200 Connection established\r\n\r\n", true },
        { "HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n", true },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true }, /* RFC 9110 section 9.3.6: ignored */
        { "HTTP/1.1 200 OK\r\n\r\nx", false },                   /* a byte of the proxy's in the tunnel */
        { "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", false },
        { "HTTP/1.1 502 Bad\x01Gateway\r\n\r\n", false },
        { "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", false },
        { "HTTP/1.1 101 Switching\r\n\r\n", false },
        { "\x16\x03\x01\x00\r\n", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t at = 0; at < strlen(cases[i].answer); at++) {
            struct conn *near, *proxy;
            struct err e = { 0 };
            memory_pair(4096, &near, &proxy);
            struct http_connect *t = http_connect_create(near, &vc1, NULL);
            enum io io = http_connect_op.step(t, &e);
            CHECK_EQ(io, IO_WANT_READ);
            tell(proxy, cases[i].answer, at);
            io = http_connect_op.step(t, &e);
            if (io == IO_WANT_READ) {
                say(proxy, cases[i].answer + at);
                io = http_connect_op.step(t, &e);
            }
            /* A byte behind the head that comes later is the tunnel's. */
            bool late = strlen(cases[i].answer) - 1 == at && cases[i].answer[at] == 'x';
            if (io != (cases[i].ok || late ? IO_DONE : IO_FAILED))
                fail_msg("%s split at %zu: %s", cases[i].answer, at, e.msg);
            struct conn *tunnel = io == IO_DONE ? http_connect_take(t) : NULL;
            (void)http_connect_destroy(t);
            if (tunnel) {
                char bytes[4];
                size_t len;
                CHECK(tunnel == near);
                say(proxy, "tls");
                CHECK_EQ(conn_read(tunnel, bytes, sizeof(bytes), &len, &e), IO_DONE);
                CHECK(!late ? len == 3 : len > 0);
                (void)conn_destroy(tunnel);
            } else {
                CHECK(e.kind == ERR_PEER && e.msg[0]);
            }
            (void)conn_destroy(proxy);
        }
}

static void the_request_is_as_it_must_be(void **state)
{
    (void)state;
    static const struct url_host v6 = { .kind = URL_HOST_IPV6, .name = "2001:db8::1", .port = 8443 };
    struct conn *near, *proxy;
    struct err e;
    char bytes[300];
    size_t len;
    memory_pair(4096, &near, &proxy);
    struct http_connect *t = http_connect_create(near, &v6, "Basic YTpi");
    CHECK_EQ(http_connect_step(t, &e), IO_WANT_READ);
    CHECK_EQ(conn_read(proxy, bytes, sizeof(bytes) - 1, &len, &e), IO_DONE);
    bytes[len] = '\0';
    CHECK_STR(bytes, "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"
                     "Proxy-Authorization: Basic YTpi\r\n\r\n");
    (void)http_connect_destroy(t);
    (void)conn_destroy(proxy);
    memory_pair(4096, &near, &proxy);
    t = http_connect_create(near, &vc1, "Basic\r\nX: y");
    CHECK_EQ(http_connect_step(t, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_INPUT);
    (void)http_connect_destroy(t);
    (void)conn_destroy(proxy);
}

/* An answer without an end is cut off at its cap. */
static void answers_are_capped(void **state)
{
    (void)state;
    struct conn *near, *proxy;
    struct err e = { 0 };
    memory_pair(65536, &near, &proxy);
    struct http_connect *t = http_connect_create(near, &vc1, NULL);
    say(proxy, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < HTTP_CONNECT_ANSWER_MAX / 100 + 1; i++) {
        char line[101];
        (void)snprintf(line, sizeof(line), "X-%d: %090d\r\n", i % 10, 0);
        say(proxy, line);
    }
    CHECK_EQ(http_connect_step(t, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_LIMIT);
    (void)http_connect_destroy(t);
    (void)conn_destroy(proxy);
}

GROUP(http_connect, cmocka_unit_test(tunnels_are_opened_or_refused), cmocka_unit_test(the_request_is_as_it_must_be),
      cmocka_unit_test(answers_are_capped))
