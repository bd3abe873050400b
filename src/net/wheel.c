#include "net/wheel.h"

#include <stddef.h>

enum { SLOT_MASK = WHEEL_SLOTS - 1 };

void wheel_init(struct wheel *w, int64_t now_ms)
{
    *w = (struct wheel){ .tick = now_ms / LOOP_TICK_MS };
    ring_init(&w->due);
    for (int level = 0; level < WHEEL_LEVELS; level++)
        for (int slot = 0; slot < WHEEL_SLOTS; slot++)
            ring_init(&w->slots[level][slot]);
}

/* The first tick whose time is not before at_ms. */
static int64_t tick_of(const struct loop_timer *t)
{
    return (t->at_ms + LOOP_TICK_MS - 1) / LOOP_TICK_MS;
}

static void place(struct wheel *w, struct loop_timer *t, int64_t tick)
{
    if (tick <= w->tick) {
        ring_put(&w->due, &t->ring);
        return;
    }
    int64_t delta = tick - w->tick;
    const int64_t last = ((int64_t)1 << (WHEEL_BITS * WHEEL_LEVELS)) - 1;
    if (delta > last) {
        delta = last;
        tick = w->tick + last;
    }
    int level = 0;
    while (delta >> (WHEEL_BITS * (level + 1)))
        level++;
    int slot = (int)(tick >> (WHEEL_BITS * level)) & SLOT_MASK;
    w->used[level] |= (uint64_t)1 << slot;
    ring_put(&w->slots[level][slot], &t->ring);
}

void wheel_add(struct wheel *w, struct loop_timer *t)
{
    int64_t tick = tick_of(t);
    place(w, t, tick > w->tick ? tick : w->tick + 1);
}

/* The first tick after now at which a slot of this level comes up, or -1. Bits of slots whose timers were
 * taken back are cleared on the way. */
static int64_t level_next(struct wheel *w, int level)
{
    int64_t at = w->tick >> (WHEEL_BITS * level);
    while (w->used[level]) {
        int from = (int)(at + 1) & SLOT_MASK;
        uint64_t turned = from ? w->used[level] >> from | w->used[level] << (WHEEL_SLOTS - from) : w->used[level];
        int ahead = __builtin_ctzll(turned);
        int slot = (from + ahead) & SLOT_MASK;
        if (!ring_empty(&w->slots[level][slot]))
            return (at + 1 + ahead) << (WHEEL_BITS * level);
        w->used[level] &= ~((uint64_t)1 << slot);
    }
    return -1;
}

static int64_t next_tick(struct wheel *w)
{
    int64_t next = -1;
    for (int level = 0; level < WHEEL_LEVELS; level++) {
        int64_t tick = level_next(w, level);
        if (tick >= 0 && (next < 0 || tick < next))
            next = tick;
    }
    return next;
}

/* Files the timers of a coarse slot again, now that their time is near. */
static void cascade(struct wheel *w, int level)
{
    int slot = (int)(w->tick >> (WHEEL_BITS * level)) & SLOT_MASK;
    struct ring ring, *r;
    ring_init(&ring);
    ring_splice(&ring, &w->slots[level][slot]);
    w->used[level] &= ~((uint64_t)1 << slot);
    while ((r = ring_pop(&ring))) {
        struct loop_timer *t = CONTAINER_OF(r, struct loop_timer, ring);
        place(w, t, tick_of(t));
    }
}

static void advance(struct wheel *w, int64_t tick)
{
    w->tick = tick;
    for (int level = 1; level < WHEEL_LEVELS && !(tick & (((int64_t)1 << (WHEEL_BITS * level)) - 1)); level++)
        cascade(w, level);
    int slot = (int)tick & SLOT_MASK;
    w->used[0] &= ~((uint64_t)1 << slot);
    ring_splice(&w->due, &w->slots[0][slot]);
}

struct loop_timer *wheel_pop(struct wheel *w, int64_t now_ms)
{
    int64_t now = now_ms / LOOP_TICK_MS;
    while (ring_empty(&w->due)) {
        int64_t next = next_tick(w);
        if (next < 0 || next > now) {
            if (now > w->tick)
                w->tick = now; /* nothing comes up on the way */
            return NULL;
        }
        advance(w, next);
    }
    return CONTAINER_OF(ring_pop(&w->due), struct loop_timer, ring);
}

int64_t wheel_next(struct wheel *w)
{
    if (!ring_empty(&w->due))
        return w->tick * LOOP_TICK_MS;
    int64_t next = next_tick(w);
    return next < 0 ? -1 : next * LOOP_TICK_MS;
}
