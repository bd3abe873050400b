#include "cli/rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/width.h"

enum { CELL_MAX = 512, GAP = 2 };

void rows_init(struct rows *r, struct out *o, const struct rows_column *columns, size_t len)
{
    assert(len && len <= ROWS_COLUMNS_MAX);
    *r = (struct rows){ o, columns, len, json_array() };
}

void rows_done(struct rows *r)
{
    json_decref(r->all);
    *r = (struct rows){ 0 };
}

static const json_t *member(const json_t *row, const char *key)
{
    char name[64];
    for (;;) {
        size_t n = strcspn(key, ".");
        assert(n < sizeof(name));
        memcpy(name, key, n);
        name[n] = '\0';
        row = json_object_get(row, name);
        if (!row || !key[n])
            return row;
        key += n + 1;
    }
}

/* The text of one cell; "-" for what is absent. Strings are used where they lie. */
static const char *cell(const json_t *row, const char *key, char out[CELL_MAX])
{
    const json_t *v = member(row, key);
    if (json_is_string(v))
        return json_string_length(v) ? json_string_value(v) : "-";
    if (json_is_integer(v))
        (void)snprintf(out, CELL_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    else if (json_is_real(v))
        (void)snprintf(out, CELL_MAX, "%.1f", json_real_value(v));
    else if (json_is_boolean(v))
        (void)snprintf(out, CELL_MAX, "%s", json_is_true(v) ? "yes" : "no");
    else
        (void)snprintf(out, CELL_MAX, "-");
    return out;
}

void rows_add(struct rows *r, json_t *take_row)
{
    char text[CELL_MAX];
    switch (r->out->format) {
    case OUT_JSONL:
        out_json(r->out, take_row);
        return;
    case OUT_NAME:
        out_printf(r->out, "%s\n", cell(take_row, r->columns[0].key, text));
        json_decref(take_row);
        return;
    case OUT_TABLE:
    case OUT_WIDE:
    case OUT_JSON:
        json_array_append_new(r->all, take_row);
        return;
    }
}

static bool is_shown(const struct rows *r, size_t column)
{
    return r->out->format == OUT_WIDE || !r->columns[column].wide;
}

static void put_cell(struct rows *r, const char *text, size_t pad, bool right, bool last, enum out_style style)
{
    int before = right ? (int)pad : 0;
    int after = last ? 0 : (int)(right ? 0 : pad) + GAP; /* no spaces at the end of a line */
    out_printf(r->out, "%*s%s%s%s%*s", before, "", out_begin(r->out, style), text, out_end(r->out, style), after, "");
}

static void put_table(struct rows *r)
{
    char text[CELL_MAX];
    size_t widths[ROWS_COLUMNS_MAX] = { 0 }, i, last = 0;
    json_t *row;
    for (size_t k = 0; k < r->columns_len; k++) {
        if (!is_shown(r, k))
            continue;
        last = k;
        widths[k] = width_of(r->columns[k].title);
        json_array_foreach(r->all, i, row) {
            size_t w = width_of(cell(row, r->columns[k].key, text));
            widths[k] = w > widths[k] ? w : widths[k];
        }
    }
    for (size_t k = 0; k < r->columns_len; k++)
        if (is_shown(r, k))
            put_cell(r, r->columns[k].title, widths[k] - width_of(r->columns[k].title), r->columns[k].right, k == last,
                     OUT_BOLD);
    out_printf(r->out, "\n");
    json_array_foreach(r->all, i, row) {
        for (size_t k = 0; k < r->columns_len; k++) {
            if (!is_shown(r, k))
                continue;
            const struct rows_column *c = &r->columns[k];
            const char *t = cell(row, c->key, text);
            put_cell(r, t, widths[k] - width_of(t), c->right, k == last, c->style ? c->style(row) : OUT_PLAIN);
        }
        out_printf(r->out, "\n");
    }
}

void rows_finish(struct rows *r, const char *noun, json_t *take_more)
{
    if (r->out->format == OUT_JSON) {
        json_t *document = json_object();
        json_object_set(document, noun, r->all);
        if (take_more)
            json_object_update(document, take_more);
        out_json(r->out, document);
    } else if (r->out->format != OUT_JSONL && r->out->format != OUT_NAME && json_array_size(r->all)) {
        put_table(r);
    }
    json_decref(take_more);
}
