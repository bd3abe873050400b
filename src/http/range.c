#include "http/range.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "wire/http1.h"

/* Digits at *p, which moves behind them; false: none, or more than can be a position. */
static bool number(const char **p, uint64_t *ret)
{
    const char *from = *p;
    *ret = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        if (*p - from == 18)
            return false;
        *ret = *ret * 10 + (uint64_t)(**p - '0');
    }
    return *p > from;
}

/* "bytes=A-B", "bytes=A-" or "bytes=-N", and nothing else. */
struct spec {
    bool suffix, open;
    uint64_t first, last; /* last: of a suffix how many */
};

static bool read_spec(const char *text, struct spec *ret)
{
    static const char unit[] = "bytes=";
    size_t len = sizeof(unit) - 1;
    *ret = (struct spec){ 0 };
    if (!text_caseeq_n(text, strnlen(text, len), unit, len))
        return false;
    const char *p = text + len;
    ret->suffix = *p == '-';
    if (!ret->suffix && !number(&p, &ret->first))
        return false;
    if (*p++ != '-')
        return false;
    ret->open = !*p;
    if (ret->open)
        return !ret->suffix;
    return number(&p, &ret->last) && !*p && (ret->suffix || ret->first <= ret->last);
}

/* What the client has a part of is what is there now. */
static bool is_same(const struct http1_head *h, const char *etag)
{
    const char *text = NULL;
    struct err e;
    if (!http1_find_single(h, "if-range", &text, &e))
        return false;
    return !text || (etag && !strcmp(text, etag));
}

enum http_range_kind http_range_read(const struct http1_head *h, uint64_t len, const char *etag, struct http_range *ret)
{
    const char *text = NULL;
    struct spec s;
    struct err e;
    *ret = (struct http_range){ 0, len };
    if (!http1_find_single(h, "range", &text, &e) || !text || !read_spec(text, &s) || !is_same(h, etag))
        return HTTP_RANGE_WHOLE;
    if (s.suffix) {
        if (!s.last || !len)
            return HTTP_RANGE_NONE;
        ret->len = s.last < len ? s.last : len;
        ret->first = len - ret->len;
        return HTTP_RANGE_PART;
    }
    if (s.first >= len)
        return HTTP_RANGE_NONE;
    ret->first = s.first;
    ret->len = (s.open || s.last >= len ? len - 1 : s.last) - s.first + 1;
    return HTTP_RANGE_PART;
}

void http_range_write(enum http_range_kind kind, const struct http_range *r, uint64_t len, char out[HTTP_RANGE_TEXT])
{
    if (kind == HTTP_RANGE_NONE)
        (void)snprintf(out, HTTP_RANGE_TEXT, "bytes */%" PRIu64, len);
    else
        (void)snprintf(out, HTTP_RANGE_TEXT, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, r->first, r->first + r->len - 1, len);
}
