#include "net/chain.h"

#include "net/chain_cache.h"
#include "net/tls_conn.h"
#include "trust/cert.h"
#include "trust/verdict.h"
#include "unit/net/duo.h"

static X509 *x509_of(const struct mint_made *made)
{
    const unsigned char *der = made->der;
    X509 *x = d2i_X509(NULL, &der, (long)made->len);
    CHECK(x);
    return x;
}

/* As libssl hands a chain over: certificates of its own. */
static STACK_OF(X509) *presented(const struct mint_made *const *made)
{
    STACK_OF(X509) *peer = sk_X509_new_null();
    for (size_t i = 0; made[i]; i++)
        CHECK(sk_X509_push(peer, x509_of(made[i])));
    return peer;
}

static struct chain *share(struct chain_cache *cc, const struct mint_made *const *made)
{
    STACK_OF(X509) *peer = presented(made);
    struct chain *c = chain_cache_share(cc, peer);
    sk_X509_pop_free(peer, X509_free);
    return c;
}

static void a_chain_is_decoded_once(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *a = mint_leaf(m, root, "/CN=a", 2, "DNS:a"), *b = mint_leaf(m, root, "/CN=b", 3, "DNS:b");
    struct chain_cache *cc = chain_cache_create(CHAIN_CACHE_MAX, CHAIN_CACHE_BYTES);
    struct chain *first = share(cc, DUO_CHAIN(a, root)), *again = share(cc, DUO_CHAIN(a, root));
    CHECK(first == again);
    CHECK_EQ(chain_cache_decoded(cc), 2);
    struct chain *other = share(cc, DUO_CHAIN(b, root));
    CHECK(other != first);
    CHECK_EQ(chain_cache_decoded(cc), 3); /* the root was known */
    CHECK(chain_certs(other)[1] == chain_certs(first)[1]);
    /* The same leaf with something else behind it is another chain. */
    struct chain *bare = share(cc, DUO_CHAIN(a)), *twisted = share(cc, DUO_CHAIN(root, a));
    CHECK(bare != first && twisted != first);
    CHECK(!memcmp(chain_leaf_sha256(bare), chain_leaf_sha256(first), DIGEST_SHA256));
    CHECK(memcmp(chain_sha256(bare), chain_sha256(first), DIGEST_SHA256) != 0);
    CHECK(memcmp(chain_sha256(twisted), chain_sha256(first), DIGEST_SHA256) != 0);
    CHECK_EQ(chain_cache_count(cc), 4);
    CHECK_EQ(chain_cache_decoded(cc), 3);
    cc = chain_cache_destroy(cc);
    CHECK_EQ(chain_len(first), 2); /* who holds one keeps it */
    CHECK(!memcmp(trust_cert_sha256(chain_certs(first)[0]), chain_leaf_sha256(first), DIGEST_SHA256));
    struct chain *all[] = { first, again, other, bare, twisted };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        CHECK(!chain_unref(all[i]));
}

static void libssl_gives_up_its_own_copies(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *a = mint_leaf(m, root, "/CN=a", 2, "DNS:a");
    struct chain_cache *cc = chain_cache_create(CHAIN_CACHE_MAX, CHAIN_CACHE_BYTES);
    STACK_OF(X509) *one = presented(DUO_CHAIN(a, root)), *two = presented(DUO_CHAIN(a, root));
    (void)chain_unref(chain_cache_share(cc, one));
    (void)chain_unref(chain_cache_share(cc, two));
    for (int i = 0; i < 2; i++)
        CHECK(sk_X509_value(one, i) == sk_X509_value(two, i));
    cc = chain_cache_destroy(cc);
    CHECK(X509_get_subject_name(sk_X509_value(one, 0)));
    sk_X509_pop_free(one, X509_free);
    sk_X509_pop_free(two, X509_free);
}

static X509 *peer_of(struct duo *d)
{
    return SSL_get0_peer_certificate(tls_conn_of(d->near, NULL)->ssl);
}

/* The same through two real handshakes: libssl keeps the shared certificate, not its own. */
static void two_connections_hold_one_chain(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    CHECK(duo_meet(&d, &ask));
    AUTO(chain_unrefp) struct chain *first = chain_ref(tls_chain(d.near));
    X509 *peer = peer_of(&d);
    CHECK(X509_up_ref(peer));
    CHECK(duo_meet(&d, &ask));
    CHECK(tls_chain(d.near) == first);
    CHECK(peer_of(&d) == peer);
    CHECK_EQ(tls_client_decoded(d.client), 2);
    CHECK_EQ(tls_client_chains(d.client), 1);
    X509_free(peer);
    duo_done(&d);
}

enum { SMALL = 32, SMALL_BYTES = 500000 };

static void the_cache_has_a_limit(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    struct chain_cache *cc = chain_cache_create(SMALL, CHAIN_CACHE_BYTES);
    const struct mint_made *root = mint_root(m, "/CN=root", 1);
    const struct mint_made *first = mint_leaf(m, root, "/CN=first", 1, "DNS:first");
    const struct mint_made *often = mint_leaf(m, root, "/CN=often", 1, "DNS:often");
    struct chain *kept = share(cc, DUO_CHAIN(first, root));
    (void)chain_unref(share(cc, DUO_CHAIN(often, root)));
    for (int i = 0; i < SMALL - 1; i++) {
        const struct mint_made *leaf = mint_cert(m, &(struct mint_cert){ .subject = "/CN=x", .key = 1, .by = root });
        (void)chain_unref(share(cc, DUO_CHAIN(leaf, root)));
        if (i == 10)
            (void)chain_unref(share(cc, DUO_CHAIN(often, root)));
    }
    CHECK_EQ(chain_cache_count(cc), SMALL);
    size_t decoded = chain_cache_decoded(cc);
    (void)chain_unref(share(cc, DUO_CHAIN(often, root)));
    CHECK_EQ(chain_cache_decoded(cc), decoded); /* used in between, so still there */
    struct chain *anew = share(cc, DUO_CHAIN(first, root));
    CHECK_EQ(chain_cache_decoded(cc), decoded + 1);
    CHECK(anew != kept); /* the least recently used one went; its holder keeps what it has */
    CHECK(!memcmp(chain_sha256(anew), chain_sha256(kept), DIGEST_SHA256));
    (void)chain_unref(anew);
    (void)chain_unref(kept);
    (void)chain_cache_destroy(cc);
}

static void large_chains_count_by_their_bytes(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    struct chain_cache *cc = chain_cache_create(CHAIN_CACHE_MAX, SMALL_BYTES);
    static char hex[2 * 60000 + 1];
    memset(hex, 'a', sizeof(hex) - 1);
    for (int i = 0; i < SMALL_BYTES / 60000 + 20; i++) {
        const struct mint_made *big = mint_cert(m, &(struct mint_cert){
            .subject = "/CN=big", .key = 1, .exts = MINT_EXTS(mint_raw(m, "1.2.3.4", false, hex)) });
        (void)chain_unref(share(cc, DUO_CHAIN(big)));
    }
    CHECK_EQ(chain_cache_count(cc), SMALL_BYTES / 60200); /* and their other fields */
    (void)chain_cache_destroy(cc);
}

static void what_cannot_be_decoded_is_left_out(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    struct chain_cache *cc = chain_cache_create(CHAIN_CACHE_MAX, CHAIN_CACHE_BYTES);
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *a = mint_leaf(m, root, "/CN=a", 2, "DNS:a");
    const struct mint_made *odd = mint_cert(m, &(struct mint_cert){ .subject = "/CN=odd", .version = 4 });
    AUTO(chain_unrefp) struct chain *middle = share(cc, DUO_CHAIN(a, odd, root));
    CHECK_EQ(chain_len(middle), 2);
    CHECK_EQ(chain_left_out(middle), 1);
    CHECK_STR(chain_defect(middle), "");
    AUTO(chain_unrefp) struct chain *leaf = share(cc, DUO_CHAIN(odd, root));
    CHECK_EQ(chain_len(leaf), 0);
    CHECK_EQ(chain_left_out(leaf), 2);
    CHECK(strstr(chain_defect(leaf), "version"));
    const struct mint_made *many[TRUST_CHAIN_MAX + 45] = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(many) - 1; i++)
        many[i] = i ? root : a;
    AUTO(chain_unrefp) struct chain *longest = share(cc, many);
    CHECK_EQ(chain_len(longest), TRUST_CHAIN_MAX);
    CHECK_EQ(chain_left_out(longest), 44);
    (void)chain_cache_destroy(cc);
}

GROUP(net_chain, cmocka_unit_test(a_chain_is_decoded_once), cmocka_unit_test(libssl_gives_up_its_own_copies),
      cmocka_unit_test(two_connections_hold_one_chain), cmocka_unit_test(the_cache_has_a_limit),
      cmocka_unit_test(large_chains_count_by_their_bytes), cmocka_unit_test(what_cannot_be_decoded_is_left_out))
