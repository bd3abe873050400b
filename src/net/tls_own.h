/* net/tls_own.h - a server's own key and certificate: made when it has none, asked for by CSR, kept in one file.
 * Called by the cell at its first start and by the command line (`vouchsafe cell csr`, `import`). ECDSA P-256.
 * The file has the private key and behind it the chain, PEM, mode 0600: one rename replaces both. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct tls_identity;

enum {
    TLS_OWN_NAMES = 16,
    TLS_OWN_DAYS = 397,       /* what browsers still take of a certificate that was imported by hand */
    TLS_OWN_PEM = 1024 * 1024 /* bytes of the file */
};

#define TLS_OWN_FILE "cell.pem"
#define TLS_OWN_NEXT "cell-next.key" /* the key of the CSR that was made last */

/* Appends a new key and a self-signed certificate of it. names: DNS names or addresses; the first one is the common name. now:
 * seconds since 1970. Whoever has the text wipes it. ERR_INPUT: no name, too many, or one that is none. */
MUST_USE bool tls_own_make(const char *const *names, size_t len, int64_t now, struct buf *out, struct err *e);
/* A new key, and a request for a certificate of it with these names (PKCS #10, RFC 2986). */
MUST_USE bool tls_own_request(const char *const *names, size_t len, struct buf *ret_csr, struct buf *ret_key,
                              struct err *e);

/* What dir keeps. ERR_NOT_FOUND when there is no file; ERR_INPUT, ERR_STORE. */
MUST_USE bool tls_own_load(const char *dir, struct tls_identity **ret, struct err *e);
/* Keeps key and chain (PEM, in any order) in the place of what is there, on disk before it returns. ERR_INPUT when they do not
 * belong together: nothing changed. */
MUST_USE bool tls_own_keep(const char *dir, const void *pem, size_t len, struct err *e);

/* The file's text, key and all. */
MUST_USE bool tls_own_read(const char *dir, struct buf *out, struct err *e);
/* Signs bytes that nothing else signed with this key can be taken for (the caller's tag sees to that): "ecdsa-sha256",
 * "rsa-pss-sha256" or "ed25519", as the key is (trust/signature.h checks it). ret_chain: the certificates, PEM, leaf first. */
MUST_USE bool tls_own_sign(const char *dir, const void *data, size_t len, struct buf *ret_signature, const char **ret_algorithm,
                           struct buf *ret_chain, struct err *e);

/* Wipes and frees. */
void tls_own_wipe(struct buf *b);
