#include "net/proxy_conn.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/proxy_header.h"

enum proxy_state { PROXY_CONNECTING, PROXY_HEAD, PROXY_ADDRESSES, PROXY_SKIPPING, PROXY_OPEN, PROXY_BROKEN };

struct proxy {
    struct conn base;
    struct conn *under;      /* owned */
    struct address *client;  /* borrowed; NULL once it was told */
    enum proxy_state state;
    struct proxy_header header;
    size_t len;              /* bytes of the present part that have come */
    uint8_t bytes[64];       /* the fixed part, then the addresses, then what is skipped */
};

static struct proxy *self_of(const struct conn *c)
{
    return CONTAINER_OF((struct conn *)(uintptr_t)c, struct proxy, base);
}

/* Reads until so many bytes of the present part are there, and never one more. */
static enum io fill(struct proxy *p, size_t want, struct err *e)
{
    while (p->len < want) {
        size_t at = p->len % sizeof(p->bytes), room = sizeof(p->bytes) - at, got;
        enum io io = conn_read(p->under, p->bytes + at, want - p->len < room ? want - p->len : room, &got, e);
        if (io != IO_DONE)
            return io;
        if (!got) {
            (void)err_set(e, ERR_PEER, "PROXY protocol: the connection ended inside the header");
            return IO_FAILED;
        }
        p->len += got;
    }
    return IO_DONE;
}

/* The present part is complete: takes it and goes on to the next. */
static bool next_part(struct proxy *p, enum proxy_state next)
{
    p->state = next;
    p->len = 0;
    return true;
}

static bool take_part(struct proxy *p, struct err *e)
{
    switch (p->state) {
    case PROXY_CONNECTING:
        return next_part(p, PROXY_HEAD);
    case PROXY_HEAD:
        return proxy_header_parse(p->bytes, &p->header, e) && next_part(p, PROXY_ADDRESSES);
    case PROXY_ADDRESSES:
        if (!p->header.local)
            proxy_header_source(&p->header, p->bytes, p->client);
        return next_part(p, PROXY_SKIPPING);
    case PROXY_SKIPPING:
        p->client = NULL;
        return next_part(p, PROXY_OPEN);
    case PROXY_OPEN:
    case PROXY_BROKEN:
        break;
    }
    abort();
}

static enum io await_part(struct proxy *p, struct err *e)
{
    size_t addresses = proxy_header_addresses(&p->header);
    switch (p->state) {
    case PROXY_CONNECTING: return conn_handshake(p->under, e);
    case PROXY_HEAD:       return fill(p, PROXY_FIXED, e);
    case PROXY_ADDRESSES:  return fill(p, addresses, e);
    case PROXY_SKIPPING:   return fill(p, p->header.rest - addresses, e);
    case PROXY_OPEN:       return IO_DONE;
    case PROXY_BROKEN:
        (void)err_set(e, ERR_PEER, "PROXY protocol: there was no good header");
        return IO_FAILED;
    }
    abort();
}

static enum io handshake(struct conn *c, struct err *e)
{
    struct proxy *p = self_of(c);
    enum io io = IO_DONE;
    while (io == IO_DONE && p->state != PROXY_OPEN) {
        io = await_part(p, e);
        if (io == IO_FAILED || (io == IO_DONE && !take_part(p, e))) {
            p->state = PROXY_BROKEN;
            return IO_FAILED;
        }
    }
    return io;
}

/* Nothing goes either way before the header is there. */
static bool open_for(const struct proxy *p, struct err *e)
{
    return p->state == PROXY_OPEN || err_set(e, ERR_PEER, "PROXY protocol: the header has not come");
}

static enum io read_on(struct conn *c, void *to, size_t cap, size_t *ret_len, struct err *e)
{
    struct proxy *p = self_of(c);
    return open_for(p, e) ? conn_read(p->under, to, cap, ret_len, e) : IO_FAILED;
}

static enum io write_on(struct conn *c, const void *from, size_t len, size_t *ret_len, struct err *e)
{
    struct proxy *p = self_of(c);
    return open_for(p, e) ? conn_write(p->under, from, len, ret_len, e) : IO_FAILED;
}

static enum io finish(struct conn *c, struct err *e)
{
    return conn_finish(self_of(c)->under, e);
}

static bool pending(const struct conn *c)
{
    return conn_pending(self_of(c)->under);
}

static int fd_of(const struct conn *c)
{
    return conn_fd(self_of(c)->under);
}

static struct conn *destroy(struct conn *c)
{
    (void)conn_destroy(self_of(c)->under);
    free(self_of(c));
    return NULL;
}

struct conn *proxy_conn(struct conn *take_under, struct address *client)
{
    static const struct conn_ops ops = { .name = "proxy", .handshake = handshake, .read = read_on, .write = write_on, .finish = finish,
                                         .pending = pending, .fd = fd_of, .destroy = destroy };
    struct proxy *p = xcalloc(1, sizeof(*p));
    p->base.ops = &ops;
    p->under = take_under;
    p->client = client;
    return &p->base;
}
