#include "base/arena.h"

#include "unit/check.h"

static void keeps_what_it_gave(void **state)
{
    (void)state;
    struct arena a = { 0 };
    char *small[200];
    for (int i = 0; i < 200; i++)
        small[i] = arena_printf(&a, "item %d", i);
    uint8_t *large = arena_alloc(&a, 100000);
    for (size_t i = 0; i < 100000; i++)
        CHECK_EQ(large[i], 0);
    memset(large, 0xff, 100000);
    CHECK_STR(arena_strndup(&a, "abcdef", 3), "abc");
    for (int i = 0; i < 200; i++) {
        char want[16];
        (void)snprintf(want, sizeof(want), "item %d", i);
        CHECK_STR(small[i], want);
        CHECK_EQ((uintptr_t)small[i] % _Alignof(max_align_t), 0);
    }
    CHECK(a.used >= 100000);
    arena_done(&a);
    CHECK_EQ(a.used, 0);
    CHECK_STR(arena_strdup(&a, "again"), "again");
    arena_done(&a);
}

static void a_list_keeps_its_rows_as_it_grows(void **state)
{
    (void)state;
    struct arena a = { 0 };
    size_t *list = NULL, len = 0, cap = 0;
    for (; len < 1000; len++) {
        const size_t *before = list;
        const size_t room = cap;
        list = arena_room(&a, list, len, &cap, sizeof(*list));
        CHECK(list && cap > len);
        CHECK_EQ(list == before, len < room);
        list[len] = len;
    }
    for (size_t i = 0; i < len; i++)
        CHECK_EQ(list[i], i);
    arena_done(&a);
}

GROUP(base_arena, cmocka_unit_test(keeps_what_it_gave), cmocka_unit_test(a_list_keeps_its_rows_as_it_grows))
