/* vouchsafe session list, end: who is logged in. */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "wire/json.h"

struct session_args {
    struct remote_args remote;
    const char *id;
    bool yes;
};

#define AT(field) .at = offsetof(struct session_args, field)

static const struct arg_option options[] = { REMOTE_OPTIONS(struct session_args, remote) };
static const struct arg_option end_options[] = {
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" }, REMOTE_OPTIONS(struct session_args, remote),
};
static const struct arg_operand id_operand[] = {
    { .name = "SESSION", AT(id), .help = "its id or UUID, as 'session list' shows it", .kind = "session" },
};

static const struct cli_code codes[] = { OBJECT_CODES("there is no such session, or the answer was no") };

static json_t *row_of(const json_t *s)
{
    json_t *j = json_object();
    json_object_set_new(j, "id", answer_text(s, "id"));
    json_object_set_new(j, "user", answer_text(s, "user.name"));
    json_object_set_new(j, "org", answer_text(s, "org.name"));
    json_object_set_new(j, "role", answer_text(json_array_get(answer_member(s, "roleRefs"), 0), "name"));
    json_object_set_new(j, "from", answer_text(s, "clientIpAddress"));
    json_object_set_new(j, "began", answer_text(s, "createdAt"));
    json_object_set_new(j, "used", answer_text(s, "lastUsedAt"));
    json_object_set_new(j, "ends", answer_text(s, "expiresAt"));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "SESSION", .key = "id" },   { .title = "USER", .key = "user" },
    { .title = "ORG", .key = "org" },      { .title = "FROM", .key = "from" },
    { .title = "LAST USED", .key = "used" }, { .title = "ROLE", .key = "role", .wide = true },
    { .title = "BEGAN", .key = "began", .wide = true }, { .title = "ENDS", .key = "ends", .wide = true },
};

static const struct object sessions = {
    .what = "session", .path = "/cloudapi/1.0.0/sessions", .name = "id", .id = "id", .plural = "sessions",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct session_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_list(cli, r, &sessions) : cli_fail(cli, &e);
}

static enum cli_exit run_end(struct cli *cli, const void *args)
{
    const struct session_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_remove(cli, r, &sessions, a->id, a->yes, "End", "has ended") : cli_fail(cli, &e);
}

#define COMMON .noun = "session", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct session_args)

const struct cli_command command_session_list = {
    COMMON,
    .verb = "list",
    .summary = "who is logged in, from where, and since when",
    .about = "Lists one's own sessions; with the right to see users those of the organization, for a provider everybody's. When a session was "
             "used last is known to the minute.",
    .examples = "vouchsafe session list -o wide",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_list,
};

const struct cli_command command_session_end = {
    COMMON,
    .verb = "end",
    .summary = "end a session: its next request is refused",
    .about = "Ends a session of one's own, or with the right to manage users that of another. Its user can log in again.",
    .examples = "vouchsafe session end urn:vcloud:session:5d5c3a54-6f0e-4b5c-9f3c-0b9d8a7c1e2f --yes",
    .options = end_options,
    .options_len = ARRAY_LEN(end_options),
    .operands = id_operand,
    .operands_len = ARRAY_LEN(id_operand),
    .run = run_end,
};
