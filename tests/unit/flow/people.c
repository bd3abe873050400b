/* The cell is killed at each access to the store while people are made, changed and removed: afterwards all of a deed is there, or
 * nothing. */
#include "flow/people.h"

#include "base/log.h"
#include "flow/init.h"
#include "flow/session.h"
#include "flow/token.h"
#include "store/audit.h"
#include "store/record.h"
#include "unit/flow/place.h"

#define PASSWORD "a long password"
#define OTHER "another password"

struct town {
    struct place place;
    struct caller admin;
};

static void people_begin(struct town *t)
{
    t->place.site.password_cost = SECRET_COST_TEST;
    t->place.site.sessions = session_table_create(&t->place.site);
}

static void people_end(struct town *t)
{
    t->place.site.sessions = session_table_destroy(t->place.site.sessions);
}

static void restart(struct town *t)
{
    people_end(t);
    place_restart(&t->place);
    people_begin(t);
}

static bool can_log_in(struct town *t, const char *name, const char *password, struct session_new *ret)
{
    struct err e;
    AUTO(secret_done) struct secret s = { 0 };
    CHECK_OK(secret_set(&s, password, strlen(password), &e), &e);
    if (session_login(t->place.site.sessions, name, &s, SESSION_PROVIDER, "10.0.0.9", ret, &e))
        return true;
    CHECK_EQ(e.kind, ERR_DENIED);
    return false;
}

static bool logs_in(struct town *t, const char *name, const char *password)
{
    struct session_new n;
    bool ok = can_log_in(t, name, password, &n);
    if (ok)
        session_new_done(&n);
    return ok;
}

static void begin(struct town *t)
{
    struct err e;
    char hash[SECRET_HASH];
    struct session_new n;
    const struct store_by by = { "root", "local", "test", 1795428000000 };
    AUTO(secret_done) struct secret s = { 0 };
    place_start(&t->place, NULL);
    people_begin(t);
    CHECK_OK(secret_set(&s, PASSWORD, strlen(PASSWORD), &e), &e);
    CHECK_OK(secret_password_hash(&s, SECRET_COST_TEST, hash, &e), &e);
    AUTO(store_closep) struct store *store = place_store(&t->place);
    CHECK_OK(init_fill(store, hash, &by, &e), &e);
    CHECK(can_log_in(t, "administrator@System", PASSWORD, &n));
    t->admin = n.caller;
    session_new_done(&n);
}

static void end(struct town *t)
{
    struct err e;
    struct store_audit_report report;
    {
        AUTO(store_closep) struct store *store = place_store(&t->place);
        CHECK_OK(store_audit_verify(store, &report, &e), &e);
        CHECK(report.sound);
    }
    people_end(t);
    place_stop(&t->place);
}

static bool add(struct town *t, const char *name, struct user *ret)
{
    struct err e;
    AUTO(secret_done) struct secret s = { 0 };
    const struct people_user what = { .name = name, .password = &s, .role_name = "Console Access Only" };
    CHECK_OK(secret_set(&s, PASSWORD, strlen(PASSWORD), &e), &e);
    return people_user_add(&t->place.site, &t->admin, &what, &t->place.arena, ret, &e);
}

static bool is_kept(struct town *t, const char *name)
{
    struct err e;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(store_closep) struct store *store = place_store(&t->place);
    struct user u;
    if (user_find(store, ORG_SYSTEM_URN, name, &a, &u, &e))
        return true;
    CHECK_EQ(e.kind, ERR_NOT_FOUND);
    return false;
}

static void killed_while_making(void **state)
{
    (void)state;
    struct town t;
    struct user u;
    char name[20], login[40];
    bool ok = false;
    begin(&t);
    for (unsigned at = 1; !ok; at++) {
        (void)snprintf(name, sizeof(name), "u%u", at);
        (void)snprintf(login, sizeof(login), "%s@System", name);
        place_kill_at(&t.place, at);
        ok = add(&t, name, &u);
        restart(&t);
        CHECK_EQ(is_kept(&t, name), ok);
        CHECK_EQ(logs_in(&t, login, PASSWORD), ok);
        CHECK(at < 200);
    }
    end(&t);
}

/* A new password and the end of the sessions come together. */
static void killed_while_changing(void **state)
{
    (void)state;
    struct town t;
    struct user u;
    struct err e;
    bool ok = false;
    begin(&t);
    CHECK(add(&t, "bob", &u));
    for (unsigned at = 1; !ok; at++) {
        AUTO(secret_done) struct secret s = { 0 };
        const struct people_user what = { .password = &s };
        struct session_new n;
        struct caller c;
        CHECK_OK(secret_set(&s, OTHER, strlen(OTHER), &e), &e);
        CHECK(can_log_in(&t, "bob@System", PASSWORD, &n));
        place_kill_at(&t.place, at);
        ok = people_user_change(&t.place.site, &t.admin, u.urn, &what, &t.place.arena, &(struct user){ 0 }, &e);
        restart(&t);
        CHECK_EQ(logs_in(&t, "bob@System", OTHER), ok);
        CHECK_EQ(logs_in(&t, "bob@System", PASSWORD), !ok);
        CHECK_EQ(session_find(t.place.site.sessions, (const char *)n.access.bytes, "x", &c, &e), !ok);
        session_new_done(&n);
        CHECK_OK(session_end_user(t.place.site.sessions, u.urn, &e), &e); /* so that each round has as much to do */
        CHECK(at < 200);
    }
    end(&t);
}

static bool make_token(struct town *t, const struct user *u, struct secret *ret)
{
    struct err e;
    AUTO(store_closep) struct store *store = place_store(&t->place);
    AUTO(arena_done) struct arena a = { 0 };
    struct caller c = t->admin;
    struct token made;
    const struct store_by by = { "bob@System", "10.0.0.9", "test", 1795428000000 };
    (void)snprintf(c.user, sizeof(c.user), "%s", u->urn);
    return store_begin(store, STORE_WRITE, &e) && token_register(store, &c, "ci", &by, &a, &made, &e) &&
           token_issue(store, &c, made.urn, &by, ret, &e) && store_commit(store, &e);
}

static void killed_while_removing(void **state)
{
    (void)state;
    struct town t;
    struct user u;
    struct err e;
    bool ok = false;
    AUTO(secret_done) struct secret refresh = { 0 };
    begin(&t);
    CHECK(add(&t, "bob", &u));
    CHECK(make_token(&t, &u, &refresh));
    for (unsigned at = 1; !ok; at++) {
        struct session_new n;
        place_kill_at(&t.place, at);
        ok = people_user_remove(&t.place.site, &t.admin, u.urn, &e);
        restart(&t);
        CHECK_EQ(is_kept(&t, "bob"), !ok);
        CHECK_EQ(logs_in(&t, "bob@System", PASSWORD), !ok);
        bool robot = session_login_token(t.place.site.sessions, &refresh, NULL, "10.0.0.9", &n, &e);
        if (robot)
            session_new_done(&n);
        CHECK_EQ(robot, !ok);
        CHECK_OK(session_end_user(t.place.site.sessions, u.urn, &e), &e);
        CHECK(at < 200);
    }
    end(&t);
}

/* A login that could not be kept gives nothing; the one after it does. */
static void killed_while_logging_in(void **state)
{
    (void)state;
    struct town t;
    struct err e;
    bool ok = false;
    begin(&t);
    for (unsigned at = 1; !ok; at++) {
        AUTO(secret_done) struct secret s = { 0 };
        struct session_new n = { .expires_ms = 7 };
        CHECK_OK(secret_set(&s, PASSWORD, strlen(PASSWORD), &e), &e);
        place_kill_at(&t.place, at);
        ok = session_login(t.place.site.sessions, "administrator@System", &s, SESSION_PROVIDER, "10.0.0.9", &n, &e);
        if (!ok)
            CHECK_EQ(n.expires_ms, 7);
        restart(&t);
        struct caller c;
        if (ok)
            CHECK_OK(session_find(t.place.site.sessions, (const char *)n.access.bytes, "x", &c, &e), &e);
        session_new_done(&n);
        CHECK(at < 200);
    }
    end(&t);
}

GROUP(flow_people, cmocka_unit_test(killed_while_making), cmocka_unit_test(killed_while_changing),
      cmocka_unit_test(killed_while_removing), cmocka_unit_test(killed_while_logging_in))
