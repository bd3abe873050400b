/* The live set: rows in, an index, references, swaps under readers. */
#include "trust/set.h"

#include <pthread.h>
#include <stdatomic.h>

#include "trust/cert.h"
#include "unit/trust/ask.h"

static void one_bad_row_takes_nothing_away(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=a", 1), *b = mint_root(m, "/CN=b", 2);
    const struct trust_row rows[] = {
        { .der = a->der, .len = a->len, .system = true },
        { .der = (const uint8_t *)"junk", .len = 4, .system = true },
        { .der = NULL, .len = 0, .system = true },
        { .der = b->der, .len = b->len, .system = true },
        { .der = a->der, .len = a->len, .system = true },
    };
    const struct trust_crl_row crl = { .der = a->der, .len = a->len };
    struct trust_set_report report;
    AUTO(trust_set_unrefp) struct trust_set *set = trust_set_create(
        &(struct trust_rows){ .anchors = rows, .anchors_len = 5, .crls = &crl, .crls_len = 1, .generation = 7 }, &report);
    CHECK_EQ(trust_set_count(set), 2);
    CHECK_EQ(trust_set_generation(set), 7);
    CHECK_EQ(report.bad_anchors, 2);
    CHECK_EQ(report.bad_crls, 1);
    CHECK(strstr(report.first.msg, "row 1"));
    uint8_t digest[DIGEST_SHA256];
    digest_sha256(b->der, b->len, digest);
    CHECK(trust_set_find(set, digest));
    digest[0] ^= 1;
    CHECK(!trust_set_find(set, digest));
}

/* Many anchors of one name cost one signature, not one each. */
static void namesakes_cost_nothing(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    AUTO(mint_destroyp) struct mint *m = mint_create();
    struct trust_row rows[COUNT];
    const struct mint_made *roots[COUNT];
    for (int i = 0; i < COUNT; i++) {
        roots[i] = mint_root(m, "/CN=CA", 1 + i);
        rows[i] = (struct trust_row){ .der = roots[i]->der, .len = roots[i]->len, .system = true };
    }
    AUTO(trust_set_unrefp) struct trust_set *set =
        trust_set_create(&(struct trust_rows){ .anchors = rows, .anchors_len = COUNT }, NULL);
    for (int i = 0; i < COUNT; i += 11) {
        const struct mint_made *leaf = mint_leaf(m, roots[i], "/CN=leaf", 0, NULL);
        struct trust_cert *c;
        struct err e;
        struct trust_verdict v;
        CHECK_OK(trust_cert_parse(leaf->der, leaf->len, &c, &e), &e);
        const struct trust_cert *chain[] = { c };
        trust_decide(set, &(struct trust_question){ .chain = chain, .chain_len = 1, .now = MINT_NOW,
                                                    .names_mode = TRUST_NAMES_NONE }, &v);
        (void)trust_cert_unref(c);
        CHECK(v.ok);
        CHECK_EQ(v.signatures, 1);
    }
}

struct readers {
    struct trust_live *live;
    const struct trust_cert *leaf;
    atomic_bool stop;
    atomic_uint decided, wrong;
};

static void *read_on(void *self)
{
    struct readers *r = self;
    while (!atomic_load(&r->stop)) {
        struct trust_set *set = trust_live_get(r->live);
        struct trust_verdict v;
        trust_decide(set, &(struct trust_question){ .chain = &r->leaf, .chain_len = 1, .now = MINT_NOW,
                                                    .names_mode = TRUST_NAMES_NONE }, &v);
        /* Odd generations hold the anchor, even ones do not. */
        atomic_fetch_add(&r->wrong, v.ok != (trust_set_generation(set) % 2 == 1));
        atomic_fetch_add(&r->decided, 1);
        (void)trust_set_unref(set);
    }
    return NULL;
}

static void readers_see_whole_sets_while_they_are_swapped(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=root", 1), *leaf = mint_leaf(m, root, "/CN=leaf", 2, NULL);
    const struct trust_row row = { .der = root->der, .len = root->len, .system = true };
    struct trust_cert *c;
    struct err e;
    CHECK_OK(trust_cert_parse(leaf->der, leaf->len, &c, &e), &e);
    struct readers r = { .live = trust_live_create(trust_set_create(&(struct trust_rows){ .generation = 0 }, NULL)),
                         .leaf = c };
    pthread_t threads[3];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, read_on, &r), 0);
    for (uint64_t g = 1; g < 200 || atomic_load(&r.decided) < 200; g++)
        (void)trust_set_unref(trust_live_swap(r.live, trust_set_create(
            &(struct trust_rows){ .anchors = &row, .anchors_len = g % 2, .generation = g }, NULL)));
    atomic_store(&r.stop, true);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(atomic_load(&r.wrong), 0);
    (void)trust_live_destroy(r.live);
    (void)trust_cert_unref(c);
}

GROUP(trust_set, cmocka_unit_test(one_bad_row_takes_nothing_away), cmocka_unit_test(namesakes_cost_nothing),
      cmocka_unit_test(readers_see_whole_sets_while_they_are_swapped))
