#include <string.h>

#include "api/login.h"
#include "api/op.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"
#include "flow/token.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "store/store.h"
#include "wire/json.h"
#include "wire/url.h"

#define JWT_BEARER "urn:ietf:params:oauth:grant-type:jwt-bearer"

enum { FORM_MAX = 16 * 1024 };

/* The organization that the path names: "System" at the providers' door. */
static bool is_org_of_path(const struct api_call *c, const char *org_name)
{
    bool tenant = c->rq->match->params_len > 0;
    return text_caseeq(org_name, tenant ? api_param(c, "org") : ORG_SYSTEM_NAME);
}

/* POST /oauth/../register: a client of one's own; its name and nothing else counts. */
static bool register_client(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    AUTO(loan_end) struct loan l = { 0 };
    const char *name;
    struct token t;
    const struct store_by by = site_by(&c->caller, "api.tokens");
    if (!is_org_of_path(c, c->caller.org_name))
        return err_set(e, ERR_DENIED, "you are not of the organization that the path names");
    if (!api_body_json(c, &j, e) || !api_need_text(j, "client_name", TOKEN_NAME_MAX, &name, e) ||
        !loan_begin(c->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !token_register(l.store, &c->caller, name, &by, c->arena, &t, e) || !store_commit(l.store, e))
        return false;
    return api_answer_json(c, 200, json_pack("{s:s, s:s, s:[s,s], s:s}", "client_name", t.name, "client_id", api_uuid(t.urn),
                                             "grant_types", JWT_BEARER, "refresh_token", "token_endpoint_auth_method", "none"), e);
}

/* The form's fields that count; each at most once. */
struct form {
    const char *grant_type, *assertion, *client_id, *refresh_token;
};

static bool read_form(struct api_call *c, struct form *ret, struct err *e)
{
    struct { const char *name, **at; } known[] = { { "grant_type", &ret->grant_type }, { "assertion", &ret->assertion },
                                                    { "client_id", &ret->client_id }, { "refresh_token", &ret->refresh_token } };
    struct url_query it;
    struct url_span name, value;
    *ret = (struct form){ NULL, NULL, NULL, NULL };
    url_query_start(&it, (struct url_span){ (const char *)c->rq->body, c->rq->body_len });
    while (url_query_next(&it, &name, &value)) {
        char *key = arena_alloc(c->arena, name.len + 1), *text = arena_alloc(c->arena, value.len + 1);
        if (!url_decode(name, URL_IN_QUERY, key, e) || !url_decode(value, URL_IN_QUERY, text, e))
            return err_in(e, "the form");
        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
            if (strcmp(key, known[i].name) != 0)
                continue;
            if (*known[i].at)
                return err_set(e, ERR_INPUT, "the form has %s twice", key);
            *known[i].at = text;
        }
    }
    return ret->grant_type || err_set(e, ERR_INPUT, "grant_type is missing");
}

static bool answer_tokens(struct api_call *c, const char *access, const char *refresh, int64_t lives_ms, struct err *e)
{
    http_response_field(c->rs, "Cache-Control", "no-store"); /* RFC 6749 section 5.1 */
    http_response_field(c->rs, "Pragma", "no-cache");
    return api_answer_json(c, 200, json_pack("{s:s, s:s, s:I, s:s?}", "access_token", access, "token_type", "Bearer",
                                             "expires_in", (json_int_t)(lives_ms / 1000), "refresh_token", refresh), e);
}

/* Who shows his access token gets the refresh token of a client that he registered, once. */
static bool first_token(struct api_call *c, const struct form *f, const char *from, struct err *e)
{
    AUTO(secret_done) struct secret refresh = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    struct caller who;
    struct session_info session;
    if (!f->assertion || !f->client_id)
        return err_set(e, ERR_INPUT, "assertion or client_id is missing");
    if (!session_find(c->site->sessions, f->assertion, from, &who, e))
        return false;
    const struct store_by by = site_by(&who, "api.tokens");
    if (!is_org_of_path(c, who.org_name) || !caller_may(&who, RIGHT_TOKEN_MANAGE))
        return err_set(e, ERR_DENIED, "this needs the right \"%s\" in the organization of the path", right_name(RIGHT_TOKEN_MANAGE));
    if (!api_urn(c, f->client_id, "token", &urn, e))
        return err_set(e, ERR_INPUT, "client_id is none of yours");
    if (!session_get(c->site->sessions, who.session, c->arena, &session, e) || !loan_begin(c->site->shelf, &l, e) ||
        !store_begin(l.store, STORE_WRITE, e))
        return false;
    if (!token_issue(l.store, &who, urn, &by, &refresh, e))
        return e->kind == ERR_NOT_FOUND || e->kind == ERR_CONFLICT ? err_set(e, ERR_INPUT, "client_id: %s", e->msg) : false;
    if (!store_commit(l.store, e))
        return false;
    return answer_tokens(c, f->assertion, (const char *)refresh.bytes, session.expires_ms - clock_wall_ms(), e);
}

static bool login(struct api_call *c, const struct form *f, const char *from, struct err *e)
{
    AUTO(secret_done) struct secret refresh = { 0 };
    const char *org = c->rq->match->params_len > 0 ? api_param(c, "org") : NULL;
    struct session_new n;
    if (!f->refresh_token)
        return err_set(e, ERR_INPUT, "refresh_token is missing");
    if (!secret_set(&refresh, f->refresh_token, strlen(f->refresh_token), e) ||
        !session_login_token(c->site->sessions, &refresh, org, from, &n, e))
        return false;
    bool ok = answer_tokens(c, (const char *)n.access.bytes, NULL, n.lives_ms, e);
    session_new_done(&n);
    return ok;
}

/* POST /oauth/../token: no Accept, no Authorization (vcd-api.md 1.7); errors are those of /cloudapi. */
static bool token(struct api_call *c, struct err *e)
{
    struct form f;
    char from[STORE_NAME_MAX];
    http_request_client(c->rq, from, sizeof(from));
    if (!read_form(c, &f, e))
        return false;
    if (text_caseeq(f.grant_type, "refresh_token"))
        return login(c, &f, from, e);
    if (text_caseeq(f.grant_type, JWT_BEARER))
        return first_token(c, &f, from, e);
    return err_set(e, ERR_INPUT, "grant_type is neither refresh_token nor %s", JWT_BEARER);
}

const struct api_op api_oauth_ops[] = {
    { "POST", "/oauth/provider/register", API_CLOUDAPI, RIGHT_TOKEN_MANAGE, 0, register_client, 0 },
    { "POST", "/oauth/tenant/{org}/register", API_CLOUDAPI, RIGHT_TOKEN_MANAGE, 0, register_client, 0 },
    { "POST", "/oauth/provider/token", API_CLOUDAPI, RIGHT_NONE, API_PUBLIC | API_LOGIN, token, FORM_MAX },
    { "POST", "/oauth/tenant/{org}/token", API_CLOUDAPI, RIGHT_NONE, API_PUBLIC | API_LOGIN, token, FORM_MAX },
    { 0 },
};
