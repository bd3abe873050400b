/* http/call.h - one request and its whole answer, waited for: for pool threads and the CLI, never for a loop.
 * Called by vim, flow and cli. The connection is made, verified and kept by the caller. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "http/client.h"

struct http_reply {
    const struct http1_head *head; /* all of it lives in the arena */
    const uint8_t *body;           /* a NUL follows that is not counted */
    size_t body_len;
};

/* body_max 0 = HTTP_CALL_BODY_MAX; past it ERR_LIMIT. deadline_ms as io_run takes it. A status of 400 and more is an
 * answer like any other. Afterwards http_client_ready says whether the connection may be used again. */
MUST_USE bool http_call(struct http_client *c, const struct http_send *s, size_t body_max, int64_t deadline_ms,
                        struct arena *a, struct http_reply *ret, struct err *e);
