/* cli/exit.h - the exit codes, which scripts depend on: never renumbered (docs/cli.md).
 * One table says which code an error becomes; commands return a code only for a verdict or a count of their own.
 * Decides nothing else and prints nothing. */
#pragma once
#include "base/err.h"

enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,        /* the operation failed, or the answer is no */
    CLI_USAGE = 2,         /* wrong arguments, configuration or input file */
    CLI_UNREACHABLE = 3,   /* can't resolve, connect, or understand the other side */
    CLI_DENIED = 4,        /* authentication or rights */
    CLI_UNTRUSTED = 5,     /* a certificate was refused */
    CLI_PARTIAL = 6,       /* in bulk: some yes, some no */
    CLI_CONFLICT = 7,      /* it changed since it was shown */
    CLI_TIMEOUT = 124,     /* as timeout(1) */
    CLI_INTERRUPTED = 130, /* Ctrl-C, as a shell reports it */
};

enum cli_exit cli_exit_of(enum err_kind kind);

/* What a code means, in a few words, for help and man pages; NULL for a number that is none of them. */
const char *cli_exit_text(int code);
