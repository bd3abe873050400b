/* vouchsafe denylist list, add, remove: where a tenant's test connection may not lead. */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "wire/json.h"

struct deny_args {
    struct remote_args remote;
    struct arg_list entries;
};

#define AT(field) .at = offsetof(struct deny_args, field)

static const struct arg_option options[] = { REMOTE_OPTIONS(struct deny_args, remote) };
static const struct arg_operand entries_operand[] = {
    { .name = "ENTRY", AT(entries), .many = true, .help = "an address, a network (10.0.0.0/8) or a domain name" },
};

static const struct cli_code codes[] = {
    OBJECT_CODES("there is no such entry"),
    { CLI_PARTIAL, "some entries were taken, some refused" },
    { CLI_CONFLICT, "it is in the list already" },
};

static json_t *row_of(const json_t *entry)
{
    return json_pack("{s:o}", "entry", answer_text(entry, "entry"));
}

static const struct rows_column columns[] = { { .title = "DENIED", .key = "entry" } };

static const struct object entries = {
    .what = "denylist", .path = "/cloudapi/vouchsafe/1.0.0/deniedHosts", .name = "entry", .id = "entry", .plural = "entries",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct deny_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_list(cli, r, &entries) : cli_fail(cli, &e);
}

static bool add_one(struct remote *r, const char *entry, struct err *e)
{
    json_t *body = json_pack("{s:s}", "entry", entry);
    return body ? remote_send(r, "POST", entries.path, body, NULL, e) : err_set(e, ERR_INPUT, "an entry is not UTF-8");
}

static bool remove_one(struct cli *cli, struct remote *r, const char *entry, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *there = NULL;
    const char *path;
    return object_find(r, &entries, entry, &there, e) && object_path(&entries, there, &cli->arena, &path, e) &&
           remote_send(r, "DELETE", path, NULL, NULL, e);
}

/* Each by itself; what is refused is told, and the others are done. */
static enum cli_exit each(struct cli *cli, const struct deny_args *a, bool add)
{
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    enum cli_exit failed = CLI_DONE;
    size_t done = 0;
    if (!remote_open(cli, &a->remote, &r, &e))
        return cli_fail(cli, &e);
    for (size_t i = 0; i < a->entries.len; i++) {
        const char *entry = a->entries.items[i];
        bool ok = add ? add_one(r, entry, &e) : remove_one(cli, r, entry, &e);
        done += ok;
        if (!ok)
            failed = cli_fail(cli, &e);
    }
    if (done)
        out_note(&cli->out, "%zu of %zu entries %s", done, a->entries.len, add ? "added" : "removed");
    return failed == CLI_DONE || !done ? failed : CLI_PARTIAL;
}

static enum cli_exit run_add(struct cli *cli, const void *args)
{
    return each(cli, args, true);
}

static enum cli_exit run_remove(struct cli *cli, const void *args)
{
    return each(cli, args, false);
}

#define COMMON                                                                                                      \
    .noun = "denylist", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct deny_args), .options = options, \
    .options_len = ARRAY_LEN(options)
#define NAMED .operands = entries_operand, .operands_len = ARRAY_LEN(entries_operand)

const struct cli_command command_denylist_list = {
    COMMON,
    .verb = "list",
    .summary = "where a tenant's test connection may not lead",
    .about = "Lists the addresses, ranges and domain names that the test connection of an organization's users may not lead to, beside those "
             "that are always closed to them.",
    .examples = "vouchsafe denylist list",
    .run = run_list,
};

const struct cli_command command_denylist_add = {
    COMMON,
    NAMED,
    .verb = "add",
    .summary = "close an address, a range or a domain name to tenants",
    .about = "Adds entries to the list. It counts at once.",
    .examples = "vouchsafe denylist add 10.0.0.0/8 internal.example.com",
    .run = run_add,
};

const struct cli_command command_denylist_remove = {
    COMMON,
    NAMED,
    .verb = "remove",
    .summary = "take an entry out of the list",
    .about = "Removes entries, written as 'denylist list' shows them.",
    .examples = "vouchsafe denylist remove 10.0.0.0/8",
    .run = run_remove,
};
