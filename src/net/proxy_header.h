/* net/proxy_header.h - the PROXY protocol, version 2, as bytes: who a load balancer says its client is.
 * Called by net/proxy_conn.h and the tests. Pure: no socket. Whether the sender may say so is decided above. Version 1, datagrams
 * and UNIX sockets are refused: nothing that we listen on is reached that way.
 * Clauses are those of "The PROXY protocol Versions 1 & 2" (HAProxy), section 2.2. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

enum {
    PROXY_FIXED = 16,     /* signature, version and command, family, length of the rest: always there */
    PROXY_REST_MAX = 4096, /* addresses and TLVs; balancers send some hundred bytes, a client's certificate is not taken */
};

struct proxy_header {
    bool local;            /* the balancer speaks for itself (a health check): the connection's own address counts */
    bool v6;
    size_t rest;           /* bytes that follow the fixed part */
};

/* The fixed part. ERR_INPUT: another protocol, version, command or transport, or a rest that is too short for its addresses;
 * ERR_LIMIT: one longer than PROXY_REST_MAX. */
MUST_USE bool proxy_header_parse(const uint8_t p[PROXY_FIXED], struct proxy_header *ret, struct err *e);
/* Bytes of the rest that proxy_header_source reads: 0 for a local one. What follows them is TLVs, which are skipped. */
size_t proxy_header_addresses(const struct proxy_header *h);
/* The client's address out of the first proxy_header_addresses bytes of the rest; not for a local one. */
void proxy_header_source(const struct proxy_header *h, const uint8_t *p, struct address *ret);
