#include "net/loop.h"

#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "unit/check.h"

struct alarm {
    struct loop_timer timer;
    struct loop *loop;
};

static void on_alarm(struct loop_timer *t)
{
    loop_stop(CONTAINER_OF(t, struct alarm, timer)->loop);
}

static void a_timer_is_never_early(void **state)
{
    (void)state;
    struct err e;
    AUTO(loop_destroyp) struct loop *l = loop_create(&e);
    CHECK_OK(l, &e);
    static const int delays[] = { 0, 1, 7, 8, 9, 20 };
    for (size_t i = 0; i < ARRAY_LEN(delays); i++) {
        struct alarm a = { .timer.fired = on_alarm, .loop = l };
        int64_t before = clock_mono_ms();
        loop_timer_start(l, &a.timer, delays[i]);
        CHECK_OK(loop_run(l, &e), &e);
        CHECK(clock_mono_ms() - before >= delays[i]);
    }
}

static struct loop *signalled;

static void on_signal(int number)
{
    (void)number;
    loop_stop(signalled);
}

static void a_signal_handler_may_stop_it(void **state)
{
    (void)state;
    struct err e;
    struct sigaction sa = { .sa_handler = on_signal };
    CHECK_EQ(sigaction(SIGALRM, &sa, NULL), 0);
    signalled = loop_create(&e);
    CHECK_OK(signalled, &e);
    timer_t timer;
    struct itimerspec soon = { .it_value.tv_nsec = 5000000 };
    CHECK_EQ(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0); /* sends SIGALRM */
    CHECK_EQ(timer_settime(timer, 0, &soon, NULL), 0);
    CHECK_OK(loop_run(signalled, &e), &e); /* nothing else could end it */
    CHECK_EQ(timer_delete(timer), 0);
    signalled = loop_destroy(signalled);
}

GROUP(e2e_loop, cmocka_unit_test(a_timer_is_never_early), cmocka_unit_test(a_signal_handler_may_stop_it))
