#include "unit/store/kept.h"

static struct store_evidence row(unsigned anchor, const char *endpoint, const char *purpose, int64_t first,
                                 int64_t last, uint64_t count)
{
    struct store_evidence r = { .endpoint = endpoint, .purpose = purpose, .first_ms = first, .last_ms = last,
                                .count = count };
    kept_sha256(anchor, r.anchor);
    return r;
}

struct collect {
    struct arena *arena;
    struct store_evidence rows[100];
    size_t len;
};

static bool collect(void *self, const struct store_evidence *r, struct err *e)
{
    struct collect *c = self;
    (void)e;
    c->rows[c->len] = *r;
    c->rows[c->len].endpoint = arena_strdup(c->arena, r->endpoint);
    c->rows[c->len].purpose = arena_strdup(c->arena, r->purpose);
    c->len++;
    return true;
}

static struct collect listed(struct kept *k, struct store_evidence_query q)
{
    struct err e;
    struct collect c = { .arena = &k->arena };
    CHECK_OK(store_evidence_list(k->s, &q, collect, &c, &e), &e);
    return c;
}

static void add(struct kept *k, struct store_evidence r)
{
    struct err e;
    size_t dropped = 99;
    CHANGE_OK(k, store_evidence_add(k->s, &r, 1, &dropped, &e), &e);
    CHECK_EQ(dropped, 0);
}

static void adds_up(void **state)
{
    struct kept *k = *state;
    struct err e;
    size_t dropped;
    add(k, row(1, "urn:vc", "api", 2000, 3000, 5));
    add(k, row(1, "urn:vc", "api", 1000, 2500, 2));
    add(k, row(1, "urn:vc", "api", 4000, 4000, 1));
    const struct store_evidence batch[] = {
        row(1, "urn:vc", "probe", 1, 1, 1), row(1, "urn:vc", "probe", 2, 2, 1), row(2, "urn:vc", "probe", 3, 3, 1),
    };
    CHANGE_OK(k, store_evidence_add(k->s, batch, ARRAY_LEN(batch), &dropped, &e), &e);
    CHANGE_OK(k, store_evidence_add(k->s, NULL, 0, &dropped, &e), &e);
    struct collect c = listed(k, (struct store_evidence_query){ 0 });
    CHECK_EQ(c.len, 3);
    uint8_t one[DIGEST_SHA256];
    kept_sha256(1, one);
    c = listed(k, (struct store_evidence_query){ .anchor = one });
    CHECK_EQ(c.len, 2);
    CHECK_STR(c.rows[0].purpose, "api");
    CHECK_EQ(c.rows[0].first_ms, 1000);
    CHECK_EQ(c.rows[0].last_ms, 4000);
    CHECK_EQ(c.rows[0].count, 8);
    CHECK_STR(c.rows[1].purpose, "probe");
    CHECK_EQ(c.rows[1].count, 2);
    /* It outlives the anchor, and does not concern the live set. */
    CHECK_EQ(kept_generation(k), 0);
    kept_is_sound(k);
}

static void pages_and_filters(void **state)
{
    struct kept *k = *state;
    struct err e;
    char endpoint[16];
    uint8_t one[DIGEST_SHA256];
    kept_sha256(1, one);
    for (unsigned i = 0; i < 12; i++) {
        (void)snprintf(endpoint, sizeof(endpoint), "urn:%u", i % 4);
        add(k, row(i % 3, endpoint, i % 2 ? "api" : "probe", i, i, 1));
    }
    CHECK_EQ(listed(k, (struct store_evidence_query){ 0 }).len, 12);
    CHECK_EQ(listed(k, (struct store_evidence_query){ .anchor = one }).len, 4);
    CHECK_EQ(listed(k, (struct store_evidence_query){ .endpoint = "urn:2" }).len, 3);
    CHECK_EQ(listed(k, (struct store_evidence_query){ .endpoint = "urn:2", .anchor = one }).len, 1);
    struct store_evidence last;
    size_t seen = 0;
    for (struct collect c = listed(k, (struct store_evidence_query){ .limit = 5 }); c.len;
         c = listed(k, (struct store_evidence_query){ .limit = 5, .after = &last })) {
        CHECK(c.len <= 5);
        for (size_t i = 0; i < c.len; i++, seen++) {
            int order = seen ? memcmp(last.anchor, c.rows[i].anchor, DIGEST_SHA256) : -1;
            if (order == 0)
                order = strcmp(last.endpoint, c.rows[i].endpoint);
            if (order == 0)
                order = strcmp(last.purpose, c.rows[i].purpose);
            CHECK(order < 0);
            last = c.rows[i];
        }
    }
    CHECK_EQ(seen, 12);
    uint64_t removed;
    CHANGE_OK(k, store_evidence_prune(k->s, 5, &removed, &e), &e);
    CHECK_EQ(removed, 5);
    CHECK_EQ(listed(k, (struct store_evidence_query){ 0 }).len, 7);
}

static void the_count_does_not_overflow(void **state)
{
    struct kept *k = *state;
    for (int i = 0; i < 3; i++)
        add(k, row(1, "urn:vc", "api", 1, 1, UINT32_MAX));
    CHECK_EQ(listed(k, (struct store_evidence_query){ 0 }).rows[0].count, 3 * (uint64_t)UINT32_MAX);
}

static void senseless_evidence_is_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    size_t dropped;
    char longer[STORE_ENDPOINT_MAX + 2];
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    const struct store_evidence bad[] = {
        row(1, "", "api", 1, 1, 1),       row(1, "urn", "", 1, 1, 1),    row(1, "urn", "Api", 1, 1, 1),
        row(1, "urn", "api", 2, 1, 1),    row(1, "urn", "api", 1, 1, 0), row(1, "urn", "api", -1, 1, 1),
        row(1, longer, "api", 1, 1, 1),   row(1, "urn", "api", 1, 1, (uint64_t)UINT32_MAX + 1),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct store_evidence two[] = { row(2, "urn", "api", 1, 1, 1), bad[i] };
        CHANGE_FAILS(k, store_evidence_add(k->s, two, 2, &dropped, &e), &e, ERR_INPUT);
    }
    CHECK_EQ(listed(k, (struct store_evidence_query){ 0 }).len, 0);
}

CONFORM_GROUP(evidence, CONFORM(adds_up, f), CONFORM(pages_and_filters, f), CONFORM(the_count_does_not_overflow, f),
              CONFORM(senseless_evidence_is_refused, f))
