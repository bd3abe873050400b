#include "flow/role.h"

#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "flow/kept.h"
#include "flow/org.h"
#include "flow/user.h"
#include "store/record.h"
#include "store/words.h"
#include "wire/json.h"

#define KIND "role"
#define BIT(right) (UINT64_C(1) << (right))

enum { FIXED_RIGHTS_MAX = 24 };

/* The rights of a fixed role are this program's, not the record's: a new version may know more. */
static const struct {
    const char *name, *description, *org;
    enum right rights[FIXED_RIGHTS_MAX]; /* ends in RIGHT_NONE */
} fixed[] = {
    { ROLE_SYSTEM_ADMINISTRATOR, "Has every right", ORG_SYSTEM_URN, { RIGHT_NONE } },
    { ROLE_ORGANIZATION_ADMINISTRATOR, "Manages one organization and its users", "",
      { RIGHT_ADMIN_VIEW, RIGHT_TRUSTSTORE_VIEW, RIGHT_TRUSTSTORE_MANAGE, RIGHT_TEST_CONNECTION, RIGHT_CERT_LIBRARY_VIEW,
        RIGHT_CERT_LIBRARY_MANAGE, RIGHT_USER_VIEW, RIGHT_USER_MANAGE, RIGHT_TOKEN_MANAGE, RIGHT_CONSOLE, RIGHT_VAPP_POWER,
        RIGHT_VAPP_DOWNLOAD, RIGHT_TEMPLATE_DOWNLOAD, RIGHT_CATALOG_UPLOAD, RIGHT_CATALOG_VIEW, RIGHT_CATALOG_MANAGE,
        RIGHT_TEMPLATE_VIEW, RIGHT_TEMPLATE_EDIT, RIGHT_VM_EDIT } },
    { "Catalog Author", "Fills catalogs and uses what is in them", "",
      { RIGHT_TOKEN_MANAGE, RIGHT_CONSOLE, RIGHT_VAPP_POWER, RIGHT_VAPP_DOWNLOAD, RIGHT_TEMPLATE_DOWNLOAD,
        RIGHT_CATALOG_UPLOAD, RIGHT_CATALOG_VIEW, RIGHT_CATALOG_MANAGE, RIGHT_TEMPLATE_VIEW, RIGHT_TEMPLATE_EDIT,
        RIGHT_VM_EDIT } },
    { "vApp User", "Uses vApps that are there", "",
      { RIGHT_TOKEN_MANAGE, RIGHT_CONSOLE, RIGHT_VAPP_POWER, RIGHT_CATALOG_VIEW, RIGHT_TEMPLATE_VIEW, RIGHT_VM_EDIT } },
    { "Console Access Only", "Sees virtual machines and their consoles", "", { RIGHT_CONSOLE } },
};

uint64_t role_all_rights(void)
{
    return BIT(RIGHTS) - 1;
}

uint64_t role_tenant_rights(void)
{
    uint64_t bits = 0;
    for (const enum right *r = fixed[1].rights; *r != RIGHT_NONE; r++)
        bits |= BIT(*r);
    return bits;
}

static bool fixed_rights(const char *name, uint64_t *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (strcmp(name, fixed[i].name) == 0) {
            *ret = i == 0 ? role_all_rights() : 0;
            for (const enum right *r = fixed[i].rights; *r != RIGHT_NONE; r++)
                *ret |= BIT(*r);
            return true;
        }
    return false;
}

void role_right_urn(enum right r, char ret[STORE_ID_MAX + 1])
{
    uint8_t id[DIGEST_SHA256];
    digest_sha256(right_name(r), strlen(right_name(r)), id);
    kept_urn_of("right", id, ret);
}

enum right role_right_of(const char *urn)
{
    char own[STORE_ID_MAX + 1];
    for (int r = RIGHT_NONE + 1; r < RIGHTS; r++) {
        role_right_urn((enum right)r, own);
        if (strcmp(own, urn) == 0)
            return (enum right)r;
    }
    return RIGHTS;
}

static bool read(const struct store_record *rec, struct arena *a, struct role *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(rec, &j, e))
        return false;
    struct role r = { rec->id, rec->name, kept_text(j, "description", a), rec->owner, strcmp(rec->state, "fixed") == 0, 0 };
    if (r.fixed) {
        if (!fixed_rights(r.name, &r.rights))
            return err_set(e, ERR_STORE, "the record of the role %s is damaged: no such role comes with the cell", r.urn);
    } else {
        size_t i;
        const json_t *name;
        const json_t *all = json_object_get(j, "rights");
        json_array_foreach(all, i, name) {
            enum right right = json_is_string(name) ? right_of(json_string_value(name)) : RIGHTS;
            if (right < RIGHTS) /* a right that a newer program knows gives nothing here */
                r.rights |= BIT(right);
        }
    }
    if (r.org[0] && !org_is_system(r.org))
        r.rights &= role_tenant_rights();
    *ret = r;
    return true;
}

bool role_get(struct store *s, const char *urn, struct arena *a, struct role *ret, struct err *e)
{
    struct store_record r;
    return store_record_get(s, KIND, urn, a, &r, e) && read(&r, a, ret, e);
}

bool role_find(struct store *s, const char *org, const char *name, struct arena *a, struct role *ret, struct err *e)
{
    struct store_record r;
    if (store_record_find(s, KIND, org, name, a, &r, e))
        return read(&r, a, ret, e);
    return e->kind == ERR_NOT_FOUND && store_record_find(s, KIND, "", name, a, &r, e) && read(&r, a, ret, e);
}

bool role_serves(const struct role *r, const char *org)
{
    return !r->org[0] || strcmp(r->org, org) == 0;
}

bool role_list(struct store *s, const char *org, struct arena *a, struct role **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len, n = 0;
    if (!kept_all(s, KIND, NULL, a, &rows, &len, e))
        return false;
    struct role *roles = arena_array(a, len + 1, sizeof(*roles));
    for (size_t i = 0; i < len; i++) {
        if (!read(&rows[i], a, &roles[n], e))
            return false;
        n += role_serves(&roles[n], org);
    }
    *ret = roles;
    *ret_len = n;
    return true;
}

static json_t *rights_json(uint64_t bits)
{
    json_t *all = json_array();
    for (int r = RIGHT_NONE + 1; r < RIGHTS; r++)
        if (bits >> r & 1)
            (void)json_array_append_new(all, json_string(right_name((enum right)r)));
    return all;
}

static bool put(struct store *s, const struct role *r, const struct store_by *by, struct err *e)
{
    const struct store_record rec = { .kind = KIND, .id = r->urn, .owner = r->org, .name = r->name,
                                      .state = r->fixed ? "fixed" : "own", .made_ms = by->at_ms };
    return kept_put(s, rec, json_pack("{s:s, s:o}", "description", r->description, "rights", rights_json(r->rights)), e);
}

bool role_save(struct store *s, struct role *r, const struct store_by *by, struct arena *a, struct err *e)
{
    bool fresh = !r->urn;
    uint64_t bits;
    if (r->fixed)
        return err_set(e, ERR_INPUT, "the role %s comes with the cell and can't be changed", r->name);
    if (!store_take_text("the role's name", STORE_LINE, r->name, ROLE_NAME_MAX, e) ||
        !store_take_text("description", STORE_PROSE, r->description, ROLE_TEXT_MAX, e))
        return false;
    if (fixed_rights(r->name, &bits))
        return err_set(e, ERR_CONFLICT, "Duplicate name: the role %s comes with the cell", r->name);
    if (!org_is_system(r->org) && (r->rights & ~role_tenant_rights()))
        return err_set(e, ERR_INPUT, "a role of an organization can't have rights over the infrastructure");
    if (fresh)
        r->urn = kept_urn("role", a);
    return put(s, r, by, e) && kept_audit(s, by, fresh ? "role.add" : "role.change", r->urn, e, "Role %s %s", r->name,
                                          fresh ? "made" : "changed");
}

bool role_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct role r;
    struct user *users;
    size_t len;
    if (!role_get(s, urn, &a, &r, e))
        return false;
    if (r.fixed)
        return err_set(e, ERR_INPUT, "the role %s comes with the cell and can't be removed", r.name);
    if (!user_list(s, NULL, &a, &users, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (strcmp(users[i].role, urn) == 0)
            return err_set(e, ERR_INPUT, "the user %s still has the role %s", users[i].name, r.name);
    return store_record_remove(s, KIND, urn, e) && kept_audit(s, by, "role.remove", urn, e, "Role %s removed", r.name);
}

bool role_save_fixed(struct store *s, const struct store_by *by, struct arena *a, struct err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
        struct store_record there;
        if (store_record_find(s, KIND, fixed[i].org, fixed[i].name, a, &there, e))
            continue;
        const struct role r = { kept_urn("role", a), fixed[i].name, fixed[i].description, fixed[i].org, true, 0 };
        if (e->kind != ERR_NOT_FOUND || !put(s, &r, by, e))
            return false;
    }
    return true;
}
