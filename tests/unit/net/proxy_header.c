#include "net/proxy_header.h"

#include "base/def.h"
#include "unit/check.h"
#include "unit/net/proxy.h"

static const uint8_t v4[12] = { 198, 51, 100, 7, 10, 0, 0, 1, 0xd4, 0x31, 0x20, 0xfb };

static void what_is_not_understood_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t command, family;
        size_t len;
        enum err_kind kind; /* ERR_NONE: good */
    } cases[] = {
        { 0x21, 0x11, 12, ERR_NONE },  { 0x21, 0x21, 36, ERR_NONE },   { 0x20, 0x00, 0, ERR_NONE },
        { 0x20, 0x11, 12, ERR_NONE },  { 0x20, 0x31, 3, ERR_NONE },    { 0x21, 0x11, PROXY_REST_MAX, ERR_NONE },
        { 0x21, 0x11, 11, ERR_INPUT }, { 0x21, 0x11, 0, ERR_INPUT },   { 0x21, 0x21, 35, ERR_INPUT },
        { 0x21, 0x21, 12, ERR_INPUT }, { 0x22, 0x11, 12, ERR_INPUT },  { 0x2f, 0x11, 12, ERR_INPUT },
        { 0x11, 0x11, 12, ERR_INPUT }, { 0x31, 0x11, 12, ERR_INPUT },  { 0x01, 0x11, 12, ERR_INPUT },
        { 0x21, 0x00, 12, ERR_INPUT }, { 0x21, 0x01, 12, ERR_INPUT },  { 0x21, 0x10, 12, ERR_INPUT },
        { 0x21, 0x12, 12, ERR_INPUT }, { 0x21, 0x22, 36, ERR_INPUT },  { 0x21, 0x31, 216, ERR_INPUT },
        { 0x21, 0x41, 36, ERR_INPUT }, { 0x21, 0x11, PROXY_REST_MAX + 1, ERR_LIMIT }, { 0x20, 0x00, 65535, ERR_LIMIT },
    };
    static const uint8_t zeros[65535];
    static struct proxy_made m;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct proxy_header h = { .rest = 99 };
        struct err e = { 0 };
        proxy_make(&m, cases[i].command, cases[i].family, zeros, cases[i].len);
        bool ok = proxy_header_parse(m.bytes, &h, &e);
        if (ok != (cases[i].kind == ERR_NONE) || e.kind != cases[i].kind)
            fail_msg("case %zu: %s", i, ok ? "taken" : e.msg);
        CHECK_EQ(h.rest, ok ? cases[i].len : 99);
    }
}

static void every_byte_of_the_signature_counts(void **state)
{
    (void)state;
    static struct proxy_made m;
    struct proxy_header h;
    struct err e;
    for (size_t i = 0; i < 12; i++) {
        proxy_make(&m, 0x21, 0x11, v4, sizeof(v4));
        m.bytes[i] ^= 1;
        CHECK_FAILS(proxy_header_parse(m.bytes, &h, &e), &e, ERR_INPUT);
    }
    /* What else might come first: version 1, TLS. */
    CHECK_FAILS(proxy_header_parse((const uint8_t *)"PROXY TCP4 198.51", &h, &e), &e, ERR_INPUT);
    CHECK_FAILS(proxy_header_parse((const uint8_t *)"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\0\0\0\0\0", &h, &e), &e, ERR_INPUT);
}

static void the_source_is_the_client(void **state)
{
    (void)state;
    static const uint8_t v6[36] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7, [16] = 0xfd, [31] = 1, [32] = 0xd4, 0x31, 0x20, 0xfb };
    static const uint8_t mapped[36] = { [10] = 0xff, 0xff, 198, 51, 100, 7, [32] = 0xd4, 0x31 };
    static const struct {
        uint8_t family;
        const uint8_t *rest;
        const char *says;
    } cases[] = {
        { 0x11, v4, "198.51.100.7:54321" }, { 0x21, v6, "[2001:db8::7]:54321" }, { 0x21, mapped, "198.51.100.7:54321" },
    };
    static struct proxy_made m;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct proxy_header h;
        struct address a;
        struct err e;
        char text[ADDRESS_PORT_TEXT];
        size_t len = cases[i].family == 0x11 ? 12 : 36;
        proxy_make(&m, 0x21, cases[i].family, cases[i].rest, len);
        CHECK_OK(proxy_header_parse(m.bytes, &h, &e), &e);
        CHECK_EQ(proxy_header_addresses(&h), len);
        proxy_header_source(&h, m.bytes + PROXY_FIXED, &a);
        address_write_port(&a, text);
        CHECK_STR(text, cases[i].says);
    }
}

GROUP(net_proxy_header, cmocka_unit_test(what_is_not_understood_is_refused),
      cmocka_unit_test(every_byte_of_the_signature_counts), cmocka_unit_test(the_source_is_the_client))
