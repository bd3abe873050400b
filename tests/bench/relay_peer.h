/* bench/relay_peer.h - what the origin and the load of the relay benches share: TLS 1.3 with one suite, and sockets.
 * Knows nothing of src/: the programs stand for an ESXi host and for its users. */
#pragma once
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

enum { PEER_FRAME = 64, PEER_CHUNK = 64 * 1024 };

/* "TLS_AES_128_GCM_SHA256" and nothing else, so that every proxy does the same work. */
SSL_CTX *peer_context(bool server);
void peer_nonblocking(int fd);
struct sockaddr_in peer_address(uint16_t port); /* of 127.0.0.1 */
void peer_raise_files(void);
/* Reads or writes; true with *len 0: it would block. False: over. */
bool peer_read(SSL *s, void *p, size_t cap, size_t *len);
bool peer_write(SSL *s, const void *p, size_t n, size_t *len);
