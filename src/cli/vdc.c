/* vouchsafe vdc add, list, show, remove: organization VDCs. */
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/object.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "wire/json.h"

struct vdc_args {
    struct remote_args remote;
    const char *name, *org, *vcenter, *pool, *datastore, *network, *description;
    bool yes;
};

#define AT(field) .at = offsetof(struct vdc_args, field)

static const struct arg_option add_options[] = {
    { .name = "org", .type = ARG_TEXT, AT(org), .value = "NAME", .help = "the organization that it is for" },
    { .name = "vcenter", .type = ARG_TEXT, AT(vcenter), .value = "NAME", .help = "the registered vCenter Server" },
    { .name = "pool", .type = ARG_TEXT, AT(pool), .value = "POOL",
      .help = "its resource pool, by name or id; a cluster's name means all of the cluster, CLUSTER/POOL one in it" },
    { .name = "datastore", .type = ARG_TEXT, AT(datastore), .value = "NAME", .help = "its datastore, by name or id" },
    { .name = "network", .type = ARG_TEXT, AT(network), .value = "NAME", .help = "its network, by name or id" },
    { .name = "description", .type = ARG_TEXT, AT(description), .value = "TEXT", .help = "what others should know of it" },
    REMOTE_OPTIONS(struct vdc_args, remote),
};
static const struct arg_option options[] = { REMOTE_OPTIONS(struct vdc_args, remote) };
static const struct arg_option remove_options[] = {
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" },
    REMOTE_OPTIONS(struct vdc_args, remote),
};

static const struct arg_operand name_operand[] = {
    { .name = "NAME", AT(name), .help = "what it is called; its id where several organizations have the name" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done" },
    { CLI_FAILED, "there is none of that name, or the answer was no" },
    { CLI_USAGE, "wrong arguments, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell or the vCenter Server can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "a certificate is not trusted; nothing was changed" },
    { CLI_CONFLICT, "the name is taken, or another VDC has the resource pool" },
};

static json_t *name_of(const json_t *m, const char *key)
{
    return answer_text(answer_member(m, key), "name");
}

static json_t *row_of(const json_t *m)
{
    json_t *j = json_object();
    json_object_set_new(j, "name", answer_text(m, "name"));
    json_object_set_new(j, "id", answer_text(m, "id"));
    json_object_set_new(j, "description", answer_text(m, "description"));
    json_object_set_new(j, "org", name_of(m, "org"));
    json_object_set_new(j, "vcenter", name_of(m, "virtualCenter"));
    json_object_set_new(j, "pool", name_of(m, "resourcePool"));
    json_object_set_new(j, "pool_id", answer_text(answer_member(m, "resourcePool"), "moref"));
    json_object_set_new(j, "datastore", name_of(m, "datastore"));
    json_object_set_new(j, "network", name_of(m, "network"));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "NAME", .key = "name" },           { .title = "ORG", .key = "org" },
    { .title = "VCENTER", .key = "vcenter" },     { .title = "POOL", .key = "pool" },
    { .title = "DATASTORE", .key = "datastore", .wide = true }, { .title = "NETWORK", .key = "network", .wide = true },
    { .title = "POOL ID", .key = "pool_id", .wide = true },     { .title = "ID", .key = "id", .wide = true },
    { .title = "ABOUT", .key = "description", .wide = true },
};

static const struct object vdcs = {
    .what = "VDC", .noun = "vdc", .path = OURS_PATH "/vdcs", .name = "name", .id = "id", .plural = "vdcs",
    .columns = columns, .columns_len = ARRAY_LEN(columns), .row = row_of,
    .warning = "Its machines stay in the vCenter Server; tenants see them no more.",
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct vdc_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_list(cli, r, &vdcs) : cli_fail(cli, &e);
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct vdc_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *m = NULL;
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !object_find(r, &vdcs, a->name, &m, &e))
        return cli_fail(cli, &e);
    object_print(cli, &vdcs, m);
    return CLI_DONE;
}

/* ---- add, remove ---- */

/* A place by its id or its name: ids of a vCenter are a word, '-' and a number, and the cell tries both. */
static json_t *place(const char *text)
{
    return json_pack("{s:s}", "name", text);
}

static enum cli_exit run_add(struct cli *cli, const void *args)
{
    const struct vdc_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *m = NULL;
    struct err e = { 0 };
    const struct {
        const char *value, *option;
    } needed[] = { { a->org, "--org NAME" }, { a->vcenter, "--vcenter NAME" }, { a->pool, "--pool POOL" },
                   { a->datastore, "--datastore NAME" }, { a->network, "--network NAME" } };
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!needed[i].value)
            return cli_usage(cli, "%s is missing", needed[i].option);
    if (!remote_open(cli, &a->remote, &r, &e))
        return cli_fail(cli, &e);
    json_t *body = json_pack("{s:s, s:s, s:{s:s}, s:{s:s}, s:o, s:o, s:o}", "name", a->name, "description",
                             a->description ? a->description : "", "org", "name", a->org, "virtualCenter", "name", a->vcenter,
                             "resourcePool", place(a->pool), "datastore", place(a->datastore), "network", place(a->network));
    if (!body)
        return cli_fail(cli, (err_set(&e, ERR_INPUT, "a name is not UTF-8"), &e));
    if (!remote_send(r, "POST", vdcs.path, body, &m, &e))
        return cli_fail(cli, &e);
    out_note(&cli->out, "%s is there; what stands in its resource pool appears in it", a->name);
    if (cli->out.format > OUT_WIDE)
        object_print(cli, &vdcs, m);
    return CLI_DONE;
}

static enum cli_exit run_remove(struct cli *cli, const void *args)
{
    const struct vdc_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    return remote_open(cli, &a->remote, &r, &e) ? object_remove(cli, r, &vdcs, a->name, a->yes, "Remove", "is removed") : cli_fail(cli, &e);
}

#define COMMON .noun = "vdc", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct vdc_args)
#define NAMED .operands = name_operand, .operands_len = ARRAY_LEN(name_operand)

const struct cli_command command_vdc_list = {
    COMMON,
    .verb = "list",
    .summary = "the organization VDCs",
    .about = "Lists the organization VDCs: whose each is, and which resource pool of which vCenter Server.",
    .examples = "vouchsafe vdc list -o wide",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_list,
};

const struct cli_command command_vdc_show = {
    COMMON,
    .verb = "show",
    .summary = "one organization VDC",
    .about = "Shows one organization VDC with its resource pool, its datastore and its network.",
    .examples = "vouchsafe vdc show acme-1",
    .options = options,
    .options_len = ARRAY_LEN(options),
    NAMED,
    .run = run_show,
};

const struct cli_command command_vdc_add = {
    COMMON,
    .verb = "add",
    .summary = "give an organization a share of a vCenter Server",
    .about = "Makes an organization VDC: a resource pool, a datastore and a network of one vCenter Server, for one organization. Virtual "
             "machines and vApps that stand in the pool appear in it, now and from then on; a vCenter Server that VDCs use is of the "
             "mode IAAS. Nothing is changed in the vCenter Server.",
    .examples = "vouchsafe vdc add acme-1 --org acme --vcenter vc1 --pool Cluster1 --datastore shared1 --network 'VM Network'",
    .options = add_options,
    .options_len = ARRAY_LEN(add_options),
    NAMED,
    .run = run_add,
};

const struct cli_command command_vdc_remove = {
    COMMON,
    .verb = "remove",
    .summary = "take an organization's share away",
    .about = "Removes an organization VDC. Its machines stay in the vCenter Server as they are; tenants see them no more. Templates and "
             "media that lie in it have to be removed first.",
    .examples = "vouchsafe vdc remove acme-1 --yes",
    .options = remove_options,
    .options_len = ARRAY_LEN(remove_options),
    NAMED,
    .run = run_remove,
};
