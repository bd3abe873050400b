#include "lab/bundle.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "lab/pem.h"
#include "lab/vmca.h"

DEFINE_AUTO(bio_freep, BIO *, BIO_free)

static bool take(struct lab_bundle *b, const char *name, const uint8_t *der, long len, struct err *e)
{
    const uint8_t *at = der;
    if (!strcmp(name, PEM_STRING_X509) || !strcmp(name, PEM_STRING_X509_OLD) || !strcmp(name, PEM_STRING_X509_TRUSTED)) {
        if (b->len == LAB_BUNDLE_CERTS)
            return err_set(e, ERR_LIMIT, "more than %d certificates", LAB_BUNDLE_CERTS);
        X509 *x = d2i_X509(NULL, &at, len);
        if (!x)
            return err_set(e, ERR_INPUT, "a certificate can't be read");
        b->certs[b->len++] = x;
    } else if (!strcmp(name, PEM_STRING_X509_CRL)) {
        X509_CRL *crl = d2i_X509_CRL(NULL, &at, len);
        if (!crl)
            return err_set(e, ERR_INPUT, "a CRL can't be read");
        if (b->crl)
            X509_CRL_free(crl);
        else
            b->crl = crl;
    } else if (strstr(name, "PRIVATE KEY") && !b->key) {
        b->key = d2i_AutoPrivateKey(NULL, &at, len);
        if (!b->key)
            return err_set(e, ERR_INPUT, "a private key can't be read");
    }
    return true;
}

bool lab_bundle_read(struct lab_bundle *b, const char *pem, size_t len, struct err *e)
{
    AUTO(bio_freep) BIO *in = len && len <= LAB_PEM_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    *b = (struct lab_bundle){ .len = 0 };
    bool ok = in != NULL;
    while (ok) {
        char *name = NULL, *header = NULL;
        uint8_t *der = NULL;
        long der_len;
        if (!PEM_read_bio(in, &name, &header, &der, &der_len)) {
            ok = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE || err_set(e, ERR_INPUT, "not well-formed PEM");
            break;
        }
        ok = take(b, name, der, der_len, e);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)der_len);
    }
    ERR_clear_error();
    if (ok && !b->len && !b->crl && !b->key)
        ok = err_set(e, ERR_INPUT, "no PEM block with a certificate");
    if (!in)
        (void)err_set(e, ERR_INPUT, "no PEM text, or more than %d bytes", LAB_PEM_MAX);
    if (!ok)
        lab_bundle_done(b);
    return ok;
}

void lab_bundle_done(struct lab_bundle *b)
{
    for (size_t i = 0; i < b->len; i++)
        X509_free(b->certs[i]);
    X509_CRL_free(b->crl);
    EVP_PKEY_free(b->key);
    *b = (struct lab_bundle){ .len = 0 };
}

bool lab_bundle_is_chain(const struct lab_bundle *b)
{
    for (size_t i = 0; i + 1 < b->len; i++)
        if (!lab_issued_by(b->certs[i], b->certs[i + 1]))
            return false;
    return b->len > 0;
}

bool lab_is_rsa(X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    int by;
    return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && X509_get_signature_info(x, NULL, &by, NULL, NULL) == 1 &&
           by == EVP_PKEY_RSA;
}

bool lab_bundle_is_rsa(const struct lab_bundle *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (!lab_is_rsa(b->certs[i]))
            return false;
    return true;
}
