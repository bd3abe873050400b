#include "net/tls_identity.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/mem.h"

struct tls_identity *tls_identity_ref(struct tls_identity *i)
{
    (void)atomic_fetch_add_explicit(&i->refs, 1, memory_order_relaxed);
    return i;
}

struct tls_identity *tls_identity_unref(struct tls_identity *i)
{
    if (!i || atomic_fetch_sub_explicit(&i->refs, 1, memory_order_acq_rel) != 1)
        return NULL;
    X509_free(i->leaf);
    EVP_PKEY_free(i->key);
    sk_X509_pop_free(i->issuers, X509_free);
    free(i);
    return NULL;
}

/* An encrypted key is refused; nobody is asked for a password. */
static int no_password(char *buf, int size, int writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

/* All certificates of the text; false with e set. */
static bool read_chain(struct tls_identity *i, BIO *in, struct err *e)
{
    i->leaf = PEM_read_bio_X509(in, NULL, no_password, NULL);
    if (!i->leaf)
        return err_set(e, ERR_INPUT, "no certificate in PEM form");
    for (X509 *x; (x = PEM_read_bio_X509(in, NULL, no_password, NULL));)
        if (sk_X509_num(i->issuers) >= TLS_IDENTITY_MAX || !sk_X509_push(i->issuers, x)) {
            X509_free(x);
            return err_set(e, ERR_LIMIT, "more than %d certificates", TLS_IDENTITY_MAX);
        }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return err_set(e, ERR_INPUT, "a certificate after the first can't be read");
    return true;
}

static bool read_all(struct tls_identity *i, BIO *chain, BIO *key, struct err *e)
{
    if (!chain || !key || !i->issuers)
        return err_set(e, ERR_INTERNAL, "reading a certificate and its key");
    if (!read_chain(i, chain, e))
        return false;
    i->key = PEM_read_bio_PrivateKey(key, NULL, no_password, NULL);
    if (!i->key)
        return err_set(e, ERR_INPUT, "no private key in PEM form, or an encrypted one");
    if (X509_check_private_key(i->leaf, i->key) != 1)
        return err_set(e, ERR_INPUT, "the private key is not that of the first certificate");
    return true;
}

struct tls_identity *tls_identity_parse(const void *chain, size_t chain_len, const void *key, size_t key_len,
                                        struct err *e)
{
    if (chain_len > TLS_IDENTITY_BYTES || key_len > TLS_IDENTITY_BYTES) {
        err_set(e, ERR_LIMIT, "more than %d bytes", TLS_IDENTITY_BYTES);
        return NULL;
    }
    struct tls_identity *i = xcalloc(1, sizeof(*i));
    atomic_init(&i->refs, 1);
    ERR_clear_error();
    BIO *chain_in = BIO_new_mem_buf(chain, (int)chain_len), *key_in = BIO_new_mem_buf(key, (int)key_len);
    i->issuers = sk_X509_new_null();
    bool ok = read_all(i, chain_in, key_in, e);
    BIO_free(chain_in);
    BIO_free(key_in);
    ERR_clear_error(); /* may hold fragments of what was read */
    return ok ? i : tls_identity_unref(i);
}
