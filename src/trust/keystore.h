/* trust/keystore.h - certificates in and out of the key stores that Windows, Java and browsers keep: PKCS#12 (RFC 7292) read and
 * written, Sun's JKS written. Called by the CLI's import and export. A private key in a PKCS#12 file is counted and stays as it
 * is, encrypted: it is never decrypted, nor handed over. Pure but for libcrypto: no file, no clock. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trust/pem.h"

struct buf;
struct secret;

enum {
    TRUST_KEYSTORE_MAX = 16 * 1024 * 1024,  /* bytes of a file */
    TRUST_KEYSTORE_CERTS = 20000,           /* certificates, CRLs and keys in one */
    TRUST_KEYSTORE_ROUNDS = 4 * 1000 * 1000, /* key derivations of a whole file: what it may cost to open one */
    TRUST_KEYSTORE_DEPTH = 4,               /* bags in bags */
    TRUST_KEYSTORE_ALIAS = 1024,            /* bytes of a name that is written */
};

/* True for what begins as a PKCS#12 file (a PFX), in DER or BER. */
bool trust_keystore_is(const uint8_t *data, size_t len);

struct trust_keystore_found {
    size_t keys;  /* private keys, which were left alone */
    size_t other; /* secrets and what else nobody here has a use for */
};

/* Hands over the certificates and CRLs. password NULL: nobody knows one; it opens what is protected by none, or by the empty one.
 * ERR_DENIED: it needs a password, or another one. ERR_INPUT: damaged, or encrypted in a way that is not accepted (PBES2 with
 * PBKDF2, and the older schemes of RFC 7292 appendix C, are). ERR_LIMIT: a cap. What was handed over before a failure is to be dropped. */
MUST_USE bool trust_keystore_read(const uint8_t *data, size_t len, const struct secret *password, trust_pem_sink *sink, void *self,
                                  struct trust_keystore_found *ret, struct err *e);

/* One entry of a trust store. */
struct trust_keystore_entry {
    const char *alias;  /* unique without regard to case, UTF-8: Java folds it */
    const uint8_t *der;
    size_t len;
};

/* PKCS#12 as Java 8u301, 11 and later take it for a trust store: AES-256 under PBKDF2, MAC with SHA-256, and Oracle's
 * trusted-key-usage attribute, without which Java would not count the entries as trusted. Appends. */
MUST_USE bool trust_keystore_write_pkcs12(const struct trust_keystore_entry *entries, size_t len, const struct secret *password,
                                          struct buf *out, struct err *e);
/* JKS: certificates in clear, and a keyed SHA-1 that tells a slip, not an attack. made_ms: since when the entries are there. */
MUST_USE bool trust_keystore_write_jks(const struct trust_keystore_entry *entries, size_t len, const struct secret *password,
                                       int64_t made_ms, struct buf *out, struct err *e);
