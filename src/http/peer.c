#include "http/peer.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/conn.h"
#include "net/loop.h"

static void set_state(struct peer *p, enum peer_state next)
{
    p->state = next;
}

static bool have_input(const struct peer *p)
{
    return p->in_at < p->in_len;
}

bool peer_is_idle(const struct peer *p)
{
    return p->state == PEER_IDLE && !have_input(p) && http1_idle(&p->reader);
}

void peer_wake(struct peer *p)
{
    if (!p->stepping)
        drive_wake(&p->drive);
}

void peer_fail(struct peer *p, const struct err *why)
{
    if (p->failed)
        return;
    p->failed = true;
    p->error = *why;
    peer_wake(p);
}

static enum io handshake(struct peer *p, struct err *e)
{
    enum io io = conn_handshake(p->conn, e);
    if (io == IO_DONE)
        set_state(p, PEER_IDLE);
    return io;
}

static enum io idle(struct peer *p, struct err *e)
{
    if (have_input(p)) {
        set_state(p, PEER_HEAD);
        return IO_DONE;
    }
    if (server_draining(p->server) || p->in_ended) {
        set_state(p, PEER_CLOSING);
        return IO_DONE;
    }
    enum io io = peer_read(p, e);
    if (io == IO_WANT_READ || io == IO_WANT_WRITE)
        peer_free_buffers(p); /* thousands of connections may wait here */
    return io;
}

/* The client spoke against the protocol: it is told, and nothing that it sends after that is looked at. */
static void refuse_for_good(struct peer *p, int status, const char *reason)
{
    p->keep = false;
    exchange_refuse(p, status, reason);
    set_state(p, PEER_EXCHANGE);
}

static enum io head(struct peer *p, struct err *e)
{
    size_t used;
    struct url_span body;
    enum http1_event event = http1_feed(&p->reader, p->in ? p->in + p->in_at : (const uint8_t *)"",
                                        p->in_len - p->in_at, &used, &body, e);
    p->in_at += used;
    if (event == HTTP1_BAD) {
        refuse_for_good(p, p->reader.refusal, e->msg);
        return IO_DONE;
    }
    if (event == HTTP1_HEAD) {
        p->requests++;
        set_state(p, PEER_EXCHANGE);
        exchange_begin(p);
        return IO_DONE;
    }
    enum io io = peer_read(p, e);
    if (io == IO_DONE && p->in_ended)
        set_state(p, PEER_CLOSING); /* cut off in the middle: nobody is there to be told */
    return io;
}

static void next_request(struct peer *p)
{
    bool body_ended = p->x.body_ended;
    exchange_end(p, HTTP_ANSWERED, NULL);
    if (body_ended)
        http1_next(&p->reader);
    set_state(p, p->keep && body_ended ? PEER_IDLE : PEER_CLOSING);
}

static enum io exchange(struct peer *p, struct err *e)
{
    if (exchange_over(p)) {
        next_request(p);
        return IO_DONE;
    }
    return exchange_turn(p, e);
}

static enum io upgrade(struct peer *p, struct err *e)
{
    enum io io = peer_flush(p, e);
    if (io == IO_DONE)
        set_state(p, PEER_OVER);
    return io;
}

/* A close with unread input would be a reset, and could take our answer with it (RFC 9112 section 9.6): finish our
 * way, read on for a while, then close. */
static enum io closing(struct peer *p, struct err *e)
{
    enum io io = peer_flush(p, e);
    if (io == IO_DONE)
        io = conn_finish(p->conn, e);
    if (io == IO_DONE)
        set_state(p, p->in_ended || (http1_idle(&p->reader) && !have_input(p)) ? PEER_OVER : PEER_LINGER);
    return io;
}

static enum io linger(struct peer *p, struct err *e)
{
    enum io io = peer_read(p, e);
    if (io != IO_DONE)
        return io;
    p->lingered += p->in_len;
    if (p->in_ended || p->lingered > server_config(p->server)->limits.linger_max)
        set_state(p, PEER_OVER);
    return IO_DONE;
}

static enum io advance(struct peer *p, struct err *e)
{
    switch (p->state) {
    case PEER_HANDSHAKE: return handshake(p, e);
    case PEER_IDLE:      return idle(p, e);
    case PEER_HEAD:      return head(p, e);
    case PEER_EXCHANGE:  return exchange(p, e);
    case PEER_UPGRADE:   return upgrade(p, e);
    case PEER_CLOSING:   return closing(p, e);
    case PEER_LINGER:    return linger(p, e);
    case PEER_OVER:      return IO_DONE;
    }
    abort();
}

/* What is being waited for after a step. */
static enum peer_wait waits_for(const struct peer *p)
{
    switch (p->state) {
    case PEER_HANDSHAKE: return WAIT_HANDSHAKE;
    case PEER_IDLE:      return WAIT_IDLE;
    case PEER_HEAD:      return WAIT_HEAD;
    case PEER_EXCHANGE:
        if (peer_unsent(p))
            return WAIT_TAKEN;
        return p->x.body_wanted && !p->x.body_ended && !p->x.piece.len ? WAIT_BODY : WAIT_NONE;
    case PEER_UPGRADE:   return WAIT_TAKEN;
    case PEER_CLOSING:
    case PEER_LINGER:    return WAIT_LINGER;
    case PEER_OVER:      return WAIT_NONE;
    }
    abort();
}

static int64_t wait_ms(const struct peer *p, enum peer_wait wait)
{
    const struct http_limits *l = &server_config(p->server)->limits;
    switch (wait) {
    case WAIT_NONE:      return 0;
    case WAIT_HANDSHAKE: return l->handshake_ms;
    case WAIT_IDLE:      return l->idle_ms;
    case WAIT_HEAD:      return l->head_ms;
    case WAIT_BODY:
    case WAIT_TAKEN:     return l->progress_ms;
    case WAIT_LINGER:    return l->linger_ms;
    }
    abort();
}

/* Most waits end long before their limit: the timer is only moved when it would fire too late. */
static void set_timer(struct peer *p)
{
    int64_t now = loop_now(server_loop(p->server));
    enum peer_wait wait = waits_for(p);
    if (wait != p->wait || (wait == WAIT_IDLE && p->moved)) {
        p->wait = wait;
        p->moved = 0;
        p->due = wait == WAIT_NONE ? INT64_MAX : now + wait_ms(p, wait);
    }
    if (p->due != INT64_MAX && (!p->timer.loop || p->timer.at_ms > p->due))
        loop_timer_start(server_loop(p->server), &p->timer, p->due > now ? p->due - now : 0);
}

/* The limit of the present wait has passed. */
static void time_out(struct peer *p)
{
    struct err e;
    p->timed_out = false;
    if (waits_for(p) != p->wait)
        return; /* a handler has moved on meanwhile */
    switch (p->wait) {
    case WAIT_NONE:
        return;
    case WAIT_HANDSHAKE:
    case WAIT_IDLE:
    case WAIT_LINGER:
        set_state(p, PEER_OVER);
        return;
    case WAIT_HEAD:
        refuse_for_good(p, 408, "the request did not come in time");
        return;
    case WAIT_BODY:
    case WAIT_TAKEN:
        if (p->moved >= server_config(p->server)->limits.progress_min) {
            p->wait = WAIT_NONE; /* the next one begins */
            return;
        }
        if (p->wait == WAIT_BODY && p->x.answer == ANSWER_NONE) {
            refuse_for_good(p, 408, "the body did not come in time");
            return;
        }
        err_set(&e, ERR_TIMEOUT, "the client %s too slowly", p->wait == WAIT_BODY ? "sends" : "reads");
        peer_fail(p, &e);
        return;
    }
}

static void on_timer(struct loop_timer *t)
{
    struct peer *p = CONTAINER_OF(t, struct peer, timer);
    int64_t now = loop_now(server_loop(p->server));
    if (p->due <= now) {
        p->timed_out = true;
        drive_wake(&p->drive);
    } else if (p->due != INT64_MAX) {
        loop_timer_start(server_loop(p->server), t, p->due - now);
    }
}

static enum io step(void *self, struct err *e)
{
    struct peer *p = self;
    enum io io = IO_DONE;
    p->stepping = true;
    if (p->timed_out)
        time_out(p);
    for (int turn = 0; io == IO_DONE && p->state != PEER_OVER && !p->failed; turn++) {
        if (turn == HTTP_TURNS) {
            io = IO_WANT_READ;
            drive_wake(&p->drive);
            break;
        }
        io = advance(p, e);
    }
    p->stepping = false;
    if (p->failed && io != IO_FAILED) {
        *e = p->error;
        return IO_FAILED;
    }
    if (io != IO_FAILED)
        set_timer(p);
    return io;
}

static int fd(const void *self)
{
    const struct peer *p = self;
    return conn_fd(p->conn);
}

static void free_peer(struct loop_task *t)
{
    struct peer *p = CONTAINER_OF(t, struct peer, burial);
    http1_reader_done(&p->reader);
    buf_done(&p->out);
    peer_free_input(p);
    free(p);
}

static void hand_over(struct peer *p)
{
    struct http_takeover t = { .leftover = p->in ? p->in + p->in_at : (const uint8_t *)"", .leftover_len = p->in_len - p->in_at };
    t.take_conn = STEAL(p->conn);
    p->x.handler->upgraded(&p->x, &t);
    exchange_end(p, HTTP_UPGRADED, NULL);
}

static void ended(struct drive *d, enum drive_end how, const struct err *e)
{
    struct peer *p = CONTAINER_OF(d, struct peer, drive);
    struct err gone;
    err_set(&gone, ERR_CANCELLED, "the server ends");
    struct loop *loop = server_loop(p->server);
    bool over = how == DRIVE_DONE && p->x.begun && p->x.upgrading;
    loop_timer_stop(&p->timer);
    if (how == DRIVE_FAILED && p->state == PEER_HANDSHAKE && server_config(p->server)->unshaken)
        server_config(p->server)->unshaken(server_config(p->server)->self, &p->client, e);
    server_forget(p->server, p, over);
    if (over)
        hand_over(p);
    exchange_end(p, HTTP_GONE, e ? e : &gone);
    p->conn = conn_destroy(p->conn);
    p->burial.run = free_peer;
    loop_bury(loop, &p->burial);
}

void peer_cancel(struct peer *p)
{
    drive_cancel(&p->drive);
}

struct peer *peer_create(struct http_server *s, struct conn *take, const struct address *client, struct listener *l)
{
    static const struct io_op op = { step, fd };
    struct peer *p = xcalloc(1, sizeof(*p));
    p->server = s;
    p->listener = l;
    p->conn = take;
    p->client = *client;
    p->keep = true;
    p->due = INT64_MAX;
    p->timer.fired = on_timer;
    http1_reader_init(&p->reader, HTTP1_REQUEST, &server_config(s)->limits.head);
    buf_init(&p->out, 2 * HTTP_OUT_MAX);
    drive_start(&p->drive, server_loop(s), &op, p, 0, ended);
    return p;
}
