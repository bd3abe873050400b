/* wire/url.h - absolute http and https URLs, Host values and request targets, read strictly (RFC 3986, RFC 9110 4.2).
 * Called by http (targets, Host), vim, flow and the CLI (URLs that a person or a peer wrote). What two readers
 * could understand differently is refused: userinfo, control bytes, backslashes, spaces, bad percent, dot
 * segments, numbers that only some resolvers take for an address. Pure: resolves nothing, connects nowhere. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    URL_MAX = 8192,            /* bytes of one URL or request target */
    URL_HOST_MAX = 253,        /* bytes of a host name (RFC 1035 section 2.3.4, without the root's dot) */
    URL_LABEL_MAX = 63,        /* bytes of one label of it */
    URL_HOST_TEXT = URL_HOST_MAX + 10, /* "[host]:65535" and its NUL */
    URL_SEGMENTS_MAX = 64,     /* segments of one path */
    URL_PARAMS_MAX = 128,      /* name=value pairs of one query */
};

/* Bytes of the text that was parsed: borrowed from it, not NUL-terminated. */
struct url_span {
    const char *at;
    size_t len;
};

enum url_host_kind { URL_HOST_NAME, URL_HOST_IPV4, URL_HOST_IPV6 };

/* Where to connect, or whom a Host field names. A value. */
struct url_host {
    enum url_host_kind kind;
    char name[URL_HOST_MAX + 1]; /* lower case; an IPv6 address in RFC 5952 form, without brackets */
    uint16_t port;               /* 0 when none was written */
};

/* A request target in origin form. */
struct url_target {
    struct url_span path;  /* as written, percent-encoded; starts with '/', or is empty in a URL without a path */
    struct url_span query; /* without the '?'; empty when absent */
    bool has_query;
};

struct url {
    bool tls;             /* https */
    struct url_host host; /* port filled in: 80 or 443 unless written */
    struct url_target target;
};

/* "https://host[:port][/path][?query]". A fragment is refused: it is never sent. ERR_INPUT, ERR_LIMIT. */
MUST_USE bool url_parse(const char *text, size_t len, struct url *ret, struct err *e);
/* "/path[?query]" (RFC 9112 section 3.2.1). ERR_INPUT, ERR_LIMIT. */
MUST_USE bool url_target_parse(const char *text, size_t len, struct url_target *ret, struct err *e);
/* "host[:port]" as in a Host field or a CONNECT target; port 0 when absent. ERR_INPUT. */
MUST_USE bool url_host_parse(const char *text, size_t len, struct url_host *ret, struct err *e);

/* The same host and port, where a missing port means default_port. */
bool url_host_same(const struct url_host *a, const struct url_host *b, uint16_t default_port);
/* "host", "host:port" or "[v6]:port"; the port is left out when 0 or default_port. */
void url_host_write(const struct url_host *h, uint16_t default_port, char out[URL_HOST_TEXT]);
/* Path and query as they go into a request line ("/" for an empty path). */
MUST_USE bool url_target_write(const struct url_target *t, struct buf *out, struct err *e);

/* The segments of a path, one after the other, still encoded: "/a//b/" has "a", "", "b" and "". */
struct url_path {
    const char *at, *end;
};
void url_path_start(struct url_path *it, struct url_span path);
bool url_path_next(struct url_path *it, struct url_span *ret_segment);

/* The parts of a query, still encoded, split at '&' and the first '='; empty parts are passed over. */
struct url_query {
    const char *at, *end;
};
void url_query_start(struct url_query *it, struct url_span query);
bool url_query_next(struct url_query *it, struct url_span *ret_name, struct url_span *ret_value);

/* Decodes %XX. out holds len + 1 bytes and ends in a NUL. The result is UTF-8 without control bytes in a path; in a
 * query (where '+' is a space as well) only NUL is refused besides. ERR_INPUT. */
enum url_part { URL_IN_PATH, URL_IN_QUERY };
MUST_USE bool url_decode(struct url_span text, enum url_part part, char *out, struct err *e);
/* Appends text with everything but unreserved characters as %XX: safe as a segment, a name or a value. */
MUST_USE bool url_encode(struct buf *out, const char *text, size_t len, struct err *e);
