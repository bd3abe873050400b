#include "store/datadir.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check.h"

static void fresh(char dir[32])
{
    (void)snprintf(dir, 32, "/tmp/datadir-XXXXXX");
    CHECK(mkdtemp(dir)); /* 0700 */
}

static void clear(const char *dir)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/" STORE_LOCK_NAME, dir);
    (void)unlink(path);
    CHECK_EQ(rmdir(dir), 0);
}

static void only_our_own_closed_directory_will_do(void **state)
{
    (void)state;
    struct err e;
    struct store_datadir *d = NULL;
    char dir[32], path[64];
    fresh(dir);
    (void)snprintf(path, sizeof(path), "%s/none", dir);
    CHECK_FAILS(store_datadir_take(path, &d, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(store_datadir_take("/dev/null", &d, &e), &e, ERR_DENIED);
    static const mode_t modes[] = { 0755, 0750, 0770, 0701, 0777, 01700, 02700 };
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        CHECK_EQ(chmod(dir, modes[i]), 0);
        CHECK_FAILS(store_datadir_take(dir, &d, &e), &e, ERR_DENIED);
        CHECK(strstr(e.msg, "0700"));
    }
    CHECK_EQ(chmod(dir, 0700), 0);
    if (geteuid() == 0) { /* only root can make one that is somebody else's */
        CHECK_EQ(chown(dir, 65534, 65534), 0);
        CHECK_FAILS(store_datadir_take(dir, &d, &e), &e, ERR_DENIED);
        CHECK_EQ(chown(dir, 0, 0), 0);
    }
    /* Whoever could plant a link could point the lock at another file. */
    (void)snprintf(path, sizeof(path), "%s/" STORE_LOCK_NAME, dir);
    CHECK_EQ(symlink("/tmp/elsewhere", path), 0);
    CHECK_FAILS(store_datadir_take(dir, &d, &e), &e, ERR_STORE);
    CHECK_EQ(unlink(path), 0);
    CHECK(!d);
    CHECK_OK(store_datadir_take(dir, &d, &e), &e);
    d = store_datadir_release(d);
    CHECK(!store_datadir_release(NULL));
    clear(dir);
}

static void one_owner_at_a_time_and_it_is_named(void **state)
{
    (void)state;
    struct err e;
    struct store_datadir *d, *second = NULL;
    char dir[32], pid[32];
    fresh(dir);
    CHECK_OK(store_datadir_take(dir, &d, &e), &e);
    (void)snprintf(pid, sizeof(pid), "by process %ld", (long)getpid());
    CHECK_FAILS(store_datadir_take(dir, &second, &e), &e, ERR_CONFLICT);
    CHECK(strstr(e.msg, pid));
    pid_t held = 0;
    CHECK(store_datadir_held(dir, &held));
    CHECK_EQ(held, getpid());
    store_datadir_release(d);
    CHECK(!store_datadir_held(dir, &held)); /* the file is there and names a process that lives */
    CHECK(!store_datadir_held("/nowhere", &held));
    CHECK_OK(store_datadir_take(dir, &d, &e), &e);
    store_datadir_release(d);
    clear(dir);
}

/* A child that takes the directory, says so, and waits to be killed. */
static pid_t owner(const char *dir)
{
    int said[2];
    char byte;
    CHECK_EQ(pipe(said), 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct store_datadir *d;
        if (!store_datadir_take(dir, &d, NULL) || write(said[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    (void)close(said[1]);
    CHECK_EQ(read(said[0], &byte, 1), 1);
    (void)close(said[0]);
    return child;
}

static void a_killed_owner_leaves_it_free(void **state)
{
    (void)state;
    struct err e;
    struct store_datadir *d = NULL;
    char dir[32], pid[32], path[64];
    fresh(dir);
    pid_t child = owner(dir);
    CHECK_FAILS(store_datadir_take(dir, &d, &e), &e, ERR_CONFLICT);
    (void)snprintf(pid, sizeof(pid), "by process %ld", (long)child);
    CHECK(strstr(e.msg, pid));
    /* What stands in the file is only for the message. */
    (void)snprintf(path, sizeof(path), "%s/" STORE_LOCK_NAME, dir);
    CHECK_EQ(truncate(path, 0), 0);
    CHECK_FAILS(store_datadir_take(dir, &d, &e), &e, ERR_CONFLICT);
    CHECK(strstr(e.msg, "another process"));
    CHECK_EQ(kill(child, SIGKILL), 0);
    CHECK_EQ(waitpid(child, NULL, 0), child);
    CHECK_OK(store_datadir_take(dir, &d, &e), &e);
    store_datadir_release(d);
    clear(dir);
}

GROUP(store_datadir, cmocka_unit_test(only_our_own_closed_directory_will_do),
      cmocka_unit_test(one_owner_at_a_time_and_it_is_named), cmocka_unit_test(a_killed_owner_leaves_it_free))
