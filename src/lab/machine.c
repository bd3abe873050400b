#include <openssl/ec.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/event.h"
#include "lab/own.h"
#include "lab/pem.h"

/* The lab's own id: what a real vCenter leaves of it is the log of certificate-manager. */
#define REFUSED_EVENT "vsphere-lab.certificate.refused"

DEFINE_AUTO(pkey_freep, EVP_PKEY *, EVP_PKEY_free)

/* Certificate-manager rolls back: what was there is served on. */
static bool roll_back(struct lab_vcenter *vc, int64_t now, struct err *e)
{
    static const char why[] = "unsupported signature algorithm: RSA from end to end";
    const struct lab_change c = { .what = "refused", .target = vc->at.name, .at = now, .text = why };
    if (!lab_change(vc->at.estate, &c, e))
        return false;
    struct lab_event_plan p = { .type = "EventEx", .user = "" };
    struct lab_value *v = lab_event_session(vc, &p, "The machine certificate was not replaced: %s. Rolled back.", why);
    (void)lab_string(p.arena, v, "eventTypeId", REFUSED_EVENT);
    (void)lab_string(p.arena, v, "severity", "error");
    (void)lab_string(p.arena, v, "message", why);
    return err_set(e, ERR_INPUT, "%s", why);
}

bool lab_do_refused(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    if (!c->text)
        return err_set(e, ERR_STORE, "why a certificate was refused can't be read");
    free(ep->vcenter->refused);
    ep->vcenter->refused = xstrdup(c->text);
    ep->vcenter->refused_at = c->at;
    return true;
}

/* What the store has above the chain counts as well as what was sent. */
static bool is_rsa_above(const struct lab_ca *ca)
{
    bool rsa = lab_is_rsa(ca->cert);
    for (size_t i = 0; rsa && i < ca->above_len; i++)
        rsa = lab_is_rsa(ca->above[i]);
    return rsa;
}

/* A chain that the store can't follow needs its root with it (vsphere-api.md 2.2: CSR stored, CA known, CA new). */
static bool check(struct lab_vcenter *vc, const struct lab_bundle *b, const struct lab_bundle *root, int64_t now, struct err *e)
{
    if (!lab_bundle_is_rsa(b) || !lab_bundle_is_rsa(root))
        return roll_back(vc, now, e);
    X509 *end = b->certs[b->len - 1];
    if (root->len)
        return lab_issued_by(end, root->certs[0]) || !X509_cmp(end, root->certs[0]) ||
               err_set(e, ERR_INPUT, "root_cert did not sign the end of the chain");
    const struct lab_ca *ca = lab_trusted_above(vc, b->certs[0], &b->certs[1], b->len - 1);
    if (!ca)
        return err_set(e, ERR_INPUT, "The chain does not lead to a trusted root: give root_cert, or publish it first.");
    return is_rsa_above(ca) || roll_back(vc, now, e);
}

bool lab_machine_put(struct lab_vcenter *vc, struct lab_bundle *b, EVP_PKEY *key, const char *root, int64_t now, struct err *e)
{
    char id[64];
    struct lab_bundle r = { .len = 0 };
    EVP_PKEY *waiting = key ? key : lab_key_waiting(&vc->at, e);
    if (!waiting)
        return false;
    if (X509_check_private_key(b->certs[0], waiting) != 1)
        return err_set(e, ERR_INPUT, "The certificate and the private key do not match.");
    if (root && !lab_bundle_read(&r, root, strlen(root), e))
        return false;
    bool ok = !root || r.len || err_set(e, ERR_INPUT, "root_cert holds no certificate");
    ok = ok && check(vc, b, &r, now, e);
    bool known = r.len && (lab_key_id(r.certs[0], id), lab_trusted_find(vc, id) != NULL);
    lab_bundle_done(&r);
    return ok && (!root || known || lab_trust_post(vc, root, strlen(root), now, id, e)) &&
           lab_own_install(&vc->at, b->certs, b->len, key, now, e);
}

bool lab_machine_put_ecdsa(struct lab_vcenter *vc, int64_t now, struct err *e)
{
    struct lab_estate *s = vc->at.estate;
    AUTO(pkey_freep) EVP_PKEY *ec = EVP_EC_gen("P-256");
    const struct lab_leaf_shape shape = { .name = vc->at.name, .made_at = now };
    struct lab_cut root = { .key = ec, .mark = s->mark };
    if (!ec)
        return err_set(e, ERR_INTERNAL, "an ECDSA key can't be made");
    lab_keys_derive(s->keys, "serial ecdsa root", root.serial, sizeof(root.serial));
    AUTO(lab_x509_freep) X509 *cert = lab_shape_enterprise_ca(&root, "Example Enterprise", "Example ECDSA CA", 0, now, e);
    const struct lab_ca ca = { .key = ec, .cert = cert };
    struct lab_cut leaf = { .key = cert ? lab_key_make(&vc->at, LAB_MADE_BITS_MIN, now, e) : NULL, .by = &ca };
    lab_keys_derive(s->keys, "serial ecdsa leaf", leaf.serial, sizeof(leaf.serial));
    AUTO(lab_x509_freep) X509 *own = leaf.key ? lab_shape_enterprise_leaf(&leaf, &shape, e) : NULL;
    struct lab_bundle b = { .certs = { own }, .len = 1 };
    struct buf pem;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = own && lab_pem_cert(&pem, cert, e) && lab_machine_put(vc, &b, NULL, buf_str(&pem), now, e);
    buf_done(&pem);
    return ok;
}
