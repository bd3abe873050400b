/* api/page.h - which part of a list is asked for, and the envelope around it (vcd-api.md 2.2).
 * values is always an array, resultTotal/page/pageSize are always true, and there is no next page behind the last:
 * go-vcloud-director recurses for ever otherwise (trap 7). Pure. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf;
struct url_span;

enum { API_PAGE_SIZE = 25, API_PAGE_SIZE_MAX = 128 };

/* What a list's query says; texts are decoded and live in the arena. */
struct api_query {
    size_t page, page_size;
    const char *filter;        /* "" when absent */
    bool filter_encoded;       /* filterEncoded=true */
    const char *sort_asc, *sort_desc; /* NULL when absent */
};

struct arena;

/* query: still encoded. Unknown parameters are left alone, as VCD does. ERR_INPUT: page 0, a page size above
 * API_PAGE_SIZE_MAX, a parameter that does not decode or stands twice. */
MUST_USE bool api_query_read(struct url_span query, struct api_query *ret, struct arena *arena, struct err *e);

/* The envelope; values is taken over. */
json_t *api_page(const struct api_query *q, size_t total, json_t *take_values);

/* The Link header's value for this page; empty for a single page. url: absolute, without a query; query: the one
 * that was asked, still encoded. model: "VCenterServers". */
MUST_USE bool api_page_links(const struct api_query *q, size_t total, const char *url, struct url_span query,
                             const char *model, struct buf *out, struct err *e);
