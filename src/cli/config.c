/* vouchsafe config check, show: the cell's configuration, before and while the cell uses it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/here.h"
#include "cli/rows.h"
#include "cli/settled.h"
#include "net/hosts.h"
#include "wire/json.h"

struct config_args {
    const char *config;
};

static const struct arg_option options[] = {
    { .name = "config", .type = ARG_TEXT, .at = offsetof(struct config_args, config), .value = "FILE", .fallback = HERE_CONFIG,
      .env = "VOUCHSAFE_CONFIG", .help = "the cell's configuration" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "the cell would start with it, as far as its configuration goes" },
    { CLI_USAGE, "wrong arguments, or something in the file is wrong; each was said with its line" },
};

/* ---- check ---- */

/* What the file says and the machine does not have. Not wrong in itself: the cell may be about to be made. */
static void warn_of_machine(struct cli *cli, const struct settled *s, json_t *warnings)
{
    const struct config *c = &s->config;
    struct stat st;
    struct err e = { 0 };
    AUTO(hosts_destroyp) struct hosts *hosts = NULL;
    const char *text = NULL;
    if (stat(c->data_dir, &st))
        text = arena_printf(&cli->arena, "data_dir %s: %s ('vouchsafe init' makes it)", c->data_dir, strerror(errno));
    else if ((st.st_mode & 07777) != 0700)
        text = arena_printf(&cli->arena, "data_dir %s has mode %04o; the cell wants 0700", c->data_dir, (unsigned)st.st_mode & 07777);
    if (text)
        json_array_append_new(warnings, out_text(text));
    if (c->resolver_hosts && !(hosts = hosts_load(c->resolver_hosts, &e)))
        json_array_append_new(warnings, out_text(arena_printf(&cli->arena, "resolver.hosts: %s", e.msg)));
}

static json_t *errors_json(const struct settled *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->errors_len; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "line", s->errors[i].line ? json_integer(s->errors[i].line) : json_null(), "text",
                                              out_text(s->errors[i].text)));
    return list;
}

static void say(struct cli *cli, const struct settled *s, const json_t *warnings)
{
    size_t i;
    json_t *w;
    for (size_t k = 0; k < s->errors_len; k++) {
        if (s->errors[k].line)
            out_error(&cli->out, "%s:%u: %s", s->path, s->errors[k].line, s->errors[k].text);
        else
            out_error(&cli->out, "%s: %s", s->path, s->errors[k].text);
    }
    json_array_foreach(warnings, i, w) {
        out_warn(&cli->out, "%s", json_string_value(w));
    }
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL)
        out_json(&cli->out, json_pack("{s:o, s:b, s:o, s:O}", "file", out_text(s->path), "valid", s->errors_len == 0, "errors", errors_json(s),
                                      "warnings", warnings));
    else if (!s->errors_len)
        out_printf(&cli->out, "%s\n", cli->out.format == OUT_NAME ? s->path : arena_printf(&cli->arena, "%s is valid", s->path));
}

static enum cli_exit run_check(struct cli *cli, const void *args)
{
    const struct config_args *a = args;
    struct settled s;
    struct err e = { 0 };
    if (!settled_read(a->config, &cli->arena, &s, &e))
        return cli_fail(cli, &e);
    json_t *warnings = json_array();
    if (!s.errors_len)
        warn_of_machine(cli, &s, warnings);
    say(cli, &s, warnings);
    json_decref(warnings);
    return s.errors_len ? CLI_USAGE : CLI_DONE;
}

const struct cli_command command_config_check = {
    .noun = "config",
    .verb = "check",
    .summary = "is the cell's configuration right? Everything that is wrong, with file and line",
    .about = "Reads the file as the cell does: unknown keys and sections, values that are none, and what does not fit together are said as FILE:LINE, all at "
             "once. What the machine lacks (a data directory that is not there) is a warning.",
    .examples = "vouchsafe config check --config /etc/vouchsafe/vouchsafed.ini",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct config_args),
    .run = run_check,
};

/* ---- show ---- */

static const struct rows_column columns[] = {
    { .title = "KEY", .key = "key" },
    { .title = "VALUE", .key = "value" },
    { .title = "FROM", .key = "from" },
    { .title = "RELOAD", .key = "reload", .wide = true },
    { .title = "MEANING", .key = "help", .wide = true },
};

static json_t *row_json(struct cli *cli, const struct settled *s, const struct settled_row *r)
{
    const char *from = r->line ? arena_printf(&cli->arena, "%s:%u", s->path, r->line)
                               : r->made_of ? arena_printf(&cli->arena, "made of %s", r->made_of) : r->value ? "default" : "not set";
    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "key", out_text(r->key), "value", r->value ? out_text(r->value) : json_null(), "from",
                     out_text(from), "line", r->line ? json_integer(r->line) : json_null(), "reload", r->reload, "help", out_text(r->help));
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct config_args *a = args;
    AUTO(rows_done) struct rows rows = { 0 };
    AUTO(wire_json_decrefp) json_t *none = json_array();
    struct settled s;
    struct err e = { 0 };
    if (!settled_read(a->config, &cli->arena, &s, &e))
        return cli_fail(cli, &e);
    if (s.errors_len) {
        say(cli, &s, none);
        return CLI_USAGE;
    }
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < s.rows_len; i++)
        rows_add(&rows, row_json(cli, &s, &s.rows[i]));
    rows_finish(&rows, "settings", json_pack("{s:o}", "file", out_text(s.path)));
    return CLI_DONE;
}

const struct cli_command command_config_show = {
    .noun = "config",
    .verb = "show",
    .summary = "every key of the cell's configuration: its value, and where that is from",
    .about = "Shows what the cell would use: what the file says and in which line, what is the default, and what is made of other keys. -o wide has what each "
             "means and which may change while the cell runs (SIGHUP). Passwords in URLs are not shown.",
    .examples = "vouchsafe config show -o wide",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct config_args),
    .run = run_show,
};
