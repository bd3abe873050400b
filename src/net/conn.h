/* net/conn.h - a byte stream: TCP, TLS over TCP, and two ends in memory look alike.
 * Everything above speaks to a struct conn and never to a socket or an SSL. All calls are non-blocking: they
 * answer IO_DONE, or what to wait for on conn_fd. A read that is DONE with 0 bytes is the peer's orderly end.
 *
 * A conn has one owner and one thread at a time. The handshake of a TLS client connection asks trust_decide
 * before any byte of the application can be written; see net/tls.h. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/io.h"

struct conn;

/* What whoever pumps many bytes knows and a connection can use; none of it changes what is read or written. */
enum conn_hint {
    CONN_EDGES, /* from now on each event of the descriptor is told: between two of them a socket that gave less than it was
                 * asked for need not be asked again (epoll(7)) */
    CONN_EVENT, /* .. there was one */
    CONN_ENDING, /* .. and it said that the peer has ended, or the connection failed: reads go on to the end */
    CONN_MORE,  /* what is written from now on is followed by more at once */
    CONN_LAST,  /* .. but for the next write */
};

struct conn_ops {
    const char *name; /* "tcp", "tls", "memory" */
    /* Connects and shakes hands; repeat until DONE or FAILED. DONE at once when there is nothing to do. */
    enum io (*handshake)(struct conn *c, struct err *e);
    enum io (*read)(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e);
    /* Writes at least one byte, or says what to wait for; then the same bytes are offered again, from wherever they
     * are by now, perhaps with more behind them, never with fewer. */
    enum io (*write)(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e);
    /* Says "no more from me" (TCP half close, TLS close_notify); reading goes on. */
    enum io (*finish)(struct conn *c, struct err *e);
    /* True when a read would give bytes although the descriptor is silent (decrypted already). */
    bool (*pending)(const struct conn *c);
    int (*fd)(const struct conn *c);
    void (*hint)(struct conn *c, enum conn_hint hint); /* NULL: it has no use for one */
    /* True when a read would say IO_WANT_READ for sure; never before CONN_EDGES. NULL: it can't tell. */
    bool (*dry)(const struct conn *c);
    struct conn *(*destroy)(struct conn *c);
};

/* First member of every implementation. */
struct conn {
    const struct conn_ops *ops;
};

enum io conn_handshake(struct conn *c, struct err *e);
enum io conn_read(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e);
enum io conn_write(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e);
enum io conn_finish(struct conn *c, struct err *e);
bool conn_pending(const struct conn *c);
int conn_fd(const struct conn *c);
void conn_hint(struct conn *c, enum conn_hint hint);
bool conn_dry(const struct conn *c); /* a read may be left out: it would only wait */
/* The handshake as an operation for either driver (net/io.h, net/drive.h); self is the struct conn. */
extern const struct io_op conn_shaking;

struct conn *conn_destroy(struct conn *c); /* NULL in, NULL out; closes without ceremony */
DEFINE_AUTO(conn_destroyp, struct conn *, conn_destroy)
