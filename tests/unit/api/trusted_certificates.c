#include "unit/api/ask.h"

#include <stdlib.h>
#include <strings.h>

#include "fixture/mint.h"
#include "flow/org.h"

#define LIST "/cloudapi/1.0.0/ssl/trustedCertificates"
#define TEST "/cloudapi/1.0.0/testConnection"

/* A body with this alias and text as certificate; jansson escapes it. */
static char *body_of(const char *alias, const char *pem)
{
    json_t *j = json_pack("{s:s?, s:s?}", "alias", alias, "certificate", pem);
    char *text = json_dumps(j, 0);
    json_decref(j);
    return text;
}

static struct answer post(struct desk *d, int status, const char *alias, const char *pem)
{
    char *body = body_of(alias, pem);
    struct answer a = ask_for(d, status, "POST", LIST "/", body); /* trap 2 */
    free(body);
    return a;
}

/* Grants it; its path. */
static void grant(struct desk *d, const char *alias, const char *pem, char path[200])
{
    struct answer a = post(d, 201, alias, pem);
    (void)snprintf(path, 200, LIST "/%s", answer_text(&a, "id"));
    answer_done(&a);
}

static void an_entry_lives(void **state)
{
    struct desk *d = *state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=A", MINT_P256), *b = mint_root(m, "/CN=B", MINT_P256 + 1);
    char path[200], text[8192], location[300];
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    (void)snprintf(text, sizeof(text), "\nsome text\r\n%s more text", a->pem); /* trap 15 */
    struct answer got = post(d, 201, "Vc1.Example_2026-11-23T10:00:00Z", text);
    (void)snprintf(path, sizeof(path), LIST "/%s", answer_text(&got, "id"));
    CHECK_STR(answer_text(&got, "certificate"), a->pem);
    CHECK_EQ(strncmp(answer_text(&got, "id"), "urn:vcloud:trustedCertificate:", 30), 0);
    answer_field(&got, "content-location", location, sizeof(location));
    CHECK(strstr(location, path));
    answer_done(&got);

    got = ask_for(d, 200, "GET", LIST "/?filter=alias%3D%3Dvc1.example_2026-11-23T10%3A00%3A00Z&pageSize=128", NULL);
    CHECK_EQ(answer_number(&got, "resultTotal"), 1);
    CHECK_STR(answer_text(&got, "values.0.certificate"), a->pem);
    answer_done(&got);
    got = ask_for(d, 200, "GET", LIST "?filter=alias==other", NULL);
    CHECK_EQ(answer_number(&got, "resultTotal"), 0);
    answer_done(&got);
    ask_only(d, 400, "GET", LIST "?filter=nothing==x", NULL);
    ask_only(d, 400, "GET", LIST "?sortAsc=certificate", NULL);

    char *body = body_of("new", b->pem);
    got = ask_for(d, 200, "PUT", path, body);
    CHECK_STR(answer_text(&got, "alias"), "new");
    CHECK_STR(answer_text(&got, "certificate"), b->pem);
    answer_done(&got);
    ask_only(d, 200, "PUT", path, body); /* the same again */
    free(body);
    ask_only(d, 400, "DELETE", "/cloudapi/1.0.0/ssl/trustedCertificates/urn:vcloud:trustedCertificate:"
                               "00000000-0000-4000-8000-000000000000?sessions=maybe", NULL);
    (void)snprintf(text, sizeof(text), "%s?sessions=finish", path);
    ask_only(d, 204, "DELETE", text, NULL);
    ask_only(d, 403, "DELETE", path, NULL);
    ask_only(d, 403, "GET", path, NULL); /* trap 4 */
    ask_only(d, 403, "GET", LIST "/nonsense", NULL);
}

/* Pages cut anywhere are parts of the one sorted list; rows that are equal by the key keep one order. */
static void pages_are_parts_of_one_order(void **state)
{
    struct desk *d = *state;
    enum { COUNT = 150 };
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct { const char *sort, *field; int direction; } by[] = { { "sortAsc=alias", "alias", 1 }, { "sortDesc=alias", "alias", -1 } };
    char path[200], what[64], last[64], found[64];
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(what, sizeof(what), "%s %03d", i % 2 ? "a" : "A", i * 7 % COUNT);
        (void)snprintf(last, sizeof(last), "/CN=%d", i);
        grant(d, what, mint_root(m, last, MINT_P256 + i)->pem, path);
    }
    for (size_t k = 0; k < ARRAY_LEN(by); k++)
        for (int size = 1; size <= 128; size = 3 * size + 1) {
            int seen = 0;
            last[0] = '\0';
            for (int page = 1; (page - 1) * size < COUNT; page++) {
                (void)snprintf(path, sizeof(path), LIST "?page=%d&pageSize=%d&%s", page, size, by[k].sort);
                struct answer a = ask_for(d, 200, "GET", path, NULL);
                CHECK_EQ(answer_number(&a, "resultTotal"), COUNT);
                for (int i = 0; i < size && seen < COUNT; i++, seen++) {
                    (void)snprintf(found, sizeof(found), "values.%d.%s", i, by[k].field);
                    (void)snprintf(found, sizeof(found), "%s", answer_text(&a, found));
                    if (last[0] && strcasecmp(last, found) * by[k].direction >= 0)
                        fail_msg("%s: %s before %s", path, last, found);
                    (void)snprintf(last, sizeof(last), "%s", found);
                }
                answer_done(&a);
            }
            CHECK_EQ(seen, COUNT);
        }
}

static void what_makes_no_sense_changes_nothing(void **state)
{
    struct desk *d = *state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=A", MINT_P256), *b = mint_root(m, "/CN=B", MINT_P256 + 1);
    char path[200], both[16384], long_alias[400];
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    grant(d, "first", a->pem, path);
    (void)snprintf(both, sizeof(both), "%s%s", a->pem, b->pem);
    memset(long_alias, 'x', sizeof(long_alias) - 1);
    long_alias[sizeof(long_alias) - 1] = '\0';
    const struct { const char *alias, *pem; } bad[] = {
        { "x", both }, { "x", "no PEM" }, { "x", "" }, { "x", NULL }, { NULL, b->pem }, { "", b->pem }, { long_alias, b->pem },
        { "x", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n" }, { "FIRST", b->pem }, { "second", a->pem },
        { "x\ny", b->pem },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct answer got = post(d, 400, bad[i].alias, bad[i].pem);
        if (i == 9)
            CHECK_EQ(strncmp(answer_text(&got, "message"), "Duplicate certificate", 21), 0);
        CHECK(answer_text(&got, "minorErrorCode")[0]);
        answer_done(&got);
    }
    static const char *const bodies[] = { "null", "", "[]", "{", "{\"alias\":1,\"certificate\":\"x\"}", "\"x\"" };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        ask_only(d, 400, "POST", LIST, bodies[i]);
    struct answer got = ask_for(d, 200, "GET", LIST, NULL);
    CHECK_EQ(answer_number(&got, "resultTotal"), 1);
    answer_done(&got);
}

static void organizations_are_apart(void **state)
{
    struct desk *d = *state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *a = mint_root(m, "/CN=A", MINT_P256);
    char system[200], theirs[200];
    const char *org = ground_org(d->g, "acme");
    (void)ground_user(d->g, org, "admin", "Organization Administrator", "admin's password");
    (void)ground_user(d->g, org, "user", "vApp User", "user's password");
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    grant(d, "ca", a->pem, system);
    (void)snprintf(d->tenant, sizeof(d->tenant), "%s", strrchr(org, ':') + 1); /* the SDK sends the bare UUID */
    grant(d, "ca", a->pem, theirs);
    struct answer got = ask_for(d, 200, "GET", LIST, NULL);
    CHECK_EQ(answer_number(&got, "resultTotal"), 1);
    answer_done(&got);
    d->tenant[0] = '\0';
    ask_only(d, 200, "GET", theirs, NULL); /* by URN a provider reaches everybody's */
    desk_become(d, "admin@acme", "admin's password");
    got = ask_for(d, 200, "GET", LIST, NULL);
    CHECK_EQ(answer_number(&got, "resultTotal"), 1);
    answer_done(&got);
    ask_only(d, 403, "GET", system, NULL);
    ask_only(d, 403, "DELETE", system, NULL);
    char *body = body_of("x", a->pem);
    ask_only(d, 403, "PUT", system, body);
    desk_become(d, "user@acme", "user's password"); /* without the right */
    ask_only(d, 403, "GET", LIST, NULL);
    ask_only(d, 403, "POST", LIST, body);
    ask_only(d, 403, "POST", TEST, "{\"host\":\"vc1.example\",\"port\":443}");
    free(body);
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    ask_only(d, 204, "DELETE", theirs, NULL);
}

static void a_test_that_makes_no_sense_is_refused(void **state)
{
    struct desk *d = *state;
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    static const char *const bad[] = {
        "null", "{}", "{\"host\":\"a\"}", "{\"port\":443}", "{\"host\":\"a\",\"port\":0}", "{\"host\":\"a\",\"port\":65536}",
        "{\"host\":\"a b\",\"port\":443}", "{\"host\":\"a\",\"port\":\"443\"}", "{\"host\":\"a\",\"port\":443,\"timeout\":0}",
        "{\"host\":\"a\",\"port\":443,\"timeout\":121}", "{\"host\":\"a\",\"port\":443,\"secure\":1}",
        "{\"host\":\"a\",\"port\":443,\"hostnameVerificationAlgorithm\":\"NONE\"}",
        "{\"host\":\"a\",\"port\":443,\"additionalCAIssuers\":\"http://x\"}",
        "{\"host\":\"a\",\"port\":443,\"additionalCAIssuers\":[1]}",
        "{\"host\":\"a\",\"port\":443,\"additionalCAIssuers\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}",
        "{\"host\":\"a\",\"port\":443,\"preConfiguredProxy\":\"urn:vcloud:proxyConfiguration:1\"}",
        "{\"host\":\"a\",\"port\":443,\"proxyConnection\":{\"proxyHost\":\"p\"}}",
        "{\"host\":\"a\",\"port\":443,\"proxyConnection\":{\"proxyHost\":\"p q\",\"proxyPort\":1}}",
        "{\"host\":\"a\",\"port\":443,\"proxyConnection\":{\"proxyHost\":\"p\",\"proxyPort\":1,\"proxyUsername\":\"a:b\"}}",
        "{\"host\":\"a\",\"port\":443,\"proxyConnection\":{\"proxyHost\":\"p\",\"proxyPort\":1},\"preConfiguredProxy\":\"x\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ask_only(d, 400, "POST", TEST "/", bad[i]);
}

static void nobody_answers(void **state)
{
    struct desk *d = *state;
    desk_become(d, "administrator@System", GROUND_PASSWORD);
    struct answer a = ask_for(d, 200, "POST", TEST, "{\"host\":\"127.0.0.1\",\"port\":1,\"timeout\":5}");
    CHECK_STR(answer_text(&a, "targetProbe.connectionResult"), "ERROR_CANNOT_CONNECT");
    json_t *target = json_object_get(a.json, "targetProbe");
    CHECK(json_is_null(json_object_get(target, "sslResult")) && json_is_false(json_object_get(target, "canConnect")));
    CHECK(json_is_null(json_object_get(target, "certificateChain")) && json_is_null(json_object_get(target, "resolvedIp")));
    CHECK(json_is_null(json_object_get(a.json, "proxyProbe")));
    answer_done(&a);
    a = ask_for(d, 200, "POST", TEST, "{\"host\":\"vc1.example\",\"port\":443,\"timeout\":5,\"proxyConnection\":"
                                      "{\"proxyHost\":\"127.0.0.1\",\"proxyPort\":1,\"proxySecure\":false}}");
    CHECK_STR(answer_text(&a, "targetProbe.connectionResult"), "ERROR_CANNOT_CONNECT");
    CHECK_STR(answer_text(&a, "proxyProbe.connectionResult"), "ERROR_CANNOT_CONNECT");
    answer_done(&a);
    ask_only(d, 403, "GET", "/cloudapi/1.0.0/virtualCenters/urn:vcloud:vimserver:44444444-4444-4444-8444-444444444444/"
                            "certificateAuthority/vmca", NULL);
}

GROUP(api_trusted_certificates, DESK(an_entry_lives), DESK(what_makes_no_sense_changes_nothing),
      DESK(pages_are_parts_of_one_order), DESK(organizations_are_apart), DESK(a_test_that_makes_no_sense_is_refused), DESK(nobody_answers))
