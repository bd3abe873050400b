#include "flow/org.h"

#include <string.h>

#include "base/arena.h"
#include "flow/kept.h"
#include "store/record.h"
#include "store/words.h"
#include "wire/json.h"

#define KIND "org"

bool org_is_system(const char *urn)
{
    return strcmp(urn, ORG_SYSTEM_URN) == 0;
}

static bool read(const struct store_record *r, struct arena *a, struct org *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct org){ r->id, r->name, kept_text(j, "displayName", a), kept_text(j, "description", a),
                         strcmp(r->state, "enabled") == 0, r->made_ms };
    return true;
}

bool org_get(struct store *s, const char *urn, struct arena *a, struct org *ret, struct err *e)
{
    struct store_record r;
    return store_record_get(s, KIND, urn, a, &r, e) && read(&r, a, ret, e);
}

bool org_find(struct store *s, const char *name, struct arena *a, struct org *ret, struct err *e)
{
    struct store_record r;
    return store_record_find(s, KIND, "", name, a, &r, e) && read(&r, a, ret, e);
}

bool org_list(struct store *s, struct arena *a, struct org **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, KIND, NULL, a, &rows, &len, e))
        return false;
    *ret = arena_array(a, len + 1, sizeof(**ret));
    for (size_t i = 0; i < len; i++)
        if (!read(&rows[i], a, &(*ret)[i], e))
            return false;
    *ret_len = len;
    return true;
}

static bool check(const struct org *o, struct err *e)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (!store_take_text("the organization's name", STORE_LINE, o->name, ORG_NAME_MAX, e) ||
        !store_take_text("displayName", STORE_LINE_OR_NONE, o->display_name, ORG_TEXT_MAX, e) ||
        !store_take_text("description", STORE_PROSE, o->description, ORG_TEXT_MAX, e))
        return false;
    return o->name[strspn(o->name, allowed)] == '\0' ||
           err_set(e, ERR_INPUT, "an organization's name has letters, digits, '.', '_' and '-' only");
}

bool org_save(struct store *s, struct org *o, const struct store_by *by, struct arena *a, struct err *e)
{
    bool fresh = !o->urn;
    if (!check(o, e))
        return false;
    if (fresh)
        o->urn = kept_urn("org", a);
    const struct store_record r = { .kind = KIND, .id = o->urn, .owner = "", .name = o->name,
                                    .state = o->enabled ? "enabled" : "disabled", .made_ms = by->at_ms };
    json_t *j = json_pack("{s:s, s:s}", "displayName", o->display_name, "description", o->description);
    return kept_put(s, r, j, e) && kept_audit(s, by, fresh ? "org.add" : "org.change", o->urn, e, "Organization %s %s%s",
                                              o->name, fresh ? "made" : "changed", o->enabled ? "" : ", disabled");
}

static bool is_empty(struct store *s, const char *kind, const char *urn, struct err *e)
{
    const struct store_record_query q = { .kind = kind, .owner = urn };
    uint64_t count;
    if (!store_record_count(s, &q, &count, e))
        return false;
    return count == 0 || err_set(e, ERR_INPUT, "the organization still has %llu of the kind %s", (unsigned long long)count, kind);
}

bool org_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e)
{
    if (org_is_system(urn))
        return err_set(e, ERR_INPUT, "the System organization can't be removed");
    return is_empty(s, "user", urn, e) && is_empty(s, "role", urn, e) && is_empty(s, "vdc", urn, e) &&
           is_empty(s, "catalog", urn, e) && store_record_remove(s, KIND, urn, e) &&
           kept_audit(s, by, "org.remove", urn, e, "Organization removed");
}
