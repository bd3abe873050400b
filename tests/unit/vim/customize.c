#include "vim/customize.h"

#include "base/arena.h"
#include "base/secret.h"
#include "unit/vim/script.h"

#define CONTENT(which) { .want = { "RetrieveServiceContent" }, .file = "service-content-" which ".xml" }
#define TASK_ANSWER .file = "customize-task.xml"

static const struct vim_customize plain = { .computer = "web-1", .domain = "example.com", .nics = 2, .full_name = "Administrator", .org = "Acme" };

static void a_linux_guest_gets_name_domain_and_a_card_each(void **state)
{
    (void)state;
    struct err e;
    struct vim_object task;
    SCRIPT(s, CONTENT("7-full"), STEP_LOGIN,
           { .want = { "<_this type=\"VirtualMachine\">vm-7</_this><spec><options xsi:type=\"CustomizationLinuxOptions\"/>"
                       "<identity xsi:type=\"CustomizationLinuxPrep\"><hostName xsi:type=\"CustomizationFixedName\"><name>web-1</name></hostName>"
                       "<domain>example.com</domain></identity><globalIPSettings/>"
                       "<nicSettingMap><adapter><ip xsi:type=\"CustomizationDhcpIpGenerator\"/></adapter></nicSettingMap>"
                       "<nicSettingMap><adapter><ip xsi:type=\"CustomizationDhcpIpGenerator\"/></adapter></nicSettingMap></spec>",
                       "SOAPAction: urn:vim25/6.7\r\n" }, TASK_ANSWER });
    CHECK_OK(vim_customize(s.session, "vm-7", &plain, soon(), &task, &e), &e);
    CHECK_STR(task.id, "task-7");
    script_end(&s);
}

/* A server drops, or refuses, members of a schema that is newer than the one it is spoken to in. */
static void a_script_is_said_in_the_schema_that_knows_scripts(void **state)
{
    (void)state;
    struct err e;
    struct vim_object task;
    struct vim_customize c = plain;
    c.script = "#!/bin/sh\necho <hi>\n";
    SCRIPT(s, CONTENT("7-full"), STEP_LOGIN,
           { .want = { "</domain><scriptText>#!/bin/sh\necho &lt;hi&gt;\n</scriptText></identity>", "SOAPAction: urn:vim25/7.0.0.0\r\n" }, TASK_ANSWER });
    CHECK_OK(vim_customize(s.session, "vm-7", &c, soon(), &task, &e), &e);
    script_end(&s);
}

static void a_password_of_linux_needs_the_newest(void **state)
{
    (void)state;
    struct err e;
    struct vim_object task;
    AUTO(secret_done) struct secret password = { 0 };
    struct vim_customize c = plain;
    CHECK_OK(secret_set(&password, "Geheim-12", 9, &e), &e);
    c.admin_password = &password;
    c.reset_password = true;
    SCRIPT(s, CONTENT("8"), STEP_LOGIN,
           { .want = { "<password><value>Geheim-12</value><plainText>true</plainText></password><resetPassword>true</resetPassword></identity>",
                       "SOAPAction: urn:vim25/8.0.0.1\r\n" }, TASK_ANSWER });
    CHECK_OK(vim_customize(s.session, "vm-7", &c, soon(), &task, &e), &e);
    script_end(&s);
    SCRIPT(t, CONTENT("7-full"), STEP_LOGIN);
    CHECK_FAILS(vim_customize(t.session, "vm-7", &c, soon(), &task, &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, "8.0") && !strstr(buf_str(&t.log), "Geheim"));
    script_end(&t);
}

static void a_windows_guest_gets_sysprep(void **state)
{
    (void)state;
    struct err e;
    struct vim_object task;
    AUTO(secret_done) struct secret password = { 0 }, domain = { 0 };
    struct vim_customize c = plain;
    CHECK_OK(secret_set(&password, "a&b", 3, &e) && secret_set(&domain, "c&d", 3, &e), &e);
    c.windows = c.change_sid = c.join = c.auto_logon = true;
    c.logons = 2;
    c.nics = 0;
    c.admin_password = &password;
    c.domain_user = "joiner";
    c.domain_password = &domain;
    SCRIPT(s, CONTENT("67"), STEP_LOGIN,
           { .want = { "<options xsi:type=\"CustomizationWinOptions\"><changeSID>true</changeSID><deleteAccounts>false</deleteAccounts></options>"
                       "<identity xsi:type=\"CustomizationSysprep\"><guiUnattended><password><value>a&amp;b</value><plainText>true</plainText></password>"
                       "<timeZone>85</timeZone><autoLogon>true</autoLogon><autoLogonCount>2</autoLogonCount></guiUnattended><userData>"
                       "<fullName>Administrator</fullName><orgName>Acme</orgName><computerName xsi:type=\"CustomizationFixedName\"><name>web-1</name>"
                       "</computerName><productId/></userData><identification><joinDomain>example.com</joinDomain>"
                       "<domainAdmin>joiner</domainAdmin><domainAdminPassword><value>c&amp;d</value><plainText>true</plainText></domainAdminPassword>"
                       "</identification></identity>", "!nicSettingMap" }, TASK_ANSWER });
    CHECK_OK(vim_customize(s.session, "vm-7", &c, soon(), &task, &e), &e);
    script_end(&s);
}

static const struct {
    const char *content, *script, *moref, *answer;
    bool windows;
    enum err_kind kind;
} refusals[] = {
    { "service-content-67.xml", "x", "vm-7", NULL, false, ERR_INPUT },      /* no scripts before 7.0 */
    { "service-content-7-full.xml", "x", "vm-7", NULL, true, ERR_INPUT },   /* .. and none for Windows at all */
    { "service-content-7-full.xml", NULL, "vm-7", "fault-no-permission.xml", false, ERR_DENIED },
    { "service-content-7-full.xml", NULL, "vm-7", "fault-not-found.xml", false, ERR_NOT_FOUND },
    { "service-content-7-full.xml", NULL, "vm-7", "events-none.xml", false, ERR_PEER }, /* the answer to something else */
};

static void what_can_not_be_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct err e;
        struct vim_object task;
        struct vim_customize c = plain;
        const struct script_step steps[] = {
            { .want = { "RetrieveServiceContent" }, .file = refusals[i].content }, STEP_LOGIN,
            { .want = { "CustomizeVM_Task" }, .file = refusals[i].answer,
              .status = refusals[i].answer && !strncmp(refusals[i].answer, "fault", 5) ? 500 : 200 },
        };
        struct script s = { 0 };
        c.script = refusals[i].script;
        c.windows = refusals[i].windows;
        script_start(&s, steps, refusals[i].answer ? 3 : 2);
        CHECK_FAILS(vim_customize(s.session, refusals[i].moref, &c, soon(), &task, &e), &e, refusals[i].kind);
        script_end(&s);
    }
    struct err e;
    struct vim_object task;
    char moref[VIM_MOID_MAX + 1];
    memset(moref, 'v', sizeof(moref));
    moref[sizeof(moref) - 1] = '\0';
    CHECK_FAILS(vim_customize(NULL, moref, &plain, soon(), &task, &e), &e, ERR_INPUT);
}

static void which_release_takes_what(void **state)
{
    (void)state;
    static const struct {
        const char *api;
        bool windows, script, password;
    } cases[] = {
        { "6.7.3", false, false, false }, { "7.0.0.0", false, true, false }, { "7.0.3.0", false, true, false },
        { "8.0.0.0", false, true, false }, { "8.0.0.1", false, true, true },  { "8.0.2.0", false, true, true },
        { "6.7.3", true, false, true },   { "8.0.2.0", true, false, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vim_about about = { 0 };
        (void)snprintf(about.api_version, sizeof(about.api_version), "%s", cases[i].api);
        CHECK_EQ(vim_customize_takes_script(&about, cases[i].windows), cases[i].script);
        CHECK_EQ(vim_customize_takes_password(&about, cases[i].windows), cases[i].password);
    }
}

/* ---- how it went ---- */

#define STEP_EVENTS(answer, ...)                                                                                                  \
    { .want = { "<QueryEvents ", "<_this type=\"EventManager\">EventManager</_this><filter><entity><entity type=\"VirtualMachine\">vm-7</entity>" \
                "<recursion>self</recursion></entity><eventTypeId>CustomizationSucceeded</eventTypeId>" }, .file = answer, ##__VA_ARGS__ }
#define STEP_INFO(answer, ...) { .want = { "<pathSet>guest.customizationInfo</pathSet>", "SOAPAction: urn:vim25/7.0.2.0\r\n" }, .file = answer, ##__VA_ARGS__ }

static void the_newest_event_counts(void **state)
{
    (void)state;
    struct err e;
    struct vim_customized_news n;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, CONTENT("7-full"), STEP_LOGIN, STEP_EVENTS("events-customized.xml"), STEP_EVENTS("events-customized.xml"), STEP_EVENTS("events-failed.xml"),
           STEP_EVENTS("events-none.xml"));
    CHECK_OK(vim_customized_read(s.session, "vm-7", 0, soon(), &a, &n, &e), &e);
    CHECK_EQ(n.how, VIM_CUSTOMIZED_DONE); /* after one that failed */
    CHECK_EQ(n.last, 44);
    CHECK_OK(vim_customized_read(s.session, "vm-7", 44, soon(), &a, &n, &e), &e);
    CHECK_EQ(n.how, VIM_CUSTOMIZED_NOT_YET); /* they are of an earlier one */
    CHECK_OK(vim_customized_read(s.session, "vm-7", 44, soon(), &a, &n, &e), &e);
    CHECK_EQ(n.how, VIM_CUSTOMIZED_FAILED);
    CHECK(n.last == 51 && n.why[0]);
    CHECK_OK(vim_customized_read(s.session, "vm-7", 51, soon(), &a, &n, &e), &e);
    CHECK_EQ(n.how, VIM_CUSTOMIZED_NOT_YET);
    CHECK_EQ(n.last, 51);
    script_end(&s);
}

static void the_guests_own_word_stands_in_where_there_are_no_events(void **state)
{
    (void)state;
    struct err e;
    struct vim_customized_news n;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_INFO("customization-info-done.xml"), STEP_INFO("customization-info-failed.xml"),
           STEP_INFO("guest-ready.xml"), STEP_INFO("fault-not-found.xml", .status = 500));
    CHECK_OK(vim_customized_read(s.session, "vm-7", 0, soon(), &a, &n, &e), &e);
    CHECK_EQ(n.how, VIM_CUSTOMIZED_DONE);
    CHECK_OK(vim_customized_read(s.session, "vm-7", 0, soon(), &a, &n, &e), &e);
    CHECK_EQ(n.how, VIM_CUSTOMIZED_FAILED);
    CHECK_STR(n.why, "no space left");
    for (int i = 0; i < 2; i++) {
        CHECK_OK(vim_customized_read(s.session, "vm-7", 0, soon(), &a, &n, &e), &e);
        CHECK_EQ(n.how, VIM_CUSTOMIZED_NOT_YET);
    }
    script_end(&s);
    SCRIPT(old, CONTENT("67"), STEP_LOGIN, STEP_EVENTS("fault-not-found.xml", .status = 500)); /* knows no such property: not asked */
    CHECK_OK(vim_customized_read(old.session, "vm-7", 0, soon(), &a, &n, &e), &e);
    CHECK_EQ(n.how, VIM_CUSTOMIZED_NOT_YET);
    script_end(&old);
}

static void a_refused_question_is_an_error(void **state)
{
    (void)state;
    struct err e;
    struct vim_customized_news n;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, CONTENT("7-full"), STEP_LOGIN, STEP_EVENTS("fault-no-permission.xml", .status = 500));
    CHECK_FAILS(vim_customized_read(s.session, "vm-7", 0, soon(), &a, &n, &e), &e, ERR_DENIED);
    script_end(&s);
}

GROUP(vim_customize, cmocka_unit_test(a_linux_guest_gets_name_domain_and_a_card_each), cmocka_unit_test(a_script_is_said_in_the_schema_that_knows_scripts),
      cmocka_unit_test(a_password_of_linux_needs_the_newest), cmocka_unit_test(a_windows_guest_gets_sysprep),
      cmocka_unit_test(what_can_not_be_is_refused), cmocka_unit_test(which_release_takes_what), cmocka_unit_test(the_newest_event_counts),
      cmocka_unit_test(the_guests_own_word_stands_in_where_there_are_no_events), cmocka_unit_test(a_refused_question_is_an_error))
