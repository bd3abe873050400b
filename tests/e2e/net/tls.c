#include "net/tls.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/drive.h"
#include "net/listen.h"
#include "net/loop.h"
#include "unit/net/duo.h"

enum { MANY = 60, DEADLINE_MS = 20000 };

/* One end of a connection that shakes hands on the loop. */
struct end {
    struct drive drive;
    struct stage *stage;
    struct conn *conn;
    enum drive_end how;
    struct err err;
};

struct stage {
    struct duo duo;
    struct loop *loop;
    struct listener *listener;
    struct end near[MANY], far[MANY];
    int accepted, ended, wanted;
    bool silent; /* what is accepted is left alone */
};

static void on_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    struct end *n = CONTAINER_OF(d, struct end, drive);
    n->how = how;
    if (e)
        n->err = *e;
    if (++n->stage->ended == n->stage->wanted)
        loop_stop(n->stage->loop);
}

static void begin(struct stage *s, struct end *n, struct conn *c, int64_t ms)
{
    n->stage = s;
    n->conn = c;
    drive_start(&n->drive, s->loop, &conn_shaking, c, ms, on_ended);
}

static void on_accepted(void *self, struct conn *take, const struct address *peer)
{
    struct stage *s = self;
    CHECK(s->accepted < MANY);
    CHECK_EQ(address_class(peer), ADDRESS_LOOPBACK);
    struct end *n = &s->far[s->accepted++];
    if (s->silent)
        n->conn = take;
    else
        begin(s, n, tls_server_conn(s->duo.server, take), DEADLINE_MS);
}

static struct stage *stage_create(void)
{
    struct err e;
    struct stage *s = calloc(1, sizeof(*s));
    duo_init(&s->duo);
    s->loop = loop_create(&e);
    CHECK_OK(s->loop, &e);
    struct listen_config c = { .accepted = on_accepted, .self = s };
    CHECK_OK(address_parse("127.0.0.1", 0, &c.address, &e), &e);
    s->listener = listener_create(s->loop, &c, &e);
    CHECK_OK(s->listener, &e);
    return s;
}

static void stage_destroy(struct stage *s)
{
    (void)listener_destroy(s->listener);
    for (int i = 0; i < MANY; i++) {
        (void)conn_destroy(s->near[i].conn);
        (void)conn_destroy(s->far[i].conn);
    }
    (void)loop_destroy(s->loop);
    duo_done(&s->duo);
    free(s);
}

static struct conn *dial(struct stage *s, const struct tls_ask *ask)
{
    return tls_client_conn(s->duo.client, tcp_connect(listener_address(s->listener), 1, NULL), ask);
}

/* Waits for what is on its way: a read that would block is tried again on the loop. */
struct reader {
    struct conn *conn;
    char text[8];
    size_t len;
};

static enum io read_step(void *self, struct err *e)
{
    struct reader *r = self;
    return conn_read(r->conn, r->text, sizeof(r->text), &r->len, e);
}

static int read_fd(const void *self)
{
    return conn_fd(((const struct reader *)self)->conn);
}

static const struct io_op reading = { read_step, read_fd };

static void many_handshakes_on_one_loop(void **state)
{
    (void)state;
    struct err e;
    struct stage *s = stage_create();
    struct tls_ask good = duo_ask(), bad = duo_ask();
    static const char *const other[] = { "vc2.example" };
    bad.question.names = other;
    s->wanted = 2 * MANY;
    for (int i = 0; i < MANY; i++)
        begin(s, &s->near[i], dial(s, i % 3 ? &good : &bad), DEADLINE_MS);
    CHECK_OK(loop_run(s->loop, &e), &e);
    for (int i = 0; i < MANY; i++) {
        CHECK_EQ(s->near[i].how, i % 3 ? DRIVE_DONE : DRIVE_FAILED);
        CHECK(i % 3 || s->near[i].err.kind == ERR_UNTRUSTED);
        CHECK(tls_chain(s->near[i].conn) == tls_chain(s->near[0].conn)); /* one chain for all */
    }
    CHECK_EQ(tls_client_decoded(s->duo.client), 2);
    /* Bytes over a real socket, through the other driver. */
    for (int i = 0; i < MANY; i++) {
        size_t len;
        if (s->far[i].how != DRIVE_DONE)
            continue;
        CHECK_EQ(conn_write(s->far[i].conn, "hello", 5, &len, &e), IO_DONE);
    }
    struct reader r = { .conn = s->near[1].conn };
    CHECK_OK(io_run(&reading, &r, clock_mono_ms() + DEADLINE_MS, &e), &e);
    CHECK(r.len == 5 && !memcmp(r.text, "hello", 5));
    stage_destroy(s);
}

static void a_silent_server_ends_at_the_deadline(void **state)
{
    (void)state;
    struct err e;
    struct stage *s = stage_create();
    struct tls_ask ask = duo_ask();
    s->silent = true;
    s->wanted = 1;
    begin(s, &s->near[0], dial(s, &ask), 40);
    CHECK_OK(loop_run(s->loop, &e), &e);
    CHECK_EQ(s->near[0].how, DRIVE_FAILED);
    CHECK_EQ(s->near[0].err.kind, ERR_TIMEOUT);
    s->near[1].conn = dial(s, &ask);
    CHECK_FAILS(io_run(&conn_shaking, s->near[1].conn, clock_mono_ms() + 40, &e), &e, ERR_TIMEOUT);
    stage_destroy(s);
}

static void a_peer_that_is_gone_kills_nobody(void **state)
{
    (void)state;
    struct err e;
    struct stage *s = stage_create();
    struct tls_ask ask = duo_ask();
    s->wanted = 2;
    begin(s, &s->near[0], dial(s, &ask), DEADLINE_MS);
    CHECK_OK(loop_run(s->loop, &e), &e);
    s->far[0].conn = conn_destroy(s->far[0].conn); /* resets once something arrives */
    enum io io;
    size_t len;
    while ((io = conn_write(s->near[0].conn, "x", 1, &len, &e)) == IO_DONE)
        ; /* SIGPIPE would end the process here */
    CHECK_EQ(io, IO_FAILED);
    CHECK_EQ(e.kind, ERR_PEER);
    stage_destroy(s);
}

GROUP(e2e_tls, cmocka_unit_test(many_handshakes_on_one_loop), cmocka_unit_test(a_silent_server_ends_at_the_deadline),
      cmocka_unit_test(a_peer_that_is_gone_kills_nobody))
