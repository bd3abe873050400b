#include "http/exchange.h"

#include <assert.h>
#include <string.h>

#include "http/job.h"
#include "http/peer.h"

static struct peer *peer_of(const struct http_exchange *x)
{
    return CONTAINER_OF(x, struct peer, x);
}

const struct http1_head *http_head(const struct http_exchange *x)
{
    return &peer_of(x)->reader.head;
}

const struct http_match *http_match(const struct http_exchange *x)
{
    return &x->match;
}

const struct address *http_client(const struct http_exchange *x)
{
    return &peer_of(x)->client;
}

struct arena *http_arena(struct http_exchange *x)
{
    return &x->arena;
}

struct loop *http_loop(const struct http_exchange *x)
{
    return server_loop(peer_of(x)->server);
}

struct http_server *http_server_of(const struct http_exchange *x)
{
    return peer_of(x)->server;
}

void *http_app(const struct http_exchange *x)
{
    return server_config(peer_of(x)->server)->app;
}

void *http_state(const struct http_exchange *x)
{
    return x->state;
}

void http_state_set(struct http_exchange *x, void *state)
{
    x->state = state;
}

/* Reads on in what has come already: a piece, the end, or nothing new. False: the body is against the protocol. */
static bool read_body(struct peer *p, struct err *e)
{
    struct http_exchange *x = &p->x;
    size_t used;
    enum http1_event event = http1_feed(&p->reader, p->in ? p->in + p->in_at : (const uint8_t *)"",
                                        p->in_len - p->in_at, &used, &x->piece, e);
    p->in_at += used;
    if (event == HTTP1_BAD)
        return false;
    if (event != HTTP1_BODY)
        x->piece = (struct url_span){ NULL, 0 };
    x->body_ended = event == HTTP1_END;
    x->news = event == HTTP1_END || event == HTTP1_BODY;
    return true;
}

void exchange_begin(struct peer *p)
{
    struct http_exchange *x = &p->x;
    const struct http_server_config *c = server_config(p->server);
    const struct http1_head *h = &p->reader.head;
    struct err e;
    *x = (struct http_exchange){ .continue_due = h->expect_continue, .head_only = !strcmp(h->method, "HEAD") };
    p->keep = h->keep_alive && p->requests < c->limits.requests;
    if (h->framing == HTTP1_NO_BODY || (h->framing == HTTP1_LENGTH && !h->length))
        (void)!read_body(p, &e); /* ended already */
    if (p->over_limit) {
        p->keep = false;
        exchange_refuse(p, 503, "too many connections");
        return;
    }
    http_router_find(c->router, h, &x->arena, &x->match);
    if (!x->match.route) {
        exchange_refuse(p, x->match.status, x->match.status == 405 ? "this method is not for this resource"
                                                                   : "no such resource");
        return;
    }
    x->handler = x->match.route->stream ? x->match.route->stream : job_stream(x->match.route);
    x->begun = true;
    x->handler->begin(x);
}

void exchange_end(struct peer *p, enum http_end how, const struct err *e)
{
    struct http_exchange *x = &p->x;
    if (x->begun) {
        x->begun = false;
        x->handler->ended(x, how, how == HTTP_GONE ? e : NULL);
    }
    if (x->refusing)
        http_response_done(&x->refusal);
    arena_done(&x->arena);
    *x = (struct http_exchange){ 0 };
}

void exchange_refuse(struct peer *p, int status, const char *reason)
{
    struct http_exchange *x = &p->x;
    const struct http_server_config *c = server_config(p->server);
    struct http_failure f = { status, p->reader.head.method ? &p->reader.head : NULL, reason };
    struct err gone;
    const char *allow = x->match.allow;
    /* What the new, empty exchange still has to know about the request. */
    struct http_exchange rest = { .body_ended = x->body_ended, .continue_due = x->continue_due,
                                  .head_only = x->head_only, .refusing = true };
    if (x->begun) {
        err_set(&gone, ERR_PEER, "%s", reason);
        allow = NULL;
        exchange_end(p, HTTP_GONE, &gone);
    } else {
        rest.arena = x->arena;
    }
    *x = rest;
    http_response_init(&x->refusal, &x->arena);
    http_response_text(&x->refusal, status, "text/plain; charset=utf-8", reason);
    if (c->failed) {
        http_response_reset(&x->refusal);
        x->refusal.status = status;
        c->failed(c->app, &f, &x->refusal);
    }
    if (allow)
        http_response_field(&x->refusal, "Allow", allow);
    if (status == 503)
        http_response_field(&x->refusal, "Retry-After", arena_printf(&x->arena, "%d", HTTP_RETRY_AFTER_S));
    answer_response(p, &x->refusal);
}

void exchange_discard(struct peer *p)
{
    struct http_exchange *x = &p->x;
    struct err e;
    x->body_wanted = x->news = false;
    do {
        x->piece.len = 0;
    } while (!x->body_ended && read_body(p, &e) && x->piece.len);
    x->news = false;
    if (!x->body_ended)
        p->keep = false;
}

bool exchange_over(const struct peer *p)
{
    return p->x.answer == ANSWER_ENDED && !peer_unsent(p);
}

/* The body of a request goes wrong in the middle. */
static void bad_body(struct peer *p, int status, const struct err *why)
{
    p->keep = false;
    if (p->x.answer == ANSWER_NONE)
        exchange_refuse(p, status, why->msg);
    else
        peer_fail(p, why);
}

static enum io turn_body(struct peer *p, struct err *e)
{
    struct http_exchange *x = &p->x;
    struct err why;
    if (!x->news && !read_body(p, &why)) {
        bad_body(p, p->reader.refusal, &why);
        return IO_DONE;
    }
    if (x->news) {
        x->news = false;
        x->handler->body(x);
        return IO_DONE;
    }
    enum io io = peer_read(p, e);
    if (io == IO_DONE && p->in_ended) {
        err_set(&why, ERR_PEER, "the client ended in the middle of its request");
        peer_fail(p, &why);
    }
    return io;
}

enum io exchange_turn(struct peer *p, struct err *e)
{
    struct http_exchange *x = &p->x;
    if (x->upgrading) {
        p->state = PEER_UPGRADE;
        return IO_DONE;
    }
    enum io out = peer_flush(p, e);
    if (out == IO_FAILED || exchange_over(p))
        return out;
    if (out == IO_DONE && x->starved) {
        x->starved = false;
        x->handler->writable(x);
        return IO_DONE;
    }
    if (x->body_wanted && (x->news || (!x->piece.len && !x->body_ended)))
        return turn_body(p, e);
    if (p->drive.hung_up) { /* nothing is read now that would say so */
        err_set(e, ERR_PEER, "the client broke off");
        return IO_FAILED;
    }
    return out == IO_DONE ? IO_WANT_READ : out;
}

void http_body_want(struct http_exchange *x)
{
    struct peer *p = peer_of(x);
    if (x->body_wanted || x->answer == ANSWER_ENDED)
        return;
    x->body_wanted = true;
    x->news = x->body_ended;
    /* Not when the body is on its way already (RFC 9110 section 10.1.1). */
    if (x->continue_due && !x->body_ended && p->in_at == p->in_len && x->answer == ANSWER_NONE) {
        bool ok = http1_write_status(&p->out, 100, NULL, NULL) && http1_write_end(&p->out, NULL);
        assert(ok);
        (void)ok;
    }
    x->continue_due = false;
    peer_wake(p);
}

void http_body_peek(const struct http_exchange *x, const uint8_t **ret_p, size_t *ret_len, bool *ret_end)
{
    *ret_p = (const uint8_t *)x->piece.at;
    *ret_len = x->piece.len;
    *ret_end = x->body_ended && !x->piece.len;
}

void http_body_consume(struct http_exchange *x, size_t len)
{
    assert(len <= x->piece.len);
    x->piece.at += len;
    x->piece.len -= len;
    if (!x->piece.len)
        peer_wake(peer_of(x));
}

void http_abort(struct http_exchange *x, const struct err *why)
{
    if (x->answer != ANSWER_ENDED)
        peer_fail(peer_of(x), why);
}
