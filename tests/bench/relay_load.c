/* The users of the relay benches: `relay-load PORT CA NAME PATH down|up BYTES`, `.. echo SESSIONS ACTIVE MESSAGES`, `.. hold SESSIONS`. Moves
 * bytes over one connection, or opens WebSocket sessions and sends frames of 64 bytes that come back, over ACTIVE of them at a time. Every
 * connection is verified. When all is set up it prints "ready" and waits for a line; then it works and prints "done N", N the microseconds
 * that half of the messages took at most; it ends with its input, so that what is idle stays open until then. */
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/drive.h"
#include "bench/relay_peer.h"

enum { AT_ONCE = 32 /* handshakes */ };

struct user {
    int fd;
    SSL *ssl;
    enum { CONNECTING, ASKING, OPEN } state;
    size_t got;
    double sent;
};

static SSL_CTX *context;
static uint16_t port;
static const char *name, *path;
static unsigned char scratch[PEER_CHUNK];

static void begin(struct user *u)
{
    struct sockaddr_in at = peer_address(port);
    u->fd = socket(AF_INET, SOCK_STREAM, 0);
    bench_must(u->fd >= 0 && !connect(u->fd, (struct sockaddr *)&at, sizeof(at)), "connecting");
    u->ssl = SSL_new(context);
    bench_must(u->ssl && SSL_set_fd(u->ssl, u->fd) && SSL_set_tlsext_host_name(u->ssl, name) && SSL_set1_host(u->ssl, name), "TLS");
    SSL_set_verify(u->ssl, SSL_VERIFY_PEER, NULL);
}

/* ---- one stream ---- */

static void write_all(SSL *s, const void *p, size_t len)
{
    size_t n;
    for (size_t at = 0; at < len; at += n)
        bench_must(SSL_write_ex(s, (const unsigned char *)p + at, len - at, &n), "writing");
}

static void stream(bool up, long long bytes)
{
    struct user u = { 0 };
    char head[400];
    size_t n;
    begin(&u);
    bench_must(SSL_connect(u.ssl) == 1, "the handshake");
    if (up)
        (void)snprintf(head, sizeof(head), "PUT /up HTTP/1.1\r\nHost: %s\r\nContent-Length: %lld\r\n\r\n", name, bytes);
    else
        (void)snprintf(head, sizeof(head), "GET /bytes/%lld HTTP/1.1\r\nHost: %s\r\n\r\n", bytes, name);
    write_all(u.ssl, head, strlen(head));
    for (long long left = bytes; up && left > 0; left -= PEER_CHUNK)
        write_all(u.ssl, scratch, left < PEER_CHUNK ? (size_t)left : PEER_CHUNK);
    for (long long got = 0; got < (up ? 1 : bytes); got += (long long)n) {
        bench_must(SSL_read_ex(u.ssl, scratch, sizeof(scratch), &n), "reading");
        bench_must(got || (n > strlen("HTTP/1.1 2") && memcmp(scratch, "HTTP/1.1 2", strlen("HTTP/1.1 2")) == 0), "an answer of success");
    }
    SSL_free(u.ssl);
    (void)close(u.fd);
}

/* ---- many sessions ---- */

static int poller;
static struct user *users;
static int sessions, active, opened, started, under_way;
static long messages, sent, back;
static float *took;

static void send_frame(struct user *u)
{
    unsigned char frame[6 + PEER_FRAME] = { 0x82, 0x80 | PEER_FRAME, 1, 2, 3, 4 };
    u->got = 0;
    u->sent = bench_wall();
    sent++;
    write_all(u->ssl, frame, sizeof(frame));
}

static void ask(struct user *u)
{
    char head[600];
    (void)snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: binary\r\n\r\n", path, name);
    write_all(u->ssl, head, strlen(head));
    u->state = ASKING;
}

static void read_user(struct user *u)
{
    size_t n;
    for (;;) {
        bench_must(peer_read(u->ssl, scratch, sizeof(scratch), &n), "a session was lost");
        if (!n)
            return;
        if (u->state == ASKING) {
            bench_must(n > 12 && !memcmp(scratch, "HTTP/1.1 101", 12), "a session was refused");
            u->state = OPEN;
            opened++;
            under_way--;
            continue;
        }
        u->got += n;
        if (u->got < 2 + PEER_FRAME)
            continue;
        took[back++] = (float)((bench_wall() - u->sent) * 1e6);
        if (sent < messages)
            send_frame(u);
    }
}

static void step(struct user *u)
{
    if (u->state == CONNECTING) {
        ERR_clear_error();
        int result = SSL_connect(u->ssl);
        if (result != 1) {
            bench_must(SSL_get_error(u->ssl, result) == SSL_ERROR_WANT_READ, "a handshake failed");
            return;
        }
        ask(u);
    }
    read_user(u);
}

static void turn(void)
{
    struct epoll_event seen[256];
    int n = epoll_wait(poller, seen, 256, -1);
    for (int i = 0; i < n; i++)
        step(seen[i].data.ptr);
}

static void open_all(void)
{
    while (opened < sessions) {
        while (started < sessions && under_way < AT_ONCE) {
            struct user *u = &users[started++];
            begin(u);
            peer_nonblocking(u->fd);
            under_way++;
            struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data.ptr = u };
            bench_must(!epoll_ctl(poller, EPOLL_CTL_ADD, u->fd, &e), "watching");
            step(u);
        }
        if (opened < sessions)
            turn();
    }
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static double echo_all(void)
{
    sent = back = 0;
    for (int i = 0; i < active && sent < messages; i++)
        send_frame(&users[i]);
    while (back < messages)
        turn();
    qsort(took, (size_t)back, sizeof(*took), by_size);
    return took[back / 2];
}

static bool order(void)
{
    char line[64];
    return fgets(line, sizeof(line), stdin) != NULL;
}

int main(int argc, char **argv)
{
    bench_must(argc >= 7, "relay-load PORT CA NAME PATH down|up BYTES, or echo SESSIONS ACTIVE MESSAGES, or hold SESSIONS");
    port = (uint16_t)strtol(argv[1], NULL, 10);
    name = argv[3];
    path = argv[4];
    context = peer_context(false);
    bench_must(SSL_CTX_load_verify_locations(context, argv[2], NULL), "the CA");
    (void)signal(SIGPIPE, SIG_IGN);
    peer_raise_files();
    bool many = strcmp(argv[5], "echo") == 0 || strcmp(argv[5], "hold") == 0;
    if (many) {
        sessions = (int)strtol(argv[6], NULL, 10);
        active = argc > 7 ? (int)strtol(argv[7], NULL, 10) : 0;
        messages = argc > 8 ? strtol(argv[8], NULL, 10) : 0;
        users = calloc((size_t)sessions, sizeof(*users));
        took = calloc((size_t)messages + 1, sizeof(*took));
        poller = epoll_create1(0);
        bench_must(users && took && poller >= 0, "memory");
        open_all();
    }
    (void)puts("ready");
    (void)fflush(stdout);
    while (order()) {
        double said = 0;
        if (many)
            said = echo_all();
        else
            stream(strcmp(argv[5], "up") == 0, strtoll(argv[6], NULL, 10));
        (void)printf("done %.1f\n", said);
        (void)fflush(stdout);
    }
    return 0;
}
