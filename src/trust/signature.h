/* trust/signature.h - did the key of this certificate sign these bytes? For documents that a cell signs with its own key; what
 * certificates sign each other with is trust/algorithm.h's. Called by the command line's audit verify. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct trust_cert;

/* algorithm: "ecdsa-sha256", "rsa-pss-sha256" (salt of 32 bytes) or "ed25519", which must fit the key. ERR_UNTRUSTED: it did not.
 * ERR_INPUT: another algorithm. Says nothing about whether the certificate is to be believed. */
MUST_USE bool trust_signature_check(const struct trust_cert *c, const char *algorithm, const void *data, size_t len, const void *signature,
                                    size_t signature_len, struct err *e);
