/* vouchsafe login: who the cell is, who we are to it, and what is kept of both. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/look.h"
#include "cli/password.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/verdict.h"
#include "net/chain.h"
#include "net/hosts.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "probe/chain.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "wire/json.h"

struct login_args {
    struct remote_args remote;
    const char *url, *user, *password_file, *fingerprint;
};

#define AT(field) .at = offsetof(struct login_args, field)

static const struct arg_option options[] = {
    REMOTE_URL_OPTIONS(struct login_args, remote),
    { .name = "user", .type = ARG_TEXT, AT(user), .value = "USER",
      .help = "USER@ORG; without @ORG one of System. Without the option the one of the last login, or a question" },
    { .name = "password-file", .type = ARG_TEXT, AT(password_file), .value = "FILE",
      .help = "the password is the first line of this file (-: standard input); without it there is a question" },
    { .name = "fingerprint", .type = ARG_TEXT, AT(fingerprint), .value = "SHA256:..",
      .help = "believe the cell if its certificate, or a CA that issued it, is this one: instead of the question" },
};

static const struct arg_operand operands[] = {
    { .name = "URL", AT(url), .help = "the cell: an https URL, HOST or HOST:PORT" },
};

static const struct cli_code login_codes[] = {
    { CLI_DONE, "logged in" },
    { CLI_USAGE, "wrong arguments, or a file that can't be read" },
    { CLI_UNREACHABLE, "the cell can't be reached, or it is none" },
    { CLI_DENIED, "wrong user or password" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed; nothing was sent" },
    { CLI_INTERRUPTED, "interrupted" },
};

/* One login. */
struct login {
    struct cli *cli;
    const struct login_args *args;
    const char *directory;
    struct context context; /* what is kept, and what will be */
    struct url_host host;
    struct bundle anchors;
    bool pinned;
    struct trust_set *set;   /* owned: the anchors */
    struct trust_live *live; /* owned */
    struct hosts *hosts;     /* owned */
    struct resolver *resolver;
    struct tls_client *tls;
    struct probe_net net;
    struct probe *probe;
};

static void login_done(struct login *l)
{
    probe_destroy(l->probe);
    tls_client_destroy(l->tls);
    resolver_destroy(l->resolver);
    hosts_destroy(l->hosts);
    trust_live_destroy(l->live);
    trust_set_unref(l->set);
    context_done(&l->context);
}

/* ---- what is known before the cell is looked at ---- */

static bool read_url(struct login *l, struct err *e)
{
    const char *text = l->args->url ? l->args->url : l->args->remote.url, *url = NULL;
    struct arena *a = &l->cli->arena;
    if (!context_directory(l->cli->env, a, &l->directory, e) || (text && !remote_url(text, a, &url, &l->host, e)))
        return false;
    if (!context_load(l->directory, url, a, &l->context, e)) {
        if (e->kind != ERR_NOT_FOUND)
            return false;
        if (!url)
            return err_set(e, ERR_INPUT, "URL is missing: no cell is known yet");
        l->context.url = url;
    }
    return remote_url(l->context.url, a, &url, &l->host, e);
}

static bool read_anchors(struct login *l, struct err *e)
{
    struct bundle none = { 0 };
    struct arg_list files = { 0 };
    struct arena *a = &l->cli->arena;
    const char *ca = l->args->remote.ca, *kept = l->context.anchors;
    if (ca)
        arg_list_add(&files, ca, a);
    if (ca && !bundle_files(&l->anchors, TRUST_PEM_CERTIFICATE, &files, a, e))
        return err_in(e, "--ca");
    if (!ca && kept && !bundle_add(&l->anchors, TRUST_PEM_CERTIFICATE, kept, strlen(kept), a, e))
        return err_in(e, "the certificate that was kept of %s", l->context.url);
    l->pinned = !ca && l->context.pinned && l->anchors.len == 1;
    l->set = bundle_trust(&l->anchors, &none, a, NULL);
    return true;
}

/* ---- the look ---- */

static void question(const struct login *l, const char *const *name, bool pinned, struct trust_question *ret)
{
    *ret = (struct trust_question){
        .names = name, .names_len = 1, .names_mode = pinned ? TRUST_NAMES_OFF : TRUST_NAMES_CHECK,
        .behalf = { .kind = TRUST_FOR_ADDRESS, .host = *name, .port = l->host.port },
        .purpose = TRUST_PURPOSE_SERVER, .now = clock_wall_ms() / 1000,
    };
}

static bool look(struct login *l, const struct probe_request *rq, const struct probe_report **ret, struct err *e)
{
    l->live = trust_live_create(trust_set_ref(l->set));
    if (l->args->remote.hosts && !(l->hosts = hosts_load(l->args->remote.hosts, e))) {
        e->kind = ERR_INPUT;
        return err_in(e, "--hosts");
    }
    l->resolver = resolver_create(l->hosts, RESOLVE_AUTO, NULL);
    l->tls = tls_client_create(l->live, e);
    if (!l->tls)
        return false;
    l->net = (struct probe_net){ .tls = l->tls, .resolver = l->resolver };
    l->probe = probe_create(&l->net, rq);
    bool ok = io_run(&probe_op, l->probe, clock_mono_ms() + rq->timeout_ms, e);
    *ret = probe_report(l->probe, ok ? NULL : e);
    if (ok)
        return true;
    *e = (*ret)->err;
    return err_in(e, "%s", l->context.url);
}

/* Shown on stderr: it belongs to the question, not to the answer. */
static void show(struct login *l, const struct probe_request *rq, const struct probe_report *report)
{
    char endpoint[URL_HOST_TEXT];
    struct out talk = l->cli->out;
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    url_host_write(&l->host, 0, endpoint);
    struct look_view w = { endpoint, rq, report, l->set, l->anchors.len > 0 };
    look_print(&talk, &w);
}

/* Which certificate is to vouch for the cell from now on: the one with this digest out of the chain that may be shown. */
static bool named(const struct login *l, const struct probe_report *r, const struct probe_chain *c, size_t *ret, struct err *e)
{
    uint8_t want[DIGEST_SHA256];
    char seen[VERDICT_SHA256];
    if (!verdict_sha256_read("--fingerprint", l->args->fingerprint, want, e))
        return false;
    for (size_t i = 0; i < c->shown_len; i++) {
        if (memcmp(trust_cert_sha256(chain_certs(r->chain)[c->shown[i]]), want, sizeof(want)) != 0)
            continue;
        *ret = c->shown[i];
        return true;
    }
    verdict_sha256(trust_cert_sha256(chain_certs(r->chain)[0]), seen);
    return err_set(e, ERR_UNTRUSTED, "%s presents %s, not the certificate of --fingerprint", l->context.url, seen);
}

/* Would it do? What is expired or not yet valid can't be confirmed. */
static bool would_do(const struct login *l, const struct probe_report *r, const struct trust_question *q, struct err *e)
{
    struct trust_verdict v;
    struct trust_question ask = *q;
    char reason[VERDICT_REASON];
    ask.chain = chain_certs(r->chain);
    ask.chain_len = chain_len(r->chain);
    trust_decide(l->set, &ask, &v);
    verdict_reason(&v, reason);
    return v.ok || err_set(e, ERR_UNTRUSTED, "%s can't be believed by this: %s", l->context.url, reason);
}

static bool adopt(struct login *l, const struct trust_cert *cert, bool pinned, struct err *e)
{
    struct bundle none = { 0 };
    size_t len;
    const uint8_t *der = trust_cert_der(cert, &len);
    l->anchors = (struct bundle){ 0 };
    if (!bundle_add(&l->anchors, TRUST_PEM_CERTIFICATE, der, len, &l->cli->arena, e))
        return false;
    trust_set_unref(l->set);
    l->set = bundle_trust(&l->anchors, &none, &l->cli->arena, NULL);
    l->pinned = pinned;
    return true;
}

/* The cell is not believed by what is known: a person says whether it is the right one, or --fingerprint does. */
static bool confirm(struct login *l, const struct probe_request *rq, const struct probe_report *r, struct err *e)
{
    struct probe_chain c;
    struct trust_question q;
    char seen[VERDICT_SHA256];
    bool yes = l->args->fingerprint != NULL;
    if (!chain_len(r->chain))
        return err_set(e, ERR_UNTRUSTED, "%s presents a certificate that can't be read: %s", l->context.url, chain_defect(r->chain));
    probe_chain_sort(chain_certs(r->chain), chain_len(r->chain), &c);
    size_t at = c.store;
    verdict_sha256(trust_cert_sha256(chain_certs(r->chain)[at]), seen);
    if (!yes && !prompt_possible(&l->cli->out))
        return err_set(e, ERR_UNTRUSTED, "nothing vouches for %s, which presents %s: name --ca FILE, or --fingerprint once you know "
                       "it by another way", l->context.url, seen);
    if (yes && !named(l, r, &c, &at, e))
        return false;
    if (!yes)
        show(l, rq, r);
    if (!adopt(l, chain_certs(r->chain)[at], at == 0, e))
        return false;
    question(l, rq->question.names, l->pinned, &q);
    if (!would_do(l, r, &q, e))
        return false;
    if (!yes && l->context.anchors)
        out_warn(&l->cli->out, "%s presents another certificate than at your last login", l->context.url);
    if (!yes && !prompt_confirm(&l->cli->out, arena_printf(&l->cli->arena, "Is %s the cell's %s?", seen, at ? "CA" : "certificate"),
                                &yes, e))
        return false;
    return yes || err_set(e, ERR_UNTRUSTED, "%s was not confirmed; nothing was sent", l->context.url);
}

static bool believed(const struct login *l, const struct probe_report *r)
{
    return r->verdict.ok && (!l->pinned || (chain_len(r->chain) && l->anchors.len == 1 &&
                                            !memcmp(r->verdict.anchor, chain_leaf_sha256(r->chain), DIGEST_SHA256)));
}

static bool establish(struct login *l, struct err *e)
{
    const char *name = l->host.name;
    const struct probe_report *report = NULL;
    struct probe_request rq = { .endpoint = l->host, .server_name = name, .timeout_ms = l->args->remote.timeout.value };
    question(l, &name, l->pinned, &rq.question);
    if (!look(l, &rq, &report, e))
        return false;
    if (believed(l, report) && !l->args->fingerprint)
        return true;
    if (l->args->remote.ca && !believed(l, report) && !l->args->fingerprint) {
        char reason[VERDICT_REASON];
        verdict_reason(&report->verdict, reason);
        return err_set(e, ERR_UNTRUSTED, "--ca does not vouch for %s: %s", l->context.url, reason);
    }
    return confirm(l, &rq, report, e);
}

/* ---- the login ---- */

static bool keep_anchors(struct login *l, struct err *e)
{
    AUTO(buf_done) struct buf pem;
    buf_init(&pem, TRUST_PEM_MAX);
    for (size_t i = 0; i < l->anchors.len; i++)
        if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, l->anchors.items[i].der, l->anchors.items[i].len, e))
            return false;
    l->context.anchors = arena_strndup(&l->cli->arena, buf_str(&pem), pem.len);
    l->context.pinned = l->pinned;
    return true;
}

static bool read_user(struct login *l, struct err *e)
{
    const char *user = l->args->user;
    struct out *o = &l->cli->out;
    struct arena *a = &l->cli->arena;
    if (!user && prompt_possible(o) && !prompt_line(o, "User", l->context.user ? l->context.user : "administrator@System", a, &user, e))
        return false;
    if (!user && !(user = l->context.user))
        return err_set(e, ERR_INPUT, "there is no terminal to ask for the user: name --user");
    l->context.user = strchr(user, '@') ? user : arena_printf(a, "%s@System", user);
    return true;
}

static bool enter(struct login *l, json_t **ret_session, struct err *e)
{
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(secret_done) struct secret password = { 0 };
    uint8_t pin[DIGEST_SHA256];
    struct remote_config config = { .url = l->context.url, .host = l->host, .anchors = l->set, .hosts_file = l->args->remote.hosts,
                                    .timeout_ms = l->args->remote.timeout.value };
    if (l->pinned) {
        digest_sha256(l->anchors.items[0].der, l->anchors.items[0].len, pin);
        config.pinned = pin;
    }
    return remote_create(&config, &r, e) && remote_connect(r, e) && read_user(l, e) &&
           password_known(&l->cli->out, "--password-file", l->args->password_file,
                           arena_printf(&l->cli->arena, "Password of %s", l->context.user), &password, e) &&
           remote_login(r, l->context.user, &password, &l->context.token, ret_session, e);
}

static void answer(const struct login *l, const json_t *session)
{
    struct out *o = &l->cli->out;
    if (o->format == OUT_JSON || o->format == OUT_JSONL) {
        json_t *j = json_object();
        json_object_set_new(j, "url", out_text(l->context.url));
        json_object_set_new(j, "user", out_text(l->context.user));
        json_t *roles = json_object_get(session, "roles");
        json_object_set(j, "roles", roles ? roles : json_null());
        out_json(o, j);
        return;
    }
    if (o->format == OUT_NAME)
        out_printf(o, "%s\n", l->context.url);
    out_note(o, "logged in at %s as %s", l->context.url, l->context.user);
}

static enum cli_exit run_login(struct cli *cli, const void *args)
{
    AUTO(login_done) struct login l = { .cli = cli, .args = args };
    AUTO(wire_json_decrefp) json_t *session = NULL;
    struct err e = { 0 };
    if (!read_url(&l, &e) || !read_anchors(&l, &e) || !establish(&l, &e) || !enter(&l, &session, &e) || !keep_anchors(&l, &e) ||
        !context_save(l.directory, &l.context, &e))
        return cli_fail(cli, &e);
    answer(&l, session);
    return CLI_DONE;
}

const struct cli_command command_login = {
    .noun = "login",
    .summary = "log in at a cell, once its certificate is believed",
    .about =
        "Looks at the cell first. Its certificate must end in --ca FILE or in what an earlier login kept; else its chain is shown "
        "and you are asked whether that SHA-256 is the cell's. Compare it with what the cell's owner tells you by another way "
        "('vouchsafe cell certificate' on the cell's machine prints it). Without a terminal --ca or --fingerprint is needed. "
        "There is no option that skips this, and no password is sent before.\n\n"
        "What is confirmed, the user and the session are kept in $XDG_CONFIG_HOME/vouchsafe (or ~/.config/vouchsafe), readable "
        "by you alone; the password is not. The cell of the last login is the one that other commands use without --url.",
    .examples = "vouchsafe login https://cell.example.com\n"
                "vouchsafe login cell.example.com:8443 --user alice@acme\n"
                "vouchsafe login --ca cell-ca.pem --user administrator --password-file - cell.example.com < password",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = operands,
    .operands_len = ARRAY_LEN(operands),
    .operands_optional = true,
    .codes = login_codes,
    .codes_len = ARRAY_LEN(login_codes),
    .size = sizeof(struct login_args),
    .run = run_login,
};
