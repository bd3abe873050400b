#include "trust/vmca.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "trust/cert.h"
#include "trust/set.h"

/* A search: what is asked, what is found, and the roots that are still in it. */
struct search_vmca {
    const struct trust_vmca_question *q;
    struct trust_vmca_answer *ret;
    struct trust_set **sets; /* for each root: it alone, granted for anything; NULL = left out */
    uint32_t left;           /* signature checks */
};

static bool same(const struct trust_cert *a, const struct trust_cert *b)
{
    return !memcmp(trust_cert_sha256(a), trust_cert_sha256(b), DIGEST_SHA256);
}

/* What can be said of a root before it is tried. FOREIGN: try it. */
static enum trust_vmca_use sort_root(const struct trust_vmca_question *q, size_t at)
{
    const struct trust_cert *root = q->roots[at];
    if (at >= TRUST_VMCA_ROOTS)
        return TRUST_VMCA_UNREAD;
    for (size_t i = 0; i < at; i++)
        if (same(q->roots[i], root))
            return TRUST_VMCA_DUPLICATE;
    if (!trust_cert_is_ca(root))
        return TRUST_VMCA_NOT_A_CA;
    if (q->now > trust_cert_not_after(root))
        return TRUST_VMCA_EXPIRED;
    if (q->now < trust_cert_not_before(root))
        return TRUST_VMCA_NOT_YET_VALID;
    return TRUST_VMCA_FOREIGN;
}

static struct trust_set *set_of(const struct trust_cert *root)
{
    struct trust_row row = { .scope = { .kind = TRUST_SCOPE_ANY }, .system = true };
    row.der = trust_cert_der(root, &row.len);
    return trust_set_create(&(struct trust_rows){ .anchors = &row, .anchors_len = 1 }, NULL);
}

/* Costs nothing: most roots have nothing to do with most hosts. */
static bool may_verify(const struct trust_cert *root, const struct trust_vmca_chain *chain)
{
    for (size_t i = 0; i < chain->len && i < TRUST_CHAIN_MAX; i++)
        if (trust_cert_may_be_issued_by(chain->certs[i], root))
            return true;
    return false;
}

/* The length of the path by which this root verifies the chain, 0 = it does not. */
static unsigned path_by(struct search_vmca *s, size_t root, const struct trust_vmca_chain *chain)
{
    static const struct trust_behalf nobody = { .kind = TRUST_FOR_ADDRESS, .host = "" };
    struct trust_verdict v;
    if (!s->sets[root] || !may_verify(s->q->roots[root], chain))
        return 0;
    if (!s->left) {
        s->ret->spent = true;
        return 0;
    }
    struct trust_question question = { .chain = chain->certs, .chain_len = chain->len, .names_mode = TRUST_NAMES_NONE,
                                       .behalf = nobody, .crl_mode = TRUST_CRL_OFF, .now = s->q->now,
                                       .policy = s->q->policy };
    trust_decide(s->sets[root], &question, &v);
    s->left -= v.signatures < s->left ? v.signatures : s->left;
    return v.ok && v.path_len > 1 ? v.path_len : 0;
}

/* Marks in `near` the roots that verify the chain by the shortest path; false when there is none. */
static bool nearest(struct search_vmca *s, const struct trust_vmca_chain *chain, bool near[TRUST_VMCA_ROOTS])
{
    unsigned best = 0;
    memset(near, 0, TRUST_VMCA_ROOTS * sizeof(*near));
    for (size_t i = 0; i < s->q->roots_len && i < TRUST_VMCA_ROOTS; i++) {
        unsigned length = path_by(s, i, chain);
        if (!length || (best && length > best))
            continue;
        if (length < best)
            memset(near, 0, i * sizeof(*near));
        best = length;
        near[i] = true;
    }
    return best > 0;
}

/* Is a the better VMCA of two roots that verify something? */
static bool better(const struct search_vmca *s, size_t a, size_t b)
{
    const struct trust_vmca_root *ra = &s->ret->roots[a], *rb = &s->ret->roots[b];
    const struct trust_cert *ca = s->q->roots[a], *cb = s->q->roots[b];
    if (ra->hosts != rb->hosts)
        return ra->hosts > rb->hosts;
    if (ra->endpoint != rb->endpoint)
        return ra->endpoint;
    if (trust_cert_not_before(ca) != trust_cert_not_before(cb))
        return trust_cert_not_before(ca) > trust_cert_not_before(cb);
    return memcmp(trust_cert_sha256(ca), trust_cert_sha256(cb), DIGEST_SHA256) < 0;
}

static void choose(struct search_vmca *s)
{
    struct trust_vmca_answer *ret = s->ret;
    for (size_t i = 0; i < s->q->roots_len; i++) {
        const struct trust_vmca_root *r = &ret->roots[i];
        if (!r->hosts && !r->endpoint)
            continue;
        if (ret->basis == TRUST_VMCA_NOTHING || better(s, i, ret->chosen))
            ret->chosen = i;
        ret->basis = ret->roots[ret->chosen].hosts ? TRUST_VMCA_BY_HOSTS : TRUST_VMCA_BY_ENDPOINT;
    }
    for (size_t i = 0; i < s->q->roots_len; i++) {
        struct trust_vmca_root *r = &ret->roots[i];
        if (r->hosts)
            r->use = TRUST_VMCA_ALSO;
        else if (r->endpoint)
            r->use = TRUST_VMCA_ENDPOINT_ONLY;
    }
    if (ret->basis != TRUST_VMCA_NOTHING)
        ret->roots[ret->chosen].use = TRUST_VMCA_CHOSEN;
}

/* Two bits of memory for each host and root would do; a host counts for few roots, so it is asked again only where
 * more than one verified it. */
static void name_host_roots(struct search_vmca *s, const bool *shared)
{
    bool near[TRUST_VMCA_ROOTS];
    for (size_t i = 0; i < s->q->hosts_len && i < TRUST_VMCA_HOSTS; i++)
        if (shared[i] && nearest(s, &s->q->hosts[i], near) && near[s->ret->chosen])
            s->ret->host_root[i] = (uint16_t)s->ret->chosen;
}

static void ask_hosts(struct search_vmca *s, bool *shared)
{
    bool near[TRUST_VMCA_ROOTS];
    struct trust_vmca_answer *ret = s->ret;
    for (size_t i = 0; i < s->q->hosts_len; i++) {
        ret->host_root[i] = TRUST_VMCA_NO_ROOT;
        if (i >= TRUST_VMCA_HOSTS || !s->q->hosts[i].len || !nearest(s, &s->q->hosts[i], near)) {
            ret->hosts_unverified++;
            continue;
        }
        ret->hosts_verified++;
        for (size_t r = 0; r < s->q->roots_len && r < TRUST_VMCA_ROOTS; r++) {
            if (!near[r])
                continue;
            ret->roots[r].hosts++;
            shared[i] = ret->host_root[i] != TRUST_VMCA_NO_ROOT;
            if (!shared[i])
                ret->host_root[i] = (uint16_t)r;
        }
    }
}

void trust_vmca_find(const struct trust_vmca_question *q, struct arena *a, struct trust_vmca_answer *ret)
{
    bool near[TRUST_VMCA_ROOTS];
    struct search_vmca s = { .q = q, .ret = ret, .left = q->signatures ? q->signatures : TRUST_VMCA_SIGNATURES };
    bool *shared = arena_array(a, q->hosts_len + 1, sizeof(*shared));
    *ret = (struct trust_vmca_answer){ .roots = arena_array(a, q->roots_len + 1, sizeof(*ret->roots)),
                                       .host_root = arena_array(a, q->hosts_len + 1, sizeof(*ret->host_root)) };
    s.sets = arena_array(a, q->roots_len + 1, sizeof(struct trust_set *));
    for (size_t i = 0; i < q->roots_len; i++) {
        ret->roots[i].use = sort_root(q, i);
        if (ret->roots[i].use == TRUST_VMCA_FOREIGN)
            s.sets[i] = set_of(q->roots[i]);
    }
    /* The endpoint first: it is one question, and must not go unasked because hosts were many. */
    if (q->endpoint.len && nearest(&s, &q->endpoint, near))
        for (size_t i = 0; i < q->roots_len && i < TRUST_VMCA_ROOTS; i++)
            ret->roots[i].endpoint = near[i];
    ask_hosts(&s, shared);
    choose(&s);
    if (ret->basis == TRUST_VMCA_BY_HOSTS)
        name_host_roots(&s, shared);
    for (size_t i = 0; i < q->roots_len; i++)
        (void)trust_set_unref(s.sets[i]);
}

const char *trust_vmca_use_text(enum trust_vmca_use use)
{
    switch (use) {
    case TRUST_VMCA_CHOSEN: return "is the VMCA: it verifies more hosts than any other, or the vCenter where no host spoke";
    case TRUST_VMCA_ALSO: return "verifies hosts too, but fewer than the VMCA";
    case TRUST_VMCA_ENDPOINT_ONLY: return "verifies the vCenter's own certificate and no host";
    case TRUST_VMCA_FOREIGN: return "verifies no host and not the vCenter";
    case TRUST_VMCA_EXPIRED: return "has expired";
    case TRUST_VMCA_NOT_YET_VALID: return "is not valid yet";
    case TRUST_VMCA_NOT_A_CA: return "is not a certificate authority";
    case TRUST_VMCA_DUPLICATE: return "is there twice";
    case TRUST_VMCA_UNREAD: return "was not looked at: there are too many roots";
    }
    abort();
}

const char *trust_vmca_use_name(enum trust_vmca_use use)
{
    switch (use) {
    case TRUST_VMCA_CHOSEN: return "chosen";
    case TRUST_VMCA_ALSO: return "also";
    case TRUST_VMCA_ENDPOINT_ONLY: return "endpoint-only";
    case TRUST_VMCA_FOREIGN: return "foreign";
    case TRUST_VMCA_EXPIRED: return "expired";
    case TRUST_VMCA_NOT_YET_VALID: return "not-yet-valid";
    case TRUST_VMCA_NOT_A_CA: return "not-a-ca";
    case TRUST_VMCA_DUPLICATE: return "duplicate";
    case TRUST_VMCA_UNREAD: return "unread";
    }
    abort();
}
