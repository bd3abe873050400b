#include "lab/rest_face.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "base/text.h"
#include "lab/pem.h"

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

json_t *lab_rest_names(X509 *cert)
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

json_t *lab_rest_tls_info(X509 *cert)
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
        key_usage_json(cert), "extended_key_usage", extended_usage_json(cert), "subject_alternative_name", lab_rest_names(cert),
        "authority_information_access_uri", aia_json(cert), "cert", ok ? buf_str(&pem) : "");
    buf_done(&pem);
    return j;
}
