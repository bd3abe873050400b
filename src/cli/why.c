/* vouchsafe why vm, host, vcenter: from "the console is down" to the host, the rule, and the one certificate that heals it. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/bundle.h"
#include "cli/certs.h"
#include "cli/commands.h"
#include "cli/ours.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "wire/json.h"

struct why_args {
    struct remote_args remote;
    const char *name, *vcenter, *fingerprint;
    bool fix;
};

#define FIELD(field) .at = offsetof(struct why_args, field)
#define FIX                                                                                                              \
    { .name = "fix", .type = ARG_FLAG, FIELD(fix), .help = "trust the certificate that heals it, after showing it" },    \
    { .name = "fingerprint", .type = ARG_TEXT, FIELD(fingerprint), .value = "SHA256:..",                                 \
      .help = "with --fix: the one with this SHA-256, instead of a question" }

static const struct arg_option options[] = {
    FIX,
    { .name = "vcenter", .type = ARG_TEXT, FIELD(vcenter), .value = "NAME", .help = "look for it in this vCenter Server only" },
    REMOTE_OPTIONS(struct why_args, remote),
};
static const struct arg_option vcenter_options[] = { FIX, REMOTE_OPTIONS(struct why_args, remote) };

static const struct arg_operand vm_operand[] = { { .name = "NAME", FIELD(name), .help = "the virtual machine's name, or its id in the vCenter Server" } };
static const struct arg_operand host_operand[] = { { .name = "NAME", FIELD(name), .help = "any name or address of the host, or its id" } };
static const struct arg_operand vcenter_operand[] = { { .name = "NAME", FIELD(name), .help = "as it is registered" } };

static const struct cli_code codes[] = {
    { CLI_DONE, "it is believed; with --fix: now" },
    { CLI_FAILED, "there is none of that name or there are several, or the answer was no" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "it, or the cell, can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "it is refused; or with --fix: nothing was confirmed, or nothing to trust would help" },
    { CLI_CONFLICT, "with --fix: the certificate is trusted so already" },
};

/* ---- asking ---- */

static bool ask(struct cli *cli, struct remote *r, const char *kind, const struct why_args *a, json_t **ret, struct err *e)
{
    const char *path = arena_printf(&cli->arena, OURS_PATH "/why?kind=%s&name=%s", kind, remote_escape(&cli->arena, a->name));
    if (a->vcenter)
        path = arena_printf(&cli->arena, "%s&vcenter=%s", path, remote_escape(&cli->arena, a->vcenter));
    return remote_get(r, path, ret, e);
}

static bool is_believed(const json_t *w)
{
    return answer_true(w, "verdict.ok");
}

static enum cli_exit code_of(const json_t *w)
{
    if (!answer_true(w, "found"))
        return CLI_FAILED;
    if (!answer_true(w, "seen"))
        return CLI_UNREACHABLE;
    return is_believed(w) ? CLI_DONE : CLI_UNTRUSTED;
}

/* The certificate that heals, decoded here: its fingerprint is computed from what would be stored. Owned by the caller; NULL = none. */
static struct trust_cert *heal_of(struct cli *cli, const json_t *w)
{
    const char *pem = answer_str(w, "heal.pem");
    struct trust_cert *cert = NULL;
    struct bundle b = { 0 };
    struct err none;
    size_t len = 0;
    if (!pem || !bundle_add(&b, TRUST_PEM_CERTIFICATE, pem, strlen(pem), &cli->arena, &none) || b.len != 1 || bundle_decode(&b, &cert, &len, 1))
        return NULL;
    return cert;
}

/* ---- showing ---- */

static void field(struct cli *cli, struct out *o, const char *label, const json_t *w, const char *key)
{
    const char *text = answer_shown(w, key, NULL, &cli->arena);
    if (text)
        verdict_field(o, label, "%s", text);
}

static void print_heal(struct cli *cli, struct out *o, const json_t *w, const struct trust_cert *heal)
{
    out_printf(o, "what heals it\n");
    verdict_cert_print(o, "certificate", heal);
    field(cli, o, "trusted for", w, "heal.scope");
    if (answer_true(w, "heal.pinsOneCertificate"))
        verdict_field(o, "note", "this pins one certificate");
}

static void print(struct cli *cli, struct out *o, const json_t *w, const struct trust_cert *heal)
{
    const json_t *leaf = json_array_get(answer_member(w, "chain"), 0);
    out_printf(o, "%s%s%s\n", out_begin(o, OUT_BOLD), answer_shown(w, "text", "", &cli->arena), out_end(o, OUT_BOLD));
    field(cli, o, "machine", w, "vm");
    field(cli, o, "host", w, "host");
    field(cli, o, "vCenter", w, "vcenter");
    field(cli, o, "address", w, "address");
    if (!is_believed(w)) {
        field(cli, o, "rule", w, "verdict.rule");
        field(cli, o, "expected", w, "verdict.expected");
        field(cli, o, "seen", w, "verdict.seen");
    }
    if (leaf) {
        field(cli, o, "presents", leaf, "subject");
        field(cli, o, "issuer", leaf, "issuer");
        verdict_field(o, "SHA-256", "SHA256:%s", answer_shown(leaf, "sha256", "?", &cli->arena));
        verdict_field(o, "SHA-1", "SHA1:%s", answer_shown(leaf, "sha1", "?", &cli->arena));
    }
    if (heal)
        print_heal(cli, o, w, heal);
    const char *next = answer_shown(w, "next", NULL, &cli->arena);
    if (next)
        verdict_prose(o, "next", next);
}

static void show(struct cli *cli, const json_t *w, const struct trust_cert *heal)
{
    if (cli->out.format <= OUT_WIDE)
        print(cli, &cli->out, w, heal);
    else if (cli->out.format == OUT_NAME)
        out_printf(&cli->out, "%s\n", answer_shown(w, "verdict.rule", "unknown", &cli->arena));
    else
        out_json(&cli->out, answer_ours(w));
    out_flush(&cli->out);
}

/* ---- mending ---- */

static bool confirmed(struct cli *cli, const struct why_args *a, const json_t *w, const struct trust_cert *heal, struct err *e)
{
    uint8_t digest[DIGEST_SHA256];
    char sha[VERDICT_SHA256];
    bool yes = false;
    verdict_sha256(trust_cert_sha256(heal), sha);
    if (a->fingerprint) {
        if (!verdict_sha256_read("--fingerprint", a->fingerprint, digest, e))
            return false;
        return memcmp(digest, trust_cert_sha256(heal), DIGEST_SHA256) == 0 ||
               err_set(e, ERR_UNTRUSTED, "what heals it is %s, not the one that was confirmed; nothing was changed", sha);
    }
    if (!prompt_possible(&cli->out))
        return err_set(e, ERR_UNTRUSTED, "nobody is there to confirm it; confirm with: --fix --fingerprint %s", sha);
    if (!prompt_confirm(&cli->out, arena_printf(&cli->arena, "Trust %s for %s?", sha, answer_shown(w, "heal.scope", "it", &cli->arena)), &yes, e))
        return false;
    return yes || err_set(e, ERR_INTERNAL, "nothing was changed");
}

static const char *alias_of(struct cli *cli, const struct trust_cert *c)
{
    char subject[160], when[TEXT_TIME];
    trust_cert_subject(c, subject, sizeof(subject));
    text_time(clock_wall_ms() / 1000, when);
    return arena_printf(&cli->arena, "%s %s", subject, when);
}

static enum cli_exit mend(struct cli *cli, struct remote *r, const char *kind, const struct why_args *a, const json_t *w,
                          const struct trust_cert *heal)
{
    AUTO(wire_json_decrefp) json_t *after = NULL;
    struct out talk = cli->out;
    struct err e = { 0 };
    if (code_of(w) != CLI_UNTRUSTED || !heal) {
        out_note(&cli->out, is_believed(w) ? "there is nothing to mend" : "trusting a certificate would not mend this");
        show(cli, w, heal);
        return code_of(w);
    }
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    if (!talk.quiet)
        print(cli, &talk, w, heal);
    (void)fflush(talk.data);
    const char *pem = answer_str(w, "heal.pem"), *scope = answer_str(w, "heal.scope");
    if (!confirmed(cli, a, w, heal, &e) || !ours_grant(r, alias_of(cli, heal), pem, scope ? scope : "", &e) ||
        !ask(cli, r, kind, a, &after, &e))
        return cli_fail(cli, &e);
    AUTO(trust_cert_unrefp) struct trust_cert *next = heal_of(cli, after);
    show(cli, after, next);
    return code_of(after);
}

static enum cli_exit run(struct cli *cli, const char *kind, const struct why_args *a)
{
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *w = NULL;
    struct err e = { 0 };
    if (a->fingerprint && !a->fix)
        return cli_usage(cli, "--fingerprint confirms what --fix trusts; it does not go without it");
    if (!remote_open(cli, &a->remote, &r, &e))
        return cli_fail(cli, &e);
    remote_patience(r, OURS_LOOK_MS);
    if (!ask(cli, r, kind, a, &w, &e))
        return cli_fail(cli, &e);
    AUTO(trust_cert_unrefp) struct trust_cert *heal = heal_of(cli, w);
    if (!answer_true(w, "found")) {
        out_error(&cli->out, "%s", answer_shown(w, "text", "nothing of that name", &cli->arena));
        return CLI_FAILED;
    }
    if (a->fix)
        return mend(cli, r, kind, a, w, heal);
    show(cli, w, heal);
    return code_of(w);
}

static enum cli_exit run_vm(struct cli *cli, const void *args)
{
    return run(cli, "vm", args);
}

static enum cli_exit run_host(struct cli *cli, const void *args)
{
    return run(cli, "host", args);
}

static enum cli_exit run_vcenter(struct cli *cli, const void *args)
{
    return run(cli, "vcenter", args);
}

#define COMMON .noun = "why", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct why_args)
#define ABOUT                                                                                                           \
    "The cell looks now and tells what is presented, which rule refuses it, both fingerprints, and the one certificate that heals it: the " \
    "VMCA, a CA that is trusted for something else, a CA that was sent, or as the last resort the endpoint's own certificate. It is named only " \
    "when the engine says that trusting it helps.\n\nWith --fix it is trusted for exactly that, once a person has confirmed its SHA-256; then the cell looks again."

const struct cli_command command_why_host = {
    COMMON,
    .verb = "host",
    .summary = "why a host is refused, and what heals it",
    .about = ABOUT,
    .examples = "vouchsafe why host esx7.example\nvouchsafe why host 10.0.0.7 --fix",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = host_operand,
    .operands_len = ARRAY_LEN(host_operand),
    .run = run_host,
};

const struct cli_command command_why_vcenter = {
    COMMON,
    .verb = "vcenter",
    .summary = "why a vCenter Server is refused, and what heals it",
    .about = ABOUT,
    .examples = "vouchsafe why vcenter vc1 -o json",
    .options = vcenter_options,
    .options_len = ARRAY_LEN(vcenter_options),
    .operands = vcenter_operand,
    .operands_len = ARRAY_LEN(vcenter_operand),
    .run = run_vcenter,
};

const struct cli_command command_why_vm = {
    COMMON,
    .verb = "vm",
    .summary = "why the host that runs a virtual machine is refused, and what heals it",
    .about = ABOUT,
    .examples = "vouchsafe why vm web-1\nvouchsafe why vm vm-12 --vcenter vc1 --fix --fingerprint SHA256:..",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = vm_operand,
    .operands_len = ARRAY_LEN(vm_operand),
    .run = run_vm,
};
