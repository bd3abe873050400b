#include "bench/relay_peer.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/resource.h>

#include "bench/drive.h"

SSL_CTX *peer_context(bool server)
{
    SSL_CTX *x = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    bench_must(x && SSL_CTX_set_min_proto_version(x, TLS1_3_VERSION) && SSL_CTX_set_ciphersuites(x, "TLS_AES_128_GCM_SHA256") &&
                   SSL_CTX_set_num_tickets(x, 0),
               "TLS");
    SSL_CTX_set_mode(x, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
    return x;
}

void peer_nonblocking(int fd)
{
    int one = 1;
    bench_must(!fcntl(fd, F_SETFL, O_NONBLOCK) && !setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), "a socket's options");
}

struct sockaddr_in peer_address(uint16_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

void peer_raise_files(void)
{
    struct rlimit r;
    bench_must(!getrlimit(RLIMIT_NOFILE, &r), "the file limit");
    r.rlim_cur = r.rlim_max;
    bench_must(!setrlimit(RLIMIT_NOFILE, &r), "the file limit");
}

static bool goes_on(SSL *s, int result, size_t *len)
{
    int why = SSL_get_error(s, result);
    *len = 0;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

bool peer_read(SSL *s, void *p, size_t cap, size_t *len)
{
    ERR_clear_error();
    int result = SSL_read_ex(s, p, cap, len);
    return result == 1 || goes_on(s, result, len);
}

bool peer_write(SSL *s, const void *p, size_t n, size_t *len)
{
    ERR_clear_error();
    int result = SSL_write_ex(s, p, n, len);
    return result == 1 || goes_on(s, result, len);
}
