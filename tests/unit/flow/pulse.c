#include "flow/pulse.h"

#include "unit/check.h"

struct listener {
    struct pulse_ear ear;
    int woken;
};

static void woke(struct pulse_ear *ear)
{
    CONTAINER_OF(ear, struct listener, ear)->woken++;
}

/* The words of what was heard, in order, behind one another. */
static void heard(struct pulse *p, struct listener *l, char out[200], bool *closed)
{
    uint32_t bits = pulse_take(p, &l->ear, closed);
    out[0] = '\0';
    for (unsigned i = 0; pulse_name(i); i++)
        if (bits & (UINT32_C(1) << i))
            (void)snprintf(out + strlen(out), 200 - strlen(out), "%s ", pulse_name(i));
}

static void kinds_are_told_once(void **state)
{
    (void)state;
    static const struct {
        const char *kinds[4], *words;
        int woken;
    } cases[] = {
        { { "task" }, "task ", 1 },
        { { "vcenter", "vcenter-state", "vcenter-trust" }, "vcenter ", 1 },
        { { "grant", "audit", "grant" }, "audit grant ", 1 },
        { { "endpoint", "crl" }, "host ", 1 },
        { { "flow", "sealed", "task-cancel", "" }, "", 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(pulse_destroyp) struct pulse *p = pulse_create();
        struct listener l = { .ear.woke = woke };
        char out[200];
        bool closed;
        CHECK(pulse_listen(p, &l.ear));
        for (size_t k = 0; k < 4 && cases[i].kinds[k]; k++)
            pulse_beat(p, cases[i].kinds[k]);
        CHECK_EQ(l.woken, cases[i].woken);
        heard(p, &l, out, &closed);
        CHECK_STR(out, cases[i].words);
        CHECK(!closed);
        heard(p, &l, out, &closed);
        CHECK_STR(out, "");
        pulse_leave(p, &l.ear);
    }
}

static void anything_wakes_everybody(void **state)
{
    (void)state;
    AUTO(pulse_destroyp) struct pulse *p = pulse_create();
    struct listener a = { .ear.woke = woke }, b = { .ear.woke = woke };
    char one[200], other[200];
    bool closed;
    CHECK(pulse_listen(p, &a.ear) && pulse_listen(p, &b.ear));
    pulse_beat(p, "task");
    pulse_beat(p, NULL);
    CHECK(a.woken == 1 && b.woken == 1); /* once until it takes */
    heard(p, &a, one, &closed);
    pulse_beat(p, "task");
    CHECK(a.woken == 2 && b.woken == 1);
    heard(p, &b, other, &closed);
    CHECK_STR(one, other);
    CHECK(strstr(one, "vcenter ") && strstr(one, "advisory "));
    pulse_leave(p, &a.ear);
    pulse_leave(p, &b.ear);
    pulse_beat(p, "task");
    CHECK(a.woken == 2 && b.woken == 1);
}

static void a_closed_one_says_so(void **state)
{
    (void)state;
    AUTO(pulse_destroyp) struct pulse *p = pulse_create();
    struct listener a = { .ear.woke = woke }, late = { .ear.woke = woke };
    char out[200];
    bool closed;
    CHECK(pulse_listen(p, &a.ear));
    pulse_close(p);
    CHECK_EQ(a.woken, 1);
    heard(p, &a, out, &closed);
    CHECK(closed);
    pulse_beat(p, "task");
    CHECK_EQ(a.woken, 1);
    CHECK(!pulse_listen(p, &late.ear));
    pulse_leave(p, &late.ear); /* harmless */
    pulse_leave(p, &a.ear);
}

static void there_are_only_so_many(void **state)
{
    (void)state;
    static struct listener many[PULSE_EARS_MAX];
    AUTO(pulse_destroyp) struct pulse *p = pulse_create();
    struct listener one_more = { .ear.woke = woke };
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i].ear.woke = woke;
        CHECK(pulse_listen(p, &many[i].ear));
    }
    CHECK(!pulse_listen(p, &one_more.ear));
    pulse_leave(p, &many[7].ear);
    CHECK(pulse_listen(p, &one_more.ear));
    pulse_leave(p, &one_more.ear);
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        pulse_leave(p, &many[i].ear);
}

GROUP(flow_pulse, cmocka_unit_test(there_are_only_so_many), cmocka_unit_test(kinds_are_told_once), cmocka_unit_test(anything_wakes_everybody),
      cmocka_unit_test(a_closed_one_says_so))
