#include "cli/follow.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/remote.h"
#include "wire/json.h"

enum { STEP_MAX = 200 };

void follow_pause(int64_t ms)
{
    (void)poll(NULL, 0, (int)ms);
}

static bool has_status(const json_t *task, const char *const *list, size_t len)
{
    const char *status = answer_str(task, "status");
    for (size_t i = 0; status && i < len; i++)
        if (!strcmp(status, list[i]))
            return true;
    return false;
}

bool follow_unfinished(const json_t *task)
{
    static const char *const list[] = { "queued", "preRunning", "running", "postRunning" };
    return has_status(task, list, ARRAY_LEN(list));
}

bool follow_ended(const json_t *task, struct err *e)
{
    static const char *const good[] = { "success" }, *const stopped[] = { "canceled", "aborted" };
    AUTO(arena_done) struct arena a = { 0 };
    if (has_status(task, good, 1))
        return true;
    const char *name = answer_shown(task, "operation", "the task", &a);
    if (has_status(task, stopped, ARRAY_LEN(stopped)))
        return err_set(e, ERR_INTERNAL, "%s: it was cancelled", name); /* not by us: a failure like any other */
    json_int_t status = answer_number(task, "error.majorErrorCode");
    enum err_kind kind = remote_kind((int)status, answer_str(task, "error.minorErrorCode"));
    return err_set(e, kind, "%s", answer_shown(task, "error.message", name, &a));
}

/* A line for each step that is new. */
static void tell(struct cli *cli, const json_t *task, char last[STEP_MAX])
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *step = answer_shown(task, "details", "", &a);
    char now[STEP_MAX];
    (void)text_copy(now, sizeof(now), step);
    if (*now && strcmp(now, last) != 0 && follow_unfinished(task)) {
        json_int_t percent = answer_number(task, "progress");
        out_note(&cli->out, "  %3d%%  %s", percent < 0 ? 0 : (int)percent, now);
        (void)text_copy(last, STEP_MAX, now);
    }
}

static bool wait_for(struct cli *cli, struct remote *r, const char *task, int64_t limit_ms, json_t **ret, struct err *e)
{
    int64_t until = limit_ms ? clock_mono_ms() + limit_ms : INT64_MAX, pause = FOLLOW_FIRST_MS;
    char last[STEP_MAX] = "";
    for (;;) {
        AUTO(wire_json_decrefp) json_t *now = NULL;
        if (!remote_get(r, task, &now, e))
            return interrupt_seen() ? err_set(e, ERR_CANCELLED, "interrupted") : false;
        tell(cli, now, last);
        if (!follow_unfinished(now)) {
            *ret = STEAL(now);
            return follow_ended(*ret, e);
        }
        int64_t left = until - clock_mono_ms();
        if (left <= 0)
            return err_set(e, ERR_TIMEOUT, "it is still under way");
        follow_pause(left < pause ? left : pause);
        pause = pause * 2 < FOLLOW_LATER_MS ? pause * 2 : FOLLOW_LATER_MS;
        if (interrupt_seen())
            return err_set(e, ERR_CANCELLED, "interrupted");
    }
}

bool follow_task(struct cli *cli, struct remote *r, const char *task, int64_t limit_ms, json_t **ret, struct err *e)
{
    json_t *ended = NULL;
    interrupt_catch(NULL);
    bool ok = wait_for(cli, r, task, limit_ms, &ended, e);
    interrupt_release();
    if (!ok && !ended && (e->kind == ERR_CANCELLED || e->kind == ERR_TIMEOUT))
        out_note(&cli->out, "the task goes on at the cell: 'vouchsafe task wait %s'", answer_uuid(task));
    if (ok)
        *ret = ended;
    else
        json_decref(ended);
    return ok;
}
