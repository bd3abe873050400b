/* vouchsafe db backup, restore, rekey, check: the store as a whole, on the cell's machine. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/here.h"
#include "cli/owner.h"
#include "cli/prompt.h"
#include "flow/config.h"
#include "flow/init.h"
#include "flow/upkeep.h"
#include "store/by.h"

enum { BACKUP_MODE = 0600 };

struct db_args {
    const char *config, *file;
    bool yes, locked;
};

#define AT(field) .at = offsetof(struct db_args, field)
#define CONFIG                                                                                                     \
    { .name = "config", .type = ARG_TEXT, AT(config), .value = "FILE", .fallback = HERE_CONFIG,                    \
      .env = "VOUCHSAFE_CONFIG", .help = "the cell's configuration: where its data, its store and its master key are" }
#define YES { .name = "yes", .type = ARG_FLAG, AT(yes), .help = "do not ask" }

static const struct arg_option plain_options[] = { CONFIG };
static const struct arg_option rekey_options[] = { CONFIG, YES };
static const struct arg_option restore_options[] = {
    CONFIG,
    { .name = "locked", .type = ARG_FLAG, AT(locked), .help = "also when the master key here does not open its secrets: they have to be given anew" },
    YES,
};
static const struct arg_operand new_file[] = { { .name = "FILE", AT(file), .is_file = true, .help = "where the copy goes; it must not be there" } };
static const struct arg_operand old_file[] = { { .name = "FILE", AT(file), .is_file = true, .help = "a copy that db backup made" } };
static const struct arg_operand any_file[] = { { .name = "FILE", AT(file), .is_file = true, .help = "a copy to look at instead of the store" } };

static const struct cli_code codes[] = {
    { CLI_DONE, "done; db check: it is sound" },
    { CLI_FAILED, "it is damaged, the disk refused, or the answer was no" },
    { CLI_USAGE, "wrong arguments, a configuration or a copy that can't be read" },
    { CLI_DENIED, "the store or the key belongs to another user, or a secret is under a key that is not here" },
    { CLI_CONFLICT, "db backup: the file exists; db restore, db rekey: the cell runs; or the copy is of a newer program" },
};

/* And root becomes the owner of what is there. */
static bool place_of(struct cli *cli, const struct db_args *a, struct owner *owner, struct init_place *ret, struct err *e)
{
    struct config c;
    if (!config_file_read(a->config, &c, &cli->arena, e) || !owner_become(c.data_dir, owner, e))
        return false;
    *ret = (struct init_place){ c.data_dir, c.store_url, c.master_key_file };
    return true;
}

/* The store wants absolute names. */
static const char *absolute(struct cli *cli, const char *path)
{
    char here[PATH_MAX];
    return *path == '/' || !getcwd(here, sizeof(here)) ? path : arena_printf(&cli->arena, "%s/%s", here, path);
}

/* ---- backup ---- */

/* The owner may not write where root wants the copy: it is made beside the store first. */
static bool backup_as_root(struct cli *cli, const struct init_place *place, const char *path, struct owner *owner, struct err *e)
{
    AUTO(file_draft_drop) struct file_draft draft = { .fd = -1 };
    const char *near = arena_printf(&cli->arena, "%s/backup-%ld.db", place->data_dir, (long)getpid());
    if (!upkeep_backup(place, near, e))
        return false;
    owner_leave(owner);
    bool ok = file_draft_begin(&draft, path, BACKUP_MODE, false, e) && file_copy(near, draft.fd, e) && file_draft_keep(&draft, false, e);
    (void)unlink(near);
    return ok;
}

static enum cli_exit run_backup(struct cli *cli, const void *args)
{
    const struct db_args *a = args;
    AUTO(owner_leave) struct owner owner = { 0 };
    struct init_place place;
    struct err e = { 0 };
    const char *path = absolute(cli, a->file);
    if (!place_of(cli, a, &owner, &place, &e) || !(owner.became ? backup_as_root(cli, &place, path, &owner, &e) : upkeep_backup(&place, path, &e)))
        return cli_fail(cli, &e);
    out_note(&cli->out, "the store was copied to %s and the copy checked; the master key is not in it: without that key the passwords in it can't be read, so keep a copy of the key elsewhere", path);
    return CLI_DONE;
}

#define COMMON .noun = "db", .codes = codes, .codes_len = ARRAY_LEN(codes), .size = sizeof(struct db_args)

const struct cli_command command_db_backup = {
    COMMON,
    .verb = "backup",
    .summary = "a consistent copy of the store, while the cell runs or not",
    .about = "Copies the store as it is at one moment into a new file of mode 0600, opens the copy and checks it. The cell may go on beside it. What is sealed stays "
             "sealed: the master key is not in the copy, and without it passwords in it are lost.",
    .examples = "vouchsafe db backup /backup/vouchsafe-2026-11-23.db",
    .options = plain_options,
    .options_len = ARRAY_LEN(plain_options),
    .operands = new_file,
    .operands_len = ARRAY_LEN(new_file),
    .run = run_backup,
};

/* ---- check ---- */

static enum cli_exit run_check(struct cli *cli, const void *args)
{
    const struct db_args *a = args;
    AUTO(buf_done) struct buf findings;
    AUTO(owner_leave) struct owner owner = { 0 };
    struct init_place place;
    struct err e = { 0 };
    buf_init(&findings, UPKEEP_FINDINGS_MAX);
    if (!place_of(cli, a, &owner, &place, &e))
        return cli_fail(cli, &e);
    if (a->file)
        owner_leave(&owner); /* a copy belongs to whoever made it */
    if (!upkeep_check(&place, a->file ? absolute(cli, a->file) : NULL, &findings, &e))
        return cli_fail(cli, &e);
    json_t *list = json_array();
    for (char *at = findings.len ? (char *)findings.data : NULL, *end = at + findings.len; at && at < end;) {
        char shown[600], *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        text_escape(shown, sizeof(shown), at, len);
        json_array_append_new(list, out_text(shown));
        out_error(&cli->out, "%s", shown);
        at += len + 1;
    }
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL)
        out_json(&cli->out, json_pack("{s:b, s:o}", "sound", !findings.len, "findings", list));
    else {
        out_printf(&cli->out, "%s\n", findings.len ? "not sound" : "sound");
        json_decref(list);
    }
    return findings.len ? CLI_FAILED : CLI_DONE;
}

const struct cli_command command_db_check = {
    COMMON,
    .verb = "check",
    .summary = "is the store sound? Its file, every row, and the audit trail",
    .about = "Asks the database whether its file is whole, reads every row strictly, and recomputes the audit trail. The cell may run meanwhile. With FILE a copy is "
             "looked at instead.",
    .examples = "vouchsafe db check\nvouchsafe db check /backup/vouchsafe-2026-11-23.db",
    .options = plain_options,
    .options_len = ARRAY_LEN(plain_options),
    .operands = any_file,
    .operands_len = ARRAY_LEN(any_file),
    .operands_optional = true,
    .run = run_check,
};

/* ---- restore ---- */

/* The owner may not read what root handed over: it gets a copy of its own. In the arena. */
static bool stage(struct cli *cli, const char *data_dir, const char *path, struct owner *owner, const char **ret, struct err *e)
{
    const char *name = strrchr(path, '/');
    const char *near = arena_printf(&cli->arena, "%s/restore-%ld-%s", data_dir, (long)getpid(), name ? name + 1 : path);
    AUTO(file_draft_drop) struct file_draft draft = { .fd = -1 };
    struct stat st;
    owner_leave(owner);
    if (stat(data_dir, &st))
        return err_sys(e, ERR_STORE, errno, "%s", data_dir);
    if (!file_draft_begin(&draft, near, BACKUP_MODE, false, e) || !file_copy(path, draft.fd, e))
        return false;
    if (fchown(draft.fd, st.st_uid, st.st_gid))
        return err_sys(e, ERR_STORE, errno, "giving %s to its owner", near);
    *ret = near;
    return file_draft_keep(&draft, false, e) && owner_become(data_dir, owner, e);
}

static bool restore(struct cli *cli, const struct db_args *a, const struct init_place *place, const struct store_by *by, struct owner *owner,
                    struct upkeep_restored *ret, struct err *e)
{
    const char *near = NULL, *path = absolute(cli, a->file);
    if (!owner->became)
        return upkeep_restore(place, path, a->locked, by, ret, e);
    bool ok = stage(cli, place->data_dir, path, owner, &near, e) && upkeep_restore(place, near, a->locked, by, ret, e);
    if (near)
        (void)unlink(near);
    return ok;
}

static enum cli_exit run_restore(struct cli *cli, const void *args)
{
    const struct db_args *a = args;
    const struct store_by by = config_file_by("cli.db", &cli->arena);
    AUTO(owner_leave) struct owner owner = { 0 };
    struct init_place place;
    struct upkeep_restored done;
    struct err e = { 0 };
    const char *path = absolute(cli, a->file);
    if (!place_of(cli, a, &owner, &place, &e) ||
        !prompt_agreed(&cli->out, a->yes, "--yes", arena_printf(&cli->arena, "Put %s in the place of the store? What came after it is then only in the old one, which is kept.", path), &e) ||
        !restore(cli, a, &place, &by, &owner, &done, &e))
        return cli_fail(cli, &e);
    if (done.from != done.to)
        out_note(&cli->out, "it was brought from schema %u to %u", done.from, done.to);
    if (done.locked)
        out_warn(&cli->out, "%llu secrets in it can't be opened: give the passwords of vCenter Servers and NSX Managers anew", (unsigned long long)done.locked);
    out_note(&cli->out, "restored%s%s", done.kept[0] ? "; the old store is " : "", done.kept);
    return CLI_DONE;
}

const struct cli_command command_db_restore = {
    COMMON,
    .verb = "restore",
    .summary = "put a copy in the place of the store, while the cell is stopped",
    .about = "The copy is made ready beside the store first: opened, brought to this program's schema, checked, and its secrets tried with the master key. Only then does "
             "it take the store's place, in one step; the old store is kept beside it. Interrupted, it leaves the old store.\n\n"
             "Refused while a cell runs, for a copy that is damaged or of a newer program, and for one whose secrets are under another master key: put that key in "
             "place first, or accept with --locked that they have to be given anew.",
    .examples = "systemctl stop vouchsafed\nvouchsafe db restore /backup/vouchsafe-2026-11-23.db --yes",
    .options = restore_options,
    .options_len = ARRAY_LEN(restore_options),
    .operands = old_file,
    .operands_len = ARRAY_LEN(old_file),
    .run = run_restore,
};

/* ---- rekey ---- */

static enum cli_exit run_rekey(struct cli *cli, const void *args)
{
    const struct db_args *a = args;
    const struct store_by by = config_file_by("cli.db", &cli->arena);
    AUTO(owner_leave) struct owner owner = { 0 };
    struct init_place place;
    struct upkeep_rekeyed done;
    struct err e = { 0 };
    if (!place_of(cli, a, &owner, &place, &e) || !prompt_agreed(&cli->out, a->yes, "--yes", "Make a new master key, and seal every stored secret under it?", &e) ||
        !upkeep_rekey(&place, &by, NULL, NULL, &done, &e))
        return cli_fail(cli, &e);
    switch (cli->out.format) {
    case OUT_JSON:
    case OUT_JSONL:
        out_json(&cli->out, json_pack("{s:s, s:o, s:I}", "key", done.id, "old_key_file", out_text(done.old_key), "secrets", (json_int_t)done.secrets));
        break;
    case OUT_TABLE:
    case OUT_WIDE:
    case OUT_NAME: out_printf(&cli->out, "%s\n", done.id); break;
    }
    out_note(&cli->out, "%llu secrets are sealed under the new master key %s; keep a copy of its file. Copies of the store made before need the old one, which is %s",
             (unsigned long long)done.secrets, done.id, done.old_key);
    return CLI_DONE;
}

const struct cli_command command_db_rekey = {
    COMMON,
    .verb = "rekey",
    .summary = "a new master key, and every stored secret sealed anew, while the cell is stopped",
    .about = "Makes a new key, seals every stored secret under it in one transaction, and gives it the old one's place; the old key's file is kept under another name, "
             "because copies of the store made before need it. Interrupted at any point, the cell starts and reads its secrets, and running it again finishes it.",
    .examples = "systemctl stop vouchsafed\nvouchsafe db rekey --yes",
    .options = rekey_options,
    .options_len = ARRAY_LEN(rekey_options),
    .run = run_rekey,
};
