#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "gate/relay_parts.h"
#include "net/conn.h"

/* ---- closing ---- */

/* What goes to the client behind what is held: zeros for a frame that was cut, then the Close. */
static enum io put_tail(struct relay *r, struct err *e)
{
    static const uint8_t zeros[4096];
    enum io io = IO_DONE;
    size_t n;
    while (io == IO_DONE && r->fill) {
        io = relay_put(r->client.conn, zeros, r->fill < sizeof(zeros) ? (size_t)r->fill : sizeof(zeros), &n, e);
        r->fill -= n;
    }
    if (io == IO_DONE && r->tail_at < r->tail.len) {
        io = relay_put(r->client.conn, r->tail.data + r->tail_at, r->tail.len - r->tail_at, &n, e);
        r->tail_at += n;
    }
    return io;
}

static enum io farewell(struct relay *r, struct err *e)
{
    struct relay_way_state *w = &r->ways[RELAY_DOWN];
    size_t n;
    if (w->len) {
        enum io io = relay_put(r->client.conn, w->held + w->at, w->len, &n, e);
        w->at += n;
        w->len -= n;
        if (io != IO_DONE)
            return io;
    }
    enum io io = put_tail(r, e);
    return io == IO_DONE && !w->finished ? conn_finish(r->client.conn, e) : io;
}

void relay_say_close(struct relay *r)
{
    struct err e;
    size_t len;
    bool ended = r->ways[RELAY_UP].ended;
    enum io io = IO_DONE;
    if (r->state == RELAY_CLOSING) {
        io = farewell(r, &e);
        if (io != IO_DONE && io != IO_FAILED)
            return;
        r->state = RELAY_LINGERING;
    }
    for (int round = 0; io == IO_DONE && !ended && round < RELAY_ROUNDS; round++) {
        io = conn_read(r->client.conn, r->deck->scratch, RELAY_SCRATCH, &len, &e);
        ended = io == IO_DONE && !len;
    }
    if (ended || io == IO_FAILED)
        relay_over(r);
    else if (io == IO_DONE)
        relay_again(r);
}

/* A Close, and what must stand before it. */
static void write_close(struct relay *r, uint16_t code, const char *reason)
{
    struct relay_way_state *w = &r->ways[RELAY_DOWN];
    uint8_t head[WS_HEAD_MAX];
    size_t len;
    bool closed;
    struct err e;
    if (!ws_rest(r->frames, head, &len, &r->fill, &closed) || r->fill > RELAY_FILL_MAX) {
        r->fill = 0;
        return;
    }
    if (len) {
        uint8_t *held = xmalloc(w->len + len);
        if (w->len)
            memcpy(held, w->held + w->at, w->len);
        memcpy(held + w->len, head, len);
        len += w->len;
        relay_drop_held(w);
        w->held = held;
        w->len = len;
    }
    bool ok = closed || ws_write_close(&r->tail, code, reason, NULL, &e);
    assert(ok); /* the codes are constants that may be sent, and there is room */
    (void)ok;
}

void relay_close(struct relay *r, uint16_t code, const char *reason)
{
    assert(r->state == RELAY_WAITING);
    r->state = RELAY_CLOSING;
    if (code && r->frames)
        write_close(r, code, reason);
    r->ends_ms = loop_now(r->deck->loop) + RELAY_CLOSE_MS;
    loop_timer_start(r->deck->loop, &r->timer, RELAY_CLOSE_MS);
    relay_again(r); /* the caller is not called back from within */
}
