/* A connection of a load balancer: in whatever pieces its bytes come, it opens exactly when they begin with a good header, what is
 * read then is what follows it, and the client is the one that the header names. */
#include "net/proxy_header.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "net/memory.h"
#include "net/proxy_conn.h"

/* Bytes of the header that these bytes begin with; 0: none that is whole and good. */
static size_t header_len(const uint8_t *data, size_t size, struct proxy_header *h)
{
    struct err e;
    if (size < PROXY_FIXED || !proxy_header_parse(data, h, &e))
        return 0;
    MUST(h->rest <= PROXY_REST_MAX && proxy_header_addresses(h) <= h->rest);
    return size - PROXY_FIXED < h->rest ? 0 : PROXY_FIXED + h->rest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conn *balancer, *under;
    struct address client = { .family = ADDRESS_V4, .port = 1 }, named = client;
    struct proxy_header h;
    struct err e;
    size_t len, chunk = size ? (size_t)data[size - 1] + 1 : 1;
    if (!size || size > PROXY_FIXED + PROXY_REST_MAX + 64)
        return 0;
    memory_pair(size + 1, &balancer, &under);
    memory_chunk(under, chunk, SIZE_MAX);
    struct conn *c = proxy_conn(under, &client);
    MUST(conn_write(balancer, data, size, &len, &e) == IO_DONE && len == size);
    enum io io = conn_handshake(c, &e);
    size_t header = header_len(data, size, &h);
    MUST((io == IO_DONE) == (header > 0));
    if (io == IO_DONE && !h.local)
        proxy_header_source(&h, data + PROXY_FIXED, &named);
    if (io == IO_DONE)
        MUST(address_same_ip(&client, &named) && client.port == named.port && client.family == named.family);
    uint8_t got[512];
    for (size_t at = header; io == IO_DONE && at < size; at += len)
        MUST(conn_read(c, got, sizeof(got), &len, &e) == IO_DONE && len && !memcmp(got, data + at, len));
    (void)conn_destroy(c);
    (void)conn_destroy(balancer);
    return 0;
}
