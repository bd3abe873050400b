/* api/query.h - the query API (vcd-api.md 4.1): one table of types, one way to page, filter and write them. A type's rows are in
 * memory. Other resources add a type to the table in query_types.c. */
#pragma once
#include "api/fiql.h"
#include "api/legacy.h"

enum { QUERY_PAGE_SIZE = 25, QUERY_PAGE_SIZE_MAX = 128, QUERY_FIELDS_MAX = 40 };

/* How a field of a record is written: as its FIQL type says. */
struct query_type {
    const char *name;           /* "virtualCenter", as type= names it */
    const char *record;         /* "VirtualCenterRecord" */
    const char *reference;      /* "VirtualCenterReference" */
    enum right right;
    bool provider;              /* for users of System only */
    const struct fiql_field *fields;
    size_t fields_len;
    fiql_get *get;
    const char *(*urn)(const void *row);
    const char *(*href)(struct api_call *c, const void *row);
    const char *entity_type;    /* vendor type of what href gives */
    /* Pointers to the rows, in the request's arena. */
    bool (*rows)(struct api_call *c, const void ***ret, size_t *ret_len, struct err *e);
    /* How a field is shown where that is not its value: the href of what a filter names by its UUID. NULL, or a NULL answer: as
     * it is. */
    const char *(*show)(struct api_call *c, const void *row, size_t field);
};

/* Each ends in a type without name. */
extern const struct query_type query_types[];
extern const struct query_type query_inventory_types[];

/* A filter as it stands in the query, still encoded: clients send its operators as they are or encoded once, and
 * encode values inside (vcd-api.md 4.1). Empty terms (a ';' at the end) are left out. */
MUST_USE bool query_filter(const char *raw, size_t len, bool encoded, const struct query_type *t, struct arena *a,
                           struct fiql **ret, struct err *e);
