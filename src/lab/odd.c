#include "lab/odd.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/ring.h"
#include "lab/estate.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/drive.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "net/tls_server.h"

enum { BLOCK = 4096 };

enum way { SILENT, SLOW, DRIP, HANGING, RESETTING, GARBAGE, OVERSIZED };

struct lab_odd {
    struct loop *loop;
    struct tls_server *tls;
    void (*serve)(void *self, struct conn *take, const struct address *peer);
    void *self;
    struct ring peers;
    size_t len;
};

struct odd_peer {
    struct ring ring;
    struct lab_odd *odd;
    struct conn *conn; /* owned */
    struct address address;
    enum way way;
    bool shaken, asked, reset;
    bool may_say;      /* one more byte of a dripping answer */
    size_t said;       /* bytes of the answer, or of the repeated part */
    struct loop_timer timer;
    struct drive drive;
    struct loop_task burial;
};

/* The header of an answer, and what stands behind it again and again. */
static const char drip_head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n";
static const char endless_head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n";
static const char endless_chunk[] = "40\r\n<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>.\r\n";
static const char garbage[] = "SSH-2.0-OpenSSH_9.2p1\r\n\x00\xff\x15\x03\x09\x00\x02GARBAGE\r\n";

/* What a peer sends in vain. */
static enum io discard(struct odd_peer *p, struct err *e)
{
    uint8_t block[BLOCK];
    for (;;) {
        size_t len;
        enum io io = conn_read(p->conn, block, sizeof(block), &len, e);
        if (io != IO_DONE || !len)
            return io;
        p->asked = true;
    }
}

static enum io say(struct odd_peer *p, const char *text, size_t len, struct err *e)
{
    while (p->said < len) {
        size_t done;
        enum io io = conn_write(p->conn, text + p->said, len - p->said, &done, e);
        if (io != IO_DONE)
            return io;
        p->said += done;
    }
    return IO_DONE;
}

static enum io drip(struct odd_peer *p, struct err *e)
{
    size_t done;
    const char *next = p->said < strlen(drip_head) ? drip_head + p->said : ".";
    if (!p->may_say)
        return IO_WANT_READ;
    enum io io = conn_write(p->conn, next, 1, &done, e);
    if (io != IO_DONE)
        return io;
    p->said++;
    p->may_say = false;
    loop_timer_start(p->odd->loop, &p->timer, LAB_ODD_DRIP_MS);
    return IO_WANT_READ;
}

/* The rest of the answer, so much at a time that others get their turn. */
static enum io endless(struct odd_peer *p, struct err *e)
{
    size_t head = strlen(endless_head), chunk = strlen(endless_chunk);
    enum io io = p->said < head ? say(p, endless_head, head, e) : IO_DONE;
    for (int i = 0; io == IO_DONE && i < BLOCK; i++) {
        size_t done, at = (p->said - head) % chunk;
        io = conn_write(p->conn, endless_chunk + at, chunk - at, &done, e);
        if (io == IO_DONE)
            p->said += done;
    }
    if (io == IO_DONE)
        drive_wake(&p->drive);
    return io == IO_DONE ? IO_WANT_WRITE : io;
}

static enum io answer(struct odd_peer *p, struct err *e)
{
    enum io io;
    switch (p->way) {
    case DRIP:
        return drip(p, e);
    case OVERSIZED:
        return endless(p, e);
    case RESETTING:
        p->reset = true;
        return say(p, drip_head, strlen(drip_head), e);
    case GARBAGE:
        io = say(p, garbage, sizeof(garbage) - 1, e);
        return io == IO_DONE ? IO_WANT_READ : io; /* whoever can't read it closes */
    case SILENT:
    case SLOW:
    case HANGING:
        break;
    }
    return IO_WANT_READ;
}

static enum io step(void *self, struct err *e)
{
    struct odd_peer *p = self;
    if (!p->shaken) {
        enum io io = conn_handshake(p->conn, e);
        if (io != IO_DONE)
            return io;
        p->shaken = true;
    }
    if (p->way == SLOW) /* its bytes wait for the handshake that comes */
        return IO_WANT_READ;
    enum io io = discard(p, e);
    if (io != IO_WANT_READ)
        return io;
    return p->asked ? answer(p, e) : IO_WANT_READ;
}

static int fd(const void *self)
{
    const struct odd_peer *p = self;
    return conn_fd(p->conn);
}

static const struct io_op misbehaving = { step, fd };

static void bury(struct loop_task *t)
{
    struct odd_peer *p = CONTAINER_OF(t, struct odd_peer, burial);
    if (p->reset)
        tcp_reset(p->conn);
    else
        (void)conn_destroy(p->conn);
    free(p);
}

static void ended(struct drive *d, enum drive_end how UNUSED, const struct err *e UNUSED)
{
    struct odd_peer *p = CONTAINER_OF(d, struct odd_peer, drive);
    struct conn *waited = p->way == SLOW && p->may_say ? STEAL(p->conn) : NULL;
    ring_take(&p->ring);
    p->odd->len--;
    loop_timer_stop(&p->timer);
    p->burial.run = bury;
    loop_bury(p->odd->loop, &p->burial);
    if (waited)
        p->odd->serve(p->odd->self, waited, &p->address);
}

static void fired(struct loop_timer *t)
{
    struct odd_peer *p = CONTAINER_OF(t, struct odd_peer, timer);
    p->may_say = true;
    if (p->way == SLOW)
        drive_cancel(&p->drive); /* from here on it is served like any other */
    else
        drive_wake(&p->drive);
}

struct lab_odd *lab_odd_create(struct loop *l, struct tls_server *tls,
                               void (*serve)(void *self, struct conn *take, const struct address *peer), void *self)
{
    struct lab_odd *o = xcalloc(1, sizeof(*o));
    o->loop = l;
    o->tls = tls;
    o->serve = serve;
    o->self = self;
    ring_init(&o->peers);
    return o;
}

struct lab_odd *lab_odd_destroy(struct lab_odd *o)
{
    if (!o)
        return NULL;
    while (!ring_empty(&o->peers))
        drive_cancel(&CONTAINER_OF(o->peers.next, struct odd_peer, ring)->drive);
    free(o);
    return NULL;
}

bool lab_odd_take(struct lab_odd *o, unsigned faults, struct conn *take, const struct address *peer)
{
    static const struct {
        unsigned fault;
        enum way way;
        bool tls;
    } ways[] = {
        { LAB_FAULT_SILENT, SILENT, false }, { LAB_FAULT_GARBAGE, GARBAGE, false }, { LAB_FAULT_SLOW, SLOW, false },
        { LAB_FAULT_HANGING, HANGING, true }, { LAB_FAULT_DRIP, DRIP, true }, { LAB_FAULT_RESETTING, RESETTING, true },
        { LAB_FAULT_OVERSIZED, OVERSIZED, true },
    };
    size_t n = 0;
    while (n < ARRAY_LEN(ways) && !(faults & ways[n].fault))
        n++;
    if (n == ARRAY_LEN(ways))
        return false;
    if (o->len == LAB_ODD_MAX) {
        tcp_reset(take);
        return true;
    }
    struct odd_peer *p = xcalloc(1, sizeof(*p));
    p->odd = o;
    p->way = ways[n].way;
    p->address = *peer;
    p->may_say = p->way == DRIP;
    p->conn = ways[n].tls ? tls_server_conn(o->tls, take) : take;
    p->timer.fired = fired;
    ring_put(&o->peers, &p->ring);
    o->len++;
    if (p->way == SLOW)
        loop_timer_start(o->loop, &p->timer, LAB_ODD_SLOW_MS);
    drive_start(&p->drive, o->loop, &misbehaving, p, 0, ended);
    return true;
}
