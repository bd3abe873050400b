#include "store/words.h"

#include "store/limits.h"
#include "unit/check.h"

static void texts_are_what_they_are_for(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        bool word, line, line_or_none, prose;
    } cases[] = {
        { "", false, false, true, true },
        { "tls.refused-2", true, true, true, true },
        { "Tls", false, true, true, true },
        { "a b", false, true, true, true },
        { "a_b", false, true, true, true },
        { "\xc3\xb6", false, true, true, true },
        { "a\nb", false, false, false, true },
        { "a\tb", false, false, false, true },
        { "a\rb", false, false, false, false },
        { "\x1b[31m", false, false, false, false },
        { "\x7f", false, false, false, false },
        { "\xc2\x80", false, false, false, false }, /* U+0080 to U+009F are controls as well */
        { "\xc2\x9f", false, false, false, false },
        { "\xc2\xa0", false, true, true, true },
        { "\xff", false, false, false, false },
        { "\xc3", false, false, false, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t len = strlen(cases[i].s);
        if (store_text_fits(STORE_WORD, cases[i].s, len, 100) != cases[i].word ||
            store_text_fits(STORE_LINE, cases[i].s, len, 100) != cases[i].line ||
            store_text_fits(STORE_LINE_OR_NONE, cases[i].s, len, 100) != cases[i].line_or_none ||
            store_text_fits(STORE_PROSE, cases[i].s, len, 100) != cases[i].prose)
            fail_msg("case %zu", i);
    }
    CHECK(!store_text_fits(STORE_LINE, "a\0b", 3, 100));
    CHECK(store_text_fits(STORE_LINE, "abc", 3, 3));
    CHECK(!store_text_fits(STORE_LINE, "abc", 3, 2));
}

static void refusals_name_what_they_refuse(void **state)
{
    (void)state;
    struct err e;
    CHECK_FAILS(store_take_text("the alias", STORE_LINE, NULL, 9, &e), &e, ERR_INPUT);
    CHECK_STR(e.msg, "the alias is missing");
    CHECK_FAILS(store_take_text("the alias", STORE_LINE, "", 9, &e), &e, ERR_INPUT);
    CHECK_STR(e.msg, "the alias is empty");
    CHECK_FAILS(store_take_text("the alias", STORE_LINE, "0123456789", 9, &e), &e, ERR_INPUT);
    CHECK_STR(e.msg, "the alias is longer than 9 bytes");
    CHECK_FAILS(store_take_text("the flow", STORE_WORD, "A", 9, &e), &e, ERR_INPUT);
    CHECK_STR(e.msg, "the flow is not a word of a-z, 0-9, '.' and '-'");
    CHECK_FAILS(store_take_time("the time", -1, &e), &e, ERR_INPUT);
    CHECK_FAILS(store_take_time("the time", STORE_TIME_MAX + 1, &e), &e, ERR_INPUT);
    CHECK_OK(store_take_time("the time", STORE_TIME_MAX, &e), &e);
}

GROUP(store_words, cmocka_unit_test(texts_are_what_they_are_for), cmocka_unit_test(refusals_name_what_they_refuse))
