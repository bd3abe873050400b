#include "net/silent.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/conn.h"

struct silent {
    struct conn base;
    int fd; /* an event that nobody raises: something to wait on */
};

static struct silent *self_of(const struct conn *c)
{
    return CONTAINER_OF((struct conn *)(uintptr_t)c, struct silent, base);
}

static enum io wait_for_ever(struct conn *c, struct err *e)
{
    (void)c;
    (void)e;
    return IO_WANT_READ;
}

static enum io no_read(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e)
{
    (void)p;
    (void)cap;
    (void)ret_len;
    return wait_for_ever(c, e);
}

static enum io no_write(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e)
{
    (void)p;
    (void)len;
    (void)ret_len;
    return wait_for_ever(c, e);
}

static bool nothing_pending(const struct conn *c)
{
    (void)c;
    return false;
}

static int fd_of(const struct conn *c)
{
    return self_of(c)->fd;
}

static struct conn *destroy(struct conn *c)
{
    (void)close(self_of(c)->fd);
    free(self_of(c));
    return NULL;
}

struct conn *silent_conn(struct err *e)
{
    static const struct conn_ops ops = { .name = "silent", .handshake = wait_for_ever, .read = no_read, .write = no_write,
                                         .finish = wait_for_ever, .pending = nothing_pending, .fd = fd_of, .destroy = destroy };
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        (void)err_sys(e, ERR_LIMIT, errno, "a descriptor to wait on");
        return NULL;
    }
    struct silent *s = xcalloc(1, sizeof(*s));
    s->base.ops = &ops;
    s->fd = fd;
    return &s->base;
}
