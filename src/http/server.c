#include "http/server.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/peer.h"
#include "net/conn.h"
#include "net/desk.h"
#include "net/listen.h"
#include "net/local.h"

enum { LISTENERS_MAX = 8 };

/* What one listener's connections lead back to. */
struct port {
    struct http_server *server;
    struct listener *listener; /* owned */
    bool (*admit)(void *self, const struct local_peer *who); /* NULL: a port for everybody */
};

struct http_server {
    unsigned holders;     /* the owner, and each job that a pool thread may still answer */
    struct loop *loop;
    struct http_server_config config;
    struct desk *desk;    /* owned; who waits for the pool */
    struct ring peers;
    size_t peers_len;
    size_t local_len;     /* of them, those that http_server_listen_local took */
    size_t handed_over;   /* upgraded and not released */
    size_t bodies;        /* bytes reserved for request bodies */
    bool draining, told;
    struct loop_task drained;
    struct port ports[LISTENERS_MAX];
    size_t ports_len;
    int64_t date_s;       /* what date says; of the wall clock */
    int64_t date_checked; /* loop time */
    char date[HTTP1_DATE];
};

static void on_drained(struct loop_task *t)
{
    struct http_server *s = CONTAINER_OF(t, struct http_server, drained);
    s->config.drained(s->config.self);
}

struct http_server *http_server_create(struct loop *l, const struct http_server_config *c)
{
    assert(c->router);
    struct http_server *s = xcalloc(1, sizeof(*s));
    s->holders = 1;
    s->loop = l;
    s->config = *c;
    s->config.limits = http_limits_fill(&c->limits);
    s->desk = desk_create(l);
    s->drained.run = on_drained;
    s->date_checked = INT64_MIN;
    ring_init(&s->peers);
    return s;
}

struct http_server *http_server_destroy(struct http_server *s)
{
    if (!s)
        return NULL;
    s->told = true; /* nobody asked to hear that it is empty now */
    for (size_t i = 0; i < s->ports_len; i++)
        listener_close(s->ports[i].listener);
    while (!ring_empty(&s->peers))
        peer_cancel(CONTAINER_OF(s->peers.next, struct peer, ring));
    for (size_t i = 0; i < s->ports_len; i++)
        (void)listener_destroy(s->ports[i].listener);
    loop_recall(&s->drained);
    server_let_go(s);
    return NULL;
}

void server_hold(struct http_server *s)
{
    s->holders++;
}

void server_let_go(struct http_server *s)
{
    if (--s->holders)
        return;
    (void)desk_destroy(s->desk);
    free(s);
}

static void enlist(struct http_server *s, struct peer *p)
{
    ring_put(&s->peers, &p->ring);
    s->peers_len++;
    s->local_len += p->local;
}

/* A connection of this server's, or one too many. */
static void take(struct http_server *s, struct conn *c, const struct address *client, struct listener *l)
{
    size_t conns = http_server_conns(s) - s->local_len;
    if (s->draining || conns >= s->config.limits.conns + HTTP_CONNS_OVER) {
        (void)conn_destroy(c);
        if (l)
            listener_release(l);
        return;
    }
    struct peer *p = peer_create(s, c, client, l);
    if (s->config.wrap && l)
        p->conn = s->config.wrap(s->config.self, c, &p->client);
    p->over_limit = conns >= s->config.limits.conns;
    enlist(s, p);
}

static void accepted(void *self, struct conn *c, const struct address *client)
{
    struct port *port = self;
    take(port->server, c, client, port->listener);
}

/* The kernel says who it is; nobody is believed for anything else. */
static void accepted_local(void *self, struct conn *c, const struct address *client)
{
    struct port *port = self;
    struct http_server *s = port->server;
    struct local_peer who;
    struct err e;
    if (s->draining || !local_peer(c, &who, &e) || !port->admit(s->config.self, &who)) {
        (void)conn_destroy(c);
        listener_release(port->listener);
        return;
    }
    struct peer *p = peer_create(s, c, client, port->listener);
    p->local = true;
    p->uid = who.uid;
    enlist(s, p);
}

bool http_server_listen_local(struct http_server *s, int take_fd, bool (*admit)(void *self, const struct local_peer *who),
                              struct err *e)
{
    assert(s->ports_len < LISTENERS_MAX);
    struct port *port = &s->ports[s->ports_len];
    const struct listen_config config = { .accepted = accepted_local, .self = port, .conns_max = HTTP_LOCAL_CONNS };
    port->server = s;
    port->admit = admit;
    port->listener = listener_adopt(s->loop, &config, take_fd, e);
    if (!port->listener)
        return false;
    s->ports_len++;
    return true;
}

bool http_server_listen(struct http_server *s, const struct listen_config *c, struct err *e)
{
    if (s->ports_len == LISTENERS_MAX)
        return err_set(e, ERR_LIMIT, "a server listens on at most %d ports", LISTENERS_MAX);
    struct port *port = &s->ports[s->ports_len];
    struct listen_config config = *c;
    port->server = s;
    config.accepted = accepted;
    config.self = port;
    config.conns_max = SIZE_MAX; /* take() counts */
    port->listener = listener_create(s->loop, &config, e);
    if (!port->listener)
        return false;
    s->ports_len++;
    return true;
}

const struct address *http_server_address(const struct http_server *s, size_t n)
{
    return n < s->ports_len ? listener_address(s->ports[n].listener) : NULL;
}

void http_server_limits(struct http_server *s, const struct http_limits *l)
{
    s->config.limits = http_limits_fill(l);
}

void http_server_adopt(struct http_server *s, struct conn *c, const struct address *client)
{
    take(s, c, client, NULL);
}

static void tell_when_drained(struct http_server *s)
{
    if (!s->draining || s->told || s->peers_len)
        return;
    s->told = true;
    if (s->config.drained)
        loop_defer(s->loop, &s->drained);
}

void http_server_drain(struct http_server *s)
{
    if (s->draining)
        return;
    s->draining = true;
    for (size_t i = 0; i < s->ports_len; i++)
        listener_close(s->ports[i].listener);
    for (struct ring *r = s->peers.next; r != &s->peers; r = r->next) {
        struct peer *p = CONTAINER_OF(r, struct peer, ring);
        if (peer_is_idle(p) || p->state == PEER_HANDSHAKE)
            peer_wake(p);
    }
    tell_when_drained(s);
}

/* Who tells that nobody is there any more lets nobody in from then on: he would be cut off. */
static void be_deserted(struct http_server *s)
{
    for (size_t i = 0; i < s->ports_len; i++)
        if (s->ports[i].admit)
            listener_close(s->ports[i].listener);
    s->config.deserted(s->config.self);
}

void server_forget(struct http_server *s, struct peer *p, bool handed_over)
{
    ring_take(&p->ring);
    s->peers_len--;
    s->local_len -= p->local;
    s->handed_over += handed_over;
    if (p->listener)
        listener_release(p->listener);
    if (p->local && !s->local_len && !s->draining && !s->told && s->config.deserted)
        be_deserted(s);
    tell_when_drained(s);
}

void http_server_release(struct http_server *s)
{
    assert(s->handed_over);
    s->handed_over--;
}

size_t http_server_conns(const struct http_server *s)
{
    return s->peers_len + s->handed_over;
}

const struct http_server_config *server_config(const struct http_server *s)
{
    return &s->config;
}

struct loop *server_loop(const struct http_server *s)
{
    return s->loop;
}

struct desk *server_desk(const struct http_server *s)
{
    return s->desk;
}

bool server_draining(const struct http_server *s)
{
    return s->draining;
}

const char *server_date(struct http_server *s)
{
    /* The wall clock may be set; half a second late is on time for a Date. */
    if (s->date_checked == INT64_MIN || loop_now(s->loop) - s->date_checked >= 500) {
        int64_t now = clock_wall_ms() / 1000;
        s->date_checked = loop_now(s->loop);
        if (now != s->date_s || !s->date[0])
            http1_date(now, s->date);
        s->date_s = now;
    }
    return s->date;
}

bool server_reserve(struct http_server *s, size_t len)
{
    if (s->bodies > s->config.limits.bodies || len > s->config.limits.bodies - s->bodies) /* the limit may have shrunk */
        return false;
    s->bodies += len;
    return true;
}

void server_give_back(struct http_server *s, size_t len)
{
    assert(len <= s->bodies);
    s->bodies -= len;
}
