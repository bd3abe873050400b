/* vouchsafe audit log, export: who changed what, and a copy of it that anybody can check. audit_verify.c checks one. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "flow/audit_file.h"
#include "wire/json.h"

enum { LINES_AT_ONCE = 1000, AUDIT_MODE = 0600 };

/* ---- pages of the trail ---- */

/* One page; ret_lines is borrowed from it. */
static bool read_page(struct cli *cli, struct remote *r, const char *filter, uint64_t after, bool newest, json_t **ret, struct err *e)
{
    const char *path = arena_printf(&cli->arena, OURS_PATH "/audit/lines?limit=%d&after=%llu&newestFirst=%s%s", LINES_AT_ONCE,
                                    (unsigned long long)after, newest ? "true" : "false", filter);
    return remote_get(r, path, ret, e) &&
           (json_is_array(json_object_get(*ret, "lines")) || err_set(e, ERR_PEER, "%s: the answer holds no lines", remote_name(r)));
}

static uint64_t last_of(const json_t *lines)
{
    json_int_t seq = answer_number(json_array_get(lines, json_array_size(lines) - 1), "seq");
    return seq > 0 ? (uint64_t)seq : 0;
}

/* ---- log ---- */

struct log_args {
    struct remote_args remote;
    struct arg_number since, until, limit;
    const char *who, *sha256, *action, *entity;
};

#define FIELD(field) .at = offsetof(struct log_args, field)

static const struct arg_option log_options[] = {
    { .name = "since", .type = ARG_TIME, FIELD(since), .value = "TIME", .help = "not older than this: 2026-11-23T10:00:00Z, or seconds since 1970" },
    { .name = "until", .type = ARG_TIME, FIELD(until), .value = "TIME", .help = "not younger than this" },
    { .name = "who", .type = ARG_TEXT, FIELD(who), .value = "TEXT", .help = "whose name holds this, in any case" },
    { .name = "action", .type = ARG_TEXT, FIELD(action), .value = "WORD", .help = "this action, such as grant.add; grant. takes all that begin so" },
    { .name = "sha256", .type = ARG_TEXT, FIELD(sha256), .value = "SHA256:..", .help = "about this certificate" },
    { .name = "entity", .type = ARG_TEXT, FIELD(entity), .value = "URN", .help = "about this object" },
    { .name = "limit", .type = ARG_NUMBER, FIELD(limit), .value = "N", .fallback = "100", .min = 1, .max = 1000000, .help = "at most so many, the newest" },
    REMOTE_OPTIONS(struct log_args, remote),
};

static const struct cli_code codes[] = {
    { CLI_DONE, "listed, even if there is none; or written" },
    { CLI_FAILED, "the disk refused, or the cell has no key to sign with" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
    { CLI_CONFLICT, "audit export: the file exists, and --force was not said" },
};

static bool fits(const struct log_args *a, const struct store_audit *l)
{
    const int64_t at = l->by.at_ms / 1000;
    size_t word = a->action ? strlen(a->action) : 0;
    bool begins = word && a->action[word - 1] == '.';
    return (!a->since.given || at >= a->since.value) && (!a->until.given || at <= a->until.value) && (!a->who || strcasestr(l->by.who, a->who)) &&
           (!word || (begins ? !strncmp(l->action, a->action, word) : !strcmp(l->action, a->action)));
}

static json_t *shown(struct arena *a, const char *text)
{
    char *out = arena_alloc(a, ANSWER_TEXT_MAX);
    text_escape(out, ANSWER_TEXT_MAX, text, strlen(text));
    return out_text(out);
}

static json_t *row_json(const struct store_audit *l)
{
    AUTO(arena_done) struct arena a = { 0 };
    char at[TEXT_TIME], hash[3 * DIGEST_SHA256], sha[3 * DIGEST_SHA256] = "";
    json_t *j = json_object();
    text_time(l->by.at_ms / 1000, at);
    text_fingerprint(l->hash, DIGEST_SHA256, hash);
    if (l->sha256)
        text_fingerprint(l->sha256, DIGEST_SHA256, sha);
    json_object_set_new(j, "seq", json_integer((json_int_t)l->seq));
    json_object_set_new(j, "at", out_text(at));
    json_object_set_new(j, "who", shown(&a, l->by.who));
    json_object_set_new(j, "from", shown(&a, l->by.from));
    json_object_set_new(j, "flow", shown(&a, l->by.flow));
    json_object_set_new(j, "action", shown(&a, l->action));
    json_object_set_new(j, "entity", *l->entity ? shown(&a, l->entity) : json_null());
    json_object_set_new(j, "sha256", l->sha256 ? out_text(sha) : json_null());
    json_object_set_new(j, "text", shown(&a, l->text));
    json_object_set_new(j, "hash", out_text(hash));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "SEQ", .key = "seq", .right = true }, { .title = "WHEN", .key = "at" },
    { .title = "WHO", .key = "who" },                { .title = "ACTION", .key = "action" },
    { .title = "WHAT", .key = "text" },              { .title = "FROM", .key = "from", .wide = true },
    { .title = "FLOW", .key = "flow", .wide = true }, { .title = "SHA-256", .key = "sha256", .wide = true },
    { .title = "OBJECT", .key = "entity", .wide = true },
};

static bool list(struct cli *cli, struct remote *r, const struct log_args *a, const char *filter, struct rows *rows, struct err *e)
{
    int64_t left = a->limit.value;
    for (uint64_t after = 0; left > 0;) {
        AUTO(wire_json_decrefp) json_t *page = NULL;
        AUTO(arena_done) struct arena texts = { 0 };
        size_t i;
        json_t *one;
        if (!read_page(cli, r, filter, after, true, &page, e))
            return false;
        const json_t *lines = json_object_get(page, "lines");
        json_array_foreach(lines, i, one) {
            struct store_audit l;
            if (!audit_line_read(one, &texts, &l, e))
                return err_in(e, "a line of the audit trail");
            if (left > 0 && fits(a, &l)) {
                rows_add(rows, row_json(&l));
                left--;
            }
        }
        after = last_of(lines);
        if (!json_array_size(lines) || after <= 1)
            break;
    }
    return true;
}

static enum cli_exit run_log(struct cli *cli, const void *args)
{
    const struct log_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(rows_done) struct rows rows = { 0 };
    uint8_t digest[DIGEST_SHA256];
    char hex[3 * DIGEST_SHA256];
    const char *filter = "";
    struct err e = { 0 };
    if (a->sha256) {
        if (!verdict_sha256_read("--sha256", a->sha256, digest, &e))
            return cli_usage(cli, "%s", e.msg);
        text_hex(digest, sizeof(digest), hex);
        filter = arena_printf(&cli->arena, "&sha256=%s", hex);
    }
    if (a->entity)
        filter = arena_printf(&cli->arena, "%s&entity=%s", filter, remote_escape(&cli->arena, a->entity));
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    if (!remote_open(cli, &a->remote, &r, &e) || !list(cli, r, a, filter, &rows, &e))
        return cli_fail(cli, &e);
    rows_finish(&rows, "lines", NULL);
    return CLI_DONE;
}

const struct cli_command command_audit_log = {
    .noun = "audit",
    .verb = "log",
    .summary = "who changed what, the newest first",
    .about = "Lists lines of the audit trail: who granted or removed which certificate, registered what, changed which setting; from where, and "
             "by which flow. The trail is only appended to, and each line's hash covers the one before it ('vouchsafe audit verify').",
    .examples = "vouchsafe audit log --since 2026-11-23T00:00:00Z --action grant.\n"
                "vouchsafe audit log --sha256 SHA256:AA:BB:.. -o wide",
    .options = log_options,
    .options_len = ARRAY_LEN(log_options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct log_args),
    .run = run_log,
};

/* ---- export ---- */

struct export_args {
    struct remote_args remote;
    const char *out;
    bool sign, force;
};

static const struct arg_option export_options[] = {
    { .name = "out", .type = ARG_TEXT, .at = offsetof(struct export_args, out), .value = "FILE", .help = "write it there; without it to standard output" },
    { .name = "sign", .type = ARG_FLAG, .at = offsetof(struct export_args, sign),
      .help = "let the cell sign it with the key of its certificate; the signature is put beside it, in FILE.sig" },
    { .name = "force", .type = ARG_FLAG, .at = offsetof(struct export_args, force), .help = "write over what is there" },
    REMOTE_OPTIONS(struct export_args, remote),
};

/* Where lines go. */
struct sink {
    struct cli *cli;
    struct file_draft *draft; /* NULL: standard output */
    uint64_t next, count;     /* the line that comes, of how many */
};

static bool put(const struct sink *s, const json_t *o, struct err *e)
{
    AUTO(buf_done) struct buf line;
    buf_init(&line, AUDIT_LINE_MAX);
    if (!wire_json_write(&line, o, e) || !buf_puts(&line, "\n", e))
        return false;
    if (s->draft)
        return file_write_all(s->draft->fd, line.data, line.len, e);
    out_printf(&s->cli->out, "%s", buf_str(&line));
    return true;
}

static bool put_page(struct sink *s, const json_t *lines, struct err *e)
{
    size_t i;
    json_t *one;
    json_array_foreach(lines, i, one) {
        if (s->next > s->count)
            return true;
        if (answer_number(one, "seq") != (json_int_t)s->next)
            return err_set(e, ERR_STORE, "line %llu of the audit trail is missing at the cell ('vouchsafe audit verify')", (unsigned long long)s->next);
        if (!put(s, one, e))
            return false;
        s->next++;
    }
    return true;
}

/* The head as it is now, and exactly the lines that it covers, though others may come meanwhile. */
static bool put_trail(struct sink *s, struct remote *r, const struct audit_head *h, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *head = audit_head_write(AUDIT_FILE_FORMAT, h);
    s->next = 1;
    s->count = h->count;
    if (!put(s, head, e))
        return false;
    while (s->next <= s->count) {
        AUTO(wire_json_decrefp) json_t *page = NULL;
        uint64_t before = s->next;
        if (!read_page(s->cli, r, "", s->next - 1, false, &page, e) || !put_page(s, json_object_get(page, "lines"), e))
            return false;
        if (s->next == before)
            return err_set(e, ERR_STORE, "line %llu of the audit trail is missing at the cell ('vouchsafe audit verify')", (unsigned long long)before);
    }
    return true;
}

static bool read_head(struct cli *cli, struct remote *r, bool sign, json_t **ret_signature, struct audit_head *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *page = NULL;
    if (sign)
        return remote_get(r, OURS_PATH "/audit/signature", ret_signature, e) && audit_head_read(AUDIT_SIGNATURE_FORMAT, *ret_signature, ret, e);
    return read_page(cli, r, "", INT64_MAX, false, &page, e) && audit_head_read(AUDIT_FILE_FORMAT, page, ret, e);
}

static bool put_signature(const struct export_args *a, const char *path, const json_t *signature, struct err *e)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, AUDIT_SIGNATURE_MAX);
    return wire_json_write(&text, signature, e) && buf_puts(&text, "\n", e) && file_put(path, text.data, text.len, AUDIT_MODE, a->force, e);
}

static bool export(struct cli *cli, const struct export_args *a, struct remote *r, struct audit_head *ret, struct err *e)
{
    AUTO(file_draft_drop) struct file_draft draft = { .fd = -1 };
    AUTO(wire_json_decrefp) json_t *signature = NULL;
    const char *beside = a->out ? arena_printf(&cli->arena, "%s.sig", a->out) : NULL;
    struct sink s = { .cli = cli, .draft = a->out ? &draft : NULL };
    if (a->sign && beside && !a->force && access(beside, F_OK) == 0)
        return err_set(e, ERR_CONFLICT, "%s exists", beside);
    if (!read_head(cli, r, a->sign, &signature, ret, e) || (a->out && !file_draft_begin(&draft, a->out, AUDIT_MODE, a->force, e)) ||
        !put_trail(&s, r, ret, e))
        return false;
    return !a->out || (file_draft_keep(&draft, a->force, e) && (!a->sign || put_signature(a, beside, signature, e)));
}

static enum cli_exit run_export(struct cli *cli, const void *args)
{
    const struct export_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct audit_head h;
    struct err e = { 0 };
    char hash[3 * DIGEST_SHA256];
    if (a->sign && !a->out)
        return cli_usage(cli, "--sign needs --out FILE: the signature is put beside it, in FILE.sig");
    if (!remote_open(cli, &a->remote, &r, &e) || !export(cli, a, r, &h, &e))
        return cli_fail(cli, &e);
    text_fingerprint(h.hash, DIGEST_SHA256, hash);
    out_note(&cli->out, "%llu lines%s%s; the last one is %llu:%s", (unsigned long long)h.count, a->out ? " written to " : "", a->out ? a->out : "",
             (unsigned long long)h.count, hash);
    return CLI_DONE;
}

const struct cli_command command_audit_export = {
    .noun = "audit",
    .verb = "export",
    .summary = "a copy of the audit trail that anybody can check without the cell",
    .about = "Writes every line with all that is hashed, as JSON lines behind a head that says how many there are and the hash of the last one. "
             "'vouchsafe audit verify FILE' recomputes it anywhere.\n\n"
             "Who can rewrite the whole store can rewrite its chain: what that hand does not reach is a copy, a signature (--sign), or the number and hash of "
             "the last line, which are printed at the end and can be given to 'audit verify --head'.",
    .examples = "vouchsafe audit export --out audit-2026-11.jsonl --sign\n"
                "vouchsafe audit export | gzip > audit.jsonl.gz",
    .options = export_options,
    .options_len = ARRAY_LEN(export_options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct export_args),
    .run = run_export,
};
