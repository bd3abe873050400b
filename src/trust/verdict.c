#include "trust/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "trust/constraint.h"
#include "trust/hostname.h"
#include "trust/search.h"

/* ---- names ---- */

/* The accepted names as one text: "vc1.example or 10.0.0.7". */
static void names_text(const struct trust_question *q, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < q->names_len; i++) {
        char name[TRUST_TEXT_MAX];
        text_escape(name, sizeof(name), q->names[i], strlen(q->names[i]));
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, "%s%s", len ? " or " : "", name);
    }
}

static bool name_fits(struct search *s)
{
    const struct trust_question *q = s->q;
    if (q->names_mode != TRUST_NAMES_CHECK)
        return true;
    enum hostname_result best = HOSTNAME_NONE;
    size_t count = q->names_len < TRUST_NAMES_MAX ? q->names_len : TRUST_NAMES_MAX;
    for (size_t i = 0; i < count; i++) {
        enum hostname_result r = hostname_check(s->path[0], q->names[i]);
        if (r == HOSTNAME_MATCH)
            return true;
        if (r == HOSTNAME_MISMATCH)
            best = r;
    }
    char expected[TRUST_TEXT_MAX], seen[TRUST_TEXT_MAX];
    names_text(q, expected, sizeof(expected));
    trust_cert_names(s->path[0], seen, sizeof(seen));
    return search_refuse(s, best == HOSTNAME_NONE ? TRUST_NO_NAME : TRUST_NAME_MISMATCH, s->path[0], expected,
                         best == HOSTNAME_NONE ? "no name in subjectAltName" : seen);
}

/* ---- the verdict ---- */

static int index_in_chain(const struct trust_question *q, const struct trust_cert *c)
{
    for (size_t i = 0; i < q->chain_len && i < TRUST_CHAIN_MAX; i++)
        if (memcmp(q->chain[i]->sha256, c->sha256, DIGEST_SHA256) == 0)
            return (int)i;
    return -1;
}

static void describe(struct trust_verdict *v, const struct trust_question *q, const struct trust_cert *c)
{
    v->at = index_in_chain(q, c);
    memcpy(v->at_sha256, c->sha256, DIGEST_SHA256);
    trust_cert_sha1(c, v->at_sha1);
    trust_cert_subject(c, v->subject, sizeof(v->subject));
    trust_cert_issuer(c, v->issuer, sizeof(v->issuer));
}

static void accept(struct trust_verdict *v, const struct search *s)
{
    v->ok = true;
    v->rule = TRUST_OK;
    memcpy(v->anchor, s->anchor->cert->sha256, DIGEST_SHA256);
    v->path_len = (uint8_t)s->len;
    for (size_t i = 0; i < s->len; i++)
        memcpy(v->path[i], s->path[i]->sha256, DIGEST_SHA256);
}

static void refuse(struct trust_verdict *v, const struct search *s)
{
    const struct search_refusal *r = &s->refusal;
    v->rule = r->rule;
    (void)text_copy(v->expected, sizeof(v->expected), r->expected);
    (void)text_copy(v->seen, sizeof(v->seen), r->seen);
    describe(v, s->q, r->at);
}

void trust_decide(const struct trust_set *set, const struct trust_question *q, struct trust_verdict *ret)
{
    struct trust_verdict *v = ret;
    *v = (struct trust_verdict){ .rule = TRUST_BAD_CERTIFICATE, .at = -1 };
    if (q->chain_len == 0) {
        (void)text_copy(v->expected, sizeof(v->expected), "a certificate");
        (void)text_copy(v->seen, sizeof(v->seen), "none");
        return;
    }
    struct search_effort effort; /* its memory of links needs no zeroing */
    effort.signatures_max = q->policy.budget ? q->policy.budget : TRUST_BUDGET;
    effort.signatures = 0;
    effort.steps = SEARCH_STEPS;
    effort.constraint_work = CONSTRAINT_WORK_MAX;
    effort.exhausted = false;
    effort.links_len = 0;
    struct search s = { .set = set, .q = q, .effort = &effort, .purpose = SEARCH_SERVER };
    memcpy(v->leaf, q->chain[0]->sha256, DIGEST_SHA256);
    if (search_run(&s, q->chain[0]) && name_fits(&s))
        accept(v, &s);
    else
        refuse(v, &s);
    v->signatures = (uint16_t)effort.signatures;
    v->crl_stale = s.crl_stale;
}
