#include "wire/json.h"

#include <string.h>

#include "base/text.h"

/* Counts before anything is allocated. Not a parser: in a text that is JSON it is right, any other is refused
 * afterwards. */
static bool within(const char *text, size_t len, const struct wire_json_limits *limits, struct err *e)
{
    size_t depth = 0, values = 1;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        values += c == ',' || c == '[' || c == '{';
        if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth)
            depth--;
        if (depth > limits->depth)
            return err_set(e, ERR_LIMIT, "JSON nested deeper than %zu", limits->depth);
        if (values > limits->values)
            return err_set(e, ERR_LIMIT, "JSON of more than %zu values", limits->values);
    }
    return true;
}

bool wire_json_read(const char *text, size_t len, const struct wire_json_limits *limits, json_t **ret, struct err *e)
{
    struct wire_json_limits l = limits ? *limits : (struct wire_json_limits){ 0 };
    json_error_t why;
    if (!l.bytes)
        l.bytes = WIRE_JSON_MAX;
    if (!l.depth)
        l.depth = WIRE_JSON_DEPTH_MAX;
    if (!l.values)
        l.values = WIRE_JSON_VALUES_MAX;
    if (len > l.bytes)
        return err_set(e, ERR_LIMIT, "JSON of more than %zu bytes", l.bytes);
    if (!within(text, len, &l, e))
        return false;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!value) {
        char safe[200];
        text_escape(safe, sizeof(safe), why.text, strlen(why.text));
        return err_set(e, ERR_INPUT, "not JSON: %s (line %d, column %d)", safe, why.line, why.column);
    }
    *ret = value;
    return true;
}

struct sink {
    struct buf *b;
    struct err *e;
};

static int append(const char *text, size_t len, void *ctx)
{
    struct sink *s = ctx;
    return buf_append(s->b, text, len, s->e) ? 0 : -1;
}

bool wire_json_write(struct buf *b, const json_t *value, struct err *e)
{
    size_t before = b->len;
    struct sink s = { b, e };
    err_set(e, ERR_INTERNAL, "a value that JSON can't hold");
    if (json_dump_callback(value, append, &s, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
        return true;
    b->len = before;
    if (b->data)
        b->data[before] = '\0';
    return false;
}
