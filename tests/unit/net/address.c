#include "net/address.h"

#include "unit/check.h"

static void texts_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown; /* NULL = refused */
    } cases[] = {
        { "10.0.0.1", "10.0.0.1" },
        { "255.255.255.255", "255.255.255.255" },
        { "::", "::" },
        { "0:0:0:0:0:0:0:1", "::1" },
        { "2001:DB8::A", "2001:db8::a" },
        { "::ffff:10.0.0.1", "::ffff:10.0.0.1" },
        { "", NULL },
        { "10.0.0", NULL },
        { "10.0.0.256", NULL },
        { "10.0.0.01", NULL },
        { "010.0.0.1", NULL },
        { "0x0a000001", NULL },
        { "167772161", NULL },
        { "10.0.0.1 ", NULL },
        { " 10.0.0.1", NULL },
        { "10.0.0.1.", NULL },
        { "[::1]", NULL },
        { "::1%lo", NULL },
        { "1::2::3", NULL },
        { "12345::", NULL },
        { ":::", NULL },
        { "localhost", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct address a = { .port = 7 };
        bool ok = address_parse(cases[i].text, 443, &a, &e);
        if (ok != (cases[i].shown != NULL))
            fail_msg("case %zu \"%s\"", i, cases[i].text);
        char text[ADDRESS_TEXT];
        address_write(&a, text);
        CHECK_STR(text, ok ? cases[i].shown : "none");
        CHECK_EQ(a.port, ok ? 443 : 7); /* untouched on failure */
    }
}

static void ports_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        { "10.0.0.1:443", true },    { "[::1]:8443", true },  { "0.0.0.0:0", true },      { "[::]:65535", true },
        { "10.0.0.1", false },       { "10.0.0.1:", false },  { "10.0.0.1:65536", false }, { "10.0.0.1:-1", false },
        { "::1:443", false },        { "[::1]", false },      { "[::1]443", false },      { "[10.0.0.1]:443", false },
        { "[::1:443", false },       { "::1]:443", false },   { ":443", false },          { "", false },
        { "[]:443", false },         { ":", false },          { "[:1", false },           { "10.0.0.1:+1", false },
        { "[1111111111111111111111111111111111111111111111111]:1", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct address a;
        if (address_parse_port(cases[i].text, &a, &e) != cases[i].ok)
            fail_msg("case %zu \"%s\"", i, cases[i].text);
        if (cases[i].ok) {
            char text[ADDRESS_PORT_TEXT];
            address_write_port(&a, text);
            CHECK_STR(text, cases[i].text);
        }
    }
}

static void classes_follow_the_packets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum address_class class;
    } cases[] = {
        { "0.0.0.0", ADDRESS_UNSPECIFIED },
        { "0.0.0.1", ADDRESS_RESERVED },
        { "127.0.0.1", ADDRESS_LOOPBACK },
        { "127.255.255.255", ADDRESS_LOOPBACK },
        { "128.0.0.1", ADDRESS_GLOBAL },
        { "169.254.169.254", ADDRESS_LINK_LOCAL },
        { "10.255.0.1", ADDRESS_PRIVATE },
        { "172.15.0.1", ADDRESS_GLOBAL },
        { "172.16.0.1", ADDRESS_PRIVATE },
        { "172.31.255.255", ADDRESS_PRIVATE },
        { "172.32.0.1", ADDRESS_GLOBAL },
        { "192.168.1.1", ADDRESS_PRIVATE },
        { "192.169.1.1", ADDRESS_GLOBAL },
        { "100.64.0.1", ADDRESS_PRIVATE },
        { "100.128.0.1", ADDRESS_GLOBAL },
        { "198.19.0.1", ADDRESS_RESERVED },
        { "203.0.113.9", ADDRESS_RESERVED },
        { "224.0.0.1", ADDRESS_MULTICAST },
        { "239.255.255.255", ADDRESS_MULTICAST },
        { "255.255.255.255", ADDRESS_RESERVED },
        { "8.8.8.8", ADDRESS_GLOBAL },
        { "::", ADDRESS_UNSPECIFIED },
        { "::1", ADDRESS_LOOPBACK },
        { "::2", ADDRESS_GLOBAL },
        { "fe80::1", ADDRESS_LINK_LOCAL },
        { "febf::1", ADDRESS_LINK_LOCAL },
        { "fd00::1", ADDRESS_PRIVATE },
        { "ff02::1", ADDRESS_MULTICAST },
        { "2001:db8::1", ADDRESS_RESERVED },
        { "2001:4860::8888", ADDRESS_GLOBAL },
        { "::ffff:127.0.0.1", ADDRESS_LOOPBACK },
        { "::ffff:169.254.169.254", ADDRESS_LINK_LOCAL },
        { "64:ff9b::10.0.0.1", ADDRESS_PRIVATE },
        { "2002:7f00:1::1", ADDRESS_LOOPBACK },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct address a;
        CHECK_OK(address_parse(cases[i].text, 1, &a, &e), &e);
        if (address_class(&a) != cases[i].class)
            fail_msg("%s is called %s", cases[i].text, address_class_name(address_class(&a)));
    }
    struct address none = { 0 };
    CHECK_EQ(address_class(&none), ADDRESS_UNSPECIFIED);
}

static void a_mapped_address_is_its_ipv4_address(void **state)
{
    (void)state;
    struct err e;
    struct address mapped, v4, v6;
    CHECK_OK(address_parse("::ffff:10.1.2.3", 5, &mapped, &e), &e);
    CHECK_OK(address_parse("10.1.2.3", 9, &v4, &e), &e);
    CHECK_OK(address_parse("::10.1.2.3", 5, &v6, &e), &e);
    CHECK(address_is_v4_mapped(&mapped) && !address_is_v4_mapped(&v4) && !address_is_v4_mapped(&v6));
    CHECK(!address_same_ip(&mapped, &v4));
    address_unmap(&mapped);
    CHECK(address_same_ip(&mapped, &v4));
    CHECK_EQ(mapped.port, 5);
    struct address before = v6;
    address_unmap(&v6);
    CHECK(address_same_ip(&v6, &before));
    v6.scope = 2;
    CHECK(!address_same_ip(&v6, &before));
}

GROUP(net_address, cmocka_unit_test(texts_are_read_strictly), cmocka_unit_test(ports_are_read_strictly),
      cmocka_unit_test(classes_follow_the_packets), cmocka_unit_test(a_mapped_address_is_its_ipv4_address))
