#include "net/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

/* One end, with the bytes on their way to it in a ring. */
struct memory {
    struct conn conn;
    struct memory *peer; /* NULL once destroyed */
    int event;           /* -1 until memory_watchable */
    bool ended;          /* no more bytes will come */
    bool finished;       /* this end said so itself */
    size_t read_max, write_max, admit, truncate;
    size_t sent, taken; /* bytes that came in, bytes read, since the beginning */
    size_t cap;
    uint8_t ring[];
};

static const struct conn_ops memory_ops;

static struct memory *of(struct conn *c)
{
    assert(c->ops == &memory_ops);
    return CONTAINER_OF(c, struct memory, conn);
}

static const struct memory *of_const(const struct conn *c)
{
    assert(c->ops == &memory_ops);
    return CONTAINER_OF(c, const struct memory, conn);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void ring_bell(struct memory *m)
{
    if (!m || m->event < 0)
        return;
    uint64_t one = 1;
    ssize_t done = write(m->event, &one, sizeof(one));
    (void)done; /* full: the edge is there already */
}

static enum io memory_handshake(struct conn *c, struct err *e)
{
    (void)c;
    (void)e;
    return IO_DONE;
}

/* How much this end may read now. */
static size_t readable(const struct memory *m)
{
    size_t limit = least(least(m->admit, m->truncate), m->sent);
    return limit > m->taken ? limit - m->taken : 0;
}

static enum io memory_read(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e)
{
    (void)e;
    struct memory *m = of(c);
    size_t n = least(least(cap, m->read_max), readable(m));
    if (!n) {
        bool at_end = m->taken >= m->truncate || (m->ended && m->taken == m->sent);
        if (!at_end)
            return IO_WANT_READ;
        *ret_len = 0;
        return IO_DONE;
    }
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = m->ring[(m->taken + i) % m->cap];
    m->taken += n;
    *ret_len = n;
    ring_bell(m->peer);
    return IO_DONE;
}

static enum io memory_write(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e)
{
    struct memory *m = of(c), *to = m->peer;
    if (m->finished) {
        err_set(e, ERR_INTERNAL, "writing after the end was said");
        return IO_FAILED;
    }
    if (!to) {
        err_set(e, ERR_PEER, "the other end is closed");
        return IO_FAILED;
    }
    size_t n = least(least(len, m->write_max), to->cap - (to->sent - to->taken));
    if (!n)
        return IO_WANT_WRITE;
    for (size_t i = 0; i < n; i++)
        to->ring[(to->sent + i) % to->cap] = ((const uint8_t *)p)[i];
    to->sent += n;
    *ret_len = n;
    ring_bell(to);
    return IO_DONE;
}

static enum io memory_finish(struct conn *c, struct err *e)
{
    (void)e;
    struct memory *m = of(c);
    m->finished = true;
    if (m->peer) {
        m->peer->ended = true;
        ring_bell(m->peer);
    }
    return IO_DONE;
}

static bool memory_pending(const struct conn *c)
{
    return readable(of_const(c)) > 0;
}

static int memory_fd(const struct conn *c)
{
    return of_const(c)->event;
}

static struct conn *memory_destroy(struct conn *c)
{
    struct memory *m = of(c);
    if (m->peer) {
        m->peer->ended = true;
        m->peer->peer = NULL;
        ring_bell(m->peer);
    }
    if (m->event >= 0)
        (void)close(m->event);
    free(m);
    return NULL;
}

static const struct conn_ops memory_ops = {
    .name = "memory",
    .handshake = memory_handshake,
    .read = memory_read,
    .write = memory_write,
    .finish = memory_finish,
    .pending = memory_pending,
    .fd = memory_fd,
    .destroy = memory_destroy,
};

static struct memory *end_create(size_t cap)
{
    struct memory *m = xcalloc(1, sizeof(*m) + cap);
    m->conn.ops = &memory_ops;
    m->event = -1;
    m->cap = cap;
    m->read_max = m->write_max = m->admit = m->truncate = SIZE_MAX;
    return m;
}

void memory_pair(size_t cap, struct conn **ret_a, struct conn **ret_b)
{
    assert(cap > 0);
    struct memory *a = end_create(cap), *b = end_create(cap);
    a->peer = b;
    b->peer = a;
    *ret_a = &a->conn;
    *ret_b = &b->conn;
}

void memory_chunk(struct conn *c, size_t read_max, size_t write_max)
{
    assert(read_max && write_max);
    struct memory *m = of(c);
    m->read_max = read_max;
    m->write_max = write_max;
}

void memory_admit(struct conn *c, size_t total)
{
    of(c)->admit = total;
    ring_bell(of(c));
}

void memory_truncate(struct conn *c, size_t total)
{
    of(c)->truncate = total;
    ring_bell(of(c));
}

size_t memory_sent(const struct conn *c)
{
    return of_const(c)->sent;
}

bool memory_watchable(struct conn *c, struct err *e)
{
    struct memory *m = of(c);
    if (m->event < 0)
        m->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return m->event >= 0 || err_sys(e, ERR_LIMIT, errno, "making a descriptor for a memory connection");
}
