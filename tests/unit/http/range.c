#include "http/range.h"

#include <string.h>

#include "unit/check.h"
#include "wire/http1.h"

#define ETAG "\"a\""

static enum http_range_kind ask(const char *range, const char *if_range, uint64_t len, struct http_range *ret)
{
    struct http1_field fields[] = { { "Range", range }, { "If-Range", if_range } };
    const struct http1_head h = { .method = "GET", .fields = fields, .fields_len = if_range ? 2 : 1 };
    return http_range_read(&h, len, ETAG, ret);
}

static void what_is_no_range_is_everything(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "bytes=2-1", "bytes=+1-2", "bytes=1-+2", "bytes= 1-2", "bytes=1 -2",
        "bytes=1-2 ", "bytes=0x1-2", "lines=1-2", "bytes=1", "bytes=--2", "bytes=1-2-3", "bytes=-1-2", "bytes=9999999999999999999-",
        "bytes=1-99999999999999999999", "bytes=-9999999999999999999",
    };
    struct http_range r;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CHECK_EQ(ask(bad[i], NULL, 100, &r), HTTP_RANGE_WHOLE);
        CHECK(r.first == 0 && r.len == 100);
    }
}

static void two_ranges_or_another_version_are_everything(void **state)
{
    (void)state;
    struct http1_field twice[] = { { "Range", "bytes=1-2" }, { "Range", "bytes=1-2" } };
    const struct http1_head h = { .method = "GET", .fields = twice, .fields_len = 2 }, none = { .method = "GET" };
    static const char *const other[] = { "\"b\"", ("W/" ETAG), "a", "Mon, 23 Nov 2026 10:00:00 GMT", "" };
    struct http_range r;
    CHECK_EQ(http_range_read(&h, 100, ETAG, &r), HTTP_RANGE_WHOLE);
    CHECK_EQ(http_range_read(&none, 100, ETAG, &r), HTTP_RANGE_WHOLE);
    for (size_t i = 0; i < ARRAY_LEN(other); i++)
        CHECK_EQ(ask("bytes=1-2", other[i], 100, &r), HTTP_RANGE_WHOLE);
    CHECK_EQ(ask("bytes=1-2", ETAG, 100, &r), HTTP_RANGE_PART);
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t len;
    } cases[] = { { "bytes=100-", 100 }, { "bytes=100-200", 100 }, { "bytes=0-", 0 }, { "bytes=-1", 0 }, { "bytes=-0", 100 },
                  { "bytes=999999999999999999-", 100 } };
    struct http_range r;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_EQ(ask(cases[i].text, NULL, cases[i].len, &r), HTTP_RANGE_NONE);
}

static void ranges_are_cut_at_the_end(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t first, len;
        const char *written;
    } cases[] = {
        { "bytes=0-0", 0, 1, "bytes 0-0/100" },       { "bytes=0-99", 0, 100, "bytes 0-99/100" }, { "bytes=99-", 99, 1, "bytes 99-99/100" },
        { "bytes=-1", 99, 1, "bytes 99-99/100" },     { "bytes=-100", 0, 100, "bytes 0-99/100" }, { "bytes=-500", 0, 100, "bytes 0-99/100" },
        { "bytes=10-999", 10, 90, "bytes 10-99/100" }, { "BYTES=10-19", 10, 10, "bytes 10-19/100" },
    };
    char text[HTTP_RANGE_TEXT];
    struct http_range r;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_EQ(ask(cases[i].text, NULL, 100, &r), HTTP_RANGE_PART);
        CHECK(r.first == cases[i].first && r.len == cases[i].len);
        http_range_write(HTTP_RANGE_PART, &r, 100, text);
        CHECK_STR(text, cases[i].written);
    }
    http_range_write(HTTP_RANGE_NONE, &r, 100, text);
    CHECK_STR(text, "bytes */100");
}

GROUP(http_range, cmocka_unit_test(what_is_no_range_is_everything), cmocka_unit_test(two_ranges_or_another_version_are_everything),
      cmocka_unit_test(what_is_not_there_is_said), cmocka_unit_test(ranges_are_cut_at_the_end))
