/* vouchsafe cert export: what is trusted, in the forms that other programs want it. */
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/fold.h"
#include "base/text.h"
#include "cli/certs.h"
#include "cli/commands.h"
#include "cli/password.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/tree.h"
#include "cli/verdict.h"
#include "store/grant.h"
#include "trust/cert.h"
#include "trust/keystore.h"
#include "trust/pem.h"

enum { FORMAT_PEM, FORMAT_DIR, FORMAT_P12, FORMAT_JKS };

/* Java's own; a trust store holds nothing secret, its password only tells a slip. */
#define PASSWORD_DEFAULT "changeit"
enum { PASSWORD_MIN = 6, /* keytool takes none that is shorter */ EXPORT_MODE = 0644, OUT_MAX = 64 * 1024 * 1024, SAME_NAME_MAX = 1000, FILE_ALIAS_MAX = 60 };

struct export_args {
    struct remote_args remote;
    const char *scope, *out, *password_file;
    bool ask_password, force;
    int format;
};

#define AT(field) .at = offsetof(struct export_args, field)

static const struct arg_option options[] = {
    { .name = "scope", .type = ARG_TEXT, AT(scope), .value = "SCOPE",
      .help = "only what vouches for this, or for a part of it: vcenter:NAME/hosts, vcenter:NAME, nsx:NAME, host:HOST:PORT" },
    { .name = "format", .type = ARG_CHOICE, AT(format), .value = "FORMAT", .choices = "pem|dir|p12|jks", .fallback = "pem",
      .help = "one PEM bundle; a directory that OpenSSL's -CApath reads; a PKCS#12 or a JKS trust store for Java" },
    { .name = "out", .type = ARG_TEXT, AT(out), .value = "FILE", .help = "write it there; without it a PEM bundle goes to standard output" },
    { .name = "password-file", .type = ARG_TEXT, AT(password_file), .value = "FILE",
      .help = "the trust store's password: the first line of this file (-: standard input); without it \"" PASSWORD_DEFAULT "\", as Java has it" },
    { .name = "ask-password", .type = ARG_FLAG, AT(ask_password), .help = "ask for the trust store's password" },
    { .name = "force", .type = ARG_FLAG, AT(force), .help = "write over what is there" },
    REMOTE_OPTIONS(struct export_args, remote),
};

static const struct cli_code codes[] = {
    { CLI_DONE, "written" },
    { CLI_FAILED, "there is nothing to write, or the disk refused" },
    { CLI_USAGE, "wrong arguments" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "not logged in, or without the right" },
    { CLI_UNTRUSTED, "the cell's certificate is not believed" },
    { CLI_CONFLICT, "the file exists, and --force was not said" },
};

/* One certificate with all its grants. */
struct anchor {
    const struct cert_grant *first;
    const char *scopes; /* "vcenter:vc1/hosts, any" */
    const char *alias;  /* unique without regard to case .. */
    const char *folded; /* .. as this */
};

struct anchors {
    struct anchor *items;
    size_t len;
};

/* ---- which ---- */

static bool fits(const struct cert_grant *g, const struct trust_scope *want)
{
    struct trust_scope have;
    struct err none;
    if (!g->cert || (g->owner && strcmp(g->owner, STORE_SYSTEM) != 0))
        return false; /* an organization's own never counts for infrastructure */
    if (!want)
        return true;
    return g->scope && trust_scope_parse(g->scope, &have, &none) && (trust_scope_covers(&have, want) || trust_scope_covers(want, &have));
}

static struct anchor *find(struct anchors *all, const struct cert_grant *g)
{
    for (size_t i = 0; i < all->len; i++)
        if (!memcmp(trust_cert_sha256(all->items[i].first->cert), trust_cert_sha256(g->cert), DIGEST_SHA256))
            return &all->items[i];
    return NULL;
}

static const char *folded(struct arena *a, const char *alias)
{
    AUTO(buf_done) struct buf b;
    struct err none;
    buf_init(&b, 4 * STORE_ALIAS_MAX + 64);
    return fold_case(alias, &b, &none) ? arena_strdup(a, buf_str(&b)) : alias;
}

/* Java folds the case of an alias; two anchors of one owner never share one, but one certificate may be granted by several owners. */
static const char *unique(struct arena *a, const struct anchors *all, const char *alias)
{
    const char *try = alias;
    for (unsigned n = 2;; n++) {
        const char *key = folded(a, try);
        bool taken = false;
        for (size_t i = 0; i < all->len && !taken; i++)
            taken = !strcmp(all->items[i].folded, key);
        if (!taken)
            return try;
        try = arena_printf(a, "%s (%u)", alias, n);
    }
}

static void add(struct arena *a, struct anchors *all, const struct cert_grant *g, const char *scope)
{
    const char *alias = unique(a, all, g->alias);
    all->items[all->len++] = (struct anchor){ g, scope, alias, folded(a, alias) };
}

static bool choose(struct arena *a, const struct cert_list *l, const struct trust_scope *want, struct anchors *ret, struct err *e)
{
    ret->items = arena_array(a, l->len + 1, sizeof(*ret->items));
    for (size_t i = 0; i < l->len; i++) {
        const struct cert_grant *g = &l->items[i];
        const char *scope = g->scope_name ? g->scope_name : "not told";
        if (!fits(g, want))
            continue;
        struct anchor *old = find(ret, g);
        if (old)
            old->scopes = arena_printf(a, "%s, %s", old->scopes, scope);
        else
            add(a, ret, g, scope);
    }
    return ret->len || err_set(e, ERR_NOT_FOUND, "nothing is trusted%s", want ? " for that" : "");
}

/* ---- PEM ---- */

static bool put_pem(struct buf *b, const struct anchor *at, bool headers, struct err *e)
{
    char subject[TRUST_TEXT_MAX], issuer[TRUST_TEXT_MAX], from[TEXT_TIME], until[TEXT_TIME], sha[VERDICT_SHA256];
    const struct trust_cert *c = at->first->cert;
    size_t len;
    const uint8_t *der = trust_cert_der(c, &len);
    trust_cert_subject(c, subject, sizeof(subject));
    trust_cert_issuer(c, issuer, sizeof(issuer));
    text_time(trust_cert_not_before(c), from);
    text_time(trust_cert_not_after(c), until);
    verdict_sha256(trust_cert_sha256(c), sha);
    return (!headers || buf_printf(b, e, "# alias: %s\n# vouches for: %s\n# subject: %s\n# issuer: %s\n# valid: %s to %s\n# %s\n", at->alias, at->scopes,
                                   subject, issuer, from, until, sha)) &&
           trust_pem_write(b, TRUST_PEM_CERTIFICATE, der, len, e);
}

static bool pem_bundle(const struct anchors *all, struct buf *b, struct err *e)
{
    for (size_t i = 0; i < all->len; i++)
        if ((i && !buf_puts(b, "\n", e)) || !put_pem(b, &all->items[i], true, e))
            return false;
    return true;
}

/* ---- a directory for -CApath ---- */

static bool plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* What is left of an alias that may be a file's name. */
static const char *file_name(struct arena *a, const struct anchor *at)
{
    char name[FILE_ALIAS_MAX + 1], sha[3 * DIGEST_SHA256];
    size_t len = 0;
    for (; len < FILE_ALIAS_MAX && at->alias[len]; len++)
        name[len] = plain(at->alias[len]) ? at->alias[len] : '-';
    name[len] = '\0';
    text_hex(trust_cert_sha256(at->first->cert), DIGEST_SHA256, sha);
    return arena_printf(a, "%s-%.16s.pem", name, sha);
}

static bool add_files(struct arena *a, const struct anchors *all, struct tree *t, struct err *e)
{
    for (size_t i = 0; i < all->len; i++) {
        AUTO(buf_done) struct buf pem;
        const char *name = file_name(a, &all->items[i]);
        uint32_t hash;
        unsigned n = 0;
        buf_init(&pem, TRUST_PEM_MAX);
        if (!put_pem(&pem, &all->items[i], true, e) || !trust_cert_subject_hash(all->items[i].first->cert, &hash, e) ||
            !tree_file(t, name, pem.data, pem.len, EXPORT_MODE, e))
            return false;
        while (n < SAME_NAME_MAX && tree_has(t, arena_printf(a, "%08x.%u", hash, n)))
            n++;
        if (!tree_link(t, arena_printf(a, "%08x.%u", hash, n), name, e))
            return false;
    }
    return true;
}

static bool write_directory(struct cli *cli, const struct export_args *args, const struct anchors *all, struct err *e)
{
    AUTO(tree_drop) struct tree t = { 0 };
    return tree_begin(&t, args->out, &cli->arena, e) && add_files(&cli->arena, all, &t, e) && tree_publish(&t, args->force, e);
}

/* ---- trust stores ---- */

static bool password_of(struct cli *cli, const struct export_args *args, struct secret *ret, struct err *e)
{
    bool ok = !args->password_file && !args->ask_password
                  ? secret_set(ret, PASSWORD_DEFAULT, strlen(PASSWORD_DEFAULT), e)
                  : args->ask_password && !args->password_file && !prompt_possible(&cli->out)
                        ? err_set(e, ERR_INPUT, "--ask-password: there is no terminal; name a file with --password-file")
                        : password_read(&cli->out, args->password_file, "Password of the trust store", ret, e);
    if (ok && ret->len < PASSWORD_MIN)
        return err_set(e, ERR_INPUT, "the password has less than %d bytes: Java takes none that is shorter", PASSWORD_MIN);
    if (ok && args->format == FORMAT_P12 && text_printable((const char *)ret->bytes, ret->len) != ret->len)
        return err_set(e, ERR_INPUT, "Java opens a PKCS#12 trust store only with a password in ASCII");
    if (ok && !text_utf8((const char *)ret->bytes, ret->len))
        return err_set(e, ERR_INPUT, "the password is not UTF-8");
    return ok;
}

static bool keystore(struct cli *cli, const struct export_args *args, const struct anchors *all, struct buf *b, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    struct trust_keystore_entry *entries = arena_array(&cli->arena, all->len + 1, sizeof(*entries));
    for (size_t i = 0; i < all->len; i++) {
        entries[i].alias = all->items[i].folded;
        entries[i].der = trust_cert_der(all->items[i].first->cert, &entries[i].len);
    }
    return password_of(cli, args, &password, e) &&
           (args->format == FORMAT_JKS ? trust_keystore_write_jks(entries, all->len, &password, clock_wall_ms(), b, e)
                                       : trust_keystore_write_pkcs12(entries, all->len, &password, b, e));
}

/* ---- the command ---- */

static bool write_it(struct cli *cli, const struct export_args *args, const struct anchors *all, struct err *e)
{
    AUTO(buf_done) struct buf b;
    buf_init(&b, OUT_MAX);
    if (args->format == FORMAT_DIR)
        return write_directory(cli, args, all, e);
    if (!(args->format == FORMAT_PEM ? pem_bundle(all, &b, e) : keystore(cli, args, all, &b, e)))
        return false;
    if (args->out)
        return file_put(args->out, b.data, b.len, EXPORT_MODE, args->force, e);
    out_printf(&cli->out, "%s", buf_str(&b));
    return true;
}

static bool read_all(struct cli *cli, const struct export_args *args, struct remote *r, struct cert_list *l, struct anchors *ret, struct err *e)
{
    struct trust_scope want;
    const char *text = NULL;
    if (args->scope && (!certs_scope(r, args->scope, &cli->arena, &text, e) || !trust_scope_parse(text, &want, e)))
        return false;
    return certs_read(r, &cli->arena, l, e) && choose(&cli->arena, l, args->scope ? &want : NULL, ret, e);
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    static const char *const what[] = { "a PEM bundle", "a directory for -CApath", "a PKCS#12 trust store", "a JKS trust store" };
    const struct export_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(cert_list_done) struct cert_list l = { 0 };
    struct anchors all = { 0 };
    struct err e = { 0 };
    if (a->format != FORMAT_PEM && !a->out)
        return cli_usage(cli, "--out FILE is missing: %s does not go to standard output", what[a->format]);
    if ((a->password_file || a->ask_password) && a->format != FORMAT_P12 && a->format != FORMAT_JKS)
        return cli_usage(cli, "%s has no password", what[a->format]);
    if (!remote_open(cli, &a->remote, &r, &e) || !read_all(cli, a, r, &l, &all, &e) || !write_it(cli, a, &all, &e))
        return cli_fail(cli, &e);
    if (a->out)
        out_note(&cli->out, "%zu certificate%s written to %s, %s", all.len, all.len == 1 ? "" : "s", a->out, what[a->format]);
    return CLI_DONE;
}

const struct cli_command command_cert_export = {
    .noun = "cert",
    .verb = "export",
    .summary = "write what is trusted for other programs: PEM, a directory for OpenSSL, or a Java trust store",
    .about = "Writes every certificate once, whatever number of grants it has, with what it vouches for in a comment where the form has "
             "room for one. --scope keeps those that vouch for the scope or for a part of it, also by a wider grant: another program "
             "knows no scopes, so give each the store of what it talks to.\n\n"
             "pem: with comments. dir: a file each, and the links by which OpenSSL's -CApath finds it. p12: PKCS#12 that Java 8u301, 11 and "
             "later take for a trust store. jks: for older Java. Without --password-file the password is \"" PASSWORD_DEFAULT "\": what is in there is no secret.\n\n"
             "A file or directory that exists is left alone without --force; what is written is complete or not there at all.",
    .examples = "vouchsafe cert export > trusted.pem\n"
                "vouchsafe cert export --scope vcenter:vc1/hosts --format jks --out vc1-hosts.jks\n"
                "vouchsafe cert export --format dir --out /etc/ssl/vouchsafe --force",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct export_args),
    .run = run,
};
