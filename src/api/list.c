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

enum { LINK_MAX = 4 * URL_MAX };

/* What qsort's comparison needs; qsort_r carries it. */
struct order {
    const struct api_list *list;
    struct fiql_sort sorts[FIQL_SORTS_MAX];
    size_t len;
};

static int compare(const void *a, const void *b, void *arg)
{
    const struct order *o = arg;
    return fiql_compare(o->list->fields, o->sorts, o->len, *(const void *const *)a, *(const void *const *)b, o->list->get);
}

static bool add_sort(struct order *o, const char *name, bool descending, struct err *e)
{
    return fiql_sort_parse(name, descending, o->list->fields, o->list->fields_len, &o->sorts[o->len++], e);
}

static bool sort(const struct api_list *l, const struct api_query *q, const void **rows, size_t len, struct err *e)
{
    struct order o = { .list = l };
    if ((q->sort_asc && !add_sort(&o, q->sort_asc, false, e)) || (q->sort_desc && !add_sort(&o, q->sort_desc, true, e)))
        return false;
    if (o.len == 0 && l->sort && !add_sort(&o, l->sort, l->sort_descending, e))
        return false;
    if (o.len > 0)
        qsort_r(rows, len, sizeof(*rows), compare, &o);
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
    const void **kept = arena_array(c->arena, len + 1, sizeof(*kept));
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (fiql_match(filter, rows[i], l->get))
            kept[n++] = rows[i];
    if (!sort(l, &q, kept, n, e))
        return false;
    size_t from = (q.page - 1) * q.page_size < n ? (q.page - 1) * q.page_size : n;
    size_t cut = n - from < q.page_size ? n - from : q.page_size;
    return api_answer_page(c, l, &q, kept + from, cut, n, e);
}

bool api_answer_array(struct api_call *c, const struct api_list *l, const void *rows, size_t len, size_t size, struct err *e)
{
    const void **pointers = arena_array(c->arena, len + 1, sizeof(*pointers));
    for (size_t i = 0; i < len; i++)
        pointers[i] = (const char *)rows + i * size;
    return api_answer_list(c, l, pointers, len, e);
}
