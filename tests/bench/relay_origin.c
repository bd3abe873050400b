/* The origin of the relay benches, in the place of an ESXi host: "GET /bytes/N" gives N bytes, a PUT is read and answered, and an
 * Upgrade echoes WebSocket frames of at most 125 bytes; what is no HTTP comes back as it is, for proxies that end the WebSocket themselves. `relay-origin CERT KEY`; prints "ready PORT". */
#include <errno.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/drive.h"
#include "bench/relay_peer.h"

enum state { SHAKING, HEAD, SENDING, DRAINING, ECHOING, RAW };

enum { HELD = 4096 };

struct guest {
    int fd;
    enum state state;
    SSL *ssl;
    long long left;         /* of a body */
    size_t in_len, out_len; /* held: the start of a head or a frame; what is to be written */
    unsigned char in[HELD], out[HELD];
};

static int poller;
static unsigned char scratch[PEER_CHUNK], zeros[PEER_CHUNK];

static void end(struct guest *g)
{
    SSL_free(g->ssl);
    (void)close(g->fd);
    free(g);
}

static void say(struct guest *g, const void *p, size_t len)
{
    bench_must(g->out_len + len <= sizeof(g->out), "room for an answer");
    memcpy(g->out + g->out_len, p, len);
    g->out_len += len;
}

/* False: over. *done: nothing is left to be written. */
static bool flush(struct guest *g, bool *done)
{
    size_t n;
    while (g->out_len) {
        if (!peer_write(g->ssl, g->out, g->out_len, &n))
            return false;
        if (!n)
            break;
        memmove(g->out, g->out + n, g->out_len - n);
        g->out_len -= n;
    }
    while (!g->out_len && g->state == SENDING) {
        size_t want = g->left < PEER_CHUNK ? (size_t)g->left : PEER_CHUNK;
        if (!peer_write(g->ssl, zeros, want, &n))
            return false;
        if (!n)
            break;
        g->left -= (long long)n;
        g->state = g->left ? SENDING : HEAD;
    }
    *done = !g->out_len && g->state != SENDING;
    return true;
}

/* Whole frames come back unmasked; returns how many bytes were used. */
static size_t echo(struct guest *g, unsigned char *p, size_t len)
{
    size_t at = 0;
    while (len - at >= 6) {
        size_t payload = p[at + 1] & 0x7f, frame = 6 + payload;
        if (len - at < frame || g->out_len + payload + 2 > sizeof(g->out))
            break;
        unsigned char head[2] = { p[at], (unsigned char)payload };
        for (size_t i = 0; i < payload; i++)
            p[at + 6 + i] ^= p[at + 2 + i % 4];
        say(g, head, 2);
        say(g, p + at + 6, payload);
        at += frame;
    }
    return at;
}

static void upgrade(struct guest *g, const char *key)
{
    char text[64], answer[300];
    unsigned char digest[32], accept[64];
    unsigned len;
    (void)snprintf(text, sizeof(text), "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    bench_must(EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL), "a digest");
    (void)EVP_EncodeBlock(accept, digest, 20);
    (void)snprintf(answer, sizeof(answer), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: binary\r\n\r\n", accept);
    say(g, answer, strlen(answer));
    g->state = ECHOING;
}

static const char put_done[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

static void drain(struct guest *g, size_t len)
{
    g->left -= (long long)len;
    if (g->left > 0)
        return;
    say(g, put_done, sizeof(put_done) - 1);
    g->state = HEAD;
}

/* A whole head in g->in, NUL-terminated; body: what came behind it. */
static void answer(struct guest *g, size_t body)
{
    char head[200];
    const char *text = (const char *)g->in, *key = strcasestr(text, "\r\nsec-websocket-key: "), *length = strcasestr(text, "\r\ncontent-length: ");
    if (key) {
        upgrade(g, key + strlen("\r\nsec-websocket-key: "));
    } else if (text[0] == 'P' && length) {
        g->left = strtoll(length + strlen("\r\ncontent-length: "), NULL, 10);
        g->state = DRAINING;
        drain(g, body);
    } else {
        g->left = strncmp(text, "GET /bytes/", 11) == 0 ? strtoll(text + 11, NULL, 10) : 0;
        (void)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", g->left);
        say(g, head, strlen(head));
        g->state = g->left ? SENDING : HEAD;
    }
}

/* What is held of the head is followed by p; a proxy may send much of the body in the same record. */
static bool take_head(struct guest *g, const unsigned char *p, size_t len)
{
    size_t part = len < sizeof(g->in) - 1 - g->in_len ? len : sizeof(g->in) - 1 - g->in_len;
    memcpy(g->in + g->in_len, p, part);
    g->in[g->in_len + part] = '\0';
    const char *blank = strstr((const char *)g->in, "\r\n\r\n");
    if (!blank) {
        g->in_len += part;
        return part == len;
    }
    answer(g, g->in_len + len - (size_t)(blank + 4 - (const char *)g->in));
    g->in_len = 0;
    return true;
}

static bool take(struct guest *g, size_t len)
{
    if (g->state == HEAD && !g->in_len && scratch[0] != 'G' && scratch[0] != 'P')
        g->state = RAW;
    if (g->state == RAW) {
        say(g, scratch, len);
        return true;
    }
    if (g->state == HEAD)
        return take_head(g, scratch + g->in_len, len);
    if (g->state == DRAINING) {
        drain(g, len);
        return true;
    }
    memcpy(scratch, g->in, g->in_len);
    size_t all = g->in_len + len, used = echo(g, scratch, all);
    if (all - used > sizeof(g->in))
        return false;
    g->in_len = all - used;
    memcpy(g->in, scratch + used, g->in_len);
    return true;
}

/* False: over. */
static bool step(struct guest *g)
{
    bool done;
    size_t n;
    if (g->state == SHAKING) {
        int result = SSL_accept(g->ssl);
        if (result != 1)
            return SSL_get_error(g->ssl, result) == SSL_ERROR_WANT_READ;
        g->state = HEAD;
    }
    for (;;) {
        if (!flush(g, &done))
            return false;
        if (!done)
            return true;
        if (!peer_read(g->ssl, scratch + g->in_len, sizeof(scratch) - g->in_len, &n))
            return false;
        if (!n)
            return true;
        if (!take(g, n))
            return false;
    }
}

static void welcome(int listener, SSL_CTX *x)
{
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
        struct guest *g = calloc(1, sizeof(*g));
        bench_must(g, "memory");
        peer_nonblocking(fd);
        g->fd = fd;
        g->ssl = SSL_new(x);
        bench_must(g->ssl && SSL_set_fd(g->ssl, fd), "TLS");
        struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = g };
        bench_must(!epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e), "watching"); /* NOLINT(clang-analyzer-unix.Malloc): the poller has it now */
    }
}

int main(int argc, char **argv)
{
    bench_must(argc == 3, "relay-origin CERT KEY");
    SSL_CTX *x = peer_context(true);
    bench_must(SSL_CTX_use_certificate_chain_file(x, argv[1]) == 1 && SSL_CTX_use_PrivateKey_file(x, argv[2], SSL_FILETYPE_PEM) == 1, "the certificate");
    struct sockaddr_in at = peer_address(0);
    socklen_t size = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bench_must(listener >= 0 && !bind(listener, (struct sockaddr *)&at, sizeof(at)) && !listen(listener, 4096) &&
                   !getsockname(listener, (struct sockaddr *)&at, &size), "listening");
    peer_raise_files();
    (void)signal(SIGPIPE, SIG_IGN);
    poller = epoll_create1(0);
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL }, seen[256];
    bench_must(!epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e), "watching");
    (void)printf("ready %u\n", ntohs(at.sin_port));
    (void)fflush(stdout);
    for (;;) {
        int n = epoll_wait(poller, seen, 256, -1);
        for (int i = 0; i < n; i++) {
            struct guest *g = seen[i].data.ptr;
            if (!g)
                welcome(listener, x);
            else if (!step(g))
                end(g);
        }
    }
}
