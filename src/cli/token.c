/* vouchsafe token create, list, revoke: API tokens, what programs log in with. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "wire/json.h"

enum { FILE_MODE = 0600 };

struct token_args {
    struct remote_args remote;
    const char *name, *file;
    bool yes;
};

#define AT(field) .at = offsetof(struct token_args, field)

static const struct arg_option options[] = { REMOTE_OPTIONS(struct token_args, remote) };
static const struct arg_option create_options[] = {
    { .name = "token-file", .type = ARG_TEXT, AT(file), .value = "FILE",
      .help = "write the token to this new file (mode 0600) instead of showing it" },
    REMOTE_OPTIONS(struct token_args, remote),
};
static const struct arg_option revoke_options[] = {
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" }, REMOTE_OPTIONS(struct token_args, remote),
};

static const struct arg_operand new_operand[] = {
    { .name = "NAME", AT(name), .help = "what it is for; each of a user's tokens has its own" },
};
static const struct arg_operand name_operand[] = {
    { .name = "TOKEN", AT(name), .help = "its name, or its id", .kind = "token" },
};

static const struct cli_code codes[] = {
    OBJECT_CODES("there is no such token, or the answer was no"),
    { CLI_CONFLICT, "the name is taken, or the file exists" },
};

static json_t *row_of(const json_t *t)
{
    json_t *j = json_object();
    json_object_set_new(j, "name", answer_text(t, "name"));
    json_object_set_new(j, "id", answer_text(t, "id"));
    json_object_set_new(j, "user", answer_text(t, "owner.name"));
    json_object_set_new(j, "org", answer_text(t, "org.name"));
    json_object_set_new(j, "made", answer_text(t, "createdAt"));
    json_object_set_new(j, "used", answer_text(t, "lastUsedAt"));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "TOKEN", .key = "name" },  { .title = "USER", .key = "user" },
    { .title = "ORG", .key = "org" },     { .title = "MADE", .key = "made" },
    { .title = "LAST USED", .key = "used" }, { .title = "ID", .key = "id", .wide = true },
};

static const struct object tokens = {
    .what = "token", .path = "/cloudapi/1.0.0/tokens", .name = "name", .id = "id", .plural = "tokens",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct token_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_list(cli, r, &tokens) : cli_fail(cli, &e);
}

/* The file is there before the token is: a token that nobody can read any more would only have to be revoked. */
static bool open_file(const char *path, int *ret, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return err_sys(e, errno == EEXIST ? ERR_CONFLICT : ERR_INPUT, errno, "--token-file %s", path);
    *ret = fd;
    return true;
}

static bool write_file(int fd, const char *path, const struct secret *token, struct err *e)
{
    return (file_write_all(fd, token->bytes, token->len, e) && file_write_all(fd, "\n", 1, e) && file_sync(fd, e)) ||
           err_in(e, "%s", path);
}

static void say(struct cli *cli, const char *name, const char *urn, const char *file)
{
    struct out *o = &cli->out;
    if (o->format == OUT_JSON || o->format == OUT_JSONL)
        out_json(o, json_pack("{s:o, s:o, s:o}", "name", out_text(name), "id", out_text(urn), "token_file",
                              file ? out_text(file) : json_null()));
    else if (o->format == OUT_NAME)
        out_printf(o, "%s\n", urn);
    if (file)
        out_note(o, "the token is in %s; nobody can show it again", file);
    else
        out_note(o, "this is the token; nobody can show it again");
}

static enum cli_exit run_create(struct cli *cli, const void *args)
{
    const struct token_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(secret_done) struct secret token = { 0 };
    AUTO(file_closep) int fd = -1;
    struct err e = { 0 };
    const char *urn;
    if (!a->file && isatty(STDOUT_FILENO) != 1)
        return cli_usage(cli, "the token is shown on a terminal only: name a file with --token-file");
    if (!a->file && cli->out.format > OUT_WIDE)
        return cli_usage(cli, "a token is no part of -o json, jsonl or name: name a file with --token-file");
    if (!remote_open(cli, &a->remote, &r, &e) || (a->file && !open_file(a->file, &fd, &e)))
        return cli_fail(cli, &e);
    bool made = remote_api_token(r, a->name, &cli->arena, &urn, &token, &e);
    if (!made || (a->file && !write_file(fd, a->file, &token, &e))) {
        if (a->file)
            (void)unlink(a->file);
        return cli_fail(cli, &e);
    }
    say(cli, a->name, urn, a->file);
    if (!a->file)
        out_printf(&cli->out, "%.*s\n", (int)token.len, (const char *)token.bytes);
    return CLI_DONE;
}

static enum cli_exit run_revoke(struct cli *cli, const void *args)
{
    const struct token_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_remove(cli, r, &tokens, a->name, a->yes, "Revoke", "is revoked")
                                                : cli_fail(cli, &e);
}

#define COMMON .noun = "token", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct token_args)

const struct cli_command command_token_create = {
    COMMON,
    .verb = "create",
    .summary = "make an API token for a program",
    .about = "Makes an API token of one's own, which a program (Terraform, say) logs in with instead of a password until it is revoked. It "
             "is shown once, and only on a terminal; or it goes to a new file that nobody else can read.",
    .examples = "vouchsafe token create ci --token-file ci.token",
    .options = create_options,
    .options_len = ARRAY_LEN(create_options),
    .operands = new_operand,
    .operands_len = ARRAY_LEN(new_operand),
    .run = run_create,
};

const struct cli_command command_token_list = {
    COMMON,
    .verb = "list",
    .summary = "the API tokens, whose they are, and when they were used",
    .about = "Lists one's own API tokens; with the right to manage users those of the organization, for a provider everybody's. The tokens "
             "themselves are not kept.",
    .examples = "vouchsafe token list",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_list,
};

const struct cli_command command_token_revoke = {
    COMMON,
    .verb = "revoke",
    .summary = "make an API token worthless",
    .about = "Removes an API token: nobody logs in with it any more.",
    .examples = "vouchsafe token revoke ci --yes",
    .options = revoke_options,
    .options_len = ARRAY_LEN(revoke_options),
    .operands = name_operand,
    .operands_len = ARRAY_LEN(name_operand),
    .run = run_revoke,
};
