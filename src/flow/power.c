#include "flow/power.h"

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/customize.h"
#include "flow/gc.h"
#include "flow/inventory.h"
#include "flow/loan.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vapp.h"
#include "flow/vcenter_table.h"
#include "flow/vm.h"
#include "store/store.h"
#include "vim/task.h"
#include "vim/vm.h"

/* What each asks of a machine, and leaves it as. */
static const struct {
    const char *name, *doing;
    enum vim_vm_op call;
    unsigned from;         /* bits of enum vm_power: where it can be asked */
    enum vm_power to;      /* reset and reboot end as they began */
} ops[] = {
    [POWER_ON] = { "on", "Starting", VIM_VM_POWER_ON, 1U << VM_OFF | 1U << VM_SUSPENDED, VM_ON },
    [POWER_OFF] = { "off", "Stopping", VIM_VM_POWER_OFF, 1U << VM_ON | 1U << VM_SUSPENDED, VM_OFF },
    [POWER_SUSPEND] = { "suspend", "Suspending", VIM_VM_SUSPEND, 1U << VM_ON, VM_SUSPENDED },
    [POWER_RESET] = { "reset", "Resetting", VIM_VM_RESET, 1U << VM_ON, VM_ON },
    [POWER_SHUTDOWN] = { "shutdown", "Shutting down the guest of", VIM_VM_SHUTDOWN_GUEST, 1U << VM_ON, VM_OFF },
    [POWER_REBOOT] = { "reboot", "Starting the guest anew of", VIM_VM_REBOOT_GUEST, 1U << VM_ON, VM_ON },
    [POWER_NONE] = { "none", "Deploying", VIM_VM_POWER_ON, 0, VM_OFF },
};

bool power_undeploy_of(const char *action, enum power_op *ret, struct err *e)
{
    static const enum power_op of[] = { POWER_OFF, POWER_SHUTDOWN, POWER_SUSPEND, POWER_OFF, POWER_OFF };
    int i = text_choice("powerOff|shutdown|suspend|force|default", action);
    if (i < 0)
        return err_set(e, ERR_INPUT, "UndeployPowerAction is one of powerOff, shutdown, suspend, force, default");
    *ret = of[i];
    return true;
}

/* ---- asking ---- */

/* What shall be done, and to which machines. */
struct target {
    const char *urn, *name, *type;
    const char *holder;   /* the vApp of a machine; NULL */
    struct vm *vms;
    size_t len;
};

static bool find(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct target *t, struct err *e)
{
    struct vapp vapp;
    if (strncmp(urn, VM_URN, strlen(VM_URN)) == 0) {
        t->vms = arena_alloc(a, sizeof(*t->vms));
        t->len = 1;
        if (!vm_get(s, c, urn, a, t->vms, e))
            return false;
        t->urn = urn;
        t->name = t->vms->name;
        t->type = VM_TYPE;
        t->holder = t->vms->vapp;
        return true;
    }
    if (!vapp_get(s, c, urn, a, &vapp, e) || !vm_list(s, &(struct vm_query){ .vapp = urn }, a, &t->vms, &t->len, e))
        return false;
    t->urn = urn;
    t->name = vapp.name;
    t->type = VAPP_TYPE;
    return t->len <= POWER_VMS_MAX || err_set(e, ERR_LIMIT, "the vApp %s has more than %d machines", vapp.name, POWER_VMS_MAX);
}

static bool is_free(struct store *s, const char *urn, const char *name, struct err *e)
{
    if (task_none_of(s, urn, name, e))
        return true;
    return e->kind == ERR_CONFLICT ? err_set(e, ERR_CONFLICT, "The entity %s is busy completing an operation.", name) : false;
}

static bool nothing_under_way(struct store *s, const struct target *t, struct err *e)
{
    if (!is_free(s, t->urn, t->name, e) || (t->holder && !is_free(s, t->holder, t->name, e)))
        return false;
    for (size_t i = 0; !t->holder && i < t->len; i++)
        if (!is_free(s, t->vms[i].urn, t->vms[i].name, e))
            return false;
    return true;
}

static bool can(const struct vm *v, enum power_op op)
{
    return ops[op].from >> v->power & 1;
}

static bool some_can(const struct target *t, const struct power_new *n, struct err *e)
{
    size_t count = 0;
    for (size_t i = 0; i < t->len; i++)
        count += can(&t->vms[i], n->op);
    if (count || n->lenient || n->op == POWER_NONE)
        return true;
    return t->len == 1 ? err_set(e, ERR_INPUT, "The requested operation can't be executed: %s is powered %s", t->name, vm_power_name(t->vms[0].power))
                       : err_set(e, ERR_INPUT, "The requested operation can't be executed: no machine of %s is in a state for it", t->name);
}

/* The machines, in the order of the vApp's, each with what its flow remembers. */
static bool make_data(struct store *s, const struct target *t, const struct power_new *n, struct arena *a, json_t **ret, struct err *e)
{
    json_t *vms = json_array();
    *ret = json_pack("{s:s, s:b, s:o}", "op", ops[n->op].name, "force", n->force, "vms", vms);
    for (size_t i = 0; i < t->len; i++) {
        const struct vm *v = &t->vms[i];
        struct gc g;
        if (n->op != POWER_NONE && !can(v, n->op))
            continue;
        if (!gc_get(s, v, a, &g, e))
            return false;
        bool customize = n->op == POWER_ON && v->power == VM_OFF && customize_is_due(&g, n->force);
        (void)json_array_append_new(vms, json_pack("{s:s, s:b}", "urn", v->urn, "customize", customize));
    }
    return true;
}

bool power_start(const struct site *site, const struct caller *c, const struct power_new *n, char ret_task[STORE_ID_MAX + 1],
                 struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct target t = { 0 };
    json_t *data = NULL;
    bool ok = loan_begin(site->shelf, &l, e) && find(l.store, c, n->urn, &a, &t, e) && nothing_under_way(l.store, &t, e) &&
              some_can(&t, n, e) && make_data(l.store, &t, n, &a, &data, e);
    loan_end(&l);
    const struct task_new task = {
        .operation = arena_printf(&a, "%s %s", ops[n->op].doing, t.name), .operation_name = n->name, .owner_urn = t.urn,
        .owner_name = t.name, .owner_type = t.type, .kind = &power_kind, .data = data,
    };
    ok = ok && task_start(site, c, &task, ret_task, e);
    json_decref(data);
    return ok;
}

/* ---- the steps ---- */

static enum power_op op_of(const struct flow *f)
{
    const char *name = task_text(f, "op");
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (strcmp(ops[i].name, name) == 0)
            return (enum power_op)i;
    return POWER_NONE;
}

/* One machine of the flow: its record, and a session of its vCenter. */
struct work {
    struct flow *flow;
    json_t *own;                 /* what the flow remembers of it */
    struct vm vm;
    struct vcenter_hold hold;
    struct arena arena;
};

typedef bool each_fn(struct work *w, struct err *e);

static void work_done(struct work *w)
{
    vcenter_return(&w->hold);
    arena_done(&w->arena);
}

static bool begin_work(struct work *w, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct site *site = task_of(w->flow)->site;
    const char *urn = json_string_value(json_object_get(w->own, "urn"));
    if (!loan_begin(site->shelf, &l, e))
        return false;
    if (!vm_find(l.store, urn ? urn : "", &w->arena, &w->vm, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "the machine is not there any more") : false;
    loan_end(&l);
    return vcenter_borrow(site, w->vm.vcenter, &w->hold, e);
}

static bool customizes(const json_t *own)
{
    return json_is_true(json_object_get(own, "customize"));
}

/* only: those that are customized. */
static bool each(struct flow *f, bool only, each_fn *run, struct err *e)
{
    size_t i;
    json_t *own;
    json_array_foreach(json_object_get(task_of(f)->data, "vms"), i, own) {
        AUTO(work_done) struct work w = { .flow = f, .own = own };
        if (only && !customizes(own))
            continue;
        if (flow_cancelled(f))
            return err_set(e, ERR_CANCELLED, "the task was cancelled");
        if (!begin_work(&w, e) || !run(&w, e))
            return false;
    }
    return true;
}

static bool look_one(struct work *w, struct err *e)
{
    return customize_look(task_of(w->flow)->site, w->hold.session, &w->vm, e);
}

static bool look(struct flow *f, struct err *e)
{
    return op_of(f) != POWER_ON || each(f, true, look_one, e);
}

/* As it is in the vCenter at this moment. */
static bool refresh(struct work *w, struct err *e)
{
    return inventory_refresh(task_of(w->flow)->site, w->hold.session, w->vm.urn, &w->arena, &w->vm, e);
}

static bool give_one(struct work *w, struct err *e)
{
    const struct site *site = task_of(w->flow)->site;
    if (!refresh(w, e))
        return false;
    if (w->vm.power != VM_OFF)
        return true; /* a cell that was killed had come further */
    if (customize_give(site, w->hold.session, &w->vm, e))
        return true;
    customize_failed(site, w->vm.urn, e);
    return false;
}

/* Deploying without power: the next start is the one that customizes. */
static bool mark_one(struct work *w, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct gc g;
    if (!loan_begin(task_of(w->flow)->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !gc_get(l.store, &w->vm, &w->arena, &g, e))
        return false;
    g.enabled = g.pending = true;
    return gc_put(l.store, w->vm.urn, &g, e) && store_commit(l.store, e);
}

static bool customize(struct flow *f, struct err *e)
{
    if (op_of(f) == POWER_NONE)
        return !json_is_true(json_object_get(task_of(f)->data, "force")) || each(f, false, mark_one, e);
    return op_of(f) != POWER_ON || each(f, true, give_one, e);
}

/* Begins what is to be done and remembers the vCenter's task: all machines then work at once. */
static bool start_one(struct work *w, struct err *e)
{
    enum power_op op = op_of(w->flow);
    struct vim_object task;
    if (json_object_get(w->own, "task"))
        return true;
    if (!refresh(w, e))
        return false;
    if (!can(&w->vm, op))
        return true;
    if (!vim_vm_power(w->hold.session, w->vm.moref, ops[op].call, vim_deadline(POWER_CALL_MS), &task, e))
        return err_in(e, "%s", w->vm.name);
    (void)json_object_set_new(w->own, "task", json_string(task.id));
    return true;
}

static bool start(struct flow *f, struct err *e)
{
    return op_of(f) == POWER_NONE || each(f, false, start_one, e);
}

static bool is_cancelled(void *self)
{
    return flow_cancelled(self);
}

/* The guest goes down by itself: the vCenter has no task for that. */
static bool wait_for_guest(struct work *w, struct err *e)
{
    for (int64_t until = clock_mono_ms() + POWER_SHUTDOWN_MS; clock_mono_ms() < until;) {
        const struct timespec t = { .tv_sec = POWER_ASK_MS / 1000, .tv_nsec = POWER_ASK_MS % 1000 * 1000000 };
        if (!refresh(w, e))
            return false;
        if (w->vm.power == VM_OFF)
            return true;
        if (flow_cancelled(w->flow) || site_closing(task_of(w->flow)->site))
            return err_set(e, ERR_CANCELLED, "waiting for the guest was cancelled");
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
    }
    return err_set(e, ERR_TIMEOUT, "%s: the guest has not shut down within %d minutes", w->vm.name, POWER_SHUTDOWN_MS / 60000);
}

static bool wait_one(struct work *w, struct err *e)
{
    const char *id = json_string_value(json_object_get(w->own, "task"));
    enum power_op op = op_of(w->flow);
    struct vim_object task = { .type = "Task" };
    const struct vim_task_wait how = { .cancelled = is_cancelled, .self = w->flow };
    if (!id)
        return true;
    if (id[0] && text_copy(task.id, sizeof(task.id), id) &&
        !vim_task_wait(w->hold.session, &task, &how, vim_deadline(POWER_TASK_MS), NULL, NULL, e) && e->kind != ERR_NOT_FOUND)
        return err_in(e, "%s", w->vm.name);
    return op == POWER_SHUTDOWN ? wait_for_guest(w, e) : refresh(w, e);
}

static bool wait(struct flow *f, struct err *e)
{
    return op_of(f) == POWER_NONE || each(f, false, wait_one, e);
}

/* DRS may have moved it when it was powered on: the customization goes on there. */
static bool look_again_one(struct work *w, struct err *e)
{
    if (customize_look(task_of(w->flow)->site, w->hold.session, &w->vm, e))
        return true;
    customize_failed(task_of(w->flow)->site, w->vm.urn, e);
    return false;
}

static bool look_again(struct flow *f, struct err *e)
{
    return op_of(f) != POWER_ON || each(f, true, look_again_one, e);
}

static const struct flow_step steps[] = {
    { "look", look, NULL },   { "customize", customize, NULL },   { "start", start, NULL },
    { "wait", wait, NULL },   { "look-again", look_again, NULL }, { 0 },
};
const struct flow_kind power_kind = { "vm.power", steps, false };
