#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/mem.h"
#include "gate/gate_parts.h"

size_t gate_sessions_max(void)
{
    struct rlimit files = { 0 };
    if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur == RLIM_INFINITY)
        return GATE_SESSIONS_MAX;
    rlim_t room = files.rlim_cur > GATE_FILES_KEPT ? (files.rlim_cur - GATE_FILES_KEPT) / 2 : 0;
    return room < GATE_SESSIONS_MAX ? (size_t)room : GATE_SESSIONS_MAX;
}

struct gate *gate_create(const struct gate_config *c)
{
    struct gate *g = xcalloc(1, sizeof(*g));
    pthread_condattr_t attr;
    g->config = *c;
    g->counts.sessions_max = c->sessions_max ? c->sessions_max : gate_sessions_max();
    g->config.dial_ms = c->dial_ms ? c->dial_ms : GATE_DIAL_MS;
    ring_init(&g->sessions);
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&g->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    return g;
}

struct gate *gate_destroy(struct gate *g)
{
    if (!g)
        return NULL;
    assert(!g->taken);
    (void)pthread_cond_destroy(&g->changed);
    (void)pthread_mutex_destroy(&g->lock);
    free(g);
    return NULL;
}

/* ---- places and the table ---- */

bool gate_take_place(struct gate *g, bool *ret_closed)
{
    (void)pthread_mutex_lock(&g->lock);
    bool there = !g->closed && g->taken < g->counts.sessions_max;
    *ret_closed = g->closed;
    if (there)
        g->taken++;
    else
        g->counts.turned_away++;
    (void)pthread_mutex_unlock(&g->lock);
    return there;
}

void gate_leave_place(struct gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    g->taken--;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
}

void gate_enlist(struct gate *g, struct console *c)
{
    (void)pthread_mutex_lock(&g->lock);
    ring_put(&g->sessions, &c->listed);
    g->counts.sessions++;
    g->counts.admitted++;
    (void)pthread_mutex_unlock(&g->lock);
}

void gate_strike(struct gate *g, struct console *c, enum relay_end why)
{
    (void)pthread_mutex_lock(&g->lock);
    ring_take(&c->listed);
    g->counts.sessions--;
    g->counts.ends[why]++;
    for (int way = 0; way < RELAY_WAYS; way++)
        g->counts.bytes[way] += relay_bytes(c->relay, (enum relay_way)way);
    (void)pthread_mutex_unlock(&g->lock);
}

void gate_saw(struct gate *g, enum leg_result r)
{
    static const size_t slots[LEG_RESULTS] = { [LEG_OK] = 0, [LEG_UNTRUSTED] = 1, [LEG_THUMBPRINT] = 2, [LEG_UNREACHABLE] = 3,
                                               [LEG_REFUSED] = 4, [LEG_UNDECIDED] = 3 };
    (void)pthread_mutex_lock(&g->lock);
    g->counts.handshakes[slots[r]]++;
    (void)pthread_mutex_unlock(&g->lock);
}

const char *gate_handshake_name(size_t n)
{
    static const char *const names[] = { "ok", "untrusted", "thumbprint", "failed", "refused" };
    return n < ARRAY_LEN(names) ? names[n] : NULL;
}

void gate_count(struct gate *g, struct gate_counts *ret)
{
    (void)pthread_mutex_lock(&g->lock);
    *ret = g->counts;
    for (const struct ring *r = g->sessions.next; r != &g->sessions; r = r->next)
        for (int way = 0; way < RELAY_WAYS; way++)
            ret->bytes[way] += relay_bytes(CONTAINER_OF(r, const struct console, listed)->relay, (enum relay_way)way);
    (void)pthread_mutex_unlock(&g->lock);
}

void gate_list(struct gate *g, void (*sink)(void *self, const struct gate_session *s), void *self)
{
    (void)pthread_mutex_lock(&g->lock);
    for (const struct ring *r = g->sessions.next; r != &g->sessions; r = r->next) {
        const struct console *c = CONTAINER_OF(r, const struct console, listed);
        const struct gate_session s = { .id = c->uuid, .target = c->target, .since_ms = c->since_ms,
                                        .bytes = { relay_bytes(c->relay, RELAY_UP), relay_bytes(c->relay, RELAY_DOWN) },
                                        .chain = c->chain, .anchor = c->anchor, .single_proof = c->single_proof };
        sink(self, &s);
    }
    (void)pthread_mutex_unlock(&g->lock);
}

/* ---- orders to the lanes ---- */

static void post(struct gate_lane *l, struct order *take)
{
    take->lane = l;
    take->task.run = lane_take_order;
    loop_post(l->loop, &take->task);
}

bool gate_end(struct gate *g, const char *id)
{
    bool found = false;
    (void)pthread_mutex_lock(&g->lock);
    for (const struct ring *r = g->sessions.next; r != &g->sessions && !found; r = r->next) {
        const struct console *c = CONTAINER_OF(r, const struct console, listed);
        if (strcmp(c->uuid, id) != 0)
            continue;
        struct order *o = xcalloc(1, sizeof(*o));
        o->kind = ORDER_END;
        o->id = c->id;
        post(c->lane, o);
        found = true;
    }
    (void)pthread_mutex_unlock(&g->lock);
    return found;
}

static void let_go(struct order_wait *w)
{
    if (!--w->refs)
        free(w);
}

void gate_order_done(struct gate *g, struct order *take)
{
    (void)pthread_mutex_lock(&g->lock);
    if (take->wait) {
        take->wait->left--;
        let_go(take->wait);
        (void)pthread_cond_broadcast(&g->changed);
    }
    (void)pthread_mutex_unlock(&g->lock);
    free(take);
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* The same order to every lane; waits until all have done it, for a while. */
static void order_all(struct gate *g, const struct order *what)
{
    struct timespec until = in_ms(GATE_REVIEW_MS);
    (void)pthread_mutex_lock(&g->lock);
    struct order_wait *w = xcalloc(1, sizeof(*w));
    w->refs = 1;
    for (size_t i = 0; i < g->lanes_len; i++) {
        struct order *o = xmalloc(sizeof(*o));
        *o = *what;
        o->wait = w;
        w->refs++;
        w->left++;
        post(g->lanes[i], o);
    }
    while (w->left && !pthread_cond_timedwait(&g->changed, &g->lock, &until)) {
    }
    let_go(w);
    (void)pthread_mutex_unlock(&g->lock);
}

void gate_review(struct gate *g)
{
    order_all(g, &(struct order){ .kind = ORDER_REVIEW });
}

void gate_decree(struct gate *g, const uint8_t anchor[DIGEST_SHA256], enum gate_fate fate)
{
    struct order o = { .kind = ORDER_DECREE, .fate = fate };
    memcpy(o.anchor, anchor, sizeof(o.anchor));
    order_all(g, &o);
}

void gate_close(struct gate *g)
{
    struct timespec until = in_ms(GATE_REVIEW_MS + RELAY_CLOSE_MS);
    (void)pthread_mutex_lock(&g->lock);
    g->closed = true;
    (void)pthread_mutex_unlock(&g->lock);
    order_all(g, &(struct order){ .kind = ORDER_CLOSE });
    (void)pthread_mutex_lock(&g->lock);
    while (g->taken && !pthread_cond_timedwait(&g->changed, &g->lock, &until)) {
    }
    (void)pthread_mutex_unlock(&g->lock);
}
