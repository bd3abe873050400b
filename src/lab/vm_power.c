#include "lab/vm_method.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "lab/event.h"
#include "lab/work.h"

enum deed { POWER_ON, POWER_OFF, SUSPEND, RESET };

/* What each needs, and what it leads to. */
static const struct {
    const char *method, *description, *event;
    unsigned from; /* bits 1 << enum lab_power */
    enum lab_power to;
} deeds[] = {
    [POWER_ON] = { "PowerOnVM_Task", "VirtualMachine.powerOn", "VmPoweredOnEvent",
                   1 << LAB_OFF | 1 << LAB_SUSPENDED, LAB_ON },
    [POWER_OFF] = { "PowerOffVM_Task", "VirtualMachine.powerOff", "VmPoweredOffEvent",
                    1 << LAB_ON | 1 << LAB_SUSPENDED, LAB_OFF },
    [SUSPEND] = { "SuspendVM_Task", "VirtualMachine.suspend", "VmSuspendedEvent", 1 << LAB_ON,
                  LAB_SUSPENDED },
    [RESET] = { "ResetVM_Task", "VirtualMachine.reset", "VmResettingEvent", 1 << LAB_ON, LAB_ON },
};

static void happened(const struct lab_vm *vm, const char *type, const char *user, const char *verb)
{
    struct lab_event_plan ev = { .type = type, .user = user };
    (void)lab_event_vm(vm, &ev, "%s on %s %s", vm->name, vm->vc->hosts[vm->host].at.name, verb);
}

/* DRS finds another host that answers. */
static bool place(struct lab_vm *vm, bool *ret_moved, struct err *e)
{
    unsigned host;
    *ret_moved = vm->vc->plan->drs && lab_vm_elsewhere(vm, &host);
    return !*ret_moved || lab_vm_move(vm, host, "", "DrsVmMigratedEvent", e);
}

static enum lab_task_next finish(struct lab_task *t, struct lab_vm *vm, const struct lab_vm_work *w)
{
    static const char *const verbs[] = { "is powered on", "is powered off", "is suspended", "is reset" };
    const char *event = deeds[w->what].event;
    struct err e;
    bool moved = false;
    if (w->what == POWER_ON && !place(vm, &moved, &e))
        return lab_task_refuse(t, "FileFault", e.msg);
    if (w->what == RESET)
        lab_vm_boot(vm);
    else
        lab_vm_set_power(vm, deeds[w->what].to);
    happened(vm, moved ? "DrsVmPoweredOnEvent" : event, w->user, verbs[w->what]);
    return lab_vm_done(t, vm);
}

static enum lab_task_next power_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    struct lab_vm *vm = lab_vm_of_task(t, w);
    if (!vm)
        return LAB_TASK_FAILED;
    if (!(deeds[w->what].from & 1u << vm->power))
        return lab_vm_bad_power(t, vm, deeds[w->what].to);
    if (vm->template || vm->making)
        return lab_task_refuse(t, vm->template ? "InvalidState" : "TaskInProgress", "The operation is not allowed in the current state.");
    if (w->what == POWER_ON && t->vc->hosts[vm->host].maintenance && !t->vc->plan->drs)
        return lab_task_refuse(t, "InvalidState", "The operation is not allowed in the current state of the host.");
    if (t->vc->hosts[vm->host].at.faults & LAB_FAULT_DISCONNECTED)
        return lab_task_refuse(t, "HostNotConnected", "Unable to communicate with the remote host, since it is disconnected.");
    if (!t->progress) {
        t->progress = 35;
        if (w->what == POWER_ON)
            happened(vm, "VmStartingEvent", w->user, "is starting");
        return LAB_TASK_AGAIN;
    }
    return finish(t, vm, w);
}

static bool start(struct lab_call *c, enum deed what)
{
    if (!lab_vm_of_call(c))
        return false;
    struct lab_vm_work *w = lab_vm_work_make(c);
    w->what = (int)what;
    const struct lab_task_plan plan = { deeds[what].method, deeds[what].description, c->self, false, power_step, lab_vm_work_free, w };
    return lab_task_start(c, &plan);
}

bool lab_power_on(struct lab_call *c)
{
    return start(c, POWER_ON);
}

bool lab_power_off(struct lab_call *c)
{
    return start(c, POWER_OFF);
}

bool lab_suspend(struct lab_call *c)
{
    return start(c, SUSPEND);
}

bool lab_reset(struct lab_call *c)
{
    return start(c, RESET);
}

/* ---- several at a time: a task of the datacenter that starts one for each ---- */

static void attempt(struct lab_task *t, const struct lab_vm_work *all, struct lab_object o, struct lab_value *tried, struct lab_value *left)
{
    const struct lab_asking k = lab_task_asking(t);
    const struct lab_vm *vm = o.mo == MO_VM ? lab_vm_look(&k, o.n) : NULL;
    bool off = vm && deeds[POWER_ON].from & 1u << vm->power;
    struct lab_vm_work *w = off ? xcalloc(1, sizeof(*w)) : NULL;
    const struct lab_task *one = NULL;
    if (w) {
        w->vm = o.n;
        w->what = POWER_ON;
        (void)text_copy(w->user, sizeof(w->user), all->user);
        const struct lab_task_plan plan = { deeds[POWER_ON].method, deeds[POWER_ON].description, o, false, power_step, lab_vm_work_free, w };
        one = lab_task_begin(&k, all->user, &plan);
    }
    struct lab_value *said = lab_struct(&t->arena, one ? tried : left, NULL, one ? "ClusterAttemptedVmInfo" : "ClusterNotAttemptedVmInfo");
    (void)lab_ref(&t->arena, said, "vm", "VirtualMachine", lab_object_moid(&k, o));
    if (one) {
        (void)lab_ref(&t->arena, said, "task", "Task", lab_object_moid(&k, (struct lab_object){ .mo = MO_TASK, .n = one->n }));
        return;
    }
    struct lab_value *why = lab_struct(&t->arena, said, "fault", "LocalizedMethodFault");
    struct lab_value *fault = lab_poly(&t->arena, why, "fault", vm && !off ? "InvalidPowerState" : "InvalidState");
    if (vm && !off) {
        (void)lab_string(&t->arena, fault, "requestedState", lab_power_names[LAB_ON]);
        (void)lab_string(&t->arena, fault, "existingState", lab_power_names[vm->power]);
    }
    (void)lab_string(&t->arena, why, "localizedMessage", "The attempted operation cannot be performed in the current state.");
}

static enum lab_task_next multi_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    const struct lab_asking k = lab_task_asking(t);
    t->result = lab_poly(&t->arena, NULL, "result", "ClusterPowerOnVmResult");
    struct lab_value *tried = lab_array(&t->arena, t->result, "attempted", "ClusterAttemptedVmInfo");
    struct lab_value *left = lab_array(&t->arena, t->result, "notAttempted", "ClusterNotAttemptedVmInfo");
    for (const struct xml_element *it = xml_child(lab_vm_request(t, w), VIM_NS, "vm"); it; it = xml_next(it, VIM_NS, "vm")) {
        struct lab_object o;
        if (lab_object_find(&k, it->text, &o))
            attempt(t, w, o, tried, left);
    }
    return LAB_TASK_DONE;
}

bool lab_power_on_multi(struct lab_call *c)
{
    if (c->self.mo != MO_DATACENTER)
        return lab_say(c, "NotSupported", "The operation is not supported on the object.");
    for (const struct xml_element *it = lab_arg(c, "vm"); it; it = xml_next(it, VIM_NS, "vm")) {
        struct lab_object o;
        if (!lab_object_find(&c->k, it->text, &o))
            return lab_say_gone(c, it->text);
    }
    if (!lab_arg(c, "vm"))
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: vm", "invalidProperty", "vm");
    const struct lab_task_plan plan = { "PowerOnMultiVM_Task", "Datacenter.powerOnVm", c->self, false, multi_step, lab_vm_work_free,
                                        lab_vm_work_make(c) };
    return lab_task_start(c, &plan);
}

/* ---- what tools do in the guest: the call returns at once, the state follows ---- */

static void guest_is_down(struct lab_vcenter *vc, uint64_t id)
{
    struct lab_vm *vm = lab_vm_take(vc, (unsigned)id);
    if (!vm || vm->runs != (unsigned)(id >> 32) || vm->power != LAB_ON)
        return;
    lab_vm_set_power(vm, LAB_OFF);
    happened(vm, "VmPoweredOffEvent", "", "is powered off");
    (void)!lab_vm_keep(vm, NULL); /* nobody waits for it: what the disk refused is as if the power had failed */
}

static void guest_is_asleep(struct lab_vcenter *vc, uint64_t id)
{
    struct lab_vm *vm = lab_vm_take(vc, (unsigned)id);
    if (!vm || vm->runs != (unsigned)(id >> 32) || vm->power != LAB_ON)
        return;
    lab_vm_set_power(vm, LAB_SUSPENDED);
    happened(vm, "VmSuspendedEvent", "", "is suspended");
    (void)!lab_vm_keep(vm, NULL);
}

/* The machine, with tools that run; NULL after a fault. */
static struct lab_vm *with_tools(struct lab_call *c)
{
    const struct lab_vm *vm = lab_vm_of_call(c);
    if (!vm)
        return NULL;
    if (vm->power != LAB_ON) {
        struct lab_value *f = lab_struct(c->k.arena, NULL, NULL, "InvalidPowerState");
        (void)lab_string(c->k.arena, f, "requestedState", "poweredOn");
        (void)lab_string(c->k.arena, f, "existingState", lab_power_names[vm->power]);
        (void)lab_say_fields(c, "InvalidPowerState", "The attempted operation cannot be performed in the current state.", f);
        return NULL;
    }
    if (!vm->booted) {
        (void)lab_say(c, "ToolsUnavailable", "Cannot complete operation because VMware Tools is not running in this virtual machine.");
        return NULL;
    }
    return lab_vm_take(c->k.vc, c->self.n);
}

static bool in_guest(struct lab_call *c, const char *event, const char *verb, lab_step *then)
{
    struct lab_vm *vm = with_tools(c);
    if (!vm)
        return false;
    happened(vm, event, c->k.session->user, verb);
    lab_later(c->k.vc, (int64_t)c->k.vc->plan->boot_ms, then, (uint64_t)vm->runs << 32 | vm->n);
    return true;
}

bool lab_shutdown_guest(struct lab_call *c)
{
    return in_guest(c, "VmGuestShutdownEvent", "shuts its guest down", guest_is_down);
}

bool lab_standby_guest(struct lab_call *c)
{
    return in_guest(c, "VmGuestStandbyEvent", "puts its guest to standby", guest_is_asleep);
}

bool lab_reboot_guest(struct lab_call *c)
{
    struct lab_vm *vm = with_tools(c);
    if (!vm)
        return false;
    happened(vm, "VmGuestRebootEvent", c->k.session->user, "reboots its guest");
    lab_vm_boot(vm);
    lab_vm_touch(vm);
    return true;
}

/* ---- templates ---- */

static bool mark(struct lab_call *c, bool template)
{
    const struct lab_vm *seen = lab_vm_of_call(c);
    struct err e;
    if (!seen)
        return false;
    if (seen->power != LAB_OFF || seen->template == template)
        return lab_say(c, seen->template == template ? "NotSupported" : "InvalidState",
                       "The operation is not allowed in the current state.");
    struct lab_vm *vm = lab_vm_take(c->k.vc, c->self.n);
    const char *pool = lab_arg_text(c, "pool");
    struct lab_object o;
    if (pool && lab_object_find(&c->k, pool, &o) && o.mo == MO_POOL)
        vm->pool = o.n;
    vm->template = template;
    return lab_vm_keep(vm, &e) || lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
}

bool lab_mark_template(struct lab_call *c)
{
    return mark(c, true);
}

bool lab_mark_vm(struct lab_call *c)
{
    return mark(c, false);
}
