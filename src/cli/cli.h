/* cli/cli.h - run one command line of a program: read it, find the command, run it, answer with an exit code.
 * Called by main and by the unit tests, which bring their own streams and environment. */
#pragma once
#include <stdio.h>

#include "cli/command.h"

struct cli_world {
    FILE *data, *talk;                /* stdout and stderr; borrowed */
    bool data_tty, talk_tty;
    const char *(*env)(const char *); /* getenv */
};

enum cli_exit cli_run(const struct cli_program *program, const struct cli_world *world, int argc, char *const *argv);

/* The programs that this binary is. */
extern const struct cli_program cli_vouchsafe;
