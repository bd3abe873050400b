#include "http/events.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "http/exchange.h"
#include "net/loop.h"

struct http_events {
    struct http_teller teller;
    struct loop_task task;        /* a wake on its way */
    atomic_bool posted;
    _Atomic(struct loop *) loop;  /* NULL: not begun */
    struct loop_timer hold, beat;
    struct http_exchange *x;      /* NULL: ended, and a wake is on its way */
    bool held, waiting;           /* an event was sent just now; and more may be there */
    int64_t until_ms;
};

struct http_events *http_events_create(const struct http_teller *t)
{
    struct http_events *s = xcalloc(1, sizeof(*s));
    s->teller = *t;
    return s;
}

void http_events_wake(struct http_events *s)
{
    struct loop *l = atomic_load(&s->loop);
    if (l && !atomic_exchange(&s->posted, true))
        loop_post(l, &s->task);
}

static void put(struct http_events *s, const char *text, size_t len)
{
    struct err e;
    if (!len || http_answer_write(s->x, text, len) == len)
        return;
    (void)err_set(&e, ERR_TIMEOUT, "the client does not read");
    http_abort(s->x, &e);
}

static void ask(struct http_events *s)
{
    AUTO(buf_done) struct buf b;
    buf_init(&b, HTTP_EVENTS_MAX);
    if (!s->teller.tell(s->teller.self, &b)) {
        http_answer_end(s->x);
        return;
    }
    if (!b.len)
        return;
    s->held = true;
    loop_timer_start(s->loop, &s->hold, HTTP_EVENTS_HOLD_MS);
    put(s, buf_str(&b), b.len);
}

static void hold_over(struct loop_timer *t)
{
    struct http_events *s = CONTAINER_OF(t, struct http_events, hold);
    s->held = false;
    if (s->waiting) {
        s->waiting = false;
        ask(s);
    }
}

static void woken(struct loop_task *t)
{
    struct http_events *s = CONTAINER_OF(t, struct http_events, task);
    atomic_store(&s->posted, false);
    if (!s->x)
        free(s);
    else if (s->held)
        s->waiting = true;
    else
        ask(s);
}

static void beat(struct loop_timer *t)
{
    static const char again[] = "event: again\ndata:\n\n", still[] = ":\n\n";
    struct http_events *s = CONTAINER_OF(t, struct http_events, beat);
    if (loop_now(s->loop) >= s->until_ms) {
        put(s, again, sizeof(again) - 1);
        http_answer_end(s->x);
        return;
    }
    loop_timer_start(s->loop, &s->beat, HTTP_EVENTS_BEAT_MS);
    put(s, still, sizeof(still) - 1);
}

static void begin(struct http_exchange *x)
{
    static const char hello[] = ":\n\n"; /* the head goes out with it */
    struct http_events *s = http_state(x);
    struct loop *l = http_loop(x);
    s->x = x;
    s->task.run = woken;
    s->hold.fired = hold_over;
    s->beat.fired = beat;
    s->until_ms = loop_now(l) + HTTP_EVENTS_LIFE_MS;
    atomic_store(&s->loop, l);
    loop_timer_start(l, &s->beat, HTTP_EVENTS_BEAT_MS);
    put(s, hello, sizeof(hello) - 1);
    ask(s); /* what came before it began */
}

static void ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    struct http_events *s = http_state(x);
    (void)how;
    (void)e;
    loop_timer_stop(&s->hold);
    loop_timer_stop(&s->beat);
    s->x = NULL;
    s->teller.done(s->teller.self);
    if (!atomic_load(&s->posted))
        free(s);
}

static void drop(void *state)
{
    struct http_events *s = state;
    s->teller.done(s->teller.self);
    free(s);
}

struct http_onward http_events_onward(struct http_events *take)
{
    static const struct http_stream stream = { .begin = begin, .ended = ended };
    return (struct http_onward){ .stream = &stream, .state = take, .drop = drop };
}
