/* net/tcp.h - a connection over a TCP socket, dialled or accepted.
 * Everybody above uses it as a struct conn. Nothing here blocks, resolves a name or keeps time: the deadline is the
 * driver's, only the share of one address among several is left to the kernel's own timer. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "net/conn.h"

enum {
    TCP_ADDRESSES_MAX = 16,
    TCP_SHARE_MIN_MS = 1000, /* the kernel's first retry of a connection request; less can't be had */
};

/* All zero is what most want: no delay (Nagle off), no keepalive, the kernel's patience. */
struct tcp_options {
    bool delay; /* let small writes wait for each other (RFC 896) */
    /* An address that does not answer is given up after so long while others are left; 0 = not before the kernel
     * does. The last one has the rest of the driver's deadline. */
    uint32_t share_ms;
    /* Written bytes that nobody acknowledged for so long end the connection (RFC 5482); 0 = the kernel's default. */
    uint32_t user_timeout_ms;
    /* An idle connection is probed after so many seconds, and again each tenth of it; 0 = never. */
    uint32_t keepalive_s;
};

/* The deadline of a whole dial, shared evenly among its addresses, as share_ms. */
uint32_t tcp_share(int64_t deadline_ms, size_t addresses_len);

/* Tries the addresses (1 to TCP_ADDRESSES_MAX, copied) in order when its handshake is stepped: the first that answers
 * wins. options may be NULL. The handshake fails with what the last one failed with: ERR_PEER, ERR_TIMEOUT, ERR_LIMIT
 * (out of descriptors or ports). */
struct conn *tcp_connect(const struct address *addresses, size_t len, const struct tcp_options *options);

/* A connection over a connected, non-blocking stream socket that is taken over. */
struct conn *tcp_adopt(int take_fd);

/* The two ends of the socket under c, which is a tcp connection or a tls connection over one. ERR_NOT_FOUND. */
MUST_USE bool tcp_local(const struct conn *c, struct address *ret, struct err *e);
MUST_USE bool tcp_peer(const struct conn *c, struct address *ret, struct err *e);

/* The socket itself when c is a tcp connection, else -1: for TLS, which then needs no copy in between. */
int tcp_socket(const struct conn *c);

/* Closes a tcp connection, or a tls connection over one, so that the peer sees a reset instead of an orderly end: what
 * nobody listens on looks like that. */
void tcp_reset(struct conn *take);

/* Applies options to a socket; the kernel lets accepted sockets inherit them from the listening one. */
void tcp_options_apply(int fd, const struct tcp_options *options);
