#include "flow/vdc.h"

#include <string.h>

#include "base/arena.h"
#include "flow/kept.h"
#include "flow/seen.h"
#include "store/record.h"
#include "wire/json.h"

#define KIND "vdc"

static const struct kept_member members[] = {
    { "description", KEPT_TEXT, offsetof(struct vdc, description) },
    { "vcenter", KEPT_TEXT, offsetof(struct vdc, vcenter) },
    { "pool", KEPT_TEXT, offsetof(struct vdc, pool) },
    { "poolName", KEPT_TEXT, offsetof(struct vdc, pool_name) },
    { "datastore", KEPT_TEXT, offsetof(struct vdc, datastore) },
    { "datastoreName", KEPT_TEXT, offsetof(struct vdc, datastore_name) },
    { "network", KEPT_TEXT, offsetof(struct vdc, network) },
    { "networkName", KEPT_TEXT, offsetof(struct vdc, network_name) },
    { "capacity", KEPT_NUMBER, offsetof(struct vdc, capacity_bytes) },
};

static bool read(const struct store_record *r, struct arena *a, struct vdc *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct vdc){ .urn = r->id, .name = r->name, .org = r->owner, .enabled = strcmp(r->state, "enabled") == 0,
                         .made_ms = r->made_ms };
    kept_read(j, members, ARRAY_LEN(members), a, ret);
    return true;
}

bool vdc_find(struct store *s, const char *urn, struct arena *a, struct vdc *ret, struct err *e)
{
    struct store_record r;
    return store_record_get(s, KIND, urn, a, &r, e) && read(&r, a, ret, e);
}

bool vdc_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct vdc *ret, struct err *e)
{
    bool found = vdc_find(s, urn, a, ret, e);
    return seen_or_denied(found, c, found ? ret->org : NULL, urn, e);
}

bool vdc_list(struct store *s, const char *org, struct arena *a, struct vdc **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, KIND, org, a, &rows, &len, e))
        return false;
    struct vdc *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++)
        if (!read(&rows[i], a, &list[i], e))
            return false;
    *ret = list;
    *ret_len = len;
    return true;
}

bool vdc_put(struct store *s, const struct vdc *v, struct err *e)
{
    return kept_put(s, (struct store_record){ .kind = KIND, .id = v->urn, .owner = v->org, .name = v->name,
                                              .state = v->enabled ? "enabled" : "disabled", .made_ms = v->made_ms },
                    kept_write(members, ARRAY_LEN(members), v), e);
}

bool vdc_drop(struct store *s, const char *urn, struct err *e)
{
    return store_record_remove(s, KIND, urn, e);
}

static const char *twin(const char *type, const struct vdc *v, struct arena *a)
{
    return arena_printf(a, "urn:vcloud:%s:%s", type, strrchr(v->urn, ':') + 1);
}

const char *vdc_profile_urn(const struct vdc *v, struct arena *a)
{
    return twin("vdcstorageProfile", v, a);
}

const char *vdc_network_urn(const struct vdc *v, struct arena *a)
{
    return twin("network", v, a);
}
