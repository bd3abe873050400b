#include "unit/api/ask.h"

#include "api/routes.h"
#include "flow/org.h"

#define CURRENT "/cloudapi/1.0.0/sessions/current"
#define PROVIDER "/cloudapi/1.0.0/sessions/provider"
#define TENANT "/cloudapi/1.0.0/sessions"
#define ADMIN "administrator@System:" GROUND_PASSWORD

static void with_tenant(struct desk *d)
{
    (void)ground_user(d->g, ground_org(d->g, "acme"), "bob@mail.example", "vApp User", "bob's:password");
    (void)ground_user(d->g, ORG_SYSTEM_URN, "viewer", "Console Access Only", "viewer's password");
}

static void logs_in_everywhere(void **state)
{
    struct desk *d = *state;
    with_tenant(d);
    static const struct { const char *basic, *target; int status; } cases[] = {
        { ADMIN, PROVIDER, 200 },
        { ADMIN, PROVIDER "/", 200 },                       /* trap 2 */
        { "administrator@SYSTEM:" GROUND_PASSWORD, PROVIDER, 200 },
        { "ADMINISTRATOR@system:" GROUND_PASSWORD, PROVIDER, 200 },
        { "bob@mail.example@acme:bob's:password", TENANT, 200 },
        { "bob@mail.example@ACME:bob's:password", TENANT "/", 200 },
        { ADMIN, "/api/sessions", 200 },
        { "bob@mail.example@acme:bob's:password", "/api/sessions/", 200 },
        /* the wrong door, and everything else that can be wrong, is 401: go-vcloud-director looks for nothing else */
        { ADMIN, TENANT, 401 },
        { "bob@mail.example@acme:bob's:password", PROVIDER, 401 },
        { "administrator@System:" GROUND_PASSWORD "x", PROVIDER, 401 },
        { "administrator@System:", PROVIDER, 401 },
        { "administrator@System", PROVIDER, 401 },
        { "administrator:" GROUND_PASSWORD, PROVIDER, 401 },
        { "nobody@System:" GROUND_PASSWORD, PROVIDER, 401 },
        { ":", PROVIDER, 401 },
        { "", PROVIDER, 401 },
        { ADMIN "\n", PROVIDER, 401 },
        { "administrator@System:wrong password", "/api/sessions", 401 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char access[JWT_MAX], legacy[80], type[40];
        struct answer a = ask_as(d, cases[i].basic, "POST", cases[i].target, NULL);
        if (a.status != cases[i].status)
            fail_msg("%s at %s: %d", cases[i].basic, cases[i].target, a.status);
        answer_field(&a, "x-vmware-vcloud-access-token", access, sizeof(access));
        answer_field(&a, "x-vcloud-authorization", legacy, sizeof(legacy));
        answer_field(&a, "x-vmware-vcloud-token-type", type, sizeof(type));
        CHECK(a.body[0] != '\0'); /* trap 3 */
        if (a.status == 200) {
            CHECK(strlen(access) > 32); /* trap 20 */
            CHECK_EQ(strlen(legacy), 32);
            CHECK_STR(type, "Bearer");
            CHECK(!strstr(a.body, access) && !strstr(a.body, legacy));
        } else {
            CHECK(!access[0] && !legacy[0]);
        }
        answer_done(&a);
        d->g->now += LOGIN_WINDOW_MS;
    }
}

static void no_credentials(void **state)
{
    struct desk *d = *state;
    struct answer a = ask(d, "POST", PROVIDER, NULL); /* a bearer token is no password */
    CHECK_EQ(a.status, 401);
    answer_done(&a);
    desk_become(d, NULL, NULL);
    static const char *const closed[] = { CURRENT, TENANT, "/api/session" };
    for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
        a = ask(d, "GET", closed[i], NULL);
        CHECK_EQ(a.status, 401);
        CHECK(strstr(a.body, closed[i][1] == 'a' ? "<Error" : "minorErrorCode"));
        answer_done(&a);
    }
}

static void session_shapes(void **state)
{
    struct desk *d = *state;
    d->accept = "application/json;version=37.0";
    struct answer a = ask_for(d, 200, "GET", CURRENT, NULL);
    CHECK_EQ(strncmp(answer_text(&a, "id"), "urn:vcloud:session:", 19), 0);
    CHECK_STR(answer_text(&a, "user.name"), "administrator");
    CHECK_STR(answer_text(&a, "org.id"), ORG_SYSTEM_URN);
    CHECK_STR(answer_text(&a, "roles.0"), "System Administrator");
    CHECK_STR(answer_text(&a, "roleRefs.0.id"), d->g->admin.role);
    CHECK_EQ(answer_number(&a, "sessionIdleTimeoutMinutes"), 30);
    answer_done(&a);
    d->accept = "application/*+xml;version=36.0";
    a = ask_for(d, 200, "GET", "/api/session", NULL);
    static const char *const parts[] = {
        "<Session xmlns=\"http://www.vmware.com/vcloud/v1.5\"",
        "user=\"administrator\"",
        "org=\"System\"",
        "application/vnd.vmware.vcloud.orgList+xml",
        "application/vnd.vmware.admin.vcloud+xml",
        "application/vnd.vmware.admin.vmwExtension+xml",
        "application/vnd.vmware.vcloud.query.queryList+xml",
        "https://cell.example/api/org/a93c9db9-7471-3192-8d09-a8f7eeda85f9",
        "rel=\"openapi\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        CHECK(strstr(a.body, parts[i]));
    answer_done(&a);
    d->accept = "application/*+json;version=36.0";
    a = ask_for(d, 200, "GET", "/api/session", NULL);
    CHECK_STR(answer_text(&a, "user"), "administrator");
    CHECK_STR(answer_text(&a, "link.0.rel"), "down");
    answer_done(&a);
}

/* go-vcloud-director logs out where it logged in. */
static void logs_out(void **state)
{
    struct desk *d = *state;
    static const char *const doors[] = { CURRENT, PROVIDER, TENANT, "/cloudapi/1.0.0/sessions/", "/api/session" };
    for (size_t i = 0; i < ARRAY_LEN(doors); i++) {
        desk_become(d, "administrator@System", GROUND_PASSWORD);
        ask_only(d, 200, "GET", CURRENT, NULL);
        struct answer a = ask_for(d, 204, "DELETE", doors[i], NULL);
        CHECK_STR(a.body, "");
        answer_done(&a);
        ask_only(d, 401, "GET", CURRENT, NULL);
    }
}

static void others_sessions(void **state)
{
    struct desk *d = *state;
    char target[200];
    with_tenant(d);
    struct caller bob = ground_caller(d->g, "bob@mail.example@acme", "bob's:password");
    struct answer a = ask_for(d, 200, "GET", TENANT "?filter=org.name%3D%3Dacme&pageSize=15", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1);
    CHECK_STR(answer_text(&a, "values.0.id"), bob.session);
    answer_done(&a);
    (void)snprintf(target, sizeof(target), TENANT "/%s", d->g->admin.session);
    desk_become(d, "bob@mail.example@acme", "bob's:password");
    ask_only(d, 403, "GET", target, NULL); /* trap 4: it is not there for him */
    ask_only(d, 403, "DELETE", target, NULL);
    a = ask_for(d, 200, "GET", TENANT, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 2); /* his own two */
    answer_done(&a);
    desk_become(d, "viewer@System", "viewer's password");
    ask_only(d, 403, "GET", target, NULL); /* a provider without the right */
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    (void)snprintf(target, sizeof(target), TENANT "/%s", bob.session);
    ask_only(d, 204, "DELETE", target, NULL);
    ask_only(d, 403, "GET", target, NULL);
    ask_only(d, 403, "GET", TENANT "/nonsense", NULL);
}

static void tokens_of_three_fields(void **state)
{
    struct desk *d = *state;
    struct answer a = ask_as(d, ADMIN, "POST", PROVIDER, NULL);
    char legacy[80];
    answer_field(&a, "x-vcloud-authorization", legacy, sizeof(legacy));
    answer_done(&a);
    CHECK(snprintf(d->token, sizeof(d->token), "%s", legacy) == 32); /* as Bearer */
    ask_only(d, 200, "GET", CURRENT, NULL);
    d->token[3] ^= 1;
    ask_only(d, 401, "GET", CURRENT, NULL);
    (void)snprintf(d->token, sizeof(d->token), "%0*d", (int)sizeof(d->token) - 1, 7);
    ask_only(d, 401, "GET", CURRENT, NULL);
}

static void long_credentials(void **state)
{
    struct desk *d = *state;
    char basic[6000];
    for (size_t len = 4000; len < sizeof(basic); len += 500) {
        (void)snprintf(basic, sizeof(basic), "administrator@System:%0*d", (int)len - 30, 7);
        struct answer a = ask_as(d, basic, "POST", PROVIDER, NULL);
        CHECK_EQ(a.status, 401);
        answer_done(&a);
    }
}

static void throttled_is_401(void **state)
{
    struct desk *d = *state;
    char first[400] = "";
    for (int i = 0; i < LOGIN_FAILURES + 2; i++) {
        struct answer a = ask_as(d, "administrator@System:wrong password", "POST", PROVIDER, NULL);
        CHECK_EQ(a.status, 401);
        if (first[0])
            CHECK_STR(a.body, first);
        (void)snprintf(first, sizeof(first), "%s", a.body);
        answer_done(&a);
    }
    struct answer a = ask_as(d, ADMIN, "POST", PROVIDER, NULL);
    CHECK_EQ(a.status, 401);
    CHECK_STR(a.body, first);
    answer_done(&a);
}

/* Until there is an administrator nothing but the versions is answered. */
static void closed(void **state)
{
    struct desk *d = *state;
    struct err e;
    api_app_destroy(d->rig->app);
    d->rig->app = api_app_create(d->g->site, NULL, 0, &e);
    CHECK_OK(d->rig->app, &e);
    api_app_serve(d->rig->app, &d->rig->http);
    ask_only(d, 200, "GET", "/api/versions", NULL);
    static const struct { const char *method, *target; } all[] = {
        { "GET", CURRENT }, { "POST", PROVIDER }, { "POST", "/api/sessions" }, { "POST", "/oauth/provider/token" },
        { "GET", "/api/org" }, { "GET", "/cloudapi/1.0.0/users" },
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        ask_only(d, 503, all[i].method, all[i].target, NULL);
}

static void tenant_context(void **state)
{
    struct desk *d = *state;
    with_tenant(d);
    const char *acme = ground_org(d->g, "umbrella");
    (void)snprintf(d->tenant, sizeof(d->tenant), "%s", acme); /* a URN, and a bare UUID */
    ask_only(d, 200, "GET", CURRENT, NULL);
    (void)snprintf(d->tenant, sizeof(d->tenant), "%s", acme + strlen("urn:vcloud:org:"));
    ask_only(d, 200, "GET", CURRENT, NULL);
    desk_become(d, "bob@mail.example@acme", "bob's:password");
    ask_only(d, 403, "GET", CURRENT, NULL);
}

GROUP(api_sessions, DESK(logs_in_everywhere), DESK(no_credentials), DESK(session_shapes), DESK(logs_out),
      DESK(others_sessions), DESK(tokens_of_three_fields), DESK(long_credentials), DESK(throttled_is_401), DESK(closed), DESK(tenant_context))
