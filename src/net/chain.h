/* net/chain.h - the certificates that a peer presented, decoded once and shared by everybody who met the same chain.
 * Made by the TLS client connection; read by the probe, the rotation watch and whoever decides a connection again.
 * Immutable and counted: it may travel to other threads and outlive its connection. Decides nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"

struct chain;
struct trust_cert;

struct chain *chain_ref(const struct chain *c);
struct chain *chain_unref(const struct chain *c); /* NULL in, NULL out */
DEFINE_AUTO(chain_unrefp, struct chain *, chain_unref)

/* The certificates that could be decoded, in the order presented, the peer's own first; what could not is left out.
 * None at all when the peer's own can't be decoded: then nothing here may be taken for it. Borrowed. */
const struct trust_cert *const *chain_certs(const struct chain *c);
size_t chain_len(const struct chain *c);

/* How many were left out because they can't be decoded or are past TRUST_CHAIN_MAX. */
size_t chain_left_out(const struct chain *c);
/* Why the peer's own certificate can't be decoded; "" when it can. */
const char *chain_defect(const struct chain *c);

const uint8_t *chain_leaf_sha256(const struct chain *c); /* of the peer's own certificate, decoded or not */
const uint8_t *chain_sha256(const struct chain *c);      /* over the digests of all, in order: names the whole chain */
