/* lab/value.h - a property of a managed object as a tree, and how it is written: the same tree stands boxed in a
 * property (`<val xsi:type="ArrayOfX">`), bare inside a data object, and a path can pick a part of it.
 * Called by the inventory, which builds trees, and by the property collector. Everything lives in an arena. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "wire/xml.h"

enum { LAB_TYPE_MAX = 96 };

enum lab_value_kind { LAB_TEXT, LAB_REF, LAB_STRUCT, LAB_ARRAY, LAB_BYTES };

struct lab_value {
    enum lab_value_kind kind;
    const char *name;    /* of the field; NULL in an array */
    const char *type;    /* "xsd:string", "HostConfigInfo"; of an array: of its elements, without prefix */
    bool poly;           /* a subtype of what the schema declares: written with xsi:type everywhere */
    const char *text;    /* LAB_TEXT; LAB_REF: the moid */
    const char *ref;     /* LAB_REF: the managed object's type */
    const signed char *bytes; /* LAB_BYTES: an array of xsd:byte, not a value each: certificates are most of an inventory */
    size_t bytes_len;
    struct lab_value *first, *last, *next;
};

/* Each adds to parent (a struct or an array; NULL: stands alone) and returns the new value. */
struct lab_value *lab_struct(struct arena *a, struct lab_value *parent, const char *name, const char *type);
struct lab_value *lab_poly(struct arena *a, struct lab_value *parent, const char *name, const char *type);
struct lab_value *lab_array(struct arena *a, struct lab_value *parent, const char *name, const char *of);
struct lab_value *lab_text(struct arena *a, struct lab_value *parent, const char *name, const char *type, const char *text);
struct lab_value *lab_string(struct arena *a, struct lab_value *parent, const char *name, const char *text);
struct lab_value *lab_int(struct arena *a, struct lab_value *parent, const char *name, int64_t n);
struct lab_value *lab_long(struct arena *a, struct lab_value *parent, const char *name, int64_t n);
struct lab_value *lab_bool(struct arena *a, struct lab_value *parent, const char *name, bool yes);
struct lab_value *lab_time(struct arena *a, struct lab_value *parent, const char *name, int64_t unix_seconds);
struct lab_value *lab_ref(struct arena *a, struct lab_value *parent, const char *name, const char *type, const char *moid);
/* xsd:byte, one element each, signed: not base64 (vsphere-api.md 1.2). */
struct lab_value *lab_bytes(struct arena *a, struct lab_value *parent, const char *name, const void *p, size_t len);

/* Puts a value that stands alone at the end of a struct or an array. */
void lab_value_add(struct lab_value *parent, struct lab_value *v);

/* The part that a dotted path names; NULL when a field on the way is absent. */
struct lab_value *lab_value_at(struct lab_value *v, const char *path);

/* As <name xsi:type="..">: a property's value. */
void lab_value_boxed(struct xml_writer *w, const char *name, const struct lab_value *v);
/* As a field: <name>..</name>, an array repeated. */
void lab_value_bare(struct xml_writer *w, const char *name, const struct lab_value *v);
