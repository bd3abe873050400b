/* flow/customize.h - customizing a guest: the verified look at the host that runs it, the specification given to the vCenter, and
 * following it to its end in the guest. Called by flow/power.c between its steps, and by the watch over inventories. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct gc;
struct site;
struct vim_session;
struct vm;

enum {
    CUSTOMIZE_CALL_MS = 60 * 1000,
    CUSTOMIZE_TASK_MS = 10 * 60 * 1000,       /* CustomizeVM_Task */
    CUSTOMIZE_GUEST_MS = 2 * 60 * 60 * 1000,  /* what a guest may take to say that it is done */
};

/* Is the guest to be customized when the machine is powered on now? */
bool customize_is_due(const struct gc *g, bool force);

/* Looks at the host that runs v, on behalf of its vCenter's hosts, as every way straight to a host is decided (flow/host_target.h).
 * ERR_UNTRUSTED with the verdict's text; ERR_INPUT when it can't be reached; both are kept as an event. */
MUST_USE bool customize_look(const struct site *site, struct vim_session *s, const struct vm *v, struct err *e);

/* Gives the vCenter what is kept of v's guest and waits until it has taken it; from then on the status is GC_PENDING and nothing is
 * pending any more. ERR_INPUT: this can't be done to such a guest by such a vCenter. */
MUST_USE bool customize_give(const struct site *site, struct vim_session *s, const struct vm *v, struct err *e);
/* It went wrong before the guest could begin: GC_FAILED with the reason, and it is pending again. */
void customize_failed(const struct site *site, const char *vm_urn, const struct err *why);

/* Asks about every guest of this vCenter that has not said that it is done. What fails is logged and asked again. */
void customize_follow(const struct site *site, const char *vcenter, struct vim_session *s);
