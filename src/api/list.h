/* api/list.h - a list's answer: rows that are in memory are filtered, sorted, cut to a page and written (vcd-api.md 2.2, 2.3).
 * One place for all lists of /cloudapi, so that paging is true everywhere (trap 7). */
#pragma once
#include "api/fiql.h"
#include "api/op.h"

struct api_list {
    const struct fiql_field *fields;
    size_t fields_len;
    fiql_get *get;
    const char *sort;          /* the default key, ascending; NULL = as the rows come */
    bool sort_descending;
    const char *model;         /* of the Link field: "VCenterServers" */
    json_t *(*write)(struct api_call *c, const void *row); /* a new reference */
};

/* rows: len pointers. */
MUST_USE bool api_answer_list(struct api_call *c, const struct api_list *l, const void *const *rows, size_t len,
                              struct err *e);
/* The same for rows that stand one behind the other: len of `size` bytes each. */
MUST_USE bool api_answer_array(struct api_call *c, const struct api_list *l, const void *rows, size_t len, size_t size,
                               struct err *e);
/* The same for a list that was filtered and cut already: len rows of the page that q asks for, of total. */
MUST_USE bool api_answer_page(struct api_call *c, const struct api_list *l, const struct api_query *q,
                              const void *const *rows, size_t len, size_t total, struct err *e);
