#include "api/grant_rows.h"

#include "base/arena.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/audit.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "trust/cert.h"
#include "trust/scope.h"

int64_t grant_row_not_after(const struct grant_row *r)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    const uint8_t *der;
    size_t len;
    struct err none;
    if (!r->more->has_not_after && store_cert_get(r->store, r->grant.sha256, r->arena, &der, &len, &none) &&
        trust_cert_parse(der, len, &cert, &none))
        r->more->not_after_ms = trust_cert_not_after(cert) * 1000;
    r->more->has_not_after = true;
    return r->more->not_after_ms;
}

const char *grant_row_state(const struct grant_row *r)
{
    struct audit_row found;
    struct err none;
    if (!r->more->has_state && audit_row_get(r->store, r->grant.id, r->arena, &found, &none))
        r->more->state = found.state;
    r->more->has_state = true;
    return r->more->state;
}

bool grant_rows_answer(struct api_call *c, const struct api_list *shape, const char *owner, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct store_grant *grants;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !anchor_list(l.store, owner, NULL, c->arena, &grants, &len, e))
        return false;
    struct grant_row *rows = arena_array(c->arena, len + 1, sizeof(*rows));
    struct grant_more *more = arena_array(c->arena, len + 1, sizeof(*more));
    for (size_t i = 0; i < len; i++) {
        char scope[TRUST_SCOPE_TEXT];
        rows[i] = (struct grant_row){ .grant = grants[i], .store = l.store, .arena = c->arena, .more = &more[i] };
        text_fingerprint(grants[i].sha256, DIGEST_SHA256, rows[i].sha256);
        trust_scope_write(&grants[i].scope, scope);
        rows[i].scope = arena_strdup(c->arena, scope);
    }
    return api_answer_array(c, shape, rows, len, sizeof(*rows), e);
}
