/* flow/task_record.h - what task.c (reading) and task_run.c (running) share: a task as its record holds it. Nobody else includes it.
 * Nouns: task. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "flow/task.h"

struct arena;
struct store;
struct store_record;

#define TASK_KIND "task"
#define TASK_FLOW_KIND "flow"         /* where its workflow stands */
#define TASK_CANCEL_KIND "task-cancel" /* somebody asked for its end */
#define TASK_SECRET_KIND "task-secret"

/* Within a write transaction. */
MUST_USE bool task_put(struct store *s, const struct task *t, struct err *e);
/* One line of JSON as a record's text, in the arena; takes j over. ERR_LIMIT past STORE_RECORD_MAX. */
MUST_USE bool task_json_text(json_t *take, struct arena *a, const char **ret, struct err *e);
/* A record's JSON; the caller owns it. ERR_STORE. */
MUST_USE bool task_json_read(const struct store_record *r, json_t **ret, struct err *e);
/* {"kind": "untrusted", "message": ".."}; and back. */
json_t *task_err_json(const struct err *e);
void task_err_read(const json_t *j, struct err *ret);
