/* A console from the client's request to its last byte: a real HTTP server and a real gate on loops in the test's hand, a host that really
 * speaks TLS, a policy that says what the test wants, and a clock that stands still. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/gate.h"
#include "http/router.h"
#include "http/server.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/memory.h"
#include "net/pool.h"
#include "unit/gate/upload_rig.h"
#include "wire/ws.h"

enum { GOT = 1024 * 1024, PIPE = 64 * 1024, BLOCK = 32 * 1024, MINUTE = 60 * 1000, PATIENCE = 10 * 1000 * 1000 };

#define OTHER_PRINT "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"

/* What the policy does with a ticket. */
struct rules {
    const char *print;       /* as rig_target */
    const char *again_print; /* of the vCenter's second ticket */
    bool again_fails;
};

struct table {
    struct rig r;
    struct rules rules;
    struct http_router *router;
    struct http_server *server;
    struct conn *client;       /* the far end; NULL after it left */
    char got[GOT];             /* by the client */
    size_t got_len;
    bool got_end;
    char answer[400];          /* the host's 101 */
    char path[GATE_PATH_MAX];  /* that the host was asked for */
    bool closed, session_seen;
    char session[RANDOM_UUID];
    /* Of the policy; atomic. */
    int taken, admitted, again, told, proved, reviewed;
    char told_rule[64];
    enum gate_what told_what;
};

static void count(int *n)
{
    (void)__atomic_fetch_add(n, 1, __ATOMIC_RELEASE);
}

/* ---- the policy ---- */

static bool admit(void *self, const char *ticket, const char *from, struct gate_target **ret, struct err *e)
{
    struct table *t = self;
    bool first = __atomic_fetch_add(&t->taken, !strcmp(ticket, "cst-good"), __ATOMIC_ACQ_REL) == 0;
    CHECK_STR(from, "192.0.2.7");
    count(&t->admitted);
    if (!strcmp(ticket, "cst-busy"))
        return err_set(e, ERR_LIMIT, "the store is busy");
    if (!strcmp(ticket, "cst-vcenter"))
        return err_set(e, ERR_PEER, "the vCenter Server does not answer");
    if (strcmp(ticket, "cst-good") != 0 && strcmp(ticket, "cst-any") != 0)
        return err_set(e, ERR_DENIED, "this console ticket is none");
    if (!strcmp(ticket, "cst-good") && !first)
        return err_set(e, ERR_DENIED, "this console ticket is none: it was used");
    *ret = rig_target(&t->r, t->rules.print, "/ticket/secret-of-the-host");
    return true;
}

static bool again(void *self, const struct gate_target *target, struct gate_target **ret, struct err *e)
{
    struct table *t = self;
    CHECK(target->path && target->path[0]);
    count(&t->again);
    if (t->rules.again_fails)
        return err_set(e, ERR_PEER, "the vCenter Server does not answer");
    *ret = rig_target(&t->r, t->rules.again_print, "/ticket/second-secret");
    return true;
}

static void tell(void *self, const struct gate_news *n, char ret_event[RANDOM_UUID])
{
    struct table *t = self;
    t->told_what = n->what;
    (void)text_copy(t->told_rule, sizeof(t->told_rule), n->rule);
    (void)text_copy(ret_event, RANDOM_UUID, "event-1");
    count(&t->told);
}

static void proved(void *self, const struct gate_target *target, const struct trust_verdict *v)
{
    CHECK(v->ok && !strcmp(target->endpoint, "urn:vcloud:vimserver:1/host-1"));
    count(&((struct table *)self)->proved);
}

static const struct gate_policy policy = { admit, again, tell, proved };

/* ---- a table ---- */

static void start(struct table *t, const struct rules *rules, struct gate_config how)
{
    static struct http_route route = { .method = "GET", .pattern = "/{port};{*ticket}", .stream = &gate_console_stream };
    struct err e;
    memset(t, 0, sizeof(*t));
    t->rules = *rules;
    how.policy = &policy;
    how.self = t;
    rig_start_gate(&t->r, &how);
    route.tag = t->r.gate;
    t->router = http_router_create(&route, 1, &e);
    CHECK_OK(t->router, &e);
    t->server = http_server_create(t->r.loops[0], &(struct http_server_config){ .router = t->router, .pool = t->r.pool });
}

static void client_reads(struct table *t)
{
    struct err e;
    size_t n;
    while (t->client && !t->got_end && t->got_len < GOT &&
           conn_read(t->client, t->got + t->got_len, GOT - t->got_len, &n, &e) == IO_DONE) {
        t->got_end = !n;
        t->got_len += n;
    }
}

/* The host says 101 to the request that it has, and forgets it: what comes behind it is of the console. */
static void host_switches(struct table *t, const char *change)
{
    struct rig *r = &t->r;
    char *end = memmem(r->got, r->got_len, "\r\n\r\n", 4), *key, accept[WS_ACCEPT], text[WS_KEY];
    if (!end || r->answers)
        return;
    *end = '\0';
    CHECK((key = strstr((char *)r->got, "Sec-WebSocket-Key: ")) && strstr((char *)r->got, "Sec-WebSocket-Protocol: binary"));
    CHECK(sscanf((char *)r->got, "GET %1000s HTTP/1.1", t->path) == 1);
    (void)snprintf(text, sizeof(text), "%.24s", key + 19);
    ws_accept(change ? "AAAAAAAAAAAAAAAAAAAAAA==" : text, accept);
    (void)snprintf(t->answer, sizeof(t->answer), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: binary\r\n\r\n", accept);
    r->got_len = 0;
    r->answers = t->answer;
    r->at_once = true;
}

static void turn(struct table *t, int64_t ms)
{
    for (int i = 0; i < 4; i++) {
        rig_turn(&t->r, i ? 0 : ms);
        host_switches(t, NULL);
        client_reads(t);
    }
}

/* Turns until the client has this, or the end of the stream when it is NULL. */
static void until_client_has(struct table *t, const char *text, size_t len)
{
    for (int i = 0; text ? !memmem(t->got, t->got_len, text, len) : !t->got_end; i++) {
        if (i > PATIENCE)
            fail_msg("the client has %.*s", (int)t->got_len, t->got);
        turn(t, 0);
        (void)sched_yield();
    }
}

static void ask(struct table *t, const char *ticket, const char *protocol)
{
    struct conn *near;
    struct address from;
    struct err e;
    char head[512];
    size_t n;
    int len = snprintf(head, sizeof(head), "GET /443;%s HTTP/1.1\r\nHost: cell\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", ticket, protocol);
    (void)conn_destroy(t->client);
    t->got_len = 0;
    t->got_end = false;
    memory_pair(PIPE, &near, &t->client);
    CHECK_OK(memory_watchable(near, &e) && address_parse("192.0.2.7", 5000, &from, &e), &e);
    http_server_adopt(t->server, near, &from);
    CHECK_EQ(conn_write(t->client, head, (size_t)len, &n, &e), IO_DONE);
    CHECK_EQ(n, len);
}

#define BINARY "Sec-WebSocket-Protocol: binary\r\n"

/* A console that is open, with nothing read on either side. */
static void open_console(struct table *t)
{
    ask(t, "cst-any", BINARY);
    until_client_has(t, "\r\n\r\n", 4);
    CHECK(!strncmp(t->got, "HTTP/1.1 101 ", 13));
    turn(t, 0);
    t->got_len = 0;
}

static void stop(struct table *t)
{
    struct gate_counts n;
    (void)conn_destroy(t->client);
    t->client = NULL;
    turn(t, 0);
    t->r.pool = pool_destroy(t->r.pool);
    gate_lane_stop(t->r.lanes[0]);
    (void)http_server_destroy(t->server);
    rig_turn(&t->r, 0);
    (void)http_router_destroy(t->router);
    gate_count(t->r.gate, &n);
    CHECK_EQ(n.of[GATE_CONSOLE].sessions, 0);
    rig_stop(&t->r);
}

static struct gate_figures figures(struct table *t)
{
    struct gate_counts n;
    gate_count(t->r.gate, &n);
    return n.of[GATE_CONSOLE];
}

static void host_says(struct table *t, const void *p, size_t len)
{
    struct err e;
    size_t n;
    CHECK_EQ(conn_write(t->r.host, p, len, &n, &e), IO_DONE);
    CHECK_EQ(n, len);
}

/* The client has exactly this Close, as the last thing, and then the end. */
static void check_close(struct table *t, unsigned code, const char *reason)
{
    char want[WS_CONTROL_MAX + 2] = { (char)0x88, (char)(2 + strlen(reason)), (char)(code >> 8), (char)code };
    size_t len = 4 + strlen(reason);
    memcpy(want + 4, reason, strlen(reason));
    until_client_has(t, want, len);
    CHECK(!memcmp(t->got + t->got_len - len, want, len));
    CHECK_EQ(t->told, 1);
}

/* ---- tickets ---- */

static void a_ticket_opens_once(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    ask(&t, "/cst-good", "Sec-WebSocket-Protocol: uint8utf8, binary\r\n"); /* the other form of the URL */
    until_client_has(&t, "\r\n\r\n", 4);
    CHECK(!strncmp(t.got, "HTTP/1.1 101 ", 13) && strstr(t.got, "Sec-WebSocket-Protocol: binary\r\n"));
    CHECK(strstr(t.got, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") && !strstr(t.got, "Extensions"));
    CHECK_STR(t.path, "/ticket/secret-of-the-host");
    turn(&t, 0);
    CHECK_EQ(t.proved, 1);
    CHECK_EQ(figures(&t).sessions, 1);
    ask(&t, "cst-good", BINARY); /* the first client goes with that */
    until_client_has(&t, "\r\n\r\n", 4);
    CHECK(!strncmp(t.got, "HTTP/1.1 403 ", 13) && strstr(t.got, "it was used"));
    CHECK_EQ(t.r.dials, 1);
    CHECK_EQ(t.told, 0);
    stop(&t);
}

static void who_offers_no_protocol_is_given_none(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    ask(&t, "cst-good", "");
    until_client_has(&t, "\r\n\r\n", 4);
    CHECK(!strncmp(t.got, "HTTP/1.1 101 ", 13) && !strstr(t.got, "Sec-WebSocket-Protocol"));
    stop(&t);
}

static void what_is_no_ticket_is_a_plain_answer(void **state)
{
    (void)state;
    static const struct { const char *ticket, *status, *text; } cases[] = {
        { "cst-late", "HTTP/1.1 403 ", "this console ticket is none" },
        { "/", "HTTP/1.1 403 ", "this is no console ticket" },
        { "cst-busy", "HTTP/1.1 503 ", "the store is busy" },
    };
    static char longest[GATE_TICKET_MAX + 2];
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ask(&t, cases[i].ticket, BINARY);
        until_client_has(&t, cases[i].text, strlen(cases[i].text));
        CHECK(!strncmp(t.got, cases[i].status, strlen(cases[i].status)));
    }
    int asked = t.admitted;
    memset(longest, 'x', sizeof(longest) - 1);
    ask(&t, longest, BINARY);
    until_client_has(&t, "this is no console ticket", 25);
    CHECK_EQ(t.admitted, asked); /* nobody is asked about that */
    CHECK_EQ(t.r.dials, 0);
    CHECK_EQ(t.told, 0);
    stop(&t);
}

static void one_more_than_there_may_be_is_503(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ .sessions_max = 1 });
    open_console(&t);
    struct conn *first = t.client;
    t.client = NULL;
    ask(&t, "cst-any", BINARY);
    until_client_has(&t, "too many console sessions", 25);
    CHECK(!strncmp(t.got, "HTTP/1.1 503 ", 13));
    CHECK_EQ(figures(&t).turned_away, 1);
    (void)conn_destroy(first);
    turn(&t, 0);
    turn(&t, RELAY_CLOSE_MS + 100);
    CHECK_EQ(figures(&t).sessions, 0);
    t.r.answers = NULL;
    t.r.answered = t.r.got_len = 0;
    open_console(&t); /* its place is free again */
    stop(&t);
}

/* ---- hosts ---- */

static void a_host_that_is_not_believed_hears_nothing(void **state)
{
    (void)state;
    static const struct { const char *scope, *print, *again, *reason; int asked; enum gate_what what; } cases[] = {
        { NULL, "", NULL, "unknown-issuer esx1.example event-1", 0, GATE_REFUSED },
        { "vcenter:urn:vcloud:vimserver:2/hosts", "", NULL, "out-of-scope esx1.example event-1", 0, GATE_REFUSED },
        { "any", OTHER_PRINT, OTHER_PRINT, "thumbprint-mismatch esx1.example event-1", 1, GATE_THUMBPRINT },
    };
    static struct table t;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        start(&t, &(struct rules){ .print = cases[i].print, .again_print = cases[i].again }, (struct gate_config){ 0 });
        rig_trust(&t.r, cases[i].scope);
        ask(&t, "cst-good", BINARY);
        check_close(&t, GATE_CLOSE_UNTRUSTED, cases[i].reason);
        CHECK(!strncmp(t.got, "HTTP/1.1 101 ", 13)); /* browsers hide every other answer */
        CHECK_EQ(t.again, cases[i].asked);
        CHECK_EQ(t.told_what, cases[i].what);
        CHECK_EQ(t.r.got_len, 0);
        CHECK_EQ(t.proved, 0);
        CHECK_EQ(figures(&t).admitted, 0);
        stop(&t);
    }
}

/* Its certificate was renewed just now: the vCenter is asked once more, and its second ticket is the one that is used. */
static void another_thumbprint_is_asked_for_once(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = OTHER_PRINT, .again_print = "" }, (struct gate_config){ 0 });
    ask(&t, "cst-good", BINARY);
    until_client_has(&t, "\r\n\r\n", 4);
    CHECK_STR(t.path, "/ticket/second-secret");
    CHECK_EQ(t.again, 1);
    CHECK_EQ(t.proved, 1);
    CHECK_EQ(t.r.dials, 2);
    CHECK_EQ(t.told, 0);
    stop(&t);
    start(&t, &(struct rules){ .print = OTHER_PRINT, .again_fails = true }, (struct gate_config){ 0 });
    ask(&t, "cst-good", BINARY);
    check_close(&t, GATE_CLOSE_HOST, "vcenter-failed esx1.example event-1");
    CHECK_EQ(t.r.got_len, 0);
    stop(&t);
}

static void a_host_or_vcenter_that_fails_is_4502(void **state)
{
    (void)state;
    static const struct { const char *ticket, *answer, *reason; bool refuses, hangs_up, other_key; } cases[] = {
        { "cst-vcenter", NULL, "vcenter-failed - event-1", false, false, false },
        { "cst-good", NULL, "host-failed esx1.example event-1", true, false, false },
        { "cst-good", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "host-failed esx1.example event-1", false, false, false },
        { "cst-good", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "host-failed esx1.example event-1",
          false, false, false },
        { "cst-good", "", "host-failed esx1.example event-1", false, true, false },
        { "cst-good", NULL, "host-failed esx1.example event-1", false, false, true },
    };
    static struct table t;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
        t.r.refuses = cases[i].refuses;
        t.r.answers = cases[i].answer;
        t.r.hangs_up = cases[i].hangs_up;
        ask(&t, cases[i].ticket, BINARY);
        for (int k = 0; cases[i].other_key && !t.r.answers; k++) {
            if (k > PATIENCE)
                fail_msg("the host was not asked");
            rig_turn(&t.r, 0);
            host_switches(&t, "another key");
            (void)sched_yield();
        }
        check_close(&t, GATE_CLOSE_HOST, cases[i].reason);
        CHECK_EQ(t.told_what, GATE_FAILED);
        CHECK_EQ(figures(&t).admitted, 0);
        stop(&t);
    }
}

static void a_host_that_never_answers_is_given_up(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ .dial_ms = 5000 });
    t.r.answers = "";
    ask(&t, "cst-good", BINARY);
    rig_until(&t.r, &t.admitted, 1);
    for (int i = 0; !t.r.got_len; i++) {
        if (i > PATIENCE)
            fail_msg("the host was not asked");
        rig_turn(&t.r, 0);
        (void)sched_yield();
    }
    turn(&t, 4900);
    CHECK_EQ(t.got_len, 0);
    turn(&t, 200);
    check_close(&t, GATE_CLOSE_HOST, "host-failed esx1.example event-1");
    stop(&t);
}

/* ---- bytes ---- */

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

/* The client takes nothing: the host gets rid of a bounded number of bytes and waits. Then all of it arrives, in order. */
static void a_slow_client_slows_the_host(void **state)
{
    (void)state;
    static const uint8_t head[] = { 0x82, 127, 0, 0, 0, 0, 0, 8, 0, 0 }; /* 512 KiB */
    enum { ALL = 512 * 1024, HELD_MOST = RELAY_SCRATCH + 3 * PIPE + 64 * 1024 };
    static struct table t;
    static uint8_t block[BLOCK];
    struct err e;
    size_t sent = 0, n;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    open_console(&t);
    struct conn *client = t.client;
    t.client = NULL; /* he reads no more */
    host_says(&t, head, sizeof(head));
    for (int still = 0; still < 20 && sent < ALL;) {
        size_t len = ALL - sent < BLOCK ? ALL - sent : BLOCK;
        for (size_t i = 0; i < len; i++)
            block[i] = pattern(sent + i);
        bool moved = conn_write(t.r.host, block, len, &n, &e) == IO_DONE;
        sent += moved ? n : 0;
        still = moved ? 0 : still + 1;
        rig_turn(&t.r, 0);
    }
    CHECK(sent >= PIPE && sent <= HELD_MOST && sent < ALL);
    t.client = client;
    while (t.got_len < sizeof(head) + ALL) {
        size_t len = ALL - sent < BLOCK ? ALL - sent : BLOCK, before = t.got_len;
        for (size_t i = 0; i < len; i++)
            block[i] = pattern(sent + i);
        if (len && conn_write(t.r.host, block, len, &n, &e) == IO_DONE)
            sent += n;
        turn(&t, 0);
        CHECK(t.got_len > before || sent < ALL);
    }
    CHECK(!memcmp(t.got, head, sizeof(head)));
    for (size_t i = 0; i < ALL; i++)
        CHECK_EQ((uint8_t)t.got[sizeof(head) + i], pattern(i));
    CHECK_EQ(figures(&t).bytes[RELAY_DOWN], sizeof(head) + ALL);
    stop(&t);
}

static void a_slow_host_slows_the_client(void **state)
{
    (void)state;
    enum { ALL = 400 * 1024, HELD_MOST = RELAY_SCRATCH + 3 * PIPE + 64 * 1024 };
    static struct table t;
    static uint8_t all[ALL];
    struct err e;
    size_t sent = 0, n;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    open_console(&t);
    for (size_t i = 0; i < ALL; i++)
        all[i] = pattern(i);
    t.r.takes = 0;
    for (int still = 0; still < 20 && sent < ALL;) {
        bool moved = conn_write(t.client, all + sent, ALL - sent, &n, &e) == IO_DONE;
        sent += moved ? n : 0;
        still = moved ? 0 : still + 1;
        turn(&t, 0);
    }
    CHECK(sent >= PIPE && sent <= HELD_MOST && sent < ALL);
    t.r.takes = SIZE_MAX;
    for (int i = 0; t.r.got_len < ALL; i++) {
        CHECK(i < 1000);
        if (sent < ALL && conn_write(t.client, all + sent, ALL - sent, &n, &e) == IO_DONE)
            sent += n;
        turn(&t, 0);
    }
    CHECK(t.r.got_len == ALL && !memcmp(t.r.got, all, ALL));
    CHECK_EQ(figures(&t).bytes[RELAY_UP], ALL);
    stop(&t);
}

/* ---- ends ---- */

static void *review(void *arg)
{
    struct table *t = arg;
    gate_review(t->r.gate);
    count(&t->reviewed);
    return NULL;
}

/* Withdrawn wherever the host's frame was cut: what the client has is whole frames, the last one a Close. */
static void a_close_goes_between_two_frames(void **state)
{
    (void)state;
    static const uint8_t frames[] = { 0x82, 3, 'a', 'b', 'c', 0x82, 126, 0, 200, 'x' };
    static struct table t;
    for (size_t cut = 0; cut <= sizeof(frames); cut++) {
        pthread_t thread;
        struct ws_decoder d;
        struct err e;
        start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
        open_console(&t);
        if (cut)
            host_says(&t, frames, cut);
        turn(&t, 0);
        CHECK_EQ(t.got_len, cut);
        rig_trust(&t.r, NULL);
        CHECK_EQ(pthread_create(&thread, NULL, review, &t), 0);
        rig_until(&t.r, &t.reviewed, 1);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(figures(&t).ends[RELAY_WITHDRAWN], 1); /* before whoever withdrew it goes on */
        check_close(&t, GATE_CLOSE_WITHDRAWN, "unknown-issuer esx1.example event-1");
        CHECK_EQ(t.told_what, GATE_WITHDRAWN);
        ws_decoder_init(&d, WS_FROM_SERVER, INT64_MAX);
        CHECK_OK(ws_follow(&d, (const uint8_t *)t.got, t.got_len, &e), &e);
        CHECK(ws_at_boundary(&d) && d.closed);
        CHECK(!memcmp(t.got, frames, cut));
        stop(&t);
    }
}

static void what_is_no_frame_ends_it(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    open_console(&t);
    host_says(&t, "\xff\xff\xff\xff", 4);
    rig_until(&t.r, &t.told, 1);
    CHECK_EQ(t.told_what, GATE_FAILED);
    CHECK_STR(t.told_rule, "host-failed");
    until_client_has(&t, NULL, 0);
    CHECK_EQ(figures(&t).ends[RELAY_HOST], 1);
    stop(&t);
}

static void a_host_that_breaks_off_is_4502_and_one_that_closes_is_not(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    open_console(&t);
    t.r.hangs_up = true;
    check_close(&t, GATE_CLOSE_HOST, "host-failed esx1.example event-1");
    stop(&t);
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    open_console(&t);
    host_says(&t, "\x88\x02\x03\xe8", 4);
    t.r.hangs_up = true;
    until_client_has(&t, NULL, 0);
    CHECK(t.got_len == 4 && !memcmp(t.got, "\x88\x02\x03\xe8", 4)); /* the host's own, and nothing behind it */
    CHECK_EQ(t.told, 0);
    CHECK_EQ(figures(&t).ends[RELAY_DONE], 1);
    stop(&t);
}

static void idle_is_4408_and_whatever_moves_puts_it_off(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ .idle_ms = 10 * MINUTE });
    open_console(&t);
    for (int i = 0; i < 5; i++) { /* either way */
        struct err e;
        size_t n;
        turn(&t, 9 * MINUTE);
        CHECK_EQ(figures(&t).sessions, 1);
        if (i % 2)
            host_says(&t, "\x82\x01x", 3);
        else
            CHECK_EQ(conn_write(t.client, "\x82\x81\1\2\3\4y", 7, &n, &e), IO_DONE);
        turn(&t, 0);
    }
    turn(&t, 9 * MINUTE);
    CHECK_EQ(t.told, 0);
    turn(&t, MINUTE + 100);
    check_close(&t, GATE_CLOSE_IDLE, "idle-limit esx1.example event-1");
    CHECK_EQ(t.told_what, GATE_ENDED);
    CHECK_EQ(figures(&t).ends[RELAY_IDLE], 1);
    stop(&t);
}

static void a_life_ends_whatever_moves(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ .idle_ms = 10 * MINUTE, .life_ms = 30 * MINUTE });
    open_console(&t);
    for (int i = 0; i < 29; i++) {
        turn(&t, MINUTE);
        host_says(&t, "\x82\x01x", 3);
    }
    turn(&t, 0);
    CHECK_EQ(figures(&t).sessions, 1);
    turn(&t, MINUTE + 100);
    check_close(&t, GATE_CLOSE_IDLE, "life-limit esx1.example event-1");
    CHECK_EQ(figures(&t).ends[RELAY_LIFE], 1);
    stop(&t);
}

static void note_session(void *self, const struct gate_session *s)
{
    struct table *t = self;
    CHECK(!t->session_seen && s->kind == GATE_CONSOLE && !s->single_proof);
    CHECK(s->chain && s->anchor && !strcmp(s->target->host_name, "esx1.example"));
    CHECK(!s->target->path); /* the ticket opens the host: it is gone once it was used */
    t->session_seen = true;
    (void)text_copy(t->session, sizeof(t->session), s->id);
}

static void a_person_ends_it(void **state)
{
    (void)state;
    static struct table t;
    start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
    open_console(&t);
    gate_list(t.r.gate, note_session, &t);
    CHECK(t.session_seen && !gate_end(t.r.gate, "no-such-id") && gate_end(t.r.gate, t.session));
    check_close(&t, GATE_CLOSE_ENDED, "ended esx1.example event-1");
    CHECK(!gate_end(t.r.gate, t.session));
    stop(&t);
}

/* Whoever goes before his console is there leaves nothing behind, wherever it is. */
static void a_client_that_leaves_early_leaves_nothing(void **state)
{
    (void)state;
    static struct table t;
    for (int stage = 0; stage < 3; stage++) {
        start(&t, &(struct rules){ .print = "" }, (struct gate_config){ 0 });
        if (stage < 2)
            t.r.answers = ""; /* the host never says 101 */
        ask(&t, "cst-good", BINARY);
        if (stage)
            rig_until(&t.r, &t.admitted, 1);
        for (int i = 0; stage == 1 && !t.r.got_len; i++) {
            CHECK(i < PATIENCE);
            rig_turn(&t.r, 0);
            (void)sched_yield();
        }
        t.client = conn_destroy(t.client);
        turn(&t, 0);
        stop(&t);
    }
}

GROUP(gate_console, cmocka_unit_test(a_ticket_opens_once), cmocka_unit_test(who_offers_no_protocol_is_given_none),
      cmocka_unit_test(what_is_no_ticket_is_a_plain_answer), cmocka_unit_test(one_more_than_there_may_be_is_503),
      cmocka_unit_test(a_host_that_is_not_believed_hears_nothing), cmocka_unit_test(another_thumbprint_is_asked_for_once),
      cmocka_unit_test(a_host_or_vcenter_that_fails_is_4502), cmocka_unit_test(a_host_that_never_answers_is_given_up),
      cmocka_unit_test(a_slow_client_slows_the_host), cmocka_unit_test(a_slow_host_slows_the_client),
      cmocka_unit_test(a_close_goes_between_two_frames), cmocka_unit_test(what_is_no_frame_ends_it),
      cmocka_unit_test(a_host_that_breaks_off_is_4502_and_one_that_closes_is_not),
      cmocka_unit_test(idle_is_4408_and_whatever_moves_puts_it_off), cmocka_unit_test(a_life_ends_whatever_moves),
      cmocka_unit_test(a_person_ends_it), cmocka_unit_test(a_client_that_leaves_early_leaves_nothing))
