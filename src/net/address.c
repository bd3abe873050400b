#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool address_parse(const char *text, uint16_t port, struct address *ret, struct err *e)
{
    struct address a = { .port = port };
    if (inet_pton(AF_INET, text, a.ip) == 1)
        a.family = ADDRESS_V4;
    else if (inet_pton(AF_INET6, text, a.ip) == 1)
        a.family = ADDRESS_V6;
    else {
        char shown[ADDRESS_PORT_TEXT];
        text_escape(shown, sizeof(shown), text, strlen(text));
        return err_set(e, ERR_INPUT, "\"%s\" is not an IP address", shown);
    }
    *ret = a;
    return true;
}

bool address_parse_port(const char *text, struct address *ret, struct err *e)
{
    char host[ADDRESS_TEXT];
    uint64_t port;
    const char *colon = strrchr(text, ':');
    bool brackets = text[0] == '[';
    if (!colon || !text_number(colon + 1, 0, UINT16_MAX, &port) || (brackets && colon[-1] != ']'))
        return err_set(e, ERR_INPUT, "an address with a port is written 10.0.0.1:443 or [::1]:443");
    size_t len = (size_t)(colon - text) - (brackets ? 2 : 0);
    if (len >= sizeof(host))
        return err_set(e, ERR_INPUT, "the address is too long");
    memcpy(host, text + (brackets ? 1 : 0), len);
    host[len] = '\0';
    struct address a;
    if (!address_parse(host, (uint16_t)port, &a, e))
        return false;
    if (brackets != (a.family == ADDRESS_V6))
        return err_set(e, ERR_INPUT, "an IPv6 address with a port, and no other, stands in brackets");
    *ret = a;
    return true;
}

void address_write(const struct address *a, char out[ADDRESS_TEXT])
{
    if (a->family == ADDRESS_NONE || !inet_ntop(a->family == ADDRESS_V4 ? AF_INET : AF_INET6, a->ip, out, ADDRESS_TEXT))
        (void)text_copy(out, ADDRESS_TEXT, "none");
}

void address_write_port(const struct address *a, char out[ADDRESS_PORT_TEXT])
{
    char ip[ADDRESS_TEXT];
    address_write(a, ip);
    (void)snprintf(out, ADDRESS_PORT_TEXT, a->family == ADDRESS_V6 ? "[%s]:%u" : "%s:%u", ip, a->port);
}

bool address_same_ip(const struct address *a, const struct address *b)
{
    return a->family == b->family && a->scope == b->scope && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

struct block {
    uint8_t ip[8], bits;
    enum address_class class;
};

/* The first that fits wins. */
static const struct block blocks_v4[] = {
    { { 0 }, 32, ADDRESS_UNSPECIFIED },
    { { 0 }, 8, ADDRESS_RESERVED }, /* "this network", RFC 1122 section 3.2.1.3 */
    { { 10 }, 8, ADDRESS_PRIVATE },
    { { 100, 64 }, 10, ADDRESS_PRIVATE },
    { { 127 }, 8, ADDRESS_LOOPBACK },
    { { 169, 254 }, 16, ADDRESS_LINK_LOCAL },
    { { 172, 16 }, 12, ADDRESS_PRIVATE },
    { { 192, 0, 0 }, 24, ADDRESS_RESERVED },
    { { 192, 0, 2 }, 24, ADDRESS_RESERVED },
    { { 192, 168 }, 16, ADDRESS_PRIVATE },
    { { 198, 18 }, 15, ADDRESS_RESERVED },
    { { 198, 51, 100 }, 24, ADDRESS_RESERVED },
    { { 203, 0, 113 }, 24, ADDRESS_RESERVED },
    { { 224 }, 4, ADDRESS_MULTICAST },
    { { 240 }, 4, ADDRESS_RESERVED },
};

static const struct block blocks_v6[] = {
    { { 0x01 }, 64, ADDRESS_RESERVED },                   /* discard only, RFC 6666 */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32, ADDRESS_RESERVED }, /* documentation, RFC 3849 */
    { { 0xfc }, 7, ADDRESS_PRIVATE },
    { { 0xfe, 0x80 }, 10, ADDRESS_LINK_LOCAL },
    { { 0xfe, 0xc0 }, 10, ADDRESS_PRIVATE },              /* site-local of old, RFC 3879 */
    { { 0xff }, 8, ADDRESS_MULTICAST },
};

static bool inside(const uint8_t *ip, const struct block *b)
{
    size_t bytes = b->bits / 8;
    unsigned rest = b->bits % 8, mask = 0xff00u >> rest & 0xff;
    return !memcmp(ip, b->ip, bytes) && (!rest || (ip[bytes] & mask) == (b->ip[bytes] & mask));
}

static enum address_class look_up(const uint8_t *ip, const struct block *blocks, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (inside(ip, &blocks[i]))
            return blocks[i].class;
    return ADDRESS_GLOBAL;
}

bool address_is_v4_mapped(const struct address *a)
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
    return a->family == ADDRESS_V6 && !memcmp(a->ip, prefix, sizeof(prefix));
}

/* Where the IPv4 address stands in an IPv6 address that is only a wrapping for it, or NULL. */
static const uint8_t *embedded_v4(const struct address *a)
{
    static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
    if (address_is_v4_mapped(a) || !memcmp(a->ip, nat64, sizeof(nat64)))
        return a->ip + 12;
    return a->ip[0] == 0x20 && a->ip[1] == 0x02 ? a->ip + 2 : NULL;
}

enum address_class address_class(const struct address *a)
{
    static const uint8_t zero[16] = { 0 };
    switch (a->family) {
    case ADDRESS_NONE:
        return ADDRESS_UNSPECIFIED;
    case ADDRESS_V4:
        return look_up(a->ip, blocks_v4, ARRAY_LEN(blocks_v4));
    case ADDRESS_V6:
        break;
    }
    const uint8_t *v4 = embedded_v4(a);
    if (v4)
        return look_up(v4, blocks_v4, ARRAY_LEN(blocks_v4));
    if (!memcmp(a->ip, zero, 15) && a->ip[15] <= 1)
        return a->ip[15] ? ADDRESS_LOOPBACK : ADDRESS_UNSPECIFIED;
    return look_up(a->ip, blocks_v6, ARRAY_LEN(blocks_v6));
}

const char *address_class_name(enum address_class c)
{
    switch (c) {
    case ADDRESS_GLOBAL: return "global";
    case ADDRESS_UNSPECIFIED: return "unspecified";
    case ADDRESS_LOOPBACK: return "loopback";
    case ADDRESS_LINK_LOCAL: return "link-local";
    case ADDRESS_PRIVATE: return "private";
    case ADDRESS_MULTICAST: return "multicast";
    case ADDRESS_RESERVED: return "reserved";
    }
    return "unknown";
}

void address_unmap(struct address *a)
{
    if (!address_is_v4_mapped(a))
        return;
    struct address v4 = { .family = ADDRESS_V4, .port = a->port };
    memcpy(v4.ip, a->ip + 12, 4);
    *a = v4;
}
