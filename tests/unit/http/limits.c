#include "http/limits.h"

#include "net/conn.h"
#include "net/memory.h"
#include "unit/check.h"
#include "unit/http/handlers.h"

static void start(struct rig *r, struct http_limits limits)
{
    struct rig_options o = handler_options(&limits);
    rig_start(r, &o);
}

static void slow_heads_are_refused(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .head_ms = 1000, .idle_ms = 5000 });
    rig_later(&r, 4000); /* silence is no slow head */
    rig_send(&r, "G");
    for (int i = 0; i < 9; i++) {
        rig_later(&r, 100);
        rig_send(&r, "E");
    }
    CHECK_STR(rig_take(&r), "");
    rig_later(&r, 120);
    CHECK_STR(rig_take(&r), REFUSAL_CLOSE("408 Request Timeout", "32", "", "the request did not come in time"));
    CHECK(r.client_ended);
    rig_stop(&r);
}

static void idle_connections_are_closed_without_a_word(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .idle_ms = 1000 });
    rig_later(&r, 990);
    CHECK(!r.client_ended);
    rig_later(&r, 30);
    CHECK(r.client_ended);
    CHECK_STR(rig_take(&r), "");
    CHECK_EQ(http_server_conns(r.server), 0);
    /* each request starts the time anew */
    rig_connect(&r);
    for (int i = 0; i < 5; i++) {
        rig_later(&r, 900);
        rig_check(&r, GET("/hello"), HELLO);
    }
    rig_later(&r, 990);
    CHECK(!r.client_ended);
    rig_later(&r, 30);
    CHECK(r.client_ended);
    rig_stop(&r);
}

static void slow_bodies_are_refused(void **state)
{
    (void)state;
    static char piece[1000];
    struct rig r;
    memset(piece, 'a', sizeof(piece));
    start(&r, (struct http_limits){ .progress_ms = 1000, .progress_min = 1000 });
    rig_send(&r, "PUT /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 20; i++) { /* just fast enough */
        rig_send_bytes(&r, piece, sizeof(piece));
        rig_later(&r, 950);
    }
    CHECK_EQ(r.body.len, 20 * sizeof(piece));
    rig_later(&r, 100);
    for (int i = 0; i < 10 && !r.client_ended; i++) { /* dribbles */
        rig_send(&r, "a");
        rig_later(&r, 300);
    }
    CHECK_STR(rig_take(&r), REFUSAL_CLOSE("408 Request Timeout", "29", "", "the body did not come in time"));
    CHECK_EQ(r.how, HTTP_GONE);
    rig_stop(&r);
}

/* While the handler does not want the body nobody is slow but ourselves. */
static void a_pause_of_ours_is_not_the_clients(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .progress_ms = 1000, .progress_min = 1000, .idle_ms = 1000, .head_ms = 1000 });
    rig_send(&r, "POST /keep HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nabcd");
    rig_later(&r, 100000);
    CHECK_EQ(r.ended, 0);
    http_body_want(r.x);
    rig_turn(&r);
    rig_later(&r, 100000); /* a piece that the handler leaves lying */
    CHECK_EQ(r.ended, 0);
    const uint8_t *p;
    size_t len;
    bool end;
    http_body_peek(r.x, &p, &len, &end);
    CHECK_EQ(len, 4);
    http_body_consume(r.x, len);
    rig_turn(&r);
    rig_later(&r, 900);
    CHECK_EQ(r.ended, 0);
    rig_later(&r, 200);
    CHECK_EQ(r.how, HTTP_GONE);
    rig_stop(&r);
}

static void slow_readers_are_cut_off(void **state)
{
    (void)state;
    struct rig r;
    struct http_limits limits = { .progress_ms = 1000, .progress_min = 1000 };
    struct rig_options o = handler_options(&limits);
    o.memory = 1000;
    rig_start(&r, &o);
    r.limit = 1000000;
    CHECK_EQ(rig_offer(&r, GET("/counted"), sizeof(GET("/counted")) - 1), sizeof(GET("/counted")) - 1);
    for (int i = 0; i < 10; i++) { /* a thousand bytes in each time is enough */
        char bytes[1000];
        size_t len, have = 0;
        struct err e;
        while (have < sizeof(bytes)) {
            rig_turn_deaf(&r);
            CHECK_EQ(conn_read(r.client, bytes + have, sizeof(bytes) - have, &len, &e), IO_DONE);
            have += len;
        }
        rig_turn_deaf(&r);
        r.now += 900;
        rig_turn_deaf(&r);
    }
    CHECK_EQ(r.ended, 0);
    r.now += 2000;
    rig_turn_deaf(&r);
    r.now += 1100;
    rig_turn_deaf(&r);
    CHECK_EQ(r.ended, 1);
    CHECK_EQ(r.how, HTTP_GONE);
    CHECK_EQ(r.why.kind, ERR_TIMEOUT);
    rig_stop(&r);
}

static void lingering_ends(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .linger_ms = 1000 });
    rig_send(&r, "nonsense\r\n");
    for (int i = 0; i < 9; i++) {
        CHECK_EQ(http_server_conns(r.server), 1);
        CHECK_EQ(rig_offer(&r, "x", 1), 1);
        rig_later(&r, 100);
    }
    rig_later(&r, 200);
    CHECK_EQ(http_server_conns(r.server), 0);
    rig_stop(&r);
}

static void requests_of_a_connection_are_counted(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .requests = 3 });
    rig_check(&r, GET("/hello") GET("/hello"), HELLO HELLO);
    rig_check(&r, GET("/hello"), HELLO_CLOSE);
    CHECK(r.client_ended);
    rig_stop(&r);
}

static void one_connection_too_many_is_told(void **state)
{
    (void)state;
    struct rig r;
    struct conn *others[2 + HTTP_CONNS_OVER];
    start(&r, (struct http_limits){ .conns = 2 });
    rig_check(&r, GET("/hello"), HELLO);
    others[0] = r.client;
    r.client = NULL;
    rig_connect(&r);
    rig_check(&r, GET("/hello"), HELLO);
    for (size_t i = 1; i < ARRAY_LEN(others); i++) {
        others[i] = r.client;
        r.client = NULL;
        rig_connect(&r);
        if (i > 1)
            continue;
        rig_check(&r, GET("/hello"), REFUSAL_CLOSE("503 Service Unavailable", "20", "Retry-After: 5\r\n", "too many connections"));
        CHECK(r.client_ended);
        rig_connect(&r);
    }
    CHECK_EQ(http_server_conns(r.server), 2 + HTTP_CONNS_OVER);
    rig_turn(&r); /* one more than those that get an answer */
    CHECK(r.client_ended);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        (void)conn_destroy(others[i]);
    rig_turn(&r);
    rig_connect(&r);
    rig_check(&r, GET("/hello"), HELLO);
    rig_stop(&r);
}

static void limits_of_heads_reach_the_reader(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .head = { .target = 10, .head = 100, .fields = 2 } });
    rig_check(&r, GET("/hello"), HELLO);
    rig_check(&r, GET("/hello?x=yz"), REFUSAL_CLOSE("414 URI Too Long", "38", "", "a request target of more than 10 bytes"));
    rig_connect(&r);
    rig_check(&r, "GET /hello HTTP/1.1\r\nHost: a\r\nX: y\r\nZ: z\r\n\r\n",
              REFUSAL_CLOSE("431 Request Header Fields Too Large", "18", "", "more than 2 fields"));
    rig_stop(&r);
}

static void limits_change_while_it_serves(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct http_limits){ .idle_ms = 1000, .conns = 10 });
    http_server_limits(r.server, &(struct http_limits){ .idle_ms = 3000, .conns = 10 });
    rig_check(&r, GET("/hello"), HELLO);
    rig_later(&r, 2000);
    CHECK(!r.client_ended); /* the new one */
    http_server_limits(r.server, &(struct http_limits){ .idle_ms = 500, .conns = 10 });
    rig_check(&r, GET("/hello"), HELLO);
    rig_later(&r, 600);
    CHECK(r.client_ended);
    http_server_limits(r.server, &(struct http_limits){ 0 }); /* the constants */
    rig_connect(&r);
    rig_later(&r, 10000);
    rig_check(&r, GET("/hello"), HELLO);
    rig_stop(&r);
}

GROUP(http_limits, cmocka_unit_test(slow_heads_are_refused), cmocka_unit_test(idle_connections_are_closed_without_a_word),
      cmocka_unit_test(slow_bodies_are_refused), cmocka_unit_test(a_pause_of_ours_is_not_the_clients),
      cmocka_unit_test(slow_readers_are_cut_off), cmocka_unit_test(lingering_ends), cmocka_unit_test(limits_change_while_it_serves),
      cmocka_unit_test(requests_of_a_connection_are_counted), cmocka_unit_test(one_connection_too_many_is_told),
      cmocka_unit_test(limits_of_heads_reach_the_reader))
