#include "net/tls_server.h"

#include <assert.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/hosts.h"
#include "net/tls_conn.h"
#include "net/tls_context.h"
#include "net/tls_identity.h"

struct tls_server {
    struct tls_server_config config; /* its identity is not kept: the context holds it */
    pthread_mutex_t lock;            /* guards context */
    SSL_CTX *context;                /* owned */
};

struct serve {
    struct tls tls;
    struct tls_server *server; /* borrowed */
};

static const struct tls_role server_role;

/* http/1.1 or no handshake; a client that offers nothing gets it as well. */
static int on_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_len, const unsigned char *in,
                   unsigned in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    unsigned char *chosen = NULL;
    int found = SSL_select_next_proto(&chosen, ret_len, tls_context_alpn, sizeof(tls_context_alpn), in, in_len);
    if (found != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static const char *sni_of(const SSL *ssl)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    return name && hosts_name_valid(name) ? name : NULL;
}

/* Called in each handshake when the client's hello is read. */
static int on_hello(SSL *ssl, void *arg)
{
    const struct tls_server *s = arg;
    const struct serve *c = SSL_get_app_data(ssl);
    const struct tls_identity *i = s->config.choose(s->config.self, sni_of(ssl), c->tls.under);
    if (!i)
        return 1;
    SSL_certs_clear(ssl); /* else a certificate with a key of another kind would stay beside it, and could win */
    return SSL_use_cert_and_key(ssl, i->leaf, i->key, i->issuers, 1);
}

static SSL_CTX *context_create(const struct tls_server *s, const struct tls_identity *i, struct err *e)
{
    SSL_CTX *x = tls_context_create(TLS_SIDE_SERVER, e);
    if (!x)
        return NULL;
    const struct tls_server_config *c = &s->config;
    if (c->weak)
        SSL_CTX_set_security_level(x, 0);
    if (c->choose)
        SSL_CTX_set_cert_cb(x, on_hello, (void *)(uintptr_t)s);
    SSL_CTX_set_alpn_select_cb(x, on_alpn, NULL);
    if ((!c->tls_1_2_only || SSL_CTX_set_max_proto_version(x, TLS1_2_VERSION)) &&
        SSL_CTX_use_cert_and_key(x, i->leaf, i->key, i->issuers, 1))
        return x;
    char reason[128];
    tls_context_reason(reason, sizeof(reason));
    err_set(e, ERR_INPUT, "this certificate can't serve TLS: %s", reason);
    SSL_CTX_free(x);
    return NULL;
}

struct tls_server *tls_server_create(const struct tls_server_config *c, struct err *e)
{
    struct tls_server *s = xcalloc(1, sizeof(*s));
    s->config = *c;
    s->config.identity = NULL;
    (void)pthread_mutex_init(&s->lock, NULL);
    s->context = context_create(s, c->identity, e);
    return s->context ? s : tls_server_destroy(s);
}

struct tls_server *tls_server_destroy(struct tls_server *s)
{
    if (!s)
        return NULL;
    SSL_CTX_free(s->context);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

bool tls_server_replace(struct tls_server *s, struct tls_identity *identity, struct err *e)
{
    SSL_CTX *next = context_create(s, identity, e);
    if (!next)
        return false;
    (void)pthread_mutex_lock(&s->lock);
    SSL_CTX *old = s->context;
    s->context = next;
    (void)pthread_mutex_unlock(&s->lock);
    SSL_CTX_free(old); /* its connections hold references */
    return true;
}

static SSL *server_start(struct tls *t)
{
    struct serve *c = CONTAINER_OF(t, struct serve, tls);
    (void)pthread_mutex_lock(&c->server->lock);
    SSL *ssl = SSL_new(c->server->context);
    (void)pthread_mutex_unlock(&c->server->lock);
    if (ssl) {
        SSL_set_app_data(ssl, c);
        SSL_set_accept_state(ssl);
    }
    return ssl;
}

static enum tls_state server_shaken(struct tls *t, struct err *e)
{
    (void)t;
    (void)e;
    return TLS_OPEN;
}

static bool server_explain(const struct tls *t, struct err *e)
{
    (void)t;
    (void)e;
    return false;
}

static void server_destroy(struct tls *t)
{
    free(CONTAINER_OF(t, struct serve, tls));
}

static const struct tls_role server_role = {
    .start = server_start,
    .shaken = server_shaken,
    .explain = server_explain,
    .destroy = server_destroy,
};

struct conn *tls_server_conn(struct tls_server *s, struct conn *take_under)
{
    struct serve *c = xcalloc(1, sizeof(*c));
    tls_conn_init(&c->tls, &server_role, take_under);
    c->server = s;
    return &c->tls.conn;
}

const char *tls_server_name(const struct conn *c)
{
    const struct tls *t = tls_conn_of(c, &server_role);
    return t->ssl ? sni_of(t->ssl) : NULL;
}

size_t tls_server_ciphers(struct tls_server *s, const char **ret, size_t max)
{
    (void)pthread_mutex_lock(&s->lock);
    SSL *probe = SSL_new(s->context);
    (void)pthread_mutex_unlock(&s->lock);
    STACK_OF(SSL_CIPHER) *list = probe ? SSL_get1_supported_ciphers(probe) : NULL;
    size_t n = 0;
    for (int i = 0; i < sk_SSL_CIPHER_num(list) && n < max; i++)
        ret[n++] = SSL_CIPHER_standard_name(sk_SSL_CIPHER_value(list, i));
    sk_SSL_CIPHER_free(list);
    SSL_free(probe);
    return n;
}
