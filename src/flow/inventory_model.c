#include "flow/inventory_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/kept.h"
#include "vim/vm.h"

struct thing {
    char *key;             /* its id; "uuid:.." for a claim; owned */
    enum inventory_sort sort;
    char *name, *parent;   /* owned; of a claim: name is who has it */
    struct vim_vm *vm;     /* owned; INVENTORY_VM */
    int64_t at_ms;
};

/* Open addressing, at most half full; what went leaves a tombstone. */
struct inventory_model {
    char vcenter[STORE_ID_MAX + 1];
    struct thing **slots;
    size_t cap, used;      /* used: with tombstones */
    struct arena vdc_arena;
    struct vdc *vdcs;
    size_t vdcs_len;
};

#define GONE ((struct thing *)(uintptr_t)1) /* a tombstone */

struct inventory_model *inventory_model_create(const char *vcenter)
{
    struct inventory_model *m = xcalloc(1, sizeof(*m));
    (void)text_copy(m->vcenter, sizeof(m->vcenter), vcenter);
    return m;
}

static void thing_free(struct thing *t)
{
    if (!t || t == GONE)
        return;
    free(t->key);
    free(t->name);
    free(t->parent);
    free(t->vm);
    free(t);
}

void inventory_model_clear(struct inventory_model *m)
{
    for (size_t i = 0; i < m->cap; i++)
        thing_free(m->slots[i]);
    freep(&m->slots);
    m->cap = m->used = 0;
}

struct inventory_model *inventory_model_destroy(struct inventory_model *m)
{
    if (!m)
        return NULL;
    inventory_model_clear(m);
    arena_done(&m->vdc_arena);
    free(m);
    return NULL;
}

/* ---- the table ---- */

static size_t hash(const char *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a: ids come from the provider's own vCenter */
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 29);
}

/* Where it is, or NULL. */
static struct thing **slot_of(const struct inventory_model *m, const char *key)
{
    if (!m->cap)
        return NULL;
    for (size_t i = hash(key) % m->cap; m->slots[i]; i = (i + 1) % m->cap)
        if (m->slots[i] != GONE && strcmp(m->slots[i]->key, key) == 0)
            return &m->slots[i];
    return NULL;
}

static struct thing *find(const struct inventory_model *m, const char *key)
{
    struct thing **slot = slot_of(m, key);
    return slot ? *slot : NULL;
}

static void put(struct inventory_model *m, struct thing *t)
{
    size_t i = hash(t->key) % m->cap;
    while (m->slots[i])
        i = (i + 1) % m->cap;
    m->slots[i] = t;
    m->used++;
}

static void grow(struct inventory_model *m)
{
    size_t live = 0;
    for (size_t i = 0; i < m->cap; i++)
        live += m->slots[i] && m->slots[i] != GONE;
    struct inventory_model larger = { .cap = !m->cap ? 256 : live * 4 > m->cap ? m->cap * 2 : m->cap };
    larger.slots = xcalloc(larger.cap, sizeof(struct thing *));
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i] && m->slots[i] != GONE)
            put(&larger, m->slots[i]);
    free(m->slots);
    m->slots = larger.slots;
    m->cap = larger.cap;
    m->used = larger.used;
}

static struct thing *make(struct inventory_model *m, enum inventory_sort sort, const char *key)
{
    struct thing *t = find(m, key);
    if (t)
        return t;
    if (m->used * 2 >= m->cap)
        grow(m);
    t = xcalloc(1, sizeof(*t));
    t->key = xstrdup(key);
    t->sort = sort;
    t->name = xstrdup("");
    t->parent = xstrdup("");
    put(m, t);
    return t;
}

static void drop(struct inventory_model *m, const char *key)
{
    struct thing **slot = slot_of(m, key);
    if (!slot)
        return;
    thing_free(*slot);
    *slot = GONE;
}

static bool set(char **at, const char *text)
{
    if (!text || strcmp(*at, text) == 0)
        return false;
    free(*at);
    *at = xstrdup(text);
    return true;
}

/* ---- what is told ---- */

void inventory_model_vdcs(struct inventory_model *m, const struct vdc *list, size_t len)
{
    arena_done(&m->vdc_arena);
    struct arena *a = &m->vdc_arena;
    m->vdcs = arena_array(a, len + 1, sizeof(*m->vdcs));
    m->vdcs_len = 0;
    for (size_t i = 0; i < len; i++)
        if (strcmp(list[i].vcenter, m->vcenter) == 0)
            m->vdcs[m->vdcs_len++] = (struct vdc){ .urn = arena_strdup(a, list[i].urn), .org = arena_strdup(a, list[i].org),
                                                   .pool = arena_strdup(a, list[i].pool) };
}

bool inventory_model_place(struct inventory_model *m, enum inventory_sort sort, const char *id, const char *name,
                           const char *parent)
{
    bool fresh = !find(m, id);
    struct thing *t = make(m, sort, id);
    t->sort = sort;
    bool renamed = set(&t->name, name), moved = set(&t->parent, parent);
    return fresh || renamed || moved;
}

const struct vim_vm *inventory_model_find(const struct inventory_model *m, const char *id)
{
    const struct thing *t = find(m, id);
    return t ? t->vm : NULL;
}

static void claim_of(const char *uuid, char out[STORE_NAME_MAX + 16])
{
    (void)snprintf(out, STORE_NAME_MAX + 16, "uuid:%s", uuid);
}

/* Gives up its instance UUID, if it has that. */
static void disclaim(struct inventory_model *m, const struct thing *t)
{
    char key[STORE_NAME_MAX + 16];
    claim_of(t->vm ? t->vm->instance_uuid : "", key);
    const struct thing *claim = find(m, key);
    if (claim && strcmp(claim->name, t->key) == 0)
        drop(m, key);
}

void inventory_model_vm(struct inventory_model *m, const char *id, const struct vim_vm *v, int64_t at_ms)
{
    char key[STORE_NAME_MAX + 16];
    struct thing *t = make(m, INVENTORY_VM, id);
    struct vim_vm *copy = vim_vm_copy(v);
    if (t->vm && strcmp(t->vm->instance_uuid, copy->instance_uuid) != 0)
        disclaim(m, t);
    free(t->vm);
    t->vm = copy;
    t->at_ms = at_ms;
    claim_of(copy->instance_uuid, key);
    if (copy->instance_uuid[0] && !find(m, key))
        (void)set(&make(m, INVENTORY_VM, key)->name, id);
}

bool inventory_model_leave(struct inventory_model *m, const char *id, enum inventory_sort *ret_sort)
{
    struct thing *t = find(m, id);
    if (!t)
        return false;
    *ret_sort = t->sort;
    if (t->vm)
        disclaim(m, t);
    drop(m, id);
    return true;
}

/* ---- what it means ---- */

static const char *urn_of(const struct inventory_model *m, const char *type, const char *key, struct arena *a)
{
    uint8_t digest[DIGEST_SHA256];
    char urn[STORE_ID_MAX + 1];
    const char *what = arena_printf(a, "%s/%s/%s", type, m->vcenter, key);
    digest_sha256(what, strlen(what), digest);
    kept_urn_of(type, digest, urn);
    return arena_strdup(a, urn);
}

static const char *key_of(const struct inventory_model *m, const struct thing *t, struct arena *a)
{
    char key[STORE_NAME_MAX + 16];
    claim_of(t->vm->instance_uuid, key);
    const struct thing *claim = find(m, key);
    return claim && strcmp(claim->name, t->key) == 0 ? arena_strdup(a, key) : arena_printf(a, "id:%s", t->key);
}

static const struct vdc *vdc_of(const struct inventory_model *m, const char *pool)
{
    for (size_t i = 0; i < m->vdcs_len; i++)
        if (strcmp(m->vdcs[i].pool, pool) == 0)
            return &m->vdcs[i];
    return NULL;
}

/* Upwards from a pool to the nearest VDC; on the way the outermost vApp. NULL: it lies in none. */
static const struct vdc *climb(const struct inventory_model *m, const char *pool, const struct thing **ret_vapp)
{
    *ret_vapp = NULL;
    for (int i = 0; i < INVENTORY_POOLS_DEEP && pool[0]; i++) {
        const struct vdc *vdc = vdc_of(m, pool);
        if (vdc)
            return vdc;
        const struct thing *t = find(m, pool);
        if (!t || (t->sort != INVENTORY_POOL && t->sort != INVENTORY_VAPP))
            return NULL;
        if (t->sort == INVENTORY_VAPP)
            *ret_vapp = t;
        pool = t->parent;
    }
    return NULL;
}

static enum vm_power power_of(const struct vim_vm *v)
{
    if (!v->connected)
        return VM_POWER_UNKNOWN;
    return v->power == VIM_VM_ON ? VM_ON : v->power == VIM_VM_SUSPENDED ? VM_SUSPENDED : VM_OFF;
}

static struct vapp vapp_of(const struct inventory_model *m, const struct thing *t, const struct vdc *vdc, int64_t at_ms,
                           struct arena *a)
{
    return (struct vapp){ .urn = urn_of(m, "vapp", t->key, a), .name = t->name, .vdc = vdc->urn, .org = vdc->org,
                          .vcenter = m->vcenter, .moref = t->key, .made_ms = at_ms };
}

static bool row_of(const struct inventory_model *m, const struct thing *t, struct arena *a, struct inventory_row *ret)
{
    const struct vim_vm *v = t->vm;
    const struct thing *vapp, *host = find(m, v->host);
    const struct vdc *vdc = climb(m, v->pool, &vapp);
    const char *key = key_of(m, t, a);
    *ret = (struct inventory_row){ .vm.urn = urn_of(m, "vm", key, a), .own_vapp = urn_of(m, "vapp", key, a) };
    if (!vdc || v->template)
        return false;
    ret->vapp = vapp ? vapp_of(m, vapp, vdc, t->at_ms, a)
                     : (struct vapp){ .urn = ret->own_vapp, .name = v->name, .vdc = vdc->urn, .org = vdc->org,
                                      .vcenter = m->vcenter, .moref = t->key, .alone = true, .made_ms = t->at_ms };
    ret->vm = (struct vm){
        .urn = ret->vm.urn, .name = v->name, .vapp = ret->vapp.urn, .vdc = vdc->urn, .org = vdc->org, .vcenter = m->vcenter,
        .moref = t->key, .instance_uuid = v->instance_uuid, .host = v->host, .host_name = host ? host->name : "",
        .power = power_of(v),
        .tools = v->tools_running ? VM_TOOLS_RUNNING : v->tools_installed ? VM_TOOLS_STOPPED : VM_TOOLS_NONE,
        .vmx = v->vmx, .guest_id = v->guest_id, .guest_os = v->guest_os, .hardware = v->hardware, .network = v->network, .guest_host = v->guest_host,
        .address = v->address, .cpus = v->cpus, .cores = v->cores, .memory_mb = v->memory_mb, .nics = v->nics,
        .storage_bytes = v->storage_bytes, .made_ms = t->at_ms, .read_ms = t->at_ms,
    };
    return true;
}

bool inventory_model_row(struct inventory_model *m, const char *id, struct arena *a, struct inventory_row *ret)
{
    const struct thing *t = find(m, id);
    *ret = (struct inventory_row){ 0 };
    return t && t->vm && row_of(m, t, a, ret);
}

void inventory_model_rows(struct inventory_model *m, struct arena *a, struct inventory_rows *ret)
{
    const struct thing *vapp;
    *ret = (struct inventory_rows){ .vms = arena_array(a, m->used + 1, sizeof(*ret->vms)),
                                    .vapps = arena_array(a, m->used + 1, sizeof(*ret->vapps)) };
    for (size_t i = 0; i < m->cap; i++) {
        const struct thing *t = m->slots[i];
        if (!t || t == GONE)
            continue;
        if (t->vm && row_of(m, t, a, &ret->vms[ret->vms_len]))
            ret->vms_len++;
        if (t->sort != INVENTORY_VAPP)
            continue;
        const struct vdc *vdc = climb(m, t->key, &vapp);
        if (vdc && vapp == t) /* not one inside another one */
            ret->vapps[ret->vapps_len++] = vapp_of(m, t, vdc, 0, a);
    }
}
