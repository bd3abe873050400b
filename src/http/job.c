#include "http/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/secret.h"
#include "http/peer.h"
#include "http/request.h"
#include "net/desk.h"
#include "net/pool.h"

/* One request on its way to a pool thread and back. The exchange and the pool each hold it; the last one frees it.
 * Both let go on the loop's thread. */
struct job {
    struct pool_job pool; /* first */
    bool with_exchange, with_pool;
    uint64_t id;          /* of the exchange at the desk; 0 = not entered */
    size_t reserved;      /* of the server's room for bodies */
    bool early;           /* the call to come is about the head alone */
    bool draining;        /* the response is there, and waits until an unwanted body is over */
    size_t drained;
    struct http_server *server;
    struct arena arena;   /* was the exchange's */
    struct http_match match;
    struct buf body;
    struct http_request request;
    struct http_response response;
};

void http_request_client(const struct http_request *rq, char *out, size_t size)
{
    char text[ADDRESS_TEXT];
    address_write(&rq->client, text);
    (void)text_copy(out, size, text);
}

const char *http_request_param(const struct http_request *rq, const char *name)
{
    for (size_t i = 0; i < rq->match->params_len; i++)
        if (!strcmp(rq->match->params[i].name, name))
            return rq->match->params[i].value;
    assert(false); /* a parameter that the pattern does not have */
    return "";
}

static void let_go(struct job *j)
{
    if (j->with_exchange || j->with_pool)
        return;
    if (j->body.data)
        secret_wipe(j->body.data, j->body.len); /* a login, perhaps */
    http_response_done(&j->response);
    buf_done(&j->body);
    arena_done(&j->arena);
    free(j);
}

/* On a pool thread. */
static void work(struct pool_job *pj)
{
    struct job *j = CONTAINER_OF(pj, struct job, pool);
    j->match.route->call(&j->request, &j->response);
}

/* The exchange is the stream's from here on; what it was asked with stays until the pool lets go of the job. */
static void go_on(struct job *j, struct http_exchange *x)
{
    const struct http_onward on = j->response.onward;
    j->response.onward = (struct http_onward){ 0 };
    desk_leave(server_desk(j->server), j->id);
    server_give_back(j->server, j->reserved);
    j->with_exchange = false;
    x->handler = on.stream;
    x->state = on.state;
    if (!on.answers)
        http_answer_start(x, j->response.status, j->response.fields, j->response.fields_len,
                          on.sized ? on.length : HTTP_LENGTH_UNKNOWN);
    on.stream->begin(x);
}

/* A refused client reads why, and may go on: what it is sending already is read first when that is little. */
static bool should_drain(const struct peer *p)
{
    const struct http1_head *h = &p->reader.head;
    return !p->x.body_ended && !h->expect_continue && (h->framing == HTTP1_CHUNKED || h->length <= HTTP_DRAIN_MAX);
}

static size_t body_max(const struct peer *p, const struct http_match *m)
{
    return m->route->body_max ? m->route->body_max : server_config(p->server)->limits.body;
}

/* Room for a body of at most max bytes; false: the client was told that there is none. */
static bool make_room(struct peer *p, size_t max, size_t *ret_reserved)
{
    const struct http1_head *h = &p->reader.head;
    size_t reserve = h->framing == HTTP1_CHUNKED ? max : (size_t)h->length;
    if (h->length > max) {
        exchange_refuse(p, 413, "the body is larger than this resource takes");
        return false;
    }
    if (!server_reserve(p->server, reserve)) {
        exchange_refuse(p, 503, "too many large requests at a time");
        return false;
    }
    *ret_reserved = reserve;
    return true;
}

static void prepare_body(struct job *j, const struct http1_head *h, size_t max)
{
    uint8_t *room;
    buf_done(&j->body);
    buf_init(&j->body, max);
    if (h->length <= HTTP_STREAM_SIZE) /* at once: a buffer that grows leaves copies of a password behind */
        (void)!buf_reserve(&j->body, (size_t)h->length, &room, NULL);
}

/* The head was good: the body, and then the same call with it. */
static void gather(struct job *j, struct peer *p)
{
    size_t max = j->response.gather, reserved;
    if (!make_room(p, max, &reserved))
        return;
    j->reserved = reserved;
    j->early = false;
    prepare_body(j, &p->reader.head, max);
    http_response_reset(&j->response);
    http_body_want(&p->x);
}

static void answer_early(struct job *j, struct peer *p)
{
    if (j->response.gather && !j->response.bad) {
        gather(j, p);
    } else if (should_drain(p)) {
        j->draining = true;
        http_body_want(&p->x);
    } else {
        answer_response(p, &j->response);
    }
}

static void answer(struct pool_job *pj, void *asker)
{
    struct job *j = CONTAINER_OF(pj, struct job, pool);
    struct http_exchange *x = asker;
    struct peer *p = CONTAINER_OF(x, struct peer, x);
    if (pj->dropped)
        exchange_refuse(p, 503, "the server ends");
    else if (j->response.onward.stream && !j->response.bad)
        go_on(j, x);
    else if (j->early)
        answer_early(j, p);
    else
        answer_response(p, &j->response);
    peer_wake(p);
}

static void destroy(struct pool_job *pj)
{
    struct job *j = CONTAINER_OF(pj, struct job, pool);
    struct http_server *s = j->server;
    j->with_pool = false;
    let_go(j);
    server_let_go(s);
}

/* The body is whole, or counts for nothing yet: off to a pool thread. */
static void ask(struct job *j, struct peer *p)
{
    struct err e;
    const char *body = buf_str(&j->body);
    assert(server_config(p->server)->pool);
    j->request = (struct http_request){
        .head = http1_head_copy(&p->reader, &j->arena),
        .match = &j->match,
        .client = p->client,
        .local = p->local,
        .uid = p->uid,
        .early = j->early,
        .body = (const uint8_t *)body,
        .body_len = j->body.len,
        .arena = &j->arena,
        .app = server_config(p->server)->app,
    };
    j->pool.work = work;
    j->pool.answer = answer;
    j->pool.destroy = destroy;
    j->with_pool = true;
    server_hold(j->server);
    if (!pool_ask(server_config(p->server)->pool, server_desk(p->server), j->id, &j->pool, &e)) {
        j->with_pool = false;
        server_let_go(j->server);
        exchange_refuse(p, 503, "too many requests are waiting");
    }
}

static void begin(struct http_exchange *x)
{
    struct peer *p = CONTAINER_OF(x, struct peer, x);
    size_t max = body_max(p, &x->match), reserved = 0; /* of an early one: nothing yet */
    bool early = x->match.route->body_max == HTTP_EARLY;
    if (!early && !make_room(p, max, &reserved))
        return;
    struct job *j = xcalloc(1, sizeof(*j));
    j->server = p->server;
    j->early = early;
    j->reserved = reserved;
    j->with_exchange = true;
    j->arena = x->arena; /* what the match says lives there */
    x->arena = (struct arena){ 0 };
    j->match = x->match;
    if (early)
        buf_init(&j->body, 0);
    else
        prepare_body(j, &p->reader.head, max);
    http_response_init(&j->response, &j->arena);
    x->state = j;
    j->id = desk_enter(server_desk(p->server), x);
    if (early || x->body_ended)
        ask(j, p);
    else
        http_body_want(x);
}

/* Thrown away, up to a limit: past it the answer goes out, and the connection ends with it. */
static void drain(struct job *j, struct peer *p, size_t len, bool end)
{
    j->drained += len;
    http_body_consume(&p->x, len);
    if (end || j->drained > HTTP_DRAIN_MAX)
        answer_response(p, &j->response);
}

static void body(struct http_exchange *x)
{
    struct peer *p = CONTAINER_OF(x, struct peer, x);
    struct job *j = x->state;
    const uint8_t *piece;
    size_t len;
    bool end;
    http_body_peek(x, &piece, &len, &end);
    if (j->draining) {
        drain(j, p, len, end);
        return;
    }
    if (!buf_append(&j->body, piece, len, NULL)) {
        p->keep = false;
        exchange_refuse(p, 413, "the body is larger than this resource takes");
        return;
    }
    http_body_consume(x, len);
    if (end)
        ask(j, p);
}

static void ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    struct job *j = x->state;
    (void)how;
    (void)e;
    if (!j)
        return; /* refused in begin */
    desk_leave(server_desk(j->server), j->id);
    server_give_back(j->server, j->reserved);
    j->with_exchange = false;
    let_go(j);
}

const struct http_stream *job_stream(const struct http_route *route)
{
    static const struct http_stream stream = { .begin = begin, .body = body, .ended = ended };
    (void)route;
    return &stream;
}
