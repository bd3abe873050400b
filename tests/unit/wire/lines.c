#include "wire/lines.h"

#include "unit/check.h"
#include "unit/wire/cases.h"

struct run {
    size_t max;
    size_t used;
};

static void say(struct buf *out, const char *open, struct url_span line, const char *close)
{
    struct err e;
    CHECK_OK(buf_puts(out, open, &e) && buf_append(out, line.at, line.len, &e) && buf_puts(out, close, &e), &e);
}

static bool run_lines(void *ctx, const uint8_t *const *pieces, const size_t *lens, size_t count, struct buf *out)
{
    struct run *run = ctx;
    struct lines l;
    struct url_span line;
    size_t held = 0;
    lines_init(&l, run->max);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0, used;
        enum lines_event event;
        do {
            event = lines_feed(&l, pieces[i] + at, lens[i] - at, &used, &line);
            at += used;
            if (event != LINES_MORE)
                say(out, event == LINES_LINE ? "<" : "!", event == LINES_LINE ? line : (struct url_span){ "", 0 }, ">");
            held = l.part.cap > held ? l.part.cap : held;
        } while (event != LINES_MORE);
        CHECK_EQ(at, lens[i]);
    }
    if (lines_eof(&l, &line) == LINES_LINE)
        say(out, "(", line, ")");
    CHECK_EQ(lines_eof(&l, &line), LINES_MORE);
    CHECK(held <= run->max + 2);
    lines_done(&l);
    return false; /* there is no such thing as the end of all lines */
}

static void streams_come_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "", "" },
        { "a\nb\r\n\n", "<a><b><>" },
        { "a\rb\nc", "<a\rb>(c)" },
        { "12345\n12345\r\n", "<12345><12345>" },
        { "123456\na\n", "!><a>" },
        { "1234567890\n\na\n", "!><><a>" },
        { "1234567890", "!>" },
        { "1234567890\n1234567890\nabcde", "!>!>(abcde)" },
        { "\r\r\n", "<\r>" },
        { "12345\r", "(12345)" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run run = { .max = 5 };
        struct buf out;
        buf_init(&out, 1000);
        (void)cases_thrice(run_lines, &run, cases[i].text, (const uint8_t *)cases[i].text, strlen(cases[i].text),
                           &run.used, &out);
        CHECK_STR(buf_str(&out), cases[i].words);
        buf_done(&out);
    }
}

static void a_nul_is_a_byte_of_the_line(void **state)
{
    (void)state;
    struct lines l;
    struct url_span line;
    size_t used;
    lines_init(&l, 10);
    CHECK_EQ(lines_feed(&l, (const uint8_t *)"a\0b\n", 4, &used, &line), LINES_LINE);
    CHECK_EQ(line.len, 3);
    lines_done(&l);
}

GROUP(wire_lines, cmocka_unit_test(streams_come_apart), cmocka_unit_test(a_nul_is_a_byte_of_the_line))
