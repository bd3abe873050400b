/* net/tls_identity.h - the inside of a struct tls_identity (net/tls_server.h). Inside net only. */
#pragma once
#include <openssl/x509.h>
#include <stdatomic.h>

#include "net/tls_server.h"

struct tls_identity {
    atomic_uint refs;
    X509 *leaf;
    STACK_OF(X509) *issuers; /* what is sent after it */
    EVP_PKEY *key;
};
