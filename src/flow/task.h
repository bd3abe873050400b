/* flow/task.h - long work that a client asked for: what it reads about it (vcd-api.md 2.5), and the workflow behind it, both in
 * the store so that a killed cell resumes or unwinds it. Called by api (start, read, cancel), by every workflow's
 * steps, and once at start-up. It knows no workflow; flow/kinds.h lists them.
 *
 * The journey. task_start keeps two records in one transaction, "task" (what clients read) and "flow" (where it stands
 * and what its steps remember), seals what is secret, and hands the work to the pool. Every step's position goes to
 * both records before and after it runs. At the end the flow's record and secrets go, and the task stays readable
 * for TASK_KEPT_MS: clients poll late, and an answer of 4xx aborts their wait. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "flow/runner.h"
#include "store/by.h"
#include "store/limits.h"

struct arena;
struct caller;
struct secret;
struct site;
struct store;

#define TASK_URN "urn:vcloud:task:"

enum {
    TASK_KEPT_MS = 7 * 24 * 60 * 60 * 1000, /* how long a task that ended stays readable */
    TASK_SECRETS_MAX = 4,                    /* secrets of one task */
    TASK_KEEP_TRIES = 3,                     /* so often a position is tried to be kept before the task is left to the next start */
};

enum task_status { TASK_QUEUED, TASK_RUNNING, TASK_SUCCESS, TASK_ERROR, TASK_CANCELED, TASK_ABORTED, TASK_STATUSES };

/* Texts live in the arena of the call; "" when there is none. */
struct task {
    const char *urn;
    const char *operation;      /* for people: "Attaching vCenter Server vc1" */
    const char *operation_name; /* stable: "vcenterAttach" */
    const char *owner_urn, *owner_name, *owner_type; /* what it is about; the type is its vendor type or "" */
    const char *user_urn, *user_name, *org_urn, *org_name;
    enum task_status status;
    int progress;               /* 0 to 100 */
    int64_t start_ms, end_ms;   /* end_ms 0 while it is under way */
    int64_t until_ms;           /* when it is forgotten; 0 while it is under way */
    struct err error;           /* TASK_ERROR: why; as it is, so escape it for clients (api_task_text) */
    const char *details;        /* the step under way, or what an undo could not take back */
    bool cancel_requested;
};

/* A secret that the steps need: sealed until the task ends. */
struct task_secret {
    const char *name; /* a word: "password" */
    const struct secret *value;
};

struct task_new {
    const char *operation, *operation_name;
    const char *owner_urn, *owner_name, *owner_type;
    bool shared;                  /* may run beside others of the same owner; else it is refused while one is under way */
    const struct flow_kind *kind; /* one of flow/kinds.h */
    const json_t *data;           /* what the steps begin with: an object; NULL = empty */
    const struct task_secret *secrets;
    size_t secrets_len;
};

/* Kept and queued when it returns. c NULL: the cell itself began it. ERR_CONFLICT "... is currently busy": another task of
 * this owner is under way (clients of VCD wait and try again at these words); ERR_LIMIT: too much is waiting; ERR_STORE: the cell
 * is quiesced (flow/quiesce.h). */
MUST_USE bool task_start(const struct site *site, const struct caller *c, const struct task_new *n,
                         char ret_urn[STORE_ID_MAX + 1], struct err *e);
/* ERR_NOT_FOUND. */
MUST_USE bool task_get(struct store *s, const char *urn, struct arena *a, struct task *ret, struct err *e);
/* Of one user's organization, or all (NULL); newest first. */
MUST_USE bool task_list(struct store *s, const char *org_urn, struct arena *a, struct task **ret, size_t *ret_len,
                        struct err *e);
/* Those that are under way for this owner and exclude others: at most one, but for what a killed cell left. */
MUST_USE bool task_under_way(struct store *s, const char *owner_urn, struct arena *a, struct task **ret, size_t *ret_len,
                             struct err *e);
/* Asks it to stop at the next step; harmless when it ended. ERR_NOT_FOUND. */
MUST_USE bool task_cancel(struct store *s, const char *urn, struct err *e);
/* Is a task that excludes others under way for this owner? ERR_CONFLICT says so. */
MUST_USE bool task_none_of(struct store *s, const char *owner_urn, const char *owner_name, struct err *e);

/* At start-up, before clients are served: every task of this cell that was under way goes on or is unwound. kinds is
 * flow_kinds. ERR_STORE. */
MUST_USE bool tasks_recover(const struct site *site, const struct flow_kind *const *kinds, struct err *e);
/* Forgets tasks that ended TASK_KEPT_MS ago. Called now and then. */
MUST_USE bool tasks_expire(const struct site *site, struct err *e);

/* ---- tasks whose step waits for a client (flow_rest) ----
 * Such a task keeps its memory and no thread. The table of them is the site's (task_rests). */
struct task_rests;
struct task_rests *task_rests_create(void);
/* The pool is gone: what rests stays as it was kept, for the next start. NULL in, NULL out. */
struct task_rests *task_rests_destroy(struct task_rests *t);
DEFINE_AUTO(task_rests_destroyp, struct task_rests *, task_rests_destroy)
/* What the task waits for has come, or somebody cancelled it: its step runs again soon. One that doesn't rest yet runs it again when
 * it does; one that ended, or is another cell's, is left alone. Any thread. */
void task_resume(const struct site *site, const char *urn);
/* Queues again what found no place in the pool's queue. Called now and then. */
void task_rests_retry(const struct site *site);

/* "success": stable, as clients read it. */
const char *task_status_name(enum task_status s);

/* For steps: what a flow's data is while a task runs it. */
struct task_run {
    const struct site *site;
    const char *urn;    /* the task's */
    const char *owner;  /* URN of what it is about */
    const char *who, *from; /* who asked */
    json_t *data;       /* an object: what the steps remember; kept with each position */
    bool settled;       /* too late to cancel; kept as well */
};

static inline struct task_run *task_of(const struct flow *f)
{
    return f->data;
}

/* Who asked, now, by the flow of this kind. Borrows. */
struct store_by task_by(const struct flow *f);
/* Members of data; "" and 0 when absent. A text that is no UTF-8 is escaped. */
const char *task_text(const struct flow *f, const char *key);
void task_text_set(struct flow *f, const char *key, const char *text);
/* A secret that the task was started with. ERR_NOT_FOUND. */
MUST_USE bool task_secret_get(const struct flow *f, struct store *s, const char *name, struct secret *ret, struct err *e);
/* A sentence for who watches: which host, how many of how many. Kept at once; not a position. Failing to is nothing. */
void task_say(const struct flow *f, const char *fmt, ...) PRINTF(2, 3);

/* json_string for any bytes: what is no UTF-8 is escaped. */
json_t *task_json(const char *text);
