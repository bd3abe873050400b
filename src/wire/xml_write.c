#include "wire/xml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void xml_writer_start(struct xml_writer *w, struct buf *out)
{
    w->out = out;
    w->start = out->len;
    w->depth = 0;
    w->open = false;
    w->failed = false;
}

static void fail(struct xml_writer *w, enum err_kind kind, const char *what)
{
    if (w->failed)
        return;
    w->failed = true;
    (void)err_set(&w->err, kind, "writing XML: %s", what);
}

static void put(struct xml_writer *w, const char *p, size_t len)
{
    if (!w->failed && !buf_append(w->out, p, len, &w->err))
        w->failed = true;
}

static void puts_raw(struct xml_writer *w, const char *s)
{
    put(w, s, strlen(s));
}

bool xml_writer_end(struct xml_writer *w, struct err *e)
{
    if (w->depth)
        fail(w, ERR_INTERNAL, "an element was not closed");
    if (!w->failed)
        return true;
    w->out->len = w->start;
    if (w->out->data)
        w->out->data[w->start] = '\0';
    if (e)
        *e = w->err;
    return false;
}

void xml_declaration(struct xml_writer *w)
{
    puts_raw(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
}

/* ASCII names with at most one prefix; that is all our vocabularies use (Namespaces in XML 1.0 section 4). */
static bool name_valid(const char *name)
{
    bool start = true;
    size_t colons = 0;
    for (const char *p = name; *p; p++) {
        char c = text_lower(*p);
        if (*p == ':') {
            if (start || colons++)
                return false;
            start = true;
        } else if ((c >= 'a' && c <= 'z') || c == '_' || (!start && ((c >= '0' && c <= '9') || c == '-' || c == '.'))) {
            start = false;
        } else {
            return false;
        }
    }
    return !start;
}

static void end_start_tag(struct xml_writer *w)
{
    if (w->open)
        puts_raw(w, ">");
    w->open = false;
}

void xml_open(struct xml_writer *w, const char *name)
{
    if (w->depth == XML_DEPTH_MAX)
        fail(w, ERR_LIMIT, "elements nested too deep");
    if (!name_valid(name))
        fail(w, ERR_INPUT, "not an element's name");
    if (w->failed)
        return;
    end_start_tag(w);
    puts_raw(w, "<");
    puts_raw(w, name);
    w->names[w->depth++] = name;
    w->open = true;
}

/* What XML 1.0 section 2.2 forbids, given well-formed UTF-8: control characters, U+FFFE and U+FFFF. */
static bool forbidden(const char *p, size_t left)
{
    unsigned char c = (unsigned char)*p;
    if (c < 0x20)
        return c != '\t' && c != '\n' && c != '\r';
    return c == 0xef && left >= 3 && (unsigned char)p[1] == 0xbf && (unsigned char)p[2] >= 0xbe;
}

/* Outside attributes a line feed and a tab stand as they are; a carriage return would be read as a line feed. */
static const char *escape_of(char c, bool in_attribute)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\r': return "&#13;";
    case '"': return in_attribute ? "&quot;" : NULL;
    case '\n': return in_attribute ? "&#10;" : NULL;
    case '\t': return in_attribute ? "&#9;" : NULL;
    default: return NULL;
    }
}

static void escaped(struct xml_writer *w, const char *s, size_t len, bool in_attribute)
{
    if (!text_utf8(s, len)) {
        fail(w, ERR_INPUT, "text that is not UTF-8");
        return;
    }
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (forbidden(s + i, len - i)) {
            fail(w, ERR_INPUT, "a character that XML forbids");
            return;
        }
        const char *escape = escape_of(s[i], in_attribute);
        if (!escape)
            continue;
        put(w, s + from, i - from);
        puts_raw(w, escape);
        from = i + 1;
    }
    put(w, s + from, len - from);
}

void xml_attr(struct xml_writer *w, const char *name, const char *value)
{
    if (!w->open)
        fail(w, ERR_INTERNAL, "an attribute after the start tag");
    if (!name_valid(name))
        fail(w, ERR_INPUT, "not an attribute's name");
    puts_raw(w, " ");
    puts_raw(w, name);
    puts_raw(w, "=\"");
    escaped(w, value, strlen(value), true);
    puts_raw(w, "\"");
}

void xml_text_n(struct xml_writer *w, const char *text, size_t len)
{
    if (!w->depth)
        fail(w, ERR_INTERNAL, "text outside of the root");
    if (!len)
        return;
    end_start_tag(w);
    escaped(w, text, len, false);
}

void xml_text(struct xml_writer *w, const char *text)
{
    xml_text_n(w, text, strlen(text));
}

void xml_textf(struct xml_writer *w, const char *fmt, ...)
{
    char text[XML_FORMAT_MAX + 1];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(text))
        fail(w, ERR_LIMIT, "a formatted text is too long");
    else
        xml_text_n(w, text, (size_t)len);
}

void xml_close(struct xml_writer *w)
{
    if (w->failed)
        return;
    if (!w->depth) {
        fail(w, ERR_INTERNAL, "more elements closed than opened");
        return;
    }
    const char *name = w->names[--w->depth];
    if (w->open) {
        puts_raw(w, "/>");
        w->open = false;
        return;
    }
    puts_raw(w, "</");
    puts_raw(w, name);
    puts_raw(w, ">");
}

void xml_leaf(struct xml_writer *w, const char *name, const char *text)
{
    if (!text)
        return;
    xml_open(w, name);
    xml_text(w, text);
    xml_close(w);
}

void xml_leaf_integer(struct xml_writer *w, const char *name, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    xml_leaf(w, name, text);
}

void xml_leaf_boolean(struct xml_writer *w, const char *name, bool value)
{
    xml_leaf(w, name, value ? "true" : "false");
}
