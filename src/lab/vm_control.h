/* lab/vm_control.h - what the control socket can say of and do to machines (docs/lab.md).
 * Called by the dispatcher of control commands, under lab_lock. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

struct lab_estate;

/* The machine that "vc1/vm-3" or "vc1/web" names into answer: power, host, consoles, disks, customization. */
MUST_USE bool lab_vm_report(struct lab_estate *s, const char *target, json_t *answer, struct err *e);
/* To "host-2" of its vCenter. */
MUST_USE bool lab_vm_move_to(struct lab_estate *s, const char *target, const char *host, struct err *e);
