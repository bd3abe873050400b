#include "unit/http/handlers.h"

#include <stdlib.h>

#include "http/request.h"
#include "http/response.h"
#include "net/pool.h"
#include "unit/check.h"
#include "wire/http1.h"

static struct rig *begun(struct http_exchange *x)
{
    struct rig *r = http_app(x);
    r->begun++;
    r->x = x;
    return r;
}

static void ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    struct rig *r = http_app(x);
    r->ended++;
    r->how = how;
    r->x = NULL;
    if (e)
        r->why = *e;
    CHECK_EQ(how == HTTP_GONE, e != NULL);
}

/* hello: answers at once. */
static void hello_begin(struct http_exchange *x)
{
    static const struct http1_field fields[] = { { "Content-Type", "text/plain" } };
    (void)begun(x);
    http_answer(x, 200, fields, 1, "hello\n", 6);
}

static const struct http_stream hello = { .begin = hello_begin, .ended = ended };

/* keep: does nothing until the test does it. */
static void keep_begin(struct http_exchange *x)
{
    (void)begun(x);
}

static void keep_nothing(struct http_exchange *x)
{
    (void)x;
}

static void keep_upgraded(struct http_exchange *x, struct http_takeover *t)
{
    struct rig *r = http_app(x);
    struct err e;
    r->taken = t->take_conn;
    CHECK_OK(buf_append(&r->leftover, t->leftover, t->leftover_len, &e), &e);
}

static const struct http_stream keep = { .begin = keep_begin, .body = keep_nothing, .writable = keep_nothing,
                                         .upgraded = keep_upgraded, .ended = ended };

/* sink: takes the whole body, then says how long it was. */
static void sink_begin(struct http_exchange *x)
{
    struct rig *r = begun(x);
    buf_clear(&r->body);
    http_body_want(x);
}

static void sink_body(struct http_exchange *x)
{
    struct rig *r = http_app(x);
    const uint8_t *p;
    size_t len;
    bool end;
    struct err e;
    http_body_peek(x, &p, &len, &end);
    CHECK_OK(buf_append(&r->body, p, len, &e), &e);
    http_body_consume(x, len);
    if (!end)
        return;
    char *text = arena_printf(http_arena(x), "%zu bytes\n", r->body.len);
    http_answer(x, 200, NULL, 0, text, strlen(text));
}

static const struct http_stream sink = { .begin = sink_begin, .body = sink_body, .ended = ended };

uint8_t handler_flood_byte(size_t i)
{
    return (uint8_t)(i * 7 >> 3);
}

/* flood: an answer of r->limit bytes in pieces. */
static void flood_on(struct http_exchange *x)
{
    struct rig *r = http_app(x);
    static uint8_t piece[10000];
    size_t at = (size_t)(uintptr_t)http_state(x);
    while (at < r->limit) {
        size_t len = r->limit - at < sizeof(piece) ? r->limit - at : sizeof(piece);
        for (size_t i = 0; i < len; i++)
            piece[i] = handler_flood_byte(at + i);
        size_t taken = http_answer_write(x, piece, len);
        CHECK(taken <= len);
        at += taken;
        http_state_set(x, (void *)(uintptr_t)at);
        if (taken < len)
            return;
    }
    http_answer_end(x);
}

static void flood_begin(struct http_exchange *x)
{
    struct rig *r = begun(x);
    bool known = !strcmp(http_head(x)->url.path.at + 1, "counted");
    http_answer_start(x, 200, NULL, 0, known ? r->limit : HTTP_LENGTH_UNKNOWN);
    flood_on(x);
}

static const struct http_stream flood = { .begin = flood_begin, .writable = flood_on, .ended = ended };

/* echo: straight-line, on a pool thread. */
static void echo(struct http_request *rq, struct http_response *rs)
{
    http_response_field(rs, "X-Name", http_request_param(rq, "name"));
    http_response_field(rs, "X-Method", rq->head->method);
    CHECK(rq->client.port == 5000);
    if (!buf_append(&rs->body, rq->body, rq->body_len, NULL))
        rs->status = 500;
}

static void bad(struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    http_response_text(rs, 200, "text/plain", "never seen");
    http_response_field(rs, "X", "a\r\nSet-Cookie: b");
}

/* wait: straight-line; waits for the test. */
static void wait_for_test(struct http_request *rq, struct http_response *rs)
{
    struct rig *r = rq->app;
    (void)sem_post(&r->started);
    while (sem_wait(&r->gate))
        ;
    (void)sem_post(&r->gate); /* the next one may go as well */
    http_response_text(rs, 200, "text/plain", "waited");
}

/* onward: straight-line, waits for the test, then goes on as a stream of three pieces. */
static void onward_begin(struct http_exchange *x)
{
    struct rig *r = http_app(x);
    r->begun++;
    for (const char *p = http_state(x); *p; p++)
        CHECK_EQ(http_answer_write(x, p, 1), 1);
    http_answer_end(x);
}

static void onward_ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    free(http_state(x));
    ended(x, how, e);
}

static const struct http_stream onward = { .begin = onward_begin, .ended = onward_ended };

static void decide_and_go_on(struct http_request *rq, struct http_response *rs)
{
    wait_for_test(rq, rs);
    http_response_reset(rs);
    rs->status = 201;
    http_response_field(rs, "X-Decided", "yes");
    rs->onward = (struct http_onward){ .stream = &onward, .state = strdup("abc"), .drop = free };
}

static void decide_badly(struct http_request *rq, struct http_response *rs)
{
    decide_and_go_on(rq, rs);
    http_response_field(rs, "X", "a\r\nSet-Cookie: b");
}

/* early: decides on the head alone what its name says. */
static void forget(void *state)
{
    (void)state;
}

static void early(struct http_request *rq, struct http_response *rs)
{
    const char *what = http_request_param(rq, "what");
    if (!rq->early) { /* gathered, and called once more */
        CHECK_STR(what, "gather");
        http_response_text(rs, 200, "text/plain", "gathered");
        CHECK(buf_append(&rs->body, rq->body, rq->body_len, NULL));
        return;
    }
    CHECK(!rq->body_len && rq->head->method);
    if (!strcmp(what, "wait"))
        wait_for_test(rq, rs);
    else if (!strcmp(what, "gather"))
        rs->gather = 100;
    else if (!strcmp(what, "stream"))
        rs->onward = (struct http_onward){ .stream = &sink, .drop = forget, .answers = true };
    else if (!strcmp(what, "done"))
        http_response_text(rs, 200, "text/plain", "done");
    else
        http_response_text(rs, 409, "text/plain", "refused");
}

void handler_wait_started(struct rig *r)
{
    while (sem_wait(&r->started))
        ;
}

void handler_let_go(struct rig *r)
{
    (void)sem_post(&r->gate);
}

static void nothing(struct pool_job *j)
{
    (void)j;
}

static void *let_go_when_closing(void *arg)
{
    struct rig *r = arg;
    struct pool_job job = { .work = nothing, .destroy = nothing };
    struct err e;
    do {
        CHECK(!pool_run(r->pool, &job, &e));
    } while (e.kind != ERR_CANCELLED);
    handler_let_go(r);
    return NULL;
}

void handler_let_go_when_closing(struct rig *r)
{
    CHECK_EQ(pthread_create(&r->helper, NULL, let_go_when_closing, r), 0);
    r->helped = true;
}

const struct http_route handler_routes[] = {
    { .method = "GET", .pattern = "/hello", .stream = &hello },
    { .method = "POST", .pattern = "/hello", .stream = &hello },
    { .method = "GET", .pattern = "/keep", .stream = &keep },
    { .method = "POST", .pattern = "/keep", .stream = &keep },
    { .method = "PUT", .pattern = "/sink", .stream = &sink },
    { .method = "POST", .pattern = "/sink", .stream = &sink },
    { .method = "GET", .pattern = "/counted", .stream = &flood },
    { .method = "GET", .pattern = "/chunked", .stream = &flood },
    { .method = "POST", .pattern = "/echo/{name}", .call = echo, .body_max = 1000 },
    { .method = "GET", .pattern = "/echo/{name}", .call = echo },
    { .method = "GET", .pattern = "/bad", .call = bad },
    { .method = "PUT", .pattern = "/early/{what}", .call = early, .body_max = HTTP_EARLY },
    { .method = "GET", .pattern = "/onward", .call = decide_and_go_on },
    { .method = "GET", .pattern = "/onward-bad", .call = decide_badly },
    { .method = "GET", .pattern = "/wait", .call = wait_for_test },
};

struct rig_options handler_options(const struct http_limits *limits)
{
    struct rig_options o = { .routes = handler_routes, .routes_len = ARRAY_LEN(handler_routes) };
    if (limits)
        o.limits = *limits;
    return o;
}
