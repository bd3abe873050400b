#include "flow/issuers.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "flow/deny.h"
#include "flow/look.h"
#include "flow/site.h"
#include "http/call.h"
#include "net/conn.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "trust/cert.h"
#include "trust/pem.h"
#include "wire/http1.h"
#include "wire/url.h"

void issuers_done(struct issuers *i)
{
    for (size_t k = 0; k < i->len; k++)
        (void)trust_cert_unref(i->certs[k]);
    i->len = 0;
}

static bool on_block(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    struct issuers *i = self;
    struct trust_cert *c;
    if (kind != TRUST_PEM_CERTIFICATE)
        return true;
    if (!trust_cert_parse(der, len, &c, e))
        return false;
    for (size_t k = 0; k < i->len; k++)
        if (memcmp(trust_cert_sha256(i->certs[k]), trust_cert_sha256(c), DIGEST_SHA256) == 0) {
            (void)trust_cert_unref(c);
            return true;
        }
    if (i->len == ISSUERS_CERTS_MAX) {
        (void)trust_cert_unref(c);
        return err_set(e, ERR_LIMIT, "more than %d certificates were fetched", ISSUERS_CERTS_MAX);
    }
    i->certs[i->len++] = c;
    return true;
}

static struct conn *over_tls(struct issuers *i, struct tls_client *tls, struct conn *take, const struct url *u)
{
    const char *name = u->host.name;
    const struct look_request rq = { .host = name, .port = u->host.port, .org = i->org };
    struct tls_ask ask = { .server_name = name };
    look_question(i->site, &rq, &ask.question);
    return tls_client_conn(tls, take, &ask);
}

static bool get(struct issuers *i, const struct url *u, struct tls_client *tls, struct arena *a, struct http_reply *ret,
                struct err *e)
{
    int64_t deadline = clock_mono_ms() + i->timeout_ms;
    struct resolve_answer at;
    AUTO(buf_done) struct buf target;
    buf_init(&target, URL_MAX);
    if ((i->deny && deny_name(i->deny, u->host.name)))
        at = (struct resolve_answer){ .len = 1, .addresses = { { .family = ADDRESS_V4 } } }; /* 0.0.0.0: denied, silently */
    else if (!resolve_now(i->site->resolver, u->host.name, u->host.port, &at, e))
        return false;
    if (!url_target_write(&u->target, &target, e))
        return false;
    struct conn *c = look_dial(i->deny, at.addresses, at.len, i->timeout_ms);
    AUTO(http_client_destroyp) struct http_client *client =
        http_client_create(u->tls ? over_tls(i, tls, c, u) : c, NULL);
    const struct http_send send = { .method = "GET", .target = buf_str(&target), .host = &u->host, .tls = u->tls, .close = true };
    return http_call(client, &send, ISSUERS_BYTES, deadline, a, ret, e);
}

bool issuers_fetch(struct issuers *i, const char *text, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct url u;
    struct http_reply reply;
    AUTO(tls_client_destroyp) struct tls_client *tls = NULL;
    if (strlen(text) > ISSUERS_URL_MAX || !url_parse(text, strlen(text), &u, e))
        return err_set(e, ERR_INPUT, "this is no http or https URL of a CA's certificate");
    tls = u.tls ? tls_client_create(i->site->live, e) : NULL;
    if ((u.tls && !tls) || !get(i, &u, tls, &a, &reply, e))
        return err_in(e, "%s", u.host.name);
    if (reply.head->status != 200)
        return err_set(e, ERR_PEER, "%s: answers %d; redirects are not followed", u.host.name, reply.head->status);
    if (!trust_pem_read(reply.body, reply.body_len, on_block, i, e))
        return err_in(e, "%s", u.host.name);
    return true;
}
