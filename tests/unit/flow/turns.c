#include "flow/turns.h"

#include <stdio.h>

#include "unit/check.h"

static void a_few_at_a_time_have_their_turn(void **state)
{
    (void)state;
    AUTO(turns_destroyp) struct turns *t = turns_create(4);
    char next[TURNS_TASK], name[8];
    size_t at_it, waiting;
    for (int i = 0; i < 6; i++) {
        (void)snprintf(name, sizeof(name), "t%d", i);
        CHECK_EQ(turns_take(t, name), i < 4);
        CHECK_EQ(turns_take(t, name), i < 4); /* asking again is no second place */
    }
    turns_count(t, &at_it, &waiting);
    CHECK(at_it == 4 && waiting == 2);
    turns_over(t, "nobody", next);
    CHECK_STR(next, "");
    turns_over(t, "t5", next); /* gives up its place in line */
    CHECK_STR(next, "");
    turns_over(t, "t1", next);
    CHECK_STR(next, "t4");
    CHECK(turns_take(t, "t4") && !turns_take(t, "t6"));
    turns_over(t, "t4", next);
    CHECK_STR(next, "t6");
    turns_over(t, "t0", next);
    CHECK_STR(next, "");
    turns_count(t, &at_it, &waiting);
    CHECK(at_it == 3 && waiting == 0);
}

GROUP(flow_turns, cmocka_unit_test(a_few_at_a_time_have_their_turn))
