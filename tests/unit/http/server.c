#include "http/server.h"

#include "net/conn.h"
#include "unit/check.h"
#include "unit/http/handlers.h"

static void start(struct rig *r)
{
    struct rig_options o = handler_options(NULL);
    rig_start(r, &o);
}

static void requests_are_answered(void **state)
{
    (void)state;
    static const struct {
        const char *request, *answer;
        bool closed;
    } cases[] = {
        { GET("/hello"), HELLO, false },
        { GET("/h%65llo/?x=y"), HELLO, false },
        { "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n", false },
        { "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", HELLO_CLOSE, true },
        { "GET /hello HTTP/1.0\r\n\r\n", HELLO_CLOSE, true },
        { "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: keep-alive\r\n"
          "\r\nhello\n", false },
        { GET("/hello") GET("/hello") GET("/hello"), HELLO HELLO HELLO, false },
        { GET("/hello") "\r\n" GET("/hello"), HELLO HELLO, false },
        { "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/hello"), HELLO_CLOSE, true },
        { "PUT /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" GET("/hello"),
          "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\n\r\n3 bytes\n" HELLO, false },
        { "PUT /sink HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n" GET("/hello"),
          "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\n\r\n7 bytes\n" HELLO, false },
        { "PUT /sink HTTP/1.1\r\nHost: a\r\n\r\n",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\n\r\n0 bytes\n", false },
        { "PUT /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\n\r\n0 bytes\n", false },
        { GET("/nothing"), REFUSAL("404 Not Found", "16", "", "no such resource"), false },
        { "HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n", REFUSAL("404 Not Found", "16", "", ""), false },
        { "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", REFUSAL("404 Not Found", "16", "", "no such resource"), false },
        { "DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n",
          REFUSAL("405 Method Not Allowed", "36", "Allow: GET, HEAD, POST\r\n", "this method is not for this resource"), false },
        { "GET /hello HTTP/1.1\r\n\r\n" GET("/hello"),
          REFUSAL_CLOSE("400 Bad Request", "30", "", "no Host (RFC 9112 section 3.2)"), true },
        { "BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n",
          REFUSAL_CLOSE("501 Not Implemented", "31", "", "a method that is not known here"), true },
        { "PUT /sink HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nx\r\n" GET("/hello"),
          REFUSAL_CLOSE("400 Bad Request", "56", "", "a chunk-size line that is no size (RFC 9112 section 7.1)"), true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rig r;
        start(&r);
        /* split at each byte, a fresh connection each */
        for (size_t at = 0; at < strlen(cases[i].request); at++) {
            rig_connect(&r);
            rig_send_bytes(&r, cases[i].request, at);
            if (!r.client_ended)
                rig_send(&r, cases[i].request + at);
            rig_later(&r, 0);
            const char *got = rig_take(&r);
            if (strcmp(got, cases[i].answer) != 0 || r.client_ended != cases[i].closed)
                fail_msg("%s\nsplit at %zu was answered with:\n%s(closed: %d)", cases[i].request, at, got, r.client_ended);
        }
        rig_stop(&r);
    }
}

static void errors_have_the_applications_shape(void **state)
{
    (void)state;
    struct rig r;
    struct rig_options o = handler_options(NULL);
    o.shaped = true;
    rig_start(&r, &o);
    rig_check(&r, GET("/no/such"),
              "HTTP/1.1 404 Not Found\r\nDate: ...\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n"
              "{\"status\":404,\"path\":\"/no/such\",\"reason\":\"no such resource\"}");
    rig_check(&r, "GET /../x HTTP/1.1\r\nHost: a\r\n\r\n",
              "HTTP/1.1 400 Bad Request\r\nDate: ...\r\nContent-Type: application/json\r\nContent-Length: 77\r\n"
              "Connection: close\r\n\r\n"
              "{\"status\":400,\"path\":\"\",\"reason\":\"request target: a path with a dot segment\"}");
    CHECK_EQ(r.failures, 2);
    rig_stop(&r);
}

/* The client may still be sending when it is refused: it gets the answer, and not a reset (RFC 9112 section 9.6). */
static void a_refused_client_can_read_why(void **state)
{
    (void)state;
    struct rig r;
    struct http_limits limits = { .linger_max = 100000 };
    struct rig_options o = handler_options(&limits);
    static char junk[60000];
    rig_start(&r, &o);
    rig_send(&r, "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
    CHECK_STR(rig_take(&r), REFUSAL_CLOSE("404 Not Found", "16", "", "no such resource"));
    CHECK(r.client_ended);
    CHECK_EQ(rig_offer(&r, junk, sizeof(junk)), sizeof(junk));
    rig_turn(&r);
    CHECK_EQ(http_server_conns(r.server), 1);
    CHECK_EQ(rig_offer(&r, junk, sizeof(junk)), sizeof(junk));
    rig_turn(&r); /* more than linger_max */
    CHECK_EQ(http_server_conns(r.server), 0);
    /* when the client ends as well there is nothing to wait for */
    rig_connect(&r);
    rig_send(&r, "x\r\n");
    CHECK_EQ(http_server_conns(r.server), 1);
    rig_hang_up(&r);
    CHECK_EQ(http_server_conns(r.server), 0);
    rig_stop(&r);
}

static void an_unwanted_body_is_passed_over_when_it_is_there(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    rig_check(&r, "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" GET("/hello"), HELLO HELLO);
    CHECK(!r.client_ended);
    rig_check(&r, "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabc", HELLO_CLOSE);
    CHECK(r.client_ended);
    rig_connect(&r);
    rig_check(&r, "POST /hello HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", HELLO_CLOSE);
    CHECK(r.client_ended);
    rig_stop(&r);
}

static void a_hundred_is_sent_to_whoever_waits_for_it(void **state)
{
    (void)state;
    static const char expects[] = "PUT /sink HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    struct rig r;
    start(&r);
    rig_check(&r, expects, "HTTP/1.1 100 Continue\r\n\r\n");
    rig_check(&r, "abc", "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\n\r\n3 bytes\n");
    /* the body is there already: nobody waits */
    rig_check(&r, "PUT /sink HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
              "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\n\r\n3 bytes\n");
    /* HTTP/1.0 knows no 100 */
    rig_check(&r, "PUT /sink HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "");
    rig_check(&r, "abc", "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 8\r\nConnection: close\r\n\r\n3 bytes\n");
    rig_stop(&r);
}

static void drains(void **state)
{
    (void)state;
    struct rig r;
    struct conn *idle;
    start(&r);
    rig_check(&r, GET("/hello"), HELLO);
    idle = r.client;
    r.client = NULL;
    rig_connect(&r);
    rig_send(&r, GET("/keep") GET("/hello"));
    CHECK_EQ(http_server_conns(r.server), 2);
    http_server_drain(r.server);
    http_server_drain(r.server);
    rig_turn(&r);
    CHECK_EQ(http_server_conns(r.server), 1); /* the idle one is closed */
    CHECK_EQ(r.drained, 0);
    http_answer(r.x, 200, NULL, 0, "late\n", 5);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlate\n");
    CHECK(r.client_ended);
    rig_hang_up(&r);
    CHECK_EQ(http_server_conns(r.server), 0);
    CHECK_EQ(r.drained, 1);
    rig_connect(&r); /* comes too late */
    rig_turn(&r);
    CHECK(r.client_ended);
    CHECK_EQ(r.drained, 1);
    (void)conn_destroy(idle);
    rig_stop(&r);
}

static void destroying_breaks_off(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    rig_send(&r, GET("/keep"));
    CHECK_EQ(r.begun, 1);
    rig_stop(&r); /* checks that the handler heard of it */
    CHECK_EQ(r.how, HTTP_GONE);
    CHECK_EQ(r.why.kind, ERR_CANCELLED);
}

static void clients_that_go_are_noticed(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "", "GET", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "PUT /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na",
        "PUT /sink HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct rig r;
        start(&r);
        rig_send(&r, requests[i]);
        rig_hang_up(&r);
        CHECK_EQ(http_server_conns(r.server), 0);
        CHECK_EQ(r.begun, r.ended);
        CHECK(i < 3 || (r.how == HTTP_GONE && r.why.kind == ERR_PEER));
        rig_stop(&r);
    }
}

GROUP(http_server, cmocka_unit_test(requests_are_answered), cmocka_unit_test(errors_have_the_applications_shape),
      cmocka_unit_test(a_refused_client_can_read_why),
      cmocka_unit_test(an_unwanted_body_is_passed_over_when_it_is_there),
      cmocka_unit_test(a_hundred_is_sent_to_whoever_waits_for_it), cmocka_unit_test(drains),
      cmocka_unit_test(destroying_breaks_off), cmocka_unit_test(clients_that_go_are_noticed))
