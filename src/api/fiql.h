/* api/fiql.h - the filter and the sorting of lists: `name==vc*;(isEnabled==true,port=gt=443)` (vcd-api.md 2.3).
 * ; is AND and binds tighter than , which is OR. Parsed once against the table of a resource's fields, then held
 * against each row. Strict: an unknown field, or one that can't be searched, is an error that names it. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct arena;
struct fiql;

enum {
    FIQL_MAX = 4096,     /* bytes of one filter, decoded */
    FIQL_TERMS_MAX = 64, /* comparisons in one filter */
    FIQL_DEPTH_MAX = 16, /* parentheses inside each other */
    FIQL_SORTS_MAX = 4,  /* keys of one sorting */
};

enum fiql_type { FIQL_TEXT, FIQL_CASELESS, FIQL_NUMBER, FIQL_BOOL, FIQL_TIME /* ms, compared with RFC 3339 */ };

struct fiql_field {
    const char *name; /* "name", "virtualCenter.id" */
    enum fiql_type type;
    bool no_search, no_sort;
};

/* A row's value: text for FIQL_TEXT and FIQL_CASELESS (NULL = absent), number for the others. */
struct fiql_value {
    const char *text;
    int64_t number;
};
typedef struct fiql_value fiql_get(const void *row, size_t field);

/* text: form-decoded. encoded: values are percent-encoded once more (filterEncoded=true). An empty text matches
 * everything. ERR_INPUT, ERR_LIMIT. */
MUST_USE bool fiql_parse(const char *text, bool encoded, const struct fiql_field *fields, size_t fields_len,
                         struct arena *arena, struct fiql **ret, struct err *e);
bool fiql_match(const struct fiql *f, const void *row, fiql_get *get);

/* One key of a sorting, from sortAsc= or sortDesc=. */
struct fiql_sort {
    size_t field;
    bool descending;
};
MUST_USE bool fiql_sort_parse(const char *name, bool descending, const struct fiql_field *fields, size_t fields_len,
                              struct fiql_sort *ret, struct err *e);
/* -1, 0, 1 by the keys in order; absent text sorts first. */
int fiql_compare(const struct fiql_field *fields, const struct fiql_sort *sorts, size_t sorts_len, const void *a,
                 const void *b, fiql_get *get);
