#include "unit/trust/ask.h"

#include "trust/cert.h"

static struct trust_set *set_of(const struct ask *a)
{
    struct trust_row rows[ASK_MAX] = { 0 };
    struct trust_crl_row crls[ASK_MAX] = { 0 };
    struct trust_rows all = { .anchors = rows, .crls = crls };
    struct trust_set_report report;
    for (size_t i = 0; i < ASK_MAX && a->anchors[i]; i++) {
        struct err e;
        rows[i] = (struct trust_row){ .der = a->anchors[i]->der, .len = a->anchors[i]->len, .system = true };
        CHECK_OK(trust_scope_parse(a->scopes[i] ? a->scopes[i] : "any", &rows[i].scope, &e), &e);
        all.anchors_len++;
    }
    for (size_t i = 0; i < ASK_MAX && a->crls[i]; i++) {
        crls[i] = (struct trust_crl_row){ a->crls[i]->der, a->crls[i]->len, a->crl_urns[i] };
        all.crls_len++;
    }
    struct trust_set *set = trust_set_create(&all, &report);
    if (report.bad_anchors + report.bad_crls)
        fail_msg("a row was refused: %s", report.first.msg);
    return set;
}

struct trust_verdict ask(const struct ask *a)
{
    struct trust_cert *chain[ASK_MAX] = { 0 };
    struct trust_question q = a->q;
    struct trust_verdict v;
    AUTO(trust_set_unrefp) struct trust_set *set = set_of(a);
    for (q.chain_len = 0; q.chain_len < ASK_MAX && a->chain[q.chain_len]; q.chain_len++) {
        struct err e;
        const struct mint_made *c = a->chain[q.chain_len];
        CHECK_OK(trust_cert_parse(c->der, c->len, &chain[q.chain_len], &e), &e);
    }
    q.chain = (const struct trust_cert *const *)chain;
    q.now = q.now ? q.now : MINT_NOW;
    if (a->host) {
        q.names = &a->host;
        q.names_len = 1;
    } else if (q.names_mode == TRUST_NAMES_CHECK && !q.names) {
        q.names_mode = TRUST_NAMES_NONE;
    }
    trust_decide(set, &q, &v);
    for (size_t i = 0; i < q.chain_len; i++)
        (void)trust_cert_unref(chain[i]);
    CHECK_EQ(v.ok, v.rule == TRUST_OK);
    CHECK_EQ(v.ok, v.path_len > 0);
    return v;
}

void ask_is(int line, enum trust_rule want, const struct ask *a)
{
    struct trust_verdict v = ask(a);
    if (v.rule != want)
        fail_msg("line %d: wanted %s, got %s (at %d, %s; expected %s, seen %s)", line, trust_rule_code(want),
                 trust_rule_code(v.rule), v.at, v.subject, v.expected, v.seen);
}
