#include "lab/vm_method.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/request.h"
#include "lab/console.h"
#include "lab/event.h"

const char *const lab_power_names[] = { "poweredOff", "poweredOn", "suspended" };

struct lab_vm_work *lab_vm_work_make(struct lab_call *c)
{
    struct lab_vm_work *w = xcalloc(1, sizeof(*w));
    w->vm = c->self.n;
    (void)text_copy(w->user, sizeof(w->user), c->k.session->user);
    w->request = xmemdup(c->rq->body, c->rq->body_len);
    w->request_len = c->rq->body_len;
    return w;
}

void lab_vm_work_free(void *work)
{
    struct lab_vm_work *w = work;
    free(w->request);
    free(w);
}

const struct xml_element *lab_vm_request(struct lab_task *t, const struct lab_vm_work *w)
{
    struct xml_element *root;
    if (!xml_parse(w->request, w->request_len, NULL, &t->arena, &root, NULL))
        abort(); /* it could be read before */
    return root->last->first;
}

enum lab_task_next lab_task_refuse(struct lab_task *t, const char *fault, const char *text)
{
    (void)lab_task_fault(t, fault, text);
    return LAB_TASK_FAILED;
}

enum lab_task_next lab_task_bad_argument(struct lab_task *t, const char *name)
{
    struct lab_value *f = lab_task_fault(t, "InvalidArgument", arena_printf(&t->arena, "A specified parameter was not correct: %s", name));
    (void)lab_string(&t->arena, f, "invalidProperty", arena_strdup(&t->arena, name));
    return LAB_TASK_FAILED;
}

struct lab_vm *lab_vm_of_task(struct lab_task *t, const struct lab_vm_work *w)
{
    struct lab_vm *vm = lab_vm_take(t->vc, w->vm);
    if (vm)
        return vm;
    struct lab_value *f = lab_task_fault(t, "ManagedObjectNotFound", "The object has already been deleted");
    (void)lab_ref(&t->arena, f, "obj", "VirtualMachine", t->entity.moid);
    return NULL;
}

const struct lab_vm *lab_vm_of_call(struct lab_call *c)
{
    const struct lab_vm *vm = c->self.mo == MO_VM ? lab_vm_look(&c->k, c->self.n) : NULL;
    if (!vm)
        (void)lab_say_gone(c, c->self_moid);
    return vm;
}

enum lab_task_next lab_vm_done(struct lab_task *t, struct lab_vm *vm)
{
    struct err e;
    return lab_vm_keep(vm, &e) ? LAB_TASK_DONE : lab_task_refuse(t, "FileFault", e.msg);
}

enum lab_task_next lab_vm_bad_power(struct lab_task *t, const struct lab_vm *vm, enum lab_power wanted)
{
    struct lab_value *f = lab_task_fault(t, "InvalidPowerState", "The attempted operation cannot be performed in the current state.");
    (void)lab_string(&t->arena, f, "requestedState", lab_power_names[wanted]);
    (void)lab_string(&t->arena, f, "existingState", lab_power_names[vm->power]);
    return LAB_TASK_FAILED;
}

bool lab_host_takes_vms(const struct lab_host *h)
{
    return !h->maintenance && !(h->at.faults & (LAB_FAULT_DISCONNECTED | LAB_FAULT_DOWN));
}

bool lab_vm_elsewhere(const struct lab_vm *vm, unsigned *ret)
{
    for (unsigned i = 1; i < vm->vc->hosts_len; i++) {
        *ret = (unsigned)((vm->host + i) % vm->vc->hosts_len);
        if (lab_host_takes_vms(&vm->vc->hosts[*ret]))
            return true;
    }
    return false;
}

bool lab_vm_move(struct lab_vm *vm, unsigned host, const char *user, const char *kind, struct err *e)
{
    unsigned from = vm->host;
    struct lab_event_plan ev = { .type = kind, .user = user };
    if (host == from)
        return true;
    vm->host = host;
    lab_console_end(vm);
    struct lab_value *said = lab_event_vm(vm, &ev, "Migration of virtual machine %s from %s to %s completed", vm->name,
                                          vm->vc->hosts[from].at.name, vm->vc->hosts[host].at.name);
    lab_event_host(said, ev.arena, "sourceHost", vm->vc, from);
    return lab_vm_keep(vm, e);
}
