#include "unit/api/ask.h"

#include "flow/org.h"
#include "flow/token.h"
#include "wire/url.h"

#define TOKENS "/cloudapi/1.0.0/tokens"
#define JWT_BEARER "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"

static const char *line(struct desk *d, const char *fmt, const char *a, const char *b)
{
    char text[JWT_MAX + 400];
    const char *at = strstr(fmt, "%s");
    (void)snprintf(text, sizeof(text), "%.*s%s%s%s", (int)(at - fmt), fmt, a, at + 2, b);
    return arena_strdup(&d->g->kept->arena, text);
}

static const char *registered(struct desk *d, const char *door, const char *name)
{
    struct answer a = ask_for(d, 200, "POST", line(d, "/oauth/%s/register", door, ""), line(d, "{\"client_name\":\"%s\"}", name, ""));
    CHECK_STR(answer_text(&a, "client_name"), name);
    const char *id = arena_strdup(&d->g->kept->arena, answer_text(&a, "client_id"));
    answer_done(&a);
    return id;
}

static struct answer issue(struct desk *d, const char *door, const char *client)
{
    const char *form = line(d, JWT_BEARER "&assertion=%s&client_id=", d->token, client);
    char token[JWT_MAX];
    memcpy(token, d->token, sizeof(token));
    d->token[0] = '\0'; /* no Authorization goes with it */
    struct answer a = ask(d, "POST", line(d, "/oauth/%s/token", door, ""), form);
    memcpy(d->token, token, sizeof(token));
    return a;
}

static const char *issued(struct desk *d, const char *door, const char *client)
{
    struct answer a = issue(d, door, client);
    CHECK_EQ(a.status, 200);
    CHECK_STR(answer_text(&a, "token_type"), "Bearer");
    const char *refresh = arena_strdup(&d->g->kept->arena, answer_text(&a, "refresh_token"));
    CHECK_EQ(strlen(refresh), TOKEN_SECRET);
    answer_done(&a);
    return refresh;
}

static struct answer redeem(struct desk *d, const char *door, const char *refresh)
{
    d->token[0] = '\0';
    return ask(d, "POST", line(d, "/oauth/%s/token", door, ""), line(d, "grant_type=refresh_token&refresh_token=%s", refresh, ""));
}

/* The walk of go-vcloud-director (vcd-api.md 1.7). */
static void the_walk(void **state)
{
    struct desk *d = *state;
    d->accept = "application/json;version="; /* an empty version */
    const char *client = registered(d, "provider", "terraform");
    d->accept = NULL;
    struct answer a = ask_for(d, 200, "GET", line(d, TOKENS "/urn:vcloud:token:%s", client, ""), NULL);
    CHECK_STR(answer_text(&a, "name"), "terraform");
    CHECK_STR(answer_text(&a, "owner.name"), "administrator");
    CHECK_STR(answer_text(&a, "org.name"), "System");
    CHECK_STR(answer_text(&a, "type"), "REFRESH");
    answer_done(&a);
    a = ask_for(d, 200, "GET", TOKENS "/?filter=(name%3D%3Dterraform;owner.name%3D%3Dadministrator;(type%3D%3DPROXY,type%3D%3DREFRESH))", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1);
    answer_done(&a);
    const char *refresh = issued(d, "provider", client);
    struct answer again = issue(d, "provider", client); /* once */
    CHECK_EQ(again.status, 400);
    answer_done(&again);
    for (int i = 0; i < 2; i++) {
        a = redeem(d, "provider", refresh);
        CHECK_EQ(a.status, 200);
        CHECK(answer_number(&a, "expires_in") > 0);
        (void)snprintf(d->token, sizeof(d->token), "%s", answer_text(&a, "access_token"));
        answer_done(&a);
        ask_only(d, 200, "GET", "/api/org", NULL);
    }
    ask_only(d, 204, "DELETE", line(d, TOKENS "/urn:vcloud:token:%s", client, ""), NULL);
    ask_only(d, 403, "GET", line(d, TOKENS "/urn:vcloud:token:%s", client, ""), NULL);
    a = redeem(d, "provider", refresh);
    CHECK_EQ(a.status, 401);
    CHECK(strstr(a.body, "minorErrorCode"));
    answer_done(&a);
}

static void tenants(void **state)
{
    struct desk *d = *state;
    (void)ground_user(d->g, ground_org(d->g, "acme"), "bob", "vApp User", "bob's password");
    (void)ground_user(d->g, ground_org(d->g, "zeta"), "zed", "Console Access Only", "zed's password");
    const char *admins = registered(d, "provider", "ci");
    desk_become(d, "bob@acme", "bob's password");
    ask_only(d, 403, "POST", "/oauth/provider/register", "{\"client_name\":\"ci\"}");
    ask_only(d, 403, "POST", "/oauth/tenant/zeta/register", "{\"client_name\":\"ci\"}");
    const char *client = registered(d, "tenant/ACME", "ci");
    ask_only(d, 400, "POST", "/oauth/tenant/acme/register", "{\"client_name\":\"CI\"}");
    struct answer a = ask_for(d, 200, "GET", TOKENS, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1);
    answer_done(&a);
    ask_only(d, 403, "GET", line(d, TOKENS "/urn:vcloud:token:%s", admins, ""), NULL);
    ask_only(d, 403, "DELETE", line(d, TOKENS "/urn:vcloud:token:%s", admins, ""), NULL);
    a = issue(d, "tenant/acme", admins); /* somebody else's client */
    CHECK_EQ(a.status, 400);
    answer_done(&a);
    a = issue(d, "provider", client);
    CHECK_EQ(a.status, 401);
    answer_done(&a);
    const char *refresh = issued(d, "tenant/acme", client);
    static const char *const doors[] = { "provider", "tenant/zeta", "tenant/nowhere" };
    for (size_t i = 0; i < ARRAY_LEN(doors); i++) {
        a = redeem(d, doors[i], refresh);
        CHECK_EQ(a.status, 401);
        answer_done(&a);
    }
    a = redeem(d, "tenant/acme", refresh);
    CHECK_EQ(a.status, 200);
    answer_done(&a);
    desk_become(d, "zed@zeta", "zed's password"); /* without the right */
    ask_only(d, 403, "POST", "/oauth/tenant/zeta/register", "{\"client_name\":\"ci\"}");
}

static void wrong_forms(void **state)
{
    struct desk *d = *state;
    const char *client = registered(d, "provider", "ci");
    const char *refresh = issued(d, "provider", client);
    char token[TOKEN_SECRET + 2];
    static const struct { const char *form; int status; } forms[] = {
        { "", 400 }, { "grant_type=", 400 }, { "grant_type=password&username=administrator", 400 },
        { "grant_type=refresh_token", 400 }, { "grant_type=refresh_token&grant_type=refresh_token", 400 },
        { "grant_type=refresh_token&refresh_token=", 401 }, { "grant_type=refresh_token&refresh_token=%00", 400 },
        { "grant_type=refresh_token&refresh_token=%zz", 400 }, { JWT_BEARER, 400 },
        { JWT_BEARER "&assertion=eyJ.x.y&client_id=x", 401 }, { "{\"grant_type\":\"refresh_token\"}", 400 },
    };
    d->token[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct answer a = ask(d, "POST", "/oauth/provider/token", forms[i].form);
        if (a.status != forms[i].status)
            fail_msg("%s: %d", forms[i].form, a.status);
        CHECK(strstr(a.body, "minorErrorCode"));
        answer_done(&a);
        d->g->now += LOGIN_WINDOW_MS;
    }
    for (size_t i = 0; i < TOKEN_SECRET; i++) {
        (void)snprintf(token, sizeof(token), "%s", refresh);
        token[i] = token[i] == '0' ? '1' : '0';
        struct answer a = redeem(d, "provider", token);
        CHECK_EQ(a.status, 401);
        answer_done(&a);
        d->g->now += LOGIN_WINDOW_MS;
    }
}

/* A user's tokens stand and fall with him. */
static void end_with_the_user(void **state)
{
    struct desk *d = *state;
    const char *bob = ground_user(d->g, ORG_SYSTEM_URN, "bob", "System Administrator", "bob's password");
    desk_become(d, "bob@System", "bob's password");
    const char *refresh = issued(d, "provider", registered(d, "provider", "ci"));
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    ask_only(d, 200, "PUT", line(d, "/cloudapi/1.0.0/users/%s", bob, ""), "{\"enabled\":false}");
    struct answer a = redeem(d, "provider", refresh);
    CHECK_EQ(a.status, 401);
    answer_done(&a);
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    ask_only(d, 204, "DELETE", line(d, "/cloudapi/1.0.0/users/%s", bob, ""), NULL);
    a = ask_for(d, 200, "GET", TOKENS, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 0);
    answer_done(&a);
}

static void limits(void **state)
{
    struct desk *d = *state;
    char name[TOKEN_NAME_MAX + 2], body[TOKEN_NAME_MAX + 100];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)registered(d, "provider", name + 1);
    (void)snprintf(body, sizeof(body), "{\"client_name\":\"%s\"}", name);
    ask_only(d, 400, "POST", "/oauth/provider/register", body);
    for (int i = 1; i < TOKEN_PER_USER; i++) {
        (void)snprintf(body, sizeof(body), "{\"client_name\":\"c%d\"}", i);
        ask_only(d, 200, "POST", "/oauth/provider/register", body);
    }
    ask_only(d, 413, "POST", "/oauth/provider/register", "{\"client_name\":\"one more\"}");
}

static bool has_no_secret(void *self, const struct store_record *r, struct err *e)
{
    (void)e;
    CHECK(!strstr(r->data, self));
    return true;
}

static void keeps_a_hash(void **state)
{
    struct desk *d = *state;
    struct err e;
    char *refresh = (char *)(uintptr_t)issued(d, "provider", registered(d, "provider", "ci"));
    const struct store_record_query q = { .kind = "token" };
    CHECK_OK(store_record_list(d->g->kept->s, &q, has_no_secret, refresh + TOKEN_SECRET / 2, &e), &e);
}

GROUP(api_tokens, DESK(the_walk), DESK(tenants), DESK(wrong_forms), DESK(end_with_the_user), DESK(limits), DESK(keeps_a_hash))
