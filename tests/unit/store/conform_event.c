#include <stdlib.h>

#include "unit/store/kept.h"

static void add(struct kept *k, const char *kind, enum store_severity severity, const char *entity, int64_t at,
                char id[RANDOM_UUID])
{
    struct err e;
    const struct store_event ev = { .at_ms = at, .kind = kind, .severity = severity, .entity = entity,
                                    .text = "something\nhappened", .data = "{\"a\":1}" };
    CHANGE_OK(k, store_event_add(k->s, &ev, id, &e), &e);
}

struct seen {
    uint64_t last;
    unsigned rows;
};

static bool see(void *self, const struct store_event *ev, struct err *e)
{
    struct seen *seen = self;
    (void)e;
    CHECK(!seen->last || ev->seq < seen->last);
    seen->last = ev->seq;
    seen->rows++;
    return true;
}

static unsigned count(struct kept *k, struct store_event_query q)
{
    struct err e;
    struct seen seen = { 0, 0 };
    CHECK_OK(store_event_list(k->s, &q, see, &seen, &e), &e);
    return seen.rows;
}

static void reads_back_what_happened(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[RANDOM_UUID];
    struct store_event ev;
    add(k, "tls.refused", STORE_SECURITY, "urn:vc", 5000, id);
    CHECK_OK(store_event_get(k->other, id, &k->arena, &ev, &e), &e);
    CHECK_STR(ev.id, id);
    CHECK_EQ(ev.at_ms, 5000);
    CHECK_STR(ev.kind, "tls.refused");
    CHECK_EQ(ev.severity, STORE_SECURITY);
    CHECK_STR(ev.entity, "urn:vc");
    CHECK_STR(ev.text, "something\nhappened");
    CHECK_STR(ev.data, "{\"a\":1}");
    CHECK_FAILS(store_event_get(k->s, "0b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b", &k->arena, &ev, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(store_event_get(k->s, "", &k->arena, &ev, &e), &e, ERR_INPUT);
    CHECK_EQ(kept_generation(k), 0);
}

static void lists_newest_first_by_what_is_asked(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[RANDOM_UUID];
    for (int i = 0; i < 20; i++)
        add(k, i % 2 ? "tls.refused" : "vcenter.lost", (enum store_severity)(i % STORE_SEVERITIES),
            i % 5 ? "urn:vc" : "", 1000 + i, id);
    CHECK_EQ(count(k, (struct store_event_query){ 0 }), 20);
    CHECK_EQ(count(k, (struct store_event_query){ .kind = "tls.refused" }), 10);
    CHECK_EQ(count(k, (struct store_event_query){ .entity = "" }), 4);
    CHECK_EQ(count(k, (struct store_event_query){ .at_least = STORE_ERROR }), 10);
    CHECK_EQ(count(k, (struct store_event_query){ .since_ms = 1005, .before_ms = 1010 }), 5);
    CHECK_EQ(count(k, (struct store_event_query){ .kind = "none" }), 0);
    struct seen seen = { 0, 0 };
    for (unsigned before = 1; before != seen.rows;) {
        before = seen.rows;
        const struct store_event_query q = { .after = seen.last, .limit = 6 };
        CHECK_OK(store_event_list(k->s, &q, see, &seen, &e), &e);
    }
    CHECK_EQ(seen.rows, 20);
    const struct store_event_query large = { .limit = STORE_PAGE_MAX + 1 };
    CHECK_FAILS(store_event_list(k->s, &large, see, &seen, &e), &e, ERR_INPUT);
}

static void senseless_events_are_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[RANDOM_UUID];
    char *text = calloc(1, STORE_DATA_MAX + 2);
    memset(text, 'x', STORE_DATA_MAX + 1);
    const struct store_event good = { .at_ms = 1, .kind = "a", .entity = "", .text = "", .data = "" };
    struct store_event bad[7];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        bad[i] = good;
    bad[0].kind = "";
    bad[1].kind = "A b";
    bad[2].severity = STORE_SEVERITIES;
    bad[3].entity = "a\x1b";
    bad[4].text = text;
    bad[5].data = text;
    bad[6].at_ms = -1;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHANGE_FAILS(k, store_event_add(k->s, &bad[i], id, &e), &e, ERR_INPUT);
    CHECK_EQ(count(k, (struct store_event_query){ 0 }), 0);
    struct store_event most = good;
    text[STORE_DATA_MAX] = '\0';
    most.data = text;
    CHANGE_OK(k, store_event_add(k->s, &most, id, &e), &e);
    CHECK_EQ(count(k, (struct store_event_query){ 0 }), 1);
    free(text);
}

CONFORM_GROUP(event, CONFORM(reads_back_what_happened, f), CONFORM(lists_newest_first_by_what_is_asked, f),
              CONFORM(senseless_events_are_refused, f))
