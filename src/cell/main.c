/* vouchsafed: the cell. Reads its arguments, opens, says that it is ready, and waits for signals. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "cell/notify.h"
#include "cell/page.h"
#include "cell/wiring.h"

enum {
    EXIT_USAGE = 2,
    FD_MAX = 1023,
    LOCAL_FIRST_S = 10, /* a local cell that nobody has spoken to after so long ends: who started it is gone */
};

struct options {
    const char *config;
    int ready_fd;
    bool lab, local;
    int print;  /* what to write instead of being a cell: the option's letter; 0 = nothing */
};

static const char usage[] =
    "usage: vouchsafed --config FILE [--ready-fd N] [--lab] [--local]\n"
    "       vouchsafed --print-config | --version | --help\n"
    "  --config FILE   what administrators set (docs/configuration.md)\n"
    "  --ready-fd N    write \"ready <url>\" to this descriptor when the cell answers\n"
    "  --lab           believe certificates with the lab's mark: never where anything real depends on it\n"
    "  --local         no port and no watch: only the control socket, until nobody uses it any more. The command line starts\n"
    "                  a cell so when none runs\n"
    "  --print-config  a configuration with every key and its default\n";

/* What a run without a cell writes to standard output. */
static bool print(int what, struct err *e)
{
    AUTO(buf_done) struct buf out;
    buf_init(&out, PAGE_MAX);
    bool ok = what == 'p'   ? page_example(&out, e)
              : what == 't' ? page_table(&out, e)
              : what == 'v' ? buf_puts(&out, "vouchsafed " VOUCHSAFE_VERSION "\n", e)
                            : buf_puts(&out, usage, e);
    return ok && file_write_all(STDOUT_FILENO, out.data, out.len, e);
}

static bool read_options(int argc, char **argv, struct options *ret)
{
    static const struct option known[] = {
        { "config", required_argument, NULL, 'c' }, { "ready-fd", required_argument, NULL, 'r' },
        { "lab", no_argument, NULL, 'l' },          { "help", no_argument, NULL, 'h' },
        { "local", no_argument, NULL, 'o' },
        { "version", no_argument, NULL, 'v' },      { "print-config", no_argument, NULL, 'p' },
        { "print-table", no_argument, NULL, 't' }, /* for tools/config */
        { NULL, 0, NULL, 0 },
    };
    uint64_t fd;
    *ret = (struct options){ .ready_fd = -1 };
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'c')
            ret->config = optarg;
        else if (c == 'r' && text_number(optarg, 1, FD_MAX, &fd))
            ret->ready_fd = (int)fd;
        else if (c == 'l')
            ret->lab = true;
        else if (c == 'o')
            ret->local = true;
        else if (c == 'h' || c == 'v' || c == 'p' || c == 't')
            ret->print = c;
        else
            return false;
    }
    return (ret->config || ret->print) && optind == argc;
}

/* Until the cell is to end. All threads have these signals blocked, so only this one sees them. */
static void serve(struct cell *cell, const sigset_t *signals)
{
    for (int got; sigwait(signals, &got) == 0;) {
        struct err e;
        if (got == SIGALRM && cell_visited(cell))
            continue;
        if (got != SIGHUP)
            return;
        if (cell_reload(cell, &e))
            LOG(INFO, "cell.reloaded", "config=\"%s\"", cell->config_path);
        else
            LOG(ERROR, "cell.not-reloaded", "error=\"%s\" effect=\"everything is as it was\"", e.msg);
    }
}

static bool run(struct cell *cell, const struct options *o, struct err *e)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigaddset(&signals, SIGALRM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    if (!cell_open(cell, e) || !cell_start(cell, e))
        return false;
    LOG(INFO, "cell.ready", "url=%s lab=%s", cell->site.base_url, o->lab ? "yes" : "no");
    notify_ready(o->ready_fd, cell->site.base_url);
    notify_manager("READY=1");
    if (o->local)
        (void)alarm(LOCAL_FIRST_S);
    serve(cell, &signals);
    notify_manager("STOPPING=1");
    cell_stop(cell);
    LOG(INFO, "cell.stopped", "url=%s", cell->site.base_url);
    return true;
}

int main(int argc, char **argv)
{
    struct options o;
    struct err e;
    if (!read_options(argc, argv, &o)) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (o.print) {
        bool printed = print(o.print, &e);
        if (!printed)
            (void)fprintf(stderr, "vouchsafed: %s\n", e.msg);
        return printed ? EXIT_SUCCESS : EXIT_FAILURE;
    }
#if !defined(__SANITIZE_ADDRESS__) /* LeakSanitizer needs ptrace (base/process.h) */
    if (!process_no_dumps(&e)) {
        (void)fprintf(stderr, "vouchsafed: %s\n", e.msg);
        return EXIT_FAILURE;
    }
#endif
    process_raise_files();
    struct cell cell = { .config_path = o.config, .lab = o.lab, .local = o.local };
    bool ok = run(&cell, &o, &e);
    if (!ok)
        (void)fprintf(stderr, "vouchsafed: %s\n", e.msg);
    cell_close(&cell);
    if (!ok && o.local)
        notify_failed(o.ready_fd, &e); /* when the lock is free again */
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
