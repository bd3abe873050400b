/* flow/gc_change.h - changing what shall be made of a guest, as the task that clients of VCD wait for. Called by api/legacy_power.c. */
#pragma once
#include <stdbool.h>

#include "base/def.h"
#include "base/err.h"
#include "base/secret.h"
#include "store/limits.h"

struct caller;
struct flow_kind;
struct gc;
struct site;
struct vm;

struct gc_passwords {
    struct secret admin, domain; /* empty: as they are */
};
void gc_passwords_done(struct gc_passwords *p);

/* g: the whole section as it shall be. When it is enabled it is pending from then on. ERR_INPUT; ERR_CONFLICT: a task is under way with the
 * machine. */
MUST_USE bool gc_change_start(const struct site *site, const struct caller *c, const struct vm *v, struct gc *g,
                              const struct gc_passwords *p, char ret_task[STORE_ID_MAX + 1], struct err *e);

extern const struct flow_kind gc_change_kind;
