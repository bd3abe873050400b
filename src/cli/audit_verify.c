/* vouchsafe audit verify: is a trail what was written? Of a file without any cell, or of the cell's own. */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/verdict.h"
#include "flow/audit_file.h"
#include "trust/cert.h"
#include "trust/signature.h"
#include "wire/json.h"

struct verify_args {
    struct remote_args remote;
    const char *file, *signature, *signer, *head;
};

#define AT(field) .at = offsetof(struct verify_args, field)

static const struct arg_option options[] = {
    { .name = "signature", .type = ARG_TEXT, AT(signature), .value = "FILE", .help = "the signature of it; without the option FILE.sig, if that is there" },
    { .name = "signer", .type = ARG_TEXT, AT(signer), .value = "SHA256:..", .help = "it must be signed, by the key of the certificate with this SHA-256" },
    { .name = "head", .type = ARG_TEXT, AT(head), .value = "N:HASH", .help = "line N must be there and have this hash, as an earlier export printed it" },
    REMOTE_OPTIONS(struct verify_args, remote),
};

static const struct arg_operand operands[] = {
    { .name = "FILE", AT(file), .is_file = true, .help = "what audit export wrote (-: standard input); without one the cell's own trail" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "every line is as it was written" },
    { CLI_FAILED, "it is not; what and where was said" },
    { CLI_USAGE, "wrong arguments, or a file that can't be read" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the signature is not that of --signer, or was not made over this trail" },
};

/* What was found. */
struct found {
    struct audit_head head;
    struct store_audit_report report;
    uint64_t file_line;     /* 0: none to name */
    const char *signer;     /* SHA256:.. of the certificate whose key signed it; NULL */
    const char *subject;
    int64_t signed_ms;
};

/* ---- the signature ---- */

/* Whichever certificate of the cell's file has the key. */
static bool find_signer(struct cli *cli, const json_t *sig, const struct buf *said, struct found *f, struct err *e)
{
    AUTO(buf_done) struct buf raw;
    const char *algorithm = answer_str(sig, "algorithm"), *text = answer_str(sig, "signature"), *pem = answer_str(sig, "certificates");
    struct bundle b = { 0 };
    buf_init(&raw, AUDIT_SIGNATURE_MAX);
    if (!algorithm || !text || !pem || !text_unbase64(text, strlen(text), false, &raw, e))
        return err_set(e, ERR_INPUT, "the signature lacks its algorithm, its bytes or its certificates");
    if (!bundle_add(&b, TRUST_PEM_CERTIFICATE, pem, strlen(pem), &cli->arena, e))
        return false;
    for (size_t i = 0; i < b.len; i++) {
        AUTO(trust_cert_unrefp) struct trust_cert *c = NULL;
        char *sha = arena_alloc(&cli->arena, VERDICT_SHA256), *subject = arena_alloc(&cli->arena, ANSWER_TEXT_MAX);
        if (!trust_cert_parse(b.items[i].der, b.items[i].len, &c, e))
            return false;
        if (!trust_signature_check(c, algorithm, said->data, said->len, raw.data, raw.len, e)) {
            if (e->kind == ERR_INPUT)
                return false;
            continue;
        }
        verdict_sha256(trust_cert_sha256(c), sha);
        trust_cert_subject(c, subject, ANSWER_TEXT_MAX);
        f->signer = sha;
        f->subject = subject;
        return true;
    }
    return err_set(e, ERR_UNTRUSTED, "the signature was made by none of its certificates over this head");
}

static bool check_signature(struct cli *cli, const char *path, struct found *f, struct err *e)
{
    AUTO(buf_done) struct buf text, said;
    AUTO(wire_json_decrefp) json_t *sig = NULL;
    struct audit_head h;
    buf_init(&text, AUDIT_SIGNATURE_MAX);
    buf_init(&said, AUDIT_SIGNED_MAX);
    if (!input_file(path, &text, e) || !wire_json_read((const char *)text.data, text.len, NULL, &sig, e) ||
        !audit_head_read(AUDIT_SIGNATURE_FORMAT, sig, &h, e))
        return err_in(e, "the signature");
    if (strcmp(h.store, f->head.store) != 0 || h.count != f->head.count || memcmp(h.hash, f->head.hash, sizeof(h.hash)) != 0)
        return err_set(e, ERR_UNTRUSTED, "the signature is of another trail: of %llu lines of store %s", (unsigned long long)h.count, h.store);
    f->signed_ms = h.at_ms;
    return audit_head_signed(&h, &said, e) && find_signer(cli, sig, &said, f, e);
}

static bool signature_of(struct cli *cli, const struct verify_args *a, struct found *f, struct err *e)
{
    uint8_t want[DIGEST_SHA256], have[DIGEST_SHA256];
    const char *path = a->signature;
    if (!path && strcmp(a->file, "-") != 0) {
        const char *beside = arena_printf(&cli->arena, "%s.sig", a->file);
        path = access(beside, F_OK) == 0 ? beside : NULL;
    }
    if (!path)
        return !a->signer || err_set(e, ERR_UNTRUSTED, "there is no signature, and --signer wants one");
    if (!check_signature(cli, path, f, e))
        return false;
    return !a->signer || (verdict_sha256_read("--signer", a->signer, want, e) && verdict_sha256_read("the signer", f->signer, have, e) &&
                          (!memcmp(want, have, sizeof(want)) || err_set(e, ERR_UNTRUSTED, "it is signed by %s, not by the certificate of --signer", f->signer)));
}

/* ---- the trail ---- */

static bool check_file(const char *path, struct audit_check *c, struct err *e)
{
    struct input_lines in;
    struct url_span line;
    int fd = -1;
    bool ok = true, more = true;
    if (!input_open(path, &fd, e))
        return false;
    input_lines_init(&in, fd, AUDIT_LINE_MAX);
    while (more && ok) {
        switch (input_lines_next(&in, &line, e)) {
        case INPUT_LINE:
            more = audit_check_line(c, line.at, line.len);
            break;
        case INPUT_TOO_LONG:
            more = audit_check_line(c, "", 0);
            break;
        case INPUT_PAUSE:
            break;
        case INPUT_END:
            more = false;
            break;
        case INPUT_FAILED:
            ok = false;
            break;
        }
    }
    input_lines_done(&in);
    input_close(fd);
    if (ok)
        (void)audit_check_end(c);
    return ok;
}

static bool noted_head(const char *text, struct audit_head *ret, struct err *e)
{
    const char *colon = strchr(text, ':');
    char number[24];
    size_t len = colon ? (size_t)(colon - text) : sizeof(number);
    if (len < sizeof(number)) {
        memcpy(number, text, len);
        number[len] = '\0';
        if (text_number(number, 1, INT64_MAX, &ret->count) && text_unhex(colon + 1, ret->hash, sizeof(ret->hash)))
            return true;
    }
    return err_set(e, ERR_INPUT, "--head is not N:HASH, as audit export prints it");
}

static bool verify_file(struct cli *cli, const struct verify_args *a, struct found *f, struct err *e)
{
    struct audit_head noted = { 0 };
    struct audit_check c;
    if (a->head && !noted_head(a->head, &noted, e))
        return false;
    audit_check_start(&c, a->head ? &noted : NULL);
    if (!check_file(a->file, &c, e))
        return false;
    f->head = c.head;
    f->report = c.report;
    f->file_line = c.broken_line;
    return !c.report.sound || signature_of(cli, a, f, e);
}

static bool verify_cell(struct cli *cli, const struct verify_args *a, struct found *f, struct err *e)
{
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *o = NULL;
    if (!remote_open(cli, &a->remote, &r, e))
        return false;
    remote_patience(r, OURS_LOOK_MS);
    if (!remote_get(r, OURS_PATH "/audit/verify", &o, e) || !audit_head_read(AUDIT_FILE_FORMAT, o, &f->head, e))
        return false;
    json_int_t checked = answer_number(o, "checked"), broken = answer_number(o, "brokenAt");
    f->report = (struct store_audit_report){ .sound = answer_true(o, "sound"), .checked = checked > 0 ? (uint64_t)checked : 0,
                                             .broken_at = broken > 0 ? (uint64_t)broken : 0 };
    (void)text_copy(f->report.why, sizeof(f->report.why), answer_shown(o, "why", "", &cli->arena));
    return true;
}

/* ---- what is said ---- */

static json_t *found_json(const struct found *f)
{
    char hash[3 * DIGEST_SHA256], at[TEXT_TIME];
    json_t *j = json_object();
    text_fingerprint(f->head.hash, DIGEST_SHA256, hash);
    text_time(f->signed_ms / 1000, at);
    json_object_set_new(j, "sound", json_boolean(f->report.sound));
    json_object_set_new(j, "checked", json_integer((json_int_t)f->report.checked));
    json_object_set_new(j, "broken_at", f->report.broken_at ? json_integer((json_int_t)f->report.broken_at) : json_null());
    json_object_set_new(j, "file_line", f->file_line ? json_integer((json_int_t)f->file_line) : json_null());
    json_object_set_new(j, "why", f->report.sound ? json_null() : out_text(f->report.why));
    json_object_set_new(j, "store", out_text(f->head.store));
    json_object_set_new(j, "count", json_integer((json_int_t)f->head.count));
    json_object_set_new(j, "head", out_text(hash));
    json_object_set_new(j, "signer", f->signer ? out_text(f->signer) : json_null());
    json_object_set_new(j, "signed", f->signer ? out_text(at) : json_null());
    return j;
}

static void print(struct cli *cli, const struct found *f)
{
    struct out *o = &cli->out;
    char hash[3 * DIGEST_SHA256], at[TEXT_TIME], store[4 * RANDOM_UUID];
    text_fingerprint(f->head.hash, DIGEST_SHA256, hash);
    text_time(f->signed_ms / 1000, at);
    text_escape(store, sizeof(store), f->head.store, strlen(f->head.store));
    out_printf(o, "%s%s%s  %llu lines are as they were written\n", out_begin(o, f->report.sound ? OUT_GOOD : OUT_BAD),
               f->report.sound ? "sound" : "not sound", out_end(o, f->report.sound ? OUT_GOOD : OUT_BAD), (unsigned long long)f->report.checked);
    verdict_field(o, "store", "%s", store);
    verdict_field(o, "head", "%llu:%s", (unsigned long long)f->head.count, hash);
    if (f->signer) {
        verdict_field(o, "signed", "%s, by the key of %s", at, f->subject);
        verdict_field(o, "", "%s", f->signer);
    }
}

static void show(struct cli *cli, const struct found *f)
{
    switch (cli->out.format) {
    case OUT_TABLE:
    case OUT_WIDE: print(cli, f); break;
    case OUT_JSON:
    case OUT_JSONL: out_json(&cli->out, found_json(f)); break;
    case OUT_NAME: out_printf(&cli->out, "%s\n", f->report.sound ? "sound" : "not-sound"); break;
    }
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct verify_args *a = args;
    struct found f = { 0 };
    uint8_t digest[DIGEST_SHA256];
    struct err e = { 0 };
    if (!a->file && (a->signature || a->signer || a->head))
        return cli_usage(cli, "--signature, --signer and --head are for a FILE");
    if (a->signer && !verdict_sha256_read("--signer", a->signer, digest, &e))
        return cli_usage(cli, "%s", e.msg);
    if (!(a->file ? verify_file(cli, a, &f, &e) : verify_cell(cli, a, &f, &e)))
        return cli_fail(cli, &e);
    show(cli, &f);
    if (f.report.sound)
        return CLI_DONE;
    if (f.file_line)
        out_error(&cli->out, "%s (line %llu of the file)", f.report.why, (unsigned long long)f.file_line);
    else
        out_error(&cli->out, "%s", f.report.why);
    return CLI_FAILED;
}

const struct cli_command command_audit_verify = {
    .noun = "audit",
    .verb = "verify",
    .summary = "is the audit trail what was written? Of a file without any cell, or of the cell's own",
    .about = "Recomputes the hash of every line from the first one on: a line that was changed, removed, inserted or moved breaks the chain, and "
             "a missing end is told by the head. It says which line.\n\n"
             "A trail that was rewritten as a whole fits its own head. A signature (FILE.sig, as 'audit export --sign' makes it) or a head that was noted "
             "earlier tells that as well: --signer names the certificate of the cell whose key must have signed it, --head a line and its hash.",
    .examples = "vouchsafe audit verify\n"
                "vouchsafe audit verify audit-2026-11.jsonl --signer SHA256:AA:BB:..\n"
                "vouchsafe audit verify audit.jsonl --head 1042:AA:BB:..",
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
