#include "wire/tar_write.h"

#include <string.h>

#include "base/buf.h"
#include "unit/check.h"
#include "wire/archive.h"

static void names_that_would_leave_their_place_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "/etc/passwd", "../x", "a/../x", "a\\b", "a\nb", "\x7f", "..",
                                       "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x" };
    uint8_t block[TAR_BLOCK];
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(tar_header(bad[i], 1, 0, block, &e), &e, ERR_INPUT);
    CHECK_OK(tar_header(bad[8] + 1, 1, 0, block, &e), &e); /* just fits, and has no NUL behind it */
    CHECK(block[99] == 'x');
}

static void sizes_of_any_length_are_written(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        const char *bytes;
    } cases[] = {
        { 0, "00000000000" }, { 512, "00000001000" }, { 8589934591, "77777777777" },
        { 8589934592, "\x80\0\0\0\0\0\0\x02\0\0\0" }, { UINT64_MAX, "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff" },
    };
    uint8_t block[TAR_BLOCK];
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_OK(tar_header("a", cases[i].size, 0, block, &e), &e);
        CHECK(memcmp(block + 124, cases[i].bytes, 11) == 0);
    }
    CHECK_EQ(block[135], 0xff);
}

static void padding_fills_the_block(void **state)
{
    (void)state;
    CHECK_EQ(tar_padding(0), 0);
    CHECK_EQ(tar_padding(1), 511);
    CHECK_EQ(tar_padding(512), 0);
    CHECK_EQ(tar_padding(UINT64_MAX), 1);
}

struct seen {
    size_t files;
};

static bool see(void *self, const struct wire_archive_file *f, struct err *e)
{
    static const char *const names[] = { "descriptor.ovf", "disk-0.vmdk", "empty" };
    static const size_t sizes[] = { 3, 513, 0 };
    struct seen *s = self;
    (void)e;
    CHECK_STR(f->path, names[s->files]);
    CHECK_EQ(f->len, sizes[s->files]);
    s->files++;
    return true;
}

static void others_read_what_is_written(void **state)
{
    (void)state;
    static const uint8_t zeros[TAR_END];
    static const uint8_t data[513] = { 'a', 'b', 'c' };
    static const struct {
        const char *name;
        size_t len;
    } files[] = { { "descriptor.ovf", 3 }, { "disk-0.vmdk", 513 }, { "empty", 0 } };
    AUTO(buf_done) struct buf b;
    struct seen s = { 0 };
    struct err e;
    buf_init(&b, 16384);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        uint8_t block[TAR_BLOCK];
        CHECK_OK(tar_header(files[i].name, files[i].len, 1700000000, block, &e), &e);
        CHECK_OK(buf_append(&b, block, sizeof(block), &e) && buf_append(&b, data, files[i].len, &e) &&
                     buf_append(&b, zeros, tar_padding(files[i].len), &e), &e);
    }
    CHECK_OK(buf_append(&b, zeros, TAR_END, &e), &e);
    CHECK_OK(wire_archive_read(b.data, b.len, NULL, see, &s, &e), &e);
    CHECK_EQ(s.files, 3);
}

GROUP(wire_tar_write, cmocka_unit_test(names_that_would_leave_their_place_are_refused), cmocka_unit_test(sizes_of_any_length_are_written),
      cmocka_unit_test(padding_fills_the_block), cmocka_unit_test(others_read_what_is_written))
