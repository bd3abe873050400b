#include "unit/api/ask.h"

#include "flow/org.h"

#define USERS "/cloudapi/1.0.0/users"
#define ROLES "/cloudapi/1.0.0/roles"
#define ORGS "/cloudapi/1.0.0/orgs"

static const char *at(struct desk *d, const char *collection, const char *id, const char *rest)
{
    return arena_printf(&d->g->kept->arena, "%s/%s%s", collection, id, rest);
}

static const char *keep(struct desk *d, const char *text)
{
    return arena_strdup(&d->g->kept->arena, text);
}

static const char *made(struct desk *d, const char *collection, const char *body)
{
    struct answer a = ask_for(d, 201, "POST", collection, body);
    const char *id = keep(d, answer_text(&a, "id"));
    CHECK(!strstr(a.body, "password"));
    answer_done(&a);
    return id;
}

static const char *role_id(struct desk *d, const char *name)
{
    struct answer a = ask_for(d, 200, "GET", arena_printf(&d->g->kept->arena, ROLES "/?filter=name%%3D%%3D%s", name), NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1);
    const char *id = keep(d, answer_text(&a, "values.0.id"));
    answer_done(&a);
    return id;
}

static const char *user_body(struct desk *d, const char *name, const char *org, const char *role)
{
    return arena_printf(&d->g->kept->arena,
                        "{\"username\":\"%s\",\"password\":\"%s's password\",\"orgEntityRef\":{\"id\":\"%s\"},"
                        "\"roleEntityRefs\":[{\"name\":\"%s\"}],\"fullName\":\"Full Name\",\"enabled\":true}",
                        name, name, org, role);
}

/* What a provider does for a new tenant, and the tenant's first login. */
static void a_tenant_begins(void **state)
{
    struct desk *d = *state;
    const char *acme = made(d, ORGS "/", "{\"name\":\"acme\",\"displayName\":\"Acme Ltd\",\"isEnabled\":true}");
    const char *bob = made(d, USERS, user_body(d, "bob", acme, "Organization Administrator"));
    struct answer a = ask_for(d, 200, "GET", at(d, USERS, bob, ""), NULL);
    CHECK_STR(answer_text(&a, "username"), "bob");
    CHECK_STR(answer_text(&a, "fullName"), "Full Name");
    CHECK_STR(answer_text(&a, "roleEntityRefs.0.name"), "Organization Administrator");
    CHECK_STR(answer_text(&a, "orgEntityRef.id"), acme);
    CHECK_STR(answer_text(&a, "providerType"), "LOCAL");
    CHECK(!strstr(a.body, "password") && !strstr(a.body, "argon"));
    answer_done(&a);
    a = ask_for(d, 200, "GET", at(d, ORGS, acme, ""), NULL);
    CHECK_EQ(answer_number(&a, "userCount"), 1);
    CHECK_STR(answer_text(&a, "displayName"), "Acme Ltd");
    answer_done(&a);
    desk_become(d, "bob@acme", "bob's password");
    a = ask_for(d, 200, "GET", ORGS, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1); /* his own */
    answer_done(&a);
    (void)made(d, USERS, "{\"username\":\"eve\",\"password\":\"eve's password\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}");
    a = ask_for(d, 200, "GET", USERS "?sortAsc=username&pageSize=128", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 2);
    CHECK_STR(answer_text(&a, "values.1.username"), "eve");
    CHECK_STR(answer_text(&a, "values.1.orgEntityRef.name"), "acme");
    answer_done(&a);
}

static void bad_users(void **state)
{
    struct desk *d = *state;
    const char *acme = made(d, ORGS, "{\"name\":\"acme\"}");
    (void)made(d, USERS, user_body(d, "bob", acme, "vApp User"));
    static const char *const bodies[] = {
        "", "null", "[]", "{}", "\"x\"", "{\"username\":\"x\"",
        "{\"username\":\"x\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",                             /* no password */
        "{\"username\":\"x\",\"password\":\"short\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":\"x\",\"password\":\"******\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":\"x\",\"password\":\"long enough\"}",                                              /* no role */
        "{\"username\":\"x\",\"password\":\"long enough\",\"roleEntityRefs\":[]}",
        "{\"username\":\"x\",\"password\":\"long enough\",\"roleEntityRefs\":[{}]}",
        "{\"username\":\"x\",\"password\":\"long enough\",\"roleEntityRefs\":[{\"name\":\"No Such\"}]}",
        "{\"username\":\"x\",\"password\":\"long enough\",\"roleEntityRefs\":[{\"id\":\"urn:vcloud:role:0\"}]}",
        "{\"username\":\"x\",\"password\":\"long enough\",\"roleEntityRefs\":\"vApp User\"}",
        "{\"username\":\"x:y\",\"password\":\"long enough\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":\"\",\"password\":\"long enough\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":7,\"password\":\"long enough\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":\"x\\u0000\",\"password\":\"long enough\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":\"x\",\"password\":\"long enough\",\"enabled\":1,\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":\"x\",\"password\":\"long enough\",\"providerType\":\"SAML\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":\"x\",\"password\":\"long enough\",\"orgEntityRef\":{\"id\":\"urn:vcloud:org:11111111-2222-4333-8444-555555555555\"},\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
        "{\"username\":\"ADMINISTRATOR\",\"password\":\"long enough\",\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct answer a = ask(d, "POST", USERS, bodies[i]);
        if (a.status != 400)
            fail_msg("%s: %d", bodies[i], a.status);
        CHECK(strstr(a.body, "minorErrorCode"));
        CHECK(!strstr(a.body, "long enough"));
        answer_done(&a);
    }
    ask_only(d, 400, "POST", USERS, user_body(d, "x", acme, "System Administrator")); /* not for a tenant */
    struct answer a = ask_for(d, 200, "GET", USERS, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1); /* nothing was made */
    answer_done(&a);
}

/* Of another organization nothing is there. */
static void tenants_apart(void **state)
{
    struct desk *d = *state;
    const char *acme = made(d, ORGS, "{\"name\":\"acme\"}"), *zeta = made(d, ORGS, "{\"name\":\"zeta\"}");
    (void)made(d, USERS, user_body(d, "bob", acme, "Organization Administrator"));
    const char *zed = made(d, USERS, user_body(d, "zed", zeta, "Organization Administrator"));
    (void)snprintf(d->tenant, sizeof(d->tenant), "%s", zeta);
    const char *role = made(d, ROLES, "{\"name\":\"Zeta Role\",\"description\":\"\"}");
    d->tenant[0] = '\0';
    desk_become(d, "bob@acme", "bob's password");
    ask_only(d, 403, "GET", at(d, USERS, zed, ""), NULL);
    ask_only(d, 403, "PUT", at(d, USERS, zed, ""), "{\"fullName\":\"owned\"}");
    ask_only(d, 403, "DELETE", at(d, USERS, zed, ""), NULL);
    ask_only(d, 403, "GET", at(d, USERS, d->g->admin.user, ""), NULL);
    ask_only(d, 403, "GET", at(d, ORGS, zeta, ""), NULL);
    ask_only(d, 403, "PUT", at(d, ORGS, acme, ""), "{\"name\":\"acme\",\"isEnabled\":false}");
    ask_only(d, 403, "POST", ORGS, "{\"name\":\"mine\"}");
    ask_only(d, 403, "DELETE", at(d, ORGS, zeta, ""), NULL);
    ask_only(d, 403, "GET", at(d, ROLES, role, ""), NULL);
    ask_only(d, 403, "PUT", at(d, ROLES, role, ""), "{\"name\":\"owned\"}");
    ask_only(d, 403, "DELETE", at(d, ROLES, role, ""), NULL);
    ask_only(d, 403, "POST", USERS, user_body(d, "spy", zeta, "vApp User"));
    ask_only(d, 403, "POST", USERS, user_body(d, "spy", ORG_SYSTEM_URN, "System Administrator"));
}

/* Nobody gives what he has not. */
static void no_ladder(void **state)
{
    struct desk *d = *state;
    const char *view = made(d, ROLES, "{\"name\":\"Helpdesk\"}");
    ask_only(d, 200, "PUT", at(d, ROLES, view, "/rights"),
             "{\"values\":[{\"name\":\"General: View User\"},{\"name\":\"General: Manage User\"}]}");
    (void)made(d, USERS, user_body(d, "help", ORG_SYSTEM_URN, "Helpdesk"));
    const char *low = made(d, USERS, user_body(d, "low", ORG_SYSTEM_URN, "Helpdesk"));
    desk_become(d, "help@System", "help's password");
    ask_only(d, 403, "POST", USERS, user_body(d, "x", ORG_SYSTEM_URN, "System Administrator"));
    ask_only(d, 403, "PUT", at(d, USERS, low, ""), "{\"roleEntityRefs\":[{\"name\":\"System Administrator\"}]}");
    ask_only(d, 403, "PUT", at(d, USERS, d->g->admin.user, ""), "{\"password\":\"now it is mine\"}");
    ask_only(d, 403, "PUT", at(d, USERS, d->g->admin.user, ""), "{\"enabled\":false}");
    ask_only(d, 403, "DELETE", at(d, USERS, d->g->admin.user, ""), NULL);
    ask_only(d, 403, "POST", at(d, ROLES, view, "/rights"), "{\"values\":[{\"name\":\"vCenter: Manage\"}]}");
    ask_only(d, 200, "PUT", at(d, USERS, low, ""), "{\"fullName\":\"Low\"}");
    (void)made(d, USERS, user_body(d, "peer", ORG_SYSTEM_URN, "Helpdesk"));
}

static void passwords_end_sessions(void **state)
{
    struct desk *d = *state;
    char before[JWT_MAX];
    const char *bob = made(d, USERS, user_body(d, "bob", ORG_SYSTEM_URN, "System Administrator"));
    desk_become(d, "bob@System", "bob's password");
    memcpy(before, d->token, sizeof(before));
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    ask_only(d, 400, "PUT", at(d, USERS, bob, ""), "{\"password\":\"short\"}");
    ask_only(d, 200, "PUT", at(d, USERS, bob, ""), "{\"username\":\"bob\",\"password\":\"******\"}"); /* unchanged */
    desk_become(d, "bob@System", "bob's password");
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    ask_only(d, 200, "PUT", at(d, USERS, bob, ""), "{\"password\":\"another password\"}");
    memcpy(d->token, before, sizeof(before));
    ask_only(d, 401, "GET", "/cloudapi/1.0.0/sessions/current", NULL); /* at once */
    struct answer a = ask_as(d, "bob@System:bob's password", "POST", "/cloudapi/1.0.0/sessions/provider", NULL);
    CHECK_EQ(a.status, 401);
    answer_done(&a);
    desk_become(d, "bob@System", "another password");
    ask_only(d, 200, "PUT", at(d, USERS, bob, ""), "{\"password\":\"a third password\"}");
    ask_only(d, 200, "GET", "/cloudapi/1.0.0/sessions/current", NULL); /* the session that asked goes on */
    memcpy(before, d->token, sizeof(before));
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    ask_only(d, 200, "PUT", at(d, USERS, bob, ""), "{\"enabled\":false}");
    memcpy(d->token, before, sizeof(before));
    ask_only(d, 401, "GET", "/cloudapi/1.0.0/sessions/current", NULL);
}

/* Somebody without rights over users may still change his own password, if he knows the old one. */
static void own_password(void **state)
{
    struct desk *d = *state;
    const char *acme = made(d, ORGS, "{\"name\":\"acme\"}");
    const char *bob = made(d, USERS, user_body(d, "bob", acme, "vApp User"));
    desk_become(d, "bob@acme", "bob's password");
    ask_only(d, 403, "PUT", at(d, USERS, bob, ""), "{\"password\":\"another password\"}");
    ask_only(d, 403, "PUT", at(d, USERS, bob, ""), "{\"password\":\"another password\",\"currentPassword\":\"a guess at it\"}");
    ask_only(d, 403, "PUT", at(d, USERS, bob, ""), "{\"enabled\":false}");
    ask_only(d, 403, "PUT", at(d, USERS, bob, ""), "{\"roleEntityRefs\":[{\"name\":\"Organization Administrator\"}]}");
    ask_only(d, 403, "GET", USERS, NULL);
    ask_only(d, 200, "PUT", at(d, USERS, bob, ""),
             "{\"fullName\":\"Bob\",\"password\":\"another password\",\"currentPassword\":\"bob's password\"}");
    desk_become(d, "bob@acme", "another password");
    struct answer a = ask_for(d, 200, "GET", at(d, USERS, bob, ""), NULL);
    CHECK_STR(answer_text(&a, "fullName"), "Bob");
    answer_done(&a);
}

static void an_administrator_stays(void **state)
{
    struct desk *d = *state;
    const char *admin = d->g->admin.user;
    ask_only(d, 400, "DELETE", at(d, USERS, admin, ""), NULL);
    ask_only(d, 400, "PUT", at(d, USERS, admin, ""), "{\"enabled\":false}");
    ask_only(d, 400, "PUT", at(d, USERS, admin, ""), "{\"roleEntityRefs\":[{\"name\":\"vApp User\"}]}");
    ask_only(d, 400, "PUT", at(d, USERS, admin, ""), "{\"username\":\"root\"}");
    const char *bob = made(d, USERS, user_body(d, "bob", ORG_SYSTEM_URN, "System Administrator"));
    desk_become(d, "bob@System", "bob's password");
    ask_only(d, 200, "PUT", at(d, USERS, admin, ""), "{\"enabled\":false}");
    ask_only(d, 400, "PUT", at(d, USERS, bob, ""), "{\"enabled\":false}");
    ask_only(d, 204, "DELETE", at(d, USERS, admin, ""), NULL);
    ask_only(d, 403, "GET", at(d, USERS, admin, ""), NULL);
}

static void orgs(void **state)
{
    struct desk *d = *state;
    const char *acme = made(d, ORGS, "{\"name\":\"acme\"}");
    static const char *const bad[] = { "", "{}", "{\"name\":\"ACME\"}", "{\"name\":\"a b\"}", "{\"name\":\"a/b\"}", "{\"name\":7}",
                                       "{\"name\":\"x\",\"isEnabled\":\"yes\"}" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ask_only(d, 400, "POST", ORGS, bad[i]);
    const char *bob = made(d, USERS, user_body(d, "bob", acme, "vApp User"));
    desk_become(d, "bob@acme", "bob's password");
    char token[JWT_MAX];
    memcpy(token, d->token, sizeof(token));
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    ask_only(d, 400, "DELETE", at(d, ORGS, acme, ""), NULL); /* enabled */
    struct answer a = ask_for(d, 200, "PUT", at(d, ORGS, acme, ""), "{\"name\":\"acme\",\"isEnabled\":false}");
    CHECK(json_is_false(json_object_get(a.json, "isEnabled")));
    answer_done(&a);
    ask_only(d, 400, "DELETE", at(d, ORGS, acme, ""), NULL); /* not empty */
    d->g->now += SESSION_LOOK_MS;
    char admin[JWT_MAX];
    memcpy(admin, d->token, sizeof(admin));
    memcpy(d->token, token, sizeof(token));
    ask_only(d, 401, "GET", ORGS, NULL); /* bob's organization is disabled */
    memcpy(d->token, admin, sizeof(admin));
    ask_only(d, 204, "DELETE", at(d, USERS, bob, ""), NULL);
    ask_only(d, 204, "DELETE", at(d, ORGS, acme, ""), NULL);
    ask_only(d, 403, "GET", at(d, ORGS, acme, ""), NULL);
    ask_only(d, 400, "DELETE", at(d, ORGS, ORG_SYSTEM_URN, ""), NULL);
    ask_only(d, 400, "PUT", at(d, ORGS, ORG_SYSTEM_URN, ""), "{\"name\":\"System\",\"isEnabled\":false}");
    ask_only(d, 400, "PUT", at(d, ORGS, ORG_SYSTEM_URN, ""), "{\"name\":\"Systeme\"}");
}

static void roles(void **state)
{
    struct desk *d = *state;
    struct answer a = ask_for(d, 200, "GET", ROLES "/?pageSize=128", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 5);
    answer_done(&a);
    const char *fixed = role_id(d, "Organization+Administrator");
    ask_only(d, 400, "PUT", at(d, ROLES, fixed, ""), "{\"name\":\"Mine\"}");
    ask_only(d, 400, "PUT", at(d, ROLES, fixed, "/rights"), "{\"values\":[]}");
    ask_only(d, 400, "DELETE", at(d, ROLES, fixed, ""), NULL);
    const char *own = made(d, ROLES "/", "{\"name\":\"Operator\",\"description\":\"on call\",\"bundleKey\":\"x\"}");
    ask_only(d, 400, "POST", ROLES, "{\"name\":\"operator\"}");
    a = ask_for(d, 200, "GET", "/cloudapi/1.0.0/rights/?filter=name%3D%3DvCenter:+View", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1);
    const char *right = keep(d, answer_text(&a, "values.0.id"));
    answer_done(&a);
    a = ask_for(d, 200, "GET", at(d, "/cloudapi/1.0.0/rights", right, ""), NULL);
    CHECK_STR(answer_text(&a, "name"), "vCenter: View");
    CHECK_STR(answer_text(&a, "rightType"), "VIEW");
    answer_done(&a);
    ask_only(d, 200, "POST", at(d, ROLES, own, "/rights"),
             arena_printf(&d->g->kept->arena, "{\"values\":[{\"name\":\"\",\"id\":\"%s\"}]}", right));
    a = ask_for(d, 200, "POST", at(d, ROLES, own, "/rights/"), "{\"values\":[{\"name\":\"vApp: Use Console\"}]}");
    CHECK_EQ(answer_number(&a, "resultTotal"), 2);
    answer_done(&a);
    static const char *const bad[] = { "", "{}", "{\"values\":{}}", "{\"values\":[7]}", "{\"values\":[{\"name\":\"No Such\"}]}",
                                       "{\"values\":[{\"id\":\"urn:vcloud:right:11111111-2222-4333-8444-555555555555\"}]}" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ask_only(d, 400, "PUT", at(d, ROLES, own, "/rights"), bad[i]);
    a = ask_for(d, 200, "GET", at(d, ROLES, own, "/rights?sortAsc=name"), NULL);
    CHECK_STR(answer_text(&a, "values.0.name"), "vApp: Use Console");
    CHECK_STR(answer_text(&a, "values.1.name"), "vCenter: View");
    answer_done(&a);
    a = ask_for(d, 200, "PUT", at(d, ROLES, own, "/rights"), "{\"values\":[]}");
    CHECK_EQ(answer_number(&a, "resultTotal"), 0);
    answer_done(&a);
    ask_only(d, 204, "DELETE", at(d, ROLES, own, ""), NULL);
    ask_only(d, 403, "GET", at(d, ROLES, own, ""), NULL);
}

/* A tenant's role never holds the infrastructure, whoever makes it. */
static void roles_of_tenants(void **state)
{
    struct desk *d = *state;
    const char *acme = made(d, ORGS, "{\"name\":\"acme\"}");
    (void)snprintf(d->tenant, sizeof(d->tenant), "%s", acme + strlen("urn:vcloud:org:"));
    const char *role = made(d, ROLES, "{\"name\":\"Operator\"}");
    ask_only(d, 400, "PUT", at(d, ROLES, role, "/rights"), "{\"values\":[{\"name\":\"vCenter: Manage\"}]}");
    ask_only(d, 200, "PUT", at(d, ROLES, role, "/rights"), "{\"values\":[{\"name\":\"vApp: Use Console\"}]}");
    struct answer a = ask_for(d, 200, "GET", "/cloudapi/1.0.0/rights?filter=name%3D%3DvCenter*", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 0);
    answer_done(&a);
    (void)made(d, USERS, "{\"username\":\"bob\",\"password\":\"bob's password\",\"roleEntityRefs\":[{\"name\":\"Operator\"}]}");
    d->tenant[0] = '\0';
    struct caller bob = ground_caller(d->g, "bob@acme", "bob's password");
    CHECK_STR(bob.org, acme);
    CHECK_EQ(bob.rights, UINT64_C(1) << RIGHT_CONSOLE);
}

/* Each change of people stands in the audit trail, and no secret does. */
static bool look_at_line(void *self, const struct store_audit *line, struct err *e)
{
    unsigned *seen = self;
    (void)e;
    static const char *const actions[] = { "org.add", "user.add", "user.password", "user.change", "user.remove", "role.add" };
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (strcmp(line->action, actions[i]) == 0)
            *seen |= 1U << i;
    CHECK(!strstr(line->text, "bob's password") && !strstr(line->data, "bob's password"));
    CHECK(!strstr(line->text, "argon") && !strstr(line->data, "argon"));
    return true;
}

static void audited(void **state)
{
    struct desk *d = *state;
    struct err e;
    unsigned seen = 0;
    const struct store_audit_query q = { .newest_first = false };
    const char *acme = made(d, ORGS, "{\"name\":\"acme\"}");
    const char *bob = made(d, USERS, user_body(d, "bob", acme, "vApp User"));
    (void)made(d, ROLES, "{\"name\":\"Operator\"}");
    ask_only(d, 200, "PUT", at(d, USERS, bob, ""), "{\"enabled\":false}");
    ask_only(d, 204, "DELETE", at(d, USERS, bob, ""), NULL);
    CHECK_OK(store_audit_list(d->g->kept->s, &q, look_at_line, &seen, &e), &e);
    CHECK_EQ(seen, 0x3f);
    kept_is_sound(d->g->kept);
}

GROUP(api_people, DESK(a_tenant_begins), DESK(bad_users), DESK(tenants_apart), DESK(no_ladder), DESK(passwords_end_sessions),
      DESK(own_password), DESK(an_administrator_stays), DESK(orgs), DESK(roles), DESK(roles_of_tenants), DESK(audited))
