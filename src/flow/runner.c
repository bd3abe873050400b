#include "flow/runner.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static bool keep(struct flow *f, struct flow_position next, struct err *e)
{
    struct flow_position before = f->at;
    f->at = next;
    if (f->keeper->keep(f->keeper_self, f, e))
        return true;
    f->at = before;
    return err_in(e, "keeping the workflow's position");
}

unsigned flow_steps(const struct flow_kind *k)
{
    unsigned n = 0;
    while (k->steps[n].name)
        n++;
    assert(n > 0 && n <= FLOW_STEPS_MAX);
    return n;
}

bool flow_ended(const struct flow *f)
{
    return f->at.state != FLOW_FORWARD && f->at.state != FLOW_UNWINDING;
}

bool flow_rest(struct flow *f)
{
    f->rests = true;
    return true;
}

bool flow_cancelled(const struct flow *f)
{
    return f->keeper->cancelled && f->keeper->cancelled(f->keeper_self);
}

void flow_note(struct flow *f, const char *fmt, ...)
{
    if (f->note[0])
        return;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(f->note, sizeof(f->note), fmt, args);
    va_end(args);
}

/* Turns the flow round, because of why. A step that began is undone as well: it may have happened half. */
static bool turn(struct flow *f, const struct err *why, struct err *e)
{
    struct flow_position next = { .state = FLOW_UNWINDING, .step = f->at.step, .error = *why };
    if (!f->at.begun) {
        if (next.step == 0)
            next.state = why->kind == ERR_CANCELLED ? FLOW_CANCELLED : FLOW_FAILED;
        else
            next.step--;
    }
    return keep(f, next, e);
}

static bool forward(struct flow *f, struct err *e)
{
    const struct flow_step *step = &f->kind->steps[f->at.step];
    struct err why = { .kind = ERR_NONE };
    bool rested = f->rests;
    f->rests = false;
    if ((!f->at.begun || rested) && flow_cancelled(f)) {
        err_set(&why, ERR_CANCELLED, "cancelled %s the step %s", rested ? "during" : "before", step->name);
        return turn(f, &why, e);
    }
    struct flow_position next = f->at;
    next.begun = true;
    if (!f->at.begun && !keep(f, next, e))
        return false;
    if (!step->run(f, &why)) {
        assert(why.kind != ERR_NONE);
        f->rests = false;
        return turn(f, &why, e);
    }
    if (f->rests)
        return keep(f, next, e);
    next.begun = false;
    next.step++;
    if (!f->kind->steps[next.step].name)
        next.state = FLOW_DONE;
    return keep(f, next, e);
}

static bool unwind(struct flow *f, struct err *e)
{
    const struct flow_step *step = &f->kind->steps[f->at.step];
    if (step->undo)
        step->undo(f);
    struct flow_position next = f->at;
    if (next.step > 0)
        next.step--;
    else
        next.state = f->at.error.kind == ERR_CANCELLED ? FLOW_CANCELLED : FLOW_FAILED;
    return keep(f, next, e);
}

bool flow_run(struct flow *f, struct err *e)
{
    while (!flow_ended(f)) {
        if (!(f->at.state == FLOW_FORWARD ? forward(f, e) : unwind(f, e)))
            return false;
        if (f->rests)
            return true;
    }
    return true;
}

void flow_recover(struct flow *f)
{
    if (f->at.state != FLOW_FORWARD || !f->kind->unwind_after_crash || (f->at.step == 0 && !f->at.begun))
        return;
    err_set(&f->at.error, ERR_INTERNAL, "the cell was stopped during the step %s", flow_step_name(f));
    f->at.state = FLOW_UNWINDING;
    if (!f->at.begun)
        f->at.step--;
    f->at.begun = false;
}

unsigned flow_progress(const struct flow *f)
{
    return f->at.state == FLOW_DONE ? 100 : f->at.step * 100 / flow_steps(f->kind);
}

const char *flow_step_name(const struct flow *f)
{
    return flow_ended(f) ? "" : f->kind->steps[f->at.step].name;
}

const char *flow_state_name(enum flow_state s)
{
    switch (s) {
    case FLOW_FORWARD: return "forward";
    case FLOW_UNWINDING: return "unwinding";
    case FLOW_DONE: return "done";
    case FLOW_FAILED: return "failed";
    case FLOW_CANCELLED: return "cancelled";
    }
    return "unknown";
}
