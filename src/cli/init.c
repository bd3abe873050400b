/* vouchsafe init: make a cell's store, its master key, and its first administrator. */
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/password.h"
#include "flow/config.h"
#include "flow/init.h"
#include "flow/org.h"
#include "store/by.h"

struct init_args {
    const char *config, *password_file;
};

#define AT(field) .at = offsetof(struct init_args, field)

static const struct arg_option options[] = {
    { .name = "config", .type = ARG_TEXT, AT(config), .value = "FILE",
      .help = "the cell's configuration: where its data, its store and its master key are" },
    { .name = "password-file", .type = ARG_TEXT, AT(password_file), .value = "FILE",
      .help = "read the administrator's password from this file (-: standard input, which is the default; a terminal is "
              "asked twice)" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "the cell can be started" },
    { CLI_USAGE, "wrong arguments, a file that can't be read, or a password that is too short" },
    { CLI_DENIED, "the data directory or the master key belongs to somebody else, or others may read it" },
    { CLI_CONFLICT, "there is an administrator already, or the cell is running" },
};

static void say(struct cli *cli, const struct init_done *done)
{
    static const char user[] = INIT_ADMINISTRATOR "@" ORG_SYSTEM_NAME;
    switch (cli->out.format) {
    case OUT_TABLE:
    case OUT_WIDE:
        out_printf(&cli->out, "administrator  %s\nstore          %s\nmaster key     %s\n", user, done->store_url,
                   done->key_file);
        break;
    case OUT_JSON:
    case OUT_JSONL:
        out_json(&cli->out, json_pack("{s:s, s:o, s:o, s:b}", "administrator", user, "store", out_text(done->store_url),
                                      "master_key", out_text(done->key_file), "master_key_made", done->key_made));
        break;
    case OUT_NAME:
        out_printf(&cli->out, "%s\n", user);
        break;
    }
    if (done->key_made)
        out_note(&cli->out, "keep a copy of %s apart from the store: without it every stored password is lost",
                 done->key_file);
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct init_args *a = args;
    struct err e;
    struct config c;
    struct init_done done;
    AUTO(secret_done) struct secret password = { 0 };
    if (!a->config)
        return cli_usage(cli, "--config FILE is missing");
    if (!config_file_read(a->config, &c, &cli->arena, &e) ||
        !password_read(&cli->out, a->password_file, "Password of administrator@System", &password, &e))
        return cli_fail(cli, &e);
    const struct init_place place = { c.data_dir, c.store_url, c.master_key_file };
    const struct store_by by = config_file_by("cli.init", &cli->arena);
    if (!init_run(&place, &password, SECRET_COST_MODERATE, &by, &done, &e))
        return cli_fail(cli, &e);
    say(cli, &done);
    return CLI_DONE;
}

const struct cli_command command_init = {
    .noun = "init",
    .summary = "make a cell's store, its master key, and its first administrator",
    .about = "Run once, before the cell's first start, as the user that the cell runs as. There is no default password: the "
             "one of administrator@System is read from a file, from standard input, or asked for twice at a terminal; it "
             "has 8 characters or more.\n\n"
             "Interrupted half way, it finishes when it is run again. A cell that lost its last administrator gets one "
             "back this way while it is stopped.",
    .examples = "vouchsafe init --config /etc/vouchsafe.conf\n"
                "vouchsafe init --config /etc/vouchsafe.conf --password-file /etc/vouchsafe.password",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct init_args),
    .run = run,
};
