#include "flow/inventory_keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/gc.h"
#include "flow/inventory.h"
#include "flow/inventory_model.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/vapp.h"
#include "flow/vdc.h"
#include "flow/vm.h"
#include "store/store.h"

/* A transaction that is closed and opened again each INVENTORY_WRITES rows. */
struct writing {
    struct loan loan;
    size_t rows;
    bool open;
};

static void writing_end(struct writing *w)
{
    if (w->open)
        store_abort(w->loan.store);
    loan_end(&w->loan);
}

static bool begin(struct writing *w, const struct site *site, struct err *e)
{
    w->open = loan_begin(site->shelf, &w->loan, e) && store_begin(w->loan.store, STORE_WRITE, e);
    return w->open;
}

static bool commit(struct writing *w, struct err *e)
{
    w->open = false;
    return store_commit(w->loan.store, e);
}

/* One more row was written. */
static bool count(struct writing *w, struct err *e)
{
    if (++w->rows % INVENTORY_WRITES)
        return true;
    if (!commit(w, e) || !store_begin(w->loan.store, STORE_WRITE, e))
        return false;
    return w->open = true;
}

bool inventory_keep_vdcs(const struct site *site, const char *vcenter, struct inventory_model *m, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vdc *list;
    size_t len;
    if (!loan_begin(site->shelf, &l, e) || !vdc_list(l.store, NULL, &a, &list, &len, e))
        return false;
    inventory_model_vdcs(m, list, len);
    *ret_len = 0;
    for (size_t i = 0; i < len; i++)
        *ret_len += strcmp(list[i].vcenter, vcenter) == 0;
    return true;
}

/* A VDC that is gone by now takes nothing in. */
static bool is_there(struct writing *w, const char *vdc, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vdc v;
    if (vdc_find(w->loan.store, vdc, &a, &v, e))
        return true;
    return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_CONFLICT, "the VDC is gone") : false;
}

/* ---- one row ---- */

/* What a deed read later than the watch was told stays. A clock that was set back does not count. */
static bool is_newer(const struct vm *kept, const struct vm *told)
{
    return kept->read_ms > told->read_ms && kept->read_ms <= clock_wall_ms();
}

static bool put_vapp(struct writing *w, const struct vapp *v, const struct vapp *kept, struct err *e)
{
    if (kept && strcmp(kept->name, v->name) == 0 && strcmp(kept->vdc, v->vdc) == 0 && strcmp(kept->moref, v->moref) == 0)
        return true;
    struct vapp now = *v;
    if (now.made_ms == 0)
        now.made_ms = clock_wall_ms();
    return is_there(w, v->vdc, e) && vapp_put(w->loan.store, &now, e) && count(w, e);
}

static bool put_vm(struct writing *w, const struct vm *v, const struct vm *kept, struct err *e)
{
    if (kept && (vm_same(kept, v) || is_newer(kept, v)))
        return true;
    return is_there(w, v->vdc, e) && vm_put(w->loan.store, v, e) && count(w, e);
}

/* ---- some ---- */

static bool drop(struct writing *w, const struct inventory_gone *g, struct err *e)
{
    return vm_drop(w->loan.store, g->vm, e) && gc_drop(w->loan.store, g->vm, e) && vapp_drop(w->loan.store, g->own_vapp, e) &&
           count(w, e);
}

static bool keep_one(struct writing *w, struct inventory_model *m, const char *id, struct err *e)
{
    struct inventory_row row;
    struct vm vm;
    struct vapp vapp;
    AUTO(arena_done) struct arena a = { 0 };
    if (!inventory_model_row(m, id, &a, &row)) {
        const struct inventory_gone g = { row.vm.urn, row.own_vapp };
        return !g.vm || drop(w, &g, e);
    }
    bool has_vapp = vapp_find(w->loan.store, row.vapp.urn, &a, &vapp, e);
    if (!has_vapp && e->kind != ERR_NOT_FOUND)
        return false;
    bool has_vm = vm_find(w->loan.store, row.vm.urn, &a, &vm, e);
    if (!has_vm && e->kind != ERR_NOT_FOUND)
        return false;
    return put_vapp(w, &row.vapp, has_vapp ? &vapp : NULL, e) && put_vm(w, &row.vm, has_vm ? &vm : NULL, e) &&
           (row.vapp.alone || vapp_drop(w->loan.store, row.own_vapp, e));
}

bool inventory_keep_some(const struct site *site, struct inventory_model *m, const char *const *ids, size_t len, struct err *e)
{
    AUTO(writing_end) struct writing w = { 0 };
    if (!begin(&w, site, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!keep_one(&w, m, ids[i], e))
            return false;
    return commit(&w, e);
}

bool inventory_keep_gone(const struct site *site, const struct inventory_gone *list, size_t len, struct err *e)
{
    AUTO(writing_end) struct writing w = { 0 };
    if (!begin(&w, site, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!drop(&w, &list[i], e))
            return false;
    return commit(&w, e);
}

/* ---- all ---- */

/* What is kept of one vCenter, in the order of URNs. */
struct kept {
    struct arena arena;
    struct vm *vms;
    struct vapp *vapps;
    size_t vms_len, vapps_len;
};

static void kept_done(struct kept *k)
{
    arena_done(&k->arena);
}

static bool read_kept(const struct site *site, const char *vcenter, struct kept *k, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    size_t vms, vapps;
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_READ, e) ||
        !vm_list(l.store, &(struct vm_query){ 0 }, &k->arena, &k->vms, &vms, e) ||
        !vapp_list(l.store, &(struct vapp_query){ 0 }, &k->arena, &k->vapps, &vapps, e))
        return false;
    for (size_t i = 0; i < vms; i++)
        if (strcmp(k->vms[i].vcenter, vcenter) == 0)
            k->vms[k->vms_len++] = k->vms[i];
    for (size_t i = 0; i < vapps; i++)
        if (strcmp(k->vapps[i].vcenter, vcenter) == 0)
            k->vapps[k->vapps_len++] = k->vapps[i];
    return true;
}

static int vm_order(const void *a, const void *b)
{
    return strcmp(((const struct vm *)a)->urn, ((const struct vm *)b)->urn);
}

static int vapp_order(const void *a, const void *b)
{
    return strcmp(((const struct vapp *)a)->urn, ((const struct vapp *)b)->urn);
}

/* All rows as they shall be, in the order of URNs. */
struct wanted {
    struct vm *vms;
    struct vapp *vapps;
    size_t vms_len, vapps_len;
};

static void want(struct inventory_model *m, struct arena *a, struct wanted *ret)
{
    struct inventory_rows rows;
    inventory_model_rows(m, a, &rows);
    *ret = (struct wanted){ .vms = arena_array(a, rows.vms_len + 1, sizeof(*ret->vms)),
                            .vapps = arena_array(a, rows.vms_len + rows.vapps_len + 1, sizeof(*ret->vapps)) };
    for (size_t i = 0; i < rows.vapps_len; i++)
        ret->vapps[ret->vapps_len++] = rows.vapps[i];
    for (size_t i = 0; i < rows.vms_len; i++) {
        ret->vms[ret->vms_len++] = rows.vms[i].vm;
        if (rows.vms[i].vapp.alone)
            ret->vapps[ret->vapps_len++] = rows.vms[i].vapp;
    }
    qsort(ret->vms, ret->vms_len, sizeof(*ret->vms), vm_order);
    qsort(ret->vapps, ret->vapps_len, sizeof(*ret->vapps), vapp_order);
}

/* Both lists are sorted: one walk over the two. */
static bool keep_vapps(struct writing *w, const struct kept *k, const struct wanted *x, struct err *e)
{
    size_t i = 0;
    for (size_t n = 0; n < x->vapps_len; n++) {
        for (; i < k->vapps_len && vapp_order(&k->vapps[i], &x->vapps[n]) < 0; i++)
            if (!vapp_drop(w->loan.store, k->vapps[i].urn, e) || !count(w, e))
                return false;
        bool same = i < k->vapps_len && vapp_order(&k->vapps[i], &x->vapps[n]) == 0;
        if (!put_vapp(w, &x->vapps[n], same ? &k->vapps[i] : NULL, e))
            return false;
        i += same;
    }
    for (; i < k->vapps_len; i++)
        if (!vapp_drop(w->loan.store, k->vapps[i].urn, e) || !count(w, e))
            return false;
    return true;
}

static bool keep_vms(struct writing *w, const struct kept *k, const struct wanted *x, struct err *e)
{
    size_t i = 0;
    for (size_t n = 0; n < x->vms_len; n++) {
        for (; i < k->vms_len && vm_order(&k->vms[i], &x->vms[n]) < 0; i++)
            if (!vm_drop(w->loan.store, k->vms[i].urn, e) || !gc_drop(w->loan.store, k->vms[i].urn, e) || !count(w, e))
                return false;
        bool same = i < k->vms_len && vm_order(&k->vms[i], &x->vms[n]) == 0;
        if (!put_vm(w, &x->vms[n], same ? &k->vms[i] : NULL, e))
            return false;
        i += same;
    }
    for (; i < k->vms_len; i++)
        if (!vm_drop(w->loan.store, k->vms[i].urn, e) || !gc_drop(w->loan.store, k->vms[i].urn, e) || !count(w, e))
            return false;
    return true;
}

static bool keep_wanted(const struct site *site, const char *vcenter, const struct wanted *x, struct err *e)
{
    AUTO(kept_done) struct kept k = { 0 };
    AUTO(writing_end) struct writing w = { 0 };
    return read_kept(site, vcenter, &k, e) && begin(&w, site, e) && keep_vapps(&w, &k, x, e) && keep_vms(&w, &k, x, e) &&
           commit(&w, e);
}

bool inventory_keep_all(const struct site *site, const char *vcenter, struct inventory_model *m, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct wanted x;
    want(m, &a, &x);
    return keep_wanted(site, vcenter, &x, e);
}

bool inventory_keep_none(const struct site *site, const char *vcenter, struct err *e)
{
    return keep_wanted(site, vcenter, &(struct wanted){ 0 }, e);
}
