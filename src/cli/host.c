/* vouchsafe host list: what every ESXi host really presents. */
#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/host_rows.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/vcenters.h"
#include "wire/json.h"

struct host_args {
    struct remote_args remote;
    const char *vcenter;
    const char *rule;
    int which, class;
};

#define AT(field) .at = offsetof(struct host_args, field)

enum { WHICH_ALL, WHICH_VERIFIED, WHICH_OTHERS };
#define CLASSES "any|vmca|other-ca|self-signed|installer|expired|misnamed|unreachable|no-evidence"

static const struct arg_option options[] = {
    { .name = "only", .type = ARG_CHOICE, AT(which), .value = "WHICH", .choices = "all|verified|others", .fallback = "all",
      .help = "hosts that are verified, or those that are not" },
    { .name = "class", .type = ARG_CHOICE, AT(class), .value = "CLASS", .choices = CLASSES, .fallback = "any",
      .help = "hosts whose certificate is of this kind" },
    { .name = "rule", .type = ARG_TEXT, AT(rule), .value = "RULE", .help = "hosts that this rule refuses ('vouchsafe explain')" },
    REMOTE_OPTIONS(struct host_args, remote),
};

static const struct arg_operand operands[] = {
    { .name = "VCENTER", AT(vcenter), .help = "the vCenter Server by name or URN; without it all of them", .kind = "vcenter" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "listed, even if there is none" },
    { CLI_FAILED, "there is no vCenter Server of that name" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
};

/* What has been added to the table. */
struct counts {
    size_t all, verified;
};

/* Is it one of those that were asked for? */
static bool wanted(const struct host_args *a, const json_t *h)
{
    bool verified = answer_true(h, "verified");
    const char *class = answer_str(h, "class"), *rule = answer_str(h, "verdict.rule");
    return (a->which == WHICH_ALL || verified == (a->which == WHICH_VERIFIED)) &&
           (!a->class || (class && text_choice(CLASSES, class) == a->class)) && (!a->rule || (rule && !strcmp(rule, a->rule)));
}

static bool add_hosts(struct cli *cli, struct remote *r, const json_t *vcenter, const struct host_args *a, struct rows *rows,
                      struct counts *n, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *hosts = NULL;
    const char *urn = answer_str(vcenter, "vcId"), *name = answer_shown(vcenter, "name", "?", &cli->arena);
    size_t i;
    json_t *h;
    if (!urn)
        return err_set(e, ERR_PEER, "the cell's answer names no vCenter Server");
    if (!ours_hosts(r, urn, &cli->arena, &hosts, e))
        return err_in(e, "the hosts of %s", name);
    json_array_foreach(hosts, i, h) {
        n->all++;
        n->verified += answer_true(h, "verified");
        if (wanted(a, h))
            rows_add(rows, host_rows_of(h, name));
    }
    return true;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct host_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *vcenters = NULL;
    AUTO(rows_done) struct rows rows = { 0 };
    struct counts n = { 0 };
    struct err e = { 0 };
    size_t i;
    json_t *v = NULL;
    if (!remote_open(cli, &a->remote, &r, &e) || !(a->vcenter ? vcenters_find(r, a->vcenter, &cli->arena, &v, &e)
                                                              : remote_list(r, VCENTERS_PATH, &vcenters, &e)))
        return cli_fail(cli, &e);
    if (v) {
        vcenters = json_array();
        json_array_append_new(vcenters, v);
    }
    rows_init(&rows, &cli->out, host_columns, host_columns_len);
    json_array_foreach(vcenters, i, v) {
        if (!add_hosts(cli, r, v, a, &rows, &n, &e))
            return cli_fail(cli, &e);
    }
    rows_finish(&rows, "hosts", NULL);
    out_note(&cli->out, "%zu of %zu hosts verified", n.verified, n.all);
    return CLI_DONE;
}

const struct cli_command command_host_list = {
    .noun = "host",
    .verb = "list",
    .summary = "what every ESXi host really presents, and whether it is verified",
    .about = "Lists the hosts of one registered vCenter Server or of all, with what each presented when the cell last looked, decided "
             "with what is trusted now: signed by the VMCA, by another CA, by itself, by the installer's CA, expired, misnamed, "
             "unreachable, or never seen.",
    .examples = "vouchsafe host list vc1 --only others\nvouchsafe host list --class other-ca\nvouchsafe host list -o jsonl",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = operands,
    .operands_len = ARRAY_LEN(operands),
    .operands_optional = true,
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct host_args),
    .run = run,
};
