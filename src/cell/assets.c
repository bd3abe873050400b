#include "cell/assets.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "wire/http1.h"

/* Nothing inline, nothing from elsewhere, in nobody's frame. data: is for the images inside Clarity's style sheet. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

static void put_safety(struct http_response *rs)
{
    http_response_field(rs, "Content-Security-Policy", policy);
    http_response_field(rs, "X-Content-Type-Options", "nosniff");
    http_response_field(rs, "X-Frame-Options", "DENY");
    http_response_field(rs, "Referrer-Policy", "no-referrer");
    http_response_field(rs, "Cross-Origin-Opener-Policy", "same-origin");
    http_response_field(rs, "Cross-Origin-Resource-Policy", "same-origin");
    http_response_field(rs, "Strict-Transport-Security", "max-age=31536000");
    http_response_field(rs, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
}

/* True when the client takes this coding (RFC 9110 12.5.3): it is named, and not with q=0. */
static bool takes(const char *accepted, const char *coding)
{
    size_t len = strlen(coding);
    for (const char *p = accepted; *p;) {
        p += strspn(p, ", \t");
        size_t item = strcspn(p, ","), name = strcspn(p, ",; \t");
        if (name == len && text_caseeq_n(p, name, coding, len)) {
            const char *q = memchr(p, '=', item);
            return !q || strspn(q + 1, "0.") != item - (size_t)(q + 1 - p);
        }
        p += item;
    }
    return false;
}

static const struct asset_form *form_of(const struct asset *a, const struct http_request *rq, const char **ret_coding)
{
    const char *accepted = http1_find(rq->head, "Accept-Encoding");
    *ret_coding = NULL;
    if (!accepted)
        return &a->plain;
    if (a->br.len && takes(accepted, "br")) {
        *ret_coding = "br";
        return &a->br;
    }
    if (a->gz.len && takes(accepted, "gzip")) {
        *ret_coding = "gzip";
        return &a->gz;
    }
    return &a->plain;
}

static void answer(const struct asset *a, const struct http_request *rq, struct http_response *rs)
{
    const char *coding;
    const struct asset_form *f = form_of(a, rq, &coding);
    put_safety(rs);
    http_response_field(rs, "Cache-Control", a->named_by_digest ? "public, max-age=31536000, immutable" : "no-cache");
    http_response_field(rs, "ETag", a->etag);
    http_response_field(rs, "Vary", "Accept-Encoding");
    const char *kept = http1_find(rq->head, "If-None-Match");
    if (kept && strcmp(kept, a->etag) == 0) {
        rs->status = 304;
        return;
    }
    http_response_field(rs, "Content-Type", a->type);
    if (coding)
        http_response_field(rs, "Content-Encoding", coding);
    if (!buf_append(&rs->body, f->bytes, f->len, NULL))
        rs->bad = true;
}

static const struct asset *find(const char *path)
{
    for (size_t i = 0; i < assets_len; i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}

static void page(struct http_request *rq, struct http_response *rs)
{
    answer(find("index.html"), rq, rs);
}

static void file(struct http_request *rq, struct http_response *rs)
{
    const char *path = http_request_param(rq, "rest");
    const struct asset *a = find(path);
    if (!a && strncmp(path, "assets/", strlen("assets/")) == 0) {
        put_safety(rs);
        http_response_text(rs, 404, "text/plain; charset=utf-8", "no such file");
        return;
    }
    answer(a ? a : find("index.html"), rq, rs);
}

static void front(struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    put_safety(rs);
    http_response_field(rs, "Location", "/ui/");
    rs->status = 302;
}

const struct http_route assets_routes[] = {
    { .method = "GET", .pattern = "/", .call = front },
    { .method = "GET", .pattern = "/ui", .call = page },
    { .method = "GET", .pattern = "/ui/{*rest}", .call = file },
};
const size_t assets_routes_len = ARRAY_LEN(assets_routes);
