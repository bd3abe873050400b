#include "wire/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* What a byte may be part of. */
enum { IN_PATH = 1, IN_QUERY = 2, UNRESERVED = 4, IN_HOST = 8 };

/* RFC 3986 appendix A. A query may also hold what browsers leave raw in it: [ ] { } | ^ and the backquote. */
static unsigned byte_class(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_')
        return IN_PATH | IN_QUERY | UNRESERVED | IN_HOST;
    switch (c) {
    case '.': case '~':
        return IN_PATH | IN_QUERY | UNRESERVED;
    case '!': case '$': case '&': case '\'': case '(': case ')': case '*': case '+': case ',': case ';': case '=':
    case ':': case '@': case '/': case '%':
        return IN_PATH | IN_QUERY;
    case '?': case '[': case ']': case '{': case '}': case '|': case '^': case '`':
        return IN_QUERY;
    default:
        return 0;
    }
}

static bool check_bytes(struct url_span s, unsigned want, const char *where, struct err *e)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        uint8_t byte;
        if (!(byte_class(c) & want))
            return err_set(e, ERR_INPUT, "byte 0x%02x is not allowed in %s", c, where);
        if (c != '%')
            continue;
        char hex[3] = { i + 1 < s.len ? s.at[i + 1] : '\0', i + 2 < s.len ? s.at[i + 2] : '\0', '\0' };
        if (!text_unhex(hex, &byte, 1))
            return err_set(e, ERR_INPUT, "'%%' without two hex digits in %s", where);
        i += 2;
    }
    return true;
}

/* "." or ".." in any spelling (RFC 3986 section 6.2.2.3: others would remove them). */
static bool is_dot_segment(struct url_span s)
{
    size_t dots = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == '%' && s.len - i >= 3 && s.at[i + 1] == '2' && text_lower(s.at[i + 2]) == 'e')
            i += 2;
        else if (s.at[i] != '.')
            return false;
        dots++;
    }
    return dots == 1 || dots == 2;
}

static bool check_path(struct url_span path, struct err *e)
{
    if (!check_bytes(path, IN_PATH, "a path", e))
        return false;
    struct url_path it;
    struct url_span segment;
    size_t count = 0;
    url_path_start(&it, path);
    while (url_path_next(&it, &segment)) {
        if (++count > URL_SEGMENTS_MAX)
            return err_set(e, ERR_LIMIT, "a path of more than %d segments", URL_SEGMENTS_MAX);
        /* "/..;x/" is a dot segment for those who cut parameters off first */
        const char *matrix = memchr(segment.at, ';', segment.len);
        if (matrix)
            segment.len = (size_t)(matrix - segment.at);
        if (is_dot_segment(segment))
            return err_set(e, ERR_INPUT, "a path with a dot segment");
    }
    return true;
}

static bool check_query(struct url_span query, struct err *e)
{
    if (!check_bytes(query, IN_QUERY, "a query", e))
        return false;
    struct url_query it;
    struct url_span name, value;
    size_t count = 0;
    url_query_start(&it, query);
    while (url_query_next(&it, &name, &value))
        if (++count > URL_PARAMS_MAX)
            return err_set(e, ERR_LIMIT, "a query of more than %d parameters", URL_PARAMS_MAX);
    return true;
}

bool url_target_parse(const char *text, size_t len, struct url_target *ret, struct err *e)
{
    if (len > URL_MAX)
        return err_set(e, ERR_LIMIT, "a target of more than %d bytes", URL_MAX);
    if (!len || text[0] != '/')
        return err_set(e, ERR_INPUT, "a target that does not start with '/'");
    struct url_target t = { .path = { text, len } };
    const char *mark = memchr(text, '?', len);
    if (mark) {
        t.path.len = (size_t)(mark - text);
        t.query = (struct url_span){ mark + 1, len - t.path.len - 1 };
        t.has_query = true;
    }
    if (!check_path(t.path, e) || !check_query(t.query, e))
        return false;
    *ret = t;
    return true;
}

static bool parse_port(const char *text, size_t len, uint16_t *ret, struct err *e)
{
    char digits[6];
    uint64_t port;
    if (len < sizeof(digits)) {
        memcpy(digits, text, len);
        digits[len] = '\0';
        if (text_number(digits, 1, 65535, &port)) {
            *ret = (uint16_t)port;
            return true;
        }
    }
    return err_set(e, ERR_INPUT, "a port that is not a number from 1 to 65535");
}

static bool parse_ipv6(const char *text, size_t len, struct url_host *ret, struct err *e)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr in6;
    if (len < sizeof(address)) {
        memcpy(address, text, len);
        address[len] = '\0';
        if (!memchr(text, '\0', len) && inet_pton(AF_INET6, address, &in6) == 1) {
            ret->kind = URL_HOST_IPV6;
            (void)inet_ntop(AF_INET6, &in6, ret->name, sizeof(ret->name));
            return true;
        }
    }
    return err_set(e, ERR_INPUT, "not an IPv6 address between '[' and ']'");
}

/* Some resolvers take 127.1, 0x7f000001 or 2130706433 for an address: whatever ends in a number must be a whole
 * dotted IPv4 address (the rule of the WHATWG URL Standard, section 3.5). */
static bool ends_in_number(const char *label, size_t len)
{
    bool digits = true;
    for (size_t i = 0; i < len; i++)
        digits = digits && label[i] >= '0' && label[i] <= '9';
    if (digits)
        return true;
    if (len < 2 || label[0] != '0' || label[1] != 'x')
        return false;
    for (size_t i = 2; i < len; i++)
        if (!((label[i] >= '0' && label[i] <= '9') || (label[i] >= 'a' && label[i] <= 'f')))
            return false;
    return true;
}

/* name is lower case already. Underscores are no host names (RFC 952) but are found in the field. */
static bool check_labels(struct url_host *h, struct err *e)
{
    const char *label = h->name;
    for (;;) {
        size_t len = strcspn(label, ".");
        if (!len)
            return err_set(e, ERR_INPUT, "a host name with an empty label");
        if (len > URL_LABEL_MAX)
            return err_set(e, ERR_INPUT, "a host name with a label of more than %d bytes", URL_LABEL_MAX);
        if (label[0] == '-' || label[len - 1] == '-')
            return err_set(e, ERR_INPUT, "a host name with a label that starts or ends with '-'");
        if (!label[len])
            break;
        label += len + 1;
    }
    if (!ends_in_number(label, strlen(label)))
        return true;
    struct in_addr in;
    if (inet_pton(AF_INET, h->name, &in) != 1)
        return err_set(e, ERR_INPUT, "a host that ends in a number but is no IPv4 address");
    h->kind = URL_HOST_IPV4;
    (void)inet_ntop(AF_INET, &in, h->name, sizeof(h->name));
    return true;
}

static bool parse_name(const char *text, size_t len, struct url_host *ret, struct err *e)
{
    if (!len)
        return err_set(e, ERR_INPUT, "no host");
    if (len > URL_HOST_MAX)
        return err_set(e, ERR_INPUT, "a host name of more than %d bytes", URL_HOST_MAX);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c != '.' && !(byte_class(c) & IN_HOST))
            return err_set(e, ERR_INPUT, "byte 0x%02x is not allowed in a host name", c);
        ret->name[i] = text_lower(text[i]);
    }
    ret->name[len] = '\0';
    ret->kind = URL_HOST_NAME;
    return check_labels(ret, e);
}

bool url_host_parse(const char *text, size_t len, struct url_host *ret, struct err *e)
{
    struct url_host h = { .port = 0 };
    const char *end = text + len, *after;
    if (len && text[0] == '[') {
        const char *close = memchr(text, ']', len);
        if (!close)
            return err_set(e, ERR_INPUT, "'[' without ']' in a host");
        if (!parse_ipv6(text + 1, (size_t)(close - text - 1), &h, e))
            return false;
        after = close + 1;
    } else {
        const char *colon = len ? memchr(text, ':', len) : NULL;
        after = colon ? colon : end;
        if (!parse_name(text, (size_t)(after - text), &h, e))
            return false;
    }
    if (after != end) {
        if (*after != ':')
            return err_set(e, ERR_INPUT, "text between ']' and the port");
        if (!parse_port(after + 1, (size_t)(end - after - 1), &h.port, e))
            return false;
    }
    *ret = h;
    return true;
}

/* "http://" or "https://" at the start, any case; returns its length or 0. */
static size_t scheme_len(const char *text, size_t len, bool *ret_tls)
{
    *ret_tls = len >= 8 && text_caseeq_n(text, 8, "https://", 8);
    if (*ret_tls)
        return 8;
    return len >= 7 && text_caseeq_n(text, 7, "http://", 7) ? 7 : 0;
}

bool url_parse(const char *text, size_t len, struct url *ret, struct err *e)
{
    struct url u = { 0 };
    if (len > URL_MAX)
        return err_set(e, ERR_LIMIT, "a URL of more than %d bytes", URL_MAX);
    size_t at = scheme_len(text, len, &u.tls);
    if (!at)
        return err_set(e, ERR_INPUT, "a URL that starts with neither https:// nor http://");
    size_t end = at;
    while (end < len && text[end] != '/' && text[end] != '?' && text[end] != '#')
        end++;
    if (memchr(text + at, '@', end - at))
        return err_set(e, ERR_INPUT, "a URL with a user name in it");
    if (memchr(text + end, '#', len - end))
        return err_set(e, ERR_INPUT, "a URL with a fragment");
    if (!url_host_parse(text + at, end - at, &u.host, e))
        return false;
    if (!u.host.port)
        u.host.port = u.tls ? 443 : 80;
    u.target.path = (struct url_span){ text + end, 0 };
    if (end < len && text[end] == '?') {
        u.target.query = (struct url_span){ text + end + 1, len - end - 1 };
        u.target.has_query = true;
        if (!check_query(u.target.query, e))
            return false;
    } else if (end < len && !url_target_parse(text + end, len - end, &u.target, e)) {
        return false;
    }
    *ret = u;
    return true;
}

bool url_host_same(const struct url_host *a, const struct url_host *b, uint16_t default_port)
{
    return a->kind == b->kind && !strcmp(a->name, b->name) &&
           (a->port ? a->port : default_port) == (b->port ? b->port : default_port);
}

void url_host_write(const struct url_host *h, uint16_t default_port, char out[URL_HOST_TEXT])
{
    bool v6 = h->kind == URL_HOST_IPV6;
    int len = snprintf(out, URL_HOST_TEXT, "%s%s%s", v6 ? "[" : "", h->name, v6 ? "]" : "");
    if (h->port && h->port != default_port && len > 0)
        (void)snprintf(out + len, URL_HOST_TEXT - (size_t)len, ":%u", (unsigned)h->port);
}

bool url_target_write(const struct url_target *t, struct buf *out, struct err *e)
{
    if (t->path.len ? !buf_append(out, t->path.at, t->path.len, e) : !buf_puts(out, "/", e))
        return false;
    return !t->has_query || (buf_puts(out, "?", e) && buf_append(out, t->query.at, t->query.len, e));
}

void url_path_start(struct url_path *it, struct url_span path)
{
    /* A path starts with '/': what stands before it is no segment. */
    it->at = path.len ? path.at + 1 : NULL;
    it->end = path.at + path.len;
}

/* Cuts the next part off [*at, end) at `separator`; *at becomes NULL after the last. */
static struct url_span cut(const char **at, const char *end, char separator)
{
    size_t len = (size_t)(end - *at);
    const char *stop = len ? memchr(*at, separator, len) : NULL;
    struct url_span part = { *at, stop ? (size_t)(stop - *at) : len };
    *at = stop ? stop + 1 : NULL;
    return part;
}

bool url_path_next(struct url_path *it, struct url_span *ret_segment)
{
    if (!it->at)
        return false;
    *ret_segment = cut(&it->at, it->end, '/');
    return true;
}

void url_query_start(struct url_query *it, struct url_span query)
{
    it->at = query.len ? query.at : NULL;
    it->end = query.at + query.len;
}

bool url_query_next(struct url_query *it, struct url_span *ret_name, struct url_span *ret_value)
{
    while (it->at) {
        struct url_span part = cut(&it->at, it->end, '&');
        if (!part.len)
            continue;
        const char *equals = memchr(part.at, '=', part.len);
        *ret_name = part;
        *ret_value = (struct url_span){ part.at + part.len, 0 };
        if (equals) {
            ret_name->len = (size_t)(equals - part.at);
            *ret_value = (struct url_span){ equals + 1, part.len - ret_name->len - 1 };
        }
        return true;
    }
    return false;
}

bool url_decode(struct url_span text, enum url_part part, char *out, struct err *e)
{
    size_t len = 0;
    if (!check_bytes(text, part == URL_IN_PATH ? IN_PATH : IN_QUERY, part == URL_IN_PATH ? "a path" : "a query", e))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%') {
            uint8_t byte = 0;
            char hex[3] = { text.at[i + 1], text.at[i + 2], '\0' };
            (void)!text_unhex(hex, &byte, 1); /* check_bytes has seen them */
            c = (char)byte;
            i += 2;
        } else if (c == '+' && part == URL_IN_QUERY) {
            c = ' ';
        }
        unsigned char u = (unsigned char)c;
        if (!u || (part == URL_IN_PATH && (u < 0x20 || u == 0x7f)))
            return err_set(e, ERR_INPUT, "an encoded control byte 0x%02x in a %s", u,
                           part == URL_IN_PATH ? "path" : "query");
        out[len++] = c;
    }
    out[len] = '\0';
    return text_utf8(out, len) || err_set(e, ERR_INPUT, "encoded bytes that are not UTF-8");
}

bool url_encode(struct buf *out, const char *text, size_t len, struct err *e)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool ok = byte_class(c) & UNRESERVED ? buf_append(out, &c, 1, e) : buf_printf(out, e, "%%%02X", c);
        if (!ok)
            return false;
    }
    return true;
}
