#include <string.h>

#include "api/list.h"
#include "api/login.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/site.h"

/* POST /sessions/provider and POST /sessions: a provider is refused at the tenants' door, and the other way round. */
static bool login(struct api_call *c, enum session_door door, struct err *e)
{
    struct caller who;
    return api_login(c, door, &who, e) && api_answer_json(c, 200, api_session_json(c, &who), e);
}

static bool login_provider(struct api_call *c, struct err *e)
{
    return login(c, SESSION_PROVIDER, e);
}

static bool login_tenant(struct api_call *c, struct err *e)
{
    return login(c, SESSION_TENANT, e);
}

static bool current(struct api_call *c, struct err *e)
{
    return api_answer_json(c, 200, api_session_json(c, &c->caller), e);
}

/* Whose sessions somebody sees: his own; those of his organization with the right; a provider with it, everybody's. */
static bool sees(const struct api_call *c, const struct session_info *s)
{
    if (strcmp(s->caller.user, c->caller.user) == 0)
        return true;
    return caller_may(&c->caller, RIGHT_USER_VIEW) && (c->caller.system || strcmp(s->caller.org, c->caller.org) == 0);
}

enum { F_ID, F_USER, F_ORG, F_ROLES };
static const struct fiql_field fields[] = {
    [F_ID] = { "id", FIQL_TEXT, false, false },
    [F_USER] = { "user.name", FIQL_CASELESS, false, false },
    [F_ORG] = { "org.name", FIQL_CASELESS, false, false },
    [F_ROLES] = { "roles", FIQL_TEXT, false, true },
};

static struct fiql_value value(const void *row, size_t field)
{
    const struct session_info *s = row;
    const char *const texts[] = { [F_ID] = s->urn, [F_USER] = s->caller.user_name, [F_ORG] = s->caller.org_name,
                                  [F_ROLES] = s->caller.role_name };
    return (struct fiql_value){ texts[field], 0 };
}

/* As VCD has it, and besides from where and since when: whoever is to end one has to know which it is. */
static json_t *write_row(struct api_call *c, const void *row)
{
    const struct session_info *s = row;
    json_t *j = api_session_json(c, &s->caller);
    json_object_set_new(j, "clientIpAddress", json_string(s->from));
    json_object_set_new(j, "createdAt", api_json_time(s->made_ms));
    json_object_set_new(j, "lastUsedAt", api_json_time(s->last_ms));
    json_object_set_new(j, "expiresAt", api_json_time(s->expires_ms));
    return j;
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), value, "id", false, "Sessions", write_row };
    struct session_info *all;
    size_t len, n = 0;
    const struct session_query q = { .user = caller_may(&c->caller, RIGHT_USER_VIEW) ? NULL : c->caller.user,
                                     .org = c->caller.system ? NULL : c->caller.org };
    if (!session_list(c->site->sessions, &q, c->arena, &all, &len, e))
        return false;
    const void **rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++)
        if (sees(c, &all[i]))
            rows[n++] = &all[i];
    return api_answer_list(c, &shape, rows, n, e);
}

static bool get(struct api_call *c, struct session_info *ret, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "session", &urn, e) || !session_get(c->site->sessions, urn, c->arena, ret, e))
        return false;
    return sees(c, ret) || err_set(e, ERR_NOT_FOUND, "there is no session of this id");
}

static bool one(struct api_call *c, struct err *e)
{
    struct session_info s;
    return get(c, &s, e) && api_answer_json(c, 200, write_row(c, &s), e);
}

static bool end(struct api_call *c, struct err *e)
{
    struct session_info s;
    if (!get(c, &s, e))
        return false;
    if (strcmp(s.caller.user, c->caller.user) != 0 && !api_need(c, RIGHT_USER_MANAGE, e))
        return false;
    if (!session_end(c->site->sessions, s.urn, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

#define AT "/cloudapi/1.0.0/sessions"

const struct api_op api_sessions_ops[] = {
    { "POST", AT "/provider", API_CLOUDAPI, RIGHT_NONE, API_PUBLIC | API_LOGIN, login_provider, 0 },
    { "POST", AT, API_CLOUDAPI, RIGHT_NONE, API_PUBLIC | API_LOGIN, login_tenant, 0 },
    /* go-vcloud-director logs out at the URL where it logged in (vcd-api.md 1.5) */
    { "DELETE", AT "/provider", API_CLOUDAPI, RIGHT_NONE, 0, api_logout, 0 },
    { "DELETE", AT, API_CLOUDAPI, RIGHT_NONE, 0, api_logout, 0 },
    { "GET", AT "/current", API_CLOUDAPI, RIGHT_NONE, 0, current, 0 },
    { "DELETE", AT "/current", API_CLOUDAPI, RIGHT_NONE, 0, api_logout, 0 },
    { "GET", AT, API_CLOUDAPI, RIGHT_NONE, 0, list, 0 },
    { "GET", AT "/{id}", API_CLOUDAPI, RIGHT_NONE, 0, one, 0 },
    { "DELETE", AT "/{id}", API_CLOUDAPI, RIGHT_NONE, 0, end, 0 },
    { 0 },
};
