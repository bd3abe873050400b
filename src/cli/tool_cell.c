/* cell-management-tool cell: is it there, how much is under way; take no new work; stop. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/here.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/tool.h"
#include "store/datadir.h"
#include "wire/json.h"

#define PATH OURS_PATH "/cell"

enum { STOP_MS = 60 * 1000 /* a cell lets requests that have begun end first: 30 s */, STOP_PAUSE_MS = 50, PID_MAX = 4194304 };

struct cell_args {
    struct remote_args remote;
    struct arg_number pid;
    const char *quiesce_text;
    bool status, verbose, shutdown;
};

#define AT(field) .at = offsetof(struct cell_args, field)

static const struct arg_option options[] = {
    { .name = "status", .type = ARG_FLAG, AT(status), .help = "print how many jobs are under way and whether it takes new ones (-t)" },
    { .name = "status-verbose", .type = ARG_FLAG, AT(verbose), .help = "the same, and what the jobs are (-tt)" },
    { .name = "quiesce", .type = ARG_TEXT, AT(quiesce_text), .value = "true|false",
      .help = "take no new jobs and finish those under way; false: take them again (-q)" },
    { .name = "shutdown", .type = ARG_FLAG, AT(shutdown), .help = "stop the cell in order (-s)" },
    { .name = "pid", .type = ARG_NUMBER, AT(pid), .value = "PID", .min = 1, .max = PID_MAX,
      .help = "only if the cell is this process (-i)" },
    REMOTE_OPTIONS(struct cell_args, remote),
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "the cell does not run, or is another process" },
    { CLI_DENIED, "without the right" },
    { CLI_TIMEOUT, "it did not stop in time" },
};

/* The cell of this machine, when it runs. Over HTTPS (--url) there is nothing to look for. */
static bool find(struct cli *cli, const struct cell_args *a, struct here_place *ret, pid_t *ret_pid, struct err *e)
{
    if (!here_find(cli, a->remote.config, a->remote.data_dir, a->remote.lab, ret, e))
        return false;
    if (!store_datadir_held(ret->data_dir, ret_pid) || !*ret_pid)
        return err_set(e, ERR_PEER, "the cell does not run");
    return !a->pid.given || a->pid.value == *ret_pid ||
           err_set(e, ERR_PEER, "the cell is process %ld, not %lld", (long)*ret_pid, (long long)a->pid.value);
}

static bool stop(struct cli *cli, const char *directory, pid_t pid, struct err *e)
{
    const int64_t until = clock_mono_ms() + STOP_MS;
    pid_t now = pid;
    if (kill(pid, SIGTERM))
        return err_sys(e, errno == EPERM ? ERR_DENIED : ERR_PEER, errno, "stopping process %ld", (long)pid);
    while (store_datadir_held(directory, &now) && now == pid) {
        if (clock_mono_ms() >= until)
            return err_set(e, ERR_TIMEOUT, "process %ld was told to stop and is still there", (long)pid);
        follow_pause(STOP_PAUSE_MS);
    }
    out_note(&cli->out, "the cell has stopped");
    return true;
}

static void print(struct cli *cli, const json_t *state, const json_t *tasks)
{
    size_t i;
    json_t *t;
    json_int_t jobs = answer_number(state, "jobs");
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL) {
        out_json(&cli->out, json_pack("{s:I, s:b}", "jobs", jobs, "active", answer_true(state, "active")));
        return;
    }
    out_printf(&cli->out, "Job count = %lld\nIs Active = %s\n", (long long)jobs, answer_true(state, "active") ? "true" : "false");
    json_array_foreach(tasks, i, t)
        if (follow_unfinished(t))
            out_printf(&cli->out, "%s: %s\n", answer_shown(t, "operation", "a task", &cli->arena),
                       answer_shown(t, "details", "-", &cli->arena));
}

/* What runs, of all organizations: with -tt. */
static bool tasks_of(struct remote *r, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    if (!remote_get(r, "/api/query?type=adminTask&filter=status==running&pageSize=128", &answer, e))
        return false;
    *ret = json_incref(answer_member(answer, "record"));
    return true;
}

static bool ask(struct cli *cli, const struct cell_args *a, bool active, struct err *e)
{
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *state = NULL;
    AUTO(wire_json_decrefp) json_t *tasks = NULL;
    if (!remote_open(cli, &a->remote, &r, e))
        return false;
    if (!(a->quiesce_text ? remote_send(r, "PUT", PATH, json_pack("{s:b}", "active", active), &state, e) : remote_get(r, PATH, &state, e)) ||
        (a->verbose && !tasks_of(r, &tasks, e)))
        return false;
    print(cli, state, tasks);
    return true;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct cell_args *a = args;
    struct here_place place = { 0 };
    struct err e = { 0 };
    pid_t pid = 0;
    bool yes = a->quiesce_text && !strcmp(a->quiesce_text, "true");
    if (a->quiesce_text && !yes && strcmp(a->quiesce_text, "false") != 0)
        return cli_usage(cli, "--quiesce is neither true nor false");
    if (!a->status && !a->verbose && !a->quiesce_text && !a->shutdown)
        return cli_usage(cli, "say --status, --quiesce or --shutdown");
    if (a->shutdown && a->remote.url)
        return cli_usage(cli, "--shutdown stops the cell of this machine: leave --url out");
    if (!a->remote.url && !find(cli, a, &place, &pid, &e))
        return cli_fail(cli, &e);
    if ((a->status || a->verbose || a->quiesce_text) && !ask(cli, a, !yes, &e))
        return cli_fail(cli, &e);
    if (a->shutdown && !stop(cli, place.data_dir, pid, &e))
        return cli_fail(cli, &e);
    return CLI_DONE;
}

const struct cli_command tool_cell = {
    .noun = "cell",
    .summary = "whether the cell runs and works, take no new work, stop it",
    .about = "Works on the cell of this machine. A quiesced cell refuses new jobs, finishes those under way and serves everything else; its "
             "next start takes work again. --shutdown stops it as the service manager does: what is under way rests and goes on with the "
             "next start.",
    .examples = "cell-management-tool cell --status\ncell-management-tool cell --quiesce true\ncell-management-tool cell --shutdown",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct cell_args),
    .run = run,
};
