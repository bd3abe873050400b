/* net/tls_socket.h - lets libssl read and write a socket with what whoever drives it knows (net/conn.h, conn_hint): a read
 * that can't give anything is not tried, and writes that belong together leave together. Inside net only. */
#pragma once
#include <openssl/bio.h>
#include <stdbool.h>

struct tls_socket {
    int fd;     /* borrowed; -1: something else is under libssl */
    bool edges; /* each event is told */
    bool dry;   /* .. and nothing has come since a read gave less than it was asked for */
    bool more;  /* what is written is followed by more at once */
    bool ended; /* the peer's end was read */
};

/* NULL when libcrypto refuses. s is borrowed. */
BIO *tls_socket_bio(struct tls_socket *s);
