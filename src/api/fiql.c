#include "api/fiql.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/url.h"

enum node_kind { NODE_AND, NODE_OR, NODE_TERM };
enum compare { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

struct fiql {
    enum node_kind kind;
    struct fiql *left, *right; /* AND, OR; in the arena */
    size_t field;
    enum fiql_type type;
    enum compare compare;
    const char *text; /* TEXT, CASELESS */
    int64_t number;
};

struct parser {
    const char *at;
    bool encoded;
    const struct fiql_field *fields;
    size_t fields_len, terms, depth;
    struct arena *arena;
    struct err *e;
};

static struct fiql *parse_or(struct parser *p);

static struct fiql *fail(struct parser *p, const char *what, const char *text, size_t len)
{
    char shown[80];
    text_escape(shown, sizeof(shown), text, len);
    (void)err_set(p->e, ERR_INPUT, "filter: %s '%s'", what, shown);
    return NULL;
}

static bool take_operator(const char **at, enum compare *ret)
{
    static const struct {
        const char *text;
        enum compare compare;
    } operators[] = {
        { "==", EQUAL }, { "!=", NOT_EQUAL }, { "=lt=", LESS }, { "=le=", LESS_EQUAL }, { "=gt=", GREATER },
        { "=ge=", GREATER_EQUAL },
    };
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        size_t len = strlen(operators[i].text);
        if (strncmp(*at, operators[i].text, len) == 0) {
            *at += len;
            *ret = operators[i].compare;
            return true;
        }
    }
    return false;
}

static bool find_field(const struct fiql_field *fields, size_t fields_len, const char *name, size_t len, size_t *ret)
{
    for (size_t i = 0; i < fields_len; i++)
        if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

static bool read_number(const char *text, int64_t *ret)
{
    uint64_t v;
    bool negative = text[0] == '-';
    if (!text_number(text + negative, 0, INT64_MAX, &v))
        return false;
    *ret = negative ? -(int64_t)v : (int64_t)v;
    return true;
}

static bool read_value(struct fiql *term, const char *text)
{
    int64_t seconds;
    int choice;
    switch (term->type) {
    case FIQL_TEXT:
    case FIQL_CASELESS: term->text = text; return true;
    case FIQL_NUMBER: return read_number(text, &term->number);
    case FIQL_BOOL:
        choice = text_choice("false|true", text);
        term->number = choice;
        return choice >= 0 && (term->compare == EQUAL || term->compare == NOT_EQUAL);
    case FIQL_TIME:
        if (!text_time_parse(text, &seconds))
            return false;
        term->number = seconds * 1000;
        return true;
    }
    return false;
}

static struct fiql *parse_term(struct parser *p)
{
    size_t name_len = strcspn(p->at, "=!;,()");
    const char *name = p->at;
    struct fiql *term = arena_alloc(p->arena, sizeof(*term));
    term->kind = NODE_TERM;
    if (++p->terms > FIQL_TERMS_MAX) {
        (void)err_set(p->e, ERR_LIMIT, "filter: more than %d comparisons", FIQL_TERMS_MAX);
        return NULL;
    }
    if (!find_field(p->fields, p->fields_len, name, name_len, &term->field) || p->fields[term->field].no_search)
        return fail(p, "not a field to filter by:", name, name_len);
    p->at += name_len;
    if (!take_operator(&p->at, &term->compare))
        return fail(p, "==, !=, =lt=, =le=, =gt= or =ge= is missing behind", name, name_len);
    size_t len = strcspn(p->at, ";,()");
    const char *raw = p->at;
    char *value = arena_strndup(p->arena, raw, len);
    struct err ignored;
    if (p->encoded && !url_decode((struct url_span){ raw, len }, URL_IN_QUERY, value, &ignored))
        return fail(p, "not percent-encoded:", raw, len);
    p->at += len;
    term->type = p->fields[term->field].type;
    return read_value(term, value) ? term : fail(p, "not a value for that field:", raw, len);
}

static struct fiql *parse_factor(struct parser *p)
{
    if (*p->at != '(')
        return parse_term(p);
    if (++p->depth > FIQL_DEPTH_MAX) {
        (void)err_set(p->e, ERR_LIMIT, "filter: more than %d parentheses inside each other", FIQL_DEPTH_MAX);
        return NULL;
    }
    p->at++;
    struct fiql *inside = parse_or(p);
    p->depth--;
    if (!inside)
        return NULL;
    if (*p->at != ')')
        return fail(p, "a ) is missing before", p->at, strlen(p->at));
    p->at++;
    return inside;
}

/* factor { separator factor } */
static struct fiql *parse_list(struct parser *p, char separator, enum node_kind kind, struct fiql *(*part)(struct parser *))
{
    struct fiql *left = part(p);
    if (!left)
        return NULL;
    while (*p->at == separator) {
        p->at++;
        struct fiql *right = part(p);
        if (!right)
            return NULL;
        struct fiql *both = arena_alloc(p->arena, sizeof(*both));
        *both = (struct fiql){ .kind = kind, .left = left, .right = right };
        left = both;
    }
    return left;
}

static struct fiql *parse_and(struct parser *p)
{
    return parse_list(p, ';', NODE_AND, parse_factor);
}

static struct fiql *parse_or(struct parser *p)
{
    return parse_list(p, ',', NODE_OR, parse_and);
}

bool fiql_parse(const char *text, bool encoded, const struct fiql_field *fields, size_t fields_len, struct arena *arena,
                struct fiql **ret, struct err *e)
{
    if (strlen(text) > FIQL_MAX)
        return err_set(e, ERR_LIMIT, "filter: more than %d bytes", FIQL_MAX);
    if (!*text) {
        *ret = NULL;
        return true;
    }
    struct parser p = { .at = text, .encoded = encoded, .fields = fields, .fields_len = fields_len, .arena = arena,
                        .e = e };
    struct fiql *f = parse_or(&p);
    if (f && *p.at)
        f = fail(&p, "not understood from here on:", p.at, strlen(p.at));
    if (!f)
        return false;
    *ret = f;
    return true;
}

/* ---- matching ---- */

static bool same_char(char a, char b, bool caseless)
{
    return caseless ? text_lower(a) == text_lower(b) : a == b;
}

/* * stands for any bytes, also none. One pass with a single point to come back to. */
static bool glob(const char *pattern, const char *text, bool caseless)
{
    const char *star = NULL, *back = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            back = text;
        } else if (*pattern && same_char(*pattern, *text, caseless)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++back;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static int compare_text(const char *a, const char *b, bool caseless)
{
    for (; *a || *b; a++, b++) {
        unsigned char x = (unsigned char)(caseless ? text_lower(*a) : *a), y = (unsigned char)(caseless ? text_lower(*b) : *b);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static int compare_value(enum fiql_type type, struct fiql_value a, struct fiql_value b)
{
    if (type != FIQL_TEXT && type != FIQL_CASELESS)
        return (a.number > b.number) - (a.number < b.number);
    if (!a.text || !b.text)
        return (a.text != NULL) - (b.text != NULL);
    return compare_text(a.text, b.text, type == FIQL_CASELESS);
}

static bool match_term(const struct fiql *f, const void *row, fiql_get *get)
{
    struct fiql_value v = get(row, f->field);
    bool is_text = f->type == FIQL_TEXT || f->type == FIQL_CASELESS;
    if (is_text && (f->compare == EQUAL || f->compare == NOT_EQUAL))
        return (v.text && glob(f->text, v.text, f->type == FIQL_CASELESS)) == (f->compare == EQUAL);
    if (is_text && !v.text)
        return false;
    int order = compare_value(f->type, v, (struct fiql_value){ .text = f->text, .number = f->number });
    switch (f->compare) {
    case EQUAL: return order == 0;
    case NOT_EQUAL: return order != 0;
    case LESS: return order < 0;
    case LESS_EQUAL: return order <= 0;
    case GREATER: return order > 0;
    case GREATER_EQUAL: return order >= 0;
    }
    return false;
}

bool fiql_match(const struct fiql *f, const void *row, fiql_get *get)
{
    if (!f)
        return true;
    switch (f->kind) {
    case NODE_AND: return fiql_match(f->left, row, get) && fiql_match(f->right, row, get);
    case NODE_OR: return fiql_match(f->left, row, get) || fiql_match(f->right, row, get);
    case NODE_TERM: return match_term(f, row, get);
    }
    return false;
}

/* ---- sorting ---- */

bool fiql_sort_parse(const char *name, bool descending, const struct fiql_field *fields, size_t fields_len,
                     struct fiql_sort *ret, struct err *e)
{
    size_t field;
    char shown[80];
    if (!find_field(fields, fields_len, name, strlen(name), &field) || fields[field].no_sort) {
        text_escape(shown, sizeof(shown), name, strlen(name));
        return err_set(e, ERR_INPUT, "sort: not a field to sort by: '%s'", shown);
    }
    *ret = (struct fiql_sort){ field, descending };
    return true;
}

int fiql_compare(const struct fiql_field *fields, const struct fiql_sort *sorts, size_t sorts_len, const void *a,
                 const void *b, fiql_get *get)
{
    for (size_t i = 0; i < sorts_len; i++) {
        size_t field = sorts[i].field;
        int order = compare_value(fields[field].type, get(a, field), get(b, field));
        if (order)
            return sorts[i].descending ? -order : order;
    }
    return 0;
}
