#include "wire/lines.h"

#include <string.h>

void lines_init(struct lines *l, size_t max)
{
    *l = (struct lines){ 0 };
    buf_init(&l->part, max + 1); /* a CR before the LF does not count */
}

void lines_done(struct lines *l)
{
    buf_done(&l->part);
}

static struct url_span without_cr(const char *at, size_t len)
{
    return (struct url_span){ at, len && at[len - 1] == '\r' ? len - 1 : len };
}

/* Drops the line, and its rest unless its end is here. */
static enum lines_event too_long(struct lines *l, bool ended)
{
    buf_done(&l->part);
    l->skipping = !ended;
    return LINES_TOO_LONG;
}

static enum lines_event whole_line(struct lines *l, const char *at, size_t len, struct url_span *ret_line)
{
    *ret_line = without_cr(at, len);
    return ret_line->len < l->part.max ? LINES_LINE : too_long(l, true);
}

enum lines_event lines_feed(struct lines *l, const uint8_t *data, size_t len, size_t *ret_used,
                            struct url_span *ret_line)
{
    if (l->given) {
        buf_clear(&l->part);
        l->given = false;
    }
    const uint8_t *lf = len ? memchr(data, '\n', len) : NULL;
    size_t piece = lf ? (size_t)(lf - data) : len;
    *ret_used = lf ? piece + 1 : piece;
    if (l->skipping) {
        l->skipping = !lf;
        if (!lf || *ret_used == len)
            return LINES_MORE;
        size_t rest;
        enum lines_event event = lines_feed(l, data + *ret_used, len - *ret_used, &rest, ret_line);
        *ret_used += rest;
        return event;
    }
    if (lf && !l->part.len)
        return whole_line(l, (const char *)data, piece, ret_line);
    if (!buf_append(&l->part, data, piece, NULL))
        return too_long(l, lf);
    if (!lf)
        return LINES_MORE;
    l->given = true;
    return whole_line(l, buf_str(&l->part), l->part.len, ret_line);
}

enum lines_event lines_eof(struct lines *l, struct url_span *ret_line)
{
    if (l->given || l->skipping || !l->part.len)
        return LINES_MORE;
    l->given = true;
    return whole_line(l, buf_str(&l->part), l->part.len, ret_line);
}
