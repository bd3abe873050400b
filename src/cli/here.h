/* cli/here.h - the cell of this machine, whether it runs or not. Called by cli/remote.c; here_find by cell-management-tool too.
 *
 * A cell that runs is reached by its control socket (docs/cell.md). When nobody answers there and nobody holds the data directory,
 * `vouchsafed --local` is started, as the owner of the data directory: the same cell with no port, that ends when nobody is
 * connected to it any more. Two commands at a time share one. While somebody holds the directory and does not answer (a cell
 * that starts, stops, or hangs) we wait, and say so.
 *
 * As long as a struct here lives, it holds one connection, which keeps a local cell alive. It opens no store. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct cli;
struct here;

#define HERE_CONFIG "/etc/vouchsafe/vouchsafed.ini" /* the default configuration, as share/vouchsafed.service has it */

enum {
    HERE_WAIT_MS = 30 * 1000,  /* for a cell that holds the data directory to answer, and for one of ours to be ready */
    HERE_PAUSE_MS = 50,        /* between two attempts */
    HERE_QUIET_MS = 500,       /* a wait that is shorter is not worth a word */
    HERE_END_MS = 2 * 1000,    /* a cell of ours may take to end before we don't wait for it any more */
    HERE_SAID_MAX = 64 * 1024, /* of what a cell that did not start has said */
};

struct here_place {
    const char *config;   /* absolute; NULL: a cell that does not run can't be started */
    const char *data_dir;
    bool lab;
    bool running_only;    /* ERR_NOT_FOUND when none answers at once */
};

/* Where: config, data_dir, or (both NULL) the default configuration. In the arena. ERR_NOT_FOUND: there is no default
 * configuration; ERR_INPUT: it can't be read, or names another directory; ERR_DENIED: this user may not read it. */
MUST_USE bool here_find(struct cli *cli, const char *config, const char *data_dir, bool lab, struct here_place *ret, struct err *e);

/* ERR_DENIED: the cell belongs to another user. ERR_NOT_FOUND: there is no such directory. ERR_TIMEOUT: wait_ms passed while
 * somebody held it. Whatever the cell said, if it did not start. */
MUST_USE bool here_attach(struct cli *cli, const struct here_place *p, int64_t wait_ms, struct here **ret, struct err *e);
/* A cell that was started ends, and was waited for, unless another command uses it. */
struct here *here_leave(struct here *h);
DEFINE_AUTO(here_leavep, struct here *, here_leave)

const char *here_socket(const struct here *h);
