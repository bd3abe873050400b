#include "net/hosts.h"

#include <stdlib.h>
#include <unistd.h>

#include "unit/check.h"

static struct hosts *parse(const char *text)
{
    struct err e;
    struct hosts *h = hosts_parse(text, strlen(text), &e);
    CHECK_OK(h, &e);
    return h;
}

static void check_first(const struct hosts *h, const char *name, const char *want)
{
    struct address a[4] = { 0 };
    char text[ADDRESS_TEXT];
    (void)hosts_find(h, name, a, ARRAY_LEN(a));
    address_write(&a[0], text);
    CHECK_STR(text, want);
}

static void names_are_found(void **state)
{
    (void)state;
    AUTO(hosts_destroyp) struct hosts *h = parse("# lab\n"
                                                 "127.1.0.1 vc1.example vc1\r\n"
                                                 "\n"
                                                 "  127.1.0.2\tESX-1.example.\t# first host\n"
                                                 "fd00::1 vc1.example\n"
                                                 "127.1.0.3 vc1.example #\n"
                                                 "127.1.0.4 a_b.example");
    check_first(h, "vc1.example", "127.1.0.1");
    check_first(h, "VC1.example.", "127.1.0.1");
    check_first(h, "vc1", "127.1.0.1");
    check_first(h, "esx-1.EXAMPLE", "127.1.0.2");
    check_first(h, "a_b.example", "127.1.0.4");
    check_first(h, "vc2", "none");
    check_first(h, "", "none");
    check_first(NULL, "vc1", "none");
    struct address a[8];
    CHECK_EQ(hosts_find(h, "vc1.example", a, ARRAY_LEN(a)), 3);
    CHECK(a[1].family == ADDRESS_V6 && a[2].ip[3] == 3); /* the file's order */
    CHECK_EQ(hosts_find(h, "vc1.example", a, 2), 2);
    char longer[400];
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    CHECK_EQ(hosts_find(h, longer, a, 1), 0);
}

static void bad_lines_are_refused_with_their_number(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1.2.3.4 ok\n10.0.0.1\n",       "1.2.3.4 ok\n10.0.0 a\n",        "1.2.3.4 ok\nname 10.0.0.1\n",
        "1.2.3.4 ok\n10.0.0.1 a..b\n",  "1.2.3.4 ok\n10.0.0.1 -a\n",     "1.2.3.4 ok\n10.0.0.1 a b c$d\n",
        "1.2.3.4 ok\n10.0.0.1 a\vb\n",  "1.2.3.4 ok\n10.0.0.1 a \xff\n", "1.2.3.4 ok\n10.0.0.1 1.2.3\n",
        "1.2.3.4 ok\nfe80::1%eth0 a\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err e;
        struct hosts *h = hosts_parse(bad[i], strlen(bad[i]), &e);
        if (h)
            fail_msg("case %zu was read", i);
        CHECK_EQ(e.kind, ERR_INPUT);
        CHECK(strstr(e.msg, "line 2: "));
    }
    struct err e;
    CHECK_FAILS(hosts_parse("1.2.3.4 a\0b\n", 12, &e), &e, ERR_INPUT);
}

static void files_are_capped(void **state)
{
    (void)state;
    struct err e;
    char *big = malloc(HOSTS_BYTES_MAX + 1);
    memset(big, '#', HOSTS_BYTES_MAX + 1);
    CHECK_FAILS(hosts_parse(big, HOSTS_BYTES_MAX + 1, &e), &e, ERR_LIMIT);
    AUTO(hosts_destroyp) struct hosts *empty = hosts_parse(big, HOSTS_BYTES_MAX, &e);
    CHECK_OK(empty, &e);
    size_t at = 0;
    for (int i = 0; i <= HOSTS_NAMES_MAX; i++)
        at += (size_t)snprintf(big + at, HOSTS_BYTES_MAX - at, "1.1.1.1 n%x\n", (unsigned)i);
    CHECK_FAILS(hosts_parse(big, at, &e), &e, ERR_LIMIT);
    AUTO(hosts_destroyp) struct hosts *full = hosts_parse(big, at - strlen("1.1.1.1 n186a0\n"), &e);
    CHECK_OK(full, &e);
    check_first(full, "n1869f", "1.1.1.1");
    free(big);
}

static void a_file_is_loaded(void **state)
{
    (void)state;
    struct err e;
    char path[] = "/tmp/net-hosts-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, "127.0.0.9 lab\n", 14), 14);
    AUTO(hosts_destroyp) struct hosts *h = hosts_load(path, &e);
    CHECK_OK(h, &e);
    check_first(h, "lab", "127.0.0.9");
    CHECK_EQ(write(fd, "x\n", 2), 2);
    CHECK_FAILS(hosts_load(path, &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, path) && strstr(e.msg, "line 2"));
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(unlink(path), 0);
    CHECK_FAILS(hosts_load(path, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(hosts_load("/", &e), &e, ERR_INPUT);
}

static void names_that_resolvers_read_as_numbers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool ok;
    } cases[] = {
        { "a", true },         { "vc1.example", true },    { "vc1.example.", true }, { "1a", true },
        { "1.2.3.com", true }, { "xn--bcher-kva.example", true }, { "0xg", true },
        { "", false },         { ".", false },             { "a..b", false },        { ".a", false },
        { "a-", false },       { "-a", false },            { "a b", false },         { "a/b", false },
        { "a:443", false },    { "127.1", false },         { "2130706433", false },  { "0x7f000001", false },
        { "0x", false },       { "a.0x7F", false },        { "a.1.", false },        { "b\xc3\xbc" "cher", false },
        { "a.b\n", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (hosts_name_valid(cases[i].name) != cases[i].ok)
            fail_msg("\"%s\"", cases[i].name);
    char name[300];
    for (size_t len = 1; len < sizeof(name); len++) {
        for (size_t i = 0; i < len; i++)
            name[i] = i % 64 == 63 ? '.' : 'a';
        name[len] = '\0';
        CHECK_EQ(hosts_name_valid(name), len <= HOSTS_NAME_MAX || (len == HOSTS_NAME_MAX + 1 && name[len - 1] == '.'));
    }
    memset(name, 'a', 64);
    name[64] = '\0';
    CHECK(!hosts_name_valid(name));
}

GROUP(net_hosts, cmocka_unit_test(names_are_found), cmocka_unit_test(bad_lines_are_refused_with_their_number),
      cmocka_unit_test(files_are_capped), cmocka_unit_test(a_file_is_loaded),
      cmocka_unit_test(names_that_resolvers_read_as_numbers_are_refused))
