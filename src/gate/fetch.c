#include "gate/fetch.h"

#include "base/clock.h"
#include "gate/gate_parts.h"
#include "http/client.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "trust/set.h"
#include "wire/http1.h"
#include "wire/url.h"

/* One exchange while it lasts. */
struct exchange {
    struct gate *gate;
    const struct gate_fetch *ask;
    struct gate_fetched *got;
    struct http_client *client;
    uint64_t generation;        /* of the set that it was decided with last */
    bool headed;
    int64_t moved_ms;           /* when a byte came last */
    struct err why;             /* the caller's own reason to end it */
};

static bool is_closed(struct gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    bool closed = g->closed;
    (void)pthread_mutex_unlock(&g->lock);
    return closed;
}

/* ---- the host ---- */

static void nobody_waits(void *self)
{
    (void)self;
}

static bool reach(struct gate *g, struct tls_client *tls, struct gate_target *t, struct gate_fetched *ret, struct conn **ret_conn,
                  struct err *e)
{
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
    if (ok)
        *ret_conn = leg_take(l, &rest, &len);
    (void)leg_destroy(l);
    gate_saw(g, ret->result);
    return ok;
}

/* ---- the exchange ---- */

static bool take_head(struct exchange *x)
{
    const struct http1_head *h = http_client_answer(x->client);
    x->headed = true;
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
        x->got->bytes += len;
        x->moved_ms = clock_mono_ms();
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

/* May it go on? Asked between two waits. */
static bool may_go_on(struct exchange *x, struct err *e)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(x->gate->config.live);
    const struct conn *c = http_client_conn(x->client);
    struct trust_verdict now;
    if (x->ask->cancelled && x->ask->cancelled(x->ask->self))
        return err_set(e, ERR_CANCELLED, "it was cancelled");
    if (is_closed(x->gate))
        return err_set(e, ERR_CANCELLED, "the cell ends");
    if (clock_mono_ms() - x->moved_ms > (x->ask->stall_ms ? x->ask->stall_ms : GATE_FETCH_STALL_MS))
        return err_set(e, ERR_TIMEOUT, "the host has moved no byte for too long");
    if (trust_set_generation(set) == x->generation)
        return true;
    x->generation = trust_set_generation(set);
    if (tls_redecide(c, set, clock_wall_ms() / 1000, &now))
        return true;
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
    x->moved_ms = clock_mono_ms();
    x->client = http_client_create(take, NULL);
    const struct http_send s = { .method = ask->method, .target = t->path ? t->path : "/", .host = &host, .tls = true,
                                 .fields = ask->fields, .fields_len = ask->fields_len, .body = ask->body,
                                 .body_len = ask->body_len, .close = true };
    return gate_target_host(t, &host, e) && http_client_start(x->client, &s, e);
}

bool gate_fetch(struct gate *g, struct gate_target *t, const struct gate_fetch *ask, struct gate_fetched *ret, struct err *e)
{
    struct exchange x = { .gate = g, .ask = ask, .got = ret };
    struct conn *c = NULL;
    *ret = (struct gate_fetched){ .result = LEG_UNREACHABLE };
    if (is_closed(g))
        return err_set(e, ERR_CANCELLED, "the cell ends");
    struct tls_client *tls = tls_client_create(g->config.live, e);
    bool ok = tls && reach(g, tls, t, ret, &c, e) && ask_host(&x, t, c, e) && run(&x, e);
    (void)http_client_destroy(x.client);
    (void)tls_client_destroy(tls);
    return ok && (ret->status / 100 == 2 || err_set(e, ERR_PEER, "the host answered with status %d", ret->status));
}
