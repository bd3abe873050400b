#include "lab/sign.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lab/pem.h"

DEFINE_AUTO(bio_freep, BIO *, BIO_free)
DEFINE_AUTO(key_freep, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(bn_freep, BIGNUM *, BN_free)
DEFINE_AUTO(number_freep, ASN1_INTEGER *, ASN1_INTEGER_free)
DEFINE_AUTO(name_freep, X509_NAME *, X509_NAME_free)
DEFINE_AUTO(names_freep, GENERAL_NAMES *, GENERAL_NAMES_free)
DEFINE_AUTO(constraints_freep, BASIC_CONSTRAINTS *, BASIC_CONSTRAINTS_free)
DEFINE_AUTO(usage_freep, ASN1_BIT_STRING *, ASN1_BIT_STRING_free)
DEFINE_AUTO(ext_freep, X509_EXTENSION *, X509_EXTENSION_free)

static void exts_freep(STACK_OF(X509_EXTENSION) **stack)
{
    sk_X509_EXTENSION_pop_free(*stack, X509_EXTENSION_free);
}

static const struct {
    int code;
    const char *text;
} errors[] = {
    { LAB_VMCA_TIME, "Invalid time specified for the certificate" },
    { LAB_VMCA_DECODE, "Unable to decode CSR" },
    { LAB_VMCA_NOT_CA, "Not a CA Cert" },
    { LAB_VMCA_FIELD, "Invalid CSR field" },
    { LAB_VMCA_KEY, "Key length has to be between 2048 and 8192" },
    { LAB_VMCA_START, "Start Time Error" },
    { LAB_VMCA_PAIR, "Cert/Key pair does not match" },
    { LAB_VMCA_NAME, "Invalid Subject Name specified" },
    { LAB_VMCA_SAN, "Invalid Subject Alternate Name specified" },
    { LAB_VMCA_CHAIN, "Certificate Chain is not complete" },
    { LAB_VMCA_POLICY, "Policy validation failed" },
};

const char *lab_vmca_text(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(errors); i++)
        if (errors[i].code == code)
            return errors[i].text;
    return "";
}

bool lab_vmca_refuse(int *ret_code, int code, struct err *e, const char *why)
{
    ERR_clear_error();
    *ret_code = code;
    return err_set(e, ERR_INPUT, "VMCA error %d (%s): %s", code, lab_vmca_text(code), why);
}

/* libcrypto decodes every key that it comes across, by a search through the codecs of all its providers under locks that
 * many signers would wait for: a third of what a signature takes. Where there is no provider it finds none at once, and
 * leaves the key as the bytes from which `request_key` makes it. */
static OSSL_LIB_CTX *no_codecs;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_no_codecs(void)
{
    no_codecs = OSSL_LIB_CTX_new();
    if (!no_codecs || !OSSL_PROVIDER_load(no_codecs, "null"))
        abort();
}

X509_REQ *lab_csr_read(const char *pem, size_t len, int *ret_code, struct err *e)
{
    AUTO(bio_freep) BIO *in = len && len <= LAB_CSR_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    uint8_t *der = NULL;
    long der_len;
    X509_REQ *req = NULL;
    (void)pthread_once(&once, make_no_codecs);
    if (in && PEM_bytes_read_bio(&der, &der_len, NULL, PEM_STRING_X509_REQ, in, NULL, NULL)) {
        const uint8_t *p = der;
        req = (X509_REQ *)ASN1_item_d2i_ex(NULL, &p, der_len, ASN1_ITEM_rptr(X509_REQ), no_codecs, NULL);
    }
    OPENSSL_free(der);
    if (!req)
        (void)lab_vmca_refuse(ret_code, LAB_VMCA_DECODE, e, "not a PEM certificate request");
    return req;
}

/* What is no RSA key is told apart by its type alone. */
static EVP_PKEY *request_key(const X509_REQ *req, int *ret_code, struct err *e)
{
    ASN1_OBJECT *type;
    const uint8_t *p;
    int len;
    if (!X509_PUBKEY_get0_param(&type, &p, &len, NULL, X509_REQ_get_X509_PUBKEY((X509_REQ *)req)) ||
        OBJ_obj2nid(type) != NID_rsaEncryption) {
        (void)lab_vmca_refuse(ret_code, LAB_VMCA_KEY, e, "only RSA keys are signed");
        return NULL;
    }
    const uint8_t *end = p + len;
    AUTO(key_freep) EVP_PKEY *key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, len);
    if (key && p == end)
        return STEAL(key);
    (void)lab_vmca_refuse(ret_code, LAB_VMCA_FIELD, e, "the request has no public key");
    return NULL;
}

/* ---- what VMCA refuses ---- */

static bool check_key(const EVP_PKEY *key, int *ret_code, struct err *e)
{
    int bits = EVP_PKEY_get_bits(key);
    return (bits >= LAB_KEY_BITS_MIN && bits <= LAB_KEY_BITS_MAX) ||
           lab_vmca_refuse(ret_code, LAB_VMCA_KEY, e, "the key's length is not supported");
}

static bool check_times(const struct lab_sign *s, int *ret_code, struct err *e)
{
    if (s->not_before < s->now - (int64_t)LAB_VMCA_BACK_DAYS * LAB_DAY)
        return lab_vmca_refuse(ret_code, LAB_VMCA_TIME, e, "the start is more than 14 days ago");
    if (s->not_after <= s->not_before || s->not_after - s->not_before > (int64_t)LAB_VMCA_LIFE_DAYS * LAB_DAY)
        return lab_vmca_refuse(ret_code, LAB_VMCA_TIME, e, "it would be valid for more than ten years, or not at all");
    return true;
}

static bool inside(const char *domain, const char *name, size_t len)
{
    size_t more = strlen(domain);
    return text_caseeq_n(name, len, domain, more) ||
           (len > more + 1 && name[len - more - 1] == '.' && text_caseeq_n(name + len - more, more, domain, more));
}

/* The name policy lets private and loopback IPv4 addresses pass, as VMCA's does. */
static bool is_private(const ASN1_STRING *ip)
{
    const uint8_t *p = ASN1_STRING_get0_data(ip);
    return ASN1_STRING_length(ip) == 4 && (p[0] == 10 || p[0] == 127 || (p[0] == 172 && (p[1] & 0xf0) == 16) ||
                                           (p[0] == 192 && p[1] == 168));
}

static bool check_subject(const struct lab_sign *s, X509_REQ *req, int *ret_code, struct err *e)
{
    const X509_NAME *subject = X509_REQ_get_subject_name(req);
    if (!X509_NAME_entry_count(subject))
        return lab_vmca_refuse(ret_code, LAB_VMCA_FIELD, e, "the subject is empty");
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
        const ASN1_STRING *cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
        const char *text = (const char *)ASN1_STRING_get0_data(cn);
        size_t len = (size_t)ASN1_STRING_length(cn);
        if (memchr(text, '*', len))
            return lab_vmca_refuse(ret_code, LAB_VMCA_NAME, e, "a wildcard in CN");
        if (s->policy && memchr(text, '.', len) && !inside(s->policy, text, len))
            return lab_vmca_refuse(ret_code, LAB_VMCA_POLICY, e, "CN is outside of the name policy");
    }
    return true;
}

static bool check_sans(const struct lab_sign *s, X509 *x, int *ret_code, struct err *e)
{
    AUTO(names_freep) GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    size_t dns = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
        if (type == GEN_IPADD && s->policy && !is_private(value))
            return lab_vmca_refuse(ret_code, LAB_VMCA_POLICY, e, "an address outside of the name policy");
        if (type != GEN_DNS)
            continue;
        const char *text = (const char *)ASN1_STRING_get0_data(value);
        size_t len = (size_t)ASN1_STRING_length(value);
        if (memchr(text, '*', len))
            return lab_vmca_refuse(ret_code, LAB_VMCA_SAN, e, "a wildcard among the DNS names");
        if (++dns > 1 && !s->many_names)
            return lab_vmca_refuse(ret_code, LAB_VMCA_SAN, e, "more than one DNS name, and multiplesan is off");
        if (s->policy && !inside(s->policy, text, len))
            return lab_vmca_refuse(ret_code, LAB_VMCA_POLICY, e, "a DNS name outside of the name policy");
    }
    return true;
}

/* Read from the extensions themselves: what OpenSSL remembers of a certificate must not be made before its signature. */
static bool check_rights(X509 *x, int *ret_code, struct err *e)
{
    AUTO(constraints_freep) BASIC_CONSTRAINTS *basic = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
    AUTO(usage_freep) ASN1_BIT_STRING *usage = X509_get_ext_d2i(x, NID_key_usage, NULL, NULL);
    static const int refused[] = { 5, 6, 3 }; /* keyCertSign, cRLSign, dataEncipherment: RFC 5280 4.2.1.3 */
    if (basic && basic->ca)
        return lab_vmca_refuse(ret_code, LAB_VMCA_FIELD, e, "a CA's certificate is not signed for anybody");
    for (size_t i = 0; usage && i < ARRAY_LEN(refused); i++)
        if (ASN1_BIT_STRING_get_bit(usage, refused[i]))
            return lab_vmca_refuse(ret_code, LAB_VMCA_FIELD, e, "keyCertSign, cRLSign and dataEncipherment are not granted");
    return true;
}

/* ---- what it writes ---- */

static bool add_own(X509 *x, const struct lab_sign *s)
{
    X509V3_CTX ctx;
    char aia[LAB_DN_MAX];
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, s->issuer, x, NULL, NULL, 0);
    AUTO(ext_freep) X509_EXTENSION *aki = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid");
    if (!aki || !X509_add_ext(x, aki, -1))
        return false;
    if (!s->pnid)
        return true;
    (void)snprintf(aia, sizeof(aia), "caIssuers;URI:https://%s/afd/vecs/ca", s->pnid);
    AUTO(ext_freep) X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_info_access, aia);
    return ext && X509_add_ext(x, ext, -1);
}

/* A request without extensions gets neither AKI nor AIA: VMCA adds them to a list that is not there. */
static bool copy_exts(X509 *x, X509_REQ *req, const struct lab_sign *s)
{
    AUTO(exts_freep) STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(req);
    int len = exts ? sk_X509_EXTENSION_num(exts) : 0;
    for (int i = 0; i < len; i++)
        if (!X509_add_ext(x, sk_X509_EXTENSION_value(exts, i), -1))
            return false;
    return len <= 0 || add_own(x, s);
}

/* The key as it stands in the request. X509_set_pubkey encodes what was decoded and decodes that again, through OpenSSL's
 * search for a codec: half of the time that a signature takes. */
static bool copy_key(X509 *x, X509_REQ *req)
{
    const uint8_t *bits;
    const ASN1_OBJECT *type;
    X509_ALGOR *algor;
    int len;
    if (!X509_PUBKEY_get0_param(NULL, &bits, &len, &algor, X509_REQ_get_X509_PUBKEY(req)))
        return false;
    X509_ALGOR_get0(&type, NULL, NULL, algor);
    ASN1_OBJECT *own_type = OBJ_dup(type);
    uint8_t *own = OPENSSL_memdup(bits, (size_t)len);
    if (own_type && own && X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x), own_type, V_ASN1_NULL, NULL, own, len))
        return true;
    ASN1_OBJECT_free(own_type);
    OPENSSL_free(own);
    return false;
}

static bool fill(X509 *x, X509_REQ *req, const struct lab_sign *s)
{
    uint8_t bytes[sizeof(s->serial)];
    int64_t ca_end = lab_time_of(X509_get0_notAfter(s->issuer));
    memcpy(bytes, s->serial, sizeof(bytes));
    bytes[0] |= 0xc0;
    AUTO(bn_freep) BIGNUM *bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
    AUTO(number_freep) ASN1_INTEGER *serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
    return serial && X509_set_version(x, X509_VERSION_3) && X509_set_serialNumber(x, serial) &&
           X509_set_subject_name(x, X509_REQ_get_subject_name(req)) &&
           X509_set_issuer_name(x, X509_get_subject_name(s->issuer)) && copy_key(x, req) &&
           ASN1_TIME_set(X509_getm_notBefore(x), s->not_before) &&
           ASN1_TIME_set(X509_getm_notAfter(x), ca_end <= s->not_after ? ca_end : s->not_after) && copy_exts(x, req, s);
}

static X509 *failed(struct err *e)
{
    char why[160];
    ERR_error_string_n(ERR_get_error(), why, sizeof(why));
    ERR_clear_error();
    (void)err_set(e, ERR_INTERNAL, "signing a request: %s", why);
    return NULL;
}

X509 *lab_sign(const struct lab_sign *s, X509_REQ *req, int *ret_code, struct err *e)
{
    *ret_code = 0;
    AUTO(key_freep) EVP_PKEY *key = request_key(req, ret_code, e);
    if (!key || !check_key(key, ret_code, e) || !check_times(s, ret_code, e))
        return NULL;
    if (X509_REQ_verify(req, key) != 1) {
        (void)lab_vmca_refuse(ret_code, LAB_VMCA_FIELD, e, "the request's own signature does not verify");
        return NULL;
    }
    if (!check_subject(s, req, ret_code, e))
        return NULL;
    if (lab_time_of(X509_get0_notBefore(s->issuer)) >= s->not_before) {
        (void)lab_vmca_refuse(ret_code, LAB_VMCA_START, e, "it would begin before the CA's own certificate");
        return NULL;
    }
    AUTO(lab_x509_freep) X509 *x = X509_new();
    if (!x || !fill(x, req, s))
        return failed(e);
    if (!check_rights(x, ret_code, e) || !check_sans(s, x, ret_code, e))
        return NULL;
    return X509_sign(x, s->key, EVP_sha256()) > 0 ? STEAL(x) : failed(e);
}

X509_REQ *lab_csr_make(const struct lab_rdn *subject, const struct lab_ext *exts, EVP_PKEY *key, struct err *e)
{
    AUTO(lab_req_freep) X509_REQ *req = X509_REQ_new();
    AUTO(exts_freep) STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    AUTO(name_freep) X509_NAME *name = lab_name(subject);
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, NULL, NULL, req, NULL, 0);
    bool ok = req && list && name && X509_REQ_set_version(req, X509_REQ_VERSION_1) &&
              X509_REQ_set_subject_name(req, name) && X509_REQ_set_pubkey(req, key);
    for (; ok && exts && exts->nid; exts++) {
        X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, exts->nid, exts->value);
        ok = ext && sk_X509_EXTENSION_push(list, ext) > 0;
    }
    if (ok && sk_X509_EXTENSION_num(list))
        ok = X509_REQ_add_extensions(req, list);
    if (ok && X509_REQ_sign(req, key, EVP_sha256()) > 0)
        return STEAL(req);
    ERR_clear_error();
    (void)err_set(e, ERR_INPUT, "a name in the request can't be encoded");
    return NULL;
}
