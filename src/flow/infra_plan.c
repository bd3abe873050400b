#include "flow/infra_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "trust/cert.h"
#include "trust/set.h"

static const char kinds[] = "vcenter|nsx-v|nsx-t|vmca";
static const char verdicts[] = "verified|store|inbox|rejected|refused|unreachable|later|nothing";
static const char whys[] = "covered|first-contact|unchanged|same-key|live-hosts|named|changed|other";

const char *infra_kind_name(enum infra_kind k)
{
    static const char *const names[INFRA_KINDS] = { "vcenter", "nsx-v", "nsx-t", "vmca" };
    return names[k];
}

const char *infra_verdict_name(enum infra_verdict v)
{
    static const char *const names[INFRA_VERDICTS] = { "verified", "store", "inbox", "rejected", "refused", "unreachable", "later",
                                                       "nothing" };
    return names[v];
}

const char *infra_why_name(enum infra_why w)
{
    static const char *const names[INFRA_WHYS] = { "covered", "first-contact", "unchanged", "same-key", "live-hosts", "named", "changed",
                                                   "other" };
    return names[w];
}

int infra_kind_of(const char *name)
{
    return text_choice(kinds, name);
}

int infra_verdict_of(const char *name)
{
    return text_choice(verdicts, name);
}

int infra_why_of(const char *name)
{
    return text_choice(whys, name);
}

bool infra_counts(enum infra_verdict v)
{
    return v != INFRA_NOTHING;
}

/* ---- candidates ---- */

static bool same_cert(const struct trust_cert *x, const struct trust_cert *y)
{
    return memcmp(trust_cert_sha256(x), trust_cert_sha256(y), DIGEST_SHA256) == 0;
}

/* Would this endpoint be believed if nothing but c were granted to it? */
static bool vouches(const struct trust_cert *c, const struct infra_fact *f, enum trust_rule *ret_rule)
{
    struct trust_verdict v;
    struct trust_row row = { .scope = f->scope, .system = true };
    row.der = trust_cert_der(c, &row.len);
    AUTO(trust_set_unrefp) struct trust_set *set =
        trust_set_create(&(struct trust_rows){ .anchors = &row, .anchors_len = 1 }, NULL);
    trust_decide(set, &f->question, &v);
    *ret_rule = v.rule;
    return v.ok;
}

/* A certificate that might be the anchor of several endpoints. */
struct candidate {
    const struct trust_cert *cert;
    bool granted;    /* already, for somebody: costs no anchor */
    unsigned depth;  /* how far from the leaf of who sent it; the nearest issuer is 1, a leaf comes last */
    bool *covers;    /* of each fact */
    size_t gain;     /* endpoints that nobody covers yet */
};

enum { DEPTH_LEAF = 100 };

struct cover {
    const struct infra_fact *facts;
    const struct infra_known *known;
    struct infra_choice *choices;
    bool *open;     /* facts that still need an anchor */
    bool *leaf_only; /* of these, for whom nothing but its own leaf will do */
    size_t len;
    struct candidate *list;
    size_t list_len;
    struct arena *arena;
};

/* Not a proof: only whether trying costs a signature for nothing. */
static bool might(const struct trust_cert *c, const struct infra_fact *f)
{
    for (size_t i = 0; i < f->question.chain_len; i++)
        if (same_cert(f->question.chain[i], c) || trust_cert_may_be_issued_by(f->question.chain[i], c))
            return true;
    return false;
}

static void offer(struct cover *w, const struct trust_cert *cert, bool granted, unsigned depth)
{
    for (size_t i = 0; i < w->list_len; i++)
        if (same_cert(w->list[i].cert, cert)) {
            w->list[i].depth = depth < w->list[i].depth ? depth : w->list[i].depth;
            return;
        }
    struct candidate *c = &w->list[w->list_len];
    *c = (struct candidate){ .cert = cert, .granted = granted, .depth = depth, .covers = arena_array(w->arena, w->len + 1, sizeof(bool)) };
    bool any = false;
    for (size_t i = 0; i < w->len; i++) {
        enum trust_rule rule;
        const struct infra_fact *f = &w->facts[i];
        if (!w->open[i] || (w->leaf_only[i] && !same_cert(cert, f->question.chain[0])) || !might(cert, f))
            continue;
        c->covers[i] = vouches(cert, f, &rule);
        any |= c->covers[i];
        if (same_cert(cert, f->question.chain[0]))
            w->choices[i].rule = rule;
    }
    w->list_len += any;
}

static void gather(struct cover *w)
{
    size_t room = w->known->granted_len;
    for (size_t i = 0; i < w->len; i++)
        room += w->open[i] ? w->facts[i].shown_len : 0;
    w->list = arena_array(w->arena, room + 1, sizeof(*w->list));
    for (size_t i = 0; i < w->known->granted_len; i++)
        offer(w, w->known->granted[i], true, DEPTH_LEAF);
    for (size_t i = 0; i < w->len; i++)
        for (size_t k = 0; w->open[i] && k < w->facts[i].shown_len; k++)
            offer(w, w->facts[i].question.chain[w->facts[i].shown[k]], false, k ? (unsigned)k : DEPTH_LEAF);
}

/* Costing nothing comes first, then who covers most, then who stands nearest to the leaf; the rest is only to be the same each time. */
static bool better(const struct candidate *x, const struct candidate *y)
{
    if (!y)
        return true;
    if (x->granted != y->granted)
        return x->granted;
    if (x->gain != y->gain)
        return x->gain > y->gain;
    if (x->depth != y->depth)
        return x->depth < y->depth;
    return memcmp(trust_cert_sha256(x->cert), trust_cert_sha256(y->cert), DIGEST_SHA256) < 0;
}

static struct candidate *best(struct cover *w)
{
    struct candidate *found = NULL;
    for (size_t i = 0; i < w->list_len; i++) {
        struct candidate *c = &w->list[i];
        c->gain = 0;
        for (size_t k = 0; k < w->len; k++)
            c->gain += w->open[k] && c->covers[k];
        if (c->gain && better(c, found))
            found = c;
    }
    return found;
}

/* The fewest anchors, as far as always taking the best one finds them. */
static void cover(struct cover *w)
{
    struct candidate *c;
    gather(w);
    while ((c = best(w)))
        for (size_t i = 0; i < w->len; i++)
            if (w->open[i] && c->covers[i]) {
                w->choices[i].verdict = INFRA_STORE;
                w->choices[i].anchor = c->cert;
                w->open[i] = false;
                c->granted = true; /* from now on */
            }
    for (size_t i = 0; i < w->len; i++)
        if (w->open[i])
            w->choices[i].verdict = INFRA_REFUSED;
}

/* ---- one at a time ---- */

static bool named(const struct infra_known *k, const struct trust_cert *c)
{
    for (size_t i = 0; i < k->accept_len; i++)
        if (memcmp(k->accept[i], trust_cert_sha256(c), DIGEST_SHA256) == 0)
            return true;
    return false;
}

/* An exception names the certificate that is stored: the leaf, or a CA of the chain shown. */
static const struct trust_cert *named_of(const struct infra_known *k, const struct infra_fact *f)
{
    for (size_t i = 0; i < f->shown_len; i++)
        if (named(k, f->question.chain[f->shown[i]]))
            return f->question.chain[f->shown[i]];
    return NULL;
}

static struct infra_choice changed(const struct infra_fact *f)
{
    return (struct infra_choice){ .verdict = f->rejected ? INFRA_REJECTED : INFRA_INBOX, .why = INFRA_CHANGED };
}

/* What the policy says of an endpoint; ret_open: it takes it, and the anchor is still to be chosen. */
static struct infra_choice of_endpoint(const struct infra_fact *f, const struct infra_known *k, bool *ret_open, bool *ret_leaf_only)
{
    static const enum infra_why whys_of[] = { [BELIEVED_FIRST] = INFRA_FIRST, [BELIEVED_SAME] = INFRA_SAME,
                                              [BELIEVED_SAME_KEY] = INFRA_SAME_KEY, [BELIEVED_CHANGED] = INFRA_CHANGED };
    enum trust_rule rule;
    *ret_open = *ret_leaf_only = false;
    if (!f->seen || f->question.chain_len == 0)
        return (struct infra_choice){ .verdict = INFRA_UNREACHABLE, .why = INFRA_OTHER };
    if (f->verified)
        return (struct infra_choice){ .verdict = INFRA_VERIFIED, .why = INFRA_COVERED };
    const struct trust_cert *exception = named_of(k, f);
    if (f->change == BELIEVED_CHANGED || f->rejected) {
        if (!exception)
            return changed(f);
        bool helps = vouches(exception, f, &rule);
        return (struct infra_choice){ .verdict = helps ? INFRA_STORE : INFRA_REFUSED, .why = INFRA_NAMED,
                                      .anchor = helps ? exception : NULL, .rule = rule };
    }
    *ret_open = true;
    /* The key is what was believed: a CA that was not there before has no part in that. */
    *ret_leaf_only = f->change == BELIEVED_SAME_KEY;
    return (struct infra_choice){ .verdict = INFRA_REFUSED, .why = whys_of[f->change] };
}

static struct infra_choice of_vmca(const struct infra_fact *f, const struct infra_known *k)
{
    if (!f->seen)
        return (struct infra_choice){ .verdict = f->without_root == INFRA_LATER ? INFRA_LATER : INFRA_UNREACHABLE, .why = INFRA_OTHER };
    if (!f->root)
        return (struct infra_choice){ .verdict = f->without_root, .why = INFRA_OTHER };
    if (f->verified)
        return (struct infra_choice){ .verdict = INFRA_VERIFIED, .why = INFRA_COVERED };
    bool exception = named(k, f->root);
    if ((f->change == BELIEVED_CHANGED || f->rejected) && !exception)
        return changed(f);
    if (f->hosts == 0)
        return (struct infra_choice){ .verdict = f->listed ? INFRA_REFUSED : INFRA_NOTHING, .why = INFRA_OTHER };
    return (struct infra_choice){ .verdict = INFRA_STORE, .anchor = f->root,
                                  .why = exception && f->change == BELIEVED_CHANGED ? INFRA_NAMED
                                         : f->change == BELIEVED_SAME_KEY           ? INFRA_SAME_KEY
                                                                                    : INFRA_LIVE_HOSTS };
}

void infra_decide(const struct infra_fact *facts, size_t len, const struct infra_known *known, struct arena *a,
                  struct infra_choice *ret)
{
    struct cover w = { .facts = facts, .known = known, .choices = ret, .len = len, .arena = a,
                       .open = arena_array(a, len + 1, sizeof(bool)), .leaf_only = arena_array(a, len + 1, sizeof(bool)) };
    for (size_t i = 0; i < len; i++)
        ret[i] = facts[i].kind == INFRA_VMCA ? of_vmca(&facts[i], known) : of_endpoint(&facts[i], known, &w.open[i], &w.leaf_only[i]);
    cover(&w);
}

/* ---- the digest ---- */

static int by_key(const void *p, const void *q)
{
    const struct infra_store *x = p, *y = q;
    int order = strcmp(x->key, y->key);
    return order ? order : strcmp(x->anchor, y->anchor);
}

void infra_digest(const struct infra_store *list, size_t len, struct arena *a, char ret[2 * DIGEST_SHA256 + 1])
{
    struct infra_store *sorted = arena_array(a, len + 1, sizeof(*sorted));
    uint8_t digest[DIGEST_SHA256];
    for (size_t i = 0; i < len; i++)
        sorted[i] = list[i];
    if (len)
        qsort(sorted, len, sizeof(*sorted), by_key);
    digest_sha256("infra-1", 7, digest);
    for (size_t i = 0; i < len; i++) {
        char before[2 * DIGEST_SHA256 + 1];
        text_hex(digest, sizeof(digest), before);
        const char *line = arena_printf(a, "%s %s %s %s", before, sorted[i].key, sorted[i].anchor, sorted[i].scope);
        digest_sha256(line, strlen(line), digest);
    }
    text_hex(digest, sizeof(digest), ret);
}
