/* base/digest.h - hashes for everyone above, so that <openssl/evp.h> stays where it is needed.
 * SHA-256 names certificates; SHA-1 is shown because vSphere prints it and is never believed. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SHA256 = 32, DIGEST_SHA1 = 20 };

void digest_sha256(const void *p, size_t len, uint8_t out[DIGEST_SHA256]);
void digest_sha1(const void *p, size_t len, uint8_t out[DIGEST_SHA1]);
/* HMAC-SHA-256 (RFC 2104, RFC 6234): for what we sign ourselves and read back. Compare with secret_bytes_equal. */
void digest_hmac(const void *key, size_t key_len, const void *p, size_t len, uint8_t out[DIGEST_SHA256]);

/* The same of what comes in pieces. */
enum digest_kind { DIGEST_OF_SHA1, DIGEST_OF_SHA256, DIGEST_OF_SHA512 };
enum { DIGEST_MAX = 64 };
struct digest;
struct digest *digest_create(enum digest_kind kind);
struct digest *digest_destroy(struct digest *d); /* NULL in, NULL out */
void digest_add(struct digest *d, const void *p, size_t len);
void digest_end(struct digest *d, uint8_t out[DIGEST_MAX]); /* then only destroyed */
size_t digest_size(enum digest_kind kind);
