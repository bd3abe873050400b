/* http/connect.h - a tunnel through an HTTP proxy (CONNECT, RFC 9110 section 9.3.6), as a step function.
 * Called by the probe, and by whoever reaches vCenters through a proxy. The tunnel carries whatever comes next, usually
 * TLS with the real peer: a proxy is never asked for anything else, and never believed. */
#pragma once
#include "base/err.h"
#include "net/io.h"

struct conn;
struct http_connect;
struct url_host;

/* A tunnel to host:port over a connection to the proxy. authorization: the value of Proxy-Authorization, or NULL. */
struct http_connect *http_connect_create(struct conn *take_proxy, const struct url_host *to, const char *authorization);
struct http_connect *http_connect_destroy(struct http_connect *t); /* and the connection, unless it was taken */
DEFINE_AUTO(http_connect_destroyp, struct http_connect *, http_connect_destroy)

/* ERR_PEER: the proxy refused (its status is named) or spoke nonsense; ERR_INPUT: authorization can't be written. */
enum io http_connect_step(void *self, struct err *e);
int http_connect_fd(const void *self);
extern const struct io_op http_connect_op;

/* After IO_DONE: the connection, at whose other end is the peer now. */
struct conn *http_connect_take(struct http_connect *t);
