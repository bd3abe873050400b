#include "http/exchange.h"

#include "net/conn.h"
#include "net/memory.h"
#include "unit/check.h"
#include "unit/http/handlers.h"
#include "wire/http1.h"

static void start(struct rig *r, size_t memory)
{
    struct rig_options o = handler_options(NULL);
    o.memory = memory;
    rig_start(r, &o);
}

/* Bytes that the handler does not take stay with the client, but for one buffer. */
static void a_pause_reaches_the_client(void **state)
{
    (void)state;
    static char body[300000];
    struct rig r;
    size_t sent = 0, seen = 0;
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (char)handler_flood_byte(i);
    start(&r, 5000);
    rig_send(&r, "POST /keep HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
    sent = rig_offer(&r, body, sizeof(body));
    rig_turn(&r);
    CHECK_EQ(rig_offer(&r, body + sent, sizeof(body) - sent), 0); /* nobody asked for it: it lies in the connection */
    CHECK_EQ(sent, 5000);
    http_body_want(r.x);
    while (seen < sizeof(body)) {
        const uint8_t *p;
        size_t len, before = sent;
        bool end;
        rig_turn(&r);
        do {
            sent += rig_offer(&r, body + sent, sizeof(body) - sent);
            rig_turn(&r);
        } while (0);
        CHECK(sent - seen <= 5000 + HTTP_STREAM_SIZE && sent >= before);
        http_body_peek(r.x, &p, &len, &end);
        CHECK(len > 0 && !end);
        CHECK(!memcmp(p, body + seen, len));
        size_t some = len > 1000 ? 1000 : len;
        http_body_consume(r.x, some);
        seen += some;
    }
    rig_turn(&r);
    const uint8_t *p;
    size_t len;
    bool end;
    http_body_peek(r.x, &p, &len, &end);
    CHECK(!len && end);
    http_answer(r.x, 204, NULL, 0, NULL, 0);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "HTTP/1.1 204 No Content\r\nDate: ...\r\n\r\n");
    rig_check(&r, GET("/hello"), HELLO);
    rig_stop(&r);
}

static size_t head_len(const struct rig *r)
{
    const char *end = strstr(buf_str(&r->got), "\r\n\r\n");
    CHECK(end);
    return (size_t)(end - buf_str(&r->got)) + 4;
}

static void check_flood(const uint8_t *p, size_t len, size_t at)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != handler_flood_byte(at + i))
            fail_msg("byte %zu of the answer is wrong", at + i);
}

/* Answers of every size between two buffers' worth, through connections of every width. */
static void counted_answers_stream(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 9999, 10000, 10001, 16384, 70000, 400000 };
    static const size_t widths[] = { 100, 4096, 65536 };
    for (size_t i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(widths); i++) {
        struct rig r;
        start(&r, widths[i % ARRAY_LEN(widths)]);
        r.limit = sizes[i / ARRAY_LEN(widths)];
        rig_send(&r, GET("/counted"));
        size_t head = head_len(&r);
        CHECK_EQ(r.got.len - head, r.limit);
        check_flood(r.got.data + head, r.limit, 0);
        CHECK_EQ(r.how, HTTP_ANSWERED);
        buf_clear(&r.got);
        rig_check(&r, GET("/hello"), HELLO);
        rig_stop(&r);
    }
}

static void chunked_answers_stream(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 10000, 70000, 300000 };
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct rig r;
        struct http1_reader reader;
        struct err e;
        struct url_span body;
        size_t at = 0, used, seen = 0;
        enum http1_event event;
        start(&r, i % 2 ? 100 : 65536);
        r.limit = sizes[i];
        rig_send(&r, GET("/chunked"));
        CHECK(strstr(buf_str(&r.got), "\r\nTransfer-Encoding: chunked\r\n"));
        http1_reader_init(&reader, HTTP1_RESPONSE, NULL);
        do {
            event = http1_feed(&reader, r.got.data + at, r.got.len - at, &used, &body, &e);
            at += used;
            if (event != HTTP1_BODY)
                continue;
            check_flood((const uint8_t *)body.at, body.len, seen);
            seen += body.len;
        } while (event == HTTP1_HEAD || event == HTTP1_BODY);
        CHECK_EQ(event, HTTP1_END);
        CHECK_EQ(seen, sizes[i]);
        CHECK_EQ(at, r.got.len);
        http1_reader_done(&reader);
        buf_clear(&r.got);
        rig_check(&r, GET("/hello"), HELLO);
        /* HTTP/1.0 gets the same until the end of the connection */
        rig_send(&r, "GET /chunked HTTP/1.0\r\n\r\n");
        size_t head = head_len(&r);
        CHECK(r.client_ended && r.got.len - head == sizes[i]);
        check_flood(r.got.data + head, sizes[i], 0);
        rig_stop(&r);
    }
}

static void heads_of_streams_have_no_body(void **state)
{
    (void)state;
    struct rig r;
    start(&r, 0);
    r.limit = 500000;
    rig_check(&r, "HEAD /counted HTTP/1.1\r\nHost: a\r\n\r\n" "HEAD /chunked HTTP/1.1\r\nHost: a\r\n\r\n" GET("/hello"),
              "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 500000\r\n\r\n"
              "HTTP/1.1 200 OK\r\nDate: ...\r\nTransfer-Encoding: chunked\r\n\r\n" HELLO);
    rig_stop(&r);
}

/* A slow client holds back the handler, and costs one buffer. */
static void an_answer_waits_for_the_client(void **state)
{
    (void)state;
    struct rig r;
    start(&r, 5000);
    r.limit = 1000000;
    CHECK_EQ(rig_offer(&r, GET("/counted"), sizeof(GET("/counted")) - 1), sizeof(GET("/counted")) - 1);
    rig_turn_deaf(&r);
    rig_turn_deaf(&r);
    CHECK((size_t)(uintptr_t)http_state(r.x) <= 5000 + 2 * HTTP_COALESCE);
    rig_turn(&r);
    CHECK_EQ(r.got.len - head_len(&r), r.limit);
    rig_stop(&r);
}

static void an_answer_cut_short_ends_the_connection(void **state)
{
    (void)state;
    struct rig r;
    struct err why;
    start(&r, 0);
    rig_send(&r, GET("/keep") GET("/hello"));
    http_answer_start(r.x, 200, NULL, 0, 10);
    CHECK_EQ(http_answer_write(r.x, "abc", 3), 3);
    http_answer_end(r.x);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(r.client_ended && r.how == HTTP_ANSWERED);
    /* more than announced goes nowhere */
    rig_connect(&r);
    rig_send(&r, GET("/keep") GET("/hello"));
    http_answer_start(r.x, 200, NULL, 0, 3);
    CHECK_EQ(http_answer_write(r.x, "abcdef", 6), 6);
    CHECK_EQ(http_answer_write(r.x, "g", 1), 1);
    http_answer_end(r.x);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 3\r\n\r\nabc" HELLO);
    /* broken off: no last chunk */
    rig_send(&r, GET("/keep") GET("/hello"));
    http_answer_start(r.x, 200, NULL, 0, HTTP_LENGTH_UNKNOWN);
    CHECK_EQ(http_answer_write(r.x, "abc", 3), 3);
    err_set(&why, ERR_PEER, "the host broke off");
    http_abort(r.x, &why);
    http_abort(r.x, &why);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "HTTP/1.1 200 OK\r\nDate: ...\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    CHECK(r.client_ended && r.how == HTTP_GONE);
    CHECK_STR(r.why.msg, "the host broke off");
    rig_stop(&r);
}

static void answers_that_split_become_a_500(void **state)
{
    (void)state;
    static const struct http1_field bad[] = { { "X", "a\r\nSet-Cookie: b=c" } };
    struct rig r;
    start(&r, 0);
    rig_send(&r, GET("/keep"));
    http_answer(r.x, 200, bad, 1, "secret", 6);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "HTTP/1.1 500 Internal Server Error\r\nDate: ...\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    rig_connect(&r);
    rig_send(&r, GET("/keep"));
    http_answer_start(r.x, 200, bad, 1, 6);
    CHECK_EQ(http_answer_write(r.x, "secret", 6), 6);
    http_answer_end(r.x);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "HTTP/1.1 500 Internal Server Error\r\nDate: ...\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    rig_stop(&r);
}

static void connections_are_handed_over(void **state)
{
    (void)state;
    static const struct http1_field fields[] = { { "Connection", "Upgrade" }, { "Upgrade", "websocket" } };
    struct rig r;
    struct err e;
    char bytes[10];
    size_t len;
    start(&r, 0);
    rig_send(&r, "GET /keep HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
    rig_later(&r, 100000000); /* the handler has all the time it wants */
    http_upgrade(r.x, fields, 2);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "HTTP/1.1 101 Switching Protocols\r\nDate: ...\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK_EQ(r.how, HTTP_UPGRADED);
    CHECK_STR(buf_str(&r.leftover), "early");
    CHECK_EQ(http_server_conns(r.server), 1);
    CHECK_EQ(rig_offer(&r, "late", 4), 4);
    CHECK_EQ(conn_read(r.taken, bytes, sizeof(bytes), &len, &e), IO_DONE);
    CHECK(len == 4 && !memcmp(bytes, "late", 4));
    http_server_drain(r.server);
    rig_turn(&r);
    CHECK_EQ(r.drained, 1); /* an upgraded connection does not hold it up */
    CHECK_EQ(conn_write(r.taken, "on", 2, &len, &e), IO_DONE);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "on");
    http_server_release(r.server);
    CHECK_EQ(http_server_conns(r.server), 0);
    rig_stop(&r);
}

static void an_upgrade_may_be_declined(void **state)
{
    (void)state;
    struct rig r;
    start(&r, 0);
    rig_check(&r, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" GET("/hello"), HELLO HELLO);
    rig_send(&r, "POST /keep HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\n");
    http_upgrade(r.x, NULL, 0);
    CHECK_EQ(r.ended, 2); /* both of /hello; this one ends when its answer is out */
    http_body_want(r.x);  /* too late, and harmless */
    rig_turn(&r);
    CHECK_STR(rig_take(&r), REFUSAL_CLOSE("400 Bad Request", "22", "", "an upgrade with a body"));
    CHECK_EQ(r.how, HTTP_ANSWERED);
    rig_stop(&r);
}

static void a_client_that_goes_ends_the_handler_once(void **state)
{
    (void)state;
    struct rig r;
    start(&r, 1000);
    r.limit = 1000000;
    CHECK_EQ(rig_offer(&r, GET("/counted"), sizeof(GET("/counted")) - 1), sizeof(GET("/counted")) - 1);
    rig_turn_deaf(&r);
    rig_hang_up(&r);
    CHECK(r.ended == 1 && r.how == HTTP_GONE && r.why.kind == ERR_PEER);
    CHECK_EQ(http_server_conns(r.server), 0);
    rig_stop(&r);
}

GROUP(http_exchange, cmocka_unit_test(a_pause_reaches_the_client), cmocka_unit_test(counted_answers_stream),
      cmocka_unit_test(chunked_answers_stream), cmocka_unit_test(heads_of_streams_have_no_body),
      cmocka_unit_test(an_answer_waits_for_the_client), cmocka_unit_test(an_answer_cut_short_ends_the_connection),
      cmocka_unit_test(answers_that_split_become_a_500), cmocka_unit_test(connections_are_handed_over),
      cmocka_unit_test(an_upgrade_may_be_declined), cmocka_unit_test(a_client_that_goes_ends_the_handler_once))
