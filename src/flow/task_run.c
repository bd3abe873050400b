#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/quiesce.h"
#include "flow/site.h"
#include "flow/task_record.h"
#include "net/pool.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/store.h"
#include "wire/json.h"

enum { SECRET_ID = STORE_ID_MAX + 1 };

static struct task_job *job_of(const struct flow *f)
{
    return CONTAINER_OF(task_of(f), struct task_job, run);
}

static const char *secret_id(const char *urn, const char *name, char out[SECRET_ID])
{
    (void)snprintf(out, SECRET_ID, "%s/%s", urn, name);
    return out;
}

struct task_job *task_job_free(struct task_job *j)
{
    task_rest_leave(j);
    json_decref(j->run.data);
    json_decref(j->secrets);
    arena_done(&j->arena);
    free(j);
    return NULL;
}

static void job_destroy(struct pool_job *p)
{
    struct task_job *j = CONTAINER_OF(p, struct task_job, job);
    if (!task_rest_keep(j))
        (void)task_job_free(j);
}

/* ---- keeping ---- */

static bool put_flow(struct store *s, const struct task_job *j, const struct flow *f, struct err *e)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:i, s:b, s:o, s:o, s:b, s:s, s:o, s:o, s:O, s:O}", "kind", f->kind->name, "owner",
                          j->run.owner, "state",
                          flow_state_name(f->at.state), "step", (int)f->at.step, "begun", f->at.begun, "error",
                          task_err_json(&f->at.error), "note", task_json(f->note), "settled", j->run.settled, "cell", j->cell,
                          "who", task_json(j->run.who), "from", task_json(j->run.from), "secrets", j->secrets, "data",
                          j->run.data);
    return kept_put(s, (struct store_record){ .kind = TASK_FLOW_KIND, .id = j->run.urn, .owner = j->shared ? "" : j->run.owner,
                                              .name = "", .state = flow_state_name(f->at.state), .made_ms = j->task.start_ms }, o, e);
}

/* Absent is fine. */
static bool gone(bool removed, struct err *e)
{
    return removed || e->kind == ERR_NOT_FOUND;
}

static bool remove_flow(struct store *s, const struct task_job *j, struct err *e)
{
    char id[SECRET_ID];
    size_t i;
    json_t *name;
    json_array_foreach(j->secrets, i, name)
        if (!gone(store_sealed_remove(s, TASK_SECRET_KIND, secret_id(j->run.urn, json_string_value(name), id), e), e))
            return false;
    return gone(store_record_remove(s, TASK_FLOW_KIND, j->run.urn, e), e) &&
           gone(store_record_remove(s, TASK_CANCEL_KIND, j->run.urn, e), e);
}

/* The task as clients read it, from where its flow stands. */
static void describe(struct task *t, const struct flow *f)
{
    static const enum task_status ends[] = {
        [FLOW_FORWARD] = TASK_RUNNING, [FLOW_UNWINDING] = TASK_RUNNING, [FLOW_DONE] = TASK_SUCCESS,
        [FLOW_FAILED] = TASK_ERROR,    [FLOW_CANCELLED] = TASK_CANCELED,
    };
    bool ended = flow_ended(f);
    t->status = ends[f->at.state];
    t->progress = (int)flow_progress(f);
    t->end_ms = ended ? clock_wall_ms() : 0;
    t->until_ms = ended ? t->end_ms + TASK_KEPT_MS : 0;
    t->error = f->at.error;
    t->details = ended ? f->note : flow_step_name(f);
}

static bool keep_now(struct task_job *j, const struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct task t = j->task;
    describe(&t, f);
    if (!flow_ended(f) && f->rests && j->said[0] && j->said_step == f->at.step)
        t.details = j->said;
    if (!loan_begin(j->run.site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e))
        return false;
    if (!task_put(l.store, &t, e) || !(flow_ended(f) ? remove_flow(l.store, j, e) : put_flow(l.store, j, f, e)) ||
        !store_commit(l.store, e))
        return false;
    j->task = t;
    return true;
}

bool task_job_keep(void *self, const struct flow *f, struct err *e)
{
    if (site_closing(((struct task_job *)self)->run.site))
        return err_set(e, ERR_CANCELLED, "the cell is about to end");
    bool ok = false;
    for (int i = 0; i < TASK_KEEP_TRIES && !ok; i++)
        ok = keep_now(self, f, e);
    return ok;
}

static bool cancelled(void *self)
{
    const struct task_job *j = self;
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record r;
    struct err e;
    return !j->run.settled && loan_begin(j->run.site->shelf, &l, &e) &&
           store_record_get(l.store, TASK_CANCEL_KIND, j->run.urn, &a, &r, &e);
}

static const struct flow_keeper keeper = { task_job_keep, cancelled };

/* ---- running ---- */

static void work(struct pool_job *p)
{
    struct task_job *j = CONTAINER_OF(p, struct task_job, job);
    struct err e;
    j->flow.data = &j->run;
    j->flow.keeper = &keeper;
    j->flow.keeper_self = j;
    if (!flow_run(&j->flow, &e)) {
        j->flow.rests = false;
        if (site_closing(j->run.site))
            LOG(INFO, "task.rests", "task=%s step=%s effect=\"the next start goes on with it\"", j->run.urn, flow_step_name(&j->flow));
        else
            LOG(ERROR, "task.stuck", "task=%s error=\"%s\" effect=\"the next start goes on with it\"", j->run.urn, e.msg);
        return;
    }
    if (j->flow.rests)
        return;
    const struct err *why = &j->flow.at.error;
    LOG(INFO, "task.ended", "task=%s kind=%s owner=%s state=%s error=\"%s\"", j->run.urn, j->flow.kind->name, j->run.owner,
        flow_state_name(j->flow.at.state), why->kind == ERR_NONE ? "" : why->msg);
}

struct task_job *task_job_create(const struct site *site)
{
    struct task_job *j = xcalloc(1, sizeof(*j));
    j->job.work = work;
    j->job.destroy = job_destroy;
    j->run.site = site;
    (void)snprintf(j->cell, sizeof(j->cell), "%s", site->cell_urn ? site->cell_urn : "");
    return j;
}

struct busy {
    const char *owner;
    bool any;
};

static bool see_busy(void *self, const struct store_record *r, struct err *e)
{
    struct busy *b = self;
    (void)r;
    (void)e;
    b->any = true;
    return true;
}

bool task_none_of(struct store *s, const char *owner_urn, const char *owner_name, struct err *e)
{
    struct busy b = { .owner = owner_urn };
    const struct store_record_query q = { .kind = TASK_FLOW_KIND, .owner = owner_urn, .limit = 1 };
    if (!store_record_list(s, &q, see_busy, &b, e))
        return false;
    return !b.any || err_set(e, ERR_CONFLICT, "%s is currently busy: another task changes it", owner_name);
}

static bool keep_new(struct task_job *j, const struct task_new *n, struct err *e)
{
    char id[SECRET_ID];
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(j->run.site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e))
        return false;
    if (!quiesce_open(l.store, j->run.site, e) || (!n->shared && !task_none_of(l.store, j->run.owner, n->owner_name, e)))
        return false;
    for (size_t i = 0; i < n->secrets_len; i++)
        if (json_array_append_new(j->secrets, json_string(n->secrets[i].name)) ||
            !store_sealed_put(l.store, TASK_SECRET_KIND, secret_id(j->run.urn, n->secrets[i].name, id), n->secrets[i].value,
                              j->task.start_ms, e))
            return false;
    return task_put(l.store, &j->task, e) && put_flow(l.store, j, &j->flow, e) && store_commit(l.store, e);
}

/* Nobody will run it: as if it had never been asked for. */
static void forget_new(struct task_job *j)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct err e;
    if (!loan_begin(j->run.site->shelf, &l, &e) || !store_begin(l.store, STORE_WRITE, &e) ||
        !remove_flow(l.store, j, &e) || !store_record_remove(l.store, TASK_KIND, j->run.urn, &e) || !store_commit(l.store, &e))
        LOG(ERROR, "task.left", "task=%s error=\"%s\"", j->run.urn, e.msg);
}

static void fill(struct task_job *j, const struct caller *c, const struct task_new *n)
{
    struct arena *a = &j->arena;
    j->run.urn = kept_urn("task", a);
    j->run.owner = arena_strdup(a, n->owner_urn);
    j->run.who = arena_strdup(a, c ? c->who : "the cell");
    j->run.from = arena_strdup(a, c ? c->from : "local");
    j->run.data = n->data ? json_deep_copy(n->data) : json_object();
    j->secrets = json_array();
    j->flow.kind = n->kind;
    j->shared = n->shared;
    j->task = (struct task){
        .urn = j->run.urn, .operation = arena_strdup(a, n->operation), .operation_name = arena_strdup(a, n->operation_name),
        .owner_urn = j->run.owner, .owner_name = arena_strdup(a, n->owner_name), .owner_type = arena_strdup(a, n->owner_type),
        .user_urn = arena_strdup(a, c ? c->user : ""), .user_name = arena_strdup(a, c ? c->user_name : ""),
        .org_urn = arena_strdup(a, c ? c->org : ""), .org_name = arena_strdup(a, c ? c->org_name : ""),
        .status = TASK_QUEUED, .start_ms = clock_wall_ms(), .details = "",
    };
}

bool task_start(const struct site *site, const struct caller *c, const struct task_new *n, char ret_urn[STORE_ID_MAX + 1],
                struct err *e)
{
    struct task_job *j = task_job_create(site);
    char urn[STORE_ID_MAX + 1];
    fill(j, c, n);
    (void)snprintf(urn, sizeof(urn), "%s", j->run.urn);
    if (!keep_new(j, n, e)) {
        (void)task_job_free(j);
        return false;
    }
    task_rest_enter(j);
    if (!pool_run(site->pool, &j->job, e)) {
        forget_new(j);
        (void)task_job_free(j);
        return false;
    }
    (void)memcpy(ret_urn, urn, sizeof(urn));
    return true;
}

bool tasks_expire(const struct site *site, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    uint64_t removed;
    return loan_begin(site->shelf, &l, e) && store_begin(l.store, STORE_WRITE, e) &&
           store_record_expire(l.store, TASK_KIND, clock_wall_ms(), &removed, e) && store_commit(l.store, e);
}

/* ---- for steps ---- */

struct store_by task_by(const struct flow *f)
{
    return (struct store_by){ task_of(f)->who, task_of(f)->from, f->kind->name, clock_wall_ms() };
}

const char *task_text(const struct flow *f, const char *key)
{
    const char *v = json_string_value(json_object_get(task_of(f)->data, key));
    return v ? v : "";
}

void task_text_set(struct flow *f, const char *key, const char *value)
{
    (void)json_object_set_new(task_of(f)->data, key, task_json(value));
}

bool task_secret_get(const struct flow *f, struct store *s, const char *name, struct secret *ret, struct err *e)
{
    char id[SECRET_ID];
    return store_sealed_get(s, TASK_SECRET_KIND, secret_id(task_of(f)->urn, name, id), ret, e);
}

void task_say(const struct flow *f, const char *fmt, ...)
{
    struct task_job *j = job_of(f);
    struct task t = j->task;
    struct err e;
    AUTO(loan_end) struct loan l = { 0 };
    char say[FLOW_NOTE_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(say, sizeof(say), fmt, args);
    va_end(args);
    t.details = say;
    if (f->rests) { /* one thread has it, and a keep follows */
        (void)text_copy(j->said, sizeof(j->said), say);
        j->said_step = f->at.step;
    }
    if (!loan_begin(j->run.site->shelf, &l, &e) || !store_begin(l.store, STORE_WRITE, &e) || !task_put(l.store, &t, &e) ||
        !store_commit(l.store, &e))
        LOG(DEBUG, "task.unsaid", "task=%s error=\"%s\"", t.urn, e.msg);
}
