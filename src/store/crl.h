/* store/crl.h - CRLs as vCenters publish them, by the key of their issuer; never rolled back (product rule 2.6).
 * Called by flow when it refreshes a vCenter. The caller has read the fields out of the CRL; the store keeps them
 * beside the bytes, to tell a newer one from an older. Each change raises the generation. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "store/limits.h"

struct store;

struct store_crl {
    const char *vcenter;    /* URN of the vCenter whose CAs it speaks of; NULL: every CA */
    const char *issuer_key; /* the issuer's key identifier as upper-case hex */
    const char *part;       /* "" for a full CRL; "delta", or another word that tells apart CRLs of one issuer */
    const uint8_t *number;  /* crlNumber, big-endian without leading zeros; NULL when the CRL has none */
    size_t number_len;      /* 1 to STORE_CRL_NUMBER_MAX when there is one */
    int64_t this_ms;        /* thisUpdate */
    int64_t next_ms;        /* nextUpdate; 0 when the CRL has none */
    int64_t kept_ms;        /* when it came */
    const uint8_t *der;
    size_t der_len;         /* 1 to STORE_CRL_MAX */
};

/* Keeps it in the place of the one with the same vcenter, issuer_key and part. ERR_CONFLICT when that one is newer: by
 * crlNumber where the kept one has it (a CRL without a number never replaces one with), by thisUpdate between equal or
 * missing numbers. The same bytes again change nothing and raise nothing. ERR_LIMIT past STORE_CRLS_MAX. */
MUST_USE bool store_crl_put(struct store *s, const struct store_crl *crl, struct err *e);
/* All of a vCenter that is being unregistered (NULL: those for every CA); none is fine as well. */
MUST_USE bool store_crl_remove(struct store *s, const char *vcenter, struct err *e);

/* Borrowed for the call; must not call the store. Return false (with e set) to stop. */
typedef bool store_crl_sink(void *self, const struct store_crl *crl, struct err *e);
MUST_USE bool store_crl_list(struct store *s, store_crl_sink *sink, void *self, struct err *e);
