/* flow/runner.h - runs a workflow: a table of steps, each with run and undo, its position kept on disk.
 * Called by the tasks of the API, by the CLI, and at start-up for what a killed cell left behind. Straight-line code on
 * a pool thread; it knows nothing of vCenters, stores or requests.
 *
 * The journey. Before a step runs, the runner keeps "step N begun"; when it succeeded, "step N done". So after a kill it
 * is known which step may have happened half: a step must be able to run again after itself, and its undo must cope
 * with a step that did nothing yet. When a step fails, or somebody cancels between two steps, the steps done so far
 * (and the one that failed) are undone, last first, and the flow ends as failed or cancelled with the first error.
 * An undo can't fail: what it can't take back it says in the flow's note.
 * A step that waits for somebody outside (a client who sends a file) doesn't hold its thread meanwhile: it says flow_rest, and the
 * runner comes back with the position kept. Whoever runs it again runs that step again, from its beginning.
 * If keeping itself fails the runner stops at once and leaves the flow as it was kept last: the next start goes on. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
    FLOW_STEPS_MAX = 32,
    FLOW_DATA_MAX = 256 * 1024, /* bytes of what the steps remember, as the keeper writes it */
    FLOW_NOTE_MAX = 400,
};

enum flow_state {
    FLOW_FORWARD,   /* position is the step to run (again) */
    FLOW_UNWINDING, /* position is the step to undo */
    FLOW_DONE,
    FLOW_FAILED,    /* everything is undone */
    FLOW_CANCELLED, /* the same, because somebody asked */
};

struct flow;

struct flow_step {
    const char *name; /* stable: shown in the task */
    bool (*run)(struct flow *f, struct err *e);
    void (*undo)(struct flow *f); /* NULL: nothing to take back */
};

struct flow_kind {
    const char *name;              /* stable: kept with the flow */
    const struct flow_step *steps; /* ends with a step without name */
    bool unwind_after_crash;       /* a flow found half way is undone instead of continued */
};

/* Where a flow stands: what must survive a kill, besides what its steps keep themselves. */
struct flow_position {
    enum flow_state state;
    unsigned step;
    bool begun;       /* FORWARD: the step at `step` may have happened half */
    struct err error; /* why it unwinds; kind ERR_NONE while all is well */
};

/* The runner's surroundings. */
struct flow_keeper {
    /* Puts the position (and what the steps remember) on disk; returns when it is there. */
    bool (*keep)(void *self, const struct flow *f, struct err *e);
    /* True when somebody asked for the flow to stop. Asked between steps, and by long steps themselves. */
    bool (*cancelled)(void *self);
};

struct flow {
    const struct flow_kind *kind;
    struct flow_position at;
    void *data;         /* the steps' own; borrowed */
    const struct flow_keeper *keeper;
    void *keeper_self;  /* borrowed */
    bool rests;         /* the step where it stands waits: flow_run came back before an end */
    char note[FLOW_NOTE_MAX]; /* what an undo could not take back; "" = nothing */
};

/* Runs f from where it stands to an end, or until keeping fails (then false, and f->at is what was kept last plus
 * nothing). True: f->at.state is FLOW_DONE, FLOW_FAILED or FLOW_CANCELLED, or f->rests: call it again when what the step waits for
 * has come, or somebody cancelled. */
MUST_USE bool flow_run(struct flow *f, struct err *e);

/* After a crash: what to do with a flow that was found half way. Turns it round when its kind says so. */
void flow_recover(struct flow *f);

/* For steps: `return flow_rest(f);` from run. Whatever it has done must bear being done again. */
bool flow_rest(struct flow *f);
/* For steps that take long: true when they should give up with ERR_CANCELLED. */
bool flow_cancelled(const struct flow *f);
/* Remembers what an undo could not take back; the first note stays. */
void flow_note(struct flow *f, const char *fmt, ...) PRINTF(2, 3);

unsigned flow_steps(const struct flow_kind *k);
/* 0 to 100: steps done of all steps; 100 only when it is done. */
unsigned flow_progress(const struct flow *f);
/* The name of the step where it stands, "" at an end. */
const char *flow_step_name(const struct flow *f);
bool flow_ended(const struct flow *f);
const char *flow_state_name(enum flow_state s);
