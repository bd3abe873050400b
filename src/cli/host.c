/* vouchsafe host list: what every ESXi host really presents. */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/vcenters.h"
#include "wire/json.h"

struct host_args {
    struct remote_args remote;
    const char *vcenter;
    int which;
};

#define AT(field) .at = offsetof(struct host_args, field)

enum { WHICH_ALL, WHICH_VERIFIED, WHICH_OTHERS };

static const struct arg_option options[] = {
    { .name = "only", .type = ARG_CHOICE, AT(which), .value = "WHICH", .choices = "all|verified|others", .fallback = "all",
      .help = "hosts that are verified, or those that are not" },
    REMOTE_OPTIONS(struct host_args, remote),
};

static const struct arg_operand operands[] = {
    { .name = "VCENTER", AT(vcenter), .help = "the vCenter Server by name or URN; without it all of them" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "listed, even if there is none" },
    { CLI_FAILED, "there is no vCenter Server of that name" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
};

static enum out_style class_style(const json_t *row)
{
    return answer_true(row, "verified") ? OUT_GOOD : OUT_BAD;
}

static const struct rows_column columns[] = {
    { .title = "HOST", .key = "name" },
    { .title = "VCENTER", .key = "vcenter" },
    { .title = "VERIFIED", .key = "verified", .style = class_style },
    { .title = "CLASS", .key = "class" },
    { .title = "WHAT IT MEANS", .key = "means" },
    { .title = "VALID UNTIL", .key = "not_after", .wide = true },
    { .title = "ISSUER", .key = "issuer", .wide = true },
    { .title = "SHA-256", .key = "sha256", .wide = true },
    { .title = "LOOKED AT", .key = "seen", .wide = true },
};

static json_t *row_of(const json_t *h, const char *vcenter)
{
    json_t *j = json_object();
    json_object_set_new(j, "name", answer_text(h, "name"));
    json_object_set_new(j, "id", answer_text(h, "id"));
    json_object_set_new(j, "vcenter", out_text(vcenter));
    json_object_set_new(j, "verified", json_boolean(answer_true(h, "verified")));
    json_object_set_new(j, "class", answer_text(h, "class"));
    json_object_set_new(j, "means", answer_text(h, answer_str(h, "error") ? "error" : "means"));
    json_object_set_new(j, "rule", answer_text(h, "verdict.rule"));
    json_object_set_new(j, "subject", answer_text(h, "leaf.subject"));
    json_object_set_new(j, "issuer", answer_text(h, "leaf.issuer"));
    json_object_set_new(j, "sha256", answer_text(h, "leaf.sha256"));
    json_object_set_new(j, "sha1", answer_text(h, "leaf.sha1"));
    json_object_set_new(j, "not_after", answer_text(h, "leaf.notAfter"));
    json_object_set_new(j, "seen", answer_text(h, "lastSeen"));
    return j;
}

/* What has been added to the table. */
struct counts {
    size_t all, verified;
};

static bool add_hosts(struct cli *cli, struct remote *r, const json_t *vcenter, int which, struct rows *rows, struct counts *n,
                      struct err *e)
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
        bool verified = answer_true(h, "verified");
        n->all++;
        n->verified += verified;
        if (which == WHICH_ALL || verified == (which == WHICH_VERIFIED))
            rows_add(rows, row_of(h, name));
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
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    json_array_foreach(vcenters, i, v) {
        if (!add_hosts(cli, r, v, a->which, &rows, &n, &e))
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
    .examples = "vouchsafe host list vc1 --only others\nvouchsafe host list -o jsonl",
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
