#include "net/tls_server.h"

#include <openssl/pem.h>

#include "base/buf.h"
#include "net/chain.h"
#include "unit/net/duo.h"

/* The subject that the client saw. */
static void check_leaf(const struct duo *d, const struct mint_made *want)
{
    uint8_t sha256[DIGEST_SHA256];
    digest_sha256(want->der, want->len, sha256);
    CHECK(!memcmp(chain_leaf_sha256(tls_chain(d->near)), sha256, sizeof(sha256)));
}

static void a_certificate_is_replaced_while_it_serves(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    CHECK(duo_meet(&d, &ask));
    check_leaf(&d, d.leaf);
    const struct mint_made *next = mint_leaf(d.mint, d.root, "/CN=new", MINT_P256 + 5, "DNS:vc1.example");
    AUTO(tls_identity_unrefp) struct tls_identity *i = duo_identity(&d, DUO_CHAIN(next));
    CHECK_OK(tls_server_replace(d.server, i, &e), &e);
    duo_transfer(d.near, d.far, 100); /* the one that exists goes on */
    CHECK(duo_meet(&d, &ask));
    check_leaf(&d, next);

    const struct mint_made *weak = mint_leaf(d.mint, d.root, "/CN=weak", MINT_RSA_1024, "DNS:vc1.example");
    AUTO(tls_identity_unrefp) struct tls_identity *bad = duo_identity(&d, DUO_CHAIN(weak));
    CHECK_FAILS(tls_server_replace(d.server, bad, &e), &e, ERR_INPUT);
    CHECK_FAILS(tls_server_create(&(struct tls_server_config){ .identity = bad }, &e), &e, ERR_INPUT);
    CHECK(duo_meet(&d, &ask)); /* nothing has changed */
    check_leaf(&d, next);
    duo_done(&d);
}

struct choice {
    struct tls_identity *a, *b;
    const struct conn *under;
    const char *seen;
    char name[64];
};

static struct tls_identity *choose(void *self, const char *server_name, const struct conn *under)
{
    struct choice *c = self;
    c->under = under;
    c->seen = NULL;
    if (!server_name)
        return NULL;
    (void)snprintf(c->name, sizeof(c->name), "%s", server_name);
    c->seen = c->name;
    return !strcmp(server_name, "a.example") ? c->a : !strcmp(server_name, "b.example") ? c->b : NULL;
}

static void a_certificate_is_chosen_for_each_handshake(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    duo_init(&d);
    const struct mint_made *a = mint_leaf(d.mint, d.root, "/CN=a", MINT_P256 + 5, "DNS:vc1.example");
    const struct mint_made *b = mint_leaf(d.mint, d.root, "/CN=b", MINT_RSA_2048, "DNS:vc1.example");
    struct choice c = { .a = duo_identity(&d, DUO_CHAIN(a, d.root)), .b = duo_identity(&d, DUO_CHAIN(b)) };
    AUTO(tls_identity_unrefp) struct tls_identity *own = duo_identity(&d, DUO_CHAIN(d.leaf));
    (void)tls_server_destroy(d.server);
    d.server = tls_server_create(&(struct tls_server_config){ .identity = own, .choose = choose, .self = &c,
                                                               .tls_1_2_only = true }, &e);
    CHECK_OK(d.server, &e);
    const struct {
        const char *name;
        const struct mint_made *leaf;
        size_t len;
    } cases[] = { { "a.example", a, 2 }, { "b.example", b, 1 }, { "c.example", d.leaf, 1 }, { NULL, d.leaf, 1 } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls_ask ask = duo_ask();
        ask.server_name = cases[i].name;
        CHECK(duo_meet(&d, &ask));
        check_leaf(&d, cases[i].leaf);
        CHECK_EQ(chain_len(tls_chain(d.near)), cases[i].len); /* what was given, nothing added */
        CHECK(c.under == d.far_wire);
        CHECK(!cases[i].name ? !c.seen : !strcmp(c.seen, cases[i].name));
        CHECK_STR(tls_version(d.far), "TLSv1.2");
    }
    (void)tls_identity_unref(c.a);
    (void)tls_identity_unref(c.b);
    duo_done(&d);
}

static void identities_are_read_strictly(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    duo_init(&d);
    BIO *plain = BIO_new(BIO_s_mem()), *locked = BIO_new(BIO_s_mem()), *other = BIO_new(BIO_s_mem());
    unsigned char pass[] = "secret";
    EVP_PKEY *key = mint_key(d.mint, d.leaf->key);
    CHECK(PEM_write_bio_PrivateKey(plain, key, NULL, NULL, 0, NULL, NULL));
    CHECK(PEM_write_bio_PrivateKey(locked, key, EVP_aes_128_cbc(), pass, 6, NULL, NULL));
    CHECK(PEM_write_bio_PrivateKey(other, mint_key(d.mint, MINT_P256 + 9), NULL, NULL, 0, NULL, NULL));
    char *good, *encrypted, *wrong;
    long good_len = BIO_get_mem_data(plain, &good);
    long encrypted_len = BIO_get_mem_data(locked, &encrypted);
    long wrong_len = BIO_get_mem_data(other, &wrong);
    struct buf broken, many;
    buf_init(&broken, 10000);
    buf_init(&many, 100000);
    CHECK_OK(buf_printf(&broken, &e, "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", d.leaf->pem), &e);
    for (int i = 0; i < TLS_IDENTITY_MAX + 2; i++)
        CHECK_OK(buf_puts(&many, d.leaf->pem, &e), &e);
    const struct {
        const char *chain, *key;
        long key_len;
        enum err_kind kind;
    } cases[] = {
        { d.leaf->pem, wrong, wrong_len, ERR_INPUT },
        { d.leaf->pem, encrypted, encrypted_len, ERR_INPUT },
        { d.leaf->pem, "", 0, ERR_INPUT },
        { d.leaf->pem, d.leaf->pem, 20, ERR_INPUT },
        { "", good, good_len, ERR_INPUT },
        { "not PEM", good, good_len, ERR_INPUT },
        { buf_str(&broken), good, good_len, ERR_INPUT },
        { buf_str(&many), good, good_len, ERR_LIMIT },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls_identity *id = tls_identity_parse(cases[i].chain, strlen(cases[i].chain), cases[i].key,
                                                     (size_t)cases[i].key_len, &e);
        if (id || e.kind != cases[i].kind)
            fail_msg("case %zu: %s", i, id ? "was read" : e.msg);
        CHECK(!strstr(e.msg, "PRIVATE"));
    }
    CHECK_FAILS(tls_identity_parse("", TLS_IDENTITY_BYTES + 1, "", 0, &e), &e, ERR_LIMIT);
    AUTO(tls_identity_unrefp) struct tls_identity *id =
        tls_identity_parse(d.leaf->pem, strlen(d.leaf->pem), good, (size_t)good_len, &e);
    CHECK_OK(id, &e);
    buf_done(&broken);
    buf_done(&many);
    BIO_free(plain);
    BIO_free(locked);
    BIO_free(other);
    duo_done(&d);
}

/* A raw client's handshake with our server; true when both are done. */
static bool meet_raw(struct duo *d, SSL_CTX *context, SSL **ret)
{
    memory_pair(DUO_CAP, &d->near_wire, &d->far_wire);
    d->near = conn_destroy(d->near);
    d->far = conn_destroy(d->far);
    d->near = d->near_wire;
    d->far = tls_server_conn(d->server, d->far_wire);
    d->far_io = IO_WANT_READ;
    SSL *ssl = duo_raw(d, context, false);
    int near = 0;
    for (int i = 0; i < 20 && (d->far_io != IO_DONE || near != 1) && d->far_io != IO_FAILED; i++) {
        near = SSL_do_handshake(ssl);
        d->far_io = conn_handshake(d->far, &d->far_err);
    }
    if (ret)
        *ret = ssl;
    else
        SSL_free(ssl);
    return d->far_io == IO_DONE && near == 1;
}

static bool meet_version(struct duo *d, SSL_CTX *context)
{
    return meet_raw(d, context, NULL);
}

static void old_clients_are_refused(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    duo_versions(&d, false, meet_version, &d.far_err);
    duo_done(&d);
}

static void only_http_1_1_is_spoken(void **state)
{
    (void)state;
    static const struct {
        const char *offer;
        bool ok;
    } cases[] = { { "\x08http/1.1", true }, { "\x02h2\x08http/1.1", true }, { "\x02h2", false }, { "\x08http/1.0", false } };
    struct duo d;
    duo_init(&d);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SSL_CTX *x = duo_raw_context(&d, false, TLS1_3_VERSION);
        CHECK(!SSL_CTX_set_alpn_protos(x, (const unsigned char *)cases[i].offer, (unsigned)strlen(cases[i].offer)));
        SSL *ssl;
        CHECK_EQ(meet_raw(&d, x, &ssl), cases[i].ok);
        const unsigned char *chosen;
        unsigned len;
        SSL_get0_alpn_selected(ssl, &chosen, &len);
        CHECK(!cases[i].ok || (len == 8 && !memcmp(chosen, "http/1.1", 8)));
        SSL_free(ssl);
        SSL_CTX_free(x);
    }
    duo_done(&d);
}

static void a_server_gives_out_no_session(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
        SSL_CTX *x = duo_raw_context(&d, false, versions[v]);
        SSL *ssl;
        struct err e;
        size_t len;
        char text[8];
        CHECK(meet_raw(&d, x, &ssl));
        CHECK_EQ(conn_write(d.far, "hello", 5, &len, &e), IO_DONE);
        CHECK_EQ(SSL_read(ssl, text, sizeof(text)), 5);
        CHECK(!SSL_SESSION_is_resumable(SSL_get0_session(ssl)));
        SSL_free(ssl);
        SSL_CTX_free(x);
    }
    duo_done(&d);
}

GROUP(net_tls_server, cmocka_unit_test(a_certificate_is_replaced_while_it_serves),
      cmocka_unit_test(a_certificate_is_chosen_for_each_handshake), cmocka_unit_test(identities_are_read_strictly),
      cmocka_unit_test(old_clients_are_refused), cmocka_unit_test(only_http_1_1_is_spoken),
      cmocka_unit_test(a_server_gives_out_no_session))
