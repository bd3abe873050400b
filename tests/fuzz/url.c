/* A URL that is accepted, written anew, is accepted as the same URL; every part of it stays inside the text; and
 * what its segments decode to can be encoded and decoded again. */
#include "wire/url.h"

#include <string.h>

#include "fuzz/fuzz.h"

static bool same(struct url_span a, struct url_span b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.at, b.at, a.len));
}

static void write_again(const struct url *u)
{
    struct buf b;
    struct url again;
    char host[URL_HOST_TEXT];
    buf_init(&b, 2 * URL_MAX);
    url_host_write(&u->host, u->tls ? 443 : 80, host);
    MUST(buf_printf(&b, NULL, "%s://%s", u->tls ? "https" : "http", host) && url_target_write(&u->target, &b, NULL));
    if (b.len <= URL_MAX) {
        MUST(url_parse(buf_str(&b), b.len, &again, NULL));
        MUST(again.tls == u->tls && url_host_same(&again.host, &u->host, 1) &&
             again.target.has_query == u->target.has_query && same(again.target.query, u->target.query));
        MUST(!u->target.path.len || same(again.target.path, u->target.path));
    }
    buf_done(&b);
}

static void decode_segment(struct url_span s)
{
    char *plain = malloc(s.len + 1), *back = malloc(s.len * 3 + 1);
    MUST(plain && back);
    if (url_decode(s, URL_IN_PATH, plain, NULL)) {
        struct buf b;
        MUST(strlen(plain) <= s.len && strcmp(plain, ".") && strcmp(plain, ".."));
        buf_init(&b, s.len * 9 + 1);
        MUST(url_encode(&b, plain, strlen(plain), NULL));
        char *twice = malloc(b.len + 1);
        MUST(twice && url_decode((struct url_span){ buf_str(&b), b.len }, URL_IN_PATH, twice, NULL));
        MUST(!strcmp(plain, twice));
        free(twice);
        buf_done(&b);
    }
    free(plain);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    struct url u;
    struct url_target t;
    if (url_parse(text, len, &u, NULL)) {
        MUST(u.host.port && strlen(u.host.name) && strlen(u.host.name) <= URL_HOST_MAX);
        write_again(&u);
    }
    if (url_target_parse(text, len, &t, NULL)) {
        struct url_path path;
        struct url_query query;
        struct url_span name, value;
        size_t count = 0;
        for (url_path_start(&path, t.path); url_path_next(&path, &name); count++) {
            MUST(name.at >= text && name.at + name.len <= text + len);
            decode_segment(name);
        }
        MUST(count >= 1 && count <= URL_SEGMENTS_MAX);
        for (url_query_start(&query, t.query); url_query_next(&query, &name, &value);)
            MUST(name.at >= text && value.at + value.len <= text + len);
    }
    return 0;
}
