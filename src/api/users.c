#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/people.h"
#include "flow/site.h"
#include "wire/json.h"

/* A user with the names that go with him. */
struct row {
    struct user user;
    const char *role_name, *org_name;
};

static json_t *write_user(struct api_call *c, const void *at)
{
    const struct row *r = at;
    const struct user *u = &r->user;
    (void)c;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[o], s:o, s:b, s:b, s:b, s:b, s:i, s:i, s:s, s:s}", "id", u->urn,
                     "username", u->name, "fullName", u->full_name, "email", u->email, "telephone", u->telephone,
                     "description", u->description, "roleEntityRefs", api_json_ref(r->role_name, u->role), "orgEntityRef",
                     api_json_ref(r->org_name, u->org), "enabled", u->enabled, "isGroupRole", false, "locked", false,
                     "stranded", false, "deployedVmQuota", 0, "storedVmQuota", 0, "nameInSource", u->name, "providerType",
                     "LOCAL");
}

enum { F_ID, F_NAME, F_FULL, F_EMAIL, F_ENABLED, F_ROLE, F_ORG, F_ORG_ID };
static const struct fiql_field fields[] = {
    [F_ID] = { "id", FIQL_TEXT, false, false },
    [F_NAME] = { "username", FIQL_CASELESS, false, false },
    [F_FULL] = { "fullName", FIQL_CASELESS, false, false },
    [F_EMAIL] = { "email", FIQL_CASELESS, false, false },
    [F_ENABLED] = { "enabled", FIQL_BOOL, false, false },
    [F_ROLE] = { "roleEntityRefs.name", FIQL_CASELESS, false, true },
    [F_ORG] = { "orgEntityRef.name", FIQL_CASELESS, false, false },
    [F_ORG_ID] = { "orgEntityRef.id", FIQL_TEXT, false, false },
};

static struct fiql_value value(const void *at, size_t field)
{
    const struct row *r = at;
    const char *const texts[] = {
        [F_ID] = r->user.urn, [F_NAME] = r->user.name, [F_FULL] = r->user.full_name, [F_EMAIL] = r->user.email,
        [F_ENABLED] = NULL, [F_ROLE] = r->role_name, [F_ORG] = r->org_name, [F_ORG_ID] = r->user.org,
    };
    return (struct fiql_value){ texts[field], r->user.enabled };
}

static bool complete(struct store *s, struct arena *a, struct row *r, struct err *e)
{
    struct role role = { .name = "" };
    struct org org = { .name = "" };
    if ((!role_get(s, r->user.role, a, &role, e) || !org_get(s, r->user.org, a, &org, e)) && e->kind != ERR_NOT_FOUND)
        return false;
    r->role_name = role.name;
    r->org_name = org.name;
    return true;
}

/* The users of the organization in which one acts. */
static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), value, "username", false, "Users", write_user };
    AUTO(loan_end) struct loan l = { 0 };
    struct user *users;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !user_list(l.store, people_org(&c->caller), c->arena, &users, &len, e))
        return false;
    struct row *rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++) {
        rows[i].user = users[i];
        if (!complete(l.store, c->arena, &rows[i], e))
            return false;
    }
    return api_answer_array(c, &shape, rows, len, sizeof(*rows), e);
}

static bool answer(struct api_call *c, int status, const struct user *u, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct row r = { .user = *u };
    return loan_begin(c->site->shelf, &l, e) && complete(l.store, c->arena, &r, e) &&
           api_answer_json(c, status, write_user(c, &r), e);
}

static bool one(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    struct user u;
    if (!api_param_urn(c, "id", "user", &urn, e) || !loan_begin(c->site->shelf, &l, e) ||
        !user_get(l.store, urn, c->arena, &u, e))
        return false;
    if (!people_user_seen(&c->caller, &u))
        return err_set(e, ERR_NOT_FOUND, "there is no user of this id");
    loan_end(&l);
    return answer(c, 200, &u, e);
}

/* A password; *ret is NULL when the key is missing, or the value is what clients send for "unchanged". */
static bool read_password(const json_t *o, const char *key, struct secret *room, const struct secret **ret, struct err *e)
{
    const char *text;
    *ret = NULL;
    if (!api_get_text(o, key, SECRET_PASSWORD_MAX, &text, e))
        return false;
    if (!text || strcmp(text, "******") == 0)
        return true;
    *ret = room;
    return secret_set(room, text, strlen(text), e);
}

static bool read_role(const struct api_call *c, const json_t *o, struct people_user *ret, struct err *e)
{
    const json_t *refs = json_object_get(o, "roleEntityRefs");
    struct api_ref ref;
    if (!refs || json_is_null(refs))
        return true;
    if (!json_is_array(refs) || json_array_size(refs) != 1)
        return err_set(e, ERR_INPUT, "roleEntityRefs is not an array of one role");
    if (!api_ref_of(c, json_array_get(refs, 0), "role", &ref, e))
        return false;
    ret->role = ref.id;
    ret->role_name = ref.name;
    return true;
}

static bool read_texts(const struct api_call *c, const json_t *o, struct people_user *ret, struct err *e)
{
    const char *provider;
    bool enabled;
    struct api_ref org;
    if (!api_get_text(o, "username", USER_NAME_MAX, &ret->name, e) ||
        !api_get_text(o, "fullName", USER_TEXT_MAX, &ret->full_name, e) ||
        !api_get_text(o, "email", USER_TEXT_MAX, &ret->email, e) ||
        !api_get_text(o, "telephone", USER_TEXT_MAX, &ret->telephone, e) ||
        !api_get_text(o, "description", USER_TEXT_MAX, &ret->description, e) ||
        !api_get_text(o, "providerType", STORE_WORD_MAX, &provider, e) || !api_get_bool(o, "enabled", true, &enabled, e) ||
        !api_get_ref(c, o, "orgEntityRef", "org", &org, e))
        return false;
    if (provider && strcmp(provider, "LOCAL") != 0)
        return err_set(e, ERR_INPUT, "providerType is LOCAL: this cell keeps its users itself");
    ret->org = org.id;
    if (json_is_boolean(json_object_get(o, "enabled")))
        ret->state = enabled ? PEOPLE_ENABLED : PEOPLE_DISABLED;
    return true;
}

/* The passwords live in the two secrets. */
static bool read_body(struct api_call *c, json_t **ret_json, struct people_user *ret, struct secret passwords[2],
                      struct err *e)
{
    *ret = (struct people_user){ .name = NULL };
    if (!api_body_json(c, ret_json, e))
        return false;
    if (!*ret_json)
        return err_set(e, ERR_INPUT, "the body is empty");
    return read_texts(c, *ret_json, ret, e) && read_role(c, *ret_json, ret, e) &&
           read_password(*ret_json, "password", &passwords[0], &ret->password, e) &&
           read_password(*ret_json, "currentPassword", &passwords[1], &ret->current, e);
}

static bool add(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    struct secret room[2] = { { 0 }, { 0 } };
    struct people_user what;
    struct user u;
    bool ok = read_body(c, &j, &what, room, e) && people_user_add(c->site, &c->caller, &what, c->arena, &u, e) &&
              answer(c, 201, &u, e);
    secret_done(&room[0]);
    secret_done(&room[1]);
    return ok;
}

static bool change(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    struct secret room[2] = { { 0 }, { 0 } };
    struct people_user what;
    const char *urn;
    struct user u;
    bool ok = api_param_urn(c, "id", "user", &urn, e) && read_body(c, &j, &what, room, e) &&
              people_user_change(c->site, &c->caller, urn, &what, c->arena, &u, e) && answer(c, 200, &u, e);
    secret_done(&room[0]);
    secret_done(&room[1]);
    return ok;
}

static bool remove_one(struct api_call *c, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "user", &urn, e) || !people_user_remove(c->site, &c->caller, urn, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

#define AT "/cloudapi/1.0.0/users"

const struct api_op api_users_ops[] = {
    { "GET", AT, API_CLOUDAPI, RIGHT_USER_VIEW, 0, list, 0 },
    { "POST", AT, API_CLOUDAPI, RIGHT_USER_MANAGE, 0, add, 0 },
    { "GET", AT "/{id}", API_CLOUDAPI, RIGHT_NONE, 0, one, 0 },
    { "PUT", AT "/{id}", API_CLOUDAPI, RIGHT_NONE, 0, change, 0 },
    { "DELETE", AT "/{id}", API_CLOUDAPI, RIGHT_USER_MANAGE, 0, remove_one, 0 },
    { 0 },
};
