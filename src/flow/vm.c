#include "flow/vm.h"

#include <string.h>

#include "base/arena.h"
#include "flow/kept.h"
#include "flow/seen.h"
#include "store/record.h"
#include "wire/json.h"

#define KIND "vm"

static const struct kept_member members[] = {
    { "name", KEPT_TEXT, offsetof(struct vm, name) },
    { "vdc", KEPT_TEXT, offsetof(struct vm, vdc) },
    { "org", KEPT_TEXT, offsetof(struct vm, org) },
    { "vcenter", KEPT_TEXT, offsetof(struct vm, vcenter) },
    { "moref", KEPT_TEXT, offsetof(struct vm, moref) },
    { "instanceUuid", KEPT_TEXT, offsetof(struct vm, instance_uuid) },
    { "host", KEPT_TEXT, offsetof(struct vm, host) },
    { "hostName", KEPT_TEXT, offsetof(struct vm, host_name) },
    { "vmx", KEPT_TEXT, offsetof(struct vm, vmx) },
    { "guestId", KEPT_TEXT, offsetof(struct vm, guest_id) },
    { "guestOs", KEPT_TEXT, offsetof(struct vm, guest_os) },
    { "hardware", KEPT_TEXT, offsetof(struct vm, hardware) },
    { "network", KEPT_TEXT, offsetof(struct vm, network) },
    { "guestHost", KEPT_TEXT, offsetof(struct vm, guest_host) },
    { "address", KEPT_TEXT, offsetof(struct vm, address) },
    { "cpus", KEPT_NUMBER, offsetof(struct vm, cpus) },
    { "cores", KEPT_NUMBER, offsetof(struct vm, cores) },
    { "memory", KEPT_NUMBER, offsetof(struct vm, memory_mb) },
    { "nics", KEPT_NUMBER, offsetof(struct vm, nics) },
    { "storage", KEPT_NUMBER, offsetof(struct vm, storage_bytes) },
    { "read", KEPT_NUMBER, offsetof(struct vm, read_ms) },
};

static const char *const powers[] = {
    [VM_OFF] = "off", [VM_ON] = "on", [VM_SUSPENDED] = "suspended", [VM_POWER_UNKNOWN] = "unknown",
};

const char *vm_power_name(enum vm_power p)
{
    return powers[p];
}

bool vm_same(const struct vm *x, const struct vm *y)
{
    bool same = x->power == y->power && x->tools == y->tools && strcmp(x->vapp, y->vapp) == 0;
    for (const struct kept_member *m = members; same && m < members + ARRAY_LEN(members); m++) {
        const void *a = (const char *)x + m->at, *b = (const char *)y + m->at;
        if (m->type == KEPT_TEXT)
            same = strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
        else if (m->at != offsetof(struct vm, read_ms))
            same = *(const int64_t *)a == *(const int64_t *)b;
    }
    return same;
}

static bool read(const struct store_record *r, struct arena *a, struct vm *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct vm){ .urn = r->id, .vapp = r->owner, .made_ms = r->made_ms, .power = VM_POWER_UNKNOWN };
    kept_read(j, members, ARRAY_LEN(members), a, ret);
    const char *power = json_string_value(json_object_get(j, "power"));
    for (size_t i = 0; power && i < ARRAY_LEN(powers); i++)
        if (strcmp(powers[i], power) == 0)
            ret->power = (enum vm_power)i;
    int64_t tools = kept_number(j, "tools");
    ret->tools = tools >= VM_TOOLS_NONE && tools <= VM_TOOLS_RUNNING ? (enum vm_tools)tools : VM_TOOLS_NONE;
    return true;
}

bool vm_find(struct store *s, const char *urn, struct arena *a, struct vm *ret, struct err *e)
{
    struct store_record r;
    return store_record_get(s, KIND, urn, a, &r, e) && read(&r, a, ret, e);
}

bool vm_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct vm *ret, struct err *e)
{
    struct vm v;
    bool found = vm_find(s, urn, a, &v, e);
    if (!seen_or_denied(found, c, found ? v.org : NULL, urn, e))
        return false;
    *ret = v;
    return true;
}

bool vm_list(struct store *s, const struct vm_query *q, struct arena *a, struct vm **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_some(s, &(struct store_record_query){ .kind = KIND, .owner = q->vapp, .state = seen_state(q->org) }, a, &rows, &len, e))
        return false;
    struct vm *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++)
        if (!read(&rows[i], a, &list[i], e))
            return false;
    *ret = list;
    *ret_len = len;
    return true;
}

bool vm_put(struct store *s, const struct vm *v, struct err *e)
{
    json_t *j = kept_write(members, ARRAY_LEN(members), v);
    (void)json_object_set_new(j, "power", json_string(powers[v->power]));
    (void)json_object_set_new(j, "tools", json_integer(v->tools));
    return kept_put(s, (struct store_record){ .kind = KIND, .id = v->urn, .owner = v->vapp, .name = "",
                                              .state = seen_state(v->org), .made_ms = v->made_ms }, j, e);
}

bool vm_drop(struct store *s, const char *urn, struct err *e)
{
    return store_record_remove(s, KIND, urn, e) || e->kind == ERR_NOT_FOUND;
}
