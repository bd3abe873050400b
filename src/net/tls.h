/* net/tls.h - TLS 1.2 and 1.3 over any connection, and the place where a peer's certificate meets trust_decide.
 * A tls connection is a struct conn like every other: its handshake connects what is under it, shakes hands, and on
 * the client's side asks the engine before a byte of the application can be written. docs/tls.md tells the journey.
 *
 * It never resumes a session, because a resumed one is never verified; never renegotiates; never logs a key; and has no
 * flag that believes without asking. Deadlines are the driver's. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/conn.h"
#include "trust/verdict.h"

struct chain;
struct tls_client;
struct trust_live;
struct trust_set;

enum {
    TLS_CHAIN_BYTES_MAX = 100 * 1024, /* a peer's Certificate message; longer ends the handshake with ERR_PEER */
};

/* The client's side of one owner: a loop, a pool thread or the CLI. It holds the one SSL_CTX of that owner for the
 * process's life and the chains that its peers presented. One thread at a time; live is borrowed. */
struct tls_client *tls_client_create(struct trust_live *live, struct err *e);
struct tls_client *tls_client_destroy(struct tls_client *c); /* its connections are gone */
DEFINE_AUTO(tls_client_destroyp, struct tls_client *, tls_client_destroy)

/* Flags of a client connection. */
enum {
    /* For looking at an endpoint (probe/ only): the handshake completes whatever the verdict is, so that the chain
     * can be shown; the verdict is made as always. Such a connection refuses to read or write a byte, for ever. */
    TLS_SHOW_ONLY = 1,
};

/* What a client connection is for. Copied, with everything that it points to. */
struct tls_ask {
    const char *server_name; /* the name that was dialled: sent as SNI when it is a DNS name, never an address
                              * (RFC 6066 section 3); NULL = none. It is not what the certificate is checked for */
    /* All but chain and chain_len, which come from the handshake. now = 0: the wall clock when the chain arrives. */
    struct trust_question question;
    unsigned flags;
};

/* Takes the connection under it. Never fails; the handshake does, with
 *   ERR_UNTRUSTED  the engine refused the chain: tls_verdict says why
 *   ERR_PEER       no TLS, no common version or cipher, broken off, an alert
 * or with what the connection under it failed with. */
struct conn *tls_client_conn(struct tls_client *c, struct conn *take_under, const struct tls_ask *ask);

/* Of a tls client connection. NULL until the peer's chain arrived; borrowed. */
const struct trust_verdict *tls_verdict(const struct conn *c);
const struct chain *tls_chain(const struct conn *c);
/* Generation of the set that the verdict was made with. */
uint64_t tls_generation(const struct conn *c);

/* Decides a connection that has a chain again: same chain and question, another set and time (seconds, wall clock).
 * Changes nothing; returns ret->ok. */
bool tls_redecide(const struct conn *c, const struct trust_set *set, int64_t now, struct trust_verdict *ret);

/* Of a tls connection of either side, once its handshake is done; "" before. */
const char *tls_version(const struct conn *c); /* "TLSv1.3" */
const char *tls_cipher(const struct conn *c);  /* "TLS_AES_128_GCM_SHA256" */

/* Chains that a client holds for its next connections, and certificates that it decoded: for metrics. */
size_t tls_client_chains(const struct tls_client *c);
size_t tls_client_decoded(const struct tls_client *c);
