#include "lab/vmca.h"

#include <jansson.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/pem.h"
#include "lab/sign.h"
#include "wire/json.h"

enum { CRL_EVERY_DAYS = 15, NAMES_MAX = 20, EXPIRED_DAYS = 3650 };

struct lab_ca *lab_vmca_signer(const struct lab_vmca *v)
{
    return &v->roots[v->roots_len - 1];
}

int lab_vmca_start_error(const struct lab_vmca *v, int64_t not_before)
{
    return lab_time_of(X509_get0_notBefore(lab_vmca_signer(v)->cert)) >= not_before ? LAB_VMCA_START : 0;
}

void lab_ca_done(struct lab_ca *ca)
{
    X509_free(ca->cert);
    X509_free(ca->sound);
    X509_CRL_free(ca->crl);
    for (size_t i = 0; i < ca->above_len; i++)
        X509_free(ca->above[i]);
    free(ca->revoked);
    *ca = (struct lab_ca){ .key = NULL };
}

/* ---- roots ---- */

/* Sets key and serial; label is "vmca-vc1-0". */
static bool start_root(struct lab_estate *s, struct lab_vmca *v, unsigned bits, struct lab_ca *ca, struct lab_cut *ret,
                       struct err *e)
{
    char label[LAB_LABEL_MAX], text[LAB_LABEL_MAX];
    if (v->roots_len == LAB_ROOTS_MAX)
        return err_set(e, ERR_LIMIT, "the VMCA of %s had %d roots already", v->label, LAB_ROOTS_MAX);
    (void)snprintf(label, sizeof(label), "vmca-%s-%zu", v->label, v->roots_len);
    (void)snprintf(text, sizeof(text), "serial %.100s", label);
    *ret = (struct lab_cut){ .mark = s->mark };
    lab_keys_derive(s->keys, text, ret->serial, sizeof(ret->serial));
    ret->key = ca->key = lab_keys_get(s->keys, label, bits, e);
    return ca->key != NULL;
}

static bool end_root(struct lab_vmca *v, struct lab_ca *ca, int64_t made_at)
{
    ca->made_at = made_at;
    if (ca->cert)
        v->roots[v->roots_len++] = *ca;
    return ca->cert != NULL;
}

static bool add_root(struct lab_estate *s, struct lab_vmca *v, const struct lab_root_shape *shape, unsigned bits, struct err *e)
{
    struct lab_ca ca = { .key = NULL };
    struct lab_cut cut;
    if (!start_root(s, v, bits, &ca, &cut, e))
        return false;
    ca.cert = lab_shape_vmca_root(&cut, shape, e);
    return end_root(v, &ca, shape->made_at);
}

/* Between the enterprise's root and a subordinate VMCA; made when the first one is. */
static const struct lab_ca *policy_ca(struct lab_estate *s, struct err *e)
{
    struct lab_ca *ca = &s->cas[LAB_CA_POLICY];
    struct lab_cut cut = { .by = &s->cas[LAB_CA_ENTERPRISE_ROOT], .mark = s->mark };
    if (ca->cert)
        return ca;
    lab_keys_derive(s->keys, "serial enterprise-policy", cut.serial, sizeof(cut.serial));
    cut.key = ca->key = lab_keys_get(s->keys, "enterprise-policy", LAB_KEY_BITS_MIN, e);
    ca->cert = ca->key ? lab_shape_enterprise_ca(&cut, "Example Enterprise", "Example Enterprise Policy CA", 1, s->born, e) : NULL;
    return ca->cert ? ca : NULL;
}

static bool add_subordinate(struct lab_estate *s, struct lab_vmca *v, int64_t made_at, struct err *e)
{
    const struct lab_root_shape shape = { .version = v->version, .o = v->o, .made_at = made_at };
    struct lab_ca ca = { .key = NULL };
    struct lab_cut cut;
    const struct lab_ca *by = policy_ca(s, e);
    if (!by || !start_root(s, v, lab_shape_root_bits(v->version), &ca, &cut, e))
        return false;
    cut.by = by;
    ca.cert = lab_shape_sub_ca(&cut, &shape, e);
    if (!end_root(v, &ca, made_at))
        return false;
    struct lab_ca *made = lab_vmca_signer(v);
    X509 *above[] = { by->cert, s->cas[LAB_CA_ENTERPRISE_ROOT].cert };
    for (size_t i = 0; i < ARRAY_LEN(above); i++) {
        (void)X509_up_ref(above[i]);
        made->above[made->above_len++] = above[i];
    }
    return true;
}

bool lab_root_first(struct lab_estate *s, struct lab_vmca *v, struct err *e)
{
    const struct lab_root_shape shape = { .version = v->version, .o = v->o, .san = v->san, .made_at = s->born };
    return v->home->plan->vmca ? add_subordinate(s, v, s->born, e)
                               : add_root(s, v, &shape, lab_shape_root_bits(v->version), e);
}

/* {"bits":..,"names":[type, value, ..],"san":".."}, written by us. */
static bool add_described(struct lab_estate *s, struct lab_vmca *v, const char *spec, int64_t made_at, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    struct lab_rdn subject[NAMES_MAX + 1] = { { 0 } };
    if (!wire_json_read(spec, strlen(spec), NULL, &j, e))
        return false;
    json_t *names = json_object_get(j, "names");
    for (size_t i = 0; i + 1 < json_array_size(names) && i / 2 < NAMES_MAX; i += 2)
        subject[i / 2] = (struct lab_rdn){ json_string_value(json_array_get(names, i)),
                                           json_string_value(json_array_get(names, i + 1)) };
    const struct lab_root_shape shape = { .version = v->version, .o = v->o, .made_at = made_at, .subject = subject,
                                          .names = json_string_value(json_object_get(j, "san")) };
    return add_root(s, v, &shape, (unsigned)json_integer_value(json_object_get(j, "bits")), e);
}

bool lab_do_rotate(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_vmca *v = ep->vcenter->vmca;
    const struct lab_root_shape shape = { .version = v->version, .o = v->o, .san = v->san, .made_at = c->at };
    return c->text ? add_described(ep->estate, v, c->text, c->at, e)
                   : add_root(ep->estate, v, &shape, lab_shape_root_bits(v->version), e);
}

static bool room(const struct lab_vcenter *vc, struct err *e)
{
    return vc->vmca->roots_len < LAB_ROOTS_MAX ||
           err_set(e, ERR_LIMIT, "the VMCA of %s was regenerated %d times already", vc->at.name, LAB_ROOTS_MAX - 1);
}

bool lab_rotate(struct lab_vcenter *vc, int64_t now, struct err *e)
{
    return room(vc, e) && lab_change(vc->at.estate, &(struct lab_change){ .what = "rotate", .target = vc->at.name, .at = now }, e);
}

bool lab_vmca_regenerate(struct lab_vcenter *vc, const char *spec, int64_t now, struct err *e)
{
    return room(vc, e) && lab_change(vc->at.estate, &(struct lab_change){ .what = "rotate", .target = vc->at.name, .at = now,
                                                                           .text = spec }, e);
}

bool lab_do_subordinate(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    return add_subordinate(ep->estate, ep->vcenter->vmca, c->at, e);
}

bool lab_vmca_subordinate(struct lab_vcenter *vc, int64_t now, struct err *e)
{
    return room(vc, e) && lab_change(vc->at.estate, &(struct lab_change){ .what = "subordinate", .target = vc->at.name,
                                                                           .at = now }, e);
}

/* ---- a root from outside ---- */

static bool check_import(const struct lab_bundle *b, EVP_PKEY *key, int *ret_code, struct err *e)
{
    X509 *first = b->certs[0], *last = b->certs[b->len - 1];
    if (X509_check_ca(first) != 1)
        return lab_vmca_refuse(ret_code, LAB_VMCA_NOT_CA, e, "the first certificate is no CA's");
    if (!key || X509_check_private_key(first, key) != 1)
        return lab_vmca_refuse(ret_code, LAB_VMCA_PAIR, e, "the key is not the first certificate's");
    if (!lab_bundle_is_chain(b) || !lab_issued_by(last, last) || b->len > LAB_ABOVE_MAX + 1)
        return lab_vmca_refuse(ret_code, LAB_VMCA_CHAIN, e, "the chain must go up to the self-signed root");
    if (!lab_bundle_is_rsa(b))
        return lab_vmca_refuse(ret_code, LAB_VMCA_KEY, e, "unsupported signature algorithm: RSA from end to end");
    int bits = EVP_PKEY_get_bits(key);
    return (bits >= LAB_KEY_BITS_MIN && bits <= LAB_KEY_BITS_MAX) ||
           lab_vmca_refuse(ret_code, LAB_VMCA_KEY, e, "the key's length is not supported");
}

static bool import_read(struct lab_vcenter *vc, const char *chain, EVP_PKEY *key, int64_t now, int *ret_code, struct err *e)
{
    struct lab_bundle b;
    char label[LAB_LABEL_MAX];
    struct buf text;
    if (!lab_bundle_read(&b, chain, strlen(chain), e))
        return false;
    (void)snprintf(label, sizeof(label), "vmca-%s-%zu-imported", vc->vmca->label, vc->vmca->roots_len);
    buf_init(&text, 2 * LAB_PEM_MAX);
    bool ok = (b.len > 0 || err_set(e, ERR_INPUT, "no certificate")) && check_import(&b, key, ret_code, e) && room(vc, e) &&
              lab_keys_put(vc->at.estate->keys, label, key, e) && buf_printf(&text, e, "%s\n", label);
    for (size_t i = 0; ok && i < b.len; i++)
        ok = lab_pem_cert(&text, b.certs[i], e);
    ok = ok && lab_change(vc->at.estate, &(struct lab_change){ .what = "import", .target = vc->at.name, .at = now,
                                                                .text = buf_str(&text) }, e);
    buf_done(&text);
    lab_bundle_done(&b);
    return ok;
}

bool lab_vmca_import(struct lab_vcenter *vc, const char *chain, const char *key, int64_t now, int *ret_code, struct err *e)
{
    struct lab_bundle k;
    *ret_code = 0;
    if (!lab_bundle_read(&k, key, strlen(key), e))
        return err_in(e, "the key");
    bool ok = import_read(vc, chain, k.key, now, ret_code, e);
    lab_bundle_done(&k);
    return ok;
}

bool lab_do_import(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_vmca *v = ep->vcenter->vmca;
    const char *end = strchr(c->text, '\n');
    char label[LAB_LABEL_MAX];
    struct lab_bundle b;
    if (!end || (size_t)(end - c->text) >= sizeof(label) || !lab_bundle_read(&b, end, strlen(end), e))
        return err_set(e, ERR_STORE, "an imported root can't be read");
    (void)snprintf(label, sizeof(label), "%.*s", (int)(end - c->text), c->text);
    struct lab_ca ca = { .key = lab_keys_find(ep->estate->keys, label, e), .cert = b.certs[0] };
    if (ca.key) {
        for (size_t i = 1; i < b.len; i++)
            ca.above[ca.above_len++] = b.certs[i];
        b.len = 0;
        (void)end_root(v, &ca, c->at);
    }
    lab_bundle_done(&b);
    return ca.key != NULL;
}

/* Who can sign another certificate for that root: itself, or the enterprise's policy CA; NULL for an imported one. */
static EVP_PKEY *signer_of(const struct lab_vcenter *vc, const struct lab_ca *ca)
{
    const struct lab_ca *policy = &vc->at.estate->cas[LAB_CA_POLICY];
    if (!ca->above_len)
        return ca->key;
    return policy->cert && !X509_cmp(ca->above[0], policy->cert) ? policy->key : NULL;
}

bool lab_root_can_expire(const struct lab_vcenter *vc)
{
    return signer_of(vc, lab_vmca_signer(vc->vmca)) != NULL;
}

static void make_sound(struct lab_ca *ca)
{
    if (!ca->sound)
        return;
    X509_free(ca->cert);
    ca->cert = STEAL(ca->sound);
}

/* The names, the key and its id stay: only the times are others, so the signature is made again. */
bool lab_root_fault(struct lab_vcenter *vc, bool expired, int64_t now, struct err *e)
{
    struct lab_ca *ca = lab_vmca_signer(vc->vmca);
    for (size_t i = 0; !expired && i < vc->vmca->roots_len; i++)
        make_sound(&vc->vmca->roots[i]);
    if (!expired || ca->sound)
        return true;
    AUTO(lab_x509_freep) X509 *old = X509_dup(ca->cert);
    if (!old || !ASN1_TIME_set(X509_getm_notAfter(old), now - LAB_DAY) ||
        !ASN1_TIME_set(X509_getm_notBefore(old), now - (int64_t)EXPIRED_DAYS * LAB_DAY) ||
        X509_sign(old, signer_of(vc, ca), EVP_sha256()) <= 0)
        return err_set(e, ERR_INTERNAL, "libcrypto can't make an expired root");
    ca->sound = ca->cert;
    ca->cert = STEAL(old);
    return true;
}

/* ---- revocation ---- */

bool lab_issued_by(X509 *x, X509 *ca)
{
    return !X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(ca)) && X509_verify(x, X509_get0_pubkey(ca)) == 1;
}

static size_t serial_of(X509 *x, uint8_t out[LAB_SERIAL_MAX])
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    int len = ASN1_STRING_length(serial);
    if (len <= 0 || len > LAB_SERIAL_MAX)
        return 0;
    memcpy(out, ASN1_STRING_get0_data(serial), (size_t)len);
    return (size_t)len;
}

bool lab_is_revoked(const struct lab_ca *ca, X509 *x)
{
    uint8_t serial[LAB_SERIAL_MAX];
    size_t len = serial_of(x, serial);
    for (size_t i = 0; i < ca->revoked_len; i++)
        if (ca->revoked[i].serial_len == len && !memcmp(ca->revoked[i].serial, serial, len))
            return true;
    return false;
}

bool lab_revoke(struct lab_vcenter *vc, X509 *x, int64_t now, struct err *e)
{
    uint8_t serial[LAB_SERIAL_MAX];
    char hex[2 * LAB_SERIAL_MAX + 1];
    size_t len = serial_of(x, serial);
    for (size_t i = 0; i < vc->vmca->roots_len; i++) {
        const struct lab_ca *ca = &vc->vmca->roots[i];
        if (!len || !lab_issued_by(x, ca->cert))
            continue;
        if (lab_is_revoked(ca, x))
            return err_set(e, ERR_CONFLICT, "that certificate is revoked already");
        text_hex(serial, len, hex);
        return lab_change(vc->at.estate, &(struct lab_change){ .what = "revoke", .target = vc->at.name, .value = i, .at = now,
                                                                .text = hex }, e);
    }
    return err_set(e, ERR_NOT_FOUND, "the VMCA of %s did not sign that certificate", vc->at.name);
}

bool lab_do_revoke(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_vmca *v = ep->vcenter->vmca;
    struct lab_revoked r = { .serial_len = c->text ? strlen(c->text) / 2 : 0, .at = c->at };
    if (c->value >= v->roots_len || !r.serial_len || r.serial_len > LAB_SERIAL_MAX || !text_unhex(c->text, r.serial, r.serial_len))
        return err_set(e, ERR_STORE, "a revocation can't be read");
    struct lab_ca *ca = &v->roots[c->value];
    ca->revoked = xreallocarray(ca->revoked, ca->revoked_len + 1, sizeof(*ca->revoked));
    ca->revoked[ca->revoked_len++] = r;
    return true;
}

/* The number follows from time and revocations, so it rises, and is the same after a restart. */
X509_CRL *lab_crl(const struct lab_vcenter *vc, struct lab_ca *ca)
{
    int64_t now = lab_now_at(&vc->at), period = (int64_t)CRL_EVERY_DAYS * LAB_DAY;
    if (!ca->key)
        return ca->crl;
    int64_t epoch = now > ca->made_at ? (now - ca->made_at) / period : 0;
    int64_t since = ca->made_at + epoch * period;
    unsigned number = (unsigned)(1 + epoch + (int64_t)ca->revoked_len);
    if (ca->revoked_len && ca->revoked[ca->revoked_len - 1].at > since)
        since = ca->revoked[ca->revoked_len - 1].at;
    if (vc->at.faults & LAB_FAULT_STALE_CRL) {
        since = now - (int64_t)(2 * CRL_EVERY_DAYS + 1) * LAB_DAY;
        number = UINT32_MAX >> 1;
    }
    if (ca->crl && ca->crl_number == number)
        return ca->crl;
    X509_CRL_free(ca->crl);
    ca->crl_number = number;
    /* A stale one has the number before, so that it never looks like a newer one. */
    ca->crl = lab_mint_crl(ca->cert, ca->key, since, vc->at.faults & LAB_FAULT_STALE_CRL ? 1 : number, ca->revoked,
                           ca->revoked_len, NULL);
    return ca->crl;
}
