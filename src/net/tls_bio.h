/* net/tls_bio.h - lets libssl read and write through a struct conn that is not a TCP socket. Inside net only.
 * The connection and the place for its errors are borrowed. */
#pragma once
#include <openssl/bio.h>

#include "base/err.h"
#include "net/conn.h"

/* NULL when libcrypto refuses. failure->kind is set when the connection fails. */
BIO *tls_bio_create(struct conn *under, struct err *failure);
