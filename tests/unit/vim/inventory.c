/* The walk over the hosts, their names, and a task's end. */
#include "vim/inventory.h"

#include "base/arena.h"
#include "unit/vim/script.h"
#include "vim/task.h"

#define STEP_VIEW { .want = { "<CreateContainerView ", "<container type=\"Folder\">group-d1</container><type>HostSystem</type><recursive>true</recursive>" }, .file = "view.xml" }
#define STEP_FIRST(answer, ...) { .want = { "<RetrievePropertiesEx ", "<obj type=\"ContainerView\">session[52ab3c]52f0</obj>", "<maxObjects>50</maxObjects>" }, .file = answer, ##__VA_ARGS__ }
#define STEP_NEXT(answer) { .want = { "<ContinueRetrievePropertiesEx ", "<token>tok-0&amp;1</token>" }, .file = answer }
#define STEP_DESTROY { .want = { "<DestroyView ", "<_this type=\"ContainerView\">session[52ab3c]52f0</_this>" }, .file = "destroy-view.xml" }

static void check_estate(const struct vim_hosts *hosts)
{
    const char *names[8];
    CHECK_EQ(hosts->len, 2);
    const struct vim_host *a = &hosts->list[0], *b = &hosts->list[1];
    CHECK_STR(a->object.id, "host-9");
    CHECK_STR(a->version, "7.0.3");
    CHECK_STR(a->thumbprint, "AA:BB");
    CHECK_EQ(a->state, VIM_HOST_CONNECTED);
    CHECK_EQ(a->certificate_len, 14);
    CHECK(!memcmp(a->certificate, "-----BEGIN X" "\xc3\xa4", 14)); /* signed or not, a byte is a byte */
    CHECK_EQ(vim_host_names(a, names, 8), 3);
    CHECK_STR(names[0], "esx1.example"); /* the FQDN is the same: said once */
    CHECK_STR(names[1], "10.0.0.1");
    CHECK_STR(names[2], "fd00::1");
    CHECK_STR(b->object.id, "host-12");
    CHECK_EQ(b->state, VIM_HOST_DISCONNECTED);
    CHECK(!b->certificate && !b->fqdn && !b->thumbprint && !b->version && b->port == 443);
    CHECK_EQ(vim_host_names(b, names, 8), 1);
    CHECK_STR(names[0], "10.0.0.2");
    CHECK_EQ(vim_host_names(a, names, 1), 1);
}

static void hosts_are_listed_page_by_page(void **state)
{
    (void)state;
    static const struct script_step steps[] = { STEP_CONTENT, STEP_LOGIN, STEP_VIEW, STEP_FIRST("hosts-1.xml"),
                                                STEP_NEXT("hosts-2.xml"), STEP_DESTROY };
    for (size_t piece = 0; piece < 8; piece++) {
        struct err e;
        struct vim_hosts hosts;
        AUTO(arena_done) struct arena a = { 0 };
        struct script s = { .piece = piece };
        script_start(&s, steps, ARRAY_LEN(steps));
        CHECK_OK(vim_hosts_read(s.session, soon(), &a, &hosts, &e), &e);
        check_estate(&hosts);
        script_end(&s);
    }
}

/* Cut off anywhere within the last page the list is refused as a whole: half an inventory would look like a small one. */
static void a_list_that_is_cut_off_is_no_list(void **state)
{
    (void)state;
    static const struct script_step login[] = { STEP_CONTENT, STEP_LOGIN };
    static const struct script_step walk[] = { STEP_VIEW, STEP_FIRST("hosts-1.xml"), STEP_NEXT("hosts-2.xml"), STEP_DESTROY };
    struct err e;
    struct vim_hosts hosts;
    AUTO(arena_done) struct arena a = { 0 };
    struct script s = { 0 };
    script_start(&s, login, ARRAY_LEN(login));
    CHECK_OK(vim_session_login(s.session, soon(), &e), &e);
    script_again(&s, walk, ARRAY_LEN(walk), 0);
    CHECK_OK(vim_hosts_read(s.session, soon(), &a, &hosts, &e), &e);
    CHECK_EQ(s.at, ARRAY_LEN(walk));
    size_t cuts = 0;
    for (size_t cut = s.answered - 1; s.at > 2; cut -= 7) { /* back to the end of the first page */
        AUTO(arena_done) struct arena b = { 0 };
        script_again(&s, walk, ARRAY_LEN(walk), cut);
        bool ok = vim_hosts_read(s.session, soon(), &b, &hosts, &e);
        CHECK_EQ(ok, s.at == 4); /* all pages are there, what broke off is the view's end */
        CHECK(ok || e.kind == ERR_PEER);
        cuts += s.at == 3;
    }
    CHECK(cuts > 80);
    script_stop(&s);
}

static void a_host_as_vcsim_writes_it(void **state)
{
    (void)state;
    struct err e;
    struct vim_hosts hosts;
    const char *names[8];
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_VIEW, STEP_FIRST("hosts-vcsim.xml"), STEP_DESTROY);
    CHECK_OK(vim_hosts_read(s.session, soon(), &a, &hosts, &e), &e);
    CHECK_EQ(hosts.len, 1);
    CHECK_EQ(hosts.list[0].port, 8989);
    CHECK_EQ(hosts.list[0].certificate_len, 1);
    CHECK_EQ(hosts.list[0].state, VIM_HOST_STATE_UNKNOWN);
    CHECK_EQ(vim_host_names(&hosts.list[0], names, 8), 2); /* vmk0 where nothing is selected for management */
    CHECK_STR(names[1], "127.0.0.1");
    script_end(&s);
}

static void an_empty_estate_is_no_error(void **state)
{
    (void)state;
    struct err e;
    struct vim_hosts hosts;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_VIEW, STEP_FIRST("no-objects.xml"), STEP_DESTROY);
    CHECK_OK(vim_hosts_read(s.session, soon(), &a, &hosts, &e), &e);
    CHECK_EQ(hosts.len, 0);
    script_end(&s);
}

static void a_walk_starts_anew_when_the_session_ran_out(void **state)
{
    (void)state;
    struct err e;
    struct vim_hosts hosts;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_VIEW, STEP_FIRST("hosts-1.xml"),
           { .want = { "<ContinueRetrievePropertiesEx " }, .file = "fault-not-authenticated.xml", .status = 500 }, STEP_CONTENT, STEP_LOGIN,
           STEP_VIEW, STEP_FIRST("hosts-1.xml"), STEP_NEXT("hosts-2.xml"), STEP_DESTROY);
    CHECK_OK(vim_hosts_read(s.session, soon(), &a, &hosts, &e), &e);
    check_estate(&hosts);
    script_end(&s);
}

static void pages_that_never_end_or_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        bool cancel;
    } cases[] = { { "page-without-objects.xml", true }, { "page-object-without-id.xml", false },
                  { "page-long-token.xml", true } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct vim_hosts hosts;
        AUTO(arena_done) struct arena a = { 0 };
        struct script_step steps[6] = { STEP_CONTENT, STEP_LOGIN, STEP_VIEW, STEP_FIRST(cases[i].file) };
        size_t len = 4;
        if (cases[i].cancel)
            steps[len++] = (struct script_step){ .want = { "<CancelRetrievePropertiesEx " }, .file = "cancel-retrieve.xml" };
        steps[len++] = (struct script_step)STEP_DESTROY;
        struct script s = { 0 };
        script_start(&s, steps, len);
        CHECK_FAILS(vim_hosts_read(s.session, soon(), &a, &hosts, &e), &e, ERR_PEER);
        script_end(&s);
    }
}

/* VIM_HOSTS_MAX objects are a list; one more is refused by name, and the view is given back. */
static void check_count(int count)
{
    struct err e;
    struct vim_hosts hosts;
    AUTO(arena_done) struct arena a = { 0 };
    struct buf page;
    buf_init(&page, 1 << 20);
    CHECK(buf_puts(&page, "<E:Envelope xmlns:E='http://schemas.xmlsoap.org/soap/envelope/'><E:Body><RetrievePropertiesExResponse "
                          "xmlns='urn:vim25'><returnval>", &e));
    for (int i = 0; i < count; i++)
        CHECK(buf_printf(&page, &e, "<objects><obj type='HostSystem'>host-%d</obj></objects>", i));
    CHECK(buf_puts(&page, "</returnval></RetrievePropertiesExResponse></E:Body></E:Envelope>", &e));
    struct script_step steps[] = { STEP_CONTENT, STEP_LOGIN, STEP_VIEW, STEP_FIRST(NULL), STEP_DESTROY };
    steps[3].body = buf_str(&page);
    steps[3].type = "text/xml";
    struct script s = { 0 };
    script_start(&s, steps, 5);
    bool ok = vim_hosts_read(s.session, soon(), &a, &hosts, &e);
    CHECK_EQ(ok, count <= VIM_HOSTS_MAX);
    CHECK(ok ? hosts.len == (size_t)count : e.kind == ERR_LIMIT && strstr(e.msg, "5000") != NULL);
    script_end(&s);
    buf_done(&page);
}

static void more_hosts_than_the_cap_are_refused_by_name(void **state)
{
    (void)state;
    check_count(VIM_HOSTS_MAX);
    check_count(VIM_HOSTS_MAX + 1);
}

static void one_host_can_be_asked_for(void **state)
{
    (void)state;
    struct err e;
    struct vim_host host;
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_object o = { "HostSystem", "host-9" };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, { .want = { "<obj type=\"HostSystem\">host-9</obj><skip>false</skip>" }, .file = "host-one.xml" },
           { .want = { "<RetrievePropertiesEx " }, .file = "fault-not-found.xml", .status = 500 });
    CHECK_OK(vim_host_read(s.session, &o, soon(), &a, &host, &e), &e);
    CHECK_STR(host.fqdn, "esx1.example");
    CHECK_FAILS(vim_host_read(s.session, &o, soon(), &a, &host, &e), &e, ERR_NOT_FOUND);
    script_end(&s);
}

static const struct vim_object task_7 = { "Task", "task-7" };

struct watcher {
    int calls, last;
    bool cancel;
};

static void on_progress(void *self, int percent)
{
    struct watcher *w = self;
    w->calls++;
    w->last = percent;
}

static bool is_cancelled(void *self)
{
    return ((struct watcher *)self)->cancel;
}

#define STEP_TASK(answer) { .want = { "<pathSet>info.state</pathSet>", "<obj type=\"Task\">task-7</obj>" }, .file = answer }

static void a_task_is_waited_for(void **state)
{
    (void)state;
    struct err e;
    struct vim_object made;
    struct watcher w = { 0 };
    struct vim_task_wait how = { .progress = on_progress, .cancelled = is_cancelled, .self = &w, .first_ms = 1 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_TASK("task-queued.xml"), STEP_TASK("task-running.xml"),
           STEP_TASK("task-running.xml"), STEP_TASK("task-success.xml"));
    CHECK_OK(vim_task_wait(s.session, &task_7, &how, soon(), &made, NULL, &e), &e);
    CHECK_STR(made.type, "VirtualMachine");
    CHECK_STR(made.id, "vm-42");
    CHECK_EQ(w.calls, 1); /* said when it changed */
    CHECK_EQ(w.last, 40);
    script_end(&s);
}

static void a_task_can_fail_be_cancelled_late_or_odd(void **state)
{
    (void)state;
    struct err e;
    struct vim_fault fault;
    struct watcher w = { .cancel = true };
    struct vim_task_wait how = { .cancelled = is_cancelled, .self = &w, .first_ms = 1, .cancel_task = true };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_TASK("task-error.xml"), STEP_TASK("task-odd.xml"), STEP_TASK("no-objects.xml"),
           STEP_TASK("task-running.xml"), { .want = { "<CancelTask ", "<_this type=\"Task\">task-7</_this>" }, .file = "cancel-task.xml" },
           STEP_TASK("task-running.xml"));
    CHECK_FAILS(vim_task_wait(s.session, &task_7, NULL, soon(), NULL, &fault, &e), &e, ERR_CONFLICT);
    CHECK_STR(fault.type, "InvalidPowerState");
    CHECK(strstr(fault.text, "Powered on"));
    CHECK_FAILS(vim_task_wait(s.session, &task_7, NULL, soon(), NULL, NULL, &e), &e, ERR_PEER);
    CHECK_FAILS(vim_task_wait(s.session, &task_7, NULL, soon(), NULL, NULL, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(vim_task_wait(s.session, &task_7, &how, soon(), NULL, NULL, &e), &e, ERR_CANCELLED);
    how = (struct vim_task_wait){ .first_ms = 10000 };
    CHECK_FAILS(vim_task_wait(s.session, &task_7, &how, clock_mono_ms() + 60, NULL, NULL, &e), &e, ERR_TIMEOUT);
    script_end(&s);
}

GROUP(vim_inventory, cmocka_unit_test(hosts_are_listed_page_by_page), cmocka_unit_test(a_list_that_is_cut_off_is_no_list),
      cmocka_unit_test(a_host_as_vcsim_writes_it), cmocka_unit_test(an_empty_estate_is_no_error),
      cmocka_unit_test(a_walk_starts_anew_when_the_session_ran_out),
      cmocka_unit_test(pages_that_never_end_or_make_no_sense_are_refused),
      cmocka_unit_test(more_hosts_than_the_cap_are_refused_by_name), cmocka_unit_test(one_host_can_be_asked_for),
      cmocka_unit_test(a_task_is_waited_for), cmocka_unit_test(a_task_can_fail_be_cancelled_late_or_odd))
