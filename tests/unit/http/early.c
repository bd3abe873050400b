#include "http/request.h"

#include <stdlib.h>

#include "net/conn.h"
#include "net/pool.h"
#include "unit/check.h"
#include "unit/http/handlers.h"

#define PUT(what, rest) "PUT /early/" what " HTTP/1.1\r\nHost: a\r\n" rest "\r\n"
#define TEXT(status, len, rest, text)                                                                                   \
    "HTTP/1.1 " status "\r\nDate: ...\r\nContent-Type: text/plain\r\nContent-Length: " len "\r\n" rest "\r\n" text
#define REFUSED TEXT("409 Conflict", "7", "", "refused")
#define REFUSED_CLOSE TEXT("409 Conflict", "7", "Connection: close\r\n", "refused")

static void start(struct rig *r, struct http_limits limits)
{
    struct rig_options o = handler_options(&limits);
    o.threads = 2;
    o.queue = 10;
    rig_start(r, &o);
}

/* Sends in one go, waits for the end of the answer, and compares. */
static void check(struct rig *r, const char *request, const char *last, const char *answer)
{
    rig_send(r, request);
    rig_wait(r, last);
    rig_turn(r);
    CHECK_STR(rig_take(r), answer);
}

static void a_refused_body_is_read_when_it_is_small(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        PUT("refuse", "Content-Length: 10\r\n") "0123456789",
        PUT("refuse", "Content-Length: 0\r\n"),
        PUT("refuse", ""),
        PUT("refuse", "Transfer-Encoding: chunked\r\n") "5\r\nhello\r\n3\r\nyou\r\n0\r\nTrailer: x\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct rig r;
        start(&r, (struct http_limits){ .conns = 10 });
        size_t len = strlen(bodies[i]);
        for (size_t at = 0; at <= len; at += 7) {
            rig_send_bytes(&r, bodies[i], at);
            rig_send(&r, bodies[i] + at);
            rig_wait(&r, "refused");
            rig_turn(&r);
            CHECK_STR(rig_take(&r), REFUSED);
            check(&r, GET("/hello"), "hello", HELLO); /* the connection goes on, at the right place */
        }
        rig_stop(&r);
    }
}

/* The answer waits for the body, so that the client reads it instead of a reset; and a pipelined request is the next one. */
static void the_answer_waits_for_the_rest(void **state)
{
    (void)state;
    struct rig r;
    static char body[100000];
    start(&r, (struct http_limits){ .conns = 10 });
    memset(body, 'x', sizeof(body));
    rig_send(&r, PUT("refuse", "Content-Length: 200000\r\n"));
    for (int i = 0; i < 2; i++) {
        CHECK_STR(rig_take(&r), "");
        for (size_t at = 0; at < sizeof(body);) {
            at += rig_offer(&r, body + at, sizeof(body) - at);
            rig_turn(&r);
        }
    }
    rig_wait(&r, "refused");
    rig_turn(&r);
    CHECK_STR(rig_take(&r), REFUSED);
    check(&r, PUT("refuse", "Content-Length: 3\r\n") "abc" PUT("done", "Content-Length: 2\r\n") "de" GET("/hello"), "hello",
          REFUSED TEXT("200 OK", "4", "", "done") HELLO);
    CHECK(!r.client_ended);
    rig_stop(&r);
}

static void a_large_one_is_answered_at_once(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 10 });
    check(&r, PUT("refuse", "Content-Length: 1048577\r\n"), "refused", REFUSED_CLOSE);
    CHECK(r.client_ended);
    rig_connect(&r);
    check(&r, PUT("refuse", "Content-Length: 9223372036854775807\r\n") "some of it", "refused", REFUSED_CLOSE);
    /* who waits for a 100 sends nothing: there is nothing to read */
    rig_connect(&r);
    check(&r, PUT("refuse", "Content-Length: 10\r\nExpect: 100-continue\r\n"), "refused", REFUSED_CLOSE);
    /* one without an announced length is read up to the limit */
    rig_connect(&r);
    static char chunk[65536 + 16];
    int head = snprintf(chunk, sizeof(chunk), "10000\r\n");
    memset(chunk + head, 'x', 65536);
    memcpy(chunk + head + 65536, "\r\n", 2);
    rig_send(&r, PUT("refuse", "Transfer-Encoding: chunked\r\n"));
    size_t sent = 0, size = (size_t)head + 65538;
    for (int i = 0; i < 17; i++)
        for (size_t at = 0; at < size && !r.client_ended;) {
            size_t n = rig_offer(&r, chunk + at, size - at);
            at += n;
            sent += n;
            rig_turn(&r);
        }
    CHECK(sent > HTTP_DRAIN_MAX);
    rig_wait(&r, "refused");
    CHECK_STR(rig_take(&r), REFUSED_CLOSE);
    rig_stop(&r);
}

static void bodies_that_go_wrong_while_they_are_dropped(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 10, .progress_ms = 1000 });
    rig_send(&r, PUT("refuse", "Transfer-Encoding: chunked\r\n") "5\r\nhel");
    rig_turn(&r);
    rig_send(&r, "lo\r\nnonsense\r\n");
    rig_wait(&r, "chunk-size");
    CHECK(strstr(rig_take(&r), "HTTP/1.1 400 Bad Request\r\n"));
    rig_connect(&r); /* broken off in the middle */
    rig_send(&r, PUT("refuse", "Content-Length: 10\r\n") "0123");
    rig_hang_up(&r);
    rig_connect(&r); /* and one that stays away */
    rig_send(&r, PUT("refuse", "Content-Length: 10\r\n") "0123");
    for (int i = 0; i < 100000 && !r.client_ended; i++) /* its limit begins when a pool thread has decided */
        rig_later(&r, 1);
    CHECK(r.client_ended);
    CHECK(strstr(rig_take(&r), "HTTP/1.1 408 "));
    rig_stop(&r);
}

static void gathered_bodies_are_asked_about_twice(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 10, .bodies = 150 });
    check(&r, PUT("gather", "Content-Length: 5\r\n") "hello", "hello", TEXT("200 OK", "13", "", "gatheredhello"));
    check(&r, PUT("gather", ""), "gathered", TEXT("200 OK", "8", "", "gathered"));
    check(&r, PUT("gather", "Transfer-Encoding: chunked\r\n") "5\r\nhello\r\n0\r\n\r\n" GET("/hello"), "hello\n",
          TEXT("200 OK", "13", "", "gatheredhello") HELLO);
    rig_send(&r, PUT("gather", "Expect: 100-continue\r\nContent-Length: 5\r\n"));
    rig_wait(&r, "100 Continue\r\n\r\n");
    CHECK_STR(rig_take(&r), "HTTP/1.1 100 Continue\r\n\r\n");
    check(&r, "hello", "hello", TEXT("200 OK", "13", "", "gatheredhello"));
    check(&r, PUT("gather", "Content-Length: 101\r\n"), "takes",
          REFUSAL_CLOSE("413 Content Too Large", "43", "", "the body is larger than this resource takes"));
    rig_connect(&r);
    rig_send(&r, PUT("gather", "Expect: 100-continue\r\nContent-Length: 100\r\n"));
    rig_wait(&r, "100 Continue");
    (void)rig_take(&r);
    rig_hang_up(&r); /* what was reserved is given back */
    for (int i = 0; i < 3; i++) {
        rig_connect(&r);
        check(&r, PUT("gather", "Content-Length: 100\r\n")
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz", "z",
              TEXT("200 OK", "108", "", "gathered"
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz"));
    }
    rig_stop(&r);
}

static void a_stream_takes_the_body_and_answers(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 10, .body = 10 }); /* no cap is the stream's business */
    static char body[300000];
    memset(body, 'y', sizeof(body));
    for (int i = 0; i < 2; i++) {
        rig_send(&r, i ? PUT("stream", "Transfer-Encoding: chunked\r\n") "493e0\r\n" : PUT("stream", "Content-Length: 300000\r\n"));
        for (size_t at = 0; at < sizeof(body);) {
            at += rig_offer(&r, body + at, sizeof(body) - at);
            rig_turn(&r);
        }
        if (i)
            rig_send(&r, "\r\n0\r\n\r\n");
        rig_wait(&r, "300000 bytes");
        CHECK_STR(rig_take(&r), "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 13\r\n\r\n300000 bytes\n");
    }
    rig_send(&r, PUT("stream", "Expect: 100-continue\r\nContent-Length: 3\r\n"));
    rig_wait(&r, "100 Continue\r\n\r\n");
    (void)rig_take(&r);
    check(&r, "abc" PUT("stream", "Content-Length: 1\r\n") "d", "1 bytes",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\n\r\n3 bytes\nHTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\n\r\n1 bytes\n");
    int ended = r.ended;
    rig_send(&r, PUT("stream", "Content-Length: 10\r\n") "0123"); /* cut off in the middle: the stream hears of it */
    for (int i = 0; i < 100000 && r.begun == r.ended; i++)
        rig_turn(&r);
    rig_hang_up(&r);
    CHECK_EQ(r.ended, ended + 1);
    CHECK_EQ(r.how, HTTP_GONE);
    rig_stop(&r);
}

/* The client goes while it is being decided. */
static void a_decision_may_find_nobody(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 10 });
    rig_send(&r, PUT("wait", "Content-Length: 10\r\n") "01234");
    handler_wait_started(&r);
    rig_hang_up(&r);
    handler_let_go(&r);
    rig_connect(&r);
    check(&r, GET("/hello"), "hello", HELLO);
    rig_stop(&r);
}

GROUP(http_early, cmocka_unit_test(a_refused_body_is_read_when_it_is_small), cmocka_unit_test(the_answer_waits_for_the_rest),
      cmocka_unit_test(a_large_one_is_answered_at_once), cmocka_unit_test(bodies_that_go_wrong_while_they_are_dropped),
      cmocka_unit_test(gathered_bodies_are_asked_about_twice), cmocka_unit_test(a_stream_takes_the_body_and_answers),
      cmocka_unit_test(a_decision_may_find_nobody))
