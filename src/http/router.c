#include "http/router.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "wire/http1.h"

enum kind {
    LITERAL,
    PARAM,  /* {name} */
    MATRIX, /* {name};{*rest} */
    REST,   /* {*rest} */
};

/* A place in the tree of all patterns. */
struct node {
    enum kind kind;
    const char *literal; /* owned */
    struct node *children, *next; /* in the order in which they are tried */
    const struct http_route **routes; /* owned; of the patterns that end here */
    size_t routes_len;
};

struct http_router {
    struct node root;
};

static struct node *node_destroy(struct node *n)
{
    while (n) {
        struct node *next = n->next;
        (void)node_destroy(n->children);
        free((char *)n->literal);
        free(n->routes);
        free(n);
        n = next;
    }
    return NULL;
}

struct http_router *http_router_destroy(struct http_router *r)
{
    if (!r)
        return NULL;
    (void)node_destroy(r->root.children);
    free(r->root.routes);
    free(r);
    return NULL;
}

/* Name inside the first {..} or {*..} of p; *ret_len excludes the braces. NULL: there is none at p. */
static const char *braces(const char *p, bool rest, size_t *ret_len)
{
    size_t open = rest ? 2 : 1;
    if (strncmp(p, rest ? "{*" : "{", open) != 0 || (!rest && p[1] == '*'))
        return NULL;
    *ret_len = strcspn(p + open, "{}/;*");
    return *ret_len && p[open + *ret_len] == '}' ? p + open : NULL;
}

/* The kind of the segment at p, and where it ends; false when it is none. */
static bool read_segment(const char *p, enum kind *ret_kind, size_t *ret_len)
{
    size_t name, rest;
    if (braces(p, true, &name)) {
        *ret_kind = REST;
        *ret_len = name + 3;
        return true;
    }
    if (!braces(p, false, &name)) {
        *ret_kind = LITERAL;
        *ret_len = strcspn(p, "/");
        return *ret_len && strcspn(p, "{}*;%") >= *ret_len;
    }
    *ret_kind = PARAM;
    *ret_len = name + 2;
    if (p[*ret_len] == ';' && braces(p + *ret_len + 1, true, &rest)) {
        *ret_kind = MATRIX;
        *ret_len += 1 + rest + 3;
    }
    return true;
}

/* The child for this segment, made if it is new; children stay ordered by kind. */
static struct node *child_get(struct node *parent, enum kind kind, const char *text, size_t len)
{
    struct node **at = &parent->children;
    for (; *at && (*at)->kind <= kind; at = &(*at)->next)
        if ((*at)->kind == kind &&
            (kind != LITERAL || (!strncmp((*at)->literal, text, len) && !(*at)->literal[len])))
            return *at;
    struct node *n = xcalloc(1, sizeof(*n));
    n->kind = kind;
    n->literal = kind == LITERAL ? xstrndup(text, len) : NULL;
    n->next = *at;
    *at = n;
    return n;
}

static bool add_here(struct node *n, const struct http_route *route, struct err *e)
{
    for (size_t i = 0; i < n->routes_len; i++)
        if (!strcmp(n->routes[i]->method, route->method))
            return err_set(e, ERR_INPUT, "two routes for %s %s", route->method, route->pattern);
    n->routes = xreallocarray(n->routes, n->routes_len + 1, sizeof(*n->routes));
    n->routes[n->routes_len++] = route;
    return true;
}

static bool add_route(struct node *n, const struct http_route *route, struct err *e)
{
    const char *p = route->pattern;
    size_t depth = 0, params = 0;
    if (!http1_is_token(route->method, strlen(route->method)) || !strcmp(route->method, "HEAD") ||
        !route->call == !route->stream)
        return err_set(e, ERR_INPUT, "route %s %s: no method, or not one handler", route->method, p);
    while (*p == '/' && p[1]) {
        enum kind kind;
        size_t len;
        bool ok = read_segment(++p, &kind, &len);
        if (ok)
            params += kind == MATRIX ? 2 : kind != LITERAL;
        if (!ok || ++depth > HTTP_ROUTE_DEPTH_MAX || params > HTTP_PARAMS_MAX ||
            (kind > PARAM && p[len]))
            return err_set(e, ERR_INPUT, "route %s: not a pattern", route->pattern);
        n = child_get(n, kind, p, len);
        p += len;
    }
    if (strcmp(p, depth ? "" : "/") != 0)
        return err_set(e, ERR_INPUT, "route %s: not a pattern", route->pattern);
    return add_here(n, route, e);
}

struct http_router *http_router_create(const struct http_route *routes, size_t len, struct err *e)
{
    struct http_router *r = xcalloc(1, sizeof(*r));
    for (size_t i = 0; i < len; i++)
        if (!add_route(&r->root, &routes[i], e))
            return http_router_destroy(r);
    return r;
}

/* One request on its way through the tree. */
struct walk {
    struct url_span segments[HTTP_ROUTE_DEPTH_MAX]; /* still encoded */
    const char *decoded[HTTP_ROUTE_DEPTH_MAX];      /* NULL: has a raw ';', or does not decode */
    size_t len;
    const char *end;                                /* of the path */
    bool longer;                                    /* the path has more segments than any pattern */
};

/* Bytes of a segment before its first ';'; all of them when it has none. */
static size_t before_matrix(struct url_span s)
{
    size_t n = 0;
    while (n < s.len && s.at[n] != ';')
        n++;
    return n;
}

static void split(const struct http1_head *h, struct arena *a, struct walk *w)
{
    struct url_path it;
    struct url_span s;
    *w = (struct walk){ .end = h->url.path.at + h->url.path.len };
    url_path_start(&it, h->url.path);
    while (url_path_next(&it, &s)) {
        if (!s.len && !it.at)
            break; /* a trailing '/' */
        if (w->len == HTTP_ROUTE_DEPTH_MAX) {
            w->longer = true;
            break;
        }
        char *plain = arena_alloc(a, s.len + 1);
        bool ok = before_matrix(s) == s.len && url_decode(s, URL_IN_PATH, plain, NULL);
        w->segments[w->len] = s;
        w->decoded[w->len++] = ok ? plain : NULL;
    }
}

static bool fits(const struct walk *w, const struct node *n, size_t at)
{
    struct url_span s = w->segments[at];
    size_t before = before_matrix(s);
    switch (n->kind) {
    case LITERAL: return w->decoded[at] && !strcmp(w->decoded[at], n->literal);
    case PARAM:   return w->decoded[at] && *w->decoded[at];
    case MATRIX:  return before > 0 && before < s.len;
    case REST:    return true;
    }
    abort();
}

static const struct http_route *route_find(const struct node *n, const char *method)
{
    for (size_t i = 0; i < n->routes_len; i++)
        if (!strcmp(n->routes[i]->method, method))
            return n->routes[i];
    return NULL;
}

/* The first pattern that fits segments at and following below n, and has a route for the method (NULL: any). Each
 * node is tried at most once, for a node has one depth. */
static bool find_node(const struct walk *w, const struct node *n, size_t at, const char *method, const struct node **ret)
{
    bool to_the_end = n->kind == MATRIX || n->kind == REST;
    if (to_the_end || at == w->len) {
        if ((w->longer && !to_the_end) || !(method ? route_find(n, method) != NULL : n->routes_len > 0))
            return false;
        *ret = n;
        return true;
    }
    for (const struct node *c = n->children; c; c = c->next)
        if (fits(w, c, at) && find_node(w, c, at + 1, method, ret))
            return true;
    return false;
}

static void put_param(struct http_match *m, struct arena *a, const char *name, size_t len, const char *value)
{
    m->params[m->params_len++] = (struct http_param){ arena_strndup(a, name, len), value };
}

/* Walks the route's own pattern beside the request: names come from there. */
static void fill_params(const struct walk *w, struct arena *a, struct http_match *m)
{
    const char *p = m->route->pattern;
    for (size_t i = 0; *p == '/' && p[1]; i++) {
        size_t len = 0, name = 0;
        enum kind kind = LITERAL;
        const char *start = ++p;
        bool ok = read_segment(p, &kind, &len);
        assert(ok);
        (void)ok;
        p += len;
        if (kind == LITERAL)
            continue;
        struct url_span s = w->segments[i];
        const char *in = braces(start, kind == REST, &name);
        if (kind == PARAM) {
            put_param(m, a, in, name, w->decoded[i]);
        } else if (kind == REST) {
            put_param(m, a, in, name, arena_strndup(a, s.at, (size_t)(w->end - s.at)));
        } else {
            const char *behind = s.at + before_matrix(s) + 1;
            put_param(m, a, in, name, arena_strndup(a, s.at, (size_t)(behind - 1 - s.at)));
            in = braces(in + name + 2, true, &name);
            put_param(m, a, in, name, arena_strndup(a, behind, (size_t)(w->end - behind)));
        }
    }
}

static const char *allowed(const struct node *n, struct arena *a)
{
    const char *text = "";
    for (size_t i = 0; i < n->routes_len; i++) {
        const char *method = n->routes[i]->method;
        text = arena_printf(a, "%s%s%s%s", text, *text ? ", " : "", method, strcmp(method, "GET") ? "" : ", HEAD");
    }
    return text;
}

void http_router_find(const struct http_router *r, const struct http1_head *h, struct arena *a, struct http_match *ret)
{
    struct walk w;
    const char *method = strcmp(h->method, "HEAD") != 0 ? h->method : "GET";
    *ret = (struct http_match){ .status = 404 };
    if (!h->url.path.len)
        return; /* "*" and CONNECT */
    split(h, a, &w);
    const struct node *n;
    if (find_node(&w, &r->root, 0, method, &n)) {
        ret->status = 200;
        ret->route = route_find(n, method);
        fill_params(&w, a, ret);
    } else if (find_node(&w, &r->root, 0, NULL, &n)) {
        ret->status = 405;
        ret->allow = allowed(n, a);
    }
}
