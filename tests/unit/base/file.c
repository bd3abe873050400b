#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/check.h"

static void reads_what_was_said_and_no_more(void **state)
{
    (void)state;
    struct err e;
    char path[] = "/tmp/file-XXXXXX", got[8];
    AUTO(file_closep) int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQ(unlink(path), 0);
    CHECK_OK(file_write_all(fd, "12345", 5, &e), &e);
    CHECK_OK(file_sync(fd, &e), &e);
    for (size_t len = 0; len < 8; len++) {
        CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
        if (len == 5) {
            CHECK_OK(file_read_exactly(fd, got, len, &e), &e);
            CHECK(!memcmp(got, "12345", 5));
        } else {
            CHECK_FAILS(file_read_exactly(fd, got, len, &e), &e, ERR_STORE);
        }
    }
}

static void says_why_it_could_not(void **state)
{
    (void)state;
    struct err e;
    char got[1];
    AUTO(file_closep) int read_only = open("/dev/null", O_RDONLY), write_only = open("/dev/full", O_WRONLY);
    CHECK_FAILS(file_write_all(read_only, "x", 1, &e), &e, ERR_STORE);
    CHECK_FAILS(file_write_all(write_only, "x", 1, &e), &e, ERR_STORE);
    CHECK_FAILS(file_read_exactly(write_only, got, 1, &e), &e, ERR_STORE);
    CHECK_FAILS(file_sync(-1, &e), &e, ERR_STORE);
    CHECK_FAILS(file_sync_parent("/nowhere/at/all", &e), &e, ERR_STORE);
    CHECK_OK(file_sync_parent("/tmp", &e), &e);
    CHECK_OK(file_sync_parent("name-only", &e), &e);
    file_closep(&write_only);
    file_closep(&write_only);
    CHECK_EQ(write_only, -1);
}

GROUP(base_file, cmocka_unit_test(reads_what_was_said_and_no_more), cmocka_unit_test(says_why_it_could_not))
