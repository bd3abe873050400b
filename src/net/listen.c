#include "net/listen.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/loop.h"
#include "net/sockaddr.h"

struct listener {
    struct loop *loop;
    struct listen_config config;
    int fd;
    struct address address;
    size_t conns;
    struct loop_watch watch;
    struct loop_timer rest;
    struct loop_task more;
};

/* Errors of one connection that is gone already (accept(2), "Error handling"): the next one may be fine. */
static bool only_this_one(int sys)
{
    switch (sys) {
    case EINTR: case ECONNABORTED: case EPROTO: case ENOPROTOOPT: case ENETDOWN: case EHOSTDOWN: case ENONET:
    case EHOSTUNREACH: case EOPNOTSUPP: case ENETUNREACH: case EPERM: case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

static void go_on_later(struct listener *l)
{
    if (!ring_member(&l->more.ring))
        loop_defer(l->loop, &l->more);
}

/* The descriptor is edge-triggered, so whoever stops before EAGAIN says when it goes on. */
static void accept_some(struct listener *l)
{
    for (int n = 0; n < LISTEN_BATCH;) {
        if (l->conns >= l->config.conns_max)
            return; /* listener_release goes on */
        struct sockaddr_storage sa = { 0 };
        socklen_t len = sizeof(sa);
        int fd = accept4(l->fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EAGAIN)
                return;
            if (only_this_one(errno))
                continue;
            loop_timer_start(l->loop, &l->rest, LISTEN_PAUSE_MS);
            return;
        }
        struct address peer;
        sockaddr_read((const struct sockaddr *)&sa, &peer);
        l->conns++;
        n++;
        l->config.accepted(l->config.self, tcp_adopt(fd), &peer);
    }
    go_on_later(l);
}

static void on_ready(struct loop_watch *w, unsigned events)
{
    (void)events;
    struct listener *l = CONTAINER_OF(w, struct listener, watch);
    if (!l->rest.loop)
        accept_some(l);
}

static void on_rested(struct loop_timer *t)
{
    accept_some(CONTAINER_OF(t, struct listener, rest));
}

static void on_more(struct loop_task *t)
{
    struct listener *l = CONTAINER_OF(t, struct listener, more);
    if (!l->rest.loop)
        accept_some(l);
}

static enum err_kind kind_of(int sys)
{
    switch (sys) {
    case EADDRINUSE: return ERR_CONFLICT;
    case EACCES: case EPERM: return ERR_DENIED;
    case EMFILE: case ENFILE: case ENOBUFS: case ENOMEM: return ERR_LIMIT;
    case EADDRNOTAVAIL: case EAFNOSUPPORT: case EINVAL: return ERR_INPUT;
    default: return ERR_INTERNAL;
    }
}

/* A listening socket, or -1 with errno. */
static int open_port(const struct listen_config *c)
{
    struct sockaddr_storage sa;
    socklen_t len = sockaddr_write(&c->address, &sa);
    int on = 1, off = 0;
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    /* A cell that starts again must not wait for the last connections of the one before. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (sa.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    tcp_options_apply(fd, &c->tcp);
    if ((!c->reuse_port || !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on))) &&
        !bind(fd, (const struct sockaddr *)&sa, len) && !listen(fd, c->backlog ? (int)c->backlog : LISTEN_BACKLOG))
        return fd;
    int sys = errno;
    (void)close(fd);
    errno = sys;
    return -1;
}

struct listener *listener_create(struct loop *loop, const struct listen_config *c, struct err *e)
{
    assert(c->address.family != ADDRESS_NONE);
    int fd = open_port(c);
    if (fd >= 0)
        return listener_adopt(loop, c, fd, e);
    char text[ADDRESS_PORT_TEXT];
    int sys = errno;
    address_write_port(&c->address, text);
    err_sys(e, kind_of(sys), sys, "listening on %s", text);
    return NULL;
}

struct listener *listener_adopt(struct loop *loop, const struct listen_config *c, int take_fd, struct err *e)
{
    assert(c->accepted);
    struct sockaddr_storage sa = { 0 };
    socklen_t len = sizeof(sa);
    struct listener *l = xcalloc(1, sizeof(*l));
    l->loop = loop;
    l->config = *c;
    l->fd = take_fd;
    if (!l->config.conns_max)
        l->config.conns_max = LISTEN_CONNS;
    l->watch.ready = on_ready;
    l->rest.fired = on_rested;
    l->more.run = on_more;
    if (!getsockname(take_fd, (struct sockaddr *)&sa, &len))
        sockaddr_read((const struct sockaddr *)&sa, &l->address);
    return loop_watch(loop, &l->watch, l->fd, e) ? l : listener_destroy(l);
}

void listener_close(struct listener *l)
{
    loop_unwatch(l->loop, &l->watch);
    loop_timer_stop(&l->rest);
    loop_recall(&l->more);
    if (l->fd >= 0)
        (void)close(l->fd);
    l->fd = -1;
}

struct listener *listener_destroy(struct listener *l)
{
    if (!l)
        return NULL;
    listener_close(l);
    free(l);
    return NULL;
}

const struct address *listener_address(const struct listener *l)
{
    return &l->address;
}

void listener_release(struct listener *l)
{
    assert(l->conns);
    if (l->conns-- == l->config.conns_max && l->fd >= 0)
        go_on_later(l);
}

size_t listener_conns(const struct listener *l)
{
    return l->conns;
}
