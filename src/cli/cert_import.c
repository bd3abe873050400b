/* vouchsafe cert import: certificates from any kind of file, shown with what they verify before anything is trusted. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/certs.h"
#include "cli/commands.h"
#include "cli/import_parts.h"
#include "cli/ours.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/vcenters.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "trust/pem.h"
#include "wire/json.h"

#define AT(field) .at = offsetof(struct import_args, field)

static const struct arg_option options[] = {
    { .name = "scope", .type = ARG_TEXT, AT(scope), .value = "SCOPE",
      .help = "what it vouches for: vcenter:NAME/hosts, vcenter:NAME/endpoint, vcenter:NAME, nsx:NAME, host:HOST:PORT, or any; with "
              "--vcenter NAME it is vcenter:NAME/hosts unless said otherwise" },
    { .name = "vcenter", .type = ARG_TEXT, AT(vcenter), .value = "NAME",
      .help = "look at the hosts of this vCenter Server now; without it the preview goes by what the cell saw last, of all of them" },
    { .name = "pick", .type = ARG_CHOICE, AT(pick), .value = "WHICH", .choices = "all|vmca", .fallback = "all",
      .help = "vmca: exactly those that verify a live host of --vcenter" },
    { .name = "fingerprint", .type = ARG_LIST, AT(fingerprints), .value = "SHA256:..",
      .help = "the one with this SHA-256, instead of a question" },
    { .name = "alias", .type = ARG_TEXT, AT(alias), .value = "TEXT",
      .help = "what it is called, for one certificate; without it the subject and the time" },
    { .name = "password-file", .type = ARG_TEXT, AT(password_file), .value = "FILE",
      .help = "the password of a PKCS#12 file: the first line of this file (-: standard input)" },
    { .name = "dry-run", .type = ARG_FLAG, AT(dry_run), .help = "show what the certificates verify and where they are trusted already, and change nothing" },
    { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" },
    REMOTE_OPTIONS(struct import_args, remote),
};

static const struct arg_operand operands[] = {
    { .name = "FILE", AT(files), .many = true, .is_file = true,
      .help = "PEM, DER, PKCS#7 (.p7b), PKCS#12 (.p12, .pfx), or a vCenter Server's download.zip (-: standard input)" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "everything that was picked is trusted; with --dry-run: shown" },
    { CLI_FAILED, "the answer was no, or there is no vCenter Server of that name" },
    { CLI_USAGE, "wrong arguments, a file that can't be read, or the cell refused what they say" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, without the right, or the wrong password" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed, or nothing in the files is what was picked" },
    { CLI_PARTIAL, "some of several were trusted" },
    { CLI_CONFLICT, "it is trusted so already, or the alias is taken" },
};

/* ---- which ---- */

static bool named(const struct import *m, const struct trust_cert *c, struct err *e)
{
    uint8_t digest[DIGEST_SHA256];
    for (size_t i = 0; i < m->args->fingerprints.len; i++)
        if (verdict_sha256_read("--fingerprint", m->args->fingerprints.items[i], digest, e) && !memcmp(digest, trust_cert_sha256(c), sizeof(digest)))
            return true;
    return false;
}

static bool pick(struct import *m, struct err *e)
{
    const struct import_args *a = m->args;
    m->picked = arena_array(&m->cli->arena, m->in.len + 1, sizeof(*m->picked));
    m->count = 0;
    for (size_t i = 0; i < m->in.len; i++) {
        const struct trust_cert *c = m->in.items[i].cert;
        m->picked[i] = !strcmp(import_when(c), "valid") && (!a->fingerprints.len || named(m, c, e)) &&
                       (a->pick != PICK_VMCA || (trust_cert_is_ca(c) && import_hosts_of(m, import_told(m, c)) > 0));
        m->count += m->picked[i];
    }
    if (a->fingerprints.len && m->count < a->fingerprints.len)
        return err_set(e, ERR_UNTRUSTED, "%zu of the %zu certificates of --fingerprint are not in the files, or can't be trusted today; nothing was imported",
                       a->fingerprints.len - m->count, a->fingerprints.len);
    return true;
}

static bool none_picked(const struct import *m, struct err *e)
{
    if (m->args->pick == PICK_VMCA)
        return err_set(e, ERR_UNTRUSTED, "none of the %zu certificates verifies a live host of %s; nothing was imported", m->in.len, m->args->vcenter);
    return err_set(e, ERR_INPUT, "no certificate in the files is valid today; nothing was imported");
}

/* ---- trusting them ---- */

/* "CN=Foreign CA 2026-11-23T10:00:00Z"; of several with one subject each gets the start of its fingerprint. */
static const char *alias_of(const struct import *m, const struct trust_cert *c)
{
    char subject[160], other[160], day[TEXT_TIME], sha[VERDICT_SHA256];
    size_t same = 0;
    if (m->args->alias)
        return m->args->alias;
    trust_cert_subject(c, subject, sizeof(subject));
    text_time(clock_wall_ms() / 1000, day);
    for (size_t i = 0; i < m->in.len; i++) {
        trust_cert_subject(m->in.items[i].cert, other, sizeof(other));
        same += m->picked[i] && !strcmp(subject, other);
    }
    verdict_sha256(trust_cert_sha256(c), sha);
    return same < 2 ? arena_printf(&m->cli->arena, "%s %s", subject, day)
                    : arena_printf(&m->cli->arena, "%s %s %.11s", subject, day, sha + strlen("SHA256:"));
}

static bool import_one(const struct import *m, const struct trust_cert *c, struct err *e)
{
    AUTO(buf_done) struct buf pem;
    char sha[VERDICT_SHA256];
    size_t len;
    const uint8_t *der = trust_cert_der(c, &len);
    buf_init(&pem, TRUST_PEM_MAX);
    verdict_sha256(trust_cert_sha256(c), sha);
    if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, der, len, e) || !ours_grant(m->remote, alias_of(m, c), buf_str(&pem), m->scope, e))
        return err_in(e, "%s", sha);
    out_note(&m->cli->out, "trusted %s for %s", sha, m->spoken);
    return true;
}

static enum cli_exit import_all(const struct import *m)
{
    struct err e = { 0 };
    char sha[VERDICT_SHA256];
    size_t done = 0, before = 0;
    for (size_t i = 0; i < m->in.len; i++) {
        const struct trust_cert *c = m->in.items[i].cert;
        if (!m->picked[i])
            continue;
        verdict_sha256(trust_cert_sha256(c), sha);
        if (import_granted(m, import_told(m, c))) {
            out_note(&m->cli->out, "%s is trusted for %s already", sha, m->spoken);
            before++;
        } else if (import_one(m, c, &e)) {
            done++;
        } else {
            out_error(&m->cli->out, "%s", e.msg);
        }
    }
    if (done + before < m->count)
        return done + before ? CLI_PARTIAL : cli_exit_of(e.kind);
    return done || m->args->pick == PICK_VMCA ? CLI_DONE : CLI_CONFLICT;
}

/* What it was good for. */
static void payoff(const struct import *m)
{
    AUTO(wire_json_decrefp) json_t *trust = NULL;
    struct trust_scope scope;
    struct err none;
    if (!trust_scope_parse(m->scope, &scope, &none) || !strstr(m->scope, ":urn:vcloud:vimserver:") ||
        !ours_trust(m->remote, scope.name, &m->cli->arena, &trust, &none))
        return;
    const char *text = answer_shown(trust, "verified_text", NULL, &m->cli->arena);
    if (text)
        out_note(&m->cli->out, "%s hosts verified now", text);
}

/* ---- the command ---- */

static bool read_files(struct import *m, struct err *e)
{
    const struct arg_list *files = &m->args->files;
    bool zip = false;
    for (size_t i = 0; i < files->len; i++) {
        size_t before = m->in.len;
        if (!intake_file(&m->cli->out, files->items[i], m->args->password_file, &m->cli->arena, &m->in, e))
            return false;
        zip = zip || (m->in.len > before && strchr(m->in.items[m->in.len - 1].from, ':'));
    }
    if (m->in.unreadable && !zip)
        return err_set(e, ERR_INPUT, "%zu of %zu certificates can't be decoded; nothing was imported: %s", m->in.unreadable,
                       m->in.unreadable + m->in.len, m->in.first.msg);
    if (!m->in.len)
        return err_set(e, ERR_INPUT, m->in.keys ? "the file holds a private key and no certificate" : "the files hold no certificate");
    return true;
}

static bool find_scope(struct import *m, struct err *e)
{
    const struct import_args *a = m->args;
    AUTO(wire_json_decrefp) json_t *v = NULL;
    if (a->vcenter) {
        if (!vcenters_find(m->remote, a->vcenter, &m->cli->arena, &v, e))
            return false;
        const char *urn = answer_str(v, "vcId");
        if (!urn)
            return err_set(e, ERR_PEER, "the cell's answer names no vCenter Server");
        m->vcenter = arena_strdup(&m->cli->arena, urn);
        m->scope = arena_printf(&m->cli->arena, "vcenter:%s/hosts", urn);
        m->spoken = arena_printf(&m->cli->arena, "vcenter:%s/hosts", answer_shown(v, "name", urn, &m->cli->arena));
    }
    if (a->scope)
        m->spoken = a->scope;
    return !a->scope || certs_scope(m->remote, a->scope, &m->cli->arena, &m->scope, e);
}

static bool look(struct import *m, struct err *e)
{
    struct err why = { 0 };
    if (!import_ask(m, &why)) {
        if (m->args->pick == PICK_VMCA || m->args->dry_run || (why.kind != ERR_DENIED && why.kind != ERR_NOT_FOUND))
            return err_set(e, why.kind, "%s", why.msg);
        out_note(&m->cli->out, "the cell does not tell what the certificates verify: %s", why.msg);
    }
    return pick(m, e);
}

static bool agreed(const struct import *m, struct err *e)
{
    struct out talk = m->cli->out;
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    talk.format = OUT_WIDE;
    if (!talk.quiet)
        import_show_rows(m, &talk);
    (void)fflush(talk.data);
    import_show_notes(m);
    if (!m->count)
        return none_picked(m, e);
    return m->args->fingerprints.len ||
           prompt_agreed(&m->cli->out, m->args->yes, "--yes",
                         m->count == 1 ? arena_printf(&m->cli->arena, "Trust it for %s?", m->spoken)
                                       : arena_printf(&m->cli->arena, "Trust these %zu for %s?", m->count, m->spoken), e);
}

static enum cli_exit import(struct import *m)
{
    struct err e = { 0 };
    if (!read_files(m, &e) || !remote_open(m->cli, &m->args->remote, &m->remote, &e) || !find_scope(m, &e) || !look(m, &e))
        return cli_fail(m->cli, &e);
    if (m->args->alias && m->count > 1)
        return cli_usage(m->cli, "--alias names one certificate, but there are %zu", m->count);
    if (m->args->dry_run) {
        import_show_rows(m, &m->cli->out);
        import_show_notes(m);
        return CLI_DONE;
    }
    if (!agreed(m, &e))
        return cli_fail(m->cli, &e);
    enum cli_exit code = import_all(m);
    payoff(m);
    return code;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct import_args *a = args;
    struct import m = { .cli = cli, .args = a };
    uint8_t digest[DIGEST_SHA256];
    struct err e = { 0 };
    if (a->pick == PICK_VMCA && !a->vcenter)
        return cli_usage(cli, "--pick vmca needs --vcenter NAME: the one whose live hosts are to be verified");
    if (!a->scope && !a->vcenter && !a->dry_run)
        return cli_usage(cli, "--scope is missing: say what it vouches for, such as vcenter:NAME/hosts");
    for (size_t i = 0; i < a->fingerprints.len; i++)
        if (!verdict_sha256_read("--fingerprint", a->fingerprints.items[i], digest, &e))
            return cli_usage(cli, "%s", e.msg);
    enum cli_exit code = import(&m);
    remote_close(m.remote);
    json_decref(m.preview);
    intake_done(&m.in);
    return code;
}

const struct cli_command command_cert_import = {
    .noun = "cert",
    .verb = "import",
    .summary = "trust certificates from a file, such as the CA of hosts that the VMCA did not sign, or 6.7's VMCA from its zip",
    .about = "Reads the certificates of the files, whatever form they have, and shows what each is good for before anything is trusted: "
             "whether it is a CA, expired, trusted already, and which hosts of which vCenter Server it really verifies. That is told "
             "by signatures and never by the subject: every VMCA has the same name. Then it asks, and trusts them for the scope that is "
             "named: there is no default, because a certificate that vouches for anything vouches for every endpoint.\n\n"
             "vCenter Server 6.7 does not tell which certificate its VMCA is. By hand: fetch https://VCENTER/certs/download.zip, and import it "
             "with --vcenter NAME --pick vmca, which takes exactly the roots that verify live hosts of that vCenter Server.\n\n"
             "What is expired is never taken, CRLs are left out, and a private key in a PKCS#12 file stays there unread. Nothing is imported "
             "when a certificate outside of a zip can't be decoded.",
    .examples = "vouchsafe cert import foreign-ca.pem --scope vcenter:vc1/hosts\n"
                "vouchsafe cert import download.zip --vcenter vc67 --pick vmca\n"
                "vouchsafe cert import download.zip --dry-run -o json\n"
                "vouchsafe cert import enterprise.p7b --scope host:vc1.example.com:443 --fingerprint SHA256:AA:BB:..",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = operands,
    .operands_len = ARRAY_LEN(operands),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct import_args),
    .run = run,
};
