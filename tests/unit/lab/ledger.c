#include "lab/ledger.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "unit/check.h"

enum { THREADS = 8, LINES = 50 };

static char path[] = "/tmp/unit-ledger-XXXXXX";

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void check_file(const char *expected)
{
    struct buf b;
    struct err e;
    buf_init(&b, 1000000);
    CHECK_OK(file_read(path, &b, &e), &e);
    CHECK_STR(buf_str(&b), expected);
    buf_done(&b);
}

static void what_was_cut_off_is_taken_away(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "", "x\n" }, { "a\n", "a\nx\n" }, { "a\nb", "a\nx\n" }, { "never ended", "x\n" }, { "a\n\nb\n{", "a\n\nb\nx\n" },
    };
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_file(cases[i][0]);
        struct lab_ledger *g = lab_ledger_open(path, &e);
        CHECK(g && lab_ledger_append(g, "x\n", 2, &e));
        (void)lab_ledger_close(g);
        check_file(cases[i][1]);
    }
    /* A cut line longer than what is read at a time. */
    char *text = calloc(1, 10000);
    (void)snprintf(text, 10000, "a\n%.*s", 9000, "");
    memset(text + 2, 'b', 9000);
    write_file(text);
    free(text);
    struct lab_ledger *g = lab_ledger_open(path, &e);
    CHECK(g);
    (void)lab_ledger_close(g);
    check_file("a\n");
}

static void *append_lines(void *arg)
{
    struct lab_ledger *g = arg;
    struct err e;
    for (int i = 0; i < LINES; i++)
        if (!lab_ledger_append(g, "0123456789\n", 11, &e))
            return g;
    return NULL;
}

static void lines_of_many_threads_stay_whole(void **state)
{
    (void)state;
    struct err e;
    pthread_t threads[THREADS];
    write_file("");
    struct lab_ledger *g = lab_ledger_open(path, &e);
    CHECK(g);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, append_lines, g) == 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        CHECK(pthread_join(threads[i], &failed) == 0 && !failed);
    }
    (void)lab_ledger_close(g);
    struct buf b;
    buf_init(&b, 1000000);
    CHECK_OK(file_read(path, &b, &e), &e);
    CHECK_EQ(b.len, THREADS * LINES * 11);
    for (size_t i = 0; i < b.len; i += 11)
        CHECK(!memcmp(b.data + i, "0123456789\n", 11));
    buf_done(&b);
}

static void a_disk_that_fails_is_said_and_not_forgotten(void **state)
{
    (void)state;
    struct err e;
    CHECK(!lab_ledger_open("/nowhere/at/all", &e) && e.kind == ERR_STORE);
    struct rlimit before, small = { .rlim_cur = 1 };
    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
    small.rlim_max = before.rlim_max;
    write_file("");
    struct lab_ledger *g = lab_ledger_open(path, &e);
    CHECK(g && signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_FAILS(lab_ledger_append(g, "x\n", 2, &e), &e, ERR_STORE);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK_FAILS(lab_ledger_append(g, "y\n", 2, &e), &e, ERR_STORE);
    (void)lab_ledger_close(g);
}

static int start(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 && close(fd) == 0 ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    return unlink(path);
}

int group_lab_ledger(void);
int group_lab_ledger(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_cut_off_is_taken_away), cmocka_unit_test(lines_of_many_threads_stay_whole),
        cmocka_unit_test(a_disk_that_fails_is_said_and_not_forgotten),
    };
    return cmocka_run_group_tests_name("lab_ledger", tests, start, stop);
}
