#include "net/tls.h"

#include <pthread.h>
#include <stdatomic.h>

#include "net/chain.h"
#include "trust/cert.h"
#include "unit/net/duo.h"

static void a_verified_peer_can_be_spoken_to(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    duo_connect(&d, &ask);
    CHECK(!tls_verdict(d.near) && !tls_chain(d.near));
    CHECK_STR(tls_version(d.near), "");
    duo_shake(&d);
    CHECK_EQ(d.near_io, IO_DONE);
    const struct trust_verdict *v = tls_verdict(d.near);
    CHECK(v->ok && v->path_len == 2);
    uint8_t sha256[DIGEST_SHA256];
    digest_sha256(d.root->der, d.root->len, sha256);
    CHECK(!memcmp(v->anchor, sha256, sizeof(sha256)));
    CHECK_EQ(tls_generation(d.near), 7);
    CHECK_EQ(chain_len(tls_chain(d.near)), 2);
    digest_sha256(d.leaf->der, d.leaf->len, sha256);
    CHECK(!memcmp(chain_leaf_sha256(tls_chain(d.near)), sha256, sizeof(sha256)));
    CHECK_STR(tls_version(d.near), "TLSv1.3");
    CHECK_STR(tls_cipher(d.near), "TLS_AES_128_GCM_SHA256");
    CHECK_STR(tls_cipher(d.far), "TLS_AES_128_GCM_SHA256");
    duo_transfer(d.near, d.far, 100000);
    duo_transfer(d.far, d.near, 100000);
    duo_done(&d);
}

/* What the engine refuses ends the handshake, and no byte of the application passes. */
static void what_the_engine_refuses_ends_the_handshake(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    static const char *const other[] = { "vc2.example", "vc3.example" };
    ask.question.names = other;
    ask.question.names_len = 2;
    duo_refuses(&d, &ask, TRUST_NAME_MISMATCH);
    CHECK(strstr(d.near_err.msg, "vc2.example or vc3.example") && strstr(d.near_err.msg, "DNS:vc1.example"));
    CHECK_EQ(d.far_io, IO_FAILED);
    CHECK(strstr(d.far_err.msg, "alert bad certificate"));

    ask = duo_ask();
    ask.question.now = MINT_NOW + 1000 * MINT_DAY;
    duo_refuses(&d, &ask, TRUST_EXPIRED);
    CHECK(strstr(d.far_err.msg, "alert certificate expired"));

    ask = duo_ask();
    (void)trust_set_unref(trust_live_swap(d.live, duo_set(NULL, NULL)));
    duo_refuses(&d, &ask, TRUST_UNKNOWN_ISSUER);
    CHECK(strstr(d.far_err.msg, "alert unknown ca"));

    /* On whose behalf counts: what is granted for one endpoint does not serve another. */
    (void)trust_set_unref(trust_live_swap(d.live, duo_set(d.root, "host:vc2.example:443")));
    duo_refuses(&d, &ask, TRUST_OUT_OF_SCOPE);
    (void)trust_set_unref(trust_live_swap(d.live, duo_set(d.root, "host:vc1.example:443")));
    CHECK(duo_meet(&d, &ask));

    const struct mint_made *self = mint_leaf(d.mint, NULL, "/CN=vc1.example", MINT_P256 + 2, "DNS:vc1.example");
    duo_serve(&d, false, DUO_CHAIN(self));
    duo_refuses(&d, &ask, TRUST_SELF_SIGNED);
    duo_done(&d);
}

/* With a verify callback of our own libssl applies no security level to what the peer presents: a handshake that
 * only shows completes with a 1024 bit key and SHA-1 signatures at level 2. So the engine must refuse, and does. */
static void weak_chains_are_refused_by_the_engine_alone(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct mint *m = d.mint;
    const struct mint_made *weak_key = mint_leaf(m, d.root, "/CN=vc1.example", MINT_RSA_1024, "DNS:vc1.example");
    const struct mint_made *ca = mint_ca(m, d.root, "/CN=sub", MINT_RSA_1024 + 1, 0);
    const struct mint_made *sha1 = mint_cert(m, &(struct mint_cert){
        .subject = "/CN=vc1.example", .key = MINT_RSA_2048, .by = ca, .digest = MINT_SHA1,
        .exts = MINT_EXTS(mint_san(m, false, "DNS:vc1.example"), MINT_SKI, MINT_AKI) });
    struct tls_ask ask = duo_ask(), show = ask;
    show.flags = TLS_SHOW_ONLY;

    duo_serve(&d, true, DUO_CHAIN(weak_key));
    CHECK(duo_meet(&d, &show));
    CHECK_STR(trust_rule_code(tls_verdict(d.near)->rule), "weak-key");
    duo_refuses(&d, &ask, TRUST_WEAK_KEY);

    duo_serve(&d, true, DUO_CHAIN(sha1, ca));
    CHECK(duo_meet(&d, &show));
    CHECK_STR(trust_rule_code(tls_verdict(d.near)->rule), "weak-signature");
    duo_refuses(&d, &ask, TRUST_WEAK_SIGNATURE);
    duo_done(&d);
}

static void check_denied(struct conn *c)
{
    struct err e;
    size_t len;
    char byte = 0;
    CHECK_EQ(conn_write(c, &byte, 1, &len, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_DENIED);
    CHECK_EQ(conn_read(c, &byte, 1, &len, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_DENIED);
    CHECK(!conn_pending(c));
}

static void a_look_never_carries_a_byte(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    for (int trusted = 0; trusted < 2; trusted++) {
        struct tls_ask ask = duo_ask();
        ask.flags = TLS_SHOW_ONLY;
        (void)trust_set_unref(trust_live_swap(d.live, duo_set(trusted ? d.root : NULL, "any")));
        CHECK(duo_meet(&d, &ask));
        CHECK_EQ(tls_verdict(d.near)->ok, trusted); /* believed or not */
        CHECK_EQ(chain_len(tls_chain(d.near)), 2);
        CHECK_STR(tls_version(d.near), "TLSv1.3");
        struct err e;
        size_t len;
        CHECK_EQ(conn_write(d.far, "hello", 5, &len, &e), IO_DONE);
        size_t before = memory_sent(d.far_wire);
        check_denied(d.near);
        CHECK_EQ(conn_handshake(d.near, &e), IO_DONE);
        check_denied(d.near);
        CHECK_EQ(memory_sent(d.far_wire), before);
        CHECK_EQ(conn_finish(d.near, &e), IO_DONE); /* the goodbye is TLS's own */
        CHECK(memory_sent(d.far_wire) > before);
        check_denied(d.near);
        char byte;
        CHECK_EQ(conn_read(d.far, &byte, 1, &len, &e), IO_DONE);
        CHECK_EQ(len, 0);
    }
    duo_done(&d);
}

/* A raw server's handshake together with our client; true when both are done. */
static bool meet_raw(struct duo *d, const struct tls_ask *ask, SSL_CTX *context, SSL **ret)
{
    duo_connect_bare(d, ask);
    SSL *ssl = duo_raw(d, context, true);
    int far = 0;
    for (int i = 0; i < 20 && (d->near_io != IO_DONE || far != 1) && d->near_io != IO_FAILED; i++) {
        d->near_io = conn_handshake(d->near, &d->near_err);
        far = SSL_do_handshake(ssl);
    }
    if (ret)
        *ret = ssl;
    else
        SSL_free(ssl);
    return d->near_io == IO_DONE && far == 1;
}

/* The name in the ClientHello's bytes (RFC 6066 section 3), or "". */
static int read_sni(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    char *name = arg;
    const unsigned char *p;
    size_t len;
    name[0] = '\0';
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &len))
        (void)snprintf(name, 64, "%.*s", (int)len - 5, (const char *)p + 5); /* list, type, length */
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void only_dns_names_are_sent_as_sni(void **state)
{
    (void)state;
    static const struct {
        const char *dialled, *sent;
    } cases[] = {
        { "vc1.example", "vc1.example" }, { "vc1.example.", "vc1.example" }, { "vc1", "vc1" },
        { "10.0.0.7", "" },               { "fd00::7", "" },                 { "[fd00::7]", "" },
        { "127.1", "" },                  { "a b", "" },                     { NULL, "" },
    };
    struct duo d;
    char sent[64];
    duo_init(&d);
    SSL_CTX *x = duo_raw_context(&d, true, TLS1_3_VERSION);
    SSL_CTX_set_client_hello_cb(x, read_sni, sent);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls_ask ask = duo_ask();
        ask.server_name = cases[i].dialled;
        CHECK(meet_raw(&d, &ask, x, NULL));
        if (strcmp(sent, cases[i].sent) != 0)
            fail_msg("case %zu sent \"%s\"", i, sent);
    }
    SSL_CTX_free(x);
    duo_done(&d);
}

static bool meet_version(struct duo *d, SSL_CTX *context)
{
    struct tls_ask ask = duo_ask();
    return meet_raw(d, &ask, context, NULL);
}

static void old_versions_are_refused(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    duo_versions(&d, true, meet_version, &d.near_err);
    duo_done(&d);
}

/* Everything in a ClientHello that asks for a session to go on with. */
struct hello {
    int calls, tickets, psks;
};

static int on_hello(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    struct hello *h = arg;
    const unsigned char *p;
    size_t len;
    h->calls++;
    h->tickets += SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &p, &len);
    h->psks += SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &p, &len);
    return SSL_CLIENT_HELLO_SUCCESS;
}

/* A server that would love to resume, and a client that is asked to verify every time. */
static void sessions_are_never_resumed(void **state)
{
    (void)state;
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
        struct hello hello = { 0 };
        SSL_CTX *x = duo_raw_context(&d, true, versions[v]);
        SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_SERVER);
        CHECK(SSL_CTX_set_session_id_context(x, (const unsigned char *)"net", 3));
        SSL_CTX_set_client_hello_cb(x, on_hello, &hello);
        for (int again = 0; again < 3; again++) {
            SSL *ssl;
            char text[16];
            size_t len;
            struct err e;
            CHECK(meet_raw(&d, &ask, x, &ssl));
            CHECK_EQ(SSL_write(ssl, "hello", 5), 5);
            CHECK_EQ(conn_read(d.near, text, sizeof(text), &len, &e), IO_DONE); /* and the tickets before it */
            CHECK_EQ(SSL_session_reused(ssl), 0);
            CHECK(tls_verdict(d.near)->ok && tls_verdict(d.near)->signatures > 0);
            (void)SSL_shutdown(ssl);
            SSL_free(ssl);
        }
        CHECK_EQ(hello.calls, 3);
        CHECK_EQ(hello.tickets, 0);
        CHECK_EQ(hello.psks, 0);
        SSL_CTX_free(x);
        /* A withdrawn anchor counts at once, for a server that was verified a moment ago. */
    }
    (void)trust_set_unref(trust_live_swap(d.live, duo_set(NULL, NULL)));
    duo_refuses(&d, &ask, TRUST_UNKNOWN_ISSUER);
    duo_done(&d);
}

static int choose_h2(SSL *ssl, const unsigned char **ret, unsigned char *ret_len, const unsigned char *in,
                     unsigned in_len, void *arg)
{
    (void)ssl;
    struct buf *offered = arg;
    struct err e;
    CHECK_OK(buf_append(offered, in, in_len, &e), &e);
    *ret = (const unsigned char *)"h2";
    *ret_len = 2;
    return SSL_TLSEXT_ERR_OK;
}

static void http_1_1_is_offered_and_nothing_else_taken(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    struct buf offered;
    buf_init(&offered, 100);
    SSL_CTX *x = duo_raw_context(&d, true, TLS1_3_VERSION);
    CHECK(meet_raw(&d, &ask, x, NULL)); /* a server that knows no ALPN is fine */
    SSL_CTX_set_alpn_select_cb(x, choose_h2, &offered);
    (void)meet_raw(&d, &ask, x, NULL);
    CHECK_EQ(d.near_io, IO_FAILED);
    CHECK_EQ(d.near_err.kind, ERR_PEER);
    CHECK(offered.len == 9 && !memcmp(offered.data, "\x08http/1.1", 9));
    SSL_CTX_free(x);
    buf_done(&offered);
    duo_done(&d);
}

static void a_connection_is_decided_again_on_its_chain(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    {
        /* What was asked is kept with all that it points to. */
        char name[] = "vc1.example", host[] = "vc1.example", sni[] = "vc1.example";
        const char *names[] = { name };
        struct tls_ask ask = duo_ask();
        ask.question.names = names;
        ask.question.behalf.host = host;
        ask.server_name = sni;
        duo_connect(&d, &ask);
        memset(name, 'x', 3);
        memset(host, 'x', 3);
        memset(sni, 'x', 3);
        names[0] = NULL;
    }
    duo_shake(&d);
    CHECK_EQ(d.near_io, IO_DONE);
    CHECK_STR(tls_server_name(d.far), "vc1.example");
    struct trust_verdict v;
    AUTO(trust_set_unrefp) struct trust_set *none = duo_set(NULL, NULL);
    AUTO(trust_set_unrefp) struct trust_set *same = duo_set(d.root, "host:vc1.example:443");
    AUTO(trust_set_unrefp) struct trust_set *other = duo_set(d.root, "host:vc1.example:444");
    CHECK(!tls_redecide(d.near, none, MINT_NOW, &v));
    CHECK_STR(trust_rule_code(v.rule), "unknown-issuer");
    CHECK(!tls_redecide(d.near, other, MINT_NOW, &v));
    CHECK_STR(trust_rule_code(v.rule), "out-of-scope");
    CHECK(tls_redecide(d.near, same, MINT_NOW, &v) && v.ok);
    CHECK(!tls_redecide(d.near, same, MINT_NOW + 1000 * MINT_DAY, &v));
    CHECK_STR(trust_rule_code(v.rule), "expired");
    CHECK(tls_verdict(d.near)->ok); /* nothing was changed by asking */
    duo_transfer(d.near, d.far, 10);
    duo_done(&d);
}

static void without_a_time_the_wall_clock_counts(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    ask.question.now = 0; /* the mint's certificates ended in 2024 */
    duo_refuses(&d, &ask, TRUST_EXPIRED);
    duo_done(&d);
}

static void a_leaf_that_cannot_be_decoded_is_refused_by_its_digest(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    const struct mint_made *odd = mint_cert(d.mint, &(struct mint_cert){
        .subject = "/CN=vc1.example", .key = MINT_P256 + 3, .by = d.root, .version = 4,
        .exts = MINT_EXTS(mint_san(d.mint, false, "DNS:vc1.example")) });
    duo_serve(&d, true, DUO_CHAIN(odd, d.root));
    struct tls_ask ask = duo_ask();
    duo_refuses(&d, &ask, TRUST_BAD_CERTIFICATE);
    const struct trust_verdict *v = tls_verdict(d.near);
    uint8_t sha256[DIGEST_SHA256];
    digest_sha256(odd->der, odd->len, sha256);
    CHECK(!memcmp(v->leaf, sha256, sizeof(sha256)));
    CHECK(strstr(v->seen, "version"));
    CHECK_EQ(chain_len(tls_chain(d.near)), 0); /* the root behind it is not taken for the leaf */
    CHECK_EQ(chain_left_out(tls_chain(d.near)), 2);
    duo_done(&d);
}

static void a_huge_chain_is_not_read(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    SSL_CTX *x = duo_raw_context(&d, true, TLS1_3_VERSION);
    const unsigned char *der = d.root->der;
    X509 *root = d2i_X509(NULL, &der, (long)d.root->len);
    for (size_t bytes = 0; bytes <= TLS_CHAIN_BYTES_MAX; bytes += d.root->len)
        CHECK(SSL_CTX_add1_chain_cert(x, root));
    CHECK(!meet_raw(&d, &ask, x, NULL));
    CHECK_EQ(d.near_err.kind, ERR_PEER);
    CHECK(!tls_chain(d.near));
    X509_free(root);
    SSL_CTX_free(x);
    duo_done(&d);
}

struct publisher {
    struct duo *d;
    atomic_bool stop;
};

/* Odd generations trust the root, even ones nobody. */
static void *publish(void *arg)
{
    struct publisher *p = arg;
    for (uint64_t generation = 1; !atomic_load(&p->stop); generation++)
        (void)trust_set_unref(trust_live_swap(p->d->live, duo_set_at(generation, generation % 2 ? p->d->root : NULL, "any")));
    return NULL;
}

static void each_handshake_sees_one_set(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct publisher p = { .d = &d };
    pthread_t thread;
    struct tls_ask ask = duo_ask();
    CHECK_EQ(pthread_create(&thread, NULL, publish, &p), 0);
    for (int i = 0; i < 40; i++) {
        bool met = duo_meet(&d, &ask);
        CHECK_EQ(met, tls_verdict(d.near)->ok);
        CHECK_EQ(met, tls_generation(d.near) % 2);
    }
    atomic_store(&p.stop, true);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    duo_done(&d);
}

GROUP(net_tls_client, cmocka_unit_test(a_verified_peer_can_be_spoken_to),
      cmocka_unit_test(what_the_engine_refuses_ends_the_handshake),
      cmocka_unit_test(weak_chains_are_refused_by_the_engine_alone), cmocka_unit_test(a_look_never_carries_a_byte),
      cmocka_unit_test(only_dns_names_are_sent_as_sni), cmocka_unit_test(old_versions_are_refused),
      cmocka_unit_test(sessions_are_never_resumed), cmocka_unit_test(http_1_1_is_offered_and_nothing_else_taken),
      cmocka_unit_test(a_connection_is_decided_again_on_its_chain),
      cmocka_unit_test(without_a_time_the_wall_clock_counts),
      cmocka_unit_test(a_leaf_that_cannot_be_decoded_is_refused_by_its_digest),
      cmocka_unit_test(a_huge_chain_is_not_read), cmocka_unit_test(each_handshake_sees_one_set))
