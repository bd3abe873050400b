#include "net/tls_bio.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct link {
    struct conn *under;  /* borrowed */
    struct err *failure; /* borrowed */
    bool ended;
};

/* What a connection's answer is to libssl: 1 when bytes went over. */
static int answer(BIO *b, enum io io)
{
    switch (io) {
    case IO_DONE:
        return 1;
    case IO_WANT_READ:
        BIO_set_retry_read(b);
        return 0;
    case IO_WANT_WRITE:
        BIO_set_retry_write(b);
        return 0;
    case IO_FAILED:
        return 0;
    }
    return 0;
}

static int link_read(BIO *b, char *p, size_t cap, size_t *ret_len)
{
    struct link *l = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    *ret_len = 0;
    enum io io = cap ? conn_read(l->under, p, cap, ret_len, l->failure) : IO_FAILED;
    l->ended = io == IO_DONE && !*ret_len;
    return answer(b, io) && *ret_len;
}

static int link_write(BIO *b, const char *p, size_t len, size_t *ret_len)
{
    struct link *l = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    *ret_len = 0;
    return !len || answer(b, conn_write(l->under, p, len, ret_len, l->failure));
}

static long link_ctrl(BIO *b, int command, long number, void *p)
{
    (void)number;
    (void)p;
    const struct link *l = BIO_get_data(b);
    return command == BIO_CTRL_FLUSH || (command == BIO_CTRL_EOF && l->ended);
}

static int link_destroy(BIO *b)
{
    free(BIO_get_data(b));
    BIO_set_data(b, NULL);
    return 1;
}

/* Made once for the process: libcrypto has a small number of BIO types. */
static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "conn");
    if (m && BIO_meth_set_read_ex(m, link_read) && BIO_meth_set_write_ex(m, link_write) &&
        BIO_meth_set_ctrl(m, link_ctrl) && BIO_meth_set_destroy(m, link_destroy))
        method = m;
    else
        BIO_meth_free(m);
}

BIO *tls_bio_create(struct conn *under, struct err *failure)
{
    (void)pthread_once(&once, make_method);
    BIO *b = method ? BIO_new(method) : NULL;
    if (!b)
        return NULL;
    struct link *l = xcalloc(1, sizeof(*l));
    l->under = under;
    l->failure = failure;
    BIO_set_data(b, l);
    BIO_set_init(b, 1);
    return b;
}
