/* net/tls_server.h - the server's side of TLS: the cell's own port, and the lab's many hosts.
 * Called by the HTTP server and the lab. A certificate is replaced while the port is open: the connections that exist
 * keep theirs. Never asks for a client's certificate, never resumes a session, never logs a key. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/conn.h"

struct tls_identity;
struct tls_server;

enum {
    TLS_IDENTITY_MAX = 16,            /* certificates after the server's own */
    TLS_IDENTITY_BYTES = 1024 * 1024, /* of PEM */
};

/* A certificate chain with its private key. Immutable and counted. */
/* chain: PEM, the server's own certificate first, then what leads to its CA; key: PEM, not encrypted (the caller
 * wipes its copy). ERR_INPUT: not PEM, no certificate, no key, or they do not belong together. */
struct tls_identity *tls_identity_parse(const void *chain, size_t chain_len, const void *key, size_t key_len,
                                        struct err *e);
struct tls_identity *tls_identity_ref(struct tls_identity *i);
struct tls_identity *tls_identity_unref(struct tls_identity *i); /* NULL in, NULL out */
DEFINE_AUTO(tls_identity_unrefp, struct tls_identity *, tls_identity_unref)

struct tls_server_config {
    struct tls_identity *identity; /* a reference is taken */
    /* Chooses another identity for one handshake: server_name is the client's SNI, checked to be a host name, or NULL;
     * under is the connection below (tcp_local tells hosts apart). Borrowed until the call returns; NULL = the
     * server's own. May be NULL. Called on the connection's thread. */
    struct tls_identity *(*choose)(void *self, const char *server_name, const struct conn *under);
    void *self;
    bool weak;          /* certificates that nobody should have any more, as the lab's old hosts have them */
    bool tls_1_2_only;
};

/* May be used by several loops at once; outlives its connections. */
struct tls_server *tls_server_create(const struct tls_server_config *c, struct err *e);
struct tls_server *tls_server_destroy(struct tls_server *s);
DEFINE_AUTO(tls_server_destroyp, struct tls_server *, tls_server_destroy)

/* For the handshakes that begin from now on; any thread. On failure nothing changes. */
MUST_USE bool tls_server_replace(struct tls_server *s, struct tls_identity *identity, struct err *e);

/* The suites that it would take, by their IANA names, at most max; how many there are. Borrowed from OpenSSL's constants. */
size_t tls_server_ciphers(struct tls_server *s, const char **ret, size_t max);

/* Takes the connection under it. Never fails; the handshake does. */
struct conn *tls_server_conn(struct tls_server *s, struct conn *take_under);

/* The SNI that the client sent, a valid host name; NULL when it sent none or nonsense. Borrowed. */
const char *tls_server_name(const struct conn *c);
