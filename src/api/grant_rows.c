#include "api/grant_rows.h"

#include "base/arena.h"
#include "flow/anchor.h"
#include "flow/loan.h"
#include "flow/site.h"

bool grant_rows_answer(struct api_call *c, const struct api_list *shape, const char *owner, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct store_grant *grants;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !anchor_list(l.store, owner, NULL, c->arena, &grants, &len, e))
        return false;
    struct grant_row *rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++)
        rows[i] = (struct grant_row){ grants[i], l.store };
    return api_answer_array(c, shape, rows, len, sizeof(*rows), e);
}
