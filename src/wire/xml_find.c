#include "wire/xml.h"

#include <string.h>

#include "base/text.h"

bool xml_is(const struct xml_element *el, const char *ns, const char *name)
{
    return el && (!ns || !strcmp(el->ns, ns)) && !strcmp(el->name, name);
}

static const struct xml_element *first_of(const struct xml_element *el, const char *ns, const char *name)
{
    while (el && !xml_is(el, ns, name))
        el = el->next;
    return el;
}

const struct xml_element *xml_child(const struct xml_element *el, const char *ns, const char *name)
{
    return el ? first_of(el->first, ns, name) : NULL;
}

const struct xml_element *xml_next(const struct xml_element *el, const char *ns, const char *name)
{
    return el ? first_of(el->next, ns, name) : NULL;
}

const char *xml_attribute(const struct xml_element *el, const char *ns, const char *name)
{
    for (size_t i = 0; el && i < el->attributes_len; i++)
        if (!strcmp(el->attributes[i].ns, ns ? ns : "") && !strcmp(el->attributes[i].name, name))
            return el->attributes[i].value;
    return NULL;
}

const char *xml_child_text(const struct xml_element *el, const char *ns, const char *name)
{
    const struct xml_element *child = xml_child(el, ns, name);
    return child ? child->text : NULL;
}

/* The text without the white space around it (xsd's "collapse"). False when it is longer than out. */
static bool collapsed(const struct xml_element *el, char *out, size_t size)
{
    if (!el || el->first)
        return false;
    const char *from = el->text, *to = el->text + el->text_len;
    while (from < to && strchr(" \t\r\n", *from))
        from++;
    while (to > from && strchr(" \t\r\n", to[-1]))
        to--;
    size_t len = (size_t)(to - from);
    if (len >= size)
        return false;
    memcpy(out, from, len);
    out[len] = '\0';
    return true;
}

bool xml_boolean(const struct xml_element *el, bool *ret)
{
    char text[8];
    if (!collapsed(el, text, sizeof(text)))
        return false;
    bool yes = !strcmp(text, "true") || !strcmp(text, "1");
    if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return false;
    *ret = yes;
    return true;
}

bool xml_integer(const struct xml_element *el, int64_t min, int64_t max, int64_t *ret)
{
    char text[32];
    uint64_t size;
    if (!collapsed(el, text, sizeof(text)))
        return false;
    bool minus = text[0] == '-';
    const char *digits = text + (minus || text[0] == '+');
    if (!text_number(digits, 0, (uint64_t)INT64_MAX + minus, &size))
        return false;
    int64_t value = minus ? (int64_t)(0 - size) : (int64_t)size;
    if (value < min || value > max)
        return false;
    *ret = value;
    return true;
}
