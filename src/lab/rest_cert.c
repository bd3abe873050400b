#include "lab/rest_face.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/issue.h"
#include "lab/own.h"
#include "lab/pem.h"
#include "lab/request.h"
#include "wire/json.h"

enum { RENEW_DAYS_MAX = 730 };

/* ---- trusted root chains ---- */

void lab_rest_chains(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    json_t *list = json_array();
    size_t len = lab_trusted_roots(vc, roots);
    for (size_t i = 0; i < len; i++) {
        char id[64];
        lab_key_id(roots[i]->cert, id);
        (void)json_array_append_new(list, json_pack("{s:s}", "chain", id));
    }
    lab_rest_send(rq, rs, 200, list);
}

/* One string may hold a certificate and the CRL behind it, as a real one does (vmca.md 1.6). */
static json_t *pem_json(X509 *cert, X509_CRL *crl)
{
    struct buf pem;
    json_t *text = NULL;
    buf_init(&pem, LAB_PEM_MAX);
    if (lab_pem_cert(&pem, cert, NULL) && (!crl || lab_pem_crl(&pem, crl, NULL)))
        text = json_string(buf_str(&pem));
    buf_done(&pem);
    return text;
}

void lab_rest_chain(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    struct lab_ca *ca = lab_trusted_find(vc, http_request_param(rq, "chain"));
    if (!ca) {
        lab_rest_refuse(rq, rs, 404, "not_found", "The requested certificate chain does not exist.");
        return;
    }
    json_t *list = json_array();
    (void)json_array_append_new(list, pem_json(ca->cert, lab_crl(vc, ca)));
    for (size_t i = 0; i < ca->above_len; i++)
        (void)json_array_append_new(list, pem_json(ca->above[i], NULL));
    lab_rest_send(rq, rs, 200, json_pack("{s:{s:o}}", "cert_chain", "cert_chain", list));
}

/* {"cert_chain":{"cert_chain":[PEM, ..]}} as one text. */
static bool chain_text(json_t *spec, const char *member, struct buf *out, struct err *e)
{
    json_t *list = json_object_get(json_object_get(spec, member), "cert_chain"), *it;
    size_t i;
    if (!json_array_size(list))
        return err_set(e, ERR_INPUT, "%s.cert_chain holds no certificate", member);
    json_array_foreach(list, i, it) {
        if (!json_is_string(it))
            return err_set(e, ERR_INPUT, "%s.cert_chain is a list of PEM texts", member);
        if (!buf_puts(out, json_string_value(it), e) || !buf_puts(out, "\n", e))
            return false;
    }
    return true;
}

void lab_rest_chain_post(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct buf pem;
    struct err e;
    char id[64];
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    if (!spec)
        return;
    buf_init(&pem, LAB_PEM_MAX);
    if (chain_text(spec, "cert_chain", &pem, &e) &&
        lab_trust_post(vc, buf_str(&pem), pem.len, lab_now(vc->at.estate), id, &e))
        lab_rest_send(rq, rs, lab_rest_is_old(rq) ? 200 : 201, json_string(id));
    else
        lab_rest_refuse_err(rq, rs, &e);
    buf_done(&pem);
}

void lab_rest_chain_delete(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct err e;
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    if (lab_trust_delete(vc, http_request_param(rq, "chain"), lab_now(vc->at.estate), &e))
        lab_rest_done(rq, rs);
    else
        lab_rest_refuse_err(rq, rs, &e);
}

/* ---- the machine's certificate ---- */

static json_t *serial_json(const X509 *cert)
{
    char hex[64] = "";
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    int len = ASN1_STRING_length(serial);
    if (len <= 20)
        text_hex(ASN1_STRING_get0_data(serial), (size_t)len, hex);
    return json_string(hex + (hex[0] == '0'));
}

/* Names of set bits in their order; [""] when the extension is absent, as a real one answers (vmca.md 1.6). */
static json_t *usage_json(uint32_t bits, const char *const *names, const uint32_t *masks, size_t len)
{
    json_t *list = json_array();
    for (size_t i = 0; i < len && bits != UINT32_MAX; i++)
        if (bits & masks[i])
            (void)json_array_append_new(list, json_string(names[i]));
    if (!json_array_size(list))
        (void)json_array_append_new(list, json_string(""));
    return list;
}

static json_t *key_usage_json(X509 *cert)
{
    static const char *const names[] = { "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
                                         "keyAgreement", "keyCertSign", "cRLSign" };
    static const uint32_t masks[] = { KU_DIGITAL_SIGNATURE, KU_NON_REPUDIATION, KU_KEY_ENCIPHERMENT, KU_DATA_ENCIPHERMENT,
                                      KU_KEY_AGREEMENT, KU_KEY_CERT_SIGN, KU_CRL_SIGN };
    return usage_json(X509_get_key_usage(cert), names, masks, ARRAY_LEN(names));
}

static json_t *extended_usage_json(X509 *cert)
{
    static const char *const names[] = { "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2" };
    static const uint32_t masks[] = { XKU_SSL_SERVER, XKU_SSL_CLIENT };
    return usage_json(X509_get_extended_key_usage(cert), names, masks, ARRAY_LEN(names));
}

static json_t *san_json(X509 *cert)
{
    json_t *list = json_array();
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
        const uint8_t *p = ASN1_STRING_get0_data(value);
        char ip[16];
        if (type == GEN_IPADD && ASN1_STRING_length(value) == 4) {
            lab_ip_text((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3], ip);
            (void)json_array_append_new(list, json_string(ip));
        } else if (type == GEN_DNS || type == GEN_EMAIL) {
            (void)json_array_append_new(list, json_stringn((const char *)p, (size_t)ASN1_STRING_length(value)));
        }
    }
    GENERAL_NAMES_free(names);
    return list;
}

static json_t *aia_json(X509 *cert)
{
    json_t *list = json_array();
    AUTHORITY_INFO_ACCESS *aia = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(aia); i++) {
        int type;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_ACCESS_DESCRIPTION_value(aia, i)->location, &type);
        if (type == GEN_URI)
            (void)json_array_append_new(list, json_sprintf("URIName: %.*s", ASN1_STRING_length(value),
                                                           (const char *)ASN1_STRING_get0_data(value)));
    }
    AUTHORITY_INFO_ACCESS_free(aia);
    return list;
}

static json_t *tls_json(X509 *cert)
{
    char subject[LAB_DN_MAX], issuer[LAB_DN_MAX], from[TEXT_TIME], to[TEXT_TIME], colons[60], print[41] = "";
    struct buf pem;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = lab_pem_cert(&pem, cert, NULL);
    lab_dn_text(X509_get_subject_name(cert), ", ", subject);
    lab_dn_text(X509_get_issuer_name(cert), ", ", issuer);
    text_time(lab_time_of(X509_get0_notBefore(cert)), from);
    text_time(lab_time_of(X509_get0_notAfter(cert)), to);
    lab_thumbprint(cert, colons);
    for (size_t i = 0, n = 0; colons[i]; i++)
        if (colons[i] != ':')
            print[n++] = colons[i];
    json_t *j = json_pack("{s:i, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:o, s:o, s:o, s:o, s:s}",
        "version", (int)X509_get_version(cert) + 1, "serial_number", serial_json(cert), "signature_algorithm",
        "SHA256WITHRSA", "issuer_dn", issuer, "subject_dn", subject, "valid_from", from, "valid_to", to, "thumbprint", print,
        "is_CA", X509_check_ca(cert) == 1, "path_length_constraint", (json_int_t)X509_get_pathlen(cert), "key_usage",
        key_usage_json(cert), "extended_key_usage", extended_usage_json(cert), "subject_alternative_name", san_json(cert),
        "authority_information_access_uri", aia_json(cert), "cert", ok ? buf_str(&pem) : "");
    buf_done(&pem);
    return j;
}

void lab_rest_tls(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    X509 *cert = lab_cert(&vc->at, false, NULL);
    if (cert)
        lab_rest_send(rq, rs, 200, tls_json(cert));
    else
        lab_rest_refuse(rq, rs, 500, "internal_server_error", "The certificate can't be made.");
}

static const char *text_of(const json_t *spec, const char *key)
{
    const char *text = json_string_value(json_object_get(spec, key));
    return text && *text ? text : NULL;
}

/* What the caller wants of a request or of a root; names point into spec and names_text. */
static bool wish_of(json_t *spec, char names_text[1024], struct lab_wish *w, struct err *e)
{
    json_t *size = json_object_get(spec, "key_size"), *names = json_object_get(spec, "subject_alt_name"), *it;
    size_t i, len = 0;
    if (size && (!json_is_integer(size) || json_integer_value(size) < 0 || json_integer_value(size) > 65536))
        return err_set(e, ERR_INPUT, "key_size is a number of bits");
    *w = (struct lab_wish){
        .bits = (unsigned)json_integer_value(size), .cn = text_of(spec, "common_name"),
        .organization = text_of(spec, "organization"), .unit = text_of(spec, "organization_unit"),
        .locality = text_of(spec, "locality"), .state = text_of(spec, "state_or_province"),
        .country = text_of(spec, "country"), .email = text_of(spec, "email_address"),
    };
    json_array_foreach(names, i, it) {
        const char *one = json_string_value(it);
        if (!one || !*one || strlen(one) + len + 2 > 1024)
            return err_set(e, ERR_INPUT, "subject_alt_name is a list of names");
        len += (size_t)snprintf(names_text + len, 1024 - len, "%s%s", len ? "," : "", one);
    }
    w->names = len ? names_text : NULL;
    return true;
}

/* The members that the schema asks for. 8.0 U3 lets the unit be absent (vmca.md 1.6). */
static bool complete(const struct lab_vcenter *vc, const struct lab_wish *w, struct err *e)
{
    const struct {
        const char *name, *value;
    } needed[] = { { "organization", w->organization },
                   { "organization_unit", w->unit || vc->vmca->version >= LAB_80U3 ? "-" : NULL },
                   { "locality", w->locality }, { "state_or_province", w->state }, { "country", w->country },
                   { "email_address", w->email } };
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!needed[i].value)
            return err_set(e, ERR_INPUT, "%s is missing", needed[i].name);
    return true;
}

static bool make_csr(struct lab_vcenter *vc, json_t *spec, struct buf *out, struct err *e)
{
    char names[1024];
    struct lab_wish w;
    return wish_of(spec, names, &w, e) && complete(vc, &w, e) &&
           lab_request_machine(&vc->at, &w, lab_now(vc->at.estate), out, e);
}

void lab_rest_tls_csr(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct buf pem;
    struct err e;
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    if (!spec)
        return;
    buf_init(&pem, LAB_PEM_MAX);
    if (make_csr(vc, spec, &pem, &e))
        lab_rest_send(rq, rs, 200, json_pack("{s:s}", "csr", buf_str(&pem)));
    else
        lab_rest_refuse_err(rq, rs, &e);
    buf_done(&pem);
}

static bool same_key(const struct lab_bundle *b, EVP_PKEY *key, struct err *e)
{
    return X509_check_private_key(b->certs[0], key) == 1 || err_set(e, ERR_INPUT, "The certificate and the private key do not match.");
}

/* A chain that the store can't follow needs its root with it (vsphere-api.md 2.2: CSR stored, CA known, CA new). */
static bool put_machine(struct lab_vcenter *vc, struct lab_bundle *b, EVP_PKEY *key, const char *root, int64_t now, struct err *e)
{
    char id[64];
    struct lab_bundle r = { .len = 0 };
    EVP_PKEY *waiting = key ? key : lab_key_waiting(&vc->at, e);
    if (!waiting || !same_key(b, waiting, e) || (root && !lab_bundle_read(&r, root, strlen(root), e)))
        return false;
    bool reaches = !root || (r.len && (lab_issued_by(b->certs[b->len - 1], r.certs[0]) ||
                                       !X509_cmp(b->certs[b->len - 1], r.certs[0])));
    bool known = r.len && (lab_key_id(r.certs[0], id), lab_trusted_find(vc, id) != NULL);
    lab_bundle_done(&r);
    if (!reaches)
        return err_set(e, ERR_INPUT, "root_cert did not sign the end of the chain");
    if (!root && !lab_trusts(vc, b->certs[0], &b->certs[1], b->len - 1))
        return err_set(e, ERR_INPUT, "The chain does not lead to a trusted root: give root_cert, or publish it first.");
    return (!root || known || lab_trust_post(vc, root, strlen(root), now, id, e)) &&
           lab_own_install(&vc->at, b->certs, b->len, key, now, e);
}

static bool put_tls(struct lab_vcenter *vc, json_t *spec, struct err *e)
{
    const char *cert = text_of(spec, "cert"), *key = text_of(spec, "key");
    struct lab_bundle b, k = { .len = 0 };
    if (!cert)
        return err_set(e, ERR_INPUT, "cert is missing");
    if (!lab_bundle_read(&b, cert, strlen(cert), e))
        return err_in(e, "cert");
    bool ok = (b.len && lab_bundle_is_chain(&b)) || err_set(e, ERR_INPUT, "cert is no chain of certificates, leaf first");
    if (ok && key)
        ok = (lab_bundle_read(&k, key, strlen(key), e) && k.key) || err_set(e, ERR_INPUT, "key is no private key");
    ok = ok && put_machine(vc, &b, k.key, text_of(spec, "root_cert"), lab_now(vc->at.estate), e);
    lab_bundle_done(&b);
    lab_bundle_done(&k);
    return ok;
}

void lab_rest_tls_put(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct err e;
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    if (!spec)
        return;
    if (put_tls(vc, spec, &e) && lab_estate_publish(vc->at.estate, &e))
        lab_rest_done(rq, rs);
    else
        lab_rest_refuse_err(rq, rs, &e);
}

/* VMCA signs the request that waits, for so many days from now on. */
static bool sign_waiting(struct lab_vcenter *vc, const char *csr, size_t len, int64_t days, struct err *e)
{
    struct lab_issue i;
    int64_t now = lab_now_at(&vc->at);
    int code;
    X509 *above[LAB_ABOVE_MAX + 1];
    size_t above_len = 0;
    const struct lab_ca *ca = lab_vmca_signer(vc->vmca);
    if (!lab_issue_begin(&i, vc, now, now + days * LAB_DAY, e))
        return false;
    AUTO(lab_x509_freep) X509 *x = lab_issue_end(&i, csr, len, &code, e);
    if (!x)
        return false;
    above[above_len++] = x;
    if (ca->above_len)
        above[above_len++] = ca->cert;
    for (size_t n = 0; n + 1 < ca->above_len && above_len < ARRAY_LEN(above); n++)
        above[above_len++] = ca->above[n];
    return lab_own_install(&vc->at, above, above_len, NULL, now, e);
}

/* Names and key length stay what they are. */
static bool renew_tls(struct lab_vcenter *vc, json_t *spec, struct err *e)
{
    json_t *duration = json_object_get(spec, "duration");
    int64_t days = duration && !json_is_null(duration) ? json_integer_value(duration) : RENEW_DAYS_MAX;
    X509 *old = lab_cert(&vc->at, false, e);
    struct lab_wish w = { .bits = old ? (unsigned)EVP_PKEY_get_bits(X509_get0_pubkey(old)) : 0 };
    struct buf pem;
    char names[1024] = "";
    if (!old)
        return false;
    if ((duration && !json_is_null(duration) && !json_is_integer(duration)) || days < 1 || days > RENEW_DAYS_MAX)
        return err_set(e, ERR_INPUT, "duration is 1 to %d days", RENEW_DAYS_MAX);
    json_t *list = san_json(old), *it;
    size_t n, len = 0;
    json_array_foreach(list, n, it)
        if (len < sizeof(names))
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? "," : "", json_string_value(it));
    json_decref(list);
    w.names = *names ? names : NULL;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = lab_request_machine(&vc->at, &w, lab_now(vc->at.estate), &pem, e) &&
              sign_waiting(vc, buf_str(&pem), pem.len, days, e);
    buf_done(&pem);
    return ok;
}

static bool replace_tls(struct lab_vcenter *vc, json_t *spec, struct err *e)
{
    struct buf pem;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = make_csr(vc, spec, &pem, e) && sign_waiting(vc, buf_str(&pem), pem.len, RENEW_DAYS_MAX, e);
    buf_done(&pem);
    return ok;
}

void lab_rest_tls_action(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct err e;
    char action[64];
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    if (!spec)
        return;
    lab_rest_action(rq, action);
    bool renew = !strcmp(action, "renew");
    if (!renew && strcmp(action, "replace-vmca-signed") != 0)
        lab_rest_refuse(rq, rs, 404, "not_found", "There is no such action.");
    else if ((renew ? renew_tls(vc, spec, &e) : replace_tls(vc, spec, &e)) && lab_estate_publish(vc->at.estate, &e))
        lab_rest_done(rq, rs);
    else
        lab_rest_refuse_err(rq, rs, &e);
}

/* ---- VMCA's root ---- */

/* Machine and solution users get theirs from it at once; hosts keep what they have (vmca.md 3.3). */
static bool replace_root(struct lab_vcenter *vc, json_t *spec, struct err *e)
{
    char names[1024];
    struct lab_wish w;
    struct buf text;
    int64_t now = lab_now(vc->at.estate);
    buf_init(&text, LAB_PEM_MAX);
    bool ok = wish_of(spec, names, &w, e) && lab_wish_root(vc, &w, &text, e) &&
              lab_vmca_regenerate(vc, buf_str(&text), now, e) && lab_set_issuer(&vc->at, LAB_FROM_VMCA, now, e) &&
              lab_estate_publish(vc->at.estate, e);
    buf_done(&text);
    return ok;
}

void lab_rest_vmca_root(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct err e;
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    if (!spec)
        return;
    if (replace_root(vc, spec, &e))
        lab_rest_done(rq, rs);
    else
        lab_rest_refuse_err(rq, rs, &e);
}

/* ---- the certificate authority itself (documented as internal, 6.5 to 7.0 U1) ---- */

static bool has_authority(struct http_request *rq, struct http_response *rs)
{
    if (lab_rest_vcenter(rq)->plan->version <= LAB_70)
        return true;
    http_response_text(rs, 404, "text/html", "<html><body><h1>Not Found</h1></body></html>\n");
    return false;
}

void lab_rest_get_root(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    if (has_authority(rq, rs) && lab_rest_may(rq, rs))
        lab_rest_send(rq, rs, 200, pem_json(lab_vmca_signer(vc->vmca)->cert, NULL));
}

static bool begin_sign(struct http_request *rq, struct http_response *rs, json_t *spec, struct lab_issue *i, bool *ret_ok,
                       struct err *e)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    if (!has_authority(rq, rs) || !lab_rest_may(rq, rs))
        return false;
    json_t *duration = json_object_get(spec, "duration");
    int64_t now = lab_now_at(&vc->at), days = json_integer_value(duration);
    if (duration && (!json_is_integer(duration) || days < 1 || days > LAB_VMCA_LIFE_DAYS))
        *ret_ok = err_set(e, ERR_INPUT, "duration is a number of days");
    else
        *ret_ok = lab_issue_begin(i, vc, 0, days ? now + days * LAB_DAY : 0, e);
    return true;
}

/* The signature is made without the lock: as many at a time as there are threads. */
void lab_rest_sign_cert(struct http_request *rq, struct http_response *rs)
{
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    const char *csr = spec ? text_of(spec, "csr") : NULL;
    struct lab_issue i;
    struct buf pem;
    struct err e;
    bool ok;
    int code;
    if (!spec || !begin_sign(rq, rs, spec, &i, &ok, &e))
        return;
    buf_init(&pem, LAB_PEM_MAX);
    ok = ok && lab_issue_pem(&i, csr ? csr : "", csr ? strlen(csr) : 0, &pem, &code, &e);
    if (ok)
        lab_rest_send(rq, rs, 200, json_string(buf_str(&pem)));
    else
        lab_rest_refuse_err(rq, rs, &e);
    buf_done(&pem);
}
