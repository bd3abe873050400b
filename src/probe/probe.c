#include "probe/probe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/connect.h"
#include "net/chain.h"
#include "net/conn.h"
#include "net/desk.h"
#include "net/resolve.h"
#include "net/tcp.h"
#include "net/tls.h"

enum probe_state {
    PROBE_STARTING,
    PROBE_LOOKING_UP, /* somebody else answers */
    PROBE_CONNECTING,
    PROBE_TUNNELLING,
    PROBE_SHAKING,
    PROBE_SEEN,
    PROBE_FAILED,
};

struct probe {
    const struct probe_net *net; /* borrowed */
    struct probe_request request;
    enum probe_state state;
    uint64_t id;             /* at the desk while a name is looked up; 0 otherwise */
    struct conn *conn;       /* owned; what is known of the connection by now, layer over layer */
    struct http_connect *tunnel; /* owned; holds the connection while the proxy is asked */
    int64_t stage_began_us;
    struct probe_report report;
};

const char *probe_stage_name(enum probe_stage s)
{
    static const char *const names[] = {
        [PROBE_RESOLVE] = "resolve", [PROBE_CONNECT] = "connect", [PROBE_PROXY] = "proxy",
        [PROBE_HANDSHAKE] = "handshake", [PROBE_STAGES] = "done",
    };
    return names[s];
}

struct probe *probe_create(const struct probe_net *net, const struct probe_request *request)
{
    struct probe *p = xcalloc(1, sizeof(*p));
    p->net = net;
    p->request = *request;
    for (size_t i = 0; i < PROBE_STAGES; i++)
        p->report.us[i] = -1;
    return p;
}

static void leave_desk(struct probe *p)
{
    if (p->id)
        desk_leave(p->net->desk, p->id);
    p->id = 0;
}

static void hang_up(struct probe *p)
{
    p->tunnel = http_connect_destroy(p->tunnel);
    p->conn = conn_destroy(p->conn);
}

struct probe *probe_destroy(struct probe *p)
{
    if (!p)
        return NULL;
    leave_desk(p);
    hang_up(p);
    chain_unref(p->report.chain);
    free(p);
    return NULL;
}

/* The next stage begins; the one before it has ended. */
static void stage_begin(struct probe *p, enum probe_stage s)
{
    p->report.stage = s;
    p->stage_began_us = clock_mono_us();
}

static void stage_end(struct probe *p)
{
    p->report.us[p->report.stage] = clock_mono_us() - p->stage_began_us;
}

static void fail(struct probe *p, const struct err *e)
{
    if (p->state != PROBE_FAILED)
        stage_end(p); /* how long it was tried */
    p->state = PROBE_FAILED;
    p->report.err = *e;
    /* A name that does not exist is an endpoint that can't be reached, like any other. */
    if (e->kind == ERR_NOT_FOUND)
        p->report.err.kind = ERR_PEER;
    hang_up(p);
}

/* Whom to connect to: the proxy, where there is one. */
static const struct url_host *next_hop(const struct probe *p)
{
    return p->request.proxy ? p->request.proxy : &p->request.endpoint;
}

static void dial(struct probe *p, const struct resolve_answer *a)
{
    stage_end(p);
    stage_begin(p, PROBE_CONNECT);
    p->state = PROBE_CONNECTING;
    if (p->net->dial) {
        p->conn = p->net->dial(p->net->self, a->addresses, a->len);
        return;
    }
    struct tcp_options options = { .share_ms = p->request.timeout_ms ? tcp_share(p->request.timeout_ms, a->len) : 0 };
    p->conn = tcp_connect(a->addresses, a->len, &options);
}

/* The desk's answer, on the loop's thread. */
static void answered(void *asker, const struct resolve_answer *answer, const struct err *e)
{
    struct probe *p = asker;
    leave_desk(p);
    if (answer)
        dial(p, answer);
    else
        fail(p, e);
    p->request.wake(p->request.waker);
}

/* An address or a name in the hosts file needs nobody; otherwise the pool is asked, or the system in place. */
static enum io look_up(struct probe *p, struct err *e)
{
    const struct url_host *hop = next_hop(p);
    const struct resolver *r = p->net->resolver;
    struct resolve_answer a;
    stage_begin(p, PROBE_RESOLVE);
    bool known = resolve_quick(r, hop->name, hop->port, &a, e);
    if (!known && e->kind == ERR_NOT_FOUND && p->net->desk) {
        p->id = desk_enter(p->net->desk, p);
        p->state = PROBE_LOOKING_UP;
        return resolve_ask(r, p->net->desk, p->id, hop->name, hop->port, answered, e) ? IO_WANT_READ : IO_FAILED;
    }
    if (!known && (e->kind != ERR_NOT_FOUND || !resolve_now(r, hop->name, hop->port, &a, e)))
        return IO_FAILED;
    dial(p, &a);
    return IO_DONE;
}

static void shake(struct probe *p)
{
    struct tls_ask ask = { .server_name = p->request.server_name, .question = p->request.question,
                           .flags = TLS_SHOW_ONLY };
    stage_begin(p, PROBE_HANDSHAKE);
    p->state = PROBE_SHAKING;
    p->conn = tls_client_conn(p->net->tls, p->conn, &ask);
}

static enum io connected(struct probe *p, struct err *e)
{
    enum io io = conn_handshake(p->conn, e);
    if (io != IO_DONE)
        return io;
    stage_end(p);
    if (!tcp_peer(p->conn, &p->report.address, NULL))
        p->report.address = (struct address){ 0 };
    if (!p->request.proxy) {
        shake(p);
        return IO_DONE;
    }
    stage_begin(p, PROBE_PROXY);
    p->state = PROBE_TUNNELLING;
    p->tunnel = http_connect_create(STEAL(p->conn), &p->request.endpoint, p->request.proxy_authorization);
    return IO_DONE;
}

static enum io tunnelled(struct probe *p, struct err *e)
{
    enum io io = http_connect_step(p->tunnel, e);
    if (io != IO_DONE)
        return io;
    stage_end(p);
    p->conn = http_connect_take(p->tunnel);
    p->tunnel = http_connect_destroy(p->tunnel);
    shake(p);
    return IO_DONE;
}

static enum io shaken(struct probe *p, struct err *e)
{
    enum io io = conn_handshake(p->conn, e);
    if (io != IO_DONE)
        return io;
    stage_end(p);
    const struct trust_verdict *v = tls_verdict(p->conn);
    const struct chain *chain = tls_chain(p->conn);
    assert(v && chain);
    p->report.verdict = *v;
    p->report.chain = chain_ref(chain);
    (void)text_copy(p->report.version, sizeof(p->report.version), tls_version(p->conn));
    (void)text_copy(p->report.cipher, sizeof(p->report.cipher), tls_cipher(p->conn));
    p->report.seen = true;
    p->state = PROBE_SEEN;
    hang_up(p);
    return IO_DONE;
}

/* One state's work. IO_DONE: look at the state again. */
static enum io advance(struct probe *p, struct err *e)
{
    switch (p->state) {
    case PROBE_STARTING:
        return look_up(p, e);
    case PROBE_LOOKING_UP:
        return IO_WANT_READ;
    case PROBE_CONNECTING:
        return connected(p, e);
    case PROBE_TUNNELLING:
        return tunnelled(p, e);
    case PROBE_SHAKING:
        return shaken(p, e);
    case PROBE_SEEN:
        return IO_DONE;
    case PROBE_FAILED:
        *e = p->report.err;
        return IO_FAILED;
    }
    abort();
}

enum io probe_step(struct probe *p, struct err *e)
{
    struct err why = { 0 };
    enum io io = IO_DONE;
    while (io == IO_DONE && p->state != PROBE_SEEN)
        io = advance(p, &why);
    if (io == IO_FAILED) {
        fail(p, &why);
        if (e)
            *e = p->report.err;
    }
    return io;
}

int probe_fd(const struct probe *p)
{
    return p->tunnel ? http_connect_fd(p->tunnel) : p->conn ? conn_fd(p->conn) : -1;
}

static enum io step(void *self, struct err *e)
{
    return probe_step(self, e);
}

static int fd(const void *self)
{
    return probe_fd(self);
}

const struct io_op probe_op = { step, fd };

const struct probe_report *probe_report(struct probe *p, const struct err *e)
{
    static const char *const doing[] = {
        [PROBE_RESOLVE] = "looking up the name", [PROBE_CONNECT] = "connecting", [PROBE_PROXY] = "asking the proxy",
        [PROBE_HANDSHAKE] = "TLS handshake",
    };
    if (!e || p->state == PROBE_SEEN || p->state == PROBE_FAILED)
        return &p->report;
    struct err why = *e;
    if (e->kind == ERR_TIMEOUT)
        err_set(&why, ERR_TIMEOUT, "%s: no answer within %.1f s", doing[p->report.stage],
                (double)p->request.timeout_ms / 1000);
    leave_desk(p);
    fail(p, &why);
    return &p->report;
}
