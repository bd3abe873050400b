#include "flow/connection.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/busy.h"
#include "flow/caller.h"
#include "flow/change.h"
#include "flow/deny.h"
#include "flow/endpoint.h"
#include "flow/look.h"
#include "flow/site.h"
#include "net/chain.h"
#include "store/grant.h"
#include "trust/cert.h"
#include "trust/pem.h"
#include "trust/set.h"

const char *connection_result_name(enum connection_result r)
{
    static const char *const names[] = { "SUCCESS", "ERROR_CANNOT_RESOLVE_IP", "ERROR_CANNOT_CONNECT" };
    return names[r];
}

const char *connection_ssl_name(enum connection_ssl s)
{
    static const char *const names[] = { NULL, "SUCCESS", "ERROR_SSL_ERROR", "ERROR_UNTRUSTED_CERTIFICATE",
                                         "ERROR_CANNOT_VERIFY_HOSTNAME" };
    return names[s];
}

_Static_assert((int)CONNECTION_STAGES == (int)PROBE_STAGES, "a time for each stage");

/* One test while it is made. */
struct testing {
    const struct site *site;
    const struct connection_request *rq;
    struct arena *arena;
    const char *org;             /* NULL = System */
    bool restricted;             /* a tenant: the deny list holds */
    const struct deny *deny;
    struct trust_behalf behalf;  /* of the registered endpoint; host NULL = none */
};

/* ---- before it ---- */

/* An organization's question is never about a registered endpoint. */
static bool prepare(void *self, struct store *s, struct err *e)
{
    struct testing *t = self;
    if (t->restricted && !deny_load(t->site, s, t->arena, &t->deny, e))
        return false;
    return t->org || endpoint_find(s, t->rq->host, t->rq->port, t->arena, &t->behalf, e);
}

static bool proxy_authorization(const struct connection_proxy *p, struct arena *a, const char **ret, struct err *e)
{
    AUTO(buf_done) struct buf plain, coded;
    buf_init(&plain, 2 * CONNECTION_SECRET_MAX + 2);
    buf_init(&coded, 4 * CONNECTION_SECRET_MAX + 64);
    *ret = NULL;
    if (!p->user)
        return true;
    if (strchr(p->user, ':'))
        return err_set(e, ERR_INPUT, "proxyUsername can't hold a colon (RFC 7617 section 2)");
    bool ok = buf_printf(&plain, e, "%s:%s", p->user, p->password ? p->password : "") && buf_puts(&coded, "Basic ", e) &&
              text_base64(&coded, plain.data, plain.len, e);
    if (ok)
        *ret = arena_strdup(a, buf_str(&coded));
    secret_wipe(plain.data, plain.len);
    return ok;
}

/* ---- after a look ---- */

static const char *chain_pem(const struct testing *t, const struct look *l)
{
    AUTO(buf_done) struct buf pem;
    struct err none;
    buf_init(&pem, TRUST_PEM_MAX);
    for (size_t i = 0; i < l->sorted.shown_len; i++) {
        size_t len;
        const uint8_t *der = trust_cert_der(chain_certs(l->chain)[l->sorted.shown[i]], &len);
        if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, der, len, &none))
            return NULL;
    }
    return pem.len ? arena_strdup(t->arena, buf_str(&pem)) : NULL;
}

/* Where the certificate after the last one shown is said to lie. */
static const char *missing_issuers(const struct testing *t, const struct look *l)
{
    char urls[TRUST_CA_ISSUERS * 2100];
    const struct trust_cert *last = chain_certs(l->chain)[l->sorted.shown[l->sorted.shown_len - 1]];
    if (l->verdict.ok || trust_cert_self_issued(last))
        return "";
    trust_cert_ca_issuers(last, urls, sizeof(urls));
    return arena_strdup(t->arena, urls);
}

static enum connection_ssl ssl_of(const struct trust_verdict *v)
{
    if (v->ok)
        return CONNECTION_SSL_SUCCESS;
    return v->rule == TRUST_NAME_MISMATCH || v->rule == TRUST_NO_NAME ? CONNECTION_SSL_HOSTNAME : CONNECTION_SSL_UNTRUSTED;
}

/* What the person allowed to be fetched completes the chain; then it is decided once more. */
static const char *complete(const struct testing *t, const struct look_request *rq, struct look *l)
{
    struct issuers i = { .site = t->site, .deny = t->deny, .org = t->org, .timeout_ms = t->rq->timeout_ms };
    const char *failed = NULL;
    for (size_t k = 0; k < t->rq->issuers_len; k++) {
        struct err why;
        if (!issuers_fetch(&i, t->rq->issuers[k], &why) && !failed)
            failed = arena_strdup(t->arena, why.msg);
    }
    size_t sent = chain_len(l->chain);
    const struct trust_cert **all = arena_array(t->arena, sent + i.len + 1, sizeof(*all));
    for (size_t k = 0; k < sent; k++)
        all[k] = chain_certs(l->chain)[k];
    for (size_t k = 0; k < i.len; k++)
        all[sent + k] = i.certs[k];
    struct trust_question q;
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(t->site->live);
    look_question(t->site, rq, &q);
    q.chain = all;
    q.chain_len = sent + i.len;
    q.now = clock_wall_ms() / 1000;
    if (i.len)
        trust_decide(set, &q, &l->verdict);
    issuers_done(&i);
    return failed;
}

static void report(const struct testing *t, const struct look_request *rq, struct look *l, struct connection_probe *ret)
{
    char text[ERR_MSG_MAX * 2], ip[ADDRESS_TEXT];
    struct err why;
    const char *extra = NULL;
    ret->made = true;
    ret->issuers = "";
    for (enum probe_stage s = PROBE_RESOLVE; s < PROBE_STAGES; s++)
        if (l->us[s] > 0)
            ret->times[ret->times_len++] = (struct connection_time){ probe_stage_name(s), l->us[s] };
    if (!rq->proxy && l->address.family != ADDRESS_NONE) {
        address_write(&l->address, ip);
        ret->ip = arena_strdup(t->arena, ip);
    }
    if (!l->connected) {
        ret->connection = l->stage == PROBE_RESOLVE ? CONNECTION_CANNOT_RESOLVE : CONNECTION_CANNOT_CONNECT;
        ret->text = arena_printf(t->arena, "%s:%u can't be reached: %s", rq->host, rq->port, l->err.msg);
        return;
    }
    ret->text = arena_printf(t->arena, "%s:%u answers.", rq->host, rq->port);
    if (rq->plain)
        return;
    bool readable = l->seen && chain_len(l->chain) > 0;
    if (!readable) {
        ret->ssl = CONNECTION_SSL_ERROR;
        ret->text = arena_printf(t->arena, "%s:%u answers, but TLS fails: %s", rq->host, rq->port,
                                 l->seen ? chain_defect(l->chain) : l->err.msg);
        return;
    }
    if (!l->verdict.ok && t->rq->issuers_len && rq->host == t->rq->host)
        extra = complete(t, rq, l);
    ret->ssl = ssl_of(&l->verdict);
    ret->chain = chain_pem(t, l);
    ret->issuers = missing_issuers(t, l);
    if (l->verdict.ok) {
        ret->text = arena_printf(t->arena, "%s:%u answers, and its certificate is trusted.", rq->host, rq->port);
        return;
    }
    (void)look_refused(rq, l, &why);
    (void)snprintf(text, sizeof(text), "%s%s%s", why.msg, extra ? "; fetching an issuer failed: " : "", extra ? extra : "");
    ret->text = arena_strdup(t->arena, text);
}

static bool look(const struct testing *t, const struct look_request *rq, struct connection_probe *ret, struct err *e)
{
    struct look l;
    if (!look_at(t->site, rq, &l, e))
        return false;
    report(t, rq, &l, ret);
    look_done(&l);
    return true;
}

static bool look_proxy(const struct testing *t, struct connection_probe *ret, struct err *e)
{
    const struct connection_proxy *p = t->rq->proxy;
    const struct look_request rq = { .host = p->host, .port = p->port, .names_mode = TRUST_NAMES_CHECK, .org = t->org,
                                     .deny = t->deny, .timeout_ms = t->rq->timeout_ms, .plain = !p->secure };
    return look(t, &rq, ret, e) || err_in(e, "proxyConnection");
}

static bool fill_proxy(const struct testing *t, struct look_proxy *ret, struct err *e)
{
    const struct connection_proxy *p = t->rq->proxy;
    char text[URL_HOST_TEXT];
    bool v6 = strchr(p->host, ':') && p->host[0] != '[';
    (void)snprintf(text, sizeof(text), v6 ? "[%s]:%u" : "%s:%u", p->host, p->port);
    ret->secure = p->secure;
    return (url_host_parse(text, strlen(text), &ret->host, e) || err_in(e, "proxyHost")) &&
           proxy_authorization(p, t->arena, &ret->authorization, e);
}

static bool proxy_stands(const struct connection_probe *p)
{
    return p->connection == CONNECTION_SUCCESS && (p->ssl == CONNECTION_SSL_NONE || p->ssl == CONNECTION_SSL_SUCCESS);
}

bool connection_test(const struct site *site, const struct caller *c, const struct connection_request *rq, struct arena *a,
                     struct connection_answer *ret, struct err *e)
{
    const char *owner = caller_owner(c);
    struct testing t = { .site = site, .rq = rq, .arena = a, .restricted = !c->system,
                         .org = strcmp(owner, STORE_SYSTEM) == 0 ? NULL : owner };
    AUTO(busy_end) struct busy_turn turn = { 0 };
    struct look_proxy proxy = { 0 };
    struct connection_answer answer = { 0 };
    if ((rq->proxy && !fill_proxy(&t, &proxy, e)) || !busy_begin(site->busy, owner, &turn, e) ||
        !change_read(site, prepare, &t, e))
        return false;
    if (rq->proxy && !look_proxy(&t, &answer.proxy, e))
        return false;
    const struct look_request target = {
        .host = rq->host, .port = rq->port, .names_mode = rq->check_name ? TRUST_NAMES_CHECK : TRUST_NAMES_NONE,
        .behalf = t.behalf, .org = t.org, .deny = t.deny, .timeout_ms = rq->timeout_ms, .plain = !rq->secure,
        .proxy = rq->proxy ? &proxy : NULL,
    };
    if (rq->proxy && !proxy_stands(&answer.proxy))
        answer.target = (struct connection_probe){ .made = true, .connection = CONNECTION_CANNOT_CONNECT,
                                                   .text = "the proxy can't be used", .issuers = "" };
    else if (!look(&t, &target, &answer.target, e))
        return false;
    *ret = answer;
    return true;
}
