#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
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

static void check_holds(const char *path, const char *text, unsigned mode)
{
    AUTO(buf_done) struct buf b;
    struct stat st;
    struct err e;
    buf_init(&b, 64);
    CHECK_OK(file_read(path, &b, &e), &e);
    CHECK_STR(buf_str(&b), text);
    CHECK_EQ(stat(path, &st), 0);
    CHECK_EQ(st.st_mode & 07777, mode);
}

static void a_file_is_put_whole_or_not_at_all(void **state)
{
    (void)state;
    struct err e;
    char dir[] = "/tmp/file-XXXXXX", path[64];
    CHECK(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/a", dir);
    CHECK_OK(file_put(path, "one", 3, 0644, false, &e), &e);
    check_holds(path, "one", 0644);
    CHECK_FAILS(file_put(path, "two", 3, 0600, false, &e), &e, ERR_CONFLICT);
    check_holds(path, "one", 0644);
    CHECK_OK(file_put(path, "three", 5, 0600, true, &e), &e);
    check_holds(path, "three", 0600);
    CHECK_FAILS(file_put("/nowhere/at/all", "x", 1, 0600, true, &e), &e, ERR_STORE);
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(rmdir(dir), 0); /* nothing else was left in it */
}

GROUP(base_file, cmocka_unit_test(reads_what_was_said_and_no_more), cmocka_unit_test(says_why_it_could_not),
      cmocka_unit_test(a_file_is_put_whole_or_not_at_all))
