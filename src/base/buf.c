#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

void buf_done(struct buf *b)
{
    free(b->data);
    *b = (struct buf){ .max = b->max };
}

bool buf_reserve(struct buf *b, size_t len, uint8_t **ret_at, struct err *e)
{
    if (len > b->max - b->len)
        return err_set(e, ERR_LIMIT, "more than %zu bytes", b->max);
    if (b->cap - b->len < len + 1) {
        size_t want = b->cap ? b->cap * 2 : 256;
        if (want < b->len + len + 1)
            want = b->len + len + 1;
        if (want > b->max + 1)
            want = b->max + 1;
        b->data = xrealloc(b->data, want);
        b->cap = want;
        b->data[b->len] = '\0'; /* nothing may ever be committed */
    }
    *ret_at = b->data + b->len;
    return true;
}

void buf_commit(struct buf *b, size_t len)
{
    assert(b->len + len < b->cap);
    b->len += len;
    b->data[b->len] = '\0';
}

bool buf_append(struct buf *b, const void *p, size_t len, struct err *e)
{
    uint8_t *at;
    if (!buf_reserve(b, len, &at, e))
        return false;
    if (len)
        memcpy(at, p, len);
    buf_commit(b, len);
    return true;
}

bool buf_puts(struct buf *b, const char *s, struct err *e)
{
    return buf_append(b, s, strlen(s), e);
}

bool buf_printf(struct buf *b, struct err *e, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    uint8_t *at = NULL;
    bool ok = len >= 0 && buf_reserve(b, (size_t)len, &at, e);
    if (ok) {
        (void)vsnprintf((char *)at, (size_t)len + 1, fmt, again);
        buf_commit(b, (size_t)len);
    }
    va_end(again);
    return ok;
}

void buf_consume(struct buf *b, size_t len)
{
    assert(len <= b->len);
    if (!len)
        return;
    memmove(b->data, b->data + len, b->len - len);
    b->len -= len;
    b->data[b->len] = '\0';
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

const char *buf_str(const struct buf *b)
{
    return b->data ? (const char *)b->data : "";
}
