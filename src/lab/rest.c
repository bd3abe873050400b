#include "lab/faces.h"

#include <inttypes.h>
#include <jansson.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "lab/pem.h"
#include "lab/session.h"
#include "wire/http1.h"
#include "wire/json.h"

/* Routes of the old family have this tag: bodies go inside {"value": ..}. */
extern const char lab_old_family[];

static bool is_old(const struct http_request *rq)
{
    return rq->match->route->tag == lab_old_family;
}

static void send(struct http_request *rq, struct http_response *rs, int status, json_t *take)
{
    AUTO(wire_json_decrefp) json_t *body = is_old(rq) ? json_pack("{s:o}", "value", take) : take;
    rs->status = status;
    http_response_field(rs, "Content-Type", "application/json");
    if (!body || !wire_json_write(&rs->body, body, NULL))
        rs->bad = true;
}

/* https://developer.broadcom.com/xapis/vsphere-automation-api: the two families say errors in two ways. */
static void refuse(struct http_request *rq, struct http_response *rs, int status, const char *kind, const char *text)
{
    char upper[32] = "", old[64];
    for (size_t i = 0; kind[i] && i + 1 < sizeof(upper); i++)
        upper[i] = (char)(kind[i] >= 'a' && kind[i] <= 'z' ? kind[i] - 32 : kind[i]);
    (void)snprintf(old, sizeof(old), "com.vmware.vapi.std.errors.%s", kind);
    json_t *messages = json_pack("[{s:s, s:s, s:[]}]", "id", "com.vmware.vapi.endpoint", "default_message", text, "args");
    AUTO(wire_json_decrefp) json_t *body = is_old(rq)
        ? json_pack("{s:s, s:{s:o}}", "type", old, "value", "messages", messages)
        : json_pack("{s:s, s:o}", "error_type", upper, "messages", messages);
    rs->status = status;
    http_response_field(rs, "Content-Type", "application/json");
    if (!body || !wire_json_write(&rs->body, body, NULL))
        rs->bad = true;
}

static struct lab_vcenter *vcenter_of(const struct http_request *rq)
{
    struct lab_endpoint *ep = rq->app;
    return ep->vcenter;
}

/* "Basic dXNlcjpwdw==" into two strings; user must hold LAB_NAME bytes, as password. */
static bool basic(const struct http1_head *head, char user[LAB_NAME], char password[LAB_NAME])
{
    const char *value = http1_find(head, "Authorization");
    struct buf plain;
    if (!value || !text_caseeq_n(value, strlen(value) < 6 ? 0 : 6, "Basic ", 6))
        return false;
    buf_init(&plain, 2 * LAB_NAME);
    bool ok = text_unbase64(value + 6, strlen(value + 6), false, &plain, NULL);
    const char *text = buf_str(&plain), *colon = strchr(text, ':');
    ok = ok && strlen(text) == plain.len && colon && (size_t)(colon - text) < LAB_NAME &&
         text_copy(password, LAB_NAME, colon + 1);
    if (ok)
        (void)snprintf(user, LAB_NAME, "%.*s", (int)(colon - text), text);
    buf_done(&plain);
    return ok;
}

static struct lab_session *session_of(struct http_request *rq)
{
    const char *id = http1_find(rq->head, "vmware-api-session-id");
    return id ? lab_session_find(vcenter_of(rq), id, true, clock_wall_ms()) : NULL;
}

static bool may(struct http_request *rq, struct http_response *rs)
{
    if (session_of(rq))
        return true;
    refuse(rq, rs, 401, "unauthenticated", "Authentication required.");
    return false;
}

/* What a release does not have answers as an unknown page does: 404 without JSON. */
static bool has(struct http_request *rq, struct http_response *rs, enum lab_version since)
{
    if (vcenter_of(rq)->plan->version >= (int)since)
        return true;
    http_response_text(rs, 404, "text/html", "<html><body><h1>Not Found</h1></body></html>\n");
    return false;
}

void lab_rest_login(struct http_request *rq, struct http_response *rs)
{
    char user[LAB_NAME], password[LAB_NAME];
    struct lab_vcenter *vc = vcenter_of(rq);
    LAB_LOCKED(vc->at.estate);
    if (!is_old(rq) && !has(rq, rs, LAB_70))
        return;
    struct lab_session *s = basic(rq->head, user, password)
        ? lab_session_login(vc, user, password, true, clock_wall_ms(), NULL) : NULL;
    memset(password, 0, sizeof(password));
    if (!s) {
        http_response_field(rs, "WWW-Authenticate", "Basic realm=\"VAPI endpoint\"");
        refuse(rq, rs, 401, "unauthenticated", "Authentication required.");
        return;
    }
    http_response_field(rs, "vmware-api-session-id", s->id);
    send(rq, rs, is_old(rq) ? 200 : 201, json_string(s->id));
}

void lab_rest_session(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = vcenter_of(rq);
    LAB_LOCKED(vc->at.estate);
    struct lab_session *s = session_of(rq);
    char made[TEXT_TIME], used[TEXT_TIME];
    if (!s) {
        refuse(rq, rs, 401, "unauthenticated", "Authentication required.");
        return;
    }
    text_time(s->login_ms / 1000, made);
    text_time(s->last_ms / 1000, used);
    send(rq, rs, 200, json_pack("{s:s, s:s, s:s}", "user", vc->user, "created_time", made, "last_accessed_time", used));
}

void lab_rest_logout(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = vcenter_of(rq);
    LAB_LOCKED(vc->at.estate);
    struct lab_session *s = session_of(rq);
    if (!s) {
        refuse(rq, rs, 401, "unauthenticated", "Authentication required.");
        return;
    }
    lab_session_end(vc, s);
    rs->status = is_old(rq) ? 200 : 204;
}

/* ---- certificates ---- */

void lab_rest_chains(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = vcenter_of(rq);
    const struct lab_ca *roots[LAB_TRUSTED_MAX];
    LAB_LOCKED(vc->at.estate);
    if (!has(rq, rs, LAB_70) || !may(rq, rs))
        return;
    json_t *list = json_array();
    size_t len = lab_trusted_roots(vc, roots);
    for (size_t i = 0; i < len; i++) {
        char id[64];
        lab_key_id(roots[i]->cert, id);
        (void)json_array_append_new(list, json_pack("{s:s}", "chain", id));
    }
    send(rq, rs, 200, list);
}

/* One string may hold a certificate and the CRL behind it, as a real one does (vmca.md 1.6). */
static json_t *chain_json(const struct lab_ca *ca, int64_t now)
{
    struct buf pem;
    json_t *text = NULL;
    buf_init(&pem, LAB_PEM_MAX);
    AUTO(lab_crl_freep) X509_CRL *crl = lab_mint_crl(ca->cert, ca->key, now, 1, NULL);
    if (crl && lab_pem_cert(&pem, ca->cert, NULL) && lab_pem_crl(&pem, crl, NULL))
        text = json_string(buf_str(&pem));
    buf_done(&pem);
    return json_pack("{s:{s:[o]}}", "cert_chain", "cert_chain", text);
}

void lab_rest_chain(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = vcenter_of(rq);
    const struct lab_ca *roots[LAB_TRUSTED_MAX];
    const char *wanted = http_request_param(rq, "chain");
    LAB_LOCKED(vc->at.estate);
    if (!has(rq, rs, LAB_70) || !may(rq, rs))
        return;
    size_t len = lab_trusted_roots(vc, roots);
    for (size_t i = 0; i < len; i++) {
        char id[64];
        lab_key_id(roots[i]->cert, id);
        if (text_caseeq(id, wanted)) {
            send(rq, rs, 200, chain_json(roots[i], clock_wall_ms() / 1000));
            return;
        }
    }
    refuse(rq, rs, 404, "not_found", "The requested certificate chain does not exist.");
}

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
    struct lab_vcenter *vc = vcenter_of(rq);
    LAB_LOCKED(vc->at.estate);
    if (!has(rq, rs, LAB_70) || !may(rq, rs))
        return;
    X509 *cert = lab_cert(&vc->at, false, NULL);
    if (cert)
        send(rq, rs, 200, tls_json(cert));
    else
        refuse(rq, rs, 500, "internal_server_error", "The certificate can't be made.");
}

void lab_rest_version(struct http_request *rq, struct http_response *rs)
{
    static const char *const versions[][2] = { { "6.7.0.20000", "10244745" }, { "7.0.3.01700", "21477706" },
                                               { "8.0.2.00000", "22617221" } };
    struct lab_vcenter *vc = vcenter_of(rq);
    LAB_LOCKED(vc->at.estate);
    if ((!is_old(rq) && !has(rq, rs, LAB_70)) || !may(rq, rs))
        return;
    const char *const *v = versions[vc->plan->version];
    send(rq, rs, 200, json_pack("{s:s, s:s, s:s, s:s, s:s}", "version", v[0], "build", v[1], "product",
                                "VMware vCenter Server", "type", "vCenter Server with an embedded Platform Services Controller",
                                "summary", "vsphere-lab"));
}
