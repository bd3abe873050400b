/* lab/work.h - what happens by itself a moment later: the next step of a task, a guest that has booted, a lease that ran out.
 * One thread of the estate runs each step when its time has come, under lab_lock. Called by tasks, machines, tickets and
 * leases. A step is a function and a number, never a pointer to something that may be gone by then. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct lab_estate;
struct lab_vcenter;
struct lab_work;

typedef void lab_step(struct lab_vcenter *vc, uint64_t id);

struct lab_work *lab_work_create(struct lab_estate *s);
/* Ends the thread and forgets what was still to come. Not under lab_lock. */
struct lab_work *lab_work_destroy(struct lab_work *w);

/* The thread; without it nothing happens by itself (tests turn it by hand). */
MUST_USE bool lab_work_start(struct lab_work *w, struct err *e);

/* Under lab_lock: run is called so many ms from now. */
void lab_later(struct lab_vcenter *vc, int64_t delay_ms, lab_step *run, uint64_t id);
/* Under lab_lock: runs what is due at that time (clock_mono_ms), in order of time. Returns when the next one is, -1: none. */
int64_t lab_work_turn(struct lab_work *w, int64_t now_ms);
