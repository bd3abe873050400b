/* cell-management-tool trust-infra-certs: every certificate of the infrastructure, planned, confirmed, trusted. */
#include <string.h>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/ours.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/tool.h"
#include "cli/verdict.h"
#include "base/clock.h"
#include "base/text.h"
#include "trust/cert.h"
#include "wire/json.h"

#define PATH OURS_PATH "/infrastructure"

enum {
    ROUNDS = 4,                    /* plans of one run of the tool: what is trusted shows more to trust */
    BUSY_MS = 15 * 60 * 1000,      /* how long another run is waited for */
    BUSY_PAUSE_MS = 500,
};

struct infra_args {
    struct remote_args remote;
    bool vsphere, nsx, unattended;
    struct arg_list accept;
};

static const struct arg_option options[] = {
    { .name = "vsphere", .type = ARG_FLAG, .at = offsetof(struct infra_args, vsphere),
      .help = "vCenter Servers, their VMCAs and all NSX Managers; what is done when neither this nor --nsx is said" },
    { .name = "nsx", .type = ARG_FLAG, .at = offsetof(struct infra_args, nsx), .help = "NSX Managers; without --vsphere only those" },
    { .name = "unattended", .type = ARG_FLAG, .at = offsetof(struct infra_args, unattended),
      .help = "ask nobody: take first contacts, renewals with the same key, and VMCA roots that verify live hosts" },
    { .name = "accept-changed", .type = ARG_LIST, .at = offsetof(struct infra_args, accept), .value = "SHA256:..",
      .help = "take this changed identity as well" },
    REMOTE_OPTIONS(struct infra_args, remote),
};

static const struct cli_code codes[] = {
    { CLI_DONE, "every endpoint and VMCA is verified now, or nothing is registered" },
    { CLI_FAILED, "it failed, or nobody confirmed" },
    { CLI_USAGE, "wrong arguments, or nobody is there to confirm" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "none is verified" },
    { CLI_PARTIAL, "some are verified, some are not" },
    { CLI_CONFLICT, "what would be stored changed since it was shown: nothing was" },
    { CLI_TIMEOUT, "another run went on for too long" },
    { CLI_INTERRUPTED, "interrupted; a run under way goes on at the cell" },
};

/* ---- asking the cell ---- */

static json_t *ask_json(const struct infra_args *a)
{
    json_t *accept = json_array();
    for (size_t i = 0; i < a->accept.len; i++)
        json_array_append_new(accept, out_text(a->accept.items[i]));
    return json_pack("{s:b, s:o}", "vcenters", a->vsphere || !a->nsx, "acceptChanged", accept);
}

/* One run at a time: a second terminal waits for the first one's. */
static bool start(struct cli *cli, struct remote *r, const char *path, const json_t *body, const char **ret_task, struct err *e)
{
    const int64_t until = clock_mono_ms() + BUSY_MS;
    for (bool told = false;; told = true) {
        if (remote_start(r, "POST", path, json_deep_copy(body), &cli->arena, ret_task, e))
            return true;
        if (e->kind != ERR_CONFLICT || !strstr(e->msg, "currently busy"))
            return false;
        if (clock_mono_ms() >= until)
            return err_set(e, ERR_TIMEOUT, "another run is still under way");
        if (!told)
            out_note(&cli->out, "another run is under way; waiting for its end");
        follow_pause(BUSY_PAUSE_MS);
    }
}

/* A plan or a run, to its end. ret: its lines, owned by the caller. */
static bool carry_out(struct cli *cli, struct remote *r, const char *path, const json_t *body, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *task = NULL;
    const char *at;
    if (!start(cli, r, path, body, &at, e) || !follow_task(cli, r, at, 0, &task, e))
        return false;
    return remote_get(r, arena_printf(&cli->arena, "%s/%s", path, answer_uuid(at)), ret, e) &&
           (*ret || err_set(e, ERR_PEER, "the cell's answer is empty"));
}

/* ---- showing ---- */

static enum out_style style_of(const json_t *row)
{
    static const struct {
        const char *state;
        enum out_style style;
    } styles[] = { { "verified", OUT_GOOD }, { "store", OUT_WARN }, { "nothing", OUT_DIM }, { "later", OUT_WARN } };
    const char *state = answer_str(row, "state");
    for (size_t i = 0; state && i < ARRAY_LEN(styles); i++)
        if (!strcmp(styles[i].state, state))
            return styles[i].style;
    return OUT_BAD;
}

static const struct rows_column columns[] = {
    { .title = "NAME", .key = "name" },
    { .title = "KIND", .key = "kind" },
    { .title = "STATE", .key = "state", .style = style_of },
    { .title = "AT", .key = "where", .wide = true },
    { .title = "PRESENTS", .key = "sha256", .wide = true },
    { .title = "STORES", .key = "anchor", .wide = true },
    { .title = "WHY", .key = "text" },
};

static const char *text_of(const json_t *line, struct arena *a)
{
    const char *text = answer_shown(line, "text", "", a);
    const char *off = json_is_false(json_object_get(line, "enabled")) ? " (disabled)" : "";
    const char *stored = answer_true(line, "stored") ? "; its anchor was stored now" : "";
    if (answer_str(line, "anchor") && !answer_true(line, "stored"))
        stored = arena_printf(a, "; stores %s", answer_shown(line, "anchorSubject", "", a));
    return arena_printf(a, "%s%s%s", text, stored, off);
}

static json_t *row_of(const json_t *line, struct arena *a)
{
    json_t *j = json_object();
    json_object_set_new(j, "name", out_text(answer_shown(line, "name", "-", a)));
    json_object_set_new(j, "kind", answer_text(line, "kind"));
    json_object_set_new(j, "state", answer_text(line, "verdict"));
    json_object_set_new(j, "reason", answer_text(line, "why"));
    json_object_set_new(j, "id", answer_text(line, "id"));
    json_object_set_new(j, "where", answer_text(line, "where"));
    json_object_set_new(j, "enabled", json_boolean(answer_true(line, "enabled")));
    json_object_set_new(j, "stored", json_boolean(answer_true(line, "stored")));
    json_object_set_new(j, "sha256", answer_text(line, "sha256"));
    json_object_set_new(j, "anchor", answer_text(line, "anchor"));
    json_object_set_new(j, "scope", answer_text(line, "scope"));
    json_object_set_new(j, "text", out_text(text_of(line, a)));
    return j;
}

static int count_of(const json_t *result, const char *key)
{
    json_int_t n = answer_number(result, key);
    return n < 0 ? 0 : (int)n;
}

static void print(struct cli *cli, const json_t *result)
{
    struct rows rows;
    size_t i;
    json_t *line;
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    json_array_foreach(answer_member(result, "lines"), i, line) {
        rows_add(&rows, row_of(line, &cli->arena));
    }
    rows_finish(&rows, "endpoints",
                json_pack("{s:i, s:i, s:i, s:i, s:i}", "counted", count_of(result, "endpoints"), "verified", count_of(result, "verified"),
                          "to_store", count_of(result, "toStore"), "stored", count_of(result, "stored"), "inbox",
                          count_of(result, "inbox")));
    rows_done(&rows);
}

static enum cli_exit conclude(struct cli *cli, const json_t *result)
{
    int of = count_of(result, "endpoints"), verified = count_of(result, "verified"), inbox = count_of(result, "inbox");
    if (of == 0)
        out_note(&cli->out, "no vCenter Server and no NSX Manager is registered");
    else
        out_note(&cli->out, "%d of %d are verified now", verified, of);
    if (inbox)
        out_note(&cli->out, "%d changed identit%s in the inbox: 'vouchsafe inbox list'", inbox, inbox == 1 ? "y waits" : "ies wait");
    out_note(&cli->out, "audit what is trusted now, and remove what nothing needs: 'vouchsafe cert audit'");
    return verified == of ? CLI_DONE : verified ? CLI_PARTIAL : CLI_UNTRUSTED;
}

/* ---- the two ways ---- */

static bool unattended(struct cli *cli, struct remote *r, const struct infra_args *a, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = ask_json(a);
    json_object_set_new(body, "unattended", json_true());
    if (!carry_out(cli, r, PATH "/runs", body, ret, e))
        return false;
    print(cli, *ret);
    return true;
}

/* What is trusted shows more to trust: planned, shown and confirmed again until nothing is left to store. Only the last answer
 * goes to standard output as JSON; tables show each plan, because they are what is confirmed. */
static bool attended(struct cli *cli, struct remote *r, const struct infra_args *a, json_t **ret, struct err *e)
{
    bool people = cli->out.format == OUT_TABLE || cli->out.format == OUT_WIDE;
    for (int round = 0;; round++) {
        AUTO(wire_json_decrefp) json_t *plan = NULL;
        AUTO(wire_json_decrefp) json_t *run = NULL;
        AUTO(wire_json_decrefp) json_t *body = ask_json(a);
        if (!carry_out(cli, r, PATH "/plans", body, &plan, e))
            return false;
        int to_store = count_of(plan, "toStore");
        const char *digest = answer_str(plan, "digest");
        bool last = to_store == 0 || round == ROUNDS;
        if (people || last)
            print(cli, plan);
        if (last) {
            *ret = STEAL(plan);
            return true;
        }
        const char *question = arena_printf(&cli->arena, "Store %d anchor%s as shown?", to_store, to_store == 1 ? "" : "s");
        if (!prompt_agreed(&cli->out, false, "--unattended", question, e))
            return false;
        json_object_set_new(body, "digest", out_text(digest ? digest : ""));
        if (!carry_out(cli, r, PATH "/runs", body, &run, e))
            return false;
    }
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct infra_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *result = NULL;
    uint8_t digest[DIGEST_SHA256];
    struct err e = { 0 };
    for (size_t i = 0; i < a->accept.len; i++)
        if (!verdict_sha256_read("--accept-changed", a->accept.items[i], digest, &e))
            return cli_usage(cli, "%s", e.msg);
    if (!remote_open(cli, &a->remote, &r, &e) ||
        !(a->unattended ? unattended(cli, r, a, &result, &e) : attended(cli, r, a, &result, &e)))
        return cli_fail(cli, &e);
    return conclude(cli, result);
}

const struct cli_command tool_trust_infra_certs = {
    .noun = "trust-infra-certs",
    .summary = "look at every registered vCenter Server, NSX Manager and VMCA, and trust them with the fewest anchors",
    .about = "Looks at all registered vCenter Servers, NSX Managers and VMCAs, 6.7 and later, disabled and unreachable ones included, and "
             "shows what would be stored for each, why, or why not. After a confirmation it is stored, and what that opened is shown "
             "next. A second run adds nothing.\n\n"
             "--unattended asks nobody. It takes first contact with what was never verified, a renewal with the same key, and a VMCA root "
             "that came over a verified connection and verifies a live host. A changed identity of what was verified before is never "
             "taken: it waits in the inbox ('vouchsafe inbox'), unless --accept-changed names its SHA-256.",
    .examples = "cell-management-tool trust-infra-certs --vsphere --unattended\ncell-management-tool trust-infra-certs --vsphere\n"
                "cell-management-tool trust-infra-certs --nsx --unattended --accept-changed SHA256:AA:BB:..",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct infra_args),
    .run = run,
};
