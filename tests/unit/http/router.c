#include "http/router.h"

#include "base/arena.h"
#include "unit/check.h"
#include "wire/http1.h"

static void call(struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    (void)rs;
}

#define ROUTE(m, p) { .method = m, .pattern = p, .call = call }

static const struct http_route routes[] = {
    ROUTE("GET", "/"),
    ROUTE("GET", "/api/versions"),
    ROUTE("GET", "/api/{kind}"),
    ROUTE("GET", "/api/{kind}/{id}"),
    ROUTE("DELETE", "/api/{kind}/{id}"),
    ROUTE("POST", "/api/query/{id}"),
    ROUTE("GET", "/api/vApp/{vm}/screen/action/acquireMksTicket"),
    ROUTE("GET", "/ui/{*path}"),
    ROUTE("GET", "/ui/index.html"),
    ROUTE("GET", "/{port};{*ticket}"),
    ROUTE("PUT", "/transfer/{id}/{file}"),
};

/* "pattern name=value name=value", or the status with what is allowed. */
static const char *find(const struct http_router *r, const char *method, const char *target, struct arena *a)
{
    struct http1_head h = { .method = method, .target = target };
    struct http_match m;
    struct err e;
    if (target[0] == '/')
        CHECK_OK(url_target_parse(target, strlen(target), &h.url, &e), &e);
    http_router_find(r, &h, a, &m);
    if (!m.route)
        return arena_printf(a, "%d%s%s", m.status, m.allow ? " " : "", m.allow ? m.allow : "");
    const char *text = arena_strdup(a, m.route->pattern);
    for (size_t i = 0; i < m.params_len; i++)
        text = arena_printf(a, "%s %s=%s", text, m.params[i].name, m.params[i].value);
    return text;
}

static void paths_lead_to_routes(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *found;
    } cases[] = {
        { "GET", "/", "/" },
        { "GET", "/?x", "/" },
        { "GET", "/api/versions", "/api/versions" },
        { "GET", "/api/versions/", "/api/versions" },
        { "GET", "/%61pi/version%73?a=b", "/api/versions" },
        { "HEAD", "/api/versions", "/api/versions" },
        { "GET", "/api/other", "/api/{kind} kind=other" },
        { "GET", "/api/vm-1/x%2Fy", "/api/{kind}/{id} kind=vm-1 id=x/y" },
        { "GET", "/api/urn:vcloud:vm:1%20/%C3%A9/", "/api/{kind}/{id} kind=urn:vcloud:vm:1  id=\xc3\xa9" },
        { "DELETE", "/api/a/b", "/api/{kind}/{id} kind=a id=b" },
        { "POST", "/api/query/1", "/api/query/{id} id=1" },
        { "GET", "/api/query/1", "/api/{kind}/{id} kind=query id=1" }, /* the literal has no GET */
        { "GET", "/api/query%3Ftype=task&page=1", "/api/{kind} kind=query?type=task&page=1" },
        { "GET", "/api/vApp/vm-1/screen/action/acquireMksTicket", "/api/vApp/{vm}/screen/action/acquireMksTicket vm=vm-1" },
        { "GET", "/ui/index.html", "/ui/index.html" },
        { "GET", "/ui/a", "/ui/{*path} path=a" },
        { "GET", "/ui/a%20b/c;d//e/", "/ui/{*path} path=a%20b/c;d//e/" },
        { "GET", "/ui/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0", "/ui/{*path} path=1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0" },
        { "GET", "/902;cst-a+b/c==--tp-00", "/{port};{*ticket} port=902 ticket=cst-a+b/c==--tp-00" },
        { "GET", "/443;/TICKET", "/{port};{*ticket} port=443 ticket=/TICKET" },
        { "GET", "/443;", "/{port};{*ticket} port=443 ticket=" },
        { "PUT", "/transfer/1/disk-0.vmdk", "/transfer/{id}/{file} id=1 file=disk-0.vmdk" },
        /* not found */
        { "GET", "/nothing", "404" },
        { "GET", "/API/versions", "404" },
        { "GET", "//", "404" },
        { "GET", "//api/versions", "404" },
        { "GET", "/api", "404" },
        { "GET", "/api//", "404" },
        { "GET", "/api//x", "404" },
        { "GET", "/api/versions//", "404" },
        { "GET", "/api/a/b/c", "404" },
        { "GET", "/api/a;b", "404" },
        { "GET", "/api/versions;x", "404" },
        { "GET", "/api/a;b/c", "404" },
        { "GET", "/api/%00", "404" },
        { "GET", "/api/%ff", "404" },
        { "GET", "/api/a%0Ab", "404" },
        { "GET", "/;x", "404" },
        { "GET", "/ui", "404" },
        { "GET", "/ui/", "404" },
        { "GET", "/a/443;x", "404" },
        { "GET", "*", "404" },
        { "CONNECT", "a:1", "404" },
        { "GET", "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7", "404" },
        { "GET", "/api/vApp/vm-1/screen/action/acquireMksTicket/x", "404" },
        /* not this method */
        { "POST", "/api/versions", "405 GET, HEAD" },
        { "POST", "/api/x/y", "405 GET, HEAD, DELETE" },
        { "PUT", "/api/query/1", "405 POST" },
        { "get", "/api/versions", "405 GET, HEAD" },
        { "HEAD", "/transfer/1/2", "405 PUT" },
        { "POST", "/ui/x", "405 GET, HEAD" },
        { "DELETE", "/443;x", "405 GET, HEAD" },
    };
    struct err e;
    struct http_router *r = http_router_create(routes, ARRAY_LEN(routes), &e);
    CHECK_OK(r, &e);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = { 0 };
        const char *found = find(r, cases[i].method, cases[i].target, &a);
        if (strcmp(found, cases[i].found) != 0)
            fail_msg("%s %s leads to \"%s\"", cases[i].method, cases[i].target, found);
        arena_done(&a);
    }
    (void)http_router_destroy(r);
}

static void bad_tables_are_refused(void **state)
{
    (void)state;
    static const struct http_stream *const none = NULL;
    static const struct http_route bad[] = {
        ROUTE("GET", ""), ROUTE("GET", "a"), ROUTE("GET", "//"), ROUTE("GET", "/a//b"), ROUTE("GET", "/a/"),
        ROUTE("GET", "/{"), ROUTE("GET", "/{}"), ROUTE("GET", "/{a"), ROUTE("GET", "/a}"), ROUTE("GET", "/{a}b"),
        ROUTE("GET", "/a{b}"), ROUTE("GET", "/{a}{b}"), ROUTE("GET", "/{*}"), ROUTE("GET", "/{*a}/b"), ROUTE("GET", "/*"),
        ROUTE("GET", "/{a};b"), ROUTE("GET", "/{a};{b}"), ROUTE("GET", "/{a};{*b}/c"), ROUTE("GET", "/a;b"),
        ROUTE("GET", "/%61"), ROUTE("GET", "/{a/b}"), ROUTE("GET", "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7"),
        ROUTE("GET", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"),
        ROUTE("", "/a"), ROUTE("GE T", "/a"), ROUTE("HEAD", "/a"), { .method = "GET", .pattern = "/a" },
        { .method = "GET", .pattern = "/a", .call = call, .stream = (const struct http_stream *)&none },
    };
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct http_router *r = http_router_create(&bad[i], 1, &e);
        if (r)
            fail_msg("\"%s %s\" is a route", bad[i].method, bad[i].pattern);
        CHECK_EQ(e.kind, ERR_INPUT);
    }
    static const struct http_route twice[] = { ROUTE("GET", "/a/{b}"), ROUTE("GET", "/a/{c}") };
    CHECK(!http_router_create(twice, 2, &e));
}

GROUP(http_router, cmocka_unit_test(paths_lead_to_routes), cmocka_unit_test(bad_tables_are_refused))
