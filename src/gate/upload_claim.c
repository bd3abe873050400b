/* What any thread may do with an upload: make it, keep it, claim it for a piece, stop it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gate/upload_parts.h"

struct gate_upload *gate_upload_create(struct gate *g, struct gate_errand *take, const struct gate_upload_how *how)
{
    struct gate_upload *u = xcalloc(1, sizeof(*u));
    u->refs = 1;
    u->gate = g;
    u->errand = take;
    u->sender = how->sender;
    u->self = how->self;
    u->name = xstrdup(how->name ? how->name : "");
    range_mark_init(&u->mark, how->length);
    return u;
}

struct gate_upload *gate_upload_ref(struct gate_upload *u)
{
    (void)__atomic_fetch_add(&u->refs, 1, __ATOMIC_RELAXED);
    return u;
}

struct gate_upload *gate_upload_unref(struct gate_upload *u)
{
    if (!u || __atomic_sub_fetch(&u->refs, 1, __ATOMIC_ACQ_REL))
        return NULL;
    (void)gate_errand_destroy(u->errand);
    range_mark_done(&u->mark);
    free(u->name);
    free(u);
    return NULL;
}

uint64_t gate_upload_bytes(const struct gate_upload *u)
{
    return __atomic_load_n(&u->bytes, __ATOMIC_RELAXED);
}

bool gate_upload_over(struct gate_upload *u)
{
    (void)pthread_mutex_lock(&u->gate->lock);
    bool over = u->over;
    (void)pthread_mutex_unlock(&u->gate->lock);
    return over;
}

/* A place of the gate's, with its lock held. */
static bool take_place(struct gate_upload *u, struct err *e)
{
    struct gate *g = u->gate;
    struct gate_figures *f = &g->counts.of[GATE_UPLOAD];
    if (u->placed)
        return true;
    if (g->closed)
        return err_set(e, ERR_CANCELLED, "the cell ends");
    if (g->taken[GATE_UPLOAD] >= f->sessions_max) {
        f->turned_away++;
        return err_set(e, ERR_LIMIT, "too many transfers: this cell carries %zu files to hosts at once", f->sessions_max);
    }
    g->taken[GATE_UPLOAD]++;
    u->placed = true;
    (void)gate_upload_ref(u);
    return true;
}

/* With the gate's lock held. */
static bool may_claim(struct gate_upload *u, struct err *e)
{
    if (u->over)
        return err_set(e, ERR_PEER, "the transfer of this file has ended");
    if (u->claimed)
        return err_set(e, ERR_CONFLICT, "another piece of this file is under way");
    if (!take_place(u, e))
        return false;
    u->claimed = true;
    return true;
}

static bool weigh(struct gate_upload *u, const struct range_claim *c, enum range_verdict *ret, struct err *e)
{
    *ret = range_mark_begin(&u->mark, c);
    switch (*ret) {
    case RANGE_GO:
    case RANGE_COMPLETE:
        return true;
    case RANGE_ELSEWHERE:
        return err_set(e, ERR_INPUT, "the next byte of this file is %llu", (unsigned long long)u->mark.at);
    case RANGE_DISAGREES:
        return err_set(e, ERR_INPUT, "this file has %llu bytes", (unsigned long long)u->mark.total);
    }
    abort();
}

bool gate_upload_claim(struct gate_upload *u, const struct range_claim *c, enum range_verdict *ret_verdict, struct err *e)
{
    *ret_verdict = RANGE_GO;
    (void)pthread_mutex_lock(&u->gate->lock);
    bool complete = u->complete, mine = !complete && may_claim(u, e);
    (void)pthread_mutex_unlock(&u->gate->lock);
    if (complete)
        return weigh(u, c, ret_verdict, e); /* nobody moves its mark any more */
    if (!mine)
        return false;
    if (weigh(u, c, ret_verdict, e) && *ret_verdict == RANGE_GO)
        return true;
    bool ok = *ret_verdict == RANGE_COMPLETE;
    upload_release(u);
    return ok;
}

void upload_release(struct gate_upload *u)
{
    struct gate *g = u->gate;
    (void)pthread_mutex_lock(&g->lock);
    u->claimed = false;
    bool back = u->placed && !u->begun; /* floors above look after it */
    bool ends = back && u->s.end_wanted;
    if (ends) {
        u->over = true;
        u->why = RELAY_STOPPED;
    }
    if (back) {
        u->placed = false;
        g->taken[GATE_UPLOAD]--;
        (void)pthread_cond_broadcast(&g->changed);
    }
    (void)pthread_mutex_unlock(&g->lock);
    if (ends)
        upload_say_end(u);
    if (back)
        (void)gate_upload_unref(u);
}

void gate_upload_unclaim(struct gate_upload *u)
{
    range_mark_rest(&u->mark, false);
    upload_release(u);
}

void upload_give_up(struct gate_upload *u)
{
    (void)pthread_mutex_lock(&u->gate->lock);
    u->over = true;
    (void)pthread_mutex_unlock(&u->gate->lock);
}

void upload_leave_gate(struct gate_upload *u, bool fed)
{
    struct gate *g = u->gate;
    (void)pthread_mutex_lock(&g->lock);
    if (fed || !u->claimed) /* else whoever claimed it is looking at the mark */
        range_mark_rest(&u->mark, true);
    u->over = true;
    u->complete = u->why == RELAY_DONE;
    u->claimed = false;
    u->placed = false;
    g->taken[GATE_UPLOAD]--;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
    (void)gate_upload_unref(u);
}

void gate_upload_stop(struct gate_upload *u)
{
    (void)pthread_mutex_lock(&u->gate->lock);
    bool fresh = !u->over && !u->placed, closed = u->gate->closed;
    if (fresh)
        u->over = true;
    else if (!u->over)
        gate_want_end(&u->s);
    (void)pthread_mutex_unlock(&u->gate->lock);
    if (!fresh)
        return;
    u->why = closed ? RELAY_SHUTDOWN : RELAY_STOPPED;
    if (closed)
        upload_say_end_here(u); /* the pool may have gone */
    else
        upload_say_end(u);
}
