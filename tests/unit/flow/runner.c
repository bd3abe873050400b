#include "flow/runner.h"

#include "unit/check.h"

enum { STEPS = 4 };

/* A world that four steps change, a disk that keeps the position, and whatever can go wrong. */
struct world {
    bool changed[STEPS];
    struct flow_position disk; /* what survives a kill */
    unsigned keeps, fail_keep; /* the n-th keep fails; 0 = none */
    unsigned kill_after;       /* the process "dies" once so many keeps succeeded; 0 = never */
    int fail_step;             /* this step fails, after having changed the world; -1 = none */
    unsigned cancel_after;     /* somebody cancels once so many keeps succeeded; 0 = never */
    char order[128];           /* what ran: "a" run, "A" undo */
    int rest_step;             /* this step rests so often (rests) */
    unsigned rests;
};

static void log_char(struct world *w, char c)
{
    size_t len = strlen(w->order);
    CHECK(len + 1 < sizeof(w->order));
    w->order[len] = c;
}

static bool run_step(struct flow *f, struct err *e, int n)
{
    struct world *w = f->data;
    log_char(w, (char)('a' + n));
    CHECK(f->at.begun); /* nothing happens before it is known that it might */
    CHECK(w->disk.begun && w->disk.step == (unsigned)n);
    w->changed[n] = true;
    if (w->rests && w->rest_step == n) {
        w->rests--;
        return flow_rest(f);
    }
    return w->fail_step != n || err_set(e, ERR_PEER, "step %c failed", 'a' + n);
}

static void undo_step(struct flow *f, int n)
{
    struct world *w = f->data;
    log_char(w, (char)('A' + n));
    w->changed[n] = false;
}

#define STEP(n)                                                                                  \
    static bool run_##n(struct flow *f, struct err *e) { return run_step(f, e, n); }             \
    static void undo_##n(struct flow *f) { undo_step(f, n); }
STEP(0)
STEP(1)
STEP(2)
STEP(3)

static const struct flow_step steps[] = {
    { "one", run_0, undo_0 }, { "two", run_1, undo_1 }, { "three", run_2, undo_2 }, { "four", run_3, undo_3 }, { 0 },
};
static const struct flow_kind resumes = { "resumes", steps, false }, unwinds = { "unwinds", steps, true };

static bool keep(void *self, const struct flow *f, struct err *e)
{
    struct world *w = self;
    if (w->kill_after && w->keeps == w->kill_after)
        return err_set(e, ERR_INTERNAL, "killed"); /* nothing after this instant happens */
    if (w->fail_keep && w->keeps + 1 == w->fail_keep) {
        w->fail_keep = 0;
        return err_set(e, ERR_STORE, "disk full");
    }
    w->keeps++;
    w->disk = f->at;
    return true;
}

static bool cancelled(void *self)
{
    struct world *w = self;
    return w->cancel_after && w->keeps >= w->cancel_after;
}

static const struct flow_keeper keeper = { keep, cancelled };

static struct flow make(const struct flow_kind *kind, struct world *w)
{
    return (struct flow){ .kind = kind, .at = w->disk, .data = w, .keeper = &keeper, .keeper_self = w };
}

static bool all(const struct world *w, bool value)
{
    for (size_t i = 0; i < STEPS; i++)
        if (w->changed[i] != value)
            return false;
    return true;
}

static void every_step_runs_in_order(void **state)
{
    (void)state;
    struct world w = { .fail_step = -1 };
    struct flow f = make(&resumes, &w);
    struct err e;
    CHECK_STR(flow_step_name(&f), "one");
    CHECK_EQ(flow_progress(&f), 0);
    CHECK_OK(flow_run(&f, &e), &e);
    CHECK_EQ(f.at.state, FLOW_DONE);
    CHECK_STR(w.order, "abcd");
    CHECK_EQ(flow_progress(&f), 100);
    CHECK_STR(flow_step_name(&f), "");
    CHECK_EQ(w.disk.state, FLOW_DONE);
    CHECK_OK(flow_run(&f, &e), &e); /* an ended flow stays as it is */
    CHECK_STR(w.order, "abcd");
}

static void a_failed_step_is_undone_with_those_before_it(void **state)
{
    (void)state;
    static const char *const orders[STEPS] = { "aA", "abBA", "abcCBA", "abcdDCBA" };
    for (int n = 0; n < STEPS; n++) {
        struct world w = { .fail_step = n };
        struct flow f = make(&resumes, &w);
        struct err e;
        CHECK_OK(flow_run(&f, &e), &e);
        CHECK_EQ(f.at.state, FLOW_FAILED);
        CHECK_EQ(f.at.error.kind, ERR_PEER);
        CHECK_STR(w.order, orders[n]);
        CHECK(all(&w, false));
    }
}

static void cancelling_stops_between_steps(void **state)
{
    (void)state;
    for (unsigned after = 1; after < 2 * STEPS; after++) {
        struct world w = { .fail_step = -1, .cancel_after = after };
        struct flow f = make(&resumes, &w);
        struct err e;
        CHECK_OK(flow_run(&f, &e), &e);
        if (after < 2 * STEPS - 1) {
            CHECK_EQ(f.at.state, FLOW_CANCELLED);
            CHECK_EQ(f.at.error.kind, ERR_CANCELLED);
            CHECK(all(&w, false));
        } else {
            CHECK_EQ(f.at.state, FLOW_DONE); /* too late: the last step had begun */
        }
    }
}

/* Killed at every instant at which something is kept, then started again: resumed to the end, or unwound to nothing. */
static void a_kill_at_any_instant_is_resumed_or_unwound(void **state)
{
    (void)state;
    const struct flow_kind *const kinds[] = { &resumes, &unwinds };
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (int fail = -1; fail < STEPS; fail++)
            for (unsigned kill = 0;; kill++) {
                struct world w = { .fail_step = fail, .kill_after = kill };
                struct flow f = make(kinds[k], &w);
                struct err e;
                bool through = kill == 0 ? false : flow_run(&f, &e);
                if (through)
                    break; /* it ended before the kill */
                w.kill_after = 0;
                f = make(kinds[k], &w); /* a new process knows the disk only */
                flow_recover(&f);
                CHECK_OK(flow_run(&f, &e), &e);
                bool fresh = kill == 0; /* nothing was kept: it simply starts */
                if (fail >= 0 || (kinds[k]->unwind_after_crash && !fresh)) {
                    CHECK_EQ(f.at.state, FLOW_FAILED);
                    CHECK(f.at.error.kind == ERR_PEER || f.at.error.kind == ERR_INTERNAL);
                    CHECK(all(&w, false));
                } else {
                    CHECK_EQ(f.at.state, FLOW_DONE);
                    CHECK(all(&w, true));
                }
            }
}

/* A disk that fails at any one time stops the flow where it was kept last; going on later finishes it. */
static void a_failing_disk_loses_nothing(void **state)
{
    (void)state;
    for (int fail = -1; fail < STEPS; fail++)
        for (unsigned n = 1;; n++) {
            struct world w = { .fail_step = fail, .fail_keep = n };
            struct flow f = make(&resumes, &w);
            struct err e;
            if (flow_run(&f, &e))
                break;
            CHECK_EQ(e.kind, ERR_STORE);
            CHECK(!flow_ended(&f));
            CHECK_EQ(f.at.step, w.disk.step);
            CHECK_EQ(f.at.state, w.disk.state);
            CHECK_OK(flow_run(&f, &e), &e);
            CHECK_EQ(f.at.state, fail < 0 ? FLOW_DONE : FLOW_FAILED);
            CHECK(all(&w, fail < 0));
        }
}

/* Each time it is run again the same step is, with its position kept as one that began. */
static void a_step_that_waits_gives_its_thread_back(void **state)
{
    (void)state;
    for (int n = 0; n < STEPS; n++) {
        struct world w = { .fail_step = -1, .rest_step = n, .rests = 2 };
        struct flow f = make(&resumes, &w);
        struct err e;
        for (int i = 0; i < 2; i++) {
            CHECK_OK(flow_run(&f, &e), &e);
            CHECK(f.rests && !flow_ended(&f));
            CHECK(w.disk.begun && w.disk.step == (unsigned)n);
        }
        CHECK_OK(flow_run(&f, &e), &e);
        CHECK(!f.rests);
        CHECK_EQ(f.at.state, FLOW_DONE);
        CHECK(all(&w, true));
    }
}

/* It is undone with those before it, and not run again. */
static void cancelling_ends_a_rest(void **state)
{
    (void)state;
    static const char *const orders[STEPS] = { "aA", "abBA", "abcCBA", "abcdDCBA" };
    for (int n = 0; n < STEPS; n++) {
        struct world w = { .fail_step = -1, .rest_step = n, .rests = 1 };
        struct flow f = make(&resumes, &w);
        struct err e;
        CHECK_OK(flow_run(&f, &e), &e);
        CHECK(f.rests);
        w.cancel_after = 1;
        CHECK_OK(flow_run(&f, &e), &e);
        CHECK_EQ(f.at.state, FLOW_CANCELLED);
        CHECK_STR(w.order, orders[n]);
        CHECK(all(&w, false));
    }
}

/* A new process finds it as any step that had begun. */
static void a_kill_during_a_rest_is_resumed_or_unwound(void **state)
{
    (void)state;
    const struct flow_kind *const kinds[] = { &resumes, &unwinds };
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct world w = { .fail_step = -1, .rest_step = 2, .rests = 1 };
        struct flow f = make(kinds[k], &w);
        struct err e;
        CHECK_OK(flow_run(&f, &e), &e);
        f = make(kinds[k], &w);
        flow_recover(&f);
        CHECK_OK(flow_run(&f, &e), &e);
        CHECK_EQ(f.at.state, kinds[k]->unwind_after_crash ? FLOW_FAILED : FLOW_DONE);
        CHECK(all(&w, !kinds[k]->unwind_after_crash));
    }
}

/* What is not kept does not rest: nobody would find it after a kill. */
static void a_rest_that_is_not_kept_is_none(void **state)
{
    (void)state;
    struct world w = { .fail_step = -1, .rest_step = 0, .rests = 1, .fail_keep = 2 };
    struct flow f = make(&resumes, &w);
    struct err e;
    CHECK_FAILS(flow_run(&f, &e), &e, ERR_STORE);
}

static void notes_say_what_could_not_be_taken_back(void **state)
{
    (void)state;
    struct world w = { .fail_step = -1 };
    struct flow f = make(&resumes, &w);
    flow_note(&f, "the session at %s is still open", "vc1");
    flow_note(&f, "second");
    CHECK_STR(f.note, "the session at vc1 is still open");
    for (unsigned s = FLOW_FORWARD; s <= FLOW_CANCELLED; s++)
        CHECK(flow_state_name((enum flow_state)s)[0]);
}

GROUP(flow_runner, cmocka_unit_test(every_step_runs_in_order), cmocka_unit_test(a_failed_step_is_undone_with_those_before_it),
      cmocka_unit_test(cancelling_stops_between_steps), cmocka_unit_test(a_kill_at_any_instant_is_resumed_or_unwound),
      cmocka_unit_test(a_failing_disk_loses_nothing), cmocka_unit_test(notes_say_what_could_not_be_taken_back),
      cmocka_unit_test(a_step_that_waits_gives_its_thread_back), cmocka_unit_test(cancelling_ends_a_rest),
      cmocka_unit_test(a_kill_during_a_rest_is_resumed_or_unwound), cmocka_unit_test(a_rest_that_is_not_kept_is_none))
