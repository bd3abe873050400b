/* cli/rows.h - a list as the reader asked for it: an aligned table, JSON, JSON lines, or names only.
 * A row is one JSON object; the columns of the table are a view of it, so that both can't tell different stories.
 * Table and JSON wait for the last row; jsonl and name print each row as it comes. */
#pragma once
#include <jansson.h>

#include "cli/output.h"

struct rows_column {
    const char *title; /* "ENDPOINT" */
    const char *key;   /* member of the row; dots go down: "verdict.rule" */
    bool wide;         /* only with -o wide */
    bool right;        /* numbers stand right */
    enum out_style (*style)(const json_t *row); /* NULL: plain */
};

enum { ROWS_COLUMNS_MAX = 16 };

struct rows {
    struct out *out;                  /* borrowed */
    const struct rows_column *columns; /* the first is what `-o name` prints */
    size_t columns_len;
    json_t *all; /* owned; the rows that wait for the end */
};

void rows_init(struct rows *r, struct out *o, const struct rows_column *columns, size_t len);
void rows_done(struct rows *r);

void rows_add(struct rows *r, json_t *take_row);

/* Prints what waited. noun is the JSON member that holds the list ("rules"); more (taken, may be NULL) are members
 * beside it. */
void rows_finish(struct rows *r, const char *noun, json_t *take_more);
