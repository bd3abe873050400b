#include "net/wheel.h"

#include <stdlib.h>

#include "unit/check.h"

enum { TIMERS = 2000 };

struct probe_timer {
    struct loop_timer timer;
    int64_t due_tick;
    bool armed;
};

static uint64_t seed;

/* Small and repeatable; quality does not matter here. */
static int64_t any(int64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((seed >> 20) % (uint64_t)below);
}

static void arm(struct wheel *w, struct probe_timer *p, int64_t now, int64_t delay)
{
    p->timer.at_ms = now + delay;
    p->due_tick = (p->timer.at_ms + LOOP_TICK_MS - 1) / LOOP_TICK_MS;
    p->armed = true;
    wheel_add(w, &p->timer);
}

static void timers_fire_in_order_never_early_never_late(void **state)
{
    (void)state;
    static const int64_t horizons[] = { 100, 5000, 100000, 10000000, 300000000 };
    for (size_t h = 0; h < ARRAY_LEN(horizons); h++) {
        struct wheel *w = malloc(sizeof(*w));
        struct probe_timer *p = calloc(TIMERS, sizeof(*p));
        seed = h + 1;
        int64_t now = 123456789 + any(1000);
        wheel_init(w, now);
        (void)wheel_pop(w, now);
        for (int i = 0; i < TIMERS; i++)
            arm(w, &p[i], now, any(horizons[h]));
        for (int i = 0; i < TIMERS; i += 3) {
            ring_take(&p[i].timer.ring);
            p[i].armed = false;
        }
        int64_t last_tick = 0;
        for (int64_t next; (next = wheel_next(w)) >= 0;) {
            now = next > now ? next + (any(4) ? 0 : any(horizons[h] / 20 + 1)) : now + 1;
            for (struct loop_timer *t; (t = wheel_pop(w, now));) {
                struct probe_timer *f = CONTAINER_OF(t, struct probe_timer, timer);
                CHECK(f->armed && t->at_ms <= now && f->due_tick >= last_tick);
                last_tick = f->due_tick;
                f->armed = false;
            }
            for (int i = 0; i < TIMERS; i++)
                CHECK(!p[i].armed || p[i].due_tick > now / LOOP_TICK_MS);
        }
        for (int i = 0; i < TIMERS; i++)
            CHECK(!p[i].armed);
        free(p);
        free(w);
    }
}

static void the_next_wake_up_is_the_timers_own_time(void **state)
{
    (void)state;
    static const int64_t delays[] = { 0, 1, 7, 8, 9, 511, 512, 513, 32767, 32768, 40000, 3000000, 134217728, 900000000 };
    struct wheel *w = malloc(sizeof(*w));
    for (size_t i = 0; i < ARRAY_LEN(delays); i++) {
        struct probe_timer p = { 0 };
        int64_t start = 1000003, now = start;
        int wakes = 0;
        wheel_init(w, now);
        arm(w, &p, now, delays[i]);
        struct loop_timer *t = NULL;
        while (!t) {
            int64_t next = wheel_next(w);
            CHECK(next > now || !wakes);
            now = next;
            t = wheel_pop(w, now);
            CHECK(++wakes <= WHEEL_LEVELS + (int)(delays[i] >> 27) + 1);
        }
        CHECK(now >= start + delays[i] && now < start + delays[i] + 2 * LOOP_TICK_MS);
        CHECK_EQ(wheel_next(w), -1);
    }
    free(w);
}

static void a_timer_armed_by_a_timer_waits_for_the_next_tick(void **state)
{
    (void)state;
    struct wheel *w = malloc(sizeof(*w));
    struct probe_timer p = { 0 };
    wheel_init(w, 800);
    arm(w, &p, 800, 0);
    CHECK_EQ(wheel_next(w), 808);
    CHECK(wheel_pop(w, 807) == NULL);
    CHECK(wheel_pop(w, 808) == &p.timer);
    arm(w, &p, 808, 0);
    CHECK(wheel_pop(w, 808) == NULL);
    CHECK(wheel_pop(w, 816) == &p.timer);
    free(w);
}

static void a_removed_timer_leaves_no_wake_up_behind(void **state)
{
    (void)state;
    struct wheel *w = malloc(sizeof(*w));
    struct probe_timer p = { 0 }, q = { 0 };
    wheel_init(w, 0);
    arm(w, &p, 0, 100);
    arm(w, &q, 0, 100000);
    ring_take(&p.timer.ring);
    CHECK(wheel_next(w) > 1000);
    ring_take(&q.timer.ring);
    CHECK_EQ(wheel_next(w), -1);
    free(w);
}

GROUP(net_wheel, cmocka_unit_test(timers_fire_in_order_never_early_never_late),
      cmocka_unit_test(the_next_wake_up_is_the_timers_own_time),
      cmocka_unit_test(a_timer_armed_by_a_timer_waits_for_the_next_tick),
      cmocka_unit_test(a_removed_timer_leaves_no_wake_up_behind))
