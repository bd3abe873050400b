/* lab/sign.h - VMCA's answer to a certificate signing request: its rules, its error numbers, its extensions.
 *
 * VMCA copies every extension of the request, then adds AKI and, from 7.0, AIA; a request without extensions gets
 * none at all. It refuses little, and always with a number (docs/lab.md). Called by whatever issues; pure: time, serial
 * and CA are parameters, so the same request is the same certificate, and any thread may sign without a lock. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "lab/mint.h"

struct lab_ca;

/* VMCA's own numbers (vmca.md 1.1, 6.1). */
enum lab_vmca_error {
    LAB_VMCA_TIME = 70002,   /* back-dated more than 14 days, or more than ten years long */
    LAB_VMCA_DECODE = 70006, /* not a request */
    LAB_VMCA_FIELD = 70012,  /* its own signature, no subject, or a CA's rights */
    LAB_VMCA_KEY = 70015,    /* not RSA of 2048 to 8192 bits */
    LAB_VMCA_START = 70034,  /* would begin before the CA itself */
    LAB_VMCA_NOT_CA = 70011, /* a root to be imported that is none */
    LAB_VMCA_PAIR = 70037,   /* .. whose key is another */
    LAB_VMCA_NAME = 70060,   /* a wildcard in CN */
    LAB_VMCA_SAN = 70061,    /* a wildcard in a DNS name, or several DNS names */
    LAB_VMCA_CHAIN = 70062,  /* .. whose chain does not end in a self-signed CA */
    LAB_VMCA_POLICY = 70095, /* a name outside of the name policy */
};

enum {
    LAB_VMCA_BACK_DAYS = 14,
    LAB_VMCA_LIFE_DAYS = 10 * 366,
    LAB_KEY_BITS_MIN = 2048,
    LAB_KEY_BITS_MAX = 8192,
    LAB_CSR_MAX = 64 * 1024, /* bytes of PEM */
};

struct lab_sign {
    X509 *issuer;         /* borrowed, with its key */
    EVP_PKEY *key;
    int64_t now, not_before, not_after;
    const char *pnid;     /* in AIA; NULL = no AIA (6.x) */
    bool many_names;      /* server option multiplesan */
    const char *policy;   /* names must stand in this DNS domain; NULL = no policy */
    uint8_t serial[8];    /* its two top bits are set in any case */
};

/* "Start Time Error"; "" for a number that is none. */
const char *lab_vmca_text(int code);
/* Returns false with "VMCA error 70034 (Start Time Error): .." and ERR_INPUT, and sets *ret_code. */
bool lab_vmca_refuse(int *ret_code, int code, struct err *e, const char *why);

/* One PEM block; NULL with ERR_INPUT. */
X509_REQ *lab_csr_read(const char *pem, size_t len, int *ret_code, struct err *e);
/* NULL when it is refused. The certificate's end is never behind the issuer's. Its key is there as bytes: X509_get0_pubkey
 * knows it once the certificate has been written and read again. */
X509 *lab_sign(const struct lab_sign *s, X509_REQ *req, int *ret_code, struct err *e);

/* A request for a key, as a vCenter and a host make theirs. exts up to nid 0; NULL with ERR_INTERNAL. */
X509_REQ *lab_csr_make(const struct lab_rdn *subject, const struct lab_ext *exts, EVP_PKEY *key, struct err *e);

DEFINE_AUTO(lab_req_freep, X509_REQ *, X509_REQ_free)
