#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"
#include "flow/token.h"
#include "flow/user.h"
#include "store/store.h"

struct row {
    struct token token;
    const char *user_name, *org_name;
};

static json_t *write_token(struct api_call *c, const void *at)
{
    const struct row *r = at;
    (void)c;
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:o}", "id", r->token.urn, "name", r->token.name, "owner",
                     api_json_ref(r->user_name, r->token.user), "org", api_json_ref(r->org_name, r->token.org), "type",
                     "REFRESH", "createdAt", api_json_time(r->token.made_ms), "lastUsedAt", api_json_time(r->token.used_ms));
}

enum { F_ID, F_NAME, F_OWNER, F_OWNER_ID, F_ORG, F_ORG_ID, F_TYPE };
static const struct fiql_field fields[] = {
    [F_ID] = { "id", FIQL_TEXT, false, false },
    [F_NAME] = { "name", FIQL_CASELESS, false, false },
    [F_OWNER] = { "owner.name", FIQL_CASELESS, false, false },
    [F_OWNER_ID] = { "owner.id", FIQL_TEXT, false, false },
    [F_ORG] = { "org.name", FIQL_CASELESS, false, false },
    [F_ORG_ID] = { "org.id", FIQL_TEXT, false, false },
    [F_TYPE] = { "type", FIQL_TEXT, false, false },
};

static struct fiql_value value(const void *at, size_t field)
{
    const struct row *r = at;
    const char *const texts[] = { [F_ID] = r->token.urn, [F_NAME] = r->token.name, [F_OWNER] = r->user_name,
                                  [F_OWNER_ID] = r->token.user, [F_ORG] = r->org_name, [F_ORG_ID] = r->token.org,
                                  [F_TYPE] = "REFRESH" };
    return (struct fiql_value){ texts[field], 0 };
}

static bool complete(struct store *s, struct arena *a, struct row *r, struct err *e)
{
    struct user u = { .name = "" };
    struct org o = { .name = "" };
    if ((!user_get(s, r->token.user, a, &u, e) || !org_get(s, r->token.org, a, &o, e)) && e->kind != ERR_NOT_FOUND)
        return false;
    r->user_name = u.name;
    r->org_name = o.name;
    return true;
}

/* One's own; who manages users sees those of his organization, a provider everybody's. */
static bool is_seen(const struct api_call *c, const struct token *t)
{
    return strcmp(t->user, c->caller.user) == 0 ||
           (caller_may(&c->caller, RIGHT_USER_MANAGE) && (c->caller.system || strcmp(t->org, c->caller.org) == 0));
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), value, "name", false, "Tokens", write_token };
    AUTO(loan_end) struct loan l = { 0 };
    struct token *tokens;
    size_t len, n = 0;
    const char *owner = caller_may(&c->caller, RIGHT_USER_MANAGE) ? NULL : c->caller.user;
    if (!loan_begin(c->site->shelf, &l, e) || !token_list(l.store, owner, c->arena, &tokens, &len, e))
        return false;
    struct row *all = arena_array(c->arena, len + 1, sizeof(*all));
    const void **rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++) {
        if (!is_seen(c, &tokens[i]))
            continue;
        all[n].token = tokens[i];
        if (!complete(l.store, c->arena, &all[n], e))
            return false;
        rows[n] = &all[n];
        n++;
    }
    return api_answer_list(c, &shape, rows, n, e);
}

static bool get(struct api_call *c, struct store *s, struct row *ret, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "token", &urn, e) || !token_get(s, urn, c->arena, &ret->token, e))
        return false;
    return is_seen(c, &ret->token) || err_set(e, ERR_NOT_FOUND, "there is no API token of this id");
}

static bool one(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct row r;
    return loan_begin(c->site->shelf, &l, e) && get(c, l.store, &r, e) && complete(l.store, c->arena, &r, e) &&
           api_answer_json(c, 200, write_token(c, &r), e);
}

static bool remove_one(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(&c->caller, "api.tokens");
    struct row r;
    if (!loan_begin(c->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !get(c, l.store, &r, e) ||
        !token_remove(l.store, r.token.urn, &by, e) || !store_commit(l.store, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

#define AT "/cloudapi/1.0.0/tokens"

const struct api_op api_tokens_ops[] = {
    { "GET", AT, API_CLOUDAPI, RIGHT_NONE, 0, list, 0 },
    { "GET", AT "/{id}", API_CLOUDAPI, RIGHT_NONE, 0, one, 0 },
    { "DELETE", AT "/{id}", API_CLOUDAPI, RIGHT_NONE, 0, remove_one, 0 },
    { 0 },
};
