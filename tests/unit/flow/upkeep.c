/* Copies, checks, a store put back, and a new master key: killed at every step, and never a secret without its key. */
#include "flow/upkeep.h"

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "flow/init.h"
#include "flow/master_key.h"
#include "store/audit.h"
#include "store/datadir.h"
#include "store/sealed.h"
#include "store/setting.h"
#include "store/store.h"
#include "unit/flow/ground.h"

enum { SECRETS = 1500 }; /* more than one page of them */

struct home {
    char root[64], dir[80], url[140], key[120], copy[120];
    struct init_place is;
};

static int set_up(void **state)
{
    struct home *h = calloc(1, sizeof(*h));
    AUTO(secret_done) struct secret password = { 0 };
    struct init_done done;
    struct err e;
    (void)snprintf(h->root, sizeof(h->root), "/tmp/upkeep-XXXXXX");
    CHECK(mkdtemp(h->root));
    (void)snprintf(h->dir, sizeof(h->dir), "%s/data", h->root);
    (void)snprintf(h->url, sizeof(h->url), "sqlite:%s/store.db", h->dir);
    (void)snprintf(h->key, sizeof(h->key), "%s/master.key", h->dir);
    (void)snprintf(h->copy, sizeof(h->copy), "%s/copy.db", h->root);
    h->is.data_dir = h->dir;
    CHECK_OK(secret_set(&password, GROUND_PASSWORD, strlen(GROUND_PASSWORD), &e), &e);
    CHECK_OK(init_run(&h->is, &password, SECRET_COST_TEST, &kept_by, &done, &e), &e);
    *state = h;
    return 0;
}

static void remove_matching(const char *directory)
{
    char pattern[140];
    glob_t found;
    (void)snprintf(pattern, sizeof(pattern), "%s/*", directory);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            (void)unlink(found.gl_pathv[i]);
    globfree(&found);
}

static int tear_down(void **state)
{
    struct home *h = *state;
    remove_matching(h->dir);
    CHECK_EQ(rmdir(h->dir), 0);
    remove_matching(h->root);
    CHECK_EQ(rmdir(h->root), 0);
    free(h);
    return 0;
}

/* The store as a cell opens it. */
struct opened {
    struct seal_keys *keys;
    struct store_source *source;
    struct store *store;
};

static struct opened open_it(const struct home *h)
{
    struct opened o = { .keys = seal_keys_create() };
    struct err e;
    CHECK_OK(master_key_hold(h->key, o.keys, &e), &e);
    CHECK_OK(store_source_open(h->url, STORE_OPEN_EXISTING, o.keys, &o.source, NULL, &e), &e);
    CHECK_OK(store_open(o.source, &o.store, &e), &e);
    return o;
}

static void close_it(struct opened *o)
{
    store_close(o->store);
    store_source_close(o->source);
    seal_keys_destroy(o->keys);
}

static void put_secrets(const struct home *h, size_t len)
{
    struct opened o = open_it(h);
    struct err e;
    CHECK_OK(store_begin(o.store, STORE_WRITE, &e), &e);
    for (size_t i = 0; i < len; i++) {
        AUTO(secret_done) struct secret s = { 0 };
        char id[32];
        (void)snprintf(id, sizeof(id), "urn:%zu", i);
        CHECK_OK(secret_set(&s, id, strlen(id), &e), &e);
        CHECK_OK(store_sealed_put(o.store, "vcenter-password", id, &s, KEPT_NOW, &e), &e);
    }
    CHECK_OK(store_commit(o.store, &e), &e);
    close_it(&o);
}

/* Every secret opens, with what a cell would hold. */
static void check_secrets(const struct home *h, size_t len)
{
    struct opened o = open_it(h);
    struct err e;
    for (size_t i = 0; i < len; i++) {
        AUTO(secret_done) struct secret s = { 0 };
        char id[32];
        (void)snprintf(id, sizeof(id), "urn:%zu", i);
        CHECK_OK(store_sealed_get(o.store, "vcenter-password", id, &s, &e), &e);
        CHECK_STR((const char *)s.bytes, id);
    }
    close_it(&o);
}

static void put_setting(const struct home *h, const char *value)
{
    struct opened o = open_it(h);
    struct err e;
    CHECK_OK(store_begin(o.store, STORE_WRITE, &e), &e);
    CHECK_OK(store_setting_put(o.store, "mark", value, &kept_by, &e), &e);
    CHECK_OK(store_commit(o.store, &e), &e);
    close_it(&o);
}

static void check_setting(const struct home *h, const char *value)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct opened o = open_it(h);
    const char *seen;
    struct err e;
    CHECK_OK(store_setting_get(o.store, "mark", &a, &seen, &e), &e);
    CHECK_STR(seen, value);
    close_it(&o);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static size_t count_keys(const struct home *h)
{
    char pattern[160];
    glob_t found;
    (void)snprintf(pattern, sizeof(pattern), "%s.*", h->key);
    size_t len = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return len;
}

/* ---- rekey ---- */

static void a_new_key_seals_everything(void **state)
{
    struct home *h = *state;
    struct upkeep_rekeyed done, again;
    uint8_t before[SEAL_KEY], after[SEAL_KEY];
    struct err e;
    put_secrets(h, SECRETS);
    AUTO(file_closep) int fd = open(h->key, O_RDONLY);
    CHECK_OK(file_read_exactly(fd, before, sizeof(before), &e), &e);
    CHECK_OK(upkeep_rekey(&h->is, &kept_by, NULL, NULL, &done, &e), &e);
    CHECK(done.secrets >= SECRETS);
    AUTO(file_closep) int fresh = open(h->key, O_RDONLY), old = open(done.old_key, O_RDONLY);
    CHECK_OK(file_read_exactly(fresh, after, sizeof(after), &e), &e);
    CHECK(memcmp(before, after, sizeof(before)) != 0);
    CHECK_OK(file_read_exactly(old, after, sizeof(after), &e), &e);
    CHECK_EQ(memcmp(before, after, sizeof(before)), 0); /* copies made before need it */
    check_secrets(h, SECRETS);
    CHECK_OK(upkeep_rekey(&h->is, &kept_by, NULL, NULL, &again, &e), &e);
    CHECK(strcmp(done.id, again.id) != 0);
    check_secrets(h, SECRETS);
    CHECK_EQ(count_keys(h), 2);
}

static void die_at(void *self, enum upkeep_rekey_step step)
{
    if (step == *(enum upkeep_rekey_step *)self)
        _exit(77);
}

static void a_kill_at_any_step_leaves_every_secret_with_its_key(void **state)
{
    struct home *h = *state;
    char next[STORE_PATH_MAX];
    struct err e;
    put_secrets(h, 5);
    CHECK_OK(master_key_next(h->key, next, &e), &e);
    for (enum upkeep_rekey_step step = UPKEEP_KEY_MADE; step < UPKEEP_REKEY_STEPS; step++) {
        struct upkeep_rekeyed done;
        int status = 0;
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            _exit(upkeep_rekey(&h->is, &kept_by, die_at, &step, &done, &e) ? 1 : 2);
        CHECK_EQ(waitpid(child, &status, 0), child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 77);
        check_secrets(h, 5); /* as a cell would start now */
        put_secrets(h, 5);   /* and what it writes then stays readable too */
        CHECK_EQ(is_there(next), step < UPKEEP_IN_PLACE);
        CHECK_OK(upkeep_rekey(&h->is, &kept_by, NULL, NULL, &done, &e), &e);
        CHECK(!is_there(next));
        check_secrets(h, 5);
    }
}

static void a_running_cell_is_left_alone(void **state)
{
    struct home *h = *state;
    AUTO(store_datadir_releasep) struct store_datadir *lock = NULL;
    AUTO(buf_done) struct buf findings;
    struct upkeep_rekeyed rekeyed;
    struct upkeep_restored restored;
    struct err e;
    buf_init(&findings, UPKEEP_FINDINGS_MAX);
    CHECK_OK(store_datadir_take(h->dir, &lock, &e), &e);
    CHECK_FAILS(upkeep_rekey(&h->is, &kept_by, NULL, NULL, &rekeyed, &e), &e, ERR_CONFLICT);
    CHECK_OK(upkeep_backup(&h->is, h->copy, &e), &e); /* that goes on beside it */
    CHECK_OK(upkeep_check(&h->is, NULL, &findings, &e), &e);
    CHECK_EQ(findings.len, 0);
    CHECK_FAILS(upkeep_restore(&h->is, h->copy, false, &kept_by, &restored, &e), &e, ERR_CONFLICT);
    CHECK_EQ(count_keys(h), 0);
}

/* ---- copies ---- */

static void a_copy_is_put_back_and_the_old_store_kept(void **state)
{
    struct home *h = *state;
    struct upkeep_restored done;
    struct opened o;
    struct store_audit_report report;
    struct err e;
    put_secrets(h, 3);
    put_setting(h, "one");
    CHECK_OK(upkeep_backup(&h->is, h->copy, &e), &e);
    CHECK_FAILS(upkeep_backup(&h->is, h->copy, &e), &e, ERR_CONFLICT);
    put_setting(h, "two");
    CHECK_OK(upkeep_restore(&h->is, h->copy, false, &kept_by, &done, &e), &e);
    check_setting(h, "one");
    check_secrets(h, 3);
    CHECK_EQ(done.locked, 0);
    o = open_it(h);
    CHECK_OK(store_audit_verify(o.store, &report, &e), &e); /* with a line more: that it was restored */
    CHECK(report.sound);
    close_it(&o);
    CHECK(is_there(done.kept));
    CHECK_EQ(unlink(h->copy), 0);
    CHECK_EQ(rename(done.kept, h->copy), 0);
    CHECK_OK(upkeep_restore(&h->is, h->copy, false, &kept_by, &done, &e), &e); /* and the way back */
    check_setting(h, "two");
}

static void a_store_that_is_lost_comes_back(void **state)
{
    struct home *h = *state;
    struct upkeep_restored done;
    struct err e;
    put_setting(h, "one");
    CHECK_OK(upkeep_backup(&h->is, h->copy, &e), &e);
    CHECK_EQ(unlink(h->url + strlen("sqlite:")), 0);
    CHECK_OK(upkeep_restore(&h->is, h->copy, false, &kept_by, &done, &e), &e);
    CHECK_STR(done.kept, "");
    check_setting(h, "one");
}

static void what_is_no_copy_changes_nothing(void **state)
{
    struct home *h = *state;
    struct upkeep_restored done;
    struct stat st;
    struct err e;
    char wal[140];
    put_setting(h, "one");
    CHECK_OK(upkeep_backup(&h->is, h->copy, &e), &e);
    put_setting(h, "two");
    (void)snprintf(wal, sizeof(wal), "%s-wal", h->copy);
    CHECK_FAILS(upkeep_restore(&h->is, "/nowhere", false, &kept_by, &done, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(upkeep_restore(&h->is, h->root, false, &kept_by, &done, &e), &e, ERR_INPUT);
    CHECK_FAILS(upkeep_restore(&h->is, "/dev/null", false, &kept_by, &done, &e), &e, ERR_INPUT);
    CHECK_OK(file_put(wal, "x", 1, 0600, true, &e), &e);
    CHECK_FAILS(upkeep_restore(&h->is, h->copy, false, &kept_by, &done, &e), &e, ERR_INPUT);
    CHECK_EQ(unlink(wal), 0);
    CHECK_EQ(stat(h->copy, &st), 0);
    for (off_t cut = 0; cut < st.st_size; cut += st.st_size / 7) {
        AUTO(buf_done) struct buf b;
        buf_init(&b, 16 << 20);
        CHECK_OK(file_read(h->copy, &b, &e), &e);
        CHECK_OK(file_put(wal, b.data, (size_t)cut, 0600, true, &e), &e);
        CHECK(!upkeep_restore(&h->is, wal, false, &kept_by, &done, &e));
        CHECK_EQ(unlink(wal), 0);
    }
    check_setting(h, "two");
    CHECK_FAILS(upkeep_check(&h->is, "/nowhere", &(struct buf){ .max = 100 }, &e), &e, ERR_NOT_FOUND);
}

static void secrets_under_another_key_are_asked_about(void **state)
{
    struct home *h = *state;
    struct upkeep_rekeyed rekeyed;
    struct upkeep_restored done;
    struct err e;
    put_secrets(h, 3);
    put_setting(h, "one");
    CHECK_OK(upkeep_backup(&h->is, h->copy, &e), &e);
    CHECK_OK(upkeep_rekey(&h->is, &kept_by, NULL, NULL, &rekeyed, &e), &e);
    put_setting(h, "two");
    CHECK_FAILS(upkeep_restore(&h->is, h->copy, false, &kept_by, &done, &e), &e, ERR_DENIED);
    check_setting(h, "two");
    CHECK_OK(upkeep_restore(&h->is, h->copy, true, &kept_by, &done, &e), &e);
    CHECK(done.locked >= 3);
    check_setting(h, "one");
    CHECK_FAILS(upkeep_rekey(&h->is, &kept_by, NULL, NULL, &rekeyed, &e), &e, ERR_DENIED); /* what can't be opened can't be sealed anew */
    CHECK_EQ(rename(rekeyed.old_key, h->key), 0); /* the key that the copy needs */
    CHECK_OK(upkeep_rekey(&h->is, &kept_by, NULL, NULL, &rekeyed, &e), &e);
    check_secrets(h, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
GROUP(flow_upkeep, TEST(a_new_key_seals_everything), TEST(a_kill_at_any_step_leaves_every_secret_with_its_key), TEST(a_running_cell_is_left_alone),
      TEST(a_copy_is_put_back_and_the_old_store_kept), TEST(a_store_that_is_lost_comes_back), TEST(what_is_no_copy_changes_nothing),
      TEST(secrets_under_another_key_are_asked_about))
