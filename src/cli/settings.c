/* vouchsafe settings show, set: the switches of the whole site. */
#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "flow/site_settings.h"
#include "wire/json.h"

#define SETTINGS_PATH "/api/admin/extension/settings/general"

struct settings_args {
    struct remote_args remote;
    struct arg_list changes;
    bool dry_run;
};

#define AT(field) .at = offsetof(struct settings_args, field)

static const struct arg_option options[] = { REMOTE_OPTIONS(struct settings_args, remote) };
static const struct arg_option set_options[] = {
    { .name = "dry-run", .type = ARG_FLAG, AT(dry_run), .help = "say what would change, and change nothing" },
    REMOTE_OPTIONS(struct settings_args, remote),
};

static const char *setting_name(size_t i)
{
    return i < site_settings_fields_len ? site_settings_fields[i].json : NULL;
}

static const struct arg_operand changes_operand[] = {
    { .name = "NAME=VALUE", AT(changes), .many = true, .candidate = setting_name, .help = "a setting as 'settings show' names it; yes or no, or a number" },
};

static const struct cli_code codes[] = { { CLI_DONE, "done" }, OBJECT_CELL_CODES };

static const struct rows_column columns[] = {
    { .title = "SETTING", .key = "name" },
    { .title = "VALUE", .key = "value" },
    { .title = "DEFAULT", .key = "default" },
    { .title = "LEAST", .key = "min", .wide = true, .right = true },
    { .title = "MOST", .key = "max", .wide = true, .right = true },
};

static json_t *value_json(const struct site_settings_field *f, int64_t value)
{
    return f->kind == SITE_SETTINGS_BOOL ? json_boolean(value) : json_integer(value);
}

static json_t *row_of(const struct site_settings_field *f, json_t *value)
{
    bool number = f->kind == SITE_SETTINGS_NUMBER;
    return json_pack("{s:s, s:O?, s:o, s:o, s:o}", "name", f->json, "value", value, "default", value_json(f, f->otherwise), "min",
                     number ? json_integer(f->min) : json_null(), "max", number ? json_integer(f->max) : json_null());
}

static void print(struct cli *cli, const json_t *settings)
{
    AUTO(rows_done) struct rows rows = { 0 };
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < site_settings_fields_len; i++)
        rows_add(&rows, row_of(&site_settings_fields[i], json_object_get(settings, site_settings_fields[i].json)));
    rows_finish(&rows, "settings", NULL);
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct settings_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *settings = NULL;
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !remote_get(r, SETTINGS_PATH, &settings, &e))
        return cli_fail(cli, &e);
    print(cli, settings);
    return CLI_DONE;
}

/* ---- set ---- */

static bool read_value(const struct site_settings_field *f, const char *text, json_t **ret, struct err *e)
{
    uint64_t number;
    if (f->kind == SITE_SETTINGS_BOOL) {
        int on = text_choice("no|yes|false|true|off|on|0|1", text);
        *ret = json_boolean(on % 2);
        return on >= 0 || err_set(e, ERR_INPUT, "%s is yes or no", f->json);
    }
    if (!text_number(text, (uint64_t)f->min, (uint64_t)f->max, &number))
        return err_set(e, ERR_INPUT, "%s is a number from %lld to %lld", f->json, (long long)f->min, (long long)f->max);
    *ret = json_integer((json_int_t)number);
    return true;
}

static bool read_change(const char *word, json_t *body, struct arena *a, struct err *e)
{
    size_t len = strcspn(word, "=");
    char shown[80];
    json_t *value = NULL;
    const struct site_settings_field *f = site_settings_find(arena_strndup(a, word, len));
    text_escape(shown, sizeof(shown), word, len);
    if (!word[len])
        return err_set(e, ERR_INPUT, "'%s' is no NAME=VALUE", shown);
    if (!f)
        return err_set(e, ERR_INPUT, "there is no setting '%s' ('vouchsafe settings show')", shown);
    if (json_object_get(body, f->json))
        return err_set(e, ERR_INPUT, "%s is given twice", f->json);
    if (!read_value(f, word + len + 1, &value, e))
        return false;
    json_object_set_new(body, f->json, value);
    return true;
}

/* What is the case, and what it becomes, of each that changes. */
static size_t tell(struct cli *cli, const json_t *before, const json_t *after, bool would)
{
    size_t n = 0;
    for (size_t i = 0; i < site_settings_fields_len; i++) {
        const char *name = site_settings_fields[i].json;
        const json_t *old = json_object_get(before, name), *new = json_object_get(after, name);
        if (!new || json_equal(old, new))
            continue;
        n++;
        if (json_is_boolean(new))
            out_note(&cli->out, "%s %s %s", name, would ? "would become" : "is now", json_is_true(new) ? "yes" : "no");
        else
            out_note(&cli->out, "%s %s %lld", name, would ? "would become" : "is now", (long long)json_integer_value(new));
    }
    if (!n)
        out_note(&cli->out, "nothing %s", would ? "would change" : "changed: it is so already");
    return n;
}

static void warn(struct cli *cli, const json_t *body)
{
    if (json_is_false(json_object_get(body, "verifyVcCertificates")))
        out_warn(&cli->out, "names of vCenter Servers and hosts are not checked: each has to present the key that was confirmed, or end at an "
                            "anchor that is granted for it alone");
    if (json_is_false(json_object_get(body, "verifyVsmCertificates")))
        out_warn(&cli->out, "names of NSX Managers are not checked: each has to present the key that was confirmed, or end at an anchor "
                            "that is granted for it alone");
}

static enum cli_exit run_set(struct cli *cli, const void *args)
{
    const struct settings_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *body = json_object(), *before = NULL, *after = NULL;
    struct err e = { 0 };
    for (size_t i = 0; i < a->changes.len; i++)
        if (!read_change(a->changes.items[i], body, &cli->arena, &e))
            return cli_usage(cli, "%s", e.msg);
    if (!remote_open(cli, &a->remote, &r, &e) || !remote_get(r, SETTINGS_PATH, &before, &e))
        return cli_fail(cli, &e);
    if (a->dry_run) {
        warn(cli, body);
        (void)tell(cli, before, body, true);
        return CLI_DONE;
    }
    if (!remote_send(r, "PUT", SETTINGS_PATH, json_incref(body), &after, &e))
        return cli_fail(cli, &e);
    warn(cli, body);
    (void)tell(cli, before, after, false);
    if (cli->out.format > OUT_WIDE)
        print(cli, after);
    return CLI_DONE;
}

#define COMMON .noun = "settings", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct settings_args)

const struct cli_command command_settings_show = {
    COMMON,
    .verb = "show",
    .summary = "the switches of the whole site",
    .about = "Shows what administrators set for all cells while they run: whether names are checked, how long sessions and transfers live, how "
             "often hosts are looked at. What a single cell starts with is in its configuration.",
    .examples = "vouchsafe settings show",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_show,
};

const struct cli_command command_settings_set = {
    COMMON,
    .verb = "set",
    .summary = "turn switches of the whole site",
    .about = "Changes what is named and leaves the rest; all of it or nothing. It counts at once. verifyVcCertificates and "
             "verifyVsmCertificates say whether the names of vCenter Servers with their hosts, and of NSX Managers, are checked where "
             "they say nothing themselves.",
    .examples = "vouchsafe settings set verifyVcCertificates=yes\nvouchsafe settings set sessionTimeoutMinutes=15 --dry-run",
    .options = set_options,
    .options_len = ARRAY_LEN(set_options),
    .operands = changes_operand,
    .operands_len = ARRAY_LEN(changes_operand),
    .run = run_set,
};
