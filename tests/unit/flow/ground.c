#include "unit/flow/ground.h"

#include <stdlib.h>

#include "base/log.h"
#include "flow/init.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/role.h"
#include "flow/user.h"

static int64_t now(void *self)
{
    const struct ground *g = self;
    return g->now;
}

static void hash_of(const char *password, char ret[SECRET_HASH])
{
    struct err e;
    AUTO(secret_done) struct secret s = { 0 };
    CHECK_OK(secret_set(&s, password, strlen(password), &e), &e);
    CHECK_OK(secret_password_hash(&s, SECRET_COST_TEST, ret, &e), &e);
}

struct ground *ground_begin(struct world *w)
{
    struct err e;
    char hash[SECRET_HASH];
    struct ground *g = calloc(1, sizeof(*g));
    *g = (struct ground){ .world = w, .kept = w->kept, .site = &w->site, .now = KEPT_NOW };
    log_threshold_set(LOG_LVL_ERROR);
    g->site->password_cost = SECRET_COST_TEST;
    g->site->sessions = session_table_create(g->site);
    session_table_clock(g->site->sessions, now, g);
    hash_of(GROUND_PASSWORD, hash);
    CHECK_OK(init_fill(g->kept->s, hash, &kept_by, &e), &e);
    g->admin = ground_caller(g, "administrator@System", GROUND_PASSWORD);
    return g;
}

void ground_end(struct ground *g)
{
    g->site->sessions = session_table_destroy(g->site->sessions);
    free(g);
}

int ground_set_up(void **state)
{
    void *world = NULL;
    CHECK_EQ(world_set_up(&world), 0);
    *state = ground_begin(world);
    return 0;
}

int ground_tear_down(void **state)
{
    struct ground *g = *state;
    void *world = g->world;
    ground_end(g);
    return world_tear_down(&world);
}

struct session_table *ground_other_table(struct ground *g)
{
    struct session_table *t = session_table_create(g->site);
    session_table_clock(t, now, g);
    return t;
}

struct store_by ground_by(const struct ground *g)
{
    return (struct store_by){ "administrator@System", GROUND_ADDRESS, "test", g->now };
}

const char *ground_org(struct ground *g, const char *name)
{
    struct err e;
    const struct store_by by = ground_by(g);
    struct org o = { .name = name, .display_name = name, .description = "", .enabled = true };
    CHECK_OK(store_begin(g->kept->s, STORE_WRITE, &e), &e);
    CHECK_OK(org_save(g->kept->s, &o, &by, &g->kept->arena, &e), &e);
    CHECK_OK(store_commit(g->kept->s, &e), &e);
    return o.urn;
}

const char *ground_user(struct ground *g, const char *org_urn, const char *name, const char *role, const char *password)
{
    struct err e;
    struct role r;
    char hash[SECRET_HASH];
    const struct store_by by = ground_by(g);
    hash_of(password, hash);
    CHECK_OK(store_begin(g->kept->s, STORE_WRITE, &e), &e);
    CHECK_OK(role_find(g->kept->s, org_urn, role, &g->kept->arena, &r, &e), &e);
    struct user u = { .name = name, .org = org_urn, .role = r.urn, .full_name = "", .email = "", .description = "",
                      .telephone = "", .enabled = true };
    CHECK_OK(user_save(g->kept->s, &u, &by, &g->kept->arena, &e), &e);
    CHECK_OK(user_save_hash(g->kept->s, u.urn, hash, &by, &e), &e);
    CHECK_OK(store_commit(g->kept->s, &e), &e);
    return u.urn;
}

void ground_login(struct ground *g, const char *name, const char *password, struct session_new *ret)
{
    struct err e;
    AUTO(secret_done) struct secret s = { 0 };
    CHECK_OK(secret_set(&s, password, strlen(password), &e), &e);
    CHECK_OK(session_login(g->site->sessions, name, &s, SESSION_EITHER, GROUND_ADDRESS, ret, &e), &e);
}

struct caller ground_caller(struct ground *g, const char *name, const char *password)
{
    struct session_new n;
    ground_login(g, name, password, &n);
    struct caller c = n.caller;
    session_new_done(&n);
    return c;
}
