/* vouchsafe nsx add, list, show, remove: NSX-T Managers. */
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/password.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/steps.h"
#include "cli/verdict.h"
#include "wire/json.h"

struct nsx_args {
    struct remote_args remote;
    const char *name, *at, *user, *password_file, *description, *trust;
    bool yes;
};

#define AT(field) .at = offsetof(struct nsx_args, field)

static const struct arg_option add_options[] = {
    { .name = "at", .type = ARG_TEXT, AT(at), .value = "URL", .help = "the NSX Manager: https://HOST[:PORT]" },
    { .name = "user", .type = ARG_TEXT, AT(user), .value = "USER", .help = "the account there" },
    { .name = "password-file", .type = ARG_TEXT, AT(password_file), .value = "FILE",
      .help = "its password is the first line of this file (-: standard input); without it there is a question" },
    { .name = "trust-fingerprint", .type = ARG_TEXT, AT(trust), .value = "SHA256:..",
      .help = "step 1 without a question: trust the endpoint if this certificate is in what it presents" },
    { .name = "description", .type = ARG_TEXT, AT(description), .value = "TEXT", .help = "what others should know of it" },
    REMOTE_OPTIONS(struct nsx_args, remote),
};
static const struct arg_option options[] = { REMOTE_OPTIONS(struct nsx_args, remote) };
static const struct arg_option remove_options[] = {
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" },
    REMOTE_OPTIONS(struct nsx_args, remote),
};

static const struct arg_operand name_operand[] = {
    { .name = "NAME", AT(name), .help = "what it is called here", .kind = "nsx" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done" },
    { CLI_FAILED, "there is none of that name, or the answer was no" },
    { CLI_USAGE, "wrong arguments, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell or the NSX Manager can't be reached" },
    { CLI_DENIED, "not logged in, without the right, or the NSX Manager refused the password" },
    { CLI_UNTRUSTED, "a certificate is not trusted; nothing was changed" },
    { CLI_CONFLICT, "the name is taken" },
};

static json_t *row_of(const json_t *m)
{
    json_t *j = json_object();
    json_object_set_new(j, "name", answer_text(m, "name"));
    json_object_set_new(j, "id", answer_text(m, "id"));
    json_object_set_new(j, "description", answer_text(m, "description"));
    json_object_set_new(j, "url", answer_text(m, "url"));
    json_object_set_new(j, "user", answer_text(m, "username"));
    json_object_set_new(j, "version", answer_text(m, "version"));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "NAME", .key = "name" },
    { .title = "VERSION", .key = "version" },
    { .title = "URL", .key = "url" },
    { .title = "USER", .key = "user", .wide = true },
    { .title = "ID", .key = "id", .wide = true },
    { .title = "ABOUT", .key = "description", .wide = true },
};

static const struct object managers = {
    .what = "NSX Manager", .noun = "nsx", .path = "/api/admin/extension/nsxtManagers", .member = "nsxTManager", .by_uuid = true,
    .name = "name", .id = "id", .plural = "managers", .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
    .warning = "The trust that was given for it goes as well.",
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct nsx_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_list(cli, r, &managers) : cli_fail(cli, &e);
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct nsx_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *m = NULL;
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !object_find(r, &managers, a->name, &m, &e))
        return cli_fail(cli, &e);
    object_print(cli, &managers, m);
    return CLI_DONE;
}

/* ---- add, remove ---- */

static bool enlist(struct cli *cli, struct remote *r, const struct nsx_args *a, json_t **ret, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    if (!password_known(&cli->out, "--password-file", a->password_file,
                        arena_printf(&cli->arena, "Password of %s at %s", a->user, a->at), &password, e))
        return false;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", a->name, "description", a->description ? a->description : "",
                             "url", a->at, "username", a->user, "password",
                             json_stringn((const char *)password.bytes, password.len));
    if (!body)
        return err_set(e, ERR_INPUT, "a name, a user or a password is not UTF-8");
    return remote_send(r, "POST", managers.path, body, ret, e);
}

static enum cli_exit run_add(struct cli *cli, const void *args)
{
    const struct nsx_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *m = NULL;
    uint8_t digest[DIGEST_SHA256];
    struct err e = { 0 };
    const struct step_look look = { a->at, a->trust, "--trust-fingerprint" };
    if (!a->at || !a->user)
        return cli_usage(cli, "%s is missing", a->at ? "--user USER" : "--at URL");
    if (a->trust && !verdict_sha256_read("--trust-fingerprint", a->trust, digest, &e))
        return cli_usage(cli, "%s", e.msg);
    if (!remote_open(cli, &a->remote, &r, &e) || !step_look(cli, r, &look, &e) || !enlist(cli, r, a, &m, &e))
        return cli_fail(cli, &e);
    out_note(&cli->out, "%s is registered", a->name);
    if (cli->out.format > OUT_WIDE)
        object_print(cli, &managers, m);
    return CLI_DONE;
}

static enum cli_exit run_remove(struct cli *cli, const void *args)
{
    const struct nsx_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_remove(cli, r, &managers, a->name, a->yes, "Remove", "is removed") : cli_fail(cli, &e);
}

#define COMMON .noun = "nsx", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct nsx_args)
#define NAMED .operands = name_operand, .operands_len = ARRAY_LEN(name_operand)

const struct cli_command command_nsx_list = {
    COMMON,
    .verb = "list",
    .summary = "the NSX Managers that are registered",
    .about = "Lists the registered NSX-T Managers. An NSX-V Manager belongs to its vCenter Server ('vcenter list -o wide').",
    .examples = "vouchsafe nsx list",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_list,
};

const struct cli_command command_nsx_show = {
    COMMON,
    NAMED,
    .verb = "show",
    .summary = "one NSX Manager at length",
    .about = "Shows one registered NSX Manager.",
    .examples = "vouchsafe nsx show nsx1",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_show,
};

const struct cli_command command_nsx_add = {
    COMMON,
    NAMED,
    .verb = "add",
    .summary = "register an NSX Manager, once its certificate is trusted",
    .about = "Shows what the NSX Manager presents before any credential leaves, asks, trusts it for that endpoint and nothing else, "
             "logs in and registers it. Without a terminal --trust-fingerprint and --password-file answer the questions.",
    .examples = "vouchsafe nsx add nsx1 --at https://nsx1.example.com --user admin",
    .options = add_options,
    .options_len = ARRAY_LEN(add_options),
    .run = run_add,
};

const struct cli_command command_nsx_remove = {
    COMMON,
    NAMED,
    .verb = "remove",
    .summary = "unregister an NSX Manager",
    .about = "Removes the NSX Manager, and with it the grants that were made for it alone. On the NSX Manager nothing is changed.",
    .examples = "vouchsafe nsx remove nsx1 --yes",
    .options = remove_options,
    .options_len = ARRAY_LEN(remove_options),
    .run = run_remove,
};
