#include "vim/endpoint.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cond.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/call.h"
#include "net/conn.h"
#include "vim/dial.h"
#include "wire/http1.h"

struct slot {
    bool busy, open;      /* under the endpoint's lock; the rest belongs to who made it busy. open: it was, when it was given back */
    struct http_client *client; /* over a connection that was verified; owned, NULL = none */
    uint64_t generation;  /* the dialer's */
    int64_t idle_since;
};

struct vim_endpoint {
    struct vim_dialer *dialer;
    char name[URL_HOST_TEXT];       /* for people, always with the port */
    struct url_host host;
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
    ep->dialer = take;
    ep->host.kind = strchr(host, ':') ? URL_HOST_IPV6 : URL_HOST_NAME;
    ep->host.port = port;
    (void)text_copy(ep->host.name, sizeof(ep->host.name), host);
    url_host_write(&ep->host, 0, ep->name);
    (void)pthread_mutex_init(&ep->lock, NULL);
    cond_init(&ep->freed);
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
    s->client = http_client_destroy(s->client);
    s->generation = 0;
}

/* Of the slots that are free, one with a kept connection before one without; NULL when all are busy. */
static struct slot *free_slot(struct vim_endpoint *ep)
{
    struct slot *best = NULL;
    for (size_t i = 0; i < VIM_CONNS_MAX; i++) {
        struct slot *s = &ep->slots[i];
        if (!s->busy && (!best || (s->client && !best->client)))
            best = s;
    }
    return best;
}

static struct slot *take_slot(struct vim_endpoint *ep, int64_t deadline_ms, struct err *e)
{
    struct slot *s;
    (void)pthread_mutex_lock(&ep->lock);
    while (!(s = free_slot(ep)) && cond_wait_until(&ep->freed, &ep->lock, deadline_ms)) {
    }
    if (s)
        s->busy = true;
    (void)pthread_mutex_unlock(&ep->lock);
    if (!s)
        (void)err_set(e, ERR_TIMEOUT, "%s: all %d connections are in use", ep->name, VIM_CONNS_MAX);
    return s;
}

static int64_t now_ms(const struct vim_endpoint *ep)
{
    return ep->dialer->ops->now_ms(ep->dialer);
}

static void give_slot(struct vim_endpoint *ep, struct slot *s, int64_t idle_since)
{
    s->idle_since = idle_since;
    (void)pthread_mutex_lock(&ep->lock);
    s->busy = false;
    s->open = s->client;
    (void)pthread_cond_signal(&ep->freed);
    (void)pthread_mutex_unlock(&ep->lock);
}

/* Too old, closed by the peer, or refused under the set that is live now. */
static bool slot_spoiled(struct vim_endpoint *ep, struct slot *s)
{
    return now_ms(ep) - s->idle_since >= VIM_IDLE_MS || !http_client_ready(s->client) ||
           http_client_stale(s->client) ||
           !ep->dialer->ops->believed(ep->dialer, http_client_conn(s->client), &s->generation);
}

static size_t close_idle(struct vim_endpoint *ep, bool all)
{
    size_t closed = 0;
    for (size_t i = 0; i < VIM_CONNS_MAX; i++) {
        struct slot *s = &ep->slots[i];
        (void)pthread_mutex_lock(&ep->lock);
        bool mine = !s->busy && s->client;
        s->busy |= mine;
        (void)pthread_mutex_unlock(&ep->lock);
        if (!mine)
            continue;
        if (all || slot_spoiled(ep, s)) {
            slot_close(s);
            closed++;
        }
        give_slot(ep, s, s->idle_since); /* being looked at is no use */
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

size_t vim_endpoint_open(struct vim_endpoint *ep)
{
    size_t open = 0;
    (void)pthread_mutex_lock(&ep->lock);
    for (size_t i = 0; i < VIM_CONNS_MAX; i++)
        open += ep->slots[i].busy || ep->slots[i].open;
    (void)pthread_mutex_unlock(&ep->lock);
    return open;
}

struct call {
    struct http_send send;
    size_t answer_max;
    bool once;
    int64_t deadline_ms;
    struct arena *arena;
};

/* One try on a slot that is held. *ret_kept: it was over a kept connection, which the peer may have been closing. */
static bool try_call(struct vim_endpoint *ep, struct slot *s, const struct call *call, struct http_reply *ret,
                     bool *ret_kept, struct err *e)
{
    if (s->client && (call->once || slot_spoiled(ep, s)))
        slot_close(s);
    *ret_kept = s->client;
    if (!s->client) {
        struct conn *c;
        if (!ep->dialer->ops->dial(ep->dialer, (unsigned)(s - ep->slots), call->deadline_ms, &c, e))
            return err_in(e, "%s", ep->name);
        s->client = http_client_create(c, NULL);
    }
    bool ok = http_call(s->client, &call->send, call->answer_max, call->deadline_ms, call->arena, ret, e);
    if (!http_client_ready(s->client))
        slot_close(s);
    return ok || err_in(e, "%s", ep->name);
}

static struct call make_call(const struct vim_endpoint *ep, const struct vim_request *rq, int64_t deadline_ms, struct arena *a)
{
    struct http1_field *fields = arena_array(a, rq->fields_len + 1, sizeof(*fields));
    fields[0] = (struct http1_field){ "User-Agent", "vouchsafe" };
    for (size_t i = 0; i < rq->fields_len; i++)
        fields[i + 1] = rq->fields[i];
    return (struct call){ .send = { .method = rq->method, .target = rq->path, .host = &ep->host, .tls = true, .fields = fields,
                                    .fields_len = rq->fields_len + 1, .body = rq->body, .body_len = rq->body_len },
                          .answer_max = rq->answer_max ? rq->answer_max : VIM_ANSWER_MAX, .once = rq->once,
                          .deadline_ms = deadline_ms, .arena = a };
}

bool vim_endpoint_call(struct vim_endpoint *ep, const struct vim_request *rq, int64_t deadline_ms, struct arena *a,
                       struct vim_answer *ret, struct err *e)
{
    struct call call = make_call(ep, rq, deadline_ms, a);
    struct http_reply reply;
    struct err why = { 0 };
    bool kept;
    struct slot *s = take_slot(ep, deadline_ms, e);
    if (!s)
        return false;
    bool ok = try_call(ep, s, &call, &reply, &kept, &why);
    if (!ok && kept && why.kind == ERR_PEER)
        ok = try_call(ep, s, &call, &reply, &kept, &why);
    give_slot(ep, s, now_ms(ep));
    if (!ok)
        return err_set(e, why.kind, "%s", why.msg);
    *ret = (struct vim_answer){ reply.head->status, reply.head, (char *)reply.body, reply.body_len };
    return true;
}
