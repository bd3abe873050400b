#include "cli/here_start.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

enum { GROUPS_MAX = 64, PROGRAM_PATH = 4096, PASSWD_TEXT = 16 * 1024, READY_FD = 3, MAY_NOT = 126 };

/* What a child is made of; everything that allocates happened before the fork. */
struct birth {
    const struct here_place *place;
    char program[PROGRAM_PATH];
    char *env[16];
    bool change; /* to uid, gid and groups: we are root and it shall not be */
    uid_t uid;
    gid_t gid;
    gid_t groups[GROUPS_MAX];
    int groups_len;
    int ready, said, null;
};

void here_child_init(struct here_child *c)
{
    *c = (struct here_child){ .watched = -1, .ready = -1, .said = -1 };
}

/* vouchsafed lies beside us, or where packages and the build put it. */
static bool find_program(char ret[PROGRAM_PATH], struct err *e)
{
    static const char *const places[] = { "", "../sbin/", "../cell/" };
    char own[PROGRAM_PATH];
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    if (len <= 0)
        return err_sys(e, ERR_INTERNAL, errno, "/proc/self/exe");
    own[len] = '\0';
    char *slash = strrchr(own, '/');
    if (slash)
        slash[1] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        int n = snprintf(ret, PROGRAM_PATH, "%s%svouchsafed", own, places[i]);
        if (n < PROGRAM_PATH && !access(ret, X_OK))
            return true;
    }
    return err_set(e, ERR_NOT_FOUND, "the cell does not run, and there is no vouchsafed in %s to start it", own);
}

/* Root's environment is nobody else's business, and a service manager's address in it none of a local cell's. */
static void choose_env(struct birth *b)
{
    static const char *const kept[] = { "PATH=", "LANG=", "LC_ALL=", "TZ=", "ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS=",
                                        "TSAN_OPTIONS=" };
    size_t n = 0;
    for (char **at = environ; *at && n + 1 < ARRAY_LEN(b->env); at++)
        for (size_t i = 0; i < ARRAY_LEN(kept); i++)
            if (!strncmp(*at, kept[i], strlen(kept[i])) && n + 1 < ARRAY_LEN(b->env))
                b->env[n++] = *at;
    b->env[n] = NULL;
}

/* The groups that the user has when the service manager starts the cell: a configuration may be readable by them only. */
static void choose_user(struct birth *b, uid_t uid, gid_t gid)
{
    struct passwd own, *who = NULL;
    char text[PASSWD_TEXT];
    if (getpwuid_r(uid, &own, text, sizeof(text), &who))
        who = NULL;
    b->change = geteuid() == 0 && uid != 0;
    b->uid = uid;
    b->gid = who ? who->pw_gid : gid;
    b->groups_len = GROUPS_MAX;
    if (!who || getgrouplist(who->pw_name, b->gid, b->groups, &b->groups_len) < 0) {
        b->groups[0] = b->gid;
        b->groups_len = 1;
    }
}

/* In the child: nothing here may allocate or lock. */
NORETURN static void become(const struct birth *b)
{
    char fd[] = "3";
    char *argv[] = { (char *)(uintptr_t)"vouchsafed", (char *)(uintptr_t)"--config", (char *)(uintptr_t)b->place->config,
                     (char *)(uintptr_t)"--local", (char *)(uintptr_t)"--ready-fd", fd,
                     b->place->lab ? (char *)(uintptr_t)"--lab" : NULL, NULL };
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)umask(077);
    bool ok = setsid() >= 0 && !chdir("/") && dup2(b->null, STDIN_FILENO) >= 0 && dup2(b->said, STDOUT_FILENO) >= 0 &&
              dup2(b->said, STDERR_FILENO) >= 0 && dup2(b->ready, READY_FD) >= 0 && !close_range(READY_FD + 1, ~0U, 0);
    if (ok && b->change)
        ok = !setgroups((size_t)b->groups_len, b->groups) && !setgid(b->gid) && !setuid(b->uid);
    if (ok)
        (void)execve(b->program, argv, b->env);
    _exit(MAY_NOT);
}

/* A number above those that the child gives a meaning, so that none is overwritten before it is used. */
static int high(int fd)
{
    int up = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);
    file_closep(&fd);
    return up;
}

bool here_child_start(const struct here_place *p, uid_t uid, gid_t gid, struct here_child *ret, struct err *e)
{
    struct birth b = { .place = p };
    int ends[2] = { -1, -1 };
    if (!find_program(b.program, e))
        return false;
    choose_env(&b);
    choose_user(&b, uid, gid);
    if (pipe2(ends, O_CLOEXEC))
        return err_sys(e, ERR_LIMIT, errno, "making a pipe");
    ret->ready = ends[0];
    ret->said = high(memfd_create("vouchsafed", MFD_CLOEXEC));
    AUTO(file_closep) int write_end = high(ends[1]), null = high(open("/dev/null", O_RDONLY | O_CLOEXEC));
    b.ready = write_end;
    b.said = ret->said;
    b.null = null;
    if (b.ready < 0 || b.said < 0 || b.null < 0)
        return err_sys(e, ERR_LIMIT, errno, "starting %s", b.program);
    pid_t pid = fork();
    if (!pid)
        become(&b);
    if (pid < 0)
        return err_sys(e, ERR_LIMIT, errno, "starting %s", b.program);
    ret->pid = pid;
    ret->watched = pidfd_open(pid, 0);
    return true;
}

/* ---- what it says ---- */

/* "failed <kind> <why>" */
static bool read_failed(const char *line, struct err *e)
{
    size_t len = strcspn(line, " ");
    for (enum err_kind k = ERR_NONE; k <= ERR_INTERNAL; k++)
        if (strlen(err_kind_name(k)) == len && !strncmp(err_kind_name(k), line, len))
            return err_set(e, k, "%s", line[len] ? line + len + 1 : "");
    return err_set(e, ERR_INTERNAL, "%s", line);
}

/* It ended without a word on the descriptor: its last line is all there is. */
static bool read_last_words(const struct here_child *c, struct err *e)
{
    char text[HERE_SAID_MAX + 1], shown[512];
    off_t all = lseek(c->said, 0, SEEK_END);
    ssize_t len = all > 0 ? pread(c->said, text, HERE_SAID_MAX, all > HERE_SAID_MAX ? all - HERE_SAID_MAX : 0) : 0;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    text[len > 0 ? len : 0] = '\0';
    const char *last = strrchr(text, '\n');
    last = last ? last + 1 : text;
    text_escape(shown, sizeof(shown), last, strlen(last));
    return err_set(e, ERR_STORE, "the cell could not be started: %s", *shown ? shown : "it ended without a word");
}

bool here_child_ready(struct here_child *c, int64_t until_ms, struct err *e)
{
    char line[ERR_MSG_MAX + 64] = "";
    size_t len = 0;
    while (len < sizeof(line) - 1 && !memchr(line, '\n', len)) {
        struct pollfd p = { .fd = c->ready, .events = POLLIN };
        int64_t left = until_ms - clock_mono_ms();
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(e, ERR_TIMEOUT, "the cell that was started for this command is not ready in time");
        ssize_t got = read(c->ready, line + len, sizeof(line) - 1 - len);
        if (got <= 0)
            return read_last_words(c, e);
        len += (size_t)got;
    }
    line[len] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (!strncmp(line, "ready ", 6))
        return true;
    return read_failed(!strncmp(line, "failed ", 7) ? line + 7 : line, e);
}

void here_child_end(struct here_child *c, int64_t wait_ms)
{
    struct pollfd p = { .fd = c->watched, .events = POLLIN };
    if (c->pid && wait_ms > 0 && p.fd >= 0)
        (void)poll(&p, 1, (int)wait_ms);
    if (c->pid)
        (void)waitpid(c->pid, NULL, WNOHANG);
    file_closep(&c->watched);
    file_closep(&c->ready);
    file_closep(&c->said);
    here_child_init(c);
}
