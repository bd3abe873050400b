#include "cli/input.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit/check.h"

/* A descriptor that holds these bytes. */
static int holding(const char *bytes, size_t len)
{
    int fd = memfd_create("lines", 0);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, bytes, len), (ssize_t)len);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* The events and lines as one text: "[one][two]!" with ! for a line that is too long. */
static void check_lines(const char *bytes, size_t len, size_t max, const char *want)
{
    struct input_lines in;
    struct err e;
    char got[256] = "", *line;
    size_t n, at = 0;
    int fd = holding(bytes, len);
    input_lines_init(&in, fd, max);
    for (;;) {
        enum input_event event = input_lines_next(&in, &line, &n, &e);
        if (event == INPUT_END)
            break;
        CHECK(event != INPUT_FAILED);
        if (event == INPUT_TOO_LONG)
            at += (size_t)snprintf(got + at, sizeof(got) - at, "!");
        else
            at += (size_t)snprintf(got + at, sizeof(got) - at, "[%.*s]", (int)n, line);
    }
    CHECK(input_lines_ready(&in));
    CHECK_EQ(input_lines_next(&in, &line, &n, &e), INPUT_END);
    input_lines_done(&in);
    CHECK(close(fd) == 0);
    CHECK_STR(got, want);
}

static void lines_come_out_one_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *want;
    } cases[] = {
        { "", "" },           { "one\ntwo\n", "[one][two]" }, { "one\ntwo", "[one][two]" },   { "\n\nx\n", "[][][x]" },
        { "a\r\n", "[a\r]" }, { "1234\n5", "[1234][5]" },     { "12345\n67\n", "![67]" },     { "12345", "!" },
        { "123456789\n", "!" }, { "1234", "[1234]" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_lines(cases[i].bytes, strlen(cases[i].bytes), strlen(cases[i].want) > 9 ? 8 : 4, cases[i].want);
}

static void a_huge_line_is_skipped_in_bounded_memory(void **state)
{
    (void)state;
    enum { MAX = 100000, HUGE = 1000000 };
    char *bytes = malloc(HUGE + 8);
    memset(bytes, 'x', HUGE);
    memcpy(bytes + HUGE, "\nshort\n", 8);
    struct input_lines in;
    struct err e;
    char *line;
    size_t n;
    int fd = holding(bytes, HUGE + 7);
    input_lines_init(&in, fd, MAX);
    CHECK(!input_lines_ready(&in));
    CHECK_EQ(input_lines_next(&in, &line, &n, &e), INPUT_TOO_LONG);
    CHECK(in.bytes.cap < 3 * MAX);
    CHECK(input_lines_ready(&in));
    CHECK_EQ(input_lines_next(&in, &line, &n, &e), INPUT_LINE);
    CHECK_STR(line, "short");
    CHECK_EQ(input_lines_next(&in, &line, &n, &e), INPUT_END);
    input_lines_done(&in);
    CHECK(close(fd) == 0);
    free(bytes);
}

static void a_line_of_exactly_the_cap_passes(void **state)
{
    (void)state;
    enum { MAX = 200000 };
    char *bytes = malloc(MAX + 2);
    memset(bytes, 'y', MAX + 2);
    bytes[MAX] = '\n';
    struct input_lines in;
    struct err e;
    char *line;
    size_t n;
    int fd = holding(bytes, MAX + 2);
    input_lines_init(&in, fd, MAX);
    CHECK_EQ(input_lines_next(&in, &line, &n, &e), INPUT_LINE);
    CHECK_EQ(n, MAX);
    input_lines_done(&in);
    input_lines_init(&in, fd, MAX - 1);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(input_lines_next(&in, &line, &n, &e), INPUT_TOO_LONG);
    CHECK_EQ(input_lines_next(&in, &line, &n, &e), INPUT_LINE);
    CHECK_STR(line, "y");
    input_lines_done(&in);
    CHECK(close(fd) == 0);
    free(bytes);
}

static void a_descriptor_that_fails_says_so(void **state)
{
    (void)state;
    struct input_lines in;
    struct err e;
    char *line;
    size_t n;
    input_lines_init(&in, -1, 10);
    CHECK_EQ(input_lines_next(&in, &line, &n, &e), INPUT_FAILED);
    CHECK_EQ(e.kind, ERR_INPUT);
    input_lines_done(&in);
}

static void files_are_read_whole_or_refused(void **state)
{
    (void)state;
    char path[64];
    struct err e;
    struct buf b;
    int fd = holding("0123456789", 10);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    buf_init(&b, 11);
    CHECK_OK(input_file(path, &b, &e), &e);
    CHECK_STR(buf_str(&b), "0123456789");
    buf_done(&b);
    buf_init(&b, 9);
    CHECK_FAILS(input_file(path, &b, &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, "larger than 9 bytes") != NULL);
    buf_done(&b);
    CHECK_FAILS(input_file("/nowhere/at/all", &b, &e), &e, ERR_INPUT);
    CHECK_STR(e.msg, "/nowhere/at/all: No such file or directory");
    CHECK_FAILS(input_file("/", &b, &e), &e, ERR_INPUT);
    buf_done(&b);
    CHECK(close(fd) == 0);
}

GROUP(cli_input, cmocka_unit_test(lines_come_out_one_by_one),
      cmocka_unit_test(a_huge_line_is_skipped_in_bounded_memory),
      cmocka_unit_test(a_line_of_exactly_the_cap_passes), cmocka_unit_test(a_descriptor_that_fails_says_so),
      cmocka_unit_test(files_are_read_whole_or_refused))
