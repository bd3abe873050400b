#include "flow/evidence.h"

#include "flow/evidence_sum.h"
#include "flow/loan.h"
#include "store/evidence.h"
#include "store/store.h"
#include "unit/flow/world.h"

struct found {
    size_t rows;
    uint64_t count;
    struct store_evidence last;
    char endpoint[64], purpose[64];
};

static bool on_row(void *self, const struct store_evidence *row, struct err *e)
{
    struct found *f = self;
    (void)e;
    f->rows++;
    f->count += row->count;
    CHECK(row->first_ms > 0 && row->last_ms >= row->first_ms);
    f->last = *row;
    (void)snprintf(f->endpoint, sizeof(f->endpoint), "%s", row->endpoint);
    (void)snprintf(f->purpose, sizeof(f->purpose), "%s", row->purpose);
    return true;
}

static struct found kept_evidence(struct world *w)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct store_evidence_query q = { 0 };
    struct found f = { 0 };
    struct err e;
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    size_t before;
    do {
        before = f.rows;
        CHECK_OK(store_evidence_list(l.store, &q, on_row, &f, &e), &e);
        f.last.endpoint = f.endpoint;
        f.last.purpose = f.purpose;
        q.after = &f.last;
    } while (f.rows - before == STORE_PAGE_MAX);
    return f;
}

static void notes_become_rows(void **state)
{
    struct world *w = *state;
    struct evidence *v;
    struct err e;
    const uint8_t a[DIGEST_SHA256] = { 1 }, b[DIGEST_SHA256] = { 2 };
    CHECK_OK(evidence_create(w->shelf, &v, &e), &e);
    for (unsigned i = 0; i < 5; i++)
        evidence_note(v, a, "vc1.example:443", "api");
    evidence_note(v, a, "vc1.example:443", "console");
    evidence_note(v, b, "vc1.example:443", "api");
    evidence_note(NULL, b, "vc1.example:443", "api"); /* nobody writes it down */
    v = evidence_destroy(v);                          /* what waits is written */
    struct found f = kept_evidence(w);
    CHECK_EQ(f.rows, 3);
    CHECK_EQ(f.count, 7);
}

/* Past the first page of it, and of this anchor alone. */
static void an_anchor_was_last_used(void **state)
{
    struct world *w = *state;
    AUTO(loan_end) struct loan l = { 0 };
    const uint8_t used[DIGEST_SHA256] = { 1 }, other[DIGEST_SHA256] = { 2 }, never[DIGEST_SHA256] = { 3 };
    static char names[STORE_PAGE_MAX + 1][32];
    static struct store_evidence rows[STORE_PAGE_MAX + 2];
    size_t dropped;
    int64_t at;
    struct err e;
    for (size_t i = 0; i <= STORE_PAGE_MAX; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "host%05zu:443", i);
        rows[i] = (struct store_evidence){ { 1 }, names[i], "console", 1000, 2000 + (int64_t)i, 1 };
    }
    rows[STORE_PAGE_MAX + 1] = (struct store_evidence){ { 2 }, "vc1.example:443", "api", 1000, 9000, 1 };
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(store_begin(l.store, STORE_WRITE, &e), &e);
    CHECK_OK(store_evidence_add(l.store, rows, ARRAY_LEN(rows), &dropped, &e), &e);
    CHECK_OK(store_commit(l.store, &e), &e);
    CHECK_OK(evidence_last(l.store, used, &at, &e), &e);
    CHECK_EQ(at, 2000 + STORE_PAGE_MAX);
    CHECK_OK(evidence_last(l.store, other, &at, &e), &e);
    CHECK_EQ(at, 9000);
    CHECK_OK(evidence_last(l.store, never, &at, &e), &e);
    CHECK_EQ(at, 0);
}

static void what_does_not_fit_is_counted(void **state)
{
    struct world *w = *state;
    struct evidence *v;
    struct err e;
    const uint8_t a[DIGEST_SHA256] = { 1 };
    CHECK_OK(evidence_create(w->shelf, &v, &e), &e);
    for (unsigned i = 0; i < 3 * EVIDENCE_WAITING; i++) {
        char endpoint[32];
        (void)snprintf(endpoint, sizeof(endpoint), "10.0.%u.%u:443", i / 250, i % 250);
        evidence_note(v, a, endpoint, "probe");
    }
    uint64_t dropped = evidence_dropped(v);
    v = evidence_destroy(v);
    struct found f = kept_evidence(w);
    CHECK_EQ(f.rows + dropped, 3 * EVIDENCE_WAITING); /* the writer may have made room in between */
    CHECK(f.rows >= EVIDENCE_WAITING);
}

/* More endpoints than a page of the store has rows; another anchor's are not counted. */
static void it_is_added_up_by_purpose_E2(void **state)
{
    enum { HOSTS = STORE_PAGE_MAX + 5 };
    struct world *w = *state;
    struct err e;
    size_t dropped;
    const uint8_t a[DIGEST_SHA256] = { 1 }, b[DIGEST_SHA256] = { 2 }, nobody[DIGEST_SHA256] = { 3 };
    AUTO(loan_end) struct loan l = { 0 };
    struct evidence_sum sum = { .len = 0 };
    CHECK_OK(loan_begin(w->shelf, &l, &e) && store_begin(l.store, STORE_WRITE, &e), &e);
    for (int i = 0; i < HOSTS; i++) {
        char endpoint[64];
        struct store_evidence row = { .endpoint = endpoint, .purpose = EVIDENCE_CONSOLE, .first_ms = 1000 + i, .last_ms = 5000 + i, .count = 2 };
        (void)snprintf(endpoint, sizeof(endpoint), "urn:vcloud:vimserver:1/host-%d", i);
        memcpy(row.anchor, a, sizeof(a));
        CHECK_OK(store_evidence_add(l.store, &row, 1, &dropped, &e), &e);
    }
    const char *const purposes[] = { EVIDENCE_OVF_UP, EVIDENCE_GUEST_FILE };
    for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
        struct store_evidence row = { .endpoint = "urn:vcloud:vimserver:1/host-0", .purpose = purposes[i], .first_ms = 10,
                                      .last_ms = i ? 10 : 9000, .count = 1 };
        memcpy(row.anchor, a, sizeof(a));
        CHECK_OK(store_evidence_add(l.store, &row, 1, &dropped, &e), &e);
        memcpy(row.anchor, b, sizeof(b));
        CHECK_OK(store_evidence_add(l.store, &row, 1, &dropped, &e), &e);
    }
    CHECK_OK(store_commit(l.store, &e) && store_begin(l.store, STORE_READ, &e), &e);
    CHECK_OK(evidence_sum_add(l.store, nobody, &sum, &e), &e);
    CHECK_EQ(sum.len, 0);
    CHECK_OK(evidence_sum_add(l.store, a, &sum, &e), &e);
    evidence_sum_sort(&sum);
    CHECK_EQ(sum.len, 3);
    CHECK_STR(sum.of[0].purpose, EVIDENCE_OVF_UP);
    CHECK_STR(sum.of[1].purpose, EVIDENCE_CONSOLE);
    CHECK_STR(sum.of[2].purpose, EVIDENCE_GUEST_FILE);
    CHECK_EQ(sum.of[1].endpoints, HOSTS);
    CHECK_EQ(sum.of[1].connections, 2 * HOSTS);
    CHECK_EQ(sum.of[1].first_ms, 1000);
    CHECK_EQ(sum.of[1].last_ms, 5000 + HOSTS - 1);
    CHECK_OK(evidence_sum_add(l.store, b, &sum, &e), &e);
    CHECK_EQ(sum.of[0].endpoints, 2);
}

GROUP(flow_evidence, WITH_WORLD(notes_become_rows), WITH_WORLD(an_anchor_was_last_used), WITH_WORLD(what_does_not_fit_is_counted), WITH_WORLD(it_is_added_up_by_purpose_E2))
