/* Logins of both kinds: sent once when rejected, renewed once when run out, and never in a text. */
#include "vim/session.h"

#include "base/arena.h"
#include "unit/vim/script.h"
#include "wire/xml.h"

static const struct vim_object host_9 = { "HostSystem", "host-9" };

#define STEP_CALL(answer, ...) { .want = { "<Refresh xmlns=\"urn:vim25\"", "<_this type=\"HostSystem\">host-9</_this>", \
                                   "Cookie: vmware_soap_session=\"52ab\"\r\n" }, .file = answer, ##__VA_ARGS__ }
#define REFRESHED .body = "<E:Envelope xmlns:E='http://schemas.xmlsoap.org/soap/envelope/'><E:Body><RefreshResponse " \
                          "xmlns='urn:vim25'/></E:Body></E:Envelope>", .type = "text/xml"

static bool refresh_fault(struct script *s, struct vim_fault *fault, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_method m = { .name = "Refresh", .on = &host_9 };
    bool ok = vim_session_call(s->session, &m, soon(), &a, &answer, fault, e);
    if (ok)
        CHECK(xml_is(answer, VIM_NS, "RefreshResponse"));
    return ok;
}

static bool refresh(struct script *s, struct err *e)
{
    return refresh_fault(s, NULL, e);
}

static void a_call_logs_in_first_and_once(void **state)
{
    (void)state;
    struct err e;
    struct vim_about about;
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_CALL(NULL, REFRESHED), STEP_CALL(NULL, REFRESHED),
           { .want = { "<Logout ", "SessionManager</_this>", "Cookie: vmware_soap_session=\"52ab\"\r\n" }, .file = "logout.xml" });
    CHECK_OK(refresh(&s, &e), &e);
    CHECK_OK(refresh(&s, &e), &e);
    CHECK_OK(vim_session_about(s.session, soon(), &about, &e), &e);
    CHECK(about.vcenter && vim_about_has_vmca_rest(&about));
    CHECK_STR(about.version, "7.0.3");
    CHECK_STR(about.api_version, "7.0.3.0");
    CHECK_STR(about.speak, "6.7");
    CHECK_STR(about.instance_uuid, "8a1c6f2e-0a67-4e3c-9a53-2f1e5b7c9d10");
    CHECK_STR(about.root_folder.id, "group-d1");
    CHECK_EQ(vim_session_logins(s.session), 1);
    CHECK_EQ(s.dials, 2); /* the password went over a connection of its own, then that one was kept */
    vim_session_logout(s.session, soon());
    vim_session_logout(s.session, soon()); /* nothing left to end */
    script_end(&s);
}

static void an_older_server_is_asked_in_its_own_version(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, { .want = { "RetrieveServiceContent" }, .file = "service-content-65.xml" },
           { .want = { "<Login", "SOAPAction: urn:vim25/6.5\r\n" }, .file = "login.xml", .fields = "Set-Cookie: vmware_soap_session=1\r\n" });
    CHECK_OK(vim_session_login(s.session, soon(), &e), &e);
    script_end(&s);
}

static void a_rejected_password_is_sent_once(void **state)
{
    (void)state;
    struct err e;
    struct vim_rest_answer answer;
    SCRIPT(s, STEP_CONTENT, { .want = { "<Login" }, .file = "fault-invalid-login.xml", .status = 500 });
    CHECK_FAILS(vim_session_login(s.session, soon(), &e), &e, ERR_DENIED);
    CHECK(!strstr(e.msg, "sword!")); /* the server said it back to us */
    CHECK(strstr(e.msg, "administrator@vsphere.local"));
    CHECK(vim_session_rejected(s.session));
    CHECK_FAILS(refresh(&s, &e), &e, ERR_DENIED);
    CHECK_FAILS(vim_session_get(s.session, "/x", soon(), &answer, &e), &e, ERR_DENIED);
    CHECK_EQ(vim_session_logins(s.session), 1);
    script_end(&s);
}

static void a_password_whose_answer_was_lost_is_not_repeated_by_itself(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, STEP_CONTENT, { .want = { "<Login" }, .drop = true });
    CHECK_FAILS(vim_session_login(s.session, soon(), &e), &e, ERR_PEER);
    CHECK(!vim_session_rejected(s.session));
    script_end(&s);
}

static void a_session_that_ran_out_is_renewed_once(void **state)
{
    (void)state;
    struct err e;
    struct vim_fault fault;
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_CALL("fault-not-authenticated.xml", .status = 500), STEP_CONTENT, STEP_LOGIN,
           STEP_CALL(NULL, REFRESHED), STEP_CALL("fault-not-authenticated.xml", .status = 500), STEP_CONTENT, STEP_LOGIN,
           STEP_CALL("fault-not-authenticated.xml", .status = 500));
    CHECK_OK(refresh(&s, &e), &e);
    CHECK_FAILS(refresh_fault(&s, &fault, &e), &e, ERR_DENIED);
    CHECK(vim_fault_is(&fault, "NotAuthenticated"));
    CHECK(!vim_session_rejected(s.session));
    script_end(&s);
}

static void the_password_may_be_changed_while_the_session_lasts(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_CALL("fault-not-authenticated.xml", .status = 500), STEP_CONTENT,
           { .want = { "<Login" }, .file = "fault-invalid-login.xml", .status = 500 });
    CHECK_FAILS(refresh(&s, &e), &e, ERR_DENIED);
    CHECK(vim_session_rejected(s.session));
    script_end(&s);
}

static void faults_have_kinds_and_names(void **state)
{
    (void)state;
    static const struct {
        const char *file, *type;
        enum err_kind kind;
        const char *says;
    } cases[] = {
        { "fault-not-found.xml", "ManagedObjectNotFound", ERR_NOT_FOUND, "Refresh: ManagedObjectNotFound" },
        { "fault-no-permission.xml", "NoPermission", ERR_DENIED, "NoPermission: Permission to perform" },
        { "fault-no-type.xml", "InvalidProperty", ERR_INPUT, "InvalidProperty" },
        { "fault-odd.xml", "SystemError", ERR_PEER, "SystemError: A general system error" },
        { "fault-empty.xml", "UnnamedFault", ERR_PEER, "UnnamedFault" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct vim_fault fault;
        struct script_step steps[] = { STEP_CONTENT, STEP_LOGIN, STEP_CALL(cases[i].file, .status = 500) };
        struct script s = { 0 };
        script_start(&s, steps, 3);
        CHECK_FAILS(refresh_fault(&s, &fault, &e), &e, cases[i].kind);
        CHECK_STR(fault.type, cases[i].type);
        if (!strstr(e.msg, cases[i].says))
            fail_msg("%s says: %s", cases[i].file, e.msg);
        script_end(&s);
    }
}

static void what_is_no_answer_to_the_call_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct script_step step;
        enum err_kind kind;
        const char *says;
    } cases[] = {
        { { .file = "login.xml" }, ERR_PEER, "not a RefreshResponse" },
        { { .file = "login.xml", .status = 500 }, ERR_PEER, "not a RefreshResponse" },
        { { .body = "<html>", .type = "text/html" }, ERR_PEER, "text/html where XML was expected" },
        { { .body = "<html>", .type = "text/html", .status = 500 }, ERR_PEER, "text/html" },
        { { .body = "<a>", .type = "text/xml" }, ERR_PEER, "Refresh" },
        { { .body = "", .type = "text/xml" }, ERR_PEER, "Refresh" },
        { { .body = "<!DOCTYPE a><a/>", .type = "text/xml" }, ERR_PEER, "Refresh" },
        { { .body = "<a/>", .type = "text/xml" }, ERR_PEER, "Refresh" },
        { { .body = "x", .type = "text/plain", .status = 503 }, ERR_PEER, "503" },
        { { .body = "x", .type = "text/plain", .status = 404 }, ERR_NOT_FOUND, "404" },
        { { .body = "x", .type = "text/plain", .status = 403 }, ERR_DENIED, "403" },
        { { .body = "", .status = 302, .fields = "Location: https://evil.example/\r\n" }, ERR_PEER, "302" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct script_step steps[] = { STEP_CONTENT, STEP_LOGIN, cases[i].step };
        struct script s = { 0 };
        script_start(&s, steps, 3);
        CHECK_FAILS(refresh(&s, &e), &e, cases[i].kind);
        if (!strstr(e.msg, cases[i].says) || !strstr(e.msg, "Refresh"))
            fail_msg("case %zu says: %s", i, e.msg);
        script_end(&s);
    }
}

static void an_answer_past_its_cap_is_refused(void **state)
{
    (void)state;
    struct err e;
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_CALL("hosts-1.xml"));
    struct vim_method m = { .name = "Refresh", .on = &host_9, .answer_max = 2000 };
    CHECK_FAILS(vim_session_call(s.session, &m, soon(), &a, &answer, NULL, &e), &e, ERR_LIMIT);
    CHECK(strstr(e.msg, "2000"));
    script_end(&s);
}

static void a_service_that_says_nonsense_gets_no_password(void **state)
{
    (void)state;
    static const char *const files[] = { "service-content-bad-version.xml", "service-content-no-about.xml", "login.xml" };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct err e;
        struct script_step steps[] = { { .file = files[i] } };
        struct script s = { 0 };
        script_start(&s, steps, 1);
        CHECK_FAILS(vim_session_login(s.session, soon(), &e), &e, ERR_PEER);
        CHECK(!strstr(buf_str(&s.log), "sword!"));
        script_end(&s);
    }
}

static void a_login_needs_a_cookie(void **state)
{
    (void)state;
    static const char *const fields[] = { NULL, "Set-Cookie: vmware_soap_session=; Path=/\r\n", "Set-Cookie: other=1\r\n" };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        struct err e;
        struct script_step steps[] = { STEP_CONTENT, { .want = { "<Login" }, .file = "login.xml", .fields = fields[i] } };
        struct script s = { 0 };
        script_start(&s, steps, 2);
        CHECK_FAILS(vim_session_login(s.session, soon(), &e), &e, ERR_PEER);
        script_end(&s);
    }
}

/* The whole conversation in pieces of every small size, and cut off all through what the server says. */
static void conversations_can_be_split_and_cut_anywhere(void **state)
{
    (void)state;
    static const struct script_step steps[] = { STEP_CONTENT, STEP_LOGIN,
                                                { .want = { "<Refresh" }, REFRESHED, .chunked = true, .close = true } };
    struct err e;
    size_t login = 0, call = 0;
    for (size_t piece = 1; piece < 40; piece++) {
        struct script s = { .piece = piece };
        script_start(&s, steps, 2);
        CHECK_OK(vim_session_login(s.session, soon(), &e), &e);
        login = s.answered;
        script_again(&s, steps + 2, 1, 0);
        CHECK_OK(refresh(&s, &e), &e);
        call = s.answered;
        script_end(&s);
    }
    struct script s = { 0 };
    script_start(&s, steps, 3);
    for (size_t cut = 1; cut < login; cut += 3) { /* a login whose answer broke off is none: the next call begins anew */
        script_again(&s, steps, 3, cut);
        CHECK_FAILS(refresh(&s, &e), &e, ERR_PEER);
    }
    script_again(&s, steps, 2, 0);
    CHECK_OK(vim_session_login(s.session, soon(), &e), &e);
    for (size_t cut = 1; cut < call; cut++) {
        script_again(&s, steps + 2, 1, cut);
        CHECK_FAILS(refresh(&s, &e), &e, ERR_PEER);
    }
    script_stop(&s);
}

static void rest_is_tried_in_both_families(void **state)
{
    (void)state;
    struct err e;
    struct vim_rest_answer answer;
    SCRIPT(s, { .want = { "POST /api/session ", "Authorization: Basic YWRtaW5pc3RyYXRvckB2c3BoZXJlLmxvY2FsOlBhPHM+JnN3b3JkIQ==\r\n" },
                .file = "session-api.json", .status = 201 },
           { .want = { "GET /api/v/x ", "vmware-api-session-id: b00db39f948d13ea1e59b4d6fce56389\r\n", "!Authorization" },
             .body = "[1]", .type = "application/json" },
           { .want = { "GET /api/v/y " }, .body = "", .status = 404, .type = "text/plain" },
           { .want = { "GET /rest/v/y ", "vmware-api-session-id: b00db" }, .body = "{\"value\":[2]}", .type = "application/json" },
           { .want = { "GET /api/v/z " }, .file = "not-found-api.json", .status = 404 },
           { .want = { "DELETE /api/session ", "vmware-api-session-id: b00db" }, .body = "", .status = 204 });
    CHECK_OK(vim_session_get(s.session, "/v/x", soon(), &answer, &e), &e);
    CHECK(!answer.absent && json_integer_value(json_array_get(answer.value, 0)) == 1);
    json_decref(answer.value);
    CHECK_OK(vim_session_get(s.session, "/v/y", soon(), &answer, &e), &e);
    CHECK(!answer.absent && json_integer_value(json_array_get(answer.value, 0)) == 2);
    json_decref(answer.value);
    CHECK_FAILS(vim_session_get(s.session, "/v/z", soon(), &answer, &e), &e, ERR_NOT_FOUND);
    vim_session_logout(s.session, soon());
    script_end(&s);
}

static void a_rest_session_is_renewed_once_and_a_rejection_remembered(void **state)
{
    (void)state;
    struct err e;
    struct vim_rest_answer answer;
    SCRIPT(s, { .want = { "POST /api/session " }, .body = "", .status = 404 },
           { .want = { "POST /rest/com/vmware/cis/session ", "Basic " }, .file = "session-rest.json" },
           { .want = { "GET /rest/v/x ", "vmware-api-session-id: 7f3cd0a1e2\r\n" }, .file = "unauthenticated.json", .status = 401 },
           { .want = { "POST /api/session " }, .body = "", .status = 404 },
           { .want = { "POST /rest/com/vmware/cis/session " }, .file = "session-rest.json" },
           { .want = { "GET /rest/v/x " }, .file = "unauthenticated.json", .status = 401 },
           { .want = { "POST /api/session " }, .file = "unauthenticated.json", .status = 401 });
    CHECK_FAILS(vim_session_get(s.session, "/v/x", soon(), &answer, &e), &e, ERR_DENIED);
    CHECK(!vim_session_rejected(s.session));
    CHECK_FAILS(vim_session_get(s.session, "/v/x", soon(), &answer, &e), &e, ERR_DENIED);
    CHECK(vim_session_rejected(s.session));
    CHECK_FAILS(vim_session_login(s.session, soon(), &e), &e, ERR_DENIED);
    script_end(&s);
}

static void bad_session_ids_are_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "1", "\"\"", "{}", "[\"a\"]", "\"a\" x" };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct err e;
        struct vim_rest_answer answer;
        struct script_step steps[] = { { .want = { "POST /api/session" }, .body = bodies[i], .status = 201 } };
        struct script s = { 0 };
        script_start(&s, steps, 1);
        CHECK_FAILS(vim_session_get(s.session, "/x", soon(), &answer, &e), &e, ERR_PEER);
        script_end(&s);
    }
}

static void credentials_are_checked_before_they_go_anywhere(void **state)
{
    (void)state;
    static const struct {
        const char *user, *password;
    } cases[] = { { "", "x" }, { "a:b", "x" }, { "a\xff", "x" }, { "a", "" }, { "a", "\xff" } };
    SCRIPT(s, STEP_CONTENT);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct secret password = { 0 };
        struct vim_session *session;
        CHECK(secret_set(&password, cases[i].password, strlen(cases[i].password), &e));
        CHECK_FAILS(vim_session_create(s.endpoint, cases[i].user, &password, &session, &e), &e, ERR_INPUT);
        secret_done(&password);
    }
    script_stop(&s);
}

static void versions_compare_as_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int want;
    } cases[] = { { "6.7", "6.7", 0 }, { "6.7", "6.7.0.0", 0 }, { "6.7.3", "6.7", 1 }, { "6.5", "6.7", -1 },
                  { "10.0", "9.0", 1 }, { "7.0.3.0", "7.0.10.0", -1 } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_EQ(vim_version_compare(cases[i].a, cases[i].b), cases[i].want);
    CHECK(vim_version_valid("7.0.3.0") && !vim_version_valid("") && !vim_version_valid("7.") && !vim_version_valid(".7"));
    CHECK(!vim_version_valid("7..0") && !vim_version_valid("7.0 ") && !vim_version_valid("7.0\r\n"));
}

GROUP(vim_session, cmocka_unit_test(a_call_logs_in_first_and_once),
      cmocka_unit_test(an_older_server_is_asked_in_its_own_version), cmocka_unit_test(a_rejected_password_is_sent_once),
      cmocka_unit_test(a_password_whose_answer_was_lost_is_not_repeated_by_itself),
      cmocka_unit_test(a_session_that_ran_out_is_renewed_once),
      cmocka_unit_test(the_password_may_be_changed_while_the_session_lasts), cmocka_unit_test(faults_have_kinds_and_names),
      cmocka_unit_test(what_is_no_answer_to_the_call_is_refused), cmocka_unit_test(an_answer_past_its_cap_is_refused),
      cmocka_unit_test(a_service_that_says_nonsense_gets_no_password), cmocka_unit_test(a_login_needs_a_cookie),
      cmocka_unit_test(conversations_can_be_split_and_cut_anywhere), cmocka_unit_test(rest_is_tried_in_both_families),
      cmocka_unit_test(a_rest_session_is_renewed_once_and_a_rejection_remembered),
      cmocka_unit_test(bad_session_ids_are_refused), cmocka_unit_test(credentials_are_checked_before_they_go_anywhere),
      cmocka_unit_test(versions_compare_as_numbers))
