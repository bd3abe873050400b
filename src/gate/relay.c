#include "gate/relay.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "gate/relay_parts.h"
#include "net/conn.h"

static void turn(struct loop_task *t);

struct relay_deck *relay_deck_create(struct loop *l)
{
    struct relay_deck *d = xmalloc(sizeof(*d));
    d->loop = l;
    d->count = 0;
    ring_init(&d->relays);
    return d;
}

struct relay_deck *relay_deck_destroy(struct relay_deck *d)
{
    if (!d)
        return NULL;
    assert(!d->count);
    free(d);
    return NULL;
}

size_t relay_deck_count(const struct relay_deck *d)
{
    return d->count;
}

const char *relay_end_name(enum relay_end why)
{
    static const char *const names[RELAY_ENDS] = { "done", "client", "host", "idle", "life", "withdrawn", "stopped", "shutdown" };
    return names[why];
}

uint64_t relay_bytes(const struct relay *r, enum relay_way way)
{
    return __atomic_load_n(&r->ways[way].bytes, __ATOMIC_RELAXED);
}

size_t relay_held(const struct relay *r)
{
    return r->ways[RELAY_UP].len + r->ways[RELAY_DOWN].len;
}

struct conn *relay_host(const struct relay *r)
{
    return r->host.conn;
}

void relay_again(struct relay *r)
{
    r->task.run = turn;
    if (!ring_member(&r->task.ring))
        loop_defer(r->deck->loop, &r->task);
}

/* ---- ending ---- */

static void free_relay(struct loop_task *t)
{
    free(CONTAINER_OF(t, struct relay, task));
}

static void let_go(struct relay *r, struct relay_side *s)
{
    loop_unwatch(r->deck->loop, &s->watch);
    s->conn = conn_destroy(s->conn);
}

void relay_over(struct relay *r)
{
    r->state = RELAY_OVER;
    let_go(r, &r->client);
    let_go(r, &r->host);
    relay_drop_held(&r->ways[RELAY_UP]);
    relay_drop_held(&r->ways[RELAY_DOWN]);
    free(r->frames);
    r->frames = NULL;
    buf_done(&r->tail);
    loop_timer_stop(&r->timer);
    loop_recall(&r->task);
    ring_take(&r->ring);
    r->deck->count--;
    r->config.ended(r->config.self);
    r->task.run = free_relay;
    loop_bury(r->deck->loop, &r->task);
}

void relay_stop(struct relay *r, enum relay_end why, const struct err *e)
{
    struct err ignored;
    if (r->state != RELAY_PUMPING)
        return;
    r->state = RELAY_WAITING;
    loop_timer_stop(&r->timer);
    if (r->host.conn && !r->ways[RELAY_UP].finished && !r->ways[RELAY_UP].len)
        (void)conn_finish(r->host.conn, &ignored);
    let_go(r, &r->host);
    relay_drop_held(&r->ways[RELAY_UP]);
    r->config.stopped(r->config.self, why, e);
}

void relay_abort(struct relay *r)
{
    relay_stop(r, RELAY_SHUTDOWN, NULL);
    if (r->state != RELAY_OVER)
        relay_over(r);
}

/* ---- the loop ---- */

static void advance(struct relay *r)
{
    bool more = false;
    switch (r->state) {
    case RELAY_PUMPING:
        more = relay_pump(r, RELAY_UP);
        if (r->state == RELAY_PUMPING)
            more = relay_pump(r, RELAY_DOWN) || more;
        if (more && r->state == RELAY_PUMPING)
            relay_again(r);
        return;
    case RELAY_CLOSING:
    case RELAY_LINGERING:
        relay_say_close(r);
        return;
    case RELAY_WAITING:
    case RELAY_OVER:
        return;
    }
}

static void turn(struct loop_task *t)
{
    advance(CONTAINER_OF(t, struct relay, task));
}

/* Only the way that this descriptor reads has news, and the one that it takes, if something is held for it. */
static void on_ready(struct loop_watch *w, unsigned events)
{
    struct relay_side *s = CONTAINER_OF(w, struct relay_side, watch);
    struct relay *r = s->relay;
    conn_hint(s->conn, events & LOOP_END ? CONN_ENDING : CONN_EVENT);
    if (r->state != RELAY_PUMPING) {
        advance(r);
        return;
    }
    enum relay_way reads = s == &r->client ? RELAY_UP : RELAY_DOWN, takes = RELAY_UP + RELAY_DOWN - reads;
    bool more = events & LOOP_READ && relay_pump(r, reads);
    if (r->state == RELAY_PUMPING && (r->ways[takes].len || r->ways[takes].ended))
        more = relay_pump(r, takes) || more;
    if (more && r->state == RELAY_PUMPING)
        relay_again(r);
}

static int64_t due(const struct relay *r)
{
    int64_t idle = r->config.idle_ms ? r->moved_ms + r->config.idle_ms : INT64_MAX;
    return idle < r->ends_ms ? idle : r->ends_ms;
}

static void arm(struct relay *r)
{
    int64_t now = loop_now(r->deck->loop), at = due(r);
    if (at != INT64_MAX)
        loop_timer_start(r->deck->loop, &r->timer, at > now ? at - now : 0);
}

/* Most often something moved meanwhile: the timer is not touched for that. */
static void on_timer(struct loop_timer *t)
{
    struct relay *r = CONTAINER_OF(t, struct relay, timer);
    int64_t now = loop_now(r->deck->loop);
    if (r->state != RELAY_PUMPING)
        relay_over(r);
    else if (now >= r->ends_ms)
        relay_stop(r, RELAY_LIFE, NULL);
    else if (now >= due(r))
        relay_stop(r, RELAY_IDLE, NULL);
    else
        arm(r);
}

static void watch(struct relay *r, struct relay_side *s)
{
    struct err e;
    s->relay = r;
    s->watch.ready = on_ready;
    conn_hint(s->conn, CONN_EDGES);
    if (!loop_watch(r->deck->loop, &s->watch, conn_fd(s->conn), &e))
        r->ways[RELAY_UP].deaf = r->ways[RELAY_DOWN].deaf = true; /* said by the first turn */
}

static void start_with(struct relay *r, enum relay_way way, const uint8_t *p, size_t len)
{
    struct err e;
    if (!len)
        return;
    assert(len <= RELAY_SCRATCH);
    r->ways[way].bytes = len;
    if (r->config.tap)
        r->config.tap(r->config.self, way, p, len);
    if (way == RELAY_DOWN && r->frames)
        (void)!ws_follow(r->frames, p, len, &e); /* a bad one is met again by the next byte */
    relay_hold(&r->ways[way], p, len);
}

static void first_turn(struct loop_task *t)
{
    struct relay *r = CONTAINER_OF(t, struct relay, task);
    struct err e;
    r->task.run = turn;
    if (r->ways[RELAY_UP].deaf && r->state == RELAY_PUMPING) {
        (void)err_set(&e, ERR_LIMIT, "the connection can't be watched");
        relay_stop(r, RELAY_HOST, &e);
        return;
    }
    advance(r);
}

struct relay *relay_start(struct relay_deck *d, const struct relay_config *c)
{
    struct relay *r = xcalloc(1, sizeof(*r));
    r->deck = d;
    ring_put(&d->relays, &r->ring);
    d->count++;
    r->config = *c;
    r->client.conn = c->take_client;
    r->host.conn = c->take_host;
    if (c->frames) {
        r->frames = xmalloc(sizeof(*r->frames));
        ws_decoder_init(r->frames, WS_FROM_SERVER, INT64_MAX);
    }
    buf_init(&r->tail, WS_HEAD_MAX + WS_CONTROL_MAX);
    start_with(r, RELAY_UP, c->up, c->up_len);
    start_with(r, RELAY_DOWN, c->down, c->down_len);
    r->moved_ms = loop_now(d->loop);
    r->ends_ms = c->life_ms ? r->moved_ms + c->life_ms : INT64_MAX;
    r->timer.fired = on_timer;
    arm(r);
    watch(r, &r->client);
    if (r->host.conn)
        watch(r, &r->host);
    else
        r->state = RELAY_WAITING;
    r->task.run = first_turn;
    loop_defer(d->loop, &r->task);
    return r;
}
