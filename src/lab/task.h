/* lab/task.h - tasks of a vCenter: what every *_Task method answers with, and what clients watch until it is done.
 * A method starts one and returns; its steps run a moment later on the estate's own thread (lab/work.h), under lab_lock. Whoever
 * watches `info` over the property collector sees queued, running with progress, and success or an error. Called by
 * the files of methods and by the control socket. The newest LAB_TASKS_MAX are kept; a restart forgets them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "lab/inventory.h"

struct lab_call;
struct lab_tasks;

enum {
    LAB_TASKS_MAX = 1000,             /* of one vCenter; the oldest that is over goes, running ones stay */
    LAB_TASKS_RUNNING = 500,          /* more at a time are refused */
    LAB_TASK_RECENT_S = 600,          /* so long a task stays in recentTask after its end */
    LAB_TASK_RECENT = 200,            /* and so many at most */
    LAB_TASK_PAUSE_MS = 20,           /* between two steps of one that names no other time */
};

enum lab_task_state { LAB_TASK_QUEUED, LAB_TASK_RUNNING, LAB_TASK_SUCCESS, LAB_TASK_ERROR };
enum lab_task_next { LAB_TASK_AGAIN, LAB_TASK_DONE, LAB_TASK_FAILED };

struct lab_task {
    struct lab_vcenter *vc;
    unsigned n;                 /* "task-7" */
    const char *method;         /* borrowed from the plan */
    const char *description;
    struct lab_object entity;   /* its moid is the task's own */
    const char *entity_name;    /* in the task's arena: it may be gone by then */
    char user[LAB_NAME];
    enum lab_task_state state;
    bool cancelled;             /* somebody asked for its end: a step that can end early looks at it */
    bool cancelable;
    int progress;               /* 0 to 100 */
    int64_t wait_ms;            /* until the next step; set by a step, LAB_TASK_PAUSE_MS otherwise */
    int64_t queued_ms, started_ms, completed_ms; /* wall clock */
    struct lab_value *result;   /* in arena; NULL */
    struct lab_value *fault;    /* in arena: what MethodFault it failed with */
    const char *fault_text;
    struct arena arena;         /* lives as long as the task is kept */
    uint64_t changed;
    enum lab_task_next (*step)(struct lab_task *t, void *state);
    void (*done)(void *state);
    void *state_of_steps;       /* owned: given to step and done */
    struct lab_task *next;      /* older */
};

struct lab_task_plan {
    const char *method;         /* "PowerOnVM_Task"; a constant */
    const char *description;    /* "VirtualMachine.powerOn"; a constant */
    struct lab_object entity;
    bool cancelable;
    /* Called until it says done or failed. Sets t->progress, t->wait_ms, t->result; lab_task_fault before it fails. */
    enum lab_task_next (*step)(struct lab_task *t, void *state);
    void (*done)(void *state);  /* frees; NULL when there is nothing to free */
    void *take_state;
};

/* Answers the call with the new task. Takes plan->take_state, also when it refuses (a fault was said then). */
bool lab_task_start(struct lab_call *c, const struct lab_task_plan *plan);
/* The same for what nobody called, by the control socket or by DRS. NULL when there are too many. */
struct lab_task *lab_task_begin(const struct lab_asking *k, const char *user, const struct lab_task_plan *plan);

/* The fault a step is about to fail with; its fields are added with t->arena. */
struct lab_value *lab_task_fault(struct lab_task *t, const char *type, const char *text);
/* What the task's info.result is: a reference. */
void lab_task_result(struct lab_task *t, const char *type, const char *moid);
/* What a step needs to look at the inventory: the arena is the task's. */
struct lab_asking lab_task_asking(struct lab_task *t);

struct lab_task *lab_task_find(const struct lab_vcenter *vc, unsigned n); /* NULL */
/* The newest one's number + 1. */
unsigned lab_tasks_end(const struct lab_vcenter *vc);
struct lab_tasks *lab_tasks_destroy(struct lab_tasks *t);

/* TaskInfo, into parent or alone. */
struct lab_value *lab_task_value(const struct lab_asking *k, struct lab_value *parent, const char *name, const struct lab_task *t);
/* Properties: Task.info; TaskManager and entities: recentTask; TaskManager.description. */
lab_build lab_task_info, lab_task_recent, lab_task_recent_of, lab_task_description;
