#include "vim/guest.h"

#include "base/arena.h"
#include "base/secret.h"
#include "unit/vim/script.h"

static const uint8_t password_text[] = "Geheim<12>";

/* root of vm-7. */
static struct vim_guest guest_of(struct script *s, struct secret *password)
{
    struct err e;
    CHECK_OK(secret_set(password, password_text, sizeof(password_text) - 1, &e), &e);
    return (struct vim_guest){ s->session, "vm-7", "root", password };
}

#define STEP_FULL { .want = { "RetrieveServiceContent" }, .file = "service-content-7-full.xml" }
#define STEP_MANAGERS(which, answer) \
    { .want = { "<obj type=\"GuestOperationsManager\">guestOperationsManager</obj>", "<pathSet>" which "</pathSet>" }, .file = answer }
#define WHO "<vm type=\"VirtualMachine\">vm-7</vm><auth xsi:type=\"NamePasswordAuthentication\"><interactiveSession>false</interactiveSession>" \
            "<username>root</username><password>Geheim&lt;12&gt;</password></auth>"
#define STEP_UPLOAD(answer, ...)                                                                                                \
    { .want = { "<InitiateFileTransferToGuest ", "<_this type=\"GuestFileManager\">guestOperationsFileManager</_this>" WHO,      \
                "<guestFilePath>/var/lib/.x</guestFilePath><fileAttributes xsi:type=\"GuestPosixFileAttributes\"><permissions>448</permissions>" \
                "</fileAttributes><fileSize>11</fileSize><overwrite>true</overwrite>" }, .file = answer, ##__VA_ARGS__ }

static const struct vim_guest_file file = { .path = "/var/lib/.x", .size = 11, .mode = 0700 };

static void a_file_gets_a_url_at_the_host(void **state)
{
    (void)state;
    struct err e;
    const char *url;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    SCRIPT(s, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("fileManager", "guest-managers.xml"), STEP_UPLOAD("guest-url.xml"));
    const struct vim_guest g = guest_of(&s, &password);
    CHECK_OK(vim_guest_upload(&g, &file, soon(), &a, &url, &e), &e);
    CHECK_STR(url, "https://esx1.example:443/guestFile?id=7&token=52ab");
    script_end(&s);
}

static void windows_has_other_attributes(void **state)
{
    (void)state;
    struct err e;
    const char *url;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    SCRIPT(s, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("fileManager", "guest-managers.xml"),
           { .want = { "<guestFilePath>C:\\x.bat</guestFilePath>", "<fileAttributes xsi:type=\"GuestWindowsFileAttributes\"/>", "!permissions" },
             .file = "guest-url.xml" });
    const struct vim_guest g = guest_of(&s, &password);
    const struct vim_guest_file f = { .path = "C:\\x.bat", .windows = true, .size = 3, .mode = 0700 };
    CHECK_OK(vim_guest_upload(&g, &f, soon(), &a, &url, &e), &e);
    script_end(&s);
}

/* What the server says after it has read the password is not repeated. */
static void a_refused_account_is_said_without_the_servers_words(void **state)
{
    (void)state;
    struct err e;
    const char *url;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    SCRIPT(s, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("fileManager", "guest-managers.xml"),
           STEP_UPLOAD("fault-guest-login.xml", .status = 500));
    const struct vim_guest g = guest_of(&s, &password);
    CHECK_FAILS(vim_guest_upload(&g, &file, soon(), &a, &url, &e), &e, ERR_DENIED);
    CHECK(strstr(e.msg, "refuses the account root") && !strstr(e.msg, "Geheim"));
    script_end(&s);
}

static const struct {
    const char *answer, *word;
    int status;
    enum err_kind kind;
} upload_refusals[] = {
    { "fault-guest-unavailable.xml", "Tools do not answer", 500, ERR_PEER },
    { "fault-no-permission.xml", "InitiateFileTransferToGuest: NoPermission", 500, ERR_DENIED },
    { "fault-not-found.xml", "ManagedObjectNotFound", 500, ERR_NOT_FOUND },
    { "guest-url-none.xml", "no URL", 200, ERR_PEER },
};

static void what_the_guest_refuses_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(upload_refusals); i++) {
        struct err e;
        const char *url;
        AUTO(arena_done) struct arena a = { 0 };
        AUTO(secret_done) struct secret password = { 0 };
        const struct script_step steps[] = { STEP_FULL, STEP_LOGIN, STEP_MANAGERS("fileManager", "guest-managers.xml"),
                                             STEP_UPLOAD(upload_refusals[i].answer, .status = upload_refusals[i].status) };
        struct script s = { 0 };
        script_start(&s, steps, ARRAY_LEN(steps));
        const struct vim_guest g = guest_of(&s, &password);
        CHECK_FAILS(vim_guest_upload(&g, &file, soon(), &a, &url, &e), &e, upload_refusals[i].kind);
        CHECK(strstr(e.msg, upload_refusals[i].word));
        script_end(&s);
    }
}

static void a_server_without_guests_gets_no_password(void **state)
{
    (void)state;
    struct err e;
    int64_t pid;
    AUTO(secret_done) struct secret password = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN);
    struct vim_guest g = guest_of(&s, &password);
    CHECK_FAILS(vim_guest_start(&g, "/bin/true", "", soon(), &pid, &e), &e, ERR_NOT_FOUND);
    CHECK(!strstr(buf_str(&s.log), "Geheim"));
    script_end(&s);
    SCRIPT(t, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("processManager", "guest-managers-none.xml"));
    g.session = t.session;
    CHECK_FAILS(vim_guest_start(&g, "/bin/true", "", soon(), &pid, &e), &e, ERR_PEER);
    CHECK(!strstr(buf_str(&t.log), "Geheim"));
    script_end(&t);
}

#define STEP_START(answer, ...)                                                                                           \
    { .want = { "<StartProgramInGuest ", "<_this type=\"GuestProcessManager\">guestOperationsProcessManager</_this>" WHO, \
                "<spec><programPath>/var/lib/.x</programPath><arguments>post &amp; more</arguments></spec>" }, .file = answer, ##__VA_ARGS__ }
#define STEP_PROCESSES(answer, ...) \
    { .want = { "<ListProcessesInGuest ", WHO "<pids>4711</pids>" }, .file = answer, ##__VA_ARGS__ }

static void a_program_is_started_and_its_end_is_read(void **state)
{
    (void)state;
    struct err e;
    int64_t pid = 0;
    struct vim_guest_process p;
    AUTO(secret_done) struct secret password = { 0 };
    SCRIPT(s, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("processManager", "guest-managers.xml"), STEP_START("guest-pid.xml"),
           STEP_MANAGERS("processManager", "guest-managers.xml"), STEP_PROCESSES("guest-processes.xml"));
    const struct vim_guest g = guest_of(&s, &password);
    CHECK_OK(vim_guest_start(&g, "/var/lib/.x", "post & more", soon(), &pid, &e), &e);
    CHECK_EQ(pid, 4711);
    CHECK_OK(vim_guest_ask(&g, pid, soon(), &p, &e), &e);
    CHECK(p.known && p.ended);
    CHECK_EQ(p.code, 3);
    script_end(&s);
}

static void one_that_runs_or_was_forgotten_has_not_ended(void **state)
{
    (void)state;
    struct err e;
    struct vim_guest_process p;
    AUTO(secret_done) struct secret password = { 0 };
    SCRIPT(s, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("processManager", "guest-managers.xml"),
           { .want = { "<pids>1</pids>" }, .file = "guest-processes.xml" }, STEP_MANAGERS("processManager", "guest-managers.xml"),
           { .want = { "<pids>5</pids>" }, .file = "guest-processes.xml" }, STEP_MANAGERS("processManager", "guest-managers.xml"),
           STEP_PROCESSES("fault-guest-unavailable.xml", .status = 500));
    const struct vim_guest g = guest_of(&s, &password);
    CHECK_OK(vim_guest_ask(&g, 1, soon(), &p, &e), &e);
    CHECK(p.known && !p.ended);
    CHECK_OK(vim_guest_ask(&g, 5, soon(), &p, &e), &e);
    CHECK(!p.known && !p.ended);
    CHECK_FAILS(vim_guest_ask(&g, 4711, soon(), &p, &e), &e, ERR_PEER);
    script_end(&s);
}

/* Nobody knows whether it arrived: the program might run twice. */
static void a_start_is_never_sent_again(void **state)
{
    (void)state;
    struct err e;
    int64_t pid;
    AUTO(secret_done) struct secret password = { 0 };
    SCRIPT(s, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("processManager", "guest-managers.xml"), STEP_START(NULL, .drop = true));
    const struct vim_guest g = guest_of(&s, &password);
    CHECK_FAILS(vim_guest_start(&g, "/var/lib/.x", "post & more", soon(), &pid, &e), &e, ERR_PEER);
    script_end(&s);
    SCRIPT(t, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("processManager", "guest-managers.xml"), STEP_START("guest-pid-none.xml"));
    struct vim_guest h = g;
    h.session = t.session;
    CHECK_FAILS(vim_guest_start(&h, "/var/lib/.x", "post & more", soon(), &pid, &e), &e, ERR_PEER);
    script_end(&t);
}

static void a_file_is_removed(void **state)
{
    (void)state;
    struct err e;
    AUTO(secret_done) struct secret password = { 0 };
    SCRIPT(s, STEP_FULL, STEP_LOGIN, STEP_MANAGERS("fileManager", "guest-managers.xml"),
           { .want = { "<DeleteFileInGuest ", WHO "<filePath>/var/lib/.x</filePath>" }, .file = "guest-removed.xml" });
    const struct vim_guest g = guest_of(&s, &password);
    CHECK_OK(vim_guest_remove(&g, "/var/lib/.x", soon(), &e), &e);
    script_end(&s);
}

static void readiness_is_what_the_tools_say(void **state)
{
    (void)state;
    struct err e;
    bool ready = false;
    SCRIPT(s, STEP_FULL, STEP_LOGIN, { .want = { "<pathSet>guest.guestOperationsReady</pathSet>", ">vm-7</obj>" }, .file = "guest-ready.xml" },
           { .want = { "guestOperationsReady" }, .file = "customization-info-done.xml" }, /* says nothing of it */
           { .want = { "guestOperationsReady" }, .file = "fault-not-found.xml", .status = 500 });
    CHECK_OK(vim_guest_ready(s.session, "vm-7", soon(), &ready, &e), &e);
    CHECK(ready);
    CHECK_OK(vim_guest_ready(s.session, "vm-7", soon(), &ready, &e), &e);
    CHECK(!ready);
    CHECK_FAILS(vim_guest_ready(s.session, "vm-7", soon(), &ready, &e), &e, ERR_NOT_FOUND);
    script_end(&s);
}

GROUP(vim_guest, cmocka_unit_test(a_file_gets_a_url_at_the_host), cmocka_unit_test(windows_has_other_attributes),
      cmocka_unit_test(a_refused_account_is_said_without_the_servers_words), cmocka_unit_test(what_the_guest_refuses_is_said),
      cmocka_unit_test(a_server_without_guests_gets_no_password), cmocka_unit_test(a_program_is_started_and_its_end_is_read),
      cmocka_unit_test(one_that_runs_or_was_forgotten_has_not_ended), cmocka_unit_test(a_start_is_never_sent_again),
      cmocka_unit_test(a_file_is_removed), cmocka_unit_test(readiness_is_what_the_tools_say))
