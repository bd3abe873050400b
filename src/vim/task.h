/* vim/task.h - waits for a Task of a vCenter Server, by asking its state through the property collector.
 * Blocks: pool threads and the CLI. It neither starts nor judges the task. */
#pragma once
#include "vim/session.h"

enum {
    VIM_TASK_FIRST_MS = 200,  /* between the first two questions; doubled each time .. */
    VIM_TASK_LAST_MS = 2000,  /* .. up to this */
    VIM_TASK_TICK_MS = 100,   /* how often `cancelled` is asked meanwhile */
};

struct vim_task_wait {
    /* True ends the wait, with ERR_CANCELLED. NULL = never. */
    bool (*cancelled)(void *self);
    /* 0 to 100, whenever it changed. NULL = nobody wants to know. */
    void (*progress)(void *self, int percent);
    void *self;
    bool cancel_task;         /* ask the server to cancel the task as well, when the wait is cancelled or times out */
    int64_t first_ms;         /* 0 = VIM_TASK_FIRST_MS */
};

/* Waits so long, asking w->cancelled meanwhile. ERR_CANCELLED; ERR_TIMEOUT: the deadline came. */
MUST_USE bool vim_task_pause(const struct vim_task_wait *w, int64_t ms, int64_t deadline_ms, struct err *e);
/* The pause that follows one of ms: twice as long, up to VIM_TASK_LAST_MS. */
int64_t vim_task_next_ms(int64_t ms);

/* The task ended well: *ret_result is the object that it made (id "" when it made none). It ended badly: false with fault
 * filled and e set from it. ERR_TIMEOUT, ERR_CANCELLED: it may be running on. w, ret_result and fault may be NULL. */
MUST_USE bool vim_task_wait(struct vim_session *s, const struct vim_object *task, const struct vim_task_wait *w,
                            int64_t deadline_ms, struct vim_object *ret_result, struct vim_fault *fault, struct err *e);
