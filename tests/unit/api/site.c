/* Settings of the site and advisories, through the whole API. */
#include "flow/loan.h"
#include "flow/vcenter.h"
#include "store/store.h"
#include "unit/api/ask.h"

#define GENERAL "/api/admin/extension/settings/general"
#define JSON "application/*+json;version=37.0"
#define SHOWN "/cloudapi/1.0.0/advisories"
#define DEFINED "/cloudapi/1.0.0/definitions/advisories"

static void names_are_checked_until_an_administrator_says_otherwise_S13(void **state)
{
    struct desk *d = *state;
    d->accept = JSON;
    struct answer a = ask_for(d, 200, "GET", GENERAL, NULL);
    CHECK(json_is_true(json_object_get(a.json, "verifyVcCertificates")));
    CHECK(json_is_true(json_object_get(a.json, "verifyVsmCertificates")));
    answer_done(&a);
    a = ask_for(d, 200, "PUT", GENERAL, "{\"verifyVcCertificates\":false,\"unknownMember\":[1]}");
    CHECK(json_is_false(json_object_get(a.json, "verifyVcCertificates")));
    CHECK(json_is_true(json_object_get(a.json, "verifyVsmCertificates"))); /* what was not said stays */
    answer_done(&a);
    d->accept = NULL;
    a = ask_for(d, 200, "GET", GENERAL, NULL);
    CHECK(strstr(a.body, "<vmext:VerifyVcCertificates>false</vmext:VerifyVcCertificates>"));
    answer_done(&a);
    ask_only(d, 200, "PUT", GENERAL,
             "<?xml version=\"1.0\"?><GeneralSettings xmlns=\"http://www.vmware.com/vcloud/extension/v1.5\">"
             "<VerifyVcCertificates>true</VerifyVcCertificates></GeneralSettings>");
    a = ask_for(d, 200, "GET", GENERAL, NULL);
    CHECK(strstr(a.body, "<vmext:VerifyVcCertificates>true</vmext:VerifyVcCertificates>"));
    answer_done(&a);
}

static void senseless_settings_change_nothing(void **state)
{
    struct desk *d = *state;
    d->accept = JSON;
    static const char *const bad[] = {
        "", "null", "[]", "{\"verifyVcCertificates\":\"yes\"}", "{\"sessionTimeoutMinutes\":0}",
        "{\"sessionTimeoutMinutes\":1e9}", "{\"sessionTimeoutMinutes\":99999999}",
        "{\"verifyVcCertificates\":false,\"sessionTimeoutMinutes\":-1}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct answer a = ask(d, "PUT", GENERAL, bad[i]);
        if (a.status != 400)
            fail_msg("%s: %d %s", bad[i], a.status, a.body);
        answer_done(&a);
    }
    struct answer a = ask_for(d, 200, "GET", GENERAL, NULL);
    CHECK(json_is_true(json_object_get(a.json, "verifyVcCertificates")));
    answer_done(&a);
}

static void keep_vcenter(struct desk *d, const char *name, const char *trust)
{
    struct err e;
    char urn[80];
    static unsigned n;
    (void)snprintf(urn, sizeof(urn), "urn:vcloud:vimserver:00000000-0000-4000-8000-%012u", ++n);
    const struct vcenter v = { .urn = urn, .name = name, .url = "https://vc", .host = "vc", .port = 443, .username = "u",
                               .enabled = true, .mode = "NONE" };
    AUTO(loan_end) struct loan l = { 0 };
    CHECK_OK(loan_begin(d->rig->world->shelf, &l, &e), &e);
    CHECK_OK(store_begin(l.store, STORE_WRITE, &e), &e);
    CHECK_OK(vcenter_put(l.store, &v, &e), &e);
    if (trust)
        CHECK_OK(vcenter_trust_put(l.store, urn, trust, &e), &e);
    CHECK_OK(store_commit(l.store, &e), &e);
}

static void one_advisory_counts_what_nobody_reviewed_S10(void **state)
{
    struct desk *d = *state;
    struct answer a = ask_for(d, 200, "GET", SHOWN, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 0);
    answer_done(&a);
    keep_vcenter(d, "vc1", NULL);
    keep_vcenter(d, "vc2", NULL);
    a = ask_for(d, 200, "GET", SHOWN, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1);
    const char *text = answer_text(&a, "values.0.message");
    CHECK(strstr(text, "2 vCenter Servers") && strstr(text, "KB 78885") && strstr(text, "console proxy"));
    CHECK(strlen(text) <= 512);
    CHECK_STR(answer_text(&a, "values.0.priority"), "MANDATORY");
    CHECK_STR(answer_text(&a, "values.0.source"), "INTERNAL");
    char path[200];
    (void)snprintf(path, sizeof(path), DEFINED "/%s", answer_text(&a, "values.0.id"));
    answer_done(&a);
    ask_only(d, 400, "DELETE", path, NULL); /* it goes when its reason goes */
    (void)ground_user(d->g, ground_org(d->g, "acme"), "bob", "Organization Administrator", "bob's password");
    desk_become(d, "bob@acme", "bob's password");
    a = ask_for(d, 200, "GET", SHOWN, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 0); /* infrastructure is none of a tenant's business */
    answer_done(&a);
}

static void a_providers_advisory_is_shown_while_it_is_time(void **state)
{
    struct desk *d = *state;
    char path[200];
    struct answer a = ask_for(d, 201, "POST", DEFINED, "{\"message\":\"maintenance\",\"priority\":\"IMPORTANT\"}");
    (void)snprintf(path, sizeof(path), DEFINED "/%s", answer_text(&a, "id"));
    answer_done(&a);
    ask_only(d, 201, "POST", DEFINED, "{\"message\":\"long ago\",\"displayStart\":\"2001-01-01T00:00:00Z\",\"displayEnd\":\"2001-01-02T00:00:00Z\"}");
    a = ask_for(d, 200, "GET", SHOWN, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1);
    CHECK_STR(answer_text(&a, "values.0.message"), "maintenance");
    answer_done(&a);
    a = ask_for(d, 200, "GET", DEFINED, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 2);
    answer_done(&a);
    static const char *const bad[] = {
        "{}", "{\"message\":\"\"}", "{\"message\":1}", "{\"message\":\"x\",\"priority\":\"HIGH\"}",
        "{\"message\":\"x\",\"displayStart\":\"yesterday\"}",
        "{\"message\":\"x\",\"displayStart\":\"2026-01-02T00:00:00Z\",\"displayEnd\":\"2026-01-01T00:00:00Z\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ask_only(d, 400, "POST", DEFINED, bad[i]);
    ask_only(d, 204, "DELETE", path, NULL);
    ask_only(d, 403, "DELETE", path, NULL);
}

#define DENIED "/cloudapi/vouchsafe/1.0.0/deniedHosts"

static void the_deny_list_is_the_providers(void **state)
{
    struct desk *d = *state;
    ask_only(d, 201, "POST", DENIED, "{\"entry\":\"10.0.0.0/8\"}");
    ask_only(d, 201, "POST", DENIED, "{\"entry\":\"corp.example\"}");
    ask_only(d, 400, "POST", DENIED, "{\"entry\":\"10.0.0.0/8\"}");
    static const char *const bad[] = { "", "{}", "{\"entry\":\"\"}", "{\"entry\":\"10.0.0.0/33\"}", "{\"entry\":\"a b\"}", "{\"entry\":1}" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ask_only(d, 400, "POST", DENIED, bad[i]);
    struct answer a = ask_for(d, 200, "GET", DENIED, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 2);
    CHECK_STR(answer_text(&a, "values.0.entry"), "10.0.0.0/8");
    answer_done(&a);
    ask_only(d, 204, "DELETE", DENIED "/10.0.0.0%2F8", NULL);
    ask_only(d, 403, "DELETE", DENIED "/10.0.0.0%2F8", NULL);
    (void)ground_user(d->g, ground_org(d->g, "acme"), "bob", "Organization Administrator", "bob's password");
    desk_become(d, "bob@acme", "bob's password");
    ask_only(d, 403, "GET", DENIED, NULL);
    ask_only(d, 403, "POST", DENIED, "{\"entry\":\"x.example\"}");
}

GROUP(api_site, DESK(the_deny_list_is_the_providers), DESK(names_are_checked_until_an_administrator_says_otherwise_S13), DESK(senseless_settings_change_nothing),
      DESK(one_advisory_counts_what_nobody_reviewed_S10), DESK(a_providers_advisory_is_shown_while_it_is_time))
