/* vouchsafe user add, list, show, edit, remove, password: people who log in. */
#include <string.h>

#include "base/secret.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/password.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "wire/json.h"

struct user_args {
    struct remote_args remote;
    const char *name, *org, *role, *full_name, *email, *telephone, *description, *password_file, *current_file;
    bool enable, disable, yes;
};

#define AT(field) .at = offsetof(struct user_args, field)
#define ORG                                                                     \
    { .name = "org", .type = ARG_TEXT, AT(org), .value = "ORG",                 \
      .help = "in this organization, by name or id; without it in one's own" }
#define TEXTS                                                                                                                \
    { .name = "role", .type = ARG_TEXT, AT(role), .value = "ROLE", .help = "what the user may do ('vouchsafe role list')" }, \
    { .name = "full-name", .type = ARG_TEXT, AT(full_name), .value = "TEXT", .help = "who this is" },                        \
    { .name = "email", .type = ARG_TEXT, AT(email), .value = "ADDRESS", .help = "the user's mail address" },                 \
    { .name = "telephone", .type = ARG_TEXT, AT(telephone), .value = "NUMBER", .help = "the user's telephone" },             \
    { .name = "description", .type = ARG_TEXT, AT(description), .value = "TEXT", .help = "what others should know" },        \
    { .name = "disable", .type = ARG_FLAG, AT(disable), .help = "the user can't log in; sessions end" }

static const struct arg_option options[] = { ORG, REMOTE_OPTIONS(struct user_args, remote) };
static const struct arg_option add_options[] = {
    TEXTS, ORG,
    { .name = "password-file", .type = ARG_TEXT, AT(password_file), .value = "FILE",
      .help = "the new password is the first line of this file (-: standard input, the default without a terminal); a terminal is "
              "asked twice" },
    REMOTE_OPTIONS(struct user_args, remote),
};
static const struct arg_option edit_options[] = {
    TEXTS, { .name = "enable", .type = ARG_FLAG, AT(enable), .help = "the user can log in again" }, ORG,
    REMOTE_OPTIONS(struct user_args, remote),
};
static const struct arg_option password_options[] = {
    { .name = "password-file", .type = ARG_TEXT, AT(password_file), .value = "FILE",
      .help = "the new password is the first line of this file (-: standard input, the default without a terminal); a terminal is "
              "asked twice" },
    { .name = "current-password-file", .type = ARG_TEXT, AT(current_file), .value = "FILE",
      .help = "the password so far: whoever changes an own one without the right to manage users needs it" },
    ORG,
    REMOTE_OPTIONS(struct user_args, remote),
};
static const struct arg_option remove_options[] = {
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" }, ORG, REMOTE_OPTIONS(struct user_args, remote),
};

static const struct arg_operand name_operand[] = {
    { .name = "USER", AT(name), .help = "the name without @ORG, or the id", .kind = "user" },
};

static const struct cli_code codes[] = {
    OBJECT_CODES("there is no such user, or the answer was no"),
    { CLI_CONFLICT, "the name is taken" },
};

static json_t *row_of(const json_t *u)
{
    const json_t *role = json_array_get(answer_member(u, "roleEntityRefs"), 0);
    json_t *j = json_object();
    json_object_set_new(j, "name", answer_text(u, "username"));
    json_object_set_new(j, "id", answer_text(u, "id"));
    json_object_set_new(j, "org", answer_text(u, "orgEntityRef.name"));
    json_object_set_new(j, "role", answer_text(role, "name"));
    json_object_set_new(j, "enabled", json_boolean(answer_true(u, "enabled")));
    json_object_set_new(j, "full_name", answer_text(u, "fullName"));
    json_object_set_new(j, "email", answer_text(u, "email"));
    json_object_set_new(j, "telephone", answer_text(u, "telephone"));
    json_object_set_new(j, "description", answer_text(u, "description"));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "USER", .key = "name" },
    { .title = "ORG", .key = "org" },
    { .title = "ROLE", .key = "role" },
    { .title = "ENABLED", .key = "enabled" },
    { .title = "FULL NAME", .key = "full_name" },
    { .title = "MAIL", .key = "email", .wide = true },
    { .title = "TELEPHONE", .key = "telephone", .wide = true },
    { .title = "ABOUT", .key = "description", .wide = true },
    { .title = "ID", .key = "id", .wide = true },
};

static const struct object users = {
    .what = "user", .path = "/cloudapi/1.0.0/users", .name = "username", .id = "id", .plural = "users",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
};

static bool open_in(struct cli *cli, const struct user_args *a, struct remote **ret, struct err *e)
{
    return object_open(cli, &a->remote, a->org, ret, e);
}

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return open_in(cli, args, &r, &e) ? object_list(cli, r, &users) : cli_fail(cli, &e);
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct user_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *u = NULL;
    struct err e = { 0 };
    if (!open_in(cli, a, &r, &e) || !object_find(r, &users, a->name, &u, &e))
        return cli_fail(cli, &e);
    object_print(cli, &users, u);
    return CLI_DONE;
}

static bool put(json_t *o, const char *key, const char *text, struct err *e)
{
    return !text || !json_object_set_new(o, key, json_string(text)) || err_set(e, ERR_INPUT, "%s is not UTF-8", key);
}

static bool put_secret(json_t *o, const char *key, const struct secret *s, struct err *e)
{
    return !json_object_set_new(o, key, json_stringn((const char *)s->bytes, s->len)) ||
           err_set(e, ERR_INPUT, "the password is not UTF-8");
}

static bool put_texts(json_t *o, const struct user_args *a, struct err *e)
{
    if (!put(o, "fullName", a->full_name, e) || !put(o, "email", a->email, e) || !put(o, "telephone", a->telephone, e) ||
        !put(o, "description", a->description, e))
        return false;
    json_t *role = a->role ? json_pack("[{s:s}]", "name", a->role) : NULL;
    if (a->role && json_object_set_new(o, "roleEntityRefs", role))
        return err_set(e, ERR_INPUT, "--role is not UTF-8");
    if (a->enable || a->disable)
        json_object_set_new(o, "enabled", json_boolean(a->enable));
    return true;
}

static enum cli_exit run_add(struct cli *cli, const void *args)
{
    const struct user_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(secret_done) struct secret password = { 0 };
    AUTO(wire_json_decrefp) json_t *body = json_object(), *made = NULL;
    struct err e = { 0 };
    if (!a->role)
        return cli_usage(cli, "--role ROLE is missing");
    if (!put(body, "username", a->name, &e) || !put_texts(body, a, &e) || !open_in(cli, a, &r, &e) ||
        !password_read(&cli->out, a->password_file, arena_printf(&cli->arena, "Password of %s", a->name), &password, &e) ||
        !put_secret(body, "password", &password, &e) || !remote_send(r, "POST", users.path, json_incref(body), &made, &e))
        return cli_fail(cli, &e);
    out_note(&cli->out, "user '%s' is made", a->name);
    if (cli->out.format > OUT_WIDE)
        object_print(cli, &users, made);
    return CLI_DONE;
}

/* Sends what shall be different of one that is there; what a body does not name stays. */
static enum cli_exit change(struct cli *cli, struct remote *r, const struct user_args *a, json_t *body, const char *done)
{
    AUTO(wire_json_decrefp) json_t *u = NULL, *now = NULL;
    struct err e = { 0 };
    const char *path;
    if (!object_find(r, &users, a->name, &u, &e) || !object_path(&users, u, &cli->arena, &path, &e) ||
        !remote_send(r, "PUT", path, json_incref(body), &now, &e))
        return cli_fail(cli, &e);
    out_note(&cli->out, "user '%s' %s", answer_shown(u, "username", a->name, &cli->arena), done);
    if (cli->out.format > OUT_WIDE)
        object_print(cli, &users, now);
    return CLI_DONE;
}

static enum cli_exit run_edit(struct cli *cli, const void *args)
{
    const struct user_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *body = json_object();
    struct err e = { 0 };
    if (a->enable && a->disable)
        return cli_usage(cli, "--enable and --disable exclude each other");
    if (!put_texts(body, a, &e))
        return cli_fail(cli, &e);
    if (!json_object_size(body))
        return cli_usage(cli, "nothing says what to change");
    return open_in(cli, a, &r, &e) ? change(cli, r, a, body, "is changed") : cli_fail(cli, &e);
}

static enum cli_exit run_password(struct cli *cli, const void *args)
{
    const struct user_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(secret_done) struct secret password = { 0 }, current = { 0 };
    AUTO(wire_json_decrefp) json_t *body = json_object();
    struct err e = { 0 };
    if (!open_in(cli, a, &r, &e) ||
        (a->current_file && (!password_known(&cli->out, "--current-password-file", a->current_file, "", &current, &e) ||
                             !put_secret(body, "currentPassword", &current, &e))) ||
        !password_read(&cli->out, a->password_file, arena_printf(&cli->arena, "New password of %s", a->name), &password, &e) ||
        !put_secret(body, "password", &password, &e))
        return cli_fail(cli, &e);
    return change(cli, r, a, body, "has a new password; other sessions of the user have ended");
}

static enum cli_exit run_remove(struct cli *cli, const void *args)
{
    const struct user_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return open_in(cli, a, &r, &e) ? object_remove(cli, r, &users, a->name, a->yes, "Remove with all sessions and API tokens", "is removed")
                                : cli_fail(cli, &e);
}

#define COMMON .noun = "user", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct user_args)
#define NAMED .operands = name_operand, .operands_len = ARRAY_LEN(name_operand)

const struct cli_command command_user_add = {
    COMMON,
    NAMED,
    .verb = "add",
    .summary = "make a user who can log in",
    .about = "Makes a user of one's own organization or of --org. The password has 8 characters or more, and comes from a file, standard "
             "input, or a terminal that is asked twice: never from the command line. Nobody gives a role with a right that he has not.",
    .examples = "vouchsafe user add alice --role 'System Administrator' --full-name 'Alice A.'\n"
                "vouchsafe user add bob --org acme --role 'Organization Administrator' --password-file bob.password",
    .options = add_options,
    .options_len = ARRAY_LEN(add_options),
    .run = run_add,
};

const struct cli_command command_user_list = {
    COMMON,
    .verb = "list",
    .summary = "who can log in, and as what",
    .about = "Lists the users of one's own organization, or of --org.",
    .examples = "vouchsafe user list\nvouchsafe user list --org acme -o name",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_list,
};

const struct cli_command command_user_show = {
    COMMON,
    NAMED,
    .verb = "show",
    .summary = "one user at length",
    .about = "Shows one user. No password is kept, so none can be shown.",
    .examples = "vouchsafe user show alice",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_show,
};

const struct cli_command command_user_edit = {
    COMMON,
    NAMED,
    .verb = "edit",
    .summary = "change a user's role or texts, or whether the user can log in",
    .about = "Changes what is named and leaves the rest. Disabling ends the user's sessions. One enabled system administrator always stays.",
    .examples = "vouchsafe user edit alice --role 'Organization Administrator'\nvouchsafe user edit bob --disable",
    .options = edit_options,
    .options_len = ARRAY_LEN(edit_options),
    .run = run_edit,
};

const struct cli_command command_user_password = {
    COMMON,
    NAMED,
    .verb = "password",
    .summary = "give a user a new password",
    .about = "Sets the password of a user, which comes from a file, standard input, or a terminal that is asked twice. All sessions of the "
             "user end, but the one that asks.",
    .examples = "vouchsafe user password alice\nvouchsafe user password alice --password-file new.password",
    .options = password_options,
    .options_len = ARRAY_LEN(password_options),
    .run = run_password,
};

const struct cli_command command_user_remove = {
    COMMON,
    NAMED,
    .verb = "remove",
    .summary = "remove a user, with the user's sessions and API tokens",
    .about = "Removes a user of one's own organization or of --org. Nobody removes himself, and one enabled system administrator always stays.",
    .examples = "vouchsafe user remove bob --org acme --yes",
    .options = remove_options,
    .options_len = ARRAY_LEN(remove_options),
    .run = run_remove,
};
