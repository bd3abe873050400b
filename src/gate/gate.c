#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
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
    size_t all = gate_sessions_max(), transfers = all < GATE_TRANSFERS_MAX ? all : GATE_TRANSFERS_MAX;
    g->counts.of[GATE_CONSOLE].sessions_max = c->sessions_max ? c->sessions_max : all;
    g->counts.of[GATE_UPLOAD].sessions_max = c->transfers_max ? c->transfers_max : transfers;
    g->counts.of[GATE_DOWNLOAD].sessions_max = g->counts.of[GATE_UPLOAD].sessions_max;
    g->config.dial_ms = c->dial_ms ? c->dial_ms : GATE_DIAL_MS;
    g->config.mono_ms = c->mono_ms ? c->mono_ms : clock_mono_ms;
    g->config.between_ms = c->between_ms ? c->between_ms : GATE_BETWEEN_MS;
    ring_init(&g->sessions);
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&g->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    return g;
}

static size_t all_taken(const struct gate *g)
{
    size_t n = 0;
    for (size_t i = 0; i < GATE_KINDS; i++)
        n += g->taken[i];
    return n;
}

struct gate *gate_destroy(struct gate *g)
{
    if (!g)
        return NULL;
    assert(!all_taken(g));
    (void)pthread_cond_destroy(&g->changed);
    (void)pthread_mutex_destroy(&g->lock);
    free(g);
    return NULL;
}

/* ---- places and the table ---- */

bool gate_take_place(struct gate *g, enum gate_kind k, bool *ret_closed)
{
    (void)pthread_mutex_lock(&g->lock);
    bool there = !g->closed && g->taken[k] < g->counts.of[k].sessions_max;
    *ret_closed = g->closed;
    if (there)
        g->taken[k]++;
    else
        g->counts.of[k].turned_away++;
    (void)pthread_mutex_unlock(&g->lock);
    return there;
}

void gate_leave_place(struct gate *g, enum gate_kind k)
{
    (void)pthread_mutex_lock(&g->lock);
    g->taken[k]--;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
}

void gate_enlist(struct gate *g, struct passage *s)
{
    struct gate_figures *f = &g->counts.of[s->kind->kind];
    (void)pthread_mutex_lock(&g->lock);
    ring_put(&g->sessions, &s->listed);
    f->sessions++;
    f->admitted++;
    (void)pthread_mutex_unlock(&g->lock);
}

static void add_bytes(struct gate_figures *f, const struct passage *s)
{
    for (int way = 0; way < RELAY_WAYS; way++)
        f->bytes[way] += s->kind->bytes(s, (enum relay_way)way);
}

void gate_strike(struct gate *g, struct passage *s, enum relay_end why)
{
    struct gate_figures *f = &g->counts.of[s->kind->kind];
    (void)pthread_mutex_lock(&g->lock);
    if (ring_member(&s->listed)) {
        ring_take(&s->listed);
        f->sessions--;
        f->ends[why]++;
        add_bytes(f, s);
    }
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

void gate_looked(struct gate *g, const struct trust_verdict *v)
{
    gate_saw(g, !v ? LEG_UNREACHABLE : v->ok ? LEG_OK : v->rule == TRUST_THUMBPRINT_MISMATCH ? LEG_THUMBPRINT : LEG_UNTRUSTED);
}

void gate_refused(struct gate *g, enum trust_rule rule)
{
    (void)pthread_mutex_lock(&g->lock);
    g->counts.refusals[rule]++;
    (void)pthread_mutex_unlock(&g->lock);
}

const char *gate_handshake_name(size_t n)
{
    static const char *const names[] = { "ok", "untrusted", "thumbprint", "failed", "refused" };
    return n < ARRAY_LEN(names) ? names[n] : NULL;
}

const char *gate_kind_name(enum gate_kind k)
{
    static const char *const names[GATE_KINDS] = { "console", "upload", "download" };
    return names[k];
}

static const struct passage *listed(const struct ring *r)
{
    return CONTAINER_OF(r, const struct passage, listed);
}

void gate_count(struct gate *g, struct gate_counts *ret)
{
    (void)pthread_mutex_lock(&g->lock);
    *ret = g->counts;
    for (const struct ring *r = g->sessions.next; r != &g->sessions; r = r->next)
        add_bytes(&ret->of[listed(r)->kind->kind], listed(r));
    (void)pthread_mutex_unlock(&g->lock);
}

void gate_list(struct gate *g, void (*sink)(void *self, const struct gate_session *s), void *self)
{
    (void)pthread_mutex_lock(&g->lock);
    for (const struct ring *r = g->sessions.next; r != &g->sessions; r = r->next) {
        const struct passage *c = listed(r);
        const struct gate_session s = { .kind = c->kind->kind, .id = c->uuid, .name = c->kind->name(c), .target = c->target,
                                        .since_ms = c->since_ms,
                                        .bytes = { c->kind->bytes(c, RELAY_UP), c->kind->bytes(c, RELAY_DOWN) },
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

void gate_want_end(struct passage *s)
{
    s->end_wanted = true;
    if (!s->lane)
        return; /* between two loops: the next one reads it */
    struct order *o = xcalloc(1, sizeof(*o));
    o->kind = ORDER_END;
    o->id = s->id;
    post(s->lane, o);
}

bool gate_end(struct gate *g, const char *id)
{
    bool found = false;
    (void)pthread_mutex_lock(&g->lock);
    for (struct ring *r = g->sessions.next; r != &g->sessions && !found; r = r->next) {
        struct passage *s = CONTAINER_OF(r, struct passage, listed);
        found = !strcmp(s->uuid, id);
        if (found)
            gate_want_end(s);
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

/* Those that are between two loops: no lane would find them. */
static void decree_movers(struct gate *g, const uint8_t anchor[DIGEST_SHA256], enum gate_fate fate)
{
    (void)pthread_mutex_lock(&g->lock);
    for (struct ring *r = g->sessions.next; r != &g->sessions; r = r->next) {
        struct passage *s = CONTAINER_OF(r, struct passage, listed);
        if (!s->lane && !memcmp(s->anchor, anchor, sizeof(s->anchor)))
            s->fate = fate;
    }
    (void)pthread_mutex_unlock(&g->lock);
}

void gate_decree(struct gate *g, const uint8_t anchor[DIGEST_SHA256], enum gate_fate fate)
{
    struct order o = { .kind = ORDER_DECREE, .fate = fate };
    memcpy(o.anchor, anchor, sizeof(o.anchor));
    decree_movers(g, anchor, fate);
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
    while (all_taken(g) && !pthread_cond_timedwait(&g->changed, &g->lock, &until)) {
    }
    (void)pthread_mutex_unlock(&g->lock);
}
