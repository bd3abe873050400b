#include "flow/host_target.h"

#include <jansson.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/look.h"
#include "flow/site.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "net/chain.h"
#include "net/resolve.h"
#include "store/event.h"
#include "store/store.h"
#include "trust/rule.h"
#include "vim/inventory.h"
#include "wire/json.h"

/* What the ticket names where it needs no look-up that waits, then the inventory's name likewise, else the host's own address. */
static const char *dialled(const struct site *site, const struct gate_target *t, const struct vim_host *h)
{
    struct resolve_answer at;
    struct err none;
    const char *const known[] = { t->host, h->name };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i] && known[i][0] && resolve_quick(site->resolver, known[i], h->port, &at, &none))
            return known[i];
    return h->addresses_len ? h->addresses[0] : t->host ? t->host : h->name ? h->name : "";
}

static bool names_mode(const struct site *site, const char *vcenter, enum trust_names_mode *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    bool checks;
    if (!loan_begin(site->shelf, &l, e) || !vcenter_get(l.store, vcenter, &a, &v, e) ||
        !vcenter_checks_names(l.store, &v, &checks, e))
        return false;
    *ret = checks ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF;
    return true;
}

static bool fill(const struct site *site, const char *vcenter, struct vim_session *session, const struct vim_object *host,
                 bool proof, struct gate_target *t, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *names[TRUST_NAMES_MAX];
    char endpoint[STORE_ENDPOINT_MAX + 1];
    struct vim_host h;
    if (!names_mode(site, vcenter, &t->names_mode, e) ||
        !vim_host_read(session, host, vim_deadline(VIM_CONNECT_MS), &a, &h, e))
        return err_in(e, "reading the host from the vCenter Server");
    const char *dial = dialled(site, t, &h);
    char *fresh = xstrdup(dial);
    free(t->host);
    t->host = fresh;
    t->port = t->port ? t->port : h.port ? h.port : 443;
    t->names_len = vim_host_names(&h, names, TRUST_NAMES_MAX);
    for (size_t i = 0; i < t->names_len; i++)
        t->names[i] = xstrdup(names[i]);
    t->host_name = xstrdup(h.name ? h.name : host->id);
    t->vcenter = xstrdup(vcenter);
    (void)snprintf(endpoint, sizeof(endpoint), "%s/%s", vcenter, host->id);
    t->endpoint = xstrdup(endpoint);
    t->crl_mode = look_crl_mode(site);
    t->policy = look_policy(site);
    return !proof || !h.thumbprint || gate_target_thumbprint(t, h.thumbprint) ||
           err_set(e, ERR_PEER, "the vCenter Server's thumbprint of %s can't be read", t->host_name);
}

bool host_target_fill(const struct site *site, const char *vcenter, struct vim_session *session, const struct vim_object *host,
                      struct gate_target *t, struct err *e)
{
    return fill(site, vcenter, session, host, false, t, e);
}

bool host_target_fill_proof(const struct site *site, const char *vcenter, struct vim_session *session,
                            const struct vim_object *host, struct gate_target *t, struct err *e)
{
    return fill(site, vcenter, session, host, true, t, e);
}

/* ---- events ---- */

static json_t *print_json(const uint8_t *p, size_t len)
{
    char text[3 * DIGEST_SHA256];
    text_fingerprint(p, len, text);
    return json_string(text);
}

static json_t *verdict_json(const struct trust_verdict *v)
{
    const struct trust_rule_text *rule = trust_rule_text(v->rule);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "rule", rule->code, "clause", rule->clause, "what", rule->what,
                     "next", rule->next, "subject", v->subject, "issuer", v->issuer, "expected", v->expected, "sha256",
                     print_json(v->at_sha256, sizeof(v->at_sha256)), "sha1", print_json(v->at_sha1, sizeof(v->at_sha1)));
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static json_t *news_json(const struct gate_news *n)
{
    const struct gate_target *t = n->target;
    json_t *j = json_pack("{s:s, s:s}", "rule", n->rule, "text", n->text);
    if (!j)
        return json_object();
    if (t) {
        const struct { const char *key, *value; } all[] = {
            { "vm", t->vm }, { "vmName", t->vm_name }, { "user", t->user_name }, { "org", t->org }, { "vcenter", t->vcenter },
            { "host", t->host_name }, { "dialled", t->host }, { "from", t->from },
        };
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
            if (all[i].value)
                (void)json_object_set_new(j, all[i].key, json_string(all[i].value));
    }
    if (n->verdict)
        (void)json_object_set_new(j, "verdict", verdict_json(n->verdict));
    if (n->verdict && n->verdict->seen[0])
        (void)json_object_set_new(json_object_get(j, "verdict"), "seen", json_string(n->verdict->seen));
    return j;
}

static const struct {
    const char *kind;
    enum store_severity severity;
} kinds[] = {
    [GATE_REFUSED] = { "host.refused", STORE_ERROR },
    [GATE_THUMBPRINT] = { "host.thumbprint", STORE_SECURITY },
    [GATE_FAILED] = { "host.failed", STORE_WARNING },
    [GATE_WITHDRAWN] = { "host.withdrawn", STORE_WARNING },
    [GATE_ENDED] = { "host.ended", STORE_INFO },
};

static bool refused(const struct gate_news *n)
{
    return n->what == GATE_THUMBPRINT || (n->verdict && !n->verdict->ok);
}

void host_target_event(const struct site *site, const struct gate_news *n, const char *feature, char ret_id[RANDOM_UUID])
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(buf_done) struct buf data;
    char text[STORE_TEXT_MAX], verdict[ERR_MSG_MAX];
    const struct gate_target *t = n->target;
    struct err e = { 0 };
    json_t *j = news_json(n);
    if (site->gate && refused(n))
        gate_refused(site->gate, n->what == GATE_THUMBPRINT ? TRUST_THUMBPRINT_MISMATCH : n->verdict->rule);
    buf_init(&data, STORE_DATA_MAX);
    (void)text_copy(verdict, sizeof(verdict), n->text);
    if (n->verdict && !n->verdict->ok)
        look_verdict_text(n->verdict, verdict, sizeof(verdict));
    (void)snprintf(text, sizeof(text), "%s of %s at %s: %s", feature, t ? or_empty(t->vm_name) : "a virtual machine",
                   t ? or_empty(t->host_name) : "its host", verdict);
    bool ok = wire_json_write(&data, j, &e);
    json_decref(j);
    const struct store_event ev = { .at_ms = clock_wall_ms(), .kind = kinds[n->what].kind, .severity = kinds[n->what].severity,
                                    .entity = t ? or_empty(t->endpoint) : "", .text = text, .data = ok ? buf_str(&data) : "" };
    if (!loan_begin(site->shelf, &l, &e) || !store_begin(l.store, STORE_WRITE, &e) ||
        !store_event_add(l.store, &ev, ret_id, &e) || !store_commit(l.store, &e)) {
        ret_id[0] = '\0';
        LOG(ERROR, "event.lost", "kind=%s error=\"%s\"", ev.kind, e.msg);
    }
}

/* ---- a look ---- */

bool host_target_try(const struct site *site, const struct gate_target *t, struct host_refusal *ret, struct err *e)
{
    AUTO(look_done) struct look l = { 0 };
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    const struct look_request rq = { .host = t->host, .port = t->port, .names = (const char *const *)t->names,
                                     .names_len = t->names_len, .names_mode = t->names_mode,
                                     .behalf = { TRUST_FOR_ESXI, t->port, t->vcenter, t->host } };
    *ret = (struct host_refusal){ .what = GATE_FAILED };
    if (!reach->look(reach->self, site, &rq, &l, e))
        return false;
    bool ok = l.seen && l.verdict.ok && gate_target_proves(t, chain_certs(l.chain)[0], &l.verdict);
    if (site->gate)
        gate_looked(site->gate, l.seen ? &l.verdict : NULL);
    ret->has_verdict = l.seen;
    if (ok) {
        ret->verdict = l.verdict;
        return true;
    }
    if (l.seen) {
        ret->verdict = l.verdict;
        ret->what = l.verdict.rule == TRUST_THUMBPRINT_MISMATCH ? GATE_THUMBPRINT : GATE_REFUSED;
    }
    ret->rule = l.seen ? trust_rule_code(l.verdict.rule) : "host-failed";
    return look_refused(&rq, &l, &ret->why);
}

bool host_target_refuse(const struct site *site, const struct gate_target *t, const struct host_refusal *r, const char *feature,
                        char ret_event[RANDOM_UUID], struct err *e)
{
    const struct gate_news n = { r->what, t, r->has_verdict ? &r->verdict : NULL, r->rule, r->why.msg };
    host_target_event(site, &n, feature, ret_event);
    LOG(INFO, "host.refused", "feature=\"%s\" host=\"%s\" event=%s why=\"%s\"", feature, t->host_name, ret_event, r->why.msg);
    return err_set(e, r->has_verdict ? ERR_UNTRUSTED : ERR_INPUT, "%s is not to be had: the ESXi host %s: %s", feature, t->host_name,
                   r->why.msg);
}

bool host_target_ask(const struct site *site, const struct gate_target *t, const char *feature, char ret_event[RANDOM_UUID], struct err *e)
{
    struct host_refusal r;
    ret_event[0] = '\0';
    if (host_target_try(site, t, &r, e))
        return true;
    return r.rule ? host_target_refuse(site, t, &r, feature, ret_event, e) : false;
}

bool host_target_look(const struct site *site, const struct gate_target *t, const char *feature, struct err *e)
{
    char id[RANDOM_UUID];
    struct err why;
    if (host_target_ask(site, t, feature, id, &why))
        return true;
    return err_set(e, why.kind, "%s (event %s)", why.msg, id[0] ? id : "-");
}
