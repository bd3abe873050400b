#include "wire/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "unit/check.h"

/* What an archive said: "name:size:bytes;" for each file, then "end", or "bad: why". */
struct story {
    char text[2048];
};

static void tell(struct story *s, const char *text, size_t len)
{
    size_t at = strlen(s->text);
    CHECK(at + len < sizeof(s->text));
    memcpy(s->text + at, text, len);
    s->text[at + len] = '\0';
}

static bool take(struct tar *t, struct story *s, const uint8_t **p, size_t *len)
{
    size_t used;
    struct err e;
    enum tar_event event = tar_read(t, *p, *len, &used, &e);
    char line[320];
    CHECK(used <= *len);
    *p += used;
    *len -= used;
    if (event == TAR_BAD) {
        tell(s, "bad: ", 5);
        tell(s, e.msg, strlen(e.msg));
        return false;
    }
    if (event == TAR_FILE) {
        int n = snprintf(line, sizeof(line), "%s:%llu:", t->file.name, (unsigned long long)t->file.size);
        tell(s, line, (size_t)n);
    }
    if (event == TAR_DATA) {
        size_t n = *len < t->left ? *len : (size_t)t->left;
        tell(s, (const char *)*p, n);
        tar_take(t, n);
        *p += n;
        *len -= n;
    }
    return true;
}

static void read_in(const uint8_t *p, size_t len, size_t step, struct story *s)
{
    struct tar t;
    bool ok = true;
    struct err e;
    tar_init(&t);
    *s = (struct story){ 0 };
    for (size_t at = 0; at < len && ok; at += step) {
        /* exactly these bytes: a sanitizer sees a read past them */
        size_t n = len - at < step ? len - at : step, left = n;
        uint8_t *copy = xmalloc(n);
        const uint8_t *q = copy;
        memcpy(copy, p + at, n);
        while (left && ok)
            ok = take(&t, s, &q, &left);
        free(copy);
    }
    if (ok) {
        const char *end = tar_ends(&t, &e) ? "end" : "cut";
        tell(s, end, 3);
    }
    tar_done(&t);
}

static void put_sum(uint8_t *b)
{
    unsigned sum = 0;
    memset(b + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += b[i];
    (void)snprintf((char *)b + 148, 8, "%06o", sum);
}

static void put_header(struct buf *b, const char *name, char type, uint64_t size)
{
    uint8_t h[TAR_BLOCK];
    struct err e;
    CHECK_OK(tar_header("x", size, 0, h, &e), &e);
    memset(h, 0, 100);
    memcpy(h, name, strlen(name));
    h[156] = (uint8_t)type;
    put_sum(h);
    CHECK_OK(buf_append(b, h, sizeof(h), &e), &e);
}

static void put_data(struct buf *b, const char *data, size_t len)
{
    static const uint8_t zeros[TAR_BLOCK];
    struct err e;
    CHECK_OK(buf_append(b, data, len, &e) && buf_append(b, zeros, tar_padding(len), &e), &e);
}

static void put_file(struct buf *b, const char *name, char type, const char *data)
{
    put_header(b, name, type, strlen(data));
    put_data(b, data, strlen(data));
}

static void put_end(struct buf *b, size_t zeros)
{
    uint8_t none[4 * TAR_END] = { 0 };
    struct err e;
    CHECK_OK(buf_append(b, none, zeros, &e), &e);
}

static void expect(struct buf *b, const char *story)
{
    struct story s;
    for (size_t step = b->len; step; step = step > 700 ? 700 : step > 511 ? 511 : step > 7 ? 7 : step > 1 ? 1 : 0) {
        read_in(b->data, b->len, step, &s);
        CHECK_STR(s.text, story);
    }
}

static void refuses(struct buf *b, const char *why)
{
    struct story s;
    for (size_t step = b->len; step; step = step > 7 ? 7 : 0) {
        read_in(b->data, b->len, step, &s);
        if (!strstr(s.text, "bad: ") || !strstr(s.text, why))
            fail_msg("\"%s\" where \"%s\" was expected", s.text, why);
    }
    buf_clear(b);
}

static void other_things_than_files_are_refused(void **state)
{
    (void)state;
    static const char types[] = "1234567SKMVDNX";
    AUTO(buf_done) struct buf b;
    buf_init(&b, 65536);
    for (const char *t = types; *t; t++) {
        put_file(&b, "a", *t, "");
        refuses(&b, "something other than files");
    }
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "../a", "a/b", "/a", "..", ".", "a\\b", "./a", "a/" };
    char record[64];
    AUTO(buf_done) struct buf b;
    buf_init(&b, 65536);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        put_file(&b, names[i], '0', "x");
        refuses(&b, "leads out of its place");
        size_t len = strlen(" path=\n") + strlen(names[i]);
        (void)snprintf(record, sizeof(record), "%zu path=%s\n", len + (len > 8 ? 2 : 1), names[i]);
        put_file(&b, "pax", 'x', record);
        put_file(&b, "good", '0', "x");
        refuses(&b, "leads out of its place");
        put_file(&b, "././@LongLink", 'L', names[i]);
        refuses(&b, "leads out of its place");
    }
    put_file(&b, "a\nb", '0', "x");
    refuses(&b, "control character");
    put_file(&b, "\xff\xfe", '0', "x");
    refuses(&b, "UTF-8");
    put_file(&b, "", '0', "x");
    refuses(&b, "1 to 255");
    put_header(&b, "a", '0', 0);
    memcpy(b.data + 345, "prefix", 6);
    put_sum(b.data);
    refuses(&b, "leads out of its place");
}

static void sizes_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *why;
    } sizes[] = {
        { "            ", "no number" }, { "-0000000001\0", "no number" }, { "00000000018\0", "no number" }, { "0000001 001\0", "no number" },
        { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "negative" }, { "\x80\0\0\0\x80\0\0\0\0\0\0\0", "larger" },
        { "\x80\x01\0\0\0\0\0\0\0\0\0\0", "larger" }, { "\x81\0\0\0\0\0\0\0\0\0\0\0", "larger" },
    };
    static const char *const records[] = { "12 size=-12\n", "10 size=x\n", "30 size=99999999999999999999\n", "8 size=\n" };
    AUTO(buf_done) struct buf b;
    buf_init(&b, 65536);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        put_header(&b, "a", '0', 0);
        memcpy(b.data + 124, sizes[i].bytes, 12);
        put_sum(b.data);
        refuses(&b, sizes[i].why);
    }
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        put_file(&b, "pax", 'x', records[i]);
        refuses(&b, i == 2 ? "" : "no number");
    }
}

static void extended_headers_are_hostile(void **state)
{
    (void)state;
    static const char *const records[] = { "x", "5 a=b", "99 a=b\n", "6 a=b\n6", "5 ab\n\n", "6 =bc\n", "0 a=b\n", "3 \n", "99999999999999999999 a=b\n" };
    AUTO(buf_done) struct buf b;
    buf_init(&b, 65536);
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        put_file(&b, "pax", 'x', records[i]);
        refuses(&b, "can't be read");
    }
    put_file(&b, "pax", 'x', "22 GNU.sparse.major=1\n");
    refuses(&b, "sparse");
    put_file(&b, "pax", 'g', "10 path=a\n");
    refuses(&b, "one name or size");
    put_header(&b, "pax", 'x', TAR_EXTENSION_MAX + 1);
    refuses(&b, "extended headers");
    for (int i = 0; i <= TAR_EXTENSIONS_MAX; i++)
        put_file(&b, "pax", 'x', "6 a=b\n");
    refuses(&b, "extended headers");
    put_file(&b, "pax", 'x', "6 a=b\n");
    put_end(&b, TAR_END);
    refuses(&b, "behind an extended header");
}

static void what_is_no_archive_is_refused(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf b;
    struct err e;
    buf_init(&b, 65536);
    CHECK_OK(buf_printf(&b, &e, "%0512d", 7), &e);
    refuses(&b, "no tar archive");
    put_file(&b, "a", '0', "x");
    b.data[0] = 'b';
    refuses(&b, "checksum");
    put_end(&b, TAR_BLOCK);
    put_file(&b, "a", '0', "x");
    refuses(&b, "one block of zeros");
    put_end(&b, TAR_END);
    put_file(&b, "a", '0', "x");
    refuses(&b, "behind the archive's end");
}

static void an_archive_that_is_cut_anywhere_is_not_whole(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf b;
    struct story s;
    buf_init(&b, 65536);
    put_file(&b, "pax", 'x', "10 path=a\n");
    put_file(&b, "a", '0', "hello");
    put_end(&b, TAR_END);
    for (size_t len = 0; len < b.len; len++) {
        read_in(b.data, len, b.len, &s);
        CHECK_STR(s.text + strlen(s.text) - 3, "cut");
    }
}

static void files_are_told_from_their_frame(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf b;
    char name[TAR_FILE_NAME_MAX + 1], record[300], story[700];
    buf_init(&b, 65536);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)snprintf(record, sizeof(record), "265 path=%s\n", name);
    put_file(&b, "a.ovf", '0', "text");
    put_file(&b, "empty", '\0', "");
    put_file(&b, "global", 'g', "6 a=b\n");
    put_file(&b, "pax", 'x', "10 size=3\n19 path=other.vmdk\n");
    put_header(&b, "one", '0', 0);
    put_data(&b, "abc", 3);
    put_file(&b, "././@LongLink", 'L', name);
    put_file(&b, "short", '0', "1");
    put_file(&b, "pax", 'x', record);
    put_file(&b, "short", '0', "2");
    put_file(&b, "last", '0', "3");
    put_end(&b, 4 * TAR_END);
    (void)snprintf(story, sizeof(story), "a.ovf:4:textempty:0:other.vmdk:3:abc%s:1:1%s:1:2last:1:3end", name, name);
    expect(&b, story);
}

static void sizes_past_eight_gigabytes_are_read(void **state)
{
    (void)state;
    static const uint64_t sizes[] = { 8589934591, 8589934592, (uint64_t)INT64_MAX };
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        AUTO(buf_done) struct buf b;
        struct tar t;
        struct err e;
        size_t used;
        buf_init(&b, 4096);
        put_header(&b, "big", '0', sizes[i]);
        if (i) /* as GNU tar writes it */
            memcpy(b.data + 257, "ustar  ", 8);
        put_sum(b.data);
        tar_init(&t);
        CHECK_EQ(tar_read(&t, b.data, b.len, &used, &e), TAR_FILE);
        CHECK(t.left == sizes[i] && t.file.size == sizes[i]);
        tar_done(&t);
    }
}

GROUP(wire_tar, cmocka_unit_test(other_things_than_files_are_refused), cmocka_unit_test(names_that_lead_elsewhere_are_refused),
      cmocka_unit_test(sizes_that_are_none_are_refused), cmocka_unit_test(extended_headers_are_hostile),
      cmocka_unit_test(what_is_no_archive_is_refused), cmocka_unit_test(an_archive_that_is_cut_anywhere_is_not_whole),
      cmocka_unit_test(files_are_told_from_their_frame), cmocka_unit_test(sizes_past_eight_gigabytes_are_read))
