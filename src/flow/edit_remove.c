#include <string.h>

#include "base/arena.h"
#include "flow/anchor.h"
#include "flow/believed.h"
#include "flow/connect.h"
#include "flow/edit.h"
#include "flow/edit_common.h"
#include "flow/inbox.h"
#include "flow/loan.h"
#include "flow/publisher.h"
#include "flow/register.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vdc.h"
#include "flow/vcenter_table.h"
#include "flow/watch.h"
#include "store/endpoint.h"
#include "store/store.h"

bool edit_get(const struct site *site, const char *urn, struct arena *a, struct vcenter *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(site->shelf, &l, e) && vcenter_get(l.store, urn, a, ret, e);
}

bool edit_publish(const struct site *site, struct err *e)
{
    return !site->publisher || publisher_sync(site->publisher, e) || e->kind == ERR_TIMEOUT || e->kind == ERR_STORE;
}

struct keys {
    struct arena *arena;
    const char *list[STORE_PAGE_MAX];
    size_t len;
};

static bool add_key(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct keys *k = self;
    (void)e;
    k->list[k->len++] = arena_strdup(k->arena, ep->key);
    return true;
}

bool edit_drop_endpoints(struct store *s, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct keys *k = arena_alloc(&a, sizeof(*k));
    do {
        const struct store_endpoint_query q = { .urn = urn };
        *k = (struct keys){ .arena = &a };
        if (!store_endpoint_list(s, &q, add_key, k, e))
            return false;
        for (size_t i = 0; i < k->len; i++)
            if (!store_endpoint_remove(s, k->list[i], e))
                return false;
    } while (k->len == STORE_PAGE_MAX);
    return believed_drop(s, urn, e) && inbox_drop(s, urn, e);
}

/* Its VDCs have to go first: tenants see their machines in them. */
static bool is_unused(struct store *s, const struct vcenter *v, struct arena *a, struct err *e)
{
    struct vdc *list;
    size_t len;
    if (!vdc_list(s, NULL, a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (strcmp(list[i].vcenter, v->urn) == 0)
            return err_set(e, ERR_INPUT, "the vCenter Server %s has the VDC %s: remove that first", v->name, list[i].name);
    return true;
}

static bool is_unused_now(const struct site *site, const struct vcenter *v, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    return loan_begin(site->shelf, &l, e) && is_unused(l.store, v, &a, e);
}

bool remove_start(const struct site *site, const struct caller *c, const char *urn, char ret_task[STORE_ID_MAX + 1],
                  struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    if (!edit_get(site, urn, &a, &v, e))
        return false;
    if (v.enabled)
        return err_set(e, ERR_INPUT, "the vCenter Server %s is enabled: disable it first", v.name);
    if (!is_unused_now(site, &v, e))
        return false;
    const struct task_new t = {
        .operation = arena_printf(&a, "Removing vCenter Server %s", v.name), .operation_name = "vcenterDetach",
        .owner_urn = v.urn, .owner_name = v.name, .owner_type = EDIT_OWNER_TYPE, .kind = &remove_kind,
    };
    return task_start(site, c, &t, ret_task, e);
}

static bool stop(struct flow *f, struct err *e)
{
    (void)e;
    vcenter_forget(task_of(f)->site, task_of(f)->owner);
    return true;
}

static bool forget(const struct flow *f, struct store *s, const char *urn, struct err *e)
{
    const struct store_by by = task_by(f);
    size_t count;
    return anchor_forget(s, urn, &by, &count, e) && edit_drop_endpoints(s, urn, e);
}

/* Everything of it in one transaction; nothing when it is gone already. */
static bool drop(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const struct store_by by = task_by(f);
    struct vcenter v;
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e))
        return false;
    if (!vcenter_get(l.store, task_of(f)->owner, &a, &v, e))
        return e->kind == ERR_NOT_FOUND;
    if (v.enabled)
        return err_set(e, ERR_CONFLICT, "the vCenter Server %s was enabled meanwhile", v.name);
    return is_unused(l.store, &v, &a, e) && forget(f, l.store, v.urn, e) && (!v.nsxv.urn[0] || forget(f, l.store, v.nsxv.urn, e)) &&
           register_audit(l.store, &v, "vcenter.remove", "removed", &by, e) && vcenter_drop(l.store, &v, e) &&
           store_commit(l.store, e);
}

static bool settle(struct flow *f, struct err *e)
{
    vcenter_forget(task_of(f)->site, task_of(f)->owner);
    watch_poke(task_of(f)->site->watch, task_of(f)->owner);
    return edit_publish(task_of(f)->site, e);
}

static const struct flow_step remove_steps[] = {
    { "stop", stop, NULL },
    { "drop", drop, NULL },
    { "settle", settle, NULL },
    { 0 },
};
const struct flow_kind remove_kind = { "vcenter.remove", remove_steps, false };
