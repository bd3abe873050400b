/* lab/event.h - what happened at a vCenter, as its events say it: machines, guests, sessions.
 * Called by whoever lets something happen, under lab_lock. The newest LAB_EVENTS_MAX are kept; a restart forgets them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "lab/inventory.h"

struct lab_call;
struct lab_events;
struct lab_vm;
struct xml_element;

enum { LAB_EVENTS_MAX = 5000, LAB_EVENT_PAGE = 1000 };

struct lab_event {
    unsigned key;
    int64_t at_ms;
    const char *type;           /* "VmPoweredOnEvent"; a constant */
    const char *user, *text;    /* in arena */
    bool of_vm, of_host, template; /* of a machine: of its host as well */
    unsigned vm, host;
    const char *vm_name;        /* in arena */
    struct lab_value *fields;   /* in arena: what this type has besides */
    struct arena arena;
    struct lab_event *older, *newer;
};

struct lab_event_plan {
    const char *type;
    const char *user;    /* "": nobody */
    struct arena *arena; /* set by the call: further fields are made in it, and live as long as the event */
};

/* All return the struct that further fields of the type are added to. */
struct lab_value *lab_event_vm(const struct lab_vm *vm, struct lab_event_plan *p, const char *fmt, ...) PRINTF(3, 4);
struct lab_value *lab_event_session(struct lab_vcenter *vc, struct lab_event_plan *p, const char *fmt, ...) PRINTF(3, 4);
/* With type "EventEx" its eventTypeId is among the fields. */
struct lab_value *lab_event_of_host(struct lab_vcenter *vc, unsigned host, struct lab_event_plan *p, const char *fmt, ...)
    PRINTF(4, 5);
/* A HostEventArgument, a VmEventArgument as a field. */
void lab_event_host(struct lab_value *fields, struct arena *a, const char *name, const struct lab_vcenter *vc, unsigned host);

/* The newest; NULL. */
const struct lab_event *lab_events_newest(const struct lab_vcenter *vc);
struct lab_events *lab_events_destroy(struct lab_events *all);

/* Does it fit the EventFilterSpec? */
bool lab_event_fits(const struct lab_asking *k, const struct lab_event *e, const struct xml_element *filter);
struct lab_value *lab_event_value(const struct lab_asking *k, struct lab_value *parent, const struct lab_event *e);
/* Properties of EventManager. */
lab_build lab_event_description, lab_event_latest;
