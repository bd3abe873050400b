/* unit/net/proxy.h - PROXY protocol v2 headers for tests, made from their parts. */
#pragma once
#include <stdint.h>
#include <string.h>

enum { PROXY_MADE_MAX = 16 + 65535 };

struct proxy_made {
    uint8_t bytes[PROXY_MADE_MAX];
    size_t len;
};

/* command and family are the bytes of the wire; the rest is copied behind them. */
static inline void proxy_make(struct proxy_made *m, uint8_t command, uint8_t family, const void *rest, size_t len)
{
    memcpy(m->bytes, "\r\n\r\n\0\r\nQUIT\n", 12);
    m->bytes[12] = command;
    m->bytes[13] = family;
    m->bytes[14] = (uint8_t)(len >> 8);
    m->bytes[15] = (uint8_t)len;
    if (len)
        memcpy(m->bytes + 16, rest, len);
    m->len = 16 + len;
}
