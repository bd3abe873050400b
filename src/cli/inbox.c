/* vouchsafe inbox list, show, approve, reject: identities that changed, and what a person says to them. */
#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/ours.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "wire/json.h"

#define PATH OURS_PATH "/inbox"

struct inbox_args {
    struct remote_args remote;
    const char *id, *fingerprint, *reason;
    bool all, now, yes;
};

#define AT(field) .at = offsetof(struct inbox_args, field)

static const struct arg_option list_options[] = {
    { .name = "all", .type = ARG_FLAG, AT(all), .help = "what was decided or went away as well" },
    REMOTE_OPTIONS(struct inbox_args, remote),
};
static const struct arg_option show_options[] = { REMOTE_OPTIONS(struct inbox_args, remote) };
static const struct arg_option answer_options[] = {
    { .name = "fingerprint", .type = ARG_TEXT, AT(fingerprint), .value = "SHA256:..",
      .help = "the new certificate is this one: instead of the question" },
    { .name = "now", .type = ARG_FLAG, AT(now), .help = "before the hold-down is over" },
    { .name = "reason", .type = ARG_TEXT, AT(reason), .value = "TEXT", .help = "why, for the audit trail" },
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask; needs --fingerprint" },
    REMOTE_OPTIONS(struct inbox_args, remote),
};

static const struct arg_operand id_operand[] = {
    { .name = "ITEM", AT(id), .help = "its id, or a beginning of it that no other has" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done" },
    { CLI_FAILED, "there is no such item, the hold-down is not over, or the answer was no" },
    { CLI_USAGE, "wrong arguments, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
    { CLI_CONFLICT, "it is about another certificate now, or was decided already" },
};

/* ---- showing ---- */

static const struct rows_column columns[] = {
    { .title = "ITEM", .key = "item" },
    { .title = "WHO", .key = "name" },
    { .title = "KIND", .key = "kind" },
    { .title = "STATE", .key = "state" },
    { .title = "SINCE", .key = "since" },
    { .title = "NEW", .key = "sha256", .wide = true },
    { .title = "WHAT SPEAKS FOR IT", .key = "evidence_text" },
};

static const char *evidence_text(const json_t *x, struct arena *a)
{
    json_int_t hosts = answer_number(x, "evidence.hosts.verified"), of = answer_number(x, "evidence.hosts.answered");
    const char *said = answer_true(x, "evidence.announced") ? "announced over a verified connection" : "not announced";
    const char *issuer = answer_true(x, "evidence.sameIssuer") ? ", the same issuer" : "";
    const char *key = answer_true(x, "evidence.sameKey") ? ", the same key" : "";
    const char *returns = answer_number(x, "evidence.returns") > 0
                              ? arena_printf(a, ", came back %d times", (int)answer_number(x, "evidence.returns")) : "";
    const char *live = of > 0 ? arena_printf(a, ", on %d of %d live hosts", (int)(hosts < 0 ? 0 : hosts), (int)of) : "";
    return arena_printf(a, "%s%s%s%s%s", said, live, key, issuer, returns);
}

static const char *short_id(const json_t *x, struct arena *a)
{
    const char *id = answer_shown(x, "id", "-", a);
    return arena_strndup(a, id, strnlen(id, 8));
}

static json_t *item_json(const json_t *x, struct arena *a)
{
    json_t *j = json_object();
    const char *state = answer_shown(x, "state", "-", a);
    bool gone = !strcmp(state, "open") && !answer_true(x, "present");
    json_object_set_new(j, "item", out_text(short_id(x, a)));
    json_object_set_new(j, "id", answer_text(x, "id"));
    json_object_set_new(j, "name", out_text(answer_shown(x, "name", "-", a)));
    json_object_set_new(j, "kind", answer_text(x, "kind"));
    json_object_set_new(j, "state", out_text(gone ? "gone" : state));
    json_object_set_new(j, "since", answer_text(x, "evidence.unchangedSince"));
    json_object_set_new(j, "hold_until", answer_text(x, "holdUntil"));
    json_object_set_new(j, "sha256", answer_text(x, "sha256"));
    json_object_set_new(j, "old_sha256", answer_text(x, "old.sha256"));
    json_object_set_new(j, "scope", answer_text(x, "scope"));
    json_object_set_new(j, "evidence", json_incref(answer_member(x, "evidence")));
    json_object_set_new(j, "evidence_text", out_text(evidence_text(x, a)));
    json_object_set_new(j, "decided_by", answer_text(x, "decidedBy"));
    json_object_set_new(j, "reason", answer_text(x, "reason"));
    return j;
}

static bool is_waiting(const json_t *x)
{
    const char *state = answer_str(x, "state");
    return state && !strcmp(state, "open") && answer_true(x, "present");
}

static enum cli_exit run_list(struct cli *cli, const void *args)
{
    const struct inbox_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *list = NULL;
    struct rows rows;
    struct err e = { 0 };
    size_t i, shown = 0;
    json_t *x;
    if (!remote_open(cli, &a->remote, &r, &e) || !remote_list(r, PATH, &list, &e))
        return cli_fail(cli, &e);
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    json_array_foreach(list, i, x) {
        if (!a->all && !is_waiting(x))
            continue;
        rows_add(&rows, item_json(x, &cli->arena));
        shown++;
    }
    rows_finish(&rows, "items", NULL);
    rows_done(&rows);
    if (!shown)
        out_note(&cli->out, a->all ? "the inbox is empty" : "nothing waits%s", json_array_size(list) ? "; --all shows what was decided" : "");
    return CLI_DONE;
}

static void print_cert(struct out *o, const char *label, const json_t *c, struct arena *a)
{
    if (!json_is_object(c)) {
        verdict_field(o, label, "not known any more");
        return;
    }
    verdict_field(o, label, "%s", answer_shown(c, "subject", "-", a));
    verdict_field(o, "issuer", "%s", answer_shown(c, "issuer", "-", a));
    verdict_field(o, "valid", "%s to %s", answer_shown(c, "notBefore", "-", a), answer_shown(c, "notAfter", "-", a));
    verdict_field(o, "SHA-256", "SHA256:%s", answer_shown(c, "sha256", "-", a));
    verdict_field(o, "SHA-1", "%s", answer_shown(c, "sha1", "-", a));
}

static void print_item(struct out *o, const json_t *x, struct arena *a)
{
    const char *state = answer_shown(x, "state", "-", a);
    out_printf(o, "%s%s%s: %s%s\n", out_begin(o, OUT_BOLD), answer_shown(x, "name", "-", a), out_end(o, OUT_BOLD), state,
               answer_true(x, "present") ? "" : ", not presented any more");
    print_cert(o, "was", answer_member(x, "old"), a);
    print_cert(o, "is now", answer_member(x, "new"), a);
    verdict_field(o, "evidence", "%s", evidence_text(x, a));
    verdict_field(o, "unchanged", "since %s, seen %d times", answer_shown(x, "evidence.unchangedSince", "-", a),
                  (int)answer_number(x, "evidence.sightings"));
    verdict_field(o, "hold-down", "until %s", answer_shown(x, "holdUntil", "-", a));
    verdict_field(o, "scope", "%s", answer_shown(x, "scope", "-", a));
    if (answer_str(x, "decidedBy"))
        verdict_field(o, "decided", "by %s: %s", answer_shown(x, "decidedBy", "-", a), answer_shown(x, "reason", "no reason given", a));
    verdict_field(o, "id", "%s", answer_shown(x, "id", "-", a));
}

/* By its id or a beginning of it. */
static bool fetch(struct cli *cli, struct remote *r, const char *id, json_t **ret, const char **ret_path, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *list = NULL;
    json_t *x, *found = NULL;
    size_t i, width = strlen(id);
    if (!remote_list(r, PATH, &list, e))
        return false;
    json_array_foreach(list, i, x) {
        const char *whole = answer_str(x, "id");
        if (!whole || width > strlen(whole) || !text_caseeq_n(whole, width, id, width))
            continue;
        if (found)
            return err_set(e, ERR_INPUT, "several items begin with '%.40s': write more of it", id);
        found = x;
    }
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "the inbox has no item '%.40s'", id);
    *ret_path = arena_printf(&cli->arena, PATH "/%s", remote_escape(&cli->arena, answer_str(found, "id")));
    *ret = json_incref(found);
    return true;
}

static enum cli_exit run_show(struct cli *cli, const void *args)
{
    const struct inbox_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *x = NULL;
    struct err e = { 0 };
    const char *path;
    if (!remote_open(cli, &a->remote, &r, &e) || !fetch(cli, r, a->id, &x, &path, &e))
        return cli_fail(cli, &e);
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL)
        out_json(&cli->out, item_json(x, &cli->arena));
    else if (cli->out.format == OUT_NAME)
        out_printf(&cli->out, "%s\n", answer_shown(x, "id", "-", &cli->arena));
    else
        print_item(&cli->out, x, &cli->arena);
    return CLI_DONE;
}

/* ---- answering ---- */

/* What is answered about is what was shown: at the question, or named by the option. */
static bool agreed(struct cli *cli, const struct inbox_args *a, const json_t *x, const char *verb, struct err *e)
{
    uint8_t wanted[DIGEST_SHA256], is[DIGEST_SHA256];
    struct out talk = cli->out;
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    if (!answer_str(x, "sha256") || !text_unhex(answer_str(x, "sha256"), is, sizeof(is)))
        return err_set(e, ERR_PEER, "the cell's answer names no certificate");
    if (a->fingerprint)
        return verdict_sha256_read("--fingerprint", a->fingerprint, wanted, e) &&
               (memcmp(wanted, is, sizeof(is)) == 0 ||
                err_set(e, ERR_CONFLICT, "the item is about SHA256:%s, not the one named; nothing was changed", answer_str(x, "sha256")));
    if (prompt_possible(&cli->out))
        print_item(&talk, x, &cli->arena);
    return prompt_agreed(&cli->out, false, "--fingerprint", arena_printf(&cli->arena, "%s this certificate?", verb), e);
}

static enum cli_exit answer(struct cli *cli, const struct inbox_args *a, bool approve)
{
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *x = NULL;
    AUTO(wire_json_decrefp) json_t *done = NULL;
    struct err e = { 0 };
    const char *path;
    uint8_t digest[DIGEST_SHA256];
    if (a->yes && !a->fingerprint)
        return cli_usage(cli, "--yes says nothing about which certificate: name it with --fingerprint");
    if (a->fingerprint && !verdict_sha256_read("--fingerprint", a->fingerprint, digest, &e))
        return cli_usage(cli, "%s", e.msg);
    if (!remote_open(cli, &a->remote, &r, &e) || !fetch(cli, r, a->id, &x, &path, &e) ||
        !agreed(cli, a, x, approve ? "Approve" : "Reject", &e))
        return cli_fail(cli, &e);
    json_t *body = json_pack("{s:s, s:b, s:o}", "sha256", answer_str(x, "sha256"), "now", a->now, "reason",
                             a->reason ? out_text(a->reason) : json_null());
    if (!remote_send(r, "POST", arena_printf(&cli->arena, "%s/%s", path, approve ? "approve" : "reject"), body, &done, &e)) {
        enum cli_exit code = cli_fail(cli, &e);
        return e.kind == ERR_INPUT ? CLI_FAILED : code; /* the hold-down: the answer is no, the words were right */
    }
    out_note(&cli->out, "%s: %s", answer_shown(x, "name", "it", &cli->arena), answer_shown(done, "state", "-", &cli->arena));
    return CLI_DONE;
}

static enum cli_exit run_approve(struct cli *cli, const void *args)
{
    return answer(cli, args, true);
}

static enum cli_exit run_reject(struct cli *cli, const void *args)
{
    return answer(cli, args, false);
}

#define INBOX .noun = "inbox", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct inbox_args)
#define ONE .operands = id_operand, .operands_len = ARRAY_LEN(id_operand)

const struct cli_command command_inbox_list = {
    INBOX,
    .verb = "list",
    .summary = "identities that changed and wait for somebody",
    .about = "Lists what was verified before and presents another key or CA now, with nothing granted that vouches for it.",
    .examples = "vouchsafe inbox list\nvouchsafe inbox list --all -o wide",
    .options = list_options,
    .options_len = ARRAY_LEN(list_options),
    .run = run_list,
};

const struct cli_command command_inbox_show = {
    INBOX,
    ONE,
    .verb = "show",
    .summary = "one changed identity: old and new, and what speaks for it",
    .about = "Shows the old certificate and the new one, whether the new one was announced over a verified connection, since when it is "
             "unchanged, on how many hosts it is seen, and when the hold-down ends.",
    .examples = "vouchsafe inbox show 3f2a9c01",
    .options = show_options,
    .options_len = ARRAY_LEN(show_options),
    .run = run_show,
};

const struct cli_command command_inbox_approve = {
    INBOX,
    ONE,
    .verb = "approve",
    .summary = "trust exactly the new certificate, for exactly what the old one was for",
    .about = "Shows the item, asks, and grants the new certificate. Before the hold-down is over it needs --now.",
    .examples = "vouchsafe inbox approve 3f2a9c01\nvouchsafe inbox approve 3f2a9c01 --fingerprint SHA256:AA:BB:.. --now",
    .options = answer_options,
    .options_len = ARRAY_LEN(answer_options),
    .run = run_approve,
};

const struct cli_command command_inbox_reject = {
    INBOX,
    ONE,
    .verb = "reject",
    .summary = "remember that the new certificate is not wanted",
    .about = "The same certificate is never asked about again, and no bulk trust takes it. It can be approved after all.",
    .examples = "vouchsafe inbox reject 3f2a9c01 --reason 'nobody announced it'",
    .options = answer_options,
    .options_len = ARRAY_LEN(answer_options),
    .run = run_reject,
};
