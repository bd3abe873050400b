/* vouchsafe vcenter list, show, remove: what is registered, and taking it away. */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/vcenters.h"
#include "wire/json.h"

struct list_args {
    struct remote_args remote;
};

struct one_args {
    struct remote_args remote;
    const char *name;
    bool yes;
};

static const struct arg_option list_options[] = { REMOTE_OPTIONS(struct list_args, remote) };
static const struct arg_option show_options[] = { REMOTE_OPTIONS(struct one_args, remote) };
static const struct arg_option remove_options[] = {
    REMOTE_OPTIONS(struct one_args, remote),
    { .name = "yes", .type = ARG_FLAG, .at = offsetof(struct one_args, yes), .help = "do not ask" },
};

static const struct arg_operand name_operand[] = {
    { .name = "NAME", .at = offsetof(struct one_args, name), .help = "the name that it was registered by, or its URN", .kind = "vcenter" },
};

static const struct cli_code list_codes[] = {
    { CLI_DONE, "listed, even if there is none" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
};

static const struct cli_code one_codes[] = {
    { CLI_DONE, "done" },
    { CLI_FAILED, "there is none of that name, or the cell refused" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
    { CLI_CONFLICT, "it is busy, enabled or in use" },
};

/* ---- list ---- */

static enum out_style state_style(const json_t *row)
{
    return answer_true(row, "connected") ? OUT_GOOD : answer_true(row, "enabled") ? OUT_BAD : OUT_DIM;
}

static const struct rows_column columns[] = {
    { .title = "NAME", .key = "name" },
    { .title = "ENABLED", .key = "enabled" },
    { .title = "STATE", .key = "state", .style = state_style },
    { .title = "VERSION", .key = "version" },
    { .title = "VMCA", .key = "trust.vmca" },
    { .title = "HOSTS", .key = "trust.verified_text" },
    { .title = "URL", .key = "url" },
    { .title = "NSX-V", .key = "nsxv", .wide = true },
    { .title = "MODE", .key = "mode", .wide = true },
    { .title = "BUILD", .key = "build", .wide = true },
    { .title = "ID", .key = "id", .wide = true },
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct list_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *all = NULL;
    AUTO(rows_done) struct rows rows = { 0 };
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !remote_list(r, VCENTERS_PATH, &all, &e))
        return cli_fail(cli, &e);
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    size_t i;
    json_t *v;
    json_array_foreach(all, i, v) {
        rows_add(&rows, vcenters_whole(r, v, &cli->arena));
    }
    rows_finish(&rows, "vcenters", NULL);
    if (!json_array_size(all) && cli->out.format <= OUT_WIDE)
        out_note(&cli->out, "no vCenter Server is registered: 'vouchsafe vcenter add NAME --at URL --user USER'");
    return CLI_DONE;
}

const struct cli_command command_vcenter_list = {
    .noun = "vcenter",
    .verb = "list",
    .summary = "the vCenter Servers that are registered, their state, and what is trusted of each",
    .about = "Lists the registered vCenter Servers: whether the cell is connected to each, whether its VMCA is trusted, and how "
             "many of its hosts are verified.",
    .examples = "vouchsafe vcenter list -o wide",
    .options = list_options,
    .options_len = ARRAY_LEN(list_options),
    .codes = list_codes,
    .codes_len = ARRAY_LEN(list_codes),
    .size = sizeof(struct list_args),
    .run = run_list,
};

/* ---- show ---- */

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct one_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *v = NULL;
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !vcenters_find(r, a->name, &cli->arena, &v, &e))
        return cli_fail(cli, &e);
    vcenters_print(cli, r, v);
    return CLI_DONE;
}

const struct cli_command command_vcenter_show = {
    .noun = "vcenter",
    .verb = "show",
    .summary = "one vCenter Server at length",
    .about = "Shows one registered vCenter Server: where it is, its state and version, and what is trusted of it.",
    .examples = "vouchsafe vcenter show vc1",
    .options = show_options,
    .options_len = ARRAY_LEN(show_options),
    .operands = name_operand,
    .operands_len = ARRAY_LEN(name_operand),
    .codes = one_codes,
    .codes_len = ARRAY_LEN(one_codes),
    .size = sizeof(struct one_args),
    .run = run_show,
};

/* ---- remove ---- */


/* The API removes only what is disabled. */
static bool disable(struct cli *cli, struct remote *r, const char *path, json_t *v, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *done = NULL;
    const char *task;
    if (!answer_true(v, "isEnabled"))
        return true;
    json_object_set_new(v, "isEnabled", json_false());
    (void)json_object_del(v, "password"); /* absent: as it was */
    out_note(&cli->out, "disabling it first");
    return remote_start(r, "PUT", path, json_incref(v), &cli->arena, &task, e) && follow_task(cli, r, task, 0, &done, e);
}

static enum cli_exit run_remove(struct cli *cli, const void *args)
{
    const struct one_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *v = NULL;
    AUTO(wire_json_decrefp) json_t *done = NULL;
    struct err e = { 0 };
    const char *path, *task;
    if (!remote_open(cli, &a->remote, &r, &e) || !vcenters_find(r, a->name, &cli->arena, &v, &e) ||
        !prompt_agreed(&cli->out, a->yes, "--yes",
                       arena_printf(&cli->arena, "Remove %s, and the trust that was given for it?",
                                    answer_shown(v, "name", "it", &cli->arena)), &e) ||
        !vcenters_path(v, &cli->arena, &path, &e) || !disable(cli, r, path, v, &e) ||
        !remote_start(r, "DELETE", path, NULL, &cli->arena, &task, &e) || !follow_task(cli, r, task, 0, &done, &e))
        return cli_fail(cli, &e);
    out_note(&cli->out, "%s is removed", answer_shown(v, "name", "it", &cli->arena));
    return CLI_DONE;
}

const struct cli_command command_vcenter_remove = {
    .noun = "vcenter",
    .verb = "remove",
    .summary = "unregister a vCenter Server",
    .about = "Disables the vCenter Server if it is enabled, removes it, and with it the grants that were made for it alone. On the "
             "vCenter Server nothing is changed.",
    .examples = "vouchsafe vcenter remove vc1 --yes",
    .options = remove_options,
    .options_len = ARRAY_LEN(remove_options),
    .operands = name_operand,
    .operands_len = ARRAY_LEN(name_operand),
    .codes = one_codes,
    .codes_len = ARRAY_LEN(one_codes),
    .size = sizeof(struct one_args),
    .run = run_remove,
};
