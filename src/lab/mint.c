#include "lab/mint.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { CRL_DAYS = 30, CRL_PREDATE = 600 };

DEFINE_AUTO(ext_freep, X509_EXTENSION *, X509_EXTENSION_free)
DEFINE_AUTO(object_freep, ASN1_OBJECT *, ASN1_OBJECT_free)
DEFINE_AUTO(octets_freep, ASN1_OCTET_STRING *, ASN1_OCTET_STRING_free)
DEFINE_AUTO(number_freep, ASN1_INTEGER *, ASN1_INTEGER_free)
DEFINE_AUTO(time_freep, ASN1_TIME *, ASN1_TIME_free)
DEFINE_AUTO(name_freep, X509_NAME *, X509_NAME_free)
DEFINE_AUTO(bn_freep, BIGNUM *, BN_free)

/* With MBSTRING_UTF8 OpenSSL's table gives each attribute the string type that VMCA gives it: C Printable, DC and
 * mail IA5, the rest UTF8. */
X509_NAME *lab_name(const struct lab_rdn *rdns)
{
    AUTO(name_freep) X509_NAME *name = X509_NAME_new();
    for (; name && rdns->type; rdns++)
        if (!X509_NAME_add_entry_by_txt(name, rdns->type, MBSTRING_UTF8, (const unsigned char *)rdns->value, -1, -1, 0))
            return NULL;
    return STEAL(name);
}

static bool set_names(X509 *x, const struct lab_mint *m)
{
    AUTO(name_freep) X509_NAME *subject = lab_name(m->subject);
    AUTO(name_freep) X509_NAME *other = m->issuer_name ? lab_name(m->issuer_name) : NULL;
    if (!subject || (m->issuer_name && !other) || !X509_set_subject_name(x, subject))
        return false;
    return X509_set_issuer_name(x, other ? other : m->issuer ? X509_get_subject_name(m->issuer) : subject);
}

static bool set_serial(X509 *x, const struct lab_mint *m)
{
    AUTO(bn_freep) BIGNUM *bn = BN_bin2bn(m->serial, (int)m->serial_len, NULL);
    AUTO(number_freep) ASN1_INTEGER *serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
    return serial && X509_set_serialNumber(x, serial);
}

static bool set_times(X509 *x, const struct lab_mint *m)
{
    AUTO(time_freep) ASN1_TIME *from = ASN1_TIME_set(NULL, m->not_before);
    AUTO(time_freep) ASN1_TIME *to = ASN1_TIME_set(NULL, m->not_after);
    return from && to && X509_set1_notBefore(x, from) && X509_set1_notAfter(x, to);
}

static bool add_mark(X509 *x)
{
    static const uint8_t value[] = { 0x0c, 11, 'v', 's', 'p', 'h', 'e', 'r', 'e', '-', 'l', 'a', 'b' };
    AUTO(object_freep) ASN1_OBJECT *oid = OBJ_txt2obj(LAB_OID, 1);
    AUTO(octets_freep) ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    if (!oid || !octets || !ASN1_OCTET_STRING_set(octets, value, sizeof(value)))
        return false;
    AUTO(ext_freep) X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, octets);
    return ext && X509_add_ext(x, ext, -1);
}

static bool add_exts(X509 *x, const struct lab_mint *m)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, m->issuer ? m->issuer : x, x, NULL, NULL, 0);
    for (const struct lab_ext *it = m->exts; it && it->nid; it++) {
        AUTO(ext_freep) X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, it->nid, it->value);
        if (!ext || !X509_add_ext(x, ext, -1))
            return false;
    }
    return !m->mark || add_mark(x);
}

X509 *lab_mint(const struct lab_mint *m, struct err *e)
{
    AUTO(lab_x509_freep) X509 *x = X509_new();
    if (x && X509_set_version(x, X509_VERSION_3) && set_names(x, m) && set_serial(x, m) && set_times(x, m) &&
        X509_set_pubkey(x, m->key) && add_exts(x, m) && X509_sign(x, m->signer, EVP_sha256()) > 0)
        return STEAL(x);
    char why[160];
    ERR_error_string_n(ERR_get_error(), why, sizeof(why));
    ERR_clear_error();
    (void)err_set(e, ERR_INTERNAL, "making a certificate for %s: %s", m->subject->value, why);
    return NULL;
}

static bool add_revoked(X509_CRL *crl, const struct lab_revoked *r)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    AUTO(bn_freep) BIGNUM *bn = BN_bin2bn(r->serial, (int)r->serial_len, NULL);
    AUTO(number_freep) ASN1_INTEGER *serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
    AUTO(time_freep) ASN1_TIME *at = ASN1_TIME_set(NULL, r->at);
    if (entry && serial && at && X509_REVOKED_set_serialNumber(entry, serial) && X509_REVOKED_set_revocationDate(entry, at) &&
        X509_CRL_add0_revoked(crl, entry))
        return true;
    X509_REVOKED_free(entry);
    return false;
}

static bool fill_crl(X509_CRL *crl, X509 *issuer, int64_t now, unsigned number, const struct lab_revoked *revoked, size_t len)
{
    AUTO(time_freep) ASN1_TIME *from = ASN1_TIME_set(NULL, now - CRL_PREDATE);
    AUTO(time_freep) ASN1_TIME *to = ASN1_TIME_set(NULL, now - CRL_PREDATE + (int64_t)CRL_DAYS * LAB_DAY);
    AUTO(number_freep) ASN1_INTEGER *value = ASN1_INTEGER_new();
    X509V3_CTX ctx;
    if (!from || !to || !value || !X509_CRL_set_version(crl, X509_CRL_VERSION_2) ||
        !X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) || !X509_CRL_set1_lastUpdate(crl, from) ||
        !X509_CRL_set1_nextUpdate(crl, to) || !ASN1_INTEGER_set(value, (long)number) ||
        !X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, X509V3_ADD_APPEND))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!add_revoked(crl, &revoked[i]))
            return false;
    if (len)
        (void)X509_CRL_sort(crl);
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
    AUTO(ext_freep) X509_EXTENSION *aki = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid");
    return aki && X509_CRL_add_ext(crl, aki, -1);
}

X509_CRL *lab_mint_crl(X509 *issuer, EVP_PKEY *key, int64_t now, unsigned number, const struct lab_revoked *revoked,
                       size_t revoked_len, struct err *e)
{
    AUTO(lab_crl_freep) X509_CRL *crl = X509_CRL_new();
    if (crl && fill_crl(crl, issuer, now, number, revoked, revoked_len) && X509_CRL_sign(crl, key, EVP_sha256()) > 0)
        return STEAL(crl);
    ERR_clear_error();
    (void)err_set(e, ERR_INTERNAL, "libcrypto can't make a CRL");
    return NULL;
}
