#include "lab/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "lab/sdk.h"
#include "lab/vm.h"

/* With the types that each is a kind of; what clients ask a filter for. */
static const struct {
    const char *type, *bases[3], *category, *label;
} known[] = {
    { "BadUsernameSessionEvent", { "SessionEvent" }, "error", "Invalid user name" },
    { "CustomizationFailed", { "CustomizationEvent", "VmEvent" }, "error", "Customization failed" },
    { "CustomizationStartedEvent", { "CustomizationEvent", "VmEvent" }, "info", "Customization started" },
    { "CustomizationSucceeded", { "CustomizationEvent", "VmEvent" }, "info", "Customization succeeded" },
    { "DrsVmMigratedEvent", { "VmMigratedEvent", "VmEvent" }, "info", "DRS VM migrated" },
    { "DrsVmPoweredOnEvent", { "VmPoweredOnEvent", "VmEvent" }, "info", "DRS VM powered on" },
    { "EnteredMaintenanceModeEvent", { "HostEvent" }, "info", "Entered maintenance mode" },
    { "EventEx", { NULL }, "info", "Event with an id of its own" },
    { "ExitMaintenanceModeEvent", { "HostEvent" }, "info", "Exit maintenance mode" },
    { "UserLoginSessionEvent", { "SessionEvent" }, "info", "User login" },
    { "UserLogoutSessionEvent", { "SessionEvent" }, "info", "User logout" },
    { "VmAcquiredTicketEvent", { "VmEvent" }, "info", "VM acquired ticket" },
    { "VmClonedEvent", { "VmCloneEvent", "VmEvent" }, "info", "VM cloned" },
    { "VmCreatedEvent", { "VmEvent" }, "info", "VM created" },
    { "VmGuestRebootEvent", { "VmEvent" }, "info", "Guest reboot" },
    { "VmGuestShutdownEvent", { "VmEvent" }, "info", "Guest OS shut down" },
    { "VmGuestStandbyEvent", { "VmEvent" }, "info", "Guest standby" },
    { "VmMigratedEvent", { "VmEvent" }, "info", "VM migrated" },
    { "VmPoweredOffEvent", { "VmEvent" }, "info", "VM powered off" },
    { "VmPoweredOnEvent", { "VmEvent" }, "info", "VM powered on" },
    { "VmReconfiguredEvent", { "VmEvent" }, "info", "VM reconfigured" },
    { "VmRegisteredEvent", { "VmEvent" }, "info", "VM registered" },
    { "VmRemovedEvent", { "VmEvent" }, "info", "VM removed" },
    { "VmRenamedEvent", { "VmEvent" }, "info", "VM renamed" },
    { "VmResettingEvent", { "VmEvent" }, "info", "VM resetting" },
    { "VmStartingEvent", { "VmEvent" }, "info", "VM starting" },
    { "VmSuspendedEvent", { "VmEvent" }, "info", "VM suspended" },
};

struct lab_events {
    struct lab_event *newest, *oldest; /* owned */
    size_t len;
    unsigned next;
};

static void free_event(struct lab_event *e)
{
    arena_done(&e->arena);
    free(e);
}

struct lab_events *lab_events_destroy(struct lab_events *all)
{
    while (all && all->newest) {
        struct lab_event *gone = all->newest;
        all->newest = gone->older;
        free_event(gone);
    }
    free(all);
    return NULL;
}

static void drop_oldest(struct lab_events *all)
{
    struct lab_event *gone = all->oldest;
    all->oldest = gone->newer;
    all->oldest->older = NULL;
    all->len--;
    free_event(gone);
}

static PRINTF(3, 0) struct lab_event *add(struct lab_vcenter *vc, struct lab_event_plan *p, const char *fmt, va_list args)
{
    if (!vc->events)
        vc->events = xcalloc(1, sizeof(*vc->events));
    struct lab_events *all = vc->events;
    char text[512];
    if (all->len == LAB_EVENTS_MAX)
        drop_oldest(all);
    struct lab_event *e = xcalloc(1, sizeof(*e));
    (void)vsnprintf(text, sizeof(text), fmt, args); /* NOLINT(clang-analyzer-valist.Uninitialized): every caller has started it */
    e->key = ++all->next;
    e->at_ms = lab_now_ms(vc->at.estate);
    e->type = p->type;
    e->user = arena_strdup(&e->arena, p->user);
    e->text = arena_strdup(&e->arena, text);
    e->fields = lab_struct(&e->arena, NULL, NULL, p->type);
    e->older = all->newest;
    if (e->older)
        e->older->newer = e;
    else
        all->oldest = e;
    all->newest = e;
    all->len++;
    p->arena = &e->arena;
    (void)lab_touch(vc);
    return e;
}

struct lab_value *lab_event_vm(const struct lab_vm *vm, struct lab_event_plan *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct lab_event *e = add(vm->vc, p, fmt, args);
    va_end(args);
    e->of_vm = true;
    e->vm = vm->n;
    e->host = vm->host;
    e->template = vm->template;
    e->vm_name = arena_strdup(&e->arena, vm->name);
    return e->fields;
}

struct lab_value *lab_event_session(struct lab_vcenter *vc, struct lab_event_plan *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct lab_event *e = add(vc, p, fmt, args);
    va_end(args);
    return e->fields;
}

struct lab_value *lab_event_of_host(struct lab_vcenter *vc, unsigned host, struct lab_event_plan *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct lab_event *e = add(vc, p, fmt, args);
    va_end(args);
    e->of_host = true;
    e->host = host;
    return e->fields;
}

const struct lab_event *lab_events_newest(const struct lab_vcenter *vc)
{
    return vc->events ? vc->events->newest : NULL;
}

struct argument {
    const char *name, *type, *label;
    const char *ref, *ref_type, *moid;
};

static void argument(struct arena *a, struct lab_value *in, const struct argument *g)
{
    struct lab_value *v = lab_struct(a, in, g->name, g->type);
    (void)lab_string(a, v, "name", g->label);
    (void)lab_ref(a, v, g->ref, g->ref_type, g->moid);
}

void lab_event_host(struct lab_value *fields, struct arena *a, const char *name, const struct lab_vcenter *vc, unsigned host)
{
    const struct lab_asking k = { .vc = (struct lab_vcenter *)vc, .arena = a };
    argument(a, fields, &(struct argument){ name, "HostEventArgument", arena_strdup(a, vc->hosts[host].at.name), "host", "HostSystem",
                                            lab_object_moid(&k, (struct lab_object){ .mo = MO_HOST, .n = host }) });
}

struct lab_value *lab_event_value(const struct lab_asking *k, struct lab_value *parent, const struct lab_event *e)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_poly(a, parent, NULL, e->type);
    const struct lab_object dc = { .mo = MO_DATACENTER }, cluster = { .mo = MO_CLUSTER };
    (void)lab_int(a, v, "key", e->key);
    (void)lab_int(a, v, "chainId", e->key);
    (void)lab_time(a, v, "createdTime", e->at_ms / 1000);
    (void)lab_string(a, v, "userName", e->user);
    if (e->of_vm || e->of_host) {
        argument(a, v, &(struct argument){ "datacenter", "DatacenterEventArgument", lab_object_name(k, dc), "datacenter", "Datacenter",
                                           lab_object_moid(k, dc) });
        argument(a, v, &(struct argument){ "computeResource", "ComputeResourceEventArgument", lab_object_name(k, cluster),
                                           "computeResource", "ClusterComputeResource", lab_object_moid(k, cluster) });
        lab_event_host(v, a, "host", k->vc, e->host);
    }
    if (e->of_vm)
        argument(a, v, &(struct argument){ "vm", "VmEventArgument", e->vm_name, "vm", "VirtualMachine",
                                           lab_object_moid(k, (struct lab_object){ .mo = MO_VM, .n = e->vm }) });
    (void)lab_string(a, v, "fullFormattedMessage", e->text);
    if (e->of_vm)
        (void)lab_bool(a, v, "template", e->template);
    for (const struct lab_value *f = e->fields->first; f; f = f->next)
        lab_value_add(v, arena_memdup(a, f, sizeof(*f)));
    return v;
}

/* ---- filters ---- */

static bool is_type(const char *type, const char *wanted)
{
    if (!strcmp(type, wanted) || !strcmp(wanted, "Event"))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        for (size_t j = 0; !strcmp(known[i].type, type) && j < ARRAY_LEN(known[i].bases); j++)
            if (known[i].bases[j] && !strcmp(known[i].bases[j], wanted))
                return true;
    return false;
}

/* One of several elements of that name is the event's type, or there are none. */
static bool any_type(const struct lab_event *e, const struct xml_element *filter, const char *name, const char *cut, bool *any)
{
    for (const struct xml_element *t = xml_child(filter, VIM_NS, name); t; t = xml_next(t, VIM_NS, name)) {
        size_t skip = strncmp(t->text, cut, strlen(cut)) ? 0 : strlen(cut);
        *any = true;
        const struct lab_value *id = lab_value_at(e->fields, "eventTypeId");
        if (is_type(e->type, t->text + skip) || (id && !strcmp(id->text, t->text)))
            return true;
    }
    return false;
}

static bool type_fits(const struct lab_event *e, const struct xml_element *filter)
{
    bool any = false;
    return any_type(e, filter, "type", "", &any) || any_type(e, filter, "eventTypeId", "vim.event.", &any) || !any;
}

static bool entity_fits(const struct lab_asking *k, const struct lab_event *e, const struct xml_element *by)
{
    const char *moid = xml_child_text(by, VIM_NS, "entity"), *recursion = xml_child_text(by, VIM_NS, "recursion");
    struct lab_object o;
    if (!by)
        return true;
    if (!moid || !lab_object_find(k, moid, &o))
        return false;
    if (o.mo == MO_VM)
        return e->of_vm && e->vm == o.n;
    if (o.mo == MO_HOST)
        return (e->of_vm || e->of_host) && e->host == o.n;
    if (recursion && !strcmp(recursion, "self"))
        return o.mo == MO_ROOT && !e->of_vm && !e->of_host;
    if (e->of_host)
        return o.mo == MO_ROOT || o.mo == MO_DATACENTER || o.mo == MO_HOST_FOLDER || o.mo == MO_CLUSTER;
    return o.mo == MO_ROOT || (e->of_vm && (o.mo != MO_POOL || lab_vm_uses(k, e->vm, o)));
}

static bool time_fits(const struct lab_event *e, const struct xml_element *by)
{
    const char *from = xml_child_text(by, VIM_NS, "beginTime"), *until = xml_child_text(by, VIM_NS, "endTime");
    int64_t at;
    return (!from || (text_time_parse(from, &at) && e->at_ms / 1000 >= at)) &&
           (!until || (text_time_parse(until, &at) && e->at_ms / 1000 <= at));
}

bool lab_event_fits(const struct lab_asking *k, const struct lab_event *e, const struct xml_element *filter)
{
    return type_fits(e, filter) && entity_fits(k, e, xml_child(filter, VIM_NS, "entity")) &&
           time_fits(e, xml_child(filter, VIM_NS, "time"));
}

/* ---- EventManager ---- */

struct lab_value *lab_event_description(const struct lab_asking *k, struct lab_object o UNUSED)
{
    static const char *const categories[] = { "info", "warning", "error", "user" };
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "EventDescription");
    struct lab_value *list = lab_array(a, v, "category", "ElementDescription");
    for (size_t i = 0; i < ARRAY_LEN(categories); i++) {
        struct lab_value *d = lab_struct(a, list, NULL, "ElementDescription");
        (void)lab_string(a, d, "label", categories[i]);
        (void)lab_string(a, d, "summary", categories[i]);
        (void)lab_string(a, d, "key", categories[i]);
    }
    list = lab_array(a, v, "eventInfo", "EventDescriptionEventDetail");
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct lab_value *d = lab_struct(a, list, NULL, "EventDescriptionEventDetail");
        (void)lab_string(a, d, "key", known[i].type);
        (void)lab_string(a, d, "description", known[i].label);
        (void)lab_string(a, d, "category", known[i].category);
        (void)lab_string(a, d, "formatOnDatacenter", "");
        (void)lab_string(a, d, "formatOnComputeResource", "");
        (void)lab_string(a, d, "formatOnHost", "");
        (void)lab_string(a, d, "formatOnVm", "");
        (void)lab_string(a, d, "fullFormat", known[i].label);
    }
    return v;
}

struct lab_value *lab_event_latest(const struct lab_asking *k, struct lab_object o UNUSED)
{
    const struct lab_event *e = lab_events_newest(k->vc);
    return e ? lab_event_value(k, NULL, e) : NULL;
}
