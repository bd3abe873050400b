#include "gate/relay.h"

#include "net/conn.h"
#include "net/loop.h"
#include "net/memory.h"
#include "unit/check.h"
#include "wire/ws.h"

enum { CAP = 32 * 1024, CODE = 4410, STREAM = 4096 };

/* A relay between two memory connections, with the far ends in the test's hands. */
struct rig {
    struct loop *loop;
    struct relay_deck *deck;
    struct relay *relay;
    struct conn *client, *host; /* the far ends */
    int64_t now;
    int stopped, ended;
    enum relay_end why;
    struct err err;
    bool close_at_once;
    size_t tapped[RELAY_WAYS];
    uint8_t got[160 * 1024]; /* by the client */
    size_t got_len;
    bool got_end;
};

static void on_stopped(void *self, enum relay_end why, const struct err *e)
{
    struct rig *g = self;
    g->stopped++;
    g->why = why;
    g->err = e ? *e : (struct err){ 0 };
    if (g->close_at_once)
        relay_close(g->relay, CODE, "unknown-issuer esx1.example");
}

static void on_ended(void *self)
{
    struct rig *g = self;
    g->ended++;
    g->relay = NULL;
}

static void on_bytes(void *self, enum relay_way way, const uint8_t *p, size_t len)
{
    (void)p;
    ((struct rig *)self)->tapped[way] += len;
}

static void turns(struct rig *g, int64_t ms)
{
    struct err e;
    g->now += ms;
    for (int i = 0; i < 50; i++)
        CHECK_OK(loop_turn(g->loop, g->now, &e), &e);
}

static void start(struct rig *g, size_t cap, struct relay_config c)
{
    struct err e;
    *g = (struct rig){ .loop = loop_create_at(1000, &e), .now = 1000, .close_at_once = true };
    g->deck = relay_deck_create(g->loop);
    memory_pair(cap, &g->client, &c.take_client);
    memory_pair(cap, &g->host, &c.take_host);
    CHECK_OK(memory_watchable(c.take_client, &e) && memory_watchable(c.take_host, &e), &e);
    c.tap = on_bytes;
    c.stopped = on_stopped;
    c.ended = on_ended;
    c.self = g;
    g->relay = relay_start(g->deck, &c);
}

static void stop(struct rig *g)
{
    if (g->relay)
        relay_abort(g->relay);
    CHECK_EQ(g->stopped, 1);
    CHECK_EQ(g->ended, 1);
    CHECK_EQ(relay_deck_count(g->deck), 0);
    struct err e;
    CHECK_OK(loop_turn(g->loop, g->now, &e), &e);
    (void)relay_deck_destroy(g->deck);
    (void)loop_destroy(g->loop);
    (void)conn_destroy(g->client);
    (void)conn_destroy(g->host);
}

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

/* Sends as much as goes; returns how much. */
static size_t feed(struct conn *c, size_t from, size_t to)
{
    struct err e;
    while (from < to) {
        uint8_t byte = pattern(from);
        size_t n;
        if (conn_write(c, &byte, 1, &n, &e) != IO_DONE)
            break;
        from++;
    }
    return from;
}

/* Reads what is there, and checks that it goes on with the pattern at `from`. */
static size_t eat(struct conn *c, size_t from, bool *ret_end)
{
    struct err e;
    uint8_t buf[97];
    size_t n;
    while (conn_read(c, buf, sizeof(buf), &n, &e) == IO_DONE) {
        if (!n) {
            if (ret_end)
                *ret_end = true;
            break;
        }
        for (size_t i = 0; i < n; i++)
            CHECK_EQ(buf[i], pattern(from + i));
        from += n;
    }
    return from;
}

/* What the client sees, kept. */
static void client_reads(struct rig *g)
{
    struct err e;
    size_t n;
    while (g->got_len < sizeof(g->got) &&
           conn_read(g->client, g->got + g->got_len, sizeof(g->got) - g->got_len, &n, &e) == IO_DONE) {
        if (!n) {
            g->got_end = true;
            return;
        }
        g->got_len += n;
    }
}

static void send_all(struct conn *c, const void *p, size_t len)
{
    struct err e;
    size_t n;
    for (size_t at = 0; at < len; at += n)
        CHECK_EQ(conn_write(c, (const uint8_t *)p + at, len - at, &n, &e), IO_DONE);
}

/* The client's stream is legal WebSocket to its end, and its last frame is a Close with this code and reason. */
static void check_close(const struct rig *g, uint16_t code, const char *reason)
{
    struct ws_decoder d;
    struct err e;
    size_t at = 0, used, last = 0;
    ws_decoder_init(&d, WS_FROM_SERVER, RELAY_FILL_MAX);
    for (enum ws_event ev; at < g->got_len && (ev = ws_decode(&d, g->got + at, g->got_len - at, &used, &e)) != WS_MORE; at += used) {
        CHECK(ev != WS_BAD);
        if (ev == WS_FRAME)
            last = at + used;
    }
    CHECK(ws_at_boundary(&d) && d.closed && d.frame.opcode == WS_CLOSE);
    CHECK_EQ(d.frame.len, strlen(reason) + 2);
    CHECK_EQ(g->got[last] << 8 | g->got[last + 1], code);
    CHECK(!memcmp(g->got + last + 2, reason, strlen(reason)));
}

static void bytes_pass_both_ways(void **state)
{
    (void)state;
    static const size_t chunks[] = { 1, 2, 7, 64, SIZE_MAX };
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        struct rig g;
        size_t up = 0, down = 0, up_read = 0, down_read = 0;
        start(&g, 61, (struct relay_config){ 0 });
        memory_chunk(g.client, chunks[i], chunks[i]);
        memory_chunk(g.host, chunks[i], chunks[i]);
        for (int round = 0; round < 200 && (up_read < STREAM || down_read < STREAM); round++) {
            up = feed(g.client, up, STREAM);
            down = feed(g.host, down, STREAM);
            turns(&g, 0);
            up_read = eat(g.host, up_read, NULL);
            down_read = eat(g.client, down_read, NULL);
        }
        CHECK_EQ(up_read, STREAM);
        CHECK_EQ(down_read, STREAM);
        CHECK_EQ(relay_bytes(g.relay, RELAY_UP), STREAM);
        CHECK_EQ(relay_bytes(g.relay, RELAY_DOWN), STREAM);
        CHECK_EQ(g.tapped[RELAY_UP], STREAM);
        CHECK_EQ(relay_held(g.relay), 0);
        stop(&g);
        CHECK_EQ(g.why, RELAY_SHUTDOWN);
    }
}

static void a_side_that_does_not_read_holds_the_other_back(void **state)
{
    (void)state;
    struct rig g;
    size_t sent = 0, read = 0;
    start(&g, 128, (struct relay_config){ 0 });
    for (int i = 0; i < 100; i++) {
        sent = feed(g.client, sent, 1000 * 1000);
        turns(&g, 0);
    }
    CHECK(sent <= 128 + 128 + 128); /* each pipe, and what is held of one */
    CHECK(relay_held(g.relay) > 0);
    size_t before = sent;
    read = eat(g.host, read, NULL);
    turns(&g, 0);
    sent = feed(g.client, sent, 1000 * 1000);
    CHECK(sent > before);
    while (read < sent) {
        read = eat(g.host, read, NULL);
        turns(&g, 0);
    }
    CHECK_EQ(relay_held(g.relay), 0);
    stop(&g);
}

static void what_was_read_before_goes_first(void **state)
{
    (void)state;
    struct rig g;
    uint8_t first[10];
    for (size_t i = 0; i < sizeof(first); i++)
        first[i] = pattern(i);
    start(&g, CAP, (struct relay_config){ .up = first, .up_len = sizeof(first), .down = first, .down_len = 3 });
    CHECK_EQ(feed(g.client, sizeof(first), 20), 20);
    turns(&g, 0);
    CHECK_EQ(eat(g.host, 0, NULL), 20);
    CHECK_EQ(eat(g.client, 0, NULL), 3);
    CHECK_EQ(g.tapped[RELAY_UP], 20);
    stop(&g);
}

static void an_end_is_passed_on_and_the_other_way_goes_on(void **state)
{
    (void)state;
    struct rig g;
    struct err e;
    bool end = false;
    start(&g, CAP, (struct relay_config){ 0 });
    CHECK_EQ(feed(g.client, 0, 100), 100);
    CHECK_EQ(conn_finish(g.client, &e), IO_DONE);
    turns(&g, 0);
    CHECK_EQ(eat(g.host, 0, &end), 100);
    CHECK(end && !g.stopped);
    CHECK_EQ(feed(g.host, 0, 50), 50);
    turns(&g, 0);
    CHECK_EQ(eat(g.client, 0, NULL), 50);
    CHECK_EQ(conn_finish(g.host, &e), IO_DONE);
    turns(&g, 0);
    CHECK_EQ(g.stopped, 1);
    CHECK_EQ(g.why, RELAY_DONE);
    stop(&g);
}

static void a_limit_ends_it(void **state)
{
    (void)state;
    struct rig g;
    start(&g, CAP, (struct relay_config){ .frames = true, .idle_ms = 1000, .life_ms = 5000 });
    for (size_t i = 0; i < 3; i++) { /* what moves pushes the idle limit away */
        turns(&g, 900);
        CHECK_EQ(feed(g.client, i, i + 1), i + 1);
        turns(&g, 8);
        CHECK(!g.stopped);
    }
    turns(&g, 1016);
    CHECK_EQ(g.stopped, 1);
    CHECK_EQ(g.why, RELAY_IDLE);
    stop(&g);
    start(&g, CAP, (struct relay_config){ .idle_ms = 1000, .life_ms = 2000 });
    for (size_t i = 0; i < 4 && !g.stopped; i++) {
        CHECK_EQ(feed(g.client, i, i + 1), i + 1);
        turns(&g, 600);
    }
    CHECK_EQ(g.why, RELAY_LIFE);
    stop(&g);
}

/* A stream of a host: frames of every form of length, a message in pieces, a ping. */
static size_t host_stream(uint8_t *out)
{
    size_t len = 0;
    static const struct { uint8_t first; size_t payload; } frames[] = {
        { 0x82, 5 }, { 0x02, 0 }, { 0x80, 126 }, { 0x89, 3 }, { 0x82, 300 }, { 0x82, 65536 }, { 0x82, 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        size_t n = frames[i].payload;
        out[len++] = frames[i].first;
        out[len++] = n < 126 ? (uint8_t)n : n < 65536 ? 126 : 127;
        for (size_t b = n < 126 ? 0 : n < 65536 ? 2 : 8; b-- > 0;)
            out[len++] = (uint8_t)(n >> 8 * b);
        n = n < 1000 ? n : 1000; /* the large one stays cut */
        memset(out + len, 'x', n);
        len += n;
        if (frames[i].payload >= 1000)
            break;
    }
    return len;
}

static void a_close_is_legal_wherever_the_host_was_cut_off(void **state)
{
    (void)state;
    uint8_t stream[4096];
    size_t len = host_stream(stream);
    for (size_t cut = 0; cut <= len; cut += cut < 500 ? 1 : 61) {
        struct rig g;
        start(&g, 128 * 1024, (struct relay_config){ .frames = true });
        send_all(g.host, stream, cut);
        turns(&g, 0);
        relay_stop(g.relay, RELAY_WITHDRAWN, NULL);
        CHECK(!relay_host(g.relay)); /* at once */
        turns(&g, 0);
        for (int i = 0; i < 5; i++) {
            client_reads(&g);
            turns(&g, 0);
        }
        client_reads(&g);
        CHECK(g.got_end);
        CHECK(!memcmp(g.got, stream, cut));
        check_close(&g, CODE, "unknown-issuer esx1.example");
        CHECK(!g.ended); /* it waits for the client's own end */
        g.client = conn_destroy(g.client);
        turns(&g, 0);
        CHECK_EQ(g.ended, 1);
        stop(&g);
    }
}

static void a_cut_that_is_too_large_ends_without_a_close(void **state)
{
    (void)state;
    static const uint8_t frame[] = { 0x82, 127, 0, 0, 0, 0, 0x10, 0, 0, 0, 'a' };
    struct rig g;
    start(&g, CAP, (struct relay_config){ .frames = true });
    send_all(g.host, frame, sizeof(frame));
    turns(&g, 0);
    relay_stop(g.relay, RELAY_STOPPED, NULL);
    turns(&g, 0);
    client_reads(&g);
    CHECK_EQ(g.got_len, sizeof(frame));
    CHECK(g.got_end);
    stop(&g);
}

static void a_host_that_goes_without_a_word_is_said_to_the_client(void **state)
{
    (void)state;
    struct rig g;
    start(&g, CAP, (struct relay_config){ .frames = true });
    send_all(g.host, "\x82\x01x", 3);
    turns(&g, 0);
    g.host = conn_destroy(g.host);
    turns(&g, 0);
    CHECK_EQ(g.why, RELAY_HOST);
    CHECK(g.err.msg[0]);
    client_reads(&g);
    check_close(&g, CODE, "unknown-issuer esx1.example");
    stop(&g);
}

static void a_host_that_said_close_has_ended_in_order(void **state)
{
    (void)state;
    struct rig g;
    start(&g, CAP, (struct relay_config){ .frames = true });
    send_all(g.host, "\x88\x02\x03\xe8", 4);
    g.host = conn_destroy(g.host);
    turns(&g, 0);
    CHECK_EQ(g.why, RELAY_DONE);
    client_reads(&g);
    CHECK_EQ(g.got_len, 4); /* nothing behind the host's own Close */
    CHECK(g.got_end);
    stop(&g);
}

static void what_is_no_frame_ends_it(void **state)
{
    (void)state;
    struct rig g;
    start(&g, CAP, (struct relay_config){ .frames = true });
    send_all(g.host, "\xff\xff\xff", 3);
    turns(&g, 0);
    CHECK_EQ(g.why, RELAY_HOST);
    client_reads(&g);
    CHECK(g.got_end);
    stop(&g);
}

static void a_client_that_goes_ends_it(void **state)
{
    (void)state;
    struct rig g;
    start(&g, CAP, (struct relay_config){ .frames = true });
    CHECK_EQ(feed(g.client, 0, 10), 10);
    g.client = conn_destroy(g.client);
    turns(&g, 0);
    CHECK_EQ(g.why, RELAY_CLIENT);
    CHECK_EQ(g.ended, 1);
    bool end = false;
    CHECK_EQ(eat(g.host, 0, &end), 10); /* what it said before arrives */
    CHECK(end);
    stop(&g);
}

static void resets_at_every_stage(void **state)
{
    (void)state;
    for (int frames = 0; frames < 2; frames++)
        for (int stage = 0; stage < 12; stage++) {
            struct rig g;
            bool host_first = stage & 1;
            start(&g, 16, (struct relay_config){ .frames = frames, .idle_ms = 100000 });
            g.close_at_once = stage != 9;
            if (stage >= 2)
                turns(&g, 0);
            if (stage >= 4)
                (void)feed(g.client, 0, 1000); /* somebody is not read */
            if (stage >= 6)
                (void)feed(g.host, 2, 100); /* 0x0e..: no frame */
            if (stage >= 8)
                turns(&g, 0);
            if (stage >= 10 && g.relay)
                relay_stop(g.relay, RELAY_STOPPED, NULL);
            struct conn **first = host_first ? &g.host : &g.client, **second = host_first ? &g.client : &g.host;
            *first = conn_destroy(*first);
            turns(&g, 0);
            *second = conn_destroy(*second);
            turns(&g, RELAY_CLOSE_MS + 16);
            if (stage == 9 && g.relay && g.stopped)
                relay_close(g.relay, CODE, "late");
            turns(&g, RELAY_CLOSE_MS + 16);
            CHECK_EQ(g.ended, 1);
            stop(&g);
        }
}

static void a_client_that_takes_nothing_is_left_alone(void **state)
{
    (void)state;
    struct rig g;
    start(&g, 4, (struct relay_config){ .frames = true });
    send_all(g.host, "\x82\x02", 2);
    turns(&g, 0);
    send_all(g.host, "xx", 2);
    turns(&g, 0);
    relay_stop(g.relay, RELAY_WITHDRAWN, NULL);
    turns(&g, RELAY_CLOSE_MS - 100);
    CHECK(!g.ended);
    turns(&g, 200);
    CHECK_EQ(g.ended, 1);
    stop(&g);
}

static void the_owner_may_take_time_to_say_why(void **state)
{
    (void)state;
    struct rig g;
    start(&g, CAP, (struct relay_config){ .frames = true });
    g.close_at_once = false;
    turns(&g, 0);
    relay_stop(g.relay, RELAY_WITHDRAWN, NULL);
    relay_stop(g.relay, RELAY_STOPPED, NULL); /* the first counts */
    CHECK_EQ(feed(g.client, 0, 5), 5);
    turns(&g, 500);
    client_reads(&g);
    CHECK(!g.got_len && !g.got_end);
    relay_close(g.relay, CODE, "r");
    turns(&g, 0);
    client_reads(&g);
    check_close(&g, CODE, "r");
    CHECK_EQ(g.why, RELAY_WITHDRAWN);
    stop(&g);
}

GROUP(gate_relay, cmocka_unit_test(bytes_pass_both_ways), cmocka_unit_test(a_side_that_does_not_read_holds_the_other_back),
      cmocka_unit_test(what_was_read_before_goes_first), cmocka_unit_test(an_end_is_passed_on_and_the_other_way_goes_on),
      cmocka_unit_test(a_limit_ends_it), cmocka_unit_test(a_close_is_legal_wherever_the_host_was_cut_off),
      cmocka_unit_test(a_cut_that_is_too_large_ends_without_a_close),
      cmocka_unit_test(a_host_that_goes_without_a_word_is_said_to_the_client),
      cmocka_unit_test(a_host_that_said_close_has_ended_in_order), cmocka_unit_test(what_is_no_frame_ends_it),
      cmocka_unit_test(a_client_that_goes_ends_it), cmocka_unit_test(resets_at_every_stage),
      cmocka_unit_test(a_client_that_takes_nothing_is_left_alone), cmocka_unit_test(the_owner_may_take_time_to_say_why))
