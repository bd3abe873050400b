/* vouchsafe role list, show, add, edit, remove and right list: what users may do. */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "wire/json.h"

struct role_args {
    struct remote_args remote;
    const char *name, *org, *description;
    struct arg_list rights;
    bool yes;
};

#define AT(field) .at = offsetof(struct role_args, field)
#define ORG                                                                     \
    { .name = "org", .type = ARG_TEXT, AT(org), .value = "ORG",                 \
      .help = "in this organization, by name or id; without it in one's own" }

static const struct arg_option options[] = { ORG, REMOTE_OPTIONS(struct role_args, remote) };
static const struct arg_option save_options[] = {
    { .name = "right", .type = ARG_LIST, AT(rights), .value = "RIGHT",
      .help = "a right that the role gives ('vouchsafe right list'); all that it shall give have to be named" },
    { .name = "description", .type = ARG_TEXT, AT(description), .value = "TEXT", .help = "whom it is for" },
    ORG,
    REMOTE_OPTIONS(struct role_args, remote),
};
static const struct arg_option remove_options[] = {
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" }, ORG, REMOTE_OPTIONS(struct role_args, remote),
};

static const struct arg_operand name_operand[] = {
    { .name = "ROLE", AT(name), .help = "its name, or its id", .kind = "role" },
};

static const struct cli_code codes[] = {
    OBJECT_CODES("there is no such role or right, or the answer was no"),
    { CLI_CONFLICT, "the name is taken" },
};

static const struct cli_code right_codes[] = { OBJECT_CODES("there is no such organization") };

static json_t *row_of(const json_t *role)
{
    json_t *j = json_object();
    json_object_set_new(j, "name", answer_text(role, "name"));
    json_object_set_new(j, "id", answer_text(role, "id"));
    json_object_set_new(j, "description", answer_text(role, "description"));
    json_object_set_new(j, "fixed", json_boolean(answer_true(role, "readOnly")));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "ROLE", .key = "name" },
    { .title = "COMES WITH THE CELL", .key = "fixed" },
    { .title = "ABOUT", .key = "description" },
    { .title = "ID", .key = "id", .wide = true },
};

static const struct object roles = {
    .what = "role", .path = "/cloudapi/1.0.0/roles", .name = "name", .id = "id", .plural = "roles",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
};

static json_t *right_row(const json_t *right)
{
    return json_pack("{s:o, s:o, s:o}", "name", answer_text(right, "name"), "id", answer_text(right, "id"), "type",
                     answer_text(right, "rightType"));
}

static const struct rows_column right_columns[] = {
    { .title = "RIGHT", .key = "name" },
    { .title = "TYPE", .key = "type" },
    { .title = "ID", .key = "id", .wide = true },
};

static const struct object rights = {
    .what = "right", .path = "/cloudapi/1.0.0/rights", .name = "name", .id = "id", .plural = "rights",
    .columns = right_columns, .columns_len = ARRAY_LEN(right_columns), .row = right_row,
};

static bool open_in(struct cli *cli, const struct role_args *a, struct remote **ret, struct err *e)
{
    return object_open(cli, &a->remote, a->org, ret, e);
}

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return open_in(cli, args, &r, &e) ? object_list(cli, r, &roles) : cli_fail(cli, &e);
}

static enum cli_exit run_rights(struct cli *cli, const void *args)
{
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return open_in(cli, args, &r, &e) ? object_list(cli, r, &rights) : cli_fail(cli, &e);
}

/* Its row, with the names of its rights. */
static bool whole(struct cli *cli, struct remote *r, const json_t *role, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *his = NULL;
    const char *path;
    size_t i;
    json_t *right;
    if (!object_path(&roles, role, &cli->arena, &path, e) ||
        !remote_list(r, arena_printf(&cli->arena, "%s/rights", path), &his, e))
        return false;
    json_t *row = row_of(role), *names = json_array();
    json_array_foreach(his, i, right) {
        json_array_append_new(names, answer_text(right, "name"));
    }
    json_object_set_new(row, "rights", names);
    *ret = row;
    return true;
}

static bool print_whole(struct cli *cli, struct remote *r, const json_t *role, struct err *e)
{
    json_t *row;
    if (!whole(cli, r, role, &row, e))
        return false;
    AUTO(wire_json_decrefp) json_t *names = json_incref(json_object_get(row, "rights"));
    object_print_row(cli, columns, ARRAY_LEN(columns), row);
    for (size_t i = 0; cli->out.format <= OUT_WIDE && i < json_array_size(names); i++)
        out_printf(&cli->out, "    %s\n", json_string_value(json_array_get(names, i)));
    return true;
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct role_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *role = NULL;
    struct err e = { 0 };
    if (!open_in(cli, a, &r, &e) || !object_find(r, &roles, a->name, &role, &e) || !print_whole(cli, r, role, &e))
        return cli_fail(cli, &e);
    return CLI_DONE;
}

/* Every name is known before anything is changed. */
static bool check_rights(struct remote *r, const struct arg_list *names, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *values = json_array();
    for (size_t i = 0; i < names->len; i++) {
        AUTO(wire_json_decrefp) json_t *right = NULL;
        if (!object_find(r, &rights, names->items[i], &right, e))
            return false;
        json_array_append_new(values, json_pack("{s:o, s:o}", "id", answer_text(right, "id"), "name", answer_text(right, "name")));
    }
    *ret = json_pack("{s:O}", "values", values);
    return true;
}

static bool put_rights(struct cli *cli, struct remote *r, const json_t *role, const json_t *names, struct err *e)
{
    const char *path;
    return object_path(&roles, role, &cli->arena, &path, e) &&
           remote_send(r, "PUT", arena_printf(&cli->arena, "%s/rights", path), json_deep_copy(names), NULL, e);
}

static enum cli_exit said(struct cli *cli, struct remote *r, const json_t *role, const char *done)
{
    struct err e = { 0 };
    out_note(&cli->out, "role '%s' is %s", answer_shown(role, "name", "?", &cli->arena), done);
    if (cli->out.format > OUT_WIDE && !print_whole(cli, r, role, &e))
        return cli_fail(cli, &e);
    return CLI_DONE;
}

static enum cli_exit run_add(struct cli *cli, const void *args)
{
    const struct role_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *made = NULL, *names = NULL;
    struct err e = { 0 };
    json_t *body = json_pack("{s:s, s:s}", "name", a->name, "description", a->description ? a->description : "");
    if (!body)
        return cli_usage(cli, "the name or the description is not UTF-8");
    if (!open_in(cli, a, &r, &e) || !check_rights(r, &a->rights, &names, &e)) {
        json_decref(body);
        return cli_fail(cli, &e);
    }
    if (!remote_send(r, "POST", roles.path, body, &made, &e) || !put_rights(cli, r, made, names, &e))
        return cli_fail(cli, &e);
    return said(cli, r, made, "made");
}

static enum cli_exit run_edit(struct cli *cli, const void *args)
{
    const struct role_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *role = NULL, *names = NULL;
    struct err e = { 0 };
    const char *path;
    if (!a->rights.len && !a->description)
        return cli_usage(cli, "nothing says what to change");
    if (!open_in(cli, a, &r, &e) || !object_find(r, &roles, a->name, &role, &e) || !check_rights(r, &a->rights, &names, &e) ||
        !object_path(&roles, role, &cli->arena, &path, &e))
        return cli_fail(cli, &e);
    if (a->description && !remote_send(r, "PUT", path, json_pack("{s:o, s:s}", "name", answer_text(role, "name"), "description",
                                                                 a->description), NULL, &e))
        return cli_fail(cli, &e);
    if (a->rights.len && !put_rights(cli, r, role, names, &e))
        return cli_fail(cli, &e);
    return said(cli, r, role, "changed");
}

static enum cli_exit run_remove(struct cli *cli, const void *args)
{
    const struct role_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return open_in(cli, a, &r, &e) ? object_remove(cli, r, &roles, a->name, a->yes, "Remove", "is removed") : cli_fail(cli, &e);
}

#define COMMON .noun = "role", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct role_args)
#define NAMED .operands = name_operand, .operands_len = ARRAY_LEN(name_operand)

const struct cli_command command_role_list = {
    COMMON,
    .verb = "list",
    .summary = "the roles that users can be given",
    .about = "Lists the roles of one's own organization or of --org: those that come with the cell and can't be changed, and its own.",
    .examples = "vouchsafe role list",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_list,
};

const struct cli_command command_role_show = {
    COMMON,
    NAMED,
    .verb = "show",
    .summary = "one role and its rights",
    .about = "Shows a role with the rights that it gives.",
    .examples = "vouchsafe role show 'Organization Administrator'",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_show,
};

const struct cli_command command_role_add = {
    COMMON,
    NAMED,
    .verb = "add",
    .summary = "make a role out of rights",
    .about = "Makes a role of one's own organization or of --org. Nobody gives a right that he has not.",
    .examples = "vouchsafe role add auditor --right 'General: Administrator View' --description 'looks, changes nothing'",
    .options = save_options,
    .options_len = ARRAY_LEN(save_options),
    .run = run_add,
};

const struct cli_command command_role_edit = {
    COMMON,
    NAMED,
    .verb = "edit",
    .summary = "change a role's rights or description",
    .about = "Changes what is named: with --right the role gives exactly the rights that are named from now on. Roles that come with the cell "
             "can't be changed.",
    .examples = "vouchsafe role edit auditor --description 'for the yearly audit'",
    .options = save_options,
    .options_len = ARRAY_LEN(save_options),
    .run = run_edit,
};

const struct cli_command command_role_remove = {
    COMMON,
    NAMED,
    .verb = "remove",
    .summary = "remove a role that no user has",
    .about = "Removes a role of one's own organization or of --org. One that a user has, or that comes with the cell, stays.",
    .examples = "vouchsafe role remove auditor --yes",
    .options = remove_options,
    .options_len = ARRAY_LEN(remove_options),
    .run = run_remove,
};

const struct cli_command command_right_list = {
    .noun = "right",
    .verb = "list",
    .summary = "the rights that a role can give",
    .about = "Lists the rights that there are for users of one's own organization, or of --org.",
    .examples = "vouchsafe right list -o name",
    .codes = right_codes,
    .codes_len = ARRAY_LEN(right_codes),
    .size = sizeof(struct role_args),
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_rights,
};
