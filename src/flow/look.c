#include "flow/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "flow/believed.h"
#include "flow/deny.h"
#include "flow/evidence.h"
#include "flow/site.h"
#include "http/connect.h"
#include "net/chain.h"
#include "net/conn.h"
#include "net/resolve.h"
#include "net/silent.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "store/endpoint.h"
#include "trust/cert.h"
#include "trust/set.h"

/* One look while it is made. */
struct looking {
    const struct site *site;
    const struct look_request *rq;
    struct url_host endpoint;
    struct tls_client *tls;      /* owned */
    int64_t timeout_ms;
};

static void looking_done(struct looking *g)
{
    (void)tls_client_destroy(g->tls);
}

void look_done(struct look *l)
{
    (void)chain_unref(l->chain);
    *l = (struct look){ 0 };
}

const struct trust_cert *look_cert(const struct look *l, size_t index)
{
    return chain_certs(l->chain)[index];
}

size_t look_left_out(const struct look *l)
{
    return chain_left_out(l->chain);
}

struct trust_policy look_policy(const struct site *site)
{
    return (struct trust_policy){ .allow_lab = site->allow_lab };
}

enum trust_crl_mode look_crl_mode(const struct site *site)
{
    return site->crl_strict ? TRUST_CRL_REQUIRE : TRUST_CRL_SOFT;
}

void look_question(const struct site *site, const struct look_request *rq, struct trust_question *ret)
{
    *ret = (struct trust_question){
        .names = rq->names,
        .names_len = rq->names_len,
        .names_mode = rq->names_mode,
        .pinned_key = rq->pinned_key,
        .unpinned_acknowledged = rq->unpinned_acknowledged,
        .behalf = rq->behalf,
        .org = rq->org,
        .purpose = TRUST_PURPOSE_SERVER,
        .crl_mode = look_crl_mode(site),
        .policy = look_policy(site),
    };
    if (!rq->names) {
        ret->names = &rq->host;
        ret->names_len = 1;
    }
    if (!rq->behalf.host)
        ret->behalf = (struct trust_behalf){ .kind = TRUST_FOR_ADDRESS, .host = rq->host, .port = rq->port };
}

static bool begin(struct looking *g, struct err *e)
{
    const struct look_request *rq = g->rq;
    char text[URL_HOST_TEXT];
    if (rq->timeout_ms < 0 || rq->timeout_ms > LOOK_TIMEOUT_MAX_MS)
        return err_set(e, ERR_INPUT, "the timeout is not between 1 and %d seconds", LOOK_TIMEOUT_MAX_MS / 1000);
    if (rq->names_len > TRUST_NAMES_MAX)
        return err_set(e, ERR_INPUT, "more than %d accepted names", TRUST_NAMES_MAX);
    if (!rq->port || !rq->host || strlen(rq->host) > URL_HOST_MAX)
        return err_set(e, ERR_INPUT, "this is no host and port");
    g->timeout_ms = rq->timeout_ms ? rq->timeout_ms : site_look_ms(g->site);
    bool v6 = strchr(rq->host, ':') && rq->host[0] != '[';
    (void)snprintf(text, sizeof(text), v6 ? "[%s]:%u" : "%s:%u", rq->host, rq->port);
    if (!url_host_parse(text, strlen(text), &g->endpoint, e))
        return err_in(e, "host");
    g->tls = tls_client_create(g->site->live, e);
    return g->tls;
}

/* ---- connecting ---- */

struct conn *look_dial(const struct deny *deny, const struct address *addresses, size_t len, int64_t timeout_ms)
{
    struct address allowed[RESOLVE_MAX];
    struct err none;
    size_t n = 0;
    for (size_t i = 0; i < len && i < RESOLVE_MAX; i++)
        if (!deny || !deny_address(deny, &addresses[i]))
            allowed[n++] = addresses[i];
    struct tcp_options options = { .share_ms = tcp_share(timeout_ms, n ? n : 1) };
    struct conn *c = n ? tcp_connect(allowed, n, &options) : silent_conn(&none);
    /* Out of descriptors: 0.0.0.0 with port 0 fails for the same reason, or is refused. */
    return c ? c : tcp_connect(&(struct address){ .family = ADDRESS_V4 }, 1, &options);
}

static struct conn *dial(void *self, const struct address *addresses, size_t len)
{
    struct looking *g = self;
    const struct look_proxy *proxy = g->rq->proxy;
    struct conn *c = look_dial(g->rq->deny, addresses, len, g->timeout_ms);
    if (!proxy || !proxy->secure)
        return c;
    const char *name = proxy->host.name;
    struct tls_ask ask = {
        .server_name = name,
        .question = { .names = &name, .names_len = 1, .names_mode = TRUST_NAMES_CHECK, .org = g->rq->org,
                      .behalf = { .kind = TRUST_FOR_ADDRESS, .host = name, .port = proxy->host.port },
                      .crl_mode = look_crl_mode(g->site), .policy = look_policy(g->site) },
    };
    return tls_client_conn(g->tls, c, &ask);
}

/* Through a proxy the proxy resolves: what is known here of the name is judged nevertheless. */
static bool denied_behind_proxy(const struct looking *g)
{
    struct resolve_answer at;
    struct err none;
    const struct deny *d = g->rq->deny;
    if (!d || !g->rq->proxy || !resolve_now(g->site->resolver, g->endpoint.name, g->endpoint.port, &at, &none))
        return false;
    for (size_t i = 0; i < at.len; i++)
        if (deny_address(d, &at.addresses[i]))
            return true;
    return false;
}

static bool denied(const struct looking *g)
{
    return g->rq->deny && (deny_name(g->rq->deny, g->endpoint.name) || denied_behind_proxy(g));
}

/* ---- the two kinds of look ---- */

static void report_probe(struct looking *g, const struct probe_report *r, struct look *ret)
{
    ret->seen = r->seen;
    ret->stage = r->stage;
    memcpy(ret->us, r->us, sizeof(ret->us));
    ret->connected = r->seen || r->stage == PROBE_HANDSHAKE;
    ret->err = r->err;
    ret->address = r->address;
    if (!r->seen)
        return;
    memcpy(ret->version, r->version, sizeof(ret->version));
    memcpy(ret->cipher, r->cipher, sizeof(ret->cipher));
    ret->chain = chain_ref(r->chain);
    ret->verdict = r->verdict;
    probe_chain_sort(chain_certs(ret->chain), chain_len(ret->chain), &ret->sorted);
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(g->site->live);
    ret->generation = trust_set_generation(set);
}

static void look_tls(struct looking *g, bool silently, struct look *ret)
{
    const struct look_proxy *proxy = g->rq->proxy;
    struct err why = { 0 };
    struct probe_net net = { .tls = g->tls, .resolver = g->site->resolver, .dial = dial, .self = g };
    struct probe_request pr = { .endpoint = g->endpoint, .server_name = g->rq->host, .timeout_ms = g->timeout_ms,
                                .proxy = proxy ? &proxy->host : NULL,
                                .proxy_authorization = proxy ? proxy->authorization : NULL };
    struct url_host nobody = { .kind = URL_HOST_IPV4, .name = "0.0.0.0", .port = g->endpoint.port };
    look_question(g->site, g->rq, &pr.question);
    if (silently) /* nothing is looked up or dialled for a name that is denied; deny_address refuses 0.0.0.0 */
        pr.endpoint = nobody;
    if (silently && proxy)
        pr.proxy = &nobody;
    AUTO(probe_destroyp) struct probe *p = probe_create(&net, &pr);
    bool ok = io_run(&probe_op, p, clock_mono_ms() + g->timeout_ms, &why);
    report_probe(g, probe_report(p, ok ? NULL : &why), ret);
}

static void fail_plain(struct look *ret, enum probe_stage stage, const struct err *why, int64_t timeout_ms)
{
    ret->stage = stage;
    ret->err = *why;
    if (why->kind == ERR_TIMEOUT)
        (void)err_set(&ret->err, ERR_TIMEOUT, "connecting: no answer within %.1f s", (double)timeout_ms / 1000);
    if (why->kind == ERR_NOT_FOUND)
        ret->err.kind = ERR_PEER;
}

static void look_plain(struct looking *g, bool silently, struct look *ret)
{
    int64_t deadline = clock_mono_ms() + g->timeout_ms;
    struct resolve_answer at = { .len = 1 };
    struct err why = { 0 };
    const struct look_proxy *proxy = g->rq->proxy;
    const struct url_host *hop = proxy ? &proxy->host : &g->endpoint;
    if (silently)
        at.addresses[0].family = ADDRESS_V4; /* 0.0.0.0, which deny_address refuses */
    else if (!resolve_now(g->site->resolver, hop->name, hop->port, &at, &why)) {
        fail_plain(ret, PROBE_RESOLVE, &why, g->timeout_ms);
        return;
    }
    AUTO(conn_destroyp) struct conn *c = dial(g, at.addresses, at.len);
    if (!io_run(&conn_shaking, c, deadline, &why)) {
        fail_plain(ret, PROBE_CONNECT, &why, g->timeout_ms);
        return;
    }
    if (!tcp_peer(c, &ret->address, NULL))
        ret->address = (struct address){ 0 };
    AUTO(http_connect_destroyp) struct http_connect *t =
        proxy ? http_connect_create(STEAL(c), &g->endpoint, proxy->authorization) : NULL;
    if (t && !io_run(&http_connect_op, t, deadline, &why)) {
        fail_plain(ret, PROBE_PROXY, &why, g->timeout_ms);
        return;
    }
    ret->stage = PROBE_STAGES;
    ret->connected = true;
}

bool look_at(const struct site *site, const struct look_request *rq, struct look *ret, struct err *e)
{
    AUTO(looking_done) struct looking g = { .site = site, .rq = rq };
    struct look l = { 0 };
    if (!begin(&g, e))
        return false;
    bool silently = denied(&g);
    if (rq->plain)
        look_plain(&g, silently, &l);
    else
        look_tls(&g, silently, &l);
    if (l.seen && l.verdict.ok && rq->behalf.host && rq->behalf.kind != TRUST_FOR_ADDRESS && rq->behalf.urn)
        evidence_note(site->evidence, l.verdict.anchor, rq->behalf.urn, EVIDENCE_PROBE);
    *ret = l;
    return true;
}

/* ---- what came of it ---- */

void look_verdict_text(const struct trust_verdict *v, char *out, size_t size)
{
    const struct trust_rule_text *t = trust_rule_text(v->rule);
    char seen[TRUST_TEXT_MAX + 16] = "", expected[TRUST_TEXT_MAX + 16] = "", at[3 * DIGEST_SHA256];
    if (v->ok) {
        (void)text_copy(out, size, "verified");
        return;
    }
    text_fingerprint(v->at_sha256, DIGEST_SHA256, at);
    if (v->expected[0])
        (void)snprintf(expected, sizeof(expected), "; expected %s", v->expected);
    if (v->seen[0])
        (void)snprintf(seen, sizeof(seen), "; seen %s", v->seen);
    (void)snprintf(out, size, "%s (%s): %s%s%s; certificate %s, SHA-256 %s", t->code, t->clause, t->what, expected, seen,
                   v->subject, at);
}

bool look_refused(const struct look_request *rq, const struct look *l, struct err *e)
{
    char text[ERR_MSG_MAX];
    if (!l->seen)
        return err_set(e, l->err.kind ? l->err.kind : ERR_PEER, "%s:%u: %s", rq->host, rq->port, l->err.msg);
    look_verdict_text(&l->verdict, text, sizeof(text));
    return err_set(e, ERR_UNTRUSTED, "%s:%u: %s", rq->host, rq->port, text);
}

struct look_seen look_seen_of(const char *key, const struct look_request *rq, const struct look *l, int64_t at_ms)
{
    return (struct look_seen){
        .key = key, .host = rq->host, .port = rq->port, .behalf = rq->behalf,
        .names = rq->names ? rq->names : &rq->host, .names_len = rq->names ? rq->names_len : 1,
        .certs = chain_certs(l->chain), .certs_len = chain_len(l->chain), .verdict = &l->verdict, .at_ms = at_ms,
    };
}

bool look_keep(struct store *s, const struct look_seen *seen, struct err *e)
{
    const struct trust_verdict *v = seen->verdict;
    struct store_chain_cert certs[STORE_CHAIN_MAX];
    size_t bytes = 0, len = 0;
    for (; len < seen->certs_len && len < STORE_CHAIN_MAX; len++) {
        certs[len].der = trust_cert_der(seen->certs[len], &certs[len].len);
        bytes += certs[len].len;
        if (bytes > STORE_CHAIN_BYTES)
            break;
    }
    if (len == 0)
        return err_set(e, ERR_INPUT, "%s presented no certificate that can be read", seen->key);
    const struct store_endpoint ep = {
        .key = seen->key,
        .urn = seen->behalf.urn,
        .host = seen->host,
        .kind = seen->behalf.kind,
        .port = seen->port,
        .names = seen->names,
        .names_len = seen->names_len,
        .rule = trust_rule_code(v->rule),
        .seen_ms = seen->at_ms,
        .verified_ms = v->ok ? seen->at_ms : 0,
        .anchor = v->ok ? v->anchor : NULL,
        .chain = certs,
        .chain_len = len,
    };
    /* What it presented before may be what was believed: that stays known beside the new one. */
    return (v->ok || believed_save(s, seen->key, seen->behalf.urn, seen->certs[0], e)) && store_endpoint_put(s, &ep, e);
}
