#include "cell/service.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "http/server.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/listen.h"
#include "net/local.h"
#include "net/loop.h"
#include "net/proxy_conn.h"
#include "net/range.h"
#include "net/tls_server.h"

enum { CONTROL_MODE = 0660 };

/* One loop with its thread. */
struct strand {
    struct service *service;
    struct loop *loop;
    struct http_server *server;
    struct gate_lane *lane;
    struct loop_task drain;
    pthread_t thread;
    bool running;
};

/* What the server's callbacks are given is the application's; they find their strand through this. */
struct service {
    struct http_server_config http;
    struct tls_server *tls;
    struct gate *gate;
    char *control;                /* owned; unlinked at the end */
    bool visited;                 /* atomic */
    void (*deserted)(void *self); /* may be NULL */
    void *self;                   /* .. of whom it tells */
    struct range proxies[SERVICE_PROXIES_MAX];
    size_t proxies_len;
    struct strand strands[SERVICE_LOOPS_MAX];
    unsigned len;
    pthread_mutex_t lock;
    pthread_cond_t drained;
    unsigned still_draining; /* guarded by lock */
};

static bool is_proxy(const struct service *s, const struct address *a)
{
    for (size_t i = 0; i < s->proxies_len; i++)
        if (range_names(&s->proxies[i], a))
            return true;
    return false;
}

static struct conn *wrap(void *self, struct conn *take_tcp, struct address *client)
{
    const struct service *s = self;
    struct conn *c = is_proxy(s, client) ? proxy_conn(take_tcp, client) : take_tcp;
    return tls_server_conn(s->tls, c);
}

/* A balancer whose headers are wrong shuts everybody out, which its administrator should read; that somebody does not
 * believe us, or speaks something else, is nobody's worry. */
static void unshaken(void *self, const struct address *client, const struct err *e)
{
    char from[ADDRESS_TEXT];
    (void)self;
    address_write(client, from);
    if (e->kind == ERR_INPUT || e->kind == ERR_LIMIT)
        LOG(WARN, "proxy.refused", "from=%s error=\"%s\"", from, e->msg);
    else
        LOG(DEBUG, "handshake.failed", "client=%s error=\"%s\"", from, e->msg);
}

static void drained(void *self)
{
    struct service *s = self;
    (void)pthread_mutex_lock(&s->lock);
    s->still_draining--;
    (void)pthread_cond_signal(&s->drained);
    (void)pthread_mutex_unlock(&s->lock);
}

/* Root may do everything on this machine anyway, and so may the cell's own user and group with what the cell keeps. Group 0 is
 * left out: whole containers run in it. */
static bool admit(void *self, const struct local_peer *who)
{
    struct service *s = self;
    if (who->uid == 0 || who->uid == geteuid() || (who->gid != 0 && who->gid == getegid())) {
        __atomic_store_n(&s->visited, true, __ATOMIC_RELAXED);
        return true;
    }
    LOG(WARN, "control.refused", "uid=%u gid=%u pid=%d", who->uid, who->gid, (int)who->pid);
    return false;
}

bool service_visited(const struct service *s)
{
    return __atomic_load_n(&s->visited, __ATOMIC_RELAXED);
}

static void deserted(void *self)
{
    const struct service *s = self;
    s->deserted(s->self);
}

static bool open_control(struct service *s, const char *path, struct err *e)
{
    int fd;
    if (!local_listen(path, CONTROL_MODE, &fd, e))
        return false;
    s->control = xstrdup(path);
    return http_server_listen_local(s->strands[0].server, fd, admit, e);
}

static struct http_limits limits_of(const struct service_limits *l, unsigned loops)
{
    return (struct http_limits){ .conns = (l->connections + loops - 1) / loops, .body = l->request_body,
                                 .handshake_ms = l->handshake_ms, .idle_ms = l->idle_ms };
}

/* Other limits on their way to one loop. */
struct change {
    struct loop_task task;
    struct http_server *server;
    struct http_limits limits;
};

static void change_strand(struct loop_task *t)
{
    struct change *c = CONTAINER_OF(t, struct change, task);
    http_server_limits(c->server, &c->limits);
    free(c);
}

void service_limits(struct service *s, const struct service_limits *l)
{
    for (unsigned i = 0; i < s->len; i++) {
        struct change *c = xcalloc(1, sizeof(*c));
        c->task.run = change_strand;
        c->server = s->strands[i].server;
        c->limits = limits_of(l, s->len);
        loop_post(s->strands[i].loop, &c->task);
    }
}

static void drain_strand(struct loop_task *t)
{
    http_server_drain(CONTAINER_OF(t, struct strand, drain)->server);
}

static bool open_strand(struct service *s, const struct service_config *c, struct err *e)
{
    struct strand *st = &s->strands[s->len];
    st->service = s;
    st->loop = loop_create(e);
    if (!st->loop)
        return false;
    s->len++;
    if (c->gate && !gate_lane_create(c->gate, st->loop, &st->lane, e))
        return false;
    struct http_server_config http = s->http;
    http.self = s;
    http.limits = limits_of(&c->limits, c->loops);
    http.wrap = wrap;
    http.unshaken = unshaken;
    http.drained = drained;
    http.deserted = c->deserted ? deserted : NULL;
    st->server = http_server_create(st->loop, &http);
    if (!c->listen)
        return true;
    const struct listen_config port = { .address = *c->listen, .reuse_port = c->loops > 1 };
    if (!http_server_listen(st->server, &port, e))
        return false;
    *c->listen = *http_server_address(st->server, 0);
    return true;
}

bool service_create(const struct service_config *c, struct service **ret, struct err *e)
{
    AUTO(service_destroyp) struct service *s = xcalloc(1, sizeof(*s));
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->drained, NULL);
    s->http = *c->http;
    s->gate = c->gate;
    assert(c->proxies_len <= SERVICE_PROXIES_MAX);
    s->proxies_len = c->proxies_len;
    for (size_t i = 0; i < c->proxies_len; i++)
        s->proxies[i] = c->proxies[i];
    s->deserted = c->deserted;
    s->self = c->self;
    const struct tls_server_config tls = { .identity = c->identity };
    if (c->listen && !(s->tls = tls_server_create(&tls, e)))
        return false;
    for (unsigned i = 0; i < c->loops && i < SERVICE_LOOPS_MAX; i++)
        if (!open_strand(s, c, e))
            return false;
    if (c->control && !open_control(s, c->control, e))
        return false;
    *ret = STEAL(s);
    return true;
}

static void *run(void *arg)
{
    struct strand *st = arg;
    struct err e;
    if (!loop_run(st->loop, &e))
        LOG(ERROR, "loop.failed", "error=\"%s\"", e.msg);
    return NULL;
}

bool service_start(struct service *s, struct err *e)
{
    for (unsigned i = 0; i < s->len; i++) {
        int sys = pthread_create(&s->strands[i].thread, NULL, run, &s->strands[i]);
        if (sys)
            return err_sys(e, ERR_INTERNAL, sys, "starting a loop's thread");
        s->strands[i].running = true;
    }
    return true;
}

bool service_identity(struct service *s, struct tls_identity *identity, struct err *e)
{
    return !s->tls || tls_server_replace(s->tls, identity, e);
}

size_t service_ciphers(struct service *s, const char **ret, size_t max)
{
    return s->tls ? tls_server_ciphers(s->tls, ret, max) : 0;
}

static void wait_drained(struct service *s)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SERVICE_DRAIN_MS / 1000;
    (void)pthread_mutex_lock(&s->lock);
    while (s->still_draining > 0 && pthread_cond_timedwait(&s->drained, &s->lock, &until) == 0) {
    }
    if (s->still_draining > 0)
        LOG(WARN, "drain.timeout", "loops=%u", s->still_draining);
    (void)pthread_mutex_unlock(&s->lock);
}

void service_drain(struct service *s)
{
    s->still_draining = s->len; /* before any of them can answer */
    for (unsigned i = 0; i < s->len; i++) {
        s->strands[i].drain.run = drain_strand;
        loop_post(s->strands[i].loop, &s->strands[i].drain);
    }
    if (s->gate)
        gate_close(s->gate); /* clients are told; beside them requests end */
    wait_drained(s);
    for (unsigned i = 0; i < s->len; i++) {
        loop_stop(s->strands[i].loop);
        (void)pthread_join(s->strands[i].thread, NULL);
        s->strands[i].running = false;
    }
}

struct service *service_destroy(struct service *s)
{
    if (!s)
        return NULL;
    for (unsigned i = 0; i < s->len; i++) {
        gate_lane_stop(s->strands[i].lane);
        (void)http_server_destroy(s->strands[i].server);
        (void)loop_destroy(s->strands[i].loop);
        (void)gate_lane_destroy(s->strands[i].lane);
    }
    (void)tls_server_destroy(s->tls);
    if (s->control)
        (void)unlink(s->control);
    free(s->control);
    (void)pthread_cond_destroy(&s->drained);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}
