/* probe/endpoint.h - what a person names as an endpoint: HOST, HOST:PORT, [IPV6]:PORT or an https URL.
 * Called by the CLI and by whoever reads lists of endpoints. Strict, because two readers must not understand one text
 * as two hosts (wire/url.h). Resolves nothing. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "wire/url.h"

enum { PROBE_PORT_DEFAULT = 443 };

/* Of an https URL only host and port count. The port is filled in. ERR_INPUT. */
MUST_USE bool probe_endpoint_parse(const char *text, struct url_host *ret, struct err *e);
/* A proxy: "http://HOST:PORT" without path or user; port 80 when absent. ERR_INPUT. */
MUST_USE bool probe_endpoint_parse_proxy(const char *text, struct url_host *ret, struct err *e);
