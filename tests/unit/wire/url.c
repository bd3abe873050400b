#include "wire/url.h"

#include <stdlib.h>

#include "base/mem.h"
#include "unit/check.h"

static void urls_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host; /* as a Host field would say it */
        bool tls;
        uint16_t port;
        const char *target;
    } cases[] = {
        { "https://vc1.example", "vc1.example", true, 443, "/" },
        { "HTTPS://VC1.Example/", "vc1.example", true, 443, "/" },
        { "http://vc1.example/a/b?x=1&y=%20", "vc1.example", false, 80, "/a/b?x=1&y=%20" },
        { "https://vc1.example:8443/sdk", "vc1.example:8443", true, 8443, "/sdk" },
        { "http://vc1.example:443/", "vc1.example:443", false, 443, "/" },
        { "https://10.0.0.7/nfc/52ab/disk-0.vmdk", "10.0.0.7", true, 443, "/nfc/52ab/disk-0.vmdk" },
        { "https://[2001:DB8::0:1]:8443/", "[2001:db8::1]:8443", true, 8443, "/" },
        { "https://[::ffff:10.0.0.1]", "[::ffff:10.0.0.1]", true, 443, "/" },
        { "https://esx_01.corp-a.example/x;y=1", "esx_01.corp-a.example", true, 443, "/x;y=1" },
        { "https://h?q=[a]{b}|^`", "h", true, 443, "/?q=[a]{b}|^`" },
        { "https://h/?", "h", true, 443, "/?" },
        { "https://1a.2b/", "1a.2b", true, 443, "/" },
        { "https://0x7g/", "0x7g", true, 443, "/" },
        { "https://h/a..b/...", "h", true, 443, "/a..b/..." },
        { "https://h/guestFile?id=1&token=a/b+c==", "h", true, 443, "/guestFile?id=1&token=a/b+c==" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url u;
        struct err e;
        struct buf target;
        char host[URL_HOST_TEXT];
        buf_init(&target, URL_MAX + 2);
        CHECK_OK(url_parse(cases[i].text, strlen(cases[i].text), &u, &e), &e);
        url_host_write(&u.host, u.tls ? 443 : 80, host);
        CHECK_STR(host, cases[i].host);
        CHECK_EQ(u.tls, cases[i].tls);
        CHECK_EQ(u.host.port, cases[i].port);
        CHECK_OK(url_target_write(&u.target, &target, &e), &e);
        CHECK_STR(buf_str(&target), cases[i].target);
        buf_done(&target);
    }
}

static const char *const bad_urls[] = {
    "", "https://", "https:/", "https:", "http//a", "//a", "/a", "a", "ftp://a/", "httpss://a/", " https://a/",
    "https://a /", "https://a/ ", "https://a\n/", "https://a/\n", "https://a/\x01", "https://a/\x7f",
    "https://user@a/", "https://user:pw@a/", "https://@a/", "https://a@/", "https://a/#x", "https://a#x", "https://a?x#y",
    "https://a\\b/", "https://a/\\b", "https:\\\\a/", "https://a/%", "https://a/%2", "https://a/%2g", "https://a/%-1",
    "https://a/?%", "https://a/?%zz", "https://a/<b>", "https://a/\"", "https://a/{b}", "https://a/b|c", "https://a/^",
    "https://a/?<b>", "https://a/?\"", "https://a/?b\\c", "https://\xc3\xa9/", "https://a/\xc3\xa9", "https://a/?\xc3\xa9",
    "https://a:/", "https://a:0/", "https://a:65536/", "https://a:443443/", "https://a:+1/", "https://a:-1/",
    "https://a: 1/", "https://a:1 /", "https://a:x/", "https://a:1:2/", "https://:443/", "https://a%2eb/", "https://a%41/",
    "https://.a/", "https://a./", "https://a..b/", "https://-a/", "https://a-/", "https://a.-b/", "https://a.b-.c/",
    "https://*.a/", "https://a,b/", "https://a;b/", "https://a&b/", "https://[/", "https://[]/", "https://[::1/",
    "https://::1/", "https://[::1]x/", "https://[::1]:/", "https://[::g]/", "https://[1.2.3.4]/", "https://[::1%25eth0]/",
    "https://[fe80::1%eth0]/", "https://[1::2::3]/", "https://[0:0:0:0:0:0:0:0:1]/", "https://[::ffff:1.2.3]/",
    /* what only some resolvers take for an address */
    "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/",
    "https://0177.0.0.1/", "https://1.2.3.4.5/", "https://256.1.1.1/", "https://1.2.3.04/", "https://a.1/", "https://a.0x1/",
    "https://a.0x/", "https://1.2.3.4./", "https://0X7F000001/",
    /* dot segments in every spelling */
    "https://a/.", "https://a/..", "https://a/./b", "https://a/b/../c", "https://a/%2e", "https://a/%2E./b",
    "https://a/.%2e", "https://a/%2e%2e/", "https://a/..;x", "https://a/.;/b", "https://a/%2e%2E;a=b/c",
};

static void bad_urls_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_urls); i++) {
        struct url u;
        struct err e;
        char *exact = xmemdup(bad_urls[i], strlen(bad_urls[i]));
        if (url_parse(exact, strlen(bad_urls[i]), &u, &e))
            fail_msg("\"%s\" is accepted", bad_urls[i]);
        CHECK_EQ(e.kind, ERR_INPUT);
        free(exact);
    }
    struct url u;
    struct err e;
    CHECK_FAILS(url_parse("https://a/b\0c", 13, &u, &e), &e, ERR_INPUT);
    CHECK_FAILS(url_parse("https://a\0b/", 12, &u, &e), &e, ERR_INPUT);
    CHECK_FAILS(url_parse("https://[::1\0]/", 15, &u, &e), &e, ERR_INPUT);
}

/* Cut off at each byte: refused, or still a URL that a shorter text would have been. Never read past the end. */
static void cut_off_urls_are_safe(void **state)
{
    (void)state;
    static const char text[] = "https://[2001:db8::1]:8443/a%20b/c;d?e=%41&f#g";
    for (size_t len = 0; len < sizeof(text); len++) {
        struct url u;
        struct err e;
        char *exact = xmemdup(text, len);
        if (url_parse(exact, len, &u, &e)) {
            CHECK_STR(u.host.name, "2001:db8::1");
            CHECK(u.target.path.at >= exact && u.target.path.at + u.target.path.len <= exact + len);
        }
        free(exact);
    }
}

static bool parse_repeated(const char *head, const char *piece, size_t count, struct err *e)
{
    struct buf b;
    struct url u;
    buf_init(&b, 100000);
    bool ok = buf_puts(&b, head, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = buf_puts(&b, piece, e);
    ok = ok && url_parse(buf_str(&b), b.len, &u, e);
    buf_done(&b);
    return ok;
}

static void limits_are_exact(void **state)
{
    (void)state;
    struct err e;
    CHECK_OK(parse_repeated("https://a/", "b", URL_MAX - 10, &e), &e);
    CHECK_FAILS(parse_repeated("https://a/", "b", URL_MAX - 9, &e), &e, ERR_LIMIT);
    CHECK_OK(parse_repeated("https://a", "/b", URL_SEGMENTS_MAX, &e), &e);
    CHECK_FAILS(parse_repeated("https://a", "/b", URL_SEGMENTS_MAX + 1, &e), &e, ERR_LIMIT);
    CHECK_OK(parse_repeated("https://a?", "&b=c", URL_PARAMS_MAX, &e), &e);
    CHECK_FAILS(parse_repeated("https://a?", "&b=c", URL_PARAMS_MAX + 1, &e), &e, ERR_LIMIT);
    CHECK_FAILS(parse_repeated("https://a/?", "&b=c", URL_PARAMS_MAX + 1, &e), &e, ERR_LIMIT);
    CHECK_OK(parse_repeated("https://", "a", URL_LABEL_MAX, &e), &e);
    CHECK_FAILS(parse_repeated("https://", "a", URL_LABEL_MAX + 1, &e), &e, ERR_INPUT);
    CHECK_OK(parse_repeated("https://a", ".a", (URL_HOST_MAX - 1) / 2, &e), &e);
    CHECK_FAILS(parse_repeated("https://aa", ".a", (URL_HOST_MAX - 1) / 2, &e), &e, ERR_INPUT);
}

static void hosts_compare(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        { "a", "A", true }, { "a:443", "a", true }, { "a:80", "a", false }, { "a", "b", false },
        { "[::1]:443", "[0:0::1]", true }, { "10.0.0.1", "[::ffff:10.0.0.1]", false }, { "a:1", "a:2", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url_host a, b;
        struct err e;
        CHECK_OK(url_host_parse(cases[i].a, strlen(cases[i].a), &a, &e), &e);
        CHECK_OK(url_host_parse(cases[i].b, strlen(cases[i].b), &b, &e), &e);
        CHECK_EQ(url_host_same(&a, &b, 443), cases[i].same);
    }
}

static void join(struct buf *out, struct url_span s, const char *after)
{
    struct err e;
    CHECK_OK(buf_append(out, s.at, s.len, &e) && buf_puts(out, after, &e), &e);
}

static void paths_and_queries_come_apart(void **state)
{
    (void)state;
    static const struct {
        const char *target, *segments, *params;
    } cases[] = {
        { "/", ",", "" },
        { "/a", "a,", "" },
        { "/a/", "a,,", "" },
        { "//a", ",a,", "" },
        { "/a%2Fb/c;d=e?", "a%2Fb,c;d=e,", "" },
        { "/a?b", "a,", "b:," },
        { "/a?&b=c&&d==e&=f&g=&", "a,", "b:c,d:=e,:f,g:," },
        { "/a?b=/c?d", "a,", "b:/c?d," },
        { "/api/query?&type=task&filter=a==b;c!=d", "api,query,", "type:task,filter:a==b;c!=d," },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url_target t;
        struct err e;
        struct url_path path;
        struct url_query query;
        struct url_span a, b;
        struct buf out;
        buf_init(&out, 1000);
        CHECK_OK(url_target_parse(cases[i].target, strlen(cases[i].target), &t, &e), &e);
        for (url_path_start(&path, t.path); url_path_next(&path, &a);)
            join(&out, a, ",");
        CHECK_STR(buf_str(&out), cases[i].segments);
        buf_clear(&out);
        for (url_query_start(&query, t.query); url_query_next(&query, &a, &b);) {
            join(&out, a, ":");
            join(&out, b, ",");
        }
        CHECK_STR(buf_str(&out), cases[i].params);
        buf_done(&out);
    }
}

static void percent_is_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum url_part part;
        const char *plain; /* NULL: refused */
    } cases[] = {
        { "", URL_IN_PATH, "" },          { "a+b%20c", URL_IN_PATH, "a+b c" },   { "a+b%20c", URL_IN_QUERY, "a b c" },
        { "%2f%2F", URL_IN_PATH, "//" },  { "%C3%A9", URL_IN_PATH, "\xc3\xa9" }, { "%0A", URL_IN_QUERY, "\n" },
        { "%25", URL_IN_PATH, "%" },      { "%2541", URL_IN_PATH, "%41" },
        { "%0A", URL_IN_PATH, NULL },     { "%7f", URL_IN_PATH, NULL },          { "%00", URL_IN_PATH, NULL },
        { "%00", URL_IN_QUERY, NULL },    { "%C3", URL_IN_PATH, NULL },          { "%ED%A0%80", URL_IN_QUERY, NULL },
        { "%C0%AF", URL_IN_PATH, NULL },  { "%", URL_IN_PATH, NULL },            { "%4", URL_IN_QUERY, NULL },
        { "a b", URL_IN_QUERY, NULL },    { "?", URL_IN_PATH, NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        char out[64];
        struct url_span text = { cases[i].text, strlen(cases[i].text) };
        bool ok = url_decode(text, cases[i].part, out, &e);
        if (ok != !!cases[i].plain || (ok && strcmp(out, cases[i].plain)))
            fail_msg("case %zu \"%s\"", i, cases[i].text);
        CHECK(ok || e.kind == ERR_INPUT);
    }
}

static void encoding_round_trips(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    char text[255], back[800];
    buf_init(&b, 1000);
    for (size_t i = 0; i < 127; i++)
        text[i] = (char)(i + 1);
    CHECK_OK(url_encode(&b, text, 127, &e), &e);
    CHECK(!strpbrk(buf_str(&b), "/?&=+ ;#"));
    CHECK_OK(url_decode((struct url_span){ buf_str(&b), b.len }, URL_IN_QUERY, back, &e), &e);
    CHECK(!memcmp(back, text, 127) && !back[127]);
    buf_done(&b);
}

GROUP(wire_url, cmocka_unit_test(urls_are_read), cmocka_unit_test(bad_urls_are_refused),
      cmocka_unit_test(cut_off_urls_are_safe), cmocka_unit_test(limits_are_exact), cmocka_unit_test(hosts_compare),
      cmocka_unit_test(paths_and_queries_come_apart), cmocka_unit_test(percent_is_decoded),
      cmocka_unit_test(encoding_round_trips))
