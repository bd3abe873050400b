#include "flow/config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "unit/check.h"

static bool read(const char *text, struct config *c, struct arena *a, struct err *e)
{
    return config_read(text, strlen(text), c, a, e);
}

static void defaults_stand_for_what_is_not_said(void **state)
{
    (void)state;
    struct config c;
    struct arena a = { 0 };
    struct err e;
    CHECK_OK(read("", &c, &a, &e), &e);
    CHECK_STR(c.listen, "0.0.0.0:8443");
    CHECK(!c.public_url);
    CHECK_EQ(c.on_withdraw, CONFIG_WITHDRAW_END);
    CHECK_EQ(c.request_body, 1 << 20);
    CHECK_EQ(c.session_idle_ms, 30 * 60000);
    CHECK(!c.public_cas);
    arena_done(&a);
}

static void keys_are_read_with_their_units(void **state)
{
    (void)state;
    struct config c;
    struct arena a = { 0 };
    struct err e;
    CHECK_OK(read("; a comment; with ;\n# another\nlisten = [::1]:8443\r\npublic_url=https://vcd.example:443\n"
                  "on_withdraw = finish\n\n[proxy]\nfrom = 10.0.0.1, 10.0.0.0/28 fd00::1\n[limits]\nsession_idle = 2h\n"
                  "request_body = 64K\nloops = 4\n[trust]\ncrl_strict = on\n[resolver]\nhosts = /a;b # c", &c, &a, &e), &e);
    CHECK_STR(c.listen, "[::1]:8443");
    CHECK_EQ(c.on_withdraw, CONFIG_WITHDRAW_FINISH);
    CHECK_EQ(c.proxy_from.len, 3);
    CHECK_STR(c.proxy_from.items[2], "fd00::1");
    CHECK_EQ(c.session_idle_ms, 7200000);
    CHECK_EQ(c.request_body, 65536);
    CHECK_EQ(c.loops, 4);
    CHECK(c.crl_strict);
    CHECK_STR(c.resolver_hosts, "/a;b # c"); /* a value is everything behind the = */
    arena_done(&a);
}

static void whatever_is_wrong_names_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "\nlisten_on = 1", "line 2: unknown key 'listen_on'" },
        { "[limit]\nloops = 1", "line 2: unknown key or section, key 'loops'" },
        { "loops = 1", "line 1: unknown key 'loops'" },
        { "listen = 0.0.0.0:1\nlisten = 0.0.0.0:1", "line 2: this key was set before: 'listen'" },
        { "[limits]\nloops = 0", "line 2: limits.loops must be a number from 1 to 64 '0'" },
        { "[limits]\nloops = 65", "from 1 to 64 '65'" },
        { "[limits]\nloops = 2x", "'2x'" },
        { "[limits]\nloops = -1", "'-1'" },
        { "[limits]\nloops =", "line 2" },
        { "[limits]\nsession_idle = 1 hour", "line 2" },
        { "[limits]\nsession_idle = 1ms", "from 60000 to 86400000 ms" },
        { "[limits]\nrequest_body = 1T", "line 2" },
        { "[limits]\nrequest_body = 99999999999999999999", "line 2" },
        { "on_withdraw = maybe", "one of end|finish 'maybe'" },
        { "[trust]\ncrl_strict = perhaps", "yes or no" },
        { "what is this", "line 1: neither [section] nor key = value" },
        { "[open\nlisten = 0.0.0.0:1", "line 1" },
        { "listen = 0.0.0.0", "listen" },
        { "listen = vcd.example:443", "listen" },
        { "listen = 0.0.0.0:65536", "listen" },
        { "public_url = http://vcd.example", "public_url" },
        { "public_url = https://vcd.example/cloud", "public_url" },
        { "public_url = https://u@vcd.example", "public_url" },
        { "data_dir = var", "absolute" },
        { "store_url = mysql:x", "store_url" },
        { "store_url = sqlite:x", "store_url" },
        { "[proxy]\nfrom = lb.example", "proxy.from" },
        { "[trust]\npublic_cas = yes", "trust.public_cas" },
        { "[limits]\npool_threads = 65", "from 2 to 64" },
        { "[proxy]\nfrom = 10.0.0.1/28", "proxy.from" },
        { "[proxy]\nfrom = 10.0.0.0/33", "proxy.from" },
        { "listen = \xff\xfe", "not UTF-8" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config c = { .listen = "unchanged" };
        struct arena a = { 0 };
        struct err e;
        CHECK_FAILS(read(cases[i].text, &c, &a, &e), &e, ERR_INPUT);
        if (!strstr(e.msg, cases[i].says))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, e.msg, cases[i].says);
        CHECK_STR(c.listen, "unchanged");
        arena_done(&a);
    }
}

static void sizes_are_capped(void **state)
{
    (void)state;
    struct config c;
    struct arena a = { 0 };
    struct err e;
    static char text[SETTINGS_FILE_MAX + 2];
    memset(text, '\n', sizeof(text) - 1);
    CHECK_FAILS(config_read(text, SETTINGS_FILE_MAX + 1, &c, &a, &e), &e, ERR_LIMIT);
    CHECK_OK(config_read(text, SETTINGS_FILE_MAX, &c, &a, &e), &e);
    static const char key[] = "[resolver]\nhosts = /";
    memcpy(text, key, sizeof(key) - 1);
    memset(text + sizeof(key) - 1, 'a', SETTINGS_LINE_MAX);
    CHECK_FAILS(config_read(text, 3000, &c, &a, &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, "line 2: the line is too long"));
    text[600] = '\n';
    CHECK_OK(config_read(text, 601, &c, &a, &e), &e);
    CHECK_EQ(strlen(c.resolver_hosts), 600 - (sizeof(key) - 2));
    CHECK_FAILS(config_read("listen = 0.0.0.0:1\0\n", 20, &c, &a, &e), &e, ERR_INPUT);
    struct buf many;
    buf_init(&many, 2000);
    CHECK_OK(buf_puts(&many, "[proxy]\nfrom =", &e), &e);
    for (int i = 0; i <= SETTINGS_LIST_MAX; i++)
        CHECK_OK(buf_puts(&many, " 10.0.0.1", &e), &e);
    CHECK_FAILS(read(buf_str(&many), &c, &a, &e), &e, ERR_INPUT);
    buf_done(&many);
    arena_done(&a);
}

/* What the table writes reads as the defaults. */
static void the_table_documents_itself(void **state)
{
    (void)state;
    size_t len;
    struct buf out;
    struct err e;
    struct config c;
    struct arena a = { 0 };
    const struct setting *table = config_table(&len);
    buf_init(&out, 1 << 16);
    CHECK_OK(settings_write(table, len, &out, &e), &e);
    CHECK_OK(config_read(buf_str(&out), out.len, &c, &a, &e), &e);
    CHECK_STR(c.data_dir, "/var/lib/vouchsafe");
    for (size_t i = 0; i < len; i++)
        CHECK(table[i].help && strstr(buf_str(&out), table[i].help));
    buf_done(&out);
    arena_done(&a);
}

GROUP(flow_config, cmocka_unit_test(defaults_stand_for_what_is_not_said), cmocka_unit_test(keys_are_read_with_their_units),
      cmocka_unit_test(whatever_is_wrong_names_its_line), cmocka_unit_test(sizes_are_capped),
      cmocka_unit_test(the_table_documents_itself))
