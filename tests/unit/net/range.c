#include "net/range.h"

#include "base/clock.h"
#include "net/conn.h"
#include "net/silent.h"
#include "unit/check.h"

static void texts_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown; /* NULL = refused */
    } cases[] = {
        { "10.0.0.7", "10.0.0.7" }, { "10.0.0.0/8", "10.0.0.0/8" }, { "0.0.0.0/0", "0.0.0.0/0" },
        { "10.0.0.7/32", "10.0.0.7" }, { "2001:DB8::/32", "2001:db8::/32" }, { "::1", "::1" }, { "::1/128", "::1" },
        { "10.0.0.7/8", NULL }, { "2001:db8::1/32", NULL }, { "10.0.0.0/33", NULL }, { "::/129", NULL },
        { "10.0.0.0/", NULL }, { "10.0.0.0/-1", NULL }, { "10.0.0.0/08x", NULL }, { "/8", NULL }, { "", NULL },
        { "10.0.0/8", NULL }, { "corp.example", NULL },
        { "1111111111111111111111111111111111111111111111111111111111/8", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct range r;
        struct err e;
        char text[RANGE_TEXT];
        bool ok = range_parse(cases[i].text, &r, &e);
        if (ok != (cases[i].shown != NULL))
            fail_msg("case %zu \"%s\"", i, cases[i].text);
        if (!ok)
            continue;
        range_write(&r, text);
        CHECK_STR(text, cases[i].shown);
    }
}

static bool holds(const char *range, const char *address)
{
    struct range r;
    struct address a;
    struct err e;
    CHECK_OK(range_parse(range, &r, &e), &e);
    CHECK_OK(address_parse(address, 443, &a, &e), &e);
    return range_holds(&r, &a);
}

static void an_address_counts_where_its_packets_go(void **state)
{
    (void)state;
    static const struct {
        const char *range, *address;
        bool holds;
    } cases[] = {
        { "10.0.0.0/8", "10.255.0.1", true },
        { "10.0.0.0/8", "11.0.0.0", false },
        { "10.0.0.128/25", "10.0.0.128", true },
        { "10.0.0.128/25", "10.0.0.127", false },
        { "0.0.0.0/0", "192.0.2.1", true },
        { "10.0.0.7", "10.0.0.7", true },
        { "10.0.0.7", "10.0.0.8", false },
        { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "2001:db8::/33", "2001:db8:8000::1", false },
        { "10.0.0.0/8", "2001:db8::1", false },
        { "::/0", "10.0.0.1", false },
        { "10.0.0.0/8", "::ffff:10.1.2.3", true },     /* mapped */
        { "10.0.0.0/8", "2002:a01:203::1", true },     /* 6to4 of 10.1.2.3 */
        { "10.0.0.0/8", "64:ff9b::10.1.2.3", true },   /* NAT64 */
        { "10.0.0.0/8", "64:ff9b:1::10.1.2.3", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (holds(cases[i].range, cases[i].address) != cases[i].holds)
            fail_msg("case %zu: %s in %s", i, cases[i].address, cases[i].range);
}

static void this_machine_is_in_its_loopback(void **state)
{
    (void)state;
    struct range local[RANGE_LOCAL_MAX];
    struct address a;
    struct err e;
    bool found = false;
    size_t n = range_local(local, RANGE_LOCAL_MAX);
    CHECK(n > 0);
    CHECK_OK(address_parse("127.0.0.1", 0, &a, &e), &e);
    for (size_t i = 0; i < n; i++)
        found |= range_holds(&local[i], &a);
    CHECK(found);
    CHECK_EQ(range_local(local, 1), 1);
}

static void silence_lasts_until_the_deadline(void **state)
{
    (void)state;
    struct err e;
    AUTO(conn_destroyp) struct conn *c = silent_conn(&e);
    CHECK(c && conn_fd(c) >= 0);
    CHECK_FAILS(io_run(&conn_shaking, c, clock_mono_ms() + 5, &e), &e, ERR_TIMEOUT);
    size_t len;
    char byte = 0;
    CHECK_EQ(conn_read(c, &byte, 1, &len, &e), IO_WANT_READ);
    CHECK_EQ(conn_write(c, &byte, 1, &len, &e), IO_WANT_READ);
    CHECK(!conn_pending(c));
}

static void what_grants_takes_an_address_at_its_word(void **state)
{
    (void)state;
    static const struct {
        const char *range, *address;
        bool names;
    } cases[] = {
        { "10.0.0.0/28", "10.0.0.15", true },      { "10.0.0.0/28", "10.0.0.16", false },
        { "10.0.0.1", "::ffff:10.0.0.1", true },   { "10.0.0.1", "2002:a00:1::1", false },
        { "10.0.0.1", "64:ff9b::a00:1", false },   { "fd00::/8", "fd00::1", true },
        { "fd00::/8", "10.0.0.1", false },         { "2002::/16", "2002:a00:1::1", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct range r;
        struct address a;
        struct err e;
        CHECK_OK(range_parse(cases[i].range, &r, &e), &e);
        CHECK_OK(address_parse(cases[i].address, 0, &a, &e), &e);
        if (range_names(&r, &a) != cases[i].names)
            fail_msg("case %zu: %s in %s", i, cases[i].address, cases[i].range);
    }
}

GROUP(net_range, cmocka_unit_test(texts_are_read_strictly), cmocka_unit_test(what_grants_takes_an_address_at_its_word),
      cmocka_unit_test(an_address_counts_where_its_packets_go),
      cmocka_unit_test(this_machine_is_in_its_loopback), cmocka_unit_test(silence_lasts_until_the_deadline))
