/* net/range.h - ranges of IP addresses ("10.0.0.0/8"), and those that this machine is in.
 * Called by flow/deny.h, and by whoever names addresses by their network. Strict reader, no socket but the kernel's own list of
 * interfaces. range_holds judges an IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) as the IPv4 address: there the packets go. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "net/address.h"

enum {
    RANGE_TEXT = ADDRESS_TEXT + 4, /* "10.0.0.0/8" */
    RANGE_LOCAL_MAX = 256,         /* networks of this machine; more are left away */
};

struct range {
    struct address first; /* the bits behind `bits` are zero; port 0 */
    unsigned bits;        /* 0 to 32, or to 128 */
};

/* An address, or an address and "/bits"; bits set behind the prefix are refused, because somebody meant something else.
 * ERR_INPUT. */
MUST_USE bool range_parse(const char *text, struct range *ret, struct err *e);
void range_write(const struct range *r, char out[RANGE_TEXT]); /* a single address has no "/32" */
bool range_holds(const struct range *r, const struct address *a);
/* For what grants rather than denies: an address is what it says, and no other that it may lead to (only a mapped one is the IPv4
 * address, as the kernel hands over IPv4 on an IPv6 socket). */
bool range_names(const struct range *r, const struct address *a);

/* The networks of this machine's interfaces, up or not. Returns how many; 0 as well when the kernel does not say. */
size_t range_local(struct range *ret, size_t max);
