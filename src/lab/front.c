#include "lab/front.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/response.h"
#include "http/router.h"
#include "http/server.h"
#include "lab/console.h"
#include "lab/estate.h"
#include "lab/faces.h"
#include "lab/keep.h"
#include "lab/odd.h"
#include "lab/pem.h"
#include "net/address.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "net/tls_server.h"
#include "wire/http1.h"

enum { CONNS_MAX = 1000000, KINDS = 3, PORT_FILE_MAX = 8 };

/* One loop serves them all, so a single endpoint may take what there is. */
struct lab_front {
    struct loop *loop;
    struct pool *pool;
    struct lab_estate *estate;
    struct listener *listener;
    struct tls_server *tls;
    struct http_router *routers[KINDS];
    struct lab_odd *odd;
};

DEFINE_AUTO(bio_freep, BIO *, BIO_free)

static struct lab_endpoint *endpoint_of(struct lab_front *f, const struct conn *tcp)
{
    struct address at;
    if (!tcp_local(tcp, &at, NULL) || at.family != ADDRESS_V4)
        return NULL;
    uint32_t ip = (uint32_t)at.ip[0] << 24 | (uint32_t)at.ip[1] << 16 | (uint32_t)at.ip[2] << 8 | at.ip[3];
    return lab_endpoint_at(f->estate, ip);
}

/* ---- TLS ---- */

static struct tls_identity *identity_of(struct lab_endpoint *ep, struct err *e)
{
    X509 *cert = lab_cert(ep, false, e), *chain[LAB_CHAIN_MAX];
    EVP_PKEY *key = lab_cert_key(ep, e);
    AUTO(bio_freep) BIO *secret = BIO_new(BIO_s_secmem());
    struct tls_identity *identity = NULL;
    struct buf pem;
    char *key_pem;
    if (!cert || !key || !secret || !PEM_write_bio_PKCS8PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL))
        return NULL;
    long key_len = BIO_get_mem_data(secret, &key_pem);
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = lab_pem_cert(&pem, cert, e);
    lab_chain(ep, chain);
    for (size_t i = 0; ok && chain[i]; i++)
        ok = lab_pem_cert(&pem, chain[i], e);
    if (ok)
        identity = tls_identity_parse(pem.data, pem.len, key_pem, (size_t)key_len, e);
    buf_done(&pem);
    return identity;
}

static struct tls_identity *choose(void *self, const char *server_name UNUSED, const struct conn *under)
{
    struct lab_front *f = self;
    LAB_LOCKED(f->estate);
    struct lab_endpoint *ep = endpoint_of(f, under);
    if (!ep)
        return NULL;
    if (!ep->identity)
        ep->identity = identity_of(ep, NULL);
    return ep->identity;
}

/* ---- accepting ---- */

static void plain_failure(void *app, const struct http_failure *failure, struct http_response *r)
{
    (void)app;
    http_response_text(r, failure->status, "text/html", "<html><body><h1>Error</h1></body></html>\n");
}

static struct http_server *server_of(struct lab_front *f, struct lab_endpoint *ep)
{
    if (!ep->server) {
        const struct http_server_config config = {
            .router = f->routers[ep->kind], .pool = f->pool, .app = ep, .failed = plain_failure,
        };
        ep->server = http_server_create(f->loop, &config);
    }
    return ep->server;
}

static void serve(void *self, struct conn *take, const struct address *peer)
{
    struct lab_front *f = self;
    lab_lock(f->estate);
    struct lab_endpoint *ep = endpoint_of(f, take);
    lab_unlock(f->estate);
    if (ep)
        http_server_adopt(server_of(f, ep), tls_server_conn(f->tls, take), peer);
    else
        tcp_reset(take);
}

static void accepted(void *self, struct conn *take, const struct address *peer)
{
    struct lab_front *f = self;
    listener_release(f->listener); /* each endpoint's server counts for itself */
    lab_lock(f->estate);
    struct lab_endpoint *ep = endpoint_of(f, take);
    unsigned faults = ep ? ep->faults : LAB_FAULT_DOWN;
    lab_unlock(f->estate);
    if (faults & LAB_FAULT_DOWN)
        tcp_reset(take);
    else if (!lab_odd_take(f->odd, faults, take, peer))
        serve(f, take, peer);
}

static struct listener *listen_on(struct lab_front *f, uint16_t port, struct err *e)
{
    const struct listen_config c = {
        .address = { .family = ADDRESS_V4, .port = port },
        .conns_max = CONNS_MAX,
        .accepted = accepted,
        .self = f,
    };
    return listener_create(f->loop, &c, e);
}

/* A port that the kernel chose stays the estate's: who knows its endpoints finds them there after a restart. */
static bool kept_port(struct lab_front *f, uint64_t *ret, struct err *e)
{
    struct buf b;
    struct err why;
    buf_init(&b, PORT_FILE_MAX);
    bool found = lab_keep_read(f->estate->dir, "port", &b, &why), ok = true;
    *ret = 0;
    if (found && !text_number(buf_str(&b), 1, UINT16_MAX, ret))
        ok = err_set(e, ERR_STORE, "%s/port holds no port", f->estate->dir);
    else if (!found && why.kind != ERR_NOT_FOUND)
        ok = err_set(e, ERR_STORE, "%s", why.msg);
    buf_done(&b);
    return ok;
}

static bool keep_port(const struct lab_estate *s, struct err *e)
{
    char text[PORT_FILE_MAX];
    int len = snprintf(text, sizeof(text), "%u", s->port);
    return lab_keep_write(s->dir, "port", text, (size_t)len, 0644, e);
}

bool lab_front_listen(struct lab_front *f, struct err *e)
{
    const struct lab_scenario *plan = f->estate->scenario;
    uint64_t port = plan->port;
    struct err why;
    if (!port && !kept_port(f, &port, e))
        return false;
    f->listener = listen_on(f, (uint16_t)port, &why);
    if (!f->listener && why.kind == ERR_DENIED)
        f->listener = listen_on(f, (uint16_t)plan->port_unprivileged, &why);
    if (!f->listener) {
        if (e)
            *e = why;
        return false;
    }
    f->estate->port = listener_address(f->listener)->port;
    return plan->port || keep_port(f->estate, e);
}

struct lab_front *lab_front_create(struct loop *l, struct pool *p, struct lab_estate *s, struct err *e)
{
    struct lab_front *f = xcalloc(1, sizeof(*f));
    f->loop = l;
    f->pool = p;
    f->estate = s;
    s->loop = l;
    lab_lock(s);
    AUTO(tls_identity_unrefp) struct tls_identity *first = identity_of(&s->vcenters[0].at, e);
    lab_unlock(s);
    const struct tls_server_config config = { .identity = first, .choose = choose, .self = f, .weak = true };
    if (!first || !(f->tls = tls_server_create(&config, e)))
        return lab_front_destroy(f);
    f->odd = lab_odd_create(l, f->tls, serve, f);
    for (int i = 0; i < KINDS; i++) {
        size_t len;
        const struct http_route *routes = lab_faces((enum lab_kind)i, &len);
        f->routers[i] = http_router_create(routes, len, e);
        if (!f->routers[i])
            return lab_front_destroy(f);
    }
    return f;
}

static void endpoint_close(struct lab_endpoint *ep)
{
    ep->server = http_server_destroy(ep->server);
}

struct lab_front *lab_front_destroy(struct lab_front *f)
{
    if (!f)
        return NULL;
    struct lab_estate *s = f->estate;
    (void)listener_destroy(f->listener);
    (void)lab_odd_destroy(f->odd);
    for (size_t i = 0; i < s->vcenters_len; i++) {
        lab_consoles_close(&s->vcenters[i]);
        endpoint_close(&s->vcenters[i].at);
        for (size_t j = 0; j < s->vcenters[i].hosts_len; j++)
            endpoint_close(&s->vcenters[i].hosts[j].at);
    }
    for (size_t i = 0; i < s->nsx_len; i++)
        endpoint_close(&s->nsx[i].at);
    for (int i = 0; i < KINDS; i++)
        (void)http_router_destroy(f->routers[i]);
    (void)tls_server_destroy(f->tls);
    free(f);
    return NULL;
}
