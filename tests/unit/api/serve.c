/* What all operations share: versions, forms, sessions, errors (api/serve.c). */
#include "api/routes.h"
#include "base/text.h"
#include "unit/api/ask.h"

static void versions_need_nothing(void **state)
{
    struct rig *r = ((struct desk *)*state)->rig;
    CHECK_EQ(rig_call(r, "GET /api/versions", "", NULL), 200);
    CHECK(strstr(rig_body(r), "<Version>37.0</Version>"));
    CHECK(strstr(rig_body(r), "<LoginUrl>https://cell.example/cloudapi/1.0.0/sessions</LoginUrl>"));
    CHECK_EQ(rig_call(r, "GET /api/versions", "Accept: text/rubbish;version=9.9\r\n", NULL), 200);
    CHECK_EQ(rig_call(r, "GET /api/versions/", "", NULL), 200);
}

static void a_request_is_numbered_after_the_clients_own(void **state)
{
    struct rig *r = ((struct desk *)*state)->rig;
    static const struct {
        const char *sent, *prefix;
        size_t len;
    } cases[] = {
        { "", "", 36 },
        { "X-VMWARE-VCLOUD-CLIENT-REQUEST-ID: ab-1\r\n", "ab-1-", 41 },
        { "X-VMWARE-VCLOUD-CLIENT-REQUEST-ID: a b\r\n", "", 36 },
        { "x-vmware-vcloud-client-request-id: a<b\r\n", "", 36 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_EQ(rig_call(r, "GET /api/versions", cases[i].sent, NULL), 200);
        const char *id = rig_field(r, "X-VMWARE-VCLOUD-REQUEST-ID");
        CHECK(id && strncmp(id, cases[i].prefix, strlen(cases[i].prefix)) == 0);
        CHECK_EQ(strlen(id), cases[i].len);
    }
}

static void without_a_session_the_answer_has_the_faces_form(void **state)
{
    struct rig *r = ((struct desk *)*state)->rig;
    CHECK_EQ(rig_call(r, "GET /cloudapi/1.0.0/sessions/current", NULL, NULL), 401);
    CHECK_STR(json_string_value(json_object_get(rig_json(r), "minorErrorCode")), "UNAUTHORIZED");
    CHECK_EQ(rig_call(r, "GET /api/session", NULL, NULL), 401);
    CHECK(strstr(rig_body(r), "<Error ") && strstr(rig_body(r), "majorErrorCode=\"401\""));
    CHECK_EQ(rig_call(r, "GET /api/session", "Accept: application/*+json;version=37.0\r\n", NULL), 401);
    CHECK_EQ(json_integer_value(json_object_get(rig_json(r), "majorErrorCode")), 401);
    static const char *const tokens[] = {
        "Authorization: Bearer nonsense\r\n", "Authorization: Basic YTpi\r\n", "X-VMWARE-VCLOUD-ACCESS-TOKEN: a.b.c\r\n",
        "X-VCLOUD-AUTHORIZATION: 0123456789abcdef0123456789abcdef\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
        CHECK_EQ(rig_call(r, "GET /cloudapi/1.0.0/sessions/current", tokens[i], NULL), 401);
}

static void an_unknown_version_is_not_acceptable(void **state)
{
    struct rig *r = ((struct desk *)*state)->rig;
    CHECK_EQ(rig_call(r, "GET /cloudapi/1.0.0/sessions/current", "Accept: application/json;version=99.0\r\n", NULL), 406);
    CHECK(rig_json(r));
    CHECK_EQ(rig_call(r, "GET /api/session", "Accept: application/*+xml;version=99.0\r\n", NULL), 406);
    CHECK(strstr(rig_body(r), "<Error "));
}

static void what_does_not_exist_has_a_body(void **state)
{
    struct rig *r = ((struct desk *)*state)->rig;
    CHECK_EQ(rig_call(r, "GET /cloudapi/1.0.0/nothing", NULL, NULL), 404);
    CHECK(json_object_get(rig_json(r), "message"));
    CHECK_EQ(rig_call(r, "GET /api/nothing", NULL, NULL), 404);
    CHECK(strstr(rig_body(r), "<Error "));
    CHECK_EQ(rig_call(r, "GET /api/query%3Ftype=task&format=records&page=1&pageSize=5&", NULL, NULL), 404);
    CHECK(strstr(rig_body(r), "<Error "));
    CHECK_EQ(rig_call(r, "DELETE /api/versions", NULL, NULL), 405);
    CHECK(strstr(rig_body(r), "<Error "));
}

static void a_cell_without_an_administrator_says_so(void **state)
{
    struct rig *r = ((struct desk *)*state)->rig;
    struct err e;
    api_app_destroy(r->app);
    r->app = api_app_create(&r->world->site, NULL, 0, &e);
    CHECK_OK(r->app, &e);
    api_app_serve(r->app, &r->http);
    CHECK_EQ(rig_call(r, "GET /api/versions", "", NULL), 200);
    CHECK_EQ(rig_call(r, "GET /cloudapi/1.0.0/sessions/current", NULL, NULL), 503);
    CHECK(strstr(rig_body(r), "vouchsafe init"));
    CHECK_EQ(rig_call(r, "POST /cloudapi/1.0.0/sessions/provider", NULL, NULL), 503);
    CHECK_EQ(rig_call(r, "GET /api/session", NULL, NULL), 503);
    CHECK(strstr(rig_body(r), "<Error "));
}

GROUP(api_serve, DESK(versions_need_nothing), DESK(a_request_is_numbered_after_the_clients_own),
      DESK(without_a_session_the_answer_has_the_faces_form), DESK(an_unknown_version_is_not_acceptable),
      DESK(what_does_not_exist_has_a_body), DESK(a_cell_without_an_administrator_says_so))
