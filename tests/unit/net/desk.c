#include "net/desk.h"

#include "unit/check.h"

enum { MANY = 1000 };

static void who_has_left_is_not_found(void **state)
{
    (void)state;
    AUTO(desk_destroyp) struct desk *d = desk_create(NULL);
    int things[MANY];
    uint64_t ids[MANY];
    for (int i = 0; i < MANY; i++)
        ids[i] = desk_enter(d, &things[i]);
    for (int i = 0; i < MANY; i++) {
        CHECK(ids[i] != 0);
        CHECK(desk_find(d, ids[i]) == &things[i]);
    }
    CHECK_EQ(desk_count(d), MANY);
    for (int i = 0; i < MANY; i += 2)
        desk_leave(d, ids[i]);
    for (int i = 0; i < MANY; i++)
        CHECK(desk_find(d, ids[i]) == (i % 2 ? &things[i] : NULL));
    desk_leave(d, ids[0]); /* harmless */
    CHECK_EQ(desk_count(d), MANY / 2);
    /* A seat is used again, an id never. */
    uint64_t fresh = desk_enter(d, &things[0]);
    for (int i = 0; i < MANY; i++)
        CHECK(fresh != ids[i]);
    for (int i = 0; i < MANY; i += 2) {
        CHECK(!desk_find(d, ids[i]));
        desk_leave(d, ids[i]);
    }
    CHECK(desk_find(d, fresh) == &things[0]);
    CHECK(desk_find(d, 0) == NULL);
    CHECK(desk_find(d, UINT64_MAX) == NULL);
    desk_leave(d, fresh);
    for (int i = 1; i < MANY; i += 2)
        desk_leave(d, ids[i]);
    CHECK_EQ(desk_count(d), 0);
}

GROUP(net_desk, cmocka_unit_test(who_has_left_is_not_found))
