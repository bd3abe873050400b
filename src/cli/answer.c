#include "cli/answer.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

json_t *answer_member(const json_t *o, const char *path)
{
    char name[64];
    const json_t *at = o;
    for (;;) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof(name))
            return NULL;
        memcpy(name, path, n);
        name[n] = '\0';
        json_t *next = json_object_get(at, name);
        if (!next || !path[n])
            return next;
        at = next;
        path += n + 1;
    }
}

const char *answer_str(const json_t *o, const char *path)
{
    return json_string_value(answer_member(o, path));
}

const char *answer_shown(const json_t *o, const char *path, const char *fallback, struct arena *a)
{
    char text[ANSWER_TEXT_MAX];
    const char *s = answer_str(o, path);
    if (!s || !*s)
        return fallback;
    text_escape(text, sizeof(text), s, strlen(s));
    return arena_strdup(a, text);
}

json_t *answer_text(const json_t *o, const char *path)
{
    char text[ANSWER_TEXT_MAX];
    const char *s = answer_str(o, path);
    if (!s)
        return json_null();
    text_escape(text, sizeof(text), s, strlen(s));
    json_t *j = json_string(text);
    return j ? j : json_null();
}

static void snake(const char *key, char *out, size_t size)
{
    size_t n = 0;
    for (; *key && n + 2 < size; key++) {
        bool upper = *key >= 'A' && *key <= 'Z';
        if (upper)
            out[n++] = '_';
        out[n++] = text_lower(*key);
    }
    out[n] = '\0';
}

json_t *answer_ours(const json_t *v)
{
    char text[ANSWER_TEXT_MAX], name[64];
    const char *key;
    json_t *copy, *one;
    size_t i;
    if (json_is_string(v)) {
        text_escape(text, sizeof(text), json_string_value(v), json_string_length(v));
        return json_string(text);
    }
    if (json_is_array(v)) {
        copy = json_array();
        json_array_foreach(v, i, one) {
            json_array_append_new(copy, answer_ours(one));
        }
        return copy;
    }
    if (!json_is_object(v))
        return v ? json_deep_copy(v) : json_null();
    copy = json_object();
    json_object_foreach((json_t *)(uintptr_t)v, key, one) {
        snake(key, name, sizeof(name));
        json_object_set_new(copy, name, answer_ours(one));
    }
    return copy;
}

bool answer_true(const json_t *o, const char *path)
{
    return json_is_true(answer_member(o, path));
}

json_int_t answer_number(const json_t *o, const char *path)
{
    const json_t *n = answer_member(o, path);
    return json_is_integer(n) && json_integer_value(n) >= 0 ? json_integer_value(n) : -1;
}

const char *answer_uuid(const char *id)
{
    const char *colon = strrchr(id, ':'), *slash = strrchr(id, '/');
    const char *last = colon > slash ? colon : slash;
    return last ? last + 1 : id;
}
