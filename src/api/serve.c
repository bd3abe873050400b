#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/error.h"
#include "api/op.h"
#include "api/routes.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/session.h"
#include "flow/site.h"
#include "gate/gate.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "http/server.h"
#include "wire/http1.h"

enum { REQUEST_ID_MAX = 128 }; /* of the client's own, in front of ours (vcd-api.md 1.3) */

static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx", "5xx" };

struct api_app {
    const struct site *site;
    struct http_route *routes; /* owned */
    size_t ops, ops_from;      /* so many of them, from there on, are operations */
    uint64_t *answered;        /* owned: for each of them, by class of status */
    struct http_router *router;
    bool open;
};

/* X-VMWARE-VCLOUD-REQUEST-ID: the client's own id, when it has one of [A-Za-z0-9-], and a UUID. */
static void answer_id(struct api_call *c)
{
    char uuid[RANDOM_UUID];
    const char *theirs = api_field(c, "X-VMWARE-VCLOUD-CLIENT-REQUEST-ID");
    random_uuid(uuid);
    bool plain = theirs && theirs[0] && theirs[strspn(theirs, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
    http_response_field(c->rs, "X-VMWARE-VCLOUD-REQUEST-ID",
                        plain ? arena_printf(c->arena, "%.*s-%s", REQUEST_ID_MAX, theirs, uuid) : arena_strdup(c->arena, uuid));
}

static bool read_accept(struct api_call *c, struct err *e)
{
    const char *lines[API_ACCEPT_LINES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < c->rq->head->fields_len && len < API_ACCEPT_LINES_MAX; i++)
        if (text_caseeq(c->rq->head->fields[i].name, "Accept"))
            lines[len++] = c->rq->head->fields[i].value;
    return api_accept_read(lines, len, c->face, &c->accept, e);
}

/* The same session through any of three fields (vcd-api.md 1.4). */
static const char *token_of(const struct api_call *c)
{
    const char *bearer = api_field(c, "Authorization");
    if (bearer && text_caseeq_n(bearer, strnlen(bearer, 7), "bearer ", 7)) {
        bearer += 7;
        return bearer + strspn(bearer, " ");
    }
    const char *token = api_field(c, "X-VMWARE-VCLOUD-ACCESS-TOKEN");
    return token ? token : api_field(c, "X-VCLOUD-AUTHORIZATION");
}

/* A provider may act for an organization; anybody else only for his own. */
static bool read_tenant(struct api_call *c, struct err *e)
{
    const char *text = api_field(c, "X-VMWARE-VCLOUD-TENANT-CONTEXT");
    struct caller *who = &c->caller;
    if (!who->system)
        (void)text_copy(who->tenant, sizeof(who->tenant), who->org);
    if (!text || !text[0])
        return true;
    char urn[STORE_ID_MAX + 1];
    static const char prefix[] = "urn:vcloud:org:";
    bool has = strncmp(text, prefix, sizeof(prefix) - 1) == 0;
    if (snprintf(urn, sizeof(urn), "%s%s", has ? "" : prefix, text) >= (int)sizeof(urn))
        return err_set(e, ERR_INPUT, "the tenant context is no organization's id");
    for (char *p = urn; *p; p++)
        *p = text_lower(*p);
    if (!who->system && strcmp(urn, who->org) != 0)
        return err_set(e, ERR_DENIED, "the tenant context names another organization");
    (void)text_copy(who->tenant, sizeof(who->tenant), urn);
    return true;
}

static void refuse(struct api_call *c, struct api_error as, const struct err *e)
{
    struct err failed;
    http_response_reset(c->rs);
    answer_id(c);
    c->rs->status = as.status;
    if (as.status == 401)
        http_response_field(c->rs, "WWW-Authenticate", "Bearer");
    const char *type = c->accept.format == API_XML ? "application/vnd.vmware.vcloud.error+xml"
                       : c->face == API_LEGACY     ? "application/*+json"
                                                   : "application/json";
    http_response_field(c->rs, "Content-Type", arena_printf(c->arena, "%s;version=%u.%u", type, c->accept.version.major,
                                                            c->accept.version.minor));
    if (!api_error_write_as(as, e->msg, c->face, c->accept.format, &c->rs->body, &failed))
        c->rs->bad = true;
    if (as.status >= 500)
        LOG(WARN, "api.failed", "path=\"%.*s\" status=%d error=\"%s\"", (int)c->rq->head->url.path.len,
            c->rq->head->url.path.at, as.status, e->msg);
}

/* Whose session it is; without one the machine's own administrator, where the kernel says that it is he. */
static bool find_caller(struct api_call *c, const char *token, const char *from)
{
    struct err e;
    if (!token && c->rq->local) {
        caller_local(&c->caller, c->site, c->rq->uid);
        return true;
    }
    if (token && session_find(c->site->sessions, token, from, &c->caller, &e))
        return true;
    if (!token)
        (void)err_set(&e, ERR_DENIED, "no session: log in first");
    refuse(c, e.kind == ERR_DENIED ? (struct api_error){ 401, "UNAUTHORIZED" } : api_error_of(e.kind, c->face), &e);
    return false;
}

static bool may_enter(struct api_call *c, const struct api_op *op)
{
    struct err e;
    char from[STORE_NAME_MAX];
    http_request_client(c->rq, from, sizeof(from));
    const char *token = token_of(c), *cookie = token ? NULL : api_cookie_token(c);
    if (op->flags & API_PUBLIC)
        return true;
    if (!find_caller(c, token ? token : cookie, from))
        return false;
    if ((cookie && !api_cookie_change(c, cookie, &e)) || !read_tenant(c, &e) || !api_need(c, op->right, &e) ||
        ((op->flags & API_PROVIDER) && !c->caller.system && !err_set(&e, ERR_DENIED, "this is for providers only"))) {
        refuse(c, api_error_of(e.kind, c->face), &e);
        return false;
    }
    return true;
}

static struct api_error error_of(const struct api_op *op, const struct err *e)
{
    if ((op->flags & API_LOGIN) && e->kind == ERR_DENIED)
        return (struct api_error){ 401, "UNAUTHORIZED" };
    if ((op->flags & API_LOGIN) && e->kind == ERR_LIMIT)
        return (struct api_error){ 429, "TOO_MANY_REQUESTS" };
    if ((op->flags & API_SHOWN) && e->kind == ERR_CONFLICT)
        return (struct api_error){ 409, "CHANGED_SINCE_SHOWN" };
    return api_error_for(e, op->face);
}

static void count_answer(const struct api_app *a, const struct http_route *route, int status)
{
    size_t class = (size_t)status / 100 - 1, row = (size_t)(route - a->routes) - a->ops_from;
    if (class < ARRAY_LEN(classes))
        (void)__atomic_fetch_add(&a->answered[row * ARRAY_LEN(classes) + class], 1, __ATOMIC_RELAXED);
}

void api_app_requests(const struct api_app *a, void (*sink)(void *self, const struct api_op *op, const char *code, uint64_t n),
                      void *self)
{
    for (size_t i = 0; i < a->ops * ARRAY_LEN(classes); i++)
        sink(self, a->routes[a->ops_from + i / ARRAY_LEN(classes)].tag, classes[i % ARRAY_LEN(classes)],
             __atomic_load_n(&a->answered[i], __ATOMIC_RELAXED));
}

static void answer_op(struct http_request *rq, struct http_response *rs)
{
    const struct api_app *app = rq->app;
    const struct api_op *op = rq->match->route->tag;
    struct api_call c = { .rq = rq, .rs = rs, .arena = rq->arena, .site = app->site, .face = op->face };
    struct err e = { 0 };
    if (!read_accept(&c, &e)) {
        c.accept = (struct api_accept){ op->face == API_CLOUDAPI ? API_JSON : API_XML, API_VERSION_DEFAULT, false };
        if (!(op->flags & API_NO_VERSION)) {
            refuse(&c, (struct api_error){ 406, "NOT_ACCEPTABLE" }, &e);
            return;
        }
    }
    if (!__atomic_load_n(&app->open, __ATOMIC_ACQUIRE) && !(op->flags & API_NO_VERSION)) {
        (void)err_set(&e, ERR_STORE, "this cell has no administrator yet: run \"vouchsafe init\"");
        refuse(&c, api_error_of(e.kind, c.face), &e);
        return;
    }
    if (!may_enter(&c, op))
        return;
    answer_id(&c);
    if (!op->run(&c, &e))
        refuse(&c, error_of(op, &e), &e);
}

static void serve(struct http_request *rq, struct http_response *rs)
{
    answer_op(rq, rs);
    count_answer(rq->app, rq->match->route, rs->status);
}

static bool starts(struct url_span path, const char *with)
{
    size_t len = strlen(with);
    return path.len >= len && memcmp(path.at, with, len) == 0;
}

/* The server's own refusals, before any operation was found: in the form of the face that the path names. */
static void failed(void *app, const struct http_failure *f, struct http_response *rs)
{
    (void)app;
    struct err e, not_written;
    const struct url_span path = f->head ? f->head->url.path : (struct url_span){ "", 0 };
    enum api_face face = starts(path, "/api/") || starts(path, "/transfer/") ? API_LEGACY : API_CLOUDAPI;
    struct api_accept accept = { face == API_LEGACY ? API_XML : API_JSON, API_VERSION_DEFAULT, false };
    for (size_t i = 0; f->head && i < f->head->fields_len; i++)
        if (text_caseeq(f->head->fields[i].name, "Accept") &&
            api_accept_read(&f->head->fields[i].value, 1, face, &accept, &not_written))
            break;
    const struct api_error as = { f->status, f->status == 404   ? "RESOURCE_NOT_FOUND"
                                             : f->status == 405 ? "METHOD_NOT_ALLOWED"
                                             : f->status >= 500 ? "INTERNAL_SERVER_ERROR"
                                                                : "BAD_REQUEST" };
    (void)err_set(&e, ERR_INPUT, "%s", f->reason);
    http_response_field(rs, "Content-Type",
                        accept.format == API_XML ? "application/vnd.vmware.vcloud.error+xml;version=37.0"
                                                 : "application/json;version=37.0");
    if (!api_error_write_as(as, e.msg, face, accept.format, &rs->body, &not_written))
        rs->bad = true;
}

static size_t count(void)
{
    size_t n = 0;
    for (size_t i = 0; api_tables[i]; i++)
        for (const struct api_op *op = api_tables[i]; op->method; op++)
            n++;
    return n;
}

struct api_app *api_app_create(const struct site *site, const struct http_route *more, size_t more_len, struct err *e)
{
    struct api_app *a = xcalloc(1, sizeof(*a));
    size_t n = 0;
    a->site = site;
    a->ops = count();
    a->ops_from = more_len;
    a->routes = xcalloc(more_len + a->ops + 1, sizeof(*a->routes));
    a->answered = xcalloc(a->ops * ARRAY_LEN(classes), sizeof(*a->answered));
    for (size_t i = 0; i < more_len; i++)
        a->routes[n++] = more[i];
    for (size_t i = 0; api_tables[i]; i++)
        for (const struct api_op *op = api_tables[i]; op->method; op++)
            a->routes[n++] = (struct http_route){ .method = op->method, .pattern = op->pattern, .call = serve,
                                                  .body_max = op->body_max, .tag = op };
    if (site->gate) /* the console proxy: wss://cell/<port>;<ticket> (vcd-api.md 4.4) */
        a->routes[n++] = (struct http_route){ .method = "GET", .pattern = "/{port};{*ticket}", .stream = &gate_console_stream,
                                              .tag = site->gate };
    a->router = http_router_create(a->routes, n, e);
    return a->router ? a : api_app_destroy(a);
}

struct api_app *api_app_destroy(struct api_app *a)
{
    if (!a)
        return NULL;
    (void)http_router_destroy(a->router);
    free(a->routes);
    free(a->answered);
    free(a);
    return NULL;
}

void api_app_serve(struct api_app *a, struct http_server_config *c)
{
    c->router = a->router;
    c->app = a;
    c->failed = failed;
}

void api_app_open(struct api_app *a)
{
    __atomic_store_n(&a->open, true, __ATOMIC_RELEASE);
}
