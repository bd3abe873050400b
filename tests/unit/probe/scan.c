#include "probe/scan.h"

#include <stdlib.h>

#include "net/drive.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "probe/endpoint.h"
#include "unit/net/duo.h"

enum { ENDPOINTS = 40, TIMEOUT_MS = 1000 };

/* What the peer behind an address does; the last number of the address says which. */
enum peer_kind { PEER_FINE, PEER_SILENT, PEER_GONE, PEER_KINDS };

struct peer {
    struct conn *conn;
    struct drive drive;
};

struct hall {
    struct duo duo;
    struct resolver *resolver;
    struct loop *loop;
    struct probe_net net;
    struct scan *scan;
    struct peer peers[ENDPOINTS];
    size_t peers_len;
    size_t asked, total, in_flight, most_in_flight, ended, finished;
    size_t by_kind[PEER_KINDS];
};

static enum io peer_step(void *self, struct err *e)
{
    struct peer *p = self;
    return conn_handshake(p->conn, e);
}

static int peer_fd(const void *self)
{
    const struct peer *p = self;
    return conn_fd(p->conn);
}

static const struct io_op peer_op = { peer_step, peer_fd };

static void peer_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    (void)d;
    (void)how;
    (void)e;
}

static struct conn *dial(void *self, const struct address *addresses, size_t len)
{
    struct hall *h = self;
    struct err e;
    struct conn *near, *far;
    CHECK_EQ(len, 1);
    memory_pair(DUO_CAP, &near, &far);
    CHECK_OK(memory_watchable(near, &e), &e);
    CHECK_OK(memory_watchable(far, &e), &e);
    struct peer *p = &h->peers[h->peers_len++];
    switch ((enum peer_kind)(addresses[0].ip[3] % PEER_KINDS)) {
    case PEER_FINE:
        p->conn = tls_server_conn(h->duo.server, far);
        drive_start(&p->drive, h->loop, &peer_op, p, 0, peer_ended);
        break;
    case PEER_SILENT:
        p->conn = far;
        break;
    case PEER_GONE:
    case PEER_KINDS:
        conn_destroy(far);
        break;
    }
    return near;
}

static bool next(void *self, struct probe_request *ret)
{
    static const char *const names[] = { "10.0.0.7" };
    struct hall *h = self;
    struct err e;
    char text[32];
    CHECK(h->in_flight < SCAN_PARALLEL_MAX);
    if (h->asked == h->total)
        return false;
    (void)snprintf(text, sizeof(text), "10.0.0.%zu", h->asked);
    CHECK_OK(probe_endpoint_parse(text, &ret->endpoint, &e), &e);
    ret->timeout_ms = TIMEOUT_MS;
    ret->question = (struct trust_question){ .names = names, .names_len = 1, .now = MINT_NOW };
    ret->question.behalf.host = "10.0.0.7";
    ret->tag = (void *)(h->asked++ + 1);
    h->in_flight++;
    h->most_in_flight = h->in_flight > h->most_in_flight ? h->in_flight : h->most_in_flight;
    return true;
}

static void ended(void *self, void *tag, const struct probe_report *r)
{
    struct hall *h = self;
    enum peer_kind kind = (enum peer_kind)(((uintptr_t)tag - 1) % PEER_KINDS);
    h->in_flight--;
    h->ended++;
    h->by_kind[kind]++;
    CHECK_EQ(r->seen, kind == PEER_FINE);
    if (kind == PEER_FINE)
        CHECK(r->verdict.ok);
    else
        CHECK_EQ(r->err.kind, kind == PEER_SILENT ? ERR_TIMEOUT : ERR_PEER);
}

static void finished(void *self)
{
    struct hall *h = self;
    h->finished++;
}

static const struct scan_ops ops = { next, ended, finished };

static void hall_init(struct hall *h, size_t total)
{
    struct err e;
    *h = (struct hall){ .total = total };
    duo_init(&h->duo);
    h->resolver = resolver_create(NULL, RESOLVE_AUTO, NULL);
    h->loop = loop_create_at(0, &e);
    CHECK_OK(h->loop, &e);
    h->net = (struct probe_net){ .tls = h->duo.client, .resolver = h->resolver, .dial = dial, .self = h };
}

static void hall_done(struct hall *h)
{
    scan_destroy(h->scan);
    for (size_t i = 0; i < h->peers_len; i++) {
        drive_cancel(&h->peers[i].drive);
        conn_destroy(h->peers[i].conn);
    }
    loop_destroy(h->loop);
    resolver_destroy(h->resolver);
    duo_done(&h->duo);
}

/* Rounds at one moment, until nothing moves any more. */
static void turn(struct hall *h, int64_t now)
{
    struct err e;
    for (int i = 0; i < 200; i++)
        CHECK_OK(loop_turn(h->loop, now, &e), &e);
}

static void all_are_looked_at_so_many_at_a_time(void **state)
{
    (void)state;
    static const unsigned widths[] = { 1, 4, 64 };
    for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
        struct hall h;
        hall_init(&h, 12);
        h.scan = scan_create(h.loop, &h.net, widths[i], &ops, &h);
        scan_start(h.scan);
        for (int64_t now = 0; now <= 5 * (TIMEOUT_MS + 100) && !h.finished; now += TIMEOUT_MS + 100)
            turn(&h, now);
        CHECK_EQ(h.ended, 12);
        CHECK_EQ(h.by_kind[PEER_FINE], 4);
        CHECK_EQ(h.by_kind[PEER_SILENT], 4);
        CHECK_EQ(h.by_kind[PEER_GONE], 4);
        CHECK_EQ(h.finished, 1);
        CHECK_EQ(h.most_in_flight, widths[i] < 12 ? widths[i] : 12);
        hall_done(&h);
    }
}

static void the_deadline_is_each_endpoints_own(void **state)
{
    (void)state;
    struct hall h;
    hall_init(&h, 3);
    h.scan = scan_create(h.loop, &h.net, 64, &ops, &h);
    scan_start(h.scan);
    turn(&h, 0);
    CHECK_EQ(h.ended, 2); /* the silent one is waited for .. */
    turn(&h, TIMEOUT_MS - 1);
    CHECK_EQ(h.ended, 2);
    turn(&h, TIMEOUT_MS + LOOP_TICK_MS);
    CHECK_EQ(h.ended, 3); /* .. so long */
    CHECK_EQ(h.finished, 1);
    hall_done(&h);
}

static void nothing_to_look_at_is_finished_at_once(void **state)
{
    (void)state;
    struct hall h;
    hall_init(&h, 0);
    h.scan = scan_create(h.loop, &h.net, 8, &ops, &h);
    scan_start(h.scan);
    CHECK_EQ(h.finished, 1);
    hall_done(&h);
}

static void a_scan_can_be_dropped_in_the_middle(void **state)
{
    (void)state;
    struct hall h;
    hall_init(&h, ENDPOINTS);
    h.scan = scan_create(h.loop, &h.net, 8, &ops, &h);
    scan_start(h.scan);
    turn(&h, 0);
    size_t ended_by_then = h.ended;
    CHECK(ended_by_then > 0 && ended_by_then < ENDPOINTS);
    h.scan = scan_destroy(h.scan);
    turn(&h, TIMEOUT_MS * 2);
    CHECK_EQ(h.ended, ended_by_then); /* without another word */
    CHECK_EQ(h.finished, 0);
    hall_done(&h);
}

GROUP(probe_scan, cmocka_unit_test(all_are_looked_at_so_many_at_a_time),
      cmocka_unit_test(the_deadline_is_each_endpoints_own), cmocka_unit_test(nothing_to_look_at_is_finished_at_once),
      cmocka_unit_test(a_scan_can_be_dropped_in_the_middle))
