#include "api/grant_rows.h"

#include "base/arena.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "trust/scope.h"

bool grant_rows_answer(struct api_call *c, const struct api_list *shape, const char *owner, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct store_grant *grants;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !anchor_list(l.store, owner, NULL, c->arena, &grants, &len, e))
        return false;
    struct grant_row *rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++) {
        char scope[TRUST_SCOPE_TEXT];
        rows[i] = (struct grant_row){ .grant = grants[i], .store = l.store };
        text_fingerprint(grants[i].sha256, DIGEST_SHA256, rows[i].sha256);
        trust_scope_write(&grants[i].scope, scope);
        rows[i].scope = arena_strdup(c->arena, scope);
    }
    return api_answer_array(c, shape, rows, len, sizeof(*rows), e);
}
