/* flow/power.h - the power of virtual machines, of one or of all in a vApp, as tasks through their vCenter; with guest customization where
 * that is pending or forced (flow/gc.h). Called by api/legacy_power.c.
 *
 * Plain power needs only the vCenter. Customization needs more: the host that runs the machine must be verified (row S8), before the
 * vCenter is told, and once more when the machine runs, because DRS may have moved it. What the vCenter refuses is the task's
 * error, in its words. A cell that was killed goes on; a machine that is as it shall be is left alone. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "store/limits.h"

struct caller;
struct flow_kind;
struct site;

enum {
    POWER_TASK_MS = 30 * 60 * 1000,     /* one task of a vCenter */
    POWER_CALL_MS = 60 * 1000,          /* one call */
    POWER_SHUTDOWN_MS = 10 * 60 * 1000, /* what a guest may take to shut down */
    POWER_ASK_MS = 1000,                /* how often it is asked meanwhile */
    POWER_VMS_MAX = 500,                /* machines of one vApp */
};

enum power_op { POWER_ON, POWER_OFF, POWER_SUSPEND, POWER_RESET, POWER_SHUTDOWN, POWER_REBOOT, POWER_NONE };

struct power_new {
    const char *urn;   /* of a virtual machine or a vApp */
    enum power_op op;  /* POWER_NONE: nothing but what follows */
    const char *name;  /* operationName: "vappDeploy" */
    bool force;        /* customize the guest whatever is pending; with POWER_NONE: at the next start */
    bool lenient;      /* one that is as it shall be already is fine: deploy, undeploy */
};

/* ERR_DENIED: not the caller's, or not there; ERR_INPUT: none of it is in a state for that; ERR_CONFLICT "The entity .. is busy
 * completing an operation.": a task is under way with it, or with what holds it, or with what it holds. */
MUST_USE bool power_start(const struct site *site, const struct caller *c, const struct power_new *n,
                          char ret_task[STORE_ID_MAX + 1], struct err *e);
/* "powerOff", "shutdown", "suspend", "force", "default": of UndeployPowerAction. ERR_INPUT. */
MUST_USE bool power_undeploy_of(const char *action, enum power_op *ret, struct err *e);

extern const struct flow_kind power_kind;
