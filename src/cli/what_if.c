/* vouchsafe what-if delete, expire, replace, narrow: what a change of trust would break, before it is made. */
#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/bundle.h"
#include "cli/certs.h"
#include "cli/commands.h"
#include "cli/consequence.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "trust/pem.h"
#include "wire/json.h"

struct what_if_args {
    struct remote_args remote;
    const char *word, *scope, *with;
    struct arg_number at;
    bool all;
};

#define FIELD(field) .at = offsetof(struct what_if_args, field)
#define ALL { .name = "all", .type = ARG_FLAG, FIELD(all), .help = "list also the endpoints to which nothing happens" }

static const struct arg_option delete_options[] = { ALL, REMOTE_OPTIONS(struct what_if_args, remote) };
static const struct arg_option expire_options[] = {
    { .name = "at", .type = ARG_TIME, FIELD(at), .value = "TIME", .help = "as of this moment; otherwise a second after the certificate's last" },
    ALL,
    REMOTE_OPTIONS(struct what_if_args, remote),
};
static const struct arg_option replace_options[] = {
    { .name = "with", .type = ARG_TEXT, FIELD(with), .value = "FILE", .help = "the certificate that takes its place, as PEM or DER (-: standard input)" },
    ALL,
    REMOTE_OPTIONS(struct what_if_args, remote),
};
static const struct arg_option narrow_options[] = {
    { .name = "scope", .type = ARG_TEXT, FIELD(scope), .value = "SCOPE", .help = "what it would vouch for, as for cert import" },
    ALL,
    REMOTE_OPTIONS(struct what_if_args, remote),
};

static const struct arg_operand word_operand[] = {
    { .name = "CERTIFICATE", FIELD(word), .help = "an alias, an id, or SHA256:.." },
};
static const struct arg_operand expire_operand[] = {
    { .name = "CERTIFICATE", FIELD(word), .help = "an alias, an id, or SHA256:..; also of a certificate that only an endpoint presents" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "nothing breaks, and everything that could is known" },
    { CLI_FAILED, "something breaks or could, for what is unknown is never safe; or there is none of that name" },
    { CLI_USAGE, "wrong arguments, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
};

static enum out_style state_style(const json_t *row)
{
    const char *state = json_string_value(json_object_get(row, "state"));
    return !state ? OUT_PLAIN : strcmp(state, "fails") == 0 ? OUT_BAD : strcmp(state, "unknown") == 0 ? OUT_WARN : OUT_GOOD;
}

static const struct rows_column columns[] = {
    { .title = "ENDPOINT", .key = "name" },
    { .title = "KIND", .key = "kind" },
    { .title = "OF", .key = "of" },
    { .title = "THEN", .key = "state", .style = state_style },
    { .title = "RULE", .key = "rule" },
    { .title = "NOW", .key = "before" },
    { .title = "NOT KNOWN BECAUSE", .key = "unknown" },
    { .title = "SEEN", .key = "seen", .wide = true },
    { .title = "CERTIFICATE", .key = "certificate", .wide = true },
};

static void show(struct cli *cli, const json_t *answer)
{
    AUTO(rows_done) struct rows rows = { 0 };
    struct out talk = cli->out;
    json_t *more = answer_ours(answer), *one;
    size_t i;
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    json_array_foreach(json_object_get(more, "endpoints"), i, one) {
        rows_add(&rows, json_incref(one));
    }
    (void)json_object_del(more, "endpoints");
    rows_finish(&rows, "endpoints", more);
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    if (!talk.quiet)
        consequence_print(&talk, answer, false, &cli->arena);
    (void)fflush(talk.data);
}

/* The grants that the word names; for expire also any SHA-256. */
static bool subject(struct cli *cli, struct remote *r, const char *action, const char *word, json_t **ret, struct err *e)
{
    AUTO(cert_list_done) struct cert_list l = { 0 };
    uint8_t digest[DIGEST_SHA256];
    char text[3 * DIGEST_SHA256];
    struct err none;
    if (!certs_read(r, &cli->arena, &l, e))
        return false;
    if (certs_named(&l, word, e)) {
        *ret = consequence_of(action, &l);
        return true;
    }
    if (strcmp(action, "expire") != 0 || !verdict_sha256_read("CERTIFICATE", word, digest, &none))
        return false;
    text_fingerprint(digest, sizeof(digest), text);
    *ret = json_pack("{s:s, s:s}", "action", action, "sha256", text);
    return true;
}

static enum cli_exit ask(struct cli *cli, struct remote *r, const struct what_if_args *a, json_t *take_ask)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    struct err e = { 0 };
    if (a->all)
        json_object_set_new(take_ask, "all", json_true());
    if (!consequence_ask(r, take_ask, &answer, &e))
        return cli_fail(cli, &e);
    show(cli, answer);
    return consequence_is_safe(answer) ? CLI_DONE : CLI_FAILED;
}

static enum cli_exit run_delete(struct cli *cli, const void *args)
{
    const struct what_if_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    json_t *body;
    if (!remote_open(cli, &a->remote, &r, &e) || !subject(cli, r, "delete", a->word, &body, &e))
        return cli_fail(cli, &e);
    return ask(cli, r, a, body);
}

static enum cli_exit run_expire(struct cli *cli, const void *args)
{
    const struct what_if_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    char at[TEXT_TIME];
    json_t *body;
    if (!remote_open(cli, &a->remote, &r, &e) || !subject(cli, r, "expire", a->word, &body, &e))
        return cli_fail(cli, &e);
    text_time(a->at.value, at);
    if (a->at.given)
        json_object_set_new(body, "at", json_string(at));
    return ask(cli, r, a, body);
}

static bool read_pem(struct cli *cli, const char *file, const char **ret, struct err *e)
{
    AUTO(buf_done) struct buf pem;
    struct bundle b = { 0 };
    struct arg_list files = { 0 };
    arg_list_add(&files, file, &cli->arena);
    buf_init(&pem, TRUST_PEM_MAX);
    if (!bundle_files(&b, TRUST_PEM_CERTIFICATE, &files, &cli->arena, e))
        return false;
    if (b.len != 1)
        return err_set(e, ERR_INPUT, "--with: the file holds %zu certificates, not one", b.len);
    if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, b.items[0].der, b.items[0].len, e))
        return false;
    *ret = arena_strdup(&cli->arena, buf_str(&pem));
    return true;
}

static enum cli_exit run_replace(struct cli *cli, const void *args)
{
    const struct what_if_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    const char *pem = NULL;
    json_t *body;
    if (!a->with)
        return cli_usage(cli, "--with is missing: the certificate that takes its place");
    if (!read_pem(cli, a->with, &pem, &e) || !remote_open(cli, &a->remote, &r, &e) || !subject(cli, r, "replace", a->word, &body, &e))
        return cli_fail(cli, &e);
    json_object_set_new(body, "certificate", json_string(pem));
    return ask(cli, r, a, body);
}

static enum cli_exit run_narrow(struct cli *cli, const void *args)
{
    const struct what_if_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct err e = { 0 };
    const char *scope;
    json_t *body;
    if (!a->scope)
        return cli_usage(cli, "--scope is missing: what it would vouch for, such as vcenter:NAME/hosts");
    if (!remote_open(cli, &a->remote, &r, &e) || !certs_scope(r, a->scope, &cli->arena, &scope, &e) ||
        !subject(cli, r, "narrow", a->word, &body, &e))
        return cli_fail(cli, &e);
    json_object_set_new(body, "scope", json_string(scope));
    return ask(cli, r, a, body);
}

#define COMMON .noun = "what-if", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct what_if_args)
#define ABOUT                                                                                                          \
    "Every endpoint's last certificates are decided again as they would be then; nothing is changed and nobody is asked. Listed are " \
    "the endpoints whose verdict changes, and those that could depend on it and are not known: they did not answer at the last look, were " \
    "not seen for seven days, or never."

const struct cli_command command_what_if_delete = {
    COMMON,
    .verb = "delete",
    .summary = "what breaks if a certificate is trusted no longer",
    .about = ABOUT,
    .examples = "vouchsafe what-if delete 'VMCA of vc1'\nvouchsafe what-if delete SHA256:.. -o json",
    .options = delete_options,
    .options_len = ARRAY_LEN(delete_options),
    .operands = word_operand,
    .operands_len = ARRAY_LEN(word_operand),
    .run = run_delete,
};

const struct cli_command command_what_if_expire = {
    COMMON,
    .verb = "expire",
    .summary = "what breaks when a certificate expires",
    .about = ABOUT "\n\nWhat expires before that moment by itself is listed too: the rule and the certificate tell it apart. Live sessions are "
                   "never cut by expiry.",
    .examples = "vouchsafe what-if expire 'VMCA of vc1'\nvouchsafe what-if expire SHA256:.. --at 2027-01-31T00:00:00Z",
    .options = expire_options,
    .options_len = ARRAY_LEN(expire_options),
    .operands = expire_operand,
    .operands_len = ARRAY_LEN(expire_operand),
    .run = run_expire,
};

const struct cli_command command_what_if_replace = {
    COMMON,
    .verb = "replace",
    .summary = "what breaks if another certificate takes its place",
    .about = ABOUT,
    .examples = "vouchsafe what-if replace 'VMCA of vc1' --with new-root.pem",
    .options = replace_options,
    .options_len = ARRAY_LEN(replace_options),
    .operands = word_operand,
    .operands_len = ARRAY_LEN(word_operand),
    .run = run_replace,
};

const struct cli_command command_what_if_narrow = {
    COMMON,
    .verb = "narrow",
    .summary = "what breaks if a certificate vouches for less",
    .about = ABOUT,
    .examples = "vouchsafe what-if narrow enterprise-ca --scope vcenter:vc1/endpoint",
    .options = narrow_options,
    .options_len = ARRAY_LEN(narrow_options),
    .operands = word_operand,
    .operands_len = ARRAY_LEN(word_operand),
    .run = run_narrow,
};
