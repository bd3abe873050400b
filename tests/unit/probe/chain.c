#include "probe/chain.h"

#include "fixture/mint.h"
#include "trust/cert.h"
#include "unit/check.h"

/* What a peer sends, decoded. */
struct sent {
    struct trust_cert *certs[TRUST_CHAIN_MAX];
    size_t len;
};

static void send_cert(struct sent *s, const struct mint_made *made)
{
    struct err e;
    CHECK_OK(trust_cert_parse(made->der, made->len, &s->certs[s->len], &e), &e);
    s->len++;
}

static void sent_sort(const struct sent *s, struct probe_chain *ret)
{
    probe_chain_sort((const struct trust_cert *const *)s->certs, s->len, ret);
}

static void sent_done(struct sent *s)
{
    for (size_t i = 0; i < s->len; i++)
        trust_cert_unref(s->certs[i]);
}

/* "0 2 1 | 3 store 2", with "pins" for one certificate and "spent" when the checks ran out. */
static void check_sorted(const struct sent *s, const char *want)
{
    struct probe_chain c;
    char got[256] = "";
    sent_sort(s, &c);
    size_t at = 0;
    for (size_t i = 0; i < c.shown_len; i++)
        at += (size_t)snprintf(got + at, sizeof(got) - at, "%d ", c.shown[i]);
    at += (size_t)snprintf(got + at, sizeof(got) - at, "|");
    for (size_t i = 0; i < c.also_len; i++)
        at += (size_t)snprintf(got + at, sizeof(got) - at, " %d", c.also[i]);
    (void)snprintf(got + at, sizeof(got) - at, " store %d%s%s", c.store, c.pins_one ? " pins" : "",
                   c.spent ? " spent" : "");
    CHECK_STR(got, want);
}

/* One certificate for each letter: the word is what the peer sends. */
static void check_case(struct mint *m, const char *letters, const char *want)
{
    const struct mint_made *root = mint_root(m, "/CN=Root", MINT_P256);
    const struct mint_made *issuing = mint_ca(m, root, "/CN=Issuing", MINT_P256 + 1, -1);
    const struct mint_made *no_ca = mint_leaf(m, root, "/CN=notca", MINT_P256 + 6, "DNS:a.example");
    const struct mint_made *by_letter[] = {
        ['l' - 'a'] = mint_leaf(m, issuing, "/CN=vc1", MINT_P256 + 2, "DNS:vc1.example"),
        ['m' - 'a'] = mint_leaf(m, issuing, "/CN=vc2", MINT_P256 + 2, "DNS:vc2.example"),
        ['i' - 'a'] = issuing,
        ['r' - 'a'] = root,
        ['f' - 'a'] = mint_root(m, "/CN=Foreign", MINT_P256 + 3),
        ['n' - 'a'] = mint_ca(m, root, "/CN=Issuing", MINT_P256 + 4, -1), /* the issuing CA's name, another key */
        ['s' - 'a'] = mint_cert(m, &(struct mint_cert){ .subject = "/CN=self", .key = MINT_P256 + 5 }),
        ['p' - 'a'] = no_ca,
        ['e' - 'a'] = mint_leaf(m, no_ca, "/CN=evil", MINT_P256 + 7, "DNS:vc1.example"),
    };
    struct sent s = { 0 };
    for (const char *p = letters; *p; p++)
        send_cert(&s, by_letter[*p - 'a']);
    check_sorted(&s, want);
    sent_done(&s);
}

static void what_was_sent_is_sorted(void **state)
{
    (void)state;
    static const struct {
        const char *letters, *want;
    } cases[] = {
        { "", "| store 0" },
        { "l", "0 | store 0 pins" },
        { "li", "0 1 | store 1" },
        { "lir", "0 1 2 | store 1" },
        { "lri", "0 2 1 | store 2" },    /* in any order */
        { "lr", "0 | 1 store 0 pins" },  /* the root did not issue the leaf */
        { "lf", "0 | 1 store 0 pins" },  /* somebody's CA appended */
        { "lif", "0 1 | 2 store 1" },
        { "lfi", "0 2 | 1 store 2" },
        { "ln", "0 | 1 store 0 pins" },  /* the right name, the wrong key */
        { "lni", "0 2 | 1 store 2" },
        { "lii", "0 1 | store 1" },      /* a copy is not worth a word */
        { "lim", "0 1 | 2 store 1" },    /* another leaf of that CA */
        { "s", "0 | store 0 pins" },
        { "sf", "0 | 1 store 0 pins" },
        { "ep", "0 1 | store 0 pins" },  /* issued, but by what is no CA: not to be stored as one */
        { "fl", "0 | 1 store 0 pins" },  /* the first one is the leaf, whatever it is */
    };
    AUTO(mint_destroyp) struct mint *m = mint_create();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_case(m, cases[i].letters, cases[i].want);
}

static void sent_swap(struct sent *s, size_t a, size_t b)
{
    struct trust_cert *cert = s->certs[a];
    s->certs[a] = s->certs[b];
    s->certs[b] = cert;
}

/* A peer may send hundreds of CAs with the issuer's name and without key identifiers: the checks run out. */
static void a_flood_of_namesakes_costs_a_bounded_number_of_checks(void **state)
{
    (void)state;
    static const struct {
        size_t right, shown; /* where the real issuer stands */
    } cases[] = { { 1, 2 }, { PROBE_CHAIN_CHECKS, 2 }, { PROBE_CHAIN_CHECKS + 1, 1 } };
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_ext *const *plain = MINT_EXTS(mint_bc(m, true, true, -1));
    const struct mint_made *ca =
        mint_cert(m, &(struct mint_cert){ .subject = "/CN=Issuing", .key = MINT_P256 + 1, .exts = plain });
    struct sent s = { 0 };
    send_cert(&s, mint_cert(m, &(struct mint_cert){ .subject = "/CN=vc1", .key = MINT_P256 + 2, .by = ca }));
    send_cert(&s, ca);
    while (s.len < PROBE_CHAIN_CHECKS + 2)
        send_cert(&s, mint_cert(m, &(struct mint_cert){ .subject = "/CN=Issuing", .key = MINT_P256 + 3,
                                                        .exts = plain }));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct probe_chain c;
        sent_swap(&s, 1, cases[i].right);
        sent_sort(&s, &c);
        sent_swap(&s, 1, cases[i].right);
        CHECK_EQ(c.shown_len, cases[i].shown);
        CHECK_EQ(c.store, cases[i].shown == 2 ? cases[i].right : 0);
        CHECK_EQ(c.also_len, s.len - c.shown_len);
        CHECK(c.spent); /* the real one's own issuer is looked for among its namesakes as well */
    }
    sent_done(&s);
}

/* A chain that goes on for ever is shown up to the longest path that could be believed. */
static void an_endless_chain_is_cut(void **state)
{
    (void)state;
    enum { LEN = TRUST_PATH_MAX + 4 };
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *by[LEN];
    struct sent s = { 0 };
    struct probe_chain c;
    by[0] = mint_root(m, "/CN=CA 0", MINT_P256);
    for (int i = 1; i < LEN; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "/CN=CA %d", i);
        by[i] = mint_ca(m, by[i - 1], name, MINT_P256 + i, -1);
    }
    for (int i = LEN - 1; i >= 0; i--)
        send_cert(&s, by[i]);
    sent_sort(&s, &c);
    CHECK_EQ(c.shown_len, TRUST_PATH_MAX);
    CHECK_EQ(c.also_len, LEN - TRUST_PATH_MAX);
    CHECK(c.spent);
    sent_done(&s);
}

GROUP(probe_chain, cmocka_unit_test(what_was_sent_is_sorted),
      cmocka_unit_test(a_flood_of_namesakes_costs_a_bounded_number_of_checks),
      cmocka_unit_test(an_endless_chain_is_cut))
