/* cell-management-tool certificates, generate-certs: the cell's own key and certificate, as files. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/here.h"
#include "cli/input.h"
#include "cli/remote.h"
#include "cli/tool.h"
#include "net/tls_own.h"
#include "store/datadir.h"

struct certs_args {
    const char *config, *data_dir, *cert, *key, *password, *keystore, *out;
    struct arg_list names;
    struct arg_number days;
    bool https, console;
};

#define AT(field) .at = offsetof(struct certs_args, field)
#define COMMON                                                                                                                 \
    { .name = "https", .type = ARG_FLAG, AT(https), .help = "the HTTPS endpoint's pair: the cell has no other (-j)" },         \
    { .name = "console", .type = ARG_FLAG, AT(console), .help = "the console proxy's pair: this cell has none of its own (-p)" }, \
    { .name = "cert", .type = ARG_TEXT, AT(cert), .value = "FILE", .help = "the certificate, and the CAs above it, PEM" },     \
    { .name = "key", .type = ARG_TEXT, AT(key), .value = "FILE", .help = "its private key, PEM" },                             \
    { .name = "key-password", .type = ARG_TEXT, AT(password), .value = "FILE",                                                 \
      .help = "keys are not encrypted here: PKCS#8 with a password is refused, the file's mode guards it" }

static const struct arg_option certificates_options[] = {
    COMMON,
    { .name = "keystore", .letter = 'k', .type = ARG_TEXT, AT(keystore), .value = "FILE", .help = "refused: convert a keystore to PEM" },
    { .name = "config", .type = ARG_TEXT, AT(config), .value = "FILE", .env = "VOUCHSAFE_CONFIG",
      .help = "the configuration of this machine's cell" },
    { .name = "data-dir", .type = ARG_TEXT, AT(data_dir), .value = "DIR", .help = "where this machine's cell keeps its data" },
};
static const struct arg_option generate_options[] = {
    COMMON,
    { .name = "out", .type = ARG_TEXT, AT(out), .value = "FILE", .help = "refused: keystores are not made, only PEM (-o)" },
    { .name = "expiration", .type = ARG_NUMBER, AT(days), .value = "DAYS", .min = TLS_OWN_DAYS, .max = TLS_OWN_DAYS,
      .help = "days that it is valid: always 397, what browsers take (-x)" },
    { .name = "name", .type = ARG_LIST, AT(names), .value = "NAME", .help = "a host name or address; without any this machine's name" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done" },
    { CLI_FAILED, "the disk refused" },
    { CLI_USAGE, "wrong arguments, a file that can't be read, or a certificate that does not fit the key" },
    { CLI_DENIED, "the data directory belongs to another user" },
    { CLI_CONFLICT, "a file of that name is there already" },
};

static enum cli_exit needs_files(struct cli *cli, const struct certs_args *a)
{
    if (a->console)
        return cli_usage(cli, "this cell has one pair: consoles use the HTTPS endpoint's (-j)");
    if (a->keystore || a->out)
        return cli_usage(cli, "keystores are not used: give --cert and --key as PEM");
    if (a->password)
        return cli_usage(cli, "keys are not encrypted here: 'openssl pkey -in KEY -out PLAIN' takes the password off");
    if (!a->cert || !a->key)
        return cli_usage(cli, "--cert and --key are needed");
    return CLI_DONE;
}

/* ---- certificates ---- */

/* The pair one behind the other, as the cell keeps it. Encrypted keys are refused before anything asks for their password. */
static bool gather(const struct certs_args *a, struct buf *pem, struct err *e)
{
    uint8_t *room; /* at once: a buffer that grows leaves copies of the key behind */
    if (!buf_reserve(pem, TLS_OWN_PEM, &room, e) || !input_file(a->key, pem, e) || !buf_puts(pem, "\n", e))
        return false;
    if (strstr(buf_str(pem), "ENCRYPTED"))
        return err_set(e, ERR_INPUT, "the key is encrypted: 'openssl pkey -in %.100s -out PLAIN' takes the password off", a->key);
    return input_file(a->cert, pem, e);
}

static enum cli_exit run_certificates(struct cli *cli, const void *args)
{
    const struct certs_args *a = args;
    AUTO(tls_own_wipe) struct buf pem;
    struct here_place place;
    struct stat st;
    struct err e = { 0 };
    pid_t pid = 0;
    buf_init(&pem, TLS_OWN_PEM);
    enum cli_exit code = needs_files(cli, a);
    if (code != CLI_DONE)
        return code;
    if (!here_find(cli, a->config, a->data_dir, false, &place, &e))
        return cli_fail(cli, &e);
    if (stat(place.data_dir, &st) || st.st_uid != geteuid())
        return cli_fail(cli, (err_set(&e, ERR_DENIED, "the data directory %s belongs to another user", place.data_dir), &e));
    if (!gather(a, &pem, &e) || !tls_own_keep(place.data_dir, pem.data, pem.len, &e))
        return cli_fail(cli, &e);
    if (!store_datadir_held(place.data_dir, &pid) || !pid)
        out_note(&cli->out, "replaced; the cell does not run and takes it at its next start");
    else if (kill(pid, SIGHUP))
        out_warn(&cli->out, "replaced, but process %ld could not be told (%s): restart the cell", (long)pid, strerror(errno));
    else
        out_note(&cli->out, "replaced; the cell takes it for the connections from now on, without a restart");
    return CLI_DONE;
}

const struct cli_command tool_certificates = {
    .noun = "certificates",
    .summary = "give the cell another key and certificate",
    .about = "Replaces the pair of the cell's HTTPS endpoint. What does not fit together changes nothing. A cell that runs takes it for the "
             "connections from now on. 'vouchsafe cell csr' and 'cell import' do the same without a key that travels.",
    .examples = "cell-management-tool certificates -j --cert user.http.pem --key user.http.key",
    .options = certificates_options,
    .options_len = ARRAY_LEN(certificates_options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct certs_args),
    .run = run_certificates,
};

/* ---- generate-certs ---- */

static bool write_pair(const struct certs_args *a, const struct buf *pem, struct err *e)
{
    const char *text = (const char *)pem->data, *cert = memmem(text, pem->len, "-----BEGIN CERTIFICATE", 22);
    size_t key_len = cert ? (size_t)(cert - text) : 0;
    if (!key_len)
        return err_set(e, ERR_INTERNAL, "no pair was made");
    return file_put(a->key, text, key_len, 0600, false, e) && file_put(a->cert, cert, pem->len - key_len, 0644, false, e);
}

static enum cli_exit run_generate(struct cli *cli, const void *args)
{
    const struct certs_args *a = args;
    AUTO(tls_own_wipe) struct buf pem;
    char host[256] = "localhost";
    const char *own = host;
    struct err e = { 0 };
    buf_init(&pem, TLS_OWN_PEM);
    enum cli_exit code = needs_files(cli, a);
    if (code != CLI_DONE)
        return code;
    if (!a->names.len && gethostname(host, sizeof(host) - 1))
        return cli_fail(cli, (err_sys(&e, ERR_INTERNAL, errno, "the name of this machine"), &e));
    if (!tls_own_make(a->names.len ? a->names.items : &own, a->names.len ? a->names.len : 1, clock_wall_ms() / 1000, &pem, &e) ||
        !write_pair(a, &pem, &e))
        return cli_fail(cli, &e);
    out_note(&cli->out, "made %s and %s; 'certificates -j' gives them to the cell", a->cert, a->key);
    return CLI_DONE;
}

const struct cli_command tool_generate_certs = {
    .noun = "generate-certs",
    .summary = "make a key and a certificate that signs itself",
    .about = "Makes a key (ECDSA P-256) and a certificate of it that signs itself, valid for 397 days, into two new files. Existing files "
             "are left alone.",
    .examples = "cell-management-tool generate-certs --cert cell.pem --key cell.key --name cell.example.com",
    .options = generate_options,
    .options_len = ARRAY_LEN(generate_options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct certs_args),
    .run = run_generate,
};
