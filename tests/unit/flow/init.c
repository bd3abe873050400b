#include "flow/init.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow/org.h"
#include "flow/role.h"
#include "flow/user.h"
#include "store/datadir.h"
#include "unit/flow/ground.h"

struct place {
    char root[64], dir[80], url[120], key[100];
    struct init_place is;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    (void)snprintf(p->root, sizeof(p->root), "/tmp/init-XXXXXX");
    CHECK(mkdtemp(p->root));
    (void)snprintf(p->dir, sizeof(p->dir), "%s/data", p->root);
    p->is.data_dir = p->dir;
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    static const char *const files[] = { "lock", "store.db", "store.db-wal", "store.db-shm", "master.key", "store.db.lock" };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char path[140];
        (void)snprintf(path, sizeof(path), "%s/%s", p->dir, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(p->dir);
    CHECK_EQ(rmdir(p->root), 0);
    free(p);
    return 0;
}

static bool init(struct place *p, const char *password, struct init_done *ret, struct err *e)
{
    AUTO(secret_done) struct secret s = { 0 };
    CHECK_OK(secret_set(&s, password, strlen(password), e), e);
    return init_run(&p->is, &s, SECRET_COST_TEST, &kept_by, ret, e);
}

static void makes_a_cell(void **state)
{
    struct place *p = *state;
    struct init_done done;
    struct stat st;
    struct err e;
    CHECK_OK(init(p, GROUND_PASSWORD, &done, &e), &e);
    CHECK(done.key_made);
    CHECK_EQ(stat(p->dir, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0700);
    CHECK_EQ(stat(done.key_file, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0400);
    CHECK_FAILS(init(p, "another password", &done, &e), &e, ERR_CONFLICT);
}

static void refuses_bad_passwords(void **state)
{
    struct place *p = *state;
    struct init_done done;
    struct stat st;
    struct err e;
    CHECK_FAILS(init(p, "", &done, &e), &e, ERR_INPUT);
    CHECK_FAILS(init(p, "1234567", &done, &e), &e, ERR_INPUT);
    CHECK_EQ(stat(p->dir, &st), -1); /* nothing was made */
}

static void not_beside_a_cell(void **state)
{
    struct place *p = *state;
    struct init_done done;
    struct err e;
    struct store_datadir *cell;
    CHECK_EQ(mkdir(p->dir, 0700), 0);
    CHECK_OK(store_datadir_take(p->dir, &cell, &e), &e);
    CHECK_FAILS(init(p, GROUND_PASSWORD, &done, &e), &e, ERR_CONFLICT);
    store_datadir_release(cell);
    CHECK_OK(init(p, GROUND_PASSWORD, &done, &e), &e);
}

static void not_where_others_read(void **state)
{
    struct place *p = *state;
    struct init_done done;
    struct err e;
    CHECK_EQ(mkdir(p->dir, 0750), 0);
    CHECK_FAILS(init(p, GROUND_PASSWORD, &done, &e), &e, ERR_DENIED);
}

static void set_enabled(struct ground *g, bool enabled)
{
    struct err e;
    struct user u;
    const struct store_by by = ground_by(g);
    CHECK_OK(user_get(g->kept->s, g->admin.user, &g->kept->arena, &u, &e), &e);
    u.enabled = enabled;
    CHANGE_OK(g->kept, user_save(g->kept->s, &u, &by, &g->kept->arena, &e), &e);
}

/* Whoever holds the machine may bring the last administrator back, and only then. */
static void repairs(void **state)
{
    struct ground *g = *state;
    struct err e;
    bool there;
    char hash[SECRET_HASH];
    CHECK_OK(init_has_administrator(g->kept->s, &there, &e), &e);
    CHECK(there);
    CHECK_OK(user_hash(g->kept->s, g->admin.user, hash, &e), &e);
    CHECK_FAILS(init_fill(g->kept->s, hash, &kept_by, &e), &e, ERR_CONFLICT);
    set_enabled(g, false);
    CHECK_OK(init_has_administrator(g->kept->s, &there, &e), &e);
    CHECK(!there);
    CHECK_OK(init_fill(g->kept->s, hash, &kept_by, &e), &e);
    struct caller again = ground_caller(g, "administrator@System", GROUND_PASSWORD);
    CHECK_STR(again.user, g->admin.user);
    kept_is_sound(g->kept);
}

#define PLACE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
GROUP(flow_init, PLACE(makes_a_cell), PLACE(refuses_bad_passwords), PLACE(not_beside_a_cell), PLACE(not_where_others_read),
      GROUND(repairs))
