#include "flow/inventory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/customize.h"
#include "flow/inventory_keep.h"
#include "flow/inventory_model.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "flow/vdc.h"
#include "flow/watch.h"
#include "store/store.h"
#include "vim/property.h"
#include "vim/updates.h"
#include "vim/vm.h"
#include "wire/xml.h"

/* One vCenter. */
struct follower {
    struct inventory *all;
    char urn[STORE_ID_MAX + 1];
    pthread_t thread;
    bool wanted, ended;          /* under the inventory's lock, as what follows */
    bool poked;
    struct vim_updates *updates; /* while a question may be under way */
};

struct inventory {
    const struct site *site;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;        /* of all that follows */
    pthread_cond_t changed;
    struct follower *list[INVENTORY_VCENTERS_MAX]; /* owned */
    size_t len;
    bool stop, look;
};

static const char *const pool_paths[] = { "name", "parent", NULL };
static const char *const host_paths[] = { "name", NULL };
static const struct vim_updates_type types[] = {
    { "VirtualMachine", vim_vm_paths }, { "ResourcePool", pool_paths }, { "VirtualApp", pool_paths }, { "HostSystem", host_paths },
};

/* ---- what is told ---- */

/* The news of one answer. */
struct news {
    struct inventory_model *model;
    struct arena arena;
    bool shape;                 /* pools or hosts changed */
    const char **changed;       /* ids of machines, in the arena */
    size_t changed_len, changed_room;
    struct inventory_gone *gone;
    size_t gone_len, gone_room;
};

static void news_done(struct news *n)
{
    arena_done(&n->arena);
}

static void note_changed(struct news *n, const char *id)
{
    n->changed = arena_room(&n->arena, n->changed, n->changed_len, &n->changed_room, sizeof(*n->changed));
    n->changed[n->changed_len++] = arena_strdup(&n->arena, id);
}

static void note_gone(struct news *n, const struct inventory_row *row)
{
    n->gone = arena_room(&n->arena, n->gone, n->gone_len, &n->gone_room, sizeof(*n->gone));
    n->gone[n->gone_len++] = (struct inventory_gone){ row->vm.urn, row->own_vapp };
}

static const char *text(const struct xml_element *changes, const char *path)
{
    const struct xml_element *val;
    return vim_update_says(changes, path, &val) ? (val ? val->text : "") : NULL;
}

static void take_vm(struct news *n, const struct vim_update *u)
{
    const struct vim_vm *before = inventory_model_find(n->model, u->object->id);
    struct vim_vm now = before ? *before : (struct vim_vm){ .connected = true, .instance_uuid = "", .pool = "", .host = "", .name = "" };
    vim_vm_update(u->changes, &n->arena, &now);
    /* Told now, not when the question was asked, which waits: a deed that read the machine meanwhile may have read the older state, and nothing
     * would correct that. When its state is the newer one, the vCenter tells it next. */
    inventory_model_vm(n->model, u->object->id, &now, clock_wall_ms());
    note_changed(n, u->object->id);
}

static void take_leave(struct news *n, const char *id)
{
    struct inventory_row row;
    enum inventory_sort sort;
    (void)inventory_model_row(n->model, id, &n->arena, &row);
    if (!inventory_model_leave(n->model, id, &sort))
        return;
    if (sort == INVENTORY_VM && row.vm.urn)
        note_gone(n, &row);
    n->shape |= sort != INVENTORY_VM;
}

static bool take(void *self, const struct vim_update *u, struct err *e)
{
    struct news *n = self;
    const char *type = u->object->type, *id = u->object->id;
    (void)e;
    if (u->kind == VIM_UPDATE_LEAVE)
        take_leave(n, id);
    else if (strcmp(type, "VirtualMachine") == 0)
        take_vm(n, u);
    else if (strcmp(type, "HostSystem") == 0)
        n->shape |= inventory_model_place(n->model, INVENTORY_HOST, id, text(u->changes, "name"), NULL);
    else if (strcmp(type, "ResourcePool") == 0 || strcmp(type, "VirtualApp") == 0)
        n->shape |= inventory_model_place(n->model, strcmp(type, "VirtualApp") == 0 ? INVENTORY_VAPP : INVENTORY_POOL, id,
                                          text(u->changes, "name"), text(u->changes, "parent"));
    return true;
}

/* ---- following one vCenter ---- */

struct following {
    struct follower *f;
    const struct site *site;
    struct vcenter_hold hold;
    struct vim_updates *updates;
    struct inventory_model *model;
    size_t vdcs;
    bool told;               /* everything was told once */
};

static bool stopped(struct follower *f)
{
    (void)pthread_mutex_lock(&f->all->lock);
    bool stop = f->all->stop || !f->wanted;
    (void)pthread_mutex_unlock(&f->all->lock);
    return stop;
}

static bool was_poked(struct follower *f)
{
    (void)pthread_mutex_lock(&f->all->lock);
    bool poked = f->poked;
    f->poked = false;
    (void)pthread_mutex_unlock(&f->all->lock);
    return poked;
}

/* From here on others may cancel its question, until it is taken back. */
static void show_updates(struct following *x, struct vim_updates *u)
{
    (void)pthread_mutex_lock(&x->f->all->lock);
    x->f->updates = u;
    (void)pthread_mutex_unlock(&x->f->all->lock);
}

/* Is the session still that of the vCenter as it is registered now? */
static bool still_the_same(struct following *x, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold now = { 0 };
    return vcenter_borrow(x->site, x->f->urn, &now, e) &&
           (now.session == x->hold.session || err_set(e, ERR_CONFLICT, "the vCenter Server was edited"));
}

static bool keep(struct following *x, struct news *n, struct err *e)
{
    bool ok = n->shape ? inventory_keep_all(x->site, x->f->urn, x->model, e)
                       : (n->gone_len == 0 || inventory_keep_gone(x->site, n->gone, n->gone_len, e)) &&
                             (n->changed_len == 0 || inventory_keep_some(x->site, x->model, n->changed, n->changed_len, e));
    if (ok || e->kind != ERR_CONFLICT)
        return ok;
    /* A VDC went meanwhile. */
    return inventory_keep_vdcs(x->site, x->f->urn, x->model, &x->vdcs, e) && inventory_keep_all(x->site, x->f->urn, x->model, e);
}

static bool one_round(struct following *x, struct err *e)
{
    AUTO(news_done) struct news n = { .model = x->model };
    bool any, more, poked = was_poked(x->f);
    if (!still_the_same(x, e) || (poked && !inventory_keep_vdcs(x->site, x->f->urn, x->model, &x->vdcs, e)))
        return false;
    const int seconds = customize_follow(x->site, x->f->urn, x->hold.session) ? INVENTORY_GUESTS_S : INVENTORY_WAIT_S;
    if (poked && x->told && !inventory_keep_all(x->site, x->f->urn, x->model, e))
        return false;
    show_updates(x, x->updates);
    bool ok = vim_updates_wait(x->updates, seconds, take, &n, &any, &more, e);
    show_updates(x, NULL);
    if (!ok)
        return false;
    if (x->told)
        return !any || keep(x, &n, e);
    if (more)
        return true;
    x->told = true;
    n.shape = true;
    return keep(x, &n, e);
}

static bool follow(struct following *x, struct err *e)
{
    const int64_t until = vim_deadline(INVENTORY_OPEN_MS);
    if (!inventory_keep_vdcs(x->site, x->f->urn, x->model, &x->vdcs, e) || !vcenter_borrow(x->site, x->f->urn, &x->hold, e) ||
        !vim_updates_open(x->hold.session, types, ARRAY_LEN(types), until, &x->updates, e))
        return false;
    LOG(DEBUG, "inventory.followed", "urn=%s vdcs=%zu", x->f->urn, x->vdcs);
    while (!stopped(x->f)) {
        bool poked;
        if (one_round(x, e))
            continue;
        (void)pthread_mutex_lock(&x->f->all->lock);
        poked = x->f->poked; /* its question was cancelled for that */
        (void)pthread_mutex_unlock(&x->f->all->lock);
        if (!poked)
            return false;
    }
    return true;
}

static bool is_connected(const struct site *site, const char *urn)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    struct err e;
    return loan_begin(site->shelf, &l, &e) && vcenter_get(l.store, urn, &a, &v, &e) && v.enabled && v.connected;
}

static void pause_ms(struct follower *f, int64_t ms)
{
    const int64_t until = clock_mono_ms() + ms;
    (void)pthread_mutex_lock(&f->all->lock);
    while (!f->all->stop && f->wanted && cond_wait_until(&f->all->changed, &f->all->lock, until)) {
    }
    (void)pthread_mutex_unlock(&f->all->lock);
}

static void *follower_main(void *arg)
{
    struct follower *f = arg;
    unsigned failures = 0;
    struct err e = { 0 };
    while (!stopped(f)) {
        if (!is_connected(f->all->site, f->urn)) {
            failures = 0;
            pause_ms(f, INVENTORY_IDLE_MS);
            continue;
        }
        struct following x = { .f = f, .site = f->all->site, .model = inventory_model_create(f->urn) };
        bool ok = follow(&x, &e);
        x.updates = vim_updates_close(x.updates);
        vcenter_return(&x.hold);
        failures = x.told ? 1 : failures + 1;
        x.model = inventory_model_destroy(x.model);
        if (ok || stopped(f))
            continue;
        uint32_t dice;
        random_bytes(&dice, sizeof(dice));
        LOG(WARN, "inventory.lost", "urn=%s error=\"%s\"", f->urn, e.msg);
        pause_ms(f, watch_pause(failures, dice));
    }
    (void)pthread_mutex_lock(&f->all->lock);
    f->ended = true;
    (void)pthread_cond_broadcast(&f->all->changed);
    (void)pthread_mutex_unlock(&f->all->lock);
    return NULL;
}

/* ---- which vCenters ---- */

static struct follower *find(const struct inventory *w, const char *urn)
{
    for (size_t i = 0; i < w->len; i++)
        if (strcmp(w->list[i]->urn, urn) == 0)
            return w->list[i];
    return NULL;
}

/* Under the lock. */
static void want(struct inventory *w, const char *urn)
{
    struct follower *f = find(w, urn);
    if (f) {
        f->wanted = true;
        return;
    }
    if (w->len == INVENTORY_VCENTERS_MAX) {
        LOG(WARN, "inventory.too-many", "urn=%s limit=%d", urn, INVENTORY_VCENTERS_MAX);
        return;
    }
    f = xcalloc(1, sizeof(*f));
    f->all = w;
    f->wanted = true;
    (void)text_copy(f->urn, sizeof(f->urn), urn);
    if (pthread_create(&f->thread, NULL, follower_main, f) != 0) {
        LOG(ERROR, "inventory.no-thread", "urn=%s", urn);
        free(f);
        return;
    }
    w->list[w->len++] = f;
}

/* Under the lock: those whose threads have ended go. */
static void sweep(struct inventory *w)
{
    for (size_t i = w->len; i-- > 0;) {
        struct follower *f = w->list[i];
        if (!f->ended)
            continue;
        w->list[i] = w->list[--w->len];
        (void)pthread_join(f->thread, NULL);
        free(f);
    }
}

static void take_list(struct inventory *w, const struct vdc *list, size_t len)
{
    (void)pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->len; i++)
        w->list[i]->wanted = false;
    for (size_t i = 0; i < len && !w->stop; i++)
        want(w, list[i].vcenter);
    sweep(w);
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

static void read_list(struct inventory *w)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vdc *list;
    size_t len;
    struct err e;
    if (loan_begin(w->site->shelf, &l, &e) && vdc_list(l.store, NULL, &a, &list, &len, &e))
        take_list(w, list, len);
    else
        LOG(WARN, "inventory.blind", "error=\"%s\"", e.msg);
}

/* Under the lock: so its thread can't close it meanwhile. */
static void cancel_question(struct follower *f)
{
    if (f->updates)
        vim_updates_cancel(f->updates);
}

static void *inventory_main(void *arg)
{
    struct inventory *w = arg;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        w->look = false;
        (void)pthread_mutex_unlock(&w->lock);
        read_list(w);
        const int64_t until = clock_mono_ms() + INVENTORY_LIST_MS;
        (void)pthread_mutex_lock(&w->lock);
        while (!w->stop && !w->look && cond_wait_until(&w->changed, &w->lock, until)) {
        }
    }
    for (size_t i = 0; i < w->len; i++)
        cancel_question(w->list[i]);
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct inventory *inventory_create(const struct site *site)
{
    struct inventory *w = xcalloc(1, sizeof(*w));
    w->site = site;
    (void)pthread_mutex_init(&w->lock, NULL);
    cond_init(&w->changed);
    return w;
}

bool inventory_start(struct inventory *w, struct err *e)
{
    int sys = pthread_create(&w->thread, NULL, inventory_main, w);
    w->started = sys == 0;
    return w->started || err_sys(e, ERR_INTERNAL, sys, "starting the inventory's thread");
}

struct inventory *inventory_destroy(struct inventory *w)
{
    if (!w)
        return NULL;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    if (w->started)
        (void)pthread_join(w->thread, NULL);
    for (size_t i = 0; i < w->len; i++) {
        (void)pthread_join(w->list[i]->thread, NULL);
        free(w->list[i]);
    }
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

void inventory_poke(struct inventory *w, const char *vcenter)
{
    if (!w)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->look = true;
    struct follower *f = find(w, vcenter);
    if (f) {
        f->poked = true;
        cancel_question(f);
    }
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

/* ---- one machine, now ---- */

static const char *host_name(struct vim_session *s, const char *host, struct arena *a)
{
    static const char *const paths[] = { "name", NULL };
    struct vim_object o = { .type = "HostSystem" };
    const struct xml_element *el;
    struct err e;
    if (!host[0] || !text_copy(o.id, sizeof(o.id), host) || !vim_properties(s, &o, paths, vim_deadline(INVENTORY_READ_MS), a, &el, &e))
        return "";
    const char *name = vim_property_text(el, "name");
    return name ? name : "";
}

static enum vm_power power_of(const struct vim_vm *v)
{
    return !v->connected ? VM_POWER_UNKNOWN : v->power == VIM_VM_ON ? VM_ON : v->power == VIM_VM_SUSPENDED ? VM_SUSPENDED : VM_OFF;
}

bool inventory_refresh(const struct site *site, struct vim_session *s, const char *vm_urn, struct arena *a, struct vm *ret,
                       struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct vm vm;
    struct vim_vm now;
    if (!loan_begin(site->shelf, &l, e) || !vm_find(l.store, vm_urn, a, &vm, e) ||
        !vim_vm_read(s, vm.moref, vim_deadline(INVENTORY_READ_MS), a, &now, e))
        return false;
    const char *moved_to = strcmp(now.host, vm.host) ? host_name(s, now.host, a) : vm.host_name;
    int64_t at_ms = clock_wall_ms();
    if (!store_begin(l.store, STORE_WRITE, e) || !vm_find(l.store, vm_urn, a, &vm, e))
        return false;
    vm.power = power_of(&now);
    vm.tools = now.tools_running ? VM_TOOLS_RUNNING : now.tools_installed ? VM_TOOLS_STOPPED : VM_TOOLS_NONE;
    vm.host = now.host;
    vm.host_name = moved_to;
    vm.guest_host = now.guest_host;
    vm.address = now.address;
    vm.read_ms = at_ms;
    if (ret)
        *ret = vm;
    return vm_put(l.store, &vm, e) && store_commit(l.store, e);
}
