/* net/address.h - IP addresses with ports as plain data, for every floor that may not see <sys/socket.h>.
 * Called by everybody who names, shows or judges an address; strict readers, no resolver, no socket.
 * Host names never get here: net/resolve.h turns them into addresses. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum address_family { ADDRESS_NONE, ADDRESS_V4, ADDRESS_V6 };

struct address {
    enum address_family family;
    uint16_t port;
    uint32_t scope; /* interface of a link-local IPv6 address, 0 = none */
    uint8_t ip[16]; /* network order; the first 4 for IPv4, the rest zero */
};

enum {
    ADDRESS_TEXT = 46,           /* longest IPv6 text and its NUL */
    ADDRESS_PORT_TEXT = 46 + 8,  /* with brackets, colon and port */
};

/* What an address is good for. Several classes are mapped out by RFC 6890 and its registries. */
enum address_class {
    ADDRESS_GLOBAL,
    ADDRESS_UNSPECIFIED, /* 0.0.0.0, :: */
    ADDRESS_LOOPBACK,    /* 127.0.0.0/8, ::1 */
    ADDRESS_LINK_LOCAL,  /* 169.254.0.0/16 (RFC 3927; cloud metadata lives there), fe80::/10 */
    ADDRESS_PRIVATE,     /* RFC 1918, RFC 6598 shared space, RFC 4193 unique local */
    ADDRESS_MULTICAST,
    ADDRESS_RESERVED,    /* broadcast, documentation, benchmarks, class E */
};

/* A dotted IPv4 address (four decimal numbers, no leading zero) or an IPv6 address (RFC 4291 section 2.2) without
 * brackets or zone; the whole string. ERR_INPUT. */
MUST_USE bool address_parse(const char *text, uint16_t port, struct address *ret, struct err *e);
/* "10.0.0.1:443" or "[::1]:443"; the port is 0 to 65535. ERR_INPUT. */
MUST_USE bool address_parse_port(const char *text, struct address *ret, struct err *e);

void address_write(const struct address *a, char out[ADDRESS_TEXT]);           /* "10.0.0.1", "::1", "none" */
void address_write_port(const struct address *a, char out[ADDRESS_PORT_TEXT]); /* "10.0.0.1:443", "[::1]:443" */

/* The same host; ports are not compared. */
bool address_same_ip(const struct address *a, const struct address *b);

/* IPv4-mapped (::ffff:a.b.c.d), 6to4 (RFC 3056) and NAT64 (RFC 6052) addresses are judged by the IPv4 address in
 * them: that is where the packets go. */
enum address_class address_class(const struct address *a);
const char *address_class_name(enum address_class c);

bool address_is_v4_mapped(const struct address *a);
/* Turns an IPv4-mapped address into the IPv4 address that it stands for; leaves every other one alone. */
void address_unmap(struct address *a);
