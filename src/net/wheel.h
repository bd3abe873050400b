/* net/wheel.h - the timers of one loop, ordered by time at the price of a few pointers: a hierarchy of wheels.
 * Called by net/loop.c only. It never reads a clock and never calls a timer: the caller says what time it is and
 * takes out, one by one, the timers that are due. */
#pragma once
#include <stdint.h>

#include "net/loop.h"

enum { WHEEL_BITS = 6, WHEEL_SLOTS = 1 << WHEEL_BITS, WHEEL_LEVELS = 4 };

/* A slot is a ring of timers through its head. Level 0 has a slot for each of the next 63 ticks, each further level
 * is 64 times coarser; a timer beyond the last level (37 hours) waits in its farthest slot and is sorted in again. */
struct wheel {
    int64_t tick; /* everything up to this tick was taken out */
    struct ring due;
    uint64_t used[WHEEL_LEVELS]; /* a bit for each slot that may hold a timer */
    struct ring slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *w, int64_t now_ms); /* w stays where it is */

/* Files t, which is in no ring, for t->at_ms; never for the tick that is being taken out. */
void wheel_add(struct wheel *w, struct loop_timer *t); /* ring_take(&t->ring) takes it back */

/* The next timer that is due, removed; NULL when there is none left at now_ms. */
struct loop_timer *wheel_pop(struct wheel *w, int64_t now_ms);

/* When wheel_pop may have something to do again (ms, never late); -1 = not before another timer is added. */
int64_t wheel_next(struct wheel *w);
