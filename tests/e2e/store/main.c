/* kill -9 of a process that changes the store: at random moments, and at every point at which it touches a file, also
 * with the power failing at that point. Nothing that was acknowledged is lost, nothing is there by halves, and the next
 * process goes on. Prints TAP. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "e2e/store/crash_vfs.h"
#include "e2e/store/migrate.h"
#include "e2e/store/work.h"

enum {
    KILLS = 200,       /* at random moments */
    KILL_ACKS = 3,     /* after at most so many acknowledged changes .. */
    KILL_SPIN = 60000, /* .. and so many turns of a loop */
    CHANGES = 3,       /* of the process that is ended at every point */
};

struct child {
    pid_t pid;
    int acks; /* to read from */
};

static struct child start(const char *dir, uint64_t changes, unsigned at, enum crash_how how)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        work_fail(dir, "no pipe");
    struct child c = { .pid = fork(), .acks = ends[0] };
    if (c.pid < 0)
        work_fail(dir, "no process");
    if (c.pid == 0) {
        (void)close(ends[0]);
        if (at)
            crash_vfs_install(at, how);
        work_child(dir, changes, ends[1]);
    }
    (void)close(ends[1]);
    return c;
}

/* Its exit status; 128 + signal when it was killed. */
static int end(struct child *c)
{
    int status = 0;
    (void)close(c->acks);
    if (waitpid(c->pid, &status, 0) != c->pid)
        work_fail("waiting", "no such child");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void random_kills(void)
{
    char dir[64], when[64];
    uint64_t kept = 0;
    unsigned more = 0;
    work_make_dir(dir, false);
    srandom(20261123);
    for (unsigned i = 0; i < KILLS; i++) {
        struct child c = start(dir, UINT32_MAX, 0, CRASH_KILL);
        struct work_ack ack, last;
        bool any = false;
        for (int wanted = (int)(random() % (KILL_ACKS + 1)); wanted > 0; wanted--) {
            if (read(c.acks, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
                work_fail("random kills", "the child ended by itself");
            any = true;
            last = ack;
        }
        for (volatile int spin = (int)(random() % KILL_SPIN); spin > 0; spin--)
            ;
        (void)kill(c.pid, SIGKILL);
        if (work_read_acks(c.acks, &ack)) {
            any = true;
            last = ack;
        }
        if (end(&c) != 128 + SIGKILL)
            work_fail("random kills", "the child ended by itself");
        if (any && last.change == 0) /* only opened: what was there before is still there */
            last = (struct work_ack){ kept, kept * 3 };
        (void)snprintf(when, sizeof(when), "random kill %u", i);
        uint64_t now = work_verify(dir, any ? &last : NULL, when);
        if (now < kept)
            work_fail(when, "%llu changes before, %llu now", (unsigned long long)kept, (unsigned long long)now);
        more += now > (any ? last.change : kept);
        kept = now + 1; /* work_verify made one */
    }
    work_remove_dir(dir);
    printf("ok 1 - %u random kills, %llu changes kept, %u committed but not acknowledged\n", KILLS,
           (unsigned long long)kept, more);
}

/* How the test says what it found where. */
static const char *const names[] = {
    [CRASH_KILL] = "killed", [CRASH_POWER] = "power lost", [CRASH_POWER_TORN] = "power lost, writes torn",
};

static unsigned every_point(enum crash_how how)
{
    char when[80];
    for (unsigned at = 1;; at++) {
        char dir[64];
        struct work_ack last;
        work_make_dir(dir, true);
        struct child c = start(dir, CHANGES, at, how);
        bool any = work_read_acks(c.acks, &last);
        int status = end(&c);
        if (status != 0 && status != CRASH_STATUS)
            work_fail(names[how], "the child at point %u ended with %d", at, status);
        (void)snprintf(when, sizeof(when), "%s at point %u", names[how], at);
        uint64_t kept = work_verify(dir, any ? &last : NULL, when);
        if (any && kept > last.change + 1)
            work_fail(when, "%llu changes, %llu were acknowledged", (unsigned long long)kept,
                      (unsigned long long)last.change);
        work_remove_dir(dir);
        if (status == 0)
            return at - 1; /* there is no such point any more: all of them were tried */
    }
}

int main(void)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    /* Thousands of processes are forked from here: the libraries start once, for all of them. */
    uint8_t digest[DIGEST_SHA256];
    digest_sha256("", 0, digest);
    seal_keys_destroy(work_keys());
    random_kills();
    unsigned test = 1;
    for (enum crash_how how = CRASH_KILL; how <= CRASH_POWER_TORN; how++) {
        unsigned points = every_point(how);
        printf("%s %u - %s at each of %u points\n", points > 50 ? "ok" : "not ok", ++test, names[how], points);
    }
    for (enum crash_how how = CRASH_KILL; how <= CRASH_POWER_TORN; how += CRASH_POWER_TORN) {
        unsigned points = migrate_every_point(how);
        printf("%s %u - migration %s at each of %u points\n", points > 20 ? "ok" : "not ok", ++test, names[how], points);
    }
    printf("1..%u\n", test);
    return 0;
}
