#include "flow/session.h"

#include <pthread.h>
#include <stdlib.h>

#include "flow/jwt.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/role.h"
#include "flow/session_parts.h"
#include "flow/site_settings.h"
#include "flow/token.h"
#include "flow/user.h"
#include "unit/flow/ground.h"

static bool login_from(struct ground *g, const char *name, const char *password, enum session_door door, const char *from,
                       struct session_new *ret, struct err *e)
{
    AUTO(secret_done) struct secret s = { 0 };
    CHECK_OK(secret_set(&s, password, strlen(password), e), e);
    return session_login(g->site->sessions, name, &s, door, from, ret, e);
}

static bool login(struct ground *g, const char *name, const char *password, enum session_door door, struct err *e)
{
    struct session_new n;
    bool ok = login_from(g, name, password, door, GROUND_ADDRESS, &n, e);
    if (ok)
        session_new_done(&n);
    return ok;
}

static bool find(struct session_table *t, const struct secret *token, struct caller *ret, struct err *e)
{
    return session_find(t, (const char *)token->bytes, "10.0.0.8", ret, e);
}

static void logs_in(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n;
    struct caller c;
    ground_login(g, "Administrator@SYSTEM", GROUND_PASSWORD, &n);
    CHECK(n.access.len > 32);
    CHECK_EQ(n.legacy.len, SESSION_LEGACY);
    CHECK(n.caller.system);
    CHECK_STR(n.caller.who, "administrator@System");
    CHECK_STR(n.caller.org, ORG_SYSTEM_URN);
    CHECK_EQ(n.caller.rights, role_all_rights());
    CHECK_EQ(n.expires_ms, g->now + SESSION_LIFE_MS);
    CHECK_OK(find(g->site->sessions, &n.access, &c, &e), &e);
    CHECK_STR(c.session, n.caller.session);
    CHECK_STR(c.from, "10.0.0.8");
    CHECK_OK(find(g->site->sessions, &n.legacy, &c, &e), &e);
    CHECK_STR(c.session, n.caller.session);
    for (size_t i = 0; i < n.legacy.len; i++) /* hex in capitals is the same number */
        n.legacy.bytes[i] = (uint8_t)(n.legacy.bytes[i] >= 'a' ? n.legacy.bytes[i] - 32 : n.legacy.bytes[i]);
    CHECK_OK(find(g->site->sessions, &n.legacy, &c, &e), &e);
    session_new_done(&n);
}

/* One text for everything that can be wrong. */
static void refuses(void **state)
{
    struct ground *g = *state;
    struct err e, first = { 0 };
    const char *acme = ground_org(g, "acme");
    const char *bob = ground_user(g, acme, "bob@mail.example", "vApp User", "bob's password");
    static const struct { const char *name, *password; enum session_door door; } wrong[] = {
        { "administrator@System", "correct:horse batterz", SESSION_PROVIDER },
        { "nobody@System", GROUND_PASSWORD, SESSION_PROVIDER },
        { "administrator@nowhere", GROUND_PASSWORD, SESSION_PROVIDER },
        { "administrator@System", GROUND_PASSWORD, SESSION_TENANT },
        { "bob@mail.example@acme", "bob's password", SESSION_PROVIDER },
        { "administrator", GROUND_PASSWORD, SESSION_EITHER },
        { "@System", GROUND_PASSWORD, SESSION_EITHER },
        { "administrator@", GROUND_PASSWORD, SESSION_EITHER },
        { "", GROUND_PASSWORD, SESSION_EITHER },
        { "\xff\xfe@System", GROUND_PASSWORD, SESSION_EITHER },
        { "a\nb@System", GROUND_PASSWORD, SESSION_EITHER },
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        CHECK_FAILS(login(g, wrong[i].name, wrong[i].password, wrong[i].door, &e), &e, ERR_DENIED);
        if (i > 0)
            CHECK_STR(e.msg, first.msg);
        first = e;
        g->now += LOGIN_WINDOW_MS;
    }
    CHECK_FAILS(login(g, "administrator@System", "", SESSION_PROVIDER, &e), &e, ERR_DENIED);
    CHECK_OK(login(g, "bob@mail.example@ACME", "bob's password", SESSION_TENANT, &e), &e);
    struct user u;
    const struct store_by by = ground_by(g);
    CHECK_OK(user_get(g->kept->s, bob, &g->kept->arena, &u, &e), &e);
    u.enabled = false;
    CHANGE_OK(g->kept, user_save(g->kept->s, &u, &by, &g->kept->arena, &e), &e);
    CHECK_FAILS(login(g, "bob@mail.example@acme", "bob's password", SESSION_TENANT, &e), &e, ERR_DENIED);
    CHECK_STR(e.msg, first.msg);
}

static void throttles(void **state)
{
    struct ground *g = *state;
    struct err e, before;
    struct session_new n;
    for (int i = 0; i < LOGIN_FAILURES; i++)
        CHECK_FAILS(login(g, "administrator@System", "wrong password", SESSION_PROVIDER, &before), &before, ERR_DENIED);
    CHECK_FAILS(login(g, "ADMINISTRATOR@system", GROUND_PASSWORD, SESSION_PROVIDER, &e), &e, ERR_DENIED);
    CHECK_STR(e.msg, before.msg);
    CHECK_OK(login_from(g, "administrator@System", GROUND_PASSWORD, SESSION_PROVIDER, "10.0.0.10", &n, &e), &e);
    session_new_done(&n);
    g->now += LOGIN_WINDOW_MS - 1;
    CHECK_FAILS(login(g, "administrator@System", GROUND_PASSWORD, SESSION_PROVIDER, &e), &e, ERR_DENIED);
    g->now += 1;
    CHECK_OK(login(g, "administrator@System", GROUND_PASSWORD, SESSION_PROVIDER, &e), &e);
    /* A success forgets the failures before it. */
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < LOGIN_FAILURES - 1; i++)
            CHECK_FAILS(login(g, "administrator@System", "wrong password", SESSION_PROVIDER, &e), &e, ERR_DENIED);
        CHECK_OK(login(g, "administrator@System", GROUND_PASSWORD, SESSION_PROVIDER, &e), &e);
    }
}

/* One address that tries many accounts; a neighbour in the same IPv6 /64 is the same. */
static void throttles_addresses(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n;
    char name[40];
    for (int i = 0; i < LOGIN_ADDRESS_FAILURES; i++) {
        (void)snprintf(name, sizeof(name), "user%d@System", i);
        CHECK_FAILS(login_from(g, name, "wrong password", SESSION_PROVIDER, "2001:db8::1", &n, &e), &e, ERR_DENIED);
    }
    CHECK_FAILS(login_from(g, "administrator@System", GROUND_PASSWORD, SESSION_PROVIDER, "2001:db8::2", &n, &e), &e, ERR_DENIED);
    CHECK_OK(login_from(g, "administrator@System", GROUND_PASSWORD, SESSION_PROVIDER, "2001:db8:0:1::1", &n, &e), &e);
    session_new_done(&n);
}

static void idles_out(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n;
    struct caller c;
    ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
    for (int i = 0; i < 3; i++) {
        g->now += SESSION_IDLE_MS - 1;
        CHECK_OK(find(g->site->sessions, &n.access, &c, &e), &e);
    }
    g->now += SESSION_IDLE_MS;
    CHECK_FAILS(find(g->site->sessions, &n.access, &c, &e), &e, ERR_DENIED);
    session_new_done(&n);
    g->site->session_idle_ms = 60000;
    ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
    g->now += 60000;
    CHECK_FAILS(find(g->site->sessions, &n.legacy, &c, &e), &e, ERR_DENIED);
    session_new_done(&n);
}

static void ends_however_busy(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n;
    struct caller c;
    ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
    int64_t end = g->now + SESSION_LIFE_MS;
    while (g->now + SESSION_IDLE_MS - 1 < end) {
        g->now += SESSION_IDLE_MS - 1;
        CHECK_OK(find(g->site->sessions, &n.legacy, &c, &e), &e);
    }
    g->now = end - 1;
    CHECK_OK(find(g->site->sessions, &n.access, &c, &e), &e);
    g->now = end;
    CHECK_FAILS(find(g->site->sessions, &n.access, &c, &e), &e, ERR_DENIED);
    CHECK_FAILS(find(g->site->sessions, &n.legacy, &c, &e), &e, ERR_DENIED);
    session_new_done(&n);
}

static void set(struct ground *g, const char *name, int64_t minutes)
{
    struct err e;
    struct site_settings s;
    const struct store_by by = ground_by(g);
    CHECK_OK(site_settings_read(g->kept->s, &s, &e), &e);
    CHECK_OK(site_settings_set(&s, site_settings_find(name), minutes, &e), &e);
    CHANGE_OK(g->kept, site_settings_write(g->kept->s, &s, &by, &e), &e);
}

/* The general settings go before the configuration: idle time at the next look, life for those that come. */
static void follows_the_settings(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n, later;
    struct caller c;
    ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
    set(g, "sessionTimeoutMinutes", 2);
    g->now += SESSION_LOOK_MS;
    CHECK_OK(find(g->site->sessions, &n.access, &c, &e), &e);
    CHECK_EQ(session_idle_ms(g->site->sessions), 2 * 60 * 1000);
    g->now += 2 * 60 * 1000;
    CHECK_FAILS(find(g->site->sessions, &n.access, &c, &e), &e, ERR_DENIED);
    set(g, "absoluteSessionTimeoutMinutes", 3);
    ground_login(g, "administrator@System", GROUND_PASSWORD, &later);
    CHECK_EQ(later.expires_ms, g->now + 3 * 60 * 1000);
    g->now += 60 * 1000;
    CHECK_OK(find(g->site->sessions, &later.access, &c, &e), &e);
    g->now += 110 * 1000;
    CHECK_OK(find(g->site->sessions, &later.access, &c, &e), &e);
    g->now += 10 * 1000;
    CHECK_FAILS(find(g->site->sessions, &later.access, &c, &e), &e, ERR_DENIED);
    session_new_done(&n);
    session_new_done(&later);
}

/* Use is written so often that another cell, or the next start, does not take the session for idle. */
static void survives_restart(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n;
    struct caller c;
    ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
    g->now += SESSION_IDLE_MS - 1;
    CHECK_OK(find(g->site->sessions, &n.access, &c, &e), &e);
    AUTO(session_table_destroyp) struct session_table *other = ground_other_table(g);
    g->now += SESSION_IDLE_MS - 1;
    CHECK_OK(find(other, &n.access, &c, &e), &e);
    /* used there, so it is not idle here */
    g->now += SESSION_IDLE_MS - 1;
    CHECK_OK(find(g->site->sessions, &n.legacy, &c, &e), &e);
    session_new_done(&n);
}

static void ended_elsewhere(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n;
    struct caller c;
    AUTO(session_table_destroyp) struct session_table *other = ground_other_table(g);
    ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
    CHECK_OK(find(g->site->sessions, &n.access, &c, &e), &e);
    CHECK_OK(find(other, &n.access, &c, &e), &e);
    CHECK_OK(session_end(other, n.caller.session, &e), &e);
    CHECK_FAILS(find(other, &n.access, &c, &e), &e, ERR_DENIED); /* at once */
    CHECK_FAILS(session_end(other, n.caller.session, &e), &e, ERR_NOT_FOUND);
    g->now += SESSION_LOOK_MS;
    CHECK_FAILS(find(g->site->sessions, &n.access, &c, &e), &e, ERR_DENIED);
    CHECK_FAILS(find(g->site->sessions, &n.legacy, &c, &e), &e, ERR_DENIED);
    session_new_done(&n);
}

static void change_user(struct ground *g, const char *urn, bool enabled, const char *role)
{
    struct err e;
    struct user u;
    struct role r;
    const struct store_by by = ground_by(g);
    CHECK_OK(user_get(g->kept->s, urn, &g->kept->arena, &u, &e), &e);
    CHECK_OK(role_find(g->kept->s, u.org, role, &g->kept->arena, &r, &e), &e);
    u.enabled = enabled;
    u.role = r.urn;
    CHANGE_OK(g->kept, user_save(g->kept->s, &u, &by, &g->kept->arena, &e), &e);
}

/* What a user may do, and whether he may at all, follows his record within SESSION_LOOK_MS. */
static void follows_the_user(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n;
    struct caller c;
    const char *acme = ground_org(g, "acme");
    const char *bob = ground_user(g, acme, "bob", ROLE_ORGANIZATION_ADMINISTRATOR, "bob's password");
    ground_login(g, "bob@acme", "bob's password", &n);
    CHECK(!n.caller.system);
    CHECK(caller_may(&n.caller, RIGHT_USER_MANAGE));
    CHECK(!caller_may(&n.caller, RIGHT_VCENTER_MANAGE));
    CHECK_OK(find(g->site->sessions, &n.access, &c, &e), &e);
    change_user(g, bob, true, "Console Access Only");
    g->now += SESSION_LOOK_MS;
    CHECK_OK(find(g->site->sessions, &n.access, &c, &e), &e);
    CHECK(!caller_may(&c, RIGHT_USER_MANAGE));
    CHECK(caller_may(&c, RIGHT_CONSOLE));
    change_user(g, bob, false, "Console Access Only");
    g->now += SESSION_LOOK_MS;
    CHECK_FAILS(find(g->site->sessions, &n.access, &c, &e), &e, ERR_DENIED);
    session_new_done(&n);
}

static void ends_with_the_user(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new one, two, admin;
    struct caller c;
    const char *bob = ground_user(g, ORG_SYSTEM_URN, "bob", ROLE_SYSTEM_ADMINISTRATOR, "bob's password");
    ground_login(g, "bob@System", "bob's password", &one);
    ground_login(g, "bob@System", "bob's password", &two);
    ground_login(g, "administrator@System", GROUND_PASSWORD, &admin);
    CHECK_OK(find(g->site->sessions, &one.access, &c, &e), &e);
    CHECK_OK(session_end_user(g->site->sessions, bob, &e), &e);
    CHECK_FAILS(find(g->site->sessions, &one.access, &c, &e), &e, ERR_DENIED);
    CHECK_FAILS(find(g->site->sessions, &two.legacy, &c, &e), &e, ERR_DENIED);
    CHECK_OK(find(g->site->sessions, &admin.access, &c, &e), &e);
    session_new_done(&one);
    session_new_done(&two);
    session_new_done(&admin);
}

static void cap_per_user(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new first, n;
    struct session_info *all;
    struct caller c;
    size_t len;
    CHECK_OK(session_end_user(g->site->sessions, g->admin.user, &e), &e);
    ground_login(g, "administrator@System", GROUND_PASSWORD, &first);
    for (int i = 0; i < SESSION_PER_USER; i++) {
        g->now++;
        ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
        session_new_done(&n);
    }
    CHECK_OK(session_list(g->site->sessions, &(struct session_query){ .user = NULL }, &g->kept->arena, &all, &len, &e), &e);
    CHECK_EQ(len, SESSION_PER_USER);
    CHECK_FAILS(find(g->site->sessions, &first.access, &c, &e), &e, ERR_DENIED);
    session_new_done(&first);
}

static void forged_tokens(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new a, b;
    struct caller c;
    char text[JWT_MAX];
    ground_login(g, "administrator@System", GROUND_PASSWORD, &a);
    ground_login(g, "administrator@System", GROUND_PASSWORD, &b);
    for (size_t i = 0; i < a.legacy.len; i++) {
        memcpy(text, a.legacy.bytes, a.legacy.len + 1);
        text[i] = text[i] == '0' ? '1' : '0';
        CHECK_FAILS(session_find(g->site->sessions, text, "x", &c, &e), &e, ERR_DENIED);
    }
    for (size_t i = 0; i < a.access.len; i++) {
        memcpy(text, a.access.bytes, a.access.len + 1);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        CHECK_FAILS(session_find(g->site->sessions, text, "x", &c, &e), &e, ERR_DENIED);
    }
    /* A session's URN is in lists and answers; it opens nothing. */
    CHECK_FAILS(session_find(g->site->sessions, a.caller.session, "x", &c, &e), &e, ERR_DENIED);
    session_new_done(&a);
    session_new_done(&b);
}

/* What is kept of a session has neither of its tokens, and nothing that leads to them. */
static bool has_no_token(void *self, const struct store_record *r, struct err *e)
{
    const struct session_new *n = self;
    (void)e;
    CHECK(!strstr(r->data, (const char *)n->access.bytes));
    CHECK(!strstr(r->data, (const char *)n->legacy.bytes));
    CHECK(!strstr(r->id, (const char *)n->legacy.bytes));
    return true;
}

static void keeps_hashes_only(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n;
    const struct store_record_query q = { .kind = "session" };
    ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
    CHECK_OK(store_record_list(g->kept->s, &q, has_no_token, &n, &e), &e);
    session_new_done(&n);
}

static void lists(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_info *all, one;
    size_t len;
    const char *acme = ground_org(g, "acme");
    (void)ground_user(g, acme, "bob", "vApp User", "bob's password");
    struct caller bob = ground_caller(g, "bob@acme", "bob's password");
    CHECK_OK(session_list(g->site->sessions, &(struct session_query){ .org = acme }, &g->kept->arena, &all, &len, &e), &e);
    CHECK_EQ(len, 1);
    CHECK_STR(all[0].urn, bob.session);
    CHECK_OK(session_list(g->site->sessions, &(struct session_query){ .user = NULL }, &g->kept->arena, &all, &len, &e), &e);
    CHECK_EQ(len, 2);
    CHECK_OK(session_get(g->site->sessions, bob.session, &g->kept->arena, &one, &e), &e);
    CHECK_STR(one.caller.who, "bob@acme");
    g->now += SESSION_IDLE_MS;
    CHECK_FAILS(session_get(g->site->sessions, bob.session, &g->kept->arena, &one, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(session_list(g->site->sessions, &(struct session_query){ .user = NULL }, &g->kept->arena, &all, &len, &e), &e);
    CHECK_EQ(len, 0);
}

/* What the table forgets costs a read, and nothing else. */
static void table_is_limited(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct session_new n[4];
    struct caller c;
    g->site->sessions->most = 2;
    for (size_t i = 0; i < ARRAY_LEN(n); i++)
        ground_login(g, "administrator@System", GROUND_PASSWORD, &n[i]);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < ARRAY_LEN(n); i++) {
            CHECK_OK(find(g->site->sessions, &n[i].access, &c, &e), &e);
            CHECK_STR(c.session, n[i].caller.session);
            CHECK(g->site->sessions->len <= 2);
        }
    for (size_t i = 0; i < ARRAY_LEN(n); i++)
        session_new_done(&n[i]);
}

/* While so many hashes are computed and so many wait, one more is told to come again, and that is no failure. */
static void logins_at_once_are_limited(void **state)
{
    struct ground *g = *state;
    struct session_table *t = g->site->sessions;
    struct err e;
    t->hashing = LOGIN_AT_ONCE;
    t->waiting = LOGIN_WAITING;
    for (int i = 0; i < 2 * LOGIN_FAILURES; i++)
        CHECK_FAILS(login(g, "administrator@System", "wrong password", SESSION_PROVIDER, &e), &e, ERR_LIMIT);
    t->hashing = t->waiting = 0;
    CHECK_OK(login(g, "administrator@System", GROUND_PASSWORD, SESSION_PROVIDER, &e), &e);
}

static void names_are_limited(void **state)
{
    struct ground *g = *state;
    struct err e;
    char name[LOGIN_NAME_MAX + 2];
    static const char tail[] = "@System";
    memset(name, 'x', sizeof(name));
    memcpy(name + sizeof(name) - sizeof(tail), tail, sizeof(tail));
    CHECK_FAILS(login(g, name, GROUND_PASSWORD, SESSION_PROVIDER, &e), &e, ERR_DENIED);
    CHECK_FAILS(login(g, name + 1, GROUND_PASSWORD, SESSION_PROVIDER, &e), &e, ERR_DENIED);
}

enum { THREADS = 4, ROUNDS = 50 };

struct shared {
    struct ground *g;
    const char *token;
};

static void *use(void *arg)
{
    struct shared *s = arg;
    struct err e;
    struct caller c;
    for (int i = 0; i < ROUNDS; i++)
        if (!session_find(s->g->site->sessions, s->token, "x", &c, &e))
            return (void *)1;
    return NULL;
}

static void threads(void **state)
{
    struct ground *g = *state;
    struct session_new n;
    pthread_t t[THREADS];
    ground_login(g, "administrator@System", GROUND_PASSWORD, &n);
    struct shared s = { g, (const char *)n.access.bytes };
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&t[i], NULL, use, &s), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        (void)pthread_join(t[i], &failed);
        CHECK(!failed);
    }
    session_new_done(&n);
}

GROUP(flow_session, GROUND(logs_in), GROUND(refuses), GROUND(throttles), GROUND(throttles_addresses), GROUND(idles_out),
      GROUND(ends_however_busy), GROUND(follows_the_settings), GROUND(survives_restart), GROUND(ended_elsewhere), GROUND(follows_the_user),
      GROUND(ends_with_the_user), GROUND(cap_per_user), GROUND(forged_tokens), GROUND(keeps_hashes_only), GROUND(lists),
      GROUND(table_is_limited), GROUND(logins_at_once_are_limited), GROUND(names_are_limited), GROUND(threads))
