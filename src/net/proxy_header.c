#include "net/proxy_header.h"

#include <string.h>

enum { COMMAND_LOCAL = 0x20, COMMAND_PROXY = 0x21, TCP_V4 = 0x11, TCP_V6 = 0x21, ADDRESSES_V4 = 12, ADDRESSES_V6 = 36 };

static const uint8_t signature[12] = { '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n' };

bool proxy_header_parse(const uint8_t p[PROXY_FIXED], struct proxy_header *ret, struct err *e)
{
    struct proxy_header h = { .local = p[12] == COMMAND_LOCAL, .v6 = p[13] == TCP_V6, .rest = (size_t)p[14] << 8 | p[15] };
    if (memcmp(p, signature, sizeof(signature)) != 0)
        return err_set(e, ERR_INPUT, "the load balancer did not begin with a PROXY protocol v2 header");
    if (!h.local && p[12] != COMMAND_PROXY)
        return err_set(e, ERR_INPUT, "PROXY protocol: version and command 0x%02x are not known", p[12]);
    if (h.rest > PROXY_REST_MAX)
        return err_set(e, ERR_LIMIT, "PROXY protocol: a header of %zu bytes; at most %d are taken", h.rest, PROXY_REST_MAX);
    /* For LOCAL whatever family is given is of no account ("the receiver must discard the protocol block"). */
    if (!h.local && p[13] != TCP_V4 && p[13] != TCP_V6)
        return err_set(e, ERR_INPUT, "PROXY protocol: family 0x%02x is not TCP over IPv4 or IPv6", p[13]);
    if (h.rest < proxy_header_addresses(&h))
        return err_set(e, ERR_INPUT, "PROXY protocol: %zu bytes are too few for its addresses", h.rest);
    *ret = h;
    return true;
}

size_t proxy_header_addresses(const struct proxy_header *h)
{
    return h->local ? 0 : h->v6 ? ADDRESSES_V6 : ADDRESSES_V4;
}

/* Source address, destination address, source port, destination port, in network order. */
void proxy_header_source(const struct proxy_header *h, const uint8_t *p, struct address *ret)
{
    size_t ip = h->v6 ? 16 : 4;
    *ret = (struct address){ .family = h->v6 ? ADDRESS_V6 : ADDRESS_V4 };
    memcpy(ret->ip, p, ip);
    ret->port = (uint16_t)(p[2 * ip] << 8 | p[2 * ip + 1]);
    address_unmap(ret);
}
