#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gate/relay_parts.h"
#include "net/conn.h"

void relay_drop_held(struct relay_way_state *w)
{
    free(w->held);
    w->held = NULL;
    w->at = w->len = 0;
}

/* ---- writing ---- */

static struct conn *taker(const struct relay *r, enum relay_way way)
{
    return way == RELAY_UP ? r->host.conn : r->client.conn;
}

/* Writes until all is taken, or the taker has no room: *ret_len is what was. A record that others follow waits for them in the
 * kernel, so that the peer is woken once. */
enum io relay_put(struct conn *c, const uint8_t *p, size_t len, size_t *ret_len, struct err *e)
{
    enum io io = IO_DONE;
    size_t n;
    bool several = len > RELAY_RECORD;
    *ret_len = 0;
    while (io == IO_DONE && *ret_len < len) {
        if (several)
            conn_hint(c, len - *ret_len > RELAY_RECORD ? CONN_MORE : CONN_LAST);
        io = conn_write(c, p + *ret_len, len - *ret_len, &n, e);
        if (io == IO_DONE)
            *ret_len += n;
    }
    return io;
}

/* The taker of this way failed. What the host said before it broke off is still worth reading. */
static void no_taker(struct relay *r, enum relay_way way, const struct err *e)
{
    if (way == RELAY_DOWN) {
        relay_stop(r, RELAY_CLIENT, e);
        return;
    }
    r->ways[way].deaf = true;
    relay_drop_held(&r->ways[way]);
    relay_again(r);
}

/* Writes what is held. False: some still is, or nobody takes it. */
static bool flush(struct relay *r, enum relay_way way)
{
    struct relay_way_state *w = &r->ways[way];
    struct err e;
    size_t n;
    if (!w->len)
        return true;
    enum io io = relay_put(taker(r, way), w->held + w->at, w->len, &n, &e);
    w->at += n;
    w->len -= n;
    if (n)
        r->moved_ms = loop_now(r->deck->loop);
    if (io == IO_FAILED) {
        no_taker(r, way, &e);
        return false;
    }
    if (w->len)
        return false;
    relay_drop_held(w);
    return true;
}

void relay_hold(struct relay_way_state *w, const uint8_t *p, size_t len)
{
    w->held = xmalloc(len);
    memcpy(w->held, p, len);
    w->at = 0;
    w->len = len;
}

/* What was read goes on. False: not all of it, or nobody takes it. */
static bool pass(struct relay *r, enum relay_way way, const uint8_t *p, size_t len)
{
    struct relay_way_state *w = &r->ways[way];
    struct err e;
    size_t n;
    r->moved_ms = loop_now(r->deck->loop);
    __atomic_store_n(&w->bytes, w->bytes + len, __ATOMIC_RELAXED);
    if (r->config.tap)
        r->config.tap(r->config.self, way, p, len);
    if (way == RELAY_DOWN && r->frames && !ws_follow(r->frames, p, len, &e)) {
        (void)relay_put(r->client.conn, p, len, &n, NULL); /* the client may judge it; nothing legal can follow */
        relay_stop(r, RELAY_HOST, &e);
        return false;
    }
    enum io io = relay_put(taker(r, way), p, len, &n, &e);
    if (io == IO_FAILED) {
        no_taker(r, way, &e);
        return false;
    }
    if (n < len)
        relay_hold(w, p + n, len - n);
    return n == len;
}

/* ---- reading ---- */

static void reader_ended(struct relay *r, enum relay_way way)
{
    struct err e;
    r->ways[way].ended = true;
    if (!r->config.frames)
        return; /* passed on by finish_way */
    if (way == RELAY_UP) {
        relay_stop(r, RELAY_CLIENT, NULL);
        return;
    }
    if (r->frames->closed) {
        relay_stop(r, RELAY_DONE, NULL);
        return;
    }
    (void)err_set(&e, ERR_PEER, "the host ended the connection without a WebSocket Close");
    relay_stop(r, RELAY_HOST, &e);
}

static void reader_failed(struct relay *r, enum relay_way way, const struct err *e)
{
    relay_stop(r, way == RELAY_UP ? RELAY_CLIENT : r->frames && r->frames->closed ? RELAY_DONE : RELAY_HOST, e);
}

/* Fills the scratch as long as whole records come. False: the reader ended or failed, after the *ret_len bytes. */
static enum io gather(struct relay *r, struct conn *from, size_t *ret_len, bool *ret_ended, struct err *e)
{
    enum io io;
    size_t n;
    *ret_len = 0;
    *ret_ended = false;
    do {
        io = conn_read(from, r->deck->scratch + *ret_len, RELAY_SCRATCH - *ret_len, &n, e);
        if (io != IO_DONE)
            return io;
        *ret_len += n;
        *ret_ended = !n;
    } while (n >= RELAY_RECORD && RELAY_SCRATCH - *ret_len >= RELAY_RECORD);
    return IO_DONE;
}

/* An end that was read is told to the other side (bytes only). */
static void finish_way(struct relay *r, enum relay_way way)
{
    struct relay_way_state *w = &r->ways[way];
    struct err e;
    if (!w->finished) {
        enum io io = w->deaf ? IO_DONE : conn_finish(taker(r, way), &e);
        if (io == IO_FAILED) {
            no_taker(r, way, &e);
            return;
        }
        w->finished = io == IO_DONE;
    }
    if (r->ways[RELAY_UP].finished && r->ways[RELAY_DOWN].finished)
        relay_stop(r, RELAY_DONE, NULL);
}

/* It takes nothing any more, and has nothing left to say. */
static void host_is_deaf(struct relay *r)
{
    struct err e;
    (void)err_set(&e, ERR_PEER, "the host broke the connection off");
    relay_stop(r, RELAY_HOST, &e);
}

/* Moves what can be moved one way. True: there may be more, it only gave way to others. */
bool relay_pump(struct relay *r, enum relay_way way)
{
    struct relay_way_state *w = &r->ways[way];
    struct conn *from = way == RELAY_UP ? r->client.conn : r->host.conn;
    for (int round = 0; round < RELAY_ROUNDS; round++) {
        struct err e;
        size_t len;
        bool ended;
        if (r->state != RELAY_PUMPING || !flush(r, way) || (w->deaf && r->config.frames))
            return false;
        if (w->ended) {
            finish_way(r, way);
            return false;
        }
        enum io io = gather(r, from, &len, &ended, &e);
        if (len && !w->deaf && !pass(r, way, r->deck->scratch, len))
            return false;
        if (r->state != RELAY_PUMPING)
            return false;
        if (io == IO_FAILED) {
            reader_failed(r, way, &e);
            return false;
        }
        if (io != IO_DONE) {
            if (way == RELAY_DOWN && r->config.frames && r->ways[RELAY_UP].deaf)
                host_is_deaf(r);
            return false;
        }
        if (ended)
            reader_ended(r, way);
        else if (conn_dry(from))
            return false;
    }
    return r->state == RELAY_PUMPING;
}
