#include "api/page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "unit/check.h"
#include "wire/url.h"

static struct url_span span(const char *s)
{
    return (struct url_span){ s, strlen(s) };
}

static void queries_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        bool ok;
        size_t page, size;
        const char *filter;
    } cases[] = {
        { "", true, 1, 25, "" },
        { "filter=name%3D%3Dvc+1&pageSize=15", true, 1, 15, "name==vc 1" },
        { "page=3&pageSize=128&unknown=x", true, 3, 128, "" },
        { "&page=2&&", true, 2, 25, "" },
        { "pageSize=0", true, 1, 0, "" },
        { "page=0", false, 0, 0, NULL },
        { "page=-1", false, 0, 0, NULL },
        { "page=1x", false, 0, 0, NULL },
        { "page=99999999999", false, 0, 0, NULL },
        { "pageSize=129", false, 0, 0, NULL },
        { "pageSize=", false, 0, 0, NULL },
        { "filter=%zz", false, 0, 0, NULL },
        { "filter=a==1&filter=b==2", false, 0, 0, NULL },
        { "sortAsc=a&sortAsc=b", false, 0, 0, NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = { 0 };
        struct api_query q;
        struct err e;
        bool ok = api_query_read(span(cases[i].query), &q, &a, &e);
        if (ok != cases[i].ok || (ok && (q.page != cases[i].page || q.page_size != cases[i].size || strcmp(q.filter, cases[i].filter) != 0)))
            fail_msg("\"%s\"", cases[i].query);
        CHECK(ok || e.kind == ERR_INPUT);
        arena_done(&a);
    }
}

/* Trap 7: totals are true, values is an array, the last page has no next one. */
static void the_envelope_is_true(void **state)
{
    (void)state;
    struct api_query q = { .page = 2, .page_size = 15, .filter = "" };
    json_t *page = api_page(&q, 31, json_array());
    char *text = json_dumps(page, JSON_COMPACT);
    CHECK_STR(text, "{\"resultTotal\":31,\"pageCount\":3,\"page\":2,\"pageSize\":15,\"associations\":null,\"values\":[]}");
    free(text);
    json_decref(page);
    static const struct {
        size_t page, total;
        const char *has, *has_not;
    } cases[] = {
        { 1, 15, "", "rel" },
        { 1, 16, "<https://c/x?page=2&filter=a%3D%3D1>;rel=\"nextPage\"", "previousPage" },
        { 2, 16, "rel=\"previousPage\"", "nextPage" },
        { 2, 31, "rel=\"nextPage\"", "page=4" },
        { 9, 31, "<https://c/x?page=3&filter=a%3D%3D1>;rel=\"previousPage\"", "nextPage" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out;
        struct err e;
        buf_init(&out, 4096);
        q.page = cases[i].page;
        CHECK_OK(api_page_links(&q, cases[i].total, "https://c/x", span("page=7&filter=a%3D%3D1"), "VCenterServers", &out, &e), &e);
        if (!strstr(buf_str(&out), cases[i].has) || strstr(buf_str(&out), cases[i].has_not))
            fail_msg("case %zu: %s", i, buf_str(&out));
        buf_done(&out);
    }
}

GROUP(api_page, cmocka_unit_test(queries_are_read_strictly), cmocka_unit_test(the_envelope_is_true))
