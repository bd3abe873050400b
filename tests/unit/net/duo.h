/* unit/net/duo.h - a TLS client and a TLS server at the two ends of a memory connection, with certificates from the
 * mint: what the TLS tests start from. */
#pragma once
#include <openssl/ssl.h>

#include "fixture/mint.h"
#include "net/memory.h"
#include "net/tls.h"
#include "net/tls_server.h"
#include "trust/set.h"
#include "unit/check.h"

enum { DUO_CAP = 64 * 1024 };

struct duo {
    struct mint *mint;
    const struct mint_made *root, *leaf; /* vc1.example and 10.0.0.7, valid at MINT_NOW */
    struct trust_live *live;             /* root is granted for any */
    struct tls_client *client;
    struct tls_server *server;           /* presents leaf and root */
    struct conn *near_wire, *far_wire;   /* the memory ends; owned by near and far */
    struct conn *near, *far;             /* client, server */
    enum io near_io, far_io;             /* what the last step said */
    struct err near_err, far_err;
};

void duo_init(struct duo *d);
void duo_done(struct duo *d);

/* Asks for vc1.example at MINT_NOW, on behalf of nobody. */
struct tls_ask duo_ask(void);

struct trust_set *duo_set(const struct mint_made *anchor, const char *scope); /* NULL = an empty set */
struct trust_set *duo_set_at(uint64_t generation, const struct mint_made *anchor, const char *scope);
/* The PEM of these (leaf first) with the leaf's key; NULL ends the list. */
struct tls_identity *duo_identity(struct duo *d, const struct mint_made *const *chain);
/* Replaces the server with one that presents these. */
void duo_serve(struct duo *d, bool weak, const struct mint_made *const *chain);
#define DUO_CHAIN(...) ((const struct mint_made *const[]){ __VA_ARGS__, NULL })

/* Two new connections, the old ones gone; nothing is stepped. */
void duo_connect(struct duo *d, const struct tls_ask *ask);
/* The same, but the far end is the bare memory end, for the test to speak on. */
void duo_connect_bare(struct duo *d, const struct tls_ask *ask);
/* Steps both until each is done or failed, or both wait. */
void duo_shake(struct duo *d);
/* All of it in one: connects, shakes hands; true when both are done. */
bool duo_meet(struct duo *d, const struct tls_ask *ask);
/* A handshake that the client must refuse with this rule. */
void duo_refuses(struct duo *d, const struct tls_ask *ask, enum trust_rule rule);

/* Moves len bytes from one end to the other and compares them. */
void duo_transfer(struct conn *from, struct conn *to, size_t len);

/* libssl itself as the far end, for what our own server never does. */
SSL *duo_raw(struct duo *d, SSL_CTX *context, bool server);
SSL_CTX *duo_raw_context(struct duo *d, bool server, int max_version);
/* Each version of TLS on the raw side in turn: meet says whether the handshake came about, *seen our side's error. */
void duo_versions(struct duo *d, bool raw_server, bool (*meet)(struct duo *d, SSL_CTX *context),
                  const struct err *seen);
