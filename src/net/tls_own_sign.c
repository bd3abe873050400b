/* What a server signs besides its handshakes. See net/tls_own.h. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/file.h"
#include "net/tls_own.h"
#include "trust/pem.h"

DEFINE_AUTO(key_freep, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(bio_freep, BIO *, BIO_free)
DEFINE_AUTO(digest_freep, EVP_MD_CTX *, EVP_MD_CTX_free)

static bool refused(struct err *e)
{
    ERR_clear_error();
    return err_set(e, ERR_INTERNAL, "OpenSSL refused to sign with the cell's key");
}

static const char *algorithm_of(const EVP_PKEY *key)
{
    switch (EVP_PKEY_base_id(key)) {
    case EVP_PKEY_EC: return "ecdsa-sha256";
    case EVP_PKEY_RSA: return "rsa-pss-sha256";
    case EVP_PKEY_ED25519: return "ed25519";
    default: return NULL;
    }
}

static bool sign(EVP_PKEY *key, const void *data, size_t len, struct buf *ret, struct err *e)
{
    AUTO(digest_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL; /* the context's */
    const bool pure = EVP_PKEY_base_id(key) == EVP_PKEY_ED25519, rsa = EVP_PKEY_base_id(key) == EVP_PKEY_RSA;
    size_t room = 0;
    uint8_t *at;
    if (!ctx || EVP_DigestSignInit(ctx, &how, pure ? NULL : EVP_sha256(), NULL, key) != 1 ||
        (rsa && (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) != 1 ||
                 EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1)) ||
        EVP_DigestSign(ctx, NULL, &room, data, len) != 1)
        return refused(e);
    if (!buf_reserve(ret, room, &at, e))
        return false;
    if (EVP_DigestSign(ctx, at, &room, data, len) != 1)
        return refused(e);
    buf_commit(ret, room);
    return true;
}

/* The certificates of the file, without its key. */
static bool put_block(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    return kind != TRUST_PEM_CERTIFICATE || trust_pem_write(self, kind, der, len, e);
}

bool tls_own_sign(const char *dir, const void *data, size_t len, struct buf *ret_signature, const char **ret_algorithm, struct buf *ret_chain,
                  struct err *e)
{
    AUTO(tls_own_wipe) struct buf pem;
    buf_init(&pem, TLS_OWN_PEM);
    if (!tls_own_read(dir, &pem, e))
        return false;
    AUTO(bio_freep) BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
    AUTO(key_freep) EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
    const char *algorithm = key ? algorithm_of(key) : NULL;
    if (!algorithm)
        return refused(e);
    if (!sign(key, data, len, ret_signature, e) || !trust_pem_read(pem.data, pem.len, put_block, ret_chain, e))
        return false;
    *ret_algorithm = algorithm;
    return true;
}
