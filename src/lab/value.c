#include "lab/value.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

void lab_value_add(struct lab_value *parent, struct lab_value *v)
{
    v->next = NULL;
    if (parent->last)
        parent->last->next = v;
    else
        parent->first = v;
    parent->last = v;
}

static struct lab_value *add(struct arena *a, struct lab_value *parent, enum lab_value_kind kind, const char *name,
                             const char *type)
{
    struct lab_value *v = arena_alloc(a, sizeof(*v));
    *v = (struct lab_value){ .kind = kind, .name = name, .type = type };
    if (parent)
        lab_value_add(parent, v);
    return v;
}

struct lab_value *lab_struct(struct arena *a, struct lab_value *parent, const char *name, const char *type)
{
    return add(a, parent, LAB_STRUCT, name, type);
}

struct lab_value *lab_poly(struct arena *a, struct lab_value *parent, const char *name, const char *type)
{
    struct lab_value *v = add(a, parent, LAB_STRUCT, name, type);
    v->poly = true;
    return v;
}

struct lab_value *lab_array(struct arena *a, struct lab_value *parent, const char *name, const char *of)
{
    return add(a, parent, LAB_ARRAY, name, of);
}

struct lab_value *lab_text(struct arena *a, struct lab_value *parent, const char *name, const char *type, const char *text)
{
    struct lab_value *v = add(a, parent, LAB_TEXT, name, type);
    v->text = text;
    return v;
}

struct lab_value *lab_string(struct arena *a, struct lab_value *parent, const char *name, const char *text)
{
    return lab_text(a, parent, name, "xsd:string", text);
}

struct lab_value *lab_int(struct arena *a, struct lab_value *parent, const char *name, int64_t n)
{
    return lab_text(a, parent, name, "xsd:int", arena_printf(a, "%" PRId64, n));
}

struct lab_value *lab_long(struct arena *a, struct lab_value *parent, const char *name, int64_t n)
{
    return lab_text(a, parent, name, "xsd:long", arena_printf(a, "%" PRId64, n));
}

struct lab_value *lab_bool(struct arena *a, struct lab_value *parent, const char *name, bool yes)
{
    return lab_text(a, parent, name, "xsd:boolean", yes ? "true" : "false");
}

struct lab_value *lab_time(struct arena *a, struct lab_value *parent, const char *name, int64_t unix_seconds)
{
    char *text = arena_alloc(a, TEXT_TIME);
    text_time(unix_seconds, text);
    return lab_text(a, parent, name, "xsd:dateTime", text);
}

struct lab_value *lab_ref(struct arena *a, struct lab_value *parent, const char *name, const char *type, const char *moid)
{
    struct lab_value *v = add(a, parent, LAB_REF, name, "ManagedObjectReference");
    v->ref = type;
    v->text = moid;
    return v;
}

struct lab_value *lab_bytes(struct arena *a, struct lab_value *parent, const char *name, const void *p, size_t len)
{
    struct lab_value *v = add(a, parent, LAB_BYTES, name, "Byte");
    v->bytes = arena_memdup(a, p, len);
    v->bytes_len = len;
    return v;
}

struct lab_value *lab_value_at(struct lab_value *v, const char *path)
{
    while (v && *path) {
        size_t len = strcspn(path, ".");
        if (v->kind != LAB_STRUCT)
            return NULL;
        struct lab_value *field = v->first;
        while (field && (strlen(field->name) != len || strncmp(field->name, path, len) != 0))
            field = field->next;
        v = field;
        path += len + (path[len] == '.');
    }
    return v;
}

static bool is_primitive(const struct lab_value *v)
{
    return v->type && !strncmp(v->type, "xsd:", 4);
}

/* The content of an element that is open already. */
static void content(struct xml_writer *w, const struct lab_value *v)
{
    switch (v->kind) {
    case LAB_TEXT:
    case LAB_REF:
        xml_text(w, v->text);
        break;
    case LAB_STRUCT:
        for (const struct lab_value *field = v->first; field; field = field->next)
            lab_value_bare(w, field->name, field);
        break;
    case LAB_ARRAY:
    case LAB_BYTES:
        break;
    }
}

static void write_bytes(struct xml_writer *w, const char *name, const struct lab_value *v)
{
    for (size_t i = 0; i < v->bytes_len; i++) {
        char text[5], *at = text + sizeof(text) - 1;
        int n = v->bytes[i] < 0 ? -v->bytes[i] : v->bytes[i];
        *at = '\0';
        do
            *--at = (char)('0' + n % 10);
        while (n /= 10);
        if (v->bytes[i] < 0)
            *--at = '-';
        xml_leaf(w, name, at);
    }
}

static void element(struct xml_writer *w, const char *name, const struct lab_value *v, bool typed)
{
    xml_open(w, name);
    if (typed)
        xml_attr(w, "xsi:type", v->type);
    if (v->kind == LAB_REF)
        xml_attr(w, "type", v->ref);
    content(w, v);
    xml_close(w);
}

void lab_value_bare(struct xml_writer *w, const char *name, const struct lab_value *v)
{
    if (v->kind == LAB_BYTES)
        write_bytes(w, name, v);
    else if (v->kind == LAB_ARRAY)
        for (const struct lab_value *item = v->first; item; item = item->next)
            element(w, name, item, item->poly);
    else
        element(w, name, v, v->poly);
}

/* Elements of a boxed array are called by their type; of a primitive one in lower case: <string>, <byte>. */
static const char *item_name(const struct lab_value *array, const struct lab_value *item)
{
    return is_primitive(item) ? item->type + 4 : array->type;
}

void lab_value_boxed(struct xml_writer *w, const char *name, const struct lab_value *v)
{
    char type[LAB_TYPE_MAX] = "ArrayOf";
    if (v->kind != LAB_ARRAY && v->kind != LAB_BYTES) {
        element(w, name, v, true);
        return;
    }
    (void)text_copy(type + 7, sizeof(type) - 7, v->type);
    xml_open(w, name);
    xml_attr(w, "xsi:type", type);
    if (v->kind == LAB_BYTES)
        write_bytes(w, "byte", v);
    for (const struct lab_value *item = v->first; item; item = item->next)
        element(w, item_name(v, item), item, item->poly);
    xml_close(w);
}
