#include "http/client.h"

#include "base/arena.h"
#include "base/clock.h"
#include "http/call.h"
#include "net/conn.h"
#include "net/memory.h"
#include "unit/check.h"
#include "wire/http1.h"

enum { ALL = 1 << 20 };

/* A client and, by hand, its server. */
struct duo {
    struct http_client *client;
    struct conn *server;
    bool server_ended;  /* no more from the client */
    struct buf sent;    /* what the client sent */
    struct buf body;    /* of the answer */
    size_t given;       /* of the answer's bytes, to the client */
};

static const struct url_host vc1 = { .kind = URL_HOST_NAME, .name = "vc1.example", .port = 443 };

static void duo_start(struct duo *d, size_t memory)
{
    struct conn *near;
    *d = (struct duo){ 0 };
    memory_pair(memory, &near, &d->server);
    d->client = http_client_create(near, NULL);
    buf_init(&d->sent, ALL);
    buf_init(&d->body, ALL);
}

static void duo_stop(struct duo *d)
{
    d->client = http_client_destroy(d->client);
    d->server = conn_destroy(d->server);
    buf_done(&d->sent);
    buf_done(&d->body);
}

/* The server reads what is there. */
static void hear(struct duo *d)
{
    struct err e;
    uint8_t bytes[4096];
    size_t len;
    while (!d->server_ended && conn_read(d->server, bytes, sizeof(bytes), &len, &e) == IO_DONE) {
        d->server_ended = !len;
        CHECK_OK(buf_append(&d->sent, bytes, len, &e), &e);
    }
}

static void tell(struct duo *d, const char *text, size_t len)
{
    struct err e;
    size_t done;
    for (size_t at = 0; at < len; at += done)
        CHECK_EQ(conn_write(d->server, text + at, len - at, &done, &e), IO_DONE);
}

static void say(struct duo *d, const char *text)
{
    tell(d, text, strlen(text));
}

/* Steps the client as far as it goes: the whole answer into d->body. */
static enum io go(struct duo *d, struct err *e)
{
    enum io io = http_client_head(d->client, e);
    while (io == IO_DONE) {
        const uint8_t *p;
        size_t len;
        io = http_client_body(d->client, &p, &len, e);
        if (io != IO_DONE || !len)
            return io;
        CHECK_OK(buf_append(&d->body, p, len, e), e);
        http_client_consume(d->client, len);
    }
    return io;
}

static void begin(struct duo *d, const struct http_send *s)
{
    struct err e;
    CHECK(http_client_ready(d->client));
    CHECK_OK(http_client_start(d->client, s, &e), &e);
    CHECK(!http_client_ready(d->client));
}

static const struct http_send get = { .method = "GET", .target = "/api", .host = &vc1, .tls = true };

static void requests_are_written(void **state)
{
    (void)state;
    static const struct url_host v6 = { .kind = URL_HOST_IPV6, .name = "::1", .port = 8443 };
    static const struct http1_field fields[] = { { "Accept", "text/xml" }, { "Cookie", "vmware_soap_session=\"52\"" } };
    static const struct {
        struct http_send send;
        const char *text;
    } cases[] = {
        { { .method = "GET", .target = "/api", .host = &vc1, .tls = true }, "GET /api HTTP/1.1\r\nHost: vc1.example\r\n\r\n" },
        { { .method = "GET", .target = "/api", .host = &vc1 }, "GET /api HTTP/1.1\r\nHost: vc1.example:443\r\n\r\n" },
        { { .method = "HEAD", .target = "/?a=b", .host = &v6, .tls = true }, "HEAD /?a=b HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n" },
        { { .method = "POST", .target = "/sdk", .host = &vc1, .tls = true, .fields = fields, .fields_len = 2, .body = "<x/>",
            .body_len = 4 },
          "POST /sdk HTTP/1.1\r\nHost: vc1.example\r\nAccept: text/xml\r\nCookie: vmware_soap_session=\"52\"\r\n"
          "Content-Length: 4\r\n\r\n<x/>" },
        { { .method = "POST", .target = "/a", .host = &vc1, .tls = true, .close = true },
          "POST /a HTTP/1.1\r\nHost: vc1.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" },
        { { .method = "DELETE", .target = "/a", .host = &vc1, .tls = true, .body = "x", .body_len = 1 },
          "DELETE /a HTTP/1.1\r\nHost: vc1.example\r\nContent-Length: 1\r\n\r\nx" },
        { { .method = "CONNECT", .target = "vc1.example:443", .host = &vc1 },
          "CONNECT vc1.example:443 HTTP/1.1\r\nHost: vc1.example:443\r\n\r\n" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct duo d;
        struct err e;
        duo_start(&d, i ? 4096 : 7);
        begin(&d, &cases[i].send);
        CHECK(http_client_unsent(d.client));
        while (d.sent.len < strlen(cases[i].text)) {
            CHECK(http_client_head(d.client, &e) != IO_FAILED);
            hear(&d);
        }
        CHECK_EQ(http_client_head(d.client, &e), IO_WANT_READ);
        CHECK(!http_client_unsent(d.client));
        CHECK_STR(buf_str(&d.sent), cases[i].text);
        duo_stop(&d);
    }
}

static void bad_requests_are_refused(void **state)
{
    (void)state;
    static const struct http1_field bad[] = { { "Cookie", "a\r\nHost: b" } };
    static const struct http_send cases[] = {
        { .method = "GET /x", .target = "/", .host = &vc1 }, { .method = "GET", .target = "/a b", .host = &vc1 },
        { .method = "GET", .target = "", .host = &vc1 },
        { .method = "GET", .target = "/", .host = &vc1, .fields = bad, .fields_len = 1 },
    };
    struct duo d;
    struct err e;
    duo_start(&d, 4096);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_FAILS(http_client_start(d.client, &cases[i], &e), &e, ERR_INPUT);
        CHECK(http_client_ready(d.client));
    }
    begin(&d, &get); /* nothing of them is left */
    CHECK_EQ(http_client_head(d.client, &e), IO_WANT_READ);
    hear(&d);
    CHECK_STR(buf_str(&d.sent), "GET /api HTTP/1.1\r\nHost: vc1.example\r\n\r\n");
    duo_stop(&d);
}

/* Each answer, split at each byte and cut off at each byte. */
static void answers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *method, *answer;
        int status; /* 0: refused */
        const char *body;
        bool until_close, ready;
    } cases[] = {
        { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false, true },
        { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", false, true },
        { "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", false, true },
        { "GET", "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 500, "abcd", false, true },
        { "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "", false, true },
        { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", 200, "ok", false, false },
        { "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, false },
        { "GET", "HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end", true, false },
        { "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
          200, "ok", false, true },
        { "HEAD", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 200, "", false, true },
        { "GET", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", 0, "", false, false },
        { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", 0, "", false, false },
        { "GET", "HTTP/2.0 200 OK\r\n\r\n", 0, "", false, false },
        { "GET", "SSH-2.0-OpenSSH_9.2\r\n", 0, "", false, false },
        { "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 0, "", false, false },
        { "GET", "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
                 "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n", 0, "", false, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_send send = { .method = cases[i].method, .target = "/", .host = &vc1 };
        size_t len = strlen(cases[i].answer);
        for (size_t at = 0; at <= len; at++) {
            struct duo d;
            struct err e = { 0 };
            duo_start(&d, 4096);
            begin(&d, &send);
            tell(&d, cases[i].answer, at);
            enum io io = go(&d, &e);
            if (at < len && io == IO_WANT_READ) {
                tell(&d, cases[i].answer + at, len - at);
                io = go(&d, &e);
            }
            if (cases[i].until_close) {
                CHECK_EQ(io, IO_WANT_READ);
                CHECK_EQ(conn_finish(d.server, &e), IO_DONE);
                io = go(&d, &e);
            }
            if (!cases[i].status) {
                CHECK_EQ(io, IO_FAILED);
                CHECK(e.kind == ERR_PEER && e.msg[0]);
            } else {
                if (io != IO_DONE)
                    fail_msg("%s\nsplit at %zu: %s", cases[i].answer, at, e.msg);
                CHECK_EQ(http_client_answer(d.client)->status, cases[i].status);
                CHECK_STR(buf_str(&d.body), cases[i].body);
            }
            CHECK_EQ(http_client_ready(d.client), cases[i].ready);
            duo_stop(&d);
            if (at == len || cases[i].until_close || !cases[i].status)
                continue;
            /* cut off */
            duo_start(&d, 4096);
            begin(&d, &send);
            tell(&d, cases[i].answer, at);
            CHECK_EQ(conn_finish(d.server, &e), IO_DONE);
            CHECK_EQ(go(&d, &e), IO_FAILED);
            CHECK(e.kind == ERR_PEER && !http_client_ready(d.client));
            duo_stop(&d);
        }
    }
}

static void a_connection_is_used_again(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    duo_start(&d, 4096);
    for (int i = 0; i < 3; i++) {
        begin(&d, &get);
        say(&d, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        CHECK_EQ(go(&d, &e), IO_DONE);
        CHECK(!http_client_stale(d.client));
    }
    CHECK_STR(buf_str(&d.body), "okokok");
    /* bytes that nobody asked for are nobody's answer */
    say(&d, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    CHECK_FAILS(http_client_start(d.client, &get, &e), &e, ERR_PEER);
    CHECK(http_client_unsent(d.client) && !http_client_ready(d.client));
    duo_stop(&d);
    /* also when they came with the answer */
    duo_start(&d, 4096);
    begin(&d, &get);
    say(&d, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n");
    CHECK_EQ(go(&d, &e), IO_DONE);
    CHECK_FAILS(http_client_start(d.client, &get, &e), &e, ERR_PEER);
    duo_stop(&d);
    /* ended while idle */
    duo_start(&d, 4096);
    begin(&d, &get);
    say(&d, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CHECK_EQ(go(&d, &e), IO_DONE);
    d.server = conn_destroy(d.server);
    CHECK_FAILS(http_client_start(d.client, &get, &e), &e, ERR_PEER);
    CHECK(http_client_unsent(d.client));
    duo_stop(&d);
}

/* A source that gives `piece` bytes a time, of `len` in all. */
struct counter {
    size_t at, len, piece, most;
    bool starved;
    uint8_t bytes[5000];
};

static enum io counter_peek(void *self, const uint8_t **ret_p, size_t *ret_len, struct err *e)
{
    struct counter *c = self;
    (void)e;
    if (c->starved)
        return IO_WANT_READ;
    size_t left = c->len - c->at;
    *ret_len = left < c->piece ? left : c->piece;
    for (size_t i = 0; i < *ret_len; i++)
        c->bytes[i] = (uint8_t)((c->at + i) % 251);
    *ret_p = c->bytes;
    return IO_DONE;
}

static void counter_consume(void *self, size_t len)
{
    struct counter *c = self;
    c->at += len;
}

static void bodies_stream_out(void **state)
{
    (void)state;
    for (int round = 0; round < 4; round++) {
        struct counter counter = { .len = 200000, .piece = round % 2 ? 5000 : 77 };
        struct http_source source = { counter_peek, counter_consume, &counter };
        struct http_send put = { .method = "PUT", .target = "/x", .host = &vc1, .source = &source,
                                 .source_len = round < 2 ? 200000 : HTTP_CLIENT_CHUNKED };
        struct http1_reader reader;
        struct url_span piece;
        struct duo d;
        struct err e;
        size_t seen = 0, at = 0, used;
        enum http1_event event = HTTP1_MORE;
        duo_start(&d, 3000);
        begin(&d, &put);
        http1_reader_init(&reader, HTTP1_REQUEST, NULL);
        while (event != HTTP1_END) {
            CHECK(http_client_head(d.client, &e) != IO_FAILED);
            CHECK(counter.at <= d.sent.len + 3000 + HTTP_COALESCE); /* no more than one buffer ahead */
            if (counter.at > 1000 && counter.at < 2000)
                counter.starved = !counter.starved;
            hear(&d);
            do {
                event = http1_feed(&reader, d.sent.data + at, d.sent.len - at, &used, &piece, &e);
                at += used;
                for (size_t i = 0; event == HTTP1_BODY && i < piece.len; i++)
                    CHECK_EQ((uint8_t)piece.at[i], (seen + i) % 251);
                seen += event == HTTP1_BODY ? piece.len : 0;
            } while (event == HTTP1_HEAD || event == HTTP1_BODY);
        }
        CHECK_EQ(seen, 200000);
        CHECK_EQ(at, d.sent.len);
        say(&d, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        CHECK_EQ(go(&d, &e), IO_DONE);
        CHECK(http_client_ready(d.client));
        http1_reader_done(&reader);
        duo_stop(&d);
    }
}

static void a_source_that_ends_early_fails(void **state)
{
    (void)state;
    struct counter counter = { .len = 100, .piece = 1000 };
    struct http_source source = { counter_peek, counter_consume, &counter };
    struct http_send put = { .method = "PUT", .target = "/x", .host = &vc1, .source = &source, .source_len = 101 };
    struct duo d;
    struct err e;
    duo_start(&d, 4096);
    begin(&d, &put);
    (void)http_client_head(d.client, &e);
    CHECK_EQ(conn_finish(d.server, &e), IO_DONE);
    CHECK_EQ(go(&d, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_INTERNAL);
    CHECK(!http_client_ready(d.client));
    duo_stop(&d);
}

/* The server refuses before it has read everything, and may break off: its answer counts. */
static void an_early_answer_stops_the_body(void **state)
{
    (void)state;
    struct counter counter = { .len = 200000, .piece = 5000 };
    struct http_source source = { counter_peek, counter_consume, &counter };
    struct http_send put = { .method = "PUT", .target = "/x", .host = &vc1, .source = &source, .source_len = 200000 };
    struct duo d;
    struct err e;
    duo_start(&d, 3000);
    begin(&d, &put);
    CHECK_EQ(http_client_head(d.client, &e), IO_WANT_WRITE);
    say(&d, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno\n");
    d.server = conn_destroy(d.server);
    CHECK_EQ(go(&d, &e), IO_DONE);
    CHECK_EQ(http_client_answer(d.client)->status, 413);
    CHECK_STR(buf_str(&d.body), "no\n");
    CHECK(!http_client_ready(d.client) && counter.at < 10000);
    duo_stop(&d);
    /* broke off without an answer: the error says what happened to the sending */
    counter.at = 0;
    duo_start(&d, 3000);
    begin(&d, &put);
    CHECK_EQ(http_client_head(d.client, &e), IO_WANT_WRITE);
    d.server = conn_destroy(d.server);
    CHECK_EQ(go(&d, &e), IO_FAILED);
    CHECK(e.kind == ERR_PEER && !http_client_unsent(d.client));
    duo_stop(&d);
}

static void a_body_waits_for_its_100(void **state)
{
    (void)state;
    static const struct http_send put = { .method = "PUT", .target = "/x", .host = &vc1, .tls = true, .body = "abc",
                                          .body_len = 3, .expect_continue = true };
    static const char head[] = "PUT /x HTTP/1.1\r\nHost: vc1.example\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    struct duo d;
    struct err e;
    duo_start(&d, 4096);
    begin(&d, &put);
    CHECK_EQ(go(&d, &e), IO_WANT_READ);
    hear(&d);
    CHECK_STR(buf_str(&d.sent), head);
    say(&d, "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK_EQ(go(&d, &e), IO_WANT_READ);
    hear(&d);
    CHECK_EQ(d.sent.len, sizeof(head) - 1 + 3);
    say(&d, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK_EQ(go(&d, &e), IO_DONE);
    CHECK(http_client_ready(d.client));
    buf_clear(&d.sent);
    begin(&d, &put);
    CHECK_EQ(go(&d, &e), IO_WANT_READ);
    say(&d, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    CHECK_EQ(go(&d, &e), IO_DONE);
    hear(&d);
    CHECK_STR(buf_str(&d.sent), head); /* and no body */
    CHECK(!http_client_ready(d.client));
    duo_stop(&d);
}

static void a_pause_holds_the_server_back(void **state)
{
    (void)state;
    static char body[300000];
    struct duo d;
    struct err e;
    const uint8_t *p;
    size_t len, given = 0, seen = 0, some;
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (char)(i % 251);
    duo_start(&d, 5000);
    begin(&d, &get);
    say(&d, "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n");
    CHECK_EQ(http_client_head(d.client, &e), IO_DONE);
    while (seen < sizeof(body)) {
        while (given < sizeof(body) && conn_write(d.server, body + given, sizeof(body) - given, &some, &e) == IO_DONE)
            given += some;
        CHECK(given - seen <= 5000 + HTTP_STREAM_SIZE);
        CHECK_EQ(http_client_body(d.client, &p, &len, &e), IO_DONE);
        CHECK(len > 0 && !memcmp(p, body + seen, len));
        some = len > 100 ? 100 : len;
        http_client_consume(d.client, some);
        seen += some;
    }
    CHECK_EQ(http_client_body(d.client, &p, &len, &e), IO_DONE);
    CHECK(!len && http_client_ready(d.client));
    duo_stop(&d);
}

static void upgrades_are_handed_over(void **state)
{
    (void)state;
    static const struct http1_field fields[] = { { "Connection", "Upgrade" }, { "Upgrade", "websocket" } };
    struct http_send send = { .method = "GET", .target = "/", .host = &vc1, .fields = fields, .fields_len = 2 };
    struct duo d;
    struct err e;
    const uint8_t *p;
    size_t len;
    duo_start(&d, 4096);
    begin(&d, &send);
    say(&d, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
    CHECK_EQ(http_client_head(d.client, &e), IO_DONE);
    CHECK(!http_client_ready(d.client));
    struct conn *c = http_client_release(d.client, &p, &len);
    CHECK(c && len == 5 && !memcmp(p, "early", 5));
    (void)conn_destroy(c);
    duo_stop(&d);
    /* declined */
    duo_start(&d, 4096);
    begin(&d, &send);
    say(&d, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    CHECK_EQ(go(&d, &e), IO_DONE);
    CHECK(http_client_ready(d.client));
    duo_stop(&d);
}

static void calls_return_whole_answers(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    struct arena a = { 0 };
    struct http_reply reply, first;
    int64_t deadline = clock_mono_ms() + 60000;
    duo_start(&d, 4096);
    say(&d, "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello");
    CHECK_OK(http_call(d.client, &get, 5, deadline, &a, &first, &e), &e);
    d.client = http_client_destroy(d.client); /* the reply stays */
    CHECK(first.head->status == 200 && first.body_len == 5);
    CHECK_STR((const char *)first.body, "hello");
    CHECK_STR(http1_find(first.head, "x-a"), "b");
    duo_stop(&d);
    duo_start(&d, 4096);
    say(&d, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!");
    CHECK_FAILS(http_call(d.client, &get, 5, deadline, &a, &reply, &e), &e, ERR_LIMIT);
    duo_stop(&d);
    duo_start(&d, 4096);
    say(&d, "nonsense\r\n");
    CHECK_FAILS(http_call(d.client, &get, 5, deadline, &a, &reply, &e), &e, ERR_PEER);
    duo_stop(&d);
    arena_done(&a);
}

GROUP(http_client, cmocka_unit_test(requests_are_written), cmocka_unit_test(bad_requests_are_refused),
      cmocka_unit_test(answers_are_read), cmocka_unit_test(a_connection_is_used_again),
      cmocka_unit_test(bodies_stream_out), cmocka_unit_test(a_source_that_ends_early_fails),
      cmocka_unit_test(an_early_answer_stops_the_body), cmocka_unit_test(a_body_waits_for_its_100),
      cmocka_unit_test(a_pause_holds_the_server_back), cmocka_unit_test(upgrades_are_handed_over),
      cmocka_unit_test(calls_return_whole_answers))
