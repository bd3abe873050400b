#include "net/tls_conn.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "net/tls_bio.h"
#include "net/tls_context.h"
#include "net/tls_socket.h"

static const struct conn_ops tls_ops;

struct tls *tls_conn_of(const struct conn *c, const struct tls_role *role)
{
    assert(c->ops == &tls_ops);
    struct tls *t = CONTAINER_OF(c, struct tls, conn);
    assert(!role || t->role == role);
    (void)role;
    return t;
}

void tls_conn_init(struct tls *t, const struct tls_role *role, struct conn *take_under)
{
    t->conn.ops = &tls_ops;
    t->role = role;
    t->under = take_under;
    t->state = TLS_CONNECTING;
}

static enum io broken(struct tls *t)
{
    t->state = TLS_BROKEN;
    return IO_FAILED;
}

/* For what people meet most often: libssl's own words name the line of its code rather than the trouble. NULL: those
 * have to do. */
static const char *in_plain_words(int reason)
{
    switch (reason) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return "the peer broke off";
    case SSL_R_WRONG_VERSION_NUMBER: /* of a record: the first bytes that came */
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        return "the peer does not speak TLS (is it a plain HTTP port?)";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "the peer speaks neither TLS 1.2 nor 1.3";
    default:
        return NULL;
    }
}

/* What an SSL call that did not succeed means; `doing` names it for people. */
static enum io failed(struct tls *t, const char *doing, int result, struct err *e)
{
    int sys = errno;
    char reason[128];
    switch (SSL_get_error(t->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return IO_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WANT_WRITE;
    case SSL_ERROR_SYSCALL:
        if (t->failure && t->failure->kind != ERR_NONE) {
            if (e)
                *e = *t->failure;
        } else if (sys) {
            err_sys(e, ERR_PEER, sys, "%s", doing);
        } else {
            err_set(e, ERR_PEER, "%s: the peer broke off", doing);
        }
        ERR_clear_error();
        return broken(t);
    default:
        break;
    }
    const char *plain = in_plain_words(ERR_GET_REASON(ERR_peek_error()));
    tls_context_reason(reason, sizeof(reason));
    err_set(e, ERR_PEER, "%s: %s", doing, plain ? plain : reason);
    return broken(t);
}

/* Ties libssl to what is under it: to the socket itself when it is one, which saves a copy and a call. */
static bool start(struct tls *t, struct err *e)
{
    ERR_clear_error();
    t->ssl = t->role->start(t);
    t->socket.fd = tcp_socket(t->under);
    BIO *b = NULL;
    if (t->ssl && t->socket.fd >= 0) {
        b = tls_socket_bio(&t->socket);
    } else if (t->ssl) {
        t->failure = xcalloc(1, sizeof(*t->failure));
        b = tls_bio_create(t->under, t->failure);
    }
    if (b) {
        SSL_set_bio(t->ssl, b, b);
        return true;
    }
    char reason[128];
    tls_context_reason(reason, sizeof(reason));
    return err_set(e, ERR_INTERNAL, "starting TLS: %s", reason);
}

static enum io shake(struct tls *t, struct err *e)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(t->ssl);
    if (result == 1) {
        t->state = t->role->shaken(t, e);
        return t->state == TLS_BROKEN ? IO_FAILED : IO_DONE;
    }
    enum io io = failed(t, "TLS handshake", result, e);
    if (io == IO_FAILED)
        (void)t->role->explain(t, e);
    return io;
}

static enum io tls_handshake(struct conn *c, struct err *e)
{
    struct tls *t = tls_conn_of(c, NULL);
    enum io io;
    switch (t->state) {
    case TLS_CONNECTING:
        io = conn_handshake(t->under, e);
        if (io == IO_FAILED || (io == IO_DONE && !start(t, e)))
            return broken(t);
        if (io != IO_DONE)
            return io;
        t->state = TLS_SHAKING;
        return shake(t, e);
    case TLS_SHAKING:
        return shake(t, e);
    case TLS_OPEN:
    case TLS_SHOWN:
        return IO_DONE;
    case TLS_BROKEN:
        err_set(e, ERR_PEER, "the connection failed before");
        return IO_FAILED;
    }
    abort();
}

/* False, with e set, when no byte of the application may pass. */
static bool may_pass(const struct tls *t, struct err *e)
{
    switch (t->state) {
    case TLS_OPEN:
        return true;
    case TLS_SHOWN:
        return err_set(e, ERR_DENIED, "this connection is for looking at the certificate only");
    case TLS_BROKEN:
        return err_set(e, ERR_PEER, "the connection failed before");
    case TLS_CONNECTING:
    case TLS_SHAKING:
        return err_set(e, ERR_INTERNAL, "the handshake is not done");
    }
    abort();
}

static enum io tls_read(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e)
{
    struct tls *t = tls_conn_of(c, NULL);
    if (!may_pass(t, e))
        return IO_FAILED;
    ERR_clear_error();
    errno = 0;
    int result = SSL_read_ex(t->ssl, p, cap, ret_len);
    if (result)
        return IO_DONE;
    if (SSL_get_error(t->ssl, result) == SSL_ERROR_ZERO_RETURN) {
        *ret_len = 0;
        return IO_DONE;
    }
    return failed(t, "reading from the peer", result, e);
}

static enum io tls_write(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e)
{
    struct tls *t = tls_conn_of(c, NULL);
    if (!may_pass(t, e))
        return IO_FAILED;
    ERR_clear_error();
    errno = 0;
    int result = SSL_write_ex(t->ssl, p, len, ret_len);
    return result ? IO_DONE : failed(t, "writing to the peer", result, e);
}

/* close_notify (RFC 8446 section 6.1); the peer's own is read by tls_read. */
static enum io tls_finish(struct conn *c, struct err *e)
{
    struct tls *t = tls_conn_of(c, NULL);
    if (t->state != TLS_SHOWN && !may_pass(t, e))
        return IO_FAILED;
    ERR_clear_error();
    errno = 0;
    int result = SSL_shutdown(t->ssl);
    return result >= 0 ? IO_DONE : failed(t, "ending the connection", result, e);
}

static bool tls_pending(const struct conn *c)
{
    const struct tls *t = tls_conn_of(c, NULL);
    return t->state == TLS_OPEN && SSL_has_pending(t->ssl);
}

static int tls_fd(const struct conn *c)
{
    return conn_fd(tls_conn_of(c, NULL)->under);
}

static void tls_hint(struct conn *c, enum conn_hint hint)
{
    struct tls_socket *s = &tls_conn_of(c, NULL)->socket;
    switch (hint) {
    case CONN_EDGES:
        s->edges = true;
        return;
    case CONN_EVENT:
        s->dry = false;
        return;
    case CONN_ENDING:
        s->edges = s->dry = false;
        return;
    case CONN_MORE:
        s->more = true;
        return;
    case CONN_LAST:
        s->more = false;
        return;
    }
}

static bool tls_dry(const struct conn *c)
{
    const struct tls *t = tls_conn_of(c, NULL);
    return t->state == TLS_OPEN && t->socket.dry && !SSL_has_pending(t->ssl);
}

static struct conn *tls_destroy(struct conn *c)
{
    struct tls *t = tls_conn_of(c, NULL);
    SSL_free(t->ssl);
    (void)conn_destroy(t->under);
    free(t->failure);
    t->role->destroy(t);
    return NULL;
}

static const struct conn_ops tls_ops = {
    .name = "tls",
    .handshake = tls_handshake,
    .read = tls_read,
    .write = tls_write,
    .finish = tls_finish,
    .pending = tls_pending,
    .fd = tls_fd,
    .hint = tls_hint,
    .dry = tls_dry,
    .destroy = tls_destroy,
};

const char *tls_version(const struct conn *c)
{
    const struct tls *t = tls_conn_of(c, NULL);
    return t->state == TLS_OPEN || t->state == TLS_SHOWN ? SSL_get_version(t->ssl) : "";
}

const char *tls_cipher(const struct conn *c)
{
    const struct tls *t = tls_conn_of(c, NULL);
    return t->state == TLS_OPEN || t->state == TLS_SHOWN ? SSL_get_cipher_name(t->ssl) : "";
}
