#include "api/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "http/response.h"
#include "wire/http1.h"
#include "http/request.h"
#include "wire/url.h"

enum { LINK_MAX = 4 * URL_MAX, SORT_AT_ONCE = 64, SORT_TRIES = 48 };

/* A row and where it stood: rows that are equal by every key stay as they came. */
struct ranked {
    const void *row;
    size_t at;
};

/* What a comparison needs; qsort_r carries it. */
struct order {
    const struct api_list *list;
    struct fiql_sort sorts[FIQL_SORTS_MAX];
    size_t len;
};

static int compare(const void *a, const void *b, void *arg)
{
    const struct order *o = arg;
    const struct ranked *x = a, *y = b;
    int order = fiql_compare(o->list->fields, o->sorts, o->len, x->row, y->row, o->list->get);
    return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

/* Rows before the returned place are before those from it on; both parts have some. */
static size_t part(struct order *o, struct ranked *rows, size_t len)
{
    struct ranked pivot = rows[(len - 1) / 2];
    size_t i = 0, k = len - 1;
    for (;; i++, k--) {
        while (compare(&rows[i], &pivot, o) < 0)
            i++;
        while (compare(&pivot, &rows[k], o) < 0)
            k--;
        if (i >= k)
            return k + 1;
        struct ranked moved = rows[i];
        rows[i] = rows[k];
        rows[k] = moved;
    }
}

/* Puts the rows from `from` to `to` where sorting all would put them: a page of a long list needs no sorting of the rest. Rows
 * that part badly, again and again, are sorted. */
static void put_in_order(struct order *o, struct ranked *rows, size_t len, size_t from, size_t to, unsigned tries)
{
    if (from >= to || from >= len)
        return;
    if (len <= SORT_AT_ONCE || tries == 0) {
        qsort_r(rows, len, sizeof(*rows), compare, o);
        return;
    }
    size_t at = part(o, rows, len);
    put_in_order(o, rows, at, from, to < at ? to : at, tries - 1);
    put_in_order(o, rows + at, len - at, from > at ? from - at : 0, to > at ? to - at : 0, tries - 1);
}

static bool add_sort(struct order *o, const char *name, bool descending, struct err *e)
{
    return fiql_sort_parse(name, descending, o->list->fields, o->list->fields_len, &o->sorts[o->len++], e);
}

static bool sort(const struct api_list *l, const struct api_query *q, struct ranked *rows, size_t len, size_t from,
                 struct err *e)
{
    struct order o = { .list = l };
    if ((q->sort_asc && !add_sort(&o, q->sort_asc, false, e)) || (q->sort_desc && !add_sort(&o, q->sort_desc, true, e)))
        return false;
    if (o.len == 0 && l->sort && !add_sort(&o, l->sort, l->sort_descending, e))
        return false;
    if (o.len > 0)
        put_in_order(&o, rows, len, from, from + q->page_size, SORT_TRIES);
    return true;
}

bool api_answer_page(struct api_call *c, const struct api_list *l, const struct api_query *q, const void *const *rows,
                     size_t len, size_t total, struct err *e)
{
    json_t *values = json_array();
    for (size_t i = 0; i < len; i++)
        if (json_array_append_new(values, l->write(c, rows[i]))) {
            json_decref(values);
            return err_set(e, ERR_INTERNAL, "a row can't be written as JSON");
        }
    AUTO(buf_done) struct buf links;
    buf_init(&links, LINK_MAX);
    const struct url_span path = c->rq->head->url.path;
    const char *url = api_href(c, "%.*s", (int)path.len, path.at);
    if (!api_page_links(q, total, url, api_query_text(c), l->model, &links, e)) {
        json_decref(values);
        return false;
    }
    if (links.len > 0)
        http_response_field(c->rs, "Link", buf_str(&links));
    json_t *page = api_page(q, total, values);
    if (page && c->more)
        (void)json_object_update_missing(page, (json_t *)(uintptr_t)c->more);
    return api_answer_json(c, 200, page, e);
}

bool api_answer_list(struct api_call *c, const struct api_list *l, const void *const *rows, size_t len, struct err *e)
{
    struct api_query q;
    struct fiql *filter;
    if (!api_query_of(c, &q, e) ||
        !fiql_parse(q.filter, q.filter_encoded, l->fields, l->fields_len, c->arena, &filter, e))
        return false;
    struct ranked *kept = arena_array(c->arena, len + 1, sizeof(*kept));
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (fiql_match(filter, rows[i], l->get)) {
            kept[n] = (struct ranked){ rows[i], n };
            n++;
        }
    size_t from = (q.page - 1) * q.page_size < n ? (q.page - 1) * q.page_size : n;
    size_t cut = n - from < q.page_size ? n - from : q.page_size;
    if (!sort(l, &q, kept, n, from, e))
        return false;
    const void **page = arena_array(c->arena, cut + 1, sizeof(*page));
    for (size_t i = 0; i < cut; i++)
        page[i] = kept[from + i].row;
    return api_answer_page(c, l, &q, page, cut, n, e);
}

bool api_answer_array(struct api_call *c, const struct api_list *l, const void *rows, size_t len, size_t size, struct err *e)
{
    const void **pointers = arena_array(c->arena, len + 1, sizeof(*pointers));
    for (size_t i = 0; i < len; i++)
        pointers[i] = (const char *)rows + i * size;
    return api_answer_list(c, l, pointers, len, e);
}
