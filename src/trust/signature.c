#include "trust/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "trust/cert.h"

static const struct scheme {
    const char *name;
    int type;
    bool pss, digest;
} schemes[] = {
    { "ecdsa-sha256", EVP_PKEY_EC, false, true },
    { "rsa-pss-sha256", EVP_PKEY_RSA, true, true },
    { "ed25519", EVP_PKEY_ED25519, false, false },
};

static const struct scheme *scheme_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (!strcmp(schemes[i].name, name))
            return &schemes[i];
    return NULL;
}

static bool verify(const struct scheme *s, EVP_PKEY *key, const void *data, size_t len, const void *signature, size_t signature_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL; /* the context's */
    bool ok = ctx && EVP_DigestVerifyInit(ctx, &how, s->digest ? EVP_sha256() : NULL, NULL, key) == 1 &&
              (!s->pss || (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
                           EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
              EVP_DigestVerify(ctx, signature, signature_len, data, len) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

bool trust_signature_check(const struct trust_cert *c, const char *algorithm, const void *data, size_t len, const void *signature,
                           size_t signature_len, struct err *e)
{
    const struct scheme *s = scheme_of(algorithm);
    size_t der_len;
    const uint8_t *der = trust_cert_der(c, &der_len);
    if (!s)
        return err_set(e, ERR_INPUT, "the signature's algorithm is not known");
    X509 *x = d2i_X509(NULL, &der, (long)der_len);
    EVP_PKEY *key = x ? X509_get0_pubkey(x) : NULL;
    bool ok = key && EVP_PKEY_base_id(key) == s->type && verify(s, key, data, len, signature, signature_len);
    X509_free(x);
    ERR_clear_error();
    return ok || err_set(e, ERR_UNTRUSTED, "the signature was not made by the key of this certificate over these bytes");
}
