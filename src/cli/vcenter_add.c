/* vouchsafe vcenter add: register a vCenter Server in three steps. */
#include <string.h>

#include "base/secret.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/password.h"
#include "cli/remote.h"
#include "cli/steps.h"
#include "cli/vcenters.h"
#include "cli/verdict.h"
#include "wire/json.h"

struct add_args {
    struct remote_args remote;
    const char *name, *at, *user, *password_file, *description, *trust, *vmca;
    const char *nsxv, *nsxv_user, *nsxv_password_file, *nsxv_trust;
    bool disabled;
};

#define AT(field) .at = offsetof(struct add_args, field)

static const struct arg_option options[] = {
    { .name = "at", .type = ARG_TEXT, AT(at), .value = "URL", .help = "the vCenter Server: https://HOST[:PORT]" },
    { .name = "user", .type = ARG_TEXT, AT(user), .value = "USER", .help = "the account there, administrator@vsphere.local for one" },
    { .name = "password-file", .type = ARG_TEXT, AT(password_file), .value = "FILE",
      .help = "its password is the first line of this file (-: standard input); without it there is a question" },
    { .name = "trust-fingerprint", .type = ARG_TEXT, AT(trust), .value = "SHA256:..",
      .help = "step 1 without a question: trust the endpoint if this certificate is in what it presents" },
    { .name = "trust-vmca", .type = ARG_TEXT, AT(vmca), .value = "SHA256:..",
      .help = "step 3 without a question: trust the VMCA if it is this one" },
    { .name = "description", .type = ARG_TEXT, AT(description), .value = "TEXT", .help = "what others should know of it" },
    { .name = "disabled", .type = ARG_FLAG, AT(disabled), .help = "register it, but hold no connection to it" },
    { .name = "nsxv", .type = ARG_TEXT, AT(nsxv), .value = "URL",
      .help = "its NSX-V Manager; now or never, for it can't be added later" },
    { .name = "nsxv-user", .type = ARG_TEXT, AT(nsxv_user), .value = "USER", .help = "the account at the NSX-V Manager" },
    { .name = "nsxv-password-file", .type = ARG_TEXT, AT(nsxv_password_file), .value = "FILE", .help = "its password" },
    { .name = "nsxv-trust-fingerprint", .type = ARG_TEXT, AT(nsxv_trust), .value = "SHA256:..",
      .help = "step 1 for the NSX-V Manager without a question" },
    REMOTE_OPTIONS(struct add_args, remote),
};

static const struct arg_operand operands[] = {
    { .name = "NAME", AT(name), .help = "what it will be called here" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "registered; its VMCA is trusted, or it has none to show" },
    { CLI_FAILED, "the registration failed; nothing is registered" },
    { CLI_USAGE, "wrong arguments, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell or the vCenter Server can't be reached" },
    { CLI_DENIED, "not logged in, without the right, or the vCenter Server refused the password" },
    { CLI_UNTRUSTED, "the endpoint is not trusted, and nothing is registered; or it is registered and its VMCA is not trusted yet" },
    { CLI_CONFLICT, "the name is taken, or it is registered already" },
    { CLI_INTERRUPTED, "interrupted; a registration under way goes on at the cell" },
};

/* Both passwords are there before anything is sent anywhere. */
static bool read_passwords(struct cli *cli, const struct add_args *a, struct secret *ret, struct secret *ret_nsxv, struct err *e)
{
    struct out *o = &cli->out;
    return password_known(o, "--password-file", a->password_file, arena_printf(&cli->arena, "Password of %s at %s", a->user, a->at),
                          ret, e) &&
           (!a->nsxv || password_known(o, "--nsxv-password-file", a->nsxv_password_file,
                                       arena_printf(&cli->arena, "Password of %s at %s", a->nsxv_user, a->nsxv), ret_nsxv, e));
}

static json_t *secret_json(const struct secret *s)
{
    return json_stringn((const char *)s->bytes, s->len);
}

static json_t *body_of(const struct add_args *a, const struct secret *password, const struct secret *nsxv)
{
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:b}", "name", a->name, "description", a->description ? a->description : "",
                          "url", a->at, "username", a->user, "password", secret_json(password), "isEnabled", !a->disabled);
    if (j && a->nsxv)
        json_object_set_new(j, "nsxVManager", json_pack("{s:s, s:s, s:o}", "url", a->nsxv, "username", a->nsxv_user, "password",
                                                        secret_json(nsxv)));
    return j;
}

static bool look(struct cli *cli, struct remote *r, const struct add_args *a, struct err *e)
{
    const struct step_look own = { a->at, a->trust, "--trust-fingerprint" };
    const struct step_look nsxv = { a->nsxv, a->nsxv_trust, "--nsxv-trust-fingerprint" };
    out_note(&cli->out, "step 1 of 3: looking at %s", a->at);
    return step_look(cli, r, &own, e) && (!a->nsxv || step_look(cli, r, &nsxv, e));
}

static bool enlist(struct cli *cli, struct remote *r, const struct add_args *a, const char **ret_urn, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 }, nsxv = { 0 };
    AUTO(wire_json_decrefp) json_t *task = NULL;
    const char *path;
    if (!read_passwords(cli, a, &password, &nsxv, e))
        return false;
    json_t *body = body_of(a, &password, &nsxv);
    if (!body)
        return err_set(e, ERR_INPUT, "a name, a user or a password is not UTF-8");
    out_note(&cli->out, "step 2 of 3: registering it as %s", a->name);
    if (!remote_start(r, "POST", VCENTERS_PATH, body, &cli->arena, &path, e) || !follow_task(cli, r, path, 0, &task, e))
        return false;
    const char *urn = answer_str(task, "owner.id");
    if (!urn)
        return err_set(e, ERR_PEER, "the cell's task does not say what it registered");
    *ret_urn = arena_strdup(&cli->arena, urn);
    return true;
}

static void answer(struct cli *cli, struct remote *r, const char *urn)
{
    AUTO(wire_json_decrefp) json_t *v = NULL;
    struct err e;
    if (cli->out.format <= OUT_WIDE || !vcenters_find(r, urn, &cli->arena, &v, &e))
        return;
    vcenters_print(cli, r, v);
}

static enum cli_exit check(struct cli *cli, const struct add_args *a)
{
    uint8_t digest[DIGEST_SHA256];
    struct err e;
    if (!a->at || !a->user)
        return cli_usage(cli, "%s is missing", a->at ? "--user USER" : "--at URL");
    if (!a->nsxv != !a->nsxv_user || (!a->nsxv && (a->nsxv_password_file || a->nsxv_trust)))
        return cli_usage(cli, "an NSX-V Manager needs both --nsxv and --nsxv-user");
    if ((a->trust && !verdict_sha256_read("--trust-fingerprint", a->trust, digest, &e)) ||
        (a->vmca && !verdict_sha256_read("--trust-vmca", a->vmca, digest, &e)) ||
        (a->nsxv_trust && !verdict_sha256_read("--nsxv-trust-fingerprint", a->nsxv_trust, digest, &e)))
        return cli_usage(cli, "%s", e.msg);
    return CLI_DONE;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct add_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    struct step_vmca vmca = { .name = a->name, .fingerprint = a->vmca, .option = "--trust-vmca" };
    enum cli_exit code = check(cli, a);
    if (code != CLI_DONE)
        return code;
    if (!remote_open(cli, &a->remote, &r, &e) || !look(cli, r, a, &e) || !enlist(cli, r, a, &vmca.urn, &e))
        return cli_fail(cli, &e);
    if (a->disabled) {
        out_note(&cli->out, "%s is registered, disabled; 'vouchsafe vcenter edit %s --enable' goes on with step 3", a->name, a->name);
        answer(cli, r, vmca.urn);
        return CLI_DONE;
    }
    out_note(&cli->out, "step 3 of 3: the VMCA of %s, which signs its hosts", a->name);
    bool trusted = step_vmca(cli, r, &vmca, &e);
    answer(cli, r, vmca.urn);
    return trusted ? CLI_DONE : cli_fail(cli, &e);
}

const struct cli_command command_vcenter_add = {
    .noun = "vcenter",
    .verb = "add",
    .summary = "register a vCenter Server in three steps: look, register, trust its VMCA",
    .about =
        "Step 1: the cell looks at the endpoint before any credential leaves, and you are shown the chain that it saw, its "
        "fingerprints, what would be stored and what that would vouch for. The answer is no unless you say yes. Step 2 "
        "registers it and tells the steps of the task. Step 3 reads the VMCA, the authority that signs its hosts, shows it and "
        "asks; then it says how many hosts are verified now and what the others lack.\n\n"
        "Without a terminal --trust-fingerprint answers step 1 and --trust-vmca step 3, and the password comes from "
        "--password-file. Without --trust-vmca it ends with exit code 5 and prints the two commands that finish step 3: the vCenter "
        "Server is registered then, and everything works but console, power-on with guest customization, OVF import and "
        "export, and media transfer.\n\n"
        "vCenter Server 6.7 shows no VMCA: step 3 says what stands still, and 'vcenter trust NAME --find' looks for it.",
    .examples = "vouchsafe vcenter add vc1 --at https://vc1.example.com --user administrator@vsphere.local\n"
                "vouchsafe vcenter add vc1 --at https://vc1.example.com --user administrator@vsphere.local --password-file pw \\\n"
                "    --trust-fingerprint SHA256:AA:BB:.. --trust-vmca SHA256:CC:DD:..",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = operands,
    .operands_len = ARRAY_LEN(operands),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct add_args),
    .run = run,
};
