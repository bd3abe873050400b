#include "trust/search.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "trust/constraint.h"
#include "trust/hostname.h"
#include "trust/policy.h"
#include "trust/proofs.h"
#include "trust/revocation.h"

static bool extend(struct search *s);

bool search_refuse(struct search *s, enum trust_rule rule, const struct trust_cert *at, const char *expected,
                   const char *seen)
{
    if (rule > s->refusal.rule) {
        s->refusal.rule = rule;
        s->refusal.at = at;
        (void)text_copy(s->refusal.expected, sizeof(s->refusal.expected), expected);
        (void)text_copy(s->refusal.seen, sizeof(s->refusal.seen), seen);
    }
    return false;
}

/* The place of this check among those that were made; a new one spends of the budget, and its ok is to be filled in. NULL: spent. */
static struct search_link *link_of(struct search_effort *f, const struct trust_cert *signer, const uint8_t *signed_bytes, bool *ret_new)
{
    *ret_new = false;
    for (size_t i = 0; i < f->links_len; i++)
        if (f->links[i].signed_bytes == signed_bytes && f->links[i].signer == signer)
            return &f->links[i];
    if (f->signatures == f->signatures_max || f->links_len == SEARCH_LINKS) {
        f->exhausted = true;
        return NULL;
    }
    f->signatures++;
    *ret_new = true;
    f->links[f->links_len] = (struct search_link){ signed_bytes, signer, false };
    return &f->links[f->links_len++];
}

static bool verify(const struct trust_cert *signer, const struct signature_algorithm *a, struct der signed_bytes, struct der signature)
{
    EVP_PKEY *key = cert_key(signer);
    return key && signature_verify(key, a, signed_bytes, signature);
}

bool search_verify(struct search_effort *f, const struct trust_cert *signer, const struct signature_algorithm *a,
                   struct der signed_bytes, struct der signature)
{
    bool fresh;
    struct search_link *l = link_of(f, signer, signed_bytes.p, &fresh);
    if (fresh)
        l->ok = verify(signer, a, signed_bytes, signature);
    return l && l->ok;
}

bool search_verify_cert(const struct search *s, const struct trust_cert *signer, const struct trust_cert *child)
{
    bool fresh;
    struct search_link *l = link_of(s->effort, signer, child->tbs.p, &fresh);
    if (!fresh)
        return l && l->ok;
    l->ok = trust_proofs_has(s->q->proofs, child->sha256, signer->key_sha256);
    if (!l->ok && (l->ok = verify(signer, &child->algorithm, child->tbs, child->signature)))
        trust_proofs_add(s->q->proofs, child->sha256, signer->key_sha256);
    return l->ok;
}

/* ---- one certificate ---- */

static bool refuse_time(struct search *s, const struct trust_cert *c)
{
    char expected[TRUST_TEXT_MAX], seen[TRUST_TEXT_MAX], when[TEXT_TIME];
    bool early = s->q->now < c->not_before;
    text_time(early ? c->not_before : c->not_after, when);
    (void)snprintf(expected, sizeof(expected), "%s %s", early ? "not before" : "not after", when);
    text_time(s->q->now, when);
    (void)snprintf(seen, sizeof(seen), "it is %s", when);
    return search_refuse(s, early ? TRUST_NOT_YET_VALID : TRUST_EXPIRED, c, expected, seen);
}

static bool refuse_key(struct search *s, enum trust_rule rule, const struct trust_cert *c, const char *expected)
{
    char seen[TRUST_TEXT_MAX];
    trust_cert_key_text(c, seen, sizeof(seen));
    return search_refuse(s, rule, c, expected, seen);
}

static bool key_allowed(struct search *s, const struct trust_cert *c)
{
    const struct key_info *k = &c->key_info;
    unsigned minimum = s->q->policy.rsa_bits_min ? s->q->policy.rsa_bits_min : TRUST_RSA_BITS;
    char expected[TRUST_TEXT_MAX];
    switch (k->kind) {
    case KEY_RSA:
    case KEY_RSA_PSS:
        if (k->bits >= minimum)
            return true;
        (void)snprintf(expected, sizeof(expected), "RSA of at least %u bits", minimum);
        return refuse_key(s, TRUST_WEAK_KEY, c, expected);
    case KEY_EC: return k->allowed_curve || refuse_key(s, TRUST_WEAK_KEY, c, "a named curve of at least 224 bits");
    case KEY_ED25519:
    case KEY_ED448: return true;
    case KEY_DSA:
    case KEY_OTHER: break;
    }
    return refuse_key(s, TRUST_BAD_ALGORITHM, c, "an RSA, EC or Edwards curve key");
}

/* What holds for every certificate of a path, wherever it stands. */
static bool usable(struct search *s, const struct trust_cert *c)
{
    const struct trust_policy *p = &s->q->policy;
    if (c->defect != TRUST_OK)
        return search_refuse(s, c->defect, c, "", c->defect_text);
    if (c->lab && !p->allow_lab)
        return search_refuse(s, TRUST_LAB, c, "", "made by vsphere-lab");
    if (p->issuer_duties && c->is_ca && !c->key_id.p)
        return search_refuse(s, TRUST_BAD_EXTENSION, c, "a subject key identifier in a CA certificate", "none");
    if (p->issuer_duties && c->is_ca && cert_self_issued(c) && !c->basic_critical)
        return search_refuse(s, TRUST_BAD_EXTENSION, c, "critical basicConstraints in a root", "not critical");
    if (p->issuer_duties && c->has_key_usage && (c->key_usage & KU_KEY_CERT_SIGN) && !c->is_ca)
        return search_refuse(s, TRUST_BAD_EXTENSION, c, "cA where keyCertSign is asserted", "no cA");
    if (p->issuer_duties && c->subject.len == 0 && !c->san_critical)
        return search_refuse(s, TRUST_BAD_EXTENSION, c, "a critical subjectAltName, as the subject is empty", "");
    if (!key_allowed(s, c))
        return false;
    if (s->q->now < c->not_before || s->q->now > c->not_after)
        return refuse_time(s, c);
    return true;
}

static bool extended_usage_fits(struct search *s, const struct trust_cert *c)
{
    if (s->purpose != SEARCH_SERVER || !c->has_extended || c->server_auth || c->any_extended)
        return true;
    return search_refuse(s, TRUST_EXTENDED_KEY_USAGE, c, "serverAuth", "other purposes only");
}

/* The target: RFC 5280 4.2.1.3 and 4.2.1.12 for TLS servers; keyUsage of a CRL signer (6.3.3 (f)). */
static bool target_usable(struct search *s, const struct trust_cert *c)
{
    static const uint32_t server = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
    bool signer = s->purpose == SEARCH_CRL_SIGNER;
    uint32_t wanted = signer ? (uint32_t)KU_CRL_SIGN : server;
    if (!usable(s, c))
        return false;
    if (c->has_key_usage && !(c->key_usage & wanted))
        return search_refuse(s, TRUST_KEY_USAGE, c, signer ? "cRLSign" : "digitalSignature or key exchange",
                             "a key for other uses");
    return extended_usage_fits(s, c);
}

/* Certificates of the path above the target that are not self-issued: what pathLenConstraint counts. */
static size_t intermediates(const struct search *s)
{
    size_t count = 0;
    for (size_t i = 1; i < s->len; i++)
        count += !cert_self_issued(s->path[i]);
    return count;
}

/* May c sign the last certificate of the path? (RFC 5280 6.1.4 (k) to (n)) */
static bool may_sign(struct search *s, const struct trust_cert *c)
{
    char expected[TRUST_TEXT_MAX], seen[TRUST_TEXT_MAX];
    if (c->version != 3 || !c->has_basic || !c->is_ca)
        return search_refuse(s, TRUST_NOT_A_CA, c, "basicConstraints with cA", c->has_basic ? "cA is false" : "none");
    if (c->has_key_usage && !(c->key_usage & KU_KEY_CERT_SIGN))
        return search_refuse(s, TRUST_KEY_USAGE, c, "keyCertSign", "a key for other uses");
    if (!extended_usage_fits(s, c))
        return false;
    size_t below = intermediates(s);
    if (c->has_path_length && below > c->path_length) {
        (void)snprintf(expected, sizeof(expected), "at most %u CA certificates below", c->path_length);
        (void)snprintf(seen, sizeof(seen), "%zu", below);
        return search_refuse(s, TRUST_PATH_LENGTH, c, expected, seen);
    }
    return usable(s, c);
}

/* What the signature under the last certificate of the path needs before it is worth checking. */
static bool signature_allowed(struct search *s, const struct trust_cert *c)
{
    if (c->algorithm.key == KEY_OTHER || c->algorithm.key == KEY_DSA)
        return search_refuse(s, TRUST_BAD_ALGORITHM, c, "RSA, ECDSA or EdDSA with SHA-2", "another algorithm");
    if (signature_is_weak(&c->algorithm))
        return search_refuse(s, TRUST_WEAK_SIGNATURE, c, "SHA-2", c->algorithm.hash == HASH_MD5 ? "MD5" : "SHA-1");
    if (s->q->policy.issuer_duties && !c->authority.p && !cert_self_issued(c))
        return search_refuse(s, TRUST_BAD_EXTENSION, c, "an authority key identifier", "none");
    return true;
}

/* ---- a whole path ---- */

/* Every CA's constraints against every certificate below it and the name that was asked for. The certificate is
 * exempt when it is self-issued, unless it is the target (RFC 5280 6.1.3 (b)). */
static bool constraints_hold(struct search *s)
{
    unsigned *work = &s->effort->constraint_work;
    for (size_t ca = s->len; ca-- > 1;) {
        struct der constraints = s->path[ca]->constraints;
        char broken[TRUST_TEXT_MAX] = "";
        if (!constraints.p)
            continue;
        for (size_t i = 0; i < ca; i++) {
            if (i > 0 && cert_self_issued(s->path[i]))
                continue;
            if (constraints_check(constraints, s->path[i], work, broken, sizeof(broken)) != CONSTRAINT_OK)
                return search_refuse(s, TRUST_NAME_CONSTRAINT, s->path[i], "names that the CA permits", broken);
        }
    }
    return true;
}

/* The requested name itself: one that the leaf's wildcard covers may still be excluded (CVE-2025-61727). */
static bool host_permitted(struct search *s, const char *host)
{
    for (size_t ca = s->len; ca-- > 1;)
        if (s->path[ca]->constraints.p &&
            constraints_check_host(s->path[ca]->constraints, host, &s->effort->constraint_work) != CONSTRAINT_OK)
            return search_refuse(s, TRUST_NAME_CONSTRAINT, s->path[0], "names that the CA permits", host);
    return true;
}

static bool policies_hold(struct search *s)
{
    const struct trust_cert *path[TRUST_PATH_MAX];
    size_t len = s->len - 1; /* the anchor is not part of the path (RFC 5280 6.1) */
    for (size_t i = 0; i < len; i++)
        path[i] = s->path[len - 1 - i];
    int at = policies_check(path, len);
    return at < 0 || search_refuse(s, TRUST_CERTIFICATE_POLICY, path[at], "a policy that the CAs above allow", "none");
}

/* With names off the one key that was confirmed, an anchor for this endpoint alone, or a person's word (product
 * rule 2.5). Hosts receive tickets, not credentials, and inherit the switch from their vCenter. */
static bool pinned(struct search *s)
{
    const struct trust_question *q = s->q;
    bool guarded = q->behalf.kind == TRUST_FOR_VCENTER || q->behalf.kind == TRUST_FOR_NSX;
    if (q->names_mode != TRUST_NAMES_OFF || !guarded || q->unpinned_acknowledged)
        return true;
    if (q->pinned_key && memcmp(q->pinned_key, s->path[0]->key_sha256, DIGEST_SHA256) == 0)
        return true;
    return set_granted_exactly(s->set, s->anchor, q) ||
           search_refuse(s, TRUST_NAME_OFF_UNPINNED, s->path[0], "the confirmed key, or an anchor for it alone",
                         "neither");
}

/* One name must be both: carried by the leaf and permitted by the CAs above it. When the leaf carries none of them the
 * name check says so (trust/verdict.c). */
static bool names_permitted(struct search *s)
{
    bool carried = false;
    if (s->purpose != SEARCH_SERVER || s->q->names_mode != TRUST_NAMES_CHECK)
        return true;
    for (size_t i = 0; i < s->q->names_len && i < TRUST_NAMES_MAX; i++) {
        if (hostname_check(s->path[0], s->q->names[i]) != HOSTNAME_MATCH)
            continue;
        if (host_permitted(s, s->q->names[i]))
            return true;
        carried = true;
    }
    return !carried;
}

static bool finish(struct search *s, const struct anchor *a)
{
    s->anchor = a;
    if (constraints_hold(s) && names_permitted(s) && policies_hold(s) && revocation_allows(s) &&
        (s->purpose != SEARCH_SERVER || pinned(s)))
        return true;
    s->anchor = NULL;
    return false;
}

/* ---- the walk ---- */

static bool on_path(const struct search *s, const struct trust_cert *c)
{
    for (size_t i = 0; i < s->len; i++) {
        const struct trust_cert *p = s->path[i];
        if (p == c || (memcmp(p->key_sha256, c->key_sha256, DIGEST_SHA256) == 0 && dn_same(&p->subject, &c->subject)))
            return true;
    }
    return false;
}

static bool step_allowed(struct search *s)
{
    if (s->effort->steps == 0) {
        s->effort->exhausted = true;
        return false;
    }
    s->effort->steps--;
    return true;
}

/* Tries one issuer for the last certificate. anchor: it is one that counts; NULL: an untrusted certificate. */
static bool try_issuer(struct search *s, const struct trust_cert *c, const struct anchor *anchor)
{
    const struct trust_cert *child = s->path[s->len - 1];
    if (!step_allowed(s) || on_path(s, c))
        return false;
    if (s->len == TRUST_PATH_MAX)
        return search_refuse(s, TRUST_PATH_TOO_LONG, child, "at most 16 certificates on a path", "more");
    const struct trust_policy *p = &s->q->policy;
    if (!anchor && p->max_depth_set && intermediates(s) + !cert_self_issued(c) > p->max_depth)
        return search_refuse(s, TRUST_PATH_TOO_LONG, child, "fewer intermediate certificates", "more");
    struct search_refusal before = s->refusal;
    bool may = may_sign(s, c);
    if (!search_verify_cert(s, c, child)) {
        /* Not the issuer after all: what is wrong with it explains nothing. */
        s->refusal = before;
        return !s->effort->exhausted && search_refuse(s, TRUST_BAD_SIGNATURE, child, "", "");
    }
    if (!may)
        return false;
    s->path[s->len++] = c;
    if (anchor ? finish(s, anchor) : extend(s))
        return true;
    s->len--;
    return false;
}

/* Is the anchor one that counts for this question? Remembers the first that would only fit elsewhere: scope filters
 * before the search, and costs it no signature. */
static bool counts(struct search *s, const struct anchor *a, const struct trust_cert *child)
{
    if (s->only)
        return a == s->only;
    enum anchor_grant grant = set_granted(s->set, a, s->q);
    if (grant == GRANTED)
        return true;
    if (!s->outside) {
        s->outside = a;
        s->outside_child = child;
        s->outside_rule = grant == NOT_GRANTED ? TRUST_OUT_OF_SCOPE : TRUST_NAME_OFF_PUBLIC;
    }
    return false;
}

/* When nothing else explains: an anchor that vouches for it, but not here. */
static void explain_outside(struct search *s)
{
    const struct trust_cert *a = s->outside->cert, *child = s->outside_child;
    if (memcmp(a->sha256, child->sha256, DIGEST_SHA256) == 0 ||
        search_verify_cert(s, a, child))
        (void)search_refuse(s, s->outside_rule, a, "an anchor granted for this connection",
                            s->outside_rule == TRUST_OUT_OF_SCOPE ? "an anchor granted for others"
                                                                  : "a public CA, and names are off");
}

/* Untrusted certificates in two rounds: first those that name the wanted key and are valid now. */
static bool try_untrusted(struct search *s, bool likely)
{
    const struct trust_cert *child = s->path[s->len - 1];
    size_t count = s->q->chain_len < TRUST_CHAIN_MAX ? s->q->chain_len : TRUST_CHAIN_MAX;
    for (size_t i = 0; i < count && !s->effort->exhausted; i++) {
        const struct trust_cert *c = s->q->chain[i];
        if (!cert_may_be(c, &child->issuer, child->authority))
            continue;
        bool good = (!child->authority.p || c->key_id.p) && s->q->now >= c->not_before && s->q->now <= c->not_after;
        if (good == likely && try_issuer(s, c, NULL))
            return true;
    }
    return false;
}

static bool refuse_unknown(struct search *s, const struct trust_cert *c)
{
    char issuer[TRUST_TEXT_MAX];
    struct anchor_range namesakes = set_range(s->set, &c->issuer, (struct der){ 0 });
    trust_cert_issuer(c, issuer, sizeof(issuer));
    if (s->len == 1 && cert_self_issued(c))
        return search_refuse(s, TRUST_SELF_SIGNED, c, "an anchor granted for it", "a self-signed certificate");
    return search_refuse(s, TRUST_UNKNOWN_ISSUER, c, issuer,
                         set_next(&namesakes) ? "an anchor of that name with another key" : "no anchor of that name");
}

/* Depth first from the last certificate of the path: it is an anchor itself, or an anchor issued it, or an
 * untrusted certificate did. */
static bool extend(struct search *s)
{
    const struct trust_cert *c = s->path[s->len - 1];
    const struct anchor *a = set_anchor(s->set, c->sha256);
    if (a && counts(s, a, c) && finish(s, a))
        return true;
    if (!signature_allowed(s, c))
        return false;
    struct anchor_range issuers = set_range(s->set, &c->issuer, c->authority);
    while (!s->effort->exhausted && (a = set_next(&issuers)))
        if (counts(s, a, c) && try_issuer(s, a->cert, a))
            return true;
    return try_untrusted(s, true) || try_untrusted(s, false) || refuse_unknown(s, c);
}

bool search_run(struct search *s, const struct trust_cert *target)
{
    s->path[0] = target;
    s->len = 1;
    if (!target_usable(s, target))
        return false;
    if (extend(s))
        return true;
    if (s->outside && !s->effort->exhausted)
        explain_outside(s);
    if (s->effort->exhausted)
        s->refusal = (struct search_refusal){ .rule = TRUST_SEARCH_BUDGET, .at = target };
    return false;
}
