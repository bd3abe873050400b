/* vouchsafe support-bundle: what whoever helps needs to see, and nothing that he must not. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/here.h"
#include "cli/owner.h"
#include "cli/settled.h"
#include "cli/support_facts.h"
#include "flow/init.h"
#include "flow/master_key.h"
#include "flow/scrub.h"
#include "net/tls_own.h"
#include "store/sealed.h"
#include "store/store.h"
#include "wire/archive_write.h"

enum { BUNDLE_MAX = 256 * 1024 * 1024, BUNDLE_MODE = 0600, FILES_MAX = 64, KEY_LINE_MIN = 16 };

struct support_args {
    const char *config, *out;
    struct arg_list logs;
    bool force;
};

#define AT(field) .at = offsetof(struct support_args, field)

static const struct arg_option options[] = {
    { .name = "config", .type = ARG_TEXT, AT(config), .value = "FILE", .fallback = HERE_CONFIG, .env = "VOUCHSAFE_CONFIG",
      .help = "the cell's configuration: where its data, its store and its master key are" },
    { .name = "out", .type = ARG_TEXT, AT(out), .value = "FILE.tar.gz", .help = "write it there; without it vouchsafe-support-TIME.tar.gz in this directory" },
    { .name = "log", .type = ARG_LIST, AT(logs), .value = "FILE",
      .help = "put the end of this log in, such as one that 'journalctl -u vouchsafed > FILE' made" },
    { .name = "force", .type = ARG_FLAG, AT(force), .help = "write over what is there" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "written" },
    { CLI_FAILED, "the store can't be read, the disk refused, or a secret would have been in it" },
    { CLI_USAGE, "wrong arguments, or a configuration that can't be read" },
    { CLI_DENIED, "the store or the master key belongs to another user" },
    { CLI_CONFLICT, "the file exists, and --force was not said" },
};

/* One run. */
struct making {
    struct cli *cli;
    const struct support_args *args;
    struct settled settled;
    struct scrub *scrub;
    struct seal_keys *keys;
    struct store_source *source;
    struct store *store;
    struct wire_archive_file files[FILES_MAX]; /* names in the arena, data owned */
    size_t files_len;
    struct owner owner;
};

static void making_done(struct making *m)
{
    for (size_t i = 0; i < m->files_len; i++)
        free((void *)(uintptr_t)m->files[i].data);
    store_close(m->store);
    store_source_close(m->source);
    seal_keys_destroy(m->keys);
    scrub_destroy(m->scrub);
    owner_leave(&m->owner);
}

/* ---- what must not be in it ---- */

static bool know_secret(void *self, const char *kind, const char *id, const struct secret *plain, struct err *e)
{
    struct making *m = self;
    (void)kind, (void)id, (void)e;
    scrub_value(m->scrub, plain->bytes, plain->len);
    return true;
}

/* A key file in PEM: what it says in each of its lines, but for its certificates, which are public. */
static void know_key_file(struct making *m, const char *name)
{
    AUTO(tls_own_wipe) struct buf pem;
    struct err none;
    bool key = false;
    buf_init(&pem, TLS_OWN_PEM);
    if (!file_read(arena_printf(&m->cli->arena, "%s/%s", m->settled.config.data_dir, name), &pem, &none))
        return;
    for (const char *p = buf_str(&pem), *end = p + pem.len; p < end;) {
        size_t len = strcspn(p, "\r\n");
        if (!strncmp(p, "-----", 5))
            key = !strncmp(p, "-----BEGIN ", 11) && memmem(p, len, "PRIVATE KEY", 11);
        else if (key && len >= KEY_LINE_MIN)
            scrub_value(m->scrub, p, len);
        p += len + strspn(p + len, "\r\n");
        if (!len && p < end && !*p)
            break;
    }
}

static bool know_master_key(struct making *m, const char *path, struct err *e)
{
    AUTO(secret_done) struct secret key = { 0 };
    if (!seal_key_read(path, &key, e))
        return false;
    scrub_value(m->scrub, key.bytes, key.len);
    return true;
}

/* What the store's URL has between ':' and '@', or behind password=. */
static void know_url(struct making *m, const char *url)
{
    const char *scheme = url ? strstr(url, "://") : NULL, *word = url ? strcasestr(url, "password=") : NULL;
    const char *at = scheme ? memrchr(scheme + 3, '@', strcspn(scheme + 3, "/?#")) : NULL;
    const char *colon = at ? memchr(scheme + 3, ':', (size_t)(at - scheme - 3)) : NULL;
    if (colon)
        scrub_value(m->scrub, colon + 1, (size_t)(at - colon - 1));
    if (word)
        scrub_value(m->scrub, word + strlen("password="), strcspn(word + strlen("password="), "& "));
}

static bool open_store(struct making *m, struct err *e)
{
    const struct config *c = &m->settled.config;
    const struct init_place place = { c->data_dir, c->store_url, c->master_key_file };
    char url[STORE_PATH_MAX], key[STORE_PATH_MAX], next[STORE_PATH_MAX];
    struct err none;
    m->scrub = scrub_create();
    m->keys = seal_keys_create();
    know_url(m, c->store_url);
    if (!init_paths(&place, url, key, e) || !know_master_key(m, key, e) || !master_key_next(key, next, e) || !master_key_hold(key, m->keys, e))
        return err_in(e, "without the master key nobody can tell which secrets to leave out");
    if (!know_master_key(m, next, &none) && none.kind != ERR_NOT_FOUND)
        return err_set(e, none.kind, "%s", none.msg);
    know_key_file(m, TLS_OWN_FILE);
    know_key_file(m, TLS_OWN_NEXT);
    return store_source_open(url, STORE_OPEN_EXISTING, m->keys, &m->source, NULL, e) && store_open(m->source, &m->store, e) &&
           store_sealed_each(m->store, know_secret, m, e);
}

/* ---- what is in it ---- */

/* Scrubbed, and looked at once more: what still holds a known secret does not leave. */
static bool add(struct making *m, const char *name, const struct buf *raw, struct err *e)
{
    AUTO(buf_done) struct buf clean;
    buf_init(&clean, SCRUB_TEXT_MAX);
    if (m->files_len == FILES_MAX)
        return err_set(e, ERR_LIMIT, "more than %d files", FILES_MAX);
    if (!scrub_text(m->scrub, raw->data, raw->len, &clean, e))
        return err_in(e, "%s", name);
    if (scrub_finds(m->scrub, clean.data, clean.len))
        return err_set(e, ERR_INTERNAL, "a secret would still be in %s: nothing was written", name);
    uint8_t *data = xmalloc(clean.len + 1);
    memcpy(data, buf_str(&clean), clean.len + 1);
    m->files[m->files_len++] = (struct wire_archive_file){ arena_printf(&m->cli->arena, "vouchsafe-support/%s", name), data, clean.len };
    return true;
}

static bool add_facts(struct making *m, struct err *e)
{
    const struct support s = { &m->settled, m->store, &m->cli->arena };
    for (size_t i = 0; i < support_files_len; i++) {
        AUTO(buf_done) struct buf raw;
        struct err why = { 0 };
        buf_init(&raw, SUPPORT_FILE_MAX);
        if (!support_files[i].write(&s, &raw, &why) && !buf_printf(&raw, e, "\nthe rest can't be read: %s\n", why.msg))
            return false; /* a store that is damaged is a reason to ask for help */
        if (!add(m, support_files[i].name, &raw, e))
            return false;
    }
    return true;
}

static bool add_log(struct making *m, size_t i, struct err *e)
{
    AUTO(buf_done) struct buf raw, end;
    const char *path = m->args->logs.items[i];
    buf_init(&raw, SUPPORT_FILE_MAX);
    buf_init(&end, SUPPORT_LOG_MAX);
    if (!file_read(path, &raw, e))
        return err_in(e, "--log");
    size_t from = raw.len > SUPPORT_LOG_MAX ? raw.len - SUPPORT_LOG_MAX : 0;
    const uint8_t *newline = from ? memchr(raw.data + from, '\n', raw.len - from) : NULL;
    if (newline)
        from = (size_t)(newline - raw.data) + 1; /* half a line could hide half a secret */
    return buf_append(&end, raw.data + from, raw.len - from, e) && add(m, arena_printf(&m->cli->arena, "log-%zu.txt", i + 1), &end, e);
}

static bool add_readme(struct making *m, struct err *e)
{
    static const char text[] =
        "A support bundle of a Vouchsafe cell.\n\n"
        "version.json    the program, the system, the store's identity\n"
        "config.txt      the configuration as it is settled\n"
        "store.json      how much of everything there is, and whether the audit trail is sound\n"
        "settings.jsonl  the switches of the site\n"
        "events.jsonl    what happened, the newest first\n"
        "tasks.jsonl     long work, the newest first\n"
        "audit.jsonl     who changed what, the newest first\n"
        "grants.jsonl    what is trusted, and for what\n"
        "vcenters.jsonl  vCenter Servers and their VMCA\n"
        "hosts.jsonl     what every endpoint presented, and what was decided\n"
        "resources.txt   memory, disk, descriptors of the cell\n"
        "log-N.txt       the ends of the logs that were named\n\n"
        "Passwords, tokens, tickets, keys and session ids were taken out and stand as " SCRUB_MARK ". Host names, addresses, user names and\n"
        "certificates' subjects are in it: look it through before it leaves the house.\n";
    AUTO(buf_done) struct buf raw;
    buf_init(&raw, sizeof(text));
    return buf_puts(&raw, text, e) && add(m, "README.txt", &raw, e);
}

static bool write_it(struct making *m, const char *path, struct err *e)
{
    AUTO(buf_done) struct buf packed;
    buf_init(&packed, BUNDLE_MAX);
    return wire_archive_write(m->files, m->files_len, clock_wall_ms() / 1000, &packed, e) &&
           file_put(path, packed.data, packed.len, BUNDLE_MODE, m->args->force, e);
}

static bool make(struct making *m, const char *path, struct err *e)
{
    if (!settled_read(m->args->config, &m->cli->arena, &m->settled, e))
        return false;
    if (m->settled.errors_len)
        return err_set(e, ERR_INPUT, "%s:%u: %s ('vouchsafe config check')", m->settled.path, m->settled.errors[0].line, m->settled.errors[0].text);
    if (!owner_become(m->settled.config.data_dir, &m->owner, e) || !open_store(m, e) || !add_readme(m, e) || !add_facts(m, e))
        return false;
    m->store = store_close(m->store);
    m->source = store_source_close(m->source);
    owner_leave(&m->owner);
    for (size_t i = 0; i < m->args->logs.len; i++)
        if (!add_log(m, i, e))
            return false;
    return write_it(m, path, e);
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct support_args *a = args;
    struct making m = { .cli = cli, .args = a };
    struct err e = { 0 };
    char at[TEXT_TIME];
    text_time(clock_wall_ms() / 1000, at);
    const char *path = a->out ? a->out : arena_printf(&cli->arena, "vouchsafe-support-%s.tar.gz", at);
    bool ok = make(&m, path, &e);
    making_done(&m);
    if (!ok)
        return cli_fail(cli, &e);
    out_printf(&cli->out, "%s\n", path);
    if (!a->logs.len)
        out_note(&cli->out, "no log is in it: name one with --log FILE, such as what 'journalctl -u vouchsafed' says");
    out_note(&cli->out, "host names, addresses and user names are in it; look it through before it leaves the house");
    return CLI_DONE;
}

const struct cli_command command_support_bundle = {
    .noun = "support-bundle",
    .summary = "what whoever helps needs to see, without secrets, in one file",
    .about = "Packs what the cell on this machine is and does: version, configuration, counts, events, tasks, who changed what, what is trusted, what every host "
             "presents, memory and disk. The cell may run or not.\n\n"
             "Every secret that the store holds, the master key and the cell's private key are looked for in all of it, also in hex, base64 and URLs, and taken "
             "out, and so is what looks like a password, token, ticket or key by where it stands. A file in which one is left is not written. Host names, addresses "
             "and user names stay.",
    .examples = "journalctl -u vouchsafed -n 5000 > cell.log\nvouchsafe support-bundle --log cell.log --out case-4711.tar.gz",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct support_args),
    .run = run,
};
