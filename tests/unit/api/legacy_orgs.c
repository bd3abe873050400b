#include "unit/api/ask.h"

#define SYSTEM_UUID "a93c9db9-7471-3192-8d09-a8f7eeda85f9"

static void has(const struct answer *a, const char *part)
{
    if (!strstr(a->body, part))
        fail_msg("no %s in %s", part, a->body);
}

static void lists(void **state)
{
    struct desk *d = *state;
    const char *acme = ground_org(d->g, "acme");
    (void)ground_user(d->g, acme, "bob", "Organization Administrator", "bob's password");
    struct answer a = ask_for(d, 200, "GET", "/api/org/", NULL);
    has(&a, "<OrgList xmlns=\"http://www.vmware.com/vcloud/v1.5\"");
    has(&a, "<Org href=\"https://cell.example/api/org/" SYSTEM_UUID "\" name=\"System\" type=\"application/vnd.vmware.vcloud.org+xml\"/>");
    has(&a, "name=\"acme\"");
    answer_done(&a);
    d->accept = "application/*+json;version=37.0";
    a = ask_for(d, 200, "GET", "/api/org", "null"); /* trap 11: a GET with a body */
    CHECK_EQ(json_array_size(json_object_get(a.json, "org")), 2);
    CHECK(strstr(answer_text(&a, "org.0.href"), "https://cell.example/api/org/"));
    answer_done(&a);
    desk_become(d, "bob@acme", "bob's password");
    a = ask_for(d, 200, "GET", "/api/org", NULL);
    CHECK_EQ(json_array_size(json_object_get(a.json, "org")), 1);
    CHECK_STR(answer_text(&a, "org.0.name"), "acme");
    answer_done(&a);
}

static void one(void **state)
{
    struct desk *d = *state;
    const char *acme = ground_org(d->g, "acme");
    (void)ground_user(d->g, acme, "bob", "Console Access Only", "bob's password");
    struct answer a = ask_for(d, 200, "GET", "/api/org/" SYSTEM_UUID, NULL);
    has(&a, "<Org ");
    has(&a, "id=\"urn:vcloud:org:" SYSTEM_UUID "\" name=\"System\"");
    has(&a, "<FullName>System</FullName>");
    answer_done(&a);
    a = ask_for(d, 200, "GET", "/api/admin/org/" SYSTEM_UUID, NULL);
    has(&a, "<AdminOrg ");
    has(&a, "<IsEnabled>true</IsEnabled>");
    answer_done(&a);
    a = ask_for(d, 404, "GET", "/api/org/11111111-2222-4333-8444-555555555555", NULL);
    has(&a, "<Error ");
    answer_done(&a);
    ask_only(d, 404, "GET", "/api/org/nonsense", NULL);
    desk_become(d, "bob@acme", "bob's password");
    a = ask_for(d, 403, "GET", "/api/org/" SYSTEM_UUID, NULL);
    has(&a, "minorErrorCode=\"ACCESS_TO_RESOURCE_IS_FORBIDDEN\"");
    answer_done(&a);
    ask_only(d, 403, "GET", "/api/admin/org/" SYSTEM_UUID, NULL);
}

/* Clients cut the version out of the description at the first blank, and read a date from the rest. */
static void versions(void **state)
{
    struct desk *d = *state;
    struct answer a = ask_for(d, 200, "GET", "/api/admin", NULL);
    has(&a, "<VCloud ");
    has(&a, "<Description>10.4.0.");
    has(&a, "<OrganizationReference href=\"https://cell.example/api/admin/org/" SYSTEM_UUID "\"");
    const char *text = strstr(a.body, "<Description>");
    unsigned major, minor, patch, build, day, year;
    char week[8], month[8];
    CHECK_EQ(sscanf(text, "<Description>%u.%u.%u.%u %3s %3s %u %*s UTC %u<", &major, &minor, &patch, &build, week, month, &day, &year), 8);
    CHECK_EQ(major, 10);
    CHECK_EQ(minor, 4);
    answer_done(&a);
    d->accept = "application/*+json;version=37.0";
    a = ask_for(d, 200, "GET", "/api/admin/", NULL);
    CHECK_STR(answer_text(&a, "organizationReferences.organizationReference.0.name"), "System");
    answer_done(&a);
}

GROUP(api_legacy_orgs, DESK(lists), DESK(one), DESK(versions))
