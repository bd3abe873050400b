#include "net/tls_context.h"

#include <openssl/err.h>
#include <signal.h>

#include "base/text.h"
#include "net/tls.h"

const unsigned char tls_context_alpn[9] = { 8, 'h', 't', 't', 'p', '/', '1', '.', '1' };

/* AES-128 first: the bytes of a relay cost 13 % less than with AES-256. The last group is for vSphere 6.7. */
static const char ciphers_1_3[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char ciphers_client[] = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!PSK:!SHA1";
static const char ciphers_server[] = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK";
static const char groups[] = "X25519:P-256:P-384"; /* one key share is made, for the first */

void tls_context_reason(char *out, size_t size)
{
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    (void)text_copy(out, size, reason ? reason : code ? "unknown reason" : "no reason given");
    ERR_clear_error();
}

/* A peer that is gone must not end the process, whatever libssl is given to write to. */
static void ignore_sigpipe(void)
{
    struct sigaction now;
    if (!sigaction(SIGPIPE, NULL, &now) && now.sa_handler == SIG_DFL) {
        now.sa_handler = SIG_IGN;
        (void)sigaction(SIGPIPE, &now, NULL);
    }
}

static bool settings(SSL_CTX *x, enum tls_side side)
{
    SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(x, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY |
                            SSL_MODE_NO_AUTO_CHAIN); /* what was given is sent, and no time spent on completing it */
    SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_security_level(x, 2);
    SSL_CTX_set_read_ahead(x, 1); /* a record in one system call instead of two */
    SSL_CTX_set_max_cert_list(x, TLS_CHAIN_BYTES_MAX);
    return SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION) && SSL_CTX_set_max_proto_version(x, TLS1_3_VERSION) &&
           SSL_CTX_set_ciphersuites(x, ciphers_1_3) &&
           SSL_CTX_set_cipher_list(x, side == TLS_SIDE_CLIENT ? ciphers_client : ciphers_server) &&
           SSL_CTX_set1_groups_list(x, groups) && SSL_CTX_set_num_tickets(x, 0);
}

SSL_CTX *tls_context_create(enum tls_side side, struct err *e)
{
    ignore_sigpipe();
    ERR_clear_error();
    SSL_CTX *x = SSL_CTX_new(side == TLS_SIDE_CLIENT ? TLS_client_method() : TLS_server_method());
    if (x && settings(x, side))
        return x;
    char reason[128];
    tls_context_reason(reason, sizeof(reason));
    err_set(e, ERR_INTERNAL, "setting TLS up: %s", reason);
    SSL_CTX_free(x);
    return NULL;
}
