#include "wire/xml.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"
#include "unit/check.h"
#include "unit/wire/cases.h"

enum { WORDS_MAX = 1024 * 1024 };

static void dump(struct buf *out, const struct xml_element *el, int depth)
{
    struct err e;
    char text[256];
    text_escape(text, sizeof(text), el->text, el->text_len);
    CHECK_OK(buf_printf(out, &e, "%*s{%s}%s", depth * 2, "", el->ns, el->name), &e);
    if (el->type)
        CHECK_OK(buf_printf(out, &e, " is {%s}%s", el->type_ns ? el->type_ns : "?", el->type), &e);
    for (size_t i = 0; i < el->attributes_len; i++)
        CHECK_OK(buf_printf(out, &e, " {%s}%s=\"%s\"", el->attributes[i].ns, el->attributes[i].name,
                            el->attributes[i].value), &e);
    CHECK_OK(buf_printf(out, &e, el->text_len ? " \"%s\"\n" : "%s\n", text), &e);
    for (const struct xml_element *child = el->first; child; child = child->next) {
        CHECK(child->parent == el && (child->next || el->last == child));
        dump(out, child, depth + 1);
    }
}

struct run {
    size_t complete_at;
};

static bool run(void *ctx, const uint8_t *const *pieces, const size_t *lens, size_t count, struct buf *out)
{
    struct run *r = ctx;
    struct err e;
    struct arena a;
    struct xml_element *root;
    arena_init(&a);
    struct xml_reader *reader = xml_reader_create(NULL, &a);
    bool ok = true;
    size_t total = 0;
    for (size_t i = 0; i < count; total += lens[i], i++)
        ok = xml_feed(reader, pieces[i], lens[i], &e) && ok;
    ok = xml_finish(reader, &root, &e) && ok;
    if (ok) {
        dump(out, root, 0);
        r->complete_at = total; /* no file goes on behind its root */
    } else {
        CHECK_OK(buf_puts(out, err_kind_name(e.kind), &e), &e);
    }
    (void)xml_reader_destroy(reader);
    arena_done(&a);
    return ok;
}

static void a_file(void *ctx, const struct case_file *f)
{
    struct run r;
    struct buf out;
    buf_init(&out, WORDS_MAX);
    bool ok = cases_thrice(run, &r, f->name, f->data, f->len, &r.complete_at, &out);
    if (ok && !strncmp(f->name, "ok-", 3))
        cases_golden("xml", f->name, &out);
    else if (ok || strncmp(f->name, buf_str(&out), out.len) != 0)
        fail_msg("%s: %s", f->name, buf_str(&out));
    buf_done(&out);
    ++*(size_t *)ctx;
}

static void files_are_read_as_they_should(void **state)
{
    (void)state;
    size_t seen = 0;
    CHECK(cases_each("xml", ".xml", a_file, &seen) > 30);
    CHECK(seen > 30);
}

static bool parse(const char *head, const char *piece, size_t count, const char *tail, const struct xml_limits *limits,
                  struct err *e)
{
    struct arena a;
    struct buf b;
    struct xml_element *root;
    arena_init(&a);
    buf_init(&b, XML_BYTES_MAX + 1000);
    CHECK_OK(buf_puts(&b, head, e), e);
    size_t len = strlen(piece);
    uint8_t *room;
    CHECK_OK(buf_reserve(&b, count * len, &room, e), e);
    for (size_t i = 0; i < count; i++)
        memcpy(room + i * len, piece, len);
    buf_commit(&b, count * len);
    CHECK_OK(buf_puts(&b, tail, e), e);
    bool ok = xml_parse(buf_str(&b), b.len, limits, &a, &root, e);
    buf_done(&b);
    arena_done(&a);
    return ok;
}

static void limits_are_exact(void **state)
{
    (void)state;
    struct err e;
    CHECK_OK(parse("<a>", "x", XML_TEXT_MAX, "</a>", NULL, &e), &e);
    CHECK_FAILS(parse("<a>", "x", XML_TEXT_MAX + 1, "</a>", NULL, &e), &e, ERR_LIMIT);
    CHECK_OK(parse("<a>", " ", 1000, "</a>", &(struct xml_limits){ .bytes = 1007 }, &e), &e);
    CHECK_FAILS(parse("<a>", " ", 1000, "</a>", &(struct xml_limits){ .bytes = 1006 }, &e), &e, ERR_LIMIT);
    CHECK_OK(parse("<a>", "<b>", 3, "</b></b></b></a>", &(struct xml_limits){ .depth = 4 }, &e), &e);
    CHECK_FAILS(parse("<a>", "<b>", 3, "</b></b></b></a>", &(struct xml_limits){ .depth = 3 }, &e), &e, ERR_LIMIT);
    CHECK_OK(parse("<a>", "<b/>", 2, "</a>", &(struct xml_limits){ .elements = 3 }, &e), &e);
    CHECK_FAILS(parse("<a>", "<b/>", 3, "</a>", &(struct xml_limits){ .elements = 3 }, &e), &e, ERR_LIMIT);
    CHECK_FAILS(parse("<a", " b='' c=''", 1, "/>", &(struct xml_limits){ .attributes = 1 }, &e), &e, ERR_LIMIT);
    CHECK_FAILS(parse("<a>", "x", 3, "</a>", &(struct xml_limits){ .text = 2 }, &e), &e, ERR_LIMIT);
}

/* The default cap of elements, in one document: all that may be, then one more. */
static void a_flood_of_elements_is_stopped(void **state)
{
    (void)state;
    enum { PIECE = 1000 };
    char many[PIECE * 4 + 1];
    struct arena a = { 0 };
    struct err e;
    for (size_t i = 0; i < PIECE; i++)
        memcpy(many + i * 4, "<b/>", 5);
    struct xml_reader *r = xml_reader_create(NULL, &a);
    CHECK_OK(xml_feed(r, "<a>", 3, &e), &e);
    for (size_t i = PIECE; i < XML_ELEMENTS_MAX; i += PIECE)
        CHECK_OK(xml_feed(r, many, sizeof(many) - 1, &e), &e);
    CHECK_OK(xml_feed(r, many, sizeof(many) - 1 - 4, &e), &e); /* <a> is one as well */
    CHECK_FAILS(xml_feed(r, "<b/>", 4, &e), &e, ERR_LIMIT);
    (void)xml_reader_destroy(r);
    arena_done(&a);
}

/* The document's end is looked for before a single byte too many is parsed; a token that never ends is given up. */
static void long_things_are_given_up(void **state)
{
    (void)state;
    struct err e;
    CHECK_FAILS(parse("<a>", "<!-- x -->", XML_BYTES_MAX / 10, "</a>", NULL, &e), &e, ERR_LIMIT);
    CHECK_FAILS(parse("<a b='", "x", 2 * XML_TOKEN_MAX, "'/>", NULL, &e), &e, ERR_LIMIT);
    CHECK_FAILS(parse("<a><!--", "x", 2 * XML_TOKEN_MAX, "--></a>", NULL, &e), &e, ERR_LIMIT);
    CHECK_FAILS(parse("<", "x", 2 * XML_TOKEN_MAX, "/>", NULL, &e), &e, ERR_LIMIT);
    CHECK_OK(parse("<a b='", "x", XML_TOKEN_MAX / 2, "'/>", NULL, &e), &e);
    CHECK_OK(parse("<a><![CDATA[", "x", 2 * XML_TOKEN_MAX, "]]></a>", NULL, &e), &e);
}

static void one_root_is_all(void **state)
{
    (void)state;
    struct err e;
    CHECK_OK(parse("<a/>", "\n<!-- x -->", 3, "", NULL, &e), &e);
    CHECK_FAILS(parse("<a/>", "<b/>", 1, "", NULL, &e), &e, ERR_INPUT);
    CHECK_FAILS(parse("<a/>", "x", 1, "", NULL, &e), &e, ERR_INPUT);
    CHECK_FAILS(parse("<a/>", "<!DOCTYPE a>", 1, "", NULL, &e), &e, ERR_INPUT);
}

static void a_refusal_stays(void **state)
{
    (void)state;
    struct err e;
    struct arena a;
    struct xml_element *root;
    arena_init(&a);
    struct xml_reader *r = xml_reader_create(NULL, &a);
    CHECK_FAILS(xml_feed(r, "<!DOCTYPE a>", 12, &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, "DOCTYPE") && strstr(e.msg, "line 1"));
    CHECK_FAILS(xml_feed(r, "<a/>", 4, &e), &e, ERR_INPUT);
    CHECK_FAILS(xml_finish(r, &root, &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, "DOCTYPE"));
    (void)xml_reader_destroy(r);
    arena_done(&a);
}

static struct xml_element *tree(struct arena *a, const char *text)
{
    struct err e;
    struct xml_element *root;
    CHECK_OK(xml_parse(text, strlen(text), NULL, a, &root, &e), &e);
    return root;
}

static void elements_are_found_by_namespace(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    const struct xml_element *root = tree(&a, "<r xmlns='urn:a' xmlns:b='urn:b' b:k='1' k='2'><b:x>1</b:x><x>2</x><y/><x>3</x></r>");
    CHECK(xml_is(root, "urn:a", "r") && xml_is(root, NULL, "r") && !xml_is(root, "urn:b", "r") && !xml_is(NULL, NULL, "r"));
    CHECK_STR(xml_child_text(root, NULL, "x"), "1");
    CHECK_STR(xml_child_text(root, "urn:a", "x"), "2");
    CHECK_STR(xml_next(xml_child(root, "urn:a", "x"), "urn:a", "x")->text, "3");
    CHECK(!xml_next(xml_child(root, "urn:b", "x"), "urn:b", "x"));
    CHECK(!xml_child(root, "urn:a", "z") && !xml_child_text(root, "urn:c", "x") && !xml_child(NULL, NULL, "x"));
    CHECK_STR(xml_attribute(root, NULL, "k"), "2");
    CHECK_STR(xml_attribute(root, "urn:b", "k"), "1");
    CHECK(!xml_attribute(root, "urn:a", "k") && !xml_attribute(NULL, NULL, "k"));
    arena_done(&a);
}

static void booleans_and_numbers_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *xml;
        int boolean; /* -1: none */
        bool integer;
        int64_t value;
    } cases[] = {
        { "<a>true</a>", 1, false, 0 },    { "<a> 1\n</a>", 1, true, 1 },      { "<a>false</a>", 0, false, 0 },
        { "<a>0</a>", 0, true, 0 },        { "<a>True</a>", -1, false, 0 },    { "<a/>", -1, false, 0 },
        { "<a>-128</a>", -1, true, -128 }, { "<a>+7</a>", -1, true, 7 },       { "<a>- 7</a>", -1, false, 0 },
        { "<a>1.0</a>", -1, false, 0 },    { "<a>0x1</a>", -1, false, 0 },     { "<a>--1</a>", -1, false, 0 },
        { "<a><b/></a>", -1, false, 0 },   { "<a>9223372036854775807</a>", -1, true, INT64_MAX },
        { "<a>-9223372036854775808</a>", -1, true, INT64_MIN },
        { "<a>9223372036854775808</a>", -1, false, 0 },
        { "<a>0000000000000000000000000000000000000001</a>", -1, false, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a;
        arena_init(&a);
        const struct xml_element *el = tree(&a, cases[i].xml);
        bool yes = false;
        int64_t value = 0;
        CHECK_EQ(xml_boolean(el, &yes), cases[i].boolean >= 0);
        CHECK(cases[i].boolean < 0 || yes == (cases[i].boolean == 1));
        CHECK_EQ(xml_integer(el, INT64_MIN, INT64_MAX, &value), cases[i].integer);
        CHECK(!cases[i].integer || value == cases[i].value);
        arena_done(&a);
    }
    struct arena a;
    int64_t value = 5;
    arena_init(&a);
    CHECK(!xml_integer(tree(&a, "<a>256</a>"), -128, 255, &value) && !xml_integer(NULL, 0, 1, &value) && value == 5);
    CHECK(!xml_boolean(NULL, &(bool){ false }));
    arena_done(&a);
}

static void what_is_written_reads_the_same(void **state)
{
    (void)state;
    static const char text[] = " <&>\"'\t\n\r ]]> \xc3\xa9 \xf0\x9f\x90\xaf ";
    struct xml_writer w;
    struct buf out;
    struct err e;
    struct arena a;
    struct xml_element *root;
    buf_init(&out, 4096);
    CHECK_OK(buf_puts(&out, "HTTP", &e), &e);
    xml_writer_start(&w, &out);
    xml_declaration(&w);
    xml_open(&w, "v:a");
    xml_attr(&w, "xmlns:v", "urn:v");
    xml_attr(&w, "k", text);
    xml_text(&w, text);
    xml_leaf(&w, "none", NULL);
    xml_leaf(&w, "empty", "");
    xml_leaf_boolean(&w, "yes", true);
    xml_leaf_integer(&w, "min", INT64_MIN);
    xml_open(&w, "f");
    xml_textf(&w, "%d<%s", 1, "2");
    xml_close(&w);
    xml_close(&w);
    CHECK_OK(xml_writer_end(&w, &e), &e);
    CHECK(!strncmp(buf_str(&out), "HTTP<?xml ", 10) && strstr(buf_str(&out), "<empty/><yes>true</yes>"));
    arena_init(&a);
    CHECK_OK(xml_parse(out.data + 4, out.len - 4, NULL, &a, &root, &e), &e);
    CHECK(xml_is(root, "urn:v", "a"));
    CHECK_STR(root->text, text);
    CHECK_STR(xml_attribute(root, NULL, "k"), text);
    CHECK_STR(xml_child_text(root, "", "min"), "-9223372036854775808");
    CHECK_STR(xml_child_text(root, "", "f"), "1<2");
    CHECK(!xml_child(root, NULL, "none"));
    arena_done(&a);
    buf_done(&out);
}

static void the_writer_refuses(void **state)
{
    (void)state;
    static const char *const names[] = { "", "1a", "a b", "a:", ":a", "a:b:c", "a:1", "a<", "-a", "\xc3\xa9", "a\n" };
    static const char *const texts[] = { "\x01", "\x1f", "\x0b", "\x7f\x0c", "\xff", "\xc3", "\xed\xa0\x80", "\xef\xbf\xbe",
                                         "\xef\xbf\xbf", "a\x02" };
    struct xml_writer w;
    struct buf out;
    struct err e;
    buf_init(&out, 100);
    CHECK_OK(buf_puts(&out, "before", &e), &e);
    for (size_t i = 0; i < ARRAY_LEN(names) + 2 * ARRAY_LEN(texts); i++) {
        xml_writer_start(&w, &out);
        xml_open(&w, i < ARRAY_LEN(names) ? names[i] : "a");
        if (i >= ARRAY_LEN(names) && i % 2)
            xml_text(&w, texts[(i - ARRAY_LEN(names)) / 2]);
        else if (i >= ARRAY_LEN(names))
            xml_attr(&w, "b", texts[(i - ARRAY_LEN(names)) / 2]);
        xml_close(&w);
        CHECK_FAILS(xml_writer_end(&w, &e), &e, ERR_INPUT);
        CHECK_STR(buf_str(&out), "before");
    }
    xml_writer_start(&w, &out);
    xml_open(&w, "a");
    CHECK_FAILS(xml_writer_end(&w, &e), &e, ERR_INTERNAL);
    xml_writer_start(&w, &out);
    xml_close(&w);
    CHECK_FAILS(xml_writer_end(&w, &e), &e, ERR_INTERNAL);
    xml_writer_start(&w, &out);
    xml_text(&w, "a");
    CHECK_FAILS(xml_writer_end(&w, &e), &e, ERR_INTERNAL);
    xml_writer_start(&w, &out);
    xml_open(&w, "a");
    xml_text(&w, "b");
    xml_attr(&w, "c", "d");
    xml_close(&w);
    CHECK_FAILS(xml_writer_end(&w, &e), &e, ERR_INTERNAL);
    buf_done(&out);
}

static void the_writer_keeps_its_limits(void **state)
{
    (void)state;
    struct xml_writer w;
    struct buf out;
    struct err e;
    buf_init(&out, 20000);
    xml_writer_start(&w, &out);
    for (size_t i = 0; i < XML_DEPTH_MAX; i++)
        xml_open(&w, "a");
    for (size_t i = 0; i < XML_DEPTH_MAX; i++)
        xml_close(&w);
    CHECK_OK(xml_writer_end(&w, &e), &e);
    xml_writer_start(&w, &out);
    for (size_t i = 0; i <= XML_DEPTH_MAX; i++)
        xml_open(&w, "a");
    CHECK_FAILS(xml_writer_end(&w, &e), &e, ERR_LIMIT);
    char *most = xcalloc(1, XML_FORMAT_MAX + 2);
    memset(most, 'x', XML_FORMAT_MAX);
    xml_writer_start(&w, &out);
    xml_open(&w, "a");
    xml_textf(&w, "%s", most);
    xml_close(&w);
    CHECK_OK(xml_writer_end(&w, &e), &e);
    most[XML_FORMAT_MAX] = 'x';
    xml_writer_start(&w, &out);
    xml_open(&w, "a");
    xml_textf(&w, "%s", most);
    xml_close(&w);
    CHECK_FAILS(xml_writer_end(&w, &e), &e, ERR_LIMIT);
    free(most);
    out.max = out.len + 6;
    xml_writer_start(&w, &out);
    xml_leaf(&w, "a", "b");
    CHECK_FAILS(xml_writer_end(&w, &e), &e, ERR_LIMIT);
    buf_done(&out);
}

GROUP(wire_xml, cmocka_unit_test(files_are_read_as_they_should), cmocka_unit_test(limits_are_exact),
      cmocka_unit_test(a_flood_of_elements_is_stopped), cmocka_unit_test(long_things_are_given_up), cmocka_unit_test(one_root_is_all), cmocka_unit_test(a_refusal_stays),
      cmocka_unit_test(elements_are_found_by_namespace), cmocka_unit_test(booleans_and_numbers_are_strict),
      cmocka_unit_test(what_is_written_reads_the_same), cmocka_unit_test(the_writer_refuses),
      cmocka_unit_test(the_writer_keeps_its_limits))
