/* wire/xml.h - XML read strictly into a tree, and written (XML 1.0, Namespaces in XML 1.0).
 * Called by vim (SOAP), api (the legacy face), flow (OVF) and the lab. Elements are told apart by namespace and local
 * name, never by prefix: two vCenters write the same element with different prefixes.
 * It never reads a DTD, never fetches anything, never expands an entity but the five built-in ones: any DOCTYPE ends
 * the parse, and with it billion laughs and external entities. Only UTF-8 is read. Sans-I/O, pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct arena;

enum {
    XML_BYTES_MAX = 32 * 1024 * 1024, /* of one document */
    XML_DEPTH_MAX = 64,               /* elements inside each other, read and written */
    XML_ELEMENTS_MAX = 500000,        /* a page of 300 hosts with their certificates, one element a byte */
    XML_ATTRIBUTES_MAX = 64,          /* of one element, namespace declarations included */
    XML_TEXT_MAX = 4 * 1024 * 1024,   /* bytes of text directly inside one element; an OVF descriptor is such a text */
    XML_TOKEN_MAX = 256 * 1024,       /* bytes of one tag or comment: expat would read it again with every piece */
    XML_PREFIXES_MAX = 256,           /* namespace declarations in force at one place */
};

#define XML_XSI "http://www.w3.org/2001/XMLSchema-instance"
#define XML_XSD "http://www.w3.org/2001/XMLSchema"

/* What one reader allows; 0 = the constant above. */
struct xml_limits {
    size_t bytes, depth, elements, attributes, text;
};

struct xml_attribute {
    const char *ns; /* "" for one without prefix */
    const char *name;
    const char *value;
};

/* All strings live in the arena. */
struct xml_element {
    const char *ns; /* "" when in no namespace */
    const char *name;
    /* xsi:type without its prefix, or NULL. Its namespace is "" when none is in force and NULL when the prefix was
     * never declared. */
    const char *type, *type_ns;
    /* The character data directly inside, put together; "" when there is none, or only white space beside elements. */
    const char *text;
    size_t text_len;
    const struct xml_attribute *attributes;
    size_t attributes_len;
    struct xml_element *parent, *first, *next; /* NULL at the ends */
    struct xml_element *last;                  /* the last child */
    size_t begin, end;                         /* where it lies in the document: bytes from '<' to behind the last '>' */
};

/* The whole document at once. ERR_INPUT with line and column, ERR_LIMIT. limits may be NULL. */
MUST_USE bool xml_parse(const void *data, size_t len, const struct xml_limits *limits, struct arena *a,
                        struct xml_element **ret_root, struct err *e);

/* The same in pieces. The reader borrows the arena. A refusal stays. */
struct xml_reader;
struct xml_reader *xml_reader_create(const struct xml_limits *limits, struct arena *a);
struct xml_reader *xml_reader_destroy(struct xml_reader *r);
DEFINE_AUTO(xml_reader_destroyp, struct xml_reader *, xml_reader_destroy)
MUST_USE bool xml_feed(struct xml_reader *r, const void *data, size_t len, struct err *e);
/* After the last piece. */
MUST_USE bool xml_finish(struct xml_reader *r, struct xml_element **ret_root, struct err *e);

/* ns NULL = any namespace. Elements may be NULL everywhere: the answer is then NULL or false. */
bool xml_is(const struct xml_element *el, const char *ns, const char *name);
const struct xml_element *xml_child(const struct xml_element *el, const char *ns, const char *name);
/* The next sibling of that name. */
const struct xml_element *xml_next(const struct xml_element *el, const char *ns, const char *name);
/* The value, or NULL. Here ns NULL = an attribute without prefix. */
const char *xml_attribute(const struct xml_element *el, const char *ns, const char *name);
/* Text of the first such child; NULL when there is none. */
const char *xml_child_text(const struct xml_element *el, const char *ns, const char *name);

/* The element's text as xsd:boolean ("true", "false", "1", "0"), white space around it allowed. */
MUST_USE bool xml_boolean(const struct xml_element *el, bool *ret);
/* As a decimal integer within [min, max], white space around it allowed; a sign is. */
MUST_USE bool xml_integer(const struct xml_element *el, int64_t min, int64_t max, int64_t *ret);

/* Writes one document, or a piece of one, to the end of a buffer. The calls need no checking one by one: the first
 * failure is kept, and xml_writer_end says it. ERR_INPUT: a name that is none, text that is no UTF-8 or has a
 * character that XML 1.0 forbids (section 2.2: control characters); ERR_LIMIT: the buffer is full, too deep. */
struct xml_writer {
    struct buf *out;
    size_t start;  /* what the buffer had before */
    size_t depth;
    bool open;     /* the start tag's ">" is still to come */
    bool failed;
    struct err err;
    const char *names[XML_DEPTH_MAX]; /* borrowed from the callers until closed */
};

void xml_writer_start(struct xml_writer *w, struct buf *out);
/* True when all was written and all is closed; else the buffer is as it was before xml_writer_start. */
MUST_USE bool xml_writer_end(struct xml_writer *w, struct err *e);

void xml_declaration(struct xml_writer *w); /* <?xml version="1.0" encoding="UTF-8"?>, first of all */
/* name may carry a prefix and is borrowed until xml_close. */
void xml_open(struct xml_writer *w, const char *name);
/* Right after xml_open. A namespace is declared by hand: xml_attr(w, "xmlns", ..). */
void xml_attr(struct xml_writer *w, const char *name, const char *value);
void xml_text(struct xml_writer *w, const char *text);
void xml_text_n(struct xml_writer *w, const char *text, size_t len);
void xml_textf(struct xml_writer *w, const char *fmt, ...) PRINTF(2, 3); /* at most XML_FORMAT_MAX bytes */
enum { XML_FORMAT_MAX = 1024 };
void xml_close(struct xml_writer *w);
/* <name>text</name>; nothing at all when text is NULL. */
void xml_leaf(struct xml_writer *w, const char *name, const char *text);
void xml_leaf_integer(struct xml_writer *w, const char *name, int64_t value);
void xml_leaf_boolean(struct xml_writer *w, const char *name, bool value);
