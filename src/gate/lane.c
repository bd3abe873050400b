#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gate/gate_parts.h"
#include "net/desk.h"
#include "net/tls.h"
#include "trust/set.h"

enum { DECISIONS = 32 /* of one turn: a decision is a few signature checks, and others wait */ };

bool gate_lane_create(struct gate *g, struct loop *l, struct gate_lane **ret, struct err *e)
{
    struct gate_lane *lane = xcalloc(1, sizeof(*lane));
    lane->gate = g;
    lane->loop = l;
    ring_init(&lane->sessions);
    ring_init(&lane->waiting);
    lane->tls = tls_client_create(g->config.live, e);
    if (!lane->tls) {
        free(lane);
        return false;
    }
    lane->deck = relay_deck_create(l);
    lane->desk = desk_create(l);
    (void)pthread_mutex_lock(&g->lock);
    assert(g->lanes_len < GATE_LANES_MAX);
    g->lanes[g->lanes_len++] = lane;
    (void)pthread_mutex_unlock(&g->lock);
    *ret = lane;
    return true;
}

struct gate_lane *lane_of(struct gate *g, const struct loop *l)
{
    for (size_t i = 0; i < g->lanes_len; i++)
        if (g->lanes[i]->loop == l)
            return g->lanes[i];
    return NULL;
}

static void answer_all(struct gate_lane *l)
{
    struct ring *r;
    while ((r = ring_pop(&l->waiting)))
        gate_order_done(l->gate, CONTAINER_OF(r, struct order, ring));
}

static void leave_gate(struct gate_lane *l)
{
    struct gate *g = l->gate;
    (void)pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < g->lanes_len; i++)
        if (g->lanes[i] == l)
            g->lanes[i] = g->lanes[--g->lanes_len];
    (void)pthread_mutex_unlock(&g->lock);
}

static void abort_first(struct gate_lane *l)
{
    struct passage *s = CONTAINER_OF(l->sessions.next, struct passage, ring);
    s->kind->abort(s);
}

void gate_lane_stop(struct gate_lane *l)
{
    if (!l || l->stopped)
        return;
    l->stopped = true;
    leave_gate(l);
    loop_recall(&l->reviewing);
    answer_all(l);
    while (!ring_empty(&l->sessions))
        abort_first(l);
}

struct gate_lane *gate_lane_destroy(struct gate_lane *l)
{
    if (!l)
        return NULL;
    (void)relay_deck_destroy(l->deck);
    (void)tls_client_destroy(l->tls);
    (void)desk_destroy(l->desk);
    free(l);
    return NULL;
}

/* ---- may bytes flow ---- */

/* Decides a session's chain with this set, as of its handshake: expiry and rotation never cut a live session. */
static bool decide(const struct passage *c, const struct trust_set *set, struct trust_verdict *ret)
{
    return tls_redecide(c->kind->host(c), set, c->since_ms / 1000, ret);
}

bool lane_believes(const struct gate_lane *l, const struct passage *c, struct trust_verdict *ret)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(l->gate->config.live);
    return trust_set_generation(set) == tls_generation(c->kind->host(c)) || decide(c, set, ret);
}

/* What was decided in this turn: sessions of one host share it. */
struct decided {
    const struct chain *chain;
    const char *endpoint;
    enum trust_names_mode names_mode;
    struct trust_verdict verdict;
};

static const struct trust_verdict *find(const struct decided *d, size_t len, const struct passage *c)
{
    for (size_t i = 0; i < len; i++)
        if (d[i].chain == c->chain && d[i].names_mode == c->target->names_mode &&
            !strcmp(d[i].endpoint, c->target->endpoint))
            return &d[i].verdict;
    return NULL;
}

static void review(struct loop_task *t)
{
    struct gate_lane *l = CONTAINER_OF(t, struct gate_lane, reviewing);
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(l->gate->config.live);
    struct decided *known = xcalloc(DECISIONS, sizeof(*known));
    size_t len = 0;
    bool through = true;
    for (struct ring *r = l->sessions.next, *next; r != &l->sessions; r = next) {
        struct passage *c = CONTAINER_OF(r, struct passage, ring);
        next = r->next;
        if (!c->kind->host(c) || c->reviewed == l->review)
            continue;
        const struct trust_verdict *v = find(known, len, c);
        if (!v && len == DECISIONS) {
            through = false;
            continue; /* others of the hosts that are known may follow */
        }
        if (!v) {
            struct decided *d = &known[len++];
            d->chain = c->chain;
            d->endpoint = c->target->endpoint;
            d->names_mode = c->target->names_mode;
            (void)decide(c, set, &d->verdict);
            v = &d->verdict;
        }
        c->reviewed = l->review;
        if (v->ok)
            c->fate = GATE_FATE_DEFAULT; /* what was said was about another anchor, or another grant of this one */
        if (!v->ok && !passage_spared(c, l->gate, v))
            c->kind->withdraw(c, v);
    }
    free(known);
    if (through)
        answer_all(l);
    else
        loop_defer(l->loop, &l->reviewing);
}

static void begin_review(struct gate_lane *l, struct order *take)
{
    l->review++;
    ring_put(&l->waiting, &take->ring);
    l->reviewing.run = review;
    if (!ring_member(&l->reviewing.ring))
        loop_defer(l->loop, &l->reviewing);
}

static void for_all(struct gate_lane *l, const struct order *o)
{
    for (struct ring *r = l->sessions.next, *next; r != &l->sessions; r = next) {
        struct passage *c = CONTAINER_OF(r, struct passage, ring);
        next = r->next;
        if (o->kind == ORDER_CLOSE)
            c->kind->stop(c, RELAY_SHUTDOWN);
        else if (c->kind->host(c) && !memcmp(c->anchor, o->anchor, sizeof(c->anchor)))
            c->fate = o->fate;
    }
}

void lane_take_order(struct loop_task *t)
{
    struct order *o = CONTAINER_OF(t, struct order, task);
    struct gate_lane *l = o->lane;
    if (o->kind == ORDER_REVIEW && !l->stopped) {
        begin_review(l, o);
        return;
    }
    struct passage *s = o->kind == ORDER_END ? desk_find(l->desk, o->id) : NULL;
    if (s)
        s->kind->stop(s, RELAY_STOPPED);
    if (o->kind == ORDER_DECREE || o->kind == ORDER_CLOSE)
        for_all(l, o);
    gate_order_done(l->gate, o);
}
