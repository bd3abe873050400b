#include "vim/endpoint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/conn.h"
#include "vim/dial.h"
#include "vim/exchange.h"
#include "wire/url.h"

struct slot {
    bool busy;            /* under the endpoint's lock; the rest belongs to who made it busy */
    struct conn *conn;    /* owned, NULL = none */
    uint64_t generation;  /* the dialer's */
    int64_t idle_since;
};

struct vim_endpoint {
    struct vim_dialer *dialer;
    char name[URL_HOST_TEXT];       /* for people, always with the port */
    char host_field[URL_HOST_TEXT];
    pthread_mutex_t lock;
    pthread_cond_t freed;           /* a slot is not busy any more; monotonic clock */
    struct slot slots[VIM_CONNS_MAX];
};

int64_t vim_deadline(int64_t ms)
{
    return clock_mono_ms() + ms;
}

struct vim_endpoint *vim_endpoint_over(struct vim_dialer *take, const char *host, uint16_t port)
{
    struct vim_endpoint *ep = xcalloc(1, sizeof(*ep));
    struct url_host h = { .port = port };
    pthread_condattr_t monotonic;
    ep->dialer = take;
    (void)snprintf(h.name, sizeof(h.name), "%s", host);
    for (const char *p = h.name; *p; p++)
        if (*p == ':')
            h.kind = URL_HOST_IPV6;
    url_host_write(&h, 0, ep->name);
    url_host_write(&h, 443, ep->host_field);
    (void)pthread_mutex_init(&ep->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&ep->freed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return ep;
}

bool vim_endpoint_create(const struct vim_peer *p, struct vim_endpoint **ret, struct err *e)
{
    struct vim_dialer *dialer;
    if (!vim_dial_tls(p, &dialer, e))
        return false;
    *ret = vim_endpoint_over(dialer, p->host, p->port);
    return true;
}

struct vim_endpoint *vim_endpoint_destroy(struct vim_endpoint *ep)
{
    if (!ep)
        return NULL;
    vim_endpoint_close(ep);
    (void)ep->dialer->ops->destroy(ep->dialer);
    (void)pthread_cond_destroy(&ep->freed);
    (void)pthread_mutex_destroy(&ep->lock);
    free(ep);
    return NULL;
}

const char *vim_endpoint_name(const struct vim_endpoint *ep)
{
    return ep->name;
}

bool vim_endpoint_verdict(struct vim_endpoint *ep, struct trust_verdict *ret)
{
    return ep->dialer->ops->verdict(ep->dialer, ret);
}

struct chain *vim_endpoint_chain(struct vim_endpoint *ep)
{
    return ep->dialer->ops->chain(ep->dialer);
}

static void slot_close(struct slot *s)
{
    s->conn = conn_destroy(s->conn);
    s->generation = 0;
}

/* Of the slots that are free, one with a kept connection before one without; NULL when all are busy. */
static struct slot *free_slot(struct vim_endpoint *ep)
{
    struct slot *best = NULL;
    for (size_t i = 0; i < VIM_CONNS_MAX; i++) {
        struct slot *s = &ep->slots[i];
        if (!s->busy && (!best || (s->conn && !best->conn)))
            best = s;
    }
    return best;
}

static struct slot *take_slot(struct vim_endpoint *ep, int64_t deadline_ms, struct err *e)
{
    struct timespec until = { .tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000 };
    struct slot *s;
    int waited = 0;
    (void)pthread_mutex_lock(&ep->lock);
    while (!(s = free_slot(ep)) && !waited)
        waited = pthread_cond_timedwait(&ep->freed, &ep->lock, &until);
    if (s)
        s->busy = true;
    (void)pthread_mutex_unlock(&ep->lock);
    if (!s)
        (void)err_set(e, ERR_TIMEOUT, "%s: all %d connections are in use", ep->name, VIM_CONNS_MAX);
    return s;
}

static void give_slot(struct vim_endpoint *ep, struct slot *s)
{
    s->idle_since = clock_mono_ms();
    (void)pthread_mutex_lock(&ep->lock);
    s->busy = false;
    (void)pthread_cond_signal(&ep->freed);
    (void)pthread_mutex_unlock(&ep->lock);
}

/* Too old, or refused under the set that is live now. */
static bool slot_spoiled(struct vim_endpoint *ep, struct slot *s)
{
    return clock_mono_ms() - s->idle_since >= VIM_IDLE_MS || !ep->dialer->ops->believed(ep->dialer, s->conn, &s->generation);
}

static size_t close_idle(struct vim_endpoint *ep, bool all)
{
    size_t closed = 0;
    for (size_t i = 0; i < VIM_CONNS_MAX; i++) {
        struct slot *s = &ep->slots[i];
        (void)pthread_mutex_lock(&ep->lock);
        bool mine = !s->busy && s->conn;
        s->busy |= mine;
        (void)pthread_mutex_unlock(&ep->lock);
        if (!mine)
            continue;
        int64_t since = s->idle_since;
        if (all || slot_spoiled(ep, s)) {
            slot_close(s);
            closed++;
        }
        give_slot(ep, s);
        s->idle_since = since;
    }
    return closed;
}

size_t vim_endpoint_review(struct vim_endpoint *ep)
{
    return close_idle(ep, false);
}

void vim_endpoint_close(struct vim_endpoint *ep)
{
    (void)close_idle(ep, true);
}

/* One try on a slot that is held. *ret_again: the kept connection was closed before it answered anything. */
static bool try_call(struct vim_endpoint *ep, struct slot *s, const struct vim_exchange_ask *ask, struct vim_answer *ret,
                     bool *ret_again, struct err *e)
{
    *ret_again = false;
    if (s->conn && (ask->rq->once || slot_spoiled(ep, s)))
        slot_close(s);
    bool kept = s->conn;
    unsigned number = (unsigned)(s - ep->slots);
    if (!s->conn && !ep->dialer->ops->dial(ep->dialer, number, ask->deadline_ms, &s->conn, e))
        return err_in(e, "%s", ep->name);
    struct vim_exchange_end end = { 0 };
    bool ok = vim_exchange(s->conn, ask, ret, &end, e);
    if (!end.keep)
        slot_close(s);
    *ret_again = kept && !ok && end.unanswered;
    return ok || err_in(e, "%s", ep->name);
}

bool vim_endpoint_call(struct vim_endpoint *ep, const struct vim_request *rq, int64_t deadline_ms, struct arena *a,
                       struct vim_answer *ret, struct err *e)
{
    bool again;
    struct slot *s = take_slot(ep, deadline_ms, e);
    if (!s)
        return false;
    struct vim_exchange_ask ask = { ep->host_field, rq, deadline_ms, a };
    bool ok = try_call(ep, s, &ask, ret, &again, e);
    if (!ok && again)
        ok = try_call(ep, s, &ask, ret, &again, e);
    give_slot(ep, s);
    return ok;
}
