/* Which one certificate would heal it: the engine is asked for each candidate, in the order in which a person should want them. */
#include <string.h>

#include "base/clock.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/site.h"
#include "flow/subject.h"
#include "flow/vcenter.h"
#include "flow/vmca.h"
#include "flow/why.h"
#include "net/chain.h"
#include "trust/cert.h"
#include "trust/change.h"
#include "trust/set.h"

const char *why_from_name(enum why_from f)
{
    static const char *const names[] = { "vmca", "bundle", "trusted", "chain", "leaf" };
    return names[f];
}

static void endpoint_scope_of(const char *vcenter, struct trust_scope *ret)
{
    const struct subject x = { .kind = SUBJECT_VCENTER, .urn = vcenter };
    subject_scope(&x, ret);
}

/* Would it be believed if this were granted for exactly that? Then it is what heals. */
static bool try_one(const struct site *site, const struct look_request *rq, struct why *w, const struct trust_cert *cert,
                    enum why_from from)
{
    AUTO(trust_set_unrefp) struct trust_set *live = trust_live_get(site->live);
    struct trust_question q;
    struct trust_verdict v;
    struct trust_scope scope;
    struct err none;
    size_t len;
    if (w->host)
        subject_hosts_scope(w->vcenter, &scope);
    else
        endpoint_scope_of(w->vcenter, &scope);
    const struct trust_change add = { .kind = TRUST_CHANGE_ADD, .to = &scope, .cert = cert };
    AUTO(trust_set_unrefp) struct trust_set *then = trust_set_changed(live, &add, 1);
    look_question(site, rq, &q);
    q.chain = chain_certs(w->look.chain);
    q.chain_len = chain_len(w->look.chain);
    q.now = clock_wall_ms() / 1000;
    trust_decide(then, &q, &v);
    const uint8_t *der = trust_cert_der(cert, &len);
    if (!v.ok || !anchor_write(der, len, &w->arena, &w->heal_pem, &none))
        return false;
    w->heal = trust_cert_ref(cert);
    w->heal_scope = scope;
    w->heal_from = from;
    return true;
}

struct kept_vmca {
    const char *urn;
    struct arena *arena;
    struct vmca_summary summary;
};

static bool read_vmca(void *self, struct store *s, struct err *e)
{
    struct kept_vmca *k = self;
    struct vcenter v;
    if (!vcenter_get(s, k->urn, k->arena, &v, e))
        return false;
    vmca_summary_read(v.trust, k->arena, &k->summary);
    return true;
}

static bool try_vmca(const struct site *site, const struct look_request *rq, struct why *w, const struct vmca_summary *known)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    struct err none;
    return known->pem && anchor_read(known->pem, strlen(known->pem), &cert, &none) && try_one(site, rq, w, cert, WHY_FROM_VMCA);
}

/* Nobody knows the VMCA yet, or it is not this one any more: the vCenter Server is asked. 6.7 shows it in its bundle only. */
static bool try_asking(const struct site *site, const struct look_request *rq, struct why *w, enum vmca_state state)
{
    AUTO(vmca_answer_done) struct vmca_answer a = { 0 };
    struct err none;
    const bool bundle = state == VMCA_NEEDS_70;
    if (state == VMCA_NO_API || !(bundle ? vmca_find(site, w->vcenter, &a, &none) : vmca_read(site, w->vcenter, &a, &none)))
        return false;
    bool ok = a.cert && try_one(site, rq, w, a.cert, bundle ? WHY_FROM_BUNDLE : WHY_FROM_VMCA);
    for (size_t i = 0; i < a.others_len && !ok; i++)
        ok = try_one(site, rq, w, a.others[i], bundle ? WHY_FROM_BUNDLE : WHY_FROM_VMCA);
    return ok;
}

struct candidates {
    struct arena *arena;
    struct store_grant *grants;
    struct trust_cert **certs; /* owned references; NULL where it can't be read */
    size_t len;
};

static bool read_trusted(void *self, struct store *s, struct err *e)
{
    struct candidates *c = self;
    if (!anchor_list(s, STORE_SYSTEM, NULL, c->arena, &c->grants, &c->len, e))
        return false;
    c->certs = arena_array(c->arena, c->len + 1, sizeof(struct trust_cert *));
    for (size_t i = 0; i < c->len; i++) {
        const uint8_t *der;
        size_t len;
        struct err none;
        if (!store_cert_get(s, c->grants[i].sha256, c->arena, &der, &len, &none) || !trust_cert_parse(der, len, &c->certs[i], &none))
            c->certs[i] = NULL;
    }
    return true;
}

/* Out of scope: what is trusted for something else. Only such as could be an issuer, or are the leaf itself, cost a decision. */
static bool try_trusted(const struct site *site, const struct look_request *rq, struct why *w)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct candidates c = { .arena = &a };
    const struct trust_cert *const *chain = chain_certs(w->look.chain);
    struct err none;
    bool ok = false;
    if (!change_read(site, read_trusted, &c, &none))
        return false;
    for (size_t i = 0; i < c.len; i++) {
        bool near = false;
        for (size_t k = 0; c.certs[i] && k < chain_len(w->look.chain) && !near; k++)
            near = trust_cert_may_be_issued_by(chain[k], c.certs[i]) ||
                   memcmp(trust_cert_sha256(chain[k]), trust_cert_sha256(c.certs[i]), DIGEST_SHA256) == 0;
        ok = ok || (near && try_one(site, rq, w, c.certs[i], WHY_FROM_TRUSTED));
        (void)trust_cert_unref(c.certs[i]);
    }
    return ok;
}

/* A CA that the endpoint sent and that issued what it presents, else its own certificate. */
static bool try_sent(const struct site *site, const struct look_request *rq, struct why *w, bool leaf)
{
    const struct probe_chain *sorted = &w->look.sorted;
    if (leaf)
        return try_one(site, rq, w, look_cert(&w->look, 0), WHY_FROM_LEAF);
    return !sorted->pins_one && try_one(site, rq, w, look_cert(&w->look, sorted->store), WHY_FROM_CHAIN);
}

static bool search(const struct site *site, const struct look_request *rq, struct why *w, enum vmca_state *ret_state)
{
    struct kept_vmca k = { .urn = w->vcenter, .arena = &w->arena };
    struct err none;
    if (!change_read(site, read_vmca, &k, &none))
        return false;
    *ret_state = k.summary.state;
    return (w->host && try_vmca(site, rq, w, &k.summary)) || try_trusted(site, rq, w) || try_sent(site, rq, w, false) ||
           (w->host && try_asking(site, rq, w, k.summary.state)) || try_sent(site, rq, w, true);
}

static const char *words_of(enum why_from f)
{
    switch (f) {
    case WHY_FROM_VMCA: return "the VMCA of its vCenter Server";
    case WHY_FROM_BUNDLE: return "the VMCA out of the bundle that its vCenter Server publishes";
    case WHY_FROM_TRUSTED: return "a CA that is trusted already, for something else";
    case WHY_FROM_CHAIN: return "the CA that issued it, as the endpoint sent it";
    case WHY_FROM_LEAF: return "its own certificate, which pins this one";
    }
    return "";
}

void why_heal(const struct site *site, const struct look_request *rq, struct why *w)
{
    char verdict[ERR_MSG_MAX], subject[TRUST_TEXT_MAX], scope[TRUST_SCOPE_TEXT];
    const char *name = w->host ? w->host : w->vcenter_name;
    enum vmca_state state = VMCA_UNREVIEWED;
    look_verdict_text(&w->look.verdict, verdict, sizeof(verdict));
    w->text = arena_printf(&w->arena, "%s is refused: %s", name, verdict);
    w->next = trust_rule_text(w->look.verdict.rule)->next;
    if (!search(site, rq, w, &state)) {
        if (w->host && state == VMCA_NEEDS_70 && w->look.verdict.rule == TRUST_UNKNOWN_ISSUER)
            w->next = "import the root that signs it out of https://<vCenter>/certs/download.zip: 'vouchsafe cert import' previews which one does";
        return;
    }
    trust_cert_subject(w->heal, subject, sizeof(subject));
    trust_scope_write(&w->heal_scope, scope);
    w->next = arena_printf(&w->arena, "trust %s (%s) for %s", subject, words_of(w->heal_from), scope);
}
