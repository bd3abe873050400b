#include "lab/vmca.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/pem.h"

enum { PATH_MAX_LEN = 8 };

/* A root of another node's VMCA reaches this one's store when the directory is read next; the first ones have long. */
static bool arrived(const struct lab_vcenter *vc, const struct lab_vmca *v, size_t i)
{
    const struct lab_estate *s = vc->at.estate;
    return v->home == vc || i == 0 || lab_now(s) >= v->roots[i].made_at + (int64_t)s->scenario->publish_lag;
}

static bool is_gone(const struct lab_vcenter *vc, const char *id)
{
    const struct lab_directory *d = vc->directory;
    for (size_t i = d->gone_len; i-- > 0;)
        if (text_caseeq(d->gone[i].id, id))
            return !(vc->at.faults & LAB_FAULT_RETURN) || lab_now(vc->at.estate) < d->gone[i].at + LAB_RETURN_S;
    return false;
}

struct list {
    const struct lab_vcenter *vc;
    struct lab_ca **out;
    size_t len;
};

static void put(struct list *l, struct lab_ca *ca)
{
    char id[64];
    lab_key_id(ca->cert, id);
    if (l->len < LAB_TRUSTED_MAX && !is_gone(l->vc, id))
        l->out[l->len++] = ca;
}

static void put_vmca(struct list *l, struct lab_vmca *v)
{
    bool newest = l->vc->at.faults & LAB_FAULT_WITHHELD;
    for (size_t i = v->roots_len; i-- > v->retired;) {
        if (newest && i + 1 < v->roots_len)
            break;
        if (arrived(l->vc, v, i))
            put(l, &v->roots[i]);
    }
}

size_t lab_trusted_roots(const struct lab_vcenter *vc, struct lab_ca *out[LAB_TRUSTED_MAX])
{
    struct lab_estate *s = vc->at.estate;
    struct list l = { .vc = vc, .out = out };
    put_vmca(&l, vc->vmca);
    for (size_t i = 0; i < s->vmcas_len; i++)
        if (&s->vmcas[i] != vc->vmca && s->vmcas[i].home->directory == vc->directory)
            put_vmca(&l, &s->vmcas[i]);
    if (vc->at.issuer == LAB_ENTERPRISE) {
        put(&l, &s->cas[LAB_CA_ENTERPRISE_ROOT]);
        put(&l, &s->cas[LAB_CA_ENTERPRISE]);
    }
    for (size_t i = 0; i < vc->directory->posted_len; i++) {
        struct lab_posted *p = &vc->directory->posted[i];
        if (p->by == vc || lab_now(s) >= p->at + (int64_t)s->scenario->publish_lag)
            put(&l, &p->ca);
    }
    return l.len;
}

struct lab_ca *lab_trusted_find(const struct lab_vcenter *vc, const char *wanted)
{
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    size_t len = lab_trusted_roots(vc, roots);
    for (size_t i = 0; i < len; i++) {
        char id[64];
        lab_key_id(roots[i]->cert, id);
        if (text_caseeq(id, wanted))
            return roots[i];
    }
    return NULL;
}

static const struct lab_ca *trusted_signer(const struct lab_vcenter *vc, X509 *x)
{
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    size_t len = lab_trusted_roots(vc, roots);
    for (size_t i = 0; i < len; i++) {
        if (!X509_cmp(x, roots[i]->cert) || lab_issued_by(x, roots[i]->cert))
            return roots[i];
        for (size_t j = 0; j < roots[i]->above_len; j++)
            if (lab_issued_by(x, roots[i]->above[j]))
                return roots[i];
    }
    return NULL;
}

const struct lab_ca *lab_trusted_above(const struct lab_vcenter *vc, X509 *leaf, X509 *const *above, size_t above_len)
{
    X509 *at = leaf;
    for (int depth = 0; depth < PATH_MAX_LEN; depth++) {
        X509 *up = NULL;
        const struct lab_ca *found = trusted_signer(vc, at);
        if (found)
            return found;
        for (size_t i = 0; i < above_len && !up; i++)
            if (above[i] != at && lab_issued_by(at, above[i]))
                up = above[i];
        if (!up)
            return NULL;
        at = up;
    }
    return NULL;
}

bool lab_trusts(const struct lab_vcenter *vc, X509 *leaf, X509 *const *above, size_t above_len)
{
    return lab_trusted_above(vc, leaf, above, above_len) != NULL;
}

bool lab_trust_post(struct lab_vcenter *vc, const char *pem, size_t len, int64_t now, char ret_id[64], struct err *e)
{
    struct lab_bundle b;
    if (!lab_bundle_read(&b, pem, len, e))
        return false;
    bool ok = true;
    if (!b.len || b.key)
        ok = err_set(e, ERR_INPUT, "a chain of CA certificates is expected");
    for (size_t i = 0; ok && i < b.len; i++)
        ok = X509_check_ca(b.certs[i]) == 1 || err_set(e, ERR_INPUT, "certificate %zu of the chain is no CA's", i + 1);
    if (ok && (b.len > LAB_ABOVE_MAX + 1 || !lab_bundle_is_chain(&b)))
        ok = err_set(e, ERR_INPUT, "each certificate of a chain is signed by the next one, and there are at most %d",
                     LAB_ABOVE_MAX + 1);
    if (ok) {
        lab_key_id(b.certs[0], ret_id);
        if (lab_trusted_find(vc, ret_id))
            ok = err_set(e, ERR_CONFLICT, "the certificate chain %s exists already", ret_id);
        else if (vc->directory->posted_len == LAB_POSTED_MAX)
            ok = err_set(e, ERR_LIMIT, "more than %d chains were published", LAB_POSTED_MAX);
    }
    ok = ok && lab_change(vc->at.estate, &(struct lab_change){ .what = "publish", .target = vc->at.name, .at = now, .text = pem }, e);
    lab_bundle_done(&b);
    return ok;
}

static void bring_back(struct lab_directory *d, const char *id)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->gone_len; i++)
        if (!text_caseeq(d->gone[i].id, id))
            d->gone[kept++] = d->gone[i];
    d->gone_len = kept;
}

bool lab_do_post(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_directory *d = ep->vcenter->directory;
    struct lab_bundle b;
    char id[64];
    if (!c->text || !lab_bundle_read(&b, c->text, strlen(c->text), e))
        return err_set(e, ERR_STORE, "a published chain can't be read");
    lab_key_id(b.certs[0], id);
    bring_back(d, id);
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    size_t len = lab_trusted_roots(ep->vcenter, roots);
    bool known = false;
    for (size_t i = 0; i < len; i++)
        known = known || !X509_cmp(roots[i]->cert, b.certs[0]);
    if (!known) {
        d->posted = xreallocarray(d->posted, d->posted_len + 1, sizeof(*d->posted));
        struct lab_posted *p = &d->posted[d->posted_len++];
        *p = (struct lab_posted){ .by = ep->vcenter, .at = c->at, .ca = { .cert = b.certs[0], .crl = b.crl, .made_at = c->at } };
        for (size_t i = 1; i < b.len; i++)
            p->ca.above[p->ca.above_len++] = b.certs[i];
        b.len = 0;
        b.crl = NULL;
    }
    lab_bundle_done(&b);
    return true;
}

bool lab_trust_delete(struct lab_vcenter *vc, const char *id, int64_t now, struct err *e)
{
    if (!lab_trusted_find(vc, id))
        return err_set(e, ERR_NOT_FOUND, "there is no certificate chain %s", id);
    if (vc->directory->gone_len == LAB_GONE_MAX)
        return err_set(e, ERR_LIMIT, "more than %d chains were deleted", LAB_GONE_MAX);
    return lab_change(vc->at.estate, &(struct lab_change){ .what = "unpublish", .target = vc->at.name, .at = now, .text = id }, e);
}

/* What was posted goes for good; what a VMCA publishes is only hidden, so that the directory could bring it back. */
bool lab_do_delete(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_directory *d = ep->vcenter->directory;
    if (!c->text || strlen(c->text) >= sizeof(d->gone[0].id))
        return err_set(e, ERR_STORE, "the name of a deleted chain can't be read");
    bring_back(d, c->text);
    for (size_t i = 0; i < d->posted_len && !(ep->faults & LAB_FAULT_RETURN); i++) {
        char id[64];
        lab_key_id(d->posted[i].ca.cert, id);
        if (!text_caseeq(id, c->text))
            continue;
        lab_ca_done(&d->posted[i].ca);
        memmove(&d->posted[i], &d->posted[i + 1], (--d->posted_len - i) * sizeof(*d->posted));
        return true;
    }
    d->gone = xreallocarray(d->gone, d->gone_len + 1, sizeof(*d->gone));
    struct lab_gone *g = &d->gone[d->gone_len++];
    *g = (struct lab_gone){ .at = c->at };
    (void)text_copy(g->id, sizeof(g->id), c->text);
    return true;
}
