#include "gate/piece.h"

#include <stdlib.h>

#include "base/mem.h"
#include "http/exchange.h"

struct piece {
    struct gate_upload *upload; /* a reference */
    gate_reply *reply;
    struct http_exchange *x;    /* NULL once it was answered, or is gone */
};

static struct piece *destroy(struct piece *p)
{
    (void)gate_upload_unref(p->upload);
    free(p);
    return NULL;
}

/* ---- to the upload ---- */

static void wanted(void *self)
{
    struct piece *p = self;
    http_body_want(p->x);
}

static void peek(void *self, const uint8_t **ret_p, size_t *ret_len, bool *ret_end)
{
    struct piece *p = self;
    http_body_peek(p->x, ret_p, ret_len, ret_end);
}

static void consume(void *self, size_t len)
{
    struct piece *p = self;
    http_body_consume(p->x, len);
}

/* The exchange lives on until its answer is out. */
static void fed(void *self, const struct gate_fed *f)
{
    struct piece *p = self;
    struct http_exchange *x = STEAL(p->x);
    p->reply(x, f);
}

/* ---- from the client ---- */

static void begin(struct http_exchange *x)
{
    struct piece *p = http_state(x);
    const struct gate_feed feed = { wanted, peek, consume, fed, p };
    p->x = x;
    gate_upload_feed(p->upload, http_loop(x), &feed);
}

static void body(struct http_exchange *x)
{
    const struct piece *p = http_state(x);
    if (p->x)
        gate_upload_more(p->upload);
}

static void ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    struct piece *p = http_state(x);
    (void)how;
    (void)e;
    if (p->x)
        gate_upload_leave(p->upload);
    (void)destroy(p);
}

static void drop(void *state)
{
    struct piece *p = state;
    gate_upload_unclaim(p->upload);
    (void)destroy(p);
}

bool gate_piece(struct gate_upload *u, const struct range_claim *c, gate_reply *reply, struct http_onward *ret,
                enum range_verdict *ret_verdict, struct err *e)
{
    static const struct http_stream stream = { .begin = begin, .body = body, .ended = ended };
    if (!gate_upload_claim(u, c, ret_verdict, e))
        return false;
    *ret = (struct http_onward){ 0 };
    if (*ret_verdict == RANGE_COMPLETE)
        return true;
    struct piece *p = xcalloc(1, sizeof(*p));
    p->upload = gate_upload_ref(u);
    p->reply = reply;
    *ret = (struct http_onward){ .stream = &stream, .state = p, .drop = drop, .answers = true };
    return true;
}
