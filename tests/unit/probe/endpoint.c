#include "probe/endpoint.h"

#include "unit/check.h"

static void endpoints_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written; /* NULL: refused */
        bool is_address;
    } cases[] = {
        { "vc1.example", "vc1.example:443", false },
        { "VC1.Example:8443", "vc1.example:8443", false },
        { "10.0.0.7", "10.0.0.7:443", true },
        { "10.0.0.7:5480", "10.0.0.7:5480", true },
        { "[::1]", "[::1]:443", true },
        { "[FD00:0:0:0::7]:8443", "[fd00::7]:8443", true },
        { "https://vc1.example", "vc1.example:443", false },
        { "https://vc1.example:8443/ui/?x=y", "vc1.example:8443", false },
        { "https://[::1]/", "[::1]:443", true },
        { "http://vc1.example", NULL, false },
        { "ftp://vc1.example", NULL, false },
        { "https://root:secret@vc1.example", NULL, false },
        { "::1", NULL, false },
        { "vc1.example:", NULL, false },
        { "vc1.example:0", NULL, false },
        { "vc1.example:65536", NULL, false },
        { "vc1.example:443x", NULL, false },
        { "vc1 example", NULL, false },
        { "vc1.example/ui", NULL, false },
        { "[::1", NULL, false },
        { "[10.0.0.7]", NULL, false },
        { "127.1", NULL, false },
        { "", NULL, false },
        { ":443", NULL, false },
        { "-x", NULL, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url_host p;
        struct err e = { 0 };
        char written[URL_HOST_TEXT];
        bool ok = probe_endpoint_parse(cases[i].text, &p, &e);
        if (ok)
            url_host_write(&p, 0, written);
        if (ok != (cases[i].written != NULL) || (ok && strcmp(written, cases[i].written) != 0))
            fail_msg("'%s': %s", cases[i].text, ok ? written : e.msg);
        CHECK(!ok || (p.kind != URL_HOST_NAME) == cases[i].is_address);
        CHECK(ok || (e.kind == ERR_INPUT && strstr(e.msg, "is no endpoint") && !strstr(e.msg, "secret")));
    }
}

static void proxies_are_plain_http_with_nothing_behind(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
    } cases[] = {
        { "http://proxy.example:3128", "proxy.example:3128" },
        { "http://10.0.0.1:8080/", "10.0.0.1:8080" },
        { "http://proxy.example", "proxy.example:80" },
        { "http://[::1]:3128", "[::1]:3128" },
        { "https://proxy.example:3128", NULL },
        { "proxy.example:3128", NULL },
        { "http://user:secret@proxy.example:3128", NULL },
        { "http://proxy.example:3128/path", NULL },
        { "http://proxy.example:3128/?q", NULL },
        { "socks5://proxy.example", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url_host p;
        struct err e = { 0 };
        char written[URL_HOST_TEXT];
        bool ok = probe_endpoint_parse_proxy(cases[i].text, &p, &e);
        if (ok)
            url_host_write(&p, 0, written);
        if (ok != (cases[i].written != NULL) || (ok && strcmp(written, cases[i].written) != 0))
            fail_msg("'%s': %s", cases[i].text, ok ? written : e.msg);
        CHECK(!strstr(e.msg, "secret")); /* somebody's password is not repeated on a screen */
    }
}

GROUP(probe_endpoint, cmocka_unit_test(endpoints_in_every_form),
      cmocka_unit_test(proxies_are_plain_http_with_nothing_behind))
