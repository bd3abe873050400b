#include "gate/fetch.h"

#include "base/clock.h"
#include "gate/gate_parts.h"
#include "http/client.h"
#include "net/chain.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "trust/set.h"
#include "wire/http1.h"
#include "wire/url.h"

/* One exchange while it lasts; listed from the handshake on. */
struct exchange {
    struct passage s;           /* of no lane: it looks after itself, every tick */
    struct gate *gate;
    const struct gate_fetch *ask;
    struct gate_fetched *got;
    struct http_client *client;
    uint64_t generation;        /* of the set that it was decided with last */
    uint64_t sent;              /* of the body: once it was answered */
    bool headed;
    enum relay_end end;
    int64_t moved_ms;           /* when a byte came last */
    struct err why;             /* the caller's own reason to end it */
};

/* Somebody ended it, or all. */
static bool is_ended(struct exchange *x, struct err *e)
{
    (void)pthread_mutex_lock(&x->gate->lock);
    bool closed = x->gate->closed, ended = x->s.end_wanted;
    (void)pthread_mutex_unlock(&x->gate->lock);
    x->end = closed ? RELAY_SHUTDOWN : ended ? RELAY_STOPPED : x->end;
    if (closed || ended)
        (void)err_set(e, ERR_CANCELLED, closed ? "the cell ends" : "somebody ended it");
    return closed || ended;
}

static const struct exchange *exchange_of(const struct passage *s)
{
    return CONTAINER_OF(s, const struct exchange, s);
}

static uint64_t bytes(const struct passage *s, enum relay_way way)
{
    const struct exchange *x = exchange_of(s);
    return way == RELAY_DOWN ? __atomic_load_n(&x->got->bytes, __ATOMIC_RELAXED)
                             : __atomic_load_n(&x->sent, __ATOMIC_RELAXED);
}

static const char *name(const struct passage *s)
{
    (void)s;
    return "";
}

static const struct passage_kind up = { .kind = GATE_UPLOAD, .bytes = bytes, .name = name };
static const struct passage_kind down = { .kind = GATE_DOWNLOAD, .bytes = bytes, .name = name };

/* ---- the host ---- */

static void nobody_waits(void *self)
{
    (void)self;
}

static bool reach(struct exchange *x, struct tls_client *tls, struct gate_target *t, struct conn **ret_conn, struct err *e)
{
    struct gate *g = x->gate;
    struct gate_fetched *ret = x->got;
    const struct leg_config c = { .tls = tls, .resolver = g->config.resolver, .target = t, .connect = g->config.connect, .wake = nobody_waits,
                                  .share_ms = tcp_share(g->config.dial_ms, TCP_ADDRESSES_MAX / 4) };
    struct leg *l = leg_create(&c);
    const uint8_t *rest;
    size_t len;
    bool ok = io_run(&leg_op, l, clock_mono_ms() + g->config.dial_ms, e);
    ret->result = leg_result(l) == LEG_UNDECIDED ? LEG_UNREACHABLE : leg_result(l);
    ret->seen = leg_verdict(l) != NULL;
    if (ret->seen)
        ret->verdict = *leg_verdict(l);
    ret->single_proof = leg_single_proof(l);
    if (ok) {
        passage_proved(&x->s, l);
        *ret_conn = leg_take(l, &rest, &len);
    }
    (void)leg_destroy(l);
    gate_saw(g, ret->result);
    return ok;
}

/* ---- the exchange ---- */

static bool take_head(struct exchange *x)
{
    const struct http1_head *h = http_client_answer(x->client);
    x->headed = true;
    __atomic_store_n(&x->sent, x->ask->body_len, __ATOMIC_RELAXED);
    x->got->status = h->status;
    return !x->ask->answered || x->ask->answered(x->ask->self, h, &x->why);
}

static enum io take_body(struct exchange *x, struct err *e)
{
    const uint8_t *p;
    size_t len;
    enum io io;
    while ((io = http_client_body(x->client, &p, &len, e)) == IO_DONE && len) {
        if (x->ask->take && !x->ask->take(x->ask->self, p, len, &x->why)) {
            *e = x->why;
            return IO_FAILED;
        }
        __atomic_store_n(&x->got->bytes, x->got->bytes + len, __ATOMIC_RELAXED);
        x->moved_ms = x->gate->config.mono_ms();
        http_client_consume(x->client, len);
    }
    return io;
}

static enum io step(void *self, struct err *e)
{
    struct exchange *x = self;
    enum io io = x->headed ? IO_DONE : http_client_head(x->client, e);
    if (io != IO_DONE)
        return io;
    if (!x->headed && !take_head(x)) {
        *e = x->why;
        return IO_FAILED;
    }
    return take_body(x, e);
}

static int fd(const void *self)
{
    return http_client_fd(((const struct exchange *)self)->client);
}

static bool is_spared(struct exchange *x, const struct trust_verdict *v)
{
    (void)pthread_mutex_lock(&x->gate->lock); /* of its fate */
    bool spared = passage_spared(&x->s, x->gate, v);
    (void)pthread_mutex_unlock(&x->gate->lock);
    return spared;
}

/* May it go on? Asked between two waits. */
static bool may_go_on(struct exchange *x, struct err *e)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(x->gate->config.live);
    const struct conn *c = http_client_conn(x->client);
    struct trust_verdict now;
    if (x->ask->cancelled && x->ask->cancelled(x->ask->self)) {
        x->end = RELAY_STOPPED;
        return err_set(e, ERR_CANCELLED, "it was cancelled");
    }
    if (is_ended(x, e))
        return false;
    if (x->gate->config.mono_ms() - x->moved_ms > (x->ask->stall_ms ? x->ask->stall_ms : GATE_FETCH_STALL_MS))
        return err_set(e, ERR_TIMEOUT, "the host has moved no byte for too long");
    if (trust_set_generation(set) == x->generation)
        return true;
    x->generation = trust_set_generation(set);
    bool believed = tls_redecide(c, set, x->s.since_ms / 1000, &now); /* as of the handshake: expiry cuts nothing */
    if (believed || is_spared(x, &now))
        return true;
    x->end = RELAY_WITHDRAWN;
    x->got->verdict = now;
    x->got->withdrawn = true;
    return err_set(e, ERR_UNTRUSTED, "the host is not believed any more");
}

static bool run(struct exchange *x, struct err *e)
{
    static const struct io_op op = { step, fd };
    for (;;) {
        if (!may_go_on(x, e))
            return false;
        struct err why = { 0 };
        if (io_run(&op, x, clock_mono_ms() + GATE_FETCH_TICK_MS, &why))
            return true;
        if (why.kind != ERR_TIMEOUT || x->why.kind != ERR_NONE) {
            *e = why;
            return false;
        }
    }
}

static bool ask_host(struct exchange *x, const struct gate_target *t, struct conn *take, struct err *e)
{
    const struct gate_fetch *ask = x->ask;
    struct url_host host;
    x->generation = tls_generation(take);
    x->moved_ms = x->gate->config.mono_ms();
    x->client = http_client_create(take, NULL);
    const struct http_send s = { .method = ask->method, .target = t->path ? t->path : "/", .host = &host, .tls = true,
                                 .fields = ask->fields, .fields_len = ask->fields_len, .body = ask->body,
                                 .body_len = ask->body_len, .close = true };
    return gate_target_host(t, &host, e) && http_client_start(x->client, &s, e);
}

bool gate_fetch(struct gate *g, struct gate_target *t, const struct gate_fetch *ask, struct gate_fetched *ret, struct err *e)
{
    struct exchange x = { .s = { .kind = ask->body ? &up : &down, .target = t }, .gate = g, .ask = ask, .got = ret, .end = RELAY_HOST };
    struct conn *c = NULL;
    *ret = (struct gate_fetched){ .result = LEG_UNREACHABLE };
    if (is_ended(&x, e))
        return false;
    struct tls_client *tls = tls_client_create(g->config.live, e);
    bool ok = tls && reach(&x, tls, t, &c, e) && ask_host(&x, t, c, e);
    if (ok) {
        passage_open(&x.s, g, http_client_conn(x.client));
        if (ask->believed)
            ask->believed(ask->self, x.s.chain, x.s.since_ms);
        ok = run(&x, e);
        gate_strike(g, &x.s, ok ? RELAY_DONE : x.end);
        (void)chain_unref(x.s.chain);
    }
    (void)http_client_destroy(x.client);
    (void)tls_client_destroy(tls);
    return ok && (ret->status / 100 == 2 || err_set(e, ERR_PEER, "the host answered with status %d", ret->status));
}
