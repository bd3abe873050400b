#include "lab/estate.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/pem.h"
#include "lab/vmca.h"

enum { LEAF_BITS = 2048, ENTERPRISE_BITS = 2048 };

static void serial_of(const struct lab_estate *s, const char *label, uint8_t out[8])
{
    char text[LAB_LABEL_MAX];
    (void)snprintf(text, sizeof(text), "serial %s", label);
    lab_keys_derive(s->keys, text, out, 8);
}

static bool make_ca(struct lab_estate *s, size_t which, const char *label, const char *organization, const char *cn,
                    const struct lab_ca *by, struct err *e)
{
    struct lab_ca *ca = &s->cas[which];
    struct lab_cut cut = { .by = by, .mark = s->mark };
    serial_of(s, label, cut.serial);
    cut.key = ca->key = lab_keys_get(s->keys, label, ENTERPRISE_BITS, e);
    ca->made_at = s->born;
    return ca->key && (ca->cert = lab_shape_enterprise_ca(&cut, organization, cn, 0, s->born, e));
}

/* All but the policy CA, which stands above a subordinate VMCA only. */
bool lab_cas_make(struct lab_estate *s, struct err *e)
{
    if (!make_ca(s, LAB_CA_ENTERPRISE_ROOT, "enterprise-root", "Example Enterprise", "Example Enterprise Root CA", NULL, e) ||
        !make_ca(s, LAB_CA_ENTERPRISE, "enterprise-issuing", "Example Enterprise", "Example Enterprise Issuing CA 1",
                 &s->cas[LAB_CA_ENTERPRISE_ROOT], e) ||
        !make_ca(s, LAB_CA_FOREIGN, "foreign", "Another Example", "Foreign Host CA", NULL, e) ||
        !make_ca(s, LAB_CA_INSTALLER, "installer", "VMware Installer", "VMware Installer", NULL, e) ||
        !make_ca(s, LAB_CA_SOMEBODY, "somebody", "Somebody", "Somebody's CA", NULL, e))
        return false;
    for (size_t i = 0; i < s->vmcas_len; i++)
        if (!lab_root_first(s, &s->vmcas[i], e))
            return false;
    return true;
}

/* What was put there shows, unless a fault shows something else. */
static const struct lab_own *own_of(const struct lab_endpoint *ep)
{
    return ep->faults & LAB_FAULT_SHAPES ? NULL : ep->own;
}

EVP_PKEY *lab_cert_key(struct lab_endpoint *ep, struct err *e)
{
    if (own_of(ep))
        return own_of(ep)->key;
    char label[LAB_LABEL_MAX];
    struct lab_estate *s = ep->estate;
    if (ep->kind == LAB_HOST)
        (void)snprintf(label, sizeof(label), "host-%u", (unsigned)((ep->n + ep->rekeyed) % s->scenario->host_keys));
    else if (ep->kind == LAB_VCENTER)
        (void)snprintf(label, sizeof(label), "vcenter-%s-%u", ep->vcenter->plan->name, ep->rekeyed);
    else
        (void)snprintf(label, sizeof(label), "nsx-%s-%u", s->scenario->nsx[ep->n].name, ep->rekeyed);
    return lab_keys_get(s->keys, label, LEAF_BITS, e);
}

static const struct lab_ca *signer_of(const struct lab_endpoint *ep)
{
    return &ep->vcenter->vmca->roots[ep->ca_generation];
}

static int endpoint_cert(const struct lab_endpoint *ep)
{
    if (ep->faults & LAB_FAULT_SELF_SIGNED)
        return LAB_SELF_SIGNED;
    if (ep->kind == LAB_HOST)
        return LAB_FROM_VMCA;
    return ep->issuer;
}

static X509 *shape_host(struct lab_cut *cut, struct lab_endpoint *ep, const struct lab_leaf_shape *shape, bool inventory,
                        struct err *e)
{
    struct lab_estate *s = ep->estate;
    if ((ep->faults & LAB_FAULT_MITM) && !inventory) {
        cut->by = &s->cas[LAB_CA_SOMEBODY];
        return lab_shape_esxi(cut, shape, e);
    }
    if (ep->faults & LAB_FAULT_INSTALLER) {
        cut->by = &s->cas[LAB_CA_INSTALLER];
        return lab_shape_installer(cut, shape, e);
    }
    if (ep->faults & LAB_FAULT_SELF_SIGNED)
        return lab_shape_self_signed(cut, shape, e);
    if (ep->faults & LAB_FAULT_FOREIGN) {
        cut->by = &s->cas[LAB_CA_FOREIGN];
        return lab_shape_enterprise_leaf(cut, shape, e);
    }
    cut->by = signer_of(ep);
    return lab_shape_esxi(cut, shape, e);
}

static X509 *shape_endpoint(struct lab_cut *cut, struct lab_endpoint *ep, const struct lab_leaf_shape *shape, struct err *e)
{
    switch (endpoint_cert(ep)) {
    case LAB_ENTERPRISE:
        cut->by = &ep->estate->cas[LAB_CA_ENTERPRISE];
        return lab_shape_enterprise_leaf(cut, shape, e);
    case LAB_FROM_VMCA:
        cut->by = signer_of(ep);
        return ep->vcenter->vmca->version == LAB_67 ? lab_shape_certool(cut, shape, shape->name, e)
                                                    : lab_shape_machine_ssl(cut, shape, e);
    default:
        return lab_shape_self_signed(cut, shape, e);
    }
}

/* The same certificate every time it is asked for: nothing is kept of it but what it follows from. */
static X509 *mint(struct lab_endpoint *ep, bool inventory, struct err *e)
{
    struct lab_estate *s = ep->estate;
    char label[LAB_LABEL_MAX], wrong[LAB_NAME], address[16];
    struct lab_cut cut = { .key = lab_cert_key(ep, e) };
    (void)snprintf(label, sizeof(label), "%d %u %u %u %x", (int)ep->kind, ep->vcenter->at.n, ep->n, ep->revision,
                   ep->faults & (unsigned)LAB_FAULT_SHAPES);
    serial_of(s, label, cut.serial);
    (void)snprintf(wrong, sizeof(wrong), "somewhere-else.%s", s->scenario->domain);
    lab_ip_text(ep->ip, address);
    const struct lab_leaf_shape shape = {
        .name = ep->faults & LAB_FAULT_MISNAMED ? wrong : ep->name,
        .also = ep->kind == LAB_VCENTER && ep->vcenter->plan->san && !(ep->faults & LAB_FAULT_MISNAMED) ? address : NULL,
        .pnid = lab_pnid(ep->vcenter),
        .terms = ep->terms,
        .made_at = ep->made_at,
        .when = ep->faults & LAB_FAULT_EXPIRED ? LAB_EXPIRED : ep->faults & LAB_FAULT_FUTURE ? LAB_FUTURE : LAB_NOW,
    };
    /* What signs itself can become an anchor, as a CA can: it carries the mark. */
    cut.mark = s->mark && endpoint_cert(ep) == LAB_SELF_SIGNED;
    if (!cut.key)
        return NULL;
    return ep->kind == LAB_HOST ? shape_host(&cut, ep, &shape, inventory, e) : shape_endpoint(&cut, ep, &shape, e);
}

const char *lab_pnid(const struct lab_vcenter *vc)
{
    return vc->vmca->version == LAB_67 ? NULL : vc->vmca->o;
}

X509 *lab_cert(struct lab_endpoint *ep, bool inventory, struct err *e)
{
    X509 **slot = &ep->cached[inventory && (ep->faults & LAB_FAULT_MITM)];
    if (ep->kind == LAB_VCENTER)
        ep->vcenter->met = true;
    if (own_of(ep))
        return own_of(ep)->cert;
    if (!*slot)
        *slot = mint(ep, inventory, e);
    return *slot;
}

/* Made once more from what is remembered of it. */
static X509 *cert_before(struct lab_endpoint *ep)
{
    if (!ep->cached[2]) {
        struct lab_endpoint was = *ep;
        was.own = NULL;
        was.revision = ep->was.revision;
        was.rekeyed = ep->was.rekeyed;
        was.ca_generation = ep->was.ca_generation;
        was.made_at = ep->was.made_at ? ep->was.made_at : ep->made_at - LAB_DAY;
        ep->cached[2] = mint(&was, true, NULL);
    }
    return ep->cached[2];
}

void lab_said_thumbprint(struct lab_endpoint *ep, char out[60])
{
    X509 *x = NULL;
    if (ep->faults & LAB_FAULT_PRINT_WRONG)
        x = ep->estate->cas[LAB_CA_SOMEBODY].cert;
    else if (ep->faults & LAB_FAULT_PRINT_STALE)
        x = cert_before(ep);
    else if (!(ep->faults & LAB_FAULT_PRINT_NONE))
        x = lab_cert(ep, true, NULL);
    out[0] = '\0';
    if (x)
        lab_thumbprint(x, out);
}

int64_t lab_cert_end(struct lab_endpoint *ep)
{
    /* A plain host's can be reckoned; fifty thousand need not be made for that. */
    if (ep->kind == LAB_HOST && !own_of(ep) && !(ep->faults & LAB_FAULT_SHAPES) && !ep->cached[0]) {
        int64_t root = lab_time_of(X509_get0_notAfter(signer_of(ep)->cert));
        int64_t end = ep->made_at + (ep->terms ? ep->terms : &lab_usual_terms)->days * LAB_DAY;
        return end < root ? end : root;
    }
    X509 *x = lab_cert(ep, true, NULL);
    return x ? lab_time_of(X509_get0_notAfter(x)) : 0;
}

static size_t put_chain(X509 *out[LAB_CHAIN_MAX], size_t len, X509 *const *above, size_t above_len)
{
    for (size_t i = 0; i < above_len && len < LAB_CHAIN_MAX - 2; i++)
        out[len++] = above[i];
    return len;
}

/* A subordinate VMCA always sends itself and what is above it, but for the self-signed end (vmca.md 1.3). */
static size_t vmca_chain(const struct lab_endpoint *ep, bool full, X509 *out[LAB_CHAIN_MAX])
{
    const struct lab_ca *ca = signer_of(ep);
    if (!full && !ca->above_len)
        return 0;
    out[0] = ca->cert;
    return put_chain(out, 1, ca->above, ca->above_len ? ca->above_len - 1 : 0);
}

void lab_chain(struct lab_endpoint *ep, X509 *out[LAB_CHAIN_MAX])
{
    struct lab_estate *s = ep->estate;
    size_t len = 0;
    bool full = ep->kind == LAB_VCENTER && ep->vcenter->plan->chain == 1;
    bool of_vmca = ep->kind == LAB_HOST ? !(ep->faults & LAB_FAULT_SHAPES & ~(unsigned)(LAB_FAULT_EXPIRED | LAB_FAULT_FUTURE |
                                            LAB_FAULT_MISNAMED)) : endpoint_cert(ep) == LAB_FROM_VMCA;
    if (own_of(ep)) {
        len = put_chain(out, 0, own_of(ep)->above, own_of(ep)->above_len);
    } else if (of_vmca) {
        len = vmca_chain(ep, full, out);
    } else if (full && endpoint_cert(ep) == LAB_ENTERPRISE) {
        out[len++] = s->cas[LAB_CA_ENTERPRISE].cert;
        out[len++] = s->cas[LAB_CA_ENTERPRISE_ROOT].cert;
    }
    if (ep->faults & LAB_FAULT_APPENDED)
        out[len++] = s->cas[LAB_CA_SOMEBODY].cert;
    out[len] = NULL;
}
