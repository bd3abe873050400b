/* vouchsafe task list, show, wait, cancel: the cell's long work. */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "wire/json.h"

struct list_args {
    struct remote_args remote;
    int status;
};

struct one_args {
    struct remote_args remote;
    const char *id;
    struct arg_number limit;
};

enum { LIMIT_MIN_MS = 100, LIMIT_MAX_MS = 7 * 24 * 3600 * 1000 };

static const struct arg_option list_options[] = {
    { .name = "status", .type = ARG_CHOICE, .at = offsetof(struct list_args, status), .value = "STATUS",
      .choices = "all|queued|running|success|error|canceled", .fallback = "all", .help = "only tasks of this status" },
    REMOTE_OPTIONS(struct list_args, remote),
};
static const struct arg_option one_options[] = { REMOTE_OPTIONS(struct one_args, remote) };
static const struct arg_option wait_options[] = {
    { .name = "limit", .type = ARG_DURATION, .at = offsetof(struct one_args, limit), .value = "TIME", .min = LIMIT_MIN_MS,
      .max = LIMIT_MAX_MS, .help = "give up waiting after this; the task goes on" },
    REMOTE_OPTIONS(struct one_args, remote),
};

static const struct arg_operand id_operand[] = {
    { .name = "TASK", .at = offsetof(struct one_args, id), .help = "the task's UUID or URN, as other commands print it" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done; task wait: it succeeded" },
    { CLI_FAILED, "there is no such task, or it was cancelled; a task that failed: the code that fits why" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "a certificate was refused, the cell's or that of what the task is about" },
    { CLI_TIMEOUT, "task wait: still under way after --limit" },
    { CLI_INTERRUPTED, "interrupted; the task goes on" },
};

/* ---- list ---- */

static enum out_style status_style(const json_t *row)
{
    const char *status = answer_str(row, "status");
    return !status ? OUT_PLAIN : !strcmp(status, "error") ? OUT_BAD : !strcmp(status, "success") ? OUT_GOOD : OUT_PLAIN;
}

static const struct rows_column columns[] = {
    { .title = "TASK", .key = "id" },
    { .title = "STATUS", .key = "status", .style = status_style },
    { .title = "WHAT", .key = "operation" },
    { .title = "OBJECT", .key = "object" },
    { .title = "STARTED", .key = "started" },
    { .title = "ENDED", .key = "ended", .wide = true },
    { .title = "BY", .key = "user", .wide = true },
};

static json_t *row_of(const json_t *record)
{
    const char *href = answer_str(record, "href");
    json_t *j = json_object();
    json_object_set_new(j, "id", out_text(href ? answer_uuid(href) : NULL));
    json_object_set_new(j, "status", answer_text(record, "status"));
    json_object_set_new(j, "operation", answer_text(record, "name"));
    json_object_set_new(j, "object", answer_text(record, "objectName"));
    json_object_set_new(j, "started", answer_text(record, "startDate"));
    json_object_set_new(j, "ended", answer_text(record, "endDate"));
    json_object_set_new(j, "user", answer_text(record, "ownerName"));
    return j;
}

/* One page of the query service; tasks of all organizations for who may see them, else one's own. */
static bool ask(struct remote *r, struct arena *a, unsigned page, const char **type, json_t **ret, struct err *e)
{
    static const char format[] = "/api/query?type=%s&format=records&sortDesc=startDate&page=%u&pageSize=%d";
    if (remote_get(r, arena_printf(a, format, *type, page, REMOTE_PAGE), ret, e))
        return true;
    if (e->kind != ERR_DENIED || page > 1 || strcmp(*type, "task") == 0)
        return false;
    *type = "task";
    return remote_get(r, arena_printf(a, format, *type, page, REMOTE_PAGE), ret, e);
}

static bool list_all(struct cli *cli, struct remote *r, const char *status, struct rows *rows, struct err *e)
{
    const char *type = "adminTask";
    json_int_t seen = 0, total = 1;
    for (unsigned page = 1; seen < total && page <= REMOTE_PAGES_MAX; page++) {
        AUTO(wire_json_decrefp) json_t *answer = NULL;
        size_t i;
        json_t *record;
        if (!ask(r, &cli->arena, page, &type, &answer, e))
            return false;
        const json_t *records = answer_member(answer, "record");
        total = answer_number(answer, "total");
        if (!json_is_array(records) || total < 0)
            return err_set(e, ERR_PEER, "%s: the answer is no page of a query", remote_name(r));
        if (!json_array_size(records))
            break;
        seen += (json_int_t)json_array_size(records);
        json_array_foreach(records, i, record) {
            const char *own = answer_str(record, "status");
            if (!status || (own && !strcmp(own, status)))
                rows_add(rows, row_of(record));
        }
    }
    return true;
}

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    static const char *const statuses[] = { NULL, "queued", "running", "success", "error", "canceled" };
    const struct list_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(rows_done) struct rows rows = { 0 };
    struct err e = { 0 };
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    if (!remote_open(cli, &a->remote, &r, &e) || !list_all(cli, r, statuses[a->status], &rows, &e))
        return cli_fail(cli, &e);
    rows_finish(&rows, "tasks", NULL);
    return CLI_DONE;
}

const struct cli_command command_task_list = {
    .noun = "task",
    .verb = "list",
    .summary = "what the cell is doing and has done, the newest first",
    .about = "Lists tasks with their status, the newest first. A task stays for seven days after its end.",
    .examples = "vouchsafe task list --status error",
    .options = list_options,
    .options_len = ARRAY_LEN(list_options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct list_args),
    .run = run_list,
};

/* ---- one task ---- */

/* Its path, out of a UUID or a URN. */
static bool path_of(struct cli *cli, const char *id, const char **ret, struct err *e)
{
    const char *uuid = answer_uuid(id);
    if (!*uuid || strspn(uuid, "0123456789abcdefABCDEF-") != strlen(uuid))
        return err_set(e, ERR_INPUT, "TASK is neither a UUID nor a URN");
    *ret = arena_printf(&cli->arena, "/api/task/%s", uuid);
    return true;
}

static json_t *task_json(const json_t *t)
{
    const char *id = answer_str(t, "id");
    json_t *j = json_object();
    json_int_t progress = answer_number(t, "progress");
    json_object_set_new(j, "id", out_text(id ? answer_uuid(id) : NULL));
    json_object_set_new(j, "status", answer_text(t, "status"));
    json_object_set_new(j, "operation", answer_text(t, "operation"));
    json_object_set_new(j, "name", answer_text(t, "operationName"));
    json_object_set_new(j, "object", answer_text(t, "owner.name"));
    json_object_set_new(j, "object_id", answer_text(t, "owner.id"));
    json_object_set_new(j, "progress", progress < 0 ? json_null() : json_integer(progress));
    json_object_set_new(j, "details", answer_text(t, "details"));
    json_object_set_new(j, "error", answer_text(t, "error.message"));
    json_object_set_new(j, "user", answer_text(t, "user.name"));
    json_object_set_new(j, "started", answer_text(t, "startTime"));
    json_object_set_new(j, "ended", answer_text(t, "endTime"));
    return j;
}

static void print_one(struct cli *cli, const json_t *task)
{
    static const char *const fields[] = { "object", "details", "user", "started", "ended", "id" };
    AUTO(wire_json_decrefp) json_t *j = task_json(task);
    struct out *o = &cli->out;
    if (o->format == OUT_JSON || o->format == OUT_JSONL) {
        out_json(o, STEAL(j));
        return;
    }
    if (o->format == OUT_NAME) {
        out_printf(o, "%s\n", answer_shown(j, "id", "-", &cli->arena));
        return;
    }
    out_printf(o, "%s%s%s: %s\n", out_begin(o, OUT_BOLD), answer_shown(j, "operation", "task", &cli->arena), out_end(o, OUT_BOLD),
               answer_shown(j, "status", "?", &cli->arena));
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (answer_str(j, fields[i]) && *answer_str(j, fields[i]))
            verdict_field(o, fields[i], "%s", answer_str(j, fields[i]));
    if (answer_str(j, "error"))
        verdict_prose(o, "why", answer_str(j, "error"));
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct one_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *task = NULL;
    struct err e = { 0 };
    const char *path;
    if (!path_of(cli, a->id, &path, &e) || !remote_open(cli, &a->remote, &r, &e) || !remote_get(r, path, &task, &e))
        return cli_fail(cli, &e);
    print_one(cli, task);
    return CLI_DONE;
}

#define ONE_TASK                                                                                                              \
    .noun = "task", .operands = id_operand, .operands_len = ARRAY_LEN(id_operand), .codes = codes, .codes_len = ARRAY_LEN(codes), \
    .size = sizeof(struct one_args)

const struct cli_command command_task_show = {
    ONE_TASK,
    .verb = "show",
    .summary = "one task: its status, the step under way, why it failed",
    .about = "Shows one task of the cell.",
    .examples = "vouchsafe task show 5d5c3a54-6f0e-4b5c-9f3c-0b9d8a7c1e2f",
    .options = one_options,
    .options_len = ARRAY_LEN(one_options),
    .run = run_show,
};

static enum cli_exit run_wait(struct cli *cli, const void *args)
{
    const struct one_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *task = NULL;
    struct err e = { 0 };
    const char *path;
    if (!path_of(cli, a->id, &path, &e) || !remote_open(cli, &a->remote, &r, &e) ||
        !follow_task(cli, r, path, a->limit.given ? a->limit.value : 0, &task, &e))
        return cli_fail(cli, &e);
    print_one(cli, task);
    return CLI_DONE;
}

const struct cli_command command_task_wait = {
    ONE_TASK,
    .verb = "wait",
    .summary = "wait until a task has ended, and tell its steps",
    .about = "Waits for the end of a task and tells its steps as they begin. The exit code says how it ended. Ctrl-C and --limit end "
             "the waiting, never the task.",
    .examples = "vouchsafe task wait 5d5c3a54-6f0e-4b5c-9f3c-0b9d8a7c1e2f --limit 10m",
    .options = wait_options,
    .options_len = ARRAY_LEN(wait_options),
    .run = run_wait,
};

static enum cli_exit run_cancel(struct cli *cli, const void *args)
{
    const struct one_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    const char *path;
    if (!path_of(cli, a->id, &path, &e) || !remote_open(cli, &a->remote, &r, &e) ||
        !remote_send(r, "POST", arena_printf(&cli->arena, "%s/action/cancel", path), NULL, NULL, &e))
        return cli_fail(cli, &e);
    out_note(&cli->out, "it was asked to stop; 'vouchsafe task wait %s' tells how it ends", answer_uuid(path));
    return CLI_DONE;
}

const struct cli_command command_task_cancel = {
    ONE_TASK,
    .verb = "cancel",
    .summary = "ask a task to stop; what it did is undone",
    .about = "Asks a task to stop. It ends after the step under way, and what it did is undone. One that has ended stays as it is.",
    .examples = "vouchsafe task cancel 5d5c3a54-6f0e-4b5c-9f3c-0b9d8a7c1e2f",
    .options = one_options,
    .options_len = ARRAY_LEN(one_options),
    .run = run_cancel,
};
