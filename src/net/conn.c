#include "net/conn.h"

#include <assert.h>

enum io conn_handshake(struct conn *c, struct err *e)
{
    return c->ops->handshake(c, e);
}

enum io conn_read(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e)
{
    assert(cap); /* 0 bytes read mean the peer's end, so nobody may ask for none */
    return c->ops->read(c, p, cap, ret_len, e);
}

enum io conn_write(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e)
{
    assert(len);
    return c->ops->write(c, p, len, ret_len, e);
}

enum io conn_finish(struct conn *c, struct err *e)
{
    return c->ops->finish(c, e);
}

bool conn_pending(const struct conn *c)
{
    return c->ops->pending(c);
}

int conn_fd(const struct conn *c)
{
    return c->ops->fd(c);
}

void conn_hint(struct conn *c, enum conn_hint hint)
{
    if (c->ops->hint)
        c->ops->hint(c, hint);
}

bool conn_dry(const struct conn *c)
{
    return c->ops->dry && c->ops->dry(c);
}

static enum io shaking_step(void *self, struct err *e)
{
    return conn_handshake(self, e);
}

static int shaking_fd(const void *self)
{
    return conn_fd(self);
}

const struct io_op conn_shaking = { shaking_step, shaking_fd };

struct conn *conn_destroy(struct conn *c)
{
    return c ? c->ops->destroy(c) : NULL;
}
