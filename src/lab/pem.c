#include "lab/pem.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"

DEFINE_AUTO(bio_freep, BIO *, BIO_free)

static bool take(struct buf *out, BIO *bio, bool written, struct err *e)
{
    char *text;
    long len = bio ? BIO_get_mem_data(bio, &text) : 0;
    if (!written || len <= 0)
        return err_set(e, ERR_INTERNAL, "libcrypto can't write PEM");
    return buf_append(out, text, (size_t)len, e);
}

bool lab_pem_cert(struct buf *out, X509 *cert, struct err *e)
{
    AUTO(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    return take(out, bio, bio && PEM_write_bio_X509(bio, cert), e);
}

bool lab_pem_crl(struct buf *out, X509_CRL *crl, struct err *e)
{
    AUTO(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    return take(out, bio, bio && PEM_write_bio_X509_CRL(bio, crl), e);
}

void lab_thumbprint(X509 *cert, char out[60])
{
    uint8_t *der = NULL, hash[DIGEST_SHA1];
    int len = i2d_X509(cert, &der);
    digest_sha1(der, len > 0 ? (size_t)len : 0, hash);
    OPENSSL_free(der);
    text_fingerprint(hash, sizeof(hash), out);
}

void lab_thumbprint_sha256(X509 *cert, char out[100])
{
    uint8_t *der = NULL, hash[DIGEST_SHA256];
    int len = i2d_X509(cert, &der);
    digest_sha256(der, len > 0 ? (size_t)len : 0, hash);
    OPENSSL_free(der);
    text_fingerprint(hash, sizeof(hash), out);
}

void lab_key_id(X509 *cert, char out[64])
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(cert);
    uint8_t hash[DIGEST_SHA1], *der = NULL;
    const uint8_t *bytes = hash;
    size_t len = id && ASN1_STRING_length(id) <= 31 ? (size_t)ASN1_STRING_length(id) : 0;
    if (len) {
        bytes = ASN1_STRING_get0_data(id);
    } else {
        int der_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
        digest_sha1(der, der_len > 0 ? (size_t)der_len : 0, hash);
        len = sizeof(hash);
    }
    for (size_t i = 0; i < len; i++)
        (void)snprintf(out + 2 * i, 3, "%02X", bytes[i]);
    OPENSSL_free(der);
}

void lab_dn_text(const X509_NAME *name, const char *separator, char out[LAB_DN_MAX])
{
    AUTO(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    out[0] = '\0';
    unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    if (!strcmp(separator, ", "))
        flags = (flags & ~(unsigned long)XN_FLAG_SEP_MASK) | XN_FLAG_SEP_CPLUS_SPC;
    if (!bio || X509_NAME_print_ex(bio, name, 0, flags) < 0)
        return;
    long len = BIO_get_mem_data(bio, &text);
    (void)snprintf(out, LAB_DN_MAX, "%.*s", (int)len, text);
}

int64_t lab_time_of(const ASN1_TIME *t)
{
    struct tm tm;
    return ASN1_TIME_to_tm(t, &tm) ? timegm(&tm) : 0;
}
