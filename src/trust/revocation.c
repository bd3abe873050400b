#include "trust/revocation.h"

#include <string.h>

#include "base/text.h"
#include "trust/dn.h"
#include "trust/general_name.h"
#include "trust/search.h"

/* One DistributionPoint of a certificate (RFC 5280 4.2.1.13), or the implied one (6.3.3, last paragraph). */
struct point {
    struct point_name name; /* nothing given: every name fits */
    struct der crl_issuer;  /* content of GeneralNames; p == NULL: the certificate's issuer */
    uint32_t reasons;       /* mask */
    bool implied;
};

/* What is known so far about one certificate. */
struct status {
    uint32_t reasons;   /* covered by lists that were used */
    bool revoked;
    bool saw_stale, saw_bad; /* a list fitted but was out of date, or could not be used */
    uint8_t reason;
};

static bool read_point(struct der *in, struct point *ret)
{
    struct der s, field;
    *ret = (struct point){ .reasons = REASONS_ALL };
    if (!der_take(in, DER_SEQUENCE, &s))
        return false;
    if (der_at(&s, DER_CONTEXT_CONSTRUCTED(0)) &&
        (!der_take(&s, DER_CONTEXT_CONSTRUCTED(0), &field) || !point_name_read(field, &ret->name)))
        return false;
    if (der_at(&s, DER_CONTEXT(1)) && (!der_take(&s, DER_CONTEXT(1), &field) || !der_flags(field, &ret->reasons)))
        return false;
    if (der_at(&s, DER_CONTEXT_CONSTRUCTED(2)) &&
        (!der_take(&s, DER_CONTEXT_CONSTRUCTED(2), &ret->crl_issuer) || !general_names_ok(ret->crl_issuer)))
        return false;
    return s.len == 0 && (ret->name.full.p || ret->name.relative.p || ret->crl_issuer.p);
}

/* ---- names of points ---- */

/* A directory name in canonical form, of a full name or of a fragment below its issuer's. */
struct directory {
    uint8_t bytes[2 * TRUST_DN_MAX];
    size_t len;
};

static bool directory_full(struct der name, struct directory *ret)
{
    return dn_canonical(name, ret->bytes, sizeof(ret->bytes), &ret->len);
}

/* nameRelativeToCRLIssuer: one RDN more than the issuer has. The fragment comes without its SET header. */
static bool directory_relative(const struct dn *issuer, struct der rdn, struct directory *ret)
{
    size_t len;
    memcpy(ret->bytes, issuer->canonical, issuer->len);
    if (!dn_canonical_rdn(rdn, ret->bytes + issuer->len, sizeof(ret->bytes) - issuer->len, &len))
        return false;
    ret->len = issuer->len + len;
    return true;
}

static bool names_hold_directory(struct der names, const struct directory *d)
{
    struct general_name n;
    struct directory other;
    while (general_name_next(&names, &n))
        if (n.kind == NAME_DIRECTORY && directory_full(n.value, &other) && other.len == d->len &&
            memcmp(other.bytes, d->bytes, d->len) == 0)
            return true;
    return false;
}

static bool names_meet(struct der a, struct der b)
{
    struct general_name x, y;
    while (general_name_next(&a, &x)) {
        struct der rest = b;
        while (general_name_next(&rest, &y))
            if (general_name_same(&x, &y))
                return true;
    }
    return false;
}

/* The names of a list's issuing point and of a certificate's point have one in common (6.3.3 (b)(2)(i)). */
static bool points_meet(const struct trust_crl *crl, const struct point *p, const struct trust_cert *c)
{
    struct directory d;
    struct der full = crl->point.full;
    if (!full.p && !crl->point.relative.p)
        return true;
    if (!full.p && !directory_relative(&crl->issuer, crl->point.relative, &d))
        return false;
    if (p->implied) { /* its name is the certificate issuer's */
        if (c->crl_points.p) /* a list for a named point has only what belongs to it, and c's points are others */
            return false;
        struct directory issuer = { .len = c->issuer.len };
        memcpy(issuer.bytes, c->issuer.canonical, c->issuer.len);
        return full.p ? names_hold_directory(full, &issuer)
                      : d.len == issuer.len && memcmp(d.bytes, issuer.bytes, d.len) == 0;
    }
    if (p->name.relative.p) {
        struct directory own;
        /* Relative to the CRL's issuer, which is the one the point names or else the certificate's (4.2.1.13). */
        if (!directory_relative(p->crl_issuer.p ? &crl->issuer : &c->issuer, p->name.relative, &own))
            return false;
        return full.p ? names_hold_directory(full, &own) : d.len == own.len && memcmp(d.bytes, own.bytes, d.len) == 0;
    }
    struct der names = p->name.full.p ? p->name.full : p->crl_issuer;
    return full.p ? names_meet(full, names) : names_hold_directory(names, &d);
}

/* 6.3.3 (b): is this list about this certificate, as this point says? */
static bool about(const struct trust_crl *crl, const struct point *p, const struct trust_cert *c)
{
    if (p->crl_issuer.p) {
        struct directory issuer = { .len = crl->issuer.len };
        memcpy(issuer.bytes, crl->issuer.canonical, crl->issuer.len);
        if (!crl->indirect || !names_hold_directory(p->crl_issuer, &issuer))
            return false;
    } else if (!dn_same(&crl->issuer, &c->issuer)) {
        return false;
    }
    if ((crl->only_users && c->is_ca) || (crl->only_cas && !c->is_ca) || crl->only_attributes)
        return false;
    return points_meet(crl, p, c);
}

/* ---- who signed it ---- */

/* Is this CRL signer's own path being decided right now? Then asking again would go in circles. */
static bool being_decided(const struct search *s, const struct trust_cert *c)
{
    for (; s && s->purpose == SEARCH_CRL_SIGNER; s = s->parent)
        if (s->path[0] == c || memcmp(s->path[0]->sha256, c->sha256, DIGEST_SHA256) == 0)
            return true;
    return false;
}

/* A signer that is not on the path needs one of its own, to the same anchor (6.3.3 (f)). */
static bool signer_has_path(struct search *s, const struct trust_cert *signer)
{
    if (memcmp(signer->sha256, s->anchor->cert->sha256, DIGEST_SHA256) == 0)
        return true;
    if (being_decided(s, signer))
        return true;
    if (s->nesting == SEARCH_NESTING)
        return false;
    struct search own = { .set = s->set, .q = s->q, .effort = s->effort, .purpose = SEARCH_CRL_SIGNER,
                          .only = s->anchor, .parent = s, .nesting = s->nesting + 1 };
    return search_run(&own, signer);
}

static bool signed_by(struct search *s, const struct trust_crl *crl, const struct trust_cert *c)
{
    if (!cert_may_be(c, &crl->issuer, crl->authority) || (c->has_key_usage && !(c->key_usage & KU_CRL_SIGN)))
        return false;
    return search_verify(s->effort, c, &crl->algorithm, crl->tbs, crl->signature);
}

/* The certificate whose key signed the list and that may: the CA itself where it did, else another certificate of
 * the list's issuer. NULL: nobody. */
static const struct trust_cert *find_signer(struct search *s, const struct trust_crl *crl, size_t issuer_at)
{
    for (size_t i = issuer_at; i < s->len; i++) /* these are decided with the path, from the top down */
        if (signed_by(s, crl, s->path[i]))
            return s->path[i];
    size_t count = s->q->chain_len < TRUST_CHAIN_MAX ? s->q->chain_len : TRUST_CHAIN_MAX;
    for (size_t i = 0; i < count; i++)
        if (signed_by(s, crl, s->q->chain[i]) && signer_has_path(s, s->q->chain[i]))
            return s->q->chain[i];
    struct anchor_range anchors = set_range(s->set, &crl->issuer, crl->authority);
    const struct anchor *a;
    while ((a = set_next(&anchors)))
        if (signed_by(s, crl, a->cert) && signer_has_path(s, a->cert))
            return a->cert;
    return NULL;
}

/* ---- lists ---- */

static bool current(const struct search *s, const struct trust_crl *crl)
{
    return crl->this_update <= s->q->now && crl->next_update != INT64_MIN && s->q->now <= crl->next_update;
}

/* Lists speak of the CAs of one vCenter only (product rule 2.6). */
static bool counts_here(const struct search *s, const struct scoped_crl *x)
{
    return !x->urn || (s->q->behalf.urn && text_caseeq(x->urn, s->q->behalf.urn));
}

/* May this delta be combined with that complete list? (5.2.4, 6.3.3 (c)) */
static bool combines(const struct trust_crl *base, const struct trust_crl *delta)
{
    return delta->base_number.p && base->number.p && delta->number.p && !delta->defect &&
           dn_same(&base->issuer, &delta->issuer) && der_equal(base->point_der, delta->point_der) &&
           base->has_point == delta->has_point && der_equal(base->authority, delta->authority) &&
           der_compare_integers(base->number, delta->base_number) >= 0 &&
           der_compare_integers(base->number, delta->number) <= 0;
}

/* The newest current delta for this list, signed by the same key. */
static const struct trust_crl *find_delta(struct search *s, const struct trust_crl *base,
                                          const struct trust_cert *signer)
{
    for (size_t i = 0; i < s->set->crls_len; i++) {
        const struct trust_crl *delta = s->set->crls[i].crl;
        if (counts_here(s, &s->set->crls[i]) && combines(base, delta) && current(s, delta) &&
            !signature_is_weak(&delta->algorithm) && signed_by(s, delta, signer))
            return delta;
    }
    return NULL;
}

static void apply(struct status *st, const struct trust_crl *base, const struct trust_crl *delta,
                  const struct trust_cert *c)
{
    const struct crl_entry *entry = delta ? crl_find(delta, c->serial, &c->issuer) : NULL;
    if (!entry)
        entry = crl_find(base, c->serial, &c->issuer);
    if (entry && entry->reason != REASON_REMOVE) {
        st->revoked = true;
        st->reason = entry->reason;
    }
}

static void use_list(struct search *s, const struct trust_crl *crl, const struct point *p, size_t at,
                     struct status *st)
{
    const struct trust_cert *c = s->path[at];
    /* Bit 0 of ReasonFlags is unused, and set in lists of the field. */
    uint32_t covers = p->reasons & REASONS_ALL & (crl->only_reasons ? crl->only_reasons : (uint32_t)REASONS_ALL);
    if (!about(crl, p, c) || !(covers & ~st->reasons))
        return;
    if (crl->defect || crl->algorithm.key == KEY_OTHER || crl->algorithm.key == KEY_DSA ||
        signature_is_weak(&crl->algorithm)) {
        st->saw_bad = true;
        return;
    }
    const struct trust_cert *signer = find_signer(s, crl, at + 1);
    if (!signer) {
        st->saw_bad = true;
        return;
    }
    const struct trust_crl *delta = find_delta(s, crl, signer);
    if (!delta && !current(s, crl)) {
        st->saw_stale = true;
        if (crl->this_update > s->q->now || s->q->crl_mode == TRUST_CRL_REQUIRE)
            return;
        apply(st, crl, NULL, c); /* out of date, but what was revoked stays revoked */
        return;
    }
    apply(st, crl, delta, c);
    st->reasons |= covers;
}

static void use_point(struct search *s, const struct point *p, size_t at, struct status *st)
{
    for (size_t i = 0; i < s->set->crls_len && !st->revoked && st->reasons != REASONS_ALL; i++)
        if (counts_here(s, &s->set->crls[i]) && !s->set->crls[i].crl->base_number.p)
            use_list(s, s->set->crls[i].crl, p, at, st);
}

static bool refuse_status(struct search *s, const struct trust_cert *c, const struct status *st)
{
    static const char *const reasons[] = { "unspecified", "keyCompromise", "cACompromise", "affiliationChanged",
                                           "superseded", "cessationOfOperation", "certificateHold", "",
                                           "removeFromCRL", "privilegeWithdrawn", "aACompromise" };
    if (st->revoked)
        return search_refuse(s, TRUST_REVOKED, c, "not revoked", reasons[st->reason]);
    if (s->q->crl_mode != TRUST_CRL_REQUIRE) {
        s->crl_stale = true;
        return true;
    }
    if (st->saw_stale)
        return search_refuse(s, TRUST_CRL_STALE, c, "a current CRL", "one that is out of date");
    if (st->saw_bad)
        return search_refuse(s, TRUST_CRL_BAD, c, "a CRL that can be used", "one that can't");
    return search_refuse(s, TRUST_CRL_MISSING, c, "a CRL of its issuer", "none");
}

static bool allows(struct search *s, size_t at)
{
    const struct trust_cert *c = s->path[at];
    struct status st = { 0 };
    struct der points = c->crl_points;
    struct point p;
    while (points.len && !st.revoked && st.reasons != REASONS_ALL) {
        if (!read_point(&points, &p)) {
            st.saw_bad = true;
            break;
        }
        use_point(s, &p, at, &st);
    }
    if (!st.revoked && st.reasons != REASONS_ALL)
        use_point(s, &(struct point){ .reasons = REASONS_ALL, .implied = true }, at, &st);
    return (!st.revoked && st.reasons == REASONS_ALL) || refuse_status(s, c, &st);
}

bool revocation_allows(struct search *s)
{
    if (s->q->crl_mode == TRUST_CRL_OFF)
        return true;
    for (size_t at = s->len - 1; at-- > 0;)
        if (!allows(s, at))
            return false;
    return true;
}
