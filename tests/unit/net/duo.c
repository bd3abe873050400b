#include "unit/net/duo.h"

#include <openssl/pem.h>
#include <stdlib.h>

#include "base/buf.h"
#include "net/tls_bio.h"

static const struct trust_scope any_scope = { .kind = TRUST_SCOPE_ANY };

struct trust_set *duo_set(const struct mint_made *anchor, const char *scope)
{
    return duo_set_at(7, anchor, scope);
}

struct trust_set *duo_set_at(uint64_t generation, const struct mint_made *anchor, const char *scope)
{
    struct trust_row row = { .scope = any_scope, .system = true };
    struct trust_rows rows = { .anchors = &row, .generation = generation };
    if (anchor) {
        struct err e;
        row.der = anchor->der;
        row.len = anchor->len;
        rows.anchors_len = 1;
        CHECK_OK(trust_scope_parse(scope, &row.scope, &e), &e);
    }
    return trust_set_create(&rows, NULL);
}

struct tls_identity *duo_identity(struct duo *d, const struct mint_made *const *chain)
{
    struct err e;
    struct buf pem;
    char *key;
    buf_init(&pem, 1 << 20);
    BIO *b = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_PrivateKey(b, mint_key(d->mint, chain[0]->key), NULL, NULL, 0, NULL, NULL));
    for (size_t i = 0; chain[i]; i++)
        CHECK_OK(buf_puts(&pem, chain[i]->pem, &e), &e);
    long key_len = BIO_get_mem_data(b, &key);
    struct tls_identity *i = tls_identity_parse(buf_str(&pem), pem.len, key, (size_t)key_len, &e);
    CHECK_OK(i, &e);
    BIO_free(b);
    buf_done(&pem);
    return i;
}

void duo_serve(struct duo *d, bool weak, const struct mint_made *const *chain)
{
    struct err e;
    AUTO(tls_identity_unrefp) struct tls_identity *i = duo_identity(d, chain);
    d->near = conn_destroy(d->near);
    d->far = conn_destroy(d->far);
    (void)tls_server_destroy(d->server);
    d->server = tls_server_create(&(struct tls_server_config){ .identity = i, .weak = weak }, &e);
    CHECK_OK(d->server, &e);
}

void duo_init(struct duo *d)
{
    struct err e;
    *d = (struct duo){ .mint = mint_create() };
    d->root = mint_root(d->mint, "/CN=CA/C=US", MINT_P256);
    d->leaf = mint_leaf(d->mint, d->root, "/CN=vc1.example", MINT_P256 + 1, "DNS:vc1.example,IP:10.0.0.7");
    d->live = trust_live_create(duo_set(d->root, "any"));
    d->client = tls_client_create(d->live, &e);
    CHECK_OK(d->client, &e);
    duo_serve(d, false, DUO_CHAIN(d->leaf, d->root));
}

void duo_done(struct duo *d)
{
    (void)conn_destroy(d->near);
    (void)conn_destroy(d->far);
    (void)tls_client_destroy(d->client);
    (void)tls_server_destroy(d->server);
    (void)trust_live_destroy(d->live);
    (void)mint_destroy(d->mint);
}

struct tls_ask duo_ask(void)
{
    static const char *const names[] = { "vc1.example" };
    return (struct tls_ask){
        .server_name = "vc1.example",
        .question = {
            .names = names,
            .names_len = 1,
            .behalf = { .kind = TRUST_FOR_ADDRESS, .host = "vc1.example", .port = 443 },
            .now = MINT_NOW,
        },
    };
}

void duo_connect_bare(struct duo *d, const struct tls_ask *ask)
{
    d->near = conn_destroy(d->near);
    d->far = conn_destroy(d->far);
    memory_pair(DUO_CAP, &d->near_wire, &d->far_wire);
    d->near = tls_client_conn(d->client, d->near_wire, ask);
    d->far = d->far_wire;
    d->near_io = d->far_io = IO_WANT_READ;
    d->near_err = d->far_err = (struct err){ 0 };
}

void duo_connect(struct duo *d, const struct tls_ask *ask)
{
    duo_connect_bare(d, ask);
    d->far = tls_server_conn(d->server, d->far_wire);
}

static bool waits(enum io io)
{
    return io == IO_WANT_READ || io == IO_WANT_WRITE;
}

void duo_shake(struct duo *d)
{
    for (int idle = 0; idle < 2 && (waits(d->near_io) || waits(d->far_io));) {
        size_t moved = memory_sent(d->near_wire) + memory_sent(d->far_wire);
        if (waits(d->near_io))
            d->near_io = conn_handshake(d->near, &d->near_err);
        if (waits(d->far_io))
            d->far_io = conn_handshake(d->far, &d->far_err);
        idle = moved == memory_sent(d->near_wire) + memory_sent(d->far_wire) ? idle + 1 : 0;
    }
}

bool duo_meet(struct duo *d, const struct tls_ask *ask)
{
    duo_connect(d, ask);
    duo_shake(d);
    return d->near_io == IO_DONE && d->far_io == IO_DONE;
}

void duo_refuses(struct duo *d, const struct tls_ask *ask, enum trust_rule rule)
{
    if (duo_meet(d, ask))
        fail_msg("a handshake that should end in %s", trust_rule_code(rule));
    CHECK_EQ(d->near_io, IO_FAILED);
    if (d->near_err.kind != ERR_UNTRUSTED)
        fail_msg("%s: %s", err_kind_name(d->near_err.kind), d->near_err.msg);
    const struct trust_verdict *v = tls_verdict(d->near);
    CHECK(v && !v->ok);
    CHECK_STR(trust_rule_code(v->rule), trust_rule_code(rule));
    CHECK(strstr(d->near_err.msg, trust_rule_code(rule)));
    struct err e;
    size_t len;
    char byte = 0;
    CHECK_EQ(conn_write(d->near, &byte, 1, &len, &e), IO_FAILED);
    CHECK_EQ(conn_read(d->near, &byte, 1, &len, &e), IO_FAILED);
    CHECK_EQ(conn_finish(d->near, &e), IO_FAILED);
}

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 31 + (at >> 8));
}

void duo_transfer(struct conn *from, struct conn *to, size_t len)
{
    uint8_t *out = malloc(len), *in = malloc(len);
    struct err e;
    for (size_t i = 0; i < len; i++)
        out[i] = pattern(i);
    for (size_t sent = 0, got = 0; got < len;) {
        size_t n = 0;
        enum io io = sent < len ? conn_write(from, out + sent, len - sent, &n, &e) : IO_WANT_WRITE;
        if (io == IO_FAILED)
            fail_msg("writing: %s", e.msg);
        sent += io == IO_DONE ? n : 0;
        bool wrote = io == IO_DONE;
        io = conn_read(to, in + got, len - got, &n, &e);
        if (io == IO_FAILED)
            fail_msg("reading: %s", e.msg);
        CHECK(io != IO_DONE || n > 0);
        got += io == IO_DONE ? n : 0;
        CHECK(wrote || io == IO_DONE || sent < len); /* one of them can go on */
    }
    CHECK(!memcmp(in, out, len));
    free(out);
    free(in);
}

SSL_CTX *duo_raw_context(struct duo *d, bool server, int max_version)
{
    SSL_CTX *x = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    SSL_CTX_set_security_level(x, 0);
    CHECK(SSL_CTX_set_min_proto_version(x, TLS1_VERSION) && SSL_CTX_set_max_proto_version(x, max_version));
    if (server) {
        const unsigned char *der = d->leaf->der;
        X509 *leaf = d2i_X509(NULL, &der, (long)d->leaf->len);
        CHECK(SSL_CTX_use_cert_and_key(x, leaf, mint_key(d->mint, d->leaf->key), NULL, 1));
        X509_free(leaf);
    }
    return x;
}

SSL *duo_raw(struct duo *d, SSL_CTX *context, bool server)
{
    static struct err unused;
    SSL *ssl = SSL_new(context);
    BIO *b = tls_bio_create(server ? d->far_wire : d->near_wire, &unused);
    SSL_set_bio(ssl, b, b);
    if (server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

void duo_versions(struct duo *d, bool raw_server, bool (*meet)(struct duo *d, SSL_CTX *context),
                  const struct err *seen)
{
    static const struct {
        int version;
        bool ok;
    } cases[] = { { TLS1_VERSION, false }, { TLS1_1_VERSION, false }, { TLS1_2_VERSION, true }, { TLS1_3_VERSION, true } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SSL_CTX *x = duo_raw_context(d, raw_server, cases[i].version);
        CHECK_EQ(meet(d, x), cases[i].ok);
        if (!cases[i].ok)
            CHECK_EQ(seen->kind, ERR_PEER);
        SSL_CTX_free(x);
    }
}
