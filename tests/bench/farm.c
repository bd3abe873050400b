/* farm - many TLS endpoints to look at: farm COUNT DIRECTORY. Each has an address of its own (127.99.x.y) and its own
 * certificate for it, under one CA; they share a key and a port that the kernel chose. Writes DIRECTORY/ca.pem and
 * DIRECTORY/addresses, prints "ready PORT", and serves until it is killed: it shakes hands, answers whatever is said
 * with an empty HTTP response, and closes. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "bench/drive.h"
#include "fixture/mint.h"

enum { COUNT_MAX = 10000, PER_NET = 250, BACKLOG = 64, EVENTS = 256, CA_KEY = MINT_RSA_2048, LEAF_KEY = MINT_RSA_2048 + 1 };

/* What an event is about: an endpoint's listener, or a connection that it accepted. */
struct watched {
    int fd;
    SSL *ssl;   /* NULL for a listener */
    X509 *cert; /* of a listener */
};

struct farm {
    size_t count;
    struct watched *endpoints; /* owned */
    X509 *ca;
    EVP_PKEY *key; /* borrowed from the mint */
    SSL_CTX *ctx;
    int epoll;
    in_port_t port; /* network order, 0 until the first listener got one */
};

static uint32_t address_of(size_t i)
{
    return UINT32_C(127) << 24 | UINT32_C(99) << 16 | (uint32_t)(i / PER_NET) << 8 | (uint32_t)(i % PER_NET + 1);
}

static void address_text(size_t i, char out[INET_ADDRSTRLEN])
{
    struct in_addr a = { .s_addr = htonl(address_of(i)) };
    bench_must(inet_ntop(AF_INET, &a, out, INET_ADDRSTRLEN) != NULL, "inet_ntop");
}

static X509 *x509_of(const struct mint_made *made)
{
    const uint8_t *at = made->der;
    X509 *x = d2i_X509(NULL, &at, (long)made->len);
    bench_must(x != NULL, "d2i_X509");
    return x;
}

static FILE *create(const char *directory, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *out = fopen(path, "w");
    bench_must(out != NULL, path);
    return out;
}

static void make_certificates(struct farm *f, struct mint *m, const char *directory)
{
    int64_t now = (int64_t)time(NULL);
    const struct mint_made *ca = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=bench CA", .key = CA_KEY, .not_before = now - MINT_DAY, .not_after = now + 30 * MINT_DAY,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN | MINT_KU_CRL_SIGN), MINT_SKI) });
    FILE *pem = create(directory, "ca.pem"), *addresses = create(directory, "addresses");
    bench_must(fputs(ca->pem, pem) >= 0, "writing the CA");
    f->ca = x509_of(ca);
    f->key = mint_key(m, LEAF_KEY);
    for (size_t i = 0; i < f->count; i++) {
        char address[INET_ADDRSTRLEN], san[64], subject[64];
        address_text(i, address);
        (void)snprintf(san, sizeof(san), "DNS:ep%zu.farm.example,IP:%s", i, address);
        (void)snprintf(subject, sizeof(subject), "/CN=ep%zu.farm.example", i);
        f->endpoints[i].cert = x509_of(mint_cert(m, &(struct mint_cert){
            .subject = subject, .key = LEAF_KEY, .by = ca, .not_before = now - MINT_DAY, .not_after = now + 30 * MINT_DAY,
            .exts = MINT_EXTS(mint_san(m, false, san), mint_eku(m, false, "1.3.6.1.5.5.7.3.1")) }));
        bench_must(fprintf(addresses, "%s\n", address) > 0, "writing the addresses");
    }
    bench_must(fclose(pem) == 0 && fclose(addresses) == 0, "writing the farm's files");
}

static void make_context(struct farm *f)
{
    f->ctx = SSL_CTX_new(TLS_server_method());
    bench_must(f->ctx != NULL, "SSL_CTX_new");
    (void)SSL_CTX_set_session_cache_mode(f->ctx, SSL_SESS_CACHE_OFF);
    bench_must(SSL_CTX_set_num_tickets(f->ctx, 0) == 1, "SSL_CTX_set_num_tickets");
}

static void watch(const struct farm *f, struct watched *who)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = who };
    bench_must(epoll_ctl(f->epoll, EPOLL_CTL_ADD, who->fd, &event) == 0, "epoll_ctl");
}

static void start_listener(struct farm *f, size_t i)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = f->port, .sin_addr.s_addr = htonl(address_of(i)) };
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bench_must(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, BACKLOG) == 0, "listening");
    if (!f->port) {
        bench_must(getsockname(fd, (struct sockaddr *)&a, &len) == 0, "getsockname");
        f->port = a.sin_port;
    }
    f->endpoints[i].fd = fd;
    watch(f, &f->endpoints[i]);
}

/* Shakes hands, reads a request, answers; true while it has to wait for the client. */
static bool client_waits(struct watched *c)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    char ignored[1024];
    ERR_clear_error();
    int did = SSL_do_handshake(c->ssl);
    if (did == 1)
        did = SSL_read(c->ssl, ignored, sizeof(ignored));
    if (did > 0) {
        (void)SSL_write(c->ssl, answer, sizeof(answer) - 1);
        (void)SSL_shutdown(c->ssl);
        return false;
    }
    int why = SSL_get_error(c->ssl, did);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static void client_step(struct watched *c)
{
    if (client_waits(c))
        return;
    SSL_free(c->ssl);
    (void)close(c->fd);
    free(c);
}

static void client_start(struct farm *f, const struct watched *at)
{
    int one = 1, fd = accept4(at->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    struct watched *c = xcalloc(1, sizeof(*c));
    *c = (struct watched){ .fd = fd, .ssl = SSL_new(f->ctx) };
    bench_must(c->ssl && SSL_use_certificate(c->ssl, at->cert) == 1 && SSL_use_PrivateKey(c->ssl, f->key) == 1 &&
               SSL_add1_chain_cert(c->ssl, f->ca) == 1 && SSL_set_fd(c->ssl, fd) == 1, "setting up a connection");
    SSL_set_accept_state(c->ssl);
    watch(f, c);
    client_step(c);
}

static NORETURN void serve(struct farm *f)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        int got = epoll_wait(f->epoll, events, EVENTS, -1);
        bench_must(got >= 0 || errno == EINTR, "epoll_wait");
        for (int i = 0; i < got; i++) {
            struct watched *who = events[i].data.ptr;
            if (who->ssl)
                client_step(who);
            else
                client_start(f, who);
        }
    }
}

int main(int argc, char **argv)
{
    uint64_t count = 0;
    struct rlimit files;
    if (argc != 3 || !text_number(argv[1], 1, COUNT_MAX, &count)) {
        (void)fprintf(stderr, "usage: farm COUNT DIRECTORY\n");
        return 2;
    }
    bench_must(getrlimit(RLIMIT_NOFILE, &files) == 0, "getrlimit");
    files.rlim_cur = files.rlim_max;
    bench_must(setrlimit(RLIMIT_NOFILE, &files) == 0, "setrlimit");
    bench_must(signal(SIGPIPE, SIG_IGN) != SIG_ERR, "signal");
    struct farm f = { .count = (size_t)count, .epoll = epoll_create1(EPOLL_CLOEXEC) };
    f.endpoints = xcalloc(f.count, sizeof(*f.endpoints));
    struct mint *m = mint_create(); /* for the process's life */
    make_certificates(&f, m, argv[2]);
    make_context(&f);
    for (size_t i = 0; i < f.count; i++)
        start_listener(&f, i);
    (void)printf("ready %d\n", ntohs(f.port));
    (void)fflush(stdout);
    serve(&f);
}
