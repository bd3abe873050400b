#include "flow/evidence_sum.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "store/evidence.h"

struct adding {
    struct evidence_sum *sum;
    struct arena *arena;        /* of the page */
    struct store_evidence last; /* of the page */
    size_t rows;
};

static struct evidence_purpose *purpose_of(struct evidence_sum *sum, const char *purpose)
{
    for (size_t i = 0; i < sum->len; i++)
        if (strcmp(sum->of[i].purpose, purpose) == 0)
            return &sum->of[i];
    if (sum->len == EVIDENCE_PURPOSES || strlen(purpose) > STORE_WORD_MAX)
        return NULL;
    struct evidence_purpose *p = &sum->of[sum->len++];
    *p = (struct evidence_purpose){ .first_ms = INT64_MAX };
    (void)text_copy(p->purpose, sizeof(p->purpose), purpose);
    return p;
}

static bool on_row(void *self, const struct store_evidence *row, struct err *e)
{
    struct adding *g = self;
    struct evidence_purpose *p = purpose_of(g->sum, row->purpose);
    (void)e;
    if (p) {
        p->endpoints++;
        p->connections += row->count;
        p->first_ms = row->first_ms < p->first_ms ? row->first_ms : p->first_ms;
        p->last_ms = row->last_ms > p->last_ms ? row->last_ms : p->last_ms;
    }
    if (++g->rows == STORE_PAGE_MAX) { /* where the next page begins */
        g->last = *row;
        g->last.endpoint = arena_strdup(g->arena, row->endpoint);
        g->last.purpose = arena_strdup(g->arena, row->purpose);
    }
    return true;
}

bool evidence_sum_add(struct store *s, const uint8_t anchor[DIGEST_SHA256], struct evidence_sum *sum, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct adding g = { .sum = sum, .arena = &a };
    struct store_evidence_query q = { .anchor = anchor };
    do {
        g.rows = 0;
        if (!store_evidence_list(s, &q, on_row, &g, e))
            return false;
        q.after = &g.last;
    } while (g.rows == STORE_PAGE_MAX);
    return true;
}

static int by_last(const void *left, const void *right)
{
    const struct evidence_purpose *a = left, *b = right;
    return a->last_ms != b->last_ms ? (a->last_ms < b->last_ms) - (a->last_ms > b->last_ms) : strcmp(a->purpose, b->purpose);
}

void evidence_sum_sort(struct evidence_sum *sum)
{
    qsort(sum->of, sum->len, sizeof(sum->of[0]), by_last);
}

bool evidence_last(struct store *s, const uint8_t anchor[DIGEST_SHA256], int64_t *ret_ms, struct err *e)
{
    struct evidence_sum sum = { .len = 0 };
    if (!evidence_sum_add(s, anchor, &sum, e))
        return false;
    evidence_sum_sort(&sum);
    *ret_ms = sum.len ? sum.of[0].last_ms : 0;
    return true;
}
