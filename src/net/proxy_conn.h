/* net/proxy_conn.h - a connection from a load balancer, which says first whose it is (PROXY protocol v2, net/proxy_header.h).
 * Put between tcp and tls by cell/service.c, for the addresses that the administrator named and for no others. The header is
 * part of the handshake and under its time limit; not a byte behind it is read. A connection that begins in another way
 * fails, before any byte of TLS: a balancer that is named always sends a header. */
#pragma once
#include "net/conn.h"

struct address;

/* Takes the connection under it. *client is changed when the header has come and names somebody; it has to be there until the
 * handshake is done or failed. Never fails; the handshake does: ERR_INPUT, ERR_LIMIT as the header's, ERR_PEER. */
struct conn *proxy_conn(struct conn *take_under, struct address *client);
