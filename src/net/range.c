#include "net/range.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

static unsigned width(const struct address *a)
{
    return a->family == ADDRESS_V4 ? 32 : 128;
}

/* The IPv4 address that the packets to this one go to: mapped, 6to4 (RFC 3056), NAT64 (RFC 6052 section 2.1). */
static struct address where_it_goes(const struct address *a)
{
    static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
    struct address to = *a;
    const uint8_t *v4 = NULL;
    address_unmap(&to);
    if (to.family == ADDRESS_V6 && to.ip[0] == 0x20 && to.ip[1] == 0x02)
        v4 = to.ip + 2;
    else if (to.family == ADDRESS_V6 && memcmp(to.ip, nat64, sizeof(nat64)) == 0)
        v4 = to.ip + 12;
    if (!v4)
        return to;
    struct address inner = { .family = ADDRESS_V4 };
    memcpy(inner.ip, v4, 4);
    return inner;
}

static void mask(struct range *r)
{
    for (unsigned i = r->bits; i < width(&r->first); i++)
        r->first.ip[i / 8] = (uint8_t)(r->first.ip[i / 8] & ~(0x80u >> (i % 8)));
}

bool range_parse(const char *text, struct range *ret, struct err *e)
{
    char address[ADDRESS_TEXT];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    struct range r;
    uint64_t bits;
    if (len >= sizeof(address))
        return err_set(e, ERR_INPUT, "this is neither an address nor a range of addresses");
    memcpy(address, text, len);
    address[len] = '\0';
    if (!address_parse(address, 0, &r.first, e))
        return false;
    r.bits = width(&r.first);
    if (slash && !text_number(slash + 1, 0, r.bits, &bits))
        return err_set(e, ERR_INPUT, "a range ends in / and a number from 0 to %u", r.bits);
    if (slash)
        r.bits = (unsigned)bits;
    struct range masked = r;
    mask(&masked);
    if (!address_same_ip(&masked.first, &r.first))
        return err_set(e, ERR_INPUT, "the address has bits set behind the /%u", r.bits);
    *ret = r;
    return true;
}

void range_write(const struct range *r, char out[RANGE_TEXT])
{
    char address[ADDRESS_TEXT];
    address_write(&r->first, address);
    if (r->bits == width(&r->first))
        (void)snprintf(out, RANGE_TEXT, "%s", address);
    else
        (void)snprintf(out, RANGE_TEXT, "%s/%u", address, r->bits);
}

static bool holds(const struct range *r, const struct address *a)
{
    unsigned whole = r->bits / 8, rest = r->bits % 8;
    if (a->family != r->first.family || memcmp(a->ip, r->first.ip, whole) != 0)
        return false;
    return rest == 0 || ((a->ip[whole] ^ r->first.ip[whole]) & (0xff00u >> rest) & 0xffu) == 0;
}

bool range_holds(const struct range *r, const struct address *a)
{
    struct address to = where_it_goes(a);
    return holds(r, a) || holds(r, &to);
}

bool range_names(const struct range *r, const struct address *a)
{
    struct address to = *a;
    address_unmap(&to);
    return holds(r, &to);
}

static bool read_socket_address(const struct sockaddr *from, uint8_t ip[16], enum address_family *ret)
{
    if (from->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, from, sizeof(in));
        memcpy(ip, &in.sin_addr, 4);
        *ret = ADDRESS_V4;
        return true;
    }
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, from, sizeof(in6));
        memcpy(ip, &in6.sin6_addr, 16);
        *ret = ADDRESS_V6;
        return true;
    }
    return false;
}

static bool of_interface(const struct ifaddrs *i, struct range *ret)
{
    uint8_t netmask[16] = { 0 };
    enum address_family family;
    *ret = (struct range){ 0 };
    if (!i->ifa_addr || !i->ifa_netmask || !read_socket_address(i->ifa_addr, ret->first.ip, &ret->first.family) ||
        !read_socket_address(i->ifa_netmask, netmask, &family) || family != ret->first.family)
        return false;
    while (ret->bits < width(&ret->first) && netmask[ret->bits / 8] & (0x80u >> (ret->bits % 8)))
        ret->bits++;
    mask(ret);
    return true;
}

size_t range_local(struct range *ret, size_t max)
{
    struct ifaddrs *all;
    size_t n = 0;
    if (getifaddrs(&all))
        return 0;
    for (const struct ifaddrs *i = all; i && n < max; i = i->ifa_next)
        n += of_interface(i, &ret[n]);
    freeifaddrs(all);
    return n;
}
