#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/chain.h"
#include "net/conn.h"
#include "net/resolve.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "trust/set.h"
#include "vim/dial.h"

struct dial_tls {
    struct vim_dialer base;
    struct vim_peer peer;                       /* its pointers are owned, below, or borrowed as vim_peer says */
    char *host, *behalf_urn, *behalf_host;
    char *names[TRUST_NAMES_MAX];
    uint8_t pinned_key[DIGEST_SHA256];
    struct tls_client *clients[VIM_CONNS_MAX];  /* made at first use: one SSL_CTX belongs to one thread at a time */
    pthread_mutex_t lock;                       /* of what follows */
    bool has_verdict;
    struct trust_verdict verdict;
    struct chain *chain;
};

static struct dial_tls *self_of(struct vim_dialer *d)
{
    return CONTAINER_OF(d, struct dial_tls, base);
}

static struct tls_ask ask_of(const struct dial_tls *t)
{
    const struct vim_peer *p = &t->peer;
    return (struct tls_ask){
        .server_name = t->host,
        .question = { .names = p->names, .names_len = p->names_len, .names_mode = p->names_mode,
                      .pinned_key = p->pinned_key, .unpinned_acknowledged = p->unpinned_acknowledged,
                      .behalf = p->behalf, .crl_mode = p->crl_mode, .policy = p->policy },
    };
}

/* Keeps what the handshake showed, whatever came of it. */
static void remember(struct dial_tls *t, const struct conn *c)
{
    const struct trust_verdict *v = tls_verdict(c);
    if (!v)
        return;
    (void)pthread_mutex_lock(&t->lock);
    t->verdict = *v;
    t->has_verdict = true;
    (void)chain_unref(t->chain);
    t->chain = tls_chain(c) ? chain_ref(tls_chain(c)) : NULL;
    (void)pthread_mutex_unlock(&t->lock);
}

int64_t vim_dial_until(int64_t now_ms, const int64_t *ms, int64_t otherwise, int64_t deadline_ms)
{
    int64_t set = ms ? __atomic_load_n(ms, __ATOMIC_RELAXED) : 0;
    int64_t until = now_ms + (set ? set : otherwise);
    return until < deadline_ms ? until : deadline_ms;
}

/* Resolves and connects. */
static struct conn *reach(struct dial_tls *t, int64_t deadline_ms, struct err *e)
{
    struct resolve_answer at;
    int64_t until = vim_dial_until(clock_mono_ms(), t->peer.connect_ms, VIM_CONNECT_MS, deadline_ms);
    if (!resolve_now(t->peer.resolver, t->host, t->peer.port, &at, e))
        return NULL;
    int64_t left = until - clock_mono_ms();
    struct tcp_options options = { .share_ms = tcp_share(left > 1 ? left : 1, at.len) };
    AUTO(conn_destroyp) struct conn *c = tcp_connect(at.addresses, at.len, &options);
    return io_run(&conn_shaking, c, until, e) ? STEAL(c) : NULL;
}

static bool dial(struct vim_dialer *d, unsigned slot, int64_t deadline_ms, struct conn **ret, struct err *e)
{
    struct dial_tls *t = self_of(d);
    if (!t->clients[slot] && !(t->clients[slot] = tls_client_create(t->peer.live, e)))
        return false;
    struct conn *tcp = reach(t, deadline_ms, e);
    if (!tcp)
        return false;
    struct tls_ask ask = ask_of(t);
    AUTO(conn_destroyp) struct conn *c = tls_client_conn(t->clients[slot], tcp, &ask);
    bool ok = io_run(&conn_shaking, c, vim_dial_until(clock_mono_ms(), t->peer.handshake_ms, VIM_HANDSHAKE_MS, deadline_ms), e);
    remember(t, c);
    if (!ok)
        return false;
    *ret = STEAL(c);
    return true;
}

static bool believed(struct vim_dialer *d, const struct conn *c, uint64_t *generation)
{
    struct dial_tls *t = self_of(d);
    struct trust_verdict v;
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(t->peer.live);
    uint64_t last = *generation ? *generation : tls_generation(c);
    if (last == trust_set_generation(set))
        return true;
    if (!tls_redecide(c, set, clock_wall_ms() / 1000, &v)) {
        (void)pthread_mutex_lock(&t->lock);
        t->verdict = v;
        (void)pthread_mutex_unlock(&t->lock);
        return false;
    }
    *generation = trust_set_generation(set);
    return true;
}

static bool last_verdict(struct vim_dialer *d, struct trust_verdict *ret)
{
    struct dial_tls *t = self_of(d);
    (void)pthread_mutex_lock(&t->lock);
    bool has = t->has_verdict;
    if (has)
        *ret = t->verdict;
    (void)pthread_mutex_unlock(&t->lock);
    return has;
}

static struct chain *last_chain(struct vim_dialer *d)
{
    struct dial_tls *t = self_of(d);
    (void)pthread_mutex_lock(&t->lock);
    struct chain *c = t->chain ? chain_ref(t->chain) : NULL;
    (void)pthread_mutex_unlock(&t->lock);
    return c;
}

static int64_t now_ms(const struct vim_dialer *d)
{
    (void)d;
    return clock_mono_ms();
}

static struct vim_dialer *destroy(struct vim_dialer *d)
{
    struct dial_tls *t = self_of(d);
    for (size_t i = 0; i < VIM_CONNS_MAX; i++)
        (void)tls_client_destroy(t->clients[i]);
    (void)chain_unref(t->chain);
    (void)pthread_mutex_destroy(&t->lock);
    for (size_t i = 0; i < TRUST_NAMES_MAX; i++)
        free(t->names[i]);
    free(t->host);
    free(t->behalf_urn);
    free(t->behalf_host);
    free(t);
    return NULL;
}

bool vim_dial_tls(const struct vim_peer *p, struct vim_dialer **ret, struct err *e)
{
    static const struct vim_dialer_ops ops = { dial, believed, last_verdict, last_chain, now_ms, destroy };
    if (p->names_mode == TRUST_NAMES_NONE)
        return err_set(e, ERR_INPUT, "%s gets credentials: it must be asked for a name, or the name check be off", p->host);
    if (p->names && p->names_len > TRUST_NAMES_MAX)
        return err_set(e, ERR_INPUT, "more than %d accepted names for %s", TRUST_NAMES_MAX, p->host);
    struct dial_tls *t = xcalloc(1, sizeof(*t));
    t->base.ops = &ops;
    t->peer = *p;
    t->host = xstrdup(p->host);
    t->peer.behalf.urn = t->behalf_urn = p->behalf.urn ? xstrdup(p->behalf.urn) : NULL;
    t->peer.behalf.host = t->behalf_host = xstrdup(p->behalf.host ? p->behalf.host : p->host);
    t->peer.names_len = p->names ? p->names_len : 1;
    for (size_t i = 0; i < t->peer.names_len; i++)
        t->names[i] = xstrdup(p->names ? p->names[i] : p->host);
    t->peer.names = (const char *const *)t->names;
    if (p->pinned_key) {
        memcpy(t->pinned_key, p->pinned_key, sizeof(t->pinned_key));
        t->peer.pinned_key = t->pinned_key;
    }
    (void)pthread_mutex_init(&t->lock, NULL);
    *ret = &t->base;
    return true;
}
