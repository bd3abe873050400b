#include "base/ring.h"

#include "unit/check.h"

struct bead {
    struct ring ring;
    int number;
};

static void a_ring_keeps_its_order(void **state)
{
    (void)state;
    struct ring a, b;
    struct bead beads[6] = { 0 };
    ring_init(&a);
    ring_init(&b);
    CHECK(ring_empty(&a));
    CHECK(!ring_pop(&a));
    ring_splice(&a, &b); /* nothing into nothing */
    for (int i = 0; i < 6; i++) {
        beads[i].number = i;
        CHECK(!ring_member(&beads[i].ring));
        ring_put(i < 3 ? &a : &b, &beads[i].ring);
        CHECK(ring_member(&beads[i].ring));
    }
    ring_take(&beads[1].ring);
    ring_take(&beads[1].ring); /* harmless */
    ring_take(&beads[3].ring);
    ring_splice(&a, &b);
    CHECK(ring_empty(&b));
    ring_put(&a, &beads[1].ring);
    static const int want[] = { 0, 2, 4, 5, 1 };
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        struct ring *r = ring_pop(&a);
        CHECK(r && !ring_member(r));
        CHECK_EQ(CONTAINER_OF(r, struct bead, ring)->number, want[i]);
    }
    CHECK(ring_empty(&a));
}

GROUP(base_ring, cmocka_unit_test(a_ring_keeps_its_order))
