/* Tasks survive everything: each access to the store may be the last one of a process. */
#include "flow/task.h"

#include <stdlib.h>

#include "flow/kinds.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/store.h"
#include "unit/flow/place.h"
#include "wire/json.h"

/* ---- a workflow that changes two records, and one that also fails at its end ---- */

static bool put(const struct flow *f, const char *id, bool there, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_record r = { .kind = "thing", .id = id, .owner = "", .name = "", .state = "", .data = "" };
    if (!loan_begin(task_of(f)->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e))
        return false;
    bool ok = there ? store_record_put(l.store, &r, e) : store_record_remove(l.store, "thing", id, e) || e->kind == ERR_NOT_FOUND;
    return ok && store_commit(l.store, e);
}

static bool first(struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    if (!loan_begin(task_of(f)->site->shelf, &l, e) || !task_secret_get(f, l.store, "password", &password, e))
        return false;
    if (strcmp((const char *)password.bytes, "hunter2") != 0 || strcmp(task_text(f, "given"), "before") != 0)
        return err_set(e, ERR_INTERNAL, "the step was given something else"); /* cmocka fails on its own thread only */
    loan_end(&l);
    task_text_set(f, "found", "caf\xc3\xa9 \xff");
    task_say(f, "looking at host %d", 3);
    return put(f, "first", true, e);
}

static void undo_first(struct flow *f)
{
    struct err e;
    if (!put(f, "first", false, &e))
        flow_note(f, "the first thing stays");
}

static bool second(struct flow *f, struct err *e)
{
    if (strcmp(task_text(f, "found"), "caf\xc3\xa9 \\xff") != 0)
        return err_set(e, ERR_INTERNAL, "what the first step found is now %s", task_text(f, "found"));
    return put(f, "second", true, e);
}

static void undo_second(struct flow *f)
{
    struct err e;
    if (!put(f, "second", false, &e))
        flow_note(f, "the second thing stays");
}

static bool refuse(struct flow *f, struct err *e)
{
    (void)f;
    return err_set(e, ERR_UNTRUSTED, "the host esx1 is not trusted");
}

static bool cancel(struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(task_of(f)->site->shelf, &l, e) && task_cancel(l.store, task_of(f)->urn, e);
}

static bool settle(struct flow *f, struct err *e)
{
    (void)e;
    task_of(f)->settled = true;
    return true;
}

/* Waits for "come" to be there; `early`: the word for it comes before it rests. */
static bool wait_for(struct flow *f, bool early, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record r;
    if (!loan_begin(task_of(f)->site->shelf, &l, e))
        return false;
    if (store_record_get(l.store, "come", "come", &a, &r, e))
        return true;
    if (e->kind != ERR_NOT_FOUND)
        return false;
    loan_end(&l);
    if (early)
        task_resume(task_of(f)->site, task_of(f)->urn);
    return flow_rest(f);
}

static bool wait_late(struct flow *f, struct err *e)
{
    return wait_for(f, false, e);
}

static bool wait_early(struct flow *f, struct err *e)
{
    bool again = task_text(f, "asked")[0];
    task_text_set(f, "asked", "yes");
    return again || wait_for(f, true, e);
}

static const struct flow_step resting_steps[] = { { "first", first, undo_first }, { "wait", wait_late, NULL },
                                                  { "second", second, undo_second }, { 0 } };
static const struct flow_step early_steps[] = { { "first", first, undo_first }, { "wait", wait_early, NULL },
                                                { "second", second, undo_second }, { 0 } };
static const struct flow_step good_steps[] = { { "first", first, undo_first }, { "second", second, undo_second }, { 0 } };
static const struct flow_step bad_steps[] = { { "first", first, undo_first }, { "second", second, undo_second },
                                              { "refuse", refuse, NULL }, { 0 } };
static const struct flow_step cancel_steps[] = { { "first", first, undo_first }, { "cancel", cancel, NULL },
                                                 { "second", second, undo_second }, { 0 } };
static const struct flow_step late_steps[] = { { "first", first, undo_first }, { "settle", settle, NULL }, { "cancel", cancel, NULL },
                                               { "second", second, undo_second }, { 0 } };
static const struct flow_kind good = { "test.good", good_steps, false }, bad = { "test.bad", bad_steps, false },
                              turning = { "test.turning", good_steps, true }, cancelling = { "test.cancel", cancel_steps, false },
                              late = { "test.late", late_steps, false }, resting = { "test.resting", resting_steps, true },
                              resting_early = { "test.early", early_steps, true };
static const struct flow_kind *const kinds[] = { &good, &bad, &turning, &cancelling, &late, &resting, &resting_early, NULL };
static const struct flow_kind *const no_kinds[] = { NULL };

#define OWNER "urn:vcloud:vimserver:1"

static bool start(struct place *p, const struct flow_kind *k, char urn[STORE_ID_MAX + 1], struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    json_t *data = json_pack("{s:s}", "given", "before");
    CHECK_OK(secret_set(&password, "hunter2", 7, e), e);
    const struct task_secret secrets[] = { { "password", &password } };
    const struct task_new n = { .operation = "Doing", .operation_name = "do", .owner_urn = OWNER, .owner_name = "vc1",
                                .owner_type = "t", .kind = k, .data = data, .secrets = secrets, .secrets_len = 1 };
    bool ok = task_start(&p->site, &p->admin, &n, urn, e);
    json_decref(data);
    return ok;
}

static uint64_t count(struct store *s, const char *kind)
{
    struct err e;
    uint64_t n = 0;
    const struct store_record_query q = { .kind = kind };
    CHECK_OK(store_record_count(s, &q, &n, &e), &e);
    return n;
}

static bool see_sealed(void *self, const char *key_id, uint64_t n, struct err *e)
{
    (void)key_id;
    (void)e;
    *(uint64_t *)self += n;
    return true;
}

/* What a task leaves behind when it ended: itself, and of its flow, its secrets and its cancelling nothing. */
static struct task ended(struct place *p, const char *urn, uint64_t things)
{
    struct err e;
    struct task t;
    uint64_t sealed = 0;
    struct store *s = place_store(p);
    CHECK_OK(task_get(s, urn, &p->arena, &t, &e), &e);
    CHECK(t.end_ms >= t.start_ms && t.until_ms == t.end_ms + TASK_KEPT_MS);
    CHECK_EQ(count(s, "flow"), 0);
    CHECK_EQ(count(s, "task-cancel"), 0);
    CHECK_OK(store_sealed_usage(s, see_sealed, &sealed, &e), &e);
    CHECK_EQ(sealed, 0);
    CHECK_EQ(count(s, "thing"), things);
    (void)store_close(s);
    return t;
}

static void a_task_runs_to_its_end(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    CHECK_OK(start(&p, &good, urn, &e), &e);
    place_settle(&p);
    struct task t = ended(&p, urn, 2);
    CHECK_EQ(t.status, TASK_SUCCESS);
    CHECK_EQ(t.progress, 100);
    CHECK_STR(t.operation_name, "do");
    CHECK_STR(t.owner_urn, OWNER);
    CHECK_STR(t.user_name, "administrator");
    CHECK_STR(t.org_name, "System");
    place_stop(&p);
}

static void what_fails_is_undone_and_said(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    CHECK_OK(start(&p, &bad, urn, &e), &e);
    place_settle(&p);
    struct task t = ended(&p, urn, 0);
    CHECK_EQ(t.status, TASK_ERROR);
    CHECK_EQ(t.error.kind, ERR_UNTRUSTED);
    CHECK_STR(t.error.msg, "the host esx1 is not trusted");
    place_stop(&p);
}

static void a_cancelled_task_is_undone(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    CHECK_OK(start(&p, &cancelling, urn, &e), &e);
    place_settle(&p);
    CHECK_EQ(ended(&p, urn, 0).status, TASK_CANCELED);
    struct store *s = place_store(&p);
    CHECK_OK(task_cancel(s, urn, &e), &e); /* too late, and harmless */
    CHECK_FAILS(task_cancel(s, TASK_URN "none", &e), &e, ERR_NOT_FOUND);
    CHECK_EQ(count(s, "task-cancel"), 0);
    (void)store_close(s);
    CHECK_OK(start(&p, &late, urn, &e), &e); /* what is settled goes on */
    place_settle(&p);
    CHECK_EQ(ended(&p, urn, 2).status, TASK_SUCCESS);
    place_stop(&p);
}

/* Killed at every access to the store, then started again: the end is the same as without. */
static void killed_anywhere(const struct flow_kind *k, enum task_status want, uint64_t things, bool may_unwind)
{
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    unsigned n = 0, resumed = 0;
    bool whole = false;
    while (!whole) {
        place_start(&p, NULL);
        place_kill_at(&p, ++n);
        bool began = start(&p, k, urn, &e);
        place_settle(&p);
        whole = p.plan.count < n;
        place_restart(&p);
        struct store *s = place_store(&p);
        resumed += count(s, "flow") != 0;
        if (!began)
            CHECK_EQ(count(s, "task") + count(s, "flow") + count(s, "thing"), 0);
        (void)store_close(s);
        CHECK_OK(tasks_recover(&p.site, kinds, &e), &e);
        place_settle(&p);
        if (began) {
            s = place_store(&p);
            struct task t;
            CHECK_OK(task_get(s, urn, &p.arena, &t, &e), &e);
            (void)store_close(s);
            bool unwound = may_unwind && t.status == TASK_ERROR;
            (void)ended(&p, urn, unwound ? 0 : things);
            CHECK(unwound || t.status == want);
        }
        place_stop(&p);
    }
    CHECK(resumed > 10);
}

static void a_killed_task_goes_on(void **state)
{
    (void)state;
    killed_anywhere(&good, TASK_SUCCESS, 2, false);
}

static void a_killed_task_that_fails_is_undone(void **state)
{
    (void)state;
    killed_anywhere(&bad, TASK_ERROR, 0, false);
}

static void a_killed_task_turns_round_where_its_kind_says_so(void **state)
{
    (void)state;
    killed_anywhere(&turning, TASK_SUCCESS, 2, true);
}

static void one_task_of_an_owner_at_a_time(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1], other[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    place_kill_at(&p, 0);
    CHECK_OK(start(&p, &good, urn, &e), &e);
    place_settle(&p);
    /* One that a killed process left: it is under way until somebody goes on with it. */
    unsigned whole = p.plan.count;
    place_kill_at(&p, whole - 4);
    CHECK_OK(start(&p, &good, urn, &e), &e);
    place_restart(&p);
    CHECK_FAILS(start(&p, &good, other, &e), &e, ERR_CONFLICT);
    CHECK(strstr(e.msg, "is currently busy")); /* the words at which clients wait and try again */
    struct store *s = place_store(&p);
    CHECK_FAILS(task_none_of(s, OWNER, "vc1", &e), &e, ERR_CONFLICT);
    CHECK_OK(tasks_recover(&p.site, kinds, &e), &e);
    place_settle(&p);
    CHECK_OK(task_none_of(s, OWNER, "vc1", &e), &e);
    (void)store_close(s);
    CHECK_EQ(ended(&p, urn, 2).status, TASK_SUCCESS);
    CHECK_OK(start(&p, &good, other, &e), &e);
    place_stop(&p);
}

static void a_shared_task_excludes_nobody(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1], other[STORE_ID_MAX + 1];
    AUTO(secret_done) struct secret password = { 0 };
    AUTO(wire_json_decrefp) json_t *data = json_pack("{s:s}", "given", "before");
    place_start(&p, NULL);
    CHECK_OK(secret_set(&password, "hunter2", 7, &e), &e);
    const struct task_secret secrets[] = { { "password", &password } };
    const struct task_new n = { .operation = "Reading", .operation_name = "read", .owner_urn = OWNER, .owner_name = "vc1",
                                .owner_type = "t", .kind = &good, .data = data, .secrets = secrets, .secrets_len = 1, .shared = true };
    place_kill_at(&p, 14);
    CHECK_OK(task_start(&p.site, NULL, &n, urn, &e), &e);
    place_restart(&p); /* it is half way */
    struct store *s = place_store(&p);
    CHECK_EQ(count(s, "flow"), 1);
    CHECK_OK(task_none_of(s, OWNER, "vc1", &e), &e);
    CHECK_OK(start(&p, &good, other, &e), &e);
    place_settle(&p);
    CHECK_OK(tasks_recover(&p.site, kinds, &e), &e);
    place_settle(&p);
    struct task t;
    CHECK_OK(task_get(s, urn, &p.arena, &t, &e), &e);
    (void)store_close(s);
    CHECK_EQ(t.status, TASK_SUCCESS);
    CHECK_STR(t.owner_urn, OWNER);
    CHECK_STR(t.user_urn, "");
    place_stop(&p);
}

static void an_unknown_workflow_is_said(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    place_kill_at(&p, 12);
    CHECK_OK(start(&p, &good, urn, &e), &e);
    place_restart(&p);
    CHECK_OK(tasks_recover(&p.site, no_kinds, &e), &e);
    place_settle(&p);
    struct store *s = place_store(&p);
    struct task t;
    CHECK_OK(task_get(s, urn, &p.arena, &t, &e), &e);
    CHECK_EQ(t.status, TASK_ERROR);
    CHECK(strstr(t.error.msg, "doesn't know"));
    CHECK_EQ(count(s, "flow"), 0);
    (void)store_close(s);
    place_stop(&p);
}

static void tasks_are_listed_and_forgotten(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[3][STORE_ID_MAX + 1];
    struct task *list;
    size_t len;
    place_start(&p, NULL);
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(start(&p, &good, urn[i], &e), &e);
        place_settle(&p);
    }
    struct store *s = place_store(&p);
    CHECK_OK(task_list(s, "urn:vcloud:org:1", &p.arena, &list, &len, &e), &e);
    CHECK_EQ(len, 3);
    CHECK(list[0].start_ms >= list[2].start_ms);
    CHECK_OK(task_list(s, "urn:vcloud:org:2", &p.arena, &list, &len, &e), &e);
    CHECK_EQ(len, 0);
    CHECK_OK(tasks_expire(&p.site, &e), &e);
    CHECK_EQ(count(s, "task"), 3);
    const struct store_record old = { .kind = "task", .id = urn[0], .owner = "", .name = "", .state = "success", .until_ms = 1, .data = "{}" };
    CHECK_OK(store_begin(s, STORE_WRITE, &e) && store_record_put(s, &old, &e) && store_commit(s, &e), &e);
    CHECK_OK(tasks_expire(&p.site, &e), &e);
    CHECK_EQ(count(s, "task"), 2);
    struct task t;
    CHECK_FAILS(task_get(s, urn[0], &p.arena, &t, &e), &e, ERR_NOT_FOUND);
    (void)store_close(s);
    place_stop(&p);
}

static enum task_status status_of(struct place *p, const char *urn)
{
    struct err e;
    struct task t;
    struct store *s = place_store(p);
    CHECK_OK(task_get(s, urn, &p->arena, &t, &e), &e);
    (void)store_close(s);
    return t.status;
}

static void let_come(struct place *p)
{
    struct err e;
    struct store *s = place_store(p);
    const struct store_record r = { .kind = "come", .id = "come", .owner = "", .name = "", .state = "", .data = "" };
    CHECK_OK(store_begin(s, STORE_WRITE, &e) && store_record_put(s, &r, &e) && store_commit(s, &e), &e);
    (void)store_close(s);
}

/* Whoever waits holds no thread: the pool has but one, and others run on it meanwhile. */
static void a_task_that_waits_goes_on_when_it_is_told(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    CHECK_OK(start(&p, &resting, urn, &e), &e);
    place_settle(&p);
    CHECK_EQ(status_of(&p, urn), TASK_RUNNING);
    task_resume(&p.site, urn); /* nothing has come: it rests on */
    task_resume(&p.site, TASK_URN "none");
    place_settle(&p);
    CHECK_EQ(status_of(&p, urn), TASK_RUNNING);
    let_come(&p);
    task_rests_retry(&p.site); /* it was queued: nothing to try again */
    place_settle(&p);
    CHECK_EQ(status_of(&p, urn), TASK_RUNNING);
    task_resume(&p.site, urn);
    place_settle(&p);
    CHECK_EQ(ended(&p, urn, 2).status, TASK_SUCCESS);
    task_resume(&p.site, urn); /* too late, and harmless */
    place_stop(&p);
}

static void a_word_before_the_rest_is_not_lost(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    CHECK_OK(start(&p, &resting_early, urn, &e), &e);
    place_settle(&p); /* the step's second run may be queued behind this .. */
    place_settle(&p);
    CHECK_EQ(ended(&p, urn, 2).status, TASK_SUCCESS);
    place_stop(&p);
}

static void a_task_that_waits_can_be_cancelled(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    CHECK_OK(start(&p, &resting, urn, &e), &e);
    place_settle(&p);
    struct store *s = place_store(&p);
    CHECK_OK(task_cancel(s, urn, &e), &e);
    (void)store_close(s);
    task_resume(&p.site, urn);
    place_settle(&p);
    CHECK_EQ(ended(&p, urn, 0).status, TASK_CANCELED);
    place_stop(&p);
}

/* The next process finds it where it rested, and unwinds it: its client's bytes are gone. */
static void a_task_that_waits_is_unwound_after_a_kill(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    place_start(&p, NULL);
    CHECK_OK(start(&p, &resting, urn, &e), &e);
    place_restart(&p);
    CHECK_OK(tasks_recover(&p.site, kinds, &e), &e);
    place_settle(&p);
    CHECK_EQ(ended(&p, urn, 0).status, TASK_ERROR);
    place_stop(&p);
}

static void every_kind_is_known_once(void **state)
{
    (void)state;
    for (size_t i = 0; flow_kinds[i]; i++) {
        CHECK(flow_steps(flow_kinds[i]) > 0);
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(flow_kinds[i]->name, flow_kinds[k]->name) != 0);
    }
}

GROUP(flow_task, cmocka_unit_test(a_task_runs_to_its_end), cmocka_unit_test(what_fails_is_undone_and_said),
      cmocka_unit_test(a_cancelled_task_is_undone), cmocka_unit_test(a_killed_task_goes_on),
      cmocka_unit_test(a_killed_task_that_fails_is_undone), cmocka_unit_test(a_killed_task_turns_round_where_its_kind_says_so),
      cmocka_unit_test(one_task_of_an_owner_at_a_time), cmocka_unit_test(a_shared_task_excludes_nobody), cmocka_unit_test(an_unknown_workflow_is_said),
      cmocka_unit_test(tasks_are_listed_and_forgotten), cmocka_unit_test(every_kind_is_known_once),
      cmocka_unit_test(a_task_that_waits_goes_on_when_it_is_told), cmocka_unit_test(a_word_before_the_rest_is_not_lost),
      cmocka_unit_test(a_task_that_waits_can_be_cancelled), cmocka_unit_test(a_task_that_waits_is_unwound_after_a_kill))
