#include "unit/api/ask.h"

#include "flow/org.h"

#define AT "/cloudapi/vouchsafe/1.0.0/webSession"
#define CHANGE "/cloudapi/1.0.0/orgs"

/* A page's session: "Cookie: ..\r\n", and the word that goes with a change. */
struct page {
    char cookie[2200], csrf[80];
};

static void open_page(struct desk *d, struct page *ret)
{
    char set[2200];
    struct answer a = ask_as(d, "administrator@System:" GROUND_PASSWORD, "POST", AT, NULL);
    CHECK_EQ(a.status, 200);
    answer_field(&a, "set-cookie", set, sizeof(set));
    CHECK(strncmp(set, "__Host-vouchsafe=", 17) == 0);
    CHECK(strstr(set, "; Path=/; Secure; HttpOnly; SameSite=Strict"));
    CHECK(!strstr(set, "Domain"));
    size_t len = strcspn(set, ";");
    (void)snprintf(ret->cookie, sizeof(ret->cookie), "Cookie: other=1; %.*s\r\n", (int)len, set);
    (void)snprintf(ret->csrf, sizeof(ret->csrf), "%s", answer_text(&a, "csrf"));
    CHECK(!strstr(a.body, strchr(set, '=') + 1));
    char token[2200];
    answer_field(&a, "x-vmware-vcloud-access-token", token, sizeof(token));
    CHECK_STR(token, ""); /* no script gets it */
    answer_done(&a);
    desk_become(d, NULL, NULL);
}

static int call(struct desk *d, const struct page *p, const char *line, const char *more, const char *body)
{
    char fields[4096];
    (void)snprintf(fields, sizeof(fields), "Accept: application/json;version=37.0\r\n%s%s", p->cookie, more);
    return rig_call(d->rig, line, fields, body);
}

static void a_page_reads_by_its_cookie(void **state)
{
    struct desk *d = *state;
    struct page p;
    open_page(d, &p);
    CHECK_EQ(call(d, &p, "GET " AT, "", NULL), 200);
    const json_t *session = rig_json(d->rig); /* the rig's, which keeps one */
    CHECK_STR(json_string_value(json_object_get(session, "csrf")), p.csrf);
    CHECK(json_is_true(json_object_get(session, "provider")));
    CHECK_EQ(call(d, &p, "GET " CHANGE, "", NULL), 200);
    CHECK_EQ(rig_call(d->rig, "GET " AT, "Accept: application/json;version=37.0\r\n", NULL), 401);
    CHECK_EQ(rig_call(d->rig, "GET " AT, "Accept: application/json;version=37.0\r\nCookie: __Host-vouchsafe=\r\n", NULL), 401);
    CHECK_EQ(rig_call(d->rig, "GET " AT, "Accept: application/json;version=37.0\r\nCookie: __Host-vouchsafe=abc\r\n", NULL), 401);
}

static void a_change_comes_from_our_page(void **state)
{
    struct desk *d = *state;
    struct page p;
    const char *host = "cell.example";
    char ok[400];
    open_page(d, &p);
    static const struct { const char *origin, *word; int status; } cases[] = {
        { NULL, NULL, 403 },
        { NULL, "right", 403 },
        { "https://evil.example", "right", 403 },
        { "http://HOST", "right", 403 },
        { "null", "right", 403 },
        { "https://HOST.evil.example", "right", 403 },
        { "https://HOST", NULL, 403 },
        { "https://HOST", "", 403 },
        { "https://HOST", "wrong", 403 },
        { "https://HOST", "right", 201 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char origin[100] = "", word[100] = "";
        const char *at = cases[i].origin ? strstr(cases[i].origin, "HOST") : NULL;
        if (cases[i].origin)
            (void)snprintf(origin, sizeof(origin), "Origin: %.*s%s%s\r\n", at ? (int)(at - cases[i].origin) : 100, cases[i].origin,
                           at ? host : "", at ? at + 4 : "");
        if (cases[i].word)
            (void)snprintf(word, sizeof(word), "X-Vouchsafe-Csrf: %s\r\n",
                           strcmp(cases[i].word, "right") == 0 ? p.csrf : strcmp(cases[i].word, "wrong") == 0 ? "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" : "");
        (void)snprintf(ok, sizeof(ok), "%s%sContent-Type: application/json\r\n", origin, word);
        int status = call(d, &p, "POST " CHANGE, ok, "{\"name\":\"acme\",\"displayName\":\"Acme\"}");
        if (status != cases[i].status)
            fail_msg("case %zu: %d %s", i, status, rig_body(d->rig));
    }
}

static void logging_out_ends_it(void **state)
{
    struct desk *d = *state;
    struct page p;
    char more[300];
    open_page(d, &p);
    (void)snprintf(more, sizeof(more), "Origin: https://cell.example\r\nX-Vouchsafe-Csrf: %s\r\n", p.csrf);
    CHECK_EQ(call(d, &p, "DELETE " AT, "", NULL), 403);
    CHECK_EQ(call(d, &p, "DELETE " AT, more, NULL), 204);
    CHECK(strstr(rig_field(d->rig, "Set-Cookie"), "Max-Age=0"));
    CHECK_EQ(call(d, &p, "GET " AT, "", NULL), 401);
}

static void only_our_page_opens_one(void **state)
{
    struct desk *d = *state;
    static const char basic[] = "Accept: application/json;version=37.0\r\nAuthorization: Basic YWRtaW5pc3RyYXRvckBTeXN0ZW06d3Jvbmc=\r\n";
    char fields[400];
    CHECK_EQ(rig_call(d->rig, "POST " AT, basic, ""), 401);
    (void)snprintf(fields, sizeof(fields), "%sOrigin: https://evil.example\r\n", basic);
    CHECK_EQ(rig_call(d->rig, "POST " AT, fields, ""), 401);
    CHECK(strstr(rig_body(d->rig), "a page of this cell"));
}

GROUP(api_web, DESK(a_page_reads_by_its_cookie), DESK(a_change_comes_from_our_page), DESK(logging_out_ends_it), DESK(only_our_page_opens_one))
