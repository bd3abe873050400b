/* cli/follow.h - waits for a task of the cell and tells its steps as they begin. Called by whatever starts one, and by
 * `task wait`. Ctrl-C ends the waiting, never the task. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct cli;
struct remote;

enum {
    FOLLOW_FIRST_MS = 100,  /* between the first two looks at a task .. */
    FOLLOW_LATER_MS = 1000, /* .. and, step by step, between later ones */
};

/* task: its path, "/api/task/UUID". quiet: say nothing while waiting. limit_ms 0: however long it takes. ret: its JSON, owned by
 * the caller. A task that failed is an error with its text: ERR_UNTRUSTED, .. as remote_kind tells; ERR_INTERNAL when somebody
 * cancelled it; ERR_CANCELLED at Ctrl-C; ERR_TIMEOUT past limit_ms. */
MUST_USE bool follow_task(struct cli *cli, struct remote *r, const char *task, int64_t limit_ms, json_t **ret, struct err *e);

/* Is it still under way? (queued, preRunning, running, postRunning) */
bool follow_unfinished(const json_t *task);
/* Why it did not succeed; false, like err_set. True when it did. */
MUST_USE bool follow_ended(const json_t *task, struct err *e);

/* Waits on nothing but time; returns early at a signal. */
void follow_pause(int64_t ms);
