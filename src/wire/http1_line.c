#include <string.h>

#include "base/text.h"
#include "wire/http1_parts.h"

/* RFC 9110 section 5.6.2. */
static bool is_tchar(unsigned char c)
{
    static const bool tchar[256] = {
        ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1,
        ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,
        ['0' ... '9'] = 1, ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1,
    };
    return tchar[c];
}

/* HTAB, SP, VCHAR and obs-text (RFC 9110 section 5.5). */
static bool is_text_byte(unsigned char c)
{
    return c >= 0x20 ? c != 0x7f : c == '\t';
}

bool http1_is_token(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_tchar((unsigned char)s[i]))
            return false;
    return len > 0;
}

bool http1_is_value(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_text_byte((unsigned char)s[i]))
            return false;
    return true;
}

static bool check_version(struct http1_reader *r, const uint8_t *p, size_t len, struct err *e)
{
    if (len != 8 || memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' || p[5] > '9' || p[6] != '.' || p[7] < '0' || p[7] > '9')
        return http1_refuse(r, 400, e, "no HTTP version where one belongs");
    if (p[5] != '1' || p[7] > '1')
        return http1_refuse(r, 505, e, "HTTP/%c.%c: only 1.0 and 1.1 are spoken here", p[5], p[7]);
    return true;
}

/* method SP request-target SP HTTP-version (RFC 9112 section 3): one space each, nothing else. */
bool http1_check_request_line(struct http1_reader *r, const uint8_t *line, size_t len, struct err *e)
{
    const uint8_t *target = memchr(line, ' ', len);
    if (!target || !http1_is_token((const char *)line, (size_t)(target - line)))
        return http1_refuse(r, 400, e, "a request line that does not start with a method");
    if (target - line > HTTP1_METHOD_MAX)
        return http1_refuse(r, 501, e, "a method of more than %d bytes", HTTP1_METHOD_MAX);
    target++;
    size_t left = len - (size_t)(target - line);
    const uint8_t *version = left ? memchr(target, ' ', left) : NULL;
    if (!version || version == target)
        return http1_refuse(r, 400, e, "a request line without target or version");
    for (const uint8_t *c = target; c < version; c++)
        if (*c <= 0x20 || *c >= 0x7f)
            return http1_refuse(r, 400, e, "byte 0x%02x in a request target", *c);
    if ((size_t)(version - target) > r->limits.target)
        return http1_refuse(r, 414, e, "a request target of more than %zu bytes", r->limits.target);
    return check_version(r, version + 1, len - (size_t)(version + 1 - line), e);
}

/* HTTP-version SP status-code [ SP reason ] (RFC 9112 section 4; many leave the last space out). */
bool http1_check_status_line(struct http1_reader *r, const uint8_t *line, size_t len, struct err *e)
{
    if (!check_version(r, line, len < 8 ? len : 8, e))
        return false;
    const uint8_t *code = line + 9;
    if (len < 12 || line[8] != ' ' || code[0] < '1' || code[0] > '5' || code[1] < '0' || code[1] > '9' ||
        code[2] < '0' || code[2] > '9' || (len > 12 && line[12] != ' '))
        return http1_refuse(r, 400, e, "a status line without a status from 100 to 599");
    if (len > 12 && !http1_is_value((const char *)line + 12, len - 12))
        return http1_refuse(r, 400, e, "a control byte in the reason of a status line");
    return true;
}

/* field-name ":" OWS field-value OWS (RFC 9112 section 5). Section 5.1: no space before the colon; section 5.2: a
 * folded line is refused. */
bool http1_check_field_line(struct http1_reader *r, const uint8_t *line, size_t len, struct err *e)
{
    if (line[0] == ' ' || line[0] == '\t')
        return http1_refuse(r, 400, e, "a folded field line (RFC 9112 section 5.2)");
    size_t at = 0;
    while (at < len && is_tchar(line[at]))
        at++;
    if (at == len || line[at] != ':') {
        if (at < len && (line[at] == ' ' || line[at] == '\t'))
            return http1_refuse(r, 400, e, "white space in a field name (RFC 9112 section 5.1)");
        return http1_refuse(r, 400, e, "a field line without a name and a colon");
    }
    if (!at)
        return http1_refuse(r, 400, e, "a field line without a name");
    for (at++; at < len; at++)
        if (!is_text_byte(line[at]))
            return http1_refuse(r, 400, e, "control byte 0x%02x in a field value", line[at]);
    return true;
}

/* Length of the quoted-string at p (RFC 9110 section 5.6.4), or 0. */
static size_t quoted_len(const uint8_t *p, size_t len)
{
    if (!len || p[0] != '"')
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (p[i] == '"')
            return i + 1;
        if (p[i] == '\\' && ++i == len)
            return 0;
        if (!is_text_byte(p[i]))
            return 0;
    }
    return 0;
}

static size_t token_len(const uint8_t *p, size_t len)
{
    size_t at = 0;
    while (at < len && is_tchar(p[at]))
        at++;
    return at;
}

/* *( ";" name [ "=" value ] ) without the white space that RFC 9112 section 7.1.1 calls bad. */
static bool is_chunk_ext(const uint8_t *p, size_t len)
{
    size_t at = 0;
    while (at < len) {
        size_t name = p[at] == ';' ? token_len(p + at + 1, len - at - 1) : 0;
        if (!name)
            return false;
        at += 1 + name;
        if (at == len || p[at] != '=')
            continue;
        at++;
        size_t value = token_len(p + at, len - at);
        if (!value)
            value = quoted_len(p + at, len - at);
        if (!value)
            return false;
        at += value;
    }
    return true;
}

bool http1_check_chunk_line(struct http1_reader *r, const uint8_t *line, size_t len, uint64_t *ret_size,
                            size_t *ret_ext, struct err *e)
{
    uint64_t size = 0;
    size_t at = 0;
    for (; at < len; at++) {
        char c = text_lower((char)line[at]);
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
        if (digit == 16)
            break;
        if (at == 15)
            return http1_refuse(r, 400, e, "a chunk size of more than 15 digits");
        size = size << 4 | digit;
    }
    if (!at || !is_chunk_ext(line + at, len - at))
        return http1_refuse(r, 400, e, "a chunk-size line that is no size (RFC 9112 section 7.1)");
    *ret_size = size;
    *ret_ext = len - at;
    return true;
}
