#include "net/tcp.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/sockaddr.h"

enum tcp_state { TCP_IDLE, TCP_CONNECTING, TCP_OPEN, TCP_BROKEN };

struct tcp {
    struct conn conn;
    int fd; /* owned; -1 until the first address is tried */
    enum tcp_state state;
    struct dial *dial; /* owned; NULL once connected */
};

struct dial {
    struct tcp_options options;
    size_t len, at;
    struct address addresses[];
};

static const struct conn_ops tcp_ops;

static struct tcp *of(struct conn *c)
{
    assert(c->ops == &tcp_ops);
    return CONTAINER_OF(c, struct tcp, conn);
}

static void set_int(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof(value)); /* a hint: the connection works without */
}

void tcp_options_apply(int fd, const struct tcp_options *o)
{
    if (!o->delay)
        set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (o->user_timeout_ms)
        set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)o->user_timeout_ms);
    if (o->keepalive_s) {
        int probe = (int)(o->keepalive_s / 10);
        set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)o->keepalive_s);
        set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, probe ? probe : 1);
    }
}

uint32_t tcp_share(int64_t deadline_ms, size_t addresses_len)
{
    int64_t share = addresses_len ? deadline_ms / (int64_t)addresses_len : 0;
    return share < TCP_SHARE_MIN_MS ? TCP_SHARE_MIN_MS : share > INT32_MAX ? INT32_MAX : (uint32_t)share;
}

static struct conn *create(int fd, enum tcp_state state, struct dial *take_dial)
{
    struct tcp *t = xcalloc(1, sizeof(*t));
    t->conn.ops = &tcp_ops;
    t->fd = fd;
    t->state = state;
    t->dial = take_dial;
    return &t->conn;
}

struct conn *tcp_connect(const struct address *addresses, size_t len, const struct tcp_options *options)
{
    assert(len >= 1 && len <= TCP_ADDRESSES_MAX);
    struct dial *d = xcalloc(1, sizeof(*d) + len * sizeof(*addresses));
    if (options)
        d->options = *options;
    d->len = len;
    memcpy(d->addresses, addresses, len * sizeof(*addresses));
    return create(-1, TCP_IDLE, d);
}

struct conn *tcp_adopt(int take_fd)
{
    return create(take_fd, TCP_OPEN, NULL);
}

void tcp_reset(struct conn *take)
{
    struct linger at_once = { .l_onoff = 1 };
    (void)setsockopt(conn_fd(take), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    (void)conn_destroy(take);
}

static enum err_kind kind_of(int sys)
{
    switch (sys) {
    case EMFILE: case ENFILE: case ENOBUFS: case ENOMEM: case EADDRNOTAVAIL:
        return ERR_LIMIT;
    case ETIMEDOUT:
        return ERR_TIMEOUT;
    default:
        return ERR_PEER;
    }
}

/* A socket for the address it is at; false with errno. The old one is closed only now, so that the new one has
 * another number and a driver sees that the descriptor changed. */
static bool open_socket(struct tcp *t)
{
    const struct dial *d = t->dial;
    int family = d->addresses[d->at].family == ADDRESS_V4 ? AF_INET : AF_INET6;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    if (t->fd >= 0)
        (void)close(t->fd);
    t->fd = fd;
    struct tcp_options o = d->options;
    if (o.share_ms && d->at + 1 < d->len)
        o.user_timeout_ms = o.share_ms; /* tcp(7): it also bounds the wait for an answer to the first packet */
    tcp_options_apply(fd, &o);
    return true;
}

static void connected(struct tcp *t)
{
    const struct dial *d = t->dial;
    if (d->options.share_ms && d->at + 1 < d->len)
        set_int(t->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)d->options.user_timeout_ms);
    t->state = TCP_OPEN;
    free(t->dial);
    t->dial = NULL;
}

/* connect(2) begins, says how far it is, and tells what it failed with: one call for all three. False with errno. */
static bool dial(struct tcp *t)
{
    struct sockaddr_storage sa;
    socklen_t len = sockaddr_write(&t->dial->addresses[t->dial->at], &sa);
    if (t->state == TCP_IDLE && !open_socket(t))
        return false;
    t->state = TCP_CONNECTING;
    return !connect(t->fd, (const struct sockaddr *)&sa, len) || errno == EISCONN;
}

static enum io dial_step(struct tcp *t, struct err *e)
{
    struct dial *d = t->dial;
    while (!dial(t)) {
        if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR)
            return IO_WANT_WRITE;
        char text[ADDRESS_PORT_TEXT];
        int sys = errno;
        address_write_port(&d->addresses[d->at], text);
        err_sys(e, kind_of(sys), sys, "connecting to %s", text);
        if (d->at + 1 == d->len) {
            t->state = TCP_BROKEN;
            return IO_FAILED;
        }
        d->at++;
        t->state = TCP_IDLE;
    }
    connected(t);
    return IO_DONE;
}

static enum io tcp_handshake(struct conn *c, struct err *e)
{
    struct tcp *t = of(c);
    switch (t->state) {
    case TCP_IDLE:
    case TCP_CONNECTING:
        return dial_step(t, e);
    case TCP_OPEN:
        return IO_DONE;
    case TCP_BROKEN:
        err_set(e, ERR_PEER, "the connection failed before");
        return IO_FAILED;
    }
    abort();
}

static enum io not_open(struct err *e)
{
    err_set(e, ERR_INTERNAL, "the connection is not open");
    return IO_FAILED;
}

static enum io broken(const char *what, int sys, struct err *e)
{
    err_sys(e, kind_of(sys), sys, "%s", what);
    return IO_FAILED;
}

static enum io tcp_read(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e)
{
    struct tcp *t = of(c);
    if (t->state != TCP_OPEN)
        return not_open(e);
    for (;;) {
        ssize_t n = recv(t->fd, p, cap, 0);
        if (n >= 0) {
            *ret_len = (size_t)n;
            return IO_DONE;
        }
        if (errno == EAGAIN)
            return IO_WANT_READ;
        if (errno != EINTR)
            return broken("reading from the peer", errno, e);
    }
}

static enum io tcp_write(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e)
{
    struct tcp *t = of(c);
    if (t->state != TCP_OPEN)
        return not_open(e);
    for (;;) {
        ssize_t n = send(t->fd, p, len, MSG_NOSIGNAL);
        if (n >= 0) {
            *ret_len = (size_t)n;
            return IO_DONE;
        }
        if (errno == EAGAIN)
            return IO_WANT_WRITE;
        if (errno != EINTR)
            return broken("writing to the peer", errno, e);
    }
}

static enum io tcp_finish(struct conn *c, struct err *e)
{
    struct tcp *t = of(c);
    if (t->state != TCP_OPEN)
        return not_open(e);
    if (!shutdown(t->fd, SHUT_WR))
        return IO_DONE;
    return broken("ending the stream", errno, e);
}

static bool tcp_pending(const struct conn *c)
{
    (void)c;
    return false; /* everything waits in the kernel */
}

static int tcp_fd(const struct conn *c)
{
    return CONTAINER_OF(c, const struct tcp, conn)->fd;
}

static struct conn *tcp_destroy(struct conn *c)
{
    struct tcp *t = of(c);
    if (t->fd >= 0)
        (void)close(t->fd);
    free(t->dial);
    free(t);
    return NULL;
}

static const struct conn_ops tcp_ops = {
    .name = "tcp",
    .handshake = tcp_handshake,
    .read = tcp_read,
    .write = tcp_write,
    .finish = tcp_finish,
    .pending = tcp_pending,
    .fd = tcp_fd,
    .destroy = tcp_destroy,
};

int tcp_socket(const struct conn *c)
{
    return c->ops == &tcp_ops ? tcp_fd(c) : -1;
}

typedef int name_call(int fd, struct sockaddr *sa, socklen_t *len);

static bool end_of(name_call *call, const struct conn *c, struct address *ret, struct err *e)
{
    struct sockaddr_storage sa = { 0 };
    socklen_t len = sizeof(sa);
    struct address a;
    if (call(conn_fd(c), (struct sockaddr *)&sa, &len))
        return err_sys(e, ERR_NOT_FOUND, errno, "asking for a connection's address");
    sockaddr_read((const struct sockaddr *)&sa, &a);
    if (a.family == ADDRESS_NONE)
        return err_set(e, ERR_NOT_FOUND, "the connection has no IP address");
    *ret = a;
    return true;
}

bool tcp_local(const struct conn *c, struct address *ret, struct err *e)
{
    return end_of(getsockname, c, ret, e);
}

bool tcp_peer(const struct conn *c, struct address *ret, struct err *e)
{
    return end_of(getpeername, c, ret, e);
}
