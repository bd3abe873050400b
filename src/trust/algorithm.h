/* trust/algorithm.h - signature algorithms and public keys: what they are, whether they are allowed, and the one
 * place where a signature is checked. OpenSSL applies no security level to chains that we decide, so the rules are
 * here: no MD5 or SHA-1, RSA of 2048 bits or more, named curves of 224 bits or more. Nouns: key, signature. */
#pragma once
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "trust/der.h"

enum key_kind { KEY_OTHER, KEY_RSA, KEY_RSA_PSS, KEY_EC, KEY_ED25519, KEY_ED448, KEY_DSA };

/* What a SubjectPublicKeyInfo says, read without decoding the key. */
struct key_info {
    enum key_kind kind;
    uint16_t bits;        /* RSA modulus, field of the curve */
    bool allowed_curve;   /* EC: a named curve of our list */
    const char *curve;    /* EC: its name, or NULL */
    struct der bytes;     /* the key's bit string content, for key identifiers (RFC 5280 4.2.1.2 method 1) */
};

/* spki: the whole SubjectPublicKeyInfo element. False when it is not one. An unknown kind is KEY_OTHER. */
MUST_USE bool key_read(struct der spki, struct key_info *ret);

/* NULL when libcrypto can't decode it. Owned by the caller. */
EVP_PKEY *key_decode(struct der spki);

enum hash_kind { HASH_NONE, HASH_MD5, HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

struct signature_algorithm {
    enum key_kind key;    /* KEY_OTHER: an algorithm that we don't know */
    enum hash_kind hash;  /* HASH_NONE for EdDSA */
    enum hash_kind mgf;   /* RSA-PSS */
    uint16_t salt;        /* RSA-PSS, octets */
};

/* algorithm: the content of an AlgorithmIdentifier SEQUENCE. False when malformed; unknown OIDs are KEY_OTHER. */
MUST_USE bool signature_algorithm_read(struct der algorithm, struct signature_algorithm *ret);

/* The hash (of signature or MGF) is one that we refuse below an anchor. */
bool signature_is_weak(const struct signature_algorithm *a);

/* True when key made this signature over signed_bytes. Key and algorithm that don't fit: false. */
bool signature_verify(EVP_PKEY *key, const struct signature_algorithm *a, struct der signed_bytes, struct der signature);
