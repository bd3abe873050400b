#include "cli/output.h"

#include <stdlib.h>

#include "cli/exit.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/suggest.h"
#include "cli/width.h"
#include "cli/wrap.h"
#include "unit/check.h"
#include "unit/cli/world.h"

/* Environment of the colour cases: NO_COLOR, CLICOLOR_FORCE, TERM. */
static const char *values[3];

static const char *case_env(const char *name)
{
    return !strcmp(name, "NO_COLOR") ? values[0] : !strcmp(name, "CLICOLOR_FORCE") ? values[1] : values[2];
}

static void colour_follows_the_conventions(void **state)
{
    (void)state;
    static const struct {
        enum out_colour wish;
        bool tty;
        const char *no_color, *force, *term;
        bool want;
    } cases[] = {
        { OUT_COLOUR_AUTO, true, NULL, NULL, "xterm", true },   { OUT_COLOUR_AUTO, false, NULL, NULL, "xterm", false },
        { OUT_COLOUR_AUTO, true, "1", NULL, "xterm", false },   { OUT_COLOUR_AUTO, true, "", NULL, "xterm", true },
        { OUT_COLOUR_AUTO, true, NULL, NULL, "dumb", false },   { OUT_COLOUR_AUTO, true, NULL, NULL, NULL, false },
        { OUT_COLOUR_AUTO, false, NULL, "1", "dumb", true },    { OUT_COLOUR_AUTO, false, NULL, "0", "xterm", false },
        { OUT_COLOUR_AUTO, true, "1", "1", "xterm", false },    { OUT_COLOUR_ALWAYS, false, "1", NULL, "dumb", true },
        { OUT_COLOUR_NEVER, true, NULL, "1", "xterm", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        values[0] = cases[i].no_color;
        values[1] = cases[i].force;
        values[2] = cases[i].term;
        if (out_colour_wanted(cases[i].wish, cases[i].tty, case_env) != cases[i].want)
            fail_msg("case %zu", i);
    }
    CHECK(!out_colour_wanted(OUT_COLOUR_AUTO, true, NULL));
}

static void widths_count_columns_not_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {
        { "", 0 },
        { "vc1", 3 },
        { "\xc3\xa9", 1 },             /* e acute */
        { "e\xcc\x81", 1 },            /* e and a combining acute */
        { "\xe6\x97\xa5\xe6\x9c\xac", 4 }, /* two ideographs */
        { "\xf0\x9f\x98\x80", 2 },     /* a face */
        { "\xff\xc3", 2 },             /* ill-formed: one each */
        { "\xe6\x97", 2 },             /* cut short */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (width_of(cases[i].text) != cases[i].columns)
            fail_msg("case %zu: %zu", i, width_of(cases[i].text));
}

static enum out_style red(const json_t *row)
{
    return json_is_true(json_object_get(row, "bad")) ? OUT_BAD : OUT_PLAIN;
}

static const struct rows_column columns[] = {
    { .title = "NAME", .key = "name" },
    { .title = "N", .key = "inner.n", .right = true },
    { .title = "NOTE", .key = "note", .wide = true },
    { .title = "BAD", .key = "bad", .style = red },
};

static void fill(struct rows *r, struct out *o)
{
    rows_init(r, o, columns, ARRAY_LEN(columns));
    rows_add(r, json_pack("{s:s,s:{s:i},s:b}", "name", "\xc3\xa9t\xc3\xa9", "inner", "n", 7, "bad", 1));
    rows_add(r, json_pack("{s:s,s:{s:i},s:s,s:b}", "name", "longer name", "inner", "n", 1234, "note", "x", "bad", 0));
}

static void check_rows(enum out_format format, bool colour, const char *want)
{
    struct world_out w;
    struct rows r;
    world_out_init(&w, format);
    w.out.colour = colour;
    fill(&r, &w.out);
    rows_finish(&r, "things", json_pack("{s:i}", "total", 2));
    rows_done(&r);
    world_out_flush(&w);
    CHECK_STR(w.data, want);
    CHECK_STR(w.talk ? w.talk : "", "");
    world_out_done(&w);
}

static void rows_in_every_format(void **state)
{
    (void)state;
    check_rows(OUT_TABLE, false,
               "NAME            N  BAD\n"
               "\xc3\xa9t\xc3\xa9             7  yes\n"
               "longer name  1234  no\n");
    check_rows(OUT_WIDE, false,
               "NAME            N  NOTE  BAD\n"
               "\xc3\xa9t\xc3\xa9             7  -     yes\n"
               "longer name  1234  x     no\n");
    check_rows(OUT_NAME, false, "\xc3\xa9t\xc3\xa9\nlonger name\n");
    check_rows(OUT_JSONL, false,
               "{\"schema\":1,\"name\":\"\\u00E9t\\u00E9\",\"inner\":{\"n\":7},\"bad\":true}\n"
               "{\"schema\":1,\"name\":\"longer name\",\"inner\":{\"n\":1234},\"note\":\"x\",\"bad\":false}\n");
    check_rows(OUT_JSON, false,
               "{\n  \"schema\": 1,\n  \"things\": [\n    {\n      \"name\": \"\\u00E9t\\u00E9\",\n      \"inner\": {\n"
               "        \"n\": 7\n      },\n      \"bad\": true\n    },\n    {\n      \"name\": \"longer name\",\n"
               "      \"inner\": {\n        \"n\": 1234\n      },\n      \"note\": \"x\",\n      \"bad\": false\n    }\n"
               "  ],\n  \"total\": 2\n}\n");
    check_rows(OUT_TABLE, true,
               "\033[1mNAME\033[0m            \033[1mN\033[0m  \033[1mBAD\033[0m\n"
               "\xc3\xa9t\xc3\xa9             7  \033[31myes\033[0m\n"
               "longer name  1234  no\n");
}

static void an_empty_list_is_no_table_but_still_json(void **state)
{
    (void)state;
    static const enum out_format formats[] = { OUT_TABLE, OUT_JSON };
    static const char *const want[] = { "", "{\n  \"schema\": 1,\n  \"things\": []\n}\n" };
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct world_out w;
        struct rows r;
        world_out_init(&w, formats[i]);
        rows_init(&r, &w.out, columns, ARRAY_LEN(columns));
        rows_finish(&r, "things", NULL);
        rows_done(&r);
        world_out_flush(&w);
        CHECK_STR(w.data ? w.data : "", want[i]);
        world_out_done(&w);
    }
}

static void ill_formed_text_cant_break_json(void **state)
{
    (void)state;
    json_t *j = out_text("a\xff" "b");
    CHECK_STR(json_string_value(j), "a\\xffb");
    json_decref(j);
    CHECK(json_is_null(out_text(NULL)));
}

static void quiet_silences_notes_only(void **state)
{
    (void)state;
    struct world_out w;
    world_out_init(&w, OUT_TABLE);
    out_note(&w.out, "a note");
    w.out.quiet = true;
    out_note(&w.out, "no note");
    out_warn(&w.out, "a warning");
    out_error(&w.out, "an error %d", 7);
    world_out_flush(&w);
    CHECK_STR(w.talk, "vouchsafe: a note\nvouchsafe: a warning\nvouchsafe: an error 7\n");
    world_out_done(&w);
}

static void progress_on_a_terminal_redraws_one_line(void **state)
{
    (void)state;
    struct world_out w;
    struct progress p;
    world_out_init(&w, OUT_TABLE);
    w.out.talk_tty = true;
    progress_init(&p, &w.out, "looked at", 200, 1000);
    progress_update(&p, 1, 1000 + PROGRESS_QUIET_MS - 1); /* over before anybody could read it */
    progress_update(&p, 50, 2000);
    progress_update(&p, 51, 2000 + PROGRESS_REDRAW_MS - 1); /* too soon */
    progress_update(&p, 100, 3000);
    out_warn(&w.out, "vc1 is odd"); /* takes the line away and stands alone */
    progress_update(&p, 200, 4000);
    progress_done(&p);
    progress_done(&p);
    world_out_flush(&w);
    CHECK_STR(w.talk, "\rlooked at 50/200, 50/s, 3s left\033[K"
                      "\rlooked at 100/200, 50/s, 2s left\033[K"
                      "\r\033[Kvouchsafe: vc1 is odd\n"
                      "\rlooked at 200/200, 67/s\033[K\r\033[K");
    world_out_done(&w);
}

static void progress_elsewhere_is_a_line_now_and_then(void **state)
{
    (void)state;
    struct world_out w;
    struct progress p;
    world_out_init(&w, OUT_TABLE);
    progress_init(&p, &w.out, "looked at", 4000, 0);
    for (int64_t now = 100; now <= 20000; now += 100)
        progress_update(&p, (size_t)now / 10, now);
    progress_done(&p);
    world_out_flush(&w);
    CHECK_STR(w.talk, "vouchsafe: looked at 1000/4000, 100/s, 30s left\n"
                      "vouchsafe: looked at 2000/4000, 100/s, 20s left\n");
    world_out_done(&w);
    world_out_init(&w, OUT_TABLE);
    w.out.quiet = true;
    progress_init(&p, &w.out, "looked at", 10, 0);
    progress_update(&p, 5, 100000);
    world_out_flush(&w);
    CHECK_STR(w.talk ? w.talk : "", "");
    world_out_done(&w);
}

static void progress_without_a_total_and_with_minutes(void **state)
{
    (void)state;
    struct world_out w;
    struct progress p;
    world_out_init(&w, OUT_TABLE);
    progress_init(&p, &w.out, "read", 0, 0);
    progress_update(&p, 500, PROGRESS_LINE_MS);
    progress_init(&p, &w.out, "read", 1000, 0);
    progress_update(&p, 100, PROGRESS_LINE_MS);
    world_out_flush(&w);
    CHECK_STR(w.talk, "vouchsafe: read 500, 50/s\nvouchsafe: read 100/1000, 10/s, 1m30s left\n");
    world_out_done(&w);
}

static void text_wraps_at_words(void **state)
{
    (void)state;
    struct world_out w;
    char words[320];
    for (size_t i = 0; i < sizeof(words) / 8; i++)
        memcpy(words + 8 * i, "seven77 ", 8);
    world_out_init(&w, OUT_TABLE);
    wrap_text(&w.out, words, sizeof(words), 10, 3);
    wrap_text(&w.out, "short", 5, 0, 0);
    world_out_flush(&w);
    size_t lines = 0;
    for (const char *line = w.data; *line; line += strcspn(line, "\n") + 1, lines++) {
        CHECK(strcspn(line, "\n") <= WRAP_COLUMNS);
        CHECK(!strncmp(line, lines == 0 ? "       seven77" : lines < 4 ? "          seven77" : "short", 5));
    }
    CHECK_EQ(lines, 5);
    world_out_done(&w);
}

static void near_words_are_found(void **state)
{
    (void)state;
    static const char *const known[] = { "anchors", "untrusted", "crls", "host", "at", "name-mismatch", "expired" };
    static const struct {
        const char *word, *best;
    } cases[] = {
        { "anchor", "anchors" }, { "acnhors", "anchors" }, { "Hosts", "host" },      { "untrsuted", "untrusted" },
        { "name", "name-mismatch" }, { "expire", "expired" }, { "xyzzy", NULL }, { "q", NULL }, { "", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct suggest s = { .word = cases[i].word };
        for (size_t k = 0; k < ARRAY_LEN(known); k++)
            suggest_offer(&s, known[k]);
        if (!s.best != !cases[i].best || (s.best && strcmp(s.best, cases[i].best) != 0))
            fail_msg("%s: %s", cases[i].word, s.best ? s.best : "-");
    }
    CHECK_EQ(suggest_distance("kitten", "sitting"), 3);
    CHECK_EQ(suggest_distance("ab", "ba"), 1);
    CHECK_EQ(suggest_distance("", "abc"), 3);
    char longer[SUGGEST_WORD_MAX + 2];
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    CHECK_EQ(suggest_distance(longer, "a"), SUGGEST_WORD_MAX);
}

static void every_kind_of_error_has_its_code(void **state)
{
    (void)state;
    static const struct {
        enum err_kind kind;
        int code;
    } cases[] = {
        { ERR_NONE, 0 },     { ERR_INPUT, 2 },     { ERR_NOT_FOUND, 1 }, { ERR_CONFLICT, 7 },
        { ERR_DENIED, 4 },   { ERR_UNTRUSTED, 5 }, { ERR_PEER, 3 },      { ERR_TIMEOUT, 124 },
        { ERR_LIMIT, 1 },    { ERR_STORE, 1 },     { ERR_CANCELLED, 130 }, { ERR_INTERNAL, 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_EQ(cli_exit_of(cases[i].kind), cases[i].code);
    CHECK_EQ(ARRAY_LEN(cases), ERR_INTERNAL + 1);
    CHECK_EQ(cli_exit_of((enum err_kind)99), 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK(cli_exit_text(cases[i].code) != NULL);
    CHECK(cli_exit_text(99) == NULL);
}

GROUP(cli_output, cmocka_unit_test(colour_follows_the_conventions), cmocka_unit_test(widths_count_columns_not_bytes),
      cmocka_unit_test(rows_in_every_format), cmocka_unit_test(an_empty_list_is_no_table_but_still_json),
      cmocka_unit_test(ill_formed_text_cant_break_json), cmocka_unit_test(quiet_silences_notes_only),
      cmocka_unit_test(progress_on_a_terminal_redraws_one_line),
      cmocka_unit_test(progress_elsewhere_is_a_line_now_and_then),
      cmocka_unit_test(progress_without_a_total_and_with_minutes), cmocka_unit_test(text_wraps_at_words),
      cmocka_unit_test(near_words_are_found), cmocka_unit_test(every_kind_of_error_has_its_code))
