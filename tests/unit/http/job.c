#include "http/request.h"

#include "net/conn.h"
#include "net/pool.h"
#include "unit/check.h"
#include "unit/http/handlers.h"

static void start(struct rig *r, struct http_limits limits, unsigned threads, size_t queue)
{
    struct rig_options o = handler_options(&limits);
    o.threads = threads;
    o.queue = queue;
    rig_start(r, &o);
}

static void pool_handlers_answer(void **state)
{
    (void)state;
    static const struct {
        const char *request, *answer;
    } cases[] = {
        { "POST /echo/a%20b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nX-Name: a b\r\nX-Method: POST\r\nContent-Length: 5\r\n\r\nhello" },
        { "POST /echo/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\n, y\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nX-Name: c\r\nX-Method: POST\r\nContent-Length: 8\r\n\r\nhello, y" },
        { "POST /echo/c HTTP/1.1\r\nHost: a\r\n\r\n",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nX-Name: c\r\nX-Method: POST\r\nContent-Length: 0\r\n\r\n" },
        { "HEAD /echo/c HTTP/1.1\r\nHost: a\r\n\r\n",
          "HTTP/1.1 200 OK\r\nDate: ...\r\nX-Name: c\r\nX-Method: HEAD\r\nContent-Length: 0\r\n\r\n" },
        { GET("/bad"), "HTTP/1.1 500 Internal Server Error\r\nDate: ...\r\nContent-Type: text/plain; charset=utf-8\r\n"
                       "Content-Length: 35\r\n\r\nan answer that could not be written" },
        { GET("/echo/1") GET("/hello"),
          "HTTP/1.1 200 OK\r\nDate: ...\r\nX-Name: 1\r\nX-Method: GET\r\nContent-Length: 0\r\n\r\n" HELLO },
    };
    struct rig r;
    start(&r, (struct http_limits){ .conns = 10 }, 2, 10);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t at = 0; at < strlen(cases[i].request); at += 3) {
            rig_send_bytes(&r, cases[i].request, at);
            rig_send(&r, cases[i].request + at);
            rig_wait(&r, strrchr(cases[i].answer, '\n') + 1);
            rig_wait(&r, "\r\n\r\n");
            while (r.got.len < strlen(cases[i].answer)) /* the Date is longer: a lower bound */
                rig_turn(&r);
            rig_turn(&r);
            const char *got = rig_take(&r);
            if (strcmp(got, cases[i].answer) != 0)
                fail_msg("%s\nsplit at %zu was answered with:\n%s", cases[i].request, at, got);
        }
    CHECK(!r.client_ended);
    rig_stop(&r);
}

static void bodies_are_capped(void **state)
{
    (void)state;
    static char body[1001];
    struct rig r;
    memset(body, 'a', sizeof(body));
    start(&r, (struct http_limits){ .bodies = 2500 }, 1, 10);
    rig_check(&r, "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n",
              REFUSAL_CLOSE("413 Content Too Large", "43", "", "the body is larger than this resource takes"));
    rig_connect(&r);
    rig_send(&r, "POST /echo/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
    rig_send_bytes(&r, body, 1001);
    CHECK_STR(rig_take(&r), REFUSAL_CLOSE("413 Content Too Large", "43", "", "the body is larger than this resource takes"));
    rig_connect(&r);
    rig_send(&r, "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    rig_send_bytes(&r, body, 1000);
    rig_wait(&r, "Content-Length: 1000\r\n\r\n");
    /* all bodies together */
    struct conn *others[2];
    for (size_t i = 0; i < 2; i++) {
        rig_connect(&r);
        rig_send(&r, "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
        others[i] = r.client;
        r.client = NULL;
    }
    buf_clear(&r.got);
    rig_connect(&r);
    rig_check(&r, "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n",
              REFUSAL_CLOSE("503 Service Unavailable", "33", "Retry-After: 5\r\n", "too many large requests at a time"));
    (void)conn_destroy(others[0]);
    rig_connect(&r);
    rig_send(&r, "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    CHECK_STR(rig_take(&r), "");
    (void)conn_destroy(others[1]);
    rig_stop(&r);
}

/* A client that goes while its handler runs: the answer is dropped, nothing is leaked or used after. */
static void late_answers_are_dropped(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 100 }, 2, 100);
    for (int i = 0; i < 50; i++) {
        rig_connect(&r);
        rig_send_bytes(&r, GET("/wait"), sizeof(GET("/wait")) - 1);
        r.client = conn_destroy(r.client);
        rig_turn_deaf(&r);
    }
    rig_connect(&r);
    rig_send(&r, GET("/wait"));
    handler_let_go(&r);
    rig_wait(&r, "waited");
    rig_stop(&r);
}

/* What a straight-line handler decided goes on as a stream. */
static void a_decision_goes_on_as_a_stream(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 100 }, 2, 100);
    handler_let_go(&r);
    rig_send(&r, GET("/onward") GET("/hello"));
    rig_wait(&r, "hello");
    const char *got = rig_take(&r);
    CHECK(strstr(got, "HTTP/1.1 201 Created\r\n") && strstr(got, "X-Decided: yes\r\n") && strstr(got, "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"));
    CHECK_EQ(r.begun, 2);
    rig_send(&r, GET("/onward-bad"));
    rig_wait(&r, "an answer that could not be written");
    CHECK_EQ(r.begun, 2);
    rig_stop(&r);
}

/* One whose server has gone is dropped with what it brought. */
static void a_decision_may_find_nobody(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 100 }, 1, 1);
    rig_send(&r, GET("/onward"));
    handler_wait_started(&r);
    r.server = http_server_destroy(r.server);
    handler_let_go(&r);
    rig_stop(&r);
    CHECK_EQ(r.begun, 0);
}

/* The server goes while a handler runs; what comes back finds nobody. */
static void a_server_may_go_first(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .conns = 100 }, 1, 1);
    rig_send(&r, GET("/wait"));
    handler_wait_started(&r);
    r.server = http_server_destroy(r.server);
    handler_let_go(&r);
    rig_stop(&r);
}

static void a_full_pool_says_so(void **state)
{
    (void)state;
    struct rig r;
    struct conn *others[2];
    start(&r, (struct http_limits){ .conns = 100 }, 1, 1);
    rig_send(&r, GET("/wait"));
    handler_wait_started(&r); /* the thread is taken */
    others[0] = r.client;
    r.client = NULL;
    rig_connect(&r);
    rig_send(&r, GET("/wait")); /* the queue is full */
    others[1] = r.client;
    r.client = NULL;
    rig_connect(&r);
    rig_check(&r, GET("/wait"), REFUSAL("503 Service Unavailable", "29", "Retry-After: 5\r\n", "too many requests are waiting"));
    handler_let_go(&r);
    rig_send(&r, GET("/hello"));
    CHECK_STR(rig_take(&r), HELLO);
    (void)conn_destroy(others[0]);
    (void)conn_destroy(others[1]);
    rig_stop(&r);
}

/* The program ends while a request waits for a thread: it is answered, for the loop still runs. */
static void a_closing_pool_answers(void **state)
{
    (void)state;
    struct rig r;
    struct conn *other;
    start(&r, (struct http_limits){ .conns = 100 }, 1, 1);
    rig_send(&r, GET("/wait"));
    handler_wait_started(&r);
    other = r.client;
    r.client = NULL;
    rig_connect(&r);
    rig_send(&r, GET("/wait"));
    handler_let_go_when_closing(&r);
    r.pool = pool_destroy(r.pool);
    rig_turn(&r);
    CHECK_STR(rig_take(&r), REFUSAL("503 Service Unavailable", "15", "Retry-After: 5\r\n", "the server ends"));
    (void)conn_destroy(other);
    rig_stop(&r);
}

GROUP(http_job, cmocka_unit_test(pool_handlers_answer), cmocka_unit_test(bodies_are_capped),
      cmocka_unit_test(late_answers_are_dropped),
      cmocka_unit_test(a_decision_goes_on_as_a_stream), cmocka_unit_test(a_decision_may_find_nobody),
      cmocka_unit_test(a_server_may_go_first), cmocka_unit_test(a_full_pool_says_so),
      cmocka_unit_test(a_closing_pool_answers))
