#include "wire/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    PIECE = 64 * 1024,  /* bytes given to expat at once: what XML_TOKEN_MAX is measured in */
    CACHE_SLOTS = 256,  /* names that were seen lately; a byte array is one name a thousand times */
};

/* Between namespace and local name in what expat reports. XML forbids it in documents, so no URI holds one. */
#define SEPARATOR '\x1f'

struct prefix {
    char *prefix; /* owned; "" for the default namespace */
    const char *ns;
};

struct cached {
    const char *raw; /* as expat reported it */
    const char *ns, *name;
};

struct xml_reader {
    XML_Parser parser;
    struct arena *arena; /* borrowed */
    struct xml_limits limits;
    struct xml_element *root, *at;
    size_t depth, elements, bytes;
    struct prefix prefixes[XML_PREFIXES_MAX]; /* a stack: the last one of a name counts */
    size_t prefixes_len, declared;            /* declared: for the element that is about to start */
    struct buf text[XML_DEPTH_MAX];           /* of the element at each depth */
    struct cached cache[CACHE_SLOTS];
    bool failed;
    struct err err;
};

static size_t limit_or(size_t given, size_t most)
{
    return given && given < most ? given : most;
}

static void stop(struct xml_reader *r, enum err_kind kind, const char *what)
{
    if (r->failed)
        return;
    r->failed = true;
    (void)err_set(&r->err, kind, "XML line %lu column %lu: %s", (unsigned long)XML_GetCurrentLineNumber(r->parser),
                  (unsigned long)XML_GetCurrentColumnNumber(r->parser) + 1, what);
    (void)XML_StopParser(r->parser, XML_FALSE);
}

/* Splits a name as expat reports it, through the cache. */
static struct cached *look_up(struct xml_reader *r, const char *raw)
{
    unsigned hash = 5381;
    for (const char *p = raw; *p; p++)
        hash = hash * 33 + (unsigned char)*p;
    struct cached *c = &r->cache[hash % CACHE_SLOTS];
    if (c->raw && !strcmp(c->raw, raw))
        return c;
    const char *cut = strchr(raw, SEPARATOR);
    c->raw = arena_strdup(r->arena, raw);
    c->ns = cut ? arena_strndup(r->arena, raw, (size_t)(cut - raw)) : "";
    c->name = cut ? c->raw + (cut - raw) + 1 : c->raw;
    return c;
}

/* xsi:type is a QName in a value, so the prefixes in force decide what it means. */
static void resolve_type(struct xml_reader *r, struct xml_element *el, const char *value)
{
    const char *colon = strchr(value, ':');
    size_t len = colon ? (size_t)(colon - value) : 0;
    el->type = colon ? colon + 1 : value;
    el->type_ns = colon ? NULL : "";
    for (size_t i = r->prefixes_len; i-- > 0;) {
        if (strlen(r->prefixes[i].prefix) == len && !strncmp(r->prefixes[i].prefix, value, len)) {
            el->type_ns = r->prefixes[i].ns;
            return;
        }
    }
}

static void read_attributes(struct xml_reader *r, struct xml_element *el, const XML_Char **pairs, size_t count)
{
    struct xml_attribute *list = count ? arena_array(r->arena, count, sizeof(*list)) : NULL;
    for (size_t i = 0; i < count; i++) {
        const struct cached *c = look_up(r, pairs[2 * i]);
        list[i] = (struct xml_attribute){ .ns = c->ns, .name = c->name, .value = arena_strdup(r->arena, pairs[2 * i + 1]) };
        if (!strcmp(c->name, "type") && !strcmp(c->ns, XML_XSI))
            resolve_type(r, el, list[i].value);
    }
    el->attributes = list;
    el->attributes_len = count;
}

static void XMLCALL on_start(void *self, const XML_Char *name, const XML_Char **pairs)
{
    struct xml_reader *r = self;
    size_t count = 0;
    while (pairs[2 * count])
        count++;
    size_t declared = r->declared;
    r->declared = 0;
    if (r->failed)
        return;
    if (count + declared > r->limits.attributes) {
        stop(r, ERR_LIMIT, "too many attributes in one element");
        return;
    }
    if (r->depth == r->limits.depth) {
        stop(r, ERR_LIMIT, "elements nested too deep");
        return;
    }
    if (++r->elements > r->limits.elements) {
        stop(r, ERR_LIMIT, "too many elements");
        return;
    }
    const struct cached *c = look_up(r, name);
    struct xml_element *el = arena_alloc(r->arena, sizeof(*el));
    *el = (struct xml_element){ .ns = c->ns, .name = c->name, .text = "", .parent = r->at,
                                .begin = (size_t)XML_GetCurrentByteIndex(r->parser) };
    read_attributes(r, el, pairs, count);
    if (!r->at)
        r->root = el;
    else if (r->at->last)
        r->at->last->next = el;
    else
        r->at->first = el;
    if (r->at)
        r->at->last = el;
    r->at = el;
    buf_clear(&r->text[r->depth++]);
}

static bool blank(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (!memchr(" \t\r\n", b->data[i], 4))
            return false;
    return true;
}

static void XMLCALL on_end(void *self, const XML_Char *name UNUSED)
{
    struct xml_reader *r = self;
    if (r->failed)
        return;
    struct xml_element *el = r->at;
    struct buf *text = &r->text[--r->depth];
    if (text->len && !(el->first && blank(text))) {
        el->text = arena_strndup(r->arena, buf_str(text), text->len);
        el->text_len = text->len;
    }
    el->end = (size_t)XML_GetCurrentByteIndex(r->parser) + (size_t)XML_GetCurrentByteCount(r->parser);
    r->at = el->parent;
}

static void XMLCALL on_text(void *self, const XML_Char *s, int len)
{
    struct xml_reader *r = self;
    if (!r->failed && r->depth && !buf_append(&r->text[r->depth - 1], s, (size_t)len, NULL))
        stop(r, ERR_LIMIT, "too much text in one element");
}

static void XMLCALL on_declare(void *self, const XML_Char *prefix, const XML_Char *uri)
{
    struct xml_reader *r = self;
    if (r->failed)
        return;
    r->declared++;
    if (r->prefixes_len == XML_PREFIXES_MAX) {
        stop(r, ERR_LIMIT, "too many namespace declarations");
        return;
    }
    r->prefixes[r->prefixes_len++] = (struct prefix){
        .prefix = xstrdup(prefix ? prefix : ""),
        .ns = arena_strdup(r->arena, uri ? uri : ""),
    };
}

static void XMLCALL on_undeclare(void *self, const XML_Char *prefix UNUSED)
{
    struct xml_reader *r = self;
    if (!r->failed && r->prefixes_len)
        free(r->prefixes[--r->prefixes_len].prefix);
}

static void XMLCALL on_doctype(void *self, const XML_Char *name UNUSED, const XML_Char *system_id UNUSED,
                               const XML_Char *public_id UNUSED, int internal UNUSED)
{
    stop(self, ERR_INPUT, "a DOCTYPE is not accepted");
}

static void XMLCALL on_declaration(void *self, const XML_Char *version, const XML_Char *encoding, int standalone UNUSED)
{
    if (version && strcmp(version, "1.0") != 0)
        stop(self, ERR_INPUT, "not XML 1.0");
    else if (encoding && !text_caseeq(encoding, "utf-8") && !text_caseeq(encoding, "us-ascii"))
        stop(self, ERR_INPUT, "an encoding other than UTF-8 is not accepted");
}

struct xml_reader *xml_reader_create(const struct xml_limits *limits, struct arena *a)
{
    static const struct xml_limits none;
    const struct xml_limits *l = limits ? limits : &none;
    struct xml_reader *r = xcalloc(1, sizeof(*r));
    r->arena = a;
    r->limits = (struct xml_limits){
        .bytes = limit_or(l->bytes, XML_BYTES_MAX),
        .depth = limit_or(l->depth, XML_DEPTH_MAX),
        .elements = limit_or(l->elements, XML_ELEMENTS_MAX),
        .attributes = limit_or(l->attributes, XML_ATTRIBUTES_MAX),
        .text = limit_or(l->text, XML_TEXT_MAX),
    };
    for (size_t i = 0; i < ARRAY_LEN(r->text); i++)
        buf_init(&r->text[i], r->limits.text);
    static const XML_Memory_Handling_Suite memory = { xmalloc, xrealloc, free };
    static const XML_Char separator[] = { SEPARATOR, '\0' };
    r->parser = XML_ParserCreate_MM("UTF-8", &memory, separator);
    if (!r->parser)
        abort();
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetNamespaceDeclHandler(r->parser, on_declare, on_undeclare);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    XML_SetXmlDeclHandler(r->parser, on_declaration);
    return r;
}

struct xml_reader *xml_reader_destroy(struct xml_reader *r)
{
    if (!r)
        return NULL;
    XML_ParserFree(r->parser);
    for (size_t i = 0; i < r->prefixes_len; i++)
        free(r->prefixes[i].prefix);
    for (size_t i = 0; i < ARRAY_LEN(r->text); i++)
        buf_done(&r->text[i]);
    free(r);
    return NULL;
}

/* expat keeps an unfinished token and reads it anew with each piece; a huge one would cost its square. */
static void check_token(struct xml_reader *r)
{
    XML_Index at = XML_GetCurrentByteIndex(r->parser);
    size_t seen = at < 0 ? 0 : (size_t)at;
    if (r->bytes - seen > XML_TOKEN_MAX)
        stop(r, ERR_LIMIT, "one tag or comment is too long");
}

/* expat takes the marks and the pattern of UTF-16 even when it was told that all is UTF-8. */
static void check_utf16(struct xml_reader *r, const unsigned char *p, size_t len)
{
    for (size_t i = 0; i < len && r->bytes + i < 2; i++)
        if (p[i] == 0 || p[i] >= 0xfe)
            stop(r, ERR_INPUT, "an encoding other than UTF-8 is not accepted");
}

static bool give(struct xml_reader *r, const void *data, size_t len, bool last, struct err *e)
{
    if (!r->failed)
        check_utf16(r, data, len);
    if (!r->failed) {
        r->bytes += len;
        enum XML_Status status = XML_Parse(r->parser, data, (int)len, last);
        if (status != XML_STATUS_OK)
            stop(r, ERR_INPUT, XML_ErrorString(XML_GetErrorCode(r->parser)));
        else if (!last)
            check_token(r);
    }
    if (r->failed && e)
        *e = r->err;
    return !r->failed;
}

bool xml_feed(struct xml_reader *r, const void *data, size_t len, struct err *e)
{
    if (!r->failed && len > r->limits.bytes - r->bytes)
        stop(r, ERR_LIMIT, "the document is too long");
    const char *p = data;
    for (size_t at = 0; at < len; at += PIECE)
        if (!give(r, p + at, len - at < PIECE ? len - at : PIECE, false, e))
            return false;
    if (r->failed && e)
        *e = r->err;
    return !r->failed;
}

bool xml_finish(struct xml_reader *r, struct xml_element **ret_root, struct err *e)
{
    if (!give(r, "", 0, true, e))
        return false;
    *ret_root = r->root;
    return true;
}

bool xml_parse(const void *data, size_t len, const struct xml_limits *limits, struct arena *a,
               struct xml_element **ret_root, struct err *e)
{
    AUTO(xml_reader_destroyp) struct xml_reader *r = xml_reader_create(limits, a);
    return xml_feed(r, data, len, e) && xml_finish(r, ret_root, e);
}
