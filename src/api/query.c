#include "api/query.h"

#include <stdlib.h>
#include <string.h>

#include "api/tables.h"
#include "base/arena.h"
#include "base/text.h"
#include "wire/url.h"

static const struct query_type *const tables[] = { query_types, query_inventory_types };

enum format { RECORDS, IDRECORDS, REFERENCES };

struct query {
    const struct query_type *type; /* NULL: the list of types is wanted */
    enum format format;
    size_t page, page_size;
    struct url_span filter; /* encoded */
    bool encoded;
    struct fiql_sort sort;
    bool sorted;
    const char *fields; /* "name,status": the attributes that are wanted; NULL: all */
};

/* ---- what is asked ---- */

static bool is(struct url_span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static bool may_ask(const struct api_call *c, const struct query_type *t)
{
    return caller_may(&c->caller, t->right) && (!t->provider || c->caller.system);
}

static bool take_type(const struct api_call *c, const char *name, struct query *q, struct err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        for (const struct query_type *t = tables[i]; t->name; t++)
            if (strcmp(t->name, name) == 0)
                q->type = t;
    if (!q->type)
        return err_set(e, ERR_INPUT, "there is no query of this type; GET /api/query lists those that are");
    return may_ask(c, q->type) || err_set(e, ERR_DENIED, "this needs the right \"%s\"", right_name(q->type->right));
}

static bool take_number(const char *text, const char *name, size_t min, size_t max, size_t *ret, struct err *e)
{
    uint64_t n;
    if (!text_number(text, min, max, &n))
        return err_set(e, ERR_INPUT, "%s must be a number from %zu to %zu", name, min, max);
    *ret = (size_t)n;
    return true;
}

static bool take_format(const char *text, struct query *q, struct err *e)
{
    int i = text_choice("records|idrecords|references", text);
    if (i < 0)
        return err_set(e, ERR_INPUT, "format is one of records, idrecords, references");
    q->format = (enum format)i;
    return true;
}

/* Everything but the sorting, which needs the type first. Unknown keys (`links`, `filterEncode`) are left alone. */
static bool read_query(struct api_call *c, struct query *q, const char **sort, bool *descending, struct err *e)
{
    struct url_query it;
    struct url_span name, value;
    *q = (struct query){ .page = 1, .page_size = QUERY_PAGE_SIZE };
    url_query_start(&it, api_query_text(c));
    while (url_query_next(&it, &name, &value)) {
        char *text = arena_alloc(c->arena, value.len + 1);
        bool ok = true;
        if (is(name, "filter")) {
            q->filter = value;
            continue;
        }
        if (!url_decode(value, URL_IN_QUERY, text, e))
            return false;
        if (is(name, "type"))
            ok = take_type(c, text, q, e);
        else if (is(name, "format"))
            ok = take_format(text, q, e);
        else if (is(name, "page"))
            ok = take_number(text, "page", 1, 1000000000, &q->page, e);
        else if (is(name, "pageSize"))
            ok = take_number(text, "pageSize", 1, QUERY_PAGE_SIZE_MAX, &q->page_size, e);
        else if (is(name, "filterEncoded"))
            q->encoded = strcmp(text, "true") == 0;
        else if (is(name, "sortAsc") || is(name, "sortDesc")) {
            *descending = is(name, "sortDesc");
            *sort = text;
        } else if (is(name, "fields") && text[0]) {
            q->fields = text;
        }
        if (!ok)
            return false;
    }
    return true;
}

/* What is an object may be named by its href, its URN or its bare UUID: what stands behind the last separator, in place. Some ids
 * have a beginning of their own ("vapp-<uuid>"). */
static size_t cut_beginning(const char *from, const char *end)
{
    static const char *const beginnings[] = { "vapp-", "vappTemplate-", "vm-" };
    for (size_t i = 0; i < ARRAY_LEN(beginnings); i++) {
        size_t n = strlen(beginnings[i]);
        if ((size_t)(end - from) > n && strncmp(from, beginnings[i], n) == 0)
            return n;
    }
    return 0;
}

static void cut_hrefs(char *text)
{
    static const char *const keys[] = { "catalog", "container", "entity", "href", "id", "org", "owner", "vdc" };
    char *out = text;
    const char *begin = text;
    for (const char *p = text; *p;) {
        size_t key = 0;
        for (size_t i = 0; p == begin && i < ARRAY_LEN(keys); i++) {
            size_t n = strlen(keys[i]);
            if (strncmp(p, keys[i], n) == 0 && (strncmp(p + n, "==", 2) == 0 || strncmp(p + n, "!=", 2) == 0))
                key = n + 2;
        }
        if (!key) {
            if (strchr(";,(", *p))
                begin = p + 1;
            *out++ = *p++;
            continue;
        }
        size_t len = key + strcspn(p + key, ";,)");
        const char *end = p + len, *from = p + key;
        for (const char *at = from; at < end; at++) {
            if (*at == '/' || *at == ':')
                from = at + 1;
            if (strncmp(at, "%2F", 3) == 0 || strncmp(at, "%2f", 3) == 0 || strncmp(at, "%3A", 3) == 0 || strncmp(at, "%3a", 3) == 0)
                from = at + 3;
        }
        from += cut_beginning(from, end);
        memmove(out, p, key);
        memmove(out + key, from, (size_t)(end - from));
        out += key + (size_t)(end - from);
        p = end;
    }
    *out = '\0';
}

bool query_filter(const char *raw, size_t len, bool encoded, const struct query_type *t, struct arena *a, struct fiql **ret,
                  struct err *e)
{
    char *text = arena_strndup(a, raw, len);
    /* Operators that are encoded: the whole was encoded once, values perhaps once more. */
    bool plain = strstr(text, "==") || strstr(text, "!=") || strstr(text, "=gt=") || strstr(text, "=ge=") ||
                 strstr(text, "=lt=") || strstr(text, "=le=") || len == 0;
    if (!plain && !url_decode((struct url_span){ raw, len }, URL_IN_QUERY, text, e))
        return false;
    for (size_t n = strlen(text); n > 0 && (text[n - 1] == ';' || text[n - 1] == ','); n--)
        text[n - 1] = '\0';
    cut_hrefs(text);
    return fiql_parse(text, plain || encoded, t->fields, t->fields_len, a, ret, e);
}

/* ---- rows ---- */


static int compare(const void *a, const void *b, void *arg)
{
    const struct query *q = arg;
    return fiql_compare(q->type->fields, &q->sort, 1, *(const void *const *)a, *(const void *const *)b, q->type->get);
}

static bool find_rows(struct api_call *c, const struct query *q, const void ***ret, size_t *ret_len, struct err *e)
{
    const void **rows;
    size_t len, n = 0;
    struct fiql *filter;
    if (!query_filter(q->filter.at ? q->filter.at : "", q->filter.len, q->encoded, q->type, c->arena, &filter, e) ||
        !q->type->rows(c, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (fiql_match(filter, rows[i], q->type->get))
            rows[n++] = rows[i];
    if (q->sorted)
        qsort_r(rows, n, sizeof(*rows), compare, (void *)(uintptr_t)q);
    *ret = rows;
    *ret_len = n;
    return true;
}

static void put_field(struct legacy *l, const struct query_type *t, const void *row, size_t i)
{
    const struct fiql_field *f = &t->fields[i];
    struct fiql_value v = t->get(row, i);
    const char *shown = t->show ? t->show(l->c, row, i) : NULL;
    if (shown)
        v.text = shown;
    switch (f->type) {
    case FIQL_TEXT:
    case FIQL_CASELESS: legacy_attr(l, f->name, v.text); break;
    case FIQL_NUMBER: legacy_attr_number(l, f->name, v.number); break;
    case FIQL_BOOL: legacy_attr_bool(l, f->name, v.number != 0); break;
    case FIQL_TIME: legacy_attr_time(l, f->name, v.number); break;
    }
}

/* Names that are no field are left alone, as clients name what other releases have. */
static bool wanted(const struct query *q, const char *field)
{
    size_t len = strlen(field);
    for (const char *p = q->fields; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strncmp(p, field, len) == 0 && (p[len] == ',' || p[len] == '\0'))
            return true;
    return !q->fields;
}

static void put_row(struct legacy *l, const struct query *q, const void *row)
{
    const struct query_type *t = q->type;
    const char *href = t->href(l->c, row), *urn = t->urn(row);
    legacy_item(l, l->json ? (q->format == REFERENCES ? "reference" : "record")
                           : (q->format == REFERENCES ? t->reference : t->record));
    if (q->format != IDRECORDS)
        legacy_attr(l, "href", href);
    if (q->format != RECORDS)
        legacy_attr(l, "id", urn);
    if (q->format == REFERENCES)
        legacy_attr(l, "type", t->entity_type);
    for (size_t i = 0; i < t->fields_len; i++)
        if (strcmp(t->fields[i].name, "href") != 0 && strcmp(t->fields[i].name, "id") != 0 &&
            (q->format == REFERENCES ? strcmp(t->fields[i].name, "name") == 0 : wanted(q, t->fields[i].name)))
            put_field(l, t, row, i);
    legacy_close(l);
}

/* The query that was asked, for another page. pyvcloud follows these; go-vcloud-director counts. */
static void page_link(struct legacy *l, const char *rel, const char *format, size_t page)
{
    struct api_call *c = l->c;
    struct url_query it;
    struct url_span name, value;
    const char *asked = "";
    url_query_start(&it, api_query_text(c));
    while (url_query_next(&it, &name, &value))
        if (!is(name, "page") && name.len)
            asked = arena_printf(c->arena, "%s%.*s=%.*s&", asked, (int)name.len, name.at, (int)value.len, value.at);
    legacy_link(l, rel, arena_printf(c->arena, "application/vnd.vmware.vcloud.query.%s+xml", format),
                api_href(c, "/api/query?%spage=%zu", asked, page));
}

static void page_links(struct legacy *l, const struct query *q, const char *format, size_t len)
{
    if (q->page > 1)
        page_link(l, "previousPage", format, q->page - 1);
    if (q->page * q->page_size < len)
        page_link(l, "nextPage", format, q->page + 1);
}

static bool answer(struct api_call *c, const struct query *q, const void *const *rows, size_t len, struct err *e)
{
    static const char *const formats[] = { "records", "idrecords", "references" };
    struct legacy l;
    size_t from = (q->page - 1) * q->page_size;
    legacy_start(&l, c, q->format == REFERENCES ? "References" : "QueryResultRecords");
    legacy_attr(&l, "name", q->type->name);
    legacy_attr(&l, "type", arena_printf(c->arena, "application/vnd.vmware.vcloud.query.%s+xml", formats[q->format]));
    legacy_attr_number(&l, "page", (int64_t)q->page);
    legacy_attr_number(&l, "pageSize", (int64_t)q->page_size);
    legacy_attr_number(&l, "total", (int64_t)len);
    legacy_attr(&l, "href", api_href(c, "/api/query"));
    legacy_array(&l, "Link");
    page_links(&l, q, formats[q->format], len);
    if (l.json)
        legacy_array(&l, q->format == REFERENCES ? "reference" : "record");
    for (size_t i = from; i < len && i - from < q->page_size; i++)
        put_row(&l, q, rows[i]);
    return legacy_end(&l, 200, arena_printf(c->arena, "application/vnd.vmware.vcloud.query.%s", formats[q->format]), e);
}

/* Without a type: which types there are, in which formats. The hrefs carry a query, as VCD's do: pyvcloud appends to it. */
static bool list_types(struct api_call *c, struct err *e)
{
    static const char *const formats[] = { "references", "records", "idrecords" };
    struct legacy l;
    legacy_start(&l, c, "QueryList");
    legacy_attr(&l, "href", api_href(c, "/api/query"));
    legacy_attr(&l, "type", "application/vnd.vmware.vcloud.query.queryList+xml");
    legacy_array(&l, "Link");
    for (size_t n = 0; n < ARRAY_LEN(tables); n++)
        for (const struct query_type *t = tables[n]; t->name; t++)
            for (size_t i = 0; may_ask(c, t) && i < ARRAY_LEN(formats); i++) {
                legacy_item(&l, "Link");
                legacy_attr(&l, "rel", "down");
                legacy_attr(&l, "type", arena_printf(c->arena, "application/vnd.vmware.vcloud.query.%s+xml", formats[i]));
                legacy_attr(&l, "name", t->name);
                legacy_attr(&l, "href", api_href(c, "/api/query?type=%s&format=%s", t->name, formats[i]));
                legacy_close(&l);
            }
    return legacy_end(&l, 200, "application/vnd.vmware.vcloud.query.queryList", e);
}

static bool query(struct api_call *c, struct err *e)
{
    struct query q;
    const char *sort = NULL;
    bool descending = false;
    const void **rows;
    size_t len;
    if (!read_query(c, &q, &sort, &descending, e))
        return false;
    if (!q.type)
        return list_types(c, e);
    if (sort && !fiql_sort_parse(sort, descending, q.type->fields, q.type->fields_len, &q.sort, e))
        return false;
    q.sorted = sort != NULL;
    return find_rows(c, &q, &rows, &len, e) && answer(c, &q, rows, len, e);
}

const struct api_op api_query_ops[] = {
    { "GET", "/api/query", API_LEGACY, RIGHT_NONE, 0, query, 0 },
    { 0 },
};
