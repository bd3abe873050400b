/* net/tls_context.h - the settings that both sides of TLS share. Inside net only.
 * Everything that a setting forbids is forbidden here, in one place: docs/tls.md lists it with its tests. */
#pragma once
#include <openssl/ssl.h>

#include "base/err.h"

enum tls_side { TLS_SIDE_CLIENT, TLS_SIDE_SERVER };

/* NULL with ERR_INTERNAL when libssl refuses. */
SSL_CTX *tls_context_create(enum tls_side side, struct err *e);

/* The protocol that both sides speak inside, as ALPN writes it (RFC 7301): its length, then "http/1.1". */
extern const unsigned char tls_context_alpn[9];

/* What libssl's error queue says, oldest first, as text for people; the queue is empty then. */
void tls_context_reason(char *out, size_t size);
