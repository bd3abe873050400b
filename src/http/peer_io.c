#include <stdlib.h>

#include "base/mem.h"
#include "base/secret.h"
#include "http/peer.h"
#include "net/conn.h"

/* One TLS record at a time; a body that is larger than the larger buffer gets it. */
static size_t read_size(const struct peer *p)
{
    const struct http1_head *h = &p->reader.head;
    bool large = p->state == PEER_EXCHANGE && p->x.body_wanted &&
                 (h->framing == HTTP1_CHUNKED || h->length > HTTP_STREAM_SIZE);
    return large ? HTTP_STREAM_SIZE : HTTP_READ_SIZE;
}

enum io peer_read(struct peer *p, struct err *e)
{
    size_t want = read_size(p), len = 0;
    if (p->in_cap < want) {
        peer_free_input(p);
        p->in = xmalloc(want);
        p->in_cap = want;
    }
    p->in_at = p->in_len = 0;
    enum io io = conn_read(p->conn, p->in, p->in_cap, &len, e);
    if (io != IO_DONE)
        return io;
    p->in_len = len;
    p->in_most = len > p->in_most ? len : p->in_most;
    p->moved += len;
    p->in_ended = !len;
    return IO_DONE;
}

bool peer_unsent(const struct peer *p)
{
    return p->out_at < p->out.len || p->x.tail_len;
}

enum io peer_flush(struct peer *p, struct err *e)
{
    size_t len;
    while (p->out_at < p->out.len) {
        enum io io = conn_write(p->conn, p->out.data + p->out_at, p->out.len - p->out_at, &len, e);
        if (io != IO_DONE)
            return io;
        p->out_at += len;
        p->moved += len;
    }
    buf_clear(&p->out);
    p->out_at = 0;
    while (p->x.tail_len) {
        enum io io = conn_write(p->conn, p->x.tail, p->x.tail_len, &len, e);
        if (io != IO_DONE)
            return io;
        p->x.tail += len;
        p->x.tail_len -= len;
        p->moved += len;
    }
    return IO_DONE;
}

void peer_free_input(struct peer *p)
{
    if (p->in)
        secret_wipe(p->in, p->in_most); /* it may have held a password or a session */
    free(p->in);
    p->in = NULL;
    p->in_at = p->in_len = p->in_cap = p->in_most = 0;
}

void peer_free_buffers(struct peer *p)
{
    if (p->in_at == p->in_len)
        peer_free_input(p);
    if (!p->out.len)
        buf_done(&p->out);
    http1_trim(&p->reader);
}
