#include "lab/task.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "lab/sdk.h"
#include "lab/work.h"

/* The newest first. */
struct lab_tasks {
    struct lab_task *newest; /* owned */
    size_t len, running;
    unsigned next;
};

static struct lab_tasks *tasks_of(struct lab_vcenter *vc)
{
    if (!vc->tasks)
        vc->tasks = xcalloc(1, sizeof(*vc->tasks));
    return vc->tasks;
}

static void task_free(struct lab_task *t)
{
    if (t->done && t->state_of_steps)
        t->done(t->state_of_steps);
    arena_done(&t->arena);
    free(t);
}

struct lab_tasks *lab_tasks_destroy(struct lab_tasks *t)
{
    while (t && t->newest) {
        struct lab_task *gone = t->newest;
        t->newest = gone->next;
        task_free(gone);
    }
    free(t);
    return NULL;
}

struct lab_task *lab_task_find(const struct lab_vcenter *vc, unsigned n)
{
    for (struct lab_task *t = vc->tasks ? vc->tasks->newest : NULL; t; t = t->next)
        if (t->n == n)
            return t;
    return NULL;
}

unsigned lab_tasks_end(const struct lab_vcenter *vc)
{
    return vc->tasks ? vc->tasks->next : 0;
}

static bool is_over(const struct lab_task *t)
{
    return t->state == LAB_TASK_SUCCESS || t->state == LAB_TASK_ERROR;
}

/* The oldest that is over makes room. */
static void forget_oldest(struct lab_tasks *all)
{
    struct lab_task **at = &all->newest, **oldest = NULL;
    for (; *at; at = &(*at)->next)
        if (is_over(*at))
            oldest = at;
    if (!oldest)
        return;
    struct lab_task *gone = *oldest;
    *oldest = gone->next;
    all->len--;
    task_free(gone);
}

static void changed(struct lab_task *t)
{
    t->changed = lab_touch(t->vc);
}

static void run_step(struct lab_vcenter *vc, uint64_t id)
{
    struct lab_task *t = lab_task_find(vc, (unsigned)id);
    if (!t)
        return;
    if (t->state == LAB_TASK_QUEUED) {
        t->state = LAB_TASK_RUNNING;
        t->started_ms = lab_now_ms(t->vc->at.estate);
        changed(t);
    }
    t->wait_ms = LAB_TASK_PAUSE_MS;
    enum lab_task_next next = t->step(t, t->state_of_steps);
    if (next == LAB_TASK_AGAIN) {
        changed(t);
        lab_later(vc, t->wait_ms, run_step, id);
        return;
    }
    t->state = next == LAB_TASK_DONE ? LAB_TASK_SUCCESS : LAB_TASK_ERROR;
    if (next == LAB_TASK_FAILED && !t->fault)
        (void)lab_task_fault(t, "RuntimeFault", "A general system error occurred");
    if (next == LAB_TASK_DONE)
        t->progress = 100;
    t->completed_ms = lab_now_ms(t->vc->at.estate);
    if (t->done && t->state_of_steps)
        t->done(STEAL(t->state_of_steps));
    vc->tasks->running--;
    changed(t);
}

struct lab_task *lab_task_begin(const struct lab_asking *k, const char *user, const struct lab_task_plan *plan)
{
    struct lab_tasks *all = tasks_of(k->vc);
    if (all->running == LAB_TASKS_RUNNING) {
        if (plan->done && plan->take_state)
            plan->done(plan->take_state);
        return NULL;
    }
    if (all->len == LAB_TASKS_MAX)
        forget_oldest(all);
    struct lab_task *t = xcalloc(1, sizeof(*t));
    t->vc = k->vc;
    t->n = all->next++;
    t->method = plan->method;
    t->description = plan->description;
    t->entity = plan->entity;
    t->entity.moid = arena_strdup(&t->arena, lab_object_moid(k, plan->entity));
    t->entity_name = arena_strdup(&t->arena, lab_object_label(k, plan->entity));
    (void)text_copy(t->user, sizeof(t->user), user);
    t->cancelable = plan->cancelable;
    t->queued_ms = lab_now_ms(t->vc->at.estate);
    t->step = plan->step;
    t->done = plan->done;
    t->state_of_steps = plan->take_state;
    t->next = all->newest;
    all->newest = t;
    all->len++;
    all->running++;
    changed(t);
    lab_later(k->vc, 0, run_step, t->n);
    return t;
}

bool lab_task_start(struct lab_call *c, const struct lab_task_plan *plan)
{
    const struct lab_task *t = lab_task_begin(&c->k, c->k.session->user, plan);
    if (!t)
        return lab_say(c, "RuntimeFault", "Too many tasks run at a time");
    const struct lab_object o = { .mo = MO_TASK, .n = t->n };
    lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, "Task", lab_object_moid(&c->k, o)));
    return true;
}

struct lab_value *lab_task_fault(struct lab_task *t, const char *type, const char *text)
{
    t->fault = lab_poly(&t->arena, NULL, "fault", type);
    t->fault_text = arena_strdup(&t->arena, text);
    return t->fault;
}

void lab_task_result(struct lab_task *t, const char *type, const char *moid)
{
    t->result = lab_ref(&t->arena, NULL, "result", type, arena_strdup(&t->arena, moid));
    t->result->poly = true;
}

struct lab_asking lab_task_asking(struct lab_task *t)
{
    return (struct lab_asking){ .vc = t->vc, .arena = &t->arena, .now = lab_now(t->vc->at.estate), .api = 999 };
}

/* ---- as values ---- */

static const char *const states[] = { "queued", "running", "success", "error" };

struct lab_value *lab_task_value(const struct lab_asking *k, struct lab_value *parent, const char *name, const struct lab_task *t)
{
    struct arena *a = k->arena;
    const char *moid = lab_object_moid(k, (struct lab_object){ .mo = MO_TASK, .n = t->n });
    struct lab_value *v = lab_struct(a, parent, name, "TaskInfo");
    (void)lab_string(a, v, "key", moid);
    (void)lab_ref(a, v, "task", "Task", moid);
    (void)lab_string(a, v, "name", t->method);
    (void)lab_string(a, v, "descriptionId", t->description);
    (void)lab_ref(a, v, "entity", lab_object_type(t->entity), t->entity.moid);
    (void)lab_string(a, v, "entityName", t->entity_name);
    (void)lab_text(a, v, "state", "TaskInfoState", states[t->state]);
    (void)lab_bool(a, v, "cancelled", t->cancelled);
    (void)lab_bool(a, v, "cancelable", t->cancelable && !is_over(t));
    if (t->fault) {
        struct lab_value *error = lab_struct(a, v, "error", "LocalizedMethodFault");
        lab_value_add(error, arena_memdup(a, t->fault, sizeof(*t->fault)));
        (void)lab_string(a, error, "localizedMessage", t->fault_text);
    }
    if (t->result)
        lab_value_add(v, arena_memdup(a, t->result, sizeof(*t->result)));
    if (t->state == LAB_TASK_RUNNING)
        (void)lab_int(a, v, "progress", t->progress);
    struct lab_value *reason = lab_poly(a, v, "reason", t->user[0] ? "TaskReasonUser" : "TaskReasonSystem");
    if (t->user[0])
        (void)lab_string(a, reason, "userName", t->user);
    (void)lab_time(a, v, "queueTime", t->queued_ms / 1000);
    if (t->started_ms)
        (void)lab_time(a, v, "startTime", t->started_ms / 1000);
    if (t->completed_ms)
        (void)lab_time(a, v, "completeTime", t->completed_ms / 1000);
    (void)lab_int(a, v, "eventChainId", (int64_t)t->n + 1);
    return v;
}

struct lab_value *lab_task_info(const struct lab_asking *k, struct lab_object o)
{
    return lab_task_value(k, NULL, NULL, lab_task_find(k->vc, o.n));
}

/* What runs, and what ended a short while ago: the oldest first, as vCenter lists them. */
static struct lab_value *recent(const struct lab_asking *k, const struct lab_object *of)
{
    const struct lab_task *list[LAB_TASK_RECENT] = { NULL };
    size_t len = 0;
    for (const struct lab_task *t = k->vc->tasks ? k->vc->tasks->newest : NULL; t && len < LAB_TASK_RECENT; t = t->next)
        if ((!of || lab_object_same(t->entity, *of)) &&
            (!is_over(t) || k->now - t->completed_ms / 1000 <= LAB_TASK_RECENT_S))
            list[len++] = t;
    struct lab_value *refs = lab_array(k->arena, NULL, NULL, "ManagedObjectReference");
    while (len--) {
        const struct lab_object o = { .mo = MO_TASK, .n = list[len]->n };
        (void)lab_ref(k->arena, refs, NULL, "Task", lab_object_moid(k, o));
    }
    return refs;
}

struct lab_value *lab_task_recent(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return recent(k, NULL);
}

struct lab_value *lab_task_recent_of(const struct lab_asking *k, struct lab_object o)
{
    return recent(k, &o);
}

static void described(struct arena *a, struct lab_value *list, const char *type, const char *key, const char *label)
{
    struct lab_value *d = lab_struct(a, list, NULL, type);
    (void)lab_string(a, d, "label", label);
    (void)lab_string(a, d, "summary", label);
    (void)lab_string(a, d, "key", key);
}

struct lab_value *lab_task_description(const struct lab_asking *k, struct lab_object o UNUSED)
{
    static const char *const methods[][2] = {
        { "CertificateManager.refreshCertificates", "Refresh certificates" },
        { "CertificateManager.refreshCACertificatesAndCRLs", "Refresh the CA certificates and CRLs" },
        { "CertificateManager.revokeCertificates", "Revoke certificates" },
        { "Folder.createVm", "Create virtual machine" },
        { "VirtualMachine.clone", "Clone virtual machine" },
        { "VirtualMachine.customize", "Customize virtual machine guest OS" },
        { "VirtualMachine.destroy", "Delete virtual machine" },
        { "VirtualMachine.powerOff", "Power Off virtual machine" },
        { "VirtualMachine.powerOn", "Power On virtual machine" },
        { "VirtualMachine.reconfigure", "Reconfigure virtual machine" },
        { "VirtualMachine.relocate", "Relocate virtual machine" },
        { "VirtualMachine.reset", "Reset virtual machine" },
        { "VirtualMachine.suspend", "Suspend virtual machine" },
    };
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "TaskDescription");
    struct lab_value *info = lab_array(a, v, "methodInfo", "ElementDescription");
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        described(a, info, "ElementDescription", methods[i][0], methods[i][1]);
    struct lab_value *state = lab_array(a, v, "state", "ElementDescription");
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        described(a, state, "ElementDescription", states[i], states[i]);
    struct lab_value *reason = lab_array(a, v, "reason", "TypeDescription");
    described(a, reason, "TypeDescription", "TaskReasonUser", "User task");
    described(a, reason, "TypeDescription", "TaskReasonSystem", "System task");
    return v;
}
