#include "flow/vapp.h"

#include "base/arena.h"
#include "flow/kept.h"
#include "flow/seen.h"
#include "store/record.h"
#include "wire/json.h"

#define KIND "vapp"

static const struct kept_member members[] = {
    { "name", KEPT_TEXT, offsetof(struct vapp, name) },
    { "org", KEPT_TEXT, offsetof(struct vapp, org) },
    { "vcenter", KEPT_TEXT, offsetof(struct vapp, vcenter) },
    { "moref", KEPT_TEXT, offsetof(struct vapp, moref) },
    { "alone", KEPT_BOOL, offsetof(struct vapp, alone) },
};

static bool read(const struct store_record *r, struct arena *a, struct vapp *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct vapp){ .urn = r->id, .vdc = r->owner, .made_ms = r->made_ms };
    kept_read(j, members, ARRAY_LEN(members), a, ret);
    return true;
}

bool vapp_find(struct store *s, const char *urn, struct arena *a, struct vapp *ret, struct err *e)
{
    struct store_record r;
    return store_record_get(s, KIND, urn, a, &r, e) && read(&r, a, ret, e);
}

bool vapp_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct vapp *ret, struct err *e)
{
    bool found = vapp_find(s, urn, a, ret, e);
    return seen_or_denied(found, c, found ? ret->org : NULL, urn, e);
}

bool vapp_list(struct store *s, const struct vapp_query *q, struct arena *a, struct vapp **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_some(s, &(struct store_record_query){ .kind = KIND, .owner = q->vdc, .state = seen_state(q->org) }, a, &rows, &len, e))
        return false;
    struct vapp *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++)
        if (!read(&rows[i], a, &list[i], e))
            return false;
    *ret = list;
    *ret_len = len;
    return true;
}

bool vapp_put(struct store *s, const struct vapp *v, struct err *e)
{
    return kept_put(s, (struct store_record){ .kind = KIND, .id = v->urn, .owner = v->vdc, .name = "",
                                              .state = seen_state(v->org), .made_ms = v->made_ms },
                    kept_write(members, ARRAY_LEN(members), v), e);
}

bool vapp_drop(struct store *s, const char *urn, struct err *e)
{
    return store_record_remove(s, KIND, urn, e) || e->kind == ERR_NOT_FOUND;
}
