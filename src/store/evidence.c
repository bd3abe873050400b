#include "store/evidence.h"

#include "store/backend.h"
#include "store/words.h"

static bool check(const struct store_evidence *row, struct err *e)
{
    if (!store_take_text("the endpoint", STORE_LINE, row->endpoint, STORE_ENDPOINT_MAX, e) ||
        !store_take_text("the purpose", STORE_WORD, row->purpose, STORE_WORD_MAX, e) ||
        !store_take_time("the first time", row->first_ms, e) || !store_take_time("the last time", row->last_ms, e))
        return false;
    return (row->first_ms <= row->last_ms && row->count > 0 && row->count <= UINT32_MAX) ||
           err_set(e, ERR_INPUT, "evidence without a connection, or that ends before it began");
}

static bool add(struct store *s, const struct store_evidence *rows, size_t len, size_t *ret_dropped, struct err *e)
{
    uint64_t known;
    size_t dropped = 0;
    if (!s->ops->evidence->count(s, &known, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        bool widened;
        if (!s->ops->evidence->widen(s, &rows[i], &widened, e))
            return false;
        if (widened)
            continue;
        if (known >= STORE_EVIDENCE_MAX) {
            dropped++;
            continue;
        }
        if (!s->ops->evidence->insert(s, &rows[i], e))
            return false;
        known++;
    }
    *ret_dropped = dropped;
    return true;
}

bool store_evidence_add(struct store *s, const struct store_evidence *rows, size_t len, size_t *ret_dropped,
                        struct err *e)
{
    if (!store_writing(s, "evidence", e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!check(&rows[i], e))
            return false;
    return store_ran(s, add(s, rows, len, ret_dropped, e), e);
}

bool store_evidence_prune(struct store *s, int64_t before_ms, uint64_t *ret_removed, struct err *e)
{
    return store_writing(s, "evidence", e) && store_take_time("the time", before_ms, e) &&
           store_ran(s, s->ops->evidence->prune(s, before_ms, ret_removed, e), e);
}

bool store_evidence_list(struct store *s, const struct store_evidence_query *q, store_evidence_sink *sink, void *self,
                         struct err *e)
{
    struct store_evidence_query as = *q;
    return store_list_begin(s, q->limit, &as.limit, e) &&
           store_list_end(s, s->ops->evidence->list(s, &as, sink, self, e), e);
}
