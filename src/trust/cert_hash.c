#include <openssl/err.h>
#include <openssl/x509.h>

#include "trust/cert.h"

bool trust_cert_subject_hash(const struct trust_cert *c, uint32_t *ret, struct err *e)
{
    size_t len;
    const uint8_t *der = trust_cert_der(c, &len);
    X509 *x = d2i_X509(NULL, &der, (long)len);
    int ok = 0;
    uint32_t hash = x ? (uint32_t)X509_NAME_hash_ex(X509_get_subject_name(x), NULL, NULL, &ok) : 0;
    X509_free(x);
    ERR_clear_error();
    if (!ok)
        return err_set(e, ERR_INTERNAL, "libcrypto can't hash the subject of a certificate");
    *ret = hash;
    return true;
}
