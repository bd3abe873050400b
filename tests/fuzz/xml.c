/* A document that is accepted, written anew, is accepted as the same tree; fed in two pieces it comes out the same as
 * whole; and whatever reads as a SOAP message points into the tree. */
#include "wire/xml.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "fuzz/fuzz.h"
#include "wire/soap.h"

static bool same(const struct xml_element *a, const struct xml_element *b)
{
    if (strcmp(a->name, b->name) != 0 || strcmp(a->ns, b->ns) != 0 || a->text_len != b->text_len ||
        memcmp(a->text, b->text, a->text_len) != 0 || a->attributes_len != b->attributes_len)
        return false;
    for (size_t i = 0; i < a->attributes_len; i++)
        if (strcmp(a->attributes[i].name, b->attributes[i].name) != 0 ||
            strcmp(a->attributes[i].value, b->attributes[i].value) != 0)
            return false;
    const struct xml_element *x = a->first, *y = b->first;
    for (; x && y; x = x->next, y = y->next)
        if (!same(x, y))
            return false;
    return !x && !y;
}

/* Only what the writer can say: ASCII names, text not mixed with elements, attributes without prefix. */
static bool writable(const struct xml_element *el)
{
    if (el->text_len && el->first)
        return false;
    for (const char *p = el->name; *p; p++)
        if ((unsigned char)*p >= 0x80)
            return false;
    for (size_t i = 0; i < el->attributes_len; i++) {
        if (el->attributes[i].ns[0])
            return false;
        for (const char *p = el->attributes[i].name; *p; p++)
            if ((unsigned char)*p >= 0x80)
                return false;
    }
    for (const struct xml_element *child = el->first; child; child = child->next)
        if (!writable(child))
            return false;
    return true;
}

static void write(struct xml_writer *w, const struct xml_element *el)
{
    xml_open(w, el->name);
    xml_attr(w, "xmlns", el->ns);
    for (size_t i = 0; i < el->attributes_len; i++)
        xml_attr(w, el->attributes[i].name, el->attributes[i].value);
    xml_text_n(w, el->text, el->text_len);
    for (const struct xml_element *child = el->first; child; child = child->next)
        write(w, child);
    xml_close(w);
}

static void write_again(const struct xml_element *root, struct arena *a)
{
    struct xml_writer w;
    struct xml_element *again;
    struct buf out;
    struct err e;
    buf_init(&out, XML_BYTES_MAX);
    xml_writer_start(&w, &out);
    write(&w, root);
    if (xml_writer_end(&w, &e)) {
        /* One more attribute an element than before: only that may be too much now. */
        if (xml_parse(out.data, out.len, NULL, a, &again, &e))
            MUST(same(root, again));
        else
            MUST(e.kind == ERR_LIMIT);
    } else {
        MUST(e.kind == ERR_LIMIT);
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a;
    struct xml_element *root, *split;
    struct soap_message m;
    struct err e, split_e;
    arena_init(&a);
    bool ok = xml_parse(data, len, NULL, &a, &root, &e);
    struct xml_reader *r = xml_reader_create(NULL, &a);
    size_t cut = len ? data[0] * len / 256 : 0;
    bool split_ok = xml_feed(r, data, cut, &split_e) && xml_feed(r, data + cut, len - cut, &split_e) &&
                    xml_finish(r, &split, &split_e);
    MUST(ok == split_ok && (ok || e.kind == split_e.kind));
    if (ok) {
        MUST(same(root, split));
        if (soap_read(root, &m, &e))
            MUST(m.body->parent->parent == root);
        if (writable(root))
            write_again(root, &a);
    }
    (void)xml_reader_destroy(r);
    arena_done(&a);
    return 0;
}
