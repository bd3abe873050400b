#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task_record.h"
#include "store/record.h"
#include "wire/json.h"

static const struct flow_kind *kind_of(const struct flow_kind *const *kinds, const char *name)
{
    for (size_t i = 0; name && kinds[i]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static enum flow_state state_of(const char *name)
{
    for (int s = FLOW_FORWARD; name && s <= FLOW_CANCELLED; s++)
        if (strcmp(flow_state_name((enum flow_state)s), name) == 0)
            return (enum flow_state)s;
    return FLOW_UNWINDING;
}

/* The job that a record tells of. Its kind is NULL when this program has no such workflow. */
static bool read_job(struct task_job *j, const struct flow_kind *const *kinds, const struct store_record *r,
                     const json_t *o, struct err *e)
{
    struct arena *a = &j->arena;
    int64_t step = kept_number(o, "step");
    j->run.urn = arena_strdup(a, r->id);
    j->run.owner = kept_text(o, "owner", a);
    j->shared = !r->owner[0];
    j->run.who = kept_text(o, "who", a);
    j->run.from = kept_text(o, "from", a);
    j->run.settled = json_is_true(json_object_get(o, "settled"));
    j->run.data = json_deep_copy(json_object_get(o, "data"));
    j->secrets = json_deep_copy(json_object_get(o, "secrets"));
    j->flow.kind = kind_of(kinds, json_string_value(json_object_get(o, "kind")));
    j->flow.at = (struct flow_position){ .state = state_of(json_string_value(json_object_get(o, "state"))),
                                         .begun = json_is_true(json_object_get(o, "begun")), .step = (unsigned)step };
    task_err_read(json_object_get(o, "error"), &j->flow.at.error);
    (void)snprintf(j->flow.note, sizeof(j->flow.note), "%s", kept_text(o, "note", a));
    if (!json_is_object(j->run.data) || !json_is_array(j->secrets) || step < 0 ||
        (j->flow.kind && step >= (int64_t)flow_steps(j->flow.kind)))
        return err_set(e, ERR_STORE, "the record %s %s is damaged", r->kind, r->id);
    return true;
}

/* The job of a record that is this cell's; NULL for another cell's: it runs, or that cell's next start goes on. */
static bool see_flow(const struct site *site, const struct flow_kind *const *kinds, const struct store_record *r,
                     struct task_job **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *o = NULL;
    *ret = NULL;
    if (!kept_json(r, &o, e))
        return false;
    const char *cell = json_string_value(json_object_get(o, "cell"));
    if (cell && site->cell_urn && strcmp(cell, site->cell_urn) != 0)
        return true;
    struct task_job *j = task_job_create(site);
    if (!read_job(j, kinds, r, o, e)) {
        (void)task_job_free(j);
        return false;
    }
    *ret = j;
    return true;
}

/* Takes j over. */
static bool resume(struct store *s, struct task_job *j, struct err *e)
{
    if (!task_get(s, j->run.urn, &j->arena, &j->task, e)) {
        (void)task_job_free(j);
        return false;
    }
    if (!j->flow.kind) {
        /* Of another version of this program: nothing here can undo it, and that must be said. */
        static const struct flow_step none[] = { { "unknown", NULL, NULL }, { 0 } };
        static const struct flow_kind unknown = { "unknown", none, false };
        j->flow.kind = &unknown;
        j->flow.at.state = FLOW_FAILED;
        err_set(&j->flow.at.error, ERR_INTERNAL, "this version of the cell doesn't know the workflow; what it had done stays");
        bool ok = task_job_keep(j, &j->flow, e);
        (void)task_job_free(j);
        return ok;
    }
    flow_recover(&j->flow);
    LOG(INFO, "task.resumed", "task=%s kind=%s step=%s state=%s", j->run.urn, j->flow.kind->name, flow_step_name(&j->flow),
        flow_state_name(j->flow.at.state));
    task_rest_enter(j);
    if (pool_run(j->run.site->pool, &j->job, e))
        return true;
    (void)task_job_free(j);
    return false;
}

bool tasks_recover(const struct site *site, const struct flow_kind *const *kinds, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record *rows;
    size_t len;
    if (!loan_begin(site->shelf, &l, e) || !kept_all(l.store, TASK_FLOW_KIND, NULL, &a, &rows, &len, e))
        return err_in(e, "going on with what was under way");
    for (size_t i = 0; i < len; i++) {
        struct task_job *j;
        if (!see_flow(site, kinds, &rows[i], &j, e) || (j && !resume(l.store, j, e)))
            return err_in(e, "going on with what was under way");
    }
    return true;
}
