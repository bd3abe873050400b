#include "flow/throttle.h"

#include <stdlib.h>

#include "unit/check.h"

static const struct throttle_rule rule = { 3, 1000 };

static const uint8_t *key(unsigned n)
{
    static uint8_t k[DIGEST_SHA256];
    digest_sha256(&n, sizeof(n), k);
    return k;
}

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct throttle));
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void pauses_and_ends(void **state)
{
    struct throttle *t = *state;
    CHECK(!throttle_charge(t, key(1), &rule, 0));
    CHECK(!throttle_charge(t, key(1), &rule, 10));
    CHECK(!throttle_pauses(t, key(1), 20));
    CHECK(throttle_charge(t, key(1), &rule, 20));
    CHECK(throttle_pauses(t, key(1), 21));
    CHECK(!throttle_pauses(t, key(2), 21));
    CHECK(throttle_pauses(t, key(1), 1019));
    CHECK(!throttle_pauses(t, key(1), 1020));
    CHECK(!throttle_charge(t, key(1), &rule, 1020)); /* it counts anew */
    CHECK(!throttle_pauses(t, key(1), 1020));
}

static void window_passes(void **state)
{
    struct throttle *t = *state;
    CHECK(!throttle_charge(t, key(1), &rule, 0));
    CHECK(!throttle_charge(t, key(1), &rule, 500));
    CHECK(!throttle_charge(t, key(1), &rule, 1000));
    CHECK(!throttle_pauses(t, key(1), 1000));
}

static void taken_back(void **state)
{
    struct throttle *t = *state;
    for (int i = 0; i < 3; i++)
        (void)throttle_charge(t, key(1), &rule, 0);
    CHECK(throttle_pauses(t, key(1), 1));
    throttle_refund(t, key(1));
    CHECK(!throttle_pauses(t, key(1), 1));
    CHECK(throttle_charge(t, key(1), &rule, 2));
    throttle_clear(t, key(1));
    CHECK(!throttle_pauses(t, key(1), 3));
    throttle_refund(t, key(1)); /* of nobody */
}

/* However many keys there are, one that is being guessed stays known. */
static void flood(void **state)
{
    struct throttle *t = *state;
    for (int i = 0; i < 3; i++)
        (void)throttle_charge(t, key(0), &rule, 0);
    for (unsigned n = 1; n < 20000; n++)
        (void)throttle_charge(t, key(n), &rule, 1);
    CHECK(throttle_pauses(t, key(0), 2));
}

#define HERE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
GROUP(flow_throttle, HERE(pauses_and_ends), HERE(window_passes), HERE(taken_back), HERE(flood))
