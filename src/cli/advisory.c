/* vouchsafe advisory list, show, add, snooze, dismiss, delete: what users are told on every page. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "wire/json.h"

#define DEFINITIONS "/cloudapi/1.0.0/definitions/advisories"

enum { FOR_MIN_MS = 60 * 1000 };
#define FOR_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

struct advisory_args {
    struct remote_args remote;
    const char *id, *org;
    int priority;
    struct arg_number from, until, during;
    bool all, yes;
};

#define AT(field) .at = offsetof(struct advisory_args, field)
#define REMOTE REMOTE_OPTIONS(struct advisory_args, remote)
#define UNTIL { .name = "until", .type = ARG_TIME, AT(until), .value = "TIME", .help = "RFC 3339, or seconds since 1970" }

static const struct arg_option options[] = { REMOTE };
static const struct arg_option list_options[] = {
    { .name = "all", .type = ARG_FLAG, AT(all), .help = "all that are defined, not only what is shown to you now" }, REMOTE,
};
static const struct arg_option add_options[] = {
    { .name = "priority", .type = ARG_CHOICE, AT(priority), .value = "PRIORITY", .choices = "notice|important|critical|mandatory",
      .fallback = "notice", .help = "a notice can be dismissed; what is important or critical snoozed as well; what is mandatory neither" },
    { .name = "org", .type = ARG_TEXT, AT(org), .value = "ORG", .help = "for the users of this organization only" },
    { .name = "from", .type = ARG_TIME, AT(from), .value = "TIME", .help = "not before this time" },
    UNTIL,
    REMOTE,
};
static const struct arg_option snooze_options[] = {
    UNTIL,
    { .name = "for", .type = ARG_DURATION, AT(during), .value = "TIME", .min = FOR_MIN_MS, .max = FOR_MAX_MS,
      .help = "so long from now, instead of --until" },
    REMOTE,
};
static const struct arg_option delete_options[] = {
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" }, REMOTE,
};

static const struct arg_operand message_operand[] = {
    { .name = "MESSAGE", AT(id), .help = "what is shown, 1 to 512 characters" },
};
static const struct arg_operand id_operand[] = {
    { .name = "ADVISORY", AT(id), .help = "its id or UUID, as 'advisory list' shows it", .kind = "advisory" },
};

static const struct cli_code codes[] = { OBJECT_CODES("there is no such advisory, or the answer was no") };

static json_t *row_of(const json_t *a)
{
    json_t *j = json_object();
    json_object_set_new(j, "id", answer_text(a, "id"));
    json_object_set_new(j, "priority", answer_text(a, "priority"));
    json_object_set_new(j, "message", answer_text(a, "message"));
    json_object_set_new(j, "source", answer_text(a, "source"));
    json_object_set_new(j, "org_id", answer_text(a, "targetId"));
    json_object_set_new(j, "from", answer_text(a, "displayStart"));
    json_object_set_new(j, "until", answer_text(a, "displayEnd"));
    return j;
}

static enum out_style priority_style(const json_t *row)
{
    const char *p = answer_str(row, "priority");
    return p && (!strcmp(p, "MANDATORY") || !strcmp(p, "CRITICAL")) ? OUT_BAD : p && !strcmp(p, "IMPORTANT") ? OUT_WARN : OUT_PLAIN;
}

static const struct rows_column columns[] = {
    { .title = "ADVISORY", .key = "id" },
    { .title = "PRIORITY", .key = "priority", .style = priority_style },
    { .title = "MESSAGE", .key = "message" },
    { .title = "FROM", .key = "from", .wide = true },
    { .title = "UNTIL", .key = "until", .wide = true },
    { .title = "SOURCE", .key = "source", .wide = true },
    { .title = "ORG", .key = "org_id", .wide = true },
};

static const struct object shown = {
    .what = "advisory", .path = "/cloudapi/1.0.0/advisories", .name = "id", .id = "id", .plural = "advisories",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
};
static const struct object defined = {
    .what = "advisory", .path = DEFINITIONS, .name = "id", .id = "id", .plural = "advisories",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct advisory_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_list(cli, r, a->all ? &defined : &shown) : cli_fail(cli, &e);
}

/* One that is shown now, else one that is only defined. */
static bool find(struct remote *r, const char *id, json_t **ret, struct err *e)
{
    struct err why;
    return object_find(r, &shown, id, ret, e) || (e->kind == ERR_NOT_FOUND && object_find(r, &defined, id, ret, &why));
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct advisory_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *one = NULL;
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !find(r, a->id, &one, &e))
        return cli_fail(cli, &e);
    object_print(cli, &shown, one);
    return CLI_DONE;
}

static void put_time(json_t *o, const char *key, int64_t seconds)
{
    char text[TEXT_TIME];
    text_time(seconds, text);
    json_object_set_new(o, key, json_string(text));
}

/* The id of the organization, or nothing. */
static bool put_target(struct remote *r, const char *org, json_t *body, struct err *e)
{
    static const struct object orgs = { .what = "org", .path = "/cloudapi/1.0.0/orgs", .name = "name", .id = "id" };
    AUTO(wire_json_decrefp) json_t *one = NULL;
    if (!org)
        return true;
    if (!object_find(r, &orgs, org, &one, e))
        return false;
    json_object_set_new(body, "targetId", answer_text(one, "id"));
    return true;
}

static enum cli_exit said(struct cli *cli, const json_t *one, const char *done)
{
    out_note(&cli->out, "advisory %s is %s", answer_shown(one, "id", "?", &cli->arena), done);
    if (cli->out.format > OUT_WIDE)
        object_print(cli, &shown, one);
    return CLI_DONE;
}

static enum cli_exit run_add(struct cli *cli, const void *args)
{
    static const char *const priorities[] = { "NOTICE", "IMPORTANT", "CRITICAL", "MANDATORY" };
    const struct advisory_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *body = json_pack("{s:s, s:s}", "message", a->id, "priority", priorities[a->priority]), *made = NULL;
    struct err e = { 0 };
    if (!body)
        return cli_usage(cli, "MESSAGE is not UTF-8");
    if (a->from.given)
        put_time(body, "displayStart", a->from.value);
    if (a->until.given)
        put_time(body, "displayEnd", a->until.value);
    if (!remote_open(cli, &a->remote, &r, &e) || !put_target(r, a->org, body, &e) ||
        !remote_send(r, "POST", DEFINITIONS, json_incref(body), &made, &e))
        return cli_fail(cli, &e);
    return said(cli, made, "made");
}

static enum cli_exit change(struct cli *cli, const struct advisory_args *a, const char *key, int64_t seconds, const char *done)
{
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *one = NULL, *body = json_object(), *now = NULL;
    struct err e = { 0 };
    const char *path;
    put_time(body, key, seconds);
    if (!remote_open(cli, &a->remote, &r, &e) || !object_find(r, &shown, a->id, &one, &e) ||
        !object_path(&shown, one, &cli->arena, &path, &e) || !remote_send(r, "PUT", path, json_incref(body), &now, &e))
        return cli_fail(cli, &e);
    return said(cli, now, done);
}

static enum cli_exit run_snooze(struct cli *cli, const void *args)
{
    const struct advisory_args *a = args;
    int64_t now = clock_wall_ms() / 1000;
    if (a->until.given == a->during.given)
        return cli_usage(cli, "one of --until and --for is needed");
    if (a->until.given && a->until.value <= now)
        return cli_usage(cli, "--until is in the past");
    return change(cli, a, "displayStart", a->until.given ? a->until.value : now + a->during.value / 1000, "snoozed");
}

static enum cli_exit run_dismiss(struct cli *cli, const void *args)
{
    return change(cli, args, "displayEnd", clock_wall_ms() / 1000 - 1, "dismissed");
}

static enum cli_exit run_delete(struct cli *cli, const void *args)
{
    const struct advisory_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_remove(cli, r, &defined, a->id, a->yes, "Delete", "is deleted")
                                                : cli_fail(cli, &e);
}

#define COMMON .noun = "advisory", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct advisory_args)
#define NAMED .operands = id_operand, .operands_len = ARRAY_LEN(id_operand)

const struct cli_command command_advisory_list = {
    COMMON,
    .verb = "list",
    .summary = "what users are told on every page",
    .about = "Lists the advisories that are shown to you now, the most urgent first; with --all what is defined, for a provider. The one of the "
             "cell's own, about VMCAs that nobody reviewed, goes when its reason goes.",
    .examples = "vouchsafe advisory list",
    .options = list_options,
    .options_len = ARRAY_LEN(list_options),
    .run = run_list,
};

const struct cli_command command_advisory_show = {
    COMMON,
    NAMED,
    .verb = "show",
    .summary = "one advisory at length",
    .about = "Shows one advisory, with the times that count for you.",
    .examples = "vouchsafe advisory show urn:vcloud:advisory:78885000-0000-4000-8000-000000078885",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_show,
};

const struct cli_command command_advisory_add = {
    COMMON,
    .verb = "add",
    .summary = "tell users something on every page",
    .about = "Defines an advisory for everybody or for one organization. It can't be changed afterwards, only deleted.",
    .examples = "vouchsafe advisory add 'Maintenance on Friday, 18:00 UTC' --priority important --until 2026-12-04T18:00:00Z",
    .options = add_options,
    .options_len = ARRAY_LEN(add_options),
    .operands = message_operand,
    .operands_len = ARRAY_LEN(message_operand),
    .run = run_add,
};

const struct cli_command command_advisory_snooze = {
    COMMON,
    NAMED,
    .verb = "snooze",
    .summary = "hide an advisory for a while",
    .about = "Hides an advisory that is important or critical until a time. System administrators share what they snooze and dismiss; for "
             "anybody else it counts for himself only.",
    .examples = "vouchsafe advisory snooze 5d5c3a54-6f0e-4b5c-9f3c-0b9d8a7c1e2f --for 8h",
    .options = snooze_options,
    .options_len = ARRAY_LEN(snooze_options),
    .run = run_snooze,
};

const struct cli_command command_advisory_dismiss = {
    COMMON,
    NAMED,
    .verb = "dismiss",
    .summary = "hide an advisory for good",
    .about = "Hides an advisory that is not mandatory. System administrators share what they snooze and dismiss; for anybody else it counts for "
             "himself only.",
    .examples = "vouchsafe advisory dismiss 5d5c3a54-6f0e-4b5c-9f3c-0b9d8a7c1e2f",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_dismiss,
};

const struct cli_command command_advisory_delete = {
    COMMON,
    NAMED,
    .verb = "delete",
    .summary = "take an advisory away from everybody",
    .about = "Deletes the definition of an advisory. The one of the cell's own can't be deleted: it goes when its reason goes.",
    .examples = "vouchsafe advisory delete 5d5c3a54-6f0e-4b5c-9f3c-0b9d8a7c1e2f --yes",
    .options = delete_options,
    .options_len = ARRAY_LEN(delete_options),
    .run = run_delete,
};
