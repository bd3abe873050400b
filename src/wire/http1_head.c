#include <assert.h>
#include <llhttp/llhttp.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"
#include "wire/http1_parts.h"

/* What llhttp found: spans inside r->bytes, because it is given the whole head at once. */
struct split {
    struct http1_reader *r;
    struct url_span method, target, reason, name, value;
    uint64_t length;
    uint16_t flags;
    bool complete, too_many;
};

static int on_method(llhttp_t *p, const char *at, size_t len)
{
    ((struct split *)p->data)->method = (struct url_span){ at, len };
    return 0;
}

static int on_url(llhttp_t *p, const char *at, size_t len)
{
    ((struct split *)p->data)->target = (struct url_span){ at, len };
    return 0;
}

static int on_status(llhttp_t *p, const char *at, size_t len)
{
    ((struct split *)p->data)->reason = (struct url_span){ at, len };
    return 0;
}

static int on_field(llhttp_t *p, const char *at, size_t len)
{
    struct split *s = p->data;
    s->name = (struct url_span){ at, len };
    s->value = (struct url_span){ at + len + 1, 0 };
    return 0;
}

/* An empty value comes as no bytes at the start of the next line: the byte after the colon stands for it. */
static int on_value(llhttp_t *p, const char *at, size_t len)
{
    if (len)
        ((struct split *)p->data)->value = (struct url_span){ at, len };
    return 0;
}

/* Ends a string that lies in r->bytes: its next byte (a colon, a space, a CR) is a separator that
 * llhttp has passed and nobody needs any more. */
static const char *end_string(struct http1_reader *r, struct url_span s)
{
    if (!s.at)
        return "";
    r->bytes.data[(size_t)(s.at - (const char *)r->bytes.data) + s.len] = '\0';
    return s.at;
}

static int on_value_complete(llhttp_t *p)
{
    struct split *s = p->data;
    struct http1_reader *r = s->r;
    struct http1_head *h = &r->head;
    if (h->fields_len == r->limits.fields) {
        s->too_many = true;
        return HPE_USER;
    }
    if (h->fields_len == r->fields_cap) {
        r->fields_cap = r->fields_cap ? r->fields_cap * 2 : 16;
        h->fields = xreallocarray(h->fields, r->fields_cap, sizeof(*h->fields));
    }
    while (s->value.len && (s->value.at[s->value.len - 1] == ' ' || s->value.at[s->value.len - 1] == '\t'))
        s->value.len--;
    h->fields[h->fields_len++] = (struct http1_field){ end_string(r, s->name), end_string(r, s->value) };
    return 0;
}

static int on_headers_complete(llhttp_t *p)
{
    struct split *s = p->data;
    s->complete = true;
    s->flags = p->flags;
    s->length = p->content_length;
    s->r->head.status = p->status_code;
    s->r->head.minor = p->http_minor;
    return HPE_PAUSED; /* the body is not llhttp's */
}

static bool run_llhttp(struct http1_reader *r, struct split *s, struct err *e)
{
    static const llhttp_settings_t settings = {
        .on_method = on_method,
        .on_url = on_url,
        .on_status = on_status,
        .on_header_field = on_field,
        .on_header_value = on_value,
        .on_header_value_complete = on_value_complete,
        .on_headers_complete = on_headers_complete,
    };
    llhttp_t parser;
    llhttp_init(&parser, r->kind == HTTP1_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
    parser.data = s;
    llhttp_errno_t code = llhttp_execute(&parser, (const char *)r->bytes.data, r->bytes.len);
    if (code == HPE_PAUSED && s->complete)
        return true;
    if (s->too_many)
        return http1_refuse(r, 431, e, "more than %zu fields", r->limits.fields);
    if (code == HPE_INVALID_METHOD)
        return http1_refuse(r, 501, e, "a method that is not known here");
    const char *reason = llhttp_get_error_reason(&parser);
    return http1_refuse(r, 400, e, "%s", reason && *reason ? reason : "not an HTTP message");
}

/* The fields that decide about the message itself. */
struct special {
    const char *host, *length, *coding, *expect;
    size_t hosts, lengths, codings;
    bool upgrade;
};

static void gather(const struct http1_head *h, struct special *ret)
{
    *ret = (struct special){ 0 };
    for (size_t i = 0; i < h->fields_len; i++) {
        const char *name = h->fields[i].name, *value = h->fields[i].value;
        if (text_caseeq(name, "host")) {
            ret->host = value;
            ret->hosts++;
        } else if (text_caseeq(name, "content-length")) {
            ret->length = value;
            ret->lengths++;
        } else if (text_caseeq(name, "transfer-encoding")) {
            ret->coding = value;
            ret->codings++;
        } else if (text_caseeq(name, "expect")) {
            ret->expect = ret->expect ? "" : value; /* twice is never 100-continue */
        } else if (text_caseeq(name, "upgrade")) {
            ret->upgrade = true;
        }
    }
}

/* RFC 9112 section 6: one length or one chunked coding, never both, never two of a kind. */
static bool declared_framing(struct http1_reader *r, const struct special *f, struct err *e)
{
    struct http1_head *h = &r->head;
    if (f->codings && f->lengths)
        return http1_refuse(r, 400, e, "both Content-Length and Transfer-Encoding (RFC 9112 section 6.1)");
    if (f->codings > 1 || f->lengths > 1)
        return http1_refuse(r, 400, e, "%s stands twice", f->codings > 1 ? "Transfer-Encoding" : "Content-Length");
    if (f->codings) {
        if (!h->minor)
            return http1_refuse(r, 400, e, "Transfer-Encoding in HTTP/1.0 (RFC 9112 section 6.1)");
        if (!text_caseeq(f->coding, "chunked"))
            return http1_refuse(r, 501, e, "a transfer coding other than chunked");
        h->framing = HTTP1_CHUNKED;
    } else if (f->lengths) {
        if (strlen(f->length) > HTTP1_LENGTH_DIGITS || !text_number(f->length, 0, INT64_MAX, &h->length))
            return http1_refuse(r, 400, e, "a Content-Length that is not one plain number");
        h->framing = HTTP1_LENGTH;
    }
    return true;
}

/* Two readers of one head must agree on where the body ends. */
static bool agrees(const struct split *s, const struct http1_head *h)
{
    return !!(s->flags & F_CHUNKED) == (h->framing == HTTP1_CHUNKED) &&
           !!(s->flags & F_CONTENT_LENGTH) == (h->framing == HTTP1_LENGTH) &&
           (h->framing != HTTP1_LENGTH || s->length == h->length);
}

static bool read_host(struct http1_reader *r, const struct special *f, struct err *e)
{
    struct err why;
    if (f->hosts > 1)
        return http1_refuse(r, 400, e, "Host stands twice");
    if (!f->hosts)
        return !r->head.minor || http1_refuse(r, 400, e, "no Host (RFC 9112 section 3.2)");
    return url_host_parse(f->host, strlen(f->host), &r->head.host, &why) ||
           http1_refuse(r, 400, e, "Host: %s", why.msg);
}

/* "http://host/path": the same host as in Host, then the path alone counts. */
static bool read_absolute(struct http1_reader *r, const struct special *f, struct err *e)
{
    struct http1_head *h = &r->head;
    struct url url;
    struct err why;
    if (!url_parse(h->target, strlen(h->target), &url, &why))
        return http1_refuse(r, 400, e, "request target: %s", why.msg);
    if (f->hosts && !url_host_same(&url.host, &h->host, url.tls ? 443 : 80))
        return http1_refuse(r, 400, e, "the request target names another host than Host");
    if (!url.target.path.len && url.target.has_query)
        return http1_refuse(r, 400, e, "a request target with a query and no path");
    h->host = url.host;
    h->form = HTTP1_ABSOLUTE;
    h->url = url.target;
    h->target = url.target.path.at; /* the rest of the string */
    if (!url.target.path.len) {
        h->target = "/";
        h->url.path = (struct url_span){ h->target, 1 };
    }
    return true;
}

static bool read_target(struct http1_reader *r, const struct special *f, struct err *e)
{
    struct http1_head *h = &r->head;
    struct err why;
    if (!strcmp(h->method, "CONNECT")) {
        struct url_host to;
        h->form = HTTP1_AUTHORITY;
        h->upgrade = true;
        return (url_host_parse(h->target, strlen(h->target), &to, &why) && to.port) ||
               http1_refuse(r, 400, e, "a CONNECT target that is not host:port");
    }
    if (!strcmp(h->target, "*")) {
        h->form = HTTP1_ASTERISK;
        return !strcmp(h->method, "OPTIONS") || http1_refuse(r, 400, e, "the target \"*\" is for OPTIONS");
    }
    if (h->target[0] != '/')
        return read_absolute(r, f, e);
    return url_target_parse(h->target, strlen(h->target), &h->url, &why) ||
           http1_refuse(r, 400, e, "request target: %s", why.msg);
}

static bool read_request(struct http1_reader *r, const struct special *f, struct err *e)
{
    struct http1_head *h = &r->head;
    if (!read_host(r, f, e) || !read_target(r, f, e))
        return false;
    if (h->form == HTTP1_AUTHORITY && h->framing != HTTP1_NO_BODY)
        return http1_refuse(r, 400, e, "a CONNECT with a body");
    if (f->expect && h->minor) {
        if (!text_caseeq(f->expect, "100-continue"))
            return http1_refuse(r, 417, e, "an expectation other than 100-continue");
        h->expect_continue = h->framing == HTTP1_CHUNKED || h->length;
    }
    h->upgrade = h->upgrade || (h->minor && f->upgrade && http1_list_has(h, "connection", "upgrade"));
    return true;
}

/* RFC 9112 section 6.3. */
static bool read_response(struct http1_reader *r, const struct special *f, struct err *e)
{
    struct http1_head *h = &r->head;
    bool tunnel = r->to_connect && h->status / 100 == 2;
    if (h->status / 100 == 1 || h->status == 204) {
        if (f->codings || h->length)
            return http1_refuse(r, 400, e, "a body behind a %d (RFC 9110 section 8.6)", h->status);
        h->framing = HTTP1_NO_BODY;
    } else if (tunnel) {
        h->framing = HTTP1_NO_BODY;
    } else if (r->to_head || h->status == 304) {
        h->framing = HTTP1_NO_BODY; /* length keeps what a GET would have had */
    } else if (h->framing == HTTP1_NO_BODY) {
        h->framing = HTTP1_UNTIL_CLOSE;
        h->keep_alive = false;
    }
    h->upgrade = tunnel || h->status == 101;
    return true;
}

bool http1_read_head(struct http1_reader *r, struct err *e)
{
    struct split s = { .r = r };
    struct http1_head *h = &r->head;
    struct special f;
    *h = (struct http1_head){ .fields = h->fields };
    if (!run_llhttp(r, &s, e))
        return false;
    h->method = end_string(r, s.method);
    h->target = end_string(r, s.target);
    h->reason = end_string(r, s.reason);
    gather(h, &f);
    if (!declared_framing(r, &f, e))
        return false;
    if (!agrees(&s, h))
        return http1_refuse(r, 400, e, "a body whose end two readers see differently");
    h->keep_alive = !http1_list_has(h, "connection", "close") &&
                    (h->minor || http1_list_has(h, "connection", "keep-alive"));
    return r->kind == HTTP1_REQUEST ? read_request(r, &f, e) : read_response(r, &f, e);
}

const char *http1_find(const struct http1_head *h, const char *name)
{
    for (size_t i = 0; i < h->fields_len; i++)
        if (text_caseeq(h->fields[i].name, name))
            return h->fields[i].value;
    return NULL;
}

bool http1_find_single(const struct http1_head *h, const char *name, const char **ret, struct err *e)
{
    const char *value = NULL;
    for (size_t i = 0; i < h->fields_len; i++) {
        if (!text_caseeq(h->fields[i].name, name))
            continue;
        if (value)
            return err_set(e, ERR_INPUT, "%s stands twice", name);
        value = h->fields[i].value;
    }
    *ret = value;
    return true;
}

static bool list_has(const char *list, const char *element)
{
    while (*list) {
        list += strspn(list, " \t,");
        size_t len = strcspn(list, ","), end = len;
        while (end && (list[end - 1] == ' ' || list[end - 1] == '\t'))
            end--;
        if (text_caseeq_n(list, end, element, strlen(element)))
            return end > 0;
        list += len;
    }
    return false;
}

bool http1_list_has(const struct http1_head *h, const char *name, const char *element)
{
    for (size_t i = 0; i < h->fields_len; i++)
        if (text_caseeq(h->fields[i].name, name) && list_has(h->fields[i].value, element))
            return true;
    return false;
}

/* A copy of the reader's bytes, and the strings in it at the same places. */
struct move {
    const char *from, *to;
    size_t len;
};

static const char *moved(const struct move *m, const char *s)
{
    return s && s >= m->from && s < m->from + m->len ? m->to + (s - m->from) : s;
}

struct http1_head *http1_head_copy(const struct http1_reader *r, struct arena *a)
{
    struct http1_head *h = arena_memdup(a, &r->head, sizeof(*h));
    /* with the NUL behind the content: an empty span may point at it */
    struct move m = { buf_str(&r->bytes), NULL, r->bytes.len + 1 };
    m.to = arena_memdup(a, m.from, m.len);
    h->method = moved(&m, h->method);
    h->target = moved(&m, h->target);
    h->reason = moved(&m, h->reason);
    h->url.path.at = moved(&m, h->url.path.at);
    h->url.query.at = moved(&m, h->url.query.at);
    h->fields = arena_array(a, h->fields_len, sizeof(*h->fields));
    for (size_t i = 0; i < h->fields_len; i++)
        h->fields[i] = (struct http1_field){ moved(&m, r->head.fields[i].name), moved(&m, r->head.fields[i].value) };
    return h;
}
