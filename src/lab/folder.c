#include "lab/folder.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "http/router.h"
#include "lab/blob.h"
#include "lab/pass.h"
#include "lab/session.h"
#include "lab/store.h"
#include "wire/http1.h"
#include "wire/url.h"

enum { LISTING_MAX = 1024 * 1024 };

struct access {
    struct lab_carrier both;
    bool fresh; /* the file was not there before */
};

static bool same_span(struct url_span s, const char *text)
{
    return s.len == strlen(text) && !memcmp(s.at, text, s.len);
}

/* The decoded value of a query's parameter; false when it is absent or can't be read. */
static bool parameter(const struct http1_head *h, struct arena *a, const char *name, const char **ret)
{
    struct url_query it;
    struct url_span n, v;
    url_query_start(&it, h->url.query);
    while (url_query_next(&it, &n, &v)) {
        if (!same_span(n, name))
            continue;
        char *out = arena_alloc(a, v.len + 1);
        *ret = out;
        return url_decode(v, URL_IN_QUERY, out, NULL);
    }
    return false;
}

/* At the vCenter a session, at a host the ticket for exactly this request. */
static bool may(struct http_exchange *x, struct lab_endpoint *ep)
{
    const struct http1_head *h = http_head(x);
    char id[40];
    struct lab_pass pass;
    if (ep->kind == LAB_VCENTER)
        return lab_session_of(ep->vcenter, h, lab_now_ms(ep->estate)) || lab_session_basic(ep->vcenter, h);
    return lab_cookie(h, "vmware_cgi_ticket", id) && lab_pass_take(ep->vcenter, id, &pass) && !pass.guest && pass.host == ep->n &&
           !strcmp(pass.method, h->method) && !strcmp(pass.target, h->target);
}

static bool find_datastore(const struct lab_asking *k, const char *name, unsigned *ret)
{
    for (unsigned i = 0; i < lab_count(k->vc, MO_DATASTORE); i++)
        if (!strcmp(lab_object_name(k, (struct lab_object){ .mo = MO_DATASTORE, .n = i }), name)) {
            *ret = i;
            return true;
        }
    return false;
}

/* Where the request's file lies; else it has been answered. */
static bool locate(struct http_exchange *x, char path[LAB_PATH_MAX])
{
    struct lab_endpoint *ep = http_app(x);
    struct arena *a = http_arena(x);
    const struct http1_head *h = http_head(x);
    const struct lab_asking k = { .vc = ep->vcenter, .arena = a };
    const struct http_match *m = http_match(x);
    const char *dc, *name;
    unsigned datastore;
    struct err e;
    LAB_LOCKED(ep->estate);
    if (!may(x, ep)) {
        static const struct http1_field basic = { "WWW-Authenticate", "Basic realm=\"VMware HTTP server\"" };
        http_answer(x, 401, &basic, 1, NULL, 0);
        return false;
    }
    bool in_dc = ep->kind == LAB_HOST || !parameter(h, a, "dcPath", &dc) || !strcmp(dc + (dc[0] == '/'), "DC1");
    if (!in_dc || !parameter(h, a, "dsName", &name) || !find_datastore(&k, name, &datastore)) {
        lab_blob_say(x, 404, "no such datastore");
        return false;
    }
    const char *rest = m->params_len ? m->params[0].value : "";
    char *plain = arena_alloc(a, strlen(rest) + 1);
    if (!url_decode((struct url_span){ rest, strlen(rest) }, URL_IN_PATH, plain, &e) ||
        !lab_store_path(&k, datastore, plain, path, &e)) {
        lab_blob_say(x, 400, e.msg);
        return false;
    }
    return true;
}

static void list(struct http_exchange *x, DIR *d)
{
    static const struct http1_field html = { "Content-Type", "text/html; charset=utf-8" };
    struct buf b;
    buf_init(&b, LISTING_MAX);
    bool ok = buf_puts(&b, "<!doctype html><html><body><table>\n", NULL);
    for (const struct dirent *it; ok && (it = readdir(d));) /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        if (it->d_name[0] != '.' && !strchr(it->d_name, '~'))
            ok = buf_puts(&b, "<tr><td><a href=\"", NULL) && url_encode(&b, it->d_name, strlen(it->d_name), NULL) &&
                 buf_puts(&b, "\">", NULL) && url_encode(&b, it->d_name, strlen(it->d_name), NULL) && buf_puts(&b, "</a></td></tr>\n", NULL);
    ok = ok && buf_puts(&b, "</table></body></html>\n", NULL);
    if (ok)
        http_answer(x, 200, &html, 1, arena_strdup(http_arena(x), buf_str(&b)), b.len);
    else
        lab_blob_say(x, 500, "a folder with too many files");
    buf_done(&b);
}

static void begin_get(struct http_exchange *x)
{
    char path[LAB_PATH_MAX];
    struct err e;
    if (!locate(x, path))
        return;
    DIR *d = opendir(path);
    if (d) {
        list(x, d);
        (void)closedir(d);
        return;
    }
    struct access *a = lab_carrier_make(x, sizeof(*a));
    if (!lab_download_start(&a->both.down, x, path, "application/octet-stream", false, &e))
        lab_blob_say(x, 404, e.msg);
}

static void begin_put(struct http_exchange *x)
{
    char path[LAB_PATH_MAX];
    struct err e;
    struct stat st;
    struct lab_endpoint *ep = http_app(x);
    if (!locate(x, path))
        return;
    struct access *a = lab_carrier_make(x, sizeof(*a));
    a->fresh = stat(path, &st) != 0;
    /* The datastore itself is always there; a folder in it must have been made. */
    const char *inside = strstr(path + strlen(ep->estate->dir), "/shared");
    bool top = inside && !strchr(strchr(inside + 1, '/') ? strchr(inside + 1, '/') + 1 : "", '/');
    if ((top && !lab_store_parents(ep->estate, path, &e)) || !lab_upload_start(&a->both.up, path, LAB_BLOB_MAX, &e))
        lab_blob_say(x, e.kind == ERR_NOT_FOUND ? 404 : e.kind == ERR_INPUT ? 405 : 500, e.kind == ERR_NOT_FOUND ? "no such folder" : e.msg);
    else
        http_body_want(x);
}

static void take(struct http_exchange *x)
{
    struct access *a = http_state(x);
    bool end;
    struct err e;
    if (!lab_upload_take(&a->both.up, x, &end, &e)) {
        lab_upload_done(&a->both.up);
        lab_blob_say(x, e.kind == ERR_LIMIT ? 413 : 500, e.msg);
    } else if (end) {
        http_answer(x, a->fresh ? 201 : 200, NULL, 0, NULL, 0);
    }
}

static void begin_delete(struct http_exchange *x)
{
    char path[LAB_PATH_MAX];
    struct err e;
    if (!locate(x, path))
        return;
    if (!http_match(x)->params_len)
        lab_blob_say(x, 405, "a datastore stays");
    else if (lab_store_remove(path, &e))
        http_answer(x, 204, NULL, 0, NULL, 0);
    else
        lab_blob_say(x, e.kind == ERR_NOT_FOUND ? 404 : 500, e.kind == ERR_NOT_FOUND ? "no such file" : e.msg);
}

const struct http_stream lab_folder_get = { .begin = begin_get, .writable = lab_carrier_writable, .ended = lab_carrier_ended };
const struct http_stream lab_folder_put = { .begin = begin_put, .body = take, .ended = lab_carrier_ended };
const struct http_stream lab_folder_delete = { .begin = begin_delete, .ended = lab_carrier_ended };
