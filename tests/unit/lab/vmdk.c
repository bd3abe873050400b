#include "lab/vmdk.h"

#include <string.h>

#include "unit/check.h"

enum { MIB = 1024 };

static bool good(const struct buf *b, size_t cut)
{
    struct lab_vmdk v = { .have = 0 };
    return lab_vmdk_feed(&v, b->data, cut, NULL) && lab_vmdk_feed(&v, b->data + cut, b->len - cut, NULL) && lab_vmdk_finish(&v, NULL) &&
           v.capacity == 64 * MIB * 2 && lab_vmdk_populated(&v) == 65536;
}

static void what_is_written_is_whole_however_it_is_cut(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4 * MIB * 1024);
    CHECK(lab_vmdk_write(&b, 64 * MIB, "hello", NULL) && b.len % LAB_VMDK_SECTOR == 0);
    for (size_t cut = 0; cut <= b.len; cut += cut < 1024 ? 1 : 509)
        CHECK(good(&b, cut));
    for (size_t len = 0; len < b.len; len += 512) { /* cut off anywhere it is not whole */
        struct lab_vmdk v = { .have = 0 };
        CHECK(!lab_vmdk_feed(&v, b.data, len, NULL) || !lab_vmdk_finish(&v, NULL));
    }
    buf_done(&b);
}

static void a_byte_in_the_wrong_place_is_seen(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t byte;
    } bad[] = { { 0, 'x' }, { 4, 9 }, { 10, 0 }, { 20, 0 }, { 77, 0 }, { 71, 1 }, { 65536 + 0, 1 }, { 65536 + 11, 9 } };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct lab_vmdk v = { .have = 0 };
        struct buf b;
        buf_init(&b, 4 * MIB * 1024);
        CHECK(lab_vmdk_write(&b, 64 * MIB, "hello", NULL));
        b.data[bad[i].at] = bad[i].byte;
        CHECK(!lab_vmdk_feed(&v, b.data, b.len, NULL));
        buf_done(&b);
    }
}

GROUP(lab_vmdk, cmocka_unit_test(what_is_written_is_whole_however_it_is_cut), cmocka_unit_test(a_byte_in_the_wrong_place_is_seen))
