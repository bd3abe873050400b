#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/people.h"
#include "flow/site.h"
#include "store/record.h"
#include "wire/json.h"

struct row {
    struct org org;
    uint64_t users;
    size_t managed; /* by it: all others, for System */
};

static json_t *write_org(struct api_call *c, const void *at)
{
    const struct row *r = at;
    const struct org *o = &r->org;
    (void)c;
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:i, s:i, s:I, s:i, s:o, s:b, s:b, s:s, s:I}", "id", o->urn, "name",
                     o->name, "displayName", o->display_name, "description", o->description, "isEnabled", o->enabled,
                     "orgVdcCount", 0, "catalogCount", 0, "vappCount", 0, "runningVMCount", 0, "userCount",
                     (json_int_t)r->users, "diskCount", 0, "managedBy", api_json_ref(ORG_SYSTEM_NAME, ORG_SYSTEM_URN),
                     "canManageOrgs", org_is_system(o->urn), "canPublish", false, "maskedEventTaskUsername", "",
                     "directlyManagedOrgCount", (json_int_t)r->managed);
}

enum { F_ID, F_NAME, F_DISPLAY, F_ENABLED };
static const struct fiql_field fields[] = {
    [F_ID] = { "id", FIQL_TEXT, false, false },
    [F_NAME] = { "name", FIQL_CASELESS, false, false },
    [F_DISPLAY] = { "displayName", FIQL_CASELESS, false, false },
    [F_ENABLED] = { "isEnabled", FIQL_BOOL, false, false },
};

static struct fiql_value value(const void *at, size_t field)
{
    const struct row *r = at;
    const char *const texts[] = { [F_ID] = r->org.urn, [F_NAME] = r->org.name, [F_DISPLAY] = r->org.display_name,
                                  [F_ENABLED] = NULL };
    return (struct fiql_value){ texts[field], r->org.enabled };
}

static bool complete(struct store *s, struct row *r, struct err *e)
{
    const struct store_record_query users = { .kind = "user", .owner = r->org.urn }, orgs = { .kind = "org" };
    uint64_t all = 1;
    if (!store_record_count(s, &users, &r->users, e) || (org_is_system(r->org.urn) && !store_record_count(s, &orgs, &all, e)))
        return false;
    r->managed = (size_t)all - 1;
    return true;
}

static bool is_seen(const struct api_call *c, const char *urn)
{
    return c->caller.system || strcmp(urn, c->caller.org) == 0;
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), value, "name", false, "Orgs", write_org };
    AUTO(loan_end) struct loan l = { 0 };
    struct org *orgs;
    size_t len, n = 0;
    if (!loan_begin(c->site->shelf, &l, e) || !org_list(l.store, c->arena, &orgs, &len, e))
        return false;
    struct row *all = arena_array(c->arena, len + 1, sizeof(*all));
    const void **rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++) {
        if (!is_seen(c, orgs[i].urn))
            continue;
        all[n].org = orgs[i];
        if (!complete(l.store, &all[n], e))
            return false;
        rows[n] = &all[n];
        n++;
    }
    return api_answer_list(c, &shape, rows, n, e);
}

static bool get(struct api_call *c, struct row *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    if (!api_param_urn(c, "id", "org", &urn, e))
        return false;
    if (!is_seen(c, urn))
        return err_set(e, ERR_NOT_FOUND, "there is no org of this id");
    return loan_begin(c->site->shelf, &l, e) && org_get(l.store, urn, c->arena, &ret->org, e) && complete(l.store, ret, e);
}

static bool one(struct api_call *c, struct err *e)
{
    struct row r;
    return get(c, &r, e) && api_answer_json(c, 200, write_org(c, &r), e);
}

static bool save(struct api_call *c, struct row *r, int status, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    const char *display, *description;
    if (!api_body_json(c, &j, e) || !api_need_text(j, "name", ORG_NAME_MAX, &r->org.name, e) ||
        !api_get_text(j, "displayName", ORG_TEXT_MAX, &display, e) ||
        !api_get_text(j, "description", ORG_TEXT_MAX, &description, e) ||
        !api_get_bool(j, "isEnabled", r->org.enabled, &r->org.enabled, e))
        return false;
    if (display)
        r->org.display_name = display;
    if (description)
        r->org.description = description;
    return people_org_save(c->site, &c->caller, &r->org, c->arena, e) && api_answer_json(c, status, write_org(c, r), e);
}

static bool add(struct api_call *c, struct err *e)
{
    struct row r = { .org = { .display_name = "", .description = "", .enabled = true } };
    return save(c, &r, 201, e);
}

static bool change(struct api_call *c, struct err *e)
{
    struct row r;
    return get(c, &r, e) && save(c, &r, 200, e);
}

static bool remove_one(struct api_call *c, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "org", &urn, e) || !people_org_remove(c->site, &c->caller, urn, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

#define AT "/cloudapi/1.0.0/orgs"

const struct api_op api_orgs_ops[] = {
    { "GET", AT, API_CLOUDAPI, RIGHT_NONE, 0, list, 0 },
    { "POST", AT, API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, add, 0 },
    { "GET", AT "/{id}", API_CLOUDAPI, RIGHT_NONE, 0, one, 0 },
    { "PUT", AT "/{id}", API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, change, 0 },
    { "DELETE", AT "/{id}", API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, remove_one, 0 },
    { 0 },
};
