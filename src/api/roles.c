#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/people.h"
#include "flow/site.h"
#include "wire/json.h"

#define NO_BUNDLE_KEY "com.vmware.vcloud.undefined.key" /* what VCD writes where a name is not translated */

enum { RIGHTS_BODY_MAX = 4 * RIGHTS };

static json_t *write_role(struct api_call *c, const void *at)
{
    const struct role *r = at;
    (void)c;
    return json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", r->urn, "name", r->name, "description", r->description, "bundleKey",
                     NO_BUNDLE_KEY, "readOnly", r->fixed);
}

enum { R_ID, R_NAME, R_DESCRIPTION, R_READ_ONLY };
static const struct fiql_field role_fields[] = {
    [R_ID] = { "id", FIQL_TEXT, false, false },
    [R_NAME] = { "name", FIQL_CASELESS, false, false },
    [R_DESCRIPTION] = { "description", FIQL_CASELESS, false, false },
    [R_READ_ONLY] = { "readOnly", FIQL_BOOL, false, false },
};

static struct fiql_value role_value(const void *at, size_t field)
{
    const struct role *r = at;
    const char *const texts[] = { [R_ID] = r->urn, [R_NAME] = r->name, [R_DESCRIPTION] = r->description, [R_READ_ONLY] = NULL };
    return (struct fiql_value){ texts[field], r->fixed };
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { role_fields, ARRAY_LEN(role_fields), role_value, "name", false, "Roles", write_role };
    AUTO(loan_end) struct loan l = { 0 };
    struct role *roles;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !role_list(l.store, people_org(&c->caller), c->arena, &roles, &len, e))
        return false;
    return api_answer_array(c, &shape, roles, len, sizeof(*roles), e);
}

/* The role of the path. Of another organization's there is none. */
static bool get(struct api_call *c, struct role *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    if (!api_param_urn(c, "id", "role", &urn, e) || !loan_begin(c->site->shelf, &l, e) ||
        !role_get(l.store, urn, c->arena, ret, e))
        return false;
    return c->caller.system || role_serves(ret, c->caller.org) || err_set(e, ERR_NOT_FOUND, "there is no role of this id");
}

static bool one(struct api_call *c, struct err *e)
{
    struct role r;
    return get(c, &r, e) && api_answer_json(c, 200, write_role(c, &r), e);
}

static bool save(struct api_call *c, struct role *r, int status, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    const char *description;
    if (!api_body_json(c, &j, e) || !api_need_text(j, "name", ROLE_NAME_MAX, &r->name, e) ||
        !api_get_text(j, "description", ROLE_TEXT_MAX, &description, e))
        return false;
    if (description)
        r->description = description;
    return people_role_save(c->site, &c->caller, r, c->arena, e) && api_answer_json(c, status, write_role(c, r), e);
}

static bool add(struct api_call *c, struct err *e)
{
    struct role r = { .org = people_org(&c->caller), .description = "" };
    return save(c, &r, 201, e);
}

static bool change(struct api_call *c, struct err *e)
{
    struct role r;
    return get(c, &r, e) && save(c, &r, 200, e);
}

static bool remove_one(struct api_call *c, struct err *e)
{
    struct role r;
    if (!get(c, &r, e) || !people_role_remove(c->site, &c->caller, r.urn, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

/* Rights, as their number in a table of one's own: lists want rows. */
static const char *right_urn(struct api_call *c, enum right r)
{
    char urn[STORE_ID_MAX + 1];
    role_right_urn(r, urn);
    return arena_strdup(c->arena, urn);
}

struct right_row {
    enum right right;
    const char *urn;
};

static json_t *write_right(struct api_call *c, const void *at)
{
    const struct right_row *r = at;
    const char *name = right_name(r->right);
    bool view = strlen(name) > 4 && strcmp(name + strlen(name) - 4, "View") == 0;
    (void)c;
    return json_pack("{s:s, s:s, s:s, s:s, s:n, s:s, s:s, s:[]}", "id", r->urn, "name", name, "description", name, "bundleKey",
                     NO_BUNDLE_KEY, "category", "serviceNamespace", "com.vmware.vcloud", "rightType",
                     view ? "VIEW" : "MODIFY", "impliedRights");
}

static json_t *write_right_ref(struct api_call *c, const void *at)
{
    const struct right_row *r = at;
    (void)c;
    return api_json_ref(right_name(r->right), r->urn);
}

enum { T_ID, T_NAME };
static const struct fiql_field right_fields[] = {
    [T_ID] = { "id", FIQL_TEXT, false, false },
    [T_NAME] = { "name", FIQL_TEXT, false, false },
};

static struct fiql_value right_value(const void *at, size_t field)
{
    const struct right_row *r = at;
    return (struct fiql_value){ field == T_ID ? r->urn : right_name(r->right), 0 };
}

static bool answer_rights(struct api_call *c, uint64_t bits, bool whole, struct err *e)
{
    const struct api_list shape = { right_fields, ARRAY_LEN(right_fields), right_value, "name", false, "Rights",
                                    whole ? write_right : write_right_ref };
    struct right_row *all = arena_array(c->arena, RIGHTS, sizeof(*all));
    const void **rows = arena_array(c->arena, RIGHTS, sizeof(*rows));
    size_t n = 0;
    for (int r = RIGHT_NONE + 1; r < RIGHTS; r++)
        if (bits >> r & 1) {
            all[n] = (struct right_row){ (enum right)r, right_urn(c, (enum right)r) };
            rows[n] = &all[n];
            n++;
        }
    return api_answer_list(c, &shape, rows, n, e);
}

/* Which there are for somebody at all. */
static uint64_t known_rights(const struct api_call *c)
{
    return org_is_system(people_org(&c->caller)) ? role_all_rights() : role_tenant_rights();
}

static bool list_rights(struct api_call *c, struct err *e)
{
    return answer_rights(c, known_rights(c), true, e);
}

static bool one_right(struct api_call *c, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "right", &urn, e))
        return false;
    struct right_row r = { role_right_of(urn), urn };
    if (r.right == RIGHTS || !(known_rights(c) >> r.right & 1))
        return err_set(e, ERR_NOT_FOUND, "there is no right of this id");
    return api_answer_json(c, 200, write_right(c, &r), e);
}

static bool rights_of_role(struct api_call *c, struct err *e)
{
    struct role r;
    return get(c, &r, e) && answer_rights(c, r.rights, false, e);
}

static bool read_right(struct api_call *c, const json_t *ref, uint64_t *bits, struct err *e)
{
    struct api_ref names;
    if (!api_ref_of(c, ref, "right", &names, e))
        return false;
    enum right r = names.id ? role_right_of(names.id) : right_of(names.name);
    if (r == RIGHTS)
        return err_set(e, ERR_INPUT, "there is no right of the %s \"%s\"", names.id ? "id" : "name",
                       names.id ? names.id : names.name);
    *bits |= UINT64_C(1) << r;
    return true;
}

static bool read_rights(struct api_call *c, uint64_t *bits, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    size_t i;
    const json_t *ref;
    if (!api_body_json(c, &j, e))
        return false;
    const json_t *values = json_object_get(j, "values");
    if (!json_is_array(values) || json_array_size(values) > RIGHTS_BODY_MAX)
        return err_set(e, ERR_INPUT, "values is not an array of at most %d rights", RIGHTS_BODY_MAX);
    json_array_foreach(values, i, ref)
        if (!read_right(c, ref, bits, e))
            return false;
    return true;
}

/* POST adds, PUT puts exactly these. */
static bool set_rights(struct api_call *c, bool add_to, struct err *e)
{
    struct role r;
    if (!get(c, &r, e))
        return false;
    uint64_t bits = add_to ? r.rights : 0;
    if (!read_rights(c, &bits, e))
        return false;
    r.rights = bits;
    return people_role_save(c->site, &c->caller, &r, c->arena, e) && answer_rights(c, r.rights, false, e);
}

static bool add_rights(struct api_call *c, struct err *e)
{
    return set_rights(c, true, e);
}

static bool put_rights(struct api_call *c, struct err *e)
{
    return set_rights(c, false, e);
}

#define AT "/cloudapi/1.0.0/roles"

const struct api_op api_roles_ops[] = {
    { "GET", AT, API_CLOUDAPI, RIGHT_NONE, 0, list, 0 },
    { "POST", AT, API_CLOUDAPI, RIGHT_USER_MANAGE, 0, add, 0 },
    { "GET", AT "/{id}", API_CLOUDAPI, RIGHT_NONE, 0, one, 0 },
    { "PUT", AT "/{id}", API_CLOUDAPI, RIGHT_USER_MANAGE, 0, change, 0 },
    { "DELETE", AT "/{id}", API_CLOUDAPI, RIGHT_USER_MANAGE, 0, remove_one, 0 },
    { "GET", AT "/{id}/rights", API_CLOUDAPI, RIGHT_NONE, 0, rights_of_role, 0 },
    { "POST", AT "/{id}/rights", API_CLOUDAPI, RIGHT_USER_MANAGE, 0, add_rights, 0 },
    { "PUT", AT "/{id}/rights", API_CLOUDAPI, RIGHT_USER_MANAGE, 0, put_rights, 0 },
    { "GET", "/cloudapi/1.0.0/rights", API_CLOUDAPI, RIGHT_NONE, 0, list_rights, 0 },
    { "GET", "/cloudapi/1.0.0/rights/{id}", API_CLOUDAPI, RIGHT_NONE, 0, one_right, 0 },
    { 0 },
};
