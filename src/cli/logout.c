/* vouchsafe logout: the session ends at the cell and on this machine. */
#include "cli/commands.h"
#include "cli/remote.h"

struct logout_args {
    struct remote_args remote;
    bool forget;
};

static const struct arg_option logout_options[] = {
    REMOTE_URL_OPTIONS(struct logout_args, remote),
    { .name = "forget", .type = ARG_FLAG, .at = offsetof(struct logout_args, forget),
      .help = "forget the cell's certificate and the user as well" },
};

static const struct cli_code logout_codes[] = {
    { CLI_DONE, "no session is kept any more" },
    { CLI_USAGE, "wrong arguments, or a file that can't be read" },
    { CLI_DENIED, "nobody was logged in" },
};

static enum cli_exit run_logout(struct cli *cli, const void *args)
{
    const struct logout_args *a = args;
    AUTO(context_done) struct context c = { 0 };
    AUTO(remote_closep) struct remote *r = NULL;
    struct url_host host;
    struct err e = { 0 };
    const char *directory, *url = NULL;
    if (!context_directory(cli->env, &cli->arena, &directory, &e) ||
        (a->remote.url && !remote_url(a->remote.url, &cli->arena, &url, &host, &e)))
        return cli_fail(cli, &e);
    if (!context_load(directory, url, &cli->arena, &c, &e)) {
        e.kind = e.kind == ERR_NOT_FOUND ? ERR_DENIED : e.kind;
        return cli_fail(cli, &e);
    }
    /* The cell forgets the session if it can be told; it would by itself after a while. */
    if (c.token.len && (!remote_open(cli, &a->remote, &r, &e) ||
                        !remote_send(r, "DELETE", "/cloudapi/1.0.0/sessions/current", NULL, NULL, &e)) && e.kind != ERR_DENIED)
        out_warn(&cli->out, "the cell was not told: %s", e.msg);
    bool was_in = c.token.len > 0;
    secret_done(&c.token);
    if (!(a->forget ? context_forget(directory, c.url, &e) : context_save(directory, &c, &e)))
        return cli_fail(cli, &e);
    if (!was_in && !a->forget) {
        out_error(&cli->out, "nobody was logged in at %s", c.url);
        return CLI_DENIED;
    }
    out_note(&cli->out, "logged out at %s", c.url);
    return CLI_DONE;
}

const struct cli_command command_logout = {
    .noun = "logout",
    .summary = "end the session at a cell",
    .about = "Ends the session at the cell and removes its token from this machine, also when the cell can't be reached. The "
             "cell's certificate stays known, so that the next login need not ask; --forget removes that too.",
    .examples = "vouchsafe logout\nvouchsafe logout --url cell.example.com --forget",
    .options = logout_options,
    .options_len = ARRAY_LEN(logout_options),
    .codes = logout_codes,
    .codes_len = ARRAY_LEN(logout_codes),
    .size = sizeof(struct logout_args),
    .run = run_logout,
};
