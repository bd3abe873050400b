#include "api/accept.h"

#include "base/buf.h"
#include "unit/check.h"
#include "wire/xml.h"
#include "base/arena.h"

static void what_clients_really_send_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *lines[3];
        enum api_face face;
        enum api_format format;
        unsigned major, minor; /* 0: refused */
        bool named;
    } cases[] = {
        { { NULL }, API_LEGACY, API_XML, 37, 0, false },
        { { NULL }, API_CLOUDAPI, API_JSON, 37, 0, false },
        { { "application/*+xml;version=37.0" }, API_LEGACY, API_XML, 37, 0, true },
        { { "application/*+json;version=36.3" }, API_LEGACY, API_JSON, 36, 3, true },
        { { "application/json;version=37.0" }, API_CLOUDAPI, API_JSON, 37, 0, true },
        { { "application/*;version=37.0" }, API_CLOUDAPI, API_JSON, 37, 0, true },
        { { "application/*;version=37.0" }, API_LEGACY, API_XML, 37, 0, true },
        { { "application/*+xml;version=36.0", "vnd.vmware.vcloud.org+xml;version=37.0" }, API_LEGACY, API_XML, 36, 0, true },
        { { "vnd.vmware.vcloud.org+xml;version=37.0", "application/*+json" }, API_LEGACY, API_JSON, 37, 0, true },
        { { "text/html, application/json ; q=0.5; Version=\"36.0\" , */*" }, API_LEGACY, API_JSON, 36, 0, true },
        { { "application/json;version=" }, API_CLOUDAPI, API_JSON, 37, 0, false }, /* token registration */
        { { "application/json;version=;version=36.0" }, API_CLOUDAPI, API_JSON, 36, 0, true },
        { { "application/json;version=37.0;multisite=global" }, API_CLOUDAPI, API_JSON, 37, 0, true },
        { { ";;;,,=,version=36.0" }, API_LEGACY, API_XML, 37, 0, false }, /* a type, not a parameter */
        { { "*/*" }, API_LEGACY, API_XML, 37, 0, false },
        { { "application/json;version=40.0" }, API_CLOUDAPI, API_JSON, 0, 0, false },
        { { "application/json;version=37.1" }, API_CLOUDAPI, API_JSON, 0, 0, false },
        { { "application/*+xml;version=5.1" }, API_LEGACY, API_XML, 0, 0, false },
        { { "application/json;version=37.0.0-alpha" }, API_CLOUDAPI, API_JSON, 37, 0, false },
        { { "application/json;version=99999999999.0" }, API_CLOUDAPI, API_JSON, 37, 0, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct api_accept a;
        struct err e;
        size_t n = 0;
        while (n < 3 && cases[i].lines[n])
            n++;
        bool ok = api_accept_read(cases[i].lines, n, cases[i].face, &a, &e);
        if (ok != (cases[i].major != 0) || (ok && (a.format != cases[i].format || a.version.major != cases[i].major ||
                                                   a.version.minor != cases[i].minor || a.named != cases[i].named)))
            fail_msg("case %zu", i);
        CHECK(ok || e.kind == ERR_INPUT);
    }
}

static void versions_list_what_clients_look_for(void **state)
{
    (void)state;
    struct buf out;
    struct err e;
    struct arena a = { 0 };
    struct xml_element *root;
    buf_init(&out, 1 << 16);
    CHECK_OK(api_versions_write("https://vcd.example:8443", &out, &e), &e);
    CHECK_OK(xml_parse(out.data, out.len, NULL, &a, &root, &e), &e);
    CHECK(xml_is(root, "http://www.vmware.com/vcloud/versions", "SupportedVersions"));
    CHECK(strstr(buf_str(&out), "<Version>37.0</Version>\n    <LoginUrl>https://vcd.example:8443/cloudapi/1.0.0/sessions</LoginUrl>"));
    CHECK(strstr(buf_str(&out), "<Version>36.0</Version>")); /* pyvcloud's newest */
    CHECK(!strstr(buf_str(&out), "<Version>4"));             /* trap 1 */
    arena_done(&a);
    buf_done(&out);
}

GROUP(api_accept, cmocka_unit_test(what_clients_really_send_is_understood),
      cmocka_unit_test(versions_list_what_clients_look_for))
