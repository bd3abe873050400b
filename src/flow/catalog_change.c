/* Deeds on catalogs: see catalog.h. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/caller.h"
#include "flow/catalog_room.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/media_upload.h"
#include "flow/org.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/spool.h"
#include "flow/task.h"
#include "flow/vcenter_table.h"
#include "flow/vdc.h"
#include "store/record.h"
#include "store/store.h"
#include "store/words.h"
#include "vim/task.h"
#include "vim/vm.h"

static bool save(struct store *s, const struct caller *c, struct catalog *k, struct arena *a, struct err *e)
{
    const struct store_by by = { c->who, c->from, "catalog", clock_wall_ms() };
    struct org org;
    bool fresh = !k->urn;
    if (!org_get(s, k->org, a, &org, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_DENIED, "No access to entity \"%s\".", k->org) : false;
    if (fresh) {
        k->urn = kept_urn("catalog", a);
        k->user = c->user;
        k->user_name = c->user_name;
        k->made_ms = by.at_ms;
    }
    k->version++;
    return catalog_put(s, k, e) && kept_audit(s, &by, fresh ? "catalog.add" : "catalog.change", k->urn, e,
                                              "Catalog %s of the organization %s %s", k->name, org.name, fresh ? "made" : "changed");
}

bool catalog_save(const struct site *site, const struct caller *c, struct catalog *k, struct arena *a, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return store_take_text("name", STORE_LINE, k->name, CATALOG_NAME_MAX, e) &&
           store_take_text("Description", STORE_PROSE, k->description, CATALOG_TEXT_MAX, e) && loan_begin(site->shelf, &l, e) &&
           store_begin(l.store, STORE_WRITE, e) && save(l.store, c, k, a, e) && store_commit(l.store, e);
}

/* ---- removing ---- */

static bool gone(bool removed, const struct err *e)
{
    return removed || e->kind == ERR_NOT_FOUND;
}

static bool is(const char *urn, const char *prefix)
{
    return strncmp(urn, prefix, strlen(prefix)) == 0;
}

/* Whose it is and what it is called, of any of the four. */
struct thing {
    const char *name, *type, *item; /* item: of a template or medium */
};

static bool find(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct thing *ret, struct err *e)
{
    struct catalog k;
    struct catalog_item i;
    struct template t;
    struct media m;
    (void)err_set(e, ERR_DENIED, "No access to entity \"%s\".", urn);
    if (is(urn, CATALOG_URN) && catalog_get(s, c, urn, a, &k, e))
        *ret = (struct thing){ k.name, CATALOG_TYPE, NULL };
    else if (is(urn, CATALOG_ITEM_URN) && catalog_item_get(s, c, urn, a, &i, e))
        *ret = (struct thing){ i.name, CATALOG_ITEM_TYPE, NULL };
    else if (is(urn, TEMPLATE_URN) && template_get(s, c, urn, a, &t, e))
        *ret = (struct thing){ t.name, TEMPLATE_TYPE, t.item };
    else if (is(urn, MEDIA_URN) && media_get(s, c, urn, a, &m, e))
        *ret = (struct thing){ m.name, MEDIA_TYPE, m.item };
    else
        return false;
    return true;
}

bool catalog_remove_start(const struct site *site, const struct caller *c, const char *urn, bool recursive,
                          char ret_task[STORE_ID_MAX + 1], struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct catalog_item *items;
    struct thing t;
    size_t len;
    if (!loan_begin(site->shelf, &l, e) || !find(l.store, c, urn, &a, &t, e))
        return false;
    if (is(urn, CATALOG_URN)) {
        if (!catalog_item_list(l.store, urn, NULL, &a, &items, &len, e))
            return false;
        if (len && !recursive)
            return err_set(e, ERR_INPUT, "the catalog %s still has %zu items; recursive=true removes them with it", t.name, len);
    }
    loan_end(&l);
    const struct task_new n = {
        .operation = arena_printf(&a, "Deleting %s", t.name), .operation_name = "catalogDelete", .owner_urn = urn,
        .owner_name = t.name, .owner_type = t.type, .kind = &catalog_remove_kind,
    };
    return task_start(site, c, &n, ret_task, e);
}

/* An item and the template or medium that it is; either may be gone. */
static bool drop_item(struct store *s, const char *item, const char *entity, struct err *e)
{
    return gone(store_record_remove(s, is(entity, MEDIA_URN) ? "media" : "vapptemplate", entity, e), e) &&
           gone(store_record_remove(s, "catalog-item", item, e), e);
}

static bool drop_catalog(struct store *s, const char *urn, struct arena *a, struct err *e)
{
    struct catalog_item *items;
    size_t len;
    if (!catalog_item_list(s, urn, NULL, a, &items, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!drop_item(s, items[i].urn, items[i].entity, e))
            return false;
    return gone(store_record_remove(s, "catalog", urn, e), e);
}

static bool drop(struct store *s, const char *urn, struct arena *a, struct err *e)
{
    const struct caller all = { .system = true };
    struct catalog_item i;
    struct thing t;
    if (is(urn, CATALOG_URN))
        return drop_catalog(s, urn, a, e);
    if (is(urn, CATALOG_ITEM_URN))
        return catalog_item_get(s, &all, urn, a, &i, e) ? drop_item(s, urn, i.entity, e) : e->kind == ERR_DENIED;
    return find(s, &all, urn, a, &t, e) ? drop_item(s, t.item, urn, e) : e->kind == ERR_DENIED;
}

static bool remove_it(struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const struct store_by by = task_by(f);
    const char *urn = task_of(f)->owner;
    return loan_begin(task_of(f)->site->shelf, &l, e) && store_begin(l.store, STORE_WRITE, e) && drop(l.store, urn, &a, e) &&
           kept_audit(l.store, &by, "catalog.remove", urn, e, "Removed") && store_commit(l.store, e);
}

/* ---- what is elsewhere ---- */

/* URNs of the templates and media that the removal of urn takes along. */
static bool entities(struct store *s, const char *urn, struct arena *a, const char ***ret, size_t *ret_len, struct err *e)
{
    const struct caller all = { .system = true };
    struct catalog_item *items, i;
    size_t len = 0;
    const char **list = arena_array(a, 1, sizeof(*list));
    *ret = list;
    *ret_len = 1;
    list[0] = urn;
    if (is(urn, CATALOG_ITEM_URN)) {
        if (!catalog_item_get(s, &all, urn, a, &i, e))
            return e->kind == ERR_DENIED && (*ret_len = 0, true);
        list[0] = i.entity;
    } else if (is(urn, CATALOG_URN)) {
        if (!catalog_item_list(s, urn, NULL, a, &items, &len, e))
            return false;
        *ret = list = arena_array(a, len + 1, sizeof(*list));
        *ret_len = len;
        for (size_t n = 0; n < len; n++)
            list[n] = items[n].entity;
    }
    return true;
}

static bool list_all(const struct flow *f, struct arena *a, const char ***ret, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(task_of(f)->site->shelf, &l, e) && entities(l.store, task_of(f)->owner, a, ret, ret_len, e);
}

/* Whoever brings something to what goes stops; what it had begun is taken back by its own task. */
static bool abort_uploads(struct flow *f, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const char **list;
    size_t len;
    if (!list_all(f, &a, &list, &len, e) || !loan_begin(task_of(f)->site->shelf, &l, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!catalog_abort_uploads(task_of(f)->site, l.store, list[i], e))
            return false;
    return true;
}

static bool destroy_vm(struct vim_session *s, const char *moref, struct err *e)
{
    struct vim_object task;
    return (vim_vm_power(s, moref, VIM_VM_DESTROY, vim_deadline(CATALOG_CALL_MS), &task, e) &&
            vim_task_wait(s, &task, NULL, vim_deadline(CATALOG_TASK_MS), NULL, NULL, e)) ||
           e->kind == ERR_NOT_FOUND;
}

/* The machines of a template. A vCenter that is registered no more keeps them. */
static bool destroy_template(const struct site *site, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const struct caller all = { .system = true };
    struct template t;
    struct vdc v;
    if (!loan_begin(site->shelf, &l, e))
        return false;
    if (!template_get(l.store, &all, urn, &a, &t, e))
        return e->kind == ERR_DENIED;
    if (!t.vms_len)
        return true;
    if (!vdc_find(l.store, t.vdc, &a, &v, e))
        return e->kind == ERR_NOT_FOUND;
    loan_end(&l);
    if (!vcenter_borrow(site, v.vcenter, &hold, e))
        return e->kind == ERR_NOT_FOUND;
    for (size_t i = 0; i < t.vms_len; i++)
        if (t.vms[i].moref[0] && !destroy_vm(hold.session, t.vms[i].moref, e))
            return err_in(e, "removing the template %s from the vCenter Server", t.name);
    return true;
}

static bool remove_outside(struct flow *f, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char **list;
    size_t len;
    if (!list_all(f, &a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(is(list[i], MEDIA_URN) ? media_upload_remove(task_of(f)->site, list[i], e)
                                     : !is(list[i], TEMPLATE_URN) || destroy_template(task_of(f)->site, list[i], e)))
            return false;
        else if (task_of(f)->site->spool)
            spool_drop(task_of(f)->site->spool, list[i]); /* nor downloaded any more */
    return true;
}

static const struct flow_step remove_steps[] = {
    { "abort", abort_uploads, NULL }, { "outside", remove_outside, NULL }, { "remove", remove_it, NULL }, { 0 },
};
const struct flow_kind catalog_remove_kind = { "catalog.remove", remove_steps, false };
