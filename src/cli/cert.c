/* vouchsafe cert list, show, delete: what is trusted, for what, and since when. */
#include <string.h>

#include "base/clock.h"
#include "cli/cert_expiring.h"
#include "cli/certs.h"
#include "cli/commands.h"
#include "cli/consequence.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "wire/json.h"

enum { SESSIONS_END, SESSIONS_FINISH };

struct cert_args {
    struct remote_args remote;
    const char *word, *expiring;
    bool yes, pem;
    int sessions;
};

#define AT(field) .at = offsetof(struct cert_args, field)

static const struct arg_option list_options[] = {
    { .name = "expiring", .type = ARG_TEXT, AT(expiring), .value = "DAYS",
      .help = "only what has expired or expires within so many days, such as 30d, the soonest first; the endpoints that present such are told" },
    REMOTE_OPTIONS(struct cert_args, remote),
};
static const struct arg_option show_options[] = {
    { .name = "pem", .type = ARG_FLAG, AT(pem), .help = "print the certificate as PEM, nothing else" },
    REMOTE_OPTIONS(struct cert_args, remote),
};
static const struct arg_option delete_options[] = {
    { .name = "sessions", .type = ARG_CHOICE, AT(sessions), .value = "HOW", .choices = "end|finish", .fallback = "end",
      .help = "what becomes of live connections that stand on it" },
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" },
    REMOTE_OPTIONS(struct cert_args, remote),
};

static const struct arg_operand word_operand[] = {
    { .name = "CERTIFICATE", AT(word), .help = "an alias, an id, or SHA256:..", .kind = "certificate" },
};
static const struct cli_code codes[] = {
    { CLI_DONE, "done; cert list: even if there is none" },
    { CLI_FAILED, "there is none of that name, or the answer was no" },
    { CLI_USAGE, "wrong arguments, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
    { CLI_PARTIAL, "cert delete: some of several were done" },
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
    int64_t until = 0;
    if ((a->expiring && !cert_expiring_until(a->expiring, clock_wall_ms() / 1000, &until, &e)) || !remote_open(cli, &a->remote, &r, &e) ||
        !certs_read(r, &cli->arena, &l, &e))
        return cli_fail(cli, &e);
    if (a->expiring)
        cert_expiring_keep(&l, until);
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < l.len; i++)
        rows_add(&rows, certs_json(&l.items[i]));
    rows_finish(&rows, "certificates", NULL);
    out_flush(&cli->out);
    return a->expiring && !cert_expiring_told(cli, r, until, &e) ? cli_fail(cli, &e) : CLI_DONE;
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

/* ---- delete ---- */

/* What would break and how many live sessions end. An organization's own certificates carry nothing of that, and its users are not told. */
static bool say_consequences(struct out *talk, struct remote *r, const struct cert_list *l, bool finish, struct arena *a, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    if (!consequence_ask(r, consequence_of("delete", l), &answer, e))
        return e->kind == ERR_DENIED;
    if (!talk->quiet)
        consequence_print(talk, answer, finish, a);
    return true;
}

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
    if (!say_consequences(&talk, r, &l, a->sessions == SESSIONS_FINISH, &cli->arena, &e))
        return cli_fail(cli, &e);
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
    .examples = "vouchsafe cert list -o wide\nvouchsafe cert list --expiring 30d",
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
