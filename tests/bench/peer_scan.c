/* peer-scan - a scanner on bare libssl: peer-scan CA.pem PORT IN-FLIGHT < addresses. One epoll thread; for each address
 * it shakes hands, verifies chain and address, prints address, SHA-256 and X509_V_ code, and closes.
 * It keeps nothing between connections and explains nothing. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/drive.h"

enum { IN_FLIGHT_MAX = 1024, EVENTS = 256, PATIENCE_MS = 5000, DIGEST = 32 };

struct look {
    int fd;
    SSL *ssl;
    char address[INET_ADDRSTRLEN + 2];
};

struct scan {
    SSL_CTX *ctx;
    int epoll;
    in_port_t port; /* network order */
    int in_flight;
    int good, bad, failed;
};

static int go_on(int ok, X509_STORE_CTX *ctx)
{
    (void)ok, (void)ctx;
    return 1; /* the result is read afterwards */
}

/* Takes the next address into this slot; false when there is none. */
static bool look_start(struct scan *s, struct look *l)
{
    int one = 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = s->port };
    if (!fgets(l->address, sizeof(l->address), stdin))
        return false;
    l->address[strcspn(l->address, "\n")] = '\0';
    bench_must(inet_pton(AF_INET, l->address, &to.sin_addr) == 1, "an address");
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bench_must(l->fd >= 0, "socket");
    (void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    bench_must(connect(l->fd, (struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS, "connect");
    l->ssl = SSL_new(s->ctx);
    bench_must(l->ssl && SSL_set_fd(l->ssl, l->fd) == 1, "SSL_new");
    bench_must(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(l->ssl), l->address) == 1, "the accepted address");
    SSL_set_connect_state(l->ssl);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = l };
    bench_must(epoll_ctl(s->epoll, EPOLL_CTL_ADD, l->fd, &event) == 0, "epoll_ctl");
    s->in_flight++;
    return true;
}

static void report(struct scan *s, const struct look *l)
{
    unsigned char digest[DIGEST];
    unsigned len = 0;
    X509 *leaf = SSL_get0_peer_certificate(l->ssl);
    long result = SSL_get_verify_result(l->ssl);
    bench_must(leaf && X509_digest(leaf, EVP_sha256(), digest, &len) == 1, "hashing the certificate");
    (void)printf("%s ", l->address);
    for (unsigned i = 0; i < len; i++)
        (void)printf("%02x", digest[i]);
    (void)printf(" %ld\n", result);
    *(result == X509_V_OK ? &s->good : &s->bad) += 1;
}

static void look_step(struct scan *s, struct look *l)
{
    ERR_clear_error();
    int did = SSL_do_handshake(l->ssl);
    if (did == 1) {
        report(s, l);
    } else {
        int why = SSL_get_error(l->ssl, did);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            return;
        s->failed++;
    }
    SSL_free(l->ssl);
    (void)close(l->fd);
    s->in_flight--;
    (void)look_start(s, l);
}

static void make_context(struct scan *s, const char *ca)
{
    s->ctx = SSL_CTX_new(TLS_client_method());
    bench_must(s->ctx && SSL_CTX_load_verify_locations(s->ctx, ca, NULL) == 1, "reading the CA");
    SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER, go_on);
    (void)SSL_CTX_set_session_cache_mode(s->ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(s->ctx, SSL_MODE_RELEASE_BUFFERS);
    bench_must(SSL_CTX_set1_groups_list(s->ctx, "X25519:P-256") == 1, "the groups");
}

int main(int argc, char **argv)
{
    struct scan s = { .epoll = epoll_create1(EPOLL_CLOEXEC) };
    long port = argc == 4 ? strtol(argv[2], NULL, 10) : 0, wide = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    if (port < 1 || port > UINT16_MAX || wide < 1 || wide > IN_FLIGHT_MAX) {
        (void)fprintf(stderr, "usage: peer-scan CA.pem PORT IN-FLIGHT < addresses\n");
        return 2;
    }
    s.port = htons((in_port_t)port);
    make_context(&s, argv[1]);
    struct look *looks = calloc((size_t)wide, sizeof(*looks));
    bench_must(looks && s.epoll >= 0, "setting up");
    for (long i = 0; i < wide && look_start(&s, &looks[i]); i++)
        continue;
    while (s.in_flight > 0) {
        struct epoll_event events[EVENTS];
        int got = epoll_wait(s.epoll, events, EVENTS, PATIENCE_MS);
        bench_must(got > 0, "waiting for an endpoint");
        for (int i = 0; i < got; i++)
            look_step(&s, events[i].data.ptr);
    }
    (void)fprintf(stderr, "good %d bad %d failed %d\n", s.good, s.bad, s.failed);
    SSL_CTX_free(s.ctx);
    free(looks);
    return s.failed > 0 || s.bad > 0;
}
