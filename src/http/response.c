#include "http/response.h"

#include <string.h>

#include "base/text.h"
#include "http/limits.h"
#include "wire/http1.h"

void http_response_init(struct http_response *r, struct arena *a)
{
    *r = (struct http_response){ .status = 200, .arena = a };
    buf_init(&r->body, HTTP_ANSWER_MAX);
}

void http_response_done(struct http_response *r)
{
    if (r->onward.stream)
        r->onward.drop(r->onward.state);
    r->onward = (struct http_onward){ 0 };
    buf_done(&r->body);
}

void http_response_reset(struct http_response *r)
{
    http_response_done(r);
    http_response_init(r, r->arena);
}

static bool is_ours(const char *name)
{
    return text_caseeq(name, "content-length") || text_caseeq(name, "transfer-encoding") ||
           text_caseeq(name, "connection") || text_caseeq(name, "date");
}

void http_response_field(struct http_response *r, const char *name, const char *value)
{
    if (!http1_is_token(name, strlen(name)) || !http1_is_value(value, strlen(value)) || is_ours(name) ||
        r->fields_len == HTTP_RESPONSE_FIELDS_MAX) {
        r->bad = true;
        return;
    }
    if (!r->fields)
        r->fields = arena_array(r->arena, HTTP_RESPONSE_FIELDS_MAX, sizeof(*r->fields));
    r->fields[r->fields_len++] = (struct http1_field){ arena_strdup(r->arena, name), arena_strdup(r->arena, value) };
}

void http_response_text(struct http_response *r, int status, const char *type, const char *text)
{
    r->status = status;
    http_response_field(r, "Content-Type", type);
    buf_clear(&r->body);
    if (!buf_puts(&r->body, text, NULL))
        r->bad = true;
}
