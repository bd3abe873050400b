#include "cli/answer.h"

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
