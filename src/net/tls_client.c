#include "net/tls.h"

#include <assert.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/chain_cache.h"
#include "net/hosts.h"
#include "net/tls_conn.h"
#include "net/tls_context.h"
#include "trust/cert.h"
#include "trust/set.h"

struct tls_client {
    SSL_CTX *context;          /* owned; the one of this client's life */
    struct trust_live *live;   /* borrowed */
    struct chain_cache *cache; /* owned */
};

/* The client's side of one connection. */
struct look {
    struct tls tls;
    struct tls_client *client; /* borrowed */
    struct tls_ask *ask;       /* owned, one block with all that it points to */
    struct chain *chain;       /* a reference; NULL until it arrived */
    uint64_t generation;
    struct trust_verdict verdict; /* made when chain is set */
};

static const struct tls_role client_role;

static struct look *look_of(const struct conn *c)
{
    return CONTAINER_OF(tls_conn_of(c, &client_role), struct look, tls);
}

/* ---- the question, kept ---- */

/* Hands out pieces of a block; with at = NULL it only counts them. */
struct block {
    char *at;
    size_t used;
};

static void *block_copy(struct block *b, const void *p, size_t len)
{
    if (!p)
        return NULL;
    void *copy = b->at ? memcpy(b->at + b->used, p, len) : NULL;
    b->used += len;
    return copy;
}

static char *block_text(struct block *b, const char *text)
{
    return block_copy(b, text, text ? strlen(text) + 1 : 0);
}

/* The names come first: they are pointers and want to be aligned. */
static void ask_fill(struct block *b, struct tls_ask *copy, const struct tls_ask *ask)
{
    const struct trust_question *q = &ask->question;
    size_t len = q->names_len < TRUST_NAMES_MAX ? q->names_len : TRUST_NAMES_MAX;
    const char **names = block_copy(b, len ? q->names : NULL, len * sizeof(*names));
    for (size_t i = 0; i < len; i++) {
        char *name = block_text(b, q->names[i]);
        if (names)
            names[i] = name;
    }
    *copy = *ask;
    copy->server_name = block_text(b, ask->server_name);
    copy->question.names = names;
    copy->question.names_len = len;
    copy->question.chain = NULL;
    copy->question.chain_len = 0;
    copy->question.pinned_key = block_copy(b, q->pinned_key, DIGEST_SHA256);
    copy->question.behalf.urn = block_text(b, q->behalf.urn);
    copy->question.behalf.host = block_text(b, q->behalf.host);
    copy->question.org = block_text(b, q->org);
}

static struct tls_ask *ask_copy(const struct tls_ask *ask)
{
    struct tls_ask counted;
    struct block b = { 0 };
    ask_fill(&b, &counted, ask);
    struct tls_ask *copy = xmalloc(sizeof(*copy) + b.used);
    b = (struct block){ .at = (char *)(copy + 1) };
    ask_fill(&b, copy, ask);
    return copy;
}

/* ---- deciding ---- */

static void decide(const struct tls_ask *ask, const struct chain *chain, const struct trust_set *set, int64_t now,
                   struct trust_verdict *ret)
{
    struct trust_question q = ask->question;
    q.chain = chain_certs(chain);
    q.chain_len = chain_len(chain);
    q.now = now;
    trust_decide(set, &q, ret);
    if (q.chain_len)
        return;
    /* A certificate that can't be decoded was presented all the same: say which, and why. */
    memcpy(ret->leaf, chain_leaf_sha256(chain), DIGEST_SHA256);
    memcpy(ret->at_sha256, chain_leaf_sha256(chain), DIGEST_SHA256);
    ret->at = 0;
    (void)text_copy(ret->seen, sizeof(ret->seen), chain_defect(chain));
}

/* The error that libssl turns into the alert nearest to the truth. */
static int alert_of(enum trust_rule rule)
{
    if (rule == TRUST_EXPIRED || rule == TRUST_NOT_YET_VALID)
        return X509_V_ERR_CERT_HAS_EXPIRED; /* certificate_expired */
    if (rule == TRUST_REVOKED)
        return X509_V_ERR_CERT_REVOKED; /* certificate_revoked */
    if (rule == TRUST_UNKNOWN_ISSUER || rule == TRUST_SELF_SIGNED || rule == TRUST_OUT_OF_SCOPE)
        return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY; /* unknown_ca */
    return X509_V_ERR_CERT_REJECTED; /* bad_certificate */
}

/* libssl hands over the chain that the peer presented, before it looked at the peer's signature over the handshake.
 * Called in every full handshake with a certificate; there are no others (TLS_SHAKING ends in `shaken`). */
static int on_chain(X509_STORE_CTX *store, void *arg)
{
    struct tls_client *c = arg;
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct look *k = SSL_get_app_data(ssl);
    STACK_OF(X509) *peer = X509_STORE_CTX_get0_untrusted(store);
    if (!peer || sk_X509_num(peer) < 1 || k->chain)
        return 0;
    k->chain = chain_cache_share(c->cache, peer);
    X509_STORE_CTX_set_cert(store, sk_X509_value(peer, 0)); /* the one it held may be gone */
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(c->live);
    const struct tls_ask *ask = k->ask;
    decide(ask, k->chain, set, ask->question.now ? ask->question.now : clock_wall_ms() / 1000, &k->verdict);
    k->generation = trust_set_generation(set);
    X509_STORE_CTX_set_error(store, k->verdict.ok ? X509_V_OK : alert_of(k->verdict.rule));
    return k->verdict.ok || ask->flags & TLS_SHOW_ONLY;
}

/* ---- the client's side of a connection ---- */

static SSL *client_start(struct tls *t)
{
    struct look *k = CONTAINER_OF(t, struct look, tls);
    SSL *ssl = SSL_new(k->client->context);
    if (!ssl)
        return NULL;
    SSL_set_app_data(ssl, k);
    SSL_set_connect_state(ssl);
    const char *name = k->ask->server_name;
    if (!name || !hosts_name_valid(name))
        return ssl;
    char bare[HOSTS_NAME_MAX + 2];
    (void)text_copy(bare, sizeof(bare), name);
    size_t len = strlen(bare);
    if (bare[len - 1] == '.')
        bare[len - 1] = '\0'; /* RFC 6066 section 3: without a trailing dot */
    if (SSL_set_tlsext_host_name(ssl, bare))
        return ssl;
    SSL_free(ssl);
    return NULL;
}

static enum tls_state fault(struct err *e, const char *what)
{
    err_set(e, ERR_INTERNAL, "%s", what);
    return TLS_BROKEN;
}

static enum tls_state client_shaken(struct tls *t, struct err *e)
{
    const struct look *k = CONTAINER_OF(t, struct look, tls);
    if (SSL_session_reused(t->ssl))
        return fault(e, "a resumed session: its peer was never verified");
    if (!k->chain)
        return fault(e, "a handshake without a certificate");
    if (k->ask->flags & TLS_SHOW_ONLY)
        return TLS_SHOWN;
    if (!k->verdict.ok)
        return fault(e, "a handshake that went on after its chain was refused");
    return TLS_OPEN; /* a protocol that was not offered (ALPN) was refused by libssl */
}

static bool client_explain(const struct tls *t, struct err *e)
{
    const struct look *k = CONTAINER_OF(t, const struct look, tls);
    const struct trust_verdict *v = &k->verdict;
    if (!k->chain || v->ok || k->ask->flags & TLS_SHOW_ONLY)
        return false;
    bool both = v->expected[0] && v->seen[0];
    err_set(e, ERR_UNTRUSTED, "certificate refused: %s%s%s%s%s", trust_rule_code(v->rule), both ? ": expected " : "",
            both ? v->expected : "", both ? ", seen " : "", both ? v->seen : "");
    return true;
}

static void client_destroy(struct tls *t)
{
    struct look *k = CONTAINER_OF(t, struct look, tls);
    (void)chain_unref(k->chain);
    free(k->ask);
    free(k);
}

static const struct tls_role client_role = {
    .start = client_start,
    .shaken = client_shaken,
    .explain = client_explain,
    .destroy = client_destroy,
};

/* ---- what others call ---- */

struct tls_client *tls_client_create(struct trust_live *live, struct err *e)
{
    SSL_CTX *context = tls_context_create(TLS_SIDE_CLIENT, e);
    if (!context)
        return NULL;
    struct tls_client *c = xcalloc(1, sizeof(*c));
    c->context = context;
    c->live = live;
    c->cache = chain_cache_create(CHAIN_CACHE_MAX, CHAIN_CACHE_BYTES);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL); /* a refusal ends the handshake */
    SSL_CTX_set_cert_verify_callback(context, on_chain, c);
    if (!SSL_CTX_set_alpn_protos(context, tls_context_alpn, sizeof(tls_context_alpn)))
        return c; /* 0 is success here */
    err_set(e, ERR_INTERNAL, "setting TLS up: ALPN");
    return tls_client_destroy(c);
}

struct tls_client *tls_client_destroy(struct tls_client *c)
{
    if (!c)
        return NULL;
    SSL_CTX_free(c->context);
    (void)chain_cache_destroy(c->cache);
    free(c);
    return NULL;
}

struct conn *tls_client_conn(struct tls_client *c, struct conn *take_under, const struct tls_ask *ask)
{
    struct look *k = xcalloc(1, sizeof(*k));
    tls_conn_init(&k->tls, &client_role, take_under);
    k->client = c;
    k->ask = ask_copy(ask);
    return &k->tls.conn;
}

const struct trust_verdict *tls_verdict(const struct conn *c)
{
    const struct look *k = look_of(c);
    return k->chain ? &k->verdict : NULL;
}

const struct chain *tls_chain(const struct conn *c)
{
    return look_of(c)->chain;
}

uint64_t tls_generation(const struct conn *c)
{
    return look_of(c)->generation;
}

bool tls_redecide(const struct conn *c, const struct trust_set *set, int64_t now, struct trust_verdict *ret)
{
    const struct look *k = look_of(c);
    assert(k->chain);
    decide(k->ask, k->chain, set, now, ret);
    return ret->ok;
}

size_t tls_client_chains(const struct tls_client *c)
{
    return chain_cache_count(c->cache);
}

size_t tls_client_decoded(const struct tls_client *c)
{
    return chain_cache_decoded(c->cache);
}
