#include "unit/api/rig.h"

#include <stdlib.h>

#include "api/routes.h"
#include "base/text.h"
#include "http/request.h"
#include "http/router.h"
#include "wire/http1.h"
#include "wire/json.h"

int rig_set_up(void **state)
{
    struct err e;
    struct rig *r = calloc(1, sizeof(*r));
    void *world = NULL;
    CHECK_EQ(world_set_up(&world), 0);
    r->world = world;
    r->app = api_app_create(&r->world->site, NULL, 0, &e);
    CHECK_OK(r->app, &e);
    api_app_serve(r->app, &r->http);
    api_app_open(r->app);
    *state = r;
    return 0;
}

static void forget(struct rig *r)
{
    if (r->rs.arena)
        http_response_done(&r->rs);
    r->rs = (struct http_response){ 0 };
    json_decref(r->json);
    r->json = NULL;
    arena_done(&r->arena);
}

int rig_tear_down(void **state)
{
    struct rig *r = *state;
    forget(r);
    api_app_destroy(r->app);
    void *world = r->world;
    CHECK_EQ(world_tear_down(&world), 0);
    free(r);
    return 0;
}

/* The head as the server's reader makes it of the bytes. */
static struct http1_head *read_head(struct rig *r, const char *line, const char *fields, size_t body_len)
{
    struct err e;
    size_t used;
    const char *accept = strstr(line, " /api/") ? "Accept: application/*+xml;version=37.0\r\n"
                                                : "Accept: application/json;version=37.0\r\n";
    char *text = arena_printf(&r->arena, "%s HTTP/1.1\r\nHost: cell.example\r\n%s%s%s%sContent-Length: %zu\r\n\r\n", line,
                              fields ? fields : accept, r->token[0] ? "Authorization: bearer " : "", r->token,
                              r->token[0] ? "\r\n" : "", body_len);
    struct http1_reader reader;
    http1_reader_init(&reader, HTTP1_REQUEST, NULL);
    CHECK_EQ(http1_feed(&reader, (const uint8_t *)text, strlen(text), &used, NULL, &e), HTTP1_HEAD);
    struct http1_head *head = http1_head_copy(&reader, &r->arena);
    http1_reader_done(&reader);
    return head;
}

int rig_call(struct rig *r, const char *line, const char *fields, const char *body)
{
    struct http_match match;
    forget(r);
    struct http1_head *head = read_head(r, line, fields, body ? strlen(body) : 0);
    http_response_init(&r->rs, &r->arena);
    http_router_find(r->http.router, head, &r->arena, &match);
    if (!match.route) {
        const struct http_failure f = { match.status, head, "not found" };
        r->rs.status = match.status;
        r->http.failed(r->app, &f, &r->rs);
        return r->rs.status;
    }
    struct http_request rq = { .head = head, .match = &match, .body = (const uint8_t *)(body ? body : ""),
                               .body_len = body ? strlen(body) : 0, .arena = &r->arena, .app = r->app };
    match.route->call(&rq, &r->rs);
    CHECK(!r->rs.bad);
    return r->rs.status;
}

const char *rig_body(const struct rig *r)
{
    return buf_str(&r->rs.body);
}

const char *rig_field(const struct rig *r, const char *name)
{
    for (size_t i = 0; i < r->rs.fields_len; i++)
        if (text_caseeq(r->rs.fields[i].name, name))
            return r->rs.fields[i].value;
    return NULL;
}

json_t *rig_json(struct rig *r)
{
    struct err e;
    CHECK_OK(wire_json_read(rig_body(r), r->rs.body.len, NULL, &r->json, &e), &e);
    return r->json;
}
