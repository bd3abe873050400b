#include "base/text.h"

#include "unit/check.h"

static void base64_round_trips(void **state)
{
    (void)state;
    struct err e;
    for (size_t len = 0; len < 70; len++) {
        uint8_t bytes[70];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(i * 37 + len);
        struct buf coded, plain;
        buf_init(&coded, 200);
        buf_init(&plain, 200);
        CHECK_OK(text_base64(&coded, bytes, len, &e), &e);
        CHECK_OK(text_unbase64(buf_str(&coded), coded.len, false, &plain, &e), &e);
        CHECK_EQ(plain.len, len);
        CHECK(!len || !memcmp(plain.data, bytes, len));
        buf_done(&coded);
        buf_done(&plain);
    }
}

static void base64_is_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool lines, ok;
    } cases[] = {
        { "QQ==", false, true },   { "QUI=", false, true },    { "QUJD", false, true },   { "", false, true },
        { "QQ=", false, false },   { "QQ", false, false },     { "Q===", false, false },  { "=QQ=", false, false },
        { "QR==", false, false },  { "QUJ=", false, false },   { "QQ==QQ==", false, false },
        { "QU\nJD", false, false }, { "QU\r\nJD\n", true, true }, { "QQ==\n", true, true }, { "QQ==x", true, false },
        { "QUJ-", false, false },  { "QQ==\n=", true, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b;
        struct err e;
        buf_init(&b, 100);
        bool ok = text_unbase64(cases[i].text, strlen(cases[i].text), cases[i].lines, &b, &e);
        if (ok != cases[i].ok)
            fail_msg("case %zu \"%s\"", i, cases[i].text);
        CHECK(ok || b.len == 0);
        buf_done(&b);
    }
}

static void hex_is_strict(void **state)
{
    (void)state;
    uint8_t b[3];
    char text[10];
    CHECK(text_unhex("00fFa9", b, 3));
    CHECK(text_unhex("00:FF:a9", b, 3));
    text_hex(b, 3, text);
    CHECK_STR(text, "00ffa9");
    text_fingerprint(b, 3, text);
    CHECK_STR(text, "00:FF:A9");
    CHECK(!text_unhex("00ffa", b, 3));
    CHECK(!text_unhex("00ffa9b", b, 3));
    CHECK(!text_unhex("00:ffa9", b, 3));
    CHECK(!text_unhex("00ff:a9", b, 3));
    CHECK(!text_unhex("00 ffa9", b, 3));
    CHECK(!text_unhex("", b, 3));
}

static void numbers_are_strict(void **state)
{
    (void)state;
    uint64_t v;
    CHECK(text_number("65535", 1, 65535, &v) && v == 65535);
    CHECK(text_number("18446744073709551615", 0, UINT64_MAX, &v) && v == UINT64_MAX);
    static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "0x1", "65536", "0", "18446744073709551616", "1e3" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!text_number(bad[i], 1, 65535, &v));
}

static void outside_text_is_made_harmless(void **state)
{
    (void)state;
    char out[64];
    text_escape(out, sizeof(out), "a\nb\x1b[31m\xc3\xa9\xff\"", 12);
    CHECK_STR(out, "a\\x0ab\\x1b[31m\xc3\xa9\\xff\\x22");
    text_escape(out, sizeof(out), "\xc2\x9b", 2);
    CHECK_STR(out, "\\xc2\\x9b");
    text_escape(out, sizeof(out), "\xe2\x80\xae" "a\xef\xbb\xbf", 7); /* right-to-left override, zero-width no-break */
    CHECK_STR(out, "\\xe2\\x80\\xaea\\xef\\xbb\\xbf");
    text_escape(out, sizeof(out), "\xe2\x80\xa6\xd8\xa7", 5); /* an ellipsis and an Arabic letter are just text */
    CHECK_STR(out, "\xe2\x80\xa6\xd8\xa7");
    text_escape(out, 6, "abc\n", 4);
    CHECK_STR(out, "abc");
    CHECK(text_utf8("\xf0\x9f\x98\x80", 4));
    CHECK(!text_utf8("\xed\xa0\x80", 3));
    CHECK(!text_utf8("\xc0\xaf", 2));
    CHECK(!text_utf8("\xf0\x9f\x98", 3));
    CHECK(!text_utf8("a\0b", 3));
}

static void printable_ascii_ends_where_it_ends(void **state)
{
    (void)state;
    char text[32];
    memset(text, 'x', sizeof(text));
    CHECK_EQ(text_printable(text, 0), 0);
    for (size_t len = 1; len <= sizeof(text); len++) {
        CHECK_EQ(text_printable(text, len), len);
        for (size_t at = 0; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                text[at] = (char)byte;
                CHECK_EQ(text_printable(text, len), byte >= 0x20 && byte < 0x7f ? len : at);
            }
            text[at] = 'x';
        }
    }
}

static void times_are_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t t;
        const char *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00Z" },
        { -1, "1969-12-31T23:59:59Z" },
        { 951782400, "2000-02-29T00:00:00Z" },
        { 1795428000, "2026-11-23T10:00:00Z" },
        { 253402300799, "9999-12-31T23:59:59Z" },
        { 253402300800, "after-year-9999" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[TEXT_TIME];
        text_time(cases[i].t, out);
        CHECK_STR(out, cases[i].text);
    }
}

static void times_read_back(void **state)
{
    (void)state;
    /* One second in every 99 days or so, through every leap rule of four centuries. */
    for (int64_t t = -62167219200; t < 253402300800; t += 8589934) {
        char out[TEXT_TIME];
        int64_t back = 1;
        text_time(t, out);
        if (!text_time_parse(out, &back) || back != t)
            fail_msg("%s read as %lld", out, (long long)back);
    }
}

static void times_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t t;
        bool ok;
    } cases[] = {
        { "2026-11-23T10:00:00Z", 1795428000, true },
        { "2026-11-23t10:00:00.999z", 1795428000, true },
        { "2026-11-23T11:30:00+01:30", 1795428000, true },
        { "2026-11-23T09:00:00-01:00", 1795428000, true },
        { "2016-12-31T23:59:60Z", 1483228800, true },
        { "2000-02-29T00:00:00Z", 951782400, true },
        { "1900-02-29T00:00:00Z", 0, false },
        { "2026-11-31T10:00:00Z", 0, false },
        { "2026-00-01T10:00:00Z", 0, false },
        { "2026-13-01T10:00:00Z", 0, false },
        { "2026-11-23T24:00:00Z", 0, false },
        { "2026-11-23T10:60:00Z", 0, false },
        { "2026-11-23T10:00:61Z", 0, false },
        { "2026-11-23 10:00:00Z", 0, false },
        { "2026-11-23T10:00:00", 0, false },
        { "2026-11-23T10:00:00.Z", 0, false },
        { "2026-11-23T10:00:00Z ", 0, false },
        { "2026-11-23T10:00:00+0100", 0, false },
        { "2026-11-23T10:00:00+24:00", 0, false },
        { "2026-11-23", 0, false },
        { "26-11-23T10:00:00Z", 0, false },
        { "+2026-11-23T10:00:00Z", 0, false },
        { "", 0, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t t = 77;
        bool ok = text_time_parse(cases[i].text, &t);
        if (ok != cases[i].ok || t != (ok ? cases[i].t : 77))
            fail_msg("\"%s\": %d %lld", cases[i].text, ok, (long long)t);
    }
}

static void no_character_is_cut(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa4\xe2\x82\xac"; /* of one, two and three bytes */
    static const size_t wanted[] = { 0, 1, 1, 3, 3, 3, 6, 6 };
    for (size_t most = 0; most < ARRAY_LEN(wanted); most++)
        CHECK_EQ(text_clip(text, most), wanted[most]);
    CHECK_EQ(text_clip("\x80\x80", 1), 0); /* no UTF-8 at all */
}

GROUP(base_text, cmocka_unit_test(no_character_is_cut), cmocka_unit_test(base64_round_trips), cmocka_unit_test(base64_is_strict),
      cmocka_unit_test(hex_is_strict), cmocka_unit_test(numbers_are_strict),
      cmocka_unit_test(outside_text_is_made_harmless), cmocka_unit_test(times_are_utc),
      cmocka_unit_test(printable_ascii_ends_where_it_ends),
      cmocka_unit_test(times_read_back), cmocka_unit_test(times_are_read_strictly))
