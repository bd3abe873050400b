/* flow/timers.h - what the cell does by itself every so often, each thing under a name: one thread, one thing after the other. Made by
 * cell's wiring. A thing that fails is told in the log and tried again at its next time. The clock of timers_step is a parameter. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct site;
struct timers;

struct timer_job {
    const char *name;   /* in the log: "expiry" */
    int64_t period_ms;  /* from one beginning to the next; the first one is at once */
    bool (*run)(const struct site *site, struct err *e);
};

enum { TIMERS_MAX = 16 };

/* What this cell has; ends in one without a name. */
extern const struct timer_job timers_of_cell[];

/* jobs end in one without a name and outlive it. Nothing happens before timers_start. */
struct timers *timers_create(const struct site *site, const struct timer_job *jobs);
MUST_USE bool timers_start(struct timers *t, struct err *e);
struct timers *timers_destroy(struct timers *t); /* waits for what is under way; NULL in, NULL out */
DEFINE_AUTO(timers_destroyp, struct timers *, timers_destroy)

/* Runs what is due; when to come again. now_ms: monotonic. The thread's own step, for tests. */
int64_t timers_step(struct timers *t, int64_t now_ms);
