#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "lab/change.h"
#include "lab/event.h"
#include "lab/hostcert.h"
#include "lab/vm_method.h"

/* How long a host waits before it looks again whether its last machine has gone. */
enum { LOOK_MS = 50 };

struct work {
    char user[LAB_NAME];
    bool enter;
    int64_t until; /* monotonic; 0: for ever */
};

bool lab_do_maintenance(struct lab_endpoint *ep, const struct lab_change *c, struct err *e UNUSED)
{
    CONTAINER_OF(ep, struct lab_host, at)->maintenance = c->value != 0;
    return true;
}

/* DRS takes a running machine elsewhere. Returns whether none runs here any more. */
static bool evacuate(struct lab_host *h, const char *user)
{
    struct lab_vcenter *vc = h->at.vcenter;
    bool empty = true;
    for (unsigned n = lab_vm_next(vc, h->at.n, 0); n < lab_vms_end(vc); n = lab_vm_next(vc, h->at.n, n + 1)) {
        struct lab_vm *vm = lab_vm_take(vc, n);
        unsigned to = h->at.n;
        struct err e;
        if (!vm || vm->power != LAB_ON)
            continue;
        if (!vc->plan->drs || !lab_vm_elsewhere(vm, &to) || !lab_vm_move(vm, to, user, "DrsVmMigratedEvent", &e))
            empty = false;
    }
    return empty;
}

static enum lab_task_next done(struct lab_task *t, struct lab_host *h, const struct work *w)
{
    struct err e;
    if (!lab_change(h->at.estate, &(struct lab_change){ .what = "maintenance", .target = h->at.name, .value = w->enter,
                                                       .at = lab_now(h->at.estate) }, &e))
        return lab_task_refuse(t, "RuntimeFault", e.msg);
    struct lab_event_plan ev = { .type = w->enter ? "EnteredMaintenanceModeEvent" : "ExitMaintenanceModeEvent", .user = w->user };
    (void)lab_event_of_host(t->vc, h->at.n, &ev, "Host %s has %s maintenance mode", h->at.name, w->enter ? "entered" : "exited");
    return LAB_TASK_DONE;
}

static enum lab_task_next step(struct lab_task *t, void *state)
{
    const struct work *w = state;
    struct lab_host *h = &t->vc->hosts[t->entity.n];
    if (t->cancelled)
        return lab_task_refuse(t, "RequestCanceled", "The task was canceled by a user.");
    if (lab_host_is_lost(h))
        return lab_task_refuse(t, "HostNotConnected", "Unable to communicate with the remote host, since it is disconnected.");
    if (h->maintenance == w->enter)
        return lab_task_refuse(t, "InvalidState", "The operation is not allowed in the current state.");
    if (!w->enter || evacuate(h, w->user))
        return done(t, h, w);
    if (w->until && clock_mono_ms() >= w->until)
        return lab_task_refuse(t, "Timedout", "Operation timed out.");
    t->wait_ms = LOOK_MS;
    return LAB_TASK_AGAIN;
}

static bool start(struct lab_call *c, bool enter)
{
    int64_t seconds;
    if (c->self.mo != MO_HOST)
        return lab_say(c, "NotSupported", "The operation is not supported on the object.");
    if (!xml_integer(lab_arg(c, "timeout"), INT32_MIN, INT32_MAX, &seconds))
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: timeout", "invalidProperty", "timeout");
    struct work *w = xcalloc(1, sizeof(*w));
    (void)text_copy(w->user, sizeof(w->user), c->k.session->user);
    w->enter = enter;
    w->until = seconds > 0 ? clock_mono_ms() + seconds * 1000 : 0;
    const struct lab_task_plan plan = { enter ? "EnterMaintenanceMode_Task" : "ExitMaintenanceMode_Task",
                                        enter ? "HostSystem.enterMaintenanceMode" : "HostSystem.exitMaintenanceMode", c->self, enter, step,
                                        free, w };
    return lab_task_start(c, &plan);
}

bool lab_enter_maintenance(struct lab_call *c)
{
    return start(c, true);
}

bool lab_exit_maintenance(struct lab_call *c)
{
    return start(c, false);
}
