/* probe/chain.h - sorts what a peer sent into the chain that may be shown and the rest (docs/probe.md).
 * The chain holds the leaf, and each time a certificate that verifiably issued the one before it: its name fits and
 * its key verifies the signature. A peer can append anybody's CA; such a certificate is "also sent", and nobody can
 * be led to trust it from there. Pure: no socket, no clock. Called by the probe; decides nothing about belief. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/verdict.h"

struct trust_cert;

/* Signature checks spent on one chain: a peer may send hundreds of certificates of one name. */
enum { PROBE_CHAIN_CHECKS = TRUST_BUDGET };

/* Indexes into the certificates as they were sent. */
struct probe_chain {
    uint8_t shown[TRUST_PATH_MAX]; /* leaf first, each issued by the next */
    size_t shown_len;
    uint8_t also[TRUST_CHAIN_MAX]; /* in the order sent; copies of what is shown are left out */
    size_t also_len;
    uint8_t store;   /* what a person would store by default: the CA that issued the leaf, if sent, else the leaf */
    bool pins_one;   /* it is the leaf: this pins one certificate */
    bool spent;      /* the checks ran out, so that the chain may be longer than shown */
};

/* len 0 to TRUST_CHAIN_MAX; with 0 everything is empty. */
void probe_chain_sort(const struct trust_cert *const *sent, size_t len, struct probe_chain *ret);
