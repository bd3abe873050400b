/* vouchsafe cert list, show, import, delete: what is trusted, for what, and since when. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/bundle.h"
#include "cli/certs.h"
#include "cli/commands.h"
#include "cli/ours.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "trust/cert.h"

struct cert_args {
    struct remote_args remote;
    const char *word, *alias, *scope;
    struct arg_list files;
    bool yes, pem;
    int sessions;
};

#define AT(field) .at = offsetof(struct cert_args, field)

static const struct arg_option list_options[] = { REMOTE_OPTIONS(struct cert_args, remote) };
static const struct arg_option show_options[] = {
    { .name = "pem", .type = ARG_FLAG, AT(pem), .help = "print the certificate as PEM, nothing else" },
    REMOTE_OPTIONS(struct cert_args, remote),
};
static const struct arg_option import_options[] = {
    { .name = "scope", .type = ARG_TEXT, AT(scope), .value = "SCOPE",
      .help = "what it vouches for: vcenter:NAME/hosts, vcenter:NAME/endpoint, vcenter:NAME, nsx:NAME, host:HOST:PORT, or any" },
    { .name = "alias", .type = ARG_TEXT, AT(alias), .value = "TEXT",
      .help = "what it is called, for one certificate; without it the subject and the day" },
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" },
    REMOTE_OPTIONS(struct cert_args, remote),
};
static const struct arg_option delete_options[] = {
    { .name = "sessions", .type = ARG_CHOICE, AT(sessions), .value = "HOW", .choices = "end|finish", .fallback = "end",
      .help = "what becomes of live connections that stand on it" },
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" },
    REMOTE_OPTIONS(struct cert_args, remote),
};

static const struct arg_operand word_operand[] = {
    { .name = "CERTIFICATE", AT(word), .help = "an alias, an id, or SHA256:.." },
};
static const struct arg_operand file_operand[] = {
    { .name = "FILE", AT(files), .many = true, .is_file = true, .help = "certificates as PEM or DER (-: standard input)" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done; cert list: even if there is none" },
    { CLI_FAILED, "there is none of that name, or the answer was no" },
    { CLI_USAGE, "wrong arguments, a file that can't be read, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
    { CLI_PARTIAL, "cert import, cert delete: some of several were done" },
    { CLI_CONFLICT, "it is trusted so already, or the alias is taken" },
};

/* ---- list ---- */

static const struct rows_column columns[] = {
    { .title = "ALIAS", .key = "alias" },
    { .title = "SCOPE", .key = "scope_name" },
    { .title = "VALID UNTIL", .key = "certificate.not_after" },
    { .title = "CA", .key = "certificate.ca" },
    { .title = "SUBJECT", .key = "certificate.subject" },
    { .title = "SHA-256", .key = "certificate.sha256", .wide = true },
    { .title = "BY", .key = "by", .wide = true },
    { .title = "ID", .key = "id", .wide = true },
};

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct cert_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(cert_list_done) struct cert_list l = { 0 };
    AUTO(rows_done) struct rows rows = { 0 };
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !certs_read(r, &cli->arena, &l, &e))
        return cli_fail(cli, &e);
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < l.len; i++)
        rows_add(&rows, certs_json(&l.items[i]));
    rows_finish(&rows, "certificates", NULL);
    return CLI_DONE;
}

/* ---- show ---- */

static void print(struct out *o, const struct cert_grant *g)
{
    out_printf(o, "%s%s%s\n", out_begin(o, OUT_BOLD), g->alias, out_end(o, OUT_BOLD));
    if (g->cert)
        verdict_cert_print(o, "certificate", g->cert);
    if (g->scope_name)
        verdict_field(o, "vouches for", "%s", g->scope_name);
    if (g->by)
        verdict_field(o, "granted", "by %s%s%s%s%s", g->by, g->made ? ", " : "", g->made ? g->made : "", g->flow ? ", " : "",
                      g->flow ? g->flow : "");
    verdict_field(o, "id", "%s", g->id);
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct cert_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(cert_list_done) struct cert_list l = { 0 };
    AUTO(rows_done) struct rows rows = { 0 };
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !certs_read(r, &cli->arena, &l, &e) || !certs_named(&l, a->word, &e))
        return cli_fail(cli, &e);
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < l.len && !a->pem; i++) {
        if (cli->out.format <= OUT_WIDE)
            print(&cli->out, &l.items[i]);
        else
            rows_add(&rows, certs_json(&l.items[i]));
    }
    if (a->pem)
        out_printf(&cli->out, "%s", l.items[0].pem); /* several grants of one word are of one certificate, or the first */
    else
        rows_finish(&rows, "certificates", NULL);
    return CLI_DONE;
}

/* ---- import ---- */

/* "CN=Foreign CA 2026-11-23", within the length of an alias. */
static const char *alias_of(struct cli *cli, const struct cert_args *a, const struct trust_cert *c)
{
    char subject[160], day[TEXT_TIME];
    if (a->alias)
        return a->alias;
    trust_cert_subject(c, subject, sizeof(subject));
    text_time(clock_wall_ms() / 1000, day);
    return arena_printf(&cli->arena, "%s %s", subject, day);
}

static bool shown_and_agreed(struct cli *cli, const struct cert_args *a, struct trust_cert *const *certs, size_t len,
                             const char *scope, struct err *e)
{
    struct out talk = cli->out;
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    for (size_t i = 0; i < len && !talk.quiet; i++)
        verdict_cert_print(&talk, "certificate", certs[i]);
    (void)fflush(talk.data);
    return prompt_agreed(&cli->out, a->yes, "--yes",
                         len == 1 ? arena_printf(&cli->arena, "Trust it for %s?", scope)
                                  : arena_printf(&cli->arena, "Trust these %zu for %s?", len, scope), e);
}

static bool import_one(struct cli *cli, struct remote *r, const struct cert_args *a, const struct trust_cert *c, const char *scope,
                       struct err *e)
{
    AUTO(buf_done) struct buf pem;
    char sha[VERDICT_SHA256];
    size_t len;
    const uint8_t *der = trust_cert_der(c, &len);
    buf_init(&pem, TRUST_PEM_MAX);
    verdict_sha256(trust_cert_sha256(c), sha);
    if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, der, len, e) || !ours_grant(r, alias_of(cli, a, c), buf_str(&pem), scope, e))
        return err_in(e, "%s", sha);
    out_note(&cli->out, "trusted %s for %s", sha, scope);
    return true;
}

static enum cli_exit import_all(struct cli *cli, struct remote *r, const struct cert_args *a, struct trust_cert *const *certs,
                                size_t len, const char *scope)
{
    struct err e = { 0 };
    size_t done = 0;
    for (size_t i = 0; i < len; i++) {
        if (import_one(cli, r, a, certs[i], scope, &e))
            done++;
        else
            out_error(&cli->out, "%s", e.msg);
    }
    return done == len ? CLI_DONE : done ? CLI_PARTIAL : cli_exit_of(e.kind);
}

static void certs_free(struct trust_cert **certs, size_t len)
{
    for (size_t i = 0; i < len; i++)
        trust_cert_unref(certs[i]);
}

static enum cli_exit run_import(struct cli *cli, const void *args)
{
    const struct cert_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct bundle b = { 0 };
    struct err e = { 0 };
    const char *scope;
    size_t len = 0;
    if (!a->scope)
        return cli_usage(cli, "--scope is missing: say what it vouches for, such as vcenter:NAME/hosts");
    if (!bundle_files(&b, TRUST_PEM_CERTIFICATE, &a->files, &cli->arena, &e))
        return cli_fail(cli, &e);
    if (a->alias && b.len > 1)
        return cli_usage(cli, "--alias names one certificate, but there are %zu", b.len);
    struct trust_cert **certs = arena_array(&cli->arena, b.len + 1, sizeof(struct trust_cert *));
    enum cli_exit code = CLI_USAGE;
    if (bundle_decode(&b, certs, &len, b.len))
        out_error(&cli->out, "%zu of %zu certificates can't be decoded; nothing was imported", b.len - len, b.len);
    else if (!remote_open(cli, &a->remote, &r, &e) || !certs_scope(r, a->scope, &cli->arena, &scope, &e) ||
             !shown_and_agreed(cli, a, certs, len, scope, &e))
        code = cli_fail(cli, &e);
    else
        code = import_all(cli, r, a, certs, len, scope);
    certs_free(certs, len);
    return code;
}

/* ---- delete ---- */

static enum cli_exit run_delete(struct cli *cli, const void *args)
{
    static const char *const sessions[] = { "end", "finish" };
    const struct cert_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(cert_list_done) struct cert_list l = { 0 };
    struct err e = { 0 };
    size_t done = 0;
    if (!remote_open(cli, &a->remote, &r, &e) || !certs_read(r, &cli->arena, &l, &e) || !certs_named(&l, a->word, &e))
        return cli_fail(cli, &e);
    struct out talk = cli->out;
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    for (size_t i = 0; i < l.len && !a->yes; i++)
        print(&talk, &l.items[i]);
    (void)fflush(talk.data);
    if (!prompt_agreed(&cli->out, a->yes, "--yes", l.len == 1 ? "Trust it no longer?" : "Trust all of these no longer?", &e))
        return cli_fail(cli, &e);
    for (size_t i = 0; i < l.len; i++) {
        const char *path = arena_printf(&cli->arena, CERTS_PATH "/%s?sessions=%s", remote_escape(&cli->arena, l.items[i].id),
                                        sessions[a->sessions]);
        if (!remote_send(r, "DELETE", path, NULL, NULL, &e)) {
            out_error(&cli->out, "%s: %s", l.items[i].alias, e.msg);
            continue;
        }
        out_note(&cli->out, "%s is trusted no longer", l.items[i].alias);
        done++;
    }
    return done == l.len ? CLI_DONE : done ? CLI_PARTIAL : cli_exit_of(e.kind);
}

#define COMMON .noun = "cert", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct cert_args)

const struct cli_command command_cert_list = {
    COMMON,
    .verb = "list",
    .summary = "the certificates that are trusted, and for what",
    .about = "Lists the grants that this session may see. One certificate may have several, each for another scope.",
    .examples = "vouchsafe cert list -o wide",
    .options = list_options,
    .options_len = ARRAY_LEN(list_options),
    .run = run_list,
};

const struct cli_command command_cert_show = {
    COMMON,
    .verb = "show",
    .summary = "one trusted certificate at length",
    .about = "Shows the certificate with its fingerprints, what it vouches for, and who granted that.",
    .examples = "vouchsafe cert show foreign-ca\nvouchsafe cert show SHA256:AA:BB:.. --pem > ca.pem",
    .options = show_options,
    .options_len = ARRAY_LEN(show_options),
    .operands = word_operand,
    .operands_len = ARRAY_LEN(word_operand),
    .run = run_show,
};

const struct cli_command command_cert_import = {
    COMMON,
    .verb = "import",
    .summary = "trust certificates from a file, such as the CA of hosts that the VMCA did not sign",
    .about = "Shows every certificate of the files, asks, and trusts them for the scope that is named: there is no default, "
             "because a certificate that vouches for anything vouches for every endpoint. Nothing is imported when one of them "
             "can't be decoded.",
    .examples = "vouchsafe cert import foreign-ca.pem --scope vcenter:vc1/hosts\n"
                "vouchsafe cert import enterprise.pem --scope host:vc1.example.com:443 --alias enterprise --yes",
    .options = import_options,
    .options_len = ARRAY_LEN(import_options),
    .operands = file_operand,
    .operands_len = ARRAY_LEN(file_operand),
    .run = run_import,
};

const struct cli_command command_cert_delete = {
    COMMON,
    .verb = "delete",
    .summary = "trust a certificate no longer",
    .about = "Shows what is to go, asks, and takes the grants away: by alias or id one, by SHA-256 all of that certificate. It is in "
             "force at once: live connections that stand on it end, unless --sessions finish lets them finish.",
    .examples = "vouchsafe cert delete foreign-ca --yes",
    .options = delete_options,
    .options_len = ARRAY_LEN(delete_options),
    .operands = word_operand,
    .operands_len = ARRAY_LEN(word_operand),
    .run = run_delete,
};
