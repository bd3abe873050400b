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

/* The events and lines as one text: "[one][two]!" with ! for a line that is too long and / for a pause. */
static void check_lines(const char *bytes, size_t len, size_t max, const char *want)
{
    struct input_lines in;
    struct url_span line;
    struct err e;
    char got[256] = "";
    size_t at = 0;
    int fd = holding(bytes, len);
    enum input_event event = INPUT_LINE;
    input_lines_init(&in, fd, max);
    while (event != INPUT_END) {
        event = input_lines_next(&in, &line, &e);
        CHECK(event != INPUT_FAILED);
        if (event == INPUT_LINE)
            at += (size_t)snprintf(got + at, sizeof(got) - at, "[%.*s]", (int)line.len, line.at);
        else if (event != INPUT_END)
            at += (size_t)snprintf(got + at, sizeof(got) - at, "%s", event == INPUT_PAUSE ? "/" : "!");
    }
    CHECK_EQ(input_lines_next(&in, &line, &e), INPUT_END);
    input_lines_done(&in);
    CHECK(close(fd) == 0);
    CHECK_STR(got, want);
}

static void lines_come_out_one_by_one_and_pauses_between_reads(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t max;
        const char *want;
    } cases[] = {
        { "", 4, "/" },          { "one\ntwo\n", 4, "/[one][two]/" }, { "one\ntwo", 4, "/[one]/[two]" },
        { "\n\nx\n", 4, "/[][][x]/" }, { "a\r\n", 4, "/[a]/" },       { "12345\n67\n", 4, "/![67]/" },
        { "1234", 4, "//[1234]" },  { "123456", 4, "/!/" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_lines(cases[i].bytes, strlen(cases[i].bytes), cases[i].max, cases[i].want);
}

/* Reads the file to its end and counts what came. */
static void count_lines(int fd, size_t max, size_t *lines, size_t *too_long, size_t *last)
{
    struct input_lines in;
    struct url_span line;
    struct err e;
    input_lines_init(&in, fd, max);
    *lines = *too_long = 0;
    for (enum input_event event = INPUT_PAUSE; event != INPUT_END;) {
        event = input_lines_next(&in, &line, &e);
        CHECK(event != INPUT_FAILED);
        *lines += event == INPUT_LINE;
        *too_long += event == INPUT_TOO_LONG;
        *last = event == INPUT_LINE ? line.len : *last;
    }
    input_lines_done(&in);
}

static void lines_longer_than_a_read_and_the_cap_to_the_byte(void **state)
{
    (void)state;
    enum { LEN = 3 * INPUT_CHUNK + 7 };
    char *bytes = malloc(LEN + 4);
    memset(bytes, 'x', LEN);
    memcpy(bytes + LEN, "\nend", 4);
    int fd = holding(bytes, LEN + 4);
    static const struct {
        size_t max, lines, too_long;
    } cases[] = { { LEN, 2, 0 }, { LEN - 1, 1, 1 }, { 100, 1, 1 } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t lines, too_long, last = 0;
        CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
        count_lines(fd, cases[i].max, &lines, &too_long, &last);
        CHECK_EQ(lines, cases[i].lines);
        CHECK_EQ(too_long, cases[i].too_long);
        CHECK_EQ(last, 3);
    }
    CHECK(close(fd) == 0);
    free(bytes);
}

static void a_descriptor_that_fails_says_so(void **state)
{
    (void)state;
    struct input_lines in;
    struct url_span line;
    struct err e;
    input_lines_init(&in, -1, 10);
    CHECK_EQ(input_lines_next(&in, &line, &e), INPUT_PAUSE);
    CHECK_EQ(input_lines_next(&in, &line, &e), INPUT_FAILED);
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

GROUP(cli_input, cmocka_unit_test(lines_come_out_one_by_one_and_pauses_between_reads),
      cmocka_unit_test(lines_longer_than_a_read_and_the_cap_to_the_byte),
      cmocka_unit_test(a_descriptor_that_fails_says_so), cmocka_unit_test(files_are_read_whole_or_refused))
