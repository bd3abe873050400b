#include "base/tally.h"

#include "unit/check.h"

static void the_same_bytes_in_other_pieces_are_the_same(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "bytes that were sent once, and then once more";
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        struct tally a, b;
        tally_start(&a);
        tally_add(&a, bytes, sizeof(bytes));
        tally_start_like(&b, &a);
        tally_add(&b, bytes, cut);
        CHECK_EQ(tally_equal(&a, &b), cut == sizeof(bytes));
        tally_add(&b, bytes + cut, sizeof(bytes) - cut);
        CHECK(tally_equal(&a, &b));
        tally_add(&a, "x", 1); /* comparing ends neither */
        CHECK(!tally_equal(&a, &b));
        tally_add(&b, "x", 1);
        CHECK(tally_equal(&a, &b));
    }
}

static void one_bit_is_another_stream(void **state)
{
    (void)state;
    uint8_t bytes[40] = { 0 };
    for (size_t i = 0; i < sizeof(bytes) * 8; i++) {
        struct tally a, b;
        tally_start(&a);
        tally_add(&a, bytes, sizeof(bytes));
        tally_start_like(&b, &a);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        tally_add(&b, bytes, sizeof(bytes));
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        CHECK(!tally_equal(&a, &b));
    }
}

static void two_tallies_have_two_keys(void **state)
{
    (void)state;
    struct tally a, b;
    tally_start(&a);
    tally_start(&b);
    tally_add(&a, "same", 4);
    tally_add(&b, "same", 4);
    CHECK(!tally_equal(&a, &b));
}

GROUP(base_tally, cmocka_unit_test(the_same_bytes_in_other_pieces_are_the_same), cmocka_unit_test(one_bit_is_another_stream),
      cmocka_unit_test(two_tallies_have_two_keys))
