#include "base/fold.h"

#include "unit/check.h"

static void case_does_not_matter_in_any_script(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        { "", "", true },
        { "VMCA", "vmca", true },
        { "K\xc3\x96LN", "k\xc3\xb6ln", true },                          /* Latin */
        { "\xce\xa3\xce\x91", "\xcf\x83\xce\xb1", true },                /* Greek */
        { "\xd0\x9c\xd0\x98", "\xd0\xbc\xd0\xb8", true },                /* Cyrillic */
        { "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8", true },                /* Deseret: four bytes */
        { "\xc8\xba", "\xe2\xb1\xa5", true },                            /* two bytes become three */
        { "\xe4\xb8\xad\xf0\x9f\x98\x80", "\xe4\xb8\xad\xf0\x9f\x98\x80", true },
        { "STRASSE", "stra\xc3\x9f" "e", false },                        /* one character stays one */
        { "a", "\xc3\xa4", false },
        { "[", "{", false },
        { "@", "`", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf a, b;
        struct err e;
        buf_init(&a, 100);
        buf_init(&b, 100);
        CHECK_OK(fold_case(cases[i].a, &a, &e), &e);
        CHECK_OK(fold_case(cases[i].b, &b, &e), &e);
        if ((strcmp(buf_str(&a), buf_str(&b)) == 0) != cases[i].same)
            fail_msg("case %zu: \"%s\" and \"%s\"", i, buf_str(&a), buf_str(&b));
        buf_done(&a);
        buf_done(&b);
    }
}

static void what_is_not_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf0\x9f\x98" };
    struct buf b;
    struct err e;
    buf_init(&b, 2);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(fold_case(bad[i], &b, &e), &e, ERR_INPUT);
    CHECK_EQ(b.len, 0);
    CHECK_FAILS(fold_case("abc", &b, &e), &e, ERR_LIMIT);
    buf_done(&b);
}

GROUP(base_fold, cmocka_unit_test(case_does_not_matter_in_any_script), cmocka_unit_test(what_is_not_text_is_refused))
