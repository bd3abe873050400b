/* vouchsafe cell certificate, csr, import: the cell's own certificate, on the cell's own machine. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/input.h"
#include "cli/verdict.h"
#include "net/tls_own.h"
#include "store/datadir.h"
#include "trust/cert.h"

struct cell_args {
    const char *config;
    struct arg_list names, files;
    bool again;
};

#define AT(field) .at = offsetof(struct cell_args, field)
#define CONFIG                                                                     \
    { .name = "config", .type = ARG_TEXT, AT(config), .value = "FILE",             \
      .help = "the cell's configuration; it says where the cell keeps its certificate" }

static const struct arg_option options[] = { CONFIG };
static const struct arg_option csr_options[] = {
    CONFIG,
    { .name = "again", .type = ARG_FLAG, AT(again),
      .help = "make a new key even if a request is pending, whose certificate can't be imported then" },
};

static const struct arg_operand names_operand[] = {
    { .name = "NAME", AT(names), .many = true, .help = "host names or addresses; without any those of the present certificate" },
};
static const struct arg_operand files_operand[] = {
    { .name = "FILE", AT(files), .many = true, .is_file = true,
      .help = "the certificate and the CAs above it, PEM; with a private key that one, else the key of the last request" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done" },
    { CLI_FAILED, "the cell has no certificate yet, or the disk refused" },
    { CLI_USAGE, "wrong arguments, a file that can't be read, or a certificate that does not fit the key" },
    { CLI_DENIED, "the data directory belongs to another user" },
    { CLI_CONFLICT, "a request is pending already" },
};

/* ---- what the three share ---- */

/* The data directory; it must be ours, or the cell could not read what is put there. */
static bool open_place(struct cli *cli, const struct cell_args *a, const char **ret, struct err *e)
{
    struct config c;
    struct stat st;
    if (!config_file_read(a->config, &c, &cli->arena, e))
        return false;
    if (stat(c.data_dir, &st))
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, errno, "the data directory %s", c.data_dir);
    if (st.st_uid != geteuid())
        return err_set(e, ERR_DENIED, "the data directory %s belongs to user %u: run this as that user", c.data_dir, (unsigned)st.st_uid);
    *ret = c.data_dir;
    return true;
}

/* The certificates of a PEM text that holds a key as well. */
static bool certs_of(struct cli *cli, const struct buf *pem, struct bundle *ret, struct err *e)
{
    return bundle_add(ret, TRUST_PEM_CERTIFICATE, pem->data, pem->len, &cli->arena, e) &&
           (ret->len || err_set(e, ERR_INPUT, "it holds no certificate"));
}

static bool read_own(struct cli *cli, const char *directory, struct bundle *ret, struct err *e)
{
    AUTO(tls_own_wipe) struct buf pem;
    buf_init(&pem, TLS_OWN_PEM);
    const char *path = arena_printf(&cli->arena, "%s/" TLS_OWN_FILE, directory);
    if (file_read(path, &pem, e))
        return certs_of(cli, &pem, ret, e) || err_in(e, "%s", path);
    return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "the cell has no certificate yet: it makes one at its first start") : false;
}

static bool decode(const struct bundle_item *item, struct trust_cert **ret, struct err *e)
{
    return trust_cert_parse(item->der, item->len, ret, e);
}

/* ---- certificate ---- */

static bool put_pem(struct out *o, const struct bundle *b, struct err *e)
{
    AUTO(buf_done) struct buf pem;
    buf_init(&pem, TRUST_PEM_MAX);
    for (size_t i = 0; i < b->len; i++)
        if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, b->items[i].der, b->items[i].len, e))
            return false;
    out_printf(o, "%s", buf_str(&pem));
    return true;
}

static enum cli_exit run_certificate(struct cli *cli, const void *args)
{
    const struct cell_args *a = args;
    AUTO(trust_cert_unrefp) struct trust_cert *leaf = NULL;
    struct bundle b = { 0 };
    struct err e = { 0 };
    char sha[VERDICT_SHA256];
    const char *directory;
    if (!a->config)
        return cli_usage(cli, "--config FILE is missing");
    if (!open_place(cli, a, &directory, &e) || !read_own(cli, directory, &b, &e) || !decode(&b.items[0], &leaf, &e))
        return cli_fail(cli, &e);
    verdict_sha256(trust_cert_sha256(leaf), sha);
    switch (cli->out.format) {
    case OUT_JSON:
    case OUT_JSONL:
        out_json(&cli->out, verdict_cert_json(leaf));
        break;
    case OUT_NAME:
        out_printf(&cli->out, "%s\n", sha);
        break;
    case OUT_TABLE:
    case OUT_WIDE:
        if (!put_pem(&cli->out, &b, &e))
            return cli_fail(cli, &e);
        out_note(&cli->out, "%s", sha);
        break;
    }
    return CLI_DONE;
}

/* ---- csr ---- */

/* "DNS:a.example, IP:10.0.0.1" of the present certificate. */
static bool own_names(struct cli *cli, const char *directory, struct arg_list *ret, struct err *e)
{
    AUTO(trust_cert_unrefp) struct trust_cert *leaf = NULL;
    struct bundle b = { 0 };
    char text[4096];
    if (!read_own(cli, directory, &b, e) || !decode(&b.items[0], &leaf, e))
        return false;
    trust_cert_names(leaf, text, sizeof(text));
    for (char *at = text; *at;) {
        size_t len = strcspn(at, ",");
        size_t head = strncmp(at, "DNS:", 4) == 0 ? 4 : strncmp(at, "IP:", 3) == 0 ? 3 : 0;
        if (head)
            arg_list_add(ret, arena_strndup(&cli->arena, at + head, len - head), &cli->arena);
        at += len;
        at += strspn(at, ", ");
    }
    return true;
}

static bool keep_request(struct cli *cli, const char *directory, const struct cell_args *a, const struct arg_list *names,
                         struct buf *csr, struct err *e)
{
    AUTO(tls_own_wipe) struct buf key;
    struct stat st;
    buf_init(&key, TLS_OWN_PEM);
    const char *path = arena_printf(&cli->arena, "%s/" TLS_OWN_NEXT, directory);
    if (!a->again && lstat(path, &st) == 0)
        return err_set(e, ERR_CONFLICT, "a request is pending, its key is %s: import its certificate, or make another one with --again",
                       path);
    return tls_own_request(names->items, names->len, csr, &key, e) && file_replace(path, key.data, key.len, e);
}

static enum cli_exit run_csr(struct cli *cli, const void *args)
{
    const struct cell_args *a = args;
    AUTO(buf_done) struct buf csr;
    struct arg_list names = a->names;
    struct err e = { 0 };
    const char *directory;
    buf_init(&csr, TLS_OWN_PEM);
    if (!a->config)
        return cli_usage(cli, "--config FILE is missing");
    if (!open_place(cli, a, &directory, &e) || (!names.len && !own_names(cli, directory, &names, &e)) ||
        !keep_request(cli, directory, a, &names, &csr, &e))
        return cli_fail(cli, &e);
    out_printf(&cli->out, "%s", buf_str(&csr));
    out_note(&cli->out, "the key stays here; 'vouchsafe cell import' takes what the CA answers");
    return CLI_DONE;
}

/* ---- import ---- */

static bool has_key(const struct buf *pem)
{
    return strstr(buf_str(pem), "PRIVATE KEY-----") != NULL;
}

/* A certificate that nobody would believe today is a mistake, not a wish. */
static bool check_times(const struct bundle *b, struct err *e)
{
    int64_t now = clock_wall_ms() / 1000;
    for (size_t i = 0; i < b->len; i++) {
        AUTO(trust_cert_unrefp) struct trust_cert *c = NULL;
        char subject[160], from[TEXT_TIME], until[TEXT_TIME];
        if (!decode(&b->items[i], &c, e))
            return false;
        trust_cert_subject(c, subject, sizeof(subject));
        text_time(trust_cert_not_before(c), from);
        text_time(trust_cert_not_after(c), until);
        if (now < trust_cert_not_before(c) || now > trust_cert_not_after(c))
            return err_set(e, ERR_INPUT, "%s is valid from %s to %s, not now", subject, from, until);
    }
    return true;
}

/* Files one behind the other, and behind them the key of the request if none came along. */
static bool gather(struct cli *cli, const char *directory, const struct cell_args *a, struct buf *pem, bool *ret_requested,
                   struct err *e)
{
    struct bundle b = { 0 };
    for (size_t i = 0; i < a->files.len; i++)
        if (!input_file(a->files.items[i], pem, e) || !buf_puts(pem, "\n", e))
            return false;
    if (!certs_of(cli, pem, &b, e) || !check_times(&b, e))
        return false;
    *ret_requested = !has_key(pem);
    if (!*ret_requested)
        return true;
    const char *path = arena_printf(&cli->arena, "%s/" TLS_OWN_NEXT, directory);
    if (file_read(path, pem, e))
        return true;
    return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_INPUT, "there is no key: none in the file, and no request is pending") : false;
}

static void tell(struct cli *cli, const char *directory)
{
    pid_t pid = 0; /* of whoever holds the lock: a file that merely names a process is nobody's */
    if (!store_datadir_held(directory, &pid) || !pid)
        out_note(&cli->out, "imported; the cell is not running and takes it at its next start");
    else if (kill(pid, SIGHUP))
        out_warn(&cli->out, "imported, but process %ld could not be told (%s): restart the cell", (long)pid, strerror(errno));
    else
        out_note(&cli->out, "imported; the cell (process %ld) takes it for the connections from now on", (long)pid);
}

static enum cli_exit run_import(struct cli *cli, const void *args)
{
    const struct cell_args *a = args;
    AUTO(tls_own_wipe) struct buf pem;
    struct err e = { 0 };
    const char *directory;
    bool requested;
    uint8_t *room;
    buf_init(&pem, TLS_OWN_PEM);
    if (!a->config)
        return cli_usage(cli, "--config FILE is missing");
    /* Room at once: a buffer that grows leaves copies of the key behind. */
    if (!buf_reserve(&pem, TLS_OWN_PEM, &room, &e) || !open_place(cli, a, &directory, &e) ||
        !gather(cli, directory, a, &pem, &requested, &e) || !tls_own_keep(directory, pem.data, pem.len, &e))
        return cli_fail(cli, &e);
    if (requested && unlink(arena_printf(&cli->arena, "%s/" TLS_OWN_NEXT, directory)))
        out_warn(&cli->out, "the request's key could not be removed: %s", strerror(errno));
    tell(cli, directory);
    return CLI_DONE;
}

#define COMMON .noun = "cell", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct cell_args)

const struct cli_command command_cell_certificate = {
    COMMON,
    .verb = "certificate",
    .summary = "print the cell's own certificate, for whoever has to believe it",
    .about = "Prints the certificate, and the CAs sent with it, as PEM, and its SHA-256 on standard error. Give the file to 'vouchsafe login "
             "--ca', or tell the fingerprint to whoever is asked for it. Run it on the cell's machine, as the cell's user.",
    .examples = "vouchsafe cell certificate --config /etc/vouchsafe.conf > cell-ca.pem",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .run = run_certificate,
};

const struct cli_command command_cell_csr = {
    COMMON,
    .verb = "csr",
    .summary = "make a new key for the cell and ask a CA for its certificate",
    .about = "Makes a key (ECDSA P-256), keeps it in the data directory, and prints a request for a certificate of it (PKCS #10). The cell "
             "goes on with its present certificate until 'cell import'.",
    .examples = "vouchsafe cell csr --config /etc/vouchsafe.conf cell.example.com 10.0.0.5 > cell.csr",
    .options = csr_options,
    .options_len = ARRAY_LEN(csr_options),
    .operands = names_operand,
    .operands_len = ARRAY_LEN(names_operand),
    .operands_optional = true,
    .run = run_csr,
};

const struct cli_command command_cell_import = {
    COMMON,
    .verb = "import",
    .summary = "give the cell another certificate, without a restart",
    .about = "Takes the certificate that a CA made for the last request, and the CAs above it, or a certificate with its own private key. "
             "What does not fit its key, or is not valid now, changes nothing. A cell that runs takes it for the connections from "
             "now on; those that stand go on.",
    .examples = "vouchsafe cell import --config /etc/vouchsafe.conf cell.pem issuing-ca.pem",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = files_operand,
    .operands_len = ARRAY_LEN(files_operand),
    .run = run_import,
};
