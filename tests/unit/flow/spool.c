#include "flow/spool.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "unit/check.h"

#define MEDIUM "urn:vcloud:media:1"
#define ORG "urn:vcloud:org:1"

static char dir[64];

static struct spool *start(uint64_t max, int64_t idle_ms)
{
    struct spool *s;
    struct err e;
    (void)snprintf(dir, sizeof(dir), "/tmp/unit-spool-%ld", (long)getpid());
    (void)mkdir(dir, 0700);
    CHECK_OK(spool_create(&(struct spool_config){ dir, max, idle_ms }, &s, &e), &e);
    return s;
}

/* Names in the spool's folder. */
static size_t left(void)
{
    char path[100];
    size_t n = 0;
    (void)snprintf(path, sizeof(path), "%s/spool", dir);
    DIR *d = opendir(path);
    CHECK(d);
    for (const struct dirent *it; (it = readdir(d));) /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        n += it->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

static void stop(struct spool *s)
{
    char path[100];
    (void)spool_destroy(s);
    CHECK_EQ(left(), 0);
    (void)snprintf(path, sizeof(path), "%s/spool", dir);
    CHECK(rmdir(path) == 0 && rmdir(dir) == 0);
}

static struct spool_entry *fill(struct spool *s, const char *bytes, int64_t now_ms)
{
    struct spool_entry *n;
    struct err e;
    CHECK_OK(spool_begin(s, MEDIUM, ORG, &n, &e), &e);
    CHECK_OK(spool_add(n, "file", &e) && spool_write(n, bytes, strlen(bytes), &e) && spool_whole(n, &e), &e);
    spool_publish(n, now_ms);
    return n;
}

static void names_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", ".", "..", ".hidden", "a/b", "a\\b", "a..b", "a\nb", "\x7f", "file",
                                       "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x" };
    struct spool *s = start(0, 0);
    struct spool_entry *n;
    struct err e;
    CHECK_OK(spool_begin(s, MEDIUM, ORG, &n, &e), &e);
    CHECK_OK(spool_add(n, "file", &e) && spool_whole(n, &e), &e);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(spool_add(n, bad[i], &e), &e, ERR_INPUT);
    (void)spool_unref(n);
    stop(s);
}

static void a_download_has_so_many_files(void **state)
{
    (void)state;
    struct spool *s = start(0, 0);
    struct spool_entry *n;
    struct err e;
    CHECK_OK(spool_begin(s, MEDIUM, ORG, &n, &e), &e);
    for (int i = 0; i < SPOOL_FILES_MAX; i++) {
        char name[20];
        (void)snprintf(name, sizeof(name), "f%d", i);
        CHECK_OK(spool_add(n, name, &e) && spool_whole(n, &e), &e);
    }
    CHECK_FAILS(spool_add(n, "more", &e), &e, ERR_LIMIT);
    (void)spool_unref(n);
    stop(s);
}

static void the_quota_is_kept_and_what_is_idle_makes_room(void **state)
{
    (void)state;
    struct spool *s = start(10, 1000);
    struct spool_entry *n, *held;
    struct spool_counts c;
    struct err e;
    held = fill(s, "12345678", 0); /* long ago by the real clock */
    CHECK_OK(spool_begin(s, "urn:vcloud:media:2", ORG, &n, &e), &e);
    CHECK_OK(spool_add(n, "file", &e) && spool_write(n, "ab", 2, &e), &e);
    CHECK_FAILS(spool_write(n, "c", 1, &e), &e, ERR_LIMIT);
    CHECK(strstr(e.msg, "full"));
    spool_count(s, &c);
    CHECK(c.bytes == 10 && c.bytes_max == 10 && c.entries == 2 && c.files == 2);
    (void)spool_unref(held);
    CHECK_OK(spool_write(n, "cdefghij", 8, &e), &e);
    CHECK_FAILS(spool_write(n, "k", 1, &e), &e, ERR_LIMIT);
    CHECK(!spool_find(s, MEDIUM));
    (void)spool_unref(n);
    spool_sweep(s, 0);
    spool_count(s, &c);
    CHECK(c.bytes == 0 && c.entries == 0);
    stop(s);
}

static void what_is_not_published_is_not_found_and_goes(void **state)
{
    (void)state;
    struct spool *s = start(0, 0);
    struct spool_entry *n;
    struct err e;
    CHECK_OK(spool_begin(s, MEDIUM, ORG, &n, &e), &e);
    CHECK_OK(spool_add(n, "file", &e) && spool_write(n, "x", 1, &e), &e); /* given up in the middle */
    CHECK(!spool_find(s, MEDIUM) && !spool_open(s, n->id, 0));
    spool_sweep(s, INT64_MAX);
    CHECK_EQ(left(), 1); /* somebody is at it */
    (void)spool_unref(n);
    spool_sweep(s, 0);
    CHECK_EQ(left(), 0);
    stop(s);
}

static void what_a_killed_cell_left_is_swept(void **state)
{
    (void)state;
    char path[200], other[100];
    struct err e;
    stop(start(0, 0));
    (void)mkdir(dir, 0700);
    (void)snprintf(path, sizeof(path), "%s/spool", dir);
    CHECK(mkdir(path, 0700) == 0);
    (void)snprintf(path, sizeof(path), "%s/spool/0b5c", dir);
    CHECK(mkdir(path, 0700) == 0);
    (void)snprintf(path, sizeof(path), "%s/spool/0b5c/0", dir);
    CHECK_OK(file_put(path, "x", 1, 0600, true, &e), &e);
    (void)snprintf(path, sizeof(path), "%s/spool/stray", dir);
    CHECK_OK(file_put(path, "x", 1, 0600, true, &e), &e);
    (void)snprintf(other, sizeof(other), "%s-other", dir);
    CHECK_OK(file_put(other, "x", 1, 0600, true, &e), &e);
    (void)snprintf(path, sizeof(path), "%s/spool/link", dir);
    CHECK(symlink(other, path) == 0);
    struct spool *s = start(0, 0);
    CHECK_EQ(left(), 0);
    CHECK(unlink(other) == 0); /* the link went, and not what it led to */
    stop(s);
}

static void a_spool_that_is_a_link_is_refused(void **state)
{
    (void)state;
    char path[100];
    struct spool *s;
    struct err e;
    (void)snprintf(dir, sizeof(dir), "/tmp/unit-spool-%ld", (long)getpid());
    CHECK(mkdir(dir, 0700) == 0);
    (void)snprintf(path, sizeof(path), "%s/spool", dir);
    CHECK(symlink("/tmp", path) == 0);
    CHECK_FAILS(spool_create(&(struct spool_config){ dir, 0, 0 }, &s, &e), &e, ERR_STORE);
    CHECK(unlink(path) == 0 && rmdir(dir) == 0);
}

static void who_reads_keeps_the_files(void **state)
{
    (void)state;
    struct spool *s = start(0, 1000);
    AUTO(buf_done) struct buf b;
    struct err e;
    struct spool_entry *n = spool_unref(fill(s, "one", 5000)), *reader = spool_find(s, MEDIUM);
    buf_init(&b, 10);
    CHECK(!n && reader);
    spool_drop(s, MEDIUM);
    spool_sweep(s, 90000);
    CHECK(!spool_find(s, MEDIUM));
    CHECK_OK(file_read(reader->files[0].path, &b, &e), &e);
    CHECK_STR(buf_str(&b), "one");
    struct stat st;
    CHECK(stat(reader->files[0].path, &st) == 0 && (st.st_mode & 0777) == 0600);
    (void)spool_unref(reader);
    spool_sweep(s, 0);
    CHECK_EQ(left(), 0);
    stop(s);
}

static void the_newest_takes_the_place_and_use_keeps_it(void **state)
{
    (void)state;
    struct spool *s = start(0, 1000);
    (void)spool_unref(fill(s, "one", 1000));
    (void)spool_unref(fill(s, "three", 1000));
    AUTO(spool_unrefp) struct spool_entry *n = spool_find(s, MEDIUM);
    CHECK_EQ(spool_file(n, "file")->size, 5);
    CHECK(!spool_file(n, "other"));
    spool_sweep(s, 1500);
    CHECK_EQ(left(), 1);
    char id[RANDOM_UUID];
    (void)snprintf(id, sizeof(id), "%s", n->id);
    CHECK(!spool_open(s, "none", 1500));
    n = spool_unref(n);
    struct spool_entry *used = spool_open(s, id, 1900);
    (void)spool_unref(used);
    spool_sweep(s, 2899);
    CHECK_EQ(left(), 1);
    spool_sweep(s, 2900);
    CHECK_EQ(left(), 0);
    stop(s);
}

GROUP(flow_spool, cmocka_unit_test(names_that_are_none_are_refused), cmocka_unit_test(a_download_has_so_many_files),
      cmocka_unit_test(the_quota_is_kept_and_what_is_idle_makes_room), cmocka_unit_test(what_is_not_published_is_not_found_and_goes),
      cmocka_unit_test(what_a_killed_cell_left_is_swept), cmocka_unit_test(a_spool_that_is_a_link_is_refused),
      cmocka_unit_test(who_reads_keeps_the_files), cmocka_unit_test(the_newest_takes_the_place_and_use_keeps_it))
