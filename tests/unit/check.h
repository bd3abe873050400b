/* tests/unit/check.h - cmocka with its includes in the order that it wants, and what all unit tests share.
 * One program a folder: main.c runs the groups, each file beside it mirrors one file of src/. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define CHECK(x) assert_true(x)
#define CHECK_EQ(a, b) assert_int_equal((a), (b))
#define CHECK_STR(a, b) assert_string_equal((a), (b))

/* A call that must succeed; prints the reason when it does not. */
#define CHECK_OK(call, e)                                   \
    do {                                                    \
        if (!(call))                                        \
            fail_msg("%s: %s", #call, (e)->msg);            \
    } while (0)

/* A call that must fail with this kind. */
#define CHECK_FAILS(call, e, want_kind)                     \
    do {                                                    \
        if (call)                                           \
            fail_msg("%s succeeded", #call);                \
        CHECK_EQ((e)->kind, (want_kind));                   \
        CHECK((e)->msg[0] != '\0');                         \
    } while (0)

/* Each file ends in: GROUP(base_buf, cmocka_unit_test(a), cmocka_unit_test(b)). main.c lists the groups. */
#define GROUP(name, ...)                                                        \
    int group_##name(void);                                                     \
    int group_##name(void)                                                      \
    {                                                                           \
        const struct CMUnitTest tests[] = { __VA_ARGS__ };                      \
        return cmocka_run_group_tests_name(#name, tests, NULL, NULL);           \
    }
