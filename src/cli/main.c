/* vouchsafe: the command line. Only wiring; the commands are in commands.c. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/interrupt.h"

static const char *environment(const char *name)
{
    return getenv(name);
}

int main(int argc, char **argv)
{
    interrupt_init();
    struct cli_world world = { stdout, stderr, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1, environment };
    return (int)cli_run(&cli_vouchsafe, &world, argc, argv);
}
