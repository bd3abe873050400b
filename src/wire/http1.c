#include "wire/http1.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "wire/http1_parts.h"

void http1_reader_init(struct http1_reader *r, enum http1_kind kind, const struct http1_limits *limits)
{
    *r = (struct http1_reader){ .kind = kind, .state = HTTP1_AT_START };
    if (limits)
        r->limits = *limits;
    if (!r->limits.target)
        r->limits.target = HTTP1_TARGET_MAX;
    if (!r->limits.head)
        r->limits.head = HTTP1_HEAD_MAX;
    if (!r->limits.fields)
        r->limits.fields = HTTP1_FIELDS_MAX;
    buf_init(&r->bytes, r->limits.head);
    buf_init(&r->line, HTTP1_TRAILER_MAX + 2);
}

/* A head may have held a password or a session. */
static void forget_head(struct http1_reader *r)
{
    if (r->bytes.data)
        secret_wipe(r->bytes.data, r->bytes.len);
}

void http1_reader_done(struct http1_reader *r)
{
    forget_head(r);
    buf_done(&r->bytes);
    buf_done(&r->line);
    free(r->head.fields);
    *r = (struct http1_reader){ .state = HTTP1_AT_REFUSAL };
}

bool http1_refuse(struct http1_reader *r, int status, struct err *e, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    r->state = HTTP1_AT_REFUSAL;
    r->refusal = status;
    return err_set(e,
                   status == 414 || status == 431    ? ERR_LIMIT
                   : r->kind == HTTP1_REQUEST ? ERR_INPUT
                                              : ERR_PEER,
                   "%s", text);
}

/* Moves bytes of data up to and with the next LF to b; *ret_whole tells whether it was there. False: past b->max. */
static bool take_line(struct buf *b, const uint8_t *data, size_t len, size_t *ret_used, bool *ret_whole)
{
    const uint8_t *lf = len ? memchr(data, '\n', len) : NULL;
    *ret_used = lf ? (size_t)(lf - data) + 1 : len;
    *ret_whole = lf;
    return buf_append(b, data, *ret_used, NULL);
}

/* The line that ends at the end of b, without its CRLF. A bare LF, or a CR anywhere else, is refused. */
static bool strip_line(struct http1_reader *r, const struct buf *b, size_t from, struct url_span *ret, struct err *e)
{
    const char *line = (const char *)b->data + from;
    size_t len = b->len - from;
    if (len < 2 || line[len - 2] != '\r')
        return http1_refuse(r, 400, e, "a line that ends in a bare LF (RFC 9112 section 2.2)");
    if (memchr(line, '\r', len - 2))
        return http1_refuse(r, 400, e, "a bare CR (RFC 9112 section 2.2)");
    *ret = (struct url_span){ line, len - 2 };
    return true;
}

static bool check_head_line(struct http1_reader *r, struct url_span line, struct err *e)
{
    const uint8_t *p = (const uint8_t *)line.at;
    if (r->lines)
        return http1_check_field_line(r, p, line.len, e);
    return r->kind == HTTP1_REQUEST ? http1_check_request_line(r, p, line.len, e)
                                    : http1_check_status_line(r, p, line.len, e);
}

static void start_body(struct http1_reader *r)
{
    switch (r->head.framing) {
    case HTTP1_NO_BODY:
        r->state = HTTP1_AT_END;
        return;
    case HTTP1_LENGTH:
        r->left = r->head.length;
        r->state = r->left ? HTTP1_AT_COUNTED : HTTP1_AT_END;
        return;
    case HTTP1_CHUNKED:
        r->state = HTTP1_AT_CHUNK_LINE;
        return;
    case HTTP1_UNTIL_CLOSE:
        r->state = HTTP1_AT_UNTIL_CLOSE;
        return;
    }
    abort();
}

static bool head_too_long(struct http1_reader *r, struct err *e)
{
    if (!r->lines && r->kind == HTTP1_REQUEST)
        return http1_refuse(r, 414, e, "a request line of more than %zu bytes", r->limits.head);
    return http1_refuse(r, 431, e, "a head of more than %zu bytes", r->limits.head);
}

/* Whoever speaks something else entirely (TLS, SSH) must not be waited for: their lines may never end. */
static bool starts_well(const struct http1_reader *r, char first)
{
    return r->kind == HTTP1_RESPONSE ? first == 'H' : first == '\r' || http1_is_token(&first, 1);
}

/* One line of the head; true with *ret_more when data ended before it did. */
static bool feed_head(struct http1_reader *r, const uint8_t *data, size_t len, size_t *ret_used, bool *ret_more,
                      struct err *e)
{
    bool whole = false;
    struct url_span line = { 0 };
    *ret_more = false;
    if (!r->bytes.len && !starts_well(r, (char)data[0]))
        return http1_refuse(r, 400, e, "not HTTP: it starts with byte 0x%02x", data[0]);
    if (!take_line(&r->bytes, data, len, ret_used, &whole))
        return head_too_long(r, e);
    /* A target is cut off as soon as it is too long, not when its line ends. */
    if (!r->lines && r->kind == HTTP1_REQUEST && r->bytes.len > r->limits.target + HTTP1_METHOD_MAX + 13)
        return http1_refuse(r, 414, e, "a request target of more than %zu bytes", r->limits.target);
    if (!whole) {
        *ret_more = true;
        return true;
    }
    if (!strip_line(r, &r->bytes, r->line_at, &line, e))
        return false;
    if (!line.len && !r->lines) {
        /* RFC 9112 section 2.2: an empty line before a request is ignored; one only. */
        if (r->kind == HTTP1_RESPONSE || r->blank)
            return http1_refuse(r, 400, e, "an empty line where a message starts");
        r->blank = true;
        buf_clear(&r->bytes);
        return true;
    }
    if (!line.len)
        return http1_read_head(r, e) && (start_body(r), true);
    if (!check_head_line(r, line, e))
        return false;
    if (r->lines++ > r->limits.fields)
        return http1_refuse(r, 431, e, "more than %zu fields", r->limits.fields);
    r->line_at = r->bytes.len;
    return true;
}

static bool end_chunk_line(struct http1_reader *r, struct url_span line, struct err *e)
{
    size_t ext = 0;
    if (!http1_check_chunk_line(r, (const uint8_t *)line.at, line.len, &r->left, &ext, e))
        return false;
    r->ext_bytes += ext;
    if (r->ext_bytes > HTTP1_CHUNK_EXT_MAX)
        return http1_refuse(r, 400, e, "more than %d bytes of chunk extensions", HTTP1_CHUNK_EXT_MAX);
    r->state = r->left ? HTTP1_AT_CHUNK_DATA : HTTP1_AT_TRAILER;
    return true;
}

static bool end_trailer_line(struct http1_reader *r, struct url_span line, struct err *e)
{
    r->trailer_bytes += line.len + 2;
    if (r->trailer_bytes > HTTP1_TRAILER_MAX)
        return http1_refuse(r, 431, e, "more than %d bytes of trailer", HTTP1_TRAILER_MAX);
    if (line.len)
        return http1_check_field_line(r, (const uint8_t *)line.at, line.len, e);
    r->state = HTTP1_AT_END;
    return true;
}

/* One line of the chunked framing. */
static bool feed_framing(struct http1_reader *r, const uint8_t *data, size_t len, size_t *ret_used, bool *ret_more,
                         struct err *e)
{
    bool whole = false, fits = take_line(&r->line, data, len, ret_used, &whole);
    struct url_span line = { 0 };
    *ret_more = false;
    if (r->state == HTTP1_AT_CHUNK_LINE ? !fits || r->line.len > HTTP1_CHUNK_LINE_MAX : !fits)
        return http1_refuse(r, r->state == HTTP1_AT_TRAILER ? 431 : 400, e, "a line of the chunked body is too long");
    if (r->state == HTTP1_AT_CHUNK_CRLF && (r->line.len > 2 || r->line.data[0] != '\r'))
        return http1_refuse(r, 400, e, "a chunk that is longer than its size");
    if (!whole) {
        *ret_more = true;
        return true;
    }
    if (!strip_line(r, &r->line, 0, &line, e))
        return false;
    bool ok = true;
    if (r->state == HTTP1_AT_CHUNK_CRLF)
        r->state = HTTP1_AT_CHUNK_LINE;
    else
        ok = r->state == HTTP1_AT_CHUNK_LINE ? end_chunk_line(r, line, e) : end_trailer_line(r, line, e);
    buf_clear(&r->line);
    return ok;
}

static enum http1_event take_body(struct http1_reader *r, const uint8_t *data, size_t len, size_t *ret_used,
                                  struct url_span *ret_body)
{
    size_t piece = len;
    if (r->state != HTTP1_AT_UNTIL_CLOSE) {
        piece = len < r->left ? len : (size_t)r->left;
        r->left -= piece;
        if (!r->left)
            r->state = r->state == HTTP1_AT_COUNTED ? HTTP1_AT_END : HTTP1_AT_CHUNK_CRLF;
    }
    *ret_used = piece;
    *ret_body = (struct url_span){ (const char *)data, piece };
    return HTTP1_BODY;
}

/* What one state makes of data: an event, or HTTP1_MORE with *ret_on when there is more to be found. */
static enum http1_event feed_once(struct http1_reader *r, const uint8_t *data, size_t len, size_t *ret_used,
                                  struct url_span *ret_body, bool *ret_on, struct err *e)
{
    bool more = true, ok = true;
    *ret_used = 0;
    *ret_on = false;
    switch (r->state) {
    case HTTP1_AT_START:
    case HTTP1_AT_HEAD:
        if (!len)
            return HTTP1_MORE;
        r->state = HTTP1_AT_HEAD;
        ok = feed_head(r, data, len, ret_used, &more, e);
        if (ok && r->state != HTTP1_AT_HEAD)
            return HTTP1_HEAD;
        break;
    case HTTP1_AT_CHUNK_LINE:
    case HTTP1_AT_CHUNK_CRLF:
    case HTTP1_AT_TRAILER:
        ok = !len || feed_framing(r, data, len, ret_used, &more, e);
        break;
    case HTTP1_AT_COUNTED:
    case HTTP1_AT_CHUNK_DATA:
    case HTTP1_AT_UNTIL_CLOSE:
        return len ? take_body(r, data, len, ret_used, ret_body) : HTTP1_MORE;
    case HTTP1_AT_END:
        return HTTP1_END;
    case HTTP1_AT_REFUSAL:
        ok = err_set(e, r->kind == HTTP1_REQUEST ? ERR_INPUT : ERR_PEER, "the message was refused before");
        break;
    }
    *ret_on = ok && !more;
    return ok ? HTTP1_MORE : HTTP1_BAD;
}

enum http1_event http1_feed(struct http1_reader *r, const uint8_t *data, size_t len, size_t *ret_used,
                            struct url_span *ret_body, struct err *e)
{
    size_t used = 0, step;
    bool on;
    enum http1_event event;
    do {
        event = feed_once(r, data + used, len - used, &step, ret_body, &on, e);
        used += step;
    } while (on);
    *ret_used = used;
    return event;
}

enum http1_event http1_eof(struct http1_reader *r, struct err *e)
{
    if (r->state == HTTP1_AT_UNTIL_CLOSE)
        r->state = HTTP1_AT_END;
    if (r->state == HTTP1_AT_END)
        return HTTP1_END;
    if (http1_idle(r))
        return HTTP1_MORE;
    if (r->state != HTTP1_AT_REFUSAL)
        (void)http1_refuse(r, 400, e, "the peer ended in the middle of a message");
    return HTTP1_BAD;
}

void http1_next(struct http1_reader *r)
{
    assert(r->state == HTTP1_AT_END);
    forget_head(r);
    if (r->bytes.cap > HTTP1_KEEP_MAX)
        buf_done(&r->bytes);
    buf_clear(&r->bytes);
    buf_clear(&r->line);
    r->head = (struct http1_head){ .fields = r->head.fields };
    r->to_head = r->to_connect = r->blank = false;
    r->state = HTTP1_AT_START;
    r->line_at = r->lines = 0;
    r->ext_bytes = r->trailer_bytes = 0;
    r->left = 0;
}

void http1_trim(struct http1_reader *r)
{
    if (r->state != HTTP1_AT_START)
        return;
    buf_done(&r->bytes);
    buf_done(&r->line);
    free(r->head.fields);
    r->head.fields = NULL;
    r->fields_cap = 0;
}

bool http1_idle(const struct http1_reader *r)
{
    return r->state == HTTP1_AT_START || (r->state == HTTP1_AT_HEAD && !r->bytes.len);
}
