#include "flow/evidence.h"

#include "flow/loan.h"
#include "store/evidence.h"
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

GROUP(flow_evidence, WITH_WORLD(notes_become_rows), WITH_WORLD(what_does_not_fit_is_counted))
