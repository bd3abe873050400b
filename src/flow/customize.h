/* flow/customize.h - customizing a guest: the verified look at the host that runs it, the specification given to the vCenter, and
 * following it to its end in the guest. Called by flow/power.c between its steps, and by the watch over inventories. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "flow/gc.h"

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

/* Looks at the host that runs v, on behalf of its vCenter's hosts, as every way straight to a host is decided (flow/host_target.h), with
 * the thumbprint that the vCenter holds of it as second proof: a different one is asked for once more, then refused.
 * ERR_UNTRUSTED with the verdict's text; ERR_INPUT when it can't be reached; both are kept as an event. */
MUST_USE bool customize_look(const struct site *site, struct vim_session *s, const struct vm *v, struct err *e);

/* Gives the vCenter what is kept of v's guest and waits until it has taken it; from then on the status is GC_PENDING and nothing is
 * pending any more. ERR_INPUT: this can't be done to such a guest by such a vCenter. */
MUST_USE bool customize_give(const struct site *site, struct vim_session *s, const struct vm *v, struct err *e);
/* It went wrong before the guest could begin: GC_FAILED with the reason, and it is pending again. */
void customize_failed(const struct site *site, const char *vm_urn, const struct err *why);

/* It ended so, or goes on as GC_POST_PENDING; `why` of a failure. again: it is pending again. A machine that is gone is forgotten. */
MUST_USE bool customize_end(const struct site *site, const char *vm_urn, enum gc_status status, const char *why, bool again,
                            struct err *e);

/* Asks about every guest of this vCenter that has not said that it is done. What fails is logged and asked again. True: there are some. */
bool customize_follow(const struct site *site, const char *vcenter, struct vim_session *s);
