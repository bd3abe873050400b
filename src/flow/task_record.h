/* flow/task_record.h - what task.c (reading), task_run.c (running), task_rest.c (waiting) and task_recover.c (after a start) share. Nobody else includes it.
 * Nouns: task. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ring.h"
#include "flow/task.h"
#include "net/pool.h"

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

/* A task that a thread of the pool runs. */
struct task_job {
    struct pool_job job;
    struct task_run run;
    struct flow flow;
    struct task task;     /* as it was kept last; texts in the arena */
    json_t *secrets;      /* names */
    bool shared;          /* excludes no other task of its owner */
    char cell[STORE_ID_MAX + 1];
    struct arena arena;
    struct ring ring;     /* of the site's task_rests, whose lock guards the next two as well */
    bool asleep;          /* it rests, and no thread has it */
    bool woken;           /* task_resume came */
    char said[FLOW_NOTE_MAX]; /* what task_say said of said_step, for as long as that rests */
    size_t said_step;
};

/* It is about to be handed to the pool. */
void task_rest_enter(struct task_job *j);
void task_rest_leave(struct task_job *j);
/* A pool thread is through with it: true when it rests on, or runs again; false: it is nobody's now. */
bool task_rest_keep(struct task_job *j);

struct task_job *task_job_create(const struct site *site);
struct task_job *task_job_free(struct task_job *j); /* NULL */
/* flow_keeper's keep; self is the job. */
MUST_USE bool task_job_keep(void *self, const struct flow *f, struct err *e);
