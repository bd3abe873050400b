/* vouchsafe host probe: a fresh look at hosts, through the cell. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/host_rows.h"
#include "cli/ours.h"
#include "cli/progress.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/vcenters.h"
#include "wire/json.h"

struct probe_args {
    struct remote_args remote;
    struct arg_list hosts;
    const char *vcenter;
    bool all;
};

#define AT(field) .at = offsetof(struct probe_args, field)

static const struct arg_option options[] = {
    { .name = "all", .type = ARG_FLAG, AT(all), .help = "all hosts; the inventory, the VMCA and the endpoint are read again as well" },
    { .name = "vcenter", .type = ARG_TEXT, AT(vcenter), .value = "VCENTER", .help = "only hosts of this vCenter Server" },
    REMOTE_OPTIONS(struct probe_args, remote),
};

static const struct arg_operand operands[] = {
    { .name = "HOST", AT(hosts), .many = true, .help = "the host's name in the inventory, or its id (host-12)" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "every one of them is verified" },
    { CLI_FAILED, "there is no such host or vCenter Server" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "none was seen, or the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "none is verified, and one at least was refused; or the cell's certificate is not believed" },
    { CLI_PARTIAL, "some are verified, some are not" },
};

/* One run. */
struct probing {
    struct cli *cli;
    struct remote *r;
    const struct probe_args *args;
    struct rows rows;
    size_t all, seen, verified;
};

/* One host that was asked for. */
struct target {
    const char *urn, *vcenter, *id, *name;
};

static void add(struct probing *p, const json_t *host, const char *vcenter)
{
    p->all++;
    p->seen += !answer_str(host, "error");
    p->verified += answer_true(host, "verified");
    rows_add(&p->rows, host_rows_of(host, vcenter));
}

static bool read_vcenters(struct probing *p, json_t **ret, struct err *e)
{
    json_t *one;
    if (!p->args->vcenter)
        return remote_list(p->r, VCENTERS_PATH, ret, e);
    if (!vcenters_find(p->r, p->args->vcenter, &p->cli->arena, &one, e))
        return false;
    *ret = json_pack("[o]", one);
    return true;
}

/* ---- all of a vCenter ---- */

static bool refresh(struct probing *p, const json_t *vcenter, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *task = NULL, *hosts = NULL;
    struct arena *a = &p->cli->arena;
    const char *urn = answer_str(vcenter, "vcId"), *name = answer_shown(vcenter, "name", "?", a), *path;
    size_t i;
    json_t *h;
    if (!urn)
        return err_set(e, ERR_PEER, "the cell's answer names no vCenter Server");
    out_note(&p->cli->out, "looking at the hosts of %s", name);
    path = arena_printf(a, "/api/admin/extension/vimServer/%s/action/refresh", remote_escape(a, answer_uuid(urn)));
    if (!remote_start(p->r, "POST", path, NULL, a, &path, e) || !follow_task(p->cli, p->r, path, 0, &task, e) ||
        !ours_hosts(p->r, urn, a, &hosts, e))
        return err_in(e, "%s", name);
    json_array_foreach(hosts, i, h) {
        add(p, h, name);
    }
    return true;
}

/* One vCenter that does not answer keeps nobody from the others. *ret: the last error, if none was looked at. */
static bool refresh_all(struct probing *p, const json_t *vcenters, struct err *e)
{
    size_t i, failed = 0;
    json_t *v;
    json_array_foreach(vcenters, i, v) {
        if (refresh(p, v, e))
            continue;
        if (e->kind == ERR_CANCELLED)
            return false;
        failed++;
        out_warn(&p->cli->out, "%s", e->msg);
    }
    return !failed || failed < json_array_size(vcenters) ||
           err_set(e, ERR_PEER, "of %zu vCenter Servers none could be asked", failed);
}

/* ---- some hosts ---- */

static bool names_it(const json_t *h, const char *word)
{
    const char *name = answer_str(h, "name"), *id = answer_str(h, "id");
    return (name && text_caseeq(name, word)) || (id && strcmp(id, word) == 0);
}

/* Where it is; the same name at two vCenters is one too many. */
static bool find(struct probing *p, const json_t *vcenters, const json_t *lists, const char *word, struct target *ret, struct err *e)
{
    struct arena *a = &p->cli->arena;
    char shown[160];
    size_t found = 0;
    text_escape(shown, sizeof(shown), word, strlen(word));
    for (size_t i = 0; i < json_array_size(vcenters); i++) {
        const json_t *v = json_array_get(vcenters, i), *hosts = json_array_get(lists, i);
        for (size_t k = 0; k < json_array_size(hosts); k++) {
            const json_t *h = json_array_get(hosts, k);
            if (!names_it(h, word))
                continue;
            found++;
            *ret = (struct target){ answer_str(v, "vcId"), answer_shown(v, "name", "?", a), answer_str(h, "id"), answer_shown(h, "name", "?", a) };
        }
    }
    if (found > 1)
        return err_set(e, ERR_INPUT, "'%s' is a host of %zu vCenter Servers: say which with --vcenter", shown, found);
    return (found && ret->urn && ret->id) || err_set(e, ERR_NOT_FOUND, "no host '%s' is known ('vouchsafe host list'; --all reads the inventory again)", shown);
}

static bool look_at(struct probing *p, const struct target *targets, size_t len, struct err *e)
{
    struct progress progress;
    bool ok = true;
    progress_init(&progress, &p->cli->out, "looked at", len, clock_mono_ms());
    for (size_t i = 0; i < len && ok; i++) {
        AUTO(wire_json_decrefp) json_t *host = NULL;
        ok = ours_look_at_host(p->r, targets[i].urn, targets[i].id, &p->cli->arena, &host, e) || err_in(e, "%s", targets[i].name);
        if (ok)
            add(p, host, targets[i].vcenter);
        progress_update(&progress, i + 1, clock_mono_ms());
    }
    progress_done(&progress);
    return ok;
}

static bool look_at_some(struct probing *p, const json_t *vcenters, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *lists = json_array();
    const struct arg_list *words = &p->args->hosts;
    struct target *targets = arena_array(&p->cli->arena, words->len, sizeof(*targets));
    for (size_t i = 0; i < json_array_size(vcenters); i++) {
        const char *urn = answer_str(json_array_get(vcenters, i), "vcId");
        json_t *hosts;
        if (!ours_hosts(p->r, urn ? urn : "", &p->cli->arena, &hosts, e))
            return false;
        json_array_append_new(lists, hosts);
    }
    for (size_t i = 0; i < words->len; i++)
        if (!find(p, vcenters, lists, words->items[i], &targets[i], e))
            return false;
    return look_at(p, targets, words->len, e);
}

static enum cli_exit code_of(const struct probing *p)
{
    if (p->verified == p->all)
        return CLI_DONE;
    return p->verified ? CLI_PARTIAL : p->seen ? CLI_UNTRUSTED : CLI_UNREACHABLE;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct probe_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *vcenters = NULL;
    struct probing p = { .cli = cli, .args = a };
    struct err e = { 0 };
    if (a->all == (a->hosts.len > 0))
        return cli_usage(cli, a->all ? "--all and HOST exclude each other" : "HOST is missing, or --all");
    if (!remote_open(cli, &a->remote, &r, &e))
        return cli_fail(cli, &e);
    p.r = r;
    rows_init(&p.rows, &cli->out, host_columns, host_columns_len);
    bool ok = read_vcenters(&p, &vcenters, &e) && (a->all ? refresh_all(&p, vcenters, &e) : look_at_some(&p, vcenters, &e));
    if (ok || p.all) {
        rows_finish(&p.rows, "hosts", NULL);
        out_note(&cli->out, "%zu of %zu hosts verified", p.verified, p.all);
    }
    rows_done(&p.rows);
    return ok ? code_of(&p) : cli_fail(cli, &e);
}

const struct cli_command command_host_probe = {
    .noun = "host",
    .verb = "probe",
    .summary = "look at hosts now, and keep what they present",
    .about = "Looks at the hosts that are named, or with --all at every host of every vCenter Server or of --vcenter, with the names and on behalf "
             "of their vCenter Server, and decides with what is trusted now. What they present is kept, as after a refresh.",
    .examples = "vouchsafe host probe esx7.example.com\nvouchsafe host probe --all --vcenter vc1",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = operands,
    .operands_len = ARRAY_LEN(operands),
    .operands_optional = true,
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct probe_args),
    .run = run,
};
