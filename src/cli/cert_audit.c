/* vouchsafe cert audit: which trusted certificates are needed, and the removal of those that are not. */
#include <string.h>

#include "cli/answer.h"
#include "cli/bundle.h"
#include "cli/certs.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/ours.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "wire/json.h"

#define PATH OURS_PATH "/trustAudit"

struct audit_args {
    struct remote_args remote;
    const char *approved;
    bool remove, yes, look, kept, last;
};

#define FIELD(field) .at = offsetof(struct audit_args, field)

static const struct arg_option options[] = {
    { .name = "remove-unneeded", .type = ARG_FLAG, FIELD(remove), .help = "take away what is unneeded, after showing it" },
    { .name = "yes", .type = ARG_FLAG, FIELD(yes), .help = "with --remove-unneeded: do not ask" },
    { .name = "look", .type = ARG_FLAG, FIELD(look), .help = "look at every endpoint now; that is what happens unless --kept or --last is given" },
    { .name = "kept", .type = ARG_FLAG, FIELD(kept), .help = "look at nobody and go by what is kept; then nothing is unneeded" },
    { .name = "last", .type = ARG_FLAG, FIELD(last), .help = "show the last audit and run none" },
    { .name = "approved", .type = ARG_TEXT, FIELD(approved), .value = "FILE",
      .help = "compare with a list of approved certificates instead (PEM or DER; -: standard input)" },
    REMOTE_OPTIONS(struct audit_args, remote),
};

static const struct cli_code codes[] = {
    { CLI_DONE, "the audit is shown, and what was to be removed is; with --approved: the lists are the same" },
    { CLI_FAILED, "the answer was no, or the audit failed; with --approved: the lists differ" },
    { CLI_USAGE, "wrong arguments, or a file that can't be read" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
    { CLI_CONFLICT, "what is unneeded changed since it was shown; nothing was removed" },
};

/* ---- the report ---- */

static enum out_style state_style(const json_t *row)
{
    const char *state = json_string_value(json_object_get(row, "state"));
    return !state ? OUT_PLAIN : strcmp(state, "needed") == 0 ? OUT_GOOD : strcmp(state, "unneeded") == 0 ? OUT_BAD : OUT_WARN;
}

static const struct rows_column columns[] = {
    { .title = "ALIAS", .key = "alias" },
    { .title = "STATE", .key = "state", .style = state_style },
    { .title = "SCOPE", .key = "scope_name" },
    { .title = "CARRIES", .key = "stands", .right = true },
    { .title = "LAST USED", .key = "evidence.last" },
    { .title = "FOR", .key = "used_for" },
    { .title = "WHY", .key = "text" },
    { .title = "USES", .key = "evidence.connections", .right = true, .wide = true },
    { .title = "VALID UNTIL", .key = "not_after", .wide = true },
    { .title = "SHA-256", .key = "sha256", .wide = true },
    { .title = "ID", .key = "id", .wide = true },
};

/* "console, media-upload, probe": what was used last comes first. */
static const char *used_for(const json_t *row, struct arena *a)
{
    const char *text = "";
    const json_t *one;
    size_t i;
    json_array_foreach(answer_member(row, "evidence.purposes"), i, one) {
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", answer_shown(one, "purpose", "?", a));
    }
    return text;
}

/* With names instead of URNs where the list of grants has them. */
static json_t *row_of(const json_t *row, const struct cert_list *l, struct arena *a)
{
    json_t *ours = answer_ours(row);
    const char *id = json_string_value(json_object_get(ours, "id")), *name = NULL;
    for (size_t i = 0; id && i < l->len && !name; i++)
        if (strcmp(l->items[i].id, id) == 0)
            name = l->items[i].scope_name;
    if (name)
        json_object_set_new(ours, "scope_name", json_string(name));
    else
        json_object_set(ours, "scope_name", json_object_get(ours, "scope"));
    json_object_set_new(ours, "used_for", json_string(used_for(row, a)));
    return ours;
}

static bool run_audit(struct cli *cli, struct remote *r, bool look, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *done = NULL;
    const char *task;
    return remote_start(r, "POST", PATH, json_pack("{s:b}", "look", look), &cli->arena, &task, e) &&
           follow_task(cli, r, task, 0, &done, e);
}

/* The head and the rows of one report: they are read one after the other, so another audit may come between. */
static bool read_report(struct remote *r, json_t **ret_head, json_t **ret_rows, struct err *e)
{
    enum { TRIES = 5 };
    for (int i = 0; i < TRIES; i++) {
        AUTO(wire_json_decrefp) json_t *before = NULL, *rows = NULL, *after = NULL;
        if (!remote_get(r, PATH "?pageSize=1", &before, e) || !remote_list(r, PATH, &rows, e) ||
            !remote_get(r, PATH "?pageSize=1", &after, e))
            return false;
        if (!json_equal(json_object_get(before, "started"), json_object_get(after, "started")) ||
            !json_equal(json_object_get(before, "ended"), json_object_get(after, "ended")))
            continue;
        *ret_head = STEAL(after);
        *ret_rows = STEAL(rows);
        return true;
    }
    return err_set(e, ERR_CONFLICT, "one audit after the other is made; try again");
}

static void show(struct cli *cli, const json_t *head, const json_t *rows, const struct cert_list *l)
{
    static const char *const told[] = { "started", "ended", "looked", "shown", "states", "unknown", "refused" };
    AUTO(rows_done) struct rows out = { 0 };
    json_t *more = json_object(), *one;
    size_t i;
    rows_init(&out, &cli->out, columns, ARRAY_LEN(columns));
    json_array_foreach(rows, i, one) {
        rows_add(&out, row_of(one, l, &cli->arena));
    }
    for (i = 0; i < ARRAY_LEN(told); i++)
        json_object_set_new(more, told[i], answer_ours(json_object_get(head, told[i])));
    json_object_set_new(more, "known", answer_ours(json_object_get(head, "endpoints")));
    rows_finish(&out, "certificates", more);
    out_flush(&cli->out);
    out_note(&cli->out, "%lld needed, %lld spare, %lld unproven, %lld unneeded; %lld endpoints, of which %lld are not known and %lld are refused",
             (long long)answer_number(head, "states.needed"), (long long)answer_number(head, "states.spare"),
             (long long)answer_number(head, "states.unproven"), (long long)answer_number(head, "states.unneeded"),
             (long long)answer_number(head, "endpoints"), (long long)answer_number(head, "unknown"), (long long)answer_number(head, "refused"));
}

/* ---- removal ---- */

static enum cli_exit take_away(struct cli *cli, struct remote *r, const struct audit_args *a, const json_t *head)
{
    AUTO(wire_json_decrefp) json_t *done = NULL;
    json_int_t count = answer_number(head, "states.unneeded");
    struct err e = { 0 };
    if (count <= 0) {
        out_note(&cli->out, "nothing is unneeded");
        return CLI_DONE;
    }
    if (!prompt_agreed(&cli->out, a->yes, "--yes",
                       arena_printf(&cli->arena, count == 1 ? "Trust it no longer, the one that is unneeded?" : "Trust the %lld that are unneeded no longer?",
                                    (long long)count), &e) ||
        !remote_send(r, "POST", PATH "/removeUnneeded", json_pack("{s:s}", "shown", answer_str(head, "shown")), &done, &e))
        return cli_fail(cli, &e);
    size_t gone = json_array_size(answer_member(done, "removed"));
    out_note(&cli->out, "%zu trusted certificate%s taken away; every endpoint that was verified still is", gone, gone == 1 ? " was" : "s were");
    return CLI_DONE;
}

/* ---- the approved list ---- */

static const struct rows_column approved_columns[] = {
    { .title = "STATE", .key = "state" },
    { .title = "SUBJECT", .key = "certificate.subject" },
    { .title = "VALID UNTIL", .key = "certificate.not_after" },
    { .title = "ALIASES", .key = "alias" },
    { .title = "SHA-256", .key = "certificate.sha256" },
};

static bool same(const struct trust_cert *a, const struct trust_cert *b)
{
    return a && b && memcmp(trust_cert_sha256(a), trust_cert_sha256(b), DIGEST_SHA256) == 0;
}

static void add_diff(struct rows *rows, const char *state, const struct trust_cert *c, const char *alias)
{
    rows_add(rows, json_pack("{s:s, s:o, s:o}", "state", state, "alias", out_text(alias), "certificate", verdict_cert_json(c)));
}

/* How many differ: what is trusted and not approved, then what is approved and not trusted. */
static size_t diff(struct rows *rows, const struct cert_list *l, struct trust_cert *const *approved, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < l->len; i++) {
        bool there = !l->items[i].cert;
        for (size_t k = 0; k < len && !there; k++)
            there = same(l->items[i].cert, approved[k]);
        for (size_t k = 0; k < i && !there; k++)
            there = same(l->items[i].cert, l->items[k].cert); /* told with its first grant */
        if (!there)
            add_diff(rows, "not-approved", l->items[i].cert, l->items[i].alias);
        n += !there;
    }
    for (size_t k = 0; k < len; k++) {
        bool there = false;
        for (size_t i = 0; i < l->len && !there; i++)
            there = same(l->items[i].cert, approved[k]);
        for (size_t i = 0; i < k && !there; i++)
            there = same(approved[i], approved[k]);
        if (!there)
            add_diff(rows, "not-trusted", approved[k], NULL);
        n += !there;
    }
    return n;
}

static enum cli_exit compare(struct cli *cli, struct remote *r, const struct audit_args *a)
{
    AUTO(cert_list_done) struct cert_list l = { 0 };
    AUTO(rows_done) struct rows rows = { 0 };
    struct bundle b = { 0 };
    struct arg_list files = { 0 };
    struct err e = { 0 };
    size_t len = 0;
    arg_list_add(&files, a->approved, &cli->arena);
    if (!bundle_files(&b, TRUST_PEM_CERTIFICATE, &files, &cli->arena, &e) || !certs_read(r, &cli->arena, &l, &e))
        return cli_fail(cli, &e);
    struct trust_cert **approved = arena_array(&cli->arena, b.len + 1, sizeof(struct trust_cert *));
    if (bundle_decode(&b, approved, &len, b.len))
        out_warn(&cli->out, "%zu certificates of %s can't be decoded", b.len - len, a->approved);
    rows_init(&rows, &cli->out, approved_columns, ARRAY_LEN(approved_columns));
    size_t differ = diff(&rows, &l, approved, len);
    rows_finish(&rows, "differences", json_pack("{s:i}", "differ", (int)differ));
    out_note(&cli->out, differ ? "what is trusted is not what was approved" : "exactly what was approved is trusted");
    for (size_t i = 0; i < len; i++)
        (void)trust_cert_unref(approved[i]);
    return differ ? CLI_FAILED : CLI_DONE;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct audit_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *head = NULL, *rows = NULL;
    AUTO(cert_list_done) struct cert_list l = { 0 };
    struct err e = { 0 };
    if (a->approved && (a->remove || a->look || a->kept || a->last))
        return cli_usage(cli, "--approved compares lists; it goes with none of --remove-unneeded, --look, --kept and --last");
    if (a->kept && (a->remove || a->look || a->last))
        return cli_usage(cli, "--kept looks at nobody; it goes with none of --remove-unneeded, --look and --last");
    if (a->last && a->look)
        return cli_usage(cli, "--last runs no audit; it does not go with --look");
    if (!remote_open(cli, &a->remote, &r, &e))
        return cli_fail(cli, &e);
    if (a->approved)
        return compare(cli, r, a);
    if ((!a->last && !run_audit(cli, r, !a->kept, &e)) || !read_report(r, &head, &rows, &e) || !certs_read(r, &cli->arena, &l, &e))
        return cli_fail(cli, &e);
    if (!answer_str(head, "started")) {
        out_error(&cli->out, "there was no audit yet: leave --last away");
        return CLI_FAILED;
    }
    show(cli, head, rows, &l);
    return a->remove ? take_away(cli, r, a, head) : CLI_DONE;
}

const struct cli_command command_cert_audit = {
    .noun = "cert",
    .verb = "audit",
    .summary = "which trusted certificates are needed, and which are not",
    .about = "Looks at every vCenter Server, its hosts, every NSX Manager and every address that a grant names, and decides all of them again "
             "with and without each trusted certificate. needed: without it an endpoint can't be believed. spare: another covers what it carries. "
             "unproven: an endpoint that it vouches for did not answer, or nothing of it was ever seen. unneeded: every endpoint was looked "
             "at and passes without it.\n\nOnly what is unneeded goes with --remove-unneeded, all at once, and only if nothing changed since it was shown.",
    .examples = "vouchsafe cert audit\nvouchsafe cert audit --remove-unneeded\nvouchsafe cert audit --approved approved.pem -o json",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct audit_args),
    .run = run,
};
