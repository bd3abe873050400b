/* vsphere-lab: a simulated vSphere estate on loopback addresses (docs/lab.md). This file is the wiring. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "lab/command.h"
#include "lab/control.h"
#include "lab/estate.h"
#include "lab/front.h"
#include "lab/keep.h"
#include "lab/work.h"
#include "net/loop.h"
#include "net/pool.h"
#include "wire/settings.h"

enum {
    THREADS = 64,  /* each waiting WaitForUpdatesEx takes one */
    QUEUE = 1024,
    LOOK_MS = 60 * 1000,
    EXIT_USAGE = 2,
};

static const char usage[] =
    "usage: vsphere-lab up [SCENARIO.ini] --dir DIR [--ready-fd N] [--byte-exact]   start it, in the foreground\n"
    "       vsphere-lab --version | --help\n"
    "       vsphere-lab COMMAND .. --dir DIR       ask or change the one that runs there:\n"
    "  status | faults | down                      the estate as JSON; the names of faults; end it\n"
    "  fault TARGET FAULT                          let something go wrong\n"
    "  clear TARGET [FAULT]                        put that right, or everything\n"
    "  replace | reissue TARGET                    another certificate: with another key, for the same key\n"
    "  issuer TARGET enterprise|vmca|self-signed   another certificate, signed by that one\n"
    "  csr TARGET                                  a request for a new key\n"
    "  install TARGET CHAIN.pem [KEY.pem]          one's own certificate\n"
    "  rotate | retire VCENTER                     another VMCA root; only the newest is published\n"
    "  import VCENTER CHAIN.pem KEY.pem            a CA that its VMCA signs with from now on\n"
    "  subordinate VCENTER                         the same, signed by the enterprise\n"
    "  sign VCENTER REQUEST.pem                    its VMCA signs, or says its error number\n"
    "  publish VCENTER CHAIN.pem                   into TRUSTED_ROOTS\n"
    "  unpublish VCENTER ID                        and out\n"
    "  refresh | reconnect TARGET                  tell hosts the roots; connect them again\n"
    "  renew TARGET [cert-only]                    hosts' certificates; the roots first, or not\n"
    "  revoke TARGET                               its certificate, in the next CRL\n"
    "  option VCENTER KEY [VALUE]                  an advanced setting\n"
    "  clock [MOVE]                                what time it is there; +30d, -1h or a time moves it\n"
    "  vm VC/VM                                    a machine as JSON: power, consoles and what was typed\n"
    "  move VC/VM HOST                             it moves to another host, as DRS would do\n"
    "  password TARGET NEW                         the administrator's password\n"
    "TARGET: vc1, vc1/host-2, a name, an address, nsx1. vsphere-lab(1) has the scenario's keys and the faults.\n";

struct options {
    const char *words[LAB_WORDS_MAX]; /* the command and its operands */
    size_t words_len;
    const char *dir;
    int ready_fd; /* -1: none */
    bool byte_exact;
};

/* The one thing that a signal handler may reach. */
static struct loop *the_loop;

static void on_signal(int number)
{
    (void)number;
    int kept = errno;
    loop_stop(the_loop);
    errno = kept;
}

static bool take_option(struct options *o, int argc, char **argv, int *at, struct err *e)
{
    const char *word = argv[*at];
    if (!strcmp(word, "--byte-exact")) {
        o->byte_exact = true;
        return true;
    }
    if (*at + 1 >= argc)
        return err_set(e, ERR_INPUT, "%s: no such option, or its value is missing", word);
    const char *value = argv[++*at];
    if (!strcmp(word, "--dir")) {
        o->dir = value;
        return true;
    }
    uint64_t fd;
    if (!strcmp(word, "--ready-fd") && text_number(value, 0, 1000000, &fd)) {
        o->ready_fd = (int)fd;
        return true;
    }
    return err_set(e, ERR_INPUT, "%s %s: no such option, or not a value for it", word, value);
}

static bool parse(struct options *o, int argc, char **argv, struct err *e)
{
    *o = (struct options){ .ready_fd = -1 };
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "--", 2)) {
            if (!take_option(o, argc, argv, &i, e))
                return false;
        } else if (o->words_len == ARRAY_LEN(o->words)) {
            return err_set(e, ERR_INPUT, "one word too many: %s", argv[i]);
        } else {
            o->words[o->words_len++] = argv[i];
        }
    }
    if (!o->words_len || !o->dir)
        return err_set(e, ERR_INPUT, "a command and --dir DIR are needed");
    return true;
}

static void banner(const struct lab_estate *s)
{
    (void)printf("vsphere-lab: scenario %s, port %u, files in %s\n", s->scenario->name, s->port, s->dir);
    (void)printf("  %llu keys are shared by all hosts; nothing here is a secret worth keeping\n",
                 (unsigned long long)s->scenario->host_keys);
    if (s->scenario->seed)
        (void)printf("  SEED \"%s\": the keys of this estate are public, anybody can sign with its CAs\n", s->scenario->seed);
    if (!s->mark)
        (void)printf("  BYTE-EXACT: the CAs do not carry the lab's mark, nothing keeps them out of a real trust store but you\n");
    for (size_t i = 0; i < s->vcenters_len; i++) {
        char ip[16];
        lab_ip_text(s->vcenters[i].at.ip, ip);
        (void)printf("  %-24s %-15s %zu hosts\n", s->vcenters[i].at.name, ip, s->vcenters[i].hosts_len);
    }
    (void)fflush(stdout);
}

static bool say_ready(const struct lab_estate *s, int fd, struct err *e)
{
    char line[LAB_NAME + 64];
    if (fd < 0)
        return true;
    int len = snprintf(line, sizeof(line), "ready https://%s:%u\n", s->vcenters[0].at.name, s->port);
    if (write(fd, line, (size_t)len) != len)
        return err_sys(e, ERR_STORE, errno, "writing to --ready-fd %d", fd);
    (void)close(fd);
    return true;
}

static void end_waits(struct lab_estate *s)
{
    LAB_LOCKED(s);
    s->closing = true;
    (void)pthread_cond_broadcast(&s->news);
}

struct last {
    struct loop_task task;
    struct loop *loop;
};

static void stop_last(struct loop_task *t)
{
    loop_stop(CONTAINER_OF(t, struct last, task)->loop);
}

/* Answers of the pool that are on their way find their connections still there. */
static void hear_answers(struct loop *loop)
{
    struct last last = { .task = { .run = stop_last }, .loop = loop };
    loop_post(loop, &last.task);
    if (!loop_run(loop, NULL))
        LOG(WARN, "lab.stop", "the loop could not run once more");
}

static bool publish(struct lab_estate *s, struct err *e)
{
    LAB_LOCKED(s);
    return lab_poll_all(s, e) && lab_estate_publish(s, e);
}

/* The vCenters look at their hosts' certificates every few days of the estate's clock. */
struct look {
    struct loop_timer timer;
    struct loop *loop;
    struct lab_estate *estate;
};

static void look_again(struct loop_timer *t)
{
    struct look *l = CONTAINER_OF(t, struct look, timer);
    struct err e;
    LAB_LOCKED(l->estate);
    uint64_t before = l->estate->version;
    if (!lab_poll_all(l->estate, &e) || (l->estate->version != before && !lab_estate_publish(l->estate, &e)))
        LOG(WARN, "lab.poll", "%s", e.msg);
    loop_timer_start(l->loop, t, LOOK_MS);
}

static bool serve(struct lab_estate *s, int ready_fd, struct err *e)
{
    const struct pool_config threads = { "lab", THREADS, QUEUE };
    AUTO(loop_destroyp) struct loop *loop = loop_create(e);
    struct pool *pool = loop ? pool_create(&threads, e) : NULL;
    struct lab_front *front = pool ? lab_front_create(loop, pool, s, e) : NULL;
    struct lab_control *control = NULL;
    bool ok = front && lab_front_listen(front, e) && (control = lab_control_create(loop, s, e)) && lab_work_start(s->work, e) &&
              publish(s, e) && lab_control_steps(s, e);
    if (ok) {
        struct sigaction stop = { .sa_handler = on_signal };
        the_loop = loop;
        (void)sigaction(SIGTERM, &stop, NULL);
        (void)sigaction(SIGINT, &stop, NULL);
        struct look look = { .timer = { .fired = look_again }, .loop = loop, .estate = s };
        loop_timer_start(loop, &look.timer, LOOK_MS);
        banner(s);
        ok = say_ready(s, ready_fd, e) && loop_run(loop, e);
        loop_timer_stop(&look.timer);
        stop.sa_handler = SIG_IGN;
        (void)sigaction(SIGTERM, &stop, NULL);
        (void)sigaction(SIGINT, &stop, NULL);
    }
    end_waits(s);
    (void)lab_control_destroy(control);
    (void)pool_destroy(pool);
    if (pool)
        hear_answers(loop);
    (void)lab_front_destroy(front);
    return ok;
}

static bool up(const struct options *o, struct err *e)
{
    struct buf text;
    struct rlimit files;
    buf_init(&text, SETTINGS_FILE_MAX);
    bool ok = o->words_len < 2 || lab_keep_load(o->words[1], &text, e);
    struct lab_estate *s = NULL;
    if (ok)
        s = lab_estate_open(o->dir, o->words_len < 2 ? NULL : buf_str(&text), text.len, clock_wall_ms() / 1000,
                            o->byte_exact, e);
    buf_done(&text);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* fewer connections at a time is all that it costs */
    }
    ok = s && serve(s, o->ready_fd, e);
    (void)lab_estate_destroy(s);
    return ok;
}

/* Whatever else there is goes to the lab that runs. */
static bool ask(const struct options *o, struct err *e)
{
    struct buf answer, line;
    buf_init(&answer, LAB_FILE_MAX);
    buf_init(&line, LAB_CONTROL_LINE_MAX);
    bool ok = lab_control_request(&line, o->words, o->words_len, e) && lab_control_ask(o->dir, buf_str(&line), &answer, e);
    if (ok) {
        (void)fputs(buf_str(&answer), stdout);
        ok = !strstr(buf_str(&answer), "\"ok\":false") || err_set(e, ERR_INPUT, "the lab refused it");
    }
    buf_done(&answer);
    buf_done(&line);
    return ok;
}

int main(int argc, char **argv)
{
    struct options o;
    struct err e;
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc == 2 && !strcmp(argv[1], "--version")) {
        (void)puts("vsphere-lab " VOUCHSAFE_VERSION);
        return 0;
    }
    if (!parse(&o, argc, argv, &e)) {
        (void)fprintf(stderr, "vsphere-lab: %s\n%s", e.msg, usage);
        return EXIT_USAGE;
    }
    if (!strcmp(o.words[0], "up") && o.words_len <= 2 ? up(&o, &e) : ask(&o, &e))
        return 0;
    (void)fprintf(stderr, "vsphere-lab: %s\n", e.msg);
    return e.kind == ERR_INPUT ? EXIT_USAGE : 1;
}
