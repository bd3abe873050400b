/* http/range.h - which bytes of something a GET asks for (RFC 9110 section 14): one range, or all of it. Called by whoever serves what has
 * a known length. Pure. Several ranges, a unit that is not bytes, and what is no range at all are answered with everything,
 * as section 14.2 allows; If-Range counts by its entity tag alone. */
#pragma once
#include <stdint.h>

struct http1_head;

enum http_range_kind {
    HTTP_RANGE_WHOLE, /* 200 */
    HTTP_RANGE_PART,  /* 206 with Content-Range */
    HTTP_RANGE_NONE,  /* 416: nothing of it is there */
};

enum { HTTP_RANGE_TEXT = 80 };

struct http_range {
    uint64_t first, len; /* all of it for HTTP_RANGE_WHOLE */
};

/* etag: the thing's strong entity tag with its quotes; NULL: it has none, and no If-Range fits. */
enum http_range_kind http_range_read(const struct http1_head *h, uint64_t len, const char *etag, struct http_range *ret);
/* The value of Content-Range: "bytes 0-9/100"; of a 416 a star in the place of the range. */
void http_range_write(enum http_range_kind kind, const struct http_range *r, uint64_t len, char out[HTTP_RANGE_TEXT]);
