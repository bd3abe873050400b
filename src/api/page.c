#include "api/page.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "wire/url.h"

static bool is(struct url_span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static bool decode(struct url_span s, struct arena *arena, const char **ret, struct err *e)
{
    char *text = arena_alloc(arena, s.len + 1);
    if (!url_decode(s, URL_IN_QUERY, text, e))
        return false;
    *ret = text;
    return true;
}

static bool take_text(struct url_span value, const char **field, const char *absent, struct arena *arena, struct err *e)
{
    if (*field != absent)
        return err_set(e, ERR_INPUT, "a query parameter stands twice");
    return decode(value, arena, field, e);
}

static bool take_number(struct url_span value, const char *name, size_t min, size_t max, size_t *ret, struct arena *arena,
                        struct err *e)
{
    const char *text;
    uint64_t n;
    if (!decode(value, arena, &text, e))
        return false;
    if (!text_number(text, min, max, &n))
        return err_set(e, ERR_INPUT, "%s must be a number from %zu to %zu", name, min, max);
    *ret = (size_t)n;
    return true;
}

bool api_query_read(struct url_span query, struct api_query *ret, struct arena *arena, struct err *e)
{
    static const char none[] = "";
    struct api_query q = { .page = 1, .page_size = API_PAGE_SIZE, .filter = none };
    struct url_query it;
    struct url_span name, value;
    url_query_start(&it, query);
    while (url_query_next(&it, &name, &value)) {
        bool ok = true;
        if (is(name, "page"))
            ok = take_number(value, "page", 1, 1000000000, &q.page, arena, e);
        else if (is(name, "pageSize"))
            ok = take_number(value, "pageSize", 0, API_PAGE_SIZE_MAX, &q.page_size, arena, e);
        else if (is(name, "filter"))
            ok = take_text(value, &q.filter, none, arena, e);
        else if (is(name, "sortAsc"))
            ok = take_text(value, &q.sort_asc, NULL, arena, e);
        else if (is(name, "sortDesc"))
            ok = take_text(value, &q.sort_desc, NULL, arena, e);
        else if (is(name, "filterEncoded"))
            q.filter_encoded = is(value, "true");
        if (!ok)
            return false;
    }
    *ret = q;
    return true;
}

static size_t page_count(const struct api_query *q, size_t total)
{
    return q->page_size ? (total + q->page_size - 1) / q->page_size : 0;
}

json_t *api_page(const struct api_query *q, size_t total, json_t *take_values)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:n, s:o}", "resultTotal", (json_int_t)total, "pageCount",
                     (json_int_t)page_count(q, total), "page", (json_int_t)q->page, "pageSize",
                     (json_int_t)q->page_size, "associations", "values", take_values);
}

/* One link: the same query with another page. */
static bool put_link(const char *rel, size_t page, const char *url, struct url_span query, const char *model,
                     struct buf *out, struct err *e)
{
    struct url_query it;
    struct url_span name, value;
    if (!buf_printf(out, e, "%s<%s?page=%zu", out->len ? "," : "", url, page))
        return false;
    url_query_start(&it, query);
    while (url_query_next(&it, &name, &value))
        if (!is(name, "page") && !buf_printf(out, e, "&%.*s=%.*s", (int)name.len, name.at, (int)value.len, value.at))
            return false;
    return buf_printf(out, e, ">;rel=\"%s\";type=\"application/json\";model=\"%s\"", rel, model);
}

bool api_page_links(const struct api_query *q, size_t total, const char *url, struct url_span query, const char *model,
                    struct buf *out, struct err *e)
{
    size_t last = page_count(q, total);
    if (last < 2)
        return true;
    return (q->page < 2 || (put_link("firstPage", 1, url, query, model, out, e) &&
                            put_link("previousPage", q->page - 1 < last ? q->page - 1 : last, url, query, model, out, e))) &&
           (q->page >= last || (put_link("nextPage", q->page + 1, url, query, model, out, e) &&
                                put_link("lastPage", last, url, query, model, out, e)));
}
