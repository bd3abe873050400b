/* net/tls_conn.h - what both sides of TLS are made of: libssl as a struct conn. Inside net only.
 * tls_client.c and tls_server.c put this struct first into their own and say in a tls_role where they differ. */
#pragma once
#include <openssl/ssl.h>
#include <stdbool.h>

#include "net/conn.h"
#include "net/tls_socket.h"

enum tls_state {
    TLS_CONNECTING, /* what is under it */
    TLS_SHAKING,
    TLS_OPEN,
    TLS_SHOWN,      /* shaken hands with, but for showing only: no byte of the application ever */
    TLS_BROKEN,
};

struct tls;

struct tls_role {
    /* Makes the SSL, with the role's own settings. NULL when libssl refuses. */
    SSL *(*start)(struct tls *t);
    /* After the handshake: TLS_OPEN, TLS_SHOWN, or TLS_BROKEN with e set. */
    enum tls_state (*shaken)(struct tls *t, struct err *e);
    /* The handshake failed: true when the role knows why, and has set e. */
    bool (*explain)(const struct tls *t, struct err *e);
    /* Frees the role's part, and t. */
    void (*destroy)(struct tls *t);
};

struct tls {
    struct conn conn;
    const struct tls_role *role;
    struct conn *under; /* owned */
    SSL *ssl;           /* owned; NULL while connecting */
    enum tls_state state;
    struct tls_socket socket; /* of what is under it, when that is one */
    struct err *failure; /* owned: of what is under it, when that is not a socket; else NULL */
};

void tls_conn_init(struct tls *t, const struct tls_role *role, struct conn *take_under);
/* The tls connection that c is; asserts that it has this role (NULL = any). */
struct tls *tls_conn_of(const struct conn *c, const struct tls_role *role);
