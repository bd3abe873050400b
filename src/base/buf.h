/* base/buf.h - bytes that grow, but never past the maximum given at birth.
 * Everything that comes from outside grows in one of these; reaching the maximum is an ordinary ERR_LIMIT. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
    uint8_t *data; /* owned; NULL while empty. Always followed by a NUL that is not counted */
    size_t len;
    size_t cap;
    size_t max; /* len never exceeds it */
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b); /* frees; keeps max, so the buffer can be used again */

MUST_USE bool buf_append(struct buf *b, const void *p, size_t len, struct err *e);
MUST_USE bool buf_puts(struct buf *b, const char *s, struct err *e);
MUST_USE bool buf_printf(struct buf *b, struct err *e, const char *fmt, ...) PRINTF(3, 4);

/* Makes room for len more bytes and returns where they go; buf_commit says how many were written. */
MUST_USE bool buf_reserve(struct buf *b, size_t len, uint8_t **ret_at, struct err *e);
void buf_commit(struct buf *b, size_t len);

/* Drops the first len bytes (len <= b->len), moving the rest down. */
void buf_consume(struct buf *b, size_t len);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *b);

/* The content as a NUL-terminated string; "" while empty. Borrowed until the next change. */
const char *buf_str(const struct buf *b);
