/* vouchsafe verify: decide about certificates in files, or about many requests in a batch. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "cli/batch.h"
#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "trust/set.h"

struct verify_args {
    struct arg_list anchors, untrusted, crls;
    const char *host, *leaf;
    struct arg_number at, max_depth;
    int purpose, profile;
    bool batch;
};

enum { PROFILE_DEPLOYED, PROFILE_RFC5280 }; /* as `choices` has them */

#define AT(field) .at = offsetof(struct verify_args, field)

static const struct arg_option options[] = {
    { .name = "anchors", .type = ARG_LIST, AT(anchors), .value = "FILE",
      .help = "certificates to trust, as PEM (any number in a file) or one as DER; any of them may end the path" },
    { .name = "untrusted", .type = ARG_LIST, AT(untrusted), .value = "FILE",
      .help = "further certificates that a path may use but that prove nothing" },
    { .name = "crls", .type = ARG_LIST, AT(crls), .value = "FILE",
      .help = "revocation lists; with this option every certificate below the anchor needs a usable one" },
    { .name = "host", .type = ARG_TEXT, AT(host), .value = "NAME",
      .help = "the DNS name or address that the certificate must carry; without it names are not checked" },
    { .name = "at", .type = ARG_TIME, AT(at), .value = "TIME",
      .help = "decide as of this moment (2026-11-23T10:00:00Z, or seconds since 1970) instead of now" },
    { .name = "max-depth", .type = ARG_NUMBER, AT(max_depth), .value = "N", .min = 0, .max = 255,
      .help = "most intermediate certificates on the path, those that are self-issued not counted" },
    { .name = "purpose", .type = ARG_CHOICE, AT(purpose), .value = "PURPOSE", .choices = "server",
      .fallback = "server", .help = "what the certificate is to be used for" },
    { .name = "profile", .type = ARG_CHOICE, AT(profile), .value = "PROFILE", .choices = "deployed|rfc5280",
      .fallback = "deployed",
      .help = "deployed: as the cell decides; rfc5280: also refuse what breaks a duty of the issuing CA only" },
    { .name = "batch", .type = ARG_FLAG, AT(batch),
      .help = "read one JSON request a line from standard input and answer each with one line; see docs/cli.md" },
};

static const struct arg_operand operands[] = {
    { .name = "LEAF", AT(leaf), .is_file = true,
      .help = "file with the certificate to decide about; further certificates in it count as untrusted" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "the certificate is believed; with --batch: the end of the input was reached" },
    { CLI_USAGE, "wrong arguments, or a file that can't be read" },
    { CLI_UNTRUSTED, "the certificate is refused; the rule says why" },
};

/* What was read for one decision. */
struct evidence {
    struct bundle_item leaf;
    struct err leaf_error; /* why it does not decode; then the chain is empty */
    struct trust_set *set;
    struct trust_cert *chain[TRUST_CHAIN_MAX];
    size_t chain_len;
};

static void evidence_done(struct evidence *ev)
{
    for (size_t i = 0; i < ev->chain_len; i++)
        trust_cert_unref(ev->chain[i]);
    trust_set_unref(ev->set);
    *ev = (struct evidence){ 0 };
}

static bool read_chain(struct cli *cli, const struct verify_args *a, struct evidence *ev, struct err *e)
{
    struct arg_list leaf_file = { (const char **)(uintptr_t)&a->leaf, 1 };
    struct bundle chain = { 0 };
    if (!bundle_files(&chain, TRUST_PEM_CERTIFICATE, &leaf_file, &cli->arena, e))
        return false;
    ev->leaf = chain.items[0];
    if (!trust_cert_parse(ev->leaf.der, ev->leaf.len, &ev->chain[0], &ev->leaf_error))
        return true; /* refused, not unreadable: decide says so */
    ev->chain_len = 1;
    chain.items++;
    chain.len--;
    struct bundle untrusted = { 0 };
    if (!bundle_files(&untrusted, TRUST_PEM_CERTIFICATE, &a->untrusted, &cli->arena, e))
        return false;
    size_t bad = bundle_decode(&chain, ev->chain, &ev->chain_len, TRUST_CHAIN_MAX);
    bad += bundle_decode(&untrusted, ev->chain, &ev->chain_len, TRUST_CHAIN_MAX);
    if (ev->chain_len == TRUST_CHAIN_MAX)
        out_warn(&cli->out, "only the first %d certificates are looked at", TRUST_CHAIN_MAX);
    if (bad)
        out_warn(&cli->out, "%zu of the untrusted certificates can't be decoded and are left out", bad);
    return true;
}

/* The engine decides about decoded certificates; a leaf that is none has its own rule. */
static void refuse_undecoded(const struct evidence *ev, struct trust_verdict *ret)
{
    *ret = (struct trust_verdict){ .rule = TRUST_BAD_CERTIFICATE };
    digest_sha256(ev->leaf.der, ev->leaf.len, ret->at_sha256);
    digest_sha1(ev->leaf.der, ev->leaf.len, ret->at_sha1);
    memcpy(ret->leaf, ret->at_sha256, sizeof(ret->leaf));
    (void)text_copy(ret->seen, sizeof(ret->seen), ev->leaf_error.msg);
    (void)text_copy(ret->expected, sizeof(ret->expected), "one X.509 certificate as DER");
}

static void decide(const struct verify_args *a, const struct evidence *ev, int64_t now, struct trust_verdict *ret)
{
    struct trust_question q = {
        .chain = (const struct trust_cert *const *)ev->chain,
        .chain_len = ev->chain_len,
        .names = &a->host,
        .names_len = a->host ? 1 : 0,
        .names_mode = a->host ? TRUST_NAMES_CHECK : TRUST_NAMES_NONE,
        .behalf = { .kind = TRUST_FOR_ADDRESS, .host = a->host ? a->host : "" },
        .purpose = TRUST_PURPOSE_SERVER,
        .crl_mode = a->crls.len ? TRUST_CRL_REQUIRE : TRUST_CRL_OFF,
        .now = now,
        .policy = { .max_depth = (uint16_t)a->max_depth.value, .max_depth_set = a->max_depth.given,
                    .issuer_duties = a->profile == PROFILE_RFC5280 },
    };
    if (ev->chain_len)
        trust_decide(ev->set, &q, ret);
    else
        refuse_undecoded(ev, ret);
}

static void show(struct cli *cli, const struct verify_args *a, const struct evidence *ev, int64_t now,
                 const struct trust_verdict *v)
{
    struct verdict_view w = { v, (const struct trust_cert *const *)ev->chain, ev->chain_len, ev->set };
    char at[TEXT_TIME];
    text_time(now, at);
    switch (cli->out.format) {
    case OUT_TABLE:
    case OUT_WIDE:
        verdict_print(&cli->out, &w);
        return;
    case OUT_NAME:
        out_printf(&cli->out, "%s\n", trust_rule_code(v->rule));
        return;
    case OUT_JSON:
    case OUT_JSONL: {
        json_t *j = verdict_json(&w);
        json_object_set_new(j, "host", out_text(a->host));
        json_object_set_new(j, "at", json_string(at));
        if (ev->chain_len)
            json_object_set_new(j, "leaf", verdict_cert_json(ev->chain[0]));
        out_json(&cli->out, j);
    }
    }
}

static enum cli_exit check_arguments(struct cli *cli, const struct verify_args *a)
{
    size_t standard = a->leaf && !strcmp(a->leaf, "-");
    const struct arg_list *lists[] = { &a->anchors, &a->untrusted, &a->crls };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (size_t k = 0; k < lists[i]->len; k++)
            standard += !strcmp(lists[i]->items[k], "-");
    if (a->batch && (a->leaf || a->anchors.len || a->untrusted.len || a->crls.len || a->host || a->at.given ||
                     a->max_depth.given))
        return cli_usage(cli, "--batch takes everything from its lines; leave the other options and LEAF out");
    if (a->batch)
        return CLI_DONE;
    if (!a->leaf)
        return cli_usage(cli, "LEAF is missing");
    if (!a->anchors.len)
        return cli_usage(cli, "--anchors is missing: nothing is trusted unless you name it");
    if (standard > 1)
        return cli_usage(cli, "standard input (-) can be read once only");
    return CLI_DONE;
}

/* An IPv6 address may stand in brackets, as in a URL; in a certificate it does not. */
static const char *without_brackets(const char *host, struct arena *arena)
{
    size_t len = host ? strlen(host) : 0;
    return len > 2 && host[0] == '[' && host[len - 1] == ']' ? arena_strndup(arena, host + 1, len - 2) : host;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    struct verify_args given = *(const struct verify_args *)args, *a = &given;
    a->host = without_brackets(a->host, &cli->arena);
    enum cli_exit code = check_arguments(cli, a);
    if (code != CLI_DONE)
        return code;
    if (a->batch)
        return batch_run(cli, STDIN_FILENO);
    AUTO(evidence_done) struct evidence ev = { 0 };
    struct trust_verdict v;
    struct err e;
    if (!read_chain(cli, a, &ev, &e) ||
        !(ev.set = bundle_trust_files(&a->anchors, &a->crls, &cli->out, &cli->arena, &e)))
        return cli_fail(cli, &e);
    int64_t now = a->at.given ? a->at.value : clock_wall_ms() / 1000;
    decide(a, &ev, now, &v);
    show(cli, a, &ev, now, &v);
    return v.ok ? CLI_DONE : CLI_UNTRUSTED;
}

const struct cli_command command_verify = {
    .noun = "verify",
    .summary = "decide whether a certificate is believed, and say why",
    .about =
        "Looks for a path from the certificate in LEAF to one of the anchors and prints the verdict: the path, or the "
        "rule that refuses, the certificate it fell on, what was expected and seen, and the next step. It is the same "
        "engine that decides for the cell. No network is used.\n\n"
        "With --batch requests are read from standard input, one JSON object a line.",
    .examples = "vouchsafe verify --anchors root.pem --host vc1.example.com vc1.pem\n"
                "vouchsafe verify --anchors root.pem --untrusted issuing.pem --at 2027-01-01T00:00:00Z vc1.pem\n"
                "vouchsafe verify --batch < requests.jsonl > answers.jsonl",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = operands,
    .operands_len = ARRAY_LEN(operands),
    .operands_optional = true,
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct verify_args),
    .run = run,
};
