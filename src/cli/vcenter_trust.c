/* vouchsafe vcenter trust, edit: step 3 for what is registered, and changes of it. */
#include <string.h>

#include "base/secret.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/ours.h"
#include "cli/password.h"
#include "cli/remote.h"
#include "cli/steps.h"
#include "cli/vcenters.h"
#include "cli/verdict.h"
#include "wire/json.h"

static const struct cli_code codes[] = {
    { CLI_DONE, "done; its VMCA is trusted, or it has none to show" },
    { CLI_FAILED, "there is none of that name, or it failed" },
    { CLI_USAGE, "wrong arguments, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell or the vCenter Server can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "a certificate is not trusted, and how that can be done was said" },
    { CLI_CONFLICT, "the name is taken, or it is busy" },
    { CLI_INTERRUPTED, "interrupted; a task under way goes on at the cell" },
};

/* ---- trust ---- */

struct trust_args {
    struct remote_args remote;
    const char *name, *fingerprint;
    bool find, show;
};

static const struct arg_option trust_options[] = {
    { .name = "vmca-fingerprint", .type = ARG_TEXT, .at = offsetof(struct trust_args, fingerprint), .value = "SHA256:..",
      .help = "trust the VMCA if it is this one: instead of the question" },
    { .name = "find", .type = ARG_FLAG, .at = offsetof(struct trust_args, find),
      .help = "for 6.7: look for the VMCA in the bundle that the vCenter Server publishes, by what verifies a live host" },
    { .name = "show", .type = ARG_FLAG, .at = offsetof(struct trust_args, show),
      .help = "only print the VMCA's certificate, as PEM; with -o json what is known of it" },
    REMOTE_OPTIONS(struct trust_args, remote),
};

static const struct arg_operand trust_operands[] = {
    { .name = "NAME", .at = offsetof(struct trust_args, name), .help = "the name that it was registered by, or its URN", .kind = "vcenter" },
};

static bool show(struct cli *cli, struct remote *r, const char *urn, bool find, struct err *e)
{
    AUTO(ours_vmca_done) struct ours_vmca v = { 0 };
    remote_patience(r, OURS_LOOK_MS);
    if (!ours_vmca(r, urn, find, &cli->arena, &v, e))
        return false;
    if (!v.cert)
        return err_set(e, ERR_NOT_FOUND, "%s", *v.text ? v.text : "it has no VMCA to show");
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL) {
        json_t *j = verdict_cert_json(v.cert);
        json_object_set_new(j, "trusted", json_boolean(v.granted));
        json_object_set_new(j, "text", out_text(v.text));
        json_object_set_new(j, "pem", out_text(v.pem));
        out_json(&cli->out, j);
        return true;
    }
    out_printf(&cli->out, "%s", v.pem);
    struct out talk = cli->out;
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    if (!talk.quiet)
        verdict_cert_print(&talk, "certificate", v.cert);
    return true;
}

static enum cli_exit run_trust(struct cli *cli, const void *args)
{
    const struct trust_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *v = NULL;
    uint8_t digest[DIGEST_SHA256];
    struct err e = { 0 };
    if (a->fingerprint && !verdict_sha256_read("--vmca-fingerprint", a->fingerprint, digest, &e))
        return cli_usage(cli, "%s", e.msg);
    if (a->show && a->fingerprint)
        return cli_usage(cli, "--show changes nothing: leave --vmca-fingerprint out");
    if (!remote_open(cli, &a->remote, &r, &e) || !vcenters_find(r, a->name, &cli->arena, &v, &e))
        return cli_fail(cli, &e);
    struct step_vmca s = { .urn = answer_str(v, "vcId"), .name = answer_shown(v, "name", "it", &cli->arena), .find = a->find,
                           .fingerprint = a->fingerprint, .option = "--vmca-fingerprint" };
    if (!s.urn)
        return cli_fail(cli, (err_set(&e, ERR_PEER, "the cell's answer names no vCenter Server"), &e));
    if (a->show)
        return show(cli, r, s.urn, a->find, &e) ? CLI_DONE : cli_fail(cli, &e);
    if (!step_vmca(cli, r, &s, &e))
        return cli_fail(cli, &e);
    if (cli->out.format > OUT_WIDE)
        vcenters_print(cli, r, v);
    return CLI_DONE;
}

const struct cli_command command_vcenter_trust = {
    .noun = "vcenter",
    .verb = "trust",
    .summary = "trust the VMCA of a registered vCenter Server for its hosts",
    .about = "Reads the VMCA root of the vCenter Server, told from other roots by what it verifies, shows it, asks, and trusts it for "
             "the hosts of this vCenter Server alone. Then it says how many hosts are verified now and what the others lack.\n\n"
             "vCenter Server 6.7 has no way to ask for it: --find fetches the bundle of roots that it publishes over the verified "
             "connection and proposes the one that verifies a live host.",
    .examples = "vouchsafe vcenter trust vc1\nvouchsafe vcenter trust vc67 --find\n"
                "vouchsafe vcenter trust vc1 --vmca-fingerprint SHA256:AA:BB:..",
    .options = trust_options,
    .options_len = ARRAY_LEN(trust_options),
    .operands = trust_operands,
    .operands_len = ARRAY_LEN(trust_operands),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct trust_args),
    .run = run_trust,
};

/* ---- edit ---- */

struct edit_args {
    struct remote_args remote;
    const char *name, *rename, *at, *user, *password_file, *description, *trust, *vmca;
    bool enable, disable, password;
};

#define EDIT(field) .at = offsetof(struct edit_args, field)

static const struct arg_option edit_options[] = {
    { .name = "name", .type = ARG_TEXT, EDIT(rename), .value = "NAME", .help = "call it this from now on" },
    { .name = "at", .type = ARG_TEXT, EDIT(at), .value = "URL", .help = "it is there now; step 1 is taken for the new place" },
    { .name = "user", .type = ARG_TEXT, EDIT(user), .value = "USER", .help = "another account there" },
    { .name = "password-file", .type = ARG_TEXT, EDIT(password_file), .value = "FILE",
      .help = "a new password: the first line of this file (-: standard input)" },
    { .name = "ask-password", .type = ARG_FLAG, EDIT(password), .help = "ask for a new password" },
    { .name = "description", .type = ARG_TEXT, EDIT(description), .value = "TEXT", .help = "what others should know of it" },
    { .name = "enable", .type = ARG_FLAG, EDIT(enable), .help = "hold a connection to it" },
    { .name = "disable", .type = ARG_FLAG, EDIT(disable), .help = "hold none" },
    { .name = "trust-fingerprint", .type = ARG_TEXT, EDIT(trust), .value = "SHA256:..", .help = "step 1 without a question" },
    { .name = "trust-vmca", .type = ARG_TEXT, EDIT(vmca), .value = "SHA256:..", .help = "step 3 without a question" },
    REMOTE_OPTIONS(struct edit_args, remote),
};

static const struct arg_operand edit_operands[] = {
    { .name = "NAME", EDIT(name), .help = "the name that it was registered by, or its URN", .kind = "vcenter" },
};

static void set_text(json_t *v, const char *key, const char *text)
{
    if (text)
        json_object_set_new(v, key, out_text(text));
}

/* The whole object goes back, as VCD's clients send it; a password that is absent stays. */
static bool change(struct cli *cli, const struct edit_args *a, json_t *v, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    (void)json_object_del(v, "password");
    set_text(v, "name", a->rename);
    set_text(v, "url", a->at);
    set_text(v, "username", a->user);
    set_text(v, "description", a->description);
    if (a->enable || a->disable)
        json_object_set_new(v, "isEnabled", json_boolean(a->enable));
    if (!a->password && !a->password_file)
        return true;
    if (!password_known(&cli->out, "--password-file", a->password_file, "New password", &password, e))
        return false;
    json_t *text = json_stringn((const char *)password.bytes, password.len);
    return (text && json_object_set_new(v, "password", text) == 0) || err_set(e, ERR_INPUT, "the password is not UTF-8");
}

/* The endpoint is looked at in any case: one that presents another certificate now is shown before a password goes there. */
static bool save(struct cli *cli, struct remote *r, const struct edit_args *a, json_t *v, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *task = NULL;
    const struct step_look s = { answer_str(v, "url"), a->trust, "--trust-fingerprint" };
    const char *path, *task_path;
    bool enabled = answer_true(v, "isEnabled");
    return vcenters_path(v, &cli->arena, &path, e) && (!(enabled || a->at) || !s.url || step_look(cli, r, &s, e)) &&
           change(cli, a, v, e) && remote_start(r, "PUT", path, json_incref(v), &cli->arena, &task_path, e) &&
           follow_task(cli, r, task_path, 0, &task, e);
}

static enum cli_exit run_edit(struct cli *cli, const void *args)
{
    const struct edit_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *v = NULL;
    uint8_t digest[DIGEST_SHA256];
    struct err e = { 0 };
    if (a->enable && a->disable)
        return cli_usage(cli, "--enable and --disable exclude each other");
    if ((a->trust && !verdict_sha256_read("--trust-fingerprint", a->trust, digest, &e)) ||
        (a->vmca && !verdict_sha256_read("--trust-vmca", a->vmca, digest, &e)))
        return cli_usage(cli, "%s", e.msg);
    if (!remote_open(cli, &a->remote, &r, &e) || !vcenters_find(r, a->name, &cli->arena, &v, &e))
        return cli_fail(cli, &e);
    set_text(v, "url", a->at);
    if (a->enable)
        json_object_set_new(v, "isEnabled", json_true());
    if (!save(cli, r, a, v, &e))
        return cli_fail(cli, &e);
    struct step_vmca s = { .urn = answer_str(v, "vcId"), .name = answer_shown(v, "name", "it", &cli->arena),
                           .fingerprint = a->vmca, .option = "--trust-vmca" };
    out_note(&cli->out, "%s is saved", s.name);
    if (answer_true(v, "isEnabled") && !step_vmca(cli, r, &s, &e))
        return cli_fail(cli, &e);
    return CLI_DONE;
}

const struct cli_command command_vcenter_edit = {
    .noun = "vcenter",
    .verb = "edit",
    .summary = "change a registered vCenter Server, or save it anew to review its certificates",
    .about = "Changes what the options name and saves. Without any of them it is saved as it is, which reads endpoint and VMCA again: "
             "one that is not trusted, or has changed, is shown and asked about as in 'vcenter add'.",
    .examples = "vouchsafe vcenter edit vc1\nvouchsafe vcenter edit vc1 --password-file new-password\n"
                "vouchsafe vcenter edit vc1 --disable",
    .options = edit_options,
    .options_len = ARRAY_LEN(edit_options),
    .operands = edit_operands,
    .operands_len = ARRAY_LEN(edit_operands),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct edit_args),
    .run = run_edit,
};
