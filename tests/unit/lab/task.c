#include "lab/task.h"

#include "base/clock.h"
#include "lab/work.h"
#include "unit/check.h"
#include "unit/lab/world.h"

static const char one[] = "[lab]\nport = 0\nseed = unit\n[vcenter vc1]\nhosts = 1\n";

struct script {
    int steps, freed;
    bool fails;
};

static enum lab_task_next follow(struct lab_task *t, void *state)
{
    struct script *s = state;
    t->progress += 40;
    if (t->cancelled || (s->fails && s->steps == 1)) {
        struct lab_value *f = lab_task_fault(t, "InvalidPowerState", "not in this state");
        (void)lab_string(&t->arena, f, "existingState", "poweredOff");
        return LAB_TASK_FAILED;
    }
    return ++s->steps == 3 ? LAB_TASK_DONE : LAB_TASK_AGAIN;
}

static void freed(void *state)
{
    ((struct script *)state)->freed++;
}

static struct lab_asking asking(struct lab_estate *s, struct arena *a)
{
    return (struct lab_asking){ .vc = &s->vcenters[0], .arena = a, .now = clock_wall_ms() / 1000, .api = 800 };
}

static struct lab_task *begin(const struct lab_asking *k, struct script *s)
{
    const struct lab_task_plan plan = { "PowerOnVM_Task", "VirtualMachine.powerOn", { .mo = MO_VM, .n = 0 }, true, follow, freed, s };
    return lab_task_begin(k, "somebody", &plan);
}

static const char *state_of(const struct lab_asking *k, const struct lab_task *t)
{
    return lab_value_at(lab_task_value(k, NULL, NULL, t), "state")->text;
}

/* However far off a step is. */
static void turn(struct lab_estate *s)
{
    (void)lab_work_turn(s->work, INT64_MAX);
}

static void a_task_runs_to_its_end(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(one);
    struct arena a = { 0 };
    struct script script = { 0 };
    const struct lab_asking k = asking(s, &a);
    uint64_t version = s->version;
    lab_lock(s);
    struct lab_task *t = begin(&k, &script);
    CHECK_STR(state_of(&k, t), "queued");
    CHECK(s->version > version && t->changed == s->version);
    (void)lab_work_turn(s->work, 0); /* its time has not come */
    CHECK_STR(state_of(&k, t), "queued");
    turn(s);
    CHECK_STR(state_of(&k, t), "success");
    CHECK(script.steps == 3 && script.freed == 1 && t->progress == 100);
    CHECK(!lab_value_at(lab_task_value(&k, NULL, NULL, t), "error"));
    CHECK_STR(lab_value_at(lab_task_value(&k, NULL, NULL, t), "reason.userName")->text, "somebody");
    lab_unlock(s);
    arena_done(&a);
    world_close(s);
}

static void a_failed_one_says_its_fault(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(one);
    struct arena a = { 0 };
    struct script script = { .fails = true }, stopped = { 0 };
    const struct lab_asking k = asking(s, &a);
    lab_lock(s);
    struct lab_task *t = begin(&k, &script), *c = begin(&k, &stopped);
    c->cancelled = true;
    turn(s);
    CHECK_STR(state_of(&k, t), "error");
    const struct lab_value *fault = lab_value_at(lab_task_value(&k, NULL, NULL, t), "error.fault");
    CHECK_STR(fault->type, "InvalidPowerState");
    CHECK_STR(fault->first->text, "poweredOff");
    CHECK_STR(state_of(&k, c), "error");
    CHECK(stopped.steps == 0 && stopped.freed == 1);
    lab_unlock(s);
    arena_done(&a);
    world_close(s);
}

static void there_are_never_too_many(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(one);
    struct arena a = { 0 };
    struct script scripts[LAB_TASKS_RUNNING + 1] = { 0 }, *last = &scripts[LAB_TASKS_RUNNING];
    const struct lab_asking k = asking(s, &a);
    lab_lock(s);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < LAB_TASKS_RUNNING; i++) {
            scripts[i] = (struct script){ 0 };
            CHECK(begin(&k, &scripts[i]));
        }
        last->freed = 0;
        CHECK(!begin(&k, last) && last->freed == 1);
        turn(s);
    }
    CHECK(!lab_task_find(k.vc, 0) && !lab_task_find(k.vc, 499) && lab_task_find(k.vc, 500) && lab_task_find(k.vc, 1499));
    struct script left = { 0 };
    (void)begin(&k, &left); /* is given back with the estate */
    lab_unlock(s);
    arena_done(&a);
    world_close(s);
    CHECK(left.freed == 1);
}

GROUP(lab_task, cmocka_unit_test(a_task_runs_to_its_end), cmocka_unit_test(a_failed_one_says_its_fault),
      cmocka_unit_test(there_are_never_too_many))
