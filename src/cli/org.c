/* vouchsafe org add, list, show, edit, remove: organizations. */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "wire/json.h"

struct org_args {
    struct remote_args remote;
    const char *name, *full_name, *description;
    bool enable, disable, yes;
};

#define AT(field) .at = offsetof(struct org_args, field)
#define TEXTS                                                                                                              \
    { .name = "full-name", .type = ARG_TEXT, AT(full_name), .value = "TEXT", .help = "what people read instead of NAME" }, \
    { .name = "description", .type = ARG_TEXT, AT(description), .value = "TEXT", .help = "what others should know" },      \
    { .name = "disable", .type = ARG_FLAG, AT(disable), .help = "its users can't log in" }

static const struct arg_option options[] = { REMOTE_OPTIONS(struct org_args, remote) };
static const struct arg_option add_options[] = { TEXTS, REMOTE_OPTIONS(struct org_args, remote) };
static const struct arg_option edit_options[] = {
    TEXTS, { .name = "enable", .type = ARG_FLAG, AT(enable), .help = "its users can log in again" }, REMOTE_OPTIONS(struct org_args, remote),
};
static const struct arg_option remove_options[] = {
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" }, REMOTE_OPTIONS(struct org_args, remote),
};

static const struct arg_operand name_operand[] = {
    { .name = "ORG", AT(name), .help = "its name, or its id", .kind = "org" },
};

static const struct cli_code codes[] = {
    OBJECT_CODES("there is no such organization, or the answer was no"),
    { CLI_CONFLICT, "the name is taken" },
};

static json_t *row_of(const json_t *o)
{
    json_int_t count = answer_number(o, "userCount");
    json_t *j = json_object();
    json_object_set_new(j, "name", answer_text(o, "name"));
    json_object_set_new(j, "id", answer_text(o, "id"));
    json_object_set_new(j, "full_name", answer_text(o, "displayName"));
    json_object_set_new(j, "description", answer_text(o, "description"));
    json_object_set_new(j, "enabled", json_boolean(answer_true(o, "isEnabled")));
    json_object_set_new(j, "users", count < 0 ? json_null() : json_integer(count));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "ORG", .key = "name" },
    { .title = "FULL NAME", .key = "full_name" },
    { .title = "ENABLED", .key = "enabled" },
    { .title = "USERS", .key = "users", .right = true },
    { .title = "ABOUT", .key = "description", .wide = true },
    { .title = "ID", .key = "id", .wide = true },
};

static const struct object orgs = {
    .what = "org", .path = "/cloudapi/1.0.0/orgs", .name = "name", .id = "id", .plural = "orgs",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct org_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_list(cli, r, &orgs) : cli_fail(cli, &e);
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct org_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *o = NULL;
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !object_find(r, &orgs, a->name, &o, &e))
        return cli_fail(cli, &e);
    object_print(cli, &orgs, o);
    return CLI_DONE;
}

/* A body: what is there, and what was named instead of it. */
static bool fill(const struct org_args *a, const char *name, json_t *body, struct err *e)
{
    bool ok = !json_object_set_new(body, "name", json_string(name)) &&
              (!a->full_name || !json_object_set_new(body, "displayName", json_string(a->full_name))) &&
              (!a->description || !json_object_set_new(body, "description", json_string(a->description)));
    if (a->enable || a->disable)
        json_object_set_new(body, "isEnabled", json_boolean(a->enable));
    return ok || err_set(e, ERR_INPUT, "a name or a description is not UTF-8");
}

static enum cli_exit said(struct cli *cli, const json_t *org, const char *done)
{
    out_note(&cli->out, "organization '%s' is %s", answer_shown(org, "name", "?", &cli->arena), done);
    if (cli->out.format > OUT_WIDE)
        object_print(cli, &orgs, org);
    return CLI_DONE;
}

static enum cli_exit run_add(struct cli *cli, const void *args)
{
    const struct org_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *body = json_object(), *made = NULL;
    struct err e = { 0 };
    if (!fill(a, a->name, body, &e) || !remote_open(cli, &a->remote, &r, &e) ||
        !remote_send(r, "POST", orgs.path, json_incref(body), &made, &e))
        return cli_fail(cli, &e);
    return said(cli, made, "made");
}

static enum cli_exit run_edit(struct cli *cli, const void *args)
{
    const struct org_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *body = json_object(), *o = NULL, *now = NULL;
    struct err e = { 0 };
    const char *path;
    if (a->enable && a->disable)
        return cli_usage(cli, "--enable and --disable exclude each other");
    if (!a->enable && !a->disable && !a->full_name && !a->description)
        return cli_usage(cli, "nothing says what to change");
    if (!remote_open(cli, &a->remote, &r, &e) || !object_find(r, &orgs, a->name, &o, &e) ||
        !object_path(&orgs, o, &cli->arena, &path, &e) || !fill(a, answer_str(o, "name"), body, &e) ||
        !remote_send(r, "PUT", path, json_incref(body), &now, &e))
        return cli_fail(cli, &e);
    return said(cli, now, "changed");
}

static enum cli_exit run_remove(struct cli *cli, const void *args)
{
    const struct org_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_remove(cli, r, &orgs, a->name, a->yes, "Remove", "is removed") : cli_fail(cli, &e);
}

#define COMMON .noun = "org", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct org_args)
#define NAMED .operands = name_operand, .operands_len = ARRAY_LEN(name_operand)

const struct cli_command command_org_add = {
    COMMON,
    NAMED,
    .verb = "add",
    .summary = "make an organization",
    .about = "Makes an organization. Its users come with 'vouchsafe user add --org'. What it trusts serves its own test connections only, "
             "never the infrastructure.",
    .examples = "vouchsafe org add acme --full-name 'ACME Corporation'",
    .options = add_options,
    .options_len = ARRAY_LEN(add_options),
    .run = run_add,
};

const struct cli_command command_org_list = {
    COMMON,
    .verb = "list",
    .summary = "the organizations",
    .about = "Lists the organizations; whoever is no provider sees one.",
    .examples = "vouchsafe org list",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_list,
};

const struct cli_command command_org_show = {
    COMMON,
    NAMED,
    .verb = "show",
    .summary = "one organization at length",
    .about = "Shows one organization.",
    .examples = "vouchsafe org show acme",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_show,
};

const struct cli_command command_org_edit = {
    COMMON,
    NAMED,
    .verb = "edit",
    .summary = "change an organization's texts, or whether its users can log in",
    .about = "Changes what is named and leaves the rest. Disabling ends the sessions of its users.",
    .examples = "vouchsafe org edit acme --disable",
    .options = edit_options,
    .options_len = ARRAY_LEN(edit_options),
    .run = run_edit,
};

const struct cli_command command_org_remove = {
    COMMON,
    NAMED,
    .verb = "remove",
    .summary = "remove an organization that is disabled and empty",
    .about = "Removes an organization. It has to be disabled, and without users.",
    .examples = "vouchsafe org edit acme --disable\nvouchsafe org remove acme --yes",
    .options = remove_options,
    .options_len = ARRAY_LEN(remove_options),
    .run = run_remove,
};
