#include "lab/estate.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

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
    return ca->key && (ca->cert = lab_shape_enterprise_ca(&cut, organization, cn, s->born, e));
}

static bool add_root(struct lab_estate *s, struct lab_vmca *v, int64_t made_at, struct err *e)
{
    char label[LAB_LABEL_MAX];
    if (v->roots_len == LAB_ROOTS_MAX)
        return err_set(e, ERR_LIMIT, "the VMCA of %s was regenerated %d times already", v->label, LAB_ROOTS_MAX - 1);
    (void)snprintf(label, sizeof(label), "vmca-%s-%zu", v->label, v->roots_len);
    struct lab_ca ca = { .key = lab_keys_get(s->keys, label, lab_shape_root_bits(v->version), e) };
    struct lab_cut cut = { .key = ca.key, .mark = s->mark };
    serial_of(s, label, cut.serial);
    const struct lab_root_shape shape = { .version = v->version, .o = v->o, .san = v->san, .made_at = made_at };
    if (!ca.key || !(ca.cert = lab_shape_vmca_root(&cut, &shape, e)))
        return false;
    v->roots[v->roots_len++] = ca;
    return true;
}

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
        if (!add_root(s, &s->vmcas[i], s->born, e))
            return false;
    return true;
}

bool lab_root_add(struct lab_estate *s, struct lab_vmca *v, int64_t now, struct err *e)
{
    return add_root(s, v, now, e);
}

EVP_PKEY *lab_cert_key(struct lab_endpoint *ep, struct err *e)
{
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
        return lab_shape_machine_ssl(cut, shape, e);
    default:
        return lab_shape_self_signed(cut, shape, e);
    }
}

X509 *lab_cert(struct lab_endpoint *ep, bool inventory, struct err *e)
{
    struct lab_estate *s = ep->estate;
    X509 **slot = &ep->cached[inventory && (ep->faults & LAB_FAULT_MITM)];
    X509 *known = *slot;
    if (known)
        return known;
    char label[LAB_LABEL_MAX], wrong[LAB_NAME], address[16];
    struct lab_cut cut = { .key = lab_cert_key(ep, e) };
    (void)snprintf(label, sizeof(label), "%d %u %u %u %x", (int)ep->kind, ep->vcenter->at.n, ep->n, ep->revision,
                   ep->faults & ~(unsigned)(LAB_FAULT_DOWN | LAB_FAULT_SILENT));
    serial_of(s, label, cut.serial);
    (void)snprintf(wrong, sizeof(wrong), "somewhere-else.%s", s->scenario->domain);
    lab_ip_text(ep->ip, address);
    const struct lab_leaf_shape shape = {
        .name = ep->faults & LAB_FAULT_MISNAMED ? wrong : ep->name,
        .also = ep->kind == LAB_VCENTER && ep->vcenter->plan->san && !(ep->faults & LAB_FAULT_MISNAMED) ? address : NULL,
        .pnid = ep->vcenter->vmca->version == LAB_67 ? NULL : ep->vcenter->vmca->o,
        .made_at = ep->made_at,
        .when = ep->faults & LAB_FAULT_EXPIRED ? LAB_EXPIRED : ep->faults & LAB_FAULT_FUTURE ? LAB_FUTURE : LAB_NOW,
    };
    /* What signs itself can become an anchor, as a CA can: it carries the mark. */
    cut.mark = s->mark && endpoint_cert(ep) == LAB_SELF_SIGNED;
    if (!cut.key)
        return NULL;
    *slot = ep->kind == LAB_HOST ? shape_host(&cut, ep, &shape, inventory, e) : shape_endpoint(&cut, ep, &shape, e);
    return *slot;
}

void lab_chain(struct lab_endpoint *ep, X509 *out[LAB_CHAIN_MAX])
{
    struct lab_estate *s = ep->estate;
    size_t len = 0;
    bool full = ep->kind == LAB_VCENTER && ep->vcenter->plan->chain == 1;
    if (full && endpoint_cert(ep) == LAB_ENTERPRISE) {
        out[len++] = s->cas[LAB_CA_ENTERPRISE].cert;
        out[len++] = s->cas[LAB_CA_ENTERPRISE_ROOT].cert;
    } else if (full && endpoint_cert(ep) == LAB_FROM_VMCA) {
        out[len++] = signer_of(ep)->cert;
    }
    if (ep->faults & LAB_FAULT_APPENDED)
        out[len++] = s->cas[LAB_CA_SOMEBODY].cert;
    out[len] = NULL;
}

size_t lab_trusted_roots(const struct lab_vcenter *vc, const struct lab_ca *out[LAB_TRUSTED_MAX])
{
    size_t len = 0;
    for (size_t i = vc->vmca->roots_len; i-- > vc->vmca->retired;)
        out[len++] = &vc->vmca->roots[i];
    if (vc->at.issuer == LAB_ENTERPRISE) {
        out[len++] = &vc->at.estate->cas[LAB_CA_ENTERPRISE_ROOT];
        out[len++] = &vc->at.estate->cas[LAB_CA_ENTERPRISE];
    }
    return len;
}
