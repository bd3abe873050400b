/* flow/task_record.h - what task.c (reading) and task_run.c (running) share: a task as its record holds it. Nobody else includes it.
 * Nouns: task. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "flow/task.h"

struct store;

#define TASK_KIND "task"
#define TASK_FLOW_KIND "flow"         /* where its workflow stands */
#define TASK_CANCEL_KIND "task-cancel" /* somebody asked for its end */
#define TASK_SECRET_KIND "task-secret"

/* Within a write transaction. */
MUST_USE bool task_put(struct store *s, const struct task *t, struct err *e);
/* {"kind": "untrusted", "message": ".."}; and back. */
json_t *task_err_json(const struct err *e);
void task_err_read(const json_t *j, struct err *ret);
