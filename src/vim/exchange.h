/* vim/exchange.h - one HTTP/1.1 request and its answer over a connection that is there already. Used by endpoint.c only.
 * Blocks through io_run. What was sent is wiped: it may have held a password or a session. */
#pragma once
#include "vim/endpoint.h"

struct conn;

struct vim_exchange_end {
    bool keep;        /* the connection may carry another request */
    bool unanswered;  /* it broke off before the first byte of an answer */
};

/* What to send, and within what; all borrowed. */
struct vim_exchange_ask {
    const char *host_field;
    const struct vim_request *rq;
    int64_t deadline_ms;
    struct arena *arena; /* for the answer */
};

MUST_USE bool vim_exchange(struct conn *c, const struct vim_exchange_ask *ask, struct vim_answer *ret,
                           struct vim_exchange_end *ret_end, struct err *e);
