/* One console session: from the request for "/{port};{*ticket}" to its last byte. All of it runs on one loop.
 *
 * The host's handshakes are finished before the client's 101 is sent. What fails before that is said behind the 101, by a Close: a
 * browser hides every other answer from its page. A ticket that is none, and one session too many, are plain answers. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "gate/gate_parts.h"
#include "http/exchange.h"
#include "http/router.h"
#include "http/server.h"
#include "net/address.h"
#include "net/chain.h"
#include "net/conn.h"
#include "net/desk.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "trust/rule.h"
#include "wire/http1.h"
#include "wire/ws.h"

static const char subprotocol[] = "binary";

/* ---- its end ---- */

static void free_console(struct loop_task *t)
{
    free(CONTAINER_OF(t, struct console, burial));
}

static void over(struct console *c)
{
    struct gate_lane *l = c->s.lane;
    c->state = CONSOLE_OVER;
    drive_cancel(&c->drive);
    c->leg = leg_destroy(c->leg);
    c->client = conn_destroy(c->client);
    free(c->early);
    passage_leave(&c->s);
    gate_leave_place(l->gate, GATE_CONSOLE);
    c->burial.run = free_console;
    loop_bury(l->loop, &c->burial);
}

/* A plain answer instead of a WebSocket, and the end. text lives as long as the exchange. */
static void answer(struct http_exchange *x, int status, const char *text)
{
    const struct http1_field fields[] = { { "Content-Type", "text/plain; charset=utf-8" }, { "Sec-WebSocket-Version", "13" } };
    http_answer(x, status, fields, status == 426 ? 2 : 1, text, strlen(text));
}

static void turn_away(struct console *c, int status, const char *text)
{
    struct http_exchange *x = STEAL(c->exchange);
    http_state_set(x, NULL);
    answer(x, status, arena_strdup(http_arena(x), text));
    over(c);
}

static struct console *console_of(const struct passage *s)
{
    return (struct console *)(uintptr_t)CONTAINER_OF(s, const struct console, s);
}

static void abort_console(struct passage *s)
{
    struct console *c = console_of(s);
    c->state = CONSOLE_OVER;
    if (c->exchange)
        http_state_set(c->exchange, NULL);
    if (c->relay)
        relay_abort(c->relay); /* its last call ends the console */
    else
        over(c);
}

/* ---- saying why ---- */

/* "unknown-issuer esx1.example 0b5c..": rule, host and event, in that order, at most 123 bytes. */
static void write_reason(struct console *c, const char *rule, const char *event)
{
    const char *host = c->s.target && c->s.target->host_name ? c->s.target->host_name : "-";
    int room = GATE_REASON - 1 - (int)strlen(rule) - (int)strlen(event) - 2;
    (void)snprintf(c->reason, sizeof(c->reason), "%s %.*s %s", rule, room > 0 ? room : 0, host, event);
    size_t len = strlen(c->reason);
    if (!event[0])
        c->reason[len - 1] = '\0';
}

/* The event is kept first, then the client hears of it. */
static void tell(struct console *c, uint16_t code, const struct gate_news *n)
{
    struct err e;
    c->state = CONSOLE_TELLING;
    c->code = code;
    (void)snprintf(c->reason, sizeof(c->reason), "%s", n->rule); /* until the event's id is there */
    if (!console_tell(c, n, &e))
        console_told(c, "");
}

static void begin_farewell(struct console *c)
{
    c->state = CONSOLE_CLOSING;
    relay_close(c->relay, c->code, c->reason);
}

static void switch_protocols(struct console *c)
{
    char accept[WS_ACCEPT];
    const char *key = NULL;
    struct err e;
    c->state = CONSOLE_SWITCHING;
    bool there = http1_find_single(http_head(c->exchange), "sec-websocket-key", &key, &e) && key;
    assert(there); /* ws_check_request has seen it */
    (void)there;
    ws_accept(key, accept);
    const struct http1_field fields[] = { { "Connection", "Upgrade" }, { "Upgrade", "websocket" },
                                          { "Sec-WebSocket-Accept", accept }, { "Sec-WebSocket-Protocol", subprotocol } };
    http_upgrade(c->exchange, fields, c->binary ? 4 : 3);
}

void console_told(struct console *c, const char *event)
{
    char rule[GATE_REASON];
    if (c->state != CONSOLE_TELLING)
        return;
    (void)text_copy(rule, sizeof(rule), c->reason);
    write_reason(c, rule, event);
    if (c->relay)
        begin_farewell(c);
    else
        switch_protocols(c);
}

static void refuse(struct console *c, uint16_t code, enum gate_what what, const char *rule, const struct trust_verdict *v,
                   const char *text)
{
    const struct gate_news n = { what, c->s.target, v, rule, text };
    LOG(INFO, "console.refused", "vm=%s user=\"%s\" host=\"%s\" rule=%s why=\"%s\"", c->s.target ? c->s.target->vm : "-",
        c->s.target ? c->s.target->user_name : "-", c->s.target ? c->s.target->host_name : "-", rule, text);
    tell(c, code, &n);
}

/* ---- the relay ---- */

static void log_end(const struct console *c, enum relay_end why)
{
    LOG(INFO, "console.ended", "id=%s vm=%s why=%s up=%llu down=%llu", c->s.uuid, c->s.target->vm, relay_end_name(why),
        (unsigned long long)relay_bytes(c->relay, RELAY_UP), (unsigned long long)relay_bytes(c->relay, RELAY_DOWN));
}

static void on_stopped(void *self, enum relay_end why, const struct err *e)
{
    struct console *c = self;
    struct gate_news n = { GATE_ENDED, c->s.target, NULL, "", "" };
    gate_strike(c->s.lane->gate, &c->s, why);
    log_end(c, why);
    c->code = 0;
    if (c->state == CONSOLE_OVER)
        return; /* relay_abort */
    switch (why) {
    case RELAY_DONE:
    case RELAY_CLIENT:
        begin_farewell(c);
        return;
    case RELAY_SHUTDOWN:
        c->code = GATE_CLOSE_AWAY;
        (void)text_copy(c->reason, sizeof(c->reason), "the cell ends");
        begin_farewell(c);
        return;
    case RELAY_HOST:
        n.what = GATE_FAILED;
        n.rule = "host-failed";
        n.text = e ? e->msg : "the host ended the connection";
        tell(c, GATE_CLOSE_HOST, &n);
        return;
    case RELAY_IDLE:
        n.rule = "idle-limit";
        n.text = "nothing moved for as long as a console may be idle";
        tell(c, GATE_CLOSE_IDLE, &n);
        return;
    case RELAY_LIFE:
        n.rule = "life-limit";
        n.text = "the console lasted as long as one may";
        tell(c, GATE_CLOSE_IDLE, &n);
        return;
    case RELAY_STOPPED:
        n.rule = "ended";
        n.text = "somebody ended the console";
        tell(c, GATE_CLOSE_ENDED, &n);
        return;
    case RELAY_WITHDRAWN:
    case RELAY_ENDS:
        return; /* withdraw goes on */
    }
}

static void on_ended(void *self)
{
    struct console *c = self;
    c->relay = NULL;
    over(c);
}

static void stop(struct passage *s, enum relay_end why)
{
    struct console *c = console_of(s);
    if (c->relay)
        relay_stop(c->relay, why, NULL);
    else if (c->exchange && c->state != CONSOLE_SWITCHING)
        turn_away(c, 503, "the cell ends");
}

static void withdraw(struct passage *s, const struct trust_verdict *v)
{
    struct console *c = console_of(s);
    const struct gate_news n = { GATE_WITHDRAWN, c->s.target, v, trust_rule_code(v->rule),
                                 "the trust that this console stood on was withdrawn" };
    relay_stop(c->relay, RELAY_WITHDRAWN, NULL);
    tell(c, GATE_CLOSE_WITHDRAWN, &n);
}

/* The connection is ours: a relay to the host, or only what was to be said. */
static void begin_relay(struct console *c, struct relay_config *how)
{
    how->take_client = STEAL(c->client);
    how->up = c->early;
    how->up_len = c->early_len;
    how->frames = true;
    how->stopped = on_stopped;
    how->ended = on_ended;
    how->self = c;
    c->relay = relay_start(c->s.lane->deck, how);
    free(c->early);
    c->early = NULL;
}

static void relay(struct console *c)
{
    const struct gate_config *g = &c->s.lane->gate->config;
    struct relay_config how = { .idle_ms = g->idle_ms, .life_ms = g->life_ms };
    struct trust_verdict v;
    how.take_host = leg_take(c->leg, &how.down, &how.down_len);
    begin_relay(c, &how);
    c->leg = leg_destroy(c->leg);
    c->state = CONSOLE_RELAYING;
    gate_target_settle(c->s.target);
    passage_open(&c->s, c->s.lane->gate, relay_host(c->relay));
    LOG(INFO, "console.opened", "id=%s vm=%s user=\"%s\" from=%s host=\"%s\" proof=%s", c->s.uuid, c->s.target->vm,
        c->s.target->user_name, c->s.target->from, c->s.target->host_name, c->s.single_proof ? "single" : "double");
    if (!lane_believes(c->s.lane, &c->s, &v)) /* the set was swapped since the handshake */
        withdraw(&c->s, &v);
}

/* ---- the host ---- */

static void dial(struct console *c);

static void proved(struct console *c)
{
    const struct gate_config *g = &c->s.lane->gate->config;
    passage_proved(&c->s, c->leg);
    if (g->policy->proved)
        g->policy->proved(g->self, c->s.target, leg_verdict(c->leg));
    switch_protocols(c);
}

static void leg_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    struct console *c = CONTAINER_OF(d, struct console, drive);
    struct err why;
    if (how == DRIVE_CANCELLED)
        return;
    enum leg_result r = leg_result(c->leg);
    const struct trust_verdict *v = leg_verdict(c->leg);
    gate_saw(c->s.lane->gate, r);
    switch (r) {
    case LEG_OK:
        proved(c);
        return;
    case LEG_UNTRUSTED:
        refuse(c, GATE_CLOSE_UNTRUSTED, GATE_REFUSED, trust_rule_code(v->rule), v, e->msg);
        return;
    case LEG_THUMBPRINT:
        if (!c->asked_again && console_ask_again(c, &why))
            c->asked_again = true; /* the host's certificate may just have been renewed */
        else
            refuse(c, GATE_CLOSE_UNTRUSTED, GATE_THUMBPRINT, trust_rule_code(v->rule), v, e->msg);
        return;
    case LEG_UNDECIDED:
    case LEG_UNREACHABLE:
    case LEG_REFUSED:
    case LEG_RESULTS:
        refuse(c, GATE_CLOSE_HOST, GATE_FAILED, "host-failed", NULL, e ? e->msg : "");
        return;
    }
}

static void wake(void *self)
{
    drive_wake(&((struct console *)self)->drive);
}

static void dial(struct console *c)
{
    const struct gate_config *g = &c->s.lane->gate->config;
    const struct leg_config how = { .tls = c->s.lane->tls, .resolver = g->resolver, .desk = c->s.lane->desk, .target = c->s.target, .connect = g->connect,
                                    .share_ms = tcp_share(g->dial_ms, TCP_ADDRESSES_MAX / 4), .websocket = true,
                                    .wake = wake, .self = c };
    (void)leg_destroy(c->leg);
    c->state = CONSOLE_DIALLING;
    c->leg = leg_create(&how);
    drive_start(&c->drive, c->s.lane->loop, &leg_op, c->leg, g->dial_ms, leg_ended);
}

void console_admitted(struct console *c, struct gate_target *take, const struct err *e)
{
    if (take) {
        (void)gate_target_unref(c->s.target);
        c->s.target = take;
        dial(c);
        return;
    }
    if (e->kind == ERR_DENIED || e->kind == ERR_NOT_FOUND)
        turn_away(c, 403, e->msg);
    else if (e->kind == ERR_LIMIT || e->kind == ERR_CANCELLED)
        turn_away(c, 503, e->msg);
    else
        refuse(c, GATE_CLOSE_HOST, GATE_FAILED, "vcenter-failed", NULL, e->msg);
}

/* ---- as one session of many ---- */

static struct conn *host(const struct passage *s)
{
    const struct console *c = console_of(s);
    return c->state == CONSOLE_RELAYING ? relay_host(c->relay) : NULL;
}

static uint64_t bytes(const struct passage *s, enum relay_way way)
{
    return relay_bytes(console_of(s)->relay, way);
}

static const char *name(const struct passage *s)
{
    (void)s;
    return "";
}

static const struct passage_kind kind = { GATE_CONSOLE, host, bytes, name, withdraw, stop, abort_console };

/* ---- the request ---- */

/* Both forms that clients use: "443;TICKET" and "443;/TICKET" (vcd-api.md 4.4). */
static const char *ticket_of(const struct http_exchange *x)
{
    const struct http_match *m = http_match(x);
    for (size_t i = 0; i < m->params_len; i++)
        if (!strcmp(m->params[i].name, "ticket"))
            return m->params[i].value + (m->params[i].value[0] == '/');
    return "";
}

static struct console *create(struct gate_lane *l, struct http_exchange *x)
{
    struct console *c = xcalloc(1, sizeof(*c));
    c->s.kind = &kind;
    c->exchange = x;
    c->binary = http1_list_has(http_head(x), "sec-websocket-protocol", subprotocol);
    passage_enter(&c->s, l);
    http_state_set(x, c);
    return c;
}

static void begin(struct http_exchange *x)
{
    struct gate *g = (struct gate *)(uintptr_t)http_match(x)->route->tag;
    struct gate_lane *l = lane_of(g, http_loop(x));
    const char *key, *ticket = ticket_of(x);
    char from[ADDRESS_TEXT];
    int status;
    bool closed;
    struct err e;
    if (!ws_check_request(http_head(x), &key, &status, &e)) {
        answer(x, status, arena_strdup(http_arena(x), e.msg));
        return;
    }
    if (!l || !ticket[0] || strlen(ticket) > GATE_TICKET_MAX) {
        answer(x, 403, "this is no console ticket");
        return;
    }
    if (!gate_take_place(g, GATE_CONSOLE, &closed)) {
        answer(x, 503, closed ? "the cell ends" : "too many console sessions: this cell holds as many as it can");
        return;
    }
    struct console *c = create(l, x);
    address_write(http_client(x), from);
    if (!console_ask_admission(c, ticket, from, &e))
        turn_away(c, 503, "the cell is too busy for another console now");
}

static void upgraded(struct http_exchange *x, struct http_takeover *t)
{
    struct console *c = http_state(x);
    http_server_release(http_server_of(x)); /* from here on it counts as one of the gate's */
    if (!c) {
        (void)conn_destroy(t->take_conn);
        return;
    }
    c->exchange = NULL;
    c->client = t->take_conn;
    c->early_len = t->leftover_len < RELAY_SCRATCH ? t->leftover_len : RELAY_SCRATCH;
    if (c->early_len) {
        c->early = xmalloc(c->early_len);
        memcpy(c->early, t->leftover, c->early_len);
    }
    if (!c->code) {
        relay(c);
        return;
    }
    begin_relay(c, &(struct relay_config){ 0 });
    begin_farewell(c);
}

static void ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    struct console *c = http_state(x);
    (void)e;
    if (!c || how == HTTP_UPGRADED)
        return;
    c->exchange = NULL;
    over(c);
}

const struct http_stream gate_console_stream = { .begin = begin, .upgraded = upgraded, .ended = ended };
