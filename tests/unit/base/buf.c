#include "base/buf.h"

#include "unit/check.h"

static void never_exceeds_its_maximum(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 10);
    CHECK_OK(buf_puts(&b, "12345", &e), &e);
    CHECK_FAILS(buf_puts(&b, "678901", &e), &e, ERR_LIMIT);
    CHECK_STR(buf_str(&b), "12345");
    CHECK_FAILS(buf_printf(&b, &e, "%06d", 7), &e, ERR_LIMIT);
    CHECK_OK(buf_printf(&b, &e, "%05d", 7), &e);
    CHECK_STR(buf_str(&b), "1234500007");
    CHECK_FAILS(buf_append(&b, "x", 1, &e), &e, ERR_LIMIT);
    CHECK_FAILS(buf_append(&b, "x", SIZE_MAX, &e), &e, ERR_LIMIT);
    buf_done(&b);
    CHECK_EQ(b.max, 10);
}

static void is_a_string_while_room_is_reserved(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    uint8_t *at;
    buf_init(&b, 1000);
    CHECK_OK(buf_reserve(&b, 500, &at, &e), &e);
    CHECK_STR(buf_str(&b), "");
    buf_done(&b);
}

static void consumes_from_the_front(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 1000);
    CHECK_STR(buf_str(&b), "");
    for (int i = 0; i < 100; i++)
        CHECK_OK(buf_printf(&b, &e, "%d,", i), &e);
    buf_consume(&b, 4);
    CHECK(!strncmp(buf_str(&b), "2,3,4,", 6));
    buf_consume(&b, b.len);
    CHECK_STR(buf_str(&b), "");
    buf_done(&b);
}

GROUP(base_buf, cmocka_unit_test(never_exceeds_its_maximum), cmocka_unit_test(is_a_string_while_room_is_reserved),
      cmocka_unit_test(consumes_from_the_front))
