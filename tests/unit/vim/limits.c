/* Each cap of vim's headers: at it passes, one past it is refused or left away, by name. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/mint.h"
#include "trust/cert.h"
#include "unit/vim/script.h"
#include "vim/basic.h"
#include "vim/dial.h"
#include "vim/inventory.h"
#include "vim/nsx.h"
#include "vim/roots.h"
#include "vim/task.h"
#include "wire/xml.h"

#define LIST "/vcenter/certificate-management/vcenter/trusted-root-chains"
#define SOAP(inside) "<E:Envelope xmlns:E='http://schemas.xmlsoap.org/soap/envelope/'><E:Body>" inside "</E:Body></E:Envelope>"

/* A string of len times c; owned. */
static char *many(char c, size_t len)
{
    char *text = xmalloc(len + 1);
    memset(text, c, len);
    text[len] = '\0';
    return text;
}

static void a_managed_objects_id_fits_or_is_none(void **state)
{
    (void)state;
    static const struct {
        size_t type, id;
        bool ok;
    } cases[] = { { 10, VIM_MOID_MAX - 1, true }, { 10, VIM_MOID_MAX, false }, { 63, 1, true }, { 64, 1, false },
                  { 0, 1, false }, { 1, 0, false } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_done) struct arena a = { 0 };
        struct err e;
        struct xml_element *el;
        struct vim_object o;
        AUTO(freep) char *type = many('T', cases[i].type);
        AUTO(freep) char *id = many('x', cases[i].id);
        const char *text = arena_printf(&a, "<o type='%s'>%s</o>", type, id);
        CHECK_OK(xml_parse(text, strlen(text), NULL, &a, &el, &e), &e);
        CHECK_EQ(vim_object_read(el, &o), cases[i].ok);
        CHECK(!cases[i].ok || (!strcmp(o.id, id) && !strcmp(o.type, type)));
    }
}

static void a_cookie_has_a_length(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct err e;
        AUTO(arena_done) struct arena a = { 0 };
        AUTO(freep) char *value = many('c', VIM_COOKIE_MAX - strlen(VIM_SOAP_COOKIE "=") + over);
        struct script_step steps[] = { STEP_CONTENT, { .want = { "<Login" }, .file = "login.xml" } };
        steps[1].fields = arena_printf(&a, "Set-Cookie: " VIM_SOAP_COOKIE "=%s; Path=/\r\n", value);
        struct script s = { 0 };
        script_start(&s, steps, 2);
        CHECK_EQ(vim_session_login(s.session, soon(), &e), !over);
        CHECK(!over || (e.kind == ERR_PEER && strstr(e.msg, "cookie")));
        script_end(&s);
    }
}

static void a_rest_sessions_id_has_a_length(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *refused;
    } cases[] = { { VIM_REST_ID_MAX, NULL }, { VIM_REST_ID_MAX + 1, "session's id" }, { VIM_REST_LOGIN_MAX, "65536" } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct vim_rest_answer answer;
        AUTO(arena_done) struct arena a = { 0 };
        AUTO(freep) char *id = many('i', cases[i].len);
        struct script_step steps[] = { { .want = { "POST /api/session " }, .body = arena_printf(&a, "\"%s\"", id) },
                                       { .want = { "GET /api/x ", id }, .body = "1", .type = "application/json" } };
        struct script s = { 0 };
        script_start(&s, steps, cases[i].refused ? 1 : 2);
        bool ok = vim_session_get(s.session, "/x", soon(), &answer, &e);
        CHECK_EQ(ok, !cases[i].refused);
        if (ok)
            json_decref(answer.value);
        else if (!cases[i].refused || !strstr(e.msg, cases[i].refused))
            fail_msg("case %zu: %s", i, e.msg);
        script_end(&s);
    }
}

static void an_api_version_fits_or_is_none(void **state)
{
    (void)state;
    static const char longest[] = "7.0.0.0.0.0.0.0.0.0.0.0"; /* cut there, the next one would look as good */
    _Static_assert(sizeof(longest) == VIM_VERSION_MAX, "with its NUL");
    for (size_t over = 0; over < 2; over++) {
        struct err e;
        struct vim_about about;
        AUTO(arena_done) struct arena a = { 0 };
        struct script_step steps[] = { { .type = "text/xml" } };
        steps[0].body = arena_printf(&a, SOAP("<RetrieveServiceContentResponse xmlns='urn:vim25'><returnval>"
            "<propertyCollector type='P'>p</propertyCollector><about><apiVersion>%s%s</apiVersion></about>"
            "<sessionManager type='S'>s</sessionManager></returnval></RetrieveServiceContentResponse>"), longest, over ? ".0" : "");
        struct script s = { 0 };
        script_start(&s, steps, 1);
        CHECK_EQ(vim_session_about(s.session, soon(), &about, &e), !over);
        CHECK(over ? e.kind == ERR_PEER : !strcmp(about.api_version, longest));
        script_end(&s);
    }
}

static void write_long(struct xml_writer *w, const void *text)
{
    xml_leaf(w, "x", text);
}

static void a_call_that_is_too_long_is_not_sent(void **state)
{
    (void)state;
    struct err e;
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    const struct vim_object on = { "T", "t" };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, { .want = { "<Long " }, .body = SOAP("<LongResponse xmlns='urn:vim25'/>"), .type = "text/xml" });
    AUTO(freep) char *text = many('x', VIM_SOAP_SENT);
    struct vim_method m = { .name = "Long", .on = &on, .args = write_long, .ctx = text };
    CHECK_FAILS(vim_session_call(s.session, &m, soon(), &a, &answer, NULL, &e), &e, ERR_LIMIT);
    text[VIM_SOAP_SENT - 500] = '\0'; /* beside it the envelope fits */
    CHECK_OK(vim_session_call(s.session, &m, soon(), &a, &answer, NULL, &e), &e);
    script_end(&s);
}

/* The longest account goes through HTTP Basic; one byte more is refused before anything is sent. */
static void the_longest_account_fits(void **state)
{
    (void)state;
    AUTO(freep) char *user = many('u', SECRET_PASSWORD_MAX + 1);
    AUTO(freep) char *text = many('p', SECRET_PASSWORD_MAX + 1);
    for (size_t over = 0; over < 4; over++) {
        struct err e;
        struct buf b;
        AUTO(secret_done) struct secret password = { 0 };
        user[SECRET_PASSWORD_MAX] = over & 1 ? 'u' : '\0';
        CHECK_OK(secret_set(&password, text, SECRET_PASSWORD_MAX + over / 2, &e), &e);
        CHECK_EQ(vim_basic_check(user, &password, "vc1", &e), !over);
        CHECK(!over || e.kind == ERR_INPUT);
        buf_init(&b, VIM_BASIC_MAX);
        if (!over)
            CHECK_OK(vim_basic_write(user, &password, &b, &e), &e);
        buf_done(&b);
    }
}

/* What the call does not limit itself has VIM_ANSWER_MAX; the bundle and an NSX Manager have caps of their own. */
static void answers_have_caps(void **state)
{
    (void)state;
    struct err e;
    struct vim_answer answer;
    struct vim_nsx nsx;
    struct vim_roots roots = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    AUTO(freep) char *text = many('x', VIM_ANSWER_MAX + 1);
    const char *end = text + VIM_ANSWER_MAX + 1;
    struct script_step steps[] = { { .body = end - VIM_ANSWER_MAX }, { .body = text },
                                   { .want = { "GET /certs/download.zip " }, .body = end - VIM_BUNDLE_MAX },
                                   { .want = { "GET /certs/download.zip " }, .body = end - VIM_BUNDLE_MAX - 1 },
                                   { .body = end - VIM_NSX_ANSWER_MAX }, { .body = end - VIM_NSX_ANSWER_MAX - 1 } };
    struct vim_request rq = { .method = "GET", .path = "/x" };
    struct script s = { 0 };
    script_start(&s, steps, ARRAY_LEN(steps));
    CHECK_OK(vim_endpoint_call(s.endpoint, &rq, soon(), &a, &answer, &e), &e);
    CHECK_EQ(answer.body_len, VIM_ANSWER_MAX);
    CHECK_FAILS(vim_endpoint_call(s.endpoint, &rq, soon(), &a, &answer, &e), &e, ERR_LIMIT);
    CHECK_FAILS(vim_roots_zip(s.endpoint, soon(), &roots, &e), &e, ERR_PEER); /* read, and no zip */
    CHECK_FAILS(vim_roots_zip(s.endpoint, soon(), &roots, &e), &e, ERR_LIMIT);
    CHECK_OK(secret_set(&password, "pw", 2, &e), &e);
    CHECK_FAILS(vim_nsx_read(s.endpoint, VIM_NSX_T, "admin", &password, soon(), &nsx, &e), &e, ERR_PEER);
    CHECK_FAILS(vim_nsx_read(s.endpoint, VIM_NSX_T, "admin", &password, soon(), &nsx, &e), &e, ERR_LIMIT);
    script_end(&s);
    vim_roots_done(&roots);
}

/* Count copies of a PEM block that differ in the last bytes of their signatures, which reading does not verify. */
static void copies(struct buf *out, const struct mint_made *made, const char *label, unsigned count)
{
    struct err e;
    AUTO(freep) uint8_t *der = xmemdup(made->der, made->len);
    for (unsigned i = 0; i < count; i++) {
        der[made->len - 1] = (uint8_t)i;
        der[made->len - 2] = (uint8_t)(i >> 8);
        CHECK(buf_printf(out, &e, "-----BEGIN %s-----\n", label) && text_base64(out, der, made->len, &e) &&
              buf_printf(out, &e, "\n-----END %s-----\n", label));
    }
}

/* So many roots and CRLs: read, or refused with these words. */
static void check_bundle(unsigned certs, unsigned crls, const char *refused)
{
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *root = mint_root(m, "/CN=CA", MINT_P256);
    struct err e;
    struct buf text;
    struct vim_roots roots = { 0 };
    buf_init(&text, 4 << 20);
    copies(&text, root, "CERTIFICATE", certs);
    copies(&text, mint_crl(m, &(struct mint_crl){ .by = root }), "X509 CRL", crls);
    bool ok = vim_roots_bytes(text.data, text.len, "bundle.pem", &roots, &e);
    CHECK_EQ(ok, !refused);
    if (ok)
        CHECK(roots.len == certs && roots.crls_len == crls);
    else
        CHECK(refused && e.kind == ERR_LIMIT && strstr(e.msg, refused) && !roots.len && !roots.crls_len);
    vim_roots_done(&roots);
    buf_done(&text);
}

static void a_bundle_holds_so_many_roots(void **state)
{
    (void)state;
    check_bundle(VIM_ROOTS_MAX, 0, NULL);
    check_bundle(VIM_ROOTS_MAX + 1, 0, "2000 roots");
}

static void a_bundle_holds_so_many_crls(void **state)
{
    (void)state;
    check_bundle(1, VIM_CRLS_MAX, NULL);
    check_bundle(0, VIM_CRLS_MAX + 1, "2000 CRLs");
}

/* As many chains as may be are asked for one by one: here the first of them is refused, not the list. */
static void a_list_of_chains_has_a_cap(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        struct err e;
        struct vim_roots roots = { 0 };
        struct buf list;
        buf_init(&list, 1 << 20);
        CHECK(buf_puts(&list, "[", &e));
        for (int i = 0; i < VIM_CHAINS_MAX + over; i++)
            CHECK(buf_printf(&list, &e, "%s{\"chain\":\"%d\"}", i ? "," : "", i));
        CHECK(buf_puts(&list, "]", &e));
        struct script_step steps[] = { { .want = { "POST /api/session " }, .file = "session-api.json", .status = 201 },
                                       { .want = { "GET /api" LIST " " }, .body = buf_str(&list) },
                                       { .want = { "GET /api" LIST "/0 " }, .body = "{}", .status = 403 } };
        struct script s = { 0 };
        script_start(&s, steps, over ? 2 : 3);
        CHECK_FAILS(vim_roots_rest(s.session, soon(), &roots, &e), &e, over ? ERR_LIMIT : ERR_DENIED);
        script_end(&s);
        vim_roots_done(&roots);
        buf_done(&list);
    }
}

/* One host as RetrievePropertiesEx answers it. */
static void host_page(struct buf *out, size_t name, size_t addresses, size_t cert)
{
    struct err e;
    AUTO(freep) char *text = many('n', name);
    CHECK(buf_printf(out, &e, "<E:Envelope xmlns:E='http://schemas.xmlsoap.org/soap/envelope/'><E:Body><RetrievePropertiesExResponse "
                     "xmlns='urn:vim25'><returnval><objects><obj type='HostSystem'>host-9</obj><propSet><name>name</name><val>%s"
                     "</val></propSet>", text));
    CHECK(buf_puts(out, "<propSet><name>config.network.vnic</name><val>", &e));
    for (size_t i = 0; i < addresses; i++)
        CHECK(buf_printf(out, &e, "<HostVirtualNic><device>vmk0</device><spec><ip><ipAddress>10.0.0.%zu</ipAddress></ip></spec>"
                         "</HostVirtualNic>", i + 1));
    CHECK(buf_puts(out, "</val></propSet><propSet><name>config.certificate</name><val>", &e));
    for (size_t i = 0; i < cert; i++)
        CHECK(buf_puts(out, "<byte>65</byte>", &e));
    CHECK(buf_puts(out, "</val></propSet></objects></returnval></RetrievePropertiesExResponse></E:Body></E:Envelope>", &e));
}

static void what_a_host_says_too_much_is_left_away(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct err e;
        struct vim_host host;
        struct buf page;
        AUTO(arena_done) struct arena a = { 0 };
        const struct vim_object o = { "HostSystem", "host-9" };
        buf_init(&page, 1 << 20);
        host_page(&page, VIM_HOST_NAME - 1 + over, VIM_HOST_ADDRESSES + over, VIM_HOST_CERT + over);
        struct script_step steps[] = { STEP_CONTENT, STEP_LOGIN, { .body = buf_str(&page), .type = "text/xml" } };
        struct script s = { 0 };
        script_start(&s, steps, 3);
        CHECK_OK(vim_host_read(s.session, &o, soon(), &a, &host, &e), &e);
        CHECK_EQ(host.name != NULL, !over);
        CHECK_EQ(host.addresses_len, VIM_HOST_ADDRESSES);
        CHECK_EQ(host.certificate_len, over ? 0 : VIM_HOST_CERT);
        CHECK_EQ(host.certificate != NULL, !over);
        script_end(&s);
        buf_done(&page);
    }
}

static void a_kept_connection_ages(void **state)
{
    (void)state;
    struct err e;
    struct vim_answer answer;
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_request rq = { .method = "GET", .path = "/x" };
    SCRIPT(s, { .body = "" }, { .body = "" }, { .body = "" }, { .body = "" });
    CHECK_OK(vim_endpoint_call(s.endpoint, &rq, soon(), &a, &answer, &e), &e);
    s.later_ms += VIM_IDLE_MS - 10 * 1000; /* so slow no machine is */
    CHECK_EQ(vim_endpoint_review(s.endpoint), 0);
    CHECK_OK(vim_endpoint_call(s.endpoint, &rq, soon(), &a, &answer, &e), &e);
    CHECK_EQ(s.dials, 1);
    s.later_ms += VIM_IDLE_MS;
    CHECK_OK(vim_endpoint_call(s.endpoint, &rq, soon(), &a, &answer, &e), &e);
    CHECK_EQ(s.dials, 2);
    s.later_ms += VIM_IDLE_MS - 10 * 1000;
    CHECK_EQ(vim_endpoint_review(s.endpoint), 0); /* looking at it does not make it younger */
    s.later_ms += 10 * 1000;
    CHECK_EQ(vim_endpoint_review(s.endpoint), 1);
    CHECK_OK(vim_endpoint_call(s.endpoint, &rq, soon(), &a, &answer, &e), &e);
    CHECK_EQ(s.dials, 3);
    script_end(&s);
}

static void connecting_ends_with_the_call_or_before(void **state)
{
    (void)state;
    const int64_t unset = 0, set = 300;
    CHECK_EQ(vim_dial_until(1000, NULL, VIM_CONNECT_MS, 1000 + VIM_CONNECT_MS - 1), 1000 + VIM_CONNECT_MS - 1);
    CHECK_EQ(vim_dial_until(1000, NULL, VIM_CONNECT_MS, 1000 + VIM_CONNECT_MS + 1), 1000 + VIM_CONNECT_MS);
    CHECK_EQ(vim_dial_until(1000, &unset, VIM_HANDSHAKE_MS, 1000 + VIM_CALL_MS), 1000 + VIM_HANDSHAKE_MS);
    CHECK_EQ(vim_dial_until(1000, &set, VIM_CONNECT_MS, 1000 + VIM_CALL_MS), 1300);
    CHECK_EQ(vim_dial_until(1000, &set, VIM_CONNECT_MS, 1200), 1200);
}

static bool at_the_second_question(void *self)
{
    return ++*(int *)self == 2;
}

static void a_task_is_asked_ever_more_rarely(void **state)
{
    (void)state;
    int64_t ms = VIM_TASK_FIRST_MS, sum = 0;
    for (int i = 0; i < 20; i++, ms = vim_task_next_ms(ms))
        sum += ms;
    CHECK_EQ(ms, VIM_TASK_LAST_MS);
    CHECK_EQ(sum, 200 + 400 + 800 + 1600 + 16 * VIM_TASK_LAST_MS);
    struct err e;
    int asked = 0;
    const struct vim_object task = { "Task", "task-7" };
    struct vim_task_wait how = { .cancelled = at_the_second_question, .self = &asked, .first_ms = 20 * 1000 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, { .file = "task-running.xml" });
    int64_t began = clock_mono_ms();
    CHECK_FAILS(vim_task_wait(s.session, &task, &how, soon(), NULL, NULL, &e), &e, ERR_CANCELLED);
    CHECK(clock_mono_ms() - began < how.first_ms / 2); /* heard within a VIM_TASK_TICK_MS, not after the pause */
    script_end(&s);
}

GROUP(vim_limits, cmocka_unit_test(a_managed_objects_id_fits_or_is_none), cmocka_unit_test(a_cookie_has_a_length),
      cmocka_unit_test(a_rest_sessions_id_has_a_length), cmocka_unit_test(an_api_version_fits_or_is_none),
      cmocka_unit_test(a_call_that_is_too_long_is_not_sent), cmocka_unit_test(the_longest_account_fits),
      cmocka_unit_test(answers_have_caps), cmocka_unit_test(a_bundle_holds_so_many_roots),
      cmocka_unit_test(a_bundle_holds_so_many_crls),
      cmocka_unit_test(a_list_of_chains_has_a_cap), cmocka_unit_test(what_a_host_says_too_much_is_left_away),
      cmocka_unit_test(a_kept_connection_ages), cmocka_unit_test(connecting_ends_with_the_call_or_before),
      cmocka_unit_test(a_task_is_asked_ever_more_rarely))
