#include "gate/piece.h"

#include <sched.h>
#include <stdlib.h>

#include "base/arena.h"
#include "net/address.h"
#include "net/conn.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/router.h"
#include "http/server.h"
#include "unit/gate/upload_rig.h"

enum { PIECE = 100 * 1024 };

/* A cell in small: a server on each loop, whose only resource is the rig's upload; and one client connection. */
struct shop {
    struct rig rig;
    struct http_router *router;
    struct http_server *servers[RIG_LOOPS];
    struct conn *client;
    char got[4096];
    size_t got_len;
    bool ended, continued; /* a 100 came */
};

static void reply(struct http_exchange *x, const struct gate_fed *f)
{
    const char *text = arena_printf(http_arena(x), "%s %llu", f->ok ? "taken" : f->e->msg, (unsigned long long)f->bytes);
    http_answer(x, f->status, NULL, 0, text, strlen(text));
}

static void put(struct http_request *rq, struct http_response *rs)
{
    const struct rig *r = rq->app;
    struct range_claim c;
    enum range_verdict v;
    struct err e;
    CHECK(rq->early);
    if (!range_claim_read(rq->head, &c, &e))
        http_response_text(rs, 400, "text/plain", e.msg);
    else if (!gate_piece(r->upload, &c, reply, &rs->onward, &v, &e))
        http_response_text(rs, v == RANGE_GO ? 409 : 416, "text/plain", e.msg);
}

static const struct http_route routes[] = { { .method = "PUT", .pattern = "/file", .call = put, .body_max = HTTP_EARLY } };

static void open_shop(struct shop *s)
{
    struct err e;
    memset(s, 0, sizeof(*s));
    rig_start(&s->rig, "");
    s->router = http_router_create(routes, ARRAY_LEN(routes), &e);
    CHECK_OK(s->router, &e);
    const struct http_server_config c = { .router = s->router, .pool = s->rig.pool, .app = &s->rig };
    for (int i = 0; i < RIG_LOOPS; i++)
        s->servers[i] = http_server_create(s->rig.loops[i], &c);
}

static void close_shop(struct shop *s)
{
    (void)conn_destroy(s->client);
    rig_turn(&s->rig, 0);
    for (int i = 0; i < RIG_LOOPS; i++)
        (void)http_server_destroy(s->servers[i]);
    rig_stop(&s->rig);
    (void)http_router_destroy(s->router);
}

static void connect_to(struct shop *s, int loop)
{
    struct conn *far;
    struct err e;
    const struct address from = { .port = 5000 };
    (void)conn_destroy(s->client);
    rig_turn(&s->rig, 0);
    memory_pair(64 * 1024, &s->client, &far);
    CHECK_OK(memory_watchable(far, &e), &e);
    http_server_adopt(s->servers[loop], far, &from);
    s->got_len = 0;
    s->ended = false;
}

static void turn(struct shop *s)
{
    struct err e;
    size_t n;
    rig_turn(&s->rig, 0);
    while (!s->ended && s->got_len < sizeof(s->got) - 1 &&
           conn_read(s->client, s->got + s->got_len, sizeof(s->got) - 1 - s->got_len, &n, &e) == IO_DONE) {
        s->ended = !n;
        s->got_len += n;
    }
    s->got[s->got_len] = '\0';
    s->continued = s->continued || strstr(s->got, "100 Continue");
}

static void send_all(struct shop *s, const void *p, size_t len)
{
    struct err e;
    for (size_t at = 0, n; at < len && !s->ended; turn(s))
        while (at < len && conn_write(s->client, (const uint8_t *)p + at, len - at, &n, &e) == IO_DONE)
            at += n;
}

static void send_head(struct shop *s, const char *fields)
{
    static const char first[] = "PUT /file HTTP/1.1\r\nHost: a\r\n";
    send_all(s, first, sizeof(first) - 1);
    send_all(s, fields, strlen(fields));
    send_all(s, "\r\n", 2);
}

static void wait_for(struct shop *s, const char *text)
{
    for (int i = 0; !strstr(s->got, text); i++) {
        if (i > 1000000)
            fail_msg("\"%s\" did not come, but: %s", text, s->got);
        turn(s);
        (void)sched_yield();
    }
    s->got_len = 0;
    s->got[0] = '\0';
}

static void check_complete(struct rig *r)
{
    rig_until(r, &r->ended, 1);
    CHECK_EQ(r->end.why, RELAY_DONE);
    CHECK_EQ(rig_body(r), RIG_FILE);
    CHECK(!memcmp(r->tapped, rig_file, RIG_FILE));
}

static void a_body_goes_to_the_host(void **state)
{
    (void)state;
    for (int expects = 0; expects < 2; expects++) {
        struct shop s;
        open_shop(&s);
        connect_to(&s, expects);
        send_head(&s, expects ? "Content-Length: 307200\r\nExpect: 100-continue\r\n" : "Content-Length: 307200\r\n");
        if (expects)
            wait_for(&s, "100 Continue");
        send_all(&s, rig_file, RIG_FILE);
        wait_for(&s, "taken 307200");
        check_complete(&s.rig);
        /* once more, whole: it is there already, and the body is not wanted */
        send_head(&s, "Content-Length: 307200\r\n");
        send_all(&s, rig_file, RIG_FILE);
        wait_for(&s, "HTTP/1.1 200 OK");
        CHECK_EQ(s.rig.dials, 1);
        CHECK(!s.ended);
        close_shop(&s);
    }
}

static void pieces_over_one_connection_or_several(void **state)
{
    (void)state;
    for (int several = 0; several < 2; several++) {
        struct shop s;
        open_shop(&s);
        connect_to(&s, 0);
        for (int i = 0; i < 3; i++) {
            char fields[128];
            if (several && i)
                connect_to(&s, i % RIG_LOOPS);
            (void)snprintf(fields, sizeof(fields), "Content-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n", PIECE, i * PIECE,
                           (i + 1) * PIECE - 1, RIG_FILE);
            send_head(&s, fields);
            send_all(&s, rig_file + (size_t)i * PIECE, PIECE);
            wait_for(&s, "taken");
        }
        check_complete(&s.rig);
        close_shop(&s);
    }
}

static void refusals_leave_the_connection(void **state)
{
    (void)state;
    static const struct { const char *range, *answer; } cases[] = {
        { "bytes 5-104/307200", "HTTP/1.1 416 " }, { "bytes 0-99/307201", "HTTP/1.1 416 " }, { "bytes 0-98/307200", "HTTP/1.1 400 " },
        { "bytes 0-99/*", "HTTP/1.1 400 " },       { "bytes 0-99", "HTTP/1.1 400 " },
    };
    static const char body[100] = "x";
    struct shop s;
    open_shop(&s);
    connect_to(&s, 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char fields[128];
        (void)snprintf(fields, sizeof(fields), "Content-Length: 100\r\nContent-Range: %s\r\n", cases[i].range);
        send_head(&s, fields);
        send_all(&s, body, sizeof(body));
        wait_for(&s, cases[i].answer);
        CHECK(!s.ended);
    }
    CHECK_EQ(s.rig.dials, 0);
    send_head(&s, "Content-Length: 307200\r\n");
    send_all(&s, rig_file, RIG_FILE);
    wait_for(&s, "taken 307200");
    close_shop(&s);
}

/* The client's connection breaks in the middle; another one, perhaps on the other loop, goes on where the cell is. */
static void a_broken_connection_is_gone_on_with(void **state)
{
    (void)state;
    static const size_t cuts[] = { 0, 1, 16384, 70000, PIECE };
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct shop s;
        char fields[128];
        open_shop(&s);
        connect_to(&s, 0);
        send_head(&s, "Content-Length: 307200\r\n");
        for (int tries = 0; !s.rig.proved && tries < 1000000; tries++)
            turn(&s);
        send_all(&s, rig_file, cuts[i]);
        connect_to(&s, (int)i % RIG_LOOPS);
        turn(&s);
        uint64_t mark = gate_upload_bytes(s.rig.upload);
        CHECK_EQ(mark, cuts[i]);
        (void)snprintf(fields, sizeof(fields), "Content-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n", RIG_FILE - (int)mark, (int)mark,
                       RIG_FILE - 1, RIG_FILE);
        send_head(&s, fields);
        send_all(&s, rig_file + mark, RIG_FILE - mark);
        wait_for(&s, "taken 307200");
        check_complete(&s.rig);
        close_shop(&s);
    }
}

/* Nothing is read of the client while the host takes nothing. */
static void the_client_feels_the_host(void **state)
{
    (void)state;
    struct shop s;
    struct err e;
    size_t sent = 0, n;
    open_shop(&s);
    s.rig.takes = 1000;
    connect_to(&s, 0);
    send_head(&s, "Content-Length: 307200\r\n");
    for (int tries = 0; !s.rig.proved && tries < 1000000; tries++)
        turn(&s);
    for (int i = 0; i < 200; i++, turn(&s))
        while (sent < RIG_FILE && conn_write(s.client, rig_file + sent, RIG_FILE - sent, &n, &e) == IO_DONE)
            sent += n;
    CHECK(sent <= 3 * 64 * 1024 + 20000); /* two connections' buffers and one of ours */
    s.rig.takes = SIZE_MAX;
    send_all(&s, rig_file + sent, RIG_FILE - sent);
    wait_for(&s, "taken 307200");
    check_complete(&s.rig);
    close_shop(&s);
}

static void an_untrusted_host_is_an_answer(void **state)
{
    (void)state;
    struct shop s;
    open_shop(&s);
    rig_trust(&s.rig, NULL);
    connect_to(&s, 1);
    send_head(&s, "Content-Length: 307200\r\nExpect: 100-continue\r\n");
    wait_for(&s, "HTTP/1.1 502 Bad Gateway");
    CHECK(!s.continued);
    CHECK_EQ(s.rig.got_len, 0);
    close_shop(&s);
}

GROUP(gate_piece, cmocka_unit_test(a_body_goes_to_the_host), cmocka_unit_test(pieces_over_one_connection_or_several),
      cmocka_unit_test(refusals_leave_the_connection), cmocka_unit_test(a_broken_connection_is_gone_on_with),
      cmocka_unit_test(the_client_feels_the_host), cmocka_unit_test(an_untrusted_host_is_an_answer))
