#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "trust/cert.h"
#include "trust/der.h"
#include "trust/keystore.h"

typedef STACK_OF(PKCS12_SAFEBAG) bag_stack;
typedef STACK_OF(PKCS7) safe_stack;

DEFINE_AUTO(p12_freep, PKCS12 *, PKCS12_free)
DEFINE_AUTO(ctx_freep, OSSL_LIB_CTX *, OSSL_LIB_CTX_free)
DEFINE_AUTO(bio_freep, BIO *, BIO_free)
DEFINE_AUTO(x509_freep, X509 *, X509_free)

static void bags_freep(bag_stack **p)
{
    sk_PKCS12_SAFEBAG_pop_free(*p, PKCS12_SAFEBAG_free);
}

static void safes_freep(safe_stack **p)
{
    sk_PKCS7_pop_free(*p, PKCS7_free);
}

/* ---- reading ---- */

bool trust_keystore_is(const uint8_t *data, size_t len)
{
    static const uint8_t version3[] = { 0x02, 0x01, 0x03 }; /* INTEGER 3: no other DER that we know begins so */
    const size_t head = der_sequence_head(data, len);
    return head && head + sizeof(version3) < len && memcmp(data + head, version3, sizeof(version3)) == 0;
}

struct reading {
    const char *password; /* NULL: none */
    int password_len;
    uint64_t rounds;      /* spent so far */
    size_t count;
    trust_pem_sink *sink;
    void *self;
    struct trust_keystore_found found;
};

static bool damaged(struct err *e)
{
    ERR_clear_error();
    return err_set(e, ERR_INPUT, "the PKCS#12 file is damaged");
}

static bool spend(struct reading *r, const ASN1_INTEGER *rounds, struct err *e)
{
    uint64_t n = 1;
    if (rounds && ASN1_INTEGER_get_uint64(&n, rounds) != 1)
        n = UINT64_MAX;
    if (n > TRUST_KEYSTORE_ROUNDS || r->rounds + n > TRUST_KEYSTORE_ROUNDS)
        return err_set(e, ERR_LIMIT, "opening the PKCS#12 file would take more than %d rounds of key derivation", TRUST_KEYSTORE_ROUNDS);
    r->rounds += n;
    return true;
}

static bool other_scheme(struct err *e)
{
    ERR_clear_error();
    return err_set(e, ERR_INPUT, "the PKCS#12 file is encrypted in a way that is not accepted");
}

/* PBES2 (RFC 8018): PBKDF2 only, because what else there is may ask for any amount of memory. */
static bool spend_pbes2(struct reading *r, const ASN1_TYPE *param, struct err *e)
{
    PBE2PARAM *pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), param);
    PBKDF2PARAM *kdf = pbe && OBJ_obj2nid(pbe->keyfunc->algorithm) == NID_id_pbkdf2
                           ? ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbe->keyfunc->parameter)
                           : NULL;
    bool ok = kdf ? spend(r, kdf->iter, e) : other_scheme(e);
    PBKDF2PARAM_free(kdf);
    PBE2PARAM_free(pbe);
    return ok;
}

static bool spend_on(struct reading *r, const X509_ALGOR *how, struct err *e)
{
    int nid = OBJ_obj2nid(how->algorithm);
    if (nid == NID_pbes2)
        return spend_pbes2(r, how->parameter, e);
    if (nid != NID_pbe_WithSHA1And40BitRC2_CBC && nid != NID_pbe_WithSHA1And128BitRC2_CBC && nid != NID_pbe_WithSHA1And3_Key_TripleDES_CBC &&
        nid != NID_pbe_WithSHA1And2_Key_TripleDES_CBC && nid != NID_pbe_WithSHA1And128BitRC4 && nid != NID_pbe_WithSHA1And40BitRC4)
        return other_scheme(e);
    PBEPARAM *pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), how->parameter);
    bool ok = pbe ? spend(r, pbe->iter, e) : other_scheme(e);
    PBEPARAM_free(pbe);
    return ok;
}

static bool hand_over(struct reading *r, enum trust_pem_kind kind, uint8_t *der, int len, struct err *e)
{
    bool ok = len > 0 ? r->sink(r->self, kind, der, (size_t)len, e) : damaged(e);
    OPENSSL_free(der);
    return ok;
}

static bool read_cert_bag(struct reading *r, const PKCS12_SAFEBAG *bag, struct err *e)
{
    uint8_t *der = NULL;
    X509 *cert = PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate ? PKCS12_SAFEBAG_get1_cert(bag) : NULL;
    if (!cert) { /* an SDSI certificate, or one that nobody can read */
        r->found.other++;
        ERR_clear_error();
        return true;
    }
    int len = i2d_X509(cert, &der);
    X509_free(cert);
    return hand_over(r, TRUST_PEM_CERTIFICATE, der, len, e);
}

static bool read_crl_bag(struct reading *r, const PKCS12_SAFEBAG *bag, struct err *e)
{
    uint8_t *der = NULL;
    X509_CRL *crl = PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Crl ? PKCS12_SAFEBAG_get1_crl(bag) : NULL;
    if (!crl) {
        r->found.other++;
        ERR_clear_error();
        return true;
    }
    int len = i2d_X509_CRL(crl, &der);
    X509_CRL_free(crl);
    return hand_over(r, TRUST_PEM_CRL, der, len, e);
}

/* Called for itself by a bag of bags, TRUST_KEYSTORE_DEPTH deep. */
static bool read_bags(struct reading *r, const bag_stack *bags, unsigned depth, struct err *e) /* NOLINT(misc-no-recursion) */
{
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        bool ok = true;
        if (++r->count > TRUST_KEYSTORE_CERTS)
            return err_set(e, ERR_LIMIT, "the PKCS#12 file holds more than %d entries", TRUST_KEYSTORE_CERTS);
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_certBag: ok = read_cert_bag(r, bag, e); break;
        case NID_crlBag: ok = read_crl_bag(r, bag, e); break;
        case NID_keyBag:
        case NID_pkcs8ShroudedKeyBag: r->found.keys++; break;
        case NID_safeContentsBag:
            ok = depth < TRUST_KEYSTORE_DEPTH ? read_bags(r, PKCS12_SAFEBAG_get0_safes(bag), depth + 1, e) : damaged(e);
            break;
        default: r->found.other++; break;
        }
        if (!ok)
            return false;
    }
    return true;
}

static bool read_safe(struct reading *r, PKCS7 *safe, struct err *e)
{
    AUTO(bags_freep) bag_stack *bags = NULL;
    switch (OBJ_obj2nid(safe->type)) {
    case NID_pkcs7_data:
        bags = PKCS12_unpack_p7data(safe);
        break;
    case NID_pkcs7_encrypted:
        if (!safe->d.encrypted || !safe->d.encrypted->enc_data || !safe->d.encrypted->enc_data->algorithm)
            return damaged(e);
        if (!spend_on(r, safe->d.encrypted->enc_data->algorithm, e))
            return false;
        bags = PKCS12_unpack_p7encdata(safe, r->password, r->password_len);
        if (!bags) {
            ERR_clear_error();
            return err_set(e, ERR_DENIED, "the PKCS#12 file needs %s password", r->password ? "another" : "a");
        }
        break;
    default: /* for one person's key */
        return other_scheme(e);
    }
    return bags ? read_bags(r, bags, 0, e) : damaged(e);
}

/* The MAC tells a wrong password before anything is decrypted. "No password" is written in two ways. */
static bool check_mac(struct reading *r, PKCS12 *p12, struct err *e)
{
    const ASN1_INTEGER *rounds = NULL;
    if (!PKCS12_mac_present(p12))
        return true;
    PKCS12_get0_mac(NULL, NULL, NULL, &rounds, p12);
    if (!spend(r, rounds, e))
        return false;
    if (r->password_len == 0 && spend(r, rounds, e) && PKCS12_verify_mac(p12, NULL, 0))
        return true;
    if (!PKCS12_verify_mac(p12, r->password ? r->password : "", r->password_len)) {
        ERR_clear_error();
        return err_set(e, ERR_DENIED, r->password ? "this is not the password of the PKCS#12 file, or it is damaged" : "the PKCS#12 file needs a password");
    }
    if (!r->password)
        r->password = "";
    return true;
}

static bool read_safes(struct reading *r, PKCS12 *p12, struct err *e)
{
    if (!check_mac(r, p12, e))
        return false;
    AUTO(safes_freep) safe_stack *safes = PKCS12_unpack_authsafes(p12);
    if (!safes)
        return damaged(e);
    for (int i = 0; i < sk_PKCS7_num(safes); i++)
        if (!read_safe(r, sk_PKCS7_value(safes, i), e))
            return false;
    return true;
}

bool trust_keystore_read(const uint8_t *data, size_t len, const struct secret *password, trust_pem_sink *sink, void *self,
                         struct trust_keystore_found *ret, struct err *e)
{
    struct reading r = { .sink = sink, .self = self };
    if (len > TRUST_KEYSTORE_MAX)
        return err_set(e, ERR_LIMIT, "a PKCS#12 file of more than %d bytes", TRUST_KEYSTORE_MAX);
    if (password && password->len) {
        r.password = (const char *)password->bytes;
        r.password_len = (int)password->len;
    } else if (password) {
        r.password = "";
    }
    /* A library context of its own: RC2, which Windows and old Java use here, comes with a provider that nobody else shall see. */
    AUTO(ctx_freep) OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *standard = ctx ? OSSL_PROVIDER_load(ctx, "default") : NULL, *legacy = ctx ? OSSL_PROVIDER_load(ctx, "legacy") : NULL;
    AUTO(p12_freep) PKCS12 *p12 = standard ? PKCS12_init_ex(NID_pkcs7_data, ctx, NULL) : NULL;
    bool ok = p12 ? true : err_set(e, ERR_INTERNAL, "libcrypto can't read PKCS#12");
    const uint8_t *p = data;
    if (ok && (!d2i_PKCS12(&p12, &p, (long)len) || p != data + len))
        ok = damaged(e);
    ok = ok && read_safes(&r, p12, e);
    p12_freep(&p12);
    p12 = NULL;
    if (legacy)
        (void)OSSL_PROVIDER_unload(legacy);
    if (standard)
        (void)OSSL_PROVIDER_unload(standard);
    ERR_clear_error();
    if (ok)
        *ret = r.found;
    return ok;
}

/* ---- writing ---- */

enum { ROUNDS = 10000 }; /* as keytool does; what is encrypted here is public */

static bool refused(struct err *e)
{
    ERR_clear_error();
    return err_set(e, ERR_INTERNAL, "libcrypto can't write the PKCS#12 file");
}

/* A BMPString holds no character beyond the first plane: each becomes U+FFFD. */
static bool put_name(PKCS12_SAFEBAG *bag, const char *alias)
{
    AUTO(buf_done) struct buf name;
    buf_init(&name, TRUST_KEYSTORE_ALIAS + 1);
    for (const char *p = alias; *p;) {
        size_t len = ((unsigned char)*p & 0xf8) == 0xf0 ? strnlen(p, 4) : 1;
        if (!buf_append(&name, len > 1 ? "\xef\xbf\xbd" : p, len > 1 ? 3 : 1, NULL))
            return false;
        p += len;
    }
    return PKCS12_add_friendlyname_utf8(bag, buf_str(&name), -1);
}

/* 2.16.840.1.113894.746875.1.1 with anyExtendedKeyUsage: to Java "this is a trusted certificate". */
static bool put_bag(bag_stack **bags, const struct trust_keystore_entry *entry, struct err *e)
{
    const uint8_t *p = entry->der;
    AUTO(x509_freep) X509 *cert = d2i_X509(NULL, &p, (long)entry->len);
    if (!cert)
        return refused(e);
    PKCS12_SAFEBAG *bag = PKCS12_add_cert(bags, cert); /* owned by the stack */
    ASN1_OBJECT *any = OBJ_nid2obj(NID_anyExtendedKeyUsage);
    bool ok = bag && put_name(bag, entry->alias) &&
              PKCS12_add1_attr_by_txt(bag, "2.16.840.1.113894.746875.1.1", V_ASN1_OBJECT, (const unsigned char *)any, -1);
    return ok || refused(e);
}

static bool append(const PKCS12 *p12, struct buf *out, struct err *e)
{
    uint8_t *der = NULL;
    int len = i2d_PKCS12(p12, &der);
    bool ok = len > 0 ? buf_append(out, der, (size_t)len, e) : refused(e);
    OPENSSL_free(der);
    return ok;
}

bool trust_keystore_write_pkcs12(const struct trust_keystore_entry *entries, size_t len, const struct secret *password, struct buf *out,
                                 struct err *e)
{
    AUTO(bags_freep) bag_stack *bags = sk_PKCS12_SAFEBAG_new_null();
    AUTO(safes_freep) safe_stack *safes = NULL;
    const char *text = password->len ? (const char *)password->bytes : "";
    for (size_t i = 0; i < len; i++)
        if (!put_bag(&bags, &entries[i], e))
            return false;
    if (!bags || !PKCS12_add_safe(&safes, bags, NID_aes_256_cbc, ROUNDS, text))
        return refused(e);
    AUTO(p12_freep) PKCS12 *p12 = PKCS12_add_safes(safes, 0);
    if (!p12 || !PKCS12_set_mac(p12, text, -1, NULL, 0, ROUNDS, EVP_sha256()))
        return refused(e);
    return append(p12, out, e);
}
