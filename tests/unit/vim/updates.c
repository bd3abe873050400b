#include "vim/updates.h"

#include "base/arena.h"
#include "unit/vim/script.h"
#include "wire/xml.h"

static const char *const paths[] = { "name", "runtime.host", NULL };
static const struct vim_updates_type types[] = { { "VirtualMachine", paths }, { "HostSystem", paths } };

/* What was told, in words. */
struct told {
    char text[512];
    bool refuse;
};

static bool sink(void *self, const struct vim_update *u, struct err *e)
{
    static const char *const words[] = { "enter", "modify", "leave" };
    struct told *t = self;
    const struct xml_element *name = NULL, *host = NULL, *guest = NULL;
    bool says_name = vim_update_says(u->changes, "name", &name), says_host = vim_update_says(u->changes, "runtime.host", &host);
    bool says_guest = vim_update_says(u->changes, "guest.hostName", &guest);
    size_t len = strlen(t->text);
    (void)snprintf(t->text + len, sizeof(t->text) - len, "%s %s%s%s%s%s%s;", words[u->kind], u->object->id, says_name ? " name=" : "",
                   says_name && name ? name->text : "", says_host ? " host=" : "", says_host && host ? host->text : "",
                   says_guest && !guest ? " guest.hostName gone" : "");
    return !t->refuse || err_set(e, ERR_LIMIT, "enough");
}

#define STEP_OPEN                                                                                                              \
    STEP_CONTENT, STEP_LOGIN, { .want = { "<CreatePropertyCollector " }, .file = "updates-collector.xml" },                      \
        { .want = { "<CreateContainerView ", "<container type=\"Folder\">group-d1</container><type>VirtualMachine</type><type>HostSystem</type>" \
                    "<recursive>true</recursive>" }, .file = "updates-view.xml" },                                              \
        { .want = { "<CreateFilter ", "<_this type=\"PropertyCollector\">session[52ab]52cd</_this>",                            \
                    "<type>HostSystem</type><all>false</all><pathSet>name</pathSet><pathSet>runtime.host</pathSet>",            \
                    "<obj type=\"ContainerView\">session[52ab]52ce</obj><skip>true</skip>" }, .file = "updates-filter.xml" }
#define FIRST "<version/>"
#define STEP_WAIT(version, answer, ...) \
    { .want = { "<WaitForUpdatesEx ", ">session[52ab]52cd</_this>" version "<options>", "<maxWaitSeconds>5</maxWaitSeconds>" }, .file = answer, ##__VA_ARGS__ }
#define STEP_CLOSE { .want = { "<DestroyView " }, .file = "destroy-view.xml" }, { .want = { "<DestroyPropertyCollector " }, .file = "updates-destroyed.xml" }

static void everything_is_told_first_then_what_changes(void **state)
{
    (void)state;
    struct err e;
    struct vim_updates *u = NULL;
    struct told t = { 0 };
    bool any, more;
    SCRIPT(s, STEP_OPEN, STEP_WAIT(FIRST, "updates-first.xml"), STEP_WAIT("<version>1</version>", "updates-second.xml"), STEP_WAIT("<version>2</version>", "updates-nothing.xml"),
           STEP_WAIT(FIRST, "updates-first.xml"), STEP_CLOSE);
    CHECK_OK(vim_updates_open(s.session, types, ARRAY_LEN(types), soon(), &u, &e), &e);
    CHECK_OK(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e);
    CHECK(any && more);
    CHECK_STR(t.text, "enter vm-7 name=web host=host-9;"); /* of "runtime", which contains it */
    t.text[0] = '\0';
    CHECK_OK(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e);
    CHECK(any && !more);
    CHECK_STR(t.text, "modify vm-7 guest.hostName gone;leave vm-8;");
    CHECK_OK(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e);
    CHECK(!any && !more);
    vim_updates_restart(u);
    CHECK_OK(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e);
    CHECK(any);
    u = vim_updates_close(u);
    script_end(&s);
}

static void a_server_that_forgot_is_asked_from_the_start(void **state)
{
    (void)state;
    struct err e;
    struct vim_updates *u = NULL;
    struct told t = { 0 };
    bool any, more;
    SCRIPT(s, STEP_OPEN, STEP_WAIT(FIRST, "updates-first.xml"), STEP_WAIT("<version>1</version>", "fault-version.xml", .status = 500),
           STEP_WAIT(FIRST, "updates-first.xml"), STEP_CLOSE);
    CHECK_OK(vim_updates_open(s.session, types, ARRAY_LEN(types), soon(), &u, &e), &e);
    CHECK_OK(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e);
    CHECK_FAILS(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e, ERR_CONFLICT);
    CHECK_OK(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e);
    u = vim_updates_close(u);
    script_end(&s);
}

static const struct {
    const char *answer;
    int status;
    enum err_kind kind;
} refusals[] = {
    { "updates-odd.xml", 200, ERR_PEER },          /* neither enter, modify nor leave */
    { "updates-no-version.xml", 200, ERR_PEER },
    { "updates-long-version.xml", 200, ERR_PEER },
    { "fault-no-permission.xml", 500, ERR_DENIED },
    { "fault-not-authenticated.xml", 500, ERR_DENIED }, /* its objects died with the session: never a second time */
};

/* Whatever goes wrong, the version stays where it was: nothing is left out by the next question. */
static void a_bad_answer_is_asked_for_again(void **state)
{
    (void)state;
    static const struct script_step closing[] = { STEP_CONTENT, STEP_LOGIN, STEP_CLOSE };
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct err e;
        struct vim_updates *u = NULL;
        struct told t = { 0 };
        bool any, more, out = i == ARRAY_LEN(refusals) - 1;
        const struct script_step steps[] = { STEP_OPEN, STEP_WAIT(FIRST, "updates-first.xml"), STEP_WAIT("<version>1</version>", refusals[i].answer, .status = refusals[i].status),
                                             STEP_WAIT("<version>1</version>", "updates-second.xml"), STEP_CLOSE };
        struct script s = { 0 };
        script_start(&s, steps, ARRAY_LEN(steps) - (out ? 3 : 0));
        CHECK_OK(vim_updates_open(s.session, types, ARRAY_LEN(types), soon(), &u, &e), &e);
        CHECK_OK(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e);
        CHECK_FAILS(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e, refusals[i].kind);
        if (!out)
            CHECK_OK(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e);
        else
            script_again(&s, closing, ARRAY_LEN(closing), 0);
        u = vim_updates_close(u);
        script_end(&s);
    }
}

static void a_sink_may_stop_it(void **state)
{
    (void)state;
    struct err e;
    struct vim_updates *u = NULL;
    struct told t = { .refuse = true };
    bool any, more;
    SCRIPT(s, STEP_OPEN, STEP_WAIT(FIRST, "updates-first.xml"), STEP_CLOSE);
    CHECK_OK(vim_updates_open(s.session, types, ARRAY_LEN(types), soon(), &u, &e), &e);
    CHECK_FAILS(vim_updates_wait(u, 5, sink, &t, &any, &more, &e), &e, ERR_LIMIT);
    u = vim_updates_close(u);
    script_end(&s);
}

static void a_server_without_an_inventory_is_not_watched(void **state)
{
    (void)state;
    struct err e;
    struct vim_updates *u = NULL;
    SCRIPT(s, { .want = { "RetrieveServiceContent" }, .body =
                "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body><RetrieveServiceContentResponse xmlns=\"urn:vim25\"><returnval>"
                "<propertyCollector type=\"PropertyCollector\">p</propertyCollector><about><apiType>VirtualCenter</apiType>"
                "<apiVersion>6.7</apiVersion></about><sessionManager type=\"SessionManager\">SessionManager</sessionManager></returnval>"
                "</RetrieveServiceContentResponse></Body></Envelope>", .type = "text/xml" }, STEP_LOGIN);
    CHECK_FAILS(vim_updates_open(s.session, types, ARRAY_LEN(types), soon(), &u, &e), &e, ERR_PEER);
    CHECK(!u);
    script_end(&s);
}

GROUP(vim_updates, cmocka_unit_test(everything_is_told_first_then_what_changes), cmocka_unit_test(a_server_that_forgot_is_asked_from_the_start),
      cmocka_unit_test(a_bad_answer_is_asked_for_again), cmocka_unit_test(a_sink_may_stop_it),
      cmocka_unit_test(a_server_without_an_inventory_is_not_watched))
