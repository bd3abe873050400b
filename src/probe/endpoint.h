/* probe/endpoint.h - what a person names as an endpoint: HOST, HOST:PORT, [IPV6]:PORT or an https URL.
 * Called by the CLI and by whoever reads lists of endpoints. Strict, because two readers must not understand one text
 * as two hosts (wire/url.h). Resolves nothing. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/url.h"

enum { PROBE_PORT_DEFAULT = 443 };

struct probe_endpoint {
    char host[URL_HOST_MAX + 1]; /* lower case; an IPv6 address without brackets */
    uint16_t port;
    bool is_address;             /* an IP address, which is no server name for TLS (RFC 6066 section 3) */
};

/* Of an https URL only host and port count. ERR_INPUT. */
MUST_USE bool probe_endpoint_parse(const char *text, struct probe_endpoint *ret, struct err *e);
/* A proxy: "http://HOST:PORT" without path or user. ERR_INPUT. */
MUST_USE bool probe_endpoint_parse_proxy(const char *text, struct probe_endpoint *ret, struct err *e);
/* "vc1.example:443", "[::1]:443": always with the port, so that it is one word for one endpoint. */
void probe_endpoint_write(const struct probe_endpoint *p, char out[URL_HOST_TEXT]);
