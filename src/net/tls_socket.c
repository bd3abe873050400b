#include "net/tls_socket.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

static int socket_read(BIO *b, char *p, size_t cap, size_t *ret_len)
{
    struct tls_socket *s = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    *ret_len = 0;
    if (s->dry) {
        BIO_set_retry_read(b);
        return 0;
    }
    ssize_t n;
    do {
        n = recv(s->fd, p, cap, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        BIO_set_retry_read(b);
    s->ended = n == 0;
    s->dry = s->edges && (n < 0 || (n > 0 && (size_t)n < cap));
    *ret_len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static int socket_write(BIO *b, const char *p, size_t len, size_t *ret_len)
{
    struct tls_socket *s = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    *ret_len = 0;
    ssize_t n;
    do {
        n = send(s->fd, p, len, s->more ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        BIO_set_retry_write(b);
    *ret_len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static long socket_ctrl(BIO *b, int command, long number, void *p)
{
    (void)number;
    (void)p;
    const struct tls_socket *s = BIO_get_data(b);
    return command == BIO_CTRL_FLUSH || (command == BIO_CTRL_EOF && s->ended);
}

/* Made once for the process: libcrypto has a small number of BIO types. */
static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (m && BIO_meth_set_read_ex(m, socket_read) && BIO_meth_set_write_ex(m, socket_write) &&
        BIO_meth_set_ctrl(m, socket_ctrl))
        method = m;
    else
        BIO_meth_free(m);
}

BIO *tls_socket_bio(struct tls_socket *s)
{
    (void)pthread_once(&once, make_method);
    BIO *b = method ? BIO_new(method) : NULL;
    if (!b)
        return NULL;
    BIO_set_data(b, s);
    BIO_set_init(b, 1);
    return b;
}
