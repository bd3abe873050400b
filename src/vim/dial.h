/* vim/dial.h - how an endpoint comes by its connections: over TLS (dial_tls.c), or from a test's script.
 * Used by endpoint.c and the unit tests only. A slot is held by one thread at a time, so what a dialer keeps for each
 * slot needs no lock. */
#pragma once
#include "vim/endpoint.h"

struct conn;
struct vim_dialer;

struct vim_dialer_ops {
    /* A connection that may be written to: verified, handshake done. */
    bool (*dial)(struct vim_dialer *d, unsigned slot, int64_t deadline_ms, struct conn **ret, struct err *e);
    /* May it still be used? Decides again when the live set's generation differs from *generation, which is 0 at first
     * and the dialer's to set. */
    bool (*believed)(struct vim_dialer *d, const struct conn *c, uint64_t *generation);
    bool (*verdict)(struct vim_dialer *d, struct trust_verdict *ret);
    struct chain *(*chain)(struct vim_dialer *d);
    int64_t (*now_ms)(const struct vim_dialer *d); /* by which kept connections age: clock_mono_ms, or a test's */
    struct vim_dialer *(*destroy)(struct vim_dialer *d);
};

struct vim_dialer {
    const struct vim_dialer_ops *ops;
};

/* When what begins now has to be done: after *ms (NULL or 0 there: `otherwise`), or earlier when the call ends earlier. */
int64_t vim_dial_until(int64_t now_ms, const int64_t *ms, int64_t otherwise, int64_t deadline_ms);

MUST_USE bool vim_dial_tls(const struct vim_peer *p, struct vim_dialer **ret, struct err *e);

/* host and port for the Host field and error texts. */
struct vim_endpoint *vim_endpoint_over(struct vim_dialer *take, const char *host, uint16_t port);
