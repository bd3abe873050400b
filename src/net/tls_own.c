#include "net/tls_own.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/secret.h"
#include "net/address.h"
#include "net/hosts.h"

enum { SERIAL_BYTES = 16, NAMES_TEXT = 8192, MADE_BYTES = 16 * 1024, HOUR = 3600, DAY = 24 * HOUR };

static void key_freep(EVP_PKEY **k)
{
    EVP_PKEY_free(*k);
}

static void cert_freep(X509 **x)
{
    X509_free(*x);
}

static void request_freep(X509_REQ **r)
{
    X509_REQ_free(*r);
}

static void name_freep(X509_NAME **n)
{
    X509_NAME_free(*n);
}

static void extension_freep(X509_EXTENSION **x)
{
    X509_EXTENSION_free(*x);
}

static bool refused(const char *what, struct err *e)
{
    ERR_clear_error();
    return err_set(e, ERR_INTERNAL, "OpenSSL refused %s", what);
}

/* "DNS:vc1.example,IP:10.0.0.7": every part was checked, so that no name can smuggle another one in. */
static bool alt_names(const char *const *names, size_t len, char text[NAMES_TEXT], struct err *e)
{
    size_t at = 0;
    if (len == 0 || len > TLS_OWN_NAMES)
        return err_set(e, ERR_INPUT, "a certificate of ours has 1 to %d names", TLS_OWN_NAMES);
    for (size_t i = 0; i < len; i++) {
        struct address a;
        bool address = address_parse(names[i], 0, &a, NULL);
        if (!address && !hosts_name_valid(names[i]))
            return err_set(e, ERR_INPUT, "\"%.100s\" is neither a host name nor an address", names[i]);
        at += (size_t)snprintf(text + at, NAMES_TEXT - at, "%s%s:%s", i ? "," : "", address ? "IP" : "DNS", names[i]);
    }
    return true;
}

static X509_NAME *subject(const char *cn)
{
    X509_NAME *n = X509_NAME_new();
    if (n && X509_NAME_add_entry_by_NID(n, NID_commonName, MBSTRING_UTF8, (const unsigned char *)cn,
                                        (int)strnlen(cn, ub_common_name), -1, 0) == 1)
        return n;
    X509_NAME_free(n);
    return NULL;
}

static X509_EXTENSION *extension(int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
    return X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
}

static bool add_extension(X509 *x, int nid, const char *value)
{
    AUTO(extension_freep) X509_EXTENSION *ext = extension(nid, value);
    return ext && X509_add_ext(x, ext, -1) == 1;
}

static bool append_bio(BIO *bio, struct buf *out, struct err *e)
{
    char *p;
    long len = BIO_get_mem_data(bio, &p);
    return len > 0 && buf_append(out, p, (size_t)len, e);
}

static bool put_key(EVP_PKEY *key, struct buf *out, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool ok = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 && append_bio(bio, out, e);
    BIO_free(bio);
    return ok || refused("to write a key", e);
}

static bool fill(X509 *x, EVP_PKEY *key, const char *cn, const char *names, int64_t now)
{
    uint8_t serial[SERIAL_BYTES];
    AUTO(name_freep) X509_NAME *name = subject(cn);
    random_bytes(serial, sizeof(serial));
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and of full length (RFC 5280 4.1.2.2) */
    BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
    bool ok = name && number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) && X509_set_version(x, X509_VERSION_3) &&
              X509_set_issuer_name(x, name) && X509_set_subject_name(x, name) && X509_set_pubkey(x, key) &&
              ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(now - HOUR)) &&
              ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(now + (int64_t)TLS_OWN_DAYS * DAY)) &&
              add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(x, NID_key_usage, "critical,digitalSignature") &&
              add_extension(x, NID_ext_key_usage, "serverAuth") && add_extension(x, NID_subject_alt_name, names);
    BN_free(number);
    return ok;
}

static bool put_cert(X509 *x, struct buf *out, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio && PEM_write_bio_X509(bio, x) == 1 && append_bio(bio, out, e);
    BIO_free(bio);
    return ok || refused("to write a certificate", e);
}

bool tls_own_make(const char *const *names, size_t len, int64_t now, struct buf *out, struct err *e)
{
    char text[NAMES_TEXT];
    if (!alt_names(names, len, text, e))
        return false;
    uint8_t *room; /* at once: growing would leave a copy of the key behind */
    if (!buf_reserve(out, MADE_BYTES, &room, e))
        return false;
    AUTO(key_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
    AUTO(cert_freep) X509 *x = X509_new();
    if (!key || !x || !fill(x, key, names[0], text, now) || X509_sign(x, key, EVP_sha256()) == 0)
        return refused("to make a certificate", e);
    return put_key(key, out, e) && put_cert(x, out, e);
}

static bool ask_names(X509_REQ *r, const char *names)
{
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    X509_EXTENSION *ext = extension(NID_subject_alt_name, names);
    bool pushed = list && ext && sk_X509_EXTENSION_push(list, ext) > 0;
    if (!pushed)
        X509_EXTENSION_free(ext);
    bool ok = pushed && X509_REQ_add_extensions(r, list) == 1;
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    return ok;
}

bool tls_own_request(const char *const *names, size_t len, struct buf *ret_csr, struct buf *ret_key, struct err *e)
{
    char text[NAMES_TEXT];
    if (!alt_names(names, len, text, e))
        return false;
    AUTO(key_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
    AUTO(request_freep) X509_REQ *r = X509_REQ_new();
    AUTO(name_freep) X509_NAME *name = subject(names[0]);
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = key && r && name && bio && X509_REQ_set_subject_name(r, name) && X509_REQ_set_pubkey(r, key) &&
              ask_names(r, text) && X509_REQ_sign(r, key, EVP_sha256()) > 0 && PEM_write_bio_X509_REQ(bio, r) == 1 &&
              append_bio(bio, ret_csr, e);
    BIO_free(bio);
    return ok ? put_key(key, ret_key, e) : refused("to make a request", e);
}
